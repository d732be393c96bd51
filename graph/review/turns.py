"""What steps of a meeting share: what keeps one from being taken, and changing one project."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from math import isfinite

from graph.errors import UsageError
from graph.review.commitments import PROMISING
from graph.review.meeting import STANCES, Card, Case, Decision, Meeting
from graph.review.panel import experts_asked

__all__ = ["changed", "check_card", "check_terms", "in_state", "known"]


def changed(meeting: Meeting, case: str, change: Callable[[Case], Case]) -> Meeting:
    """The meeting with one project changed; `NotFound` where it is not on the agenda."""
    found = meeting.case(case)
    after = change(found)
    return replace(meeting, cases=tuple(after if c is found else c for c in meeting.cases))


def in_state(meeting: Meeting, *states: str) -> None:
    """Refuse a step out of turn."""
    if meeting.state not in states:
        raise UsageError("meeting_state", state=meeting.state, wanted=list(states))


def known(given: str, allowed: Sequence[str], name: str) -> None:
    """Refuse a word that is none of those allowed."""
    if given not in allowed:
        raise UsageError("bad_choice", name=name, given=given, allowed=" | ".join(allowed))


def check_card(meeting: Meeting, case: str, card: Card) -> None:
    """Refuse points that are not 1–5, items nobody asked for, and other departments' grounds."""
    basis = meeting.case(case).basis
    assert basis is not None
    asked = experts_asked(basis.standard)
    for item, points in card.points.items():
        known(item, asked, "item")
        if type(points) is not int or not 1 <= points <= 5:
            raise UsageError("bad_points", item=item, given=points)
    member = meeting.member(card.member)
    own = [
        v.id
        for v in basis.standard.vetoes
        if member.seat == "department" and v.department == member.department
    ]
    for ground in card.vetoes:
        known(ground, own, "veto")
    if card.stance:
        known(card.stance, STANCES, "stance")


def check_terms(case: Case, decision: Decision) -> None:
    """Refuse a decision that lacks its terms: conditions with proof and day, or another park.

    Conditions after which nothing is promised are refused as well.
    """
    assert case.basis is not None
    if decision.conditions and decision.outcome not in PROMISING:
        raise UsageError("useless_conditions", case=case.name)
    if decision.outcome == "conditional" and not decision.conditions:
        raise UsageError("needs_conditions", case=case.name)
    for condition in decision.conditions:
        told = condition.indicator.strip() and condition.evidence.strip()
        if not told or not (isfinite(condition.value) and condition.value > 0):
            raise UsageError("bad_condition", case=case.name)
        if condition.due < case.basis.day:
            raise UsageError("bad_condition", case=case.name)
    if decision.outcome == "transferred":
        park, able = (decision.transfer_to or "").strip(), case.basis.parks
        if park in ("", case.park):
            raise UsageError("needs_park", case=case.name)
        if able is not None and park not in able:
            raise UsageError("park_without_standard", case=case.name, park=park)
