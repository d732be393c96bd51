"""What the projects of a meeting are judged by: application, standard of the park, graph.

The numbers are those of the application that was handed in; the graph adds what it says of a
project it knows (`graph.analysis.admission`).  A project the graph does not know has no evidence of
the chain: those items stay unknown.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from graph.analysis import ask
from graph.analysis.admission import of_the_chain, of_the_park, parks_around
from graph.analysis.answers import Fit
from graph.analysis.facts import facts_of
from graph.analysis.fit import Fitting
from graph.errors import UsageError
from graph.question import Assumptions, Question
from graph.review.assessing import assess, track_of
from graph.review.meeting import Basis, Case, Closes
from graph.review.scoring import Application
from graph.review.standard import Standard, resolve
from graph.snapshot import Snapshot

__all__ = ["applicant_of", "bases_of", "chains_served", "leaders_served"]

_GAPS = ("missing", "nearby", "weak")  # types of a segment that 优先引进 counts


@dataclass(frozen=True)
class _At:
    """A project at one park: the standard it would be judged by, and what would be judged."""

    standard: Standard
    given: Application
    fits: bool  # no hard rule of the park is known to fail


def bases_of(
    snapshot: Snapshot,
    question: Question,
    cases: Mapping[str, tuple[Case, Application]],
    standards: Sequence[Standard],
    day: date,
) -> Mapping[str, Basis]:
    """The basis of every case, by its id, from the application that was handed in for it.

    Raises `UsageError` naming the first project whose park has no standard.
    """
    found = {}
    for id_, (case, given) in cases.items():
        at = _everywhere(snapshot, question, case, given, standards, day)
        own = at.get(case.park)
        if own is None:
            raise UsageError("no_standard", case=case.name, park=case.park)
        elsewhere = {park: one for park, one in at.items() if park != case.park}
        lows = {park: _surely(one, day) for park, one in elsewhere.items()}
        others = {park: low for park, low in lows.items() if low is not None}
        closes = _closes(snapshot, question, case.project) if own.standard.priority else ()
        found[id_] = Basis(
            own.given, own.standard, day, snapshot.revision, others, closes, tuple(elsewhere)
        )
    return found


def leaders_served(snapshot: Snapshot, question: Question, project: str) -> Sequence[str]:
    """The leaders whose severity a project lowers, the most first; none where it is unknown."""
    if project not in facts_of(snapshot, Assumptions()).projects.index:
        return ()
    change = ask.landing(snapshot, question, project)
    lower = [(one.after - one.before, one.leader or "") for one in change.leaders]
    return [leader for by, leader in sorted(lower) if by < 0 and leader]


def applicant_of(snapshot: Snapshot, project: str) -> str:
    """The enterprise that proposes a project; "" where it is none of the graph."""
    facts = facts_of(snapshot, Assumptions())
    at = facts.applicant(project) if project in facts.projects.index else None
    return "" if at is None else facts.enterprises.ids[at]


def chains_served(snapshot: Snapshot, project: str) -> Sequence[str]:
    """The chains of the segments a project offers, by id; none where it is unknown."""
    facts = facts_of(snapshot, Assumptions())
    if project not in facts.projects.index:
        return ()
    found = (facts.chains.get(s, frozenset()) for s in Fitting(facts, project).offered)
    return sorted(frozenset().union(*found))


def _closes(snapshot: Snapshot, question: Question, project: str) -> tuple[Closes, ...] | None:
    """The gaps in the chains that leaders lead which it makes smaller; None = it is unknown.

    A gap is a segment that is missing, nearby or weak for a leader whose severity falls too.
    """
    facts = facts_of(snapshot, Assumptions())
    if project not in facts.projects.index:
        return None
    leads = facts.enterprises.values("leads")
    found = []
    for one in ask.landing(snapshot, question, project).leaders:
        if one.leader is None or one.after >= one.before:
            continue
        led = set(leads[facts.enterprises.index[one.leader]] or ())
        for gap in one.changes:
            chains = facts.chains.get(facts.segments.index[gap.segment], frozenset()) & led
            if chains and gap.type_before in _GAPS and gap.after < gap.before:
                made = Closes(one.leader, min(chains), gap.segment, gap.before, gap.after)
                found.append(made)
    return tuple(found)


def _everywhere(
    snapshot: Snapshot,
    question: Question,
    case: Case,
    given: Application,
    standards: Sequence[Standard],
    day: date,
) -> Mapping[str, _At]:
    known = case.project in facts_of(snapshot, Assumptions()).projects.index
    fits = {f.park: f for f in ask.fit(snapshot, case.project).matrix} if known else {}
    chain = of_the_chain(snapshot, question, case.project) if known else {}
    track = track_of(given) or "PARK"
    found = {}
    for id_ in snapshot.nodes("Park").ids:
        standard = resolve(standards, parks_around(snapshot, id_), given.industry, track, day)
        if standard is not None and (standard.park or id_ == case.park):
            here: Fit | None = fits.get(id_)
            evidence = {**chain, **_orders(given), **(of_the_park(here) if here else {})}
            at = replace(given, park=id_, chain=evidence)
            found[id_] = _At(standard, at, here is not None and here.fit != 0)
    return found


def _orders(given: Application) -> Mapping[str, float]:
    """The share of a year's revenue that orders and letters of intent cover, at most all of it."""
    orders, revenue = given.numbers.get("orders_wan"), given.numbers.get("revenue_wan")
    return {} if orders is None or not revenue else {"orders": min(1.0, orders / revenue)}


def _surely(at: _At, day: date) -> float | None:
    """The score it reaches there whatever is unknown; None where something keeps it out."""
    assessment = assess(at.standard, at.given, day)
    passes = at.fits and all(gate.verdict != "fail" for gate in assessment.gates)
    return assessment.low if passes else None
