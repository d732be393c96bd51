"""Rows of a grid as values: every cell parsed, every refused one named with its place."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from stdnum.cn import uscc
from stdnum.exceptions import ValidationError

from graph.model import Value
from graph.tables import EVIDENCE_COLUMNS, Column, Kind, Table
from ingest.cells import Cell, as_text, parse_cell
from ingest.columns import Grid, Heading, letter
from ingest.report import CellProblem, RowError

__all__ = ["Row", "parse_rows"]

_EVIDENCE = tuple(c.name for c in EVIDENCE_COLUMNS)


@dataclass
class Row:
    """One row: parsed values by field, the evidence cells as written, and where each cell stood."""

    table: Table
    file: str
    sheet: str
    number: int
    values: dict[str, Value]
    stamp: Mapping[str, str]  # source, locator, as_of, grade, confidence as written
    cells: Mapping[str, tuple[str, str, str]] = field(default_factory=dict)  # letter, header, text
    letters: Mapping[str, str] = field(default_factory=dict)  # of every column, empty cells too

    def error(self, name: str, code: str, /, **facts: object) -> RowError:
        """Why this row is refused, at the cell of a field."""
        absent = (self.letters.get(name, ""), self._header(name), "")
        where, header, text = self.cells.get(name, absent)
        return RowError(self.file, self.sheet, self.number, where, header, text, code, facts)

    def _header(self, name: str) -> str:
        return self.table.column(name).zh[0] if name in self.table.names else ""


def parse_rows(grids: Iterable[Grid]) -> tuple[list[Row], list[RowError]]:
    """Every row whose cells can be taken, and an error for every cell that cannot."""
    rows: list[Row] = []
    errors: list[RowError] = []
    for grid in grids:
        letters = _letters(grid)
        for number, cells in grid.rows:
            row, found = _row(grid, letters, number, cells)
            errors.extend(found)
            if not found:
                rows.append(row)
    return rows, errors


def _row(
    grid: Grid, letters: Mapping[str, str], number: int, cells: Sequence[Cell]
) -> tuple[Row, list[RowError]]:
    values: dict[str, Value] = {}
    stamp: dict[str, str] = {}
    places: dict[str, tuple[str, str, str]] = {}
    row = Row(grid.table, grid.file, grid.sheet, number, values, stamp, places, letters)
    errors: list[RowError] = []
    if any(as_text(c) for c in cells[len(grid.headings) :]):  # a comma too many moves every cell
        return row, [row.error("", "extra_cells", found=len(cells), known=len(grid.headings))]
    for i, (heading, cell) in enumerate(zip(grid.headings, cells, strict=False)):
        name = heading.column.name if heading.column else heading.text
        text = as_text(cell)
        if not text or not name:
            continue
        places[name] = (letter(i), heading.text, text[:200])
        try:
            value = _value(grid.table, heading, cell)
        except CellProblem as problem:
            errors.append(row.error(name, problem.code, **problem.facts))
            continue
        if name in _EVIDENCE:
            stamp[name] = text
        if value is not None:
            values[name] = value
    errors.extend(_missing(row) if not errors else ())
    return row, errors


def _letters(grid: Grid) -> dict[str, str]:
    """Where the cells of each field stand, also those that a row leaves empty."""
    return {h.column.name: letter(i) for i, h in enumerate(grid.headings) if h.column}


def _value(table: Table, heading: Heading, cell: Cell) -> Value | None:
    if heading.column is None:
        return as_text(cell)
    if heading.column.name == "uscc" or (
        table.label == "Enterprise" and _looks_uscc(heading, cell)
    ):
        return _uscc(cell)
    return parse_cell(heading.column, cell, heading.unit)


def _looks_uscc(heading: Heading, cell: Cell) -> bool:
    """An id of 18 characters is a credit code, wherever it stands."""
    named = heading.column is not None and heading.column.name == "id"
    return (
        named and len(as_text(cell)) == 18 and as_text(cell).isalnum() and as_text(cell).isascii()
    )


def _uscc(cell: Cell) -> str:
    """A valid credit code (GB 32100, check digit).  Raises `CellProblem`."""
    if isinstance(cell, float) or "E+" in as_text(cell).upper():
        raise CellProblem("uscc_float")
    try:
        return str(uscc.validate(as_text(cell)))
    except ValidationError:
        raise CellProblem("bad_uscc") from None


def _missing(row: Row) -> Iterator[RowError]:
    if row.table.label == "Enterprise" and not {"id", "uscc"} & row.values.keys():
        yield row.error("id", "no_id")
    for column in _required(row.table):
        if column.name not in row.values:
            yield row.error(column.name, "required", name=column.zh[0])


def _required(table: Table) -> Iterator[Column]:
    return (c for c in table.columns if c.required)


def reference_columns(table: Table) -> Iterator[Column]:
    """Columns that point at rows of another table."""
    return (c for c in table.columns if c.refers and c.kind in (Kind.TEXT, Kind.LIST))
