"""A park's workbook: out and in again, and what is refused says where and how to mend it."""

from __future__ import annotations

import io
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook

from graph.errors import FileRefused
from graph.review.fields import FIELDS
from graph.review.filing import TEXTS, Content, Filing
from ingest.filing_cells import GROUPS, SHEET, cells_of, merged, table
from ingest.filing_sheet import NOTES, read_filings, write_filings
from ingest.marking import ERRORS, Wrong, marked
from viz.words import LANGS, catalogue

PARK = "滨海园"
VETOES = {"v-safety": "安全条件不能解决", "v-plan": "与规划不符"}
FULL = Content(
    "压缩机项目",
    "示例压缩机公司",
    "C3442",
    True,
    {name: 0.03 if name == "rd_ratio" else 7.0 for name in FIELDS} | {"investment_wan": 60_000.1},
    {name: f"{name}\n=1+1" for name in ("products", "technology", "talent", "phases", "orders")},
    {"v-safety": True, "v-plan": False},
)


def book(rows: list[list[Any]], title: str = SHEET) -> bytes:
    made = Workbook()
    made.active.title = title
    for row in rows:
        made.active.append(row)
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def read(content: bytes, name: str = "a.xlsx") -> tuple[list[Content], list[tuple[Any, ...]]]:
    rows, errors = read_filings(content, name, PARK, VETOES)
    return [merged(r, None) for r in rows], [(e.row, e.column, e.code) for e in errors]


def test_what_is_written_is_read_back_to_the_bit() -> None:
    empty = Content("另一项目", "另一公司")
    content = write_filings(PARK, [Filing("a1", "p", FULL), Filing("b2", "p", empty)], VETOES)
    rows, errors = read_filings(content, "申报.xlsx", PARK, VETOES)
    assert errors == []
    assert [r.values["id"] for r in rows] == ["a1.1", "b2.1"]
    assert [merged(r, None) for r in rows] == [FULL, empty]
    assert read(write_filings(PARK, [], VETOES)) == ([], [])


def test_the_template_has_units_drop_downs_text_columns_and_notes() -> None:
    made = load_workbook(io.BytesIO(write_filings(PARK, [], VETOES)))
    assert made.sheetnames == [SHEET, NOTES]
    sheet = made[SHEET]
    heads = [c.value for c in sheet[1]]
    assert {"*项目名称", "*申报主体", "总投资（万元）", "用地（亩）", "建设周期（月）"} <= {*heads}
    assert "是否存在：安全条件不能解决" in heads
    (rules,) = {r.formula1 for r in sheet.data_validations.dataValidation}
    assert rules == '"是,否"'
    assert len(sheet.data_validations.dataValidation) == 3
    uscc = heads.index("统一社会信用代码") + 1
    assert {sheet.cell(row, uscc).number_format for row in range(2, 100)} == {"@"}
    assert made[NOTES]["B1"].value == PARK


def test_every_field_has_a_column_and_the_pages_call_it_the_same() -> None:
    made = {c.name: c.zh[0] for c in table({}).columns}
    assert set(made) == {"id", "name", "applicant", "industry", "own_site", *FIELDS, *TEXTS}
    assert {n for names in GROUPS.values() for n in names} <= set(made)
    for name in {*made} - {"id", *FIELDS}:
        assert catalogue("zh")[f"filing_text.{name}"] == made[name]
        assert all(f"filing_text.{name}" in catalogue(lang) for lang in LANGS)


@pytest.mark.parametrize(
    ("header", "cell", "field", "value"),
    [
        ("总投资（万元）", "1.2亿元", "investment_wan", 12_000.0),
        ("总投资（亿元）", 1.2, "investment_wan", 12_000.0),
        ("总投资", "壹亿贰仟万元整", "investment_wan", 12_000.0),
        ("用地（亩）", "40亩", "land_mu", 40.0),
        ("研发投入占比", "3.2%", "rd_ratio", 0.032),
        ("有效发明专利（件）", "12 件", "patents", 12.0),
        ("建设周期（月）", "18个月", "build_months", 18.0),
        ("技术成熟度", "8级", "trl", 8.0),
        ("用地", 0, "land_mu", 0.0),
    ],
)
def test_a_number_is_read_in_its_unit(header: str, cell: Any, field: str, value: float) -> None:
    found, errors = read(book([["项目名称", "申报主体", header], ["项目", "公司", cell]]))
    assert errors == []
    assert found[0].numbers == {field: value}


@pytest.mark.parametrize(
    ("header", "cell", "code"),
    [
        ("总投资（万元）", "40亩", "filing_unit"),
        ("用地（亩）", "1.2亿元", "filing_unit"),
        ("有效发明专利（件）", "3公顷", "filing_unit"),
        ("总投资", "约3.5亿", "not_exact"),
        ("总投资", "abc", "bad_number"),
        ("总投资", -1, "out_of_range"),
        ("研发投入占比", 3, "out_of_range"),
        ("技术成熟度", 10, "out_of_range"),
        ("需独立用地", "也许", "bad_flag"),
        ("统一社会信用代码", "91370200MA3C4N1U2Y", "bad_uscc"),
        ("统一社会信用代码", 9.137e17, "uscc_float"),
        ("主要产品", "字" * 4001, "filing_long"),
    ],
)
def test_a_cell_that_cannot_be_taken_is_named(header: str, cell: Any, code: str) -> None:
    content = book([["项目名称", "申报主体", header], ["好", "公司", None], ["项目", "公司", cell]])
    rows, errors = read_filings(content, "a.xlsx", PARK)
    assert [(e.sheet, e.row, e.column, e.header, e.code) for e in errors] == [
        (SHEET, 3, "C", header, code)
    ]
    assert [r.row for r in rows] == [2]


def test_a_mismatch_of_unit_is_told_with_both_readings() -> None:
    content = book([["项目名称", "申报主体", "总投资（万元）"], ["项目", "公司", "40 亩"]])
    (error,) = read_filings(content, "a.xlsx", PARK)[1]
    assert (error.facts["as_cell"], error.facts["as_column"]) == ("40 亩", "40 万元")
    made = load_workbook(io.BytesIO(book([["项目名称", "申报主体", "用地"], ["甲", "乙", 0.4]])))
    made[SHEET]["C2"].number_format = "0%"
    out = io.BytesIO()
    made.save(out)
    rows, (error,) = read_filings(out.getvalue(), "a.xlsx", PARK)
    assert (rows, error.code, error.column) == ([], "filing_unit", "C")
    assert (error.facts["as_cell"], error.facts["as_column"]) == ("40 %", "0.4 亩")


HEADS = ["项目名称", "申报主体"]


@pytest.mark.parametrize(
    ("rows", "found"),
    [
        ([[*HEADS, "备注"], ["项目", "公司", "x"]], [(1, "C", "filing_column")]),
        ([[*HEADS, "总投资（亩）"], ["项目", "公司", 1]], [(1, "C", "filing_head_unit")]),
        ([[*HEADS, "用地", "用地（亩）"]], [(1, "D", "duplicate_header")]),
        ([[*HEADS, None, "用地"], ["项目", "公司", "x", 1]], [(1, "C", "filing_no_header")]),
        ([["项目名称"], ["项目"]], [(1, "", "missing_column")]),
        ([HEADS, ["项目", None]], [(2, "B", "required")]),
        ([HEADS, ["项目", "公司", "多"]], [(1, "C", "filing_no_header")]),
        ([[]], [(None, "", "filing_empty")]),
    ],
)
def test_nothing_is_passed_over(rows: list[list[Any]], found: list[tuple[Any, ...]]) -> None:
    assert read(book(rows)) == ([], found)


def test_hidden_sheets_and_other_parks_are_errors() -> None:
    made = load_workbook(io.BytesIO(write_filings("别的园", [Filing("a", "p", FULL)], VETOES)))
    made.create_sheet("藏").append(["x"])
    made["藏"].sheet_state = "hidden"
    out = io.BytesIO()
    made.save(out)
    codes = {e.code for e in read_filings(out.getvalue(), "a.xlsx", PARK, VETOES)[1]}
    assert codes == {"filing_other_park", "filing_hidden"}


@pytest.mark.parametrize("name", ["a.csv", "", "../.xlsx", "a.xlsm", "x" * 300 + ".xlsx"])
def test_another_kind_of_file_is_refused(name: str) -> None:
    with pytest.raises(FileRefused):
        read(book([HEADS]), name)
    with pytest.raises(FileRefused):
        read(b"no zip", "a.xlsx")


def test_a_column_that_is_not_there_leaves_the_rest_as_it_was() -> None:
    content = book([[*HEADS, "用地"], ["新名", "示例压缩机公司", None]])
    (row,), errors = read_filings(content, "a.xlsx", PARK)
    after = merged(row, FULL)
    assert errors == []
    assert after.name == "新名"
    assert "land_mu" not in after.numbers  # emptied
    assert after.numbers == {k: v for k, v in FULL.numbers.items() if k != "land_mu"}
    assert (after.texts, after.vetoes, after.own_site) == (FULL.texts, FULL.vetoes, True)


def test_unknown_is_not_there_and_never_zero() -> None:
    assert cells_of(Content("甲", "乙")) == {"name": "甲", "applicant": "乙"}


def test_the_marked_workbook_is_the_users_own_with_red_cells_and_a_list() -> None:
    source = book([[*HEADS, "用地"], ["项目", "公司", "abc"]])
    wrong = [
        Wrong(SHEET, 2, "C", "用地", "=HYPERLINK(1)", "不是数", "改成一个数"),
        Wrong("没有", 1, "A", "", "", "表", ""),
        Wrong(SHEET, None, "", "", "", "空", ""),
    ]
    again = marked(source, wrong, list("abcdefg"))
    made = load_workbook(io.BytesIO(again))
    assert made.sheetnames == [ERRORS, SHEET]
    cell = made[SHEET]["C2"]
    assert (cell.value, cell.fill.start_color.rgb) == ("abc", "00F8B4B4")
    assert "改成一个数" in cell.comment.text
    assert made[SHEET]["B2"].fill.start_color.rgb != "00F8B4B4"
    listed = [[c.value for c in row] for row in made[ERRORS].iter_rows(min_row=2)]
    assert listed[0] == [SHEET, 2, "C", "用地", "=HYPERLINK(1)", "不是数", "改成一个数"]
    assert made[ERRORS]["E2"].data_type == "s"
    twice = load_workbook(io.BytesIO(marked(again, wrong[:1], list("abcdefg"))))
    assert (twice.sheetnames, twice[ERRORS].max_row) == ([ERRORS, SHEET], 2)
    assert read(again)[1] == [(2, "C", "bad_number")]  # the list is no application
    assert load_workbook(io.BytesIO(marked(b"PK", wrong, list("abcdefg")))).sheetnames == [ERRORS]
