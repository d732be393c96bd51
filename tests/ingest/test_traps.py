"""Traps found by attacking the way in: each lost data, changed it silently, or crashed."""

from __future__ import annotations

import datetime
import time
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest

from graph.errors import FileRefused
from graph.model import Ref
from graph.store.base import GraphStore
from graph.tables import TABLES
from ingest.columns import map_sheet
from ingest.guard import Sheet, read_sheets
from ingest.pipeline import load
from ingest.report import ImportReport

Put = Callable[[str, str], Path]

USCC = "91370200264574251E"


def codes(report: ImportReport) -> list[tuple[str, int | None, str]]:
    return [(e.sheet, e.row, e.code) for e in report.errors]


def noted(report: ImportReport) -> dict[str, object]:
    return {n.code: n.facts.get("names") or n.facts.get("sheet") for n in report.notes}


def test_a_path_is_relative_to_where_the_user_stands(
    put: Put, store: GraphStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(put("here/chains.csv", "id,name\nc1,甲\n").parent)
    assert load([Path("chains.csv")], store).status == "committed"


# --- nothing is lost without a word ---------------------------------------------------------


def test_a_skipped_row_is_taken_once_what_it_needs_is_there(put: Put, store: GraphStore) -> None:
    made = put("produces.csv", "enterprise,segment\ne1,s1\n")
    assert load([made], store, skip_invalid=True).rejected == 1
    put("z/segments.csv", "id,name\ns1,甲\n")
    load([put("z/enterprises.csv", "id,name\ne1,乙\n").parent], store)
    assert load([made], store, skip_invalid=True).created == 1


def test_a_file_that_is_no_table_is_named(put: Put, store: GraphStore) -> None:
    put("z/enterprise.csv", "id,name\ne1,甲\n")  # a slip: the table is enterprises
    report = load([put("z/chains.csv", "id,name\nc1,甲\n").parent], store)
    assert noted(report) == {"sheet_not_read": "enterprise"}


def test_a_hidden_sheet_is_named_and_not_read(tmp_path: Path, store: GraphStore) -> None:
    book = openpyxl.Workbook()
    book.active.title = "产业链"
    book.active.append(["编号", "名称"])
    book.active.append(["c1", "甲"])
    book.create_sheet("环节").append(["编号", "名称"])
    book["环节"].sheet_state = "hidden"
    book.save(tmp_path / "a.xlsx")
    report = load([tmp_path / "a.xlsx"], store)
    assert (report.created, noted(report)) == (1, {"sheet_hidden": "环节"})


def test_cells_without_a_header_are_told(put: Put, store: GraphStore) -> None:
    report = load([put("chains.csv", "id,name,\nc1,甲,x\nc2,乙,\n")], store)
    assert noted(report) == {"cells_without_header": "C"}


def test_a_comma_too_many_refuses_the_row(put: Put, store: GraphStore) -> None:
    report = load([put("chains.csv", "id,name\nc1,甲,乙\nc2,丙,,\n")], store)
    assert codes(report) == [("chains", 2, "extra_cells")]


def test_two_free_columns_of_one_name_are_refused(put: Put, store: GraphStore) -> None:
    report = load([put("chains.csv", "id,name,备注,备注\nc1,甲,x,y\n")], store)
    assert codes(report) == [("chains", 1, "duplicate_header")]


@pytest.mark.parametrize(
    ("name", "header"), [("chains", "claims"), ("chains", "evidence"), ("surveys", "id")]
)
def test_no_column_may_take_a_word_of_the_model(
    put: Put, store: GraphStore, name: str, header: str
) -> None:
    rows = {
        "chains": f"id,name,{header}\nc1,甲,x\n",
        "surveys": f"region,as_of,{header}\n1,2024,x\n",
    }
    report = load([put(f"{name}.csv", rows[name])], store)
    assert codes(report) == [(name, 1, "reserved_header")]


# --- nothing is changed without a word ------------------------------------------------------


def test_the_unit_of_a_title_counts_and_is_told(put: Put, store: GraphStore) -> None:
    report = load(
        [
            put(
                "enterprises.csv",
                "企业名录（单位：亿元）,,,\n编号,名称,营业收入,采购额(万元)\ne1,甲,1.2,7\n",
            )
        ],
        store,
    )
    node = store.get(Ref("Enterprise", "e1"))
    assert node is not None
    assert (node.props["revenue_wan"], node.props["purchases_wan"]) == (12000.0, 7.0)
    assert noted(report) == {"units_converted": "营业收入：亿元→万元"}


def test_a_percent_header_counts(put: Put, store: GraphStore) -> None:
    put("z/enterprises.csv", "id,name\ne1,甲\ne2,乙\n")
    load([put("z/invests.csv", "投资方,被投企业,持股比例（%）\ne1,e2,0.5\n").parent], store)
    assert [r.props["share"] for r in store.rels("INVESTS_IN")] == [0.005]


def test_a_scale_of_an_unknown_base_is_not_guessed() -> None:
    sheet = Sheet("a.csv", "produces", [(1, ["企业", "环节", "产能（万台）", "可用率（件）"])])
    grid, _, notes = map_sheet(sheet)
    assert grid is not None
    assert [h.column.name if h.column else None for h in grid.headings] == [
        "enterprise",
        "segment",
        None,
        None,
    ]
    assert [n.facts["names"] for n in notes] == ["产能（万台）、可用率（件）"]


def test_a_long_number_that_lost_its_digits_is_no_id(tmp_path: Path, store: GraphStore) -> None:
    book = openpyxl.Workbook()
    book.active.title = "项目"
    book.active.append(["编号", "名称", "数据日期"])
    book.active.append([370211199001011234, "甲", datetime.date(2024, 5, 1)])
    book.save(tmp_path / "a.xlsx")
    assert codes(load([tmp_path / "a.xlsx"], store)) == [("项目", 2, "digits_lost")]


def test_one_credit_code_is_one_enterprise(put: Put, store: GraphStore) -> None:
    load([put("enterprises.csv", f"id,uscc,name\ne1,{USCC},甲\n,{USCC},甲\n")], store)
    put("z/segments.csv", "id,name\ns1,乙\n")
    put("z/enterprises.csv", f"uscc,name,size\n{USCC},甲,大型\n")
    load([put("z/produces.csv", f"enterprise,segment\n{USCC.lower()},s1\n").parent], store)
    assert [n.ref.id for n in store.nodes("Enterprise")] == ["e1"]
    assert [r.src.id for r in store.rels("PRODUCES")] == ["e1"]


def test_a_dash_is_nobody_and_a_name_given_twice_is_one(put: Put, store: GraphStore) -> None:
    put("z/chains.csv", "id,name\nc1,甲链\n")
    load([put("z/enterprises.csv", "id,name,leads\ne1,甲,-\ne2,乙,c1;甲链\n").parent], store)
    one, two = (store.get(Ref("Enterprise", e)) for e in ("e1", "e2"))
    assert one is not None
    assert two is not None
    assert "leads" not in one.props
    assert two.props["leads"] == ["c1"]


# --- one kind of weights, no circles ---------------------------------------------------------


def test_skipping_leaves_out_weights_of_another_kind(put: Put, store: GraphStore) -> None:
    put("z/segments.csv", "id,name\na,甲\nb,乙\n")
    put("z/inputs.csv", "input,output,weight,weight_kind\na,b,0.5,成本占比\nb,a,0.5,技术系数\n")
    load([put("z/x.md", "").parent], store, skip_invalid=True)
    assert [r.props["weight_kind"] for r in store.rels("INPUT_OF")] == ["cost_share"]
    later = put("inputs.csv", "input,output,weight,weight_kind\nb,a,0.5,technical\n")
    assert codes(load([later], store)) == [("inputs", 2, "mixed_weights")]


def test_what_stands_on_a_circle_falls_with_it(put: Put, store: GraphStore) -> None:
    put("z/segments.csv", "id,name,parent\na,甲,b\nb,乙,a\nc,丙,\n")
    put("z/enterprises.csv", "id,name\ne,戊\n")
    put("z/produces.csv", "enterprise,segment\ne,甲\ne,c\n")
    report = load([put("z/x.md", "").parent], store, skip_invalid=True)
    assert codes(report) == [
        ("segments", 2, "cycle"),
        ("segments", 3, "cycle"),
        ("produces", 2, "dangling"),
    ]
    assert [r.dst.id for r in store.rels("PRODUCES")] == ["c"]


def test_a_circle_through_the_store_is_seen(put: Put, store: GraphStore) -> None:
    load([put("a/segments.csv", "id,name,parent\na,甲,b\nb,乙,\n")], store)
    assert codes(load([put("segments.csv", "id,name,parent\nb,乙,甲\n")], store)) == [
        ("segments", 2, "cycle")
    ]


@pytest.mark.parametrize("top", ["", "nobody"])  # a long line of parents, and one that all falls
def test_long_lines_of_parents_take_linear_time(put: Put, store: GraphStore, top: str) -> None:
    count = 20_000
    lines = (f"s{i},n{i},{f's{i - 1}' if i else top}" for i in range(count))
    path = put("segments.csv", "id,name,parent\n" + "\n".join(lines) + "\n")
    started = time.monotonic()
    report = load([path], store, dry_run=True, skip_invalid=True)
    assert (report.created, len(report.errors)) == ((count, 0) if not top else (0, count))
    assert time.monotonic() - started < 10  # quadratic: 36 s on the machine that measured it


# --- dry runs, synonyms, foreign files -------------------------------------------------------


def test_a_dry_run_counts_a_described_stub_as_the_import_does(put: Put, store: GraphStore) -> None:
    load([put("enterprises.csv", "id,name,region\ne1,甲,370211\n")], store)
    path = put("regions.csv", "id,name\n370211,黄岛区\n")
    said, done = load([path], store, dry_run=True), load([path], store)
    assert (said.created, said.updated) == (done.created, done.updated) == (1, 0)


@pytest.mark.parametrize("table", TABLES.values(), ids=list(TABLES))
def test_every_synonym_of_a_header_means_its_column(table: object) -> None:
    for column in table.columns:  # type: ignore[attr-defined]
        for word in (column.name, *column.zh):
            sheet = Sheet("a.csv", table.name, [(1, [word])])  # type: ignore[attr-defined]
            _, errors, notes = map_sheet(sheet)
            assert not [n for n in notes if n.code == "unknown_columns"], word
            assert not [e for e in errors if e.code in ("duplicate_header", "reserved_header")]


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (b"1", "bad_line"),
        (b"[1, 2]", "bad_line"),
        (b"[" * 100_000, "bad_line"),
        (b'{"company_code": "000001", "product_name": 12}', "no_name"),
        (b'{"company_code": "000001", "product_name": "a\\ud800"}', "damaged_name"),
        (b'{"company_code": "000001", "product_name": "a\\u0000"}', "damaged_name"),
        (b'{"product_name": "a"}', "bad_listing_code"),
    ],
)
def test_a_damaged_foreign_line_is_named(
    tmp_path: Path, store: GraphStore, line: bytes, code: str
) -> None:
    (tmp_path / "company.json").write_text('{"code": "000001", "fullname": "甲"}', "utf-8")
    (tmp_path / "product_product.json").write_text('{"from_entity": "b", "to_entity": "c"}')
    (tmp_path / "company_product.json").write_bytes(line)
    report = load([tmp_path], store)
    assert (report.status, codes(report)) == ("committed", [("生产", 1, code)])


def test_a_foreign_folder_without_a_column_is_refused_by_name(
    tmp_path: Path, store: GraphStore
) -> None:
    for name in ("company_node.csv", "node_edges.csv", "supplier_buyer.csv"):
        (tmp_path / name).write_text("chain,node_id\nx,y\n", "utf-8")
    with pytest.raises(FileRefused) as caught:
        load([tmp_path], store)
    assert (caught.value.code, caught.value.facts["name"]) == ("missing_column", "node")


def test_what_lies_beside_a_foreign_folder_is_part_of_the_import(
    put: Put, store: GraphStore
) -> None:
    put("kg/company.json", '{"code": "600690.SH", "fullname": "海尔智家"}')
    put("kg/product_product.json", '{"from_entity": "冰箱", "to_entity": "压缩机"}')
    folder = put("kg/company_product.json", '{"company_code": "600690", "product_name": "冰箱"}')
    load([folder.parent], store)
    put("ashare/company_region.csv", "code,city,province\n600690,青岛市,山东省\n600690,,\n")
    put("admin/provinces.csv", "code,name\n37,山东省\n")
    put("admin/cities.csv", "code,name,provinceCode\n3702,青岛市,37\n")
    assert load([folder.parent], store).status == "committed"
    node = store.get(Ref("Enterprise", "600690"))
    assert node is not None
    assert node.props["region"] == "370200"


def test_a_crash_of_the_child_is_the_files_fault_not_the_memorys(tmp_path: Path) -> None:
    from ingest.guard import Limits

    with pytest.raises(FileRefused) as caught:
        read_sheets([tmp_path / "gone.csv"], Limits())
    assert caught.value.code == "damaged_file"
