"""What a leader requires, and along which path.

Criticality `c(s) = max over walks s = s_0 → … → s_h = t, 1 ≤ h ≤ H, t made by the leader, of
m(t)·Π(γ·a)`: from the technology graph only.  Products follow hop order and max is order-free, so
the bits are the same on every engine.  A walk downstream is worth δ of one upstream.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
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
    weight: Array  # a


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
    return Inputs(inputs.src, inputs.dst, factor, taken)


def requirements(
    inputs: Inputs,
    products: Mapping[int, float],
    size: int,
    direction: Direction,
    assumed: Assumptions,
) -> list[Requirement]:
    """Required ones of `size` segments, by position: criticality > 0 outside `products`.

    `products` maps the positions of the leader's own products to their importance m.
    """
    walks = [_Walks(inputs, products, size, up, assumed) for up in _directions(direction)]
    best, low, high = (np.max([w.value[end] for w in walks], axis=0) for end in (0, -1, 1))
    found = []
    for s in np.flatnonzero(best > 0).tolist():
        if s not in products:
            walk = next(w for w in walks if w.value[0][s] == best[s])  # up wins a tie
            ends = (float(best[s]), float(low[s]), float(high[s]))
            found.append(Requirement(s, *ends, walk.path(s)))
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
        start = np.zeros(size)
        start[list(products)] = list(products.values())
        scale = 1.0 if up else a.downstream_factor
        hops = {end: self._run(start, inputs.factor[end], a.hops) for end in (-1, 0, 1)}
        self._best = np.max(hops[0][1:], axis=0)
        best = {end: np.max(values[1:], axis=0) for end, values in hops.items()}
        self.value = {end: scale * values for end, values in best.items()}  # by 1…H hops
        self._hop = np.argmax(np.array(hops[0][1:]) == self._best, axis=0) + 1  # the fewest
        self._before = self._predecessors(hops[0], inputs.factor[0])

    def path(self, segment: int) -> tuple[int, ...]:
        """From t to `segment`: fewest hops, then hop by hop the predecessor with the least id."""
        walk = [segment]
        for hop in range(int(self._hop[segment]), 0, -1):
            walk.append(int(self._before[hop - 1][walk[-1]]))
        return tuple(reversed(walk))

    def _predecessors(self, hops: list[Array], factor: Array) -> list[Array]:
        """By hop: where the best walk came from; positions stand in id order."""
        found = []
        for values, after in pairwise(hops):
            reach = values[self._near] * factor
            tied = (reach == after[self._far]) & (reach > 0)
            before = np.full(len(after), len(after))
            np.minimum.at(before, self._far[tied], self._near[tied])
            found.append(before)
        return found

    def _run(self, start: Array, factor: Array, hops: int) -> list[Array]:
        values = [start]
        for _ in range(hops):
            after = np.zeros_like(start)
            np.maximum.at(after, self._far, values[-1][self._near] * factor)
            values.append(after)
        return values
