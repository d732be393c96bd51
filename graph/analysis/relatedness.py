"""How related a segment is to what a region already makes.

`ω_r(s) = Σ_{i≠s} M_ri·φ_is / Σ_{i≠s} φ_is`, `φ_is` = enterprises that make both over the larger of
the two counts, M_ri = r has a maker of i; firms as baskets (Hidalgo, Klinger, Barabási & Hausmann,
Science 317:482, 2007).  Fewer than three enterprises that make s and something else: unknown.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from math import fsum

import numpy as np
from scipy import sparse

from graph.analysis.facts import Facts
from graph.arrays import Array

__all__ = ["Relatedness"]


class Relatedness:
    """ω of a region given by the test `inside(region id)`; one per view."""

    def __init__(self, facts: Facts, inside: Callable[[str | None], bool]) -> None:
        self._facts = facts
        self._inside = inside
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
        values = [self.of(int(s)) for s in np.flatnonzero(~self._made & self._enough)]
        known = [v for v in values if v is not None]
        return float(np.median(known)) if known else None

    def _compute(self, segment: int) -> float | None:
        if not self._enough[segment]:
            return None
        both = (self._baskets.T @ self._baskets[:, [segment]]).tocoo()
        shared, made = [], []
        for i, count in zip(both.row.tolist(), both.data.tolist(), strict=True):
            if i != segment:
                phi = count / max(self._makers[i], self._makers[segment])
                shared.append(phi)
                made.append(phi if self._made[i] else 0.0)
        return fsum(made) / fsum(shared)

    @cached_property
    def _baskets(self) -> sparse.csc_array:
        """1 where an active enterprise (row) makes a segment (column)."""
        facts = self._facts
        alive = facts.active[facts.produces.src]
        rows = facts.produces.src[alive].tolist()
        columns = facts.produces.dst[alive].tolist()
        for segment, makers in facts.implied.items():
            for at in {facts.enterprises.index[m.enterprise] for m in makers}:
                if facts.active[at]:
                    rows.append(at)
                    columns.append(segment)
        shape = (len(facts.enterprises.ids), len(facts.segments.ids))
        return sparse.csc_array((np.ones(len(rows), np.int64), (rows, columns)), shape=shape)

    @cached_property
    def _makers(self) -> Array:
        return np.asarray(self._baskets.sum(axis=0))

    @cached_property
    def _enough(self) -> Array:
        """Segments with enough enterprises that make it and something else."""
        several = np.asarray(self._baskets.sum(axis=1)) > 1
        counts = np.asarray(self._baskets.T @ several.astype(np.int64))
        enough: Array = counts >= self._facts.assumed.basket_firms
        return enough

    @cached_property
    def _made(self) -> Array:
        facts = self._facts
        made = np.zeros(len(facts.segments.ids), bool)
        local = np.array([self._inside(r) for r in facts.enterprises.values("region")], bool)
        made[facts.produces.dst[(local & facts.active)[facts.produces.src]]] = True
        for segment in facts.implied:
            made[segment] |= any(self._inside(m.region) for m in facts.makers(segment))
        return made
