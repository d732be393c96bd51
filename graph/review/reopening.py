"""What follows the decisions of a meeting: the parks are told, may appeal, and two may reopen it.

申诉复议: within the days of `Rules.appeal_days` after the day it was published a decision may be
appealed, once.  Accepting it asks to reopen the meeting for that project; somebody else has to
agree, as for every reopening.  The decisions on the other projects stand and stay published.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from graph.errors import UsageError
from graph.review.meeting import Appeal, Case, Meeting
from graph.review.turns import changed, in_state, known

__all__ = ["ANSWERS", "agree_to_reopen", "answer_appeal", "appeal", "ask_to_reopen", "publish"]

ENDED = ("decided", "published")
ANSWERS = ("accepted", "refused")


def publish(meeting: Meeting, day: date) -> Meeting:
    """Tell the parks: every decision they were not told of yet is published on this day."""
    in_state(meeting, "decided")

    def told(case: Case) -> Case:
        if case.decision is None or case.decision.published is not None:
            return case
        return replace(case, decision=replace(case.decision, published=day))

    return replace(meeting, state="published", cases=tuple(map(told, meeting.cases)))


def appeal(meeting: Meeting, case: str, made: Appeal) -> Meeting:
    """Appeal a published decision, with a reason and the new evidence.

    Raises `UsageError` before it is published, after the last day, for a second appeal against the
    same decision, and without a reason or evidence.
    """
    found = meeting.case(case)
    last = meeting.appeal_until(found)
    if last is None:
        raise UsageError("not_published", case=found.name)
    if made.day > last:
        raise UsageError("appeal_late", case=found.name, last=last.isoformat())
    if found.appeal() is not None:
        raise UsageError("appeal_twice", case=found.name)
    if not made.reason.strip():
        raise UsageError("needs_reason", step="appeal")
    if not made.evidence.strip():
        raise UsageError("needs_evidence")
    bare = Appeal(len(found.earlier), made.day, made.by, made.reason, made.evidence, made.behalf)
    return changed(meeting, case, lambda c: replace(c, appeals=(*c.appeals, bare)))


def answer_appeal(
    meeting: Meeting, case: str, answer: str, why: str, *, member: str, day: date
) -> Meeting:
    """受理 or 驳回 an appeal; accepting it asks to reopen the meeting for this project.

    Where somebody has asked to reopen it already, the project joins those it is about.  Raises
    `UsageError` where there is none to answer, and for a refusal without a reason.
    """
    in_state(meeting, *ENDED)
    known(answer, ANSWERS, "answer")
    found = meeting.case(case)
    open_ = found.appeal()
    if open_ is None or open_.answer:
        raise UsageError("no_appeal", case=found.name)
    if answer == "refused" and not why.strip():
        raise UsageError("needs_reason", step="answer")
    after = changed(meeting, case, lambda c: _answered(c, answer, why, member, day))
    if answer == "refused":
        return after
    if meeting.reopening is None:
        return replace(after, reopening=(member, open_.reason), reopening_of=(case,))
    whole = not meeting.reopening_of
    return replace(after, reopening_of=() if whole else (*meeting.reopening_of, case))


def ask_to_reopen(meeting: Meeting, member: str, why: str) -> Meeting:
    """The first of two who are needed to reopen a whole decided meeting, with the reason."""
    in_state(meeting, *ENDED)
    if not why.strip():
        raise UsageError("needs_reason", step="reopen")
    return replace(meeting, reopening=(member, why), reopening_of=())


def agree_to_reopen(meeting: Meeting, member: str) -> Meeting:
    """The second: back to deliberation; earlier decisions are kept, votes are cast anew.

    Where it was asked for after appeals, only the projects that appealed are judged anew, and who
    accepted one of them may not be the second.
    """
    in_state(meeting, *ENDED)
    if meeting.reopening is None:
        raise UsageError("nobody_asked")
    first, why = meeting.reopening
    appealed = [(c, a) for c in meeting.cases if c.id in meeting.reopening_of and (a := c.appeal())]
    if member in {first, *(a.answered_by for _, a in appealed)}:
        raise UsageError("two_people")
    if appealed:
        why = "; ".join(f"{c.name}: {a.reason}" for c, a in appealed)
    again = meeting.reopening_of or tuple(case.id for case in meeting.cases)
    cases = tuple(_anew(case) if case.id in again else case for case in meeting.cases)
    reopened = (*meeting.reopened, f"{first} + {member}: {why}")
    return replace(
        meeting, state="sealed", cases=cases, reopening=None, reopening_of=(), reopened=reopened
    )


def _anew(case: Case) -> Case:
    assert case.decision is not None
    return replace(case, decision=None, ballots=(), earlier=(*case.earlier, case.decision))


def _answered(case: Case, answer: str, why: str, member: str, day: date) -> Case:
    *before, last = case.appeals
    made = replace(last, answer=answer, why=why, answered_by=member, answered_on=day)
    return replace(case, appeals=(*before, made))
