"""Before and after: projects land, or an enterprise stops, seen by every leader and by all.

Several projects that land at once are all there together: what they add up to is computed on the
suppliers with all of them, never from what each adds alone.

The unknown segments are those of the present: what if never makes a segment known, and one that is
emptied counts as surveyed.  A project stands in the region asked from (proximity 1), as in a
ranking; unlike there, a loss by its moving away from somewhere is shown and not cut at 0.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import fsum

from graph.analysis.coverage import Entry, shortage_of
from graph.analysis.fill import Fill
from graph.analysis.gaps import Gap, Gaps, type_of

__all__ = ["LeaderChange", "SegmentChange", "WhatIfAnswer", "landed", "stopped"]


@dataclass(frozen=True)
class SegmentChange:
    """One segment before and after: shortages and types."""

    segment: str
    criticality: float
    before: float
    after: float
    type_before: str
    type_after: str
    path: Sequence[str]


@dataclass(frozen=True)
class LeaderChange:
    """One leader before and after: T, and the segments that change."""

    leader: str | None
    region: str
    before: float
    after: float
    changes: Sequence[SegmentChange]
    unknown: Sequence[str]  # touched segments that count neither before nor after


@dataclass(frozen=True)
class WhatIfAnswer:
    """What changes for every leader, and for all of them together."""

    revision: int
    algorithm: str
    assumed: Mapping[str, object]
    id: str
    name: str
    event: str  # lands | stops
    direction: str
    before: float | None  # of `leaders`; None where none is asked
    after: float | None
    leaders: Sequence[LeaderChange]
    unplaced: Sequence[str]  # leaders left out: nothing says from where to ask
    notes: Sequence[str] = ()  # codes: operating, lost, no_offer, gone, closed_world


def landed(fill: Fill, projects: Iterable[str]) -> LeaderChange:
    """What projects that land together change for one leader; one that is no candidate, nothing."""
    asked = (fill.candidates.get(("project", project)) for project in sorted(set(projects)))
    lands, leaves = dict[int, list[Entry]](), dict[int, set[str]]()
    for candidate in (found for found in asked if found is not None):
        for segment, own in candidate.offers.items():
            lands.setdefault(segment, []).append(own)
            leaves.setdefault(segment, set()).update(candidate.replaces.get(segment, ()))
    return _changed(
        fill.gaps, {s: _after(fill.gaps, s, leaves[s], own) for s, own in lands.items()}
    )


def _after(gaps: Gaps, segment: int, leaves: set[str], lands: list[Entry]) -> list[Entry]:
    stay = [e for e in gaps.found[segment].entries if e.maker not in leaves]
    return [*stay, *lands]


def stopped(gaps: Gaps, enterprise: str) -> LeaderChange:
    """What one leader loses when an enterprise supplies nobody any more."""
    after = {
        segment: [e for e in gap.entries if e.maker != enterprise]
        for segment, gap in gaps.found.items()
        if any(e.maker == enterprise for e in gap.entries)
    }
    return _changed(gaps, after)


def _changed(gaps: Gaps, after: Mapping[int, Sequence[Entry]]) -> LeaderChange:
    view = gaps.view
    ids, unknown = view.facts.segments.ids, [s for s in sorted(after) if s in view.unknown]
    changes = {s: _change(gaps, s, after[s]) for s in sorted(after) if s not in view.unknown}
    total = fsum(
        gap.requirement.criticality * (changes[s].after if s in changes else shortage)
        for s, gap, shortage in _known(gaps)
    )
    return LeaderChange(
        view.leader,
        view.region,
        gaps.total,
        total,
        [c for c in changes.values() if c.before != c.after or c.type_before != c.type_after],
        [ids[s] for s in unknown],
    )


def _known(gaps: Gaps) -> Iterator[tuple[int, Gap, float]]:
    for segment, gap in gaps.found.items():
        if gap.shortage is not None:
            yield segment, gap, gap.shortage


def _change(gaps: Gaps, segment: int, entries: Sequence[Entry]) -> SegmentChange:
    view, gap = gaps.view, gaps.found[segment]
    ids = view.facts.segments.ids
    return SegmentChange(
        ids[segment],
        gap.requirement.criticality,
        1.0 if gap.shortage is None else gap.shortage,
        shortage_of(entries, view.assumed),
        gap.type,
        type_of(entries, view.assumed),
        [ids[i] for i in gap.requirement.path],
    )
