"""The graph as the documented tables again: a folder of csv files or a workbook.

Everything that rows said is written, one row for each source, grade and date that spoke about a
thing; rows about one thing merge on their way in.  Imported into an empty store, such a folder or
workbook gives the content hash of the graph it came from, as long as every part of that graph came
in as rows of the tables or as a recorded check.  Not kept:

* the ledger, the revision and what an undo needs (see `graph.store.copy.backup`);
* evidence records that no row cites, and relations that no table holds;
* for a text that stands in a reference column since nobody had that name (an applicant, a region):
  that nobody has it; it is looked up again;
* the wording of an evidence date that only a spreadsheet understands: 45474 becomes 2024-07-01;
* in a workbook: control characters, and which kind of line break a cell has.
"""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

from graph.errors import UsageError
from graph.model import GRADES, Node, Props, Ref, Rel, Value, claims_of
from graph.store.base import GraphStore
from graph.tables import EVIDENCE_COLUMNS, TABLES, Column, Table
from ingest.cells import parse_date
from ingest.report import CellProblem

__all__ = ["Exported", "Row", "Sheet", "sheets", "text_of", "write_csv"]

Row = dict[str, Value]
_Stamp = tuple[str, str, str]  # evidence, grade, as_of
_Placements = Mapping[Ref, Sequence[Rel]]

_IN_CHAIN = ("chain", "stage")
_STAMPS = tuple(c.name for c in EVIDENCE_COLUMNS)
_OWN = frozenset({"evidence", "claims", *_STAMPS})


@dataclass(frozen=True)
class Exported:
    """How much was written; evidence records and what a reference column says are not counted."""

    nodes: int
    relations: int


@dataclass(frozen=True)
class Sheet:
    """One table: its columns, the documented ones first, and its rows by field name."""

    table: Table
    columns: Sequence[Column]
    rows: Iterator[Row]


def write_csv(store: GraphStore, folder: Path) -> Exported:
    """Write the folder `NAME.csv` of the graph into an existing, empty `folder`.

    UTF-8 with a byte-order mark, which Excel needs; cells are exactly the texts, so one that begins
    like a formula is a formula to Excel: the workbook is the form to look at.
    """
    count: Counter[str] = Counter()
    for sheet in sheets(store, count):
        path = folder / f"{sheet.table.name}.csv"
        with path.open("w", encoding="utf-8-sig", newline="") as file:
            out = csv.writer(file)
            out.writerow([c.name for c in sheet.columns])
            names = [c.name for c in sheet.columns]
            out.writerows([text_of(row.get(name)) for name in names] for row in sheet.rows)
    return Exported(count["nodes"], count["relations"])


def sheets(store: GraphStore, count: Counter[str]) -> Iterator[Sheet]:
    """Every table that has rows, in the order of the specification, within one revision.

    `count` is told the nodes and relations as the rows are read.  Raises `UsageError` when there is
    nothing to write.
    """
    with store.reading():
        tables = {name: _fields(store, table) for name, table in TABLES.items()}
        if not any(tables.values()):
            raise UsageError("nothing_to_export")
        records = {node.ref.id: node.props for node in store.nodes("Evidence")}
        for name, fields in tables.items():
            if fields:
                table = TABLES[name]
                yield Sheet(table, _columns(table, fields), _rows(store, table, records, count))


def _fields(store: GraphStore, table: Table) -> set[str]:
    """Every field any row of a table fills, empty where the table has no row."""
    items: Iterable[Node | Rel]
    items = store.nodes(table.label) if table.label else store.rels(table.relation)
    found: set[str] = set()
    for item in items:
        if isinstance(item, Rel) or item.props:
            found |= {*item.props, table.key[0]}
    return found


def _columns(table: Table, fields: set[str]) -> list[Column]:
    """The documented columns, those of evidence, and the free ones."""
    evidence = [c for c in EVIDENCE_COLUMNS if c.name not in table.names]
    free = sorted(fields - {*table.names, *_OWN})
    return [*table.columns, *evidence, *(Column(name, (name,)) for name in free)]


def _rows(
    store: GraphStore, table: Table, records: Mapping[str, Props], count: Counter[str]
) -> Iterator[Row]:
    if table.relation:
        for rel in store.rels(table.relation):
            count["relations"] += 1
            yield from _said(table, rel.props, _ends(table, rel), records)
        return
    placed = _placements(store) if table.name == "segments" else {}
    for node in store.nodes(table.label):
        if node.props:  # else nothing is known of it: whoever points at it makes it again
            count["nodes"] += 1
            count["relations"] += len(placed.get(node.ref, ()))
            yield from _node_rows(table, node, placed, records)


def _ends(table: Table, rel: Rel) -> Row:
    parts = dict(zip(table.key, (rel.src.id, rel.dst.id, rel.key), strict=False))
    return {name: part for name, part in parts.items() if part}


def _placements(store: GraphStore) -> _Placements:
    """Places in chains by segment."""
    found: dict[Ref, list[Rel]] = {}
    for rel in store.rels("PART_OF"):
        if rel.dst.label == "Chain":
            found.setdefault(rel.src, []).append(rel)
    return found


def _node_rows(
    table: Table, node: Node, placed: _Placements, records: Mapping[str, Props]
) -> Iterator[Row]:
    who: Row = {} if table.name == "surveys" else {"id": node.ref.id}
    rows = list(_said(table, node.props, who, records, placed.get(node.ref, ())))
    # The parent that counts comes last: an import looks for rings along the last one named.
    yield from sorted(rows, key=lambda row: row.get("parent") == node.props.get("parent"))


def _said(
    table: Table,
    props: Props,
    who: Row,
    records: Mapping[str, Props],
    places: Sequence[Rel] = (),
) -> Iterator[Row]:
    """The rows that say what `props`, and its `places`, claim: a row for each that spoke."""
    spoken, chains = _by_stamp(props), dict[_Stamp, list[Row]]()
    for rel in places:
        for stamp, values in _by_stamp(rel.props).items():
            stages = values.get("stage") or [None]
            chains.setdefault(stamp, []).extend(_place(rel, stage) for stage in stages)
    needed: Row = {n: props[n] for n in table.required if n in props and n not in _OWN}
    if "name" in table.required:
        needed.setdefault("name", who["id"])
    for stamp in sorted({*spoken, *chains}, key=_standing):
        values = spoken.get(stamp, {})
        must = needed | {name: values[name][0] for name in needed if name in values}
        said = [dict(zip(values, row, strict=True)) for row in zip_longest(*values.values())]
        evidence = _evidence(stamp, records)
        for first, place, stated in zip_longest(said, chains.get(stamp, ()), evidence):
            row = {**must, **_known(first or {}), **(place or {}), **(stated or evidence[0]), **who}
            yield row


def _by_stamp(props: Props) -> dict[_Stamp, dict[str, list[Value | None]]]:
    """Who said what: the values of each field by evidence, grade and date."""
    said: dict[_Stamp, dict[str, list[Value | None]]] = {}
    for claim in sorted(claims_of(props)):
        values = said.setdefault((claim.evidence, claim.grade, claim.as_of), {})
        if claim.field:
            values.setdefault(claim.field, []).append(json.loads(claim.value))
    return said


def _standing(stamp: _Stamp) -> tuple[int, str, str]:
    evidence, grade, as_of = stamp
    return (GRADES.index(grade), as_of, evidence)


def _place(rel: Rel, stage: Value | None) -> Row:
    return _known({"chain": rel.dst.id, "stage": stage})


def _known(values: Mapping[str, Value | None]) -> Row:
    return {name: value for name, value in values.items() if value is not None}


def _evidence(stamp: _Stamp, records: Mapping[str, Props]) -> list[Row]:
    """The evidence cells of a row; several where one record was given several confidences."""
    id_, grade, as_of = stamp
    record = records.get(id_, {})
    cells = _known({name: record.get(name) for name in ("source", "locator")})
    if as_of:
        cells["as_of"] = _written(str(record.get("as_of", as_of)), as_of)
    claims = [c for c in claims_of(record) if c.field == "confidence" and c.grade == grade]
    bare = id_ != "" and not cells and not claims  # only a grade was written
    if grade != "declared" or record.get("grade") == "declared" or bare:
        cells["grade"] = grade
    return [{**cells, "confidence": json.loads(c.value)} for c in sorted(claims)] or [cells]


def _written(written: str, meant: str) -> str:
    """A date as it was written, where that can be read as text too."""
    try:
        return written if parse_date(written) == meant else meant
    except CellProblem:
        return meant


def text_of(value: Value | None) -> str:
    """A value as the text that reads as it again.

    >>> text_of(12000.0), text_of(0.1), text_of(True), text_of(["a", "b"]), text_of([])
    ('12000', '0.1', 'true', 'a;b', ';')
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return ";".join(value) or ";"
    if isinstance(value, (int, float)):
        return str(int(value)) if float(value).is_integer() and abs(value) < 1e15 else repr(value)
    return value
