"""Every step of a meeting once as it should go, and once for each reason to refuse it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from functools import partial
from typing import Any

import pytest

from graph.errors import Changed, LianzhuError, NotFound, UsageError
from graph.review import steps
from graph.review.assessing import OUTCOMES
from graph.review.meeting import (
    Ballot,
    Basis,
    Card,
    Case,
    Condition,
    Decision,
    Meeting,
    Member,
    Recusal,
    Reply,
    Rules,
)
from graph.review.panel import blocked, majority, result
from graph.review.scoring import Item
from tests.graph.review.meetings import (
    CONDITION,
    PANEL,
    agreed,
    basis,
    case,
    decided,
    default_basis,
    draft,
    full,
    judged,
    published,
    scoring,
    script,
    sealed,
    short_handed,
    written,
)
from tests.graph.review.standards import DAY, GOOD, with_numbers

BY_HEART = Recusal("a", "同一集团")
APPROVED, REJECTED = Decision("approved", None, "h"), Decision("rejected", None, "h")
OPEN = steps.open_window(draft())
SCORING, SEALED, DECIDED = scoring(), sealed(), decided()
ONE_OUT = steps.recuse(SCORING, "p1", BY_HEART)
DRAFTED = steps.write_card(SCORING, "p1", written("a"))
SUBMITTED = judged(SCORING, "p1", written("a"))
VOTED = agreed(SEALED, "approved")
ENDED = steps.decide(VOTED, "p1", APPROVED)
ASKED = steps.ask_to_reopen(DECIDED, "h", "材料有误")
MIDDLE = basis(replace(GOOD, chain={"gain": 0.1}))  # 20 + 2 + 3·median + 30 + 10 + 5

Refused = tuple[str, type[LianzhuError], Callable[[], object]]


def card(**changes: Any) -> Card:
    return replace(written("a"), **changes)


def write(meeting: Meeting = SCORING, id: str = "p1", **changes: Any) -> Callable[[], object]:
    return partial(steps.write_card, meeting, id, card(**changes))


def deciding(outcome: str, **made: Any) -> Callable[[], object]:
    """Deciding what everybody voted for, where the rules say approved."""
    return partial(
        steps.decide, agreed(SEALED, outcome), "p1", Decision(outcome, None, "h", **made)
    )


def conditional(**changes: Any) -> Callable[[], object]:
    return deciding("conditional", reason="稳妥", conditions=(replace(CONDITION, **changes),))


REFUSED: tuple[Refused, ...] = (
    ("meeting_state", UsageError, lambda: steps.enrol(SCORING, PANEL)),
    ("member_twice", UsageError, lambda: steps.enrol(draft(), [*PANEL, PANEL[0]])),
    ("bad_choice", UsageError, lambda: steps.enrol(draft(), [Member("x", "某", "guest")])),
    ("meeting_state", UsageError, lambda: steps.open_window(OPEN)),
    ("meeting_state", UsageError, lambda: steps.put_on(SCORING, case("p2"))),
    ("case_twice", UsageError, lambda: steps.put_on(OPEN, case("p1"))),
    ("meeting_state", UsageError, lambda: steps.take_off(SCORING, "p1")),
    ("unknown_case", NotFound, lambda: steps.take_off(OPEN, "p9")),
    ("meeting_state", UsageError, lambda: steps.assign(SEALED, {"p1": ["d"]})),
    ("unknown_case", NotFound, lambda: steps.assign(SCORING, {"p9": ["a"]})),
    ("unknown_member", NotFound, lambda: steps.assign(SCORING, {"p1": ["z"]})),
    ("bad_choice", UsageError, lambda: steps.assign(SCORING, {"p1": ["h"]})),
    ("unknown_case", NotFound, lambda: steps.assign(OPEN, {"p9": ["a"]})),
    ("unknown_member", NotFound, lambda: steps.assign(OPEN, {"p1": ["z"]})),
    ("bad_choice", UsageError, lambda: steps.assign(OPEN, {"p1": ["h"]})),
    ("meeting_state", UsageError, lambda: steps.recuse(DECIDED, "p1", BY_HEART)),
    ("unknown_member", NotFound, lambda: steps.recuse(OPEN, "p1", Recusal("z", "亲属"))),
    ("unknown_case", NotFound, lambda: steps.recuse(OPEN, "p9", BY_HEART)),
    ("needs_reason", UsageError, lambda: steps.recuse(OPEN, "p1", Recusal("a", " "))),
    ("case_decided", UsageError, lambda: steps.recuse(ENDED, "p1", BY_HEART)),
    ("meeting_state", UsageError, lambda: steps.begin(draft(), {"p1": basis()})),
    ("no_cases", UsageError, lambda: steps.begin(steps.take_off(OPEN, "p1"), {})),
    ("no_basis", UsageError, lambda: steps.begin(OPEN, {"p2": basis()})),
    ("too_few_judges", UsageError, lambda: steps.begin(_open_with("a"), {"p1": basis()})),
    ("meeting_state", UsageError, write(SEALED)),
    ("unknown_case", NotFound, write(id="p9")),
    ("unknown_member", NotFound, write(member="z")),
    ("bad_choice", UsageError, write(points={"rd-ratio": 3})),  # computed: nobody's to judge
    ("bad_points", UsageError, write(points={"team": 0})),
    ("bad_points", UsageError, write(points={"team": 6})),
    ("bad_points", UsageError, write(points={"team": True})),
    ("bad_points", UsageError, write(points={"team": 3.0})),
    ("bad_choice", UsageError, write(vetoes={"v-red": True})),  # an expert's it is not
    ("bad_choice", UsageError, write(member="d", vetoes={"v-other": True})),
    ("bad_choice", UsageError, write(stance="maybe")),
    ("not_assigned", UsageError, write(member="d")),
    ("is_recused", UsageError, write(ONE_OUT)),
    ("card_submitted", UsageError, write(SUBMITTED, version=1)),
    ("card_changed", Changed, write(DRAFTED)),
    ("card_changed", Changed, write(version=1)),
    ("meeting_state", UsageError, lambda: steps.submit_card(SEALED, "p1", "a", 1)),
    ("unknown_case", NotFound, lambda: steps.submit_card(DRAFTED, "p9", "a", 1)),
    ("is_recused", UsageError, lambda: steps.submit_card(ONE_OUT, "p1", "a", 1)),
    ("not_assigned", UsageError, lambda: steps.submit_card(DRAFTED, "p1", "d", 1)),
    ("card_empty", UsageError, lambda: steps.submit_card(DRAFTED, "p1", "b", 0)),
    ("card_submitted", UsageError, lambda: steps.submit_card(SUBMITTED, "p1", "a", 1)),
    ("card_changed", Changed, lambda: steps.submit_card(DRAFTED, "p1", "a", 0)),
    ("card_incomplete", UsageError, lambda: judged(SCORING, "p1", card(points={}))),
    ("card_incomplete", UsageError, lambda: judged(SCORING, "p1", card(stance=""))),
    ("needs_reason", UsageError, lambda: judged(SCORING, "p1", card(stance="oppose", opinion=" "))),
    ("meeting_state", UsageError, lambda: steps.seal(SEALED)),
    ("no_quorum", UsageError, lambda: steps.seal(SUBMITTED)),
    ("meeting_state", UsageError, lambda: steps.reply(SCORING, "p1", Reply("a", "b", "何据"))),
    ("needs_reason", UsageError, lambda: steps.reply(SEALED, "p1", Reply("a", "b", "\n"))),
    ("bad_choice", UsageError, lambda: steps.reply(SEALED, "p1", Reply("a", "b", "何据", "no"))),
    ("unknown_member", NotFound, lambda: steps.reply(SEALED, "p1", Reply("z", "b", "何据"))),
    ("unknown_member", NotFound, lambda: steps.reply(SEALED, "p1", Reply("a", "z", "何据"))),
    ("unknown_case", NotFound, lambda: steps.reply(SEALED, "p9", Reply("a", "b", "何据"))),
    (
        "is_recused",
        UsageError,
        lambda: steps.reply(steps.recuse(SEALED, "p1", BY_HEART), "p1", Reply("a", "b", "何据")),
    ),
    ("meeting_state", UsageError, lambda: steps.vote(SCORING, "p1", Ballot("a", "approved"))),
    ("bad_choice", UsageError, lambda: steps.vote(SEALED, "p1", Ballot("a", "perhaps"))),
    ("unknown_case", NotFound, lambda: steps.vote(SEALED, "p9", Ballot("a", "approved"))),
    ("not_assigned", UsageError, lambda: steps.vote(SEALED, "p1", Ballot("h", "approved"))),
    (
        "is_recused",
        UsageError,
        lambda: steps.vote(
            steps.recuse(SEALED, "p1", BY_HEART), "p1", Ballot("a", "approved")
        ),
    ),
    ("case_decided", UsageError, lambda: steps.vote(ENDED, "p1", Ballot("a", "approved"))),
    ("meeting_state", UsageError, lambda: steps.decide(SCORING, "p1", APPROVED)),
    ("bad_choice", UsageError, lambda: steps.decide(VOTED, "p1", replace(APPROVED, outcome="x"))),
    ("unknown_case", NotFound, lambda: steps.decide(VOTED, "p9", APPROVED)),
    ("case_decided", UsageError, lambda: steps.decide(ENDED, "p1", APPROVED)),
    ("no_quorum", UsageError, lambda: steps.decide(SEALED, "p1", APPROVED)),
    ("not_majority", UsageError, lambda: steps.decide(VOTED, "p1", REJECTED)),
    ("needs_reason", UsageError, deciding("rejected")),
    ("needs_reason", UsageError, deciding("rejected", reason="  ")),
    ("needs_conditions", UsageError, deciding("conditional", reason="稳妥")),
    ("bad_condition", UsageError, conditional(indicator=" ")),
    ("bad_condition", UsageError, conditional(evidence="")),
    ("bad_condition", UsageError, conditional(due=date(2026, 6, 30))),
    ("bad_condition", UsageError, conditional(value=float("nan"))),
    ("bad_condition", UsageError, conditional(value=float("inf"))),
    ("bad_condition", UsageError, conditional(value=float("-inf"))),
    ("needs_park", UsageError, deciding("transferred", reason="更合适")),
    ("needs_park", UsageError, deciding("transferred", reason="更合适", transfer_to="park")),
    ("needs_park", UsageError, deciding("transferred", reason="更合适", transfer_to=" ")),
    ("needs_park", UsageError, deciding("transferred", reason="更合适", transfer_to=" park\n")),
    ("meeting_state", UsageError, lambda: steps.conclude(SCORING)),
    ("case_open", UsageError, lambda: steps.conclude(VOTED)),
    ("meeting_state", UsageError, lambda: steps.publish(SEALED)),
    ("meeting_state", UsageError, lambda: steps.ask_to_reopen(SEALED, "h", "有误")),
    ("needs_reason", UsageError, lambda: steps.ask_to_reopen(DECIDED, "h", " ")),
    ("meeting_state", UsageError, lambda: steps.agree_to_reopen(SEALED, "s")),
    ("nobody_asked", UsageError, lambda: steps.agree_to_reopen(DECIDED, "s")),
    ("two_people", UsageError, lambda: steps.agree_to_reopen(ASKED, "h")),
    ("two_people", UsageError, lambda: steps.agree_to_reopen(_asked_by("org:7"), "org:7")),
)  # fmt: skip


def _asked_by(member: str) -> Meeting:
    return steps.ask_to_reopen(DECIDED, member, "材料有误")


def _open_with(*assigned: str) -> Meeting:
    return steps.open_window(draft(case(assigned=assigned)))


@pytest.mark.parametrize(
    ("code", "kind", "step"), REFUSED, ids=[f"{n}-{row[0]}" for n, row in enumerate(REFUSED)]
)
def test_what_is_out_of_turn_is_refused(
    code: str, kind: type[LianzhuError], step: Callable[[], object]
) -> None:
    with pytest.raises(kind) as caught:
        step()
    assert (caught.value.code, type(caught.value)) == (code, kind)


def test_a_whole_meeting_goes_from_draft_to_published_and_back() -> None:
    meeting = replace(draft(), panel=(), cases=())
    states = [meeting.state]
    for _, step in script():
        before, meeting = meeting, step(meeting)
        assert meeting != before
        states += [] if meeting.state == states[-1] else [meeting.state]
    once = ["sealed", "decided", "published"]
    assert states == ["draft", "open", "scoring", *once, *once]
    first, second = meeting.cases
    assert meeting.counts() == (2, 2)
    assert meeting.reopened == ("h + s: 材料有误",)
    made = first.decision
    assert made is not None
    assert (made.outcome, made.rule, made.by) == ("conditional", "approved", "h")
    assert made.dissent == (Ballot("d", "deferred", "按标准"),)
    assert [d.outcome for d in first.earlier] == ["approved"]
    assert second.decision is not None
    assert (second.decision.outcome, second.decision.transfer_to) == ("transferred", "third")


def test_a_new_panel_leaves_no_trace_of_who_is_gone() -> None:
    meeting = steps.recuse(draft(case(assigned=("a", "b", "c"))), "p1", BY_HEART)
    after = steps.enrol(meeting, PANEL[1:])
    assert (after.cases[0].assigned, after.cases[0].recused) == (("b", "c"), ())


@pytest.mark.parametrize(
    ("seat", "judges"), [("chair", "bc"), ("secretary", "bc"), ("expert", "abc")]
)
def test_who_is_given_a_seat_that_judges_nothing_judges_nothing(seat: str, judges: str) -> None:
    after = steps.enrol(draft(), [replace(PANEL[0], seat=seat), *PANEL[1:]])
    assert after.cases[0].assigned == tuple(judges)


def test_a_project_comes_on_the_agenda_without_anything_said_of_it() -> None:
    """Whatever it was given before: a judge, a judgement or a decision can only come by a step."""
    told = decided().cases[0]
    given = replace(
        told, id="p2", project="g2", minutes=20, earlier=(APPROVED,), recused=(BY_HEART,)
    )
    assert given.cards
    after = steps.put_on(draft(), given)
    assert after.cases[1] == Case("p2", "项目p1", "申请人", "park", "g2", 20)


def test_while_the_panel_judges_somebody_may_be_added_and_nobody_taken_off() -> None:
    meeting = steps.assign(SUBMITTED, {"p1": ["d", "b", "d"]})
    assert meeting.cases[0].assigned == ("a", "b", "c", "d")
    assert meeting.cases[0].cards == SUBMITTED.cases[0].cards
    assert (SUBMITTED.enough(SUBMITTED.cases[0]), meeting.enough(meeting.cases[0])) == (2, 3)
    meeting = judged(meeting, "p1", written("d"))  # the one who was added judges like the others
    with pytest.raises(UsageError, match="no_quorum"):
        steps.seal(meeting)
    assert steps.seal(judged(meeting, "p1", written("b"))).state == "sealed"


def test_who_is_added_may_take_the_place_of_who_is_recused() -> None:
    meeting = steps.recuse(ONE_OUT, "p1", Recusal("b", "亲属"))
    meeting = steps.assign(meeting, {"p1": ["d"]})
    assert meeting.cases[0].judges() == ["c", "d"]
    with pytest.raises(UsageError, match="no_quorum"):  # there are enough again, so all wait
        steps.seal(meeting)


def test_who_is_assigned_twice_judges_once_and_other_projects_stay() -> None:
    meeting = steps.assign(draft(case("p1"), case("p2")), {"p1": ["b", "d", "b"]})
    assert [c.assigned for c in meeting.cases] == [("b", "d"), ("a", "b", "c")]


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
        found = replace(case(assigned=ids), recused=(Recusal("m0", "亲属"), Recusal("m1", "股东")))
        assert draft(rules=rules).enough(found) == wanted
        assert list(found.judges()) == list(ids[2:])


def test_sealing_waits_for_the_quorum_and_names_what_is_missing() -> None:
    meeting = scoring(case("p1"), case("p2", ("a", "b", "c", "d")))
    meeting = judged(meeting, "p1", written("a"), written("b"))
    meeting = judged(meeting, "p2", written("a"), written("b"))
    meeting = steps.write_card(meeting, "p2", written("c"))  # a draft does not count
    with pytest.raises(UsageError) as caught:
        steps.seal(meeting)
    assert caught.value.facts == {"case": "项目p2", "has": 2, "needs": 3}  # two thirds of four
    assert steps.seal(steps.submit_card(meeting, "p2", "c", 1)).state == "sealed"


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
    assert majority(replace(case(), ballots=ballots)) == wanted


def test_a_vote_cast_anew_replaces_the_first() -> None:
    meeting = steps.vote(VOTED, "p1", Ballot("a", "rejected", "改变主意"))
    votes = [(b.member, b.outcome) for b in meeting.cases[0].ballots]
    assert sorted(votes) == [("a", "rejected"), ("b", "approved"), ("c", "approved")]


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
    "a minimum missed by far": (basis(investment_wan=10_000.0), "investment-per-mu"),
    "a minimum missed by a hair": (basis(investment_wan=11_199.0), "investment-per-mu"),
    "a ground nobody has judged": (basis(replace(GOOD, vetoes={})), "v-red"),
    "a ground that is not passed": (basis(replace(GOOD, vetoes={"v-red": False})), "v-red"),
    "the other track": (basis(land_mu=19.0, tax_wan=475.0), "track"),
    "a minimum nobody knows": (basis(with_numbers(GOOD, tax_wan=None)), "tax-per-mu"),
    "a required number that is not said": (basis(with_numbers(GOOD, land_mu=None)), "land_mu"),
    "a track nobody knows": (basis(replace(GOOD, own_site=None), land_mu=19.0), "track"),
}


@pytest.mark.parametrize("why", GATES)
def test_no_points_and_no_reason_lift_a_project_over_a_gate(why: str) -> None:
    judged_by, gate = GATES[why]
    meeting = agreed(sealed(dict.fromkeys("abc", 5), judged_by), "approved")
    found = result(meeting.cases[0], sealed=True)
    assert found is not None
    assert (blocked(found, "approved"), found.outcome == "approved") == (gate, False)
    with pytest.raises(UsageError) as caught:
        steps.decide(meeting, "p1", replace(APPROVED, reason="特别重要"))
    assert (caught.value.code, caught.value.facts["gate"]) == ("gate_blocks", gate)


def test_a_department_opens_a_gate_and_one_no_shuts_it() -> None:
    """Twice the same ground is judged by its own department; an approval needs every yes."""
    two = (PANEL[0], PANEL[3], Member("k", "戊", "department", "自然资源"))
    for says, wanted in (((True, True), None), ((True, False), "v-red"), ((), "v-red")):
        opened = steps.open_window(draft(case(assigned=("a", "d", "k")), panel=two))
        meeting = steps.begin(opened, {"p1": basis(replace(GOOD, vetoes={}))})
        for member, passed in zip("dk", says or (None, None), strict=True):
            vetoes = {} if passed is None else {"v-red": passed}
            meeting = judged(meeting, "p1", replace(written(member), vetoes=vetoes))
        found = result(steps.seal(meeting).cases[0], sealed=True)
        assert found is not None
        assert blocked(found, "approved") == wanted


@pytest.mark.parametrize("outcome", OUTCOMES)
@pytest.mark.parametrize("passed", [True, None, False])
def test_a_ground_that_is_not_passed_stands_against_every_kind_of_yes(
    passed: bool | None, outcome: str
) -> None:
    given = replace(GOOD, vetoes={} if passed is None else {"v-red": passed})
    meeting = agreed(sealed(bases=basis(given)), outcome)
    stands = {True: (), None: ("approved",), False: ("approved", "conditional", "special")}
    terms = (CONDITION,) if outcome == "conditional" else ()
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
    found = result(sealed(bases=GATES["a minimum missed by far"][0]).cases[0], sealed=True)
    assert found is not None
    assert [o for o in OUTCOMES if blocked(found, o)] == ["approved"]


def test_the_rules_and_the_panel_may_differ_with_a_written_reason() -> None:
    made = (
        steps.decide(
            agreed(SEALED, "rejected"), "p1", Decision("rejected", "made up", "h", "产能过剩")
        )
        .cases[0]
        .decision
    )
    assert made == Decision(
        "rejected", "approved", "h", "产能过剩"
    )  # the rule is never the caller's
    assert ENDED.cases[0].decision == Decision("approved", "approved", "h")


def test_conditions_may_be_due_on_the_day_they_are_judged() -> None:
    meeting = agreed(sealed({"a": 3, "b": 3, "c": 3}, MIDDLE), "conditional")
    terms = (replace(CONDITION, due=DAY), Condition("jobs", 60.0, "人", DAY, "社保"))
    made = steps.decide(meeting, "p1", Decision("conditional", None, "h", conditions=terms))
    assert made.cases[0].decision == Decision(
        "conditional", "conditional", "h", conditions=terms
    )  # 67 + 3·3 = 76: the rules say so too, and no reason is needed


def test_reopening_needs_two_and_votes_are_cast_anew() -> None:
    for ended in (DECIDED, published()):
        asked = steps.ask_to_reopen(ended, "h", "材料有误: 税收")
        assert (asked.state, asked.cases) == (ended.state, ended.cases)
        again = steps.agree_to_reopen(asked, "s")
        assert asked.reopening == ("h", "材料有误: 税收")
        assert (again.state, again.reopening) == ("sealed", None)
        assert again.reopened == ("h + s: 材料有误: 税收",)
        (after,) = again.cases
        assert (after.decision, after.ballots) == (None, ())
        assert after.earlier == (Decision("approved", "approved", "h"),)
        assert after.cards == ended.cases[0].cards
        with pytest.raises(UsageError, match="no_quorum"):
            steps.decide(again, "p1", APPROVED)
        with pytest.raises(UsageError, match="meeting_state"):
            steps.agree_to_reopen(again, "s")


def test_an_id_may_hold_a_colon_and_is_still_one_person() -> None:
    again = steps.agree_to_reopen(_asked_by("org:7"), "org")
    assert again.reopened == ("org:7 + org: 材料有误",)


def test_a_recusal_takes_cards_and_ballots_out_of_the_count() -> None:
    meeting = agreed(sealed({"a": 1, "b": 5, "c": 5}, MIDDLE), "approved")
    assert _team(meeting).value == 5.0
    after = steps.recuse(meeting, "p1", Recusal("c", "持股", True))
    (found,) = after.cases
    assert [c.member for c in found.counted()] == ["a", "b"]
    assert [b.member for b in found.ballots] == ["a", "b"]
    assert _team(after).value == 3.0  # the median of 1 and 5
    assert steps.recuse(after, "p1", Recusal("c", "再说一次")) == after
    with pytest.raises(UsageError, match="is_recused"):
        steps.vote(after, "p1", Ballot("c", "approved"))


def test_a_project_that_recusals_left_without_judges_is_deferred_and_holds_nobody_up() -> None:
    """While scoring as well as after: with too few judges nothing else can be decided."""
    later = SEALED
    for member in "ab":
        later = steps.recuse(later, "p1", Recusal(member, "亲属"))
    for meeting in (short_handed(), later, steps.recuse(later, "p1", Recusal("c", "股东"))):
        (found,) = meeting.cases
        assert len(found.judges()) < meeting.enough(found) == 2
        voted = agreed(meeting, "approved")  # of one, that is all of them
        for outcome in set(OUTCOMES) - {"deferred"}:
            with pytest.raises(UsageError) as caught:
                steps.decide(voted, "p1", Decision(outcome, None, "h", "理由", "third"))
            assert (caught.value.code, caught.value.facts["wanted"]) == ("not_majority", "deferred")
        for ready in (meeting, voted):
            after = steps.decide(ready, "p1", Decision("deferred", None, "h", "无法定人数"))
            assert steps.conclude(after).state == "decided"


def test_others_are_still_waited_for() -> None:
    meeting = scoring(case("p1"), case("p2"))
    for member in "ab":
        meeting = steps.recuse(meeting, "p1", Recusal(member, "亲属"))
    with pytest.raises(UsageError) as caught:
        steps.seal(meeting)
    assert caught.value.facts == {"case": "项目p2", "has": 0, "needs": 2}


def test_a_recusal_while_scoring_takes_the_card_out_of_the_quorum() -> None:
    meeting = judged(SCORING, "p1", written("a"), written("b"))
    assert steps.seal(meeting).state == "sealed"
    with pytest.raises(UsageError) as caught:
        steps.seal(steps.recuse(meeting, "p1", BY_HEART))
    assert caught.value.facts == {"case": "项目p1", "has": 1, "needs": 2}


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
    item = _team(sealed(dict(zip("abc", points, strict=False))))
    assert (item.value, item.points, item.dispersed) == (median, points_of_15, dispersed)


def test_before_sealing_no_judgement_is_in_the_result() -> None:
    alone, said = SCORING.cases[0], SUBMITTED.cases[0]
    assert result(said, sealed=False) == result(alone, sealed=False)
    assert result(said, sealed=True) != result(said, sealed=False)
    assert result(OPEN.cases[0], sealed=False) is None


def test_every_expert_item_of_the_default_standard_is_asked_for() -> None:
    meeting = scoring(bases={"p1": default_basis()})
    short = steps.write_card(meeting, "p1", Card("a", {"advanced": 4}, stance="support", version=0))
    with pytest.raises(UsageError) as caught:
        steps.submit_card(short, "p1", "a", 1)
    found = caught.value.facts["missing"]
    assert isinstance(found, list)
    assert "advanced" not in found
    assert len(found) == len([i for i in default_basis().standard.indicators if i.expert]) - 1
    assert full().cases[1].basis == default_basis()


def _team(meeting: Meeting) -> Item:
    found = result(meeting.cases[0], sealed=True)
    assert found is not None
    return next(i for head in found.heads for i in head.items if i.id == "team")
