"""趋势: the meetings as the asker may see them, and what was announced beside what is counted."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache

from fastapi import Request

from api import park_work
from api.deps import identity_of
from api.desk import Desk
from api.security.policy import rights_of
from api.sight import seen
from graph.analysis.bases import chains_served
from graph.attraction.announced import Announced, Claim, inside
from graph.attraction.counting import arrived, counts
from graph.attraction.pursuit import Pursuit
from graph.attraction.trend import Range, Seen, Trend, points_of, trend
from graph.review.meeting import Case, Meeting
from records import documents, filings, meetings
from records.database import Records
from records.park_work import ANNOUNCED
from records.pursuits import PURSUIT
from viz.trend import ClaimRow

__all__ = ["claims_of", "trend_of"]


def trend_of(request: Request, desk: Desk, records: Records) -> Trend:
    """The trend over every meeting; for a park operator over its own projects alone."""
    standing = _standing(request, records)
    found = []
    for kept in meetings.all_of(records):
        meeting, shown = seen(request, kept)
        points = _remembered(desk, kept)
        found.append(Seen(meeting, shown, _chains(desk, meeting), standing, points))
    return trend(found)


def claims_of(request: Request, desk: Desk, records: Records) -> Sequence[ClaimRow] | None:
    """What was announced, the newest first; None for a park operator: it is about others too."""
    if identity_of(request).only_park is not None:
        return None
    found = park_work.held(records, ANNOUNCED, sample=desk.sample).values()
    agendas = {}
    for kept in meetings.all_of(records):
        meeting, _ = seen(request, kept)
        if meeting.cases:
            agendas[meeting.year, meeting.ordinal] = meeting.counts()
    ordered = sorted(found, key=lambda one: (one.said.on_day, one.id), reverse=True)
    # What is negotiated is not for everybody who reads this page.
    may = "GET /pipeline" in rights_of(identity_of(request).roles)
    courted = documents.all_of(records, PURSUIT) if may else []
    return [_row(desk, one, agendas, courted) for one in ordered]


def _remembered(desk: Desk, meeting: Meeting) -> Callable[[Case], Range]:
    """The points of a meeting as it stands, worked out once: 30 ms a project otherwise."""
    held: dict[str, Mapping[str, Range]] = desk.snapshot.memo.get("points of meetings", dict)

    @cache
    def every() -> Mapping[str, Range]:
        digest = meetings.digest(meeting)
        if digest not in held:
            held[digest] = {case.id: points_of(case) for case in meeting.cases}
        return held[digest]

    return lambda case: every()[case.id]


def _row(
    desk: Desk,
    found: Announced,
    agendas: Mapping[tuple[int, int], tuple[int, int]],
    pursuits: Sequence[Pursuit],
) -> ClaimRow:
    said, counted, basis = found.said, None, ""
    agenda = agendas.get(said.session) if said.session else None
    if said.what in ("parks", "projects") and agenda is not None:
        counted, basis = agenda[said.what == "projects"], "agenda"
    if said.what in ("signed", "in_talks") and said.parks:
        counted, basis = _courted(pursuits, said), "pursued"
        if counted is None:
            counted, basis = _in_graph(desk, said.parks, said.what), "stage"
    basis = "" if counted is None else basis
    return ClaimRow(found, counted, inside(said, counted), basis)


def _courted(pursuits: Sequence[Pursuit], said: Claim) -> int | None:
    """By the moves: signed that year so far, in talks at the end of that day.

    None unless every park named has noted a pursuit by then: a part is not the whole.
    """
    past = (m for one in pursuits for m in one.moves if m.on_day <= said.on_day)
    if not {move.park[1] for move in past}.issuperset(said.parks):
        return None
    if said.what == "signed":
        began = said.on_day.replace(month=1, day=1)
        return arrived(pursuits, said.parks, said.what, began, said.on_day)
    numbers = counts(pursuits, said.on_day)
    return sum(numbers.get((park, said.what), 0) for park in set(said.parks))


def _in_graph(desk: Desk, parks: Sequence[str], stage: str) -> int | None:
    """Projects that are at a stage now and apply to one of the parks.

    None unless of every park a project with a stage is known.
    """
    table = desk.snapshot.nodes("Project")
    rows = list(zip(table.values("park"), table.values("stage"), strict=True))
    if not {park for park, at in rows if at}.issuperset(parks):
        return None
    return sum(1 for park, at in rows if park in parks and at == stage)


def _chains(desk: Desk, meeting: Meeting) -> Mapping[str, Sequence[str]]:
    known = desk.snapshot.nodes("Project").index
    return {
        case.id: chains_served(desk.snapshot, case.project)
        for case in meeting.cases
        if case.project in known
    }


def _standing(request: Request, records: Records) -> frozenset[str] | None:
    """Applications that are not withdrawn; None for whom they are not."""
    who = identity_of(request)
    if "GET /applications" not in rights_of(who.roles):
        return None
    held = filings.all_of(records, who.only_park)
    return frozenset(filing.id for filing in held if filing.latest is not None)
