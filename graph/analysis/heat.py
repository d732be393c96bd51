"""One question asked from several regions: how severe each segment is, region by region.

Each column is the gaps answer of that region, so a number here is the number of that region's own
page.  Unless regions are named they are the question's own and, of the others inside the same
city, those where most firms make something of the chain.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from graph.analysis import ask
from graph.analysis.answers import Asked, GapsAnswer
from graph.analysis.facts import Facts, facts_of
from graph.errors import UsageError
from graph.question import Question
from graph.snapshot import Snapshot

__all__ = [
    "MOST_REGIONS",
    "HeatAnswer",
    "HeatCell",
    "HeatHost",
    "HeatRegion",
    "HeatSegment",
    "heat",
]

MOST_REGIONS = 8


@dataclass(frozen=True)
class HeatCell:
    """One segment asked from one region; `type` None = nothing requires it there."""

    type: str | None
    severity: float | None  # None = unknown or not required


@dataclass(frozen=True)
class HeatSegment:
    """One segment, a cell a region, in the order of the regions."""

    segment: str
    cells: Sequence[HeatCell]


@dataclass(frozen=True)
class HeatRegion:
    """One column; `firms` inside it make something that is required or made by the leaders."""

    region: str
    firms: int
    total: float | None  # T; None where no severity is known
    gaps: int
    unknown: int


@dataclass(frozen=True)
class HeatHost:
    """A region that could be a column; `near` = inside the same city as the question's."""

    region: str
    firms: int
    near: bool


@dataclass(frozen=True)
class HeatAnswer:
    """Segments × regions, the most severe segment anywhere first, unknown everywhere last."""

    question: Asked
    revision: int
    algorithm: str
    assumed: Mapping[str, object]
    regions: Sequence[HeatRegion]
    segments: Sequence[HeatSegment]
    hosts: Sequence[HeatHost]
    notes: Sequence[str] = ()


def heat(snapshot: Snapshot, question: Question, regions: Sequence[str] = ()) -> HeatAnswer:
    """The gaps of a leader or chain from each of `regions`, or from the city's own.

    Raises `UsageError` for more than eight regions, and as `gaps`.
    """
    named = tuple(dict.fromkeys(regions))
    if len(named) > MOST_REGIONS:
        raise UsageError("too_many_regions", given=len(named), limit=MOST_REGIONS)
    return snapshot.memo.get(("heat", question, named), lambda: _heat(snapshot, question, named))


def _heat(snapshot: Snapshot, question: Question, named: Sequence[str]) -> HeatAnswer:
    here = ask.gaps(snapshot, question)
    facts = facts_of(snapshot, question.assumptions)
    firms = _firms(facts, here)
    own = here.question.region
    hosts = _hosts(facts, own, firms)
    chosen = named or _of_the_city(own, hosts)
    asked = {
        r: here if r == own else ask.gaps(snapshot, replace(question, region=r)) for r in chosen
    }
    return HeatAnswer(
        here.question,
        here.revision,
        here.algorithm,
        here.assumed,
        [_column(r, len(firms.get(r, ())), a) for r, a in asked.items()],
        _segments(list(asked.values())),
        hosts,
        here.notes,
    )


def _column(region: str, firms: int, a: GapsAnswer) -> HeatRegion:
    judged = any(s.severity is not None for s in a.segments)
    return HeatRegion(region, firms, a.total if judged else None, len(a.gaps), len(a.to_verify))


def _segments(answers: Sequence[GapsAnswer]) -> list[HeatSegment]:
    judged = [{s.segment: s for s in a.segments} for a in answers]
    rows = {s: [column.get(s) for column in judged] for column in judged for s in column}
    weight = {s: max(r.criticality for r in found if r) for s, found in rows.items()}
    made = [
        HeatSegment(s, [HeatCell(r.type, r.severity) if r else HeatCell(None, None) for r in found])
        for s, found in rows.items()
    ]
    return sorted(made, key=lambda s: (-_worst(s), -weight[s.segment], s.segment))


def _worst(row: HeatSegment) -> float:
    """The largest severity anywhere; below all of them where every cell is unknown."""
    return max((c.severity for c in row.cells if c.severity is not None), default=-1.0)


def _firms(facts: Facts, answer: GapsAnswer) -> dict[str, set[str]]:
    """Active makers of what the leaders require or make, by every region that holds them."""
    found: dict[str, set[str]] = {}
    for segment in (*(s.segment for s in answer.segments), *answer.in_house):
        for maker in facts.makers(facts.segments.index[segment]):
            for region in facts.regions.path(maker.region) if maker.region else ():
                found.setdefault(region, set()).add(maker.enterprise)
    return found


def _hosts(facts: Facts, here: str, firms: Mapping[str, set[str]]) -> list[HeatHost]:
    tree, named = facts.regions, facts.snapshot.nodes("Region").index
    city = next((r for r in tree.path(here) if tree.level(r) == "city"), None)
    near = {r for r in firms if city is not None and r != city and tree.inside(r, city)}
    found = [HeatHost(r, len(some), r in near) for r, some in firms.items() if r in named]
    return sorted(found, key=lambda h: (not h.near, -h.firms, h.region))


def _of_the_city(here: str, hosts: Sequence[HeatHost]) -> list[str]:
    others = [h.region for h in hosts if h.near and h.region != here]
    return [here, *others][:MOST_REGIONS]
