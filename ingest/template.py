"""The Excel template, written from the one specification of the tables."""

from __future__ import annotations

from pathlib import Path

from openpyxl import Workbook
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from graph.tables import EVIDENCE_COLUMNS, TABLES, Column, Kind, Table
from ingest.columns import GUIDE, WORDS

__all__ = ["header", "spelled", "write_template"]

ROWS = 2000  # rows prepared with drop-downs and text format
_HEAD = PatternFill("solid", start_color="DDE7F0")
_MUST = Font(bold=True, color="9C2A1F")

_GUIDE = (
    "一张表一个工作表；红色带 * 的列必填，其余可以留空：留空就是“未知”，不会当作 0。",
    "金额、面积等可以直接写单位（如 1.2亿元、40亩）；只接受确切的数，"
    "“约3.5亿”“3-5亿”请改成一个数或留空。",
    "引用别的表（企业、环节、区域……）时写编号、统一社会信用代码，或唯一的全称。",
    "一个环节属于两条产业链就写两行；一格里有多个值用 ; 隔开。",
    "来源、出处、数据日期、等级可加在任何一张表上：每一行数据都应说得出从哪里来。",
    "用不到的工作表留空或删除都可以。先用 lianzhu import 文件名 --dry-run 检查，再正式导入。",
)


def write_template(path: Path) -> None:
    """Write an empty workbook with a sheet a table, headers in Chinese, drop-downs and notes."""
    book = Workbook()
    guide = book.active
    guide.title = GUIDE
    _write_guide(guide)
    words = book.create_sheet(WORDS)
    words.sheet_state = (
        "hidden"  # drop-downs point here: a list in the cell breaks at 255 characters
    )
    for table in TABLES.values():
        _write_table(book.create_sheet(table.zh[0]), table, words)
    book.save(path)


def _write_guide(sheet: Worksheet) -> None:
    sheet.column_dimensions["A"].width = 100
    for row, text in enumerate((GUIDE, *_GUIDE), 1):
        cell = sheet.cell(row, 1, text)
        cell.alignment = Alignment(wrap_text=True)
        cell.font = Font(bold=row == 1)


def _write_table(sheet: Worksheet, table: Table, words: Worksheet) -> None:
    own = {c.name for c in table.columns}
    columns = [*table.columns, *(c for c in EVIDENCE_COLUMNS if c.name not in own)]
    for at, column in enumerate(columns, 1):
        head = sheet.cell(1, at, header(column))
        head.fill, head.font = _HEAD, _MUST if column.required else Font(bold=True)
        head.comment = Comment(_rule(column), "lianzhu", height=120, width=260)
        sheet.column_dimensions[get_column_letter(at)].width = max(12, 2 * len(header(column)) + 2)
        _prepare(sheet, at, column, words)
    sheet.freeze_panes = "A2"


def header(column: Column) -> str:
    """A column's header: its Chinese name, its unit, and a * where every row needs it."""
    unit = f"（{column.unit}）" if column.unit else ""
    return f"{'*' if column.required else ''}{column.zh[0]}{unit}"


def _rule(column: Column) -> str:
    rules = [column.name]
    if column.refers:
        rules.append(f"填“{TABLES[column.refers].zh[0]}”表里的编号或唯一名称")
    if column.kind == Kind.LIST:
        rules.append("多个值用 ; 隔开")
    if column.kind == Kind.DATE:
        rules.append("如 2026-06-30，可只写年月")
    if column.low is not None:
        rules.append(f"{'大于' if column.above else '不小于'} {column.low:g}")
    if column.high is not None:
        rules.append(f"不大于 {column.high:g}")
    return "；".join(rules)


def _prepare(sheet: Worksheet, at: int, column: Column, words: Worksheet) -> None:
    letter = get_column_letter(at)
    if column.kind in (Kind.TEXT, Kind.LIST):
        for row in range(2, 202):  # text, so that 18 digits stay 18 digits
            sheet.cell(row, at).number_format = "@"
    choices = _choices(column)
    if choices:
        known = words.max_column + (1 if words.cell(1, 1).value else 0)
        for row, word in enumerate(choices, 1):
            words.cell(row, known, word)
        source = get_column_letter(known)
        rule = DataValidation(
            "list", f"{WORDS}!${source}$1:${source}${len(choices)}", allow_blank=True
        )
        rule.add(f"{letter}2:{letter}{ROWS}")
        sheet.add_data_validation(rule)


def _choices(column: Column) -> list[str]:
    if column.kind == Kind.FLAG:
        return ["是", "否"]
    if column.kind != Kind.CHOICE:
        return []
    return [*spelled(column).values()]


def spelled(column: Column) -> dict[str, str]:
    """The Chinese word for each code of a choice."""
    words: dict[str, list[str]] = {}
    for word, code in column.words.items():
        words.setdefault(code, []).append(word)
    return {code: next((w for w in said if not w.isascii()), code) for code, said in words.items()}
