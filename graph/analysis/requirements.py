"""What a leader requires, and along which path.

Criticality `c(s) = max over walks s = s_0 → … → s_h = t, 1 ≤ h ≤ H, t made by the leader, of
m(t)·Π(γ·a)`: from the technology graph only.  Products follow hop order and max is order-free, so
the bits are the same on every engine.  A walk downstream is worth δ of one upstream.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

import numpy as np

from graph.arrays import Array, RelTable
from graph.question import Assumptions, Direction

__all__ = ["Inputs", "Requirement", "input_weights", "requirements"]

End = int  # -1 lower, 0 base, 1 upper end of an assumed weight


@dataclass(frozen=True, eq=False)
class Inputs:
    """INPUT_OF as arrays: edge i says that segment `source[i]` is an input of `target[i]`."""

    source: Array
    target: Array
    factor: Mapping[End, Array]  # γ·a at each end


@dataclass(frozen=True)
class Requirement:
    """One required segment (by position): criticality, its two ends, and the path from t."""

    segment: int
    criticality: float
    low: float
    high: float
    path: tuple[int, ...]


def input_weights(inputs: RelTable, assumed: Assumptions) -> Inputs:
    """Edge factors γ·a; an unknown weight is the median into its output, else of all, else 0.5."""
    weights = inputs.numbers("weight")
    known = ~np.isnan(weights)
    overall = median(weights[known].tolist()) if known.any() else assumed.weight
    taken = weights.copy()
    for target in np.unique(inputs.dst[~known]):
        into = inputs.dst == target
        mine = weights[into & known].tolist()
        taken[into & ~known] = median(mine) if mine else overall
    low, high = (np.minimum(1.0, taken * k) for k in assumed.weight_spread)
    ends = {-1: np.where(known, taken, low), 0: taken, 1: np.where(known, taken, high)}
    factor = {end: assumed.hop_factor * a for end, a in ends.items()}
    return Inputs(inputs.src, inputs.dst, factor)


def requirements(
    inputs: Inputs,
    products: Mapping[int, float],
    ids: Sequence[str],
    direction: Direction,
    assumed: Assumptions,
) -> list[Requirement]:
    """Required segments in position order: criticality > 0 outside `products` (position -> m).

    Raises nothing: without products or inputs nothing is required.
    """
    walks = [_Walks(inputs, products, len(ids), up, assumed) for up in _directions(direction)]
    best, low, high = (np.max([w.value[end] for w in walks], axis=0) for end in (0, -1, 1))
    found = []
    for s in np.flatnonzero(best > 0).tolist():
        if s not in products:
            walk = next(w for w in walks if w.value[0][s] == best[s])  # up wins a tie
            ends = (float(best[s]), float(low[s]), float(high[s]))
            found.append(Requirement(s, *ends, walk.path(s, ids)))
    return found


def _directions(direction: Direction) -> tuple[bool, ...]:
    return {"up": (True,), "down": (False,), "both": (True, False)}[direction]


class _Walks:
    """Best walk values by hop count in one direction."""

    def __init__(
        self, inputs: Inputs, products: Mapping[int, float], size: int, up: bool, a: Assumptions
    ) -> None:
        # A walk leaves `near` (towards t) and arrives at `far`.
        self._near, self._far = (
            (inputs.target, inputs.source) if up else (inputs.source, inputs.target)
        )
        self._factor = inputs.factor
        start = np.zeros(size)
        for product, importance in products.items():
            start[product] = importance
        scale = 1.0 if up else a.downstream_factor
        self._hops = {end: self._run(start, inputs.factor[end], a.hops) for end in (-1, 0, 1)}
        best = {end: np.max(hops[1:], axis=0) for end, hops in self._hops.items()}
        self.value = {end: scale * values for end, values in best.items()}  # by 1…H hops
        self._best = best[0]
        self._order = np.argsort(self._far, kind="stable")
        self._row = np.searchsorted(self._far[self._order], np.arange(size + 1))

    def path(self, segment: int, ids: Sequence[str]) -> tuple[int, ...]:
        """From t to `segment`: fewest hops, then hop by hop the predecessor with the least id."""
        hops = self._hops[0]
        hop = next(i for i in range(1, len(hops)) if hops[i][segment] == self._best[segment])
        walk = [segment]
        while hop:
            here = walk[-1]
            into = self._order[self._row[here] : self._row[here + 1]]
            reach = hops[hop - 1][self._near[into]] * self._factor[0][into]
            tied = self._near[into[reach == hops[hop][here]]]
            walk.append(min(tied.tolist(), key=lambda i: ids[i]))
            hop -= 1
        return tuple(reversed(walk))

    def _run(self, start: Array, factor: Array, hops: int) -> list[Array]:
        values = [start]
        for _ in range(hops):
            after = np.zeros_like(start)
            np.maximum.at(after, self._far, values[-1][self._near] * factor)
            values.append(after)
        return values
