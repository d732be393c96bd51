"""Rows of the documented tables as a snapshot, without files or a store, for tests of analyses.

It reads cells the plainest way (decimals, `;` lists, ids as references); imports proper are tested
in `tests/ingest`, and `tests/test_spine.py` checks that both ways give the same answers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

from graph.arrays import RelBlock, blocks_of
from graph.model import Batch, Node, Props, Ref, Rel, Value, derived, evidence_id, merge, survey_id
from graph.snapshot import Snapshot, take
from graph.tables import TABLES, Column, Kind, Table

__all__ = ["Rows", "batch_of", "snapshot_of"]

Rows = Mapping[str, Sequence[Mapping[str, str]]]

ENDS = {
    "INPUT_OF": ("Segment", "Segment"),
    "PRODUCES": ("Enterprise", "Segment"),
    "SUPPLIES": ("Enterprise", "Enterprise"),
    "INVESTS_IN": ("Enterprise", "Enterprise"),
    "NEEDS": ("Enterprise", "Segment"),
    "POSITIONED_ON": ("Park", "Segment"),
    "TENANT_OF": ("Enterprise", "Park"),
    "OFFERS": ("Project", "Segment"),
}
FLAGS = {"是": True, "true": True, "1": True, "否": False, "false": False, "0": False}


def snapshot_of(rows: Rows) -> Snapshot:
    """The snapshot of a zone given as rows of cells."""
    nodes, rels = _merged(rows)
    for ref, props in list(nodes.items()):
        for rel in derived(Node(ref, props)):
            if rel.dst in nodes:
                rels[rel.identity] = {}
    return take(_Rows(nodes, rels))


def _merged(rows: Rows) -> tuple[dict[Ref, Props], dict[tuple[str, Ref, Ref, str], Props]]:
    nodes: dict[Ref, Props] = {}
    rels: dict[tuple[str, Ref, Ref, str], Props] = {}
    for name, table_rows in rows.items():
        for row in table_rows if name in TABLES else ():
            for item in _items(TABLES[name], row):
                if isinstance(item, Node):
                    held = nodes.get(item.ref)
                    nodes[item.ref] = merge(held, item.props) if held else item.props
                else:
                    known = rels.get(item.identity)
                    rels[item.identity] = item.props if known is None else merge(known, item.props)
    return nodes, rels


@dataclass(frozen=True)
class _Rows:
    """As much of a store as a snapshot reads."""

    held: Mapping[Ref, Props]
    joined: Mapping[tuple[str, Ref, Ref, str], Props]

    def reading(self) -> AbstractContextManager[int]:
        return nullcontext(1)

    def revision(self) -> int:
        return 1

    def nodes(self, label: str) -> Iterator[Node]:
        return (Node(r, self.held[r]) for r in sorted(self.held) if r.label == label)

    def columns(self, type: str) -> Iterator[RelBlock]:
        return blocks_of(self.rels(type))

    def rels(self, type: str) -> Iterator[Rel]:
        return (Rel(*i, self.joined[i]) for i in sorted(self.joined) if i[0] == type)

    def changes(self, since: int) -> object:
        raise NotImplementedError


def _items(table: Table, row: Mapping[str, str]) -> Iterator[Node | Rel]:
    stamp = _stamp(row)
    cells = {c.name: _value(c, row[c.name]) for c in table.columns if row.get(c.name)}
    if table.name == "segments":
        chain, stage = cells.pop("chain", None), cells.pop("stage", None)
        ref = Ref("Segment", str(cells.pop("id")))
        yield Node(ref, {**cells, **stamp})
        if chain:
            props = {"stage": stage} if stage else {}
            yield Rel("PART_OF", ref, Ref("Chain", str(chain)), "", {**props, **stamp})
    elif table.name == "surveys":
        key = [str(cells.get(k, "")) for k in ("region", "as_of", "chain", "segment")]
        yield Node(Ref("Survey", survey_id(*key)), {**cells, **stamp})
    elif table.label:
        yield Node(Ref(table.label, str(cells.pop("id"))), {**cells, **stamp})
    else:
        src, dst = ENDS[table.relation]
        a, b = (str(cells.pop(k)) for k in table.key[:2])
        key_ = str(cells.pop(table.key[2], "")) if len(table.key) > 2 else ""
        yield Rel(table.relation, Ref(src, a), Ref(dst, b), key_, {**cells, **stamp})


def _stamp(row: Mapping[str, str]) -> dict[str, Value]:
    cells = [row.get(k, "") for k in ("source", "locator", "as_of")]
    stamp: dict[str, Value] = {}
    if any(row.get(k) for k in ("source", "locator", "as_of", "grade", "confidence")):
        stamp["evidence"] = [evidence_id(*cells)]
    if row.get("grade", "declared") not in ("", "declared"):
        stamp["grade"] = row["grade"]
    if cells[2]:
        stamp["as_of"] = _day(cells[2])
    return stamp


def _value(column: Column, cell: str) -> Value:
    if column.kind == Kind.NUMBER:
        return float(cell)
    if column.kind == Kind.FLAG:
        return FLAGS[cell.lower()]
    if column.kind == Kind.LIST:
        return [part.strip() for part in cell.split(";") if part.strip()]
    if column.kind == Kind.DATE:
        return _day(cell)
    return cell


def _day(cell: str) -> str:
    return "-".join([*cell.split("-"), "01", "01"][:3])


def batch_of(rows: Rows, key: str = "test") -> Batch:
    """The same zone as one import."""
    nodes, rels = _merged(rows)
    return Batch(
        key,
        key,
        [Node(r, p) for r, p in nodes.items()],
        [Rel(*i, p) for i, p in rels.items()],
    )
