"""From files to a batch: what is taken, what is refused and where; nothing is half done."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from graph.model import Ref, evidence_id
from graph.store.base import GraphStore
from ingest.pipeline import load
from ingest.report import ImportReport

Put = Callable[[str, str], Path]

SEGMENTS = "id,name,chain,stage\ns1,减速器,c1,上游\ns2,机器人,c1,downstream\n"
CHAINS = "编号,名称\nc1,机器人链\n"


def errors(report: ImportReport) -> list[tuple[str, int | None, str, str]]:
    return [(e.sheet, e.row, e.column, e.code) for e in report.errors]


def test_a_folder_becomes_a_graph(put: Put, store: GraphStore) -> None:
    put("z/segments.csv", SEGMENTS)
    put("z/产业链.csv", CHAINS)
    put(
        "z/企业名录.csv",
        "编号,内部备注,企业名称,所在区域,链主所属产业链,营业收入(亿元),来源,出处,数据日期,等级\n"
        "e1,x,海尔,370211,机器人链,1.2,年报,第3页,2024-05,已核实\n",
    )
    put("z/produces.csv", "enterprise,segment,capacity\n海尔,s2,100\n")
    put("z/说明.csv", "随便,写\n1,2\n")
    report = load([put("z/x.md", "").parent], store)
    assert (report.status, report.errors) == ("committed", [])
    node = store.get(Ref("Enterprise", "e1"))
    assert node is not None
    record = evidence_id("年报", "第3页", "2024-05")  # the cells as written
    assert node.props == {
        "name": "海尔",
        "region": "370211",
        "leads": ["c1"],
        "revenue_wan": 12000.0,
        "内部备注": "x",
        "evidence": [record],
        "grade": "verified",
        "as_of": "2024-05-01",  # its first day
    }
    assert store.get(Ref("Region", "370211")) is not None  # a region stands alone
    found = {r.type for r in store.rels_of(Ref("Enterprise", "e1"))}
    assert found == {"LOCATED_IN", "LEADS", "PRODUCES"}
    assert [n.code for n in report.notes] == [
        "sheet_not_read",  # 说明.csv
        "unknown_columns",
        "units_converted",
    ]


def test_every_bad_cell_is_named_and_nothing_is_applied(put: Put, store: GraphStore) -> None:
    put("z/segments.csv", SEGMENTS)
    put("z/chains.csv", CHAINS)
    put(
        "z/enterprises.csv",
        "id,uscc,name,size,revenue_wan,status\n"
        "e1,,甲,巨型,约3亿,在营\n"  # two bad cells
        ",91370200000000000X,乙,,,\n"  # check digit
        ",,丙,,,\n"  # nobody
        "e4,,,,,\n"  # no name
        "e5,,戊,大型,-1,已迁出\n",
    )
    put("z/produces.csv", "enterprise,segment,importance\ne5,s1,1.5\ne9,s1,\n减,无此环节,\n")
    before = store.stats()
    report = load([put("z/x.md", "").parent], store)
    assert report.status == "rejected"
    assert errors(report) == [
        ("enterprises", 2, "D", "bad_word"),
        ("enterprises", 2, "E", "not_exact"),
        ("enterprises", 3, "B", "bad_uscc"),
        ("enterprises", 4, "A", "no_id"),
        ("enterprises", 5, "C", "required"),
        ("enterprises", 6, "E", "out_of_range"),
        ("produces", 2, "C", "out_of_range"),
        ("produces", 3, "A", "dangling"),
        ("produces", 4, "A", "dangling"),
        ("produces", 4, "B", "dangling"),
    ]
    assert report.rejected == 8
    assert store.stats() == before


def test_skip_invalid_takes_the_rest_and_names_what_fell_with_it(
    put: Put, store: GraphStore
) -> None:
    put("z/segments.csv", SEGMENTS)
    put("z/chains.csv", CHAINS)
    put("z/enterprises.csv", "id,name,size\ne1,甲,大\ne2,乙,巨\n")
    put("z/produces.csv", "enterprise,segment\ne1,s1\ne2,s1\n")
    report = load([put("z/x.md", "").parent], store, skip_invalid=True)
    assert report.status == "committed"
    assert errors(report) == [("enterprises", 3, "C", "bad_word"), ("produces", 3, "A", "dangling")]
    assert store.get(Ref("Enterprise", "e1")) is not None
    assert store.get(Ref("Enterprise", "e2")) is None


def test_the_same_file_twice_is_one_import_under_any_name(put: Put, store: GraphStore) -> None:
    first = load([put("chains.csv", CHAINS)], store)
    again = load([put("产业链.csv", CHAINS)], store)
    assert (first.status, again.status, again.batch) == ("committed", "unchanged", first.batch)
    assert store.revision() == 1


def test_dry_run_counts_and_writes_nothing(put: Put, store: GraphStore) -> None:
    load([put("chains.csv", CHAINS)], store)
    more = put("z/chains.csv", "id,name\nc1,机器人链\nc2,新链\n")
    report = load([more], store, dry_run=True)
    assert (report.status, report.dry_run) == ("unchanged", True)
    assert (report.created, report.updated, report.unchanged) == (1, 0, 1)
    assert store.revision() == 1


def test_a_key_given_twice_merges_field_by_field(put: Put, store: GraphStore) -> None:
    path = put(
        "enterprises.csv",
        "id,name,size,revenue_wan,grade,as_of,source\n"
        "e1,甲,large,10,declared,2024-01-01,甲\n"
        "e1,甲,,30,declared,2023-01-01,乙\n"  # older
        "e1,甲,small,5,inferred,2025-01-01,丙\n"  # a worse grade
        "e1,甲,,20,declared,2024-01-01,丁\n",  # as new: the larger wins
    )
    load([path], store)
    node = store.get(Ref("Enterprise", "e1"))
    assert node is not None
    assert (node.props["size"], node.props["revenue_wan"]) == ("large", 20.0)
    assert len(node.props["evidence"]) == 4  # type: ignore[arg-type]
    assert "claims" in node.props


def test_parents_that_go_round_are_refused(put: Put, store: GraphStore) -> None:
    report = load([put("regions.csv", "id,name,parent\na,甲,b\nb,乙,a\n")], store)
    assert {e.code for e in report.errors} == {"cycle"}
    assert report.status == "rejected"


def test_a_table_without_rows_changes_nothing(put: Put, store: GraphStore) -> None:
    report = load([put("inputs.csv", "input,output,weight\n")], store)
    assert (report.errors, report.created, store.revision()) == ([], 0, 0)


def test_names_that_mean_several_are_refused_with_the_ids(put: Put, store: GraphStore) -> None:
    put("z/segments.csv", "id,name\ns1,电机\n")
    put("z/enterprises.csv", "id,name\ne1,甲\ne2,甲\n")
    put("z/produces.csv", "enterprise,segment\n甲,电机\n")
    report = load([put("z/x.md", "").parent], store)
    assert [(e.code, e.facts["ids"]) for e in report.errors] == [("ambiguous", "e1、e2")]


def test_references_find_what_the_store_holds(put: Put, store: GraphStore) -> None:
    put("a/segments.csv", "id,name,aliases\ns1,伺服电机,伺服马达;servo\n")
    put("a/enterprises.csv", "uscc,name,short_name\n91370200264574251E,青岛示例有限公司,示例\n")
    first = load([put("a/x.md", "").parent], store)
    assert first.errors == []
    second = load([put("produces.csv", "enterprise,segment\n示例,servo\n")], store)
    assert second.errors == []
    assert [(r.src.id, r.dst.id) for r in store.rels("PRODUCES")] == [("91370200264574251E", "s1")]


def test_mixed_kinds_of_weights_are_refused(put: Put, store: GraphStore) -> None:
    put("z/segments.csv", "id,name\na,甲\nb,乙\n")
    put("z/inputs.csv", "input,output,weight,weight_kind\na,b,0.5,成本占比\nb,a,0.5,技术系数\n")
    report = load([put("z/x.md", "").parent], store)
    assert [e.code for e in report.errors] == ["mixed_weights"]


def test_missing_and_double_headers_are_told_at_the_header(put: Put, store: GraphStore) -> None:
    put("z/segments.csv", "编号,环节名\ns1,甲\n")
    put("z/chains.csv", "id,编号,name\na,b,c\n")
    report = load([put("z/x.md", "").parent], store)
    assert errors(report) == [
        ("chains", 1, "B", "duplicate_header"),
        ("segments", 1, "", "missing_column"),
    ]
    assert report.errors[1].facts["near"] == "环节名"


def test_no_restriction_is_kept_apart_from_unknown(put: Put, store: GraphStore) -> None:
    load([put("parks.csv", "id,name,negative_list,zoning\np1,甲,-,C38;C39\np2,乙,,\n")], store)
    one, two = (store.get(Ref("Park", p)) for p in ("p1", "p2"))
    assert one is not None
    assert two is not None
    assert (one.props["negative_list"], one.props["zoning"]) == (["-"], ["C38", "C39"])
    assert "negative_list" not in two.props
