"""Quorum, majority, gates and medians: what the judgements of a panel come to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from graph.errors import UsageError
from graph.review import steps
from graph.review.assessing import OUTCOMES
from graph.review.meeting import Ballot, Basis, Decision, Meeting, Member, Recusal, Rules
from graph.review.panel import blocked, majority, result
from graph.review.scoring import Item
from tests.graph.review import meetings as mt
from tests.graph.review.standards import GOOD, with_numbers

APPROVED = Decision("approved", None, "h")
SCORING, SEALED = mt.scoring(), mt.sealed()


@pytest.mark.parametrize(
    ("rules", "needs"),
    [
        (Rules(), [2, 2, 2, 2, 3, 4, 4, 5, 6, 6]),  # two thirds rounded up, never below 2
        (Rules((1, 2), 1), [1, 1, 1, 2, 2, 3, 3, 4, 4, 5]),
        (Rules((1, 1), 3), [3, 3, 3, 3, 4, 5, 6, 7, 8, 9]),
    ],
)
def test_the_quorum_is_of_those_who_are_not_recused(rules: Rules, needs: list[int]) -> None:
    for judges, wanted in enumerate(needs):
        ids = tuple(f"m{n}" for n in range(judges + 2))
        out = (Recusal("m0", "亲属"), Recusal("m1", "股东"))
        found = replace(mt.case(assigned=ids), recused=out)
        assert mt.draft(rules=rules).enough(found) == wanted
        assert list(found.judges()) == list(ids[2:])


@pytest.mark.parametrize(
    ("votes", "wanted"),
    [
        ("", None),
        ("A", "approved"),
        ("AR", None),
        ("AAR", "approved"),
        ("AARR", None),
        ("AARD", None),  # two of four are not more than half
        ("AAARD", "approved"),
        ("DDDRR", "deferred"),
    ],
)
def test_a_majority_is_more_than_half(votes: str, wanted: str | None) -> None:
    word = {"A": "approved", "R": "rejected", "D": "deferred"}
    ballots = tuple(Ballot(f"m{n}", word[v]) for n, v in enumerate(votes))
    assert majority(replace(mt.case(), ballots=ballots)) == wanted


def test_without_a_majority_a_project_can_only_be_deferred() -> None:
    meeting = SEALED
    for member, outcome in (("a", "approved"), ("b", "rejected"), ("c", "conditional")):
        meeting = steps.vote(meeting, "p1", Ballot(member, outcome))
    for outcome in ("approved", "rejected", "special"):
        with pytest.raises(UsageError) as caught:
            steps.decide(meeting, "p1", Decision(outcome, None, "h", "理由"))
        assert (caught.value.code, caught.value.facts["wanted"]) == ("not_majority", "deferred")
    made = steps.decide(meeting, "p1", Decision("deferred", None, "h", "意见不一")).cases[0]
    assert made.decision is not None
    assert (made.decision.rule, len(made.decision.dissent)) == ("approved", 3)


GATES: Mapping[str, tuple[Basis, str]] = {
    "a minimum missed by far": (mt.basis(investment_wan=10_000.0), "investment-per-mu"),
    "a minimum missed by a hair": (mt.basis(investment_wan=11_199.0), "investment-per-mu"),
    "a ground nobody has judged": (mt.basis(replace(GOOD, vetoes={})), "v-red"),
    "a ground that is not passed": (mt.basis(replace(GOOD, vetoes={"v-red": False})), "v-red"),
    "the other track": (mt.basis(land_mu=19.0, tax_wan=475.0), "track"),
    "a minimum nobody knows": (mt.basis(with_numbers(GOOD, tax_wan=None)), "tax-per-mu"),
    "a required number that is not said": (
        mt.basis(with_numbers(GOOD, land_mu=None)),
        "land_mu",
    ),
    "a track nobody knows": (mt.basis(replace(GOOD, own_site=None), land_mu=19.0), "track"),
}


@pytest.mark.parametrize("why", GATES)
def test_no_points_and_no_reason_lift_a_project_over_a_gate(why: str) -> None:
    judged_by, gate = GATES[why]
    meeting = mt.agreed(mt.sealed(dict.fromkeys("abc", 5), judged_by), "approved")
    found = result(meeting.cases[0], sealed=True)
    assert found is not None
    assert (blocked(found, "approved"), found.outcome == "approved") == (gate, False)
    with pytest.raises(UsageError) as caught:
        steps.decide(meeting, "p1", replace(APPROVED, reason="特别重要"))
    assert (caught.value.code, caught.value.facts["gate"]) == ("gate_blocks", gate)


def test_a_department_opens_a_gate_and_one_no_shuts_it() -> None:
    """Twice the same ground is judged by its own department; an approval needs every yes."""
    two = (mt.PANEL[0], mt.PANEL[3], Member("k", "戊", "department", "自然资源"))
    for says, wanted in (((True, True), None), ((True, False), "v-red"), ((), "v-red")):
        opened = steps.open_window(mt.draft(mt.case(assigned=("a", "d", "k")), panel=two))
        meeting = steps.begin(opened, {"p1": mt.basis(replace(GOOD, vetoes={}))})
        for member, passed in zip("dk", says or (None, None), strict=True):
            vetoes = {} if passed is None else {"v-red": passed}
            meeting = mt.judged(meeting, "p1", replace(mt.written(member), vetoes=vetoes))
        found = result(steps.seal(meeting).cases[0], sealed=True)
        assert found is not None
        assert blocked(found, "approved") == wanted


@pytest.mark.parametrize("outcome", OUTCOMES)
@pytest.mark.parametrize("passed", [True, None, False])
def test_a_ground_that_is_not_passed_stands_against_every_kind_of_yes(
    passed: bool | None, outcome: str
) -> None:
    given = replace(GOOD, vetoes={} if passed is None else {"v-red": passed})
    meeting = mt.agreed(mt.sealed(bases=mt.basis(given)), outcome)
    stands = {True: (), None: ("approved",), False: ("approved", "conditional", "special")}
    terms = (mt.CONDITION,) if outcome == "conditional" else ()
    made = Decision(outcome, None, "h", "特别重要", "third", terms)
    if outcome in stands[passed]:
        with pytest.raises(UsageError) as caught:
            steps.decide(meeting, "p1", made)
        assert (caught.value.code, caught.value.facts["gate"]) == ("gate_blocks", "v-red")
        return
    decision = steps.decide(meeting, "p1", made).cases[0].decision
    assert decision is not None
    assert decision.outcome == outcome


def test_a_missed_minimum_leaves_conditions_and_exceptions_to_the_panel() -> None:
    found = result(mt.sealed(bases=GATES["a minimum missed by far"][0]).cases[0], sealed=True)
    assert found is not None
    assert [o for o in OUTCOMES if blocked(found, o)] == ["approved"]


def test_a_recusal_takes_cards_and_ballots_out_of_the_count() -> None:
    meeting = mt.agreed(mt.sealed({"a": 1, "b": 5, "c": 5}, mt.MIDDLE), "approved")
    assert _team(meeting).value == 5.0
    after = steps.recuse(meeting, "p1", Recusal("c", "持股", True))
    (found,) = after.cases
    assert [c.member for c in found.counted()] == ["a", "b"]
    assert [b.member for b in found.ballots] == ["a", "b"]
    assert _team(after).value == 3.0  # the median of 1 and 5
    assert steps.recuse(after, "p1", Recusal("c", "再说一次")) == after
    with pytest.raises(UsageError, match="is_recused"):
        steps.vote(after, "p1", Ballot("c", "approved"))


@pytest.mark.parametrize(
    ("points", "median", "points_of_15", "dispersed"),
    [
        ((4, 4, 4), 4.0, 12.0, False),
        ((1, 2, 3), 2.0, 6.0, False),  # quartiles 1.5 and 2.5
        ((1, 3, 5), 3.0, 9.0, True),  # 2 and 4: exactly two apart
        ((1, 1, 5), 1.0, 3.0, True),  # 1 and 3
        ((2, 5), 3.5, 10.5, False),  # 2.75 and 4.25
        ((1, 5), 3.0, 9.0, True),  # 2 and 4
    ],
)
def test_an_expert_item_is_the_median_and_says_when_they_are_far_apart(
    points: tuple[int, ...], median: float, points_of_15: float, dispersed: bool
) -> None:
    item = _team(mt.sealed(dict(zip("abc", points, strict=False))))
    assert (item.value, item.points, item.dispersed) == (median, points_of_15, dispersed)


def test_before_sealing_no_judgement_is_in_the_result() -> None:
    alone, said = SCORING.cases[0], mt.judged(SCORING, "p1", mt.written("a")).cases[0]
    assert result(said, sealed=False) == result(alone, sealed=False)
    assert result(said, sealed=True) != result(said, sealed=False)
    assert result(mt.case(), sealed=False) is None


def _team(meeting: Meeting) -> Item:
    found = result(meeting.cases[0], sealed=True)
    assert found is not None
    return next(i for head in found.heads for i in head.items if i.id == "team")
