"""Everything done is in the audit: before and after it changes the graph, and before it leaves."""

from __future__ import annotations

import getpass
import json
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import date
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from fastapi.testclient import TestClient
from openpyxl import Workbook
from typer.testing import CliRunner

from api import park_work
from api.app import create_app
from api.auditing import applying, audited, command_line, left_open
from api.cli import app as commands
from api.correcting import Correction, mark_of
from api.correcting import correct as write_down
from api.deps import records_at
from api.desk import Desk
from api.security.policy import POLICY
from api.settings import Settings
from graph.attraction.consultation import Ask, ask
from graph.attraction.pursuit import Facts
from graph.attraction.steps import begin
from graph.errors import StoreError, UsageError
from graph.model import Batch, Node, Ref
from graph.review.commitments import Pledge, Promise, agree
from graph.review.filing import Content, Filing
from graph.review.meeting import Case, Meeting
from graph.store import open_store
from graph.store.base import GraphStore
from records import documents, filings, meetings, pledges
from records.audit import Entry
from records.database import Records
from records.park_work import CONSULTATION
from records.pursuits import PURSUIT
from records.recording import recorded_batches, recorded_claims
from records.roles import Actor
from records.trail import BEGIN, Wanted, check, facts_of, newest
from records.whole import tables_now
from tests.records import made_files

CHAIN, LEADER, SEGMENT = "chain-jiqiren", "demo-leader-jiqiren", "seg-sifudianji"
OFFICER = Actor("a1", "王", "officer")
DUE = date(2026, 7, 1)
CSV = "id,name\nc-new,新链\n".encode()
FILES = (".xlsx", ".docx", ".pdf", ".csv", ".graphml", ".gexf", ".html")
ABOUT = {
    "chain_id": CHAIN,
    "park_id": "park-jiqiren",
    "project_id": "demo-p-bingya",
    "enterprise_id": LEADER,
    "label": "Enterprise",
    "id": LEADER,
    "standard_id": "default-land",
}
ASKED = {
    "GET /api/v1/explain": "candidate=demo-p-bingya",
    "GET /api/v1/search": "q=机器人",
    "GET /api/v1/landing": "project=demo-p-bingya",
    "GET /api/v1/outage": "enterprise=demo-leader-jiqiren",
    "GET /api/v1/precheck": "project=demo-p-bingya",
    "GET /audit": "check=1",
    "GET /applications.xlsx": "park=park-jiqiren",
    "GET /applications/workbook/{key}.xlsx": "park=park-jiqiren",
}


@pytest.fixture
def client(sample_store: GraphStore, tmp_path: Path) -> Iterator[TestClient]:
    """The sample's data as one's own."""
    settings = Settings(
        graph_url=f"sqlite:///{tmp_path}/sample.db",
        records_url=f"sqlite:///{tmp_path}/records.db",
        audit_heads=f"{tmp_path}/heads.txt",
        upload_dir=f"{tmp_path}/uploads",
        backup_dir=f"{tmp_path}/backups",
        attachments_dir=f"{tmp_path}/files",
    )
    app = create_app(sample_store, settings)
    with TestClient(app, raise_server_exceptions=False, follow_redirects=False) as made:
        yield made


def records_in(client: TestClient) -> Records:
    return records_at(client.app)  # type: ignore[arg-type]


def entries(client: TestClient, **wanted: str) -> list[Entry]:
    """Oldest first."""
    return newest(records_in(client), Wanted(**wanted), limit=10_000)[::-1]


def actions(client: TestClient) -> list[str]:
    return [e.action for e in entries(client)]


def hash_of(client: TestClient) -> str:
    return str(client.get("/api/v1/stats").json()["hash"])


def upload(client: TestClient, name: str = "chains.csv", content: bytes = CSV) -> str:
    answer = client.post("/guide/check", files={"files": (name, content)})
    return re.search(r"/guide/check/(\w+)", answer.headers["location"]).group(1)  # type: ignore[union-attr]


def correct(client: TestClient, value: str = "12", source: str = "走访记录") -> Any:
    page = client.get(f"/entities/Enterprise/{LEADER}").text
    seen = re.search(r'name="seen" value="(\w+)"', page).group(1)  # type: ignore[union-attr]
    fields = {"owner": "Enterprise", "src": LEADER, "field": "revenue_wan", "value": value}
    return client.post(
        "/corrections",
        data={**fields, "source": source, "as_of": "2026-11-02", "seen": seen},
    )


def survey(client: TestClient) -> Any:
    asked = {"region": "370211", "segment": SEGMENT, "source": "园区走访", "as_of": "2026-11-03"}
    return client.post("/surveys", data={**asked, "verdict": "found", "firm": "新厂一"})


def rest_survey(client: TestClient) -> Any:
    asked = {"region": "370211", "segment": SEGMENT, "source": "电话", "as_of": "2026-11-04"}
    return client.post("/api/v1/surveys", json=asked)


def rest_import(client: TestClient) -> Any:
    return client.post("/api/v1/imports", files={"files": ("chains.csv", CSV)})


def page_import(client: TestClient) -> Any:
    return client.post("/guide/import", data={"key": upload(client)})


def undo_correction(client: TestClient) -> Any:
    batch = re.search(r"batch=(\w+)", correct(client).headers["location"]).group(1)  # type: ignore[union-attr]
    return client.post("/corrections/undo", data={"batch": batch})


def undo_import(client: TestClient) -> Any:
    report = rest_import(client).json()
    return client.post("/guide/undo", data={"batch": report["batch"]})


def add_segment(client: TestClient) -> Any:
    row = {"name": "新环节", "source": "规划", "as_of": "2026-01-02"}
    return client.post(f"/chains/{CHAIN}/segments", data=row)


def add_input(client: TestClient) -> Any:
    page = client.get("/api/v1/nodes/Segment?limit=3").json()["items"]
    row = {"input": page[0]["id"], "output": page[1]["id"], "source": "规划", "as_of": "2026-01-02"}
    return client.post(f"/chains/{CHAIN}/inputs", data=row)


CHANGES: dict[str, tuple[Callable[[TestClient], Any], str]] = {
    "graph.correct": (correct, f"Enterprise/{LEADER}"),
    "graph.survey": (survey, f"Segment/{SEGMENT}"),
    "graph.survey by REST": (rest_survey, f"Segment/{SEGMENT}"),
    "graph.import": (page_import, "chains.csv"),
    "graph.import by REST": (rest_import, "chains.csv"),
    "graph.undo": (undo_correction, "走访记录"),
    "graph.undo of an import": (undo_import, "chains.csv"),
    "graph.segment": (add_segment, ""),
    "graph.input": (add_input, ""),
}


@pytest.mark.parametrize("what", CHANGES)
def test_a_change_of_the_graph_has_an_entry_before_and_one_after(
    what: str, client: TestClient
) -> None:
    change, thing = CHANGES[what]
    action = what.partition(" ")[0]
    before = hash_of(client)
    answer = change(client)
    assert answer.status_code in (200, 201, 303), answer.text
    begun, done = entries(client)[-2:]
    assert (begun.action, done.action) == (f"{action}{BEGIN}", action)
    assert (begun.name, begun.actor, begun.role) == ("演示", "demo", "demo")
    assert thing in begun.object
    assert begun.object == done.object
    facts = facts_of(done)
    assert facts["begin"] == begun.seq
    assert facts["status"] == ("undone" if action == "graph.undo" else "committed")
    assert facts["revision"] == client.get("/api/v1/stats").json()["revision"]
    assert (hash_of(client) == before) == (action == "graph.undo")
    assert left_open(records_in(client), None) == []
    assert check(records_in(client)).verdict.ok


def test_an_import_is_told_with_its_files(client: TestClient) -> None:
    batch = rest_import(client).json()["batch"]
    begun, done = entries(client)
    facts = facts_of(begun)
    assert facts["files"] == ["chains.csv"]
    assert facts["sha256"] == ["65dd356b1aed00d8d3fe9daf241200ce73a1dbfa33d60e31992ef36bf929d266"]
    assert (facts["batch"], facts["nodes"], facts["relations"]) == (batch, 1, 0)
    assert facts_of(done)["created"] == 1


def test_a_check_of_files_changes_and_notes_nothing_and_a_refusal_is_one_entry(
    client: TestClient,
) -> None:
    bad = {"files": ("segments.csv", "id,name,chain\ns,甲,nowhere\n".encode())}
    assert client.post("/api/v1/imports?dry_run=1", files=bad).status_code == 422
    client.get(f"/guide/check/{upload(client)}")
    assert entries(client) == []
    assert client.post("/api/v1/imports", files=bad).status_code == 422
    (entry,) = entries(client)
    assert (entry.action, entry.object) == ("graph.import", "segments.csv")
    assert facts_of(entry) == {"status": "rejected", "rejected": 1}


@pytest.mark.parametrize("what", CHANGES)
def test_what_cannot_be_written_down_is_not_begun(
    what: str, client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    change, _ = CHANGES[what]
    if what.startswith("graph.undo"):
        batch = rest_import(client).json()["batch"]

        def change(client: TestClient) -> Any:
            return client.post("/guide/undo", data={"batch": batch})

    before = hash_of(client)
    monkeypatch.setattr(Records, "write", _refusing)
    assert change(client).status_code == 503
    monkeypatch.undo()
    assert hash_of(client) == before


def _refusing(_: Records) -> Any:
    raise StoreError("records_failed", reason="full")


def test_backups_are_told_with_what_they_hold(client: TestClient, tmp_path: Path) -> None:
    assert client.post("/guide/backup").status_code == 303
    (path,) = (tmp_path / "backups").iterdir()
    stats = client.get("/api/v1/stats").json()
    done = entries(client)[-1]
    assert path.name in (done.object, facts_of(done).get("file"))
    assert stats["hash"] in facts_of(done).values()
    confirm = {"name": path.name, "confirm": path.name}
    assert client.post("/guide/restore", data=confirm).status_code == 303
    assert entries(client)[-1].action in ("backup.restore", "graph.restore")
    assert stats["hash"] in facts_of(entries(client)[-1]).values()


def test_leaving_the_sample_is_in_ones_own_audit(sample_store: GraphStore, tmp_path: Path) -> None:
    settings = Settings(
        graph_url=f"sqlite:///{tmp_path}/own.db",
        records_url=f"sqlite:///{tmp_path}/records.db",
        audit_heads=f"{tmp_path}/heads.txt",
    )
    client = TestClient(create_app(sample_store, settings, sample=True), follow_redirects=False)
    client.get("/parks.xlsx")
    assert client.post("/blank").status_code == 303
    assert actions(client) == ["graph.blank.begin", "graph.blank"]
    client.app.state.desk.store.close()  # type: ignore[attr-defined]
    assert (tmp_path / "heads.txt").read_text().count("\n") == 2
    assert (tmp_path / "sample-heads.txt").read_text().count("\n") == 1


class Ended(BaseException):
    """The program, killed."""


@pytest.mark.parametrize("done", [True, False])
def test_what_was_begun_when_the_program_ended_is_found(
    done: bool, client: TestClient, sample_store: GraphStore
) -> None:
    records = records_in(client)
    batch = Batch("b1", "文件", [Node(Ref("Chain", "c9"), {"name": "九"})])

    class Dying:
        def apply(self, batch: Batch) -> None:
            if done:
                sample_store.apply(batch)
            raise Ended

    with pytest.raises(Ended):
        applying(records, Dying(), "graph.import")(batch)  # type: ignore[arg-type]
    (one,) = left_open(records, sample_store)
    assert (one.entry.seq, one.done) == (1, done)
    assert left_open(records, None)[0].done is None
    page = client.get("/audit?check=1&lang=zh").text
    assert ("图谱里已有这一批" in page) == done
    assert ("图谱里没有这一批" in page) == (not done)
    assert "图谱里" not in client.get("/audit?lang=zh").text


def test_a_change_that_fails_says_so(client: TestClient) -> None:
    records = records_in(client)
    with pytest.raises(StoreError), audited(records, "graph.restore", "x.zip"):
        raise StoreError("store_failed", reason="full")
    begun, done = entries(client)
    assert (begun.action, done.action) == ("graph.restore.begin", "graph.restore")
    assert facts_of(done) == {"begin": 1, "status": "failed", "error": "store_failed"}
    assert left_open(records, None) == []


def test_an_outcome_that_cannot_be_written_does_not_undo_what_is_done(
    client: TestClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    real, times = Records.write, iter(range(99))
    monkeypatch.setattr(
        Records, "write", lambda self: real(self) if next(times) == 0 else _refusing(self)
    )
    assert correct(client).status_code == 303
    monkeypatch.undo()
    assert "audit entry 1 has no outcome" in caplog.text
    (one,) = left_open(records_in(client), client.app.state.desk.store)  # type: ignore[attr-defined]
    assert one.done is True


def workbook(*cells: str) -> bytes:
    """A workbook with one row."""
    made, out = Workbook(), BytesIO()
    made.active.append(cells)  # type: ignore[union-attr]
    made.save(out)
    return out.getvalue()


def real_address(client: TestClient, route: str) -> str:
    template = route.removeprefix("GET ")
    about = dict(ABOUT)
    if "/guide/check/" in template:
        about["key"] = upload(client, content=b"id,name\nc-new,\n")
    if "/guide/backups/" in template:
        client.post("/guide/backup")
        page = client.get("/guide").text
        about["name"] = re.search(r"/guide/backups/([\w.-]+)", page).group(1)  # type: ignore[union-attr]
    if template == "/attachments/{id}":
        client.post("/shortlist", data={**PICK})
        item = re.search(r'<tr id="i-(\w+)"', client.get("/shortlist").text).group(1)  # type: ignore[union-attr]
        file = {"file": ("a.pdf", made_files.PDF)}
        client.post(f"/shortlist/{item}/attachments", files=file)
        page = client.get("/shortlist").text
        about["id"] = re.search(r'href="/attachments/(\w+)"', page).group(1)  # type: ignore[union-attr]
    if template == "/applications/{id}":
        about["id"] = "f1"
        filings.add(records_in(client), [Filing("f1", "park-jiqiren", Content("项目", "企业"))])
    if template == "/consultations/{id}":
        about["id"] = "k1"
        made = ask("k1", "park-jiqiren", ("事", "问", ""), DUE, "园区", [Ask("发改", DUE)])
        park_work.add(records_in(client), CONSULTATION, "ask", made)
    if "/applications/workbook/" in template:
        file = {"file": ("a.xlsx", workbook("不对"))}
        answer = client.post("/applications/workbook", data={"park": "park-jiqiren"}, files=file)
        about["key"] = re.search(r"/applications/workbook/(\w+)", answer.text).group(1)  # type: ignore[union-attr]
    if template == "/pipeline/{id}":
        about["id"] = "p1"
        facts = Facts("项目", "企业")
        day = date(2026, 7, 1)
        pursuit = begin("p1", "park-jiqiren", facts, "lead", day, "王", today=day)
        documents.change(records_in(client), PURSUIT, "add", lambda _: {"p1": pursuit})
    if "/pipeline/workbook/" in template:
        answer = client.post("/pipeline/workbook", files={"file": ("a.xlsx", workbook("不对"))})
        about["key"] = re.search(r"/pipeline/workbook/(\w+)", answer.text).group(1)  # type: ignore[union-attr]
    if "{session_id}" in template:
        about |= {"session_id": "s1", "case_id": "c1"}
        case = Case("c1", "项目", "企业", "park-jiqiren")
        about_it = 2026, 1, "评审会", date(2026, 7, 1), "园区办"
        called = Meeting("s1", *about_it, state="published", cases=(case,))
        with suppress(UsageError):  # called for an earlier route
            meetings.add(records_in(client), called)
    if template == "/commitments/{id}":
        about["id"] = "p1"
        begun = Pledge("p1", "park-jiqiren", "项目", "企业")
        said = [Promise("年税收", "万元", 100.0, None, "")], "办", date(2026, 7, 1)
        pledges.act(records_in(client), "add", lambda _: {"p1": agree(begun, *said)})
    if "/commitments/workbook/" in template:
        file = {"file": ("a.xlsx", workbook("不对"))}
        answer = client.post("/commitments/workbook", files=file)
        about["key"] = re.search(r"/commitments/workbook/(\w+)", answer.text).group(1)  # type: ignore[union-attr]
    path = re.sub(r"\{(\w+)(?::path)?\}", lambda m: quote(about[m[1]]), template)
    wide = "/api/" in path or "/chains/" in path
    query = "&".join(filter(None, [f"leader={LEADER}" if wide else "", ASKED.get(route, "")]))
    return f"{path}?{query}" if query else path


PICK = {
    "kind": "project",
    "candidate": "demo-p-bingya",
    "chain": "chain-jiadian",
    "leader": "demo-leader-jiadian",
    "region": "370211",
}
# What there is only where people sign in, what is mounted, and what says what it was given.
ELSEWHERE = {
    "GET /static",
    "GET /static-offline-docs",
    "GET /signin",
    "GET /setup",
    "GET /account",
    "GET /accounts",
}


def test_reading_writes_nothing_but_what_was_taken_out(client: TestClient) -> None:
    asked = 0
    for route in (r for r in POLICY if r.startswith("GET ")):
        url = real_address(client, route)
        records = records_in(client)
        tables, content = dict(tables_now(records)), hash_of(client)
        count = len(entries(client))
        answer = client.get(url)
        assert answer.status_code in ((200, 303, 307, 404) if route in ELSEWHERE else (200,)), url
        later = dict(tables_now(records))
        for name in ("audit", "audit_head"):
            del tables[name], later[name]
        assert later == tables, url
        assert hash_of(client) == content, url
        added = entries(client)[count:]
        disposition = answer.headers.get("content-disposition", "")
        is_file = disposition.startswith("attachment")
        assert is_file == (route.endswith(FILES) or route == "GET /attachments/{id}"), url
        assert len(added) == is_file, url
        for entry in added:
            assert (entry.action, entry.name) == ("export", "演示")
            assert quote(entry.object) == url.partition("?")[0]
            assert facts_of(entry)["query"] == url.partition("?")[2]
            assert facts_of(entry)["size"] == str(len(answer.content))
        asked += 1
    assert asked == sum(r.startswith("GET ") for r in POLICY)
    assert check(records_in(client)).verdict.ok


def test_a_file_that_cannot_be_written_down_is_not_given(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Records, "write", _refusing)
    answer = client.get("/parks.xlsx")
    assert (answer.status_code, answer.content[:2]) == (503, b"<!")
    assert "attachment" not in answer.headers.get("content-disposition", "")
    assert client.get("/parks").status_code == 200


def test_a_file_is_given_to_nobody_unseen_by_asking_for_a_part(client: TestClient) -> None:
    client.get("/parks.xlsx", headers={"Range": "bytes=0-10"})
    client.head("/parks.xlsx")
    assert actions(client) == ["export"]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[int, str, str]]:
    """A command over records of the test's own."""
    monkeypatch.setenv("LIANZHU_RECORDS_URL", f"sqlite:///{tmp_path}/cli.db")
    monkeypatch.setenv("LIANZHU_AUDIT_HEADS", f"{tmp_path}/cli-heads.txt")
    monkeypatch.setenv("LIANZHU_GRAPH_URL", f"sqlite:///{tmp_path}/cli-graph.db")
    monkeypatch.setenv("LIANZHU_BACKUP_DIR", f"{tmp_path}/cli-backups")
    monkeypatch.setenv("LIANZHU_ATTACHMENTS_DIR", f"{tmp_path}/cli-files")
    monkeypatch.setenv("COLUMNS", "200")

    def call(*words: object) -> tuple[int, str, str]:
        found = CliRunner().invoke(commands, [str(word) for word in words])
        return found.exit_code, found.stdout, found.stderr

    return call


def test_commands_are_in_the_audit_with_who_typed_them(
    tmp_path: Path, run: Callable[..., tuple[int, str, str]]
) -> None:
    (tmp_path / "chains.csv").write_bytes(CSV)
    for words in (
        ("import", tmp_path / "chains.csv", "--dry-run"),
        ("import", tmp_path / "chains.csv"),
        ("export", "--format", "csv", tmp_path / "out"),
        ("graph", "backup", tmp_path / "b.zip"),
        ("graph", "restore", tmp_path / "b.zip", "--store", f"sqlite:///{tmp_path}/other.db"),
        ("graph", "copy", "--from", f"sqlite:///{tmp_path}/other.db", "--to",
         f"sqlite:///{tmp_path}/third.db"),
        ("import", "--undo"),
    ):  # fmt: skip
        code, _, err = run(*words)
        assert code == 0, (words, err)
    assert run("export", "--format", "csv", tmp_path / "out")[0] == 2  # it is there already
    records = Records(f"sqlite:///{tmp_path}/cli.db", heads=tmp_path / "cli-heads.txt")
    found = newest(records, Wanted(), limit=100)[::-1]
    records.close()
    assert [e.action for e in found] == [
        "graph.import.begin", "graph.import", "export",
        "graph.backup.begin", "graph.backup", "graph.restore.begin", "graph.restore",
        "graph.copy.begin", "graph.copy", "graph.undo.begin", "graph.undo",
    ]  # fmt: skip
    assert {(e.actor, e.name, e.role) for e in found} == {
        ("cli", f"命令行 {getpass.getuser()}", "system")
    }
    assert facts_of(found[0])["files"] == ["chains.csv"]
    assert found[2].object == str(tmp_path / "out")
    assert facts_of(found[6])["hash"] == facts_of(found[4])["hash"]


def test_a_user_without_a_name_is_a_number(monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody() -> str:
        raise KeyError("uid")

    monkeypatch.setattr(getpass, "getuser", nobody)
    assert re.fullmatch(r"命令行 \d+|命令行 \?", command_line().name)


def test_the_command_answers_with_three_fields_and_names_the_first_bad_entry(
    tmp_path: Path, run: Callable[..., tuple[int, str, str]]
) -> None:
    (tmp_path / "chains.csv").write_bytes(CSV)
    assert run("import", tmp_path / "chains.csv")[0] == 0
    code, out, err = run("audit", "verify", "--json")
    assert (code, json.loads(out), err) == (0, {"ok": True, "entries": 2, "first_bad": None}, "")
    assert "2 条逐条相扣" in run("audit", "verify")[1]
    records = Records(f"sqlite:///{tmp_path}/cli.db")
    with pytest.raises(Ended), audited(records, "graph.backup", "x"):
        raise Ended
    records.close()
    heads = tmp_path / "cli-heads.txt"
    assert run("audit", "verify", "--json")[0] == 1  # the third has no head
    heads.write_text(heads.read_text() + "9 " + "0" * 64 + "\n")
    code, out, err = run("audit", "verify", "--json")
    assert (code, json.loads(out)) == (1, {"ok": False, "entries": 3, "first_bad": 9})
    assert "第 3 条" in err
    assert "备份" in err
    assert "从第 9 条起对不上" in run("audit", "verify")[1]


def test_who_wrote_a_fact_down_is_told_beside_it(client: TestClient) -> None:
    assert correct(client).status_code == 303
    facts = client.get(f"/api/v1/entities/Enterprise/{LEADER}").json()["facts"]
    told = [f for f in facts if f["recorded_by"]]
    assert [(f["field"], f["value"], f["recorded_by"]) for f in told] == [
        ("revenue_wan", 12.0, "演示")
    ]
    assert re.fullmatch(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00", told[0]["recorded_at"])
    page = client.get(f"/entities/Enterprise/{LEADER}?lang=zh").text
    assert page.count("演示记于 20") == 1
    assert "written down by 演示" in client.get(f"/entities/Enterprise/{LEADER}?lang=en").text


def test_who_wrote_it_down_changes_no_content_hash(
    client: TestClient, sample_file: Path, tmp_path: Path
) -> None:
    (tmp_path / "copy.db").write_bytes(sample_file.read_bytes())
    store = open_store(f"sqlite:///{tmp_path}/copy.db", deadline=3.0)
    maker, segment = "ent-jingdongfangqingdao", "seg-xianshimozu"
    given = Correction("PRODUCES", maker, "capacity", "12", "走访记录", "2026-11-02", dst=segment)
    desk = Desk(store)
    write_down(desk, given, mark_of(desk, "PRODUCES", maker, segment))
    unnamed = store.stats().hash
    store.close()
    page = client.get(f"/entities/Enterprise/{maker}?fix=PRODUCES&to={segment}").text
    seen = re.search(r'name="seen" value="(\w+)"', page).group(1)  # type: ignore[union-attr]
    answer = client.post("/corrections", data={**vars(given), "seen": seen})
    assert answer.status_code == 303
    assert hash_of(client) == unnamed
    for thing in (f"Enterprise/{maker}", f"Segment/{segment}"):
        related = client.get(f"/api/v1/entities/{thing}").json()["related"]
        facts = [f for r in related for f in r["facts"] if f["recorded_by"]]
        assert [(f["field"], f["value"], f["recorded_by"]) for f in facts] == [
            ("capacity", 12.0, "演示")
        ]


def test_the_same_fact_by_another_stays_that_of_the_first(client: TestClient) -> None:
    store: GraphStore = client.app.state.desk.store  # type: ignore[attr-defined]
    records = records_in(client).acting(OFFICER)
    row = {"name": "九", "evidence": ["e" * 16]}
    batch = Batch("b1", "文件", [Node(Ref("Chain", "c9"), row)])
    applying(records, store, "graph.import")(batch)
    applying(records.acting(replace(OFFICER, name="李")), store, "graph.import")(batch)
    assert {r.who for r in recorded_claims(records, ["e" * 16]).values()} == {"王"}
    assert recorded_batches(records, ["b1", "b2"]) == {"b1": "王"}
    store.undo()
    applying(records.acting(replace(OFFICER, name="李")), store, "graph.import")(batch)
    assert {r.who for r in recorded_claims(records, ["e" * 16]).values()} == {"李"}


def test_a_survey_names_who_wrote_it_down_on_every_page_it_speaks_of(client: TestClient) -> None:
    survey(client)
    related = client.get(f"/api/v1/entities/Segment/{SEGMENT}").json()["related"]
    assert [r["name"] for r in related if r["recorded_by"] == "演示"] == ["新厂一"]
    maker = client.get("/api/v1/search?q=新厂一").json()["items"][0]["id"]
    facts = client.get(f"/api/v1/entities/Enterprise/{maker}").json()
    assert {f["field"] for f in facts["facts"] if f["recorded_by"]} == {"name", "region"}
    assert "演示记于" in client.get(f"/entities/Segment/{SEGMENT}?lang=zh&all=PRODUCES_in").text


def test_a_page_kept_before_a_correction_is_not_shown_after_it(client: TestClient) -> None:
    path = f"/api/v1/entities/Enterprise/{LEADER}"
    first = client.get(path)
    assert client.get(path, headers={"If-None-Match": first.headers["etag"]}).status_code == 304
    correct(client)
    later = client.get(path, headers={"If-None-Match": first.headers["etag"]})
    assert (later.status_code, "演示" in later.text) == (200, True)


def test_the_list_of_imports_names_who(client: TestClient) -> None:
    rest_import(client)
    page = client.get("/guide?lang=zh").text
    row = re.search(r"<tr><th scope=\"row\">chains.csv.*?</tr>", page, re.S).group(0)  # type: ignore[union-attr]
    assert "<td>演示</td>" in row


def test_lists_and_tasks_name_who(client: TestClient) -> None:
    client.post("/shortlist", data=PICK)
    item = re.search(r'<tr id="i-(\w+)"', client.get("/shortlist").text).group(1)  # type: ignore[union-attr]
    spoken = {"on_day": "2026-11-01", "who": "老张", "result": "谈了"}
    client.post(f"/shortlist/{item}/contacts", data=spoken)
    page = client.get("/shortlist?lang=zh").text
    assert "演示加入于 20" in page
    assert '2026-11-01 老张: 谈了 <small class="quiet">演示记</small>' in page
    given = {"segment": SEGMENT, "region": "370211", "chain": CHAIN, "assignee": "小李"}
    client.post("/tasks", data={**given, "due": "2027-01-02"})
    assert "<td>演示<br>" in client.get("/tasks?lang=zh").text
    weights = {"relatedness": "0.2", "tie": "0.1", "readiness": "0.1", "name": "我的方案"}
    client.post("/schemes", data={**weights, "act": "apply"})
    assert "演示存" in client.get(f"/chains/{CHAIN}/candidates?leader={LEADER}&lang=zh").text
