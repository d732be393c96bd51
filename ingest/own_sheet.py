"""Workbooks of our own that come back: one sheet of rows under known headers.

`ingest.filing_sheet` and `ingest.pursuit_sheet` say which columns; whatever cannot be taken is an
error with its place, so that nothing is passed over.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from graph.errors import FileRefused
from graph.tables import Column, Kind, Table
from ingest.cells import Cell, as_text
from ingest.columns import Grid, Heading, letter
from ingest.filing_cells import LINES, Read, read_grid
from ingest.guard import Limits, Sheet, read_sheets
from ingest.marking import ERRORS
from ingest.numbers import UNITS, is_unit
from ingest.report import RowError
from ingest.sheet_marks import Mark, marks_of
from ingest.template import header, spelled

__all__ = ["LIMITS", "read_rows", "sheets_of", "write_lines", "write_rows", "wrong"]

LIMITS = Limits(
    file_bytes=2 << 20,
    inflated_bytes=16 << 20,
    part_bytes=16 << 20,
    entries=200,
    rows=2_000,
    seconds=20,
)
_SPARE = 200  # rows prepared below the filled ones
_HEAD = PatternFill("solid", start_color="DDE7F0")
_MUST = Font(bold=True, color="9C2A1F")


def write_rows(
    sheet: Worksheet, columns: Sequence[Column], rows: Sequence[Mapping[str, Cell]], new: str
) -> None:
    """Headers with their drop-downs, and a row for each; `new` = the note on the column of ids."""
    last = len(rows) + 1 + _SPARE
    for at, column in enumerate(columns, 1):
        _prepare(sheet, at, column, last, new)
    for row, cells in enumerate(rows, 2):
        for at, column in enumerate(columns, 1):
            _write(sheet, row, at, cells.get(column.name))
    sheet.freeze_panes = "C2"


def write_lines(sheet: Worksheet, lines: Sequence[tuple[str, str]]) -> None:
    """A sheet of names and texts beside them."""
    sheet.column_dimensions["A"].width, sheet.column_dimensions["B"].width = 14, 100
    for row, texts in enumerate(lines, 1):
        for at, text in enumerate(texts, 1):
            if text:
                _say(sheet.cell(row, at), text)
        sheet.cell(row, 2).alignment = Alignment(wrap_text=True, vertical="top")


def read_rows(
    sheets: Sequence[Sheet],
    content: bytes,
    name: str,
    made: Table,
    empty: str,
    lines: Collection[str] = LINES,
) -> tuple[list[Read], list[RowError]]:
    """The rows of these sheets of a workbook, and an error for all that cannot be taken.

    A column or sheet that is not ours is an error too; `empty` = the code where there is nothing.
    """
    rows, errors, grids = list[Read](), list[RowError](), list[Grid]()
    for sheet in sheets:
        if sheet.name != ERRORS or sheet.hidden:
            grid, wrong = _grid(sheet, made)
            grids += [grid] if grid else []
            errors += wrong
    marks = marks_of(content, name) if grids else {}
    for grid in grids:
        shares = _shown_in_percent(grid, marks)
        wrong_rows = {e.row for e in shares}
        read, wrong = read_grid(grid, lines)
        rows += [r for r in read if r.row not in wrong_rows]
        errors += [*shares, *wrong]
    if not grids and not errors:
        errors.append(RowError(name, made.zh[0], None, "", "", "", empty))
    return rows, errors


def sheets_of(content: bytes, name: str) -> list[Sheet]:
    """The sheets of such a workbook.  Raises `FileRefused` for a file that cannot be opened."""
    last = Path(name.replace("\\", "/")).name.replace("\0", "")
    if not last.lower().endswith(".xlsx") or not 5 < len(last.encode()) <= 200:
        raise FileRefused("not_a_workbook", file=last[:200] or "—")
    with TemporaryDirectory(prefix="lianzhu-") as folder:
        path = Path(folder) / last
        path.write_bytes(content)
        return read_sheets([path], LIMITS)


def _grid(sheet: Sheet, made: Table) -> tuple[Grid | None, list[RowError]]:
    """A sheet with its headings understood; None where it holds nothing or cannot be read."""
    if sheet.hidden:
        return None, [wrong(sheet, None, None, "", "filing_hidden")]
    if not sheet.rows:
        return None, []
    row, cells = sheet.rows[0]
    known = {_plain(c.zh[0]): c for c in made.columns}
    headings, errors = list[Heading](), list[RowError]()
    for at, text in enumerate(as_text(c) for c in cells):
        heading, code, facts = _heading(text, known)
        if not code and heading.column in [h.column for h in headings if h.column]:
            code, facts = "duplicate_header", {"name": heading.text}
        if not text and any(as_text(c[at]) for _, c in sheet.rows[1:] if at < len(c)):
            code, facts = "filing_no_header", {}
        if code:
            errors.append(wrong(sheet, row, at, text, code, **facts))
        headings.append(heading)
    found = [h.column for h in headings]
    for column in made.columns:
        if column.required and column not in found:
            facts = {"name": column.zh[0], "found": "、".join(h.text for h in headings if h.text)}
            errors.append(wrong(sheet, row, None, "", "missing_column", near="", **facts))
    grid = Grid(sheet.file, sheet.name, made, headings, sheet.rows[1:])
    return (None if errors else grid), errors


def _shown_in_percent(grid: Grid, marks: Mapping[tuple[str, int, int], Mark]) -> list[RowError]:
    """Numbers that are shown in percent where the column has another unit."""
    errors = []
    for number, cells in grid.rows:
        for at, (heading, cell) in enumerate(zip(grid.headings, cells, strict=False)):
            column = heading.column
            percent = marks.get((grid.sheet, number, at)) == "percent"
            if not percent or not isinstance(cell, float) or column is None or not column.unit:
                continue
            facts = {
                "unit": "%",
                "kept": column.unit,
                "known": "、".join(UNITS.get(column.unit, {})) or column.unit,
                "as_cell": f"{100 * cell:.15g} %",
                "as_column": f"{cell:.15g} {column.unit}",
            }
            place = (grid.file, grid.sheet, number, letter(at), heading.text)
            errors.append(RowError(*place, as_text(cell), "filing_unit", facts))
    return errors


def wrong(
    sheet: Sheet, row: int | None, at: int | None, header: str, code: str, **facts: object
) -> RowError:
    """An error of a sheet, at a place of it."""
    column = "" if at is None else letter(at)
    return RowError(sheet.file, sheet.name, row, column, header, header, code, facts)


def _heading(text: str, known: Mapping[str, Column]) -> tuple[Heading, str, Mapping[str, object]]:
    """What a header means, or a code that says why it means nothing."""
    plain = _plain(text)
    if not plain or plain in known:
        return Heading(text, known.get(plain)), "", {}
    bracket = re.fullmatch(r"(.+)\((.+?)\)", plain)
    column = known.get(bracket[1]) if bracket else None
    if bracket is None or column is None:
        return Heading(text, None), "filing_column", {}
    if _plain(column.unit) == bracket[2]:
        return Heading(text, column), "", {}
    if column.unit and is_unit(bracket[2], column.unit):
        return Heading(text, column, bracket[2]), "", {}
    facts = {"given": bracket[2], "kept": column.unit or "—", "name": column.zh[0]}
    return Heading(text, None), "filing_head_unit", facts


def _plain(text: str) -> str:
    """A header as it is compared: width, spaces and the mark of required ones do not count."""
    narrow = text.translate(str.maketrans("（）：，", "():,"))
    return re.sub(r"[\s*]", "", narrow).lower()


def _prepare(sheet: Worksheet, at: int, column: Column, last: int, new: str) -> None:
    head = sheet.cell(1, at)
    _say(head, header(column))
    head.fill, head.font = _HEAD, _MUST if column.required else Font(bold=True)
    head.alignment = Alignment(wrap_text=True, vertical="top")
    width = min(max(12, 2 * len(header(column)) + 2), 30)
    sheet.column_dimensions[get_column_letter(at)].width = width
    if column.name == "id":
        head.comment = Comment(new, "lianzhu", height=60, width=200)
    if column.kind == Kind.TEXT:
        for row in range(2, last + 1):  # text, so that 18 digits stay 18 digits
            sheet.cell(row, at).number_format = "@"
    words = ("是", "否") if column.kind == Kind.FLAG else tuple(spelled(column).values())
    if words:
        rule = DataValidation("list", f'"{",".join(words)}"', allow_blank=True)
        rule.add(f"{get_column_letter(at)}2:{get_column_letter(at)}{last}")
        sheet.add_data_validation(rule)


def _write(sheet: Worksheet, row: int, at: int, value: Cell) -> None:
    cell = sheet.cell(row, at)
    if isinstance(value, bool):
        _say(cell, "是" if value else "否")
    elif isinstance(value, (int, float)):
        cell.value = int(value) if value == int(value) and abs(value) < 1e15 else value
    elif value is not None:
        _say(cell, value)


def _say(cell: Cell, text: str) -> None:
    """Text is text: what begins like a formula is none."""
    cell.value = ILLEGAL_CHARACTERS_RE.sub("", text)  # type: ignore[union-attr]
    cell.data_type = "s"  # type: ignore[union-attr]
