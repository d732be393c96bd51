"""What follows a decision: published, appealed once and in time, reopened by two."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, timedelta
from functools import partial

import pytest

from graph.errors import UsageError
from graph.review import steps
from graph.review.meeting import Appeal, Ballot, Decision, Meeting, Rules
from tests.graph.review import meetings as mt

DECIDED, PUBLISHED = mt.decided(), mt.published()
LAST = mt.TOLD + timedelta(15)
APPEALED = steps.appeal(PUBLISHED, "p1", mt.against())
ANSWER = partial(steps.answer_appeal, case="p1", member="h", day=LAST)


def two() -> Meeting:
    """A published meeting of two projects, both approved by all."""
    meeting = mt.scoring(mt.case("p1"), mt.case("p2", park="else"))
    for id in ("p1", "p2"):
        meeting = mt.judged(meeting, id, *(mt.written(m) for m in "abc"))
    meeting = steps.seal(meeting)
    for id in ("p1", "p2"):
        meeting = mt.agreed(meeting, "approved", id)
        meeting = steps.decide(meeting, id, Decision("approved", None, "h"))
    return steps.publish(steps.conclude(meeting), mt.TOLD)


def test_reopening_needs_two_and_votes_are_cast_anew() -> None:
    for ended in (DECIDED, mt.published()):
        asked = steps.ask_to_reopen(ended, "h", "材料有误: 税收")
        assert (asked.state, asked.cases) == (ended.state, ended.cases)
        again = steps.agree_to_reopen(asked, "s")
        assert asked.reopening == ("h", "材料有误: 税收")
        assert (again.state, again.reopening) == ("sealed", None)
        assert again.reopened == ("h + s: 材料有误: 税收",)
        (after,) = again.cases
        assert (after.decision, after.ballots) == (None, ())
        told = mt.TOLD if ended.state == "published" else None
        assert after.earlier == (Decision("approved", "approved", "h", published=told),)
        assert after.cards == ended.cases[0].cards
        with pytest.raises(UsageError, match="no_quorum"):
            steps.decide(again, "p1", Decision("approved", None, "h"))
        with pytest.raises(UsageError, match="meeting_state"):
            steps.agree_to_reopen(again, "s")


def test_an_id_may_hold_a_colon_and_is_still_one_person() -> None:
    again = steps.agree_to_reopen(steps.ask_to_reopen(DECIDED, "org:7", "材料有误"), "org")
    assert again.reopened == ("org:7 + org: 材料有误",)


def test_a_decision_is_published_once_and_keeps_its_day() -> None:
    assert DECIDED.appeal_until(DECIDED.cases[0]) is None
    assert PUBLISHED.cases[0].decision == Decision("approved", "approved", "h", published=mt.TOLD)
    assert PUBLISHED.appeal_until(PUBLISHED.cases[0]) == date(2026, 7, 30)  # the 15th + 15 days
    short = replace(PUBLISHED, rules=Rules(appeal_days=5))
    assert short.appeal_until(short.cases[0]) == date(2026, 7, 20)


def test_an_appeal_is_taken_on_its_last_day_and_kept_as_it_was_written() -> None:
    written = Appeal(9, LAST, "甲园", "漏看合同", "合同", True, "accepted", "x", "y", LAST)
    after = steps.appeal(PUBLISHED, "p1", written)
    assert after.cases[0].appeals == (Appeal(0, LAST, "甲园", "漏看合同", "合同", True),)
    assert (after.state, after.reopening) == ("published", None)


REFUSED: Mapping[str, Callable[[], Meeting]] = {
    "unknown_case": lambda: steps.appeal(PUBLISHED, "p9", mt.against()),
    "not_published": lambda: steps.appeal(DECIDED, "p1", mt.against()),
    "appeal_late": lambda: steps.appeal(PUBLISHED, "p1", mt.against(LAST + timedelta(1))),
    "appeal_twice": lambda: steps.appeal(APPEALED, "p1", mt.against(reason="再说")),
    "needs_reason": lambda: steps.appeal(PUBLISHED, "p1", mt.against(reason=" ")),
    "needs_evidence": lambda: steps.appeal(PUBLISHED, "p1", mt.against(evidence="\n")),
    "no_appeal": lambda: ANSWER(PUBLISHED, answer="refused", why="无"),
    "no_appeal ": lambda: ANSWER(
        ANSWER(APPEALED, answer="refused", why="无"), answer="accepted", why=""
    ),
    "needs_reason ": lambda: ANSWER(APPEALED, answer="refused", why=" "),
    "bad_choice": lambda: ANSWER(APPEALED, answer="perhaps", why="x"),
    "meeting_state": lambda: ANSWER(mt.sealed(), answer="refused", why="x"),
}


@pytest.mark.parametrize("code", REFUSED)
def test_what_is_no_appeal_or_no_answer_is_refused(code: str) -> None:
    with pytest.raises(Exception) as caught:  # noqa: PT011
        REFUSED[code]()
    assert getattr(caught.value, "code", "") == code.strip()


def test_a_refused_appeal_changes_nothing_but_itself() -> None:
    after = ANSWER(APPEALED, answer="refused", why="合同与本项目无关")
    kept = after.cases[0].appeals[0]
    assert (kept.answer, kept.why, kept.answered_by, kept.answered_on) == (
        "refused", "合同与本项目无关", "h", LAST,
    )  # fmt: skip
    assert replace(after.cases[0], appeals=()) == PUBLISHED.cases[0]
    assert (after.reopening, after.reopening_of) == (None, ())


def test_an_accepted_appeal_is_agreed_to_by_another_and_only_its_project_is_judged_anew() -> None:
    before = steps.appeal(two(), "p2", mt.against(reason="漏看合同"))
    asked = ANSWER(before, case="p2", answer="accepted", why="")
    assert (asked.reopening, asked.reopening_of) == (("h", "漏看合同"), ("p2",))
    with pytest.raises(UsageError, match="two_people"):
        steps.agree_to_reopen(asked, "h")
    again = steps.agree_to_reopen(asked, "s")
    assert (again.state, again.reopened) == ("sealed", ("h + s: 项目p2: 漏看合同",))
    assert (again.reopening, again.reopening_of) == (None, ())
    first, second = again.cases
    assert first == before.cases[0]  # decided, voted on and published as it was
    assert (second.decision, second.ballots, len(second.earlier)) == (None, (), 1)
    with pytest.raises(UsageError, match="case_decided"):
        steps.vote(again, "p1", Ballot("a", "rejected"))

    # Decided anew it may be appealed anew, from the day it was published; the other from its own.
    again = mt.agreed(again, "rejected", "p2")
    again = steps.decide(again, "p2", Decision("rejected", None, "h", "合同无效"))
    with pytest.raises(UsageError, match="not_published"):
        steps.appeal(again, "p2", mt.against())
    told = steps.publish(steps.conclude(again), date(2026, 9, 1))
    assert [told.appeal_until(case) for case in told.cases] == [LAST, date(2026, 9, 16)]
    told = steps.appeal(told, "p2", mt.against(date(2026, 9, 16)))
    assert [a.decision for a in told.cases[1].appeals] == [0, 1]


def test_who_accepted_one_of_two_appeals_is_not_the_second_for_either() -> None:
    meeting = two()
    for id in ("p1", "p2"):
        meeting = steps.appeal(meeting, id, mt.against(reason=f"为{id}"))
    meeting = ANSWER(meeting, case="p2", answer="accepted", why="")
    meeting = ANSWER(meeting, case="p1", answer="accepted", why="", member="k")
    assert meeting.reopening == ("h", "为p2")
    for member in "hk":
        with pytest.raises(UsageError, match="two_people"):
            steps.agree_to_reopen(meeting, member)
    again = steps.agree_to_reopen(meeting, "s")
    assert again.reopened == ("h + s: 项目p1: 为p1; 项目p2: 为p2",)
    assert [case.decision for case in again.cases] == [None, None]


def test_an_appeal_joins_a_whole_reopening_that_somebody_asked_for() -> None:
    meeting = steps.ask_to_reopen(two(), "s", "材料有误")
    meeting = ANSWER(steps.appeal(meeting, "p1", mt.against()), answer="accepted", why="")
    assert (meeting.reopening, meeting.reopening_of) == (("s", "材料有误"), ())
    again = steps.agree_to_reopen(meeting, "h")
    assert [case.decision for case in again.cases] == [None, None]
    meeting = ANSWER(steps.appeal(two(), "p1", mt.against()), answer="accepted", why="")
    assert steps.ask_to_reopen(meeting, "s", "全部重议").reopening_of == ()
