"""园区大事 on the page of a park: written down and corrected by the office, never padded."""

from __future__ import annotations

import re
from datetime import date

import pytest
from fastapi.testclient import TestClient

from api.deps import records_at
from records.trail import Wanted, newest
from viz.words import LANGS

PARK, HOME = "park-shuzi-yiliao", "/parks/park-shuzi-yiliao"
NOTICE = "青岛开发区“2022年度第四次主题产业园区项目准入评审会”新闻稿,2022-10-19"
TOLD = {"park": PARK, "what": "一期投用<b>", "when": "2024-03", "source": "公报"}


@pytest.fixture(autouse=True)
def today(client: TestClient) -> None:
    client.app.state.today = date(2026, 7, 1)  # type: ignore[attr-defined]


def shown(client: TestClient, path: str = HOME) -> list[str]:
    """When and what, as the page lists them."""
    page = client.get(f"{path}?lang=zh").text
    found = re.findall(r'<li id="m-[^"]*"><strong>([^<]*)</strong> ([^<]*)<', page)
    return [f"{when} {what}".strip() for when, what in found]


def test_those_of_the_notice_stand_on_their_parks(client: TestClient) -> None:
    for park, what in (
        ("park-zhongdian-xinxigang", "2022 中电信息港青年活力社区全面开街"),
        (PARK, "2022 青岛数字医疗科技园全面启动"),
    ):
        assert shown(client, f"/parks/{park}") == [what]
        page = client.get(f"/parks/{park}?lang=zh").text
        assert NOTICE in page
        assert "本系统假定" in page  # the year is read from 今年以来
        assert "2022-01" not in page


def test_added_corrected_and_what_it_said_before_stays(client: TestClient) -> None:
    assert client.post("/milestones", data=TOLD, follow_redirects=False).status_code == 303
    assert shown(client) == ["2024-03 一期投用&lt;b&gt;", "2022 青岛数字医疗科技园全面启动"]
    items = client.get(f"/api/v1/milestones?park={PARK}").json()["items"]
    id_ = items[0]["id"]
    mended = {**TOLD, "when": "2024-03-18", "why": "公报写到日", "version": "1"}
    assert client.post(f"/milestones/{id_}", data=mended, follow_redirects=False).status_code == 303
    assert shown(client)[0].startswith("2024-03-18 ")
    assert "更正过 1 次" in client.get(f"{HOME}?lang=zh").text
    (one, _) = client.get(f"/api/v1/milestones?park={PARK}").json()["items"]
    assert (one["version"], one["earlier"][0]["when"]) == (2, "2024-03")
    again = client.post(f"/milestones/{id_}", data={**mended, "what": "另一窗口写的"})
    assert (again.status_code, "另一窗口写的" in again.text) == (412, True)
    records = records_at(client.app)  # type: ignore[arg-type]
    assert [e.action for e in newest(records, Wanted(), limit=9)] == [
        "milestone.correct", "milestone.add",
    ]  # fmt: skip


def test_one_of_the_sample_is_corrected_too(client: TestClient) -> None:
    mended = {**TOLD, "what": "启动", "why": "核对后", "version": "1"}
    client.post("/milestones/notice-digital-medicine", data=mended)
    assert shown(client) == ["2024-03 启动"]


def test_refused_with_what_was_typed(client: TestClient) -> None:
    for wrong in ({"when": "2022-13"}, {"when": "2030"}, {"what": ""}, {"source": ""}):
        answer = client.post("/milestones", data={**TOLD, **wrong})
        assert answer.status_code == 400
        assert 'role="alert"' in answer.text
        assert ('value="公报"' in answer.text) == ("source" not in wrong)
    assert shown(client) == ["2022 青岛数字医疗科技园全面启动"]


def test_the_office_writes_others_read(client: TestClient) -> None:
    for role, writes in (("officer", True), ("chair", False), (f"park:{PARK}", False)):
        client.cookies.set("lianzhu-role", role)
        assert shown(client)[-1].startswith("2022 ")
        assert ('action="/milestones' in client.get(HOME).text) is writes
        assert (client.post("/milestones", data=TOLD).status_code == 403) is not writes
    assert client.get("/api/v1/milestones?park=park-zhongdian").status_code == 404
    items = client.get("/api/v1/milestones").json()["items"]
    assert {item["park"] for item in items} == {PARK}


def test_the_page(client: TestClient) -> None:
    for lang in LANGS:
        answer = client.get(f"{HOME}?lang={lang}")
        assert (answer.status_code, " style=" in answer.text) == (200, False)
