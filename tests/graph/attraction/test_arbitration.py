"""The office decides: who is credited with what, what it does to each pursuit, and undoing it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date

import pytest

from graph.attraction import steps
from graph.attraction.arbitration import Verdict, credit, reopen, rule
from graph.attraction.courted import groups, suits
from graph.attraction.pursuit import Pursuit
from graph.errors import Changed, LianzhuError
from graph.review.filing import Content, Filing
from tests.graph.attraction.made import TODAY, pursuit

MARCH, APRIL = date(2026, 3, 1), date(2026, 4, 1)
BY_RULE = Verdict("south", "厂房够高", {})
HELD = {
    "a": pursuit("a", "north", "in_talks", introduced_on=MARCH),
    "b": pursuit("b", "south", "lead", introduced_on=APRIL),
}
FILED = [Filing("f", "east", Content("项目", "甲公司"), "submitted", 3)]


def decide(
    held: Mapping[str, Pursuit], verdict: Verdict = BY_RULE, filed: Sequence[Filing] = ()
) -> dict[str, Pursuit]:
    (group,) = groups(suits(list(held.values()), filed))
    return {**held, **rule(held, group, verdict, "r1", ["n1", "n2", "n3", "n4"], TODAY, "办")}


@pytest.mark.parametrize(
    ("firsts", "lands", "shares"),
    [
        (["a"], "b", {"a": 50.0, "b": 50.0}),
        (["a"], "a", {"a": 100.0}),
        (["a", "b"], "b", {"a": 25.0, "b": 75.0}),  # 50/2, 50/2 + 50
        (["a", "b"], "c", {"a": 25.0, "b": 25.0, "c": 50.0}),
    ],
)
def test_half_to_the_first_half_to_where_it_lands(
    firsts: list[str], lands: str, shares: dict[str, float]
) -> None:
    assert credit(firsts, lands) == shares


def test_the_others_are_lost_and_all_keep_the_decision() -> None:
    after = decide(HELD)
    assert {i: (p.park, p.stage, p.version) for i, p in after.items()} == {
        "a": ("north", "lost", 2),
        "b": ("south", "lead", 2),
    }
    ruling = after["a"].ruled
    assert ruling is not None
    assert after["b"].ruled == ruling == after["a"].closed_by
    assert (ruling.park, ruling.reason, ruling.members) == ("south", "厂房够高", ("a", "b"))
    assert ruling.shares == (("north", 50.0), ("south", 50.0))
    assert after["a"].moves[:-1] == HELD["a"].moves
    assert (after["a"].moves[-1].note, after["a"].moves[-1].ruling) == ("厂房够高", "r1")
    assert groups(suits(list(after.values()), [])) == []
    for step in (
        lambda p: steps.move(p, "lead", 2, TODAY, "王", today=TODAY),
        lambda p: steps.transfer(p, "south", 2, TODAY, "王", today=TODAY),
    ):
        with pytest.raises(LianzhuError) as refused:
            step(after["a"])
        assert refused.value.code == "pursuit_ruled"


def test_an_application_alone_becomes_a_pursuit_and_courts_no_more() -> None:
    with pytest.raises(LianzhuError) as refused:  # the application says no day
        decide(HELD, filed=FILED)
    assert refused.value.code == "ruling_first"
    verdict = Verdict("south", "厂房够高", {"north": 30.0, "south": 70.0}, "双方商定")
    after = decide(HELD, verdict, FILED)
    [new] = [p for p in after.values() if p.filing == "f"]
    assert (new.park, [m.stage[1] for m in new.moves]) == ("east", ["under_review", "lost"])
    assert new.closed_by is not None
    assert new.closed_by.why_shares == "双方商定"
    assert groups(suits(list(after.values()), FILED)) == []
    # Linked to nothing any more, it still went elsewhere.
    unlinked = [replace(p, filing="") for p in after.values()]
    assert {s.id for s in suits(unlinked, FILED)} == {"b"}


def test_it_lands_where_nobody_courts_it_as_far_as_the_furthest_had_come() -> None:
    after = decide(HELD, Verdict("west", "只有西园有地", {}))
    [new] = [p for i, p in after.items() if i not in HELD]
    assert (new.park, new.stage, new.facts.name) == ("west", "in_talks", "项目a")
    assert {p.stage for i, p in after.items() if i in HELD} == {"lost"}
    assert new.ruled is not None
    assert new.ruled.shares == (("north", 50.0), ("west", 50.0))
    back = reopen(after, "r1", TODAY, "办", "企业另有想法")
    assert {i: p.stage for i, p in back.items()} == {"a": "in_talks", "b": "lead", new.id: "lost"}


def test_reopened_everything_stands_where_it_stood_and_says_why() -> None:
    after = decide(HELD)
    back = {**after, **reopen(after, "r1", TODAY, "主任", "材料有误")}
    assert {i: p.stage for i, p in back.items()} == {i: p.stage for i, p in HELD.items()}
    assert [p.ruled for p in back.values()] == [None, None]
    assert back["a"].rulings[0].undone == (TODAY, "主任", "材料有误")
    assert back["a"].moves[:2] == after["a"].moves
    assert len(groups(suits(list(back.values()), []))) == 1
    assert steps.move(back["a"], "signed", 3, TODAY, "王", today=TODAY).stage == "signed"
    with pytest.raises(LianzhuError, match="ruling_gone"):
        reopen(back, "r1", TODAY, "主任", "再来")
    again = decide(back)
    assert again["a"].closed_by is not None
    assert len(again["a"].rulings) == 2


@pytest.mark.parametrize(
    ("code", "verdict"),
    [
        ("ruling_reason", Verdict("south", " ", {})),
        ("ruling_shares", Verdict("south", "因", {"north": 60.0, "south": 60.0}, "商定")),
        ("ruling_shares", Verdict("south", "因", {"north": 120.0, "south": -20.0}, "商定")),
        ("ruling_shares_park", Verdict("south", "因", {"east": 50.0, "south": 50.0}, "商定")),
        ("ruling_shares_reason", Verdict("south", "因", {"north": 40.0, "south": 60.0})),
    ],
)
def test_a_decision_without_reason_or_whole_shares_is_none(code: str, verdict: Verdict) -> None:
    with pytest.raises(LianzhuError) as refused:
        decide(HELD, verdict)
    assert refused.value.code == code


def to(one: Pursuit, stage: str) -> Pursuit:
    return steps.move(one, stage, one.version, TODAY, "王", today=TODAY, note="因")


def test_lost_by_itself_later_is_not_closed_by_the_decision() -> None:
    won = decide(HELD)["b"]
    gone = steps.transfer(won, "west", won.version, TODAY, "办", today=TODAY)
    assert to(gone, "lost").closed_by is None


def test_the_application_of_the_one_that_lost_stays_with_it() -> None:
    after = decide({**HELD, "a": replace(HELD["a"], filing="g")})
    assert after["b"].rulings[0].members == ("a", "b", "g")
    with pytest.raises(LianzhuError) as refused:
        steps.link_filing(after["a"], "", after["a"].version)
    assert refused.value.code == "pursuit_ruled"
    filed = [Filing("g", "north", Content("项目", "甲公司"), "submitted")]
    unlinked = [replace(p, filing="") for p in after.values()]
    assert {s.id for s in suits(unlinked, filed)} == {"b"}


def test_what_an_undone_decision_began_does_not_come_back_by_undoing_the_next() -> None:
    first = decide(HELD, Verdict("west", "只有西园有地", {}))
    rival = {**first, "c": pursuit("c", "east", introduced_on=MARCH)}
    (group,) = groups(suits(list(rival.values()), []))
    shares = Verdict("east", "因", {"east": 100.0}, "商定")
    second = {**rival, **rule(rival, group, shares, "r2", ["m1", "m2", "m3"], TODAY, "办")}
    one = {**second, **reopen(second, "r1", TODAY, "办", "因")}
    assert {i: p.stage for i, p in {**one, **reopen(one, "r2", TODAY, "办", "因")}.items()} == {
        "a": "in_talks", "b": "lead", "n4": "lost", "c": "in_talks",
    }  # fmt: skip
    other = {**second, **reopen(second, "r2", TODAY, "办", "因")}
    assert other["n4"].stage == "in_talks"


def test_what_was_signed_since_is_not_undone() -> None:
    after = decide(HELD, Verdict("west", "只有西园有地", {}))
    after["n4"] = to(after["n4"], "building")
    with pytest.raises(LianzhuError) as refused:
        reopen(after, "r1", TODAY, "办", "因")
    assert refused.value.code == "ruling_signed"
    # Signed elsewhere before, it only stands where the decision put it.
    begun = decide({**HELD, "a": to(HELD["a"], "signed")}, Verdict("west", "因", {}))
    assert begun["n4"].stage == "signed"
    assert reopen(begun, "r1", TODAY, "办", "因")["n4"].stage == "lost"


def test_what_changed_meanwhile_is_not_decided_about() -> None:
    (group,) = groups(suits(list(HELD.values()), []))
    moved = {**HELD, "a": steps.move(HELD["a"], "signed", 1, TODAY, "王", today=TODAY)}
    with pytest.raises(Changed):
        rule(moved, group, BY_RULE, "r1", ["n1", "n2", "n3"], TODAY, "办")
