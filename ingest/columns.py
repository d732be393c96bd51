"""Which table a sheet is and which column each header means, in Chinese or English."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches

from graph.tables import EVIDENCE_COLUMNS, TABLES, Column, Kind, Table
from ingest.cells import Cell, as_text
from ingest.guard import Sheet
from ingest.numbers import converts, is_unit
from ingest.report import Note, RowError

__all__ = ["Grid", "Heading", "letter", "map_sheet", "table_named"]

GUIDE = "填写说明"  # the first sheet of our own template
WORDS = "字典"  # and the hidden one behind its drop-downs
TITLE_ROWS = 5  # how far down the header may stand
RESERVED = frozenset({"evidence", "claims", "id"})  # the model's own words, never a free column


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
    where = {"file": sheet.file, "sheet": sheet.name}
    if sheet.name == GUIDE or (sheet.hidden and sheet.name == WORDS):
        return None, [], []
    if sheet.hidden:
        return None, [], [Note("sheet_hidden", where)]
    table = table_named(sheet.name) or _table_by_headers(sheet)
    if table is None:
        return None, [], [Note("sheet_not_read", where)]
    at = _header_at(table, sheet)
    if at is None:
        return None, [], [Note("sheet_empty", where)]
    number, cells = sheet.rows[at]
    units = _title_units(sheet.rows[:at])
    headings = [_with_unit(_heading(table, as_text(c)), units) for c in cells]
    errors = _header_errors(sheet, table, number, headings)
    grid = Grid(sheet.file, sheet.name, table, headings, sheet.rows[at + 1 :])
    notes = [Note(code, {**where, "names": names}) for code, names in _said(grid) if names]
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
    if unit and column is not None and _fits(column, unit[2]):
        return Heading(text, column, unit[2] if is_unit(unit[2], column.unit) else "")
    return Heading(text, None)


def _fits(column: Column, unit: str) -> bool:
    """Whether a header's bracket is understood; 产能（万台） is not: the base is unknown."""
    if column.kind != Kind.NUMBER:
        return True
    if column.unit or column.high is not None:
        return is_unit(unit, column.unit)
    return unit[0] not in "十百千万亿%‰"


def _title_units(above: Sequence[tuple[int, Sequence[Cell]]]) -> list[str]:
    """The units a title row names: 单位：万元、亩."""
    text = " ".join(as_text(c) for _, cells in above for c in cells)
    found = re.findall(r"单位\s*:?\s*([^\s,;()]+)", unicodedata.normalize("NFKC", text))
    return [unit for named in found for unit in named.split("、")]


def _with_unit(heading: Heading, units: Sequence[str]) -> Heading:
    """The heading with the title's unit where it names none itself."""
    if heading.column is None or heading.unit or heading.column.kind != Kind.NUMBER:
        return heading
    kept = heading.column.unit
    return replace(heading, unit=next((u for u in units if kept and is_unit(u, kept)), ""))


def _said(grid: Grid) -> Iterator[tuple[str, str]]:
    """What the user should know about the columns: note code and the columns' names."""
    free = [h.text for h in grid.headings if h.column is None and h.text]
    yield "unknown_columns", "、".join(free)
    known = [(h, h.column) for h in grid.headings if h.column]
    yield (
        "units_converted",
        "、".join(
            f"{h.text}：{h.unit}→{c.unit or 1}" for h, c in known if converts(h.unit, c.unit)
        ),
    )
    blank = [i for i, h in enumerate(grid.headings) if not h.text]
    lost = [i for i in blank if any(as_text(cells[i]) for _, cells in grid.rows if i < len(cells))]
    yield "cells_without_header", "、".join(letter(i) for i in lost)


def _header_errors(
    sheet: Sheet, table: Table, row: int, headings: Sequence[Heading]
) -> list[RowError]:
    found = [h.column.name if h.column else h.text for h in headings]
    errors = [
        _error(sheet, row, i, h.text, "duplicate_header", name=h.column.zh[0] if h.column else name)
        for i, (h, name) in enumerate(zip(headings, found, strict=True))
        if name and name in found[:i]
    ]
    errors += [
        _error(sheet, row, i, h.text, "reserved_header", name=h.text)
        for i, h in enumerate(headings)
        if h.column is None and h.text in RESERVED
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
