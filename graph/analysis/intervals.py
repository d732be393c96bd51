"""How far a candidate's score could be off, and which one document would narrow it most.

The candidate's own assumed inputs (x, ρ, unknown modifiers) stand all at their low, then all at
their high end; everything else, a neighbour's old entry too, stays at base.  The high end is the
larger of leaving its unknown segments out and taking them as missing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from graph.analysis.answers import Interval, NarrowBy
from graph.analysis.candidates import Candidate
from graph.analysis.coverage import Entry
from graph.analysis.fill import Fill

__all__ = ["interval", "narrow_by", "unknown_inputs"]

Input = tuple[str, int | None]  # what is unknown, of which segment


def interval(fill: Fill, candidate: Candidate) -> Interval:
    """(low, high) of the candidate's score."""
    low = fill.score(candidate, -1).score
    high = fill.score(candidate, 1).score
    if any(s in fill.view.unknown for s in candidate.offers):
        high = max(high, fill.score(candidate, 1, missing=True).score)
    return low, high


def narrow_by(fill: Fill, candidate: Candidate, whole: Interval) -> NarrowBy | None:
    """The unknown input whose knowledge, at base, shrinks the interval most; None if none does."""
    low, high = whole
    ids = fill.view.facts.segments.ids
    best: tuple[float, str, str] | None = None
    for name, segment in unknown_inputs(fill, candidate):
        end = interval(fill, _knowing(candidate, name, segment))
        shrink = (high - low) - (end[1] - end[0])
        key = (-shrink, "" if segment is None else ids[segment], name)
        if shrink > 0 and (best is None or key < best):
            best = key
    return NarrowBy(best[2], best[1] or None) if best else None


def unknown_inputs(fill: Fill, candidate: Candidate) -> Iterator[Input]:
    """Everything about the candidate that was assumed and that a document could settle."""
    for segment, entry in sorted(candidate.offers.items()):
        for name in entry.assumed:
            yield name, segment
        if segment in fill.view.unknown:
            yield "survey", segment
    if candidate.kind == "project" and not candidate.staged:
        yield "stage", None


def _knowing(candidate: Candidate, name: str, segment: int | None) -> Candidate:
    if segment is None:
        base = candidate.readiness[1]
        return replace(candidate, readiness=(base, base, base), staged=True)
    if name == "survey":
        return replace(
            candidate, offers={s: e for s, e in candidate.offers.items() if s != segment}
        )
    entry = _known_entry(candidate.offers[segment], name)
    return replace(candidate, offers={**candidate.offers, segment: entry})


def _known_entry(entry: Entry, name: str) -> Entry:
    """Knowing either capacity or need counts as knowing x."""
    if name == "availability":
        return replace(entry, sure=True)
    return replace(entry, sized=True, needed=True)
