"""§2 and §4: a supplier of (r, s) with every unknown at its low, base and high end."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from tests.reference.world import Make

__all__ = ["Supplier", "doubled", "supplier"]

BY_SIZE = {"large": 1.0, "medium": 0.5, "small": 0.25, "micro": 0.125}
UNKNOWN_SIZE = 0.5
AVAILABILITY = (0.7, 0.9, 0.99)

Ends = tuple[float, float, float]
"""A value at (low, base, high); three times the same when it is known."""


@dataclass(frozen=True)
class Supplier:
    """One entry of F_r(s): what it could cover of the need, and how surely it is up."""

    id: str
    x: Ends
    availability: Ends
    factor: float
    proximity: float
    assumed: tuple[str, ...]
    make: Make

    def effective(self, end: int) -> float:
        """`x̂ = min(1, x)·evidence·proximity`."""
        return min(1.0, self.x[end]) * self.factor * self.proximity

    def entry(self, end: int) -> tuple[float, float]:
        """(x̂, ρ) with every assumed input at one end."""
        return self.effective(end), self.availability[end]

    @property
    def x_assumed(self) -> bool:
        """Whether capacity or need is missing, so that x is taken by size."""
        return "capacity" in self.assumed or "need" in self.assumed

    @property
    def contributes(self) -> bool:
        """`x̂·ρ > 0` at base."""
        return self.effective(1) * self.availability[1] > 0


def supplier(make: Make, need: Fraction | None, proximity: float) -> Supplier:
    """The entry of a maker for a leader with this need."""
    x, missing = _x(make, need)
    rho = make.availability
    if rho is None:
        missing = [*missing, "availability"]
    return Supplier(
        id=make.maker,
        x=x,
        availability=AVAILABILITY if rho is None else (rho, rho, rho),
        factor=make.factor,
        proximity=proximity,
        assumed=tuple(sorted(missing)),
        make=make,
    )


def doubled(entry: Supplier) -> Supplier:
    """The same plant with 2x, failing as one."""
    low, base, high = entry.x
    return Supplier(
        id=entry.id,
        x=(2 * low, 2 * base, 2 * high),
        availability=entry.availability,
        factor=entry.factor,
        proximity=entry.proximity,
        assumed=entry.assumed,
        make=entry.make,
    )


def _x(make: Make, need: Fraction | None) -> tuple[Ends, list[str]]:
    if make.capacity == 0:
        return (0.0, 0.0, 0.0), []
    if make.capacity is not None and need is not None:
        x = float(make.capacity / need)
        return (x, x, x), []
    base = BY_SIZE.get(make.size or "", UNKNOWN_SIZE)
    unknown = {"capacity": make.capacity, "need": need}
    return (base / 4, base, min(1.0, 2 * base)), [k for k, v in unknown.items() if v is None]
