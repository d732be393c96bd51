"""The workbook of a standard: out and in again the same, and every mistake named with its cell."""

from __future__ import annotations

import io
import re
import tomllib
import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from importlib.resources import files
from typing import Any

import openpyxl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from graph.errors import DataError, FileRefused
from graph.review.fields import FIELDS
from graph.review.reading import read_standard
from graph.review.standard import Cutoffs, Indicator, Standard, Veto, valid
from ingest.sheet_marks import marks_of
from ingest.standard_layout import CUTOFFS, INDICATORS, KEYS, VETOES, value_of
from ingest.standard_sheet import parsed_sheet, read_standard_sheet, write_standard
from tests.graph.review.standards import STANDARD

LAND = read_standard(
    files("graph.review").joinpath("standards", "default-land.toml").read_text("utf-8"), "land"
)
FORMULAS = [("investment_wan / land_mu", "万元/亩"), ("min(rd_ratio, 0.5) × 2", "%"), ("trl", "级")]
words = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zs", "Zl", "Zp", "Cn", "Co"))
).map(str.strip)
some = words.filter(bool)
numbers = st.floats(0.001, 1e9)


def changed(content: bytes, change: Callable[[Any], None]) -> bytes:
    """The workbook with something done to it in a program for workbooks."""
    book = openpyxl.load_workbook(io.BytesIO(content))
    change(book)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def put(sheet: str, address: str, value: object, shown: str = "General") -> Callable[[Any], None]:
    def change(book: Any) -> None:
        book[sheet][address] = value
        book[sheet][address].number_format = shown

    return change


@st.composite
def indicators(draw: st.DrawFn, id_: str) -> Indicator:
    kind = draw(st.sampled_from(["formula", "chain", "expert"]))
    lower = draw(st.booleans())
    one = Indicator(
        id_, draw(some), draw(st.sampled_from(["technology", "yield", "subject"])),
        lower_is_better=lower, evidence=draw(words), source=draw(words), assumed=True,
        minimum=draw(st.none() | numbers), benchmark=draw(st.none() | numbers),
    )  # fmt: skip
    if kind == "chain":
        return replace(one, chain=draw(st.sampled_from(["gain", "orders"])))
    if kind == "expert":
        return replace(one, expert=True)
    formula, unit = draw(st.sampled_from(FORMULAS))
    at = sorted(draw(st.sets(numbers, min_size=1, max_size=3)))
    share = sorted(
        draw(st.lists(st.floats(0, 1), min_size=len(at), max_size=len(at))), reverse=lower
    )
    return replace(one, formula=formula, unit=unit, steps=tuple(zip(at, share, strict=True)))


@st.composite
def standards(draw: st.DrawFn) -> Standard:
    ids = draw(st.lists(some, unique=True, min_size=2, max_size=5))
    rows = [draw(indicators(id_)) for id_ in ids[1:]]
    first = draw(st.integers(0, 100))
    rows[0] = replace(rows[0], weight=float(first if rows[1:] else 100))
    if rows[1:]:
        rows[1] = replace(rows[1], weight=float(100 - first))
    return valid(
        Standard(
            draw(some), draw(some), draw(some), draw(st.sampled_from(["LAND", "PARK"])),
            date(2026, 7, 1), draw(some), draw(words), draw(words),
            draw(st.none() | st.dates(date(2026, 7, 1), date(2099, 1, 1))),
            tuple(rows), (Veto(ids[0], draw(some), draw(some), draw(some)),),
            Cutoffs(90.0, 70.5, 30.0, draw(st.floats(0, 0.99)), draw(numbers)),
            tuple(draw(st.sets(st.sampled_from(list(FIELDS)), max_size=4))),
            draw(st.booleans()), draw(words),
        )
    )  # fmt: skip


@settings(max_examples=12)
@given(standards())
@example(LAND)
@example(replace(LAND, name="=1+1", note="-", version="2026", document="_x0041_ @SUM(A1)"))
@example(replace(LAND, cutoffs=Cutoffs(band=0.1 + 0.2), note="第一行\n第二行"))
def test_written_and_read_again_it_is_the_same(standard: Standard) -> None:
    assert read_standard_sheet(write_standard(standard), "s.xlsx") == standard


def test_text_never_becomes_a_formula() -> None:
    content = write_standard(replace(LAND, name="=HYPERLINK(1)", note="=1+1"))
    assert "formula" not in marks_of(content, "s.xlsx").values()
    book = openpyxl.load_workbook(io.BytesIO(content))
    assert {c.data_type for sheet in book for row in sheet for c in row} <= {"s", "n"}


def test_every_key_of_a_standard_has_its_place() -> None:
    rows = {"indicators", "vetoes", "cutoffs"}
    keys = {e.key for e in KEYS} - {"based_on", "drop"}
    assert keys == set(Standard.__dataclass_fields__) - rows
    assert {e.key for e in CUTOFFS} == set(Cutoffs.__dataclass_fields__)
    assert {e.key for e in INDICATORS} == set(Indicator.__dataclass_fields__)
    assert {e.key for e in VETOES} == set(Veto.__dataclass_fields__)


def test_what_a_person_types_is_understood() -> None:
    def typed(book: Any) -> None:
        book["标准"]["B3"] = 2027
        book["标准"]["B8"] = date(2027, 1, 1)
        book["标准"]["B19"] = 0.2
        book["标准"]["B19"].number_format = "0%"
        book["指标"]["D14"] = "总投资 ÷ （用地)"
        book["指标"]["I14"] = "３００"

    found = read_standard_sheet(changed(write_standard(LAND), typed), "s.xlsx")
    assert (found.version, found.valid_from) == ("2027", date(2027, 1, 1))
    assert found.cutoffs.band == 0.2
    row = next(i for i in found.indicators if i.id == "investment-per-mu")
    assert (row.formula, row.minimum) == ("investment_wan ÷ (land_mu)", 300.0)


WRONG: list[tuple[str, str, object, str, str]] = [
    ("标准", "B2", None, "standard_cell_required", "B 编号"),
    ("标准", "B3", None, "standard_cell_required", "B 版本"),
    ("标准", "B7", "空中", "standard_cell_word", "B 供地/入园"),
    ("标准", "B8", "2026年", "standard_cell_date", "B 生效"),
    ("标准", "B8", 2026, "standard_cell_date", "B 生效"),
    ("标准", "B9", "2025-12-31", "standard_cell_order", "B 失效"),
    ("标准", "B11", "nothing", "standard_cell_base", "B 依据标准"),
    ("标准", "B13", "总投资;运气", "standard_cell_word", "B 必填字段"),
    ("标准", "B14", "也许", "standard_cell_word", "B 补链优先"),
    ("标准", "B16", 50, "standard_cutoffs", "B 通过分数线"),
    ("标准", "A9", "何时失效", "standard_line_unknown", "A"),
    ("标准", "A9", "生效", "standard_line_twice", "B 生效"),
    ("标准", "B4", "=1+1", "standard_cell_formula", "B"),
    ("指标", "A3", "rd-ratio", "standard_cell_twice", "A 编号"),
    ("指标", "A3", None, "standard_cell_required", "A 编号"),
    ("指标", "A3", 1e20, "standard_cell_digits", "A 编号"),
    ("指标", "B3", None, "standard_cell_required", "B 名称"),
    ("指标", "C3", "运气", "standard_cell_word", "C 方面"),
    ("指标", "D2", None, "standard_cell_kind", "D 标准公式"),
    ("指标", "F2", "是", "standard_cell_kind", "D 标准公式"),
    ("指标", "D13", "总投资 / / 用地", "standard_formula", "D 标准公式"),
    ("指标", "D13", "总投资 / luck", "standard_formula_field", "D 标准公式"),
    ("指标", "D13", "总投资 + 用地", "standard_formula_unlike", "D 标准公式"),
    ("指标", "G13", "元/人", "standard_formula_unit", "G 单位"),
    ("指标", "G13", "万元/块", "standard_unit", "G 单位"),
    ("指标", "H13", "八", "standard_cell_number", "H 权重"),
    ("指标", "H13", "nan", "standard_cell_number", "H 权重"),
    ("指标", "H13", True, "standard_cell_number", "H 权重"),
    ("指标", "H13", -8, "standard_cell_wrong", "H 权重"),
    ("指标", "J13", None, "standard_cell_benchmark", "J 基准"),
    ("指标", "J13", 0, "standard_cell_benchmark", "J 基准"),
    ("指标", "K5", "4-0.4", "standard_cell_steps", "K 分档"),
    ("指标", "K5", "6:0.4;4:1", "standard_cell_steps", "K 分档"),
    ("指标", "N2", None, "standard_cell_source", "N 来源"),
    ("指标", "Q4", "x", "standard_cell_beside", "Q"),
    ("指标", "H1", "份量", "standard_line_unknown", "H"),
    ("指标", "H1", "最低", "standard_line_twice", "I"),
    ("指标", "A1", None, "standard_cell_required", "编号"),
    ("指标", "I13", "=280", "standard_cell_formula", "I"),
    ("一票否决", "A3", "rd-ratio", "standard_cell_twice", "A 编号"),
    ("一票否决", "D4", None, "standard_cell_required", "D 依据"),
]


@pytest.mark.parametrize(("sheet", "address", "value", "code", "column"), WRONG)
def test_a_mistake_is_named_with_its_cell(
    sheet: str, address: str, value: object, code: str, column: str
) -> None:
    content = changed(write_standard(LAND), put(sheet, address, value))
    with pytest.raises(DataError) as caught:
        read_standard_sheet(content, "s.xlsx")
    facts = caught.value.facts
    row = int(re.sub("[A-Z]", "", address))
    assert (caught.value.code, facts["column"]) == (code, column)
    assert (facts["file"], facts["sheet"], facts["row"]) == ("s.xlsx", sheet, row)


def test_every_error_has_its_words() -> None:
    said = tomllib.loads(files("viz").joinpath("i18n", "errors.toml").read_text("utf-8"))
    sources = "".join(
        files("ingest").joinpath(f"{name}.py").read_text("utf-8")
        for name in ("standard_sheet", "standard_layout")
    )
    codes = set(re.findall(r'"(standard_(?:cell|line|sheet|formula|unit)\w*)"', sources))
    assert {code for *_, code, _ in WRONG} <= codes | {"standard_cutoffs"}
    assert {
        code for code in codes if not (said[code]["zh_hint"] and said[code]["en_hint"])
    } == set()


def test_a_number_in_percent_is_refused_since_it_is_another_number() -> None:
    content = changed(write_standard(LAND), put("指标", "J2", 0.0302, "0.00%"))
    with pytest.raises(DataError, match="standard_cell_percent") as caught:
        read_standard_sheet(content, "s.xlsx")
    assert (caught.value.facts["row"], caught.value.facts["column"]) == (2, "J 基准")


def test_weights_have_to_sum_to_a_hundred() -> None:
    content = changed(write_standard(LAND), put("指标", "H2", 9))
    with pytest.raises(DataError, match="standard_weights") as caught:
        read_standard_sheet(content, "s.xlsx")
    assert caught.value.facts["total"] == "101"


def based() -> bytes:
    """A workbook that changes one number, takes one back and leaves out a veto."""

    def change(book: Any) -> None:
        sheet = book["标准"]
        for row in sheet.iter_rows(min_row=2, max_col=2):
            value = {"编号": "own", "版本": "1", "名称": "本园", "生效": "2026-07-01"}
            row[1].value = value.get(row[0].value)
        sheet["B11"], sheet["B12"], sheet["B9"] = "s1", "v-red", "-"
        del book["一票否决"]
        book["指标"].delete_rows(2, 50)
        book["指标"]["A2"], book["指标"]["I2"], book["指标"]["O2"] = "tax-per-mu", "-", "是"
        book["指标"]["A3"], book["指标"]["J3"] = "investment-per-mu", 400

    return changed(write_standard(STANDARD), change)


def test_one_based_on_another_says_only_what_is_different() -> None:
    base = replace(STANDARD, valid_to=date(2027, 1, 1))
    found = read_standard_sheet(based(), "own.xlsx", {"s1": base})
    assert (found.id, found.track, found.document) == ("own", "LAND", "文件")
    assert (found.valid_to, found.vetoes) == (None, ())
    rows = {i.id: i for i in found.indicators}
    assert (rows["tax-per-mu"].minimum, rows["tax-per-mu"].benchmark) == (None, 25.0)
    assert (rows["tax-per-mu"].source, rows["tax-per-mu"].assumed) == ("s", True)
    assert (rows["investment-per-mu"].minimum, rows["investment-per-mu"].benchmark) == (280, 400)
    assert rows["rd-ratio"] == STANDARD.indicators[0]


def test_a_row_over_another_is_blamed_where_it_stands() -> None:
    content = changed(based(), put("指标", "G3", "人/亩"))
    with pytest.raises(DataError, match="standard_formula_unit") as caught:
        read_standard_sheet(content, "own.xlsx", {"s1": STANDARD})
    assert (caught.value.facts["row"], caught.value.facts["column"]) == (3, "G 单位")


def test_sheets_are_the_three_and_are_seen() -> None:
    content = write_standard(LAND)

    def hide(book: Any) -> None:
        book["指标"].sheet_state = "hidden"

    def notes(book: Any) -> None:
        book.create_sheet("草稿")["A1"] = "x"

    def drafts(book: Any) -> None:
        notes(book)
        book["草稿"]["A2"] = "=1+1"
        book["草稿"].sheet_state = "hidden"

    for change, code in ((hide, "standard_sheet_missing"), (notes, "standard_sheet_unknown")):
        with pytest.raises(DataError) as caught:
            read_standard_sheet(changed(content, change), "s.xlsx")
        assert caught.value.code == code
    assert read_standard_sheet(changed(content, drafts), "s.xlsx") == LAND


def parts(content: bytes, **changes: bytes) -> bytes:
    """The archive with some parts replaced, by the last word of their names."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            stem = name.rpartition("/")[2].partition(".")[0]
            new.writestr(name, changes.get(stem, old.read(name)))
    return out.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"name,value",
        parts(write_standard(LAND), sheet2=b"<worksheet>"),
        parts(write_standard(LAND), styles=b"<!DOCTYPE x [<!ENTITY a 'b'>]><styleSheet/>"),
        parts(write_standard(LAND), sheet4=b" " * (17 << 20)),
    ],
    ids=["empty", "text", "torn", "document type", "too much"],
)
def test_what_is_no_workbook_or_too_much_of_one_is_refused(content: bytes) -> None:
    with pytest.raises(FileRefused):
        parsed_sheet(content, "s.xlsx")


def test_a_dash_is_a_text_where_there_is_nothing_to_take_back() -> None:
    assert [value_of(KEYS[-1], "-", over=over) for over in (False, True)] == ["-", ""]
