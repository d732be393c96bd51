"""From application to agenda to basis and back: what waits, what is judged, what replays later."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from shutil import copyfile

import pytest
from sqlalchemy import delete

from api import reviewing
from api.desk import Desk
from api.standards import standards_of
from graph.errors import NotFound, UsageError
from graph.review import steps
from graph.review.filing import Content, Filing, answer, hand_in, link, withdraw, write
from graph.review.meeting import Case, Decision, Meeting, Member
from graph.review.standard import Standard
from graph.store import open_store
from records import filings, meetings, tables
from records.database import Records

DAY = date(2026, 7, 1)
AT = datetime(2026, 6, 15, tzinfo=UTC)
PARK = "park-jiqiren"
PANEL = [Member(id, id) for id in "abc"]
CONTENT = Content(
    "示例减速器项目", "示例申请人", numbers={"investment_wan": 9000.0, "land_mu": 30.0}
)


@dataclass
class Place:
    """Records with one application that was handed in, and the sample's graph."""

    records: Records
    desk: Desk
    standards: list[Standard]

    def act(self, step: Callable[[Filing], Filing], id: str = "f1") -> Filing:
        return filings.act(self.records, id, "step", step)

    def again(self, at: datetime = AT, **numbers: float) -> None:
        """Written and handed in anew."""
        content = replace(CONTENT, numbers={**CONTENT.numbers, **numbers})
        self.act(lambda f: hand_in(write(f, content, f.version), f.version + 1, at, "园"))

    def opened(self, id: str = "m1", ordinal: int = 1) -> Meeting:
        """A meeting that takes applications in, and takes in what waits."""
        blank = Meeting(id, 2026, ordinal, "会", DAY, "办", panel=tuple(PANEL), state="open")
        meetings.add(self.records, blank)
        return reviewing.take_in(self.records, id)

    def begun(self, id: str = "m1") -> Meeting:
        meeting = meetings.get(self.records, id)
        assigned = {case.id: "abc" for case in meeting.cases}
        meetings.act(self.records, id, "assign", lambda m: steps.assign(m, assigned))
        return reviewing.begin(self.records, self.desk, self.standards, id, DAY)

    def ended(self, outcome: str, state: str = "published", **basis: object) -> Meeting:
        """The meeting with everything decided, however that came."""

        def decided(case: Case) -> Case:
            assert case.basis is not None
            changed = replace(case.basis, **basis)  # type: ignore[arg-type]
            return replace(case, basis=changed, decision=Decision(outcome, None, "h"))

        def step(meeting: Meeting) -> Meeting:
            return replace(meeting, state=state, cases=tuple(map(decided, meeting.cases)))

        return meetings.act(self.records, "m1", "decide", step)

    def differences(self) -> list[str]:
        """Those of the bases; nobody voted here, so the outcomes differ anyway."""
        meeting = meetings.get(self.records, "m1")
        found = reviewing.differences(self.records, self.desk, self.standards, meeting)
        return [one for one in found if not one.startswith("outcome:")]


@pytest.fixture
def place(sample_file: Path, tmp_path: Path) -> Iterator[Place]:
    copyfile(sample_file, tmp_path / "graph.db")
    store = open_store(f"sqlite:///{tmp_path}/graph.db", deadline=3.0)
    records = Records(f"sqlite:///{tmp_path}/records.db", heads=tmp_path / "heads")
    desk = Desk(store, sample=True)
    made = Place(records, desk, list(standards_of(tmp_path, sample=True)))
    filings.add(records, [Filing("f1", PARK, CONTENT)])
    made.act(lambda f: hand_in(f, f.version, AT, "园"))
    yield made
    records.close()
    store.close()


def test_what_is_handed_in_waits_also_beside_a_newer_draft(place: Place) -> None:
    changed = replace(CONTENT, name="改名")
    place.act(lambda f: write(f, changed, f.version))
    assert [(c.id, c.name) for c in place.opened().cases] == [("f1", CONTENT.name)]
    assert place.opened("m2", 2).cases == ()  # it is on the first agenda


@pytest.mark.parametrize("outcome", ["deferred", "rejected", "approved", "transferred"])
def test_what_was_decided_waits_again_where_it_was_deferred_or_handed_in_anew(
    place: Place, outcome: str
) -> None:
    place.opened()
    place.begun()
    place.ended(outcome, state="decided")
    assert place.opened("m2", 2).cases == ()  # nobody was told yet
    place.ended(outcome)
    waits = [c.id for c in reviewing.take_in(place.records, "m2").cases]
    assert waits == (["f1"] if outcome == "deferred" else [])
    place.again()
    assert [c.id for c in reviewing.take_in(place.records, "m2").cases] == ["f1"]


def test_an_older_meeting_judged_what_was_handed_in_by_its_day(place: Place) -> None:
    place.opened()
    place.begun()
    place.ended("rejected", source=None)
    place.again(AT + timedelta(days=2))
    assert place.opened("m2", 2).cases == ()
    place.again(AT + timedelta(days=17))  # the second of July
    assert [c.id for c in reviewing.take_in(place.records, "m2").cases] == ["f1"]


def test_scoring_begins_with_the_links_and_the_name_of_that_moment(place: Place) -> None:
    place.opened()
    place.act(lambda f: link(f, "demo-haian-jingji", "demo-p-jiansuqi", f.version))
    renamed = replace(CONTENT, name="新名", applicant="新申请人")
    place.act(lambda f: hand_in(write(f, renamed, f.version), f.version + 1, AT, "园"))
    (case,) = place.begun().cases
    assert (case.name, case.applicant, case.project) == ("新名", "新申请人", "demo-p-jiansuqi")
    assert case.basis is not None
    assert case.basis.closes is not None  # the graph knows it
    assert place.differences() == ["undecided:新名"]


def test_a_withdrawn_application_is_named_and_taken_off(place: Place) -> None:
    filings.add(place.records, [Filing("f2", PARK, replace(CONTENT, name="另一项目"))])
    place.act(lambda f: hand_in(f, f.version, AT, "园"), "f2")
    place.opened()
    place.act(lambda f: withdraw(f, f.version))
    with pytest.raises(UsageError) as refused:
        place.begun()
    assert (refused.value.code, refused.value.facts) == ("case_withdrawn", {"case": CONTENT.name})
    meetings.act(place.records, "m1", "take_off", lambda m: steps.take_off(m, "f1"))
    assert [c.id for c in place.begun().cases] == ["f2"]


def test_what_is_done_to_an_application_later_changes_no_replay(place: Place) -> None:
    place.act(lambda f: answer(f, {"v1": True}, f.version))
    place.opened()
    place.begun()
    place.ended("approved")
    assert place.differences() == []
    place.again(investment_wan=1.0)
    place.act(lambda f: link(f, "demo-haian-jingji", "demo-p-jiansuqi", f.version))
    place.act(lambda f: answer(f, {}, f.version))
    place.act(lambda f: withdraw(f, f.version))
    assert place.differences() == []
    with place.records.write() as writing:
        writing.db.execute(delete(tables.filings))
        writing.note("filing.remove", "filing/f1")
    assert place.differences() == [f"basis:{CONTENT.name}"]


def test_a_meeting_that_kept_no_source_is_held_against_the_application_as_it_is(
    place: Place,
) -> None:
    place.opened()
    place.begun()
    place.ended("approved", source=None)
    assert place.differences() == []
    place.again(investment_wan=1.0)
    assert place.differences() == [f"basis:{CONTENT.name}"]
    place.act(lambda f: withdraw(f, f.version))
    assert place.differences() == [f"basis:{CONTENT.name}"]


def test_without_a_park_in_the_graph_there_is_no_batch(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(*_: object) -> None:
        raise NotFound("unknown_park", park=PARK)

    place.opened()
    place.begun()
    meeting = place.ended("approved")
    assert reviewing.batches_for(place.desk, meeting, lambda _: True) is not None
    monkeypatch.setattr(reviewing, "batches", gone)
    assert reviewing.batches_for(place.desk, meeting, lambda _: True) is None
