"""The call and the agenda: when each project is heard, in which order, who is short of some."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, time

import pytest

from graph.review import steps
from graph.review.account import ParkShare, account
from graph.review.agenda import offered, window_on
from graph.review.meeting import Case, Meeting, Recusal
from graph.review.panel import result
from graph.review.scoring import Application
from tests.graph.review import meetings as mt
from tests.graph.review.standards import GOOD

FIRST, LAST = date(2026, 6, 1), date(2026, 6, 30)


def three() -> Meeting:
    """Two projects of one park and one of another, from nine o'clock."""
    cases = [mt.case("p1"), mt.case("p2"), mt.case("p3", park="else")]
    meeting = mt.draft(*cases)
    return steps.revise(meeting, replace(meeting, starts=time(9)))


def clock(meeting: Meeting) -> list[tuple[str, str | None, str | None]]:
    told = account(meeting, lambda _: False)
    return [(p.id, p.starts, p.ends) for p in told.projects]


def test_each_project_is_heard_after_the_one_before_it() -> None:
    """9:00 + 15 + 15 + 15; then p3 first for 40: 9:00–9:40, p1 5: 9:45, p2 15: 10:00."""
    meeting = three()
    assert clock(meeting) == [
        ("p1", "09:00", "09:15"), ("p2", "09:15", "09:30"), ("p3", "09:30", "09:45"),
    ]  # fmt: skip
    after = steps.reorder(meeting, [("p3", 40), ("p1", 5), ("p2", 15)], meeting.version)
    assert clock(after) == [
        ("p3", "09:00", "09:40"), ("p1", "09:40", "09:45"), ("p2", "09:45", "10:00"),
    ]  # fmt: skip
    assert account(after, lambda _: False).minutes == 60
    fewer = steps.take_off(after, "p1")
    assert clock(fewer) == [("p3", "09:00", "09:40"), ("p2", "09:40", "09:55")]
    late = steps.revise(fewer, replace(fewer, starts=time(23, 30)))
    assert clock(late)[1] == ("p2", "24:10", "24:25")
    unset = steps.revise(late, replace(late, starts=None))
    assert clock(unset)[0] == ("p3", None, None)


def test_a_change_of_nothing_is_none_and_every_other_is_counted() -> None:
    meeting = three()
    assert steps.revise(meeting, meeting) is meeting
    assert steps.reorder(meeting, [(f"p{n}", 15) for n in (1, 2, 3)], meeting.version) is meeting
    seen = [meeting.version]
    meeting = steps.put_on(meeting, mt.case("p4"))
    seen.append(meeting.version)
    meeting = steps.reorder(meeting, [(c.id, 20) for c in meeting.cases], meeting.version)
    seen.append(meeting.version)
    assert seen == [2, 3, 4]
    with pytest.raises(Exception, match="meeting_changed"):
        steps.revise(meeting, replace(meeting, host="别处", version=3))


def test_which_park_is_short() -> None:
    meeting = three()
    call = replace(meeting, expected={"park": 1, "else": 3, "third": 1}, announced=(3, 5))
    told = account(steps.revise(meeting, call), lambda _: False)
    assert told.shares == [
        ParkShare("else", 3, 1), ParkShare("third", 1, 0), ParkShare("park", 1, 2),
    ]  # fmt: skip
    assert [share.short for share in told.shares] == [2, 1, -1]
    assert account(meeting, lambda _: False).shares[0] == ParkShare("else", None, 1)


def judged_by(id: str, park: str, gain: float, first: bool) -> Case:
    """Sealed with a total of 20 + 20·gain + 30 + 10 + 5 and no expert's points."""
    given: Application = replace(GOOD, chain={"gain": gain})
    closes = (mt.CLOSES,) if first else ()
    return replace(mt.case(id, park=park), basis=replace(mt.basis(given), closes=closes))


def test_what_has_priority_comes_first_then_park_by_park_then_by_points() -> None:
    cases = (
        judged_by("low", "park", 0.1, False), judged_by("high", "park", 0.9, False),
        judged_by("first", "park", 0.1, True), judged_by("else", "else", 0.9, False),
        judged_by("else-first", "else", 0.1, True), judged_by("equal", "park", 0.9, True),
    )  # fmt: skip
    meeting = replace(mt.draft(*cases), state="sealed")
    order = ["else-first", "equal", "first", "else", "high", "low"]
    assert list(offered(meeting)) == order
    meeting = steps.reorder(meeting, [(id, 15) for id in offered(meeting)], meeting.version)
    assert list(offered(meeting)) == [c.id for c in meeting.cases] == order
    for turned in (cases[::-1], cases[3:] + cases[:3]):  # whatever the agenda is now
        assert list(offered(replace(meeting, cases=turned))) == order


def test_priority_changes_no_score() -> None:
    one, two = (judged_by("p", "park", 0.5, first) for first in (True, False))
    assert result(one, sealed=True) == result(two, sealed=True)


def called(state: str, *days: int) -> Meeting:
    window = (date(2026, 6, days[0]), date(2026, 6, days[1])) if days else None
    return replace(mt.draft(), state=state, window=window)


@pytest.mark.parametrize(
    ("meetings", "day", "wanted"),
    [
        ([], 10, None),
        ([called("open")], 10, None),
        ([called("scoring", 1, 5)], 10, None),  # it takes nothing in any more
        ([called("open", 1, 5), called("draft")], 10, None),  # the other takes it at any time
        ([called("open", 10, 10)], 10, (10, 10, True)),
        ([called("open", 11, 20)], 10, (11, 20, False)),
        ([called("draft", 1, 9)], 10, (1, 9, False)),
        ([called("open", 1, 9), called("draft", 12, 20)], 10, (12, 20, False)),
        ([called("open", 1, 9), called("draft", 8, 20)], 10, (8, 20, True)),
    ],
)
def test_when_parks_hand_in(
    meetings: list[Meeting], day: int, wanted: tuple[int, int, bool] | None
) -> None:
    found = window_on(meetings, date(2026, 6, day))
    assert (found and (found[0].day, found[1].day, found[2])) == wanted


def test_the_order_may_change_until_the_meeting_is_over_and_tells_no_judgement() -> None:
    """The version counts what the office changes, never what reviewers write."""
    meeting = mt.scoring()
    version = meeting.version
    meeting = mt.judged(meeting, "p1", mt.written("a"), mt.written("b"))
    meeting = steps.recuse(meeting, "p1", Recusal("c", "亲属"))
    assert meeting.version == version
    meeting = steps.reorder(steps.seal(meeting), [("p1", 30)], version)
    assert (meeting.version, meeting.cases[0].minutes) == (version + 1, 30)
