"""What a Neo4j database answers as of one revision, also when a later one is there already."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from operator import attrgetter
from typing import Any

from graph.arrays import RelBlock, blocks_of
from graph.errors import NotFound
from graph.model import LABELS, RELATIONS, Node, Ref, Rel
from graph.store import cypher
from graph.store.base import Changes, LedgerEntry, Neighbourhood, Page, Stats
from graph.store.cypher import Kind, Statement, rel_columns
from graph.store.neo4j import Transaction
from graph.store.neo4j_values import State, born_of, label_of, node_of, rel_of, row_from
from graph.store.plan import identity
from graph.store.text import index_query, terms

__all__ = [
    "PIECE",
    "Quiet",
    "View",
    "changes",
    "columns",
    "get",
    "is_text",
    "ledger",
    "neighbourhood",
    "nodes_after",
    "page",
    "rels_after",
    "rels_of",
    "revision",
    "search",
    "stats",
]

PIECE = 5_000  # nodes, or sources of relations, in one piece of a stream
_NONE = "\ue001"  # a private-use character: what no text is
_identity = attrgetter("identity")


@dataclass(frozen=True)
class Quiet:
    """What is published and by how many commits, at a moment when none is under way."""

    count: int
    state: str
    importing: str | None

    @property
    def revision(self) -> int:
        return int(json.loads(self.state)["revision"])


class View:
    """One attempt at an answer as of revision `at`."""

    def __init__(self, transaction: Transaction, at: int, quiet: Quiet) -> None:
        self._transaction = transaction
        self._quiet = quiet
        self.run = transaction.run
        self.at = at
        # Rows younger than `at` are in the database.
        self.behind = quiet.revision != at or quiet.importing is not None

    @property
    def state(self) -> State:
        """What is published now, which may be later than `at`."""
        return State.read(self._quiet.state)

    def earlier(self, at: int) -> View:
        """The same moment seen as of another revision."""
        return View(self._transaction, at, self._quiet)

    def rows(self, statement: Statement, **parameters: object) -> list[Any]:
        """The one list that a statement collects."""
        ((found,),) = self.run(statement, **parameters)
        return list(found)

    def nodes(
        self, found: Iterable[tuple[str, Mapping[str, Any]]], past: Statement, **where: object
    ) -> list[Node]:
        """Nodes as of `at`: those `found`, with what `past` knows better."""
        held = {
            Ref(label, row["id"]): node_of(label, row)
            for label, row in found
            if born_of(row) <= self.at
        }
        if self.behind:
            for ref, row in self._before(past, **where):
                _put(held, ref, row)
        return list(held.values())

    def rels(
        self, found: Iterable[tuple[Rel, Mapping[str, Any]]], past: Statement, **where: object
    ) -> list[Rel]:
        """Relations as of `at`, in identity order."""
        held = {rel.identity: rel for rel, row in found if born_of(row) <= self.at}
        if self.behind:
            for who, row in self._before(past, **where):
                _put(held, who, row)
        return sorted(held.values(), key=_identity)

    def _before(self, past: Statement, **where: object) -> Iterator[tuple[Any, Any]]:
        """Identities that changed after `at`, with the row as of `at` or None."""
        first: dict[str, list[Any]] = {}
        for image in self.rows(past, at=self.at, **where):
            held = first.get(image[0])
            if held is None or image[1] < held[1]:
                first[image[0]] = image
        for who, _, born, props in first.values():
            row = row_from(who, props or "{}")
            there = props is not None and born <= self.at
            yield (row.ref if isinstance(row, Node) else row.identity), (row if there else None)


def revision(view: View) -> int:
    return view.at


def ledger(view: View, limit: int) -> list[LedgerEntry]:
    """Applied batches, newest first; one undone later is not undone yet."""
    found = []
    for *told, undone in view.run(cypher.LEDGER, at=view.at, limit=max(limit, 0)):
        batch, source, revision, at, created, updated = told
        taken_back = undone is not None and undone <= view.at
        found.append(LedgerEntry(batch, source, revision, at, created, updated, taken_back))
    return found


def stats(view: View) -> Stats:
    """Counts, revision and content hash."""
    state = view.state
    if state.revision != view.at:
        rows = view.run(cypher.STATE_AT, revision=view.at)
        state = State.read(rows[0][0]) if rows else State()
    nodes, relations = sorted(state.nodes.items()), sorted(state.relations.items())
    return Stats(dict(nodes), dict(relations), view.at, state.hash)


def page(view: View, label: str, after: str, limit: int) -> Page:
    """Nodes of one label with id > `after`."""
    items: list[Node] = []
    last: str | None = after
    while last is not None and len(items) <= limit and label in LABELS:
        some, last = nodes_after(view, label, last, limit + 1 - len(items))
        items += some
    return Page(items[:limit], items[limit - 1].ref.id if len(items) > limit else None)


def _put(held: dict[Any, Any], key: Any, row: Any) -> None:
    if row is None:
        held.pop(key, None)
    else:
        held[key] = row


def is_text(text: str) -> bool:
    """Whether a store can hold it: half of a surrogate pair it cannot."""
    return text.isascii() or not any("\ud800" <= char <= "\udfff" for char in text)


def get(view: View, refs: Sequence[Ref]) -> list[Node]:
    found = [
        (label, row)
        for label, ids in _ids(refs).items()
        for row in view.rows(cypher.GET[label], ids=ids)
    ]
    identities = [identity(Node(ref)) for ref in refs]
    return view.nodes(found, cypher.PAST_KEYS, identities=identities)


def nodes_after(view: View, label: str, after: str, limit: int) -> tuple[list[Node], str | None]:
    """Up to `limit` nodes in id order, and where to go on, None at the end."""
    rows = view.rows(cypher.NODES_AFTER[label], after=after, limit=limit)
    last = rows[-1]["id"] if len(rows) == limit else None
    found = [(label, row) for row in rows]
    nodes = view.nodes(found, cypher.PAST_NODES, label=label, after=after, last=last)
    return sorted(nodes, key=lambda node: node.ref), last


def rels_after(view: View, type_: str, label: str, after: str) -> tuple[list[Rel], str | None]:
    """Relations of the next sources in order, and where to go on, None at the end."""
    ((count, last),) = view.run(cypher.SOURCES_AFTER[label], after=after, limit=PIECE)
    more = last if count == PIECE else None
    found = [
        (rel_of((type_, label, target), src, dst, row), row)
        for target in sorted(dst for src, dst in RELATIONS[type_] if src == label)
        for src, dst, row in view.rows(
            cypher.RELS_BETWEEN[type_, label, target], after=after, last=last
        )
        if count
    ]
    past = {"type": type_, "label": label, "after": after, "last": more}
    return view.rels(found, cypher.PAST_RELS, **past), more


def columns(
    view: View, kind: Kind, after: str, names: dict[str, dict[int, str]]
) -> tuple[Sequence[RelBlock], str | None]:
    """Relations of the next sources as columns, and where to go on, None at the end."""
    type_, label, target = kind
    stored = view.state.columns.get(type_, [])
    if view.behind or not cypher.COLUMNS[type_].issuperset(stored):
        rels, more = rels_after(view, type_, label, after)
        return list(blocks_of(rel for rel in rels if rel.dst.label == target)), more
    for end in kind[1:]:
        if end not in names:
            ((numbers, ids),) = view.run(cypher.NUMBERS[end])
            names[end] = dict(zip(numbers, ids, strict=True))
    ((count, last),) = view.run(cypher.SOURCES_AFTER[label], after=after, limit=PIECE)
    ((src, dst, *found),) = view.run(
        rel_columns(kind, tuple(stored)), after=after, last=last, nan=float("nan"), none=_NONE
    )
    known = {
        name: [None if value == _NONE else value for value in column]
        for name, column in zip(stored, found, strict=True)
    }
    keys = known.pop("key", None)
    block = RelBlock(
        kind,
        [names[label][n] for n in src],
        [names[target][n] for n in dst],
        [key or "" for key in keys] if keys else [""] * len(src),
        known,
    )
    return [block] if src else [], last if count == PIECE else None


def rels_of(view: View, ref: Ref) -> list[Rel]:
    if ref.label not in LABELS:
        return []
    rows = [
        (_rel(type_, ref, Ref(label_of(labels), dst), row), row)
        for type_, _, labels, dst, row in view.rows(cypher.RELS_FROM[ref.label], id=ref.id)
        if type_ in RELATIONS
    ]
    rows += [
        (_rel(type_, Ref(label_of(labels), src), ref, row), row)
        for type_, labels, src, row in view.rows(cypher.RELS_INTO[ref.label], id=ref.id)
        if type_ in RELATIONS
    ]
    return view.rels(rows, cypher.PAST_OF, label=ref.label, id=ref.id)


def _rel(type_: str, src: Ref, dst: Ref, row: Mapping[str, Any]) -> Rel:
    return rel_of((type_, src.label, dst.label), src.id, dst.id, row)


def search(view: View, text: str, labels: Sequence[str], limit: int) -> list[Node]:
    exact, every = terms(text)
    query = index_query(text)
    statement = cypher.SEARCH_INDEX if query else cypher.SEARCH_SCAN
    found: dict[Ref, Node] = {}
    numbers: list[int] = []
    for some in ([exact], every):
        if len(found) == limit:
            break
        rows = view.rows(
            statement,
            query=query,
            terms=some,
            labels=[*labels],
            but=numbers,
            limit=limit - len(found),
        )
        numbers += [row["_n"] for _, row in rows]
        found |= {node.ref: node for names, row in rows for node in [node_of(label_of(names), row)]}
    return list(found.values())


def neighbourhood(view: View, ref: Ref, limit: int, hops: int) -> Neighbourhood:
    if not is_text(ref.id) or not get(view, [ref]):
        raise NotFound("node", label=ref.label, id=ref.id)
    seen, ring, shown = {ref}, {ref}, [ref]
    for _ in range(hops):
        ring = _around(view, ring) - seen
        seen |= ring
        room = max(limit + 1 - len(shown), 0)
        shown += sorted(ring, key=lambda r: (r.id, r.label))[:room]
    nodes = {node.ref: node for node in get(view, shown)}
    return Neighbourhood([nodes[r] for r in shown], _among(view, shown), len(seen) - len(shown))


def _around(view: View, ring: Iterable[Ref]) -> set[Ref]:
    if view.behind:
        return {end for ref in ring for rel in rels_of(view, ref) for end in (rel.src, rel.dst)}
    return {
        Ref(label_of(labels), id_)
        for label, ids in _ids(ring).items()
        for labels, id_ in view.rows(cypher.AROUND[label], ids=ids)
    }


def _among(view: View, refs: Sequence[Ref]) -> list[Rel]:
    there = set(refs)
    if view.behind:
        rels = {rel.identity: rel for ref in refs for rel in rels_of(view, ref)}
        inside = [rel for rel in rels.values() if rel.src in there and rel.dst in there]
        return sorted(inside, key=_identity)
    numbers = [
        number
        for label, ids in _ids(refs).items()
        for _, some in view.run(cypher.RESOLVE[label], ids=ids)
        for number in some
    ]
    found = [
        _rel(type_, Ref(label, src), Ref(label_of(labels), dst), row)
        for label, ids in _ids(refs).items()
        for type_, src, labels, dst, row in view.rows(cypher.AMONG[label], ids=ids, among=numbers)
        if type_ in RELATIONS
    ]
    return sorted(found, key=_identity)


def changes(view: View, since: int) -> Changes:
    """Rows that differ between `since` and the view's revision, or were written in between."""
    earlier = view.earlier(since)
    rows = [
        (label, row)
        for label in LABELS
        for row in view.rows(cypher.CHANGED_NODES[label], since=since)
    ]
    rels = [
        (rel_of(kind, src, dst, row), row)
        for kind in cypher.KINDS
        for src, dst, row in view.rows(cypher.CHANGED_RELS[kind], since=since)
    ]
    new_nodes = {n.ref: n for n in view.nodes(rows, cypher.PAST_ALL, kind="node")}
    old_nodes = {n.ref: n for n in earlier.nodes(rows, cypher.PAST_ALL, kind="node")}
    new_rels = {r.identity: r for r in view.rels(rels, cypher.PAST_ALL, kind="rel")}
    old_rels = {r.identity: r for r in earlier.rels(rels, cypher.PAST_ALL, kind="rel")}
    return Changes(
        view.at,
        sorted(new_nodes.values(), key=lambda node: node.ref),
        sorted(new_rels.values(), key=_identity),
        sorted(old_nodes.keys() - new_nodes.keys()),
        [replace(old_rels[who], props={}) for who in sorted(old_rels.keys() - new_rels.keys())],
    )


def _ids(refs: Iterable[Ref]) -> dict[str, list[str]]:
    ids: dict[str, list[str]] = defaultdict(list)
    for ref in refs:
        if ref.label in LABELS:
            ids[ref.label].append(ref.id)
    return ids
