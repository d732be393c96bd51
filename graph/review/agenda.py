"""What a meeting is called for and in which order it hears the projects: the steps of the call.

优先引进 (the notice: 优先引进符合园区发展需求的项目) is a stated rule and no weight: a project that
makes a gap of a leader's chain smaller comes first in the order that is offered, and first of equal
points in the batch.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from graph.errors import Changed, UsageError
from graph.review.meeting import SEATS, Case, Meeting, Member
from graph.review.panel import result
from graph.review.turns import in_state, known

__all__ = [
    "BEFORE",
    "CALL",
    "LONGEST",
    "assign",
    "enrol",
    "offered",
    "open_window",
    "put_on",
    "reorder",
    "revise",
    "take_off",
    "window_on",
]

BEFORE = ("draft", "open")
JUDGING = ("expert", "department")
# What is said when a meeting is called, and may be said otherwise until it begins to judge.
CALL = ("title", "on_day", "host", "place", "starts", "window", "announced", "expected")
LONGEST = 480  # minutes of one project


def revise(meeting: Meeting, call: Meeting) -> Meeting:
    """Call it otherwise; `call.version` is the one it was written over.

    Raises `Changed` where another window changed it meanwhile, `UsageError` for a window that ends
    before it begins.
    """
    in_state(meeting, *BEFORE)
    if call.version != meeting.version:
        raise Changed("meeting_changed")
    if call.window is not None and call.window[1] < call.window[0]:
        raise UsageError("bad_window")
    said = {name: getattr(call, name) for name in CALL}
    if said == {name: getattr(meeting, name) for name in CALL}:
        return meeting
    return _called(meeting, **said)


def reorder(meeting: Meeting, agenda: Sequence[tuple[str, int]], seen: int) -> Meeting:
    """Hear the projects in this order, each for so many minutes; until the first is decided on.

    Raises `Changed` where the agenda was changed since version `seen`, `UsageError` for minutes
    that are not 1–480 and for an order that names not every project once.
    """
    in_state(meeting, *BEFORE, "scoring", "sealed")
    if seen != meeting.version:
        raise Changed("meeting_changed")
    by_id = {case.id: case for case in meeting.cases}
    if sorted(id_ for id_, _ in agenda) != sorted(by_id):
        raise UsageError("bad_order")
    for id_, minutes in agenda:
        if not 1 <= minutes <= LONGEST:
            raise UsageError("bad_minutes", case=by_id[id_].name, given=minutes, most=LONGEST)
    cases = tuple(replace(by_id[id_], minutes=minutes) for id_, minutes in agenda)
    return meeting if cases == meeting.cases else _called(meeting, cases=cases)


def offered(meeting: Meeting) -> Sequence[str]:
    """The order that is offered after sealing: 优先引进 first, then park by park, then by points.

    The points are the least a project surely has; those without a result come last in their park.
    Whatever the agenda is now, the offer is the same: parks by id, equals by name.
    """

    def place(case: Case) -> tuple[bool, str, float, str, str]:
        found = result(case, sealed=True)
        first = case.basis is not None and case.basis.priority
        low = found.low if found else -1.0
        return not first, case.park, -low, case.name, case.id

    return [case.id for case in sorted(meeting.cases, key=place)]


def window_on(meetings: Iterable[Meeting], day: date) -> tuple[date, date, bool] | None:
    """First and last day on which parks hand in, and whether `day` is between them.

    Windows are those of meetings that do not judge yet.  Where `day` is in none, the next one is
    named, else the last.  None = parks hand in at any time: there is no such meeting, or one of
    them has no window.
    """
    windows = [meeting.window for meeting in meetings if meeting.state in BEFORE]
    named = sorted(window for window in windows if window is not None)
    if not named or len(named) < len(windows):
        return None
    in_it = [window for window in named if window[0] <= day <= window[1]]
    ahead = [window for window in named if window[0] > day]
    first, last = (in_it or ahead or named[-1:])[0]
    return first, last, bool(in_it)


def enrol(meeting: Meeting, panel: Sequence[Member]) -> Meeting:
    """Name the panel, while nobody has judged anything."""
    in_state(meeting, *BEFORE)
    ids = [member.id for member in panel]
    if len(set(ids)) < len(ids):
        raise UsageError("member_twice", member=next(i for i in ids if ids.count(i) > 1))
    for member in panel:
        known(member.seat, SEATS, "seat")
    judging = {member.id for member in panel if member.seat in JUDGING}
    cases = tuple(
        replace(
            case,
            assigned=tuple(m for m in case.assigned if m in judging),
            recused=tuple(r for r in case.recused if r.member in set(ids)),
        )
        for case in meeting.cases
    )
    return replace(meeting, panel=tuple(panel), cases=cases)


def open_window(meeting: Meeting) -> Meeting:
    """Let the parks hand in."""
    in_state(meeting, "draft")
    return replace(meeting, state="open")


def put_on(meeting: Meeting, case: Case) -> Meeting:
    """Put a project on the agenda; one that is there already is refused."""
    in_state(meeting, *BEFORE)
    if any(case.id == other.id for other in meeting.cases):
        raise UsageError("case_twice", case=case.id)
    bare = Case(case.id, case.name, case.applicant, case.park, case.project, case.minutes)
    return _called(meeting, cases=(*meeting.cases, bare))


def take_off(meeting: Meeting, case: str) -> Meeting:
    """Take a project off the agenda."""
    in_state(meeting, *BEFORE)
    gone = meeting.case(case)
    return _called(meeting, cases=tuple(c for c in meeting.cases if c is not gone))


def assign(meeting: Meeting, assigned: Mapping[str, Sequence[str]]) -> Meeting:
    """Say who judges which project; experts and departments only.

    While the panel judges, somebody may still be added: whoever is assigned stays.
    """
    in_state(meeting, *BEFORE, "scoring")
    if meeting.state == "scoring":
        before = {case.id: case.assigned for case in meeting.cases}
        assigned = {id_: (*before.get(id_, ()), *ones) for id_, ones in assigned.items()}
    for members in assigned.values():
        for id_ in members:
            known(meeting.member(id_).seat, JUDGING, "seat")
    for id_ in assigned:
        meeting.case(id_)
    cases = tuple(
        replace(c, assigned=tuple(dict.fromkeys(assigned.get(c.id, c.assigned))))
        for c in meeting.cases
    )
    return replace(meeting, cases=cases)


def _called(meeting: Meeting, **changes: Any) -> Meeting:
    """With what was changed of the call or the agenda, and when each project is heard by it."""
    after = replace(meeting, **changes, version=meeting.version + 1)
    at = None if after.starts is None else 60 * after.starts.hour + after.starts.minute
    cases = []
    for case in after.cases:
        cases.append(replace(case, starts=at))
        at = None if at is None else at + case.minutes
    return replace(after, cases=tuple(cases))
