"""The pages of a review meeting: who sees what when, and what is refused in words."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from io import BytesIO
from pathlib import Path
from shutil import copyfile, copytree

import pytest
from docx import Document
from fastapi import FastAPI
from fastapi.testclient import TestClient
from openpyxl import load_workbook
from pypdfium2 import PdfDocument

from api import rehearsal, reviewing
from api.app import create_app
from api.desk import Desk
from api.security.gate import flat, route_of
from api.security.policy import POLICY
from api.settings import Settings
from api.standards import standards_of
from graph.errors import NotFound
from graph.review.meeting import Ballot, Card, Case, Condition, Decision, Meeting, Member
from graph.review.panel import experts_asked, result
from graph.store import open_store
from records import audit, meetings
from records.database import Records
from records.roles import Role
from tests.api.signed import office
from tests.api.test_policy import offers

DAY = date(2026, 7, 1)
STATES = ("scoring", "sealed", "published")
DRAFTED, SUBMITTED = "暗号甲只有本人看得到", "暗号乙交了也只有本人看得到"
OWN, OTHER = "park-jiqiren", "park-zhongdian"
HOSTILE = "<script>alert('x')</script>"


@pytest.fixture(scope="module")
def zone(sample_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the sample graph and one meeting in three states: sealed as it was played."""
    folder = tmp_path_factory.mktemp("meetings")
    (folder / "sample.db").write_bytes(sample_file.read_bytes())
    store = open_store(f"sqlite:///{folder}/sample.db", deadline=3.0)
    store.migrate()
    records = Records(f"sqlite:///{folder}/sample-records.db", heads=folder / "sample-heads")
    desk = Desk(store, sample=True).pinned()
    standards = standards_of(Path("none"), sample=True)
    sealed = rehearsal.play(records, desk, standards, DAY, until="sealed")
    for ordinal, made in enumerate((scoring(sealed), published(sealed)), 50):
        meetings.add(records, replace(made, ordinal=ordinal))
    records.close()
    store.close()
    return folder


def scoring(sealed: Meeting) -> Meeting:
    """Nobody has judged anything, but two who judge the first project."""
    first, *rest = (replace(case, cards=()) for case in sealed.cases)
    assert first.basis is not None
    points = dict.fromkeys(experts_asked(first.basis.standard), 2)
    one, two, _ = first.judges()
    cards = (
        Card(one, points, {}, "oppose", DRAFTED),
        Card(two, points, {}, "oppose", SUBMITTED, submitted=True),
    )
    cases = (replace(first, cards=cards), *rest)
    return replace(sealed, id="scoring", state="scoring", cases=cases)


def published(sealed: Meeting) -> Meeting:
    """As the rules say, with a dissent; what is open on conditions."""
    return replace(
        sealed, id="published", state="published", cases=tuple(map(decided, sealed.cases))
    )


def decided(case: Case) -> Case:
    found = result(case, sealed=True)
    assert found is not None
    one, *others = case.judges()
    outcome = found.outcome or "conditional"
    against = Ballot(one, "rejected", "少数意见")
    ballots = (against, *(Ballot(m, outcome) for m in others))
    terms = (Condition("年税收", 500.0, "万元", date(2028, 7, 1), "完税证明"),)
    decision = Decision(
        outcome, found.outcome, "demo-chair", "照章", found.transfer_to,
        terms if outcome == "conditional" else (), (against,),
    )  # fmt: skip
    return replace(case, ballots=ballots, decision=decision)


@pytest.fixture(scope="module")
def app(zone: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[FastAPI]:
    """One application for all tests: what it works out of the graph is worked out once."""
    folder = tmp_path_factory.mktemp("app") / "zone"
    copytree(zone, folder)
    store = open_store(f"sqlite:///{folder}/sample.db", deadline=3.0)
    store.migrate()
    settings = Settings(
        graph_url=f"sqlite:///{folder}/own.db",
        records_url=f"sqlite:///{folder}/records.db",
        audit_heads=f"{folder}/heads",
    )
    yield create_app(store, settings, sample=True)
    store.close()


@pytest.fixture
def client(app: FastAPI, zone: Path) -> Iterator[TestClient]:
    """Records as they were made, and nobody's cookies."""
    folder = Path(app.state.settings.records_url.removeprefix("sqlite:///")).parent
    for name in ("sample-records.db", "sample-heads"):
        copyfile(zone / name, folder / name)
    with TestClient(app, raise_server_exceptions=False) as made:
        yield made
    for records in app.state.records.values():
        records.close()
    app.state.records.clear()


def kept(client: TestClient, id: str) -> Meeting:
    (records,) = client.app.state.records.values()  # type: ignore[attr-defined]
    return meetings.get(records, id)


def in_state(client: TestClient, state: str) -> Meeting:
    client.get("/sessions")
    (records,) = client.app.state.records.values()  # type: ignore[attr-defined]
    return next(m for m in meetings.all_of(records) if m.state == state)


def pages_of(meeting: Meeting, *cases: Case) -> list[str]:
    """Every address at which a meeting is told of."""
    shown = [f"/reviews/{meeting.id}/{case.id}" for case in cases]
    twins = ["/api/v1/sessions", f"/api/v1/sessions/{meeting.id}"]
    return ["/sessions", f"/sessions/{meeting.id}", *twins, *shown]


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("state", STATES)
def test_every_page_in_every_state(client: TestClient, state: str, lang: str) -> None:
    meeting = in_state(client, state)
    case = meeting.cases[0]
    for who in ("demo-secretary", case.judges()[0]):
        for path in pages_of(meeting, case):
            asked = {"lang": lang} if path.endswith("/sessions") else {"lang": lang, "as": who}
            answer = client.get(path, params=asked)
            assert answer.status_code == 200, (path, who)
            assert len(answer.content) <= (350_000 if path.startswith("/api/") else 300_000)
            assert " style=" not in answer.text
            assert "<script>" not in answer.text


def test_what_is_held_is_not_sent_again(client: TestClient) -> None:
    meeting = in_state(client, "scoring")
    for path in pages_of(meeting, meeting.cases[0]):
        tag = client.get(path).headers["etag"]
        assert client.get(path, headers={"If-None-Match": tag}).status_code == 304, path


def test_the_page_holds_the_agenda_against_the_announcement(client: TestClient) -> None:
    text = client.get(f"/sessions/{in_state(client, 'sealed').id}").text
    assert "公告 5 园 21 项 / 议程 5 园 21 项" in text
    assert "供需关系" in text  # a recusal that was found, with its path by name
    assert "示例智能家电链主有限公司" in text
    told = client.get("/api/v1/sessions/published").json()
    assert told["announced"] == told["counted"] == [5, 21]
    assert {p["outcome"] for p in told["projects"]} > {"approved", "conditional", "transferred"}


def test_before_sealing_a_card_reaches_its_writer_only(client: TestClient) -> None:
    meeting = in_state(client, "scoring")
    case = meeting.cases[0]
    writers = {card.member: card.opinion for card in case.cards}
    assert set(writers.values()) == {DRAFTED, SUBMITTED}
    pages = pages_of(meeting, case)

    def told(path: str, **asked: str) -> set[str]:
        answer = client.get(path, params=asked)
        assert answer.status_code == 200, (path, asked)
        return {secret for secret in (DRAFTED, SUBMITTED) if secret in answer.text}

    for member in meeting.panel:
        own = {writers[member.id]} if member.id in writers else set()
        for path in pages[1:]:
            assert told(path, **{"as": member.id}) <= own, (path, member.id)
        assert told("/api/v1/sessions/scoring", **{"as": member.id}) == own
    drafter = next(m for m, secret in writers.items() if secret == DRAFTED)
    assert told(f"/reviews/scoring/{case.id}", **{"as": drafter}) == {DRAFTED}
    for role in ("viewer", "officer", f"park:{case.park}", "chair", "secretary"):
        client.cookies.set("lianzhu-role", role)
        for path in pages:
            assert told(path) == set(), (role, path)


def test_nothing_of_a_draft_shows_in_the_tags_of_others(client: TestClient) -> None:
    """A tag that moves when somebody else writes would tell that, and when, they did."""
    case = in_state(client, "scoring").cases[0]
    one, _, three = case.judges()
    paths = ("/sessions/scoring", f"/reviews/scoring/{case.id}", "/api/v1/sessions/scoring")
    seen = {p: client.get(p, params={"as": three}).headers["etag"] for p in paths}
    mine = client.get(paths[1], params={"as": one}).headers["etag"]
    sent = client.post(f"{paths[1]}/card", data={"as": one, "version": "1", "opinion": "改了"})
    assert sent.status_code == 200
    assert {p: client.get(p, params={"as": three}).headers["etag"] for p in paths} == seen
    assert client.get(paths[1], params={"as": one}).headers["etag"] != mine


def test_the_secretary_sees_who_has_submitted_and_not_what(client: TestClient) -> None:
    text = client.get("/sessions/scoring", params={"as": "demo-secretary"}).text
    assert "已提交 1 份，应有 63 份" in text
    assert "已交 1/3" in text
    assert "已交" not in client.get("/sessions/scoring", params={"as": "demo-e1"}).text


def test_computed_points_wait_for_the_reader_s_own_judgement(client: TestClient) -> None:
    case = in_state(client, "scoring").cases[0]
    drafted, submitted, untouched = case.judges()
    for who, shown in ((drafted, False), (untouched, False), (submitted, True)):
        text = client.get(f"/reviews/scoring/{case.id}", params={"as": who}).text
        assert ("逐项得分" in text) is shown
        assert ("免得先入为主" in text) is not shown
        told = client.get("/api/v1/sessions/scoring", params={"as": who}).json()["projects"][0]
        assert (told["interval"] is not None, bool(told["gates"])) == (shown, shown)
        assert (told["heads"] != []) is shown
    secretary = client.get("/api/v1/sessions/scoring").json()["projects"][0]
    assert secretary["interval"] is None
    assert client.get("/api/v1/sessions/scoring").json()["batch"] is None


def test_a_card_is_saved_and_submitted_once(client: TestClient) -> None:
    case = in_state(client, "scoring").cases[1]
    assert case.basis is not None
    path, who = f"/reviews/scoring/{case.id}", case.judges()[0]
    page = client.get(path, params={"as": who}).text
    assert page.count('name="points.') == 5 * len(experts_asked(case.basis.standard))
    card = {"as": who, "version": "0", "stance": "support"}
    short = client.post(f"{path}/submit", data=card)
    assert short.status_code == 400
    assert "还没评完：技术先进性" in short.text
    points = {f"points.{item}": "4" for item in experts_asked(case.basis.standard)}
    assert client.post(f"{path}/card", data={**card, **points, "opinion": "先存"}).url.path == path
    stale = client.post(f"{path}/card", data={**card, "opinion": "另一个窗口"})
    assert stale.status_code == 412
    assert "另一个窗口" in stale.text  # what was written is not lost
    assert 'name="version" value="1"' in stale.text
    done = client.post(f"{path}/submit", data={**card, **points, "version": "1"})
    assert done.status_code == 200
    assert "您已提交" in done.text
    again = client.post(f"{path}/card", data={**card, **points, "version": "2"})
    assert (again.status_code, "已经提交，不能再改" in again.text) == (400, True)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"points.advanced": "6"}, "打分只能是 1 到 5"),
        ({"points.gain": "3"}, "gain"),
        ({"veto.v-funds": "pass"}, "v-funds"),
        ({"stance": "maybe"}, "maybe"),
    ],
)
def test_a_card_that_makes_no_sense(client: TestClient, fields: dict[str, str], said: str) -> None:
    case = in_state(client, "scoring").cases[1]
    sent = {"as": case.judges()[0], "version": "0", **fields}
    answer = client.post(f"/reviews/scoring/{case.id}/card", data=sent)
    assert answer.status_code == 400
    assert said in answer.text
    assert kept(client, "scoring").cases[1].cards == ()


def open_case(client: TestClient, wanted: Callable[[Case], bool]) -> tuple[str, Case]:
    meeting = in_state(client, "sealed")
    case = next(c for c in meeting.cases if wanted(c))
    return f"/reviews/{meeting.id}/{case.id}", case


def approved(case: Case) -> bool:
    found = result(case, sealed=True)
    return found is not None and found.outcome == "approved"


def test_the_panel_discusses_votes_and_the_chair_decides(client: TestClient) -> None:
    path, case = open_case(client, approved)
    one, two, three = case.judges()
    for who, outcome in ((one, "deferred"), (two, "deferred"), (three, "approved")):
        client.post(f"{path}/vote", data={"as": who, "outcome": outcome})
    said = {"as": one, "to": three, "text": HOSTILE, "stance": "oppose"}
    page = client.post(f"{path}/reply", data=said).text
    assert "&lt;script&gt;alert(" in page
    assert HOSTILE not in page
    chair = {"as": "demo-chair", "outcome": "deferred"}
    refused = client.post(f"{path}/decide", data={**chair, "as": one})
    assert refused.status_code == 403
    refused = client.post(f"{path}/decide", data=chair)
    assert (refused.status_code, "要写明理由" in refused.text) == (400, True)
    other = client.post(f"{path}/decide", data={**chair, "outcome": "approved", "reason": "就要"})
    assert (other.status_code, "的表决结果是“暂缓”" in other.text) == (400, True)
    assert "就要" in other.text
    done = client.post(f"{path}/decide", data={**chair, "reason": "材料不足"})
    assert done.status_code == 200
    assert "与规则不同" in done.text
    assert "有异议 1" in done.text
    assert "材料不足" in client.get(f"/sessions/{in_state(client, 'sealed').id}").text


def test_conditions_are_whole_or_refused(client: TestClient) -> None:
    path, case = open_case(client, approved)
    for who in case.judges():
        client.post(f"{path}/vote", data={"as": who, "outcome": "conditional"})
    asked = {"as": "demo-chair", "outcome": "conditional", "reason": "先补"}
    none = client.post(f"{path}/decide", data=asked)
    assert (none.status_code, "至少一条条件" in none.text) == (400, True)
    row = {
        "c2.indicator": "年税收",
        "c2.value": "约五百",
        "c2.unit": "万元",
        "c2.due": "2028-07-01",
    }
    wrong = client.post(f"{path}/decide", data={**asked, **row, "c2.evidence": "完税证明"})
    assert (wrong.status_code, "“约五百”不是确切的数" in wrong.text) == (400, True)
    assert 'value="约五百"' in wrong.text
    for amount in ("1_000", "-5", "0"):
        row["c2.value"] = amount
        wrong = client.post(f"{path}/decide", data={**asked, **row, "c2.evidence": "完税证明"})
        assert wrong.status_code == 400, amount
    row |= {"c2.value": "0.0001235亿元", "c2.at_most": "1"}
    assert client.post(f"{path}/decide", data={**asked, **row}).status_code == 400  # no proof
    done = client.post(f"{path}/decide", data={**asked, **row, "c2.evidence": "完税证明"})
    term = "截至二〇二八年七月一日（含当日），年税收不高于 1.235 万元，证明材料：完税证明"
    assert term in done.text


def test_conditions_after_which_nothing_is_promised_are_refused_and_others_kept(
    client: TestClient,
) -> None:
    path, case = open_case(client, approved)
    row = {"c0.indicator": "年税收", "c0.value": "500", "c0.unit": "万元", "c0.due": "2028-07-01"}
    asked = {"as": "demo-chair", **row, "c0.evidence": "完税证明", "reason": "另议"}
    for outcome, status in (("deferred", 400), ("special", 200)):
        for who in case.judges():
            client.post(f"{path}/vote", data={"as": who, "outcome": outcome})
        done = client.post(f"{path}/decide", data={**asked, "outcome": outcome})
        assert done.status_code == status
        assert ("没有条件可履行" in done.text) == (status == 400)
    assert "截至二〇二八年七月一日（含当日）" in done.text


def test_the_audit_names_who_was_recused_beside_who_did_it(client: TestClient) -> None:
    path, case = open_case(client, approved)
    who = case.judges()[0]
    client.post(f"{path}/recuse", data={"as": "demo-secretary", "member": who, "why": "亲属"})
    (records,) = client.app.state.records.values()  # type: ignore[attr-defined]
    with records.read() as db:
        *_, (last, _) = audit.entries(db)
    told = {"case": case.id, "member": "demo-secretary", "recused": who}
    assert (last.action, json.loads(last.detail).items() >= told.items()) == ("review.recuse", True)


def test_what_an_applicant_kept_of_earlier_promises_anchors_nobody(client: TestClient) -> None:
    meeting = in_state(client, "scoring")
    case = next(c for c in meeting.cases if c.basis and c.basis.haircuts)
    path = f"/reviews/scoring/{case.id}"
    judge = case.judges()[0]
    for who in (judge, "demo-secretary"):
        assert "以往同类承诺的兑现率（能耗相除）" not in client.get(path, params={"as": who}).text
    assert case.basis is not None
    points = {f"points.{i}": "3" for i in experts_asked(case.basis.standard)}
    client.post(f"{path}/submit", data={"as": judge, "stance": "support", "version": "0", **points})
    assert "以往同类承诺的兑现率（能耗相除）" in client.get(path, params={"as": judge}).text


def test_who_recuses_sees_nothing_of_the_others_until_the_decision(client: TestClient) -> None:
    path, case = open_case(client, approved)
    who = case.judges()[0]
    assert "各评委打分" in client.get(path, params={"as": who}).text
    empty = client.post(f"{path}/recuse", data={"as": who, "why": " "})
    assert (empty.status_code, "要写明理由" in empty.text) == (400, True)
    page = client.post(f"{path}/recuse", data={"as": who, "why": "亲属任职"}).text
    assert "您回避这个项目" in page
    assert "各评委打分" not in page
    assert "逐项得分" not in page
    whole = client.get(f"/sessions/{in_state(client, 'sealed').id}", params={"as": who}).text
    assert "这一批怎么选最好" not in whole


def test_a_park_operator_sees_its_own_projects_and_their_decisions_only(
    client: TestClient,
) -> None:
    meeting = in_state(client, "published")
    own, other = (next(c for c in meeting.cases if c.park == p) for p in (OWN, OTHER))
    names = {c.name for c in meeting.cases if c.park != OWN}
    names -= {c.name for c in meeting.cases if c.park == OWN}
    client.cookies.set("lianzhu-role", f"park:{OWN}")
    for path in pages_of(meeting, own):
        answer = client.get(path)
        assert answer.status_code == 200
        assert [name for name in names if name in answer.text] == []
        assert "少数意见" not in answer.text
        assert "示例专家" not in answer.text
    assert "照章" in client.get(f"/reviews/published/{own.id}").text
    assert "照章" not in client.get(f"/sessions/{in_state(client, 'sealed').id}").text
    seen, absent = (client.get(f"/reviews/published/{id_}") for id_ in (other.id, "f" * 32))
    assert (seen.status_code, absent.status_code) == (404, 404)
    assert seen.text.replace(other.id, "f" * 32) == absent.text
    assert client.post(f"/reviews/published/{own.id}/recuse", data={"why": "x"}).status_code == 403


def test_the_batch_stands_beside_the_panel_s_choice(client: TestClient) -> None:
    text = client.get("/sessions/published").text
    assert "这一批怎么选最好" in text
    assert re.search(r"评审会的选择值 \d\.\d{3}；最优 \d\.\d{3}，上限 \d\.\d{3}", text)
    assert "已证明最优" in text
    assert "最优里没有的项目" in text


EFFECT, GAINS = "链主缺口强度合计", "占链主今天缺口强度的份额"


def test_before_and_after_is_told_to_whom_the_batch_is_told(client: TestClient) -> None:
    """Not while anything is hidden of any project; the twin and each project's page alike."""
    scored, sealed, done = (in_state(client, state) for state in STATES)
    judge, case = sealed.cases[0].judges()[0], sealed.cases[0]

    def told(meeting: Meeting, **asked: str) -> set[bool]:
        page, twin, review = (
            client.get(path, params=asked)
            for path in (
                f"/sessions/{meeting.id}",
                f"/api/v1/sessions/{meeting.id}",
                f"/reviews/{meeting.id}/{case.id}",
            )
        )
        effect = twin.json()["effect"] is not None
        return {EFFECT in page.text, effect, GAINS in review.text}

    for who in ("demo-secretary", *{c.member for c in scored.cases[0].cards}):
        assert told(scored, **{"as": who}) == {False}
    for who in ("demo-secretary", judge):
        assert told(sealed, **{"as": who}) == {True}
        assert told(done, **{"as": who}) == {True}
    client.post(f"/reviews/{sealed.id}/{case.id}/recuse", data={"as": judge, "why": "亲属"})
    assert told(sealed, **{"as": judge}) == {False}  # one project is hidden from them
    for role in ("viewer", "officer", f"park:{case.park}"):
        client.cookies.set("lianzhu-role", role)
        assert told(done) == {False}, role
    client.cookies.set("lianzhu-role", "park:park-xianshi")  # nothing of it is on the agenda
    assert client.get("/api/v1/sessions/published").json()["effect"] is None


def test_before_and_after_says_which_way_it_went(client: TestClient) -> None:
    text = client.get("/sessions/published").text
    assert re.search(r"评审会之后：链条更安全，链主缺口强度合计 76\.83 → \d\d\.\d\d（降 ", text)
    assert "全区主导产业集聚度 55.3%（已知 26/36 家） → " in text.replace("&rarr;", "→")
    open_ = client.get(f"/sessions/{in_state(client, 'sealed').id}").text
    assert "如果按最优方案：链条更安全" in open_
    assert "会前 → 最优后" in open_
    assert "已作决定" not in open_


def test_the_steps_are_those_of_who_runs_the_meeting(client: TestClient) -> None:
    called = {"title": HOSTILE, "year": "2026", "ordinal": "1", "day": "2026-07-01", "host": "园区"}
    page = client.post("/sessions", data=called)
    assert (page.status_code, HOSTILE in page.text) == (200, False)
    path = page.url.path
    twice = client.post("/sessions", data=called)
    assert (twice.status_code, "2026 年度第 1 次评审会已经有了" in twice.text) == (400, True)
    early = client.post(f"{path}/seal")
    assert (early.status_code, "会议不在这一步" in early.text) == (400, True)
    for name, seat in (("秘", "secretary"), ("主", "chair"), ("专", "expert")):
        assert client.post(f"{path}/panel", data={"name": name, "seat": seat}).status_code == 200
    panel = {m.name: m for m in in_state(client, "draft").panel}
    assert client.post(f"{path}/open", data={"as": panel["专"].id}).status_code == 403
    assert "受理申报" in client.post(f"{path}/open", data={"as": panel["主"].id}).text
    empty = client.post(f"{path}/begin")
    assert (empty.status_code, "议程是空的" in empty.text) == (400, True)
    assert client.post(f"{path}/dismiss", data={"member": panel["专"].id}).status_code == 200
    assert len(in_state(client, "open").panel) == 2
    assert client.post(f"{path}/elsewhere").status_code == 422


def test_a_project_is_taken_off_the_agenda_with_a_button(client: TestClient) -> None:
    sealed = in_state(client, "sealed")
    bare = tuple(Case(c.id, c.name, c.applicant, c.park) for c in sealed.cases[:2])
    opened = replace(sealed, id="open", ordinal=80, state="open", cases=bare)
    (records,) = client.app.state.records.values()  # type: ignore[attr-defined]
    meetings.add(records, opened)
    first, second = bare
    assert client.get("/sessions/open").text.count(f'value="{first.id}"><button') == 1
    assert "移出议程" not in client.get(f"/sessions/{sealed.id}").text
    done = client.post("/sessions/open/take_off", data={"case": first.id})
    assert (done.status_code, first.name in done.text) == (200, False)
    assert [c.id for c in kept(client, "open").cases] == [second.id]
    assert client.post("/sessions/open/take_off", data={"case": first.id}).status_code == 404
    with records.read() as db:
        *_, (last, _) = audit.entries(db)
    assert (last.action, first.id in last.detail) == ("review.take_off", True)
    late = client.post(f"/sessions/{sealed.id}/take_off", data={"case": first.id})
    assert (late.status_code, "会议不在这一步" in late.text) == (400, True)


def test_a_graph_that_lost_a_park_leaves_the_pages_and_the_documents(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(*_: object) -> None:
        raise NotFound("unknown_park", park=OWN)

    monkeypatch.setattr(reviewing, "batches", gone)
    meeting = in_state(client, "published")
    for path in pages_of(meeting, meeting.cases[0]):
        assert client.get(path).status_code == 200
    for name in ("minutes.docx", "scores.xlsx"):
        assert client.get(f"/sessions/published/{name}").status_code == 200
    assert client.get("/api/v1/sessions/published").json()["batch"] is None


def test_reopening_takes_two(client: TestClient) -> None:
    first = {"as": "demo-secretary"}
    assert client.post("/sessions/published/agree", data=first).status_code == 400
    client.post("/sessions/published/reopen", data={**first, "why": "材料有误"})
    same = client.post("/sessions/published/agree", data=first)
    assert (same.status_code, "两个不同的人" in same.text) == (400, True)
    done = client.post("/sessions/published/agree", data={"as": "demo-chair"})
    assert "示例秘书 + 示例主持人：材料有误" in done.text
    assert kept(client, "published").state == "sealed"


@pytest.mark.parametrize("role", sorted(Role))
def test_no_page_offers_what_its_reader_may_not_do(client: TestClient, role: str) -> None:
    found = [(m, m.cases[0]) for m in (in_state(client, state) for state in STATES)]
    client.cookies.set("lianzhu-role", f"{role}:{found[0][1].park}" if role == "park" else role)
    offered: set[tuple[str, str]] = set()
    for path in {p for meeting, case in found for p in pages_of(meeting, case)}:
        answer = client.get(path, follow_redirects=False)
        assert answer.status_code == (403 if role in ("admin", "auditor") else 200), path
        offered |= set(offers(answer.text)) if answer.status_code == 200 else set()
    routes = list(flat(client.app.routes))  # type: ignore[attr-defined]
    for method, path in offered:
        scope = {"type": "http", "method": method, "path": path, "headers": []}
        route = route_of(routes, scope)
        assert route is not None, (method, path)
        assert POLICY[route].allows(frozenset({Role(role)})), (path, route)
    assert bool(offered) is (role not in ("admin", "auditor"))


def test_a_role_speaks_for_nobody_of_another(client: TestClient) -> None:
    case = in_state(client, "scoring").cases[0]
    client.cookies.set("lianzhu-role", "reviewer")
    assert client.get("/sessions/scoring?as=demo-chair").status_code == 403
    assert client.get("/sessions/scoring?as=nobody").status_code == 404
    assert client.post(f"/reviews/scoring/{case.id}/decide").status_code == 403
    assert client.post("/sessions/scoring/seal").status_code == 403


def test_with_accounts_everybody_is_themselves(zone: Path, tmp_path: Path) -> None:
    folder = tmp_path / "office"
    copytree(zone, folder)
    store = open_store(f"sqlite:///{folder}/sample.db", deadline=3.0)
    store.migrate()
    there = office(store, folder)
    people = {login: there.person(login, Role.REVIEWER) for login in ("one", "two")}
    meeting = meetings.get(there.records, "scoring")
    case = meeting.cases[0]
    drafter = case.cards[0].member if case.cards[0].opinion == DRAFTED else case.cards[1].member
    seated = as_member(replace(meeting, id="mine", ordinal=60), drafter, people["one"])
    meetings.add(there.records, seated)
    one, two = there.signed_in("one"), there.signed_in("two")
    page = f"/reviews/mine/{case.id}"
    assert DRAFTED in one.get(page).text
    for path in (page, f"{page}?as={people['one']}", f"/api/v1/sessions/mine?as={people['one']}"):
        answer = two.get(path)  # not of the panel: as any other reader
        assert (answer.status_code, DRAFTED in answer.text) == (200, False)
        assert "代行身份" not in answer.text
        assert seated.panel[0].name not in answer.text
    for who in (people["one"], ""):
        sent = two.post(f"{page}/card", data={"as": who, "version": "1"})
        assert sent.status_code == 403
    assert one.post(f"{page}/card", data={"version": "1", "opinion": "改"}).status_code == 303
    assert one.post("/sessions/mine/seal").status_code == 403
    store.close()


def as_member(meeting: Meeting, old: str, new: str) -> Meeting:
    """The same meeting with somebody under another id."""

    def renamed(case: Case) -> Case:
        assigned = tuple(new if m == old else m for m in case.assigned)
        cards = tuple(replace(c, member=new) if c.member == old else c for c in case.cards)
        return replace(case, assigned=assigned, cards=cards)

    panel: tuple[Member, ...] = tuple(
        replace(m, id=new) if m.id == old else m for m in meeting.panel
    )
    return replace(meeting, panel=panel, cases=tuple(map(renamed, meeting.cases)))


def test_the_documents_of_a_sealed_meeting_are_taken_away_by_who_runs_it(
    client: TestClient,
) -> None:
    meeting = in_state(client, "published")
    case = meeting.cases[0]
    base = f"/sessions/{meeting.id}"
    minutes, opinion = (
        "\n".join(p.text for p in Document(BytesIO(client.get(path).content)).paragraphs)
        for path in (f"{base}/minutes.docx", f"/reviews/{meeting.id}/{case.id}/opinion.docx")
    )
    assert meeting.title in minutes
    assert case.name in opinion
    assert f"lianzhu review replay {meeting.id}" in opinion
    answer = client.get(f"{base}/scores.xlsx")
    assert answer.headers["content-disposition"].startswith("attachment")
    first = load_workbook(BytesIO(answer.content)).worksheets[0]
    cells = {str(cell.value) for row in first.iter_rows() for cell in row}
    assert {c.name for c in meeting.cases} <= cells
    assert client.get(f"/reviews/{meeting.id}/nobody/opinion.docx").status_code == 404


@pytest.mark.usefixtures("typesetter")
def test_the_documents_of_a_sealed_meeting_as_pdf(client: TestClient) -> None:
    meeting = in_state(client, "published")
    case = meeting.cases[0]
    base, review = f"/sessions/{meeting.id}", f"/reviews/{meeting.id}/{case.id}"
    assert f'href="{base}/minutes.pdf?lang=zh"' in client.get(base).text
    assert f'href="{review}/opinion.pdf?lang=zh"' in client.get(review).text
    held = ((f"{base}/minutes", meeting.title), (f"{review}/opinion", case.name))
    for path, within in (*held, (f"{base}/scores", case.name)):
        answer = client.get(f"{path}.pdf")
        assert answer.headers["content-type"] == "application/pdf"
        assert answer.headers["content-disposition"].startswith("attachment")
        pages = [p.get_textpage().get_text_bounded() for p in PdfDocument(answer.content)]
        assert within in "".join("".join(pages).split())
    assert client.get(f"/reviews/{meeting.id}/nobody/opinion.pdf").status_code == 404


def appealed(client: TestClient) -> str:
    """The page of a published project of `OWN`, appealed by its park."""
    meeting = in_state(client, "published")
    told = replace(meeting, id="told", ordinal=70, cases=tuple(map(out_today, meeting.cases)))
    (records,) = client.app.state.records.values()  # type: ignore[attr-defined]
    meetings.add(records, told)
    path = f"/reviews/told/{next(c.id for c in told.cases if c.park == OWN)}"
    client.cookies.set("lianzhu-role", f"park:{OWN}")
    assert "可申诉一次" in client.get(path).text
    short = client.post(f"{path}/appeal", data={"reason": "漏看合同", "evidence": " "})
    assert (short.status_code, "新的证据" in short.text, "漏看合同" in short.text) == (
        400,
        True,
        True,
    )
    sent = client.post(f"{path}/appeal", data={"reason": "漏看合同", "evidence": HOSTILE})
    assert (sent.status_code, HOSTILE in sent.text) == (200, False)
    assert "申诉待答复" in sent.text
    return path


def out_today(case: Case) -> Case:
    assert case.decision is not None
    return replace(case, decision=replace(case.decision, published=date.today()))


def test_a_park_appeals_once_and_the_chair_answers(client: TestClient) -> None:
    path = appealed(client)
    twice = client.post(f"{path}/appeal", data={"reason": "再说", "evidence": "x"})
    assert (twice.status_code, "已经申诉过一次" in twice.text) == (400, True)
    other = next(c.id for c in kept(client, "told").cases if c.park != OWN)
    data = {"reason": "x", "evidence": "x"}
    assert client.post(f"/reviews/told/{other}/appeal", data=data).status_code == 404
    assert client.post(f"{path}/answer", data={"answer": "refused", "why": "x"}).status_code == 403
    client.cookies.set("lianzhu-role", "viewer")
    assert "漏看合同" not in client.get(path).text
    assert "漏看合同" not in client.get("/api/v1/sessions/told").text
    client.cookies.clear()
    chair = {"as": "demo-chair"}
    none = client.post(f"{path}/answer", data={**chair, "answer": "refused"})
    assert (none.status_code, "要写明理由" in none.text) == (400, True)
    done = client.post(f"{path}/answer", data={**chair, "answer": "accepted"})
    assert "申诉已受理" in done.text
    assert "只重新合议" in client.get("/sessions/told").text
    minutes = Document(BytesIO(client.get("/sessions/told/minutes.docx").content)).paragraphs
    assert any("漏看合同" in p.text and "申诉已受理" in p.text for p in minutes)
    assert client.post("/sessions/told/agree", data=chair).status_code == 400  # the same person
    client.post("/sessions/told/agree", data={"as": "demo-secretary"})
    after = kept(client, "told")
    assert (after.state, sum(c.decision is None for c in after.cases)) == ("sealed", 1)


def test_the_office_appeals_for_a_park(client: TestClient) -> None:
    path = appealed(client)
    other = next(c.id for c in kept(client, "told").cases if c.park != OWN)
    client.cookies.clear()
    sent = client.post(
        f"/reviews/told/{other}/appeal", data={"reason": "代为申诉", "evidence": "报告"}
    )
    assert "秘书代园区" in sent.text
    client.cookies.set("lianzhu-role", "officer")
    assert client.post(f"{path}/appeal", data={"reason": "x", "evidence": "x"}).status_code == 403


def test_the_call_and_the_agenda_are_changed_over_what_was_seen(client: TestClient) -> None:
    called = {"title": "会", "year": "2026", "ordinal": "9", "day": "2026-07-01", "host": "办"}
    bad = client.post("/sessions", data={**called, "opens": "2026-06-09"})
    assert (bad.status_code, 'value="2026-06-09"' in bad.text) == (400, True)
    more = {"opens": "2026-06-01", "closes": "2026-06-09", "place": "会议室", "starts": "09:00"}
    page = client.post("/sessions", data={**called, **more, f"expected.{OWN}": "3"})
    path = page.url.path
    assert "集中提报 2026-06-01 至 2026-06-09" in page.text
    assert "少 3 项" in page.text
    version = str(kept(client, path.rpartition("/")[2]).version)
    late = {**called, **more, "starts": "25:00", "version": version}
    wrong = client.post(f"{path}/revise", data=late)
    assert (wrong.status_code, "不是一个时刻" in wrong.text) == (400, True)
    changed = client.post(f"{path}/revise", data={**late, "starts": "10:30", "place": "另一处"})
    assert "10:30" in changed.text
    stale = client.post(f"{path}/revise", data={**late, "starts": "11:00", "place": "谁改的"})
    assert (stale.status_code, 'value="谁改的"' in stale.text) == (412, True)


def test_the_agenda_is_ordered_in_one_form(client: TestClient) -> None:
    meeting = in_state(client, "sealed")
    path = f"/sessions/{meeting.id}"
    page = client.get(path).text
    assert "09:00–09:15" in page
    assert "共 315 分钟" in page  # 21 projects of 15 minutes
    assert "优先引进在前" in page
    first, second = meeting.cases[:2]
    form = {"version": str(meeting.version)}
    for at, case in enumerate(meeting.cases):
        form |= {f"at.{case.id}": str(at), f"minutes.{case.id}": "15"}
    form |= {f"at.{second.id}": "0", f"at.{first.id}": "1", f"minutes.{second.id}": "30"}
    wrong = client.post(f"{path}/order", data={**form, f"minutes.{first.id}": "999"})
    assert (wrong.status_code, 'value="999"' in wrong.text) == (400, True)
    done = client.post(f"{path}/order", data=form)
    assert "09:00–09:30" in done.text
    after = kept(client, meeting.id)
    assert [c.id for c in after.cases[:2]] == [second.id, first.id]
    assert client.post(f"{path}/order", data=form).status_code == 412


def test_what_has_priority_says_why_to_who_may_see_the_points(client: TestClient) -> None:
    meeting = in_state(client, "scoring")
    case = next(c for c in meeting.cases if c.name == "示例变频压缩机项目")
    path = f"/reviews/scoring/{case.id}"
    assert "优先引进" not in client.get(path, params={"as": case.judges()[0]}).text
    assert client.get("/api/v1/sessions/scoring").json()["projects"][0]["closes"] is None
    sealed = in_state(client, "sealed")
    text = client.get(f"/reviews/{sealed.id}/{case.id}").text
    # From 1.00 to 0.42 of what the leader needs: the largest of its gaps.
    assert "补示例智能家电链主有限公司（智能家电）的冰箱压缩机：缺口由 100% 降到 42%" in text
    assert "不加分" in text
    opinion = client.get(f"/reviews/{sealed.id}/{case.id}/opinion.docx")
    assert any("冰箱压缩机" in p.text for p in Document(BytesIO(opinion.content)).paragraphs)
    told = client.get(f"/api/v1/sessions/{sealed.id}").json()["projects"]
    assert sum(bool(p["closes"]) for p in told) > 10


def test_no_document_leaves_before_sealing_or_for_a_judge(client: TestClient) -> None:
    scored, done = in_state(client, "scoring"), in_state(client, "published")
    for kind in ("docx", "pdf"):
        assert client.get(f"/sessions/{scored.id}/minutes.{kind}").status_code == 400
    judge = done.cases[0].judges()[0]
    assert client.get(f"/sessions/{done.id}/scores.xlsx?as={judge}").status_code == 403
    assert client.get(f"/sessions/{done.id}/scores.pdf?as={judge}").status_code == 403
