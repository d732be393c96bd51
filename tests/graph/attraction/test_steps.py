"""Steps of a pursuit: what each does, what each refuses, and that nothing said is lost."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import pytest

from graph.attraction import steps
from graph.attraction.pursuit import STAGES, Facts, Introduction, Move, Pursuit, furthest
from graph.errors import Changed, LianzhuError
from tests.graph.attraction.made import BEGAN, TODAY, pursuit

MAY, JUNE = date(2026, 5, 1), date(2026, 6, 1)


def to(one: Pursuit, stage: str, day: date = TODAY, note: str = "") -> Pursuit:
    return steps.move(one, stage, one.version, day, "李", today=TODAY, note=note)


def test_from_the_first_lead_to_production_and_back_up_from_lost() -> None:
    one = pursuit(stage="lead")
    for at, stage in enumerate(STAGES[1:-1], 1):
        one = to(one, stage, BEGAN + timedelta(days=at))
    assert [m.stage[1] for m in one.moves] == list(STAGES[:-1])
    assert (one.stage, one.version) == ("operating", 6)
    lost = to(to(one, "building"), "lost", note=" 停产 ")
    assert lost.moves[-1] == Move(TODAY, "李", ("building", "lost"), ("north", "north"), "停产")
    assert to(lost, "in_talks").moves[:-1] == lost.moves
    assert one.on(BEGAN) == ("north", "lead")
    assert one.on(BEGAN + timedelta(days=2)) == ("north", "under_review")
    assert one.on(BEGAN - timedelta(days=1)) is None


def test_another_park_takes_it_over_with_its_history() -> None:
    one = pursuit(filing="f1", enterprise="e1")
    moved = steps.transfer(one, "south", 1, JUNE, "办", today=TODAY, note="北园没有厂房")
    assert (moved.park, moved.stage, moved.filing, moved.enterprise) == (
        "south", "in_talks", "", "e1",
    )  # fmt: skip
    assert moved.moves[:-1] == one.moves
    assert (moved.on(MAY), moved.on(JUNE)) == (("north", "in_talks"), ("south", "in_talks"))


def test_who_introduced_it_when_stays_said() -> None:
    one = pursuit(introduced_by="协会", introduced_on=MAY)
    assert one.introductions == (Introduction("协会", MAY, TODAY, "王"),)
    facts = replace(one.facts, introduced_on=BEGAN, owner="张")
    after = steps.write(one, facts, 1, TODAY, "李")
    assert after.introductions == (*one.introductions, Introduction("协会", BEGAN, TODAY, "李"))
    planned = steps.write(after, replace(facts, next_step="约谈", next_day=JUNE), 2, TODAY, "李")
    assert planned.introductions == after.introductions
    assert (planned.overdue(JUNE), planned.due(JUNE)) == (False, True)
    assert (planned.overdue(TODAY), planned.due(TODAY)) == (True, False)
    assert not to(planned, "lost", note="停").overdue(TODAY)


NAMED = Facts("项目", "甲公司")
REFUSED: dict[str, tuple[str, Callable[[Pursuit], object]]] = {
    "the stage it has": ("pursuit_same", lambda p: to(p, "in_talks")),
    "no stage": ("pursuit_stage", lambda p: to(p, "done")),
    "lost without a reason": ("pursuit_reason", lambda p: to(p, "lost", note=" ")),
    "a day to come": ("pursuit_day", lambda p: to(p, "signed", TODAY + timedelta(days=1))),
    "before it began": ("pursuit_day", lambda p: to(p, "signed", BEGAN - timedelta(days=1))),
    "begun tomorrow": (
        "pursuit_begins",
        lambda _: steps.begin(
            "x", "n", NAMED, "lead", TODAY + timedelta(days=1), "王", today=TODAY
        ),
    ),
    "another's application": (
        "pursuit_filing",
        lambda p: steps.link_filing(p, "f", 1, [p, pursuit("b", filing="f")]),
    ),
    "its own park": (
        "pursuit_same", lambda p: steps.transfer(p, "north", 1, TODAY, "办", today=TODAY),
    ),
    "no name": (
        "pursuit_name", lambda p: steps.write(p, replace(NAMED, name=" "), 1, TODAY, "王"),
    ),
    "no applicant": (
        "pursuit_name",
        lambda _: steps.begin("x", "n", Facts("项目", ""), "lead", TODAY, "王", today=TODAY),
    ),
    "less than nothing": (
        "pursuit_investment",
        lambda p: steps.write(p, replace(NAMED, investment_wan=-1), 1, TODAY, "王"),
    ),
    "introduced tomorrow": (
        "future_date",
        lambda p: steps.write(
            p, replace(NAMED, introduced_on=TODAY + timedelta(days=1)), 1, TODAY, "王"
        ),
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", REFUSED)
def test_what_makes_no_sense_is_refused(what: str) -> None:
    code, step = REFUSED[what]
    with pytest.raises(LianzhuError) as refused:
        step(pursuit())
    assert refused.value.code == code


def test_two_windows_and_the_second_is_told() -> None:
    one = to(pursuit(), "under_review")
    for step in (
        lambda: steps.write(one, NAMED, 1, TODAY, "李"),
        lambda: steps.move(one, "signed", 1, TODAY, "李", today=TODAY),
        lambda: steps.transfer(one, "south", 1, TODAY, "李", today=TODAY),
        lambda: steps.link(one, "e", "p", 1),
        lambda: steps.link_filing(one, "f", 1),
    ):
        with pytest.raises(Changed):
            step()
    linked = steps.link_filing(steps.link(one, "e", "p", 2), "f", 3)
    assert (linked.enterprise, linked.project, linked.filing, linked.version) == ("e", "p", "f", 4)


def test_a_lost_one_has_come_least_far() -> None:
    found = [pursuit("a", stage="lost"), pursuit("b", stage="lead"), pursuit("c", stage="lead")]
    assert furthest(found).id == "b"
    assert furthest(found[:1]).id == "a"
