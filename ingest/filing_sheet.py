"""A park's projects in one workbook: a row for each application, out and in again.

Any row that cannot be taken is an error with its place; the caller takes all rows or none.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence

from openpyxl import Workbook

from graph.review.filing import Filing
from ingest.cells import as_text
from ingest.filing_cells import SHEET, Read, cells_of, table
from ingest.guard import Sheet
from ingest.own_sheet import read_rows, sheets_of, write_lines, write_rows, wrong
from ingest.report import RowError

__all__ = ["NOTES", "read_filings", "write_filings"]

NOTES = "说明"
_PARK = "园区"
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
    cells = [{**cells_of(f.content), "id": f"{f.id}.{f.version}"} for f in filings]
    write_rows(sheet, table(vetoes or {}).columns, cells, "系统填写，请勿改动；新申报留空")
    write_lines(book.create_sheet(NOTES), [(_PARK, park), *(("", text) for text in _TEXT)])
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
    sheets = sheets_of(content, name)
    errors = [e for sheet in sheets if sheet.name == NOTES for e in _other_park(sheet, park)]
    others = [sheet for sheet in sheets if sheet.name != NOTES]
    rows, more = read_rows(others, content, name, table(vetoes or {}), "filing_empty")
    if errors:
        more = [e for e in more if e.code != "filing_empty"]
    return rows, [*errors, *more]


def _other_park(sheet: Sheet, park: str) -> list[RowError]:
    for number, cells in sheet.rows[:3]:
        if len(cells) > 1 and as_text(cells[0]) == _PARK and as_text(cells[1]) != park:
            given = as_text(cells[1])
            return [wrong(sheet, number, 1, _PARK, "filing_other_park", given=given, park=park)]
    return []
