"""A workbook given back with what is wrong in it: red cells, and a sheet that says why."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass

from openpyxl import Workbook, load_workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE, Cell
from openpyxl.comments import Comment
from openpyxl.styles import Font, PatternFill
from openpyxl.utils.exceptions import InvalidFileException
from openpyxl.worksheet.worksheet import Worksheet

__all__ = ["ERRORS", "Wrong", "marked"]

ERRORS = "错误清单"
_RED = PatternFill("solid", start_color="F8B4B4")
_CELL = re.compile(r"[A-Z]{1,3}")
_LONGEST = 32_767  # characters of a cell
_WIDE = (14, 8, 8, 20, 24, 50, 50)


@dataclass(frozen=True)
class Wrong:
    """One error in words, and where it stands: `column` = letters, "" = the whole row."""

    sheet: str
    row: int | None
    column: str
    header: str
    value: str
    problem: str
    hint: str


def marked(content: bytes, wrong: Sequence[Wrong], heads: Sequence[str]) -> bytes:
    """The workbook as it was, its wrong cells red, with the sheet 错误清单 in front.

    `content` has to have passed `ingest.guard.read_sheets`, which bounds its size; `heads` = the
    seven headers of the list.  Of a workbook that cannot be written again only the list is given.
    """
    try:
        book = load_workbook(io.BytesIO(content))
    except (ValueError, TypeError, KeyError, AttributeError, IndexError, OSError,
            InvalidFileException, zipfile.BadZipFile):  # fmt: skip
        book = Workbook()
        book.remove(book.active)
    if ERRORS in book.sheetnames:
        book.remove(book[ERRORS])
    for one in wrong:
        if one.sheet in book.sheetnames and one.row and _CELL.fullmatch(one.column):
            _redden(book[one.sheet][f"{one.column}{one.row}"], one)
    _list(book.create_sheet(ERRORS, 0), wrong, heads)
    book.active = 0
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _redden(cell: object, one: Wrong) -> None:
    if isinstance(cell, Cell):  # a merged one has no face of its own
        cell.fill = copy(_RED)
        said = f"{one.problem} {one.hint}".strip()
        cell.comment = Comment(ILLEGAL_CHARACTERS_RE.sub("", said)[:2000], "lianzhu")


def _list(sheet: Worksheet, wrong: Sequence[Wrong], heads: Sequence[str]) -> None:
    for at, (head, width) in enumerate(zip(heads, _WIDE, strict=True), 1):
        _say(sheet.cell(1, at), head)
        sheet.cell(1, at).font = Font(bold=True)
        sheet.column_dimensions[sheet.cell(1, at).column_letter].width = width
    for row, one in enumerate(wrong, 2):
        texts = (one.sheet, one.row, one.column, one.header, one.value, one.problem, one.hint)
        for at, text in enumerate(texts, 1):
            if isinstance(text, int):
                sheet.cell(row, at).value = text
            elif text:
                _say(sheet.cell(row, at), text)
    sheet.freeze_panes = "A2"


def _say(cell: Cell, text: str) -> None:
    """Text is text: what begins like a formula is none."""
    cell.value = ILLEGAL_CHARACTERS_RE.sub("", text)[:_LONGEST]
    cell.data_type = "s"
