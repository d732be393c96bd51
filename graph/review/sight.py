"""Who sees what of a meeting: until it is sealed nobody's judgement reaches anybody else.

What is returned is a meeting again, with what is not for these eyes left out, so that whatever is
made from it (page, JSON, tag, workbook) cannot tell more.  The secretary sees who has submitted,
never what.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from graph.review.meeting import SEALED, Card, Case, Decision, Meeting

__all__ = ["may_see_batch", "may_see_result", "seen_by_member", "seen_by_park", "seen_by_secretary"]


def seen_by_member(meeting: Meeting, member: str) -> Meeting:
    """For somebody of the panel: before sealing their own cards only.

    A project they are recused from shows nothing of the others' until the decision.
    """

    def shown(case: Case) -> Case:
        if not _sealed(meeting):
            own = case.card_of(member)
            return replace(case, cards=(own,) if own else (), ballots=(), replies=())
        if member in case.out() and case.decision is None:
            return replace(case, cards=(), ballots=(), replies=(), appeals=())
        return replace(case, cards=tuple(c for c in case.cards if c.submitted))

    return _through(meeting, shown)


def seen_by_secretary(meeting: Meeting) -> Meeting:
    """For who runs the meeting: before sealing an empty card for each that is submitted."""

    def shown(case: Case) -> Case:
        there = (card for card in case.cards if card.submitted)
        if _sealed(meeting):
            return replace(case, cards=tuple(there))
        return replace(case, cards=tuple(Card(c.member, version=0, submitted=True) for c in there))

    return _through(meeting, shown)


def seen_by_park(meeting: Meeting, park: str | None) -> Meeting:
    """For a park, of its own projects only, or for all other readers (`park` None).

    Before publishing that and, before sealing, when a project is on the agenda, and nothing else of
    it; afterwards the decision without who voted how, also while other projects are judged anew.  A
    park sees its own appeals and their answers, not who gave them, and what it was told before a
    reopening.  From sealing on the order may follow the points: projects stand by name, untimed.
    """

    def shown(case: Case) -> Case:
        bare = replace(case, cards=(), replies=(), ballots=(), assigned=(), recused=())
        bare = replace(bare, earlier=(), appeals=()) if park is None else _told_before(bare)
        if _sealed(meeting):
            bare = replace(bare, starts=None)
        if case.decision is None or not _told(meeting, case.decision):
            return replace(bare, basis=None, decision=None)
        if park is None:
            bare = replace(bare, basis=None)
        return replace(bare, decision=replace(case.decision, dissent=()))

    own = tuple(c for c in meeting.cases if park in (None, c.park))
    if _sealed(meeting):
        own = tuple(sorted(own, key=lambda case: (case.park, case.name, case.id)))
        meeting = replace(meeting, version=0)  # it would tell that the order was changed
    bare = replace(
        meeting, cases=own, panel=(), reopening=None, reopening_of=(), reopened=(),
        expected={p: n for p, n in meeting.expected.items() if p == park},
    )  # fmt: skip
    return _through(bare, shown)


def may_see_result(meeting: Meeting, case: Case, member: str) -> bool:
    """Whether a member may see the computed points: after their own judgement, or sealing.

    Seen earlier they would anchor it.  Who is recused sees them with the decision.
    """
    if member in case.out():
        return case.decision is not None
    own = case.card_of(member)
    return _sealed(meeting) or (own is not None and own.submitted)


def _told(meeting: Meeting, decision: Decision) -> bool:
    """Whether a decision is out; one without a day was published before days were kept."""
    return meeting.state == "published" or decision.published is not None


def _told_before(case: Case) -> Case:
    """With the earlier decisions its park was told of, and its appeals counted by them."""

    def told(before: Sequence[Decision]) -> tuple[Decision, ...]:
        return tuple(
            replace(d, rule=None, by="", dissent=()) for d in before if d.published is not None
        )

    appeals = tuple(
        replace(a, decision=len(told(case.earlier[: a.decision])), answered_by="")
        for a in case.appeals
    )
    return replace(case, earlier=told(case.earlier), appeals=appeals)


def may_see_batch(meeting: Meeting, shown: Callable[[Case], bool]) -> bool:
    """Whether what is computed of all projects together may be seen of a masked meeting.

    It tells of every one of them, so all their points must be, by `shown`, after sealing.
    """
    return bool(meeting.cases) and _sealed(meeting) and all(shown(case) for case in meeting.cases)


def _sealed(meeting: Meeting) -> bool:
    return meeting.state in SEALED


def _through(meeting: Meeting, shown: Callable[[Case], Case]) -> Meeting:
    return replace(meeting, cases=tuple(shown(case) for case in meeting.cases))
