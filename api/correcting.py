"""更正: one fact as somebody found it, kept as a claim beside what was said before.

A correction is a row of its table with one field, graded verified: it wins over what was declared
or inferred, and over older verified claims, and `undo` takes it back like any other change.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from api.desk import Desk
from api.verifying import checked_day, checked_text
from graph.errors import NotFound, UsageError
from graph.model import RELATIONS, Batch, Node, Ref, Rel, Value, evidence_id
from graph.store.base import Applied
from graph.tables import TABLES, Column, Kind, Table
from ingest.cells import parse_cell
from ingest.report import CellProblem

__all__ = ["Correction", "correct", "fields_of", "table_of", "take_back"]

# A parent may not lead in a ring, and an identity is not a fact about something else.
_FIXED = frozenset({"id", "uscc", "parent"})


@dataclass(frozen=True)
class Correction:
    """A new value for a node (`owner` its label, `src` its id) or a relation (`owner` its type)."""

    owner: str
    src: str
    field: str
    value: str
    source: str
    as_of: str
    dst: str = ""
    key: str = ""


def table_of(owner: str) -> Table | None:
    """The table whose rows are nodes of a label or relations of a type."""
    return next((t for t in TABLES.values() if owner in (t.label, t.relation) and owner), None)


def fields_of(owner: str) -> list[Column]:
    """What can be corrected."""
    table = table_of(owner)
    keys = {*_FIXED, *(table.key if table else ())}
    return [c for c in table.columns if c.name not in keys] if table else []


def correct(desk: Desk, given: Correction) -> Applied:
    """Write the correction; the same one twice is one change.

    Raises `UsageError` for a value the column does not take, an empty source or a bad date,
    `NotFound` where there is no such thing.
    """
    column = next((c for c in fields_of(given.owner) if c.name == given.field), None)
    if column is None:
        allowed = ", ".join(c.name for c in fields_of(given.owner))
        raise UsageError("bad_choice", name="field", given=given.field, allowed=allowed)
    source, day = checked_text("source", given.source), checked_day(given.as_of)
    record = evidence_id(source, "", day)
    props: dict[str, Value] = {
        given.field: _value(desk, column, given.value),
        "evidence": [record],
        "as_of": day,
        "grade": "verified",
    }
    key = hashlib.sha256(repr((given, "correct-1")).encode()).hexdigest()
    told = Node(Ref("Evidence", record), {"source": source, "as_of": day})
    found = _found(desk, given, props)
    nodes = [told, found] if isinstance(found, Node) else [told]
    rels = [found] if isinstance(found, Rel) else []
    return desk.store.apply(Batch(key, source, nodes, rels))


def take_back(desk: Desk, batch: str) -> Applied:
    """Undo a correction, as long as nothing was written after it."""
    newest = next(iter(e for e in desk.store.ledger(1)), None)
    if newest is None or newest.batch != batch or newest.undone:
        raise UsageError("undo_overtaken", source=newest.source if newest else "")
    return desk.store.undo()


def _found(desk: Desk, given: Correction, props: Mapping[str, Value]) -> Node | Rel:
    table = table_of(given.owner)
    assert table is not None
    if table.label:
        ref = Ref(table.label, given.src)
        if desk.store.get(ref) is None:
            raise NotFound("unknown_node", label=table.label, id=given.src)
        return Node(ref, dict(props))
    for label in {label for label, _ in RELATIONS[table.relation]}:
        for rel in desk.store.rels_of(Ref(label, given.src)):
            if (rel.type, rel.src.id, rel.dst.id, rel.key) == (
                table.relation,
                given.src,
                given.dst,
                given.key,
            ):
                return Rel(rel.type, rel.src, rel.dst, rel.key, dict(props))
    raise NotFound("unknown_node", label=table.relation, id=f"{given.src} → {given.dst}")


def _value(desk: Desk, column: Column, text: str) -> Value:
    try:
        value = parse_cell(column, text)
    except CellProblem as error:
        raise UsageError(error.code, value=text, **error.facts) from error
    if value is None:
        raise UsageError("bad_text", name=column.name, limit=200)
    if not column.refers or column.plain or value == ["-"]:
        return value
    label = TABLES[column.refers].label
    many = value if isinstance(value, list) else [str(value)]
    ids = [desk.id_of(label, one, label.lower()) for one in many]
    return ids if column.kind == Kind.LIST else ids[0]
