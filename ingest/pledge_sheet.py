"""Commitments in one workbook: what each year brought, and agreements from before, out and in.

The columns left of 年度 only say which commitment a row is about; what is written over them does
not count.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence

from openpyxl import Workbook
from openpyxl.styles import PatternFill

from graph.tables import Column, Kind, Table
from ingest.cells import Cell, as_text, is_partial_date
from ingest.columns import letter
from ingest.filing_cells import Read
from ingest.guard import Sheet
from ingest.own_sheet import read_rows, sheets_of, write_lines, write_rows
from ingest.report import RowError
from ingest.sheet_marks import marks_of

__all__ = ["AGREED", "KEPT", "NOTES", "read_pledges", "write_pledges"]

NOTES = "说明"

KEPT = Table(
    "kept",
    ("承诺兑现",),
    (
        Column("id", ("编号",), required=True),
        Column("park", ("园区",)),
        Column("name", ("项目",)),
        Column("applicant", ("承诺主体",)),
        Column("indicator", ("指标",)),
        Column("bound", ("要求",)),
        Column("promised", ("承诺值",)),
        Column("unit", ("单位",)),
        Column("due", ("到期",)),
        Column("standing", ("现状",)),
        Column("last", ("最近上报",)),
        Column("year", ("年度",), Kind.NUMBER),
        Column("actual", ("实际值",)),
        Column("said", ("数据来源",)),
    ),
    ("id",),
)
AGREED = Table(
    "agreed",
    ("既往协议",),
    (
        Column("id", ("编号",)),
        Column("park", ("园区",), required=True),
        Column("name", ("项目",), required=True),
        Column("applicant", ("承诺主体",), required=True),
        Column("uscc", ("统一社会信用代码",)),
        Column("indicator", ("指标",), required=True),
        Column("bound", ("要求",), Kind.CHOICE, words={"不低于": "at_least", "不高于": "at_most"}),
        Column("promised", ("承诺值",), required=True),
        Column("unit", ("单位",)),
        Column("due", ("到期",), Kind.DATE),
        Column("evidence", ("依据",)),
    ),
    ("id",),
)
FILL = ("year", "actual", "said")
_ASIDE = PatternFill("solid", start_color="EEEEEE")
_TEXT = (
    "“承诺兑现”一行一项承诺：只填最右边的年度、实际值、数据来源三列；灰色的列只供核对，改了不算。",
    "同一项承诺要报几个年度，就把这一行复制几行，各填一个年度。没有的不要填 0：留空就是“未报”。",
    "实际值按本行的单位填，也可以直接写单位（如 1.2亿元）；只接受确切的数。",
    "再报同一年度，以新的为准，旧的仍可查；内容相同的再导入一次，什么也不变。",
    "“既往协议”一行一项承诺，园区、项目、承诺主体相同的几行是一份协议；由管理部门填写，新增的行编号留空。",
    "指标写“总投资、固定资产投资、年营业收入、年产值、年税收、就业人数、年综合能耗”"
    "并用同样的单位，才计入兑现率。要求不填就是“不低于”。到期写到日，如 2027-12-31。",
    "总投资、固定资产投资按各年完成额累计：每年只报当年完成的数，中间没有完成的年度填 0。",
    "年营业收入、年产值、年税收、年综合能耗是全年的数：年度结束后才能填报。",
    "有一行不对，就一行都不导入：您会拿回这份文件，不对的格标红，原因和改法在“错误清单”。",
)
_Cells = Mapping[str, Cell]


def write_pledges(kept: Sequence[_Cells], agreed: Sequence[_Cells]) -> bytes:
    """The commitments, a row each with nothing reported yet, and the agreements, by column."""
    book = Workbook()
    book.remove(book.active)
    for table, rows in ((KEPT, kept), (AGREED, agreed)):
        sheet = book.create_sheet(table.zh[0])
        write_rows(sheet, table.columns, rows, "系统填写，请勿改动；新增的行留空")
    aside = len(KEPT.columns) - len(FILL)
    for cells in book[KEPT.zh[0]].iter_rows(min_row=2, max_row=len(kept) + 1, max_col=aside):
        for cell in cells if kept else ():
            cell.fill = _ASIDE
    write_lines(book.create_sheet(NOTES), [("", text) for text in _TEXT])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def read_pledges(content: bytes, name: str) -> tuple[list[Read], list[Read], list[RowError]]:
    """What is reported, what was agreed, and an error for all that cannot be taken.

    Rows that report nothing are left out.  Raises `FileRefused` for a file that cannot be opened.
    """
    sheets = [sheet for sheet in sheets_of(content, name) if sheet.name != NOTES]
    apart = [sheet for sheet in sheets if sheet.name == AGREED.zh[0]]
    kept, errors = _read([s for s in sheets if s not in apart], content, name, KEPT)
    agreed = list[Read]()
    if apart:
        agreed, more = _read(apart, content, name, AGREED)
        errors = [*(e for e in errors if e.code != "filing_empty"), *more]
    errors += _percent(content, name, sheets) if sheets else []
    errors += _not_a_day(apart)
    return [r for r in kept if any(n in r.values for n in FILL)], agreed, errors


def _read(
    sheets: Sequence[Sheet], content: bytes, name: str, table: Table
) -> tuple[list[Read], list[RowError]]:
    """The rows of a table; every cell of it is one line."""
    return read_rows(sheets, content, name, table, "filing_empty", table.names)


def _not_a_day(sheets: Sequence[Sheet]) -> list[RowError]:
    """2027 in 到期 may be its first day or its last: nobody guesses."""
    errors = list[RowError]()
    for sheet in sheets:
        heads = [as_text(head).strip("* ") for head in sheet.rows[0][1]] if sheet.rows else []
        at = heads.index("到期") if "到期" in heads else len(heads)
        for number, cells in sheet.rows[1:]:
            if at < len(cells) and is_partial_date(cells[at]):
                place = (sheet.file, sheet.name, number, letter(at), heads[at])
                errors.append(RowError(*place, as_text(cells[at]), "pledge_day"))
    return errors


def _percent(content: bytes, name: str, sheets: Sequence[Sheet]) -> list[RowError]:
    """80% in a cell is the number 0.8: of money, people or years nobody means that."""
    marks, errors = marks_of(content, name), list[RowError]()
    for sheet in sheets:
        heads = sheet.rows[0][1] if sheet.rows else ()
        for number, cells in sheet.rows[1:]:
            for at, (head, cell) in enumerate(zip(heads, cells, strict=False)):
                if isinstance(cell, float) and marks.get((sheet.name, number, at)) == "percent":
                    place = (sheet.file, sheet.name, number, letter(at), as_text(head))
                    errors.append(RowError(*place, as_text(cell), "pledge_percent"))
    return errors
