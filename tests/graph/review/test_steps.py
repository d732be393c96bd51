"""Every step of a meeting once as it should go, and once for each reason to refuse it."""

from __future__ import annotations

from collections.abc import Callable
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
    Card,
    Case,
    Condition,
    Decision,
    Meeting,
    Member,
    Recusal,
    Reply,
)
from tests.graph.review import meetings as mt
from tests.graph.review.standards import DAY

FIRST = date(2026, 6, 30)  # the day before `DAY`
BY_HEART = Recusal("a", "同一集团")
APPROVED, REJECTED = Decision("approved", None, "h"), Decision("rejected", None, "h")
OPEN = steps.open_window(mt.draft())
SCORING, SEALED, DECIDED = mt.scoring(), mt.sealed(), mt.decided()
ONE_OUT = steps.recuse(SCORING, "p1", BY_HEART)
DRAFTED = steps.write_card(SCORING, "p1", mt.written("a"))
SUBMITTED = mt.judged(SCORING, "p1", mt.written("a"))
VOTED = mt.agreed(SEALED, "approved")
ENDED = steps.decide(VOTED, "p1", APPROVED)
ASKED = steps.ask_to_reopen(DECIDED, "h", "材料有误")

Refused = tuple[str, type[LianzhuError], Callable[[], object]]


def card(**changes: Any) -> Card:
    return replace(mt.written("a"), **changes)


def write(meeting: Meeting = SCORING, id: str = "p1", **changes: Any) -> Callable[[], object]:
    return partial(steps.write_card, meeting, id, card(**changes))


def judged(**changes: Any) -> Meeting:
    return mt.judged(SCORING, "p1", card(**changes))


def deciding(outcome: str, **made: Any) -> Callable[[], object]:
    """Deciding what everybody voted for, where the rules say approved."""
    return partial(
        steps.decide, mt.agreed(SEALED, outcome), "p1", Decision(outcome, None, "h", **made)
    )


def conditional(**changes: Any) -> Callable[[], object]:
    return deciding("conditional", reason="稳妥", conditions=(replace(mt.CONDITION, **changes),))


def twice(outcome: str, first: str = "approved") -> Callable[[], object]:
    """Two parks handed in one project; one has it by the first outcome, the other by `outcome`."""

    def step() -> object:
        cases = [replace(mt.case(id, park=park), project="g1") for id, park in PARKS]
        meeting = mt.scoring(*cases)
        for id, _ in PARKS:
            meeting = mt.judged(meeting, id, *(mt.written(m) for m in "abc"))
        meeting = steps.seal(meeting)
        for (id, park), wanted in zip(PARKS, (first, outcome), strict=True):
            terms = (mt.CONDITION,) if wanted == "conditional" else ()
            to = "other" if park == "third" else "third"
            made = Decision(
                wanted, None, "h", "理由", to if wanted == "transferred" else None, terms
            )
            meeting = steps.decide(mt.agreed(meeting, wanted, id), id, made)
        return meeting

    return step


PARKS = (("p1", "third"), ("p2", "other"))


def test_a_project_that_has_a_place_may_be_referred_there_and_the_other_way_round() -> None:
    for first, second in (
        ("approved", "transferred"), ("transferred", "approved"), ("rejected", "special"),
    ):  # fmt: skip
        twice(second, first)()


REFUSED: tuple[Refused, ...] = (
    ("approved_elsewhere", UsageError, twice("approved")),
    ("approved_elsewhere", UsageError, twice("conditional", "special")),
    (
        "useless_conditions",
        UsageError,
        deciding("deferred", reason="补", conditions=(mt.CONDITION,)),
    ),
    ("meeting_state", UsageError, lambda: steps.enrol(SCORING, mt.PANEL)),
    ("member_twice", UsageError, lambda: steps.enrol(mt.draft(), [*mt.PANEL, mt.PANEL[0]])),
    ("bad_choice", UsageError, lambda: steps.enrol(mt.draft(), [Member("x", "某", "guest")])),
    ("meeting_state", UsageError, lambda: steps.open_window(OPEN)),
    ("meeting_state", UsageError, lambda: steps.put_on(SCORING, mt.case("p2"))),
    ("case_twice", UsageError, lambda: steps.put_on(OPEN, mt.case("p1"))),
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
    ("meeting_state", UsageError, lambda: steps.begin(mt.draft(), {"p1": mt.basis()})),
    ("no_cases", UsageError, lambda: steps.begin(steps.take_off(OPEN, "p1"), {})),
    ("no_basis", UsageError, lambda: steps.begin(OPEN, {"p2": mt.basis()})),
    ("too_few_judges", UsageError, lambda: steps.begin(_open_with("a"), {"p1": mt.basis()})),
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
    ("card_incomplete", UsageError, lambda: judged(points={})),
    ("card_incomplete", UsageError, lambda: judged(stance="")),
    ("needs_reason", UsageError, lambda: judged(stance="oppose", opinion=" ")),
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
    ("case_decided", UsageError, lambda: steps.reply(ENDED, "p1", Reply("a", "b", "何据"))),
    ("card_missing", UsageError, lambda: steps.vote(_two_cards(), "p1", Ballot("c", "approved"))),
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
    ("park_without_standard", UsageError, deciding("transferred", reason="好", transfer_to="x")),
    ("meeting_state", UsageError, lambda: steps.revise(SCORING, SCORING)),
    ("meeting_changed", Changed, lambda: steps.revise(OPEN, replace(OPEN, version=9))),
    ("bad_window", UsageError, lambda: steps.revise(OPEN, replace(OPEN, window=(DAY, FIRST)))),
    ("meeting_state", UsageError, lambda: steps.reorder(DECIDED, [("p1", 15)], DECIDED.version)),
    ("meeting_changed", Changed, lambda: steps.reorder(OPEN, [("p1", 15)], 9)),
    ("bad_order", UsageError, lambda: steps.reorder(OPEN, [], 1)),
    ("bad_order", UsageError, lambda: steps.reorder(OPEN, [("p1", 15), ("p1", 15)], 1)),
    ("bad_order", UsageError, lambda: steps.reorder(OPEN, [("p2", 15)], 1)),
    ("bad_minutes", UsageError, lambda: steps.reorder(OPEN, [("p1", 0)], 1)),
    ("bad_minutes", UsageError, lambda: steps.reorder(OPEN, [("p1", 481)], 1)),
    ("meeting_state", UsageError, lambda: steps.conclude(SCORING)),
    ("case_open", UsageError, lambda: steps.conclude(VOTED)),
    ("meeting_state", UsageError, lambda: steps.publish(SEALED, DAY)),
    ("meeting_state", UsageError, lambda: steps.ask_to_reopen(SEALED, "h", "有误")),
    ("needs_reason", UsageError, lambda: steps.ask_to_reopen(DECIDED, "h", " ")),
    ("meeting_state", UsageError, lambda: steps.agree_to_reopen(SEALED, "s")),
    ("nobody_asked", UsageError, lambda: steps.agree_to_reopen(DECIDED, "s")),
    ("two_people", UsageError, lambda: steps.agree_to_reopen(ASKED, "h")),
    ("two_people", UsageError, lambda: steps.agree_to_reopen(_asked_by("org:7"), "org:7")),
)  # fmt: skip


def _two_cards() -> Meeting:
    return mt.sealed({"a": 4, "b": 4})


def _asked_by(member: str) -> Meeting:
    return steps.ask_to_reopen(DECIDED, member, "材料有误")


def _open_with(*assigned: str) -> Meeting:
    return steps.open_window(mt.draft(mt.case(assigned=assigned)))


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
    meeting = replace(mt.draft(), panel=(), cases=())
    states = [meeting.state]
    for _, step in mt.script():
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
    meeting = steps.recuse(mt.draft(mt.case(assigned=("a", "b", "c"))), "p1", BY_HEART)
    after = steps.enrol(meeting, mt.PANEL[1:])
    assert (after.cases[0].assigned, after.cases[0].recused) == (("b", "c"), ())


@pytest.mark.parametrize(
    ("seat", "judges"), [("chair", "bc"), ("secretary", "bc"), ("expert", "abc")]
)
def test_who_is_given_a_seat_that_judges_nothing_judges_nothing(seat: str, judges: str) -> None:
    after = steps.enrol(mt.draft(), [replace(mt.PANEL[0], seat=seat), *mt.PANEL[1:]])
    assert after.cases[0].assigned == tuple(judges)


def test_a_project_comes_on_the_agenda_without_anything_said_of_it() -> None:
    """Whatever it was given before: a judge, a judgement or a decision can only come by a step."""
    told = mt.decided().cases[0]
    given = replace(
        told, id="p2", project="g2", minutes=20, earlier=(APPROVED,), recused=(BY_HEART,)
    )
    assert given.cards
    after = steps.put_on(mt.draft(), given)
    assert after.cases[1] == Case("p2", "项目p1", "申请人", "park", "g2", 20)


def test_while_the_panel_judges_somebody_may_be_added_and_nobody_taken_off() -> None:
    meeting = steps.assign(SUBMITTED, {"p1": ["d", "b", "d"]})
    assert meeting.cases[0].assigned == ("a", "b", "c", "d")
    assert meeting.cases[0].cards == SUBMITTED.cases[0].cards
    assert (SUBMITTED.enough(SUBMITTED.cases[0]), meeting.enough(meeting.cases[0])) == (2, 3)
    meeting = mt.judged(
        meeting, "p1", mt.written("d")
    )  # the one who was added judges like the others
    with pytest.raises(UsageError, match="no_quorum"):
        steps.seal(meeting)
    assert steps.seal(mt.judged(meeting, "p1", mt.written("b"))).state == "sealed"


def test_who_is_added_may_take_the_place_of_who_is_recused() -> None:
    meeting = steps.recuse(ONE_OUT, "p1", Recusal("b", "亲属"))
    meeting = steps.assign(meeting, {"p1": ["d"]})
    assert meeting.cases[0].judges() == ["c", "d"]
    with pytest.raises(UsageError, match="no_quorum"):  # there are enough again, so all wait
        steps.seal(meeting)


def test_who_is_assigned_twice_judges_once_and_other_projects_stay() -> None:
    meeting = steps.assign(mt.draft(mt.case("p1"), mt.case("p2")), {"p1": ["b", "d", "b"]})
    assert [c.assigned for c in meeting.cases] == [("b", "d"), ("a", "b", "c")]


def test_sealing_waits_for_the_quorum_and_names_what_is_missing() -> None:
    meeting = mt.scoring(mt.case("p1"), mt.case("p2", ("a", "b", "c", "d")))
    meeting = mt.judged(meeting, "p1", mt.written("a"), mt.written("b"))
    meeting = mt.judged(meeting, "p2", mt.written("a"), mt.written("b"))
    meeting = steps.write_card(meeting, "p2", mt.written("c"))  # a draft does not count
    with pytest.raises(UsageError) as caught:
        steps.seal(meeting)
    assert caught.value.facts == {"case": "项目p2", "has": 2, "needs": 3}  # two thirds of four
    assert steps.seal(steps.submit_card(meeting, "p2", "c", 1)).state == "sealed"


def test_a_vote_cast_anew_replaces_the_first() -> None:
    meeting = steps.vote(VOTED, "p1", Ballot("a", "rejected", "改变主意"))
    votes = [(b.member, b.outcome) for b in meeting.cases[0].ballots]
    assert sorted(votes) == [("a", "rejected"), ("b", "approved"), ("c", "approved")]


def test_the_rules_and_the_panel_may_differ_with_a_written_reason() -> None:
    made = (
        steps.decide(
            mt.agreed(SEALED, "rejected"),
            "p1",
            Decision("rejected", "made up", "h", "产能过剩"),
        )
        .cases[0]
        .decision
    )
    assert made == Decision(
        "rejected", "approved", "h", "产能过剩"
    )  # the rule is never the caller's
    assert ENDED.cases[0].decision == Decision("approved", "approved", "h")


def test_conditions_may_be_due_on_the_day_they_are_judged() -> None:
    meeting = mt.agreed(mt.sealed({"a": 3, "b": 3, "c": 3}, mt.MIDDLE), "conditional")
    terms = (replace(mt.CONDITION, due=DAY), Condition("jobs", 60.0, "人", DAY, "社保"))
    made = steps.decide(meeting, "p1", Decision("conditional", None, "h", conditions=terms))
    assert made.cases[0].decision == Decision(
        "conditional", "conditional", "h", conditions=terms
    )  # 67 + 3·3 = 76: the rules say so too, and no reason is needed


def test_a_project_that_recusals_left_without_judges_is_deferred_and_holds_nobody_up() -> None:
    """While scoring as well as after: with too few judges nothing else can be decided."""
    later = SEALED
    for member in "ab":
        later = steps.recuse(later, "p1", Recusal(member, "亲属"))
    for meeting in (mt.short_handed(), later, steps.recuse(later, "p1", Recusal("c", "股东"))):
        (found,) = meeting.cases
        assert len(found.judges()) < meeting.enough(found) == 2
        voted = mt.agreed(meeting, "approved")  # of one, that is all of them
        for outcome in set(OUTCOMES) - {"deferred"}:
            with pytest.raises(UsageError) as caught:
                steps.decide(voted, "p1", Decision(outcome, None, "h", "理由", "third"))
            assert (caught.value.code, caught.value.facts["wanted"]) == ("not_majority", "deferred")
        for ready in (meeting, voted):
            after = steps.decide(ready, "p1", Decision("deferred", None, "h", "无法定人数"))
            assert steps.conclude(after).state == "decided"


def test_others_are_still_waited_for() -> None:
    meeting = mt.scoring(mt.case("p1"), mt.case("p2"))
    for member in "ab":
        meeting = steps.recuse(meeting, "p1", Recusal(member, "亲属"))
    with pytest.raises(UsageError) as caught:
        steps.seal(meeting)
    assert caught.value.facts == {"case": "项目p2", "has": 0, "needs": 2}


def test_a_recusal_while_scoring_takes_the_card_out_of_the_quorum() -> None:
    meeting = mt.judged(SCORING, "p1", mt.written("a"), mt.written("b"))
    assert steps.seal(meeting).state == "sealed"
    with pytest.raises(UsageError) as caught:
        steps.seal(steps.recuse(meeting, "p1", BY_HEART))
    assert caught.value.facts == {"case": "项目p1", "has": 1, "needs": 2}


def test_every_expert_item_of_the_default_standard_is_asked_for() -> None:
    meeting = mt.scoring(bases={"p1": mt.default_basis()})
    short = steps.write_card(meeting, "p1", Card("a", {"advanced": 4}, stance="support", version=0))
    with pytest.raises(UsageError) as caught:
        steps.submit_card(short, "p1", "a", 1)
    found = caught.value.facts["missing"]
    assert isinstance(found, list)
    assert "advanced" not in found
    assert len(found) == len([i for i in mt.default_basis().standard.indicators if i.expert]) - 1
    assert mt.full().cases[1].basis == mt.default_basis()


def test_who_cannot_vote_holds_nobody_up() -> None:
    """a and b judged, c did not: without a only b can vote, and two would have to."""
    meeting = steps.recuse(_two_cards(), "p1", BY_HEART)
    (found,) = meeting.cases
    assert (len(found.judges()), meeting.enough(found), len(found.counted())) == (2, 2, 1)
    with pytest.raises(UsageError, match="not_majority"):
        steps.decide(mt.agreed(meeting, "approved"), "p1", APPROVED)
    after = steps.decide(meeting, "p1", Decision("deferred", None, "h", "无法定人数"))
    assert steps.conclude(after).state == "decided"


def test_a_park_without_a_standard_could_be_chosen_before_that_was_kept() -> None:
    older = replace(mt.basis(), parks=None)
    meeting = mt.agreed(mt.sealed(bases=older), "transferred")
    made = Decision("transferred", None, "h", "更合适", "anywhere")
    assert steps.decide(meeting, "p1", made).cases[0].decision is not None
