"""Who could fill a gap: projects, enterprises from outside, and local makers that expand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from graph.analysis.coverage import Entry
from graph.analysis.facts import ENDED, Facts, Maker
from graph.analysis.gaps import Gaps
from graph.analysis.view import View

__all__ = ["Candidate", "candidates_of", "locate_first", "may_be_inside", "own_offers"]


@dataclass(frozen=True, eq=False)
class Candidate:
    """A candidate with its entries on required segments, as if it stood in the region.

    `replaces` names, by segment, the makers whose present entries it takes the place of;
    `readiness` is (low, base, high).
    """

    id: str
    kind: str  # project | enterprise | expansion
    name: str
    label: str
    offers: Mapping[int, Entry]
    replaces: Mapping[int, frozenset[str]]
    readiness: tuple[float, float, float]
    staged: bool  # whether the readiness is known


def candidates_of(gaps: Gaps) -> Iterator[Candidate]:
    """Every candidate of every kind, before any filter."""
    view = gaps.view
    yield from _projects(view)
    yield from _enterprises(view)
    yield from _expansions(gaps)


def locate_first(view: View) -> list[str]:
    """Would-be candidates of which no region, or only one around r, is known, by id."""
    promised = own_offers(view.facts)
    return [
        enterprise
        for enterprise, makers in _outside(view).items()
        if may_be_inside(view, enterprise)
        and any(m.segment not in promised.get(enterprise, ()) for m in makers)
    ]


def may_be_inside(view: View, enterprise: str) -> bool:
    """Whether an enterprise's region is unknown or only one that contains the question's."""
    region = view.facts.region(enterprise)
    return region is None or (
        region != view.region and region in view.facts.regions.path(view.region)
    )


def own_offers(facts: Facts) -> Mapping[str, frozenset[int]]:
    """Segments that each enterprise's own candidate projects offer."""
    found: dict[str, set[int]] = {}
    for project in facts.projects.ids:
        applicant = facts.applicant(project)
        if applicant is not None and facts.stage(project) not in ENDED:
            segments = {o.maker.segment for o in facts.offers_of(project)}
            found.setdefault(facts.enterprises.ids[applicant], set()).update(segments)
    return {e: frozenset(s) for e, s in found.items()}


def _projects(view: View) -> Iterator[Candidate]:
    facts = view.facts
    stages = dict(view.assumed.readiness)
    low, high = view.assumed.project_readiness
    for project in facts.projects.ids:
        stage = facts.stage(project)
        offers = [] if stage in ENDED else facts.offers_of(project)
        if offers:
            entries = _required(view, (o.maker for o in offers))
            moves = bool(_flag(facts, project, "relocates"))
            ready = stages.get(stage or "")
            yield Candidate(
                id=project,
                kind="project",
                name=_name(facts.projects.values("name"), facts.projects.index[project], project),
                label="Project",
                offers=entries,
                replaces={s: frozenset({e.maker}) for s, e in entries.items()} if moves else {},
                readiness=(low, low, high) if ready is None else (ready, ready, ready),
                staged=ready is not None,
            )


def _enterprises(view: View) -> Iterator[Candidate]:
    promised = own_offers(view.facts)
    for enterprise, makers in _outside(view).items():
        mine = [m for m in makers if m.segment not in promised.get(enterprise, ())]
        if mine and not may_be_inside(view, enterprise):
            yield _firm(view, enterprise, "enterprise", _required(view, iter(mine)))


def _expansions(gaps: Gaps) -> Iterator[Candidate]:
    view = gaps.view
    promised = own_offers(view.facts)
    found: dict[str, dict[int, Entry]] = {}
    for segment, gap in gaps.found.items():
        if gap.type in ("weak", "single_sourced"):
            for entry in gap.entries:
                if entry.proximity == 1 and segment not in promised.get(entry.maker, ()):
                    bigger = replace(entry, doubled=True)
                    found.setdefault(entry.maker, {})[segment] = bigger
    for enterprise in sorted(found):
        yield _firm(view, enterprise, "expansion", found[enterprise])


def _firm(view: View, enterprise: str, kind: str, entries: Mapping[int, Entry]) -> Candidate:
    table = view.facts.enterprises
    low, high = view.assumed.enterprise_readiness
    return Candidate(
        id=enterprise,
        kind=kind,
        name=_name(table.values("name"), table.index[enterprise], enterprise),
        label="Enterprise",
        offers=entries,
        replaces={s: frozenset({enterprise}) for s in entries},
        readiness=(low, low, high),
        staged=False,
    )


def _outside(view: View) -> Mapping[str, list[Maker]]:
    """Makers of required segments whose own region is not inside the question's, by id."""
    found: dict[str, list[Maker]] = {}
    for segment in view.required:
        for maker in view.facts.makers(segment):
            if not view.is_local(view.facts.region(maker.enterprise)):
                found.setdefault(maker.enterprise, []).append(maker)
    return dict(sorted(found.items()))


def _required(view: View, makers: Iterator[Maker]) -> Mapping[int, Entry]:
    return {m.segment: view.entry(m, 1.0) for m in makers if m.segment in view.required}


def _flag(facts: Facts, project: str, name: str) -> bool | None:
    value: bool | None = facts.projects.values(name)[facts.projects.index[project]]
    return value


def _name(column: object, at: int, otherwise: str) -> str:
    return str(column[at] or otherwise)  # type: ignore[index]
