"""§4: the expected share of the need that suppliers in reach cannot cover, on 64 steps."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

__all__ = ["STEPS", "brute_shortage", "shortage"]

STEPS = 64

Entries = Sequence[tuple[float, float]]
"""(x̂, ρ) of each supplier."""


def shortage(entries: Entries) -> float:
    """`σ = fsum_{j<64} P[j]·(64−j)/64` with P folded in order of (x̂ desc, ρ desc)."""
    chance = [1.0] + [0.0] * STEPS
    for effective, availability in sorted(entries, reverse=True):
        if effective == 0.0 or availability == 0.0:
            continue
        chance = _fold(chance, effective, availability)
    return math.fsum(chance[j] * (STEPS - j) / STEPS for j in range(STEPS))


def _fold(old: list[float], effective: float, availability: float) -> list[float]:
    """One supplier more; what would land above 64 is the complement and never read."""
    y = STEPS * effective
    n = math.floor(y)
    f = y - n
    new = []
    for j in range(STEPS):
        whole = old[j - n] if j - n >= 0 else 0.0
        split = old[j - n - 1] if j - n - 1 >= 0 else 0.0
        up = (1 - f) * whole + f * split
        new.append((1 - availability) * old[j] + availability * up)
    return [*new, max(0.0, 1.0 - math.fsum(new))]


def brute_shortage(entries: Entries) -> float:
    """The same by writing down all outage states: down, up at ⌊y⌋ steps, up at ⌊y⌋+1 steps.

    A supplier that is up counts ⌊y⌋ with probability 1−f and ⌊y⌋+1 with probability f.
    """
    outcomes = []
    for effective, availability in entries:
        y = STEPS * effective
        n = math.floor(y)
        f = y - n
        up = [(availability * (1 - f), n), (availability * f, n + 1)]
        outcomes.append([(1 - availability, 0), *up])
    terms = []
    for state in itertools.product(*outcomes):
        chance = math.prod(p for p, _ in state)
        covered = sum(steps for _, steps in state)
        terms.append(chance * max(0, STEPS - covered) / STEPS)
    return math.fsum(terms)
