"""The page of the audit: every entry in words, found, paged, taken out and verified."""

from __future__ import annotations

import ast
import io
import re
from collections.abc import Iterator
from html import unescape

import pytest
from fastapi.testclient import TestClient
from openpyxl import load_workbook

from api.app import create_app
from api.deps import records_at
from api.routers import audit as router
from api.settings import Settings
from graph.store.base import GraphStore
from records.database import Records
from records.roles import Actor
from records.trail import BEGIN
from tests.conftest import ROOT
from viz.words import LANGS, catalogue

LEADER = "demo-leader-jiqiren"
SOURCES = [p for name in ("records", "api") for p in (ROOT / name).rglob("*.py")]


@pytest.fixture
def client(sample_store: GraphStore, tmp_path: object) -> Iterator[TestClient]:
    """Twelve entries of two people, and one that was begun."""
    settings = Settings(records_url=f"sqlite:///{tmp_path}/r.db", audit_heads=f"{tmp_path}/heads")
    app = create_app(sample_store, settings)
    with TestClient(app, raise_server_exceptions=False) as made:
        records = records_at(app)
        for number in range(1, 13):
            actor = Actor(f"a{number % 2}", "李王"[number % 2], ("officer", "admin")[number % 2])
            with records.acting(actor).write() as writing:
                writing.note("task.close", f"t{number}", region="370211", files=["=1+1", "b"])
        with records.acting(Actor("a3", "<b>赵", "system")).write() as writing:
            writing.note("graph.correct.begin", f"Enterprise/{LEADER}", field="revenue_wan")
        yield made


def noted() -> Iterator[tuple[str, list[str]]]:
    """Every action written in the source, with the names of its facts."""
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            at = {"note": 0, "audited": 1, "applying": 2}.get(name)
            if at is None or len(node.args) <= at or not isinstance(node.args[at], ast.Constant):
                continue
            yield node.args[at].value, [k.arg for k in node.keywords if k.arg]  # type: ignore[attr-defined]


@pytest.mark.parametrize("lang", LANGS)
def test_every_action_and_every_fact_has_its_word(lang: str) -> None:
    words, found = catalogue(lang), dict.fromkeys(a for a, _ in noted())
    assert len(found) > 25
    assert [a for a in found if f"audit_action.{a}" not in words] == []
    facts = {fact for _, names in noted() for fact in names} - {"claims"}
    assert [fact for fact in sorted(facts) if f"audit_fact.{fact}" not in words] == []
    worded = {k.removeprefix("audit_action.") for k in words if k.startswith("audit_action.")}
    text = "\n".join(path.read_text("utf-8") for path in SOURCES)
    assert [action for action in worded if f'"{action}"' not in text] == []


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("query", ["", "&check=1", "&text=nothing", "&before=3"])
def test_the_page(client: TestClient, lang: str, query: str) -> None:
    answer = client.get(f"/audit?lang={lang}{query}")
    assert answer.status_code == 200
    assert len(answer.content) <= 300_000
    assert "unsafe" not in answer.headers["content-security-policy"]
    assert not re.search(r'(src|href)="https?://', answer.text)
    assert " style=" not in answer.text
    assert "<b>赵" not in answer.text


def rows(page: str) -> list[list[str]]:
    table = page[page.index('id="audit"') :]
    found = re.findall(r"<tr>(.*?)</tr>", table, re.S)
    cells = [re.findall(r"<t[hd].*?</t[hd]>", row, re.S) for row in found]
    return [[unescape(re.sub(r"<[^>]+>", "", cell)).strip() for cell in row] for row in cells]


def test_entries_are_in_words_newest_first(client: TestClient) -> None:
    page = client.get("/audit?lang=zh").text
    head, first, second, *_ = rows(page)
    assert head == ["编号", "时间", "谁", "角色", "做了什么", "对象", "详情"]
    assert first[0] == "13"
    assert re.fullmatch(r"20\d\d-\d\d-\d\d \d\d:\d\d:\d\d", first[1])
    assert first[2:5] == ["<b>赵", "系统", "更正（开始）"]
    assert first[5].startswith("企业 示例")
    assert first[6] == "栏目: 营业收入（万元）"
    assert f'href="/entities/Enterprise/{LEADER}' in page
    assert second[2:] == ["李", "招商", "办结任务", "t12", "文件: =1+1、b; 区域: 黄岛区"]
    assert "共 13 条" in page
    english = client.get("/audit?lang=en").text
    assert rows(english)[1][4] == "Correction (begun)"


def test_pages_follow_each_other_by_number(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(router, "SHOWN", 5)
    seen, url = [], "/audit?lang=zh&action=task.close"
    while url:
        page = client.get(url).text
        seen += [int(row[0]) for row in rows(page)[1:]]
        older = re.search(r'href="([^"]+)">更早', page)
        url = unescape(older.group(1)) if older else ""
    assert seen == list(range(12, 0, -1))


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("person=a1&action=task.close", [11, 9, 7, 5, 3, 1]),
        ("action=graph.correct", [13]),
        ("text=T12", [12]),
        ("since=2020-01-01&until=2020-12-31", []),
        ("since=2020-01-01&person=a3", [13]),
        ("text=%25", []),
    ],
)
def test_filters(client: TestClient, query: str, found: list[int]) -> None:
    items = client.get(f"/api/v1/audit?{query}").json()["items"]
    assert [item["seq"] for item in items] == found
    page = client.get(f"/audit?lang=zh&{query}").text
    if found:
        assert [int(row[0]) for row in rows(page)[1:]] == found
    else:
        assert "没有符合条件的记录" in page


@pytest.mark.parametrize("query", ["since=soon", "until=2026-13-01", "before=0"])
def test_nonsense_is_refused(client: TestClient, query: str) -> None:
    assert client.get(f"/audit?{query}").status_code in (400, 422)


def test_the_api_pages_by_cursor(client: TestClient) -> None:
    seen, cursor = [], ""
    while True:
        answer = client.get(f"/api/v1/audit?limit=5{cursor}").json()
        seen += answer["items"]
        if answer["next_cursor"] is None:
            break
        cursor = f"&cursor={answer['next_cursor']}"
    assert [item["seq"] for item in seen] == list(range(13, 0, -1))
    assert seen[-1]["detail"] == {"region": "370211", "files": ["=1+1", "b"]}
    assert seen[-1]["at"].endswith("+00:00")
    assert seen[0]["action"].endswith(BEGIN)


def test_the_workbook_holds_what_was_asked_for_and_no_formula(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = client.get("/audit.xlsx?lang=zh&person=a0")
    assert answer.status_code == 200
    sheet, basis = load_workbook(io.BytesIO(answer.content)).worksheets
    found = list(sheet.iter_rows(values_only=True))
    assert [row[0] for row in found[1:]] == [12, 10, 8, 6, 4, 2]
    assert {row[2] for row in found[1:]} == {"李"}
    assert all(cell.data_type != "f" for row in sheet.iter_rows() for cell in row)
    monkeypatch.setattr(router, "IN_SHEET", 3)
    answer = client.get("/audit.xlsx?lang=zh&person=a0")
    sheet, basis = load_workbook(io.BytesIO(answer.content)).worksheets
    assert sheet.max_row == 4
    told = [row[1] for row in basis.iter_rows(values_only=True)]
    assert "只列最新的 3 条，共 6 条；其余请缩小日期范围再下载。" in told


def test_the_verdict_is_given_when_asked_for(client: TestClient) -> None:
    assert "逐条相扣" not in client.get("/audit?lang=zh").text
    page = client.get("/audit?lang=zh&check=1").text
    assert "13 条逐条相扣，与第二存放处的 13 个链头" in page
    assert "有开始、没有结果" in page
    records: Records = records_at(client.app)  # type: ignore[arg-type]
    assert records.heads is not None
    heads = records.heads.path.read_text().splitlines()
    heads[6] = f"7 {'0' * 64}"
    records.heads.path.write_text("\n".join(heads) + "\n")
    page = client.get("/audit?lang=zh&check=1").text
    assert "从第 7 条起对不上" in page
    assert 'role="alert"' in page
    assert "before=12" in page
    assert "wrong from entry 7 on" in client.get("/audit?lang=en&check=1").text


def test_a_page_of_the_audit_is_never_an_old_one(client: TestClient) -> None:
    tag = client.get("/audit").headers["etag"]
    assert client.get("/audit", headers={"If-None-Match": tag}).status_code == 304
    client.get("/parks.xlsx")
    again = client.get("/audit", headers={"If-None-Match": tag})
    assert again.status_code == 200
    assert "/parks.xlsx" in again.text


@pytest.mark.parametrize(("role", "may"), [("", True), ("auditor", True), ("admin", False)])
def test_who_may_read_it(client: TestClient, role: str, may: bool) -> None:
    client.cookies.set("lianzhu-role", role)
    for path in ("/audit", "/api/v1/audit", "/audit.xlsx"):
        assert client.get(path).status_code == (200 if may else 403), path
    page = client.get("/method?lang=zh").text
    assert ('href="/audit?lang=zh">审计</a>' in page) == may
    shown = client.get("/audit?lang=zh").text
    assert (f'href="/entities/Enterprise/{LEADER}' in shown) == (role == "")
