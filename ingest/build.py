"""Resolved rows as one batch of nodes, relations and evidence records."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TypeVar

from graph.model import (
    Batch,
    Node,
    Props,
    Ref,
    Rel,
    Value,
    evidence_id,
    merge,
    survey_id,
)
from graph.tables import EVIDENCE_COLUMNS, TABLES, Table
from ingest.resolve import stub_regions
from ingest.rows import Row

__all__ = ["build"]

_K = TypeVar("_K")
_STAMP = tuple(c.name for c in EVIDENCE_COLUMNS)
_CELLS = ("source", "locator", "as_of")
_IN_CHAIN = ("chain", "stage")


def build(rows: Iterable[Row], key: str, source: str) -> Batch:
    """One batch; rows about one thing are merged field by field."""
    nodes: dict[Ref, Props] = {}
    rels: dict[tuple[str, Ref, Ref, str], Props] = {}
    rows = list(rows)
    for row in rows:
        for item in _items(row):
            if isinstance(item, Node):
                _put(nodes, item.ref, item.props)
            else:
                _put(rels, item.identity, item.props)
    stubs = stub_regions(rows, (Node(ref) for ref in nodes))
    return Batch(
        key,
        source,
        [*(Node(ref, props) for ref, props in nodes.items()), *stubs],
        [Rel(*identity, props) for identity, props in rels.items()],
    )


def _put(held: dict[_K, Props], key: _K, props: Props) -> None:
    held[key] = merge(held[key], props) if key in held else props


def _items(row: Row) -> Iterator[Node | Rel]:
    values = {k: v for k, v in row.values.items() if k not in _STAMP}
    stamp = _stamp(row)
    yield from _evidence(row)
    if row.table.name == "segments":
        yield from _segment(values, stamp)
    elif row.table.name == "surveys":
        yield _survey(row, values, stamp)
    elif row.table.label:
        yield Node(Ref(row.table.label, str(values.pop("id"))), {**values, **stamp})
    else:
        yield _relation(row.table, values, stamp)


def _segment(values: dict[str, Value], stamp: Props) -> Iterator[Node | Rel]:
    ref = Ref("Segment", str(values.pop("id")))
    chain, stage = (values.pop(name, None) for name in _IN_CHAIN)
    yield Node(ref, {**values, **stamp})
    if chain is not None:
        placed: dict[str, Value] = {} if stage is None else {"stage": stage}
        yield Rel("PART_OF", ref, Ref("Chain", str(chain)), "", {**placed, **stamp})


def _survey(row: Row, values: dict[str, Value], stamp: Props) -> Node:
    day = str(row.values["as_of"])
    found = survey_id(
        str(values["region"]), day, str(values.get("chain", "")), str(values.get("segment", ""))
    )
    return Node(Ref("Survey", found), {**values, **stamp, "as_of": day})


def _relation(table: Table, values: dict[str, Value], stamp: Props) -> Rel:
    a, b = table.key[:2]
    src, dst = Ref(_label(table, a), str(values.pop(a))), Ref(_label(table, b), str(values.pop(b)))
    key = str(values.pop(table.key[2], "")) if len(table.key) > 2 else ""
    return Rel(table.relation, src, dst, key, {**values, **stamp})


def _label(table: Table, column: str) -> str:
    return TABLES[table.column(column).refers].label


def _stamp(row: Row) -> Mapping[str, Value]:
    stamp: dict[str, Value] = {}
    if row.stamp:
        stamp["evidence"] = [_record(row)]
    grade, as_of = row.values.get("grade"), row.values.get("as_of")
    if grade not in (None, "declared"):
        stamp["grade"] = str(grade)
    if as_of is not None:
        stamp["as_of"] = as_of
    return stamp


def _record(row: Row) -> str:
    return evidence_id(*(row.stamp.get(name, "") for name in _CELLS))


def _evidence(row: Row) -> Iterator[Node]:
    """The record a row cites: its cells as written, its grade and confidence."""
    if row.stamp:
        props: dict[str, Value] = {n: row.stamp[n] for n in _CELLS if n in row.stamp}
        for name in ("grade", "confidence"):
            if name in row.values:
                props[name] = row.values[name]
        yield Node(Ref("Evidence", _record(row)), props)
