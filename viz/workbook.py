"""Tables as an Excel workbook, with a sheet that says what the numbers rest on.

Text stays text: a name that begins like a formula is never one.
"""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet._write_only import WriteOnlyWorksheet

from viz.contexts import Frame
from viz.table import Cell, Column, Table
from viz.words import word

__all__ = ["MEDIA_TYPE", "basis_lines", "workbook"]

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_HEAD = PatternFill("solid", start_color="DDE7F0")
_FORMATS = {"share": "0.0%", "text": "@"}
_LONGEST = 32_767  # characters of a cell
_BAD_IN_TITLE = re.compile(r"[\[\]:*?/\\]")


def workbook(
    tables: Sequence[Table], frame: Frame, assumed: Mapping[str, object], url: str
) -> bytes:
    """The tables, a sheet each, and the sheet 口径: date, revision, algorithm, weights, address."""
    book = Workbook(write_only=True)
    for at, table in enumerate(tables, 1):
        _sheet(book.create_sheet(_title(table.caption, at)), table)
    _basis(book.create_sheet(word(frame.lang, "sheet.basis")), frame, assumed, url)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _sheet(sheet: WriteOnlyWorksheet, table: Table) -> None:
    sheet.freeze_panes = "B2"
    for at, column in enumerate(table.columns, 1):
        texts = [column.title, *(str(row[at - 1].value or "") for row in table.rows[:200])]
        wide = max(sum(2 if ch > "ÿ" else 1 for ch in text) for text in texts)
        sheet.column_dimensions[get_column_letter(at)].width = min(max(wide + 2, 8), 60)
    sheet.append([_head(sheet, column.title) for column in table.columns])
    for row in table.rows:
        pairs = zip(row, table.columns, strict=True)
        sheet.append([_cell(sheet, cell, column) for cell, column in pairs])


def basis_lines(frame: Frame, assumed: Mapping[str, object], url: str) -> Sequence[tuple[str, str]]:
    """What the sheet 口径 says, line by line; what is unknown is left out."""
    lines = [
        (word(frame.lang, "foot.date"), frame.data_date),
        (word(frame.lang, "foot.revision"), frame.revision),
        (word(frame.lang, "foot.algorithm"), frame.algorithm),
        (word(frame.lang, "sheet.sample"), word(frame.lang, "text.yes") if frame.sample else None),
        (word(frame.lang, "sheet.url"), url),
        *((name, value) for name, value in _flat("", assumed)),
    ]
    return [(name, str(value)) for name, value in lines if value is not None]


def _basis(
    sheet: WriteOnlyWorksheet, frame: Frame, assumed: Mapping[str, object], url: str
) -> None:
    sheet.column_dimensions["A"].width, sheet.column_dimensions["B"].width = 28, 90
    for name, value in basis_lines(frame, assumed, url):
        sheet.append([_text(sheet, name), _text(sheet, value)])


def _flat(prefix: str, values: Mapping[str, object]) -> list[tuple[str, object]]:
    found: list[tuple[str, object]] = []
    for name, value in values.items():
        inner = _named(value)
        if isinstance(inner, Mapping):
            found += _flat(f"{prefix}{name}.", inner)
        else:
            found.append((prefix + name, inner))
    return found


def _named(value: object) -> object:
    """A tuple of (name, value) as the mapping it stands for."""
    if isinstance(value, tuple) and value and all(isinstance(v, tuple) for v in value):
        return dict(value)
    return value


def _head(sheet: WriteOnlyWorksheet, title: str) -> WriteOnlyCell:
    made = _text(sheet, title)
    made.font, made.fill = Font(bold=True), _HEAD
    made.alignment = Alignment(wrap_text=True, vertical="top")
    return made


def _cell(sheet: WriteOnlyWorksheet, cell: Cell, column: Column) -> WriteOnlyCell:
    if isinstance(cell.value, (int, float)) and column.kind != "text":
        made = WriteOnlyCell(sheet, cell.value)
        made.number_format = _format(cell, column)
        return made
    text = "" if cell.value is None else str(cell.value)
    return _text(sheet, f"{text} {cell.note}".strip() if column.kind == "text" else text)


def _format(cell: Cell, column: Column) -> str:
    if column.kind != "number":
        return _FORMATS[column.kind]
    return "#,##0" + ("." + "0" * cell.digits if cell.digits else "")


def _text(sheet: WriteOnlyWorksheet, text: str) -> WriteOnlyCell:
    made = WriteOnlyCell(sheet, ILLEGAL_CHARACTERS_RE.sub("", text)[:_LONGEST])
    made.data_type, made.number_format = "s", _FORMATS["text"]
    return made


def _title(caption: str, at: int) -> str:
    return f"{at} {_BAD_IN_TITLE.sub(' ', caption)}"[:31].strip("'")
