"""趋势与公布口径: recomputed from the meetings as they are kept, and as each reader sees them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from io import BytesIO
from pathlib import Path
from shutil import copyfile, copytree
from statistics import median, quantiles
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from openpyxl import load_workbook

from api import rehearsal
from api.app import create_app
from api.deps import records_at
from api.desk import Desk
from api.settings import Settings
from api.standards import standards_of
from graph.review.meeting import Meeting
from graph.review.panel import result
from graph.store import open_store
from records import documents, meetings
from records.database import Records
from records.pursuits import PURSUIT
from tests.api.test_sessions import DAY, published, scoring
from viz.words import LANGS

OWN = "park-jiqiren"
CLAIM = {
    "what": "in_talks", "text": "5余个", "who": "园区办<b>", "on_day": "2026-06-30",
    "source": "=公报", "scope": "在谈", "park": [OWN, "park-zhongdian"], "session": "",
}  # fmt: skip


@pytest.fixture(scope="module")
def zone(sample_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The played meeting as no. 4 sealed, no. 5 with twelve projects published, no. 6 scoring."""
    folder = tmp_path_factory.mktemp("trend")
    (folder / "sample.db").write_bytes(sample_file.read_bytes())
    store = open_store(f"sqlite:///{folder}/sample.db", deadline=3.0)
    store.migrate()
    records = Records(f"sqlite:///{folder}/sample-records.db", heads=folder / "heads")
    desk = Desk(store, sample=True).pinned()
    sealed = rehearsal.play(
        records, desk, standards_of(Path("none"), sample=True), DAY, until="sealed"
    )
    later = published(replace(sealed, cases=sealed.cases[:12]))
    for ordinal, made in ((5, later), (6, scoring(sealed))):
        meetings.add(records, replace(made, ordinal=ordinal))
    records.close()
    store.close()
    return folder


@pytest.fixture(scope="module")
def app(zone: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[FastAPI]:
    folder = tmp_path_factory.mktemp("app") / "zone"
    copytree(zone, folder)
    store = open_store(f"sqlite:///{folder}/sample.db", deadline=3.0)
    store.migrate()
    settings = Settings(
        graph_url=f"sqlite:///{folder}/own.db", records_url=f"sqlite:///{folder}/records.db"
    )
    yield create_app(store, settings, sample=True)
    store.close()


@pytest.fixture
def client(app: FastAPI, zone: Path) -> Iterator[TestClient]:
    """Records as they were made, and nobody's cookies."""
    folder = Path(app.state.settings.records_url.removeprefix("sqlite:///")).parent
    copyfile(zone / "sample-records.db", folder / "sample-records.db")
    with TestClient(app, raise_server_exceptions=False) as made:
        yield made
    for records in app.state.records.values():
        records.close()
    app.state.records.clear()


def kept(client: TestClient, ordinal: int) -> Meeting:
    every = meetings.all_of(records_at(client.app))  # type: ignore[arg-type]
    return next(m for m in every if m.ordinal == ordinal)


def rows(client: TestClient) -> list[dict[str, Any]]:
    found = client.get("/api/v1/trend").json()["trend"]["rows"]
    return [row["figures"] for row in found]


def test_every_figure_again_from_the_meetings(client: TestClient) -> None:
    """By hand from what is kept: the person of single-user mode may see all of it."""
    found = rows(client)
    assert [row["ordinal"] for row in found] == [4, 5]  # the sixth is not sealed
    for row in found:
        meeting = kept(client, row["ordinal"])
        says = [result(case, sealed=True) for case in meeting.cases]
        lows, highs = [s.low for s in says if s], [s.high for s in says if s]
        assert row["median"] == pytest.approx([median(lows), median(highs)])
        low, high = (quantiles(x, method="inclusive") for x in (lows, highs))
        spread = [max(0.0, low[2] - high[0]), high[2] - low[0]]
        assert row["spread"] == pytest.approx(spread)
        gains = [case.basis.given.chain.get("gain") for case in meeting.cases if case.basis]
        yes, open_, n = sum(bool(g) for g in gains), gains.count(None), len(meeting.cases)
        assert row["fitting"] == [yes / n, (yes + open_) / n]
        assert row["applications"] == dict(Counter(case.park for case in meeting.cases))
        assert row["agenda"] == [len(set(row["applications"])), n]
        assert row["handed_in"] == n
        outcomes = Counter(case.decision.outcome for case in meeting.cases if case.decision)
        if meeting.state == "published":
            assert {k: v for k, v in row["outcomes"].items() if v} == dict(outcomes)
            assert row["approved"] == [outcomes["approved"] / n] * 2
        else:
            assert (row["outcomes"], row["approved"]) == (None, None)
    assert (found[0]["announced"], found[0]["agenda"]) == ([5, 21], [5, 21])


def test_the_change_is_after_less_before(client: TestClient) -> None:
    first, second = client.get("/api/v1/trend").json()["trend"]["rows"]
    assert set(first["changes"].values()) == {None}
    assert second["changes"]["projects"] == [12 - 21, 12 - 21]
    before, after = first["figures"]["median"], second["figures"]["median"]
    assert second["changes"]["median"] == pytest.approx(
        [after[0] - before[1], after[1] - before[0]]
    )
    assert second["changes"]["approved"] is None  # the first is not decided


def test_a_park_sees_its_own_projects_alone(client: TestClient) -> None:
    names = {case.park for case in kept(client, 4).cases} - {OWN}
    client.cookies.set("lianzhu-role", f"park:{OWN}")
    answer = client.get("/api/v1/trend").json()
    assert answer["announced"] is None
    assert answer["trend"]["parks"] == [OWN]
    for row in (r["figures"] for r in answer["trend"]["rows"]):
        own = [case for case in kept(client, row["ordinal"]).cases if case.park == OWN]
        assert row["applications"] == {OWN: len(own)}
        assert (row["median"], row["fitting"], row["sectors"]) == (None, None, None)
    told = Counter(
        c.decision.outcome for c in kept(client, 5).cases if c.decision and c.park == OWN
    )
    assert {k: v for k, v in row["outcomes"].items() if v} == dict(told)
    page = client.get("/trend?lang=zh").text
    assert "只算 山东省机器人产业园 自己的项目" in page
    assert not [name for name in names if name in page]
    assert "70余个" not in page
    assert client.get("/trend.xlsx").status_code == 200


@pytest.mark.parametrize("role", ["viewer", "officer"])
def test_who_is_not_of_the_panel_reads_what_was_published(client: TestClient, role: str) -> None:
    client.cookies.set("lianzhu-role", role)
    first, second = rows(client)
    assert first["outcomes"] is None
    assert second["outcomes"] is not None
    assert [row[key] for row in (first, second) for key in ("median", "spread", "fitting")] == (
        [None] * 6
    )
    assert second["handed_in"] == (None if role == "viewer" else 12)


@pytest.mark.parametrize("role", ["admin", "auditor"])
def test_for_some_it_is_not(client: TestClient, role: str) -> None:
    client.cookies.set("lianzhu-role", role)
    assert client.get("/trend").status_code == 403


def test_what_was_announced_stands_beside_what_is_counted(client: TestClient) -> None:
    told = client.get("/api/v1/trend").json()["announced"]
    found = {row["found"]["said"]["text"]: row for row in told}
    seventy, ninety = found["70余个"], found["90余个"]
    ends = [(r["found"]["said"]["low"], r["found"]["said"]["high"]) for r in (seventy, ninety)]
    assert ends == [(70, 80), (90, 100)]
    assert (seventy["counted"], seventy["agrees"]) == (None, None)  # its parks are not known
    assert (found["5个"]["counted"], found["5个"]["agrees"]) == (5, True)
    assert (found["21个"]["counted"], found["21个"]["agrees"]) == (21, True)
    page = client.get("/trend?lang=zh").text
    assert "[70, 80)" in page
    assert "75" not in page.split('id="announced"')[1].split("</table>")[0]


def test_a_count_is_written_down_counted_and_corrected(client: TestClient) -> None:
    assert client.post("/announced", data=CLAIM, follow_redirects=False).status_code == 303
    (row,) = [
        r
        for r in client.get("/api/v1/trend").json()["announced"]
        if r["found"]["said"]["who"] == CLAIM["who"]
    ]
    projects = client.get("/api/v1/nodes/Project?limit=200").json()["items"]
    own = [p for p in projects if p.get("park") in CLAIM["park"] and p.get("stage") == "in_talks"]
    assert (row["counted"], row["basis"]) == (len(own), "stage")
    assert row["agrees"] == (5 <= len(own) < 6)  # 5余 hides what is below one: [5, 6)
    id_ = row["found"]["id"]
    mended = {**CLAIM, "text": "近10", "why": "看错", "version": "1"}
    assert client.post(f"/announced/{id_}", data=mended, follow_redirects=False).status_code == 303
    again = client.post(f"/announced/{id_}", data={**mended, "scope": "另一窗口"})
    assert (again.status_code, "另一窗口" in again.text) == (412, True)
    page = client.get("/trend?lang=zh").text
    assert "更正过 1 次" in page
    assert "园区办<b>" not in page


@pytest.mark.parametrize("what", ["in_talks", "signed"])
def test_projects_that_are_courted_are_counted_from_their_moves(
    client: TestClient, what: str
) -> None:
    client.post("/pipeline/demo")
    today = date.today().isoformat()
    client.post("/announced", data={**CLAIM, "what": what, "on_day": today})
    told = client.get("/api/v1/trend").json()["announced"]
    (row,) = [r for r in told if r["found"]["said"]["who"] == CLAIM["who"]]
    every = documents.all_of(records_at(client.app), PURSUIT)  # type: ignore[arg-type]
    began = f"{today[:4]}-01-01"
    if what == "signed":
        late = ("signed", "building", "operating")
        came = [next((m for m in p.moves if m.stage[1] in late), None) for p in every]
        own = [
            m for m in came
            if m and m.park[1] in CLAIM["park"] and began <= m.on_day.isoformat() <= today
        ]  # fmt: skip
    else:
        own = [p for p in every if p.park in CLAIM["park"] and p.stage == what]
    assert (row["counted"], row["basis"]) == (len(own), "pursued")
    for role in ("viewer", "reviewer"):  # what is negotiated is not for them
        client.cookies.set("lianzhu-role", role)
        told = client.get("/api/v1/trend").json()["announced"]
        assert all(r["basis"] != "pursued" for r in told)


def test_a_version_no_form_sends_is_none(client: TestClient) -> None:
    (row,) = [
        r for r in client.get("/api/v1/trend").json()["announced"]
        if r["found"]["said"]["text"] == "70余个"
    ]  # fmt: skip
    sent = {**CLAIM, "why": "看错", "version": "9" * 5000}
    assert client.post(f"/announced/{row['found']['id']}", data=sent).status_code == 412


@pytest.mark.parametrize("courted", [False, True])
def test_a_part_is_not_shown_as_the_whole(client: TestClient, courted: bool) -> None:
    """One park of which nobody noted anything, and there is no count."""
    if courted:
        client.post("/pipeline/demo")
    quiet = {"park": [*CLAIM["park"], "park-xianshi"], "on_day": date.today().isoformat()}
    client.post("/announced", data={**CLAIM, **quiet})
    told = client.get("/api/v1/trend").json()["announced"]
    (row,) = [r for r in told if r["found"]["said"]["who"] == CLAIM["who"]]
    assert (row["counted"], row["agrees"], row["basis"]) == (None, None, "")


def test_what_is_no_count_is_refused_with_what_was_typed(client: TestClient) -> None:
    for wrong in (
        {"text": "约70"}, {"text": "70万元"}, {"who": ""}, {"on_day": "昨天"}, {"what": "x"},
        {"session": "2022"}, {"source": ""},
    ):  # fmt: skip
        answer = client.post("/announced", data={**CLAIM, **wrong})
        assert answer.status_code == 400
        assert 'role="alert"' in answer.text
        assert 'value="在谈"' in answer.text
    assert len(client.get("/api/v1/trend").json()["announced"]) == 4


@pytest.mark.parametrize("lang", LANGS)
def test_the_page_and_its_workbook(client: TestClient, lang: str) -> None:
    answer = client.get(f"/trend?lang={lang}")
    assert answer.status_code == 200
    assert " style=" not in answer.text
    assert answer.text.count('<svg class="lines"') == 3  # approved is known of one meeting only
    client.post("/announced", data=CLAIM)
    book = load_workbook(BytesIO(client.get(f"/trend.xlsx?lang={lang}").content))
    assert len(book.worksheets) == 6  # figures, change, chains, parks, announced, basis
    figures = list(book.worksheets[0].iter_rows(values_only=True))
    assert len(figures) == 3
    (cell,) = [c for row in book.worksheets[4].iter_rows() for c in row if c.value == "=公报"]
    assert cell.data_type == "s"
