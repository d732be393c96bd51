"""Commitments: derived from the published meeting, reported by parks, dated by the office."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from shutil import copyfile, copytree
from typing import Any

import pytest
from docx import Document
from fastapi import FastAPI
from fastapi.testclient import TestClient
from httpx2 import Response
from openpyxl import load_workbook

from api.app import create_app
from api.deps import records_at
from api.desk import Desk
from api.rehearsal import play
from api.settings import Settings
from api.standards import standards_of
from graph.review.filing import write
from graph.store import open_store
from records import filings, pledges
from records.roles import Role
from tests.viz.checked import Checked

DAY = date(2026, 7, 1)
OWN, OTHER = "park-zhongdian", "park-liandong-zhihui"
FIRM, PROJECT = "示例锡城功率有限公司", "示例功率模块封装项目"
AGREED = {
    "park": OWN, "name": "一期", "applicant": FIRM, "uscc": "", "c0.indicator": "年税收",
    "c0.value": "0.05亿元", "c0.unit": "万元", "c0.due": "2025-06-30", "c0.evidence": "协议第三条",
    "c1.indicator": "就业人数", "c1.value": "80", "c1.unit": "人",
}  # fmt: skip


@pytest.fixture(scope="module")
def zone(sample_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample with its meeting played and published."""
    folder = tmp_path_factory.mktemp("zone")
    copyfile(sample_file, folder / "sample.db")
    store = open_store(f"sqlite:///{folder}/sample.db", deadline=3.0)
    settings = Settings(records_url=f"sqlite:///{folder}/records.db", audit_heads=f"{folder}/heads")
    records = settings.open_records(sample=True)
    play(records, Desk(store, sample=True), list(standards_of(folder, sample=True)), DAY)
    records.close()
    store.close()
    return folder


@pytest.fixture(scope="module")
def app(zone: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[FastAPI]:
    """One application for all tests: what it works out of the graph is worked out once."""
    folder = tmp_path_factory.mktemp("app") / "zone"
    copytree(zone, folder)
    store = open_store(f"sqlite:///{folder}/sample.db", deadline=3.0)
    settings = Settings(
        graph_url=f"sqlite:///{folder}/own.db",
        records_url=f"sqlite:///{folder}/records.db",
        audit_heads=f"{folder}/heads",
        upload_dir=f"{folder}/uploads",
        standards_dir=f"{folder}/standards",
    )
    made = create_app(store, settings, sample=True)
    made.state.today = DAY
    yield made
    store.close()


@pytest.fixture
def client(app: FastAPI, zone: Path) -> Iterator[TestClient]:
    """Records as they were made, and nobody's cookies."""
    folder = Path(app.state.settings.upload_dir).parent
    for name in ("sample-records.db", "sample-heads"):
        copyfile(zone / name, folder / name)
    with TestClient(app, raise_server_exceptions=False) as made:
        yield made
    for records in app.state.records.values():
        records.close()
    app.state.records.clear()


def as_role(client: TestClient, role: str) -> TestClient:
    client.cookies.set("lianzhu-role", role)
    return client


def items(client: TestClient) -> dict[str, Any]:
    return {i["name"]: i for i in client.get("/api/v1/commitments").json()["items"]}


def sent(client: TestClient, content: bytes) -> Response:
    return client.post("/commitments/workbook", files={"file": ("承诺.xlsx", content)})


def book_of(client: TestClient) -> Any:
    return load_workbook(io.BytesIO(client.get("/commitments.xlsx").content))


def saved(book: Any) -> bytes:
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def put(book: Any, project: str, indicator: str, **cells: object) -> int:
    """Fill in the row of a commitment; its number."""
    sheet = book["承诺兑现"]
    heads = {str(c.value).lstrip("*"): c.column for c in sheet[1]}
    row = next(
        r[0].row for r in sheet.iter_rows(min_row=2)
        if (r[2].value, r[4].value) == (project, indicator)
    )  # fmt: skip
    for head, value in cells.items():
        sheet.cell(row, heads[head]).value = value
    return int(row)


def test_the_list_begins_with_what_is_overdue_and_says_what_to_do(client: TestClient) -> None:
    page = client.get("/commitments").text
    Checked(page)
    rows = re.findall(r'<tr><th scope="row"><a href="/commitments/[^>]*>([^<]*)</a>', page)
    assert rows[:2] == ["示例检测服务项目"] * 2
    standings = [c["standing"] for i in items(client).values() for c in i["commitments"]]
    assert len(rows) == sum(s != "pending" for s in standings) == 8
    assert f"另有 {standings.count('pending')} 项未到期" in page
    assert "建议退出</strong> <a" in page
    assert "本系统假定" in page
    assert "项无兑现记录" in page
    told = client.get("/api/v1/commitments").json()
    assert [p["code"] for p in told["proposals"]] == ["exit", "check"]
    late = client.get("/commitments?standing=unreported").text
    assert set(re.findall(r'row"><a href="/commitments/[^>]*>([^<]*)</a>', late)) == {
        "示例检测服务项目"
    }
    english = client.get("/commitments?lang=en").text
    assert "propose to let go" in english


def test_a_project_shows_what_it_promised_and_what_its_applicant_kept(client: TestClient) -> None:
    """Tax 360 / 600 = 60 %, output 5,700 / 6,000 = 95 %, investment all."""
    found = items(client)[PROJECT]
    page = client.get(f"/commitments/{found['id']}").text
    Checked(page)
    for share in ("年税收 <strong>60.0%", "年产值 <strong>95.0%", "总投资 <strong>100.0%"):
        assert share in page, share
    assert f'href="/reviews/{found["session"]}/{found["id"]}' in page
    assert "附加条件" in page
    ahead = {(o["park"], o["year"]): o for o in client.get("/api/v1/commitments").json()["outlook"]}
    row = next(c for c in found["commitments"] if c["id"] == "tax_wan")
    year = ahead[OWN, int(row["due"][:4])]
    taxes = [
        (c["value"], i["haircuts"].get("tax_wan", 0.0))
        for i in items(client).values() if i["park"] == OWN
        for c in i["commitments"]
        if c["field"] == "tax_wan" and (c["due"] or "")[:4] == row["due"][:4]
    ]  # fmt: skip
    assert year["promised"]["tax_wan"] == pytest.approx(sum(v for v, _ in taxes))
    assert year["discounted"]["tax_wan"] == pytest.approx(sum(v * (1 - h) for v, h in taxes))


def test_the_review_shows_declared_kept_and_discounted(client: TestClient) -> None:
    found = items(client)[PROJECT]
    page = client.get(f"/reviews/{found['session']}/{found['id']}").text
    Checked(page)
    assert "按申报主体以往兑现率折后" in page
    assert re.search(r"年税收</th><td class=\"n\">1,400 万元</td><td class=\"n\">60.0%</td>"
                     r"<td class=\"n\">840.0 万元</td>", page)  # fmt: skip
    assert "按申报数值与按兑现率折后的结论不同" in page
    session = client.get(f"/api/v1/sessions/{found['session']}").json()
    (judged,) = [p for p in session["projects"] if p["id"] == found["id"]]
    assert judged["discounted"]["settles"] == "tax_wan"
    assert [p["name"] for p in session["projects"] if p["discounted"]] == [PROJECT]
    word = client.get(f"/reviews/{found['session']}/{found['id']}/opinion.docx")
    document = Document(io.BytesIO(word.content))
    cells = [c.text for t in document.tables for row in t.rows for c in row.cells]
    assert "60.0%" in cells
    assert "以往承诺的兑现率" in "".join(p.text for p in document.paragraphs)


def test_a_workbook_goes_round_and_the_same_twice_changes_nothing(client: TestClient) -> None:
    as_role(client, f"park:{OWN}")
    book = book_of(client)
    put(book, PROJECT, "年产值", 年度=2025, 实际值="0.12亿元", 数据来源="统计报表")
    put(book, "示例功率器件一期项目", "年税收", 年度=2025, 实际值=410, 数据来源="完税证明")
    content = saved(book)
    assert "已导入：实际 2 条，协议 0 份有改动。" in sent(client, content).text
    told = items(client)
    (row,) = [c for c in told[PROJECT]["commitments"] if c["id"] == "output_wan"]
    assert [(a["year"], a["value"], a["by"]) for a in row["actuals"]] == [(2025, 1200.0, "演示")]
    (old,) = [c for c in told["示例功率器件一期项目"]["commitments"] if c["id"] == "tax_wan"]
    assert (old["standing"], old["ratio"]) == ("partial", pytest.approx(410 / 600))
    versions = {name: i["version"] for name, i in told.items()}
    assert "实际 0 条，协议 0 份有改动" in sent(client, content).text
    assert {name: i["version"] for name, i in items(client).items()} == versions
    put(book, PROJECT, "年产值", 实际值=1300)
    refused = sent(client, saved(book))
    assert (refused.status_code, "下载之后，别人填报了这个项目" in refused.text) == (422, True)


def test_one_wrong_row_comes_back_red_and_nothing_is_taken(client: TestClient) -> None:
    as_role(client, f"park:{OWN}")
    book = book_of(client)
    put(book, PROJECT, "年产值", 年度=2025, 实际值=1, 数据来源="表")
    bad = put(book, PROJECT, "就业人数", 年度=2026, 实际值="40亩", 数据来源="表")
    half = put(book, PROJECT, "总投资", 年度=2026, 数据来源="表")
    late = put(book, PROJECT, "年营业收入", 年度=2026, 实际值=1, 数据来源="表")
    answer = sent(client, saved(book))
    assert (answer.status_code, "一行都没有导入" in answer.text) == (422, True)
    Checked(answer.text)
    assert not items(client)[PROJECT]["commitments"][1]["actuals"]
    (link,) = re.findall(r'href="(/commitments/workbook/\w+\.xlsx[^"]*)"', answer.text)
    red = load_workbook(io.BytesIO(client.get(link.replace("&amp;", "&")).content))
    sheet = red["承诺兑现"]
    found = {c.coordinate for row in sheet.iter_rows() for c in row
             if c.fill.start_color.rgb == "00F8B4B4"}  # fmt: skip
    assert found == {f"M{bad}", f"M{half}", f"L{late}"}
    assert red.sheetnames[0] == "错误清单"
    as_role(client, f"park:{OTHER}")
    assert client.get(link.replace("&amp;", "&")).status_code == 404
    assert sent(client, saved(book)).status_code == 422  # ids of another park are none


def test_agreements_come_by_workbook_from_the_office_only(client: TestClient) -> None:
    def added(book: Any, **cells: object) -> bytes:
        sheet = book["既往协议"]
        row = next(r[1].row for r in sheet.iter_rows(min_row=2) if r[1].value is None)
        heads = {str(c.value).lstrip("*"): c.column for c in sheet[1]}
        given = {"园区": "青岛市中电光谷", "项目": "二期", "承诺主体": "甲公司", "指标": "年税收",
                 "承诺值": 90, "单位": "万元", "到期": "2025-12-31", **cells}  # fmt: skip
        given["园区"] = next(r[1].value for r in book["承诺兑现"].iter_rows(min_row=2))
        for head, value in given.items():
            sheet.cell(row, heads[head]).value = value
        return saved(book)

    as_role(client, "secretary")
    content = added(book_of(client))
    assert "实际 0 条，协议 1 份有改动" in sent(client, content).text
    found = items(client)["二期"]
    assert [(c["id"], c["value"], c["standing"]) for c in found["commitments"]] == [
        ("tax_wan", 90.0, "unreported")
    ]
    again = sent(client, content)  # its rows have no id, and the agreement is there
    assert (again.status_code, "已有“二期”这份协议" in again.text) == (422, True)
    assert "协议 0 份有改动" in sent(client, saved(book_of(client))).text
    as_role(client, f"park:{found['park']}")
    refused = sent(client, added(book_of(client), 项目="三期"))
    assert (refused.status_code, "既往协议由管理部门填写" in refused.text) == (422, True)
    assert "实际 0 条" in sent(client, saved(book_of(client))).text


def test_a_row_of_the_workbook_changes_the_commitment_it_names(client: TestClient) -> None:
    """500 of 2025 and 900 of 2026 of one indicator: moved past each other, each is still itself."""
    as_role(client, "secretary")
    given = {**AGREED, "name": "名  称", "c1.indicator": "年税收", "c1.value": "900万元"}
    given |= {"c1.unit": "万元", "c1.due": "2026-06-30", "c2.indicator": "化学需氧量"}
    given |= {"c2.value": "10 mg/L", "c2.unit": "mg/L", "c2.at_most": "1"}
    client.post("/commitments", data=given)
    assert "协议 0 份有改动" in sent(client, saved(book_of(client))).text

    def rows(book: Any) -> Any:
        sheet = book["既往协议"]
        heads = {str(c.value).lstrip("*"): c.column - 1 for c in sheet[1]}
        found = [r for r in sheet.iter_rows(min_row=2) if r[heads["项目"]].value == "名 称"]
        return heads, found

    book = book_of(client)
    heads, (first, second, third) = rows(book)
    assert (third[heads["要求"]].value, third[heads["单位"]].value) == ("不高于", "mg/L")
    first[heads["到期"]].value = "2027-06-30"
    second[heads["承诺值"]].value = "950 万元"
    assert "协议 1 份有改动" in sent(client, saved(book)).text
    told = {c["id"]: c for c in items(client)["名 称"]["commitments"]}
    assert [(c["value"], c["due"]) for c in told.values()][:2] == [
        (500.0, "2027-06-30"), (950.0, "2026-06-30")
    ]  # fmt: skip
    assert [c["at_most"] for c in told.values()] == [False, False, True]
    book = book_of(client)
    heads, (first, second, _) = rows(book)
    second[0].value = first[0].value  # one id twice
    assert sent(client, saved(book)).status_code == 422
    page = client.get(f"/commitments/{items(client)['名 称']['id']}").text
    assert "不高于 10 mg/L" in page


def test_the_office_enters_an_agreement_by_the_form(client: TestClient) -> None:
    as_role(client, "officer")
    answer = client.post("/commitments", data=AGREED)
    assert (answer.status_code, "协议已保存。" in answer.text) == (200, True)
    found = items(client)["一期"]
    assert [(c["id"], c["value"], c["standing"]) for c in found["commitments"]] == [
        ("tax_wan", 500.0, "unreported"),
        ("jobs", 80.0, "undated"),
    ]
    for wrong, said in (
        ({}, "已有“一期”这份协议"),
        ({"name": "", "c0.evidence": "写过的"}, "写过的"),
        ({"name": "又一", "c0.value": "约五百"}, "又一"),
        ({"name": "又一", "uscc": "123"}, "校验不通过"),
        ({"name": "又一", "park": "nowhere"}, "nowhere"),
    ):
        refused = client.post("/commitments", data={**AGREED, **wrong})
        assert refused.status_code in (400, 404), wrong
        assert said in refused.text, wrong
        Checked(refused.text)
    assert "又一" not in items(client)


def test_an_actual_by_the_form_and_two_windows(client: TestClient) -> None:
    as_role(client, f"park:{OWN}")
    found = items(client)[PROJECT]
    url = f"/commitments/{found['id']}"
    data = {"version": str(found["version"]), "commitment": "jobs", "year": "2026", "value": "1百"}
    refused = client.post(f"{url}/actuals", data={**data, "source": "社保证明"})
    assert (refused.status_code, 'value="1百"' in refused.text) == (400, True)
    told = {**data, "value": "90", "source": "社保证明"}
    assert "已填报。" in client.post(f"{url}/actuals", data=told).text
    other = client.post(f"{url}/actuals", data={**told, "value": "95"})
    assert (other.status_code, 'value="95"' in other.text) == (412, True)
    assert "别人填报了这个项目" in other.text
    Checked(other.text)
    version = re.search(r'name="version" value="(\d+)"', other.text)
    assert version is not None
    again = client.post(f"{url}/actuals", data={**told, "value": "95", "version": version[1]})
    assert (again.status_code, "已被后来的取代" in again.text) == (200, True)
    assert client.post(f"{url}/actuals", data={**told, "year": "2027"}).status_code == 400
    assert client.post(f"{url}/actuals", data={**told, "commitment": "x"}).status_code == 404
    as_role(client, "auditor")
    audit = client.get("/audit?lang=zh").text
    assert "填报承诺实际" in audit


def test_the_office_sets_a_due_date(client: TestClient) -> None:
    as_role(client, "secretary")
    found = items(client)["示例检测服务项目"]
    url, version = f"/commitments/{found['id']}/due", str(found["version"])
    data = {"version": version, "commitment": "tax_wan", "due": "2027-01-01"}
    assert "到期日已保存。" in client.post(url, data=data).text
    standing = {c["id"]: c["standing"] for c in items(client)["示例检测服务项目"]["commitments"]}
    assert standing == {"revenue_wan": "unreported", "tax_wan": "pending"}
    assert client.post(url, data={**data, "due": "2027-02-01"}).status_code == 412
    assert client.post(url, data={**data, "due": "明年"}).status_code == 400
    condition = items(client)[PROJECT]
    terms = {"version": str(condition["version"]), "commitment": "tax_wan", "due": "2030-01-01"}
    refused = client.post(f"/commitments/{condition['id']}/due", data=terms)
    assert (refused.status_code, "附加条件" in refused.text) == (400, True)


def test_a_park_sees_only_its_own(client: TestClient) -> None:
    told = items(client)
    theirs = next(i for i in told.values() if i["park"] == OTHER)
    others = {name for name, i in told.items() if i["park"] != OWN} - {
        name for name, i in told.items() if i["park"] == OWN
    }
    as_role(client, f"park:{OWN}")
    assert {i["park"] for i in items(client).values()} == {OWN}
    page = client.get("/commitments").text
    assert [name for name in others if name in page] == []
    data = {"version": "0", "commitment": "tax_wan", "year": "2026", "value": "1", "source": "s"}
    for method, tail in (("GET", ""), ("POST", "/actuals")):
        seen, none = (
            client.request(method, f"/commitments/{i}{tail}", data=data if tail else None)
            for i in (theirs["id"], "0" * 32)
        )
        assert (seen.status_code, none.status_code) == (404, 404)
        assert seen.text.replace(theirs["id"], "0" * 32) == none.text
    assert client.get(f"/commitments?park={OTHER}").status_code == 404
    assert client.get(f"/commitments.xlsx?park={OTHER}").status_code == 404
    parks = {r[1].value for r in book_of(client)["承诺兑现"].iter_rows(min_row=2)}
    assert len(parks - {None}) == 1


@pytest.mark.parametrize("role", sorted(Role))
def test_who_reads_reports_and_dates(client: TestClient, role: str) -> None:
    id_ = items(client)[PROJECT]["id"]
    as_role(client, f"{role}:{OWN}" if role == Role.PARK else role)
    answer = client.get(f"/commitments/{id_}", follow_redirects=False)
    reads = role in ("officer", "secretary", "park", "chair", "reviewer")
    assert answer.status_code == (200 if reads else 403)
    assert ('id="report"' in answer.text) == (role in ("officer", "secretary", "park"))
    assert ('id="due"' in answer.text) == (role in ("officer", "secretary"))
    listed = client.get("/commitments", follow_redirects=False).text
    assert ('id="agree"' in listed) == (role in ("officer", "secretary"))
    assert ('href="/commitments"' in client.get("/method").text) == reads


def test_hostile_text_is_escaped(client: TestClient) -> None:
    evil = "<script>alert(1)</script>\"' onmouseover=alert(1) {{ 7*7 }}"
    given = {**AGREED, "name": evil, "applicant": evil, "c0.indicator": evil, "c0.evidence": evil}
    page = client.post("/commitments", data=given)
    assert page.status_code == 200
    id_ = items(client)[evil]["id"]
    data = {"version": "1", "commitment": "jobs", "year": "x", "value": evil, "source": evil}
    pages = [page.text, client.get("/commitments").text]
    pages.append(client.post(f"/commitments/{id_}/actuals", data=data).text)
    pages.append(client.post("/commitments", data=given).text)
    for text in pages:
        assert "<script>alert" not in text
        Checked(text)
    book = book_of(client)
    assert {c.data_type for s in book for row in s.iter_rows() for c in row if c.value} <= {"s"}


def test_what_is_kept_is_only_what_people_added(client: TestClient) -> None:
    records = records_at(client.app)  # type: ignore[arg-type]
    kept = {p.name: p for p in pledges.kept_of(records)}
    assert set(kept) == {
        PROJECT, "示例功率器件一期项目", "示例模具扩产项目", "示例检测服务项目"
    }  # fmt: skip
    assert kept[PROJECT].promised == ()


def test_what_a_park_writes_after_the_meeting_names_nobody_else(client: TestClient) -> None:
    records = records_at(client.app)  # type: ignore[arg-type]
    id_ = items(client)[PROJECT]["id"]
    before = pledges.get(records, id_)
    old = filings.get(records, id_).content
    other = replace(old, texts={**old.texts, "uscc": "91370200MA3TEST00X"})
    filings.act(records, id_, "write", lambda f: write(f, other, f.version))
    assert pledges.get(records, id_) == before
