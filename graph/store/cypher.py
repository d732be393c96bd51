"""Every Cypher statement of the Neo4j engine, by name; values only ever come as parameters.

A label or a relation type cannot be a parameter, so a statement that needs one is written once and
spread here over the closed vocabulary of `graph.model`.  Nothing outside this file builds a
statement, and nothing in it sees a request: `tests/graph/store/test_cypher.py` holds both.

What belongs to the engine begins with `_`: the labels `_Meta` (the published state and the import
under way), `_Gate` (open while a commit is being written), `_Revision`, `_Ledger`, `_Past` (rows as
they were before a revision) and `_Waiting` (reference columns whose target is not there yet), and
on every node and relation `_n` (a number for the node), `_rev`, `_born` (left out where it is
`_rev`) and `_own` (false where only a reference column says the relation).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from graph.model import LABELS, RELATIONS
from graph.tables import TABLES
from graph.tables import Kind as ColumnKind

__all__ = ["COLUMNS", "KINDS", "Kind", "Statement", "rel_columns"]

Kind = tuple[str, str, str]  # type, source label, target label


@dataclass(frozen=True)
class Statement:
    """A statement and the name it has in the server's query log."""

    name: str
    text: str


KINDS: tuple[Kind, ...] = tuple(
    (type_, *ends) for type_ in sorted(RELATIONS) for ends in sorted(RELATIONS[type_])
)

_OF_TYPE = {type_: [t for t in TABLES.values() if t.relation == type_] for type_ in RELATIONS}
# Properties of a relation that the tables know, by type: what a snapshot asks for as columns.
COLUMNS: Mapping[str, frozenset[str]] = {
    type_: frozenset(
        {"key", "stage", "as_of", "evidence", "grade"}
        | {c.name for table in tables for c in table.columns if c.name not in table.key}
    )
    for type_, tables in _OF_TYPE.items()
}
NUMBERS_OF: Mapping[str, frozenset[str]] = {
    type_: frozenset(
        c.name for table in tables for c in table.columns if c.kind is ColumnKind.NUMBER
    )
    for type_, tables in _OF_TYPE.items()
}


def _spread(text: str, **words: str) -> str:
    """`text` with its placeholder words replaced by names of the closed vocabulary."""
    for word, name in words.items():
        text = text.replace(word, name)
    return text


def _by_label(name: str, text: str) -> Mapping[str, Statement]:
    return {label: Statement(name, _spread(text, LABEL=label)) for label in LABELS}


def _by_kind(name: str, text: str) -> Mapping[Kind, Statement]:
    return {
        kind: Statement(name, _spread(text, TYPE=kind[0], SOURCE=kind[1], TARGET=kind[2]))
        for kind in KINDS
    }


@cache
def rel_columns(kind: Kind, names: tuple[str, ...]) -> Statement:
    """Relations of a kind as columns: both ends' numbers, keys, then `names` of `COLUMNS`.

    What a relation lacks comes as `$nan` in a column of numbers, as `$none` in another.
    """
    known = {name: name in NUMBERS_OF[kind[0]] for name in COLUMNS[kind[0]]}
    columns = [
        _spread("collect(coalesce(r.NAME, MARK))", NAME=name, MARK=mark)
        for name in names
        for mark in [("$nan" if known[name] else "$none")]
    ]
    text = _spread(
        "UNWIND $ids AS id MATCH (a:SOURCE {id: id}) USING INDEX SEEK a:SOURCE(id)"
        " MATCH (a)-[r:TYPE]->(b:TARGET) RETURN COLUMNS",
        TYPE=kind[0],
        SOURCE=kind[1],
        TARGET=kind[2],
        COLUMNS=", ".join(["collect(coalesce(a._n, -1))", "collect(coalesce(b._n, -1))", *columns]),
    )
    return Statement("rel_columns", text)


# --- schema ------------------------------------------------------------------------------------

SCHEMA = (
    *_by_label(
        "schema", "CREATE CONSTRAINT IF NOT EXISTS FOR (n:LABEL) REQUIRE n.id IS UNIQUE"
    ).values(),
    *_by_label("schema", "CREATE INDEX IF NOT EXISTS FOR (n:LABEL) ON (n._rev)").values(),
    *{
        type_: Statement(
            "schema",
            _spread("CREATE INDEX IF NOT EXISTS FOR ()-[r:TYPE]-() ON (r._rev)", TYPE=type_),
        )
        for type_ in RELATIONS
    }.values(),
    Statement("schema", "CREATE CONSTRAINT IF NOT EXISTS FOR (m:_Meta) REQUIRE m.one IS UNIQUE"),
    Statement("schema", "CREATE CONSTRAINT IF NOT EXISTS FOR (g:_Gate) REQUIRE g.one IS UNIQUE"),
    Statement(
        "schema", "CREATE CONSTRAINT IF NOT EXISTS FOR (r:_Revision) REQUIRE r.revision IS UNIQUE"
    ),
    Statement(
        "schema", "CREATE CONSTRAINT IF NOT EXISTS FOR (l:_Ledger) REQUIRE l.entry IS UNIQUE"
    ),
    Statement("schema", "CREATE CONSTRAINT IF NOT EXISTS FOR (l:_Ledger) REQUIRE l.live IS UNIQUE"),
    Statement("schema", "CREATE INDEX IF NOT EXISTS FOR (p:_Past) ON (p.revision)"),
    Statement("schema", "CREATE INDEX IF NOT EXISTS FOR (w:_Waiting) ON (w.label, w.id)"),
    Statement(
        "schema",
        "CREATE FULLTEXT INDEX lianzhu_names IF NOT EXISTS"
        " FOR (n:Chain|Enterprise|Park|Project|Region|Segment) ON EACH [n.search_text]"
        " OPTIONS {indexConfig: {`fulltext.analyzer`: 'cjk'}}",
    ),
)
AWAIT_SCHEMA = Statement("await_schema", "CALL db.awaitIndexes(300)")
MAKE_META = Statement(
    "make_meta",
    "MERGE (m:_Meta {one: 1}) ON CREATE SET m.schema = $schema, m.state = $state"
    " MERGE (g:_Gate {one: 1}) ON CREATE SET g.open = '', g.count = 0",
)
FOREIGN = _by_label("foreign", "MATCH (n:LABEL) WHERE n._n IS NULL RETURN 1 LIMIT 1")
COMPONENTS = Statement(
    "components", "CALL dbms.components() YIELD name, versions, edition RETURN *"
)
PING = Statement("ping", "RETURN 1")

# --- state, gate and lock ----------------------------------------------------------------------

STATE = Statement(
    "state",
    "MATCH (m:_Meta {one: 1}), (g:_Gate {one: 1})"
    " RETURN g.open, g.count, m.state, m.importing, m.schema",
)
# A property write takes the lock of the node: whoever has it is the one writer until it ends.
LOCK = Statement(
    "lock", "MATCH (m:_Meta {one: 1}) SET m.locked = true RETURN m.state, m.importing, m.schema"
)
SET_STATE = Statement("set_state", "MATCH (m:_Meta {one: 1}) SET m.state = $state")
SET_IMPORTING = Statement("set_importing", "MATCH (m:_Meta {one: 1}) SET m.importing = $importing")
OPEN_GATE = Statement("open_gate", "MATCH (g:_Gate {one: 1}) SET g.open = $token")
# Only who opened it, or who holds the lock, may close it: the next writer may have opened it again.
CLOSE_GATE = Statement(
    "close_gate",
    "MATCH (g:_Gate {one: 1}) WHERE g.open = $token SET g.open = '', g.count = g.count + 1",
)
# In one statement, so that a reader who finds the gate stuck waits for one plan and not for four.
HEAL_GATE = Statement(
    "heal_gate",
    "MATCH (m:_Meta {one: 1}) SET m.locked = true WITH m MATCH (g:_Gate {one: 1})"
    " WHERE g.open <> '' SET g.open = '', g.count = g.count + 1",
)
# Ours, idle, and behind an open gate: its client is gone, since only the commit is left to send.
# One that is committing is "Closing", however long that takes.
IDLE_WRITERS = Statement(
    "idle_writers",
    "SHOW TRANSACTIONS YIELD transactionId, metaData, idleTime, status"
    " WHERE metaData.lianzhu = 'write' AND idleTime > duration('PT2S') AND status = 'Running'"
    " RETURN transactionId",
)
TERMINATE = Statement("terminate", "TERMINATE TRANSACTIONS $ids")
GATE = Statement("gate", "MATCH (g:_Gate {one: 1}) RETURN g.open")
ADD_REVISION = Statement(
    "add_revision", "MERGE (r:_Revision {revision: $revision}) SET r.state = $state"
)
STATE_AT = Statement("state_at", "MATCH (r:_Revision {revision: $revision}) RETURN r.state")

# --- ledger ------------------------------------------------------------------------------------

LEDGER = Statement(
    "ledger",
    "MATCH (l:_Ledger) WHERE l.revision <= $at"
    " RETURN l.batch, l.source, l.revision, l.at, l.created, l.updated, l.undone"
    " ORDER BY l.entry DESC LIMIT $limit",
)
IS_LIVE = Statement("is_live", "MATCH (l:_Ledger {live: $batch}) RETURN 1")
LIVE_ENTRY = Statement(
    "live_entry",
    "MATCH (l:_Ledger {live: $batch}) RETURN l.revision, l.changed, l.created, l.updated,"
    " l.unchanged",
)
RECORD = Statement(
    "record",
    "OPTIONAL MATCH (l:_Ledger) WITH coalesce(max(l.entry), 0) + 1 AS entry"
    " CREATE (n:_Ledger {entry: entry}) SET n += $entry",
)
NEWEST = Statement(
    "newest",
    "MATCH (l:_Ledger) WHERE l.live IS NOT NULL AND l.adopted IS NULL"
    " RETURN l.entry, l.batch, l.revision, l.changed, l.created, l.updated"
    " ORDER BY l.entry DESC LIMIT 1",
)
MARK_UNDONE = Statement(
    "mark_undone",
    "MATCH (l:_Ledger {entry: $number}) SET l.undone = $revision REMOVE l.live",
)
UNDONE = Statement("undone", "MATCH (l:_Ledger {entry: $number}) RETURN l.undone")
CLEAR_LEDGER = Statement("clear_ledger", "MATCH (l:_Ledger) DELETE l")
ADD_LEDGER = Statement("add_ledger", "UNWIND $rows AS row CREATE (l:_Ledger) SET l = row")

# --- rows as a writer reads them ---------------------------------------------------------------

RESOLVE = _by_label(
    "resolve",
    "UNWIND $ids AS id MATCH (n:LABEL {id: id}) USING INDEX SEEK n:LABEL(id)"
    " RETURN collect(n.id), collect(n._n)",
)
GET = _by_label(
    "get",
    "UNWIND $ids AS id MATCH (n:LABEL {id: id}) USING INDEX SEEK n:LABEL(id)"
    " RETURN collect(properties(n))",
)
# All that a source has of a type, which is little: from a target they can be very many.
GET_RELS = _by_kind(
    "get_rels",
    "UNWIND $ids AS id MATCH (a:SOURCE {id: id}) USING INDEX SEEK a:SOURCE(id)"
    " MATCH (a)-[r:TYPE]->(b:TARGET) RETURN collect([a.id, b.id, properties(r)])",
)
BORN_RELS = _by_kind(
    "born_rels",
    "MATCH (a:SOURCE)-[r:TYPE]->(b:TARGET)"
    " WHERE r._rev >= $revision AND coalesce(r._born, r._rev) = $revision"
    " WITH a, r, b LIMIT $limit RETURN collect([a.id, b.id, properties(r)])",
)
BORN_NODES = _by_label(
    "born_nodes",
    "MATCH (n:LABEL) WHERE n._rev >= $revision AND coalesce(n._born, n._rev) = $revision"
    " WITH n LIMIT $limit RETURN collect(properties(n))",
)
IMAGES = Statement(
    "images",
    "MATCH (p:_Past {revision: $revision})"
    " WHERE p.kind = $kind AND p.props IS NOT NULL AND p.born < $revision"
    " WITH p ORDER BY p.identity SKIP $skip LIMIT $limit"
    " RETURN collect([p.identity, p.born, p.own, p.props])",
)
DROP_PAST = Statement(
    "drop_past",
    "MATCH (p:_Past {revision: $revision}) WITH p LIMIT $limit DELETE p RETURN count(p)",
)
WAITING = Statement(
    "waiting",
    "UNWIND $refs AS ref MATCH (w:_Waiting {label: ref[0], id: ref[1]})"
    " RETURN collect([elementId(w), w.label, w.id, w.type, w.src_label, w.src])",
)

# --- rows as a writer writes them --------------------------------------------------------------

# An index is named wherever an id is looked up: a plan made while the database was empty would scan
# the label, and is kept.
CREATE_NODES = _by_label("create_nodes", "UNWIND $rows AS row CREATE (n:LABEL) SET n = row")
UPDATE_NODES = _by_label(
    "update_nodes",
    "UNWIND $rows AS row MATCH (n:LABEL {id: row.id}) USING INDEX SEEK n:LABEL(id) SET n = row",
)
DELETE_NODES = _by_label(
    "delete_nodes",
    "UNWIND $rows AS row MATCH (n:LABEL {id: row}) USING INDEX SEEK n:LABEL(id) DETACH DELETE n",
)
CREATE_RELS = _by_kind(
    "create_rels",
    "UNWIND $rows AS g MATCH (a:SOURCE {id: g[0]}) USING INDEX SEEK a:SOURCE(id) UNWIND g[1] AS row"
    " MATCH (b:TARGET {id: row[0]}) USING INDEX SEEK b:TARGET(id)"
    " CREATE (a)-[r:TYPE]->(b) SET r = row[2]",
)
UPDATE_RELS = _by_kind(
    "update_rels",
    "UNWIND $rows AS g MATCH (a:SOURCE {id: g[0]}) USING INDEX SEEK a:SOURCE(id) UNWIND g[1] AS row"
    " MATCH (b:TARGET {id: row[0]}) USING INDEX SEEK b:TARGET(id)"
    " MATCH (a)-[r:TYPE]->(b) WHERE coalesce(r.key, '') = row[1]"
    " SET r = row[2]",
)
DELETE_RELS = _by_kind(
    "delete_rels",
    "UNWIND $rows AS g MATCH (a:SOURCE {id: g[0]}) USING INDEX SEEK a:SOURCE(id) UNWIND g[1] AS row"
    " MATCH (b:TARGET {id: row[0]}) USING INDEX SEEK b:TARGET(id)"
    " MATCH (a)-[r:TYPE]->(b) WHERE coalesce(r.key, '') = row[1] DELETE r",
)
ADD_PAST = Statement("add_past", "UNWIND $rows AS row CREATE (p:_Past) SET p = row")
ADD_WAITING = Statement("add_waiting", "UNWIND $rows AS row CREATE (w:_Waiting) SET w = row")
DROP_WAITING = Statement(
    "drop_waiting",
    "UNWIND $rows AS row MATCH (w:_Waiting {label: row.label, id: row.id})"
    " WHERE w.type = row.type AND w.src_label = row.src_label AND w.src = row.src DELETE w",
)
# By the server's own number, and after everything is read: each look into an index goes through all
# nodes the transaction has deleted so far.
DROP_ARRIVED = Statement(
    "drop_arrived", "UNWIND $rows AS row MATCH (w) WHERE elementId(w) = row DELETE w"
)

MARKS = (
    "_criticality",
    "_fill",
    "_flags",
    "_gap_type",
    "_kind",
    "_leader",
    "_question",
    "_rank",
    "_revision",
    "_score",
    "_severity",
    "_shortage",
)
CLEAR_MARKS = _by_label(
    "clear_marks",
    "MATCH (n:LABEL) WHERE n._question IS NOT NULL REMOVE n._criticality, n._fill, n._flags,"
    " n._gap_type, n._kind, n._leader, n._question, n._rank, n._revision, n._score, n._severity,"
    " n._shortage",
)
MARK = _by_label(
    "mark",
    "UNWIND $rows AS row MATCH (n:LABEL {id: row[0]}) USING INDEX SEEK n:LABEL(id) SET n += row[1]",
)

# --- reading -----------------------------------------------------------------------------------

# Ids are compared and ordered by an index only, which goes by code point, as the contract does; a
# plan without one compares UTF-16 units, and puts an id beyond the first plane in another place.
NODES_AFTER = _by_label(
    "nodes_after",
    "MATCH (n:LABEL) USING INDEX SEEK n:LABEL(id) WHERE n.id > $after"
    " WITH n ORDER BY n.id LIMIT $limit"
    " RETURN collect(properties(n))",
)
IDS = _by_label("ids", "MATCH (n:LABEL) WHERE n.id > '' RETURN collect(n.id)")
NUMBERS = _by_label(
    "numbers", "MATCH (n:LABEL) WHERE n._n IS NOT NULL RETURN collect(n._n), collect(n.id)"
)
RELS_FROM = _by_label(
    "rels_from",
    "MATCH (a:LABEL {id: $id}) USING INDEX SEEK a:LABEL(id) MATCH (a)-[r]->(b)"
    " RETURN collect([type(r), a.id, labels(b), b.id, properties(r)])",
)
RELS_INTO = _by_label(
    "rels_into",
    "MATCH (b:LABEL {id: $id}) USING INDEX SEEK b:LABEL(id) MATCH (b)<-[r]-(a)"
    " RETURN collect([type(r), labels(a), a.id, properties(r)])",
)
AROUND = _by_label(
    "around",
    "UNWIND $ids AS id MATCH (a:LABEL {id: id}) USING INDEX SEEK a:LABEL(id)"
    " MATCH (a)-[r]-(b) WHERE type(r) IN $types"
    " WITH DISTINCT b RETURN collect([labels(b), b.id])",
)
AMONG = _by_label(
    "among",
    "UNWIND $ids AS id MATCH (a:LABEL {id: id}) USING INDEX SEEK a:LABEL(id)"
    " MATCH (a)-[r]->(b) WHERE b._n IN $among"
    " RETURN collect([type(r), a.id, labels(b), b.id, properties(r)])",
)
CHANGED_NODES = _by_label(
    "changed_nodes", "MATCH (n:LABEL) WHERE n._rev > $since RETURN collect(properties(n))"
)
CHANGED_RELS = _by_kind(
    "changed_rels",
    "MATCH (a:SOURCE)-[r:TYPE]->(b:TARGET) WHERE r._rev > $since"
    " RETURN collect([a.id, b.id, properties(r)])",
)
SEARCH_INDEX = Statement(
    "search_index",
    "CALL db.index.fulltext.queryNodes('lianzhu_names', $query) YIELD node AS n"
    " WITH n WHERE all(term IN $terms WHERE n.search_text CONTAINS term)"
    " AND ($labels = [] OR any(label IN labels(n) WHERE label IN $labels))"
    " AND coalesce(n._born, n._rev) <= $at"
    " WITH n ORDER BY n.id, head(labels(n)) LIMIT $limit"
    " RETURN collect([labels(n), properties(n)])",
)
SEARCH_SCAN = Statement(
    "search_scan",
    "MATCH (n) WHERE n.search_text IS NOT NULL"
    " AND all(term IN $terms WHERE n.search_text CONTAINS term)"
    " AND ($labels = [] OR any(label IN labels(n) WHERE label IN $labels))"
    " AND coalesce(n._born, n._rev) <= $at"
    " WITH n ORDER BY n.id, head(labels(n)) LIMIT $limit"
    " RETURN collect([labels(n), properties(n)])",
)

# --- rows as they were -------------------------------------------------------------------------

PAST_NODES = Statement(
    "past_nodes",
    "MATCH (p:_Past) WHERE p.revision > $at AND p.kind = 'node' AND p.label = $label"
    " RETURN collect([p.identity, p.revision, p.born, p.props])",
)
PAST_RELS = Statement(
    "past_rels",
    "MATCH (p:_Past) WHERE p.revision > $at AND p.kind = 'rel' AND p.type = $type"
    " AND p.src_label = $label"
    " RETURN collect([p.identity, p.revision, p.born, p.props])",
)
PAST_OF = Statement(
    "past_of",
    "MATCH (p:_Past) WHERE p.revision > $at AND p.kind = 'rel'"
    " AND ((p.src_label = $label AND p.src = $id) OR (p.dst_label = $label AND p.dst = $id))"
    " RETURN collect([p.identity, p.revision, p.born, p.props])",
)
PAST_KEYS = Statement(
    "past_keys",
    "MATCH (p:_Past) WHERE p.revision > $at AND p.kind = 'node' AND p.identity IN $identities"
    " RETURN collect([p.identity, p.revision, p.born, p.props])",
)
PAST_ALL = Statement(
    "past_all",
    "MATCH (p:_Past) WHERE p.revision > $at AND p.kind = $kind"
    " RETURN collect([p.identity, p.revision, p.born, p.props])",
)
