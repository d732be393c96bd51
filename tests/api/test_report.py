"""Heat map, workbooks and report over the sample zone: they say what the JSON answers say."""

from __future__ import annotations

import io
import re
from pathlib import Path
from time import perf_counter
from urllib.parse import quote

import pytest
from docx import Document
from fastapi.testclient import TestClient
from openpyxl import Workbook, load_workbook

from api.app import create_app
from api.settings import Settings
from graph.store.base import GraphStore

CHAIN, LEADER = "chain-jiqiren", "demo-leader-jiqiren"
CAR = "chain-xinnengyuanqiche"
ASKED = f"leader={LEADER}"
PAGES = [
    f"/chains/{CHAIN}/gaps?{ASKED}&regions=370211&regions=310000&heat=all",
    f"/chains/{CAR}/gaps?heat=all",
    f"/chains/{CHAIN}/report?{ASKED}",
    f"/chains/{CAR}/report?world=closed&direction=both",
    f"/chains/{CHAIN}/report?{ASKED}&region=310000",
]


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("path", PAGES)
def test_every_page(client: TestClient, path: str, lang: str) -> None:
    answer = client.get(f"{path}&lang={lang}")
    assert answer.status_code == 200
    assert len(answer.content) <= 300_000
    assert "unsafe" not in answer.headers["content-security-policy"]
    assert not re.search(r'(src|href)="https?://', answer.text)
    assert " style=" not in answer.text
    again = client.get(f"{path}&lang={lang}", headers={"If-None-Match": answer.headers["etag"]})
    assert again.status_code == 304


def book_of(client: TestClient, path: str) -> Workbook:
    answer = client.get(path)
    assert answer.status_code == 200
    assert ".xlsx" in answer.headers["content-disposition"]
    return load_workbook(io.BytesIO(answer.content))


def rows_of(book: Workbook, at: int) -> list[dict[str, object]]:
    head, *rows = book.worksheets[at].iter_rows(values_only=True)
    return [dict(zip(head, row, strict=True)) for row in rows]


def near(value: float | None) -> object:
    """A workbook keeps sixteen digits."""
    return None if value is None else pytest.approx(value, rel=1e-15)


def test_every_column_of_the_map_is_that_region_s_answer(client: TestClient) -> None:
    heat = client.get(f"/api/v1/heat?{ASKED}").json()
    regions = [column["region"] for column in heat["regions"]]
    assert regions[0] == "370211"
    assert "370214400" in regions
    assert "310000" not in regions
    for at, region in enumerate(regions):
        own = client.get(f"/api/v1/gaps?{ASKED}&region={region}").json()
        found = {s["segment"]: (s["type"], s["severity"]) for s in own["segments"]}
        cells = {
            s["segment"]: (s["cells"][at]["type"], s["cells"][at]["severity"])
            for s in heat["segments"]
        }
        assert cells == found


def test_regions_by_name_one_by_one_or_between_commas(client: TestClient) -> None:
    several = client.get(f"/api/v1/heat?{ASKED}&regions=上海市&regions=370212").json()
    joined = client.get(f"/api/v1/heat?{ASKED}&regions=" + quote("上海市, 370212,")).json()
    assert [r["region"] for r in several["regions"]] == ["310000", "370212"]
    assert joined["segments"] == several["segments"]
    page = client.get(f"/chains/{CHAIN}/gaps?{ASKED}&regions=310000&regions=370212").text
    assert "regions=310000%2C370212" in page
    assert 'value="310000" checked' in page
    first = next(s for s in several["segments"] if s["cells"][0]["severity"] is not None)
    assert f"segment={first['segment']}&amp;region=310000" in page


def test_regions_that_cannot_be(client: TestClient) -> None:
    nine = "&".join(f"regions=3702{n}" for n in range(10, 19))
    assert client.get(f"/api/v1/heat?{ASKED}&{nine}").json()["code"] == "too_many_regions"
    page = client.get(f"/chains/{CHAIN}/gaps?{ASKED}&regions=" + quote("没有这个区"))
    assert page.status_code == 404
    assert client.get("/api/v1/heat").json()["code"] == "leader_or_chain"


def test_the_map_of_all_leaders_comes_in_time(client: TestClient) -> None:
    """A cold question of five leaders from eight regions; a second is what a reader waits."""
    client.get("/api/v1/stats")
    start = perf_counter()
    heat = client.get(f"/api/v1/heat?chain={CAR}").json()
    assert len(heat["regions"]) == 8
    assert perf_counter() - start < 5  # 0.8 s alone on one core; the machine may be busy


def test_the_workbook_of_gaps(client: TestClient) -> None:
    answer = client.get(f"/api/v1/gaps?{ASKED}").json()
    by_id = {s["segment"]: s for s in answer["segments"]}
    book = book_of(client, f"/chains/{CHAIN}/gaps.xlsx?{ASKED}&from=30&regions=370211")
    gaps, waiting, rest = (rows_of(book, at) for at in range(3))
    assert [row["编号"] for row in gaps] == answer["gaps"]
    assert [row["编号"] for row in waiting] == [v["segment"] for v in answer["to_verify"]]
    assert len(gaps) + len(waiting) + len(rest) == len(by_id)
    for row in (*gaps, *waiting, *rest):
        s = by_id[str(row["编号"])]
        assert (row["强度"], row["短缺"]) == (near(s["severity"]), near(s["shortage"]))
        assert (row["区间低端"], row["区间高端"]) == tuple(map(near, s["interval"]))
        assert row["供应商数"] == (None if s["type"] == "unknown" else len(s["suppliers"]))
    (column,) = client.get(f"/api/v1/heat?{ASKED}&regions=370211").json()["regions"]
    heat = rows_of(book, 3)
    assert sum(float(str(r["黄岛区：强度"] or 0)) for r in heat) == pytest.approx(column["total"])
    basis = dict(book["口径"].iter_rows(values_only=True))
    assert basis["weights.relatedness"] == "0.2"
    assert str(basis["页面地址"]).endswith(f"/gaps?{ASKED}&from=30&regions=370211")


@pytest.mark.parametrize("more", ["", "&kind=enterprise&no_giants=1", "&segment=seg-sifudianji"])
def test_the_workbook_of_candidates_has_the_filters_of_the_page(
    client: TestClient, more: str
) -> None:
    url = f"/chains/{CHAIN}/candidates"
    book = book_of(client, f"{url}.xlsx?{ASKED}{more}")
    listed = rows_of(book, 0)
    shown = re.findall(r'<tbody id="c-([^"]+)"', client.get(f"{url}?{ASKED}{more}").text)
    assert [row["编号"] for row in listed][:30] == shown
    ranked = {c["id"]: c for c in client.get(f"/api/v1/rank?{ASKED}").json()["candidates"]}
    assert (len(listed) < len(ranked)) == bool(more)
    for row in listed:
        c = ranked[str(row["编号"])]
        assert (row["得分"], row["补链贡献"]) == (near(c["score"]), near(c["fill"]))
        assert (row["区间低端"], row["区间高端"]) == tuple(map(near, c["interval"]))
    parts = rows_of(book, 1)
    assert len(parts) == sum(len(ranked[str(row["编号"])]["parts"]) for row in listed)


def test_the_workbook_of_the_chain_map(client: TestClient) -> None:
    cells = client.get(f"/api/v1/chains/{CHAIN}/map?{ASKED}").json()["cells"]
    rows = rows_of(book_of(client, f"/chains/{CHAIN}.xlsx?{ASKED}"), 0)
    assert {row["编号"] for row in rows} == {c["segment"] for c in cells}
    severity = {c["segment"]: c["severity"] for c in cells}
    assert all(row["强度"] == near(severity[str(row["编号"])]) for row in rows)


@pytest.mark.parametrize("page", ["", "/gaps", "/candidates"])
def test_each_page_leads_to_its_workbook(client: TestClient, page: str) -> None:
    html = client.get(f"/chains/{CHAIN}{page}?{ASKED}&lang=en").text
    links = re.findall(r'href="([^"]+\.xlsx[^"]*)"', html)
    assert links == [f"/chains/{CHAIN}{page}.xlsx?{ASKED}&amp;lang=en"] * 2  # and in the foot
    assert client.get(links[0].replace("&amp;", "&")).content.startswith(b"PK")


def test_the_report_in_word(client: TestClient) -> None:
    answer = client.get(f"/chains/{CHAIN}/report.docx?{ASKED}")
    assert answer.status_code == 200
    name = quote("机器人 · 示例机器人链主有限公司 · 黄岛区 2026-06-30.docx")
    assert name in answer.headers["content-disposition"]
    document = Document(io.BytesIO(answer.content))
    gaps = client.get(f"/api/v1/gaps?{ASKED}").json()
    rank = client.get(f"/api/v1/rank?{ASKED}").json()["candidates"]
    tables = [[[cell.text for cell in row.cells] for row in t.rows] for t in document.tables]
    by_id = {s["segment"]: s for s in gaps["segments"]}
    worst = [by_id[id_] for id_ in gaps["gaps"][:10]]
    assert [row[1].split("\n")[0] for row in tables[2][1:]] == [s["name"] for s in worst]
    assert [row[3] for row in tables[2][1:]] == [f"{s['severity']:.2f}" for s in worst]
    waiting = gaps["to_verify"][:10]
    assert [row[2] for row in tables[3][1:]] == [f"{v['criticality']:.2f}" for v in waiting]
    best = rank[:10]
    assert [row[1].split("\n")[0] for row in tables[4][1:]] == [c["name"] for c in best]
    assert [row[2] for row in tables[4][1:]] == [f"{c['score']:.3f}" for c in best]
    first = [c["id"] for c in rank if c["kind"] == "project"][:3]
    fits = {p: client.get(f"/api/v1/fit?project={p}").json()["matrix"] for p in first}
    passes = {
        p: [c["fit"] for c in fits[p] if all(r["verdict"] != "fail" for r in c["rules"])]
        for p in first
    }
    largest = [sorted((f for f in passes[p] if f is not None), reverse=True)[:3] for p in first]
    assert [row[2] for row in tables[5][1:]] == [f"{x:.2f}" for some in largest for x in some]
    text = "\n".join(p.text for p in document.paragraphs)
    assert f"共 {len(gaps['gaps'])} 个缺口；链主全部已知环节的强度合计 {gaps['total']:.2f}" in text
    assert "示例数据" in text


def test_the_page_of_the_report_leads_to_word_and_on(client: TestClient) -> None:
    html = client.get(f"/chains/{CHAIN}/report?{ASKED}").text
    assert f'href="/chains/{CHAIN}/report.docx?{ASKED}"' in html
    assert f'href="/chains/{CHAIN}/candidates?{ASKED}"' in html
    assert html.count("<table") == 7
    assert client.get("/chains/none/report").status_code == 404


def test_the_office_s_template_is_used_and_a_wrong_one_named(
    sample_store: GraphStore, tmp_path: Path
) -> None:
    office = Document()
    office.sections[0].header.paragraphs[0].text = "某某开发区管委会"
    office.save(str(tmp_path / "office.docx"))
    for name, status in (("office.docx", 200), ("none.docx", 400)):
        settings = Settings(
            records_url=f"sqlite:///{tmp_path}/r.db", report_template=str(tmp_path / name)
        )
        with TestClient(create_app(sample_store, settings)) as client:
            answer = client.get(f"/chains/{CHAIN}/report.docx?{ASKED}")
            assert answer.status_code == status
            if status == 400:
                assert "LIANZHU_REPORT_TEMPLATE" in answer.text
                continue
            header = Document(io.BytesIO(answer.content)).sections[0].header
            assert header.paragraphs[0].text == "某某开发区管委会"
