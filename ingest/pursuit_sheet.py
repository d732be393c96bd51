"""The pursuits of the parks in one workbook: a row for each, out and in again."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from datetime import date

from openpyxl import Workbook

from graph.attraction.pursuit import Facts, Pursuit
from graph.tables import TABLES, Column, Kind, Table
from ingest.cells import Cell
from ingest.filing_cells import Read
from ingest.own_sheet import read_rows, sheets_of, write_lines, write_rows
from ingest.report import RowError

__all__ = ["BASIS", "LINES", "SHEET", "TABLE", "cells_of", "facts_after", "read_pursuits",
           "write_pursuits"]  # fmt: skip

SHEET, BASIS, _NOTES = "在谈项目", "口径", "说明"
_STAGES = TABLES["projects"].column("stage").words
TABLE = Table(
    "pursuits",
    (SHEET,),
    (
        Column("id", ("编号",)),
        Column("name", ("项目名称",), required=True),
        Column("applicant", ("投资主体",), required=True),
        Column("uscc", ("统一社会信用代码",)),
        Column("park", ("园区",)),
        Column("stage", ("阶段",), Kind.CHOICE, words=_STAGES),
        Column("moved_on", ("变更日期",), Kind.DATE),
        Column("owner", ("负责人",)),
        Column("next_step", ("下一步",)),
        Column("next_day", ("下一步日期",), Kind.DATE),
        Column("introduced_by", ("引荐单位",)),
        Column("introduced_on", ("首谈日期",), Kind.DATE),
        Column("investment_wan", ("总投资",), Kind.NUMBER, unit="万元", low=0),
        Column("note", ("变更说明",)),
    ),
    ("id",),
)
LINES = frozenset({"id", "name", "applicant", "uscc", "park", "owner", "next_step",
                   "introduced_by", "note"})  # fmt: skip
_TEXT = (
    "一个项目一行；红色带 * 的列必填，其余可以留空：留空就是“未知”，不会当作 0。",
    "“编号”由系统填写，请勿改动：有编号的行是修改，没有编号的行是新项目；删掉的行不受影响。",
    "改“阶段”就是记一次阶段变化：日期写在“变更日期”，不写就是导入当天；流失必须在“变更说明”写原因。",
    "已有项目换园区不在这里改，请在页面上转园，由管委会办理。",
    "有一行不对，就一行都不导入：您会拿回这份文件，不对的格标红，原因和改法在“错误清单”。",
)


def write_pursuits(
    pursuits: Sequence[Pursuit], parks: Mapping[str, str], basis: Sequence[tuple[str, str]]
) -> bytes:
    """Pursuits as a workbook; `parks` = names by id, `basis` = what its sheet 口径 says."""
    book = Workbook()
    sheet = book.active
    sheet.title = SHEET
    rows = [{**cells_of(p), "park": parks.get(p.park, p.park)} for p in pursuits]
    write_rows(sheet, TABLE.columns, rows, "系统填写，请勿改动；新项目留空")
    write_lines(book.create_sheet(BASIS), basis)
    write_lines(book.create_sheet(_NOTES), [("", text) for text in _TEXT])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def read_pursuits(content: bytes, name: str) -> tuple[list[Read], list[RowError]]:
    """The rows of such a workbook, and an error for all that cannot be taken.

    Raises `FileRefused` for a file that cannot be opened.
    """
    sheets = [s for s in sheets_of(content, name) if s.name not in (BASIS, _NOTES)]
    return read_rows(sheets, content, name, TABLE, "pursuit_empty", LINES)


def cells_of(pursuit: Pursuit) -> Mapping[str, Cell]:
    """A pursuit as the values of its columns; what is not said is not there.

    Day and note of a change are for who changes the stage: they go out empty.
    """
    facts = pursuit.facts
    found: dict[str, Cell] = {
        "id": f"{pursuit.id}.{pursuit.version}",
        "name": facts.name,
        "applicant": facts.applicant,
        "uscc": facts.uscc,
        "park": pursuit.park,
        "stage": next(w for w, code in _STAGES.items() if code == pursuit.stage and w != code),
        "owner": facts.owner,
        "next_step": facts.next_step,
        "next_day": _text(facts.next_day),
        "introduced_by": facts.introduced_by,
        "introduced_on": _text(facts.introduced_on),
        "investment_wan": facts.investment_wan,
    }
    return {name: cell for name, cell in found.items() if cell not in (None, "")}


def facts_after(read: Read, old: Facts | None) -> Facts:
    """What a pursuit says after a row: columns that are not there leave it as it was."""
    before = old or Facts("", "")

    def said(name: str) -> object:
        return read.values.get(name) if name in read.columns else getattr(before, name)

    number = said("investment_wan")
    return Facts(
        name=str(said("name") or ""),
        applicant=str(said("applicant") or ""),
        uscc=str(said("uscc") or ""),
        investment_wan=float(number) if isinstance(number, (int, float)) else None,
        introduced_by=str(said("introduced_by") or ""),
        introduced_on=_day(said("introduced_on")),
        owner=str(said("owner") or ""),
        next_step=str(said("next_step") or ""),
        next_day=_day(said("next_day")),
    )


def _text(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _day(value: object) -> date | None:
    return value if isinstance(value, date) else date.fromisoformat(str(value)) if value else None
