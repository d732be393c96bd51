"""Who supplies a segment, and the share of the need they cannot be expected to cover.

`σ = E[max(0, 1 − Σ Z·x̂)]`, Z ~ Bernoulli(ρ) independent, `x̂ = min(1, x)·evidence·proximity`, on a
64-step grid that splits a supplier linearly between two steps instead of rounding it away.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache
from math import floor, fsum

import numpy as np

from graph.question import Assumptions

__all__ = ["Entry", "ratio", "shortage"]

STEPS = 64
End = int  # -1 worse for coverage, 0 base, 1 better for coverage


@dataclass(frozen=True, slots=True)
class Entry:
    """One supplier of one segment, as seen from the region.

    `x` is capacity/need or the share assumed by size; `needed` and `sized` say whether need and
    capacity are known (knowing both makes x known), `sure` whether the availability is.
    """

    maker: str
    x: float
    availability: float
    factor: float  # evidence
    proximity: float
    sized: bool
    needed: bool
    sure: bool
    evidence: tuple[str, ...] = ()
    as_of: str = ""
    doubled: bool = False

    @property
    def known(self) -> bool:
        """Whether x is known: a known capacity 0 is x = 0 whatever the need."""
        return self.sized and (self.needed or self.x == 0)

    @property
    def assumed(self) -> tuple[str, ...]:
        """What was assumed."""
        missing = [] if self.sure else ["availability"]
        if not self.known:
            missing += [n for n, k in (("capacity", self.sized), ("need", self.needed)) if not k]
        return tuple(missing)

    def share(self, assumed: Assumptions, end: End = 0) -> float:
        """x at one end, uncapped; twice that of an expansion."""
        x = self.x
        if end and not self.known:
            x = min(1.0, x * assumed.share_spread[1]) if end > 0 else x * assumed.share_spread[0]
        return 2 * x if self.doubled else x

    def up(self, assumed: Assumptions, end: End = 0) -> float:
        """ρ at one end."""
        return self.availability if self.sure or not end else assumed.availability[end + 1]

    def effective(self, assumed: Assumptions, end: End = 0) -> float:
        """x̂ at one end."""
        return min(1.0, self.share(assumed, end)) * self.factor * self.proximity

    def counts(self, assumed: Assumptions, end: End = 0) -> bool:
        """Whether it can supply at all: x̂·ρ > 0."""
        return self.effective(assumed, end) > 0 and self.up(assumed, end) > 0


def ratio(part: float, whole: float) -> float:
    """The float64 nearest the exact quotient of the decimals as written.

    >>> ratio(0.3, 0.1), 0.3 / 0.1
    (3.0, 2.9999999999999996)
    """
    return float(Fraction(repr(part)) / Fraction(repr(whole)))


def shortage(pairs: Iterable[tuple[float, float]]) -> float:
    """Expected unmet share of the need for suppliers `(x̂, ρ)`; 1 without any.

    >>> shortage([]), shortage([(1.0, 1.0)])
    (1.0, 0.0)
    >>> round(shortage([(0.5, 0.9), (0.5, 0.9)]), 12)  # 0.01·1 + 0.18·0.5
    0.1
    """
    able = [(x, rho) for x, rho in pairs if x > 0 and rho > 0]
    return _fold(tuple(sorted(able, key=lambda p: (-p[0], -p[1]))))


@lru_cache(maxsize=200_000)
def _fold(pairs: tuple[tuple[float, float], ...]) -> float:
    mass = np.zeros(STEPS + 1)
    mass[0] = 1.0
    for x, rho in pairs:
        mass = _add(mass, x, rho)
    return fsum((mass[j] * (STEPS - j)) / STEPS for j in range(STEPS))


def _add(mass: np.ndarray, x: float, rho: float) -> np.ndarray:
    """Fold one supplier in: `(1−ρ)·old[j] + ρ·((1−f)·old[j−n] + f·old[j−n−1])`, capped at 64."""
    n = floor(STEPS * x)
    f = STEPS * x - n
    landed = np.zeros(2 * STEPS + 2)
    landed[n : n + STEPS + 1] += (1 - f) * mass
    landed[n + 1 : n + STEPS + 2] += f * mass
    shifted = landed[: STEPS + 1].copy()
    shifted[STEPS] = fsum(landed[STEPS:])
    folded: np.ndarray = (1 - rho) * mass + rho * shifted
    return folded


def shortage_of(entries: Sequence[Entry], assumed: Assumptions, end: End = 0) -> float:
    """`shortage` of suppliers with every assumed input at one end."""
    return shortage((e.effective(assumed, end), e.up(assumed, end)) for e in entries)


def doubled(entry: Entry) -> Entry:
    """The same supplier with twice its x, still failing as one."""
    return replace(entry, doubled=True)
