"""§5: who is a candidate for one leader, with which entries, and whose old entries go."""

from __future__ import annotations

from dataclasses import dataclass

from tests.reference.analysis import Analysis
from tests.reference.suppliers import Ends, Supplier, doubled, supplier
from tests.reference.world import Make, Project, World

__all__ = ["Candidate", "candidates", "locate_first"]

READINESS = {"lead": 0.2, "in_talks": 0.4, "under_review": 0.6, "signed": 0.8, "building": 0.9}
UNKNOWN_STAGE = (0.2, 0.2, 0.9)
OF_AN_ENTERPRISE = (0.2, 0.2, 0.6)
NO_CANDIDATE = frozenset({"operating", "lost"})
DOUBLING = frozenset({"weak", "single_sourced"})


@dataclass(frozen=True)
class Candidate:
    """A candidate as if it stood in r: its entry on each required segment it would make."""

    kind: str
    id: str
    name: str
    entries: dict[str, Supplier]
    replaces: str | None
    readiness: Ends
    stage_unknown: bool
    node: tuple[str, str]


def candidates(analysis: Analysis) -> list[Candidate]:
    """All candidates of all kinds, also those that fill nothing."""
    world = analysis.world
    found = [_project(analysis, p) for p in world.projects.values() if _is_candidate(p)]
    for firm in sorted(world.enterprises):
        if not world.active(firm):
            continue
        if _outside(analysis, firm) and (makes := _offered(analysis, firm)):
            found.append(_enterprise(analysis, firm, makes))
        if plants := _doubling(analysis, firm):
            found.append(_expansion(analysis, firm, plants))
    return found


def locate_first(analysis: Analysis) -> list[str]:
    """Would be candidates, but of no known region or only one that contains r."""
    world = analysis.world
    return [
        firm
        for firm in sorted(world.enterprises)
        if world.active(firm) and _perhaps_inside(analysis, firm) and _offered(analysis, firm)
    ]


def _is_candidate(project: Project) -> bool:
    return bool(project.offers) and project.stage not in NO_CANDIDATE


def _perhaps_inside(analysis: Analysis, firm: str) -> bool:
    region, r = analysis.world.region_of(firm), analysis.region
    return region is None or (region != r and region in analysis.world.regions.upwards(r))


def _outside(analysis: Analysis, firm: str) -> bool:
    region = analysis.world.region_of(firm)
    inside = analysis.world.regions.inside(region, analysis.region)
    return not inside and not _perhaps_inside(analysis, firm)


def _own_projects_offer(world: World, firm: str, segment: str) -> bool:
    return any(
        p.applicant == firm and segment in p.offers
        for p in world.projects.values()
        if _is_candidate(p)
    )


def _offered(analysis: Analysis, firm: str) -> list[Make]:
    """What a firm makes of R, without what a candidate project of its own offers."""
    return [
        m
        for m in analysis.world.makes
        if m.maker == firm
        and m.segment in analysis.required
        and not _own_projects_offer(analysis.world, firm, m.segment)
    ]


def _doubling(analysis: Analysis, firm: str) -> list[Make]:
    inside = analysis.world.regions.inside
    return [
        m
        for m in _offered(analysis, firm)
        if inside(m.region, analysis.region) and analysis.type(m.segment) in DOUBLING
    ]


def _here(analysis: Analysis, make: Make) -> Supplier:
    return supplier(make, analysis.need(make.segment), 1.0)


def _project(analysis: Analysis, project: Project) -> Candidate:
    offers = {s: m for s, m in project.offers.items() if s in analysis.required}
    ready = READINESS.get(project.stage or "")
    return Candidate(
        kind="project",
        id=project.id,
        name=project.name,
        entries={s: _here(analysis, m) for s, m in sorted(offers.items())},
        replaces=project.applicant if project.relocates else None,
        readiness=UNKNOWN_STAGE if ready is None else (ready, ready, ready),
        stage_unknown=ready is None,
        node=("Project", project.id),
    )


def _enterprise(analysis: Analysis, firm: str, makes: list[Make]) -> Candidate:
    entries = {m.segment: _here(analysis, m) for m in makes}
    return _of_firm(analysis, "enterprise", firm, entries)


def _expansion(analysis: Analysis, firm: str, plants: list[Make]) -> Candidate:
    entries = {m.segment: doubled(_here(analysis, m)) for m in plants}
    return _of_firm(analysis, "expansion", firm, entries)


def _of_firm(analysis: Analysis, kind: str, firm: str, entries: dict[str, Supplier]) -> Candidate:
    low, base, high = OF_AN_ENTERPRISE
    return Candidate(
        kind=kind,
        id=firm,
        name=analysis.world.enterprises[firm].text("name") or "",
        entries=dict(sorted(entries.items())),
        replaces=firm,
        readiness=(low, base, high),
        stage_unknown=False,
        node=("Enterprise", firm),
    )
