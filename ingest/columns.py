"""Which table a sheet is and which column each header means, in Chinese or English."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from graph.tables import EVIDENCE_COLUMNS, TABLES, Column, Table
from ingest.cells import Cell, as_text
from ingest.guard import Sheet
from ingest.numbers import is_unit
from ingest.report import Note, RowError

__all__ = ["Grid", "Heading", "letter", "map_sheet", "table_named"]

GUIDE = "填写说明"  # the first sheet of our own template
TITLE_ROWS = 5  # how far down the header may stand
RESERVED = frozenset({"evidence", "claims"})


@dataclass(frozen=True)
class Heading:
    """One header as written, the column it means (None = kept under its own name) and its unit."""

    text: str
    column: Column | None
    unit: str = ""


@dataclass(frozen=True)
class Grid:
    """A sheet understood: its table, its headings and the rows below them."""

    file: str
    sheet: str
    table: Table
    headings: Sequence[Heading]
    rows: Sequence[tuple[int, Sequence[Cell]]]


def map_sheet(sheet: Sheet) -> tuple[Grid | None, list[RowError], list[Note]]:
    """The sheet as a grid, or None with the reason: errors, or a note when it is no table."""
    if sheet.name == GUIDE:
        return None, [], []
    table = table_named(sheet.name) or _table_by_headers(sheet)
    if table is None:
        return None, [], [Note("sheet_not_read", {"file": sheet.file, "sheet": sheet.name})]
    at = _header_at(table, sheet)
    if at is None:
        return None, [], [Note("sheet_empty", {"file": sheet.file, "sheet": sheet.name})]
    number, cells = sheet.rows[at]
    headings = [_heading(table, as_text(c)) for c in cells]
    errors = _header_errors(sheet, table, number, headings)
    unknown = [h.text for h in headings if h.column is None and h.text]
    where = {"file": sheet.file, "sheet": sheet.name}
    notes = [Note("unknown_columns", {**where, "names": "、".join(unknown)})] if unknown else []
    grid = Grid(sheet.file, sheet.name, table, headings, sheet.rows[at + 1 :])
    return (None if errors else grid), errors, notes


def table_named(name: str) -> Table | None:
    """The table that a sheet or file name means."""
    return _TABLES.get(_plain(name))


def letter(column: int) -> str:
    """The letters Excel gives a column.

    >>> letter(0), letter(25), letter(26)
    ('A', 'Z', 'AA')
    """
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def _heading(table: Table, text: str) -> Heading:
    columns = _columns(table)
    plain = _plain(text)
    if plain in columns:
        return Heading(text, columns[plain])
    unit = re.fullmatch(r"(.+?)[(\[【](.+?)[)\]】]", plain)
    column = columns.get(unit[1]) if unit else None
    if unit and column is not None and (is_unit(unit[2], column.unit) or not column.unit):
        return Heading(text, column, unit[2])
    return Heading(text, None)


def _header_errors(
    sheet: Sheet, table: Table, row: int, headings: Sequence[Heading]
) -> list[RowError]:
    found = [h.column.name for h in headings if h.column]
    errors = [
        _error(sheet, row, i, h.text, "duplicate_header", name=h.column.zh[0])
        for i, h in enumerate(headings)
        if h.column and h.column.name in [x.column.name for x in headings[:i] if x.column]
    ]
    for name in table.required:
        if name not in found:
            zh = table.column(name).zh[0]
            others = [h.text for h in headings if h.column is None and h.text]
            near = get_close_matches(zh, others, 1, 0.4)
            facts = {
                "name": f"{zh} / {name}",
                "found": "、".join(h.text for h in headings if h.text),
            }
            errors.append(
                _error(sheet, row, None, "", "missing_column", near="".join(near), **facts)
            )
    return errors


def _error(
    sheet: Sheet, row: int, column: int | None, header: str, code: str, **facts: object
) -> RowError:
    where = "" if column is None else letter(column)
    return RowError(sheet.file, sheet.name, row, where, header, header, code, facts)


def _header_at(table: Table, sheet: Sheet) -> int | None:
    """Index of the row with the most known headers among the first few."""
    if not sheet.rows:
        return None
    scores = [_score(table, cells) for _, cells in sheet.rows[:TITLE_ROWS]]
    return scores.index(max(scores))


def _score(table: Table, cells: Sequence[Cell]) -> int:
    return sum(_heading(table, as_text(c)).column is not None for c in cells)


def _table_by_headers(sheet: Sheet) -> Table | None:
    """The one table whose required columns a row of headers has, by how many headers it knows."""
    best: list[tuple[int, Table]] = []
    for table in TABLES.values():
        for _, cells in sheet.rows[:TITLE_ROWS]:
            known = {
                h.column.name for h in (_heading(table, as_text(c)) for c in cells) if h.column
            }
            if known >= {*table.required, *table.key[:2]}:
                best.append((len(known & set(table.names)), table))
    best.sort(key=lambda pair: -pair[0])
    if not best or (len(best) > 1 and best[0][0] == best[1][0]):
        return None
    return best[0][1]


def _columns(table: Table) -> Mapping[str, Column]:
    if table.name not in _COLUMNS:
        mine = {_plain(word): c for c in table.columns for word in (*c.zh[::-1], c.name)}
        own = {c.name for c in table.columns}
        evidence = {
            _plain(word): c
            for c in EVIDENCE_COLUMNS
            if c.name not in own
            for word in (*c.zh, c.name)
        }
        _COLUMNS[table.name] = {**evidence, **mine}
    return _COLUMNS[table.name]


def _plain(text: str) -> str:
    return re.sub(r"[\s*:]", "", unicodedata.normalize("NFKC", text)).lower()


_COLUMNS: dict[str, Mapping[str, Column]] = {}
_TABLES: Mapping[str, Table] = {
    _plain(word): table for table in TABLES.values() for word in (*table.zh[::-1], table.name)
}
