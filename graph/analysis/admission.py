"""What the graph says for an admission review, and a project checked against a park's standard.

The evidence for 产业方向, each in [0, 1]: positioning and relatedness as in the park fit; gain =
the largest share of a leader's severity that the project removes alone (scored beside others, twins
would punish each other); crowding = the share of its segments that are not crowded for any leader.
Orders are a matter of documents and stay unknown here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from graph.analysis import ask
from graph.analysis.answers import Fit
from graph.analysis.facts import facts_of, number
from graph.analysis.fit import Fitting
from graph.analysis.parks import parks_of
from graph.errors import NotFound
from graph.question import ALGORITHM, Assumptions, Question
from graph.review.assessing import Assessment, assess
from graph.review.fields import FIELDS
from graph.review.scoring import Application
from graph.review.standard import Standard, resolve
from graph.snapshot import Snapshot

__all__ = [
    "AdmissionAnswer",
    "Checked",
    "Used",
    "admission",
    "application_in",
    "of_the_chain",
    "of_the_park",
    "parks_around",
]


@dataclass(frozen=True)
class Used:
    """Which standard a park was checked by."""

    id: str
    version: str
    name: str
    document: str
    valid_from: str
    valid_to: str | None
    note: str


@dataclass(frozen=True)
class Checked:
    """One park: how the project fits it, and what its standard says (None: it has none)."""

    park: str
    fit: Fit
    standard: Used | None
    assessment: Assessment | None


@dataclass(frozen=True)
class AdmissionAnswer:
    """A project checked against the standard of every park, the park it applies to first."""

    revision: int
    algorithm: str
    project: str
    name: str
    applies_to: str | None
    checks: Sequence[Checked]


def admission(
    snapshot: Snapshot, question: Question, project: str, standards: Sequence[Standard], day: date
) -> AdmissionAnswer:
    """The check of a project; `NotFound` when there is none of this id."""
    facts = facts_of(snapshot, Assumptions())
    at = facts.projects.index.get(project)
    if at is None:
        raise NotFound("unknown_project", project=project)
    fits = {fit.park: fit for fit in ask.fit(snapshot, project).matrix}
    parks = {park.id: park for park in parks_of(facts)}
    chain = of_the_chain(snapshot, question, project)
    given = replace(application_in(snapshot, project), chain=chain)
    held = {
        id_: resolve(standards, parks_around(snapshot, id_), given.industry, fits[id_].route, day)
        for id_ in parks
    }
    first = {
        id_: assess(standard, _at(given, fits[id_]), day)
        for id_, standard in held.items()
        if standard is not None
    }
    surely = {
        id_: found.low
        for id_, found in first.items()
        if fits[id_].fit != 0 and all(gate.verdict != "fail" for gate in found.gates)
    }
    checks = [_checked(held[id_], given, fits[id_], day, surely) for id_ in parks]
    own = facts.projects.values("park")[at]
    ordered = sorted(checks, key=lambda c: (c.park != own, *_best_first(c)))
    name = facts.projects.values("name")[at] or project
    return AdmissionAnswer(snapshot.revision, ALGORITHM, project, name, own, ordered)


def application_in(snapshot: Snapshot, project: str) -> Application:
    """What the project's row says; what it leaves open stays out."""
    facts = facts_of(snapshot, Assumptions())
    table, at = facts.projects, facts.projects.index[project]
    read = {name: number(table.numbers(name), at) for name in FIELDS}
    numbers = {name: value for name, value in read.items() if value is not None}
    return Application(
        project,
        table.values("name")[at] or project,
        table.values("park")[at] or "",
        table.values("industry")[at] or "",
        table.values("own_site")[at],
        numbers,
    )


def of_the_chain(snapshot: Snapshot, question: Question, project: str) -> Mapping[str, float]:
    """Gain and crowding, the same at every park; what no leader's chain can tell stays out."""
    change = ask.landing(snapshot, question, project)
    shares = [1 - one.after / one.before for one in change.leaders if one.before > 0]
    facts = facts_of(snapshot, Assumptions())
    offered = {facts.segments.ids[s] for s in Fitting(facts, project).offered}
    crowded: dict[str, bool] = {}
    for one in change.leaders:
        asked = replace(question, leader=one.leader, chain=None, region=one.region)
        for segment in ask.gaps(snapshot, asked).segments:
            if segment.segment in offered and segment.type != "unknown":
                here = segment.type == "crowded"
                crowded[segment.segment] = crowded.get(segment.segment, False) or here
    found = {"gain": max(0.0, *shares)} if shares else {}
    if crowded:
        found["crowding"] = 1 - sum(crowded.values()) / len(crowded)
    return found


def _checked(
    standard: Standard | None,
    given: Application,
    fit: Fit,
    day: date,
    surely: Mapping[str, float],
) -> Checked:
    """A park, with the others in view, which may be better."""
    if standard is None:
        return Checked(fit.park, fit, None, None)
    others = {park: score for park, score in surely.items() if park != fit.park}
    used = Used(
        standard.id,
        standard.version,
        standard.name,
        standard.document,
        standard.valid_from.isoformat(),
        standard.valid_to.isoformat() if standard.valid_to else None,
        standard.note,
    )
    return Checked(fit.park, fit, used, assess(standard, _at(given, fit), day, others))


def _at(given: Application, fit: Fit) -> Application:
    """The application at a park, with what the graph says of the two together."""
    return replace(given, park=fit.park, chain={**given.chain, **of_the_park(fit)})


def of_the_park(fit: Fit) -> Mapping[str, float]:
    """Positioning and relatedness, as far as they are known."""
    known = {"positioning": fit.components.positioning, "relatedness": fit.components.relatedness}
    return {k: v for k, v in known.items() if v is not None}


def parks_around(snapshot: Snapshot, id: str) -> Sequence[str]:
    """A park and those around it, innermost first; one the graph does not know stands alone."""
    nodes, found = snapshot.nodes("Park"), list[str]()
    parents = nodes.values("parent")
    while id in nodes.index and id not in found:
        found.append(id)
        id = str(parents[nodes.index[id]] or "")
    return found or [id]


def _best_first(checked: Checked) -> tuple[float, float, str]:
    high = checked.assessment.high if checked.assessment else -1.0
    low = checked.assessment.low if checked.assessment else -1.0
    return -low, -high, checked.park
