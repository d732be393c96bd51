"""The workbook of the template, filled with what the graph holds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet._write_only import WriteOnlyWorksheet

from graph.errors import UsageError
from graph.model import Value
from graph.store.base import GraphStore
from graph.tables import Column, Kind
from ingest.template import header, spelled
from ingest.writing import Exported, Sheet, sheets, text_of

__all__ = ["write_book", "write_xlsx"]

LAST_ROW = 1_048_576  # of a sheet
LONGEST = 32_767  # characters of a cell


def write_xlsx(store: GraphStore, path: Path) -> Exported:
    """Write the graph as a workbook with a sheet a table, headers and words in Chinese.

    Text is text: nothing in it is ever a formula.  A number of more than 16 digits, which a cell
    would round, is text too.  Raises `UsageError` where Excel has no room.
    """
    count: Counter[str] = Counter()
    write_book(sheets(store, count), path)
    return Exported(count["nodes"], count["relations"])


def write_book(tables: Iterable[Sheet], path: Path) -> None:
    """Write tables as sheets, under the names and headers that an import knows."""
    book = Workbook(write_only=True)
    for sheet in tables:
        with closing(book.create_sheet(sheet.table.zh[0])) as page:
            _fill(page, sheet)
    book.save(path)


def _fill(page: WriteOnlyWorksheet, sheet: Sheet) -> None:
    page.freeze_panes = "A2"
    heads = [header(c) for c in sheet.columns]
    for at, head in enumerate(heads, 1):
        page.column_dimensions[get_column_letter(at)].width = max(12, 2 * len(head) + 2)
    page.append([_head(page, head) for head in heads])
    for number, row in enumerate(sheet.rows, 2):
        if number > LAST_ROW:
            raise UsageError("sheet_full", table=sheet.table.zh[0], limit=LAST_ROW - 1)
        page.append([_cell(page, c, row.get(c.name)) for c in sheet.columns])


def _head(page: WriteOnlyWorksheet, title: str) -> WriteOnlyCell:
    made = _words(page, title)
    made.font = Font(bold=True)
    return made


def _cell(page: WriteOnlyWorksheet, column: Column, value: Value | None) -> WriteOnlyCell | None:
    if value is None:
        return None
    if isinstance(value, bool):
        return _words(page, "是" if value else "否")
    if isinstance(value, (int, float)) and float(f"{value:.16g}") == value:
        return WriteOnlyCell(page, value)
    text = text_of(value)
    text = spelled(column).get(text, text) if column.kind == Kind.CHOICE else text
    if len(text) > LONGEST:
        raise UsageError("cell_too_long", column=column.zh[0], limit=LONGEST)
    return _words(page, text)


def _words(page: WriteOnlyWorksheet, text: str) -> WriteOnlyCell:
    made = WriteOnlyCell(page, ILLEGAL_CHARACTERS_RE.sub("", text))
    made.data_type, made.number_format = "s", "@"
    return made
