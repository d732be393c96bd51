"""更正: one fact as somebody found it, kept as a claim beside what was said before.

A correction is a row of its table with one field, graded verified: it wins over what was declared
or inferred, and over older verified claims, and `undo` takes it back like any other change.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from threading import Lock

from api.auditing import Apply
from api.desk import Desk
from api.verifying import checked_day, checked_text
from graph.errors import Changed, NotFound, UsageError
from graph.model import RELATIONS, Batch, Node, Ref, Rel, Value, claims_of, evidence_id
from graph.store.base import Applied
from graph.tables import TABLES, Column, Kind, Table
from ingest.cells import parse_cell
from ingest.report import CellProblem

__all__ = ["Correction", "correct", "fields_of", "mark_of", "table_of", "take_back"]

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


_writing = Lock()  # from looking at what is there to writing beside it


def table_of(owner: str) -> Table | None:
    """The table whose rows are nodes of a label or relations of a type."""
    return next((t for t in TABLES.values() if owner in (t.label, t.relation) and owner), None)


def fields_of(owner: str) -> list[Column]:
    """What can be corrected."""
    table = table_of(owner)
    keys = {*_FIXED, *(table.key if table else ())}
    return [c for c in table.columns if c.name not in keys] if table else []


def mark_of(desk: Desk, owner: str, src: str, dst: str = "", key: str = "") -> str:
    """What is claimed of a thing now, as a short mark that a form brings back."""
    return hashlib.sha256(
        repr(claims_of(_found(desk, owner, src, dst, key).props)).encode()
    ).hexdigest()[:16]


def correct(desk: Desk, given: Correction, mark: str, apply: Apply | None = None) -> Applied:
    """Write the correction, by `apply` instead of the store's own; the same twice is one change.

    `mark` is what `mark_of` said when the reader looked.  Raises `Changed` when other claims came
    since, `UsageError` for a value the column does not take, an empty source or a bad date,
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
    at = given.owner, given.src, given.dst, given.key
    with _writing:
        old = _found(desk, *at)
        written = any(e.batch == key and not e.undone for e in desk.store.ledger())
        if not written and mark_of(desk, *at) != mark:
            raise Changed("fact_changed", name=desk.names()[given.src])
        new = replace(old, props=props)
        nodes = [told, new] if isinstance(new, Node) else [told]
        batch = Batch(key, source, nodes, [new] if isinstance(new, Rel) else [])
        return (apply or desk.store.apply)(batch)


def take_back(desk: Desk, batch: str, undo: Callable[[], Applied] | None = None) -> Applied:
    """Undo a correction, as long as nothing was written after it; by `undo` as the store does."""
    newest = next(iter(e for e in desk.store.ledger(1)), None)
    if newest is None or newest.batch != batch or newest.undone:
        raise UsageError("undo_overtaken", source=newest.source if newest else "")
    return (undo or desk.store.undo)()


def _found(desk: Desk, owner: str, src: str, dst: str, key: str) -> Node | Rel:
    table = table_of(owner)
    if table is not None and table.label:
        node = desk.store.get(Ref(owner, src))
        if node is None:
            raise NotFound("unknown_node", label=owner, id=src)
        return node
    for label in {label for label, _ in RELATIONS.get(owner, ())}:
        for rel in desk.store.rels_of(Ref(label, src)):
            if (rel.type, rel.src.id, rel.dst.id, rel.key) == (owner, src, dst, key):
                return rel
    raise NotFound("unknown_node", label=owner, id=f"{src} → {dst}")


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
