"""A standard as a workbook to read and to write the next version in."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence

from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE, Cell
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from graph.review.fields import FIELDS
from graph.review.standard import Indicator, Standard, Veto
from ingest.columns import GUIDE
from ingest.standard_layout import CUTOFFS, INDICATORS, KEYS, SHEETS, VETOES, Entry, spelled

__all__ = ["write_standard"]

ROWS = 300  # rows prepared with drop-downs
_HEAD = PatternFill("solid", start_color="DDE7F0")
_LONGEST = 32_767  # characters of a cell
_ESCAPED = re.compile("_(?=x[0-9A-Fa-f]{4}_)")  # what a workbook would read as a character's code
_WIDTHS = {"name": 30, "formula": 28, "evidence": 28, "source": 50, "basis": 40, "department": 16}

_GUIDE = (
    "每份标准一个文件,放进“本单位准入标准”文件夹;同一标准的新版本另存一个文件,编号不变,写新的版本号和生效日期。",
    "“标准”一行一项;“指标”“一票否决”一行一条。表头和工作表名不要改;公式先粘贴为数值。",
    "指标权重合计 100;每个数字写明来源,没有出处的在“假设”填“是”。",
    "只改几处时:在“依据标准”写另一份标准的编号,“指标”“一票否决”只写要改的行和格,其余照它。",
    "标准公式可用 + - × ÷ / ( ) min max 和下列申报字段:",
)


def write_standard(standard: Standard) -> bytes:
    """The workbook of a standard, whole: what it took from another one is written out.

    Read again it is the same standard, but for space around texts and characters no workbook holds.
    """
    book = Workbook()
    keys = book.active
    keys.title = SHEETS["standard"][0]
    _write_keys(keys, standard)
    _write_rows(book.create_sheet(SHEETS["indicator"][0]), INDICATORS, standard.indicators)
    _write_rows(book.create_sheet(SHEETS["veto"][0]), VETOES, standard.vetoes)
    _write_guide(book.create_sheet(GUIDE))
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _write_keys(sheet: Worksheet, standard: Standard) -> None:
    for at, (title, width) in enumerate((("项目", 16), ("内容", 60), ("怎么填", 70)), 1):
        _put(sheet.cell(1, at), title, head=True)
        sheet.column_dimensions[get_column_letter(at)].width = width
    for row, entry in enumerate((*KEYS, *CUTOFFS), 2):
        holder = standard.cutoffs if entry in CUTOFFS else standard
        _put(sheet.cell(row, 1), entry.zh, head=True)
        _put(sheet.cell(row, 2), spelled(entry, getattr(holder, entry.key, None)))
        _put(sheet.cell(row, 3), entry.hint or None)
        _choose(sheet, entry, f"B{row}")
    sheet.freeze_panes = "B2"


def _write_rows(
    sheet: Worksheet, entries: Sequence[Entry], rows: Sequence[Indicator] | Sequence[Veto]
) -> None:
    for at, entry in enumerate(entries, 1):
        head, column = sheet.cell(1, at), get_column_letter(at)
        _put(head, entry.zh, head=True)
        if entry.hint:
            head.comment = Comment(entry.hint, "lianzhu", height=90, width=240)
        sheet.column_dimensions[column].width = _WIDTHS.get(entry.key, 14)
        _choose(sheet, entry, f"{column}2:{column}{ROWS}")
        for row, holder in enumerate(rows, 2):
            _put(sheet.cell(row, at), spelled(entry, getattr(holder, entry.key)))
    sheet.freeze_panes = "C2"


def _write_guide(sheet: Worksheet) -> None:
    sheet.column_dimensions["A"].width = 60
    for row, text in enumerate((GUIDE, *_GUIDE), 1):
        _put(sheet.cell(row, 1), text, head=row == 1)
    for row, field in enumerate(FIELDS.values(), len(_GUIDE) + 2):
        _put(sheet.cell(row, 1), field.zh)
        _put(sheet.cell(row, 2), field.unit or None)


def _put(cell: Cell, value: str | float | None, *, head: bool = False) -> None:
    """A number as a number, a text as a text whatever it begins with."""
    if value is None:
        return
    if isinstance(value, str):
        text = ILLEGAL_CHARACTERS_RE.sub("", value)[:_LONGEST]
        cell.value = _ESCAPED.sub("_x005F_", text)
        cell.data_type, cell.number_format = "s", "@"
        cell.alignment = Alignment(wrap_text=True, vertical="top")
    else:
        cell.value = value
    if head:
        cell.font, cell.fill = Font(bold=True), _HEAD


def _choose(sheet: Worksheet, entry: Entry, cells: str) -> None:
    words = ["是", "否"] if entry.kind == "flag" else list(entry.words)
    if words:
        rule = DataValidation("list", f'"{",".join(words)}"', allow_blank=True)
        rule.add(cells)
        sheet.add_data_validation(rule)
