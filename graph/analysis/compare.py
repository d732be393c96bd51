"""Regions side by side in one chain: how strong each is, and where the question hurts.

Strength of a segment against a comparator is `log2(LQ*here / LQ*there)` of the shrunken location
quotients, but a side without a maker never leads: 0 instead.  Where neither has one nothing is
compared.  Opportunity is the severity of the question here; it counts as high from the median of
the gap list's on, so that the upper half of the gaps stands above the line.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import log2
from statistics import median

from graph.analysis import ask
from graph.analysis.answers import Asked, GapsAnswer, SegmentAnswer
from graph.analysis.diagnostics import (
    Concentration,
    Quotients,
    articulation,
    chain_firms,
    concentration,
    quotients,
    supplied,
)
from graph.analysis.facts import Facts
from graph.analysis.gaps import GAP_TYPES, assumptions_of
from graph.analysis.relatedness import Relatedness, made_in
from graph.analysis.view import View, view_of
from graph.errors import NotFound, UsageError
from graph.question import ALGORITHM, Question
from graph.snapshot import Snapshot

__all__ = [
    "MOST_REGIONS",
    "CompareAnswer",
    "ComparedRegion",
    "ComparedSegment",
    "Diagnostics",
    "Host",
    "Side",
    "compare",
]

MOST_REGIONS = 4


@dataclass(frozen=True)
class Side:
    """One segment in one region; `type` and `severity` are None where nothing requires it there.

    Strength and quadrant are those of the region asked about against this one.
    """

    makers: Sequence[str]
    expected: float | None
    lq_raw: float | None
    lq: float | None  # shrunken
    type: str | None
    severity: float | None
    strength: float | None = None
    quadrant: str | None = None  # strength | opportunity | spillover | watch


@dataclass(frozen=True)
class Diagnostics:
    """Beside the severity of a segment here, never inside it."""

    concentration: Concentration
    relatedness: float | None
    articulation: bool


@dataclass(frozen=True)
class ComparedSegment:
    """One segment of the chain here and in each comparator."""

    segment: str
    makers: int  # everywhere
    here: Side
    there: Sequence[Side]
    diagnostics: Diagnostics


@dataclass(frozen=True)
class Host:
    """A region with firms of the chain; one that `overlaps` holds the region asked or is in it."""

    region: str
    firms: int
    overlaps: bool


@dataclass(frozen=True)
class ComparedRegion:
    """A region compared; `prior` is the α of its quotients, None = infinite."""

    region: str
    firms: int
    prior: float | None
    overlaps: bool


@dataclass(frozen=True)
class CompareAnswer:
    """One chain in several regions, the region asked about first."""

    question: Asked
    revision: int
    algorithm: str
    assumed: Mapping[str, object]
    chain: str
    basis: str  # of the quotients: firms | revenue
    firms: int  # of the chain, in the whole graph
    unlocated: int
    high: float | None  # severity from which an opportunity counts; None = no gap
    here: ComparedRegion
    there: Sequence[ComparedRegion]
    hosts: Sequence[Host]
    segments: Sequence[ComparedSegment]  # by severity here
    notes: Sequence[str] = ()


def compare(
    snapshot: Snapshot, question: Question, chain: str, regions: Sequence[str]
) -> CompareAnswer:
    """The chain in the question's region and in up to four others, asked the same question.

    Raises `NotFound` for an unknown leader or chain, `UsageError` for too many regions or when
    the question's own can't be told.
    """
    if chain not in snapshot.nodes("Chain").index:
        raise NotFound("unknown_chain", chain=chain)
    about = question if question.leader else replace(question, chain=chain)
    view, judged = view_of(snapshot, about)[0], ask.gaps(snapshot, about)
    others = [r for r in dict.fromkeys(regions) if r != view.region]
    if len(others) > MOST_REGIONS:
        raise UsageError("too_many_regions", given=len(others), limit=MOST_REGIONS)
    sides = [(view.region, judged)]
    sides += [(r, ask.gaps(snapshot, replace(about, region=r))) for r in others]
    facts, held = view.facts, chain_firms(view.facts, chain)
    known = [quotients(facts, chain, region) for region, _ in sides]
    high = _high(judged, chain)
    compared = [_region(facts, view.region, q) for q in known]
    return CompareAnswer(
        view.asked,
        snapshot.revision,
        ALGORITHM,
        assumptions_of(view),
        chain,
        held.basis,
        len(held.weight),
        held.unlocated,
        high,
        compared[0],
        compared[1:],
        _hosts(facts, chain, view.region),
        _segments(view, chain, [a for _, a in sides], known, high),
        judged.notes,
    )


def _segments(
    view: View,
    chain: str,
    answers: Sequence[GapsAnswer],
    known: Sequence[Quotients],
    high: float | None,
) -> list[ComparedSegment]:
    facts, points = view.facts, articulation(view.facts, chain)
    related = Relatedness(facts, made_in(facts, view.is_local))
    needed = [{s.segment: s for s in a.segments} for a in answers]
    found = []
    for segment in known[0].segments:
        id_ = facts.segments.ids[segment]
        sides = [_side(q, segment, n.get(id_)) for q, n in zip(known, needed, strict=True)]
        here = sides[0]
        found.append(
            ComparedSegment(
                id_,
                known[0].segments[segment].everywhere,
                here,
                [_against(here, side, high) for side in sides[1:]],
                Diagnostics(
                    _concentration(view, segment, needed[0].get(id_)),
                    related.of(segment),
                    segment in points,
                ),
            )
        )
    return sorted(
        found, key=lambda s: (s.here.severity is None, -(s.here.severity or 0), s.segment)
    )


def _side(known: Quotients, segment: int, needed: SegmentAnswer | None) -> Side:
    q = known.segments[segment]
    kind, severity = (needed.type, needed.severity) if needed else (None, None)
    return Side(q.makers, q.expected, q.raw, q.shrunk, kind, severity)


def _against(here: Side, there: Side, high: float | None) -> Side:
    """A comparator's side with the strength of here against it."""
    if here.lq is None or there.lq is None or not (here.makers or there.makers):
        return there
    strength = log2(here.lq / there.lq)
    if not here.makers:
        strength = min(strength, 0.0)
    if not there.makers:
        strength = max(strength, 0.0)
    if here.severity is None:
        return replace(there, strength=strength)
    behind = strength < 0 or not here.makers
    wanted = high is not None and here.severity >= high
    names = ("strength", "opportunity") if wanted else ("spillover", "watch")
    return replace(there, strength=strength, quadrant=names[behind])


def _high(judged: GapsAnswer, chain: str) -> float | None:
    gaps = [s.severity for s in judged.segments if chain in s.chains and s.type in GAP_TYPES]
    known = [g for g in gaps if g is not None]
    return median(known) if known else None


def _concentration(view: View, segment: int, needed: SegmentAnswer | None) -> Concentration:
    """Of the suppliers in reach of the leader that suffers most, or of any."""
    if needed is not None:
        return supplied(needed)
    entries = view.suppliers(segment)
    return concentration(e.effective(view.assumed) for e in entries if e.counts(view.assumed))


def _region(facts: Facts, here: str, q: Quotients) -> ComparedRegion:
    return ComparedRegion(q.region, q.firms, q.prior, _overlaps(facts, here, q.region))


def _hosts(facts: Facts, chain: str, here: str) -> list[Host]:
    """Every other region with firms of the chain, most first; codes nobody named are left out."""
    rows = {row for places in chain_firms(facts, chain).places.values() for row in places}
    named = {*facts.snapshot.nodes("Region").index, *(where for _, where in rows)}
    inside = {(f, outer) for f, where in rows if where for outer in facts.regions.path(where)}
    count = Counter(region for _, region in inside if region in named and region != here)
    found = [Host(region, n, _overlaps(facts, here, region)) for region, n in count.items()]
    return sorted(found, key=lambda h: (-h.firms, h.region))


def _overlaps(facts: Facts, here: str, there: str) -> bool:
    tree = facts.regions
    return here != there and (tree.inside(here, there) or tree.inside(there, here))
