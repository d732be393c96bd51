"""A park's projects in one workbook: a row for each application, out and in again.

Any row that cannot be taken is an error with its place; the caller takes all rows or none.
"""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from graph.errors import FileRefused
from graph.review.filing import Filing
from graph.tables import Column, Kind, Table
from ingest.cells import Cell, as_text
from ingest.columns import Grid, Heading, letter
from ingest.filing_cells import SHEET, Read, cells_of, read_grid, table
from ingest.guard import Limits, Sheet, read_sheets
from ingest.marking import ERRORS
from ingest.numbers import UNITS, is_unit
from ingest.report import RowError
from ingest.sheet_marks import Mark, marks_of
from ingest.template import header

__all__ = ["LIMITS", "NOTES", "read_filings", "write_filings"]

NOTES = "说明"
LIMITS = Limits(
    file_bytes=2 << 20,
    inflated_bytes=16 << 20,
    part_bytes=16 << 20,
    entries=200,
    rows=2_000,
    seconds=20,
)
_PARK = "园区"
_SPARE = 200  # rows prepared below the filled ones
_HEAD = PatternFill("solid", start_color="DDE7F0")
_MUST = Font(bold=True, color="9C2A1F")
_TEXT = (
    "一个项目一行；红色带 * 的列必填，其余可以留空：留空就是“未知”，不会当作 0。",
    "“编号”由系统填写，请勿改动：有编号的行是修改已有申报，没有编号的行是新申报；删掉的行不受影响。",
    "金额、面积等可以直接写单位（如 1.2亿元、40亩）；只接受确切的数，"
    "“约3.5亿”“3-5亿”请改成一个数或留空；单位与列不符的会退回，不替您猜。",
    "比例写 0 到 1 之间的数或百分数（3% 与 0.03 相同）。",
    "“是否存在”各列是一票否决情形：填“是”或“否”，没有核实就留空。",
    "有一行不对，就一行都不导入：您会拿回这份文件，不对的格标红，原因和改法在“错误清单”。",
    "导入得到的是草稿；已提交的申报改动后要重新提交。",
)


def write_filings(
    park: str, filings: Sequence[Filing], vetoes: Mapping[str, str] | None = None
) -> bytes:
    """A park's applications as a workbook, and an empty template where there are none.

    `park` = its name; `vetoes` = the grounds its standards ask about, id -> name.
    """
    book = Workbook()
    sheet = book.active
    sheet.title = SHEET
    columns = table(vetoes or {}).columns
    last = len(filings) + 1 + _SPARE
    for at, column in enumerate(columns, 1):
        _prepare(sheet, at, column, last)
    for row, filing in enumerate(filings, 2):
        cells = {**cells_of(filing.content), "id": f"{filing.id}.{filing.version}"}
        for at, column in enumerate(columns, 1):
            _write(sheet, row, at, cells.get(column.name))
    sheet.freeze_panes = "C2"
    _write_notes(book.create_sheet(NOTES), park)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def read_filings(
    content: bytes, name: str, park: str, vetoes: Mapping[str, str] | None = None
) -> tuple[list[Read], list[RowError]]:
    """The rows of such a workbook, and an error for all that cannot be taken.

    A column, sheet or park that is not ours is an error too: nothing is passed over.  Raises
    `FileRefused` for a file that cannot be opened.
    """
    made = table(vetoes or {})
    rows, errors = list[Read](), list[RowError]()
    grids = []
    for sheet in _sheets(content, name):
        if sheet.name == NOTES:
            errors += _other_park(sheet, park)
        elif sheet.name != ERRORS or sheet.hidden:
            grid, wrong = _grid(sheet, made)
            grids += [grid] if grid else []
            errors += wrong
    marks = marks_of(content, name) if grids else {}
    for grid in grids:
        shares = _shares(grid, marks)
        wrong_rows = {e.row for e in shares}
        read, wrong = read_grid(grid)
        rows += [r for r in read if r.row not in wrong_rows]
        errors += [*shares, *wrong]
    if not grids and not errors:
        errors.append(RowError(name, SHEET, None, "", "", "", "filing_empty"))
    return rows, errors


def _sheets(content: bytes, name: str) -> list[Sheet]:
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
        return None, [_wrong(sheet, None, None, "", "filing_hidden")]
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
            errors.append(_wrong(sheet, row, at, text, code, **facts))
        headings.append(heading)
    found = [h.column for h in headings]
    for column in made.columns:
        if column.required and column not in found:
            facts = {"name": column.zh[0], "found": "、".join(h.text for h in headings if h.text)}
            errors.append(_wrong(sheet, row, None, "", "missing_column", near="", **facts))
    grid = Grid(sheet.file, sheet.name, made, headings, sheet.rows[1:])
    return (None if errors else grid), errors


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


def _shares(grid: Grid, marks: Mapping[tuple[str, int, int], Mark]) -> list[RowError]:
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


def _other_park(sheet: Sheet, park: str) -> list[RowError]:
    for number, cells in sheet.rows[:3]:
        if len(cells) > 1 and as_text(cells[0]) == _PARK and as_text(cells[1]) != park:
            given = as_text(cells[1])
            return [_wrong(sheet, number, 1, _PARK, "filing_other_park", given=given, park=park)]
    return []


def _wrong(
    sheet: Sheet, row: int | None, at: int | None, header: str, code: str, **facts: object
) -> RowError:
    column = "" if at is None else letter(at)
    return RowError(sheet.file, sheet.name, row, column, header, header, code, facts)


def _plain(text: str) -> str:
    """A header as it is compared: width, spaces and the mark of required ones do not count."""
    narrow = text.translate(str.maketrans("（）：，", "():,"))
    return re.sub(r"[\s*]", "", narrow).lower()


def _prepare(sheet: Worksheet, at: int, column: Column, last: int) -> None:
    head = sheet.cell(1, at)
    _say(head, header(column))
    head.fill, head.font = _HEAD, _MUST if column.required else Font(bold=True)
    head.alignment = Alignment(wrap_text=True, vertical="top")
    width = min(max(12, 2 * len(header(column)) + 2), 30)
    sheet.column_dimensions[get_column_letter(at)].width = width
    if column.name == "id":
        head.comment = Comment("系统填写，请勿改动；新申报留空", "lianzhu", height=60, width=200)
    if column.kind == Kind.TEXT:
        for row in range(2, last + 1):  # text, so that 18 digits stay 18 digits
            sheet.cell(row, at).number_format = "@"
    if column.kind == Kind.FLAG:
        rule = DataValidation("list", '"是,否"', allow_blank=True)
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


def _write_notes(sheet: Worksheet, park: str) -> None:
    sheet.column_dimensions["A"].width, sheet.column_dimensions["B"].width = 10, 100
    _say(sheet.cell(1, 1), _PARK)
    _say(sheet.cell(1, 2), park)
    for row, text in enumerate(_TEXT, 2):
        cell = sheet.cell(row, 2)
        _say(cell, text)
        cell.alignment = Alignment(wrap_text=True, vertical="top")
