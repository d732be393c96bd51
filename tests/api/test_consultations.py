"""服务会商 on pages: who asks, answers and closes, and who sees nothing of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from io import BytesIO
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from openpyxl import load_workbook

from api import park_work
from api.deps import records_at
from graph.attraction.consultation import Consultation, state_of
from graph.store.base import GraphStore
from records import accounts
from records.accounts import Details
from records.park_work import ACTIONS, CONSULTATION
from records.roles import Role
from records.trail import Wanted, newest
from tests.api.signed import NOW, PARK, PASSWORD, Office, office
from viz.words import LANGS, catalogue

OTHER = "demo-park-jiqiren"
ASKED = {
    "park": PARK, "subject": "=1+1 供电<b>", "about": "甲项目", "text": "能否增容?",
    "department": ["发改", "生态环境", "", ""], "due": ["2026-03-10", "2026-03-20", "", ""],
}  # fmt: skip


@pytest.fixture
def on(sample_store: GraphStore, tmp_path: Path) -> Iterator[Office]:
    """A park, an officer, two departments and an expert; the day is 2026-03-02."""
    made = office(sample_store, tmp_path)
    made.app.state.today = NOW.date()
    made.person("park", Role.PARK)
    made.person("wang", Role.OFFICER)
    made.person("expert", Role.REVIEWER)
    for login, department in (("fagai", "发改"), ("huanbao", "生态环境")):
        details = Details(login.upper(), Role.REVIEWER, department=department)
        accounts.create(made.records, login, details, PASSWORD, now=NOW, must_change=False)
    yield made
    made.records.close()


def put(browser: TestClient, **changes: object) -> str:
    """Ask, and the address of what came of it."""
    answer = browser.post("/consultations", data={**ASKED, **changes})  # type: ignore[arg-type]
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


def version_of(browser: TestClient, path: str) -> str:
    return re.findall(r'name="version" value="(\d+)"', browser.get(path).text)[0]


def kept(on: Office, path: str) -> Consultation:
    return park_work.one(on.records, CONSULTATION, path.rpartition("/")[2], sample=True)


def test_a_park_asks_departments_answer_and_the_park_closes(on: Office) -> None:
    park, fagai, huanbao = (on.signed_in(login) for login in ("park", "fagai", "huanbao"))
    path = put(park)
    assert "1 件服务会商等着办" in fagai.get("/?lang=zh").text
    assert 'name="who"' not in fagai.get(path).text  # nobody speaks in another's name
    for browser, text in ((fagai, "可以增容"), (huanbao, "无需环评")):
        said = {"text": text, "version": version_of(browser, path), "who": "别人"}
        mine = {fagai: "发改", huanbao: "生态环境"}[browser]
        answer = browser.post(f"{path}/answer", data={**said, "department": mine})
        assert answer.status_code == 303
        assert "件服务会商" not in browser.get("/?lang=zh").text
    assert state_of(kept(on, path)) == "answered"
    assert [r.who for r in kept(on, path).replies] == ["FAGAI", "HUANBAO"]
    assert "1 件服务会商等着办" in park.get(f"/parks/{PARK}?lang=zh").text
    done = {"result": "已增容", "version": version_of(park, path)}
    assert park.post(f"{path}/close", data=done).status_code == 303
    page = park.get(f"{path}?lang=zh").text
    assert page.index("能否增容?") < page.index("可以增容") < page.index("已增容")
    again = {"reason": "没说时限", "due": "2026-04-01", "version": version_of(park, path)}
    assert park.post(f"{path}/reopen", data=again).status_code == 303
    assert "1 件服务会商等着办" in huanbao.get("/?lang=zh").text
    noted = newest(on.records, Wanted(), limit=50)
    steps = [e.action for e in noted if e.action.startswith("consultation.")][::-1]
    assert steps == [
        "consultation.ask", "consultation.answer", "consultation.answer", "consultation.close",
        "consultation.reopen",
    ]  # fmt: skip
    ended = {"result": "不等了", "version": version_of(park, path)}
    assert park.post(f"{path}/close", data=ended).status_code == 303
    page = park.get(f"{path}?lang=zh").text  # earlier answers count no more, nor the first days
    assert page.count("办结时未答复") == 2
    assert page.count("2026-04-01") >= 2


def test_a_department_sees_and_answers_only_what_was_put_to_it(on: Office) -> None:
    park, fagai, huanbao, expert = map(on.signed_in, ("park", "fagai", "huanbao", "expert"))
    path = put(park, department=["发改"], due=["2026-03-10"])
    assert fagai.get(path).status_code == 200
    absent = huanbao.get("/consultations/nowhere").text
    for browser in (huanbao, expert):
        answer = browser.get(path)
        assert answer.status_code == 404
        assert answer.text.replace(path, "/consultations/nowhere") == absent.replace(
            "HUANBAO", "EXPERT" if browser is expert else "HUANBAO"
        )
        said = {"department": "发改", "text": "冒充", "version": "1"}
        assert browser.post(f"{path}/answer", data=said).status_code == 404
        assert "供电" not in browser.get("/consultations").text
        items = browser.get("/api/v1/consultations").json()["items"]
        assert ASKED["subject"] not in [item["subject"] for item in items]
    other = {"department": "生态环境", "text": "越权", "version": "1"}
    assert fagai.post(f"{path}/answer", data=other).status_code == 403
    assert fagai.post(f"{path}/close", data={"result": "办", "version": "1"}).status_code == 403
    assert kept(on, path).replies == ()


def test_a_park_asks_and_sees_for_itself_alone(on: Office) -> None:
    park, officer = on.signed_in("park"), on.signed_in("wang")
    assert park.post("/consultations", data={**ASKED, "park": OTHER}).status_code == 404
    theirs = put(officer, park=OTHER)
    assert park.get(theirs).status_code == 404
    assert park.post(f"{theirs}/close", data={"result": "办", "version": "1"}).status_code == 404
    assert {i["park"] for i in park.get("/api/v1/consultations").json()["items"]} == {PARK}
    mine = put(park)
    said = {"department": "发改", "text": "自问自答", "version": "1"}
    assert park.post(f"{mine}/answer", data=said).status_code == 403
    assert {i["park"] for i in officer.get("/api/v1/consultations").json()["items"]} == {
        PARK,
        OTHER,
    }


def test_the_office_answers_in_a_departments_name_and_is_told_who_has_no_account(
    on: Office,
) -> None:
    officer = on.signed_in("wang")
    path = put(officer, department=["供电公司"], due=["2026-03-10"])
    assert "供电公司 没有账号" in officer.get(f"{path}?lang=zh").text
    said = {"department": "供电公司", "who": "老赵", "text": "可增容", "version": "1"}
    assert officer.post(f"{path}/answer", data=said).status_code == 303
    assert kept(on, path).replies[0].who == "老赵"


def test_two_windows_lose_nothing(on: Office) -> None:
    fagai, huanbao = on.signed_in("fagai"), on.signed_in("huanbao")
    path = put(on.signed_in("park"))
    first = {"department": "发改", "text": "一", "version": "1"}
    assert fagai.post(f"{path}/answer", data=first).status_code == 303
    late = {"department": "生态环境", "text": "写了很久的答复", "version": "1"}
    answer = huanbao.post(f"{path}/answer", data=late)
    assert answer.status_code == 412
    assert "刚被别人改过" in answer.text
    assert "写了很久的答复" in answer.text
    assert 'name="version" value="2"' in answer.text
    assert huanbao.post(f"{path}/answer", data={**late, "version": "2"}).status_code == 303
    assert [r.text for r in kept(on, path).replies] == ["一", "写了很久的答复"]


def test_a_form_that_is_refused_keeps_what_was_typed(client: TestClient) -> None:
    client.app.state.today = NOW.date()  # type: ignore[attr-defined]
    wrong = {**ASKED, "due": ["2026-03-01", "2026-03-20", "", ""]}
    answer = client.post("/consultations", data=wrong)
    assert answer.status_code == 400
    assert "早于 2026-03-02" in answer.text
    assert 'value="=1+1 供电&lt;b&gt;"' in answer.text
    assert 'value="生态环境"' in answer.text
    for field in ("subject", "text", "department"):
        assert client.post("/consultations", data={**ASKED, field: ""}).status_code == 400
    assert client.post("/consultations", data={**ASKED, "text": "长" * 4001}).status_code == 400
    records = records_at(client.app)  # type: ignore[arg-type]
    assert newest(records, Wanted(), limit=9) == []


def test_overdue_first_filters_and_the_workbook(client: TestClient) -> None:
    client.app.state.today = date(2026, 3, 12)  # type: ignore[attr-defined]
    late = {"due": ["2026-03-12", "2026-03-20", "", ""]}
    for park, subject in ((PARK, "甲事"), (OTHER, "乙事")):
        client.post("/consultations", data={**ASKED, **late, "park": park, "subject": subject})
    client.app.state.today = date(2026, 3, 13)  # type: ignore[attr-defined]
    items = client.get("/api/v1/consultations").json()["items"]
    assert [i["overdue"] for i in items[:2]] == [["发改"], ["发改"]]
    assert items[-1]["state"] == "closed"  # of the sample
    one = client.get(f"/api/v1/consultations?park={OTHER}&state=overdue").json()["items"]
    assert [i["subject"] for i in one] == ["乙事"]
    none = client.get("/api/v1/consultations?department=科技").json()["items"]
    assert none == []
    assert client.get("/api/v1/consultations?state=lost").status_code == 422
    home = client.get("/?lang=zh").text
    assert re.search(r'<li class="urgent"><a href="[^"]*state=overdue">2 件服务会商', home)
    book = load_workbook(BytesIO(client.get(f"/consultations.xlsx?park={PARK}&lang=zh").content))
    rows = list(book.worksheets[0].iter_rows(values_only=True))
    assert rows[0][:5] == ("事项", "园区", "关于", "提出日期", "状态")
    assert rows[1][0] == "甲事"
    assert rows[1][6] == "2026-03-12 逾期：发改"
    assert len(rows) == 3


def test_what_looks_like_a_formula_stays_text(client: TestClient) -> None:
    client.app.state.today = NOW.date()  # type: ignore[attr-defined]
    client.post("/consultations", data=ASKED)
    book = load_workbook(BytesIO(client.get("/consultations.xlsx").content))
    (cell,) = [row[0] for row in book.worksheets[0].iter_rows() if "1+1" in str(row[0].value)]
    assert (cell.data_type, cell.value) == ("s", ASKED["subject"])
    assert "供电<b>" not in client.get("/consultations").text


def test_a_sample_consultation_is_kept_once_something_is_done_to_it(client: TestClient) -> None:
    client.app.state.today = date(2026, 7, 1)  # type: ignore[attr-defined]
    path = "/consultations/sample-power"
    said = {"department": "自然资源", "text": "用地已预留", "version": "2"}
    assert client.post(f"{path}/answer", data=said, follow_redirects=False).status_code == 303
    (found,) = [
        item
        for item in client.get("/api/v1/consultations").json()["items"]
        if item["id"] == "sample-power"
    ]
    assert (found["state"], found["version"]) == ("answered", 3)
    assert client.post(f"{path}/answer", data=said).status_code == 412


@pytest.mark.parametrize("lang", LANGS)
def test_every_action_has_its_word(lang: str) -> None:
    assert [a for a in ACTIONS if f"audit_action.{a}" not in catalogue(lang)] == []


def test_every_page(client: TestClient) -> None:
    for lang in LANGS:
        for path in ("/consultations", "/consultations/sample-power"):
            answer = client.get(f"{path}?lang={lang}")
            assert answer.status_code == 200
            assert " style=" not in answer.text
            assert "<script>" not in answer.text
