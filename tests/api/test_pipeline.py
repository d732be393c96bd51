"""在谈项目 and 联合招商: pages, workbooks, decisions over several parks, and who learns what."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from dataclasses import fields, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response
from openpyxl import load_workbook

from api.app import create_app
from api.deps import records_at
from api.desk import Names
from api.pursuing import arbitrate
from api.settings import Settings
from graph.attraction.arbitration import Verdict
from graph.attraction.pursuit import Facts, Pursuit, Ruling
from graph.attraction.steps import begin, move
from graph.errors import Changed, StoreError
from graph.review.filing import Content, Filing, hand_in
from graph.review.meeting import Case, Decision, Meeting
from graph.store.base import GraphStore
from records import audit, documents, filings, meetings
from records.database import Records
from records.pursuits import ACTIONS, PURSUIT
from tests.viz.checked import Checked
from viz.words import catalogue

DAY, BEGAN, MAY = date(2026, 7, 1), date(2026, 3, 1), date(2026, 5, 1)
OWN, OTHER = "park-jiqiren", "park-zhongdian"
FACTS = Facts("压缩机项目", "示例压缩机有限公司", introduced_on=MAY)
Row = dict[str, object]


@pytest.fixture
def client(sample_store: GraphStore, tmp_path: Path) -> Iterator[TestClient]:
    settings = Settings(
        records_url=f"sqlite:///{tmp_path}/records.db",
        audit_heads=str(tmp_path / "heads"),
        upload_dir=str(tmp_path / "uploads"),
    )
    app = create_app(sample_store, settings, sample=True)
    app.state.today = DAY
    with TestClient(app, raise_server_exceptions=False) as made:
        yield made


def records_in(client: TestClient) -> Records:
    return records_at(client.app)  # type: ignore[arg-type]


def put(
    client: TestClient, id: str, park: str = OWN, stage: str = "in_talks", **more: Any
) -> Pursuit:
    facts = replace(FACTS, **more)
    made = begin(id, park, facts, "in_talks", BEGAN, "王", today=DAY)
    documents.change(records_in(client), PURSUIT, "add", lambda _: {id: made}, ids=[])


def kept(client: TestClient) -> dict[str, Pursuit]:
    return {p.id: p for p in documents.all_of(records_in(client), PURSUIT)}


def as_park(client: TestClient, park: str = OWN) -> TestClient:
    client.cookies.set("lianzhu-role", f"park:{park}")
    return client


def as_role(client: TestClient, role: str) -> TestClient:
    client.cookies.set("lianzhu-role", role)
    return client


def seen_of(client: TestClient) -> str:
    [group] = client.get("/api/v1/pipeline/courted").json()["groups"]
    return str(group["seen"])


def decide(client: TestClient, **more: str) -> Response:
    said = {"seen": seen_of(client), "park": OTHER, "reason": "那里有高厂房", **more}
    return client.post("/pipeline/courted", data=said)


def test_a_project_from_its_beginning_to_the_next_step(client: TestClient) -> None:
    form = {"park": OWN, "stage": "lead", "day": "2026-06-01", "f.name": "项目一",
            "f.applicant": "甲公司", "f.investment_wan": "1.2亿元"}  # fmt: skip
    page = client.post("/pipeline", data=form)
    assert (page.status_code, "已记下新项目" in page.text) == (200, True)
    [one] = kept(client).values()
    assert (one.park, one.stage, one.facts.investment_wan) == (OWN, "lead", 12_000.0)
    at = f"/pipeline/{one.id}"
    plan = {"version": "1", "f.owner": "张", "f.next_step": "约谈", "f.next_day": "2026-06-20"}
    assert "下一步已逾期（2026-06-20）" in client.post(at, data=plan).text
    assert kept(client)[one.id].facts.name == "项目一"
    moved = {"version": "2", "stage": "in_talks", "day": "2026-06-15", "note": "来访"}
    assert client.post(f"{at}/stage", data=moved).status_code == 200
    lost = {"version": "3", "stage": "lost", "day": "2026-07-01", "note": ""}
    refused = client.post(f"{at}/stage", data=lost)
    assert (refused.status_code, "流失必须写原因" in refused.text) == (400, True)
    overtaken = client.post(f"{at}/stage", data={**moved, "version": "2", "note": "晚了一步"})
    assert (overtaken.status_code, 'value="晚了一步"' in overtaken.text) == (412, True)
    wrong = client.post(at, data={"version": "3", "f.name": "", "f.uscc": "123"})
    assert (wrong.status_code, "校验不通过" in wrong.text) == (422, True)
    behind = client.post(at, data={"version": "1", "f.name": "旧窗口", "f.applicant": "甲公司"})
    assert behind.status_code == 412
    assert 'value="旧窗口"' in behind.text
    assert "项目名称: 项目一" in behind.text
    for path in (at, "/pipeline", "/pipeline/new", "/pipeline?lang=en", f"{at}?lang=en"):
        Checked(client.get(path).text)
    row = client.get("/api/v1/pipeline?late=1").json()["items"][0]
    assert [m["stage"] for m in row["moves"]] == [["", "lead"], ["lead", "in_talks"]]
    past = client.get("/api/v1/pipeline?day=2026-06-10").json()["counts"]
    assert past == [{"park": OWN, "stage": "lead", "n": 1}]


def test_what_waits_stands_on_the_first_page(client: TestClient) -> None:
    put(client, "a", next_day=MAY)
    put(client, "b", OTHER, next_day=DAY)
    page = client.get("/").text
    for said in ("1 个在谈项目的下一步已逾期", "1 个在谈项目今天有下一步", "1 家企业几个园都在谈"):
        assert said in page
    assert "几个园都在谈" not in as_role(client, "chair").get("/").text  # who can't decide
    assert "在谈项目的下一步" not in as_role(client, "viewer").get("/").text


def test_a_decision_reaches_every_park_and_can_be_reopened(client: TestClient) -> None:
    put(client, "a"), put(client, "b", OTHER, introduced_on=date(2026, 6, 1))
    page = client.get("/pipeline/courted").text
    Checked(page)
    assert "首谈（2026-05-01）：" in page
    assert decide(client, reason="").status_code == 400
    half = decide(client, **{f"share.{OWN}": "40", "why_shares": "商定"})
    assert (half.status_code, 'value="40"' in half.text) == (400, True)
    assert {p.stage for p in kept(client).values()} == {"in_talks"}
    done = decide(client)
    assert (done.status_code, "裁定已生效" in done.text) == (200, True)
    found = kept(client)
    assert (found["a"].stage, found["b"].stage) == ("lost", "in_talks")
    ruling = found["a"].rulings[0]
    assert ruling.shares == ((OWN, 50.0), (OTHER, 50.0))
    with records_in(client).read() as db:
        noted = [e.action for e, _ in audit.entries(db)]
    assert noted.count("pursuit.rule") == 2
    assert "待裁定" not in client.get("/").text
    told = as_park(client).get("/pipeline/a").text
    assert "已由中电光谷青岛产业园牵头（2026-07-01 演示裁定）：那里有高厂房" in told
    blocked = client.post("/pipeline/a/stage", data={"version": "2", "stage": "lead"})
    assert (blocked.status_code, "已裁定由别的园区牵头" in blocked.text) == (400, True)
    undo = f"/pipeline/courted/{ruling.id}/reopen"
    assert client.post(undo, data={"reason": "材料有误"}).status_code == 403
    as_role(client, "officer")
    assert client.post(undo, data={"reason": "材料有误"}).status_code == 200
    assert {p.stage for p in kept(client).values()} == {"in_talks"}


def test_a_decision_that_fails_half_way_changed_nothing(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(client, "a"), put(client, "b", OTHER)
    before, seen = kept(client), seen_of(client)
    with records_in(client).read() as db:
        entries = len(list(audit.entries(db)))
    named = iter([PURSUIT.named])

    def once(pursuit: Pursuit) -> Any:
        """The first is written and noted; then the disk is full."""
        for real in named:
            return real(pursuit)
        raise StoreError("records_failed", reason="full")

    monkeypatch.setattr("api.pursuing.PURSUIT", replace(PURSUIT, named=once))
    said = {"seen": seen, "park": OTHER, "reason": "因"}
    assert client.post("/pipeline/courted", data=said).status_code == 503
    assert next(named, None) is None  # it did begin to write
    monkeypatch.undo()
    assert kept(client) == before
    with records_in(client).read() as db:
        assert len(list(audit.entries(db))) == entries


def test_a_park_learns_nothing_of_another_that_courts_the_same(client: TestClient) -> None:
    """Every page, file and error is the same, byte by byte, with the other's and without."""
    put(client, "a", next_day=MAY)
    filings.add(records_in(client), [Filing("f1", OWN, Content("项目", FACTS.applicant))])
    reads = ["/pipeline", "/pipeline/a", "/pipeline/new", "/pipeline/b", "/api/v1/pipeline",
             "/api/v1/pipeline?day=2026-05-01", f"/pipeline?park={OTHER}", "/pipeline/courted",
             "/api/v1/pipeline/courted"]  # fmt: skip
    writes = {
        "/pipeline/b": {"version": "1", "f.owner": "x"},
        "/pipeline/b/stage": {"version": "1", "stage": "lead"},
        "/pipeline/b/filing": {"version": "1", "filing": "f2"},
        "/pipeline/a/filing": {"version": "1", "filing": "f2"},
        "/pipeline/a/park": {"version": "1", "park": OTHER},
        "/pipeline/courted": {"seen": "a.1 b.1", "park": OWN, "reason": "要"},
    }

    def seen() -> list[tuple[int, bytes, str]]:
        answers = [client.get(path) for path in reads]
        answers += [client.post(path, data=data) for path, data in writes.items()]
        answers.append(upload(client, content))
        return [(a.status_code, a.content, a.headers.get("etag", "")) for a in answers]

    as_park(client)
    content = edited(client, {"编号": "b.1", "项目名称": "乙", "投资主体": "乙"})
    book = [list(row) for row in sheet_of(client).values]
    alone = seen()
    as_role(client, "")
    put(client, "b", OTHER)
    filings.add(records_in(client), [Filing("f2", OTHER, Content("项目", FACTS.applicant))])
    assert seen_of(client)
    as_park(client)
    assert seen() == alone
    assert [list(row) for row in sheet_of(client).values] == book
    assert [a[0] for a in alone] == [200, 200, 200, 404, 200, 200, 404, 403, 403,
                                     404, 404, 404, 404, 403, 403, 422]  # fmt: skip


def test_who_reads_and_who_writes(client: TestClient) -> None:
    put(client, "a")
    for role, reads, writes in (
        ("officer", True, True), ("secretary", True, True), ("chair", True, False),
        ("viewer", False, False), ("reviewer", False, False), ("admin", False, False),
    ):  # fmt: skip
        as_role(client, role)
        assert (client.get("/pipeline/a").status_code == 200) is reads, role
        version = str(kept(client)["a"].version)
        answer = client.post("/pipeline/a", data={"version": version, "f.owner": role})
        assert (answer.status_code == 200) is writes, role
    as_park(client)
    form = {"park": OTHER, "f.name": "项目", "f.applicant": "甲"}
    assert client.post("/pipeline", data=form).status_code == 404
    assert client.post("/pipeline", data={**form, "park": OWN}).status_code == 200
    linked = client.post("/pipeline/a/link", data={"version": "3", "enterprise": "x"})
    assert linked.status_code == 403


def test_what_happened_to_the_application_is_proposed_never_done(client: TestClient) -> None:
    records = records_in(client)
    put(client, "a")
    filing = Filing("f1", OWN, Content("压缩机项目", FACTS.applicant))
    filings.add(records, [filing])
    as_park(client)
    data = {"version": "1", "filing": "f1"}
    assert "改为“待评审”" not in client.post("/pipeline/a/filing", data=data).text
    now = datetime(2026, 6, 1, tzinfo=UTC)
    filings.act(records, "f1", "submit", lambda f: hand_in(f, 1, now, "园"))
    page = client.get("/pipeline/a").text
    assert "改为“待评审”" in page
    assert kept(client)["a"].stage == "in_talks"
    form = re.search(r'id="proposed">(.*?)</form>', page, re.S)
    assert form is not None
    fields = dict(re.findall(r'name="(\w+)" value="([^"]*)"', form[1]))
    assert "改为“待评审”" not in client.post("/pipeline/a/stage", data=fields).text
    assert kept(client)["a"].stage == "under_review"
    case = Case("f1", "压缩机项目", FACTS.applicant, OWN,
                decision=Decision("approved", "approved", "主持人"))  # fmt: skip
    called = Meeting("m1", 2026, 1, "会", DAY, "办", state="decided", cases=(case,))
    meetings.add(records, called)
    assert "改为“已签约”" not in client.get("/pipeline/a").text  # not published yet
    meetings.act(records, "m1", "publish", lambda m: replace(m, state="published"))
    page = client.get("/pipeline/a").text
    assert "改为“已签约”" in page
    assert "通过" in page
    assert kept(client)["a"].stage == "under_review"


def sheet_of(client: TestClient, query: str = "") -> Any:
    return book_of(client, query)["在谈项目"]


def book_of(client: TestClient, query: str = "") -> Any:
    answer = client.get(f"/pipeline.xlsx{query}")
    assert answer.status_code == 200
    return load_workbook(io.BytesIO(answer.content))


def edited(client: TestClient, *rows: Row, first: int = 0) -> bytes:
    """The workbook with rows added below, or written over from row `first` on."""
    book = book_of(client)
    sheet = book["在谈项目"]
    heads = {re.sub(r"[*]|（.*", "", str(c.value)): c.column for c in sheet[1]}
    filled = sum(1 for row in sheet.iter_rows(min_row=2) if row[1].value)
    for at, row in enumerate(rows, first or filled + 2):
        for head, value in row.items():
            sheet.cell(at, heads[head]).value = value
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def upload(client: TestClient, content: bytes) -> Response:
    return client.post("/pipeline/workbook", files={"file": ("在谈.xlsx", content)})


def test_a_workbook_goes_out_and_comes_back(client: TestClient) -> None:
    put(client, "a", owner="张", investment_wan=1600.0, next_step="=1+1", next_day=DAY)
    put(client, "b", OTHER, name="别的", applicant="乙公司")
    assert sheet_of(client, f"?park={OTHER}")["B2"].value == "别的"
    book = book_of(client)
    assert book.sheetnames == ["在谈项目", "口径", "说明"]
    basis = dict(row for row in book["口径"].values if row[0])
    assert basis["统计截至"] == "2026-07-01"
    content = edited(client)
    assert "新项目 0 个，改动 0 个" in upload(client, content).text
    new = {"项目名称": "新", "投资主体": "丙公司", "园区": "中电光谷青岛产业园", "阶段": "在谈",
           "变更日期": "2026-06-01", "首谈日期": "2026年5月", "总投资": "1.2亿元"}  # fmt: skip
    changed = edited(client, {"负责人": "李", "阶段": "流失", "变更说明": "价格"}, {}, new, first=2)
    assert "新项目 1 个，改动 1 个" in upload(client, changed).text
    found = kept(client)
    assert (found["a"].facts.owner, found["a"].stage, found["a"].version) == ("李", "lost", 2)
    assert found["a"].moves[-1].note == "价格"
    assert found["b"].version == 1
    [added] = [p for p in found.values() if p.id not in "ab"]
    assert (added.park, added.facts.introduced_on) == (OTHER, MAY)
    assert (added.facts.investment_wan, added.moves[0].on_day) == (12_000.0, date(2026, 6, 1))
    again = upload(client, changed)  # the same file twice changes nothing
    assert (again.status_code, "新项目 0 个，改动 0 个" in again.text) == (200, True)
    assert kept(client) == found


def test_one_wrong_row_and_nothing_is_taken(client: TestClient) -> None:
    put(client, "a")
    content = edited(
        client,
        {"负责人": "李"},
        {"项目名称": "乙", "投资主体": "乙公司", "园区": "没有的园"},
        {"项目名称": "丙", "投资主体": "丙公司", "园区": OTHER, "阶段": "流失"},
        {"项目名称": "丁", "投资主体": "丁公司", "园区": OTHER, "总投资": "40亩"},
        first=2,
    )
    answer = upload(client, content)
    assert answer.status_code == 422
    Checked(answer.text)
    assert kept(client)["a"].version == 1
    assert "是 40 亩，还是 40 万元？" in answer.text
    content = edited(
        client,
        {"负责人": "李", "园区": OTHER},
        {"项目名称": "乙", "投资主体": "乙公司", "园区": "没有的园"},
        {"项目名称": "丙", "投资主体": "丙公司", "园区": OTHER, "阶段": "流失"},
        {"项目名称": "丙", "投资主体": "丙公司", "园区": OTHER},
        {"编号": "nobody.1", "项目名称": "戊", "投资主体": "戊公司"},
        {"项目名称": FACTS.name, "投资主体": FACTS.applicant, "园区": OWN, "负责人": "孙"},
        first=2,
    )
    answer = upload(client, content)
    for said in (
        "园区不能在 Excel 里改",
        "没有“没有的园”这个园区",
        "流失必须写原因",
        "与第 4 行重复",
        "不是您能改的在谈项目",
        "与第 2 行重复",
    ):
        assert said in answer.text, said
    link = re.search(r'href="(/pipeline/workbook/\w+\.xlsx[^"]*)"', answer.text)
    assert link is not None
    back = client.get(link[1].replace("&amp;", "&"))
    marked = load_workbook(io.BytesIO(back.content))
    assert marked.sheetnames[0] == "错误清单"
    park = next(c.column_letter for c in marked["在谈项目"][1] if c.value == "园区")
    assert marked["在谈项目"][f"{park}3"].fill.start_color.rgb == "00F8B4B4"
    old = edited(client, {"负责人": "李"}, first=2)
    client.post("/pipeline/a", data={"version": "1", "f.owner": "孙"})
    assert "别人改了这个项目" in upload(client, old).text
    assert kept(client)["a"].facts.owner == "孙"


def test_the_park_of_a_row_with_an_id_is_its_own(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two parks of one name with two blanks: the workbook comes back as it went out."""
    put(client, "a"), put(client, "b", OTHER)
    real = Names.__getitem__

    def named(self: Names, id: str) -> str:
        return "同名  园" if id in (OWN, OTHER) else real(self, id)

    monkeypatch.setattr(Names, "__getitem__", named)
    monkeypatch.setattr("api.desk._by_name", lambda *_: {"同名 园": [OWN, OTHER]})
    changed = edited(client, {"负责人": "李"}, {"负责人": "王"}, first=2)
    assert "同名  园" in [c.value for c in load_workbook(io.BytesIO(changed))["在谈项目"][2]]
    assert "改动 2 个" in upload(client, changed).text


def test_a_decision_is_about_the_applications_there_are_when_it_is_kept(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(client, "a")
    records, real = records_in(client), documents.change
    filings.add(records, [Filing("f", OTHER, Content("项目", FACTS.applicant))])
    seen = seen_of(client)

    def late(*args: Any, **more: Any) -> Any:
        monkeypatch.undo()
        filings.act(records, "f", "withdraw", lambda f: replace(f, state="withdrawn"))
        return real(*args, **more)

    monkeypatch.setattr("api.pursuing.documents.change", late)
    verdict = Verdict(OWN, "因", {OWN: 100.0}, "商定")
    with pytest.raises(Changed):
        arbitrate(records, seen, verdict, DAY, "办")
    assert kept(client)["a"].rulings == ()


def test_changes_of_facts_are_in_the_audit_as_they_were_and_are(client: TestClient) -> None:
    put(client, "a", investment_wan=1600.0)
    changed = {"version": "1", "f.owner": "李", "f.investment_wan": "1.2亿元", "f.name": "新名",
               "f.applicant": FACTS.applicant}  # fmt: skip
    assert client.post("/pipeline/a", data=changed).status_code == 200
    filings.add(records_in(client), [Filing("f1", OWN, Content("项目", "甲"))])
    assert client.post("/pipeline/a/filing", data={"version": "2", "filing": "f1"}).is_success
    with records_in(client).read() as db:
        noted = {e.action: json.loads(e.detail) for e, _ in audit.entries(db)}
    told = noted["pursuit.write"]
    assert {k: told[k] for k in ("name", "owner", "investment_wan")} == {
        "name": "压缩机项目 → 新名", "owner": "— → 李", "investment_wan": "1600 → 12000",
    }  # fmt: skip
    assert noted["pursuit.link"]["filing"] == "— → f1"
    assert "applicant" not in told
    names = {f.name for f in fields(Facts)} | {"enterprise", "project", "filing", "stage"}
    assert {f"audit_fact.{name}" for name in names} <= set(catalogue("zh"))


def test_an_application_is_one_project_s_and_stays_though_it_is_withdrawn(
    client: TestClient,
) -> None:
    put(client, "a"), put(client, "b", name="别的", applicant="乙")
    filings.add(records_in(client), [Filing("f1", OWN, Content("项目", "甲"), "withdrawn")])
    assert client.post("/pipeline/a/filing", data={"version": "1", "filing": "f1"}).is_success
    assert 'value="f1" selected' in client.get("/pipeline/a").text
    twice = client.post("/pipeline/b/filing", data={"version": "1", "filing": "f1"})
    assert (twice.status_code, "这份申报已经对应“压缩机项目”" in twice.text) == (400, True)


def test_the_decision_in_force_is_shown_though_a_newer_one_was_undone(client: TestClient) -> None:
    undone = Ruling("r2", DAY, "办", OTHER, "后来的", (), (), undone=(DAY, "办", "错"))
    made = begin("a", OWN, FACTS, "lead", BEGAN, "王", today=DAY)
    made = replace(made, rulings=(Ruling("r1", DAY, "办", OWN, "先前的", (), ()), undone))
    documents.change(records_in(client), PURSUIT, "add", lambda _: {"a": made}, ids=[])
    assert "裁定）：先前的" in client.get("/pipeline/a").text


def test_a_day_to_come_has_no_counts(client: TestClient) -> None:
    for path in ("/pipeline", "/api/v1/pipeline"):
        assert client.get(f"{path}?day=2026-07-02").status_code == 400
        assert client.get(f"{path}?day=2026-07-01").status_code == 200


def test_the_sample_has_its_sixteen_once_and_two_courted_twice(client: TestClient) -> None:
    assert "装入示例" in client.get("/pipeline").text
    for _ in range(2):
        assert "示例已装入" in client.post("/pipeline/demo").text
    found = kept(client)
    assert len(found) == 16
    assert len({p.park for p in found.values()}) == 5
    assert all("示例" in p.facts.name + p.facts.applicant for p in found.values())
    groups = client.get("/api/v1/pipeline/courted").json()["groups"]
    assert [len(g["suits"]) for g in groups] == [2, 2]
    assert [g["first"]["unknown"] for g in groups] == [[], ["park-zhongdian"]]
    assert groups[0]["best"][0]["fit"] > 0
    assert groups[1]["best"] == []
    rows = client.get("/api/v1/pipeline").json()["counts"]
    assert sum(row["n"] for row in rows) == 16
    later = move(found["demo-pursuit-08"], "signed", 1, DAY, "王", today=DAY)
    documents.change(records_in(client), PURSUIT, "move", lambda _: {later.id: later})
    client.post("/pipeline/demo")
    assert kept(client)["demo-pursuit-08"].stage == "signed"


def test_every_step_has_its_words_in_the_audit() -> None:
    for lang in ("zh", "en"):
        assert {f"audit_action.{action}" for action in ACTIONS} <= set(catalogue(lang))
