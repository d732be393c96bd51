"""The workbook of commitments: what nobody filled in is nothing, what is filled in is read."""

from __future__ import annotations

import io
from typing import Any

from openpyxl import load_workbook

from ingest.pledge_sheet import AGREED, KEPT, NOTES, read_pledges, write_pledges

ROW = {
    "id": "a1.3.tax_wan", "park": "滨海园", "name": "=一期", "applicant": "甲公司",
    "indicator": "年税收", "bound": "不低于", "promised": "500", "unit": "万元",
    "due": "2025-06-30", "standing": "逾期未报", "last": None,
}  # fmt: skip
AGREEMENT = {**{k: ROW[k] for k in ROW if k not in ("standing", "last")}, "id": "a1.3.tax_wan"}


def filled(sheet: str, row: int, **cells: Any) -> bytes:
    """The workbook with one commitment and one agreement, some cells written over."""
    book = load_workbook(io.BytesIO(write_pledges([ROW], [AGREEMENT])))
    heads = {c.value.lstrip("*"): c.column for c in book[sheet][1]}
    for head, value in cells.items():
        at = heads[head]
        book[sheet].cell(row, at).value = value[0] if isinstance(value, tuple) else value
        if isinstance(value, tuple):
            book[sheet].cell(row, at).number_format = value[1]
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def read(content: bytes) -> tuple[list[Any], list[Any], list[tuple[Any, ...]]]:
    kept, agreed, errors = read_pledges(content, "承诺.xlsx")
    return (
        [r.values for r in kept],
        [r.values for r in agreed],
        [(e.sheet, e.row, e.column, e.code) for e in errors],
    )


def test_the_sheets_go_out_to_be_filled_and_text_is_no_formula() -> None:
    content = write_pledges([ROW], [AGREEMENT])
    book = load_workbook(io.BytesIO(content))
    assert book.sheetnames == [KEPT.zh[0], AGREED.zh[0], NOTES]
    assert [c.value for c in book[KEPT.zh[0]][1]][-3:] == ["年度", "实际值", "数据来源"]
    assert book[KEPT.zh[0]]["C2"].data_type == "s"
    kept, agreed, errors = read(content)
    assert (kept, errors) == ([], [])
    assert agreed == [{**AGREEMENT, "bound": "at_least"}]


def test_what_is_filled_in_is_read_as_it_was_written() -> None:
    content = filled("承诺兑现", 2, 年度=2025, 实际值=310.25, 数据来源="完税证明")
    ((row,), _, errors) = read(content)
    assert errors == []
    assert (row["id"], row["year"], row["actual"], row["said"]) == (
        "a1.3.tax_wan", 2025.0, "310.25", "完税证明"
    )  # fmt: skip


def test_what_cannot_be_taken_says_where() -> None:
    assert read(filled("承诺兑现", 2, 年度=2025, 实际值=(0.8, "0%")))[2] == [
        ("承诺兑现", 2, "M", "pledge_percent")
    ]
    assert read(filled("承诺兑现", 2, 年度="去年"))[2] == [("承诺兑现", 2, "L", "bad_number")]
    assert read(filled("承诺兑现", 2, 数据来源="长" * 201))[2] == [
        ("承诺兑现", 2, "N", "filing_long")
    ]
    assert read(filled("既往协议", 3, 项目="二期"))[2] == [
        ("既往协议", 3, column, "required") for column in ("B", "D", "F", "H")
    ]
    for day in ("2027", 2027, "2027年5月"):
        assert read(filled("既往协议", 2, 到期=day))[2] == [("既往协议", 2, "J", "pledge_day")]
    assert read(filled("既往协议", 2, 要求="大于"))[2] == [("既往协议", 2, "G", "bad_word")]
    assert read(filled("既往协议", 1, 指标="别的"))[2][0][3] == "filing_column"
