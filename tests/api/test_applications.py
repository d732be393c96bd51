"""Applications: a park files its workbook, two windows write a draft, others see nothing."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response
from openpyxl import load_workbook

from api.app import create_app
from api.deps import records_at
from api.security.policy import POLICY
from api.settings import Settings
from api.standards import standards_of
from graph.review.meeting import Meeting
from graph.store.base import GraphStore
from ingest.filing_sheet import read_filings
from records import filings, meetings
from records.roles import Role
from tests.records import made_files as made
from tests.viz.checked import Checked

VETOES = {v.id: v.name for s in standards_of(Path(), sample=True) for v in s.vetoes}
OWN, OTHER = "demo-park-binhai", "park-jiqiren"
PARK = "示例滨海智造园"
BASIC = {"f.name": "压缩机项目", "f.applicant": "示例压缩机公司", "park": OWN}


@pytest.fixture
def client(sample_store: GraphStore, tmp_path: Path) -> Iterator[TestClient]:
    settings = Settings(
        records_url=f"sqlite:///{tmp_path}/records.db",
        audit_heads=str(tmp_path / "heads"),
        attachments_dir=str(tmp_path / "files"),
        upload_dir=str(tmp_path / "uploads"),
        standards_dir=str(tmp_path / "standards"),
    )
    app = create_app(sample_store, settings, sample=True)
    with TestClient(app, raise_server_exceptions=False) as made_client:
        yield made_client


def as_role(client: TestClient, role: str) -> TestClient:
    client.cookies.set("lianzhu-role", role)
    return client


def begun(client: TestClient, **more: str) -> str:
    """A new draft; its id."""
    data = {**BASIC, **{k.replace("__", "."): v for k, v in more.items()}}
    answer = client.post("/applications", data=data, follow_redirects=False)
    assert answer.status_code == 303, answer.text
    return re.match(r"/applications/(\w+)\?", answer.headers["location"])[1]  # type: ignore[index]


def save(client: TestClient, id: str, version: int, act: str = "", **fields: str) -> Response:
    data = {"version": str(version), **BASIC, **{f"f.{k}": v for k, v in fields.items()}}
    return client.post(f"/applications/{id}{act}", data=data)


def kept(client: TestClient, id: str) -> Any:
    return filings.get(records_at(client.app), id)  # type: ignore[arg-type]


def sent(client: TestClient, content: bytes, park: str = OWN) -> Response:
    file = {"file": ("申报.xlsx", content)}
    return client.post("/applications/workbook", files=file, data={"park": park})


def book_of(client: TestClient, park: str = OWN) -> Any:
    answer = client.get(f"/applications.xlsx?park={park}")
    assert answer.status_code == 200
    return load_workbook(io.BytesIO(answer.content))


def saved(book: Any) -> bytes:
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def put(book: Any, row: int, **cells: object) -> None:
    sheet = book["项目申报"]
    heads = {re.sub(r"[*（].*|\*", "", c.value.lstrip("*")): c.column for c in sheet[1]}
    for head, value in cells.items():
        sheet.cell(row, heads[head]).value = value


def test_a_park_files_its_workbook_of_projects(client: TestClient) -> None:
    as_role(client, f"park:{OWN}")
    book = book_of(client)
    for row in (2, 3, 4):
        put(book, row, 项目名称=f"项目{row}", 申报主体="甲公司", 总投资="1.2亿元", 用地="40亩")
    answer = sent(client, saved(book))
    assert answer.status_code == 200
    assert "已导入：新草稿 3 份，改动 0 份。" in answer.text
    items = client.get("/api/v1/applications").json()["items"]
    assert [(i["name"], i["park"], i["state"]) for i in items].count(("项目2", OWN, "draft")) == 1
    assert {i["numbers"]["investment_wan"] for i in items} == {12_000.0}
    assert items[0]["track"] == "LAND"
    assert set(items[0]["missing"]) == set(items[0]["required"]) - {"investment_wan", "land_mu"}
    again = book_of(client)  # unchanged: nothing happens; one cell: one change
    assert "新草稿 0 份，改动 0 份" in sent(client, saved(again)).text
    put(again, 3, 年税收=900)
    assert "新草稿 0 份，改动 1 份" in sent(client, saved(again)).text
    versions = [(i["version"], i["numbers"].get("tax_wan")) for i in
                client.get("/api/v1/applications").json()["items"]]  # fmt: skip
    assert sorted(versions, key=str) == [(1, None), (1, None), (2, 900.0)]
    refused = sent(client, saved(again))  # the version in the file has been overtaken
    assert (refused.status_code, "别人改了这份申报" in refused.text) == (200, False)
    put(again, 3, 年税收=901)
    refused = sent(client, saved(again))
    assert (refused.status_code, "别人改了这份申报" in refused.text) == (422, True)


def test_one_wrong_row_and_nothing_is_taken(client: TestClient) -> None:
    as_role(client, f"park:{OWN}")
    book = book_of(client)
    put(book, 2, 项目名称="好项目", 申报主体="甲公司", 总投资=12_000)
    put(book, 3, 项目名称="坏项目", 申报主体="甲公司", 总投资="40亩")
    put(book, 4, 项目名称="好项目", 申报主体="甲公司", 用地="约40亩")
    answer = sent(client, saved(book))
    assert answer.status_code == 422
    assert "“申报.xlsx”有错，一行都没有导入" in answer.text
    assert "是 40 亩，还是 40 万元？" in answer.text
    assert client.get("/api/v1/applications").json()["items"] == []
    Checked(answer.text)
    link = re.search(r'href="(/applications/workbook/\w+\.xlsx[^"]*)"', answer.text)
    assert link is not None
    back = client.get(link[1].replace("&amp;", "&"))
    marked = load_workbook(io.BytesIO(back.content))
    assert marked.sheetnames == ["错误清单", "项目申报", "说明"]
    assert [c.value for c in marked["错误清单"][2]][:3] == ["项目申报", 3, marked_column(marked)]
    assert marked["项目申报"][f"{marked_column(marked)}3"].fill.start_color.rgb == "00F8B4B4"
    assert marked["项目申报"]["B2"].value == "好项目"
    as_role(client, f"park:{OTHER}")
    assert client.get(link[1].replace("&amp;", "&")).status_code == 404
    taken = link[1].replace("&amp;", "&").replace(OWN, OTHER)
    assert client.get(taken).status_code == 404


def marked_column(book: Any) -> str:
    return next(c.column_letter for c in book["项目申报"][1] if c.value == "总投资（万元）")


def test_a_row_that_is_there_already_is_no_second_one(client: TestClient) -> None:
    begun(client)
    book = book_of(client)
    put(book, 2, 编号=None)
    put(book, 3, 编号="nobody.1", 项目名称="又一", 申报主体="甲公司")
    put(book, 4, 项目名称="同", 申报主体="甲公司")
    put(book, 5, 项目名称="同", 申报主体="甲公司")
    text = sent(client, saved(book)).text
    for said in ("已有“压缩机项目”的申报", "不是这个园区的申报", "与第 4 行重复"):
        assert said in text, said
    assert len(filings.all_of(records_at(client.app))) == 1  # type: ignore[arg-type]


def test_a_draft_is_written_with_units_and_what_is_wrong_is_kept_as_typed(
    client: TestClient,
) -> None:
    id_ = begun(client)
    answer = save(client, id_, 1, investment_wan="1.2亿元", land_mu="40亩", own_site="是",
                  technology="自研", **{"veto:v-safety": "否", "uscc": ""})  # fmt: skip
    assert answer.status_code == 200
    content = kept(client, id_).content
    assert content.numbers == {"investment_wan": 12_000.0, "land_mu": 40.0}
    assert (content.own_site, content.vetoes) == (True, {"v-safety": True})
    bad = save(client, id_, 2, investment_wan="40亩", uscc="123", technology="未存")
    assert bad.status_code == 422
    assert "是 40 亩，还是 40 万元？" in bad.text
    assert 'value="40亩"' in bad.text
    assert "未存</textarea>" in bad.text
    assert "校验不通过" in bad.text
    assert kept(client, id_).content == content
    Checked(bad.text)
    empty = client.post("/applications", data={"park": OWN, "f.name": "", "f.applicant": "甲"})
    assert (empty.status_code, "“项目名称”必填" in empty.text) == (422, True)
    assert client.post("/applications", data={**BASIC, "park": "nowhere"}).status_code == 404


def test_a_draft_edited_in_two_windows_gives_412_and_loses_nothing(client: TestClient) -> None:
    id_ = begun(client)
    assert save(client, id_, 1, technology="第一个窗口").status_code == 200
    answer = save(client, id_, 1, technology="第二个窗口")
    assert answer.status_code == 412
    assert kept(client, id_).content.texts == {"technology": "第一个窗口"}
    assert "第二个窗口</textarea>" in answer.text
    assert "<td>第一个窗口</td><td>第二个窗口</td>" in answer.text
    version = re.search(r'name="version" value="(\d+)"', answer.text)
    assert version is not None
    assert save(client, id_, int(version[1]), technology="第二个窗口").status_code == 200
    assert kept(client, id_).content.texts == {"technology": "第二个窗口"}
    assert client.post(f"/applications/{id_}/withdraw", data={"version": "1"}).status_code == 412
    assert client.post(f"/applications/{id_}/link", data={"version": "1"}).status_code == 412


def test_withdrawn_and_resubmitted_shows_the_differences(client: TestClient) -> None:
    id_ = begun(client, f__investment_wan="1亿元")
    assert "已提交。" in save(client, id_, 1, "/submit", investment_wan="1亿元").text
    assert save(client, id_, 2, "/submit", investment_wan="1亿元").status_code == 400
    page = client.post(f"/applications/{id_}/withdraw", data={"version": "2"}).text
    assert "已撤回" in page
    page = save(client, id_, 3, investment_wan="1.2亿元").text
    assert "与上次提交相比改了什么" in page
    assert "<td>10000 万元</td><td>12000 万元</td>" in page
    page = save(client, id_, 4, "/submit", investment_wan="1.2亿元", **{"veto:v-plan": "是"}).text
    assert "第 2 次与第 1 次提交的差别" in page
    assert "<td>10000 万元</td><td>12000 万元</td>" in page
    assert re.search(r"是否存在：[^<]*规划[^<]*</th><td>.*?</td><td>是</td>", page)
    found = kept(client, id_)
    assert [f.content.numbers["investment_wan"] for f in found.filed] == [10_000.0, 12_000.0]
    assert (found.state, found.filed[0].by) == ("submitted", "演示")
    Checked(page)
    audit = client.get("/audit?lang=zh").text
    for word in ("新建申报", "修改申报", "提交申报", "撤回申报"):
        assert word in audit, word


def test_outside_the_window_a_park_hands_nothing_in_and_the_office_says_why(
    client: TestClient,
) -> None:
    id_ = begun(client)
    window = (date(2020, 1, 6), date(2020, 1, 17))
    called = Meeting("m", 2020, 1, "会", date(2020, 2, 1), "办", state="open", window=window)
    meetings.add(records_at(client.app), called)  # type: ignore[arg-type]
    client.cookies.set("lianzhu-role", f"park:{OWN}")
    page = client.get(f"/applications/{id_}").text
    assert "集中提报：2020-01-06 至 2020-01-17，今天不在期内。 可以存草稿，不能提交。" in page
    assert f"/applications/{id_}/submit" not in page
    late = save(client, id_, 1, "/submit", investment_wan="3亿元")
    assert (late.status_code, "现在不收申报" in late.text) == (400, True)
    assert 'value="3亿元"' in late.text
    assert save(client, id_, 1, investment_wan="3亿元").status_code == 200  # a draft is kept
    client.cookies.clear()
    none = save(client, id_, 2, "/submit")
    assert (none.status_code, "要写明理由" in none.text) == (400, True)
    data = {"version": "2", **BASIC, "note": "专人送达"}
    done = client.post(f"/applications/{id_}/submit", data=data)
    assert "提报期外收件的理由: 专人送达" in done.text
    assert [f.note for f in kept(client, id_).filed] == ["专人送达"]


def test_completeness_names_what_is_missing_by_the_parks_standard(client: TestClient) -> None:
    id_ = begun(client, f__investment_wan="2亿元", f__land_mu="40", f__own_site="是")
    page = client.get(f"/applications/{id_}").text
    assert "必填项已填 2 项，共 4 项。 还差：年税收、年产值。" in page
    assert len(re.findall(r'data-required="', page)) == 4
    assert "applications.js" in page
    row = client.get("/applications").text
    assert "2 / 4" in row
    assert "补 2 个必填项" in row
    english = client.get(f"/applications/{id_}?lang=en").text
    assert "2 of 4 required fields are filled. Missing: tax a year, output a year." in unescaped(
        english
    ).replace("、", ", ")


def unescaped(text: str) -> str:
    return text.replace("&#39;", "'")


def test_an_enterprise_is_confirmed_and_never_taken_silently(client: TestClient) -> None:
    firm = client.get("/api/v1/nodes/Enterprise?limit=1").json()["items"][0]
    id_ = begun(client, f__name="示例高效冰箱压缩机项目", f__applicant=firm["name"])
    page = client.get(f"/applications/{id_}").text
    assert f'<option value="{firm["id"]}">' in page
    assert '<option value="demo-p-bingya">' in page
    assert (kept(client, id_).enterprise, kept(client, id_).project) == ("", "")
    url = f"/applications/{id_}/link"
    unknown = client.post(url, data={"version": "1", "other_enterprise": "没有这家"})
    assert unknown.status_code == 404
    chosen = {"version": "1", "enterprise": firm["id"], "other_project": "demo-p-bingya"}
    assert client.post(url, data=chosen).status_code == 200
    found = kept(client, id_)
    assert (found.enterprise, found.project, found.version) == (firm["id"], "demo-p-bingya", 2)
    assert client.post(url, data={**chosen, "version": "2"}).status_code == 400
    as_role(client, f"park:{OWN}")
    page = client.get(f"/applications/{id_}").text
    assert 'name="enterprise"' not in page
    assert client.post(url, data={"version": "2"}).status_code == 403


def test_another_parks_application_looks_exactly_like_an_absent_one(client: TestClient) -> None:
    id_, absent = begun(client, park=OTHER), "0" * 32
    file = {"file": ("a.pdf", made.PDF)}
    client.post(f"/applications/{id_}/attachments", files=file)
    (one,) = re.findall(r'href="/attachments/(\w+)" download',
                        client.get(f"/applications/{id_}").text)  # fmt: skip
    as_role(client, f"park:{OWN}")
    assert client.get("/applications").status_code == 200
    assert id_ not in client.get("/applications").text
    assert client.get("/api/v1/applications").json()["items"] == []
    assert client.get(f"/api/v1/applications?park={OTHER}").status_code == 404
    asked = [("GET", ""), ("POST", ""), ("POST", "/submit"), ("POST", "/withdraw")]
    asked += [("POST", "/attachments"), ("POST", f"/attachments/{one}/remove")]
    for method, tail in asked:
        data = {"version": "1", **BASIC} if method == "POST" else None
        sent_file = file if tail == "/attachments" else None
        theirs, none = (
            client.request(method, f"/applications/{i}{tail}", data=data, files=sent_file)
            for i in (id_, absent)
        )
        assert (theirs.status_code, none.status_code) == (404, 404), tail
        assert theirs.text.replace(id_, absent) == none.text, tail
        heads = [{k: v for k, v in a.headers.items() if k != "date"} for a in (theirs, none)]
        assert heads[0] == heads[1], tail
    assert client.get(f"/attachments/{one}").status_code == 404
    for path in ("/applications.xlsx", "/applications/new"):
        theirs = client.get(f"{path}?park={OTHER}")
        none = client.get(f"{path}?park=nowhere12345")
        assert (theirs.status_code, none.status_code) == (404, 404), path
        assert theirs.text.replace(OTHER, "nowhere12345") == none.text, path
    assert client.post("/applications", data={**BASIC, "park": OTHER}).status_code == 404
    as_role(client, "officer")
    assert kept(client, id_).version == 1
    assert client.get(f"/attachments/{one}").content == made.PDF


@pytest.mark.parametrize("role", sorted(Role))
def test_who_may_read_and_who_may_write(client: TestClient, role: str) -> None:
    id_ = begun(client)
    as_role(client, f"{role}:{OWN}" if role == Role.PARK else role)
    answer = client.get(f"/applications/{id_}", follow_redirects=False)
    reads = role in ("officer", "secretary", "park", "chair", "reviewer")
    assert answer.status_code == (200 if reads else 403)
    writes = role in ("officer", "secretary", "park")
    assert ("formaction" in answer.text) == writes
    assert save(client, id_, 1).status_code == (200 if writes else 403)
    assert (client.get("/applications").status_code == 200) == reads
    nav = 'href="/applications"' in client.get("/method").text
    assert nav == reads
    assert POLICY["POST /applications/{id}"].own_park


EVIL = "<script>alert(1)</script>\"' onmouseover=alert(1) {{ 7*7 }} </textarea>"


def test_hostile_text_is_escaped(client: TestClient) -> None:
    fields = {f"f__{name}": EVIL for name in ("name", "applicant", "technology", "contact")}
    id_ = begun(client, **fields)
    save(client, id_, 1, "/submit", name=EVIL, applicant=EVIL, technology=EVIL + "\0\x1b")
    conflict = save(client, id_, 1, name=EVIL, applicant=EVIL, technology=f"2{EVIL}")
    pages = [conflict.text, client.get("/applications").text]
    pages += [client.get(f"/applications/{id_}").text]
    pages += [save(client, id_, 2, name=EVIL, land_mu=EVIL, technology=EVIL).text]
    for text in pages:
        assert "<script>alert" not in text
        Checked(text)
    assert kept(client, id_).content.texts["technology"] == EVIL
    name = quote("<img src=x onerror=alert(1)>.pdf")
    client.post(f"/applications/{id_}/attachments", files={"file": (name, made.PDF)})
    Checked(client.get(f"/applications/{id_}").text)
    content = client.get(f"/applications.xlsx?park={OWN}").content
    book = load_workbook(io.BytesIO(content))["项目申报"]
    assert {c.data_type for row in book.iter_rows() for c in row if c.value} == {"s"}
    rows, errors = read_filings(content, "a.xlsx", PARK, VETOES)
    assert errors == []
    assert rows[0].values["technology"] == EVIL


def test_a_park_operator_without_a_park_sees_nothing(client: TestClient) -> None:
    begun(client)
    as_role(client, "park")
    assert "还没有申报" in client.get("/applications").text
    assert client.get("/api/v1/applications").json()["items"] == []
    assert client.get("/applications/new").status_code == 404
    assert client.get("/applications.xlsx").status_code == 404
