"""A meeting as a batch: what its projects close of every leader's gaps, and where there is room.

A gap is one segment of one leader: worth its share of that leader's severity, leaders counting
alike.  A project closes the share of it that landing alone would take from its shortage.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from graph.analysis import ask
from graph.analysis.facts import facts_of
from graph.analysis.parks import parks_of
from graph.question import Assumptions, Question
from graph.review.batch import Candidate, Place, Placement, Portfolio, Room
from graph.review.meeting import Case, Meeting
from graph.review.panel import result
from graph.review.scoring import Application
from graph.snapshot import Snapshot

__all__ = ["placements_of", "portfolio_of", "project_of"]

_BACKED = ("approved", "conditional", "special")


def portfolio_of(snapshot: Snapshot, question: Question, meeting: Meeting) -> Portfolio:
    """What the meeting may choose from, once its cards count.

    A project that several parks handed in is one candidate with several places.  Open to it are
    the parks it applied to and those of the meeting where it surely passes.  Listed by the best
    place open to each; of equals 优先引进 comes first, then as on the agenda.
    """
    parks = {case.park for case in meeting.cases}
    closes: dict[str, Mapping[str, float]] = {}
    places: dict[str, dict[str, Place]] = {}
    needs: dict[str, Place] = {}
    worth: dict[str, float] = {}
    known = facts_of(snapshot, Assumptions()).projects.index
    for case in meeting.cases:
        id_ = project_of(case)
        if id_ not in closes:
            closes[id_] = _closes(snapshot, question, id_, worth) if id_ in known else {}
        needs.setdefault(id_, _elsewhere(case))
        here = places.setdefault(id_, {})
        for park, place in _places(case, parks).items():
            if park not in here or park == case.park:
                here[park] = place
    first = {project_of(c) for c in meeting.cases if c.basis is not None and c.basis.priority}
    candidates = [Candidate(id_, closes[id_], places[id_], needs[id_]) for id_ in closes]
    candidates.sort(key=lambda c: (-_best(c), c.id not in first))
    rooms = [
        Room(p.id, p.parent, p.number("land_free_mu"), p.number("floor_free_sqm"))
        for p in parks_of(facts_of(snapshot, Assumptions()))
    ]
    return Portfolio(candidates, rooms, worth)


def placements_of(meeting: Meeting) -> Sequence[Placement]:
    """What the meeting decided: approved, on conditions or specially, or into another park."""
    found: dict[str, Placement] = {}
    for case in meeting.cases:
        decided, id_ = case.decision, project_of(case)
        if decided is None:
            continue
        if decided.outcome in _BACKED:
            found[id_] = Placement(id_, case.park)
        elif decided.outcome == "transferred" and decided.transfer_to:
            found.setdefault(id_, Placement(id_, decided.transfer_to))
    return sorted(found.values())


def _best(candidate: Candidate) -> float:
    return max((place.merit for place in candidate.places.values()), default=-1.0)


def project_of(case: Case) -> str:
    """The project of a case: its id in the graph, or the case's own where it is not there."""
    return case.project or case.id


def _places(case: Case, parks: set[str]) -> Mapping[str, Place]:
    """Where the project could go, with the least its score can be there out of 100."""
    found = result(case, sealed=True)
    if case.basis is None or found is None:
        return {}
    given, track = case.basis.given, case.basis.standard.track
    merits = {park: low for park, low in case.basis.others.items() if park in parks}
    if all(gate.verdict != "fail" for gate in found.gates):
        merits[case.park] = found.low
    return {park: _place(merit, given, track) for park, merit in merits.items()}


def _elsewhere(case: Case) -> Place:
    """What it takes up in a park that is not open to it: what its application says."""
    if case.basis is None:
        return Place(0.0, None, None)
    return _place(0.0, case.basis.given, case.basis.standard.track)


def _place(merit: float, given: Application, track: str) -> Place:
    land = given.numbers.get("land_mu") if track == "LAND" else 0.0
    floor = given.numbers.get("floor_sqm") if track == "PARK" else 0.0
    return Place(min(1.0, merit / 100), land, floor)


def _closes(
    snapshot: Snapshot, question: Question, project: str, worth: dict[str, float]
) -> Mapping[str, float]:
    """Share closed of every gap; what each gap is worth is written into `worth`."""
    change = ask.landing(snapshot, question, project)
    found = {}
    for one in change.leaders:
        for segment in one.changes:
            if segment.before > 0 and segment.after < segment.before and one.before > 0:
                gap = f"{one.leader}|{segment.segment}"
                severity = segment.criticality * segment.before
                worth[gap] = severity / one.before / len(change.leaders)
                found[gap] = (segment.before - segment.after) / segment.before
    return found
