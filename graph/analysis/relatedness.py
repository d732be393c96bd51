"""How related a segment is to what a region already makes.

`ω_r(s) = Σ_{i≠s} M_ri·φ_is / Σ_{i≠s} φ_is`, `φ_is` = enterprises that make both over the larger of
the two counts, M_ri = r has a maker of i; firms as baskets (Hidalgo, Klinger, Barabási & Hausmann,
Science 317:482, 2007).  Fewer than three enterprises that make s and something else: unknown.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from math import fsum

import numpy as np
from scipy import sparse

from graph.analysis.facts import Facts
from graph.arrays import Array

__all__ = ["Relatedness", "made_in"]


class Relatedness:
    """ω of whoever makes the segments where `made` holds: a region, or the tenants of a park."""

    def __init__(self, facts: Facts, made: Array) -> None:
        self._baskets = _baskets(facts)
        self._made = made
        self._known: dict[int, float | None] = {}

    def of(self, segment: int) -> float | None:
        """ω of a segment (by position) in [0, 1], None = unknown."""
        if segment not in self._known:
            self._known[segment] = self._compute(segment)
        return self._known[segment]

    def has_maker(self, segment: int) -> bool:
        """Whether the region makes the segment."""
        return bool(self._made[segment])

    @cached_property
    def absent_median(self) -> float | None:
        """Median of the known ω over all segments without a maker in the region."""
        values = [self.of(int(s)) for s in np.flatnonzero(~self._made & self._baskets.enough)]
        known = [v for v in values if v is not None]
        return float(np.median(known)) if known else None

    def _compute(self, segment: int) -> float | None:
        held = self._baskets
        if not held.enough[segment]:
            return None
        both = (held.rows.T @ held.rows[:, [segment]]).tocoo()
        shared, made = [], []
        for i, count in zip(both.row.tolist(), both.data.tolist(), strict=True):
            if i != segment:
                phi = count / max(held.makers[i], held.makers[segment])
                shared.append(phi)
                made.append(phi if self._made[i] else 0.0)
        return fsum(made) / fsum(shared)


def made_in(facts: Facts, inside: Callable[[str | None], bool]) -> Array:
    """Which segments have an active maker in the regions for which `inside` holds."""
    made = np.zeros(len(facts.segments.ids), bool)
    local = np.array([inside(r) for r in facts.enterprises.values("region")], bool)
    made[facts.produces.dst[(local & facts.active)[facts.produces.src]]] = True
    for segment in facts.implied:
        made[segment] |= any(inside(m.region) for m in facts.makers(segment))
    return made


@dataclass(frozen=True, eq=False)
class _Baskets:
    """1 where an active enterprise (row) makes a segment (column), and what follows from it."""

    rows: sparse.csc_array
    makers: Array  # of each segment
    enough: Array  # segments with enough enterprises that make it and something else


def _baskets(facts: Facts) -> _Baskets:
    return facts.snapshot.memo.get(("baskets", facts.assumed), lambda: _filled(facts))


def _filled(facts: Facts) -> _Baskets:
    alive = facts.active[facts.produces.src]
    rows = facts.produces.src[alive].tolist()
    columns = facts.produces.dst[alive].tolist()
    for segment, makers in facts.implied.items():
        for at in {facts.enterprises.index[m.enterprise] for m in makers}:
            if facts.active[at]:
                rows.append(at)
                columns.append(segment)
    shape = (len(facts.enterprises.ids), len(facts.segments.ids))
    made = sparse.csc_array((np.ones(len(rows), np.int64), (rows, columns)), shape=shape)
    several = np.asarray(made.sum(axis=1)) > 1
    counts = np.asarray(made.T @ several.astype(np.int64))
    return _Baskets(made, np.asarray(made.sum(axis=0)), counts >= facts.assumed.basket_firms)
