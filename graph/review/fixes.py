"""The nearest change in land, floor or amount with which a failed hard minimum passes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from math import ceil, floor

from graph.review.scoring import Application, number, value_of
from graph.review.standard import Indicator, Standard, scale

__all__ = ["STEPS", "Fix", "fixes_of"]

# What can be changed, and in which steps it is counted: the safe side is rounded to.
STEPS = {
    "land_mu": Fraction(1, 10),
    "floor_sqm": Fraction(1),
    "investment_wan": Fraction(1),
    "fixed_wan": Fraction(1),
    "revenue_wan": Fraction(1),
    "output_wan": Fraction(1),
    "tax_wan": Fraction(1),
}


@dataclass(frozen=True)
class Fix:
    """One field changed from `before` to `after`; `breaks` = hard minimums it would then miss."""

    field: str
    before: float
    after: float
    breaks: Sequence[str] = ()


def fixes_of(standard: Standard, indicator: Indicator, given: Application) -> Sequence[Fix]:
    """Changes of one field each with which the minimum is met, the smallest in proportion first.

    The value has to move towards the minimum all the way, as it does for quotients; a field for
    which no change passes is left out.
    """
    found = []
    for name in scale(indicator)[0].fields:
        if name in STEPS and name in given.numbers:
            after = _nearest(indicator, given, name)
            if after is not None:
                changed = replace(given, numbers={**given.numbers, name: float(after)})
                breaks = tuple(
                    other.id
                    for other in standard.indicators
                    if other.id != indicator.id
                    and other.minimum is not None
                    and _passes(other, given)
                    and not _passes(other, changed)
                )
                found.append(Fix(name, given.numbers[name], float(after), breaks))
    return sorted(found, key=lambda fix: (abs(fix.after - fix.before) / fix.before, fix.field))


def _passes(indicator: Indicator, given: Application) -> bool:
    value = value_of(indicator, given.numbers)
    if value is None or indicator.minimum is None:
        return True
    least = number(indicator.minimum)
    return value <= least if indicator.lower_is_better else value >= least


def _nearest(indicator: Indicator, given: Application, name: str) -> Fraction | None:
    """The value of a field nearest to the present one, on its steps, that passes."""
    step, now = STEPS[name], number(given.numbers[name])
    if now <= 0:
        return None

    def passes(count: int) -> bool:
        numbers = {**given.numbers, name: float(count * step)}
        value = value_of(indicator, numbers)
        return value is not None and _passes(indicator, replace(given, numbers=numbers))

    down, up = floor(now / step), ceil(now / step)
    if down >= 1 and passes(1):  # less of it helps: the most that passes
        low, high = 1, down
        while low < high:
            middle = (low + high + 1) // 2
            low, high = (middle, high) if passes(middle) else (low, middle - 1)
        return low * step
    most = up
    while not passes(most):  # more of it helps: the least that passes
        most *= 2
        if most * step > 1_000 * now:
            return None
    low, high = up, most
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if passes(middle) else (middle + 1, high)
    return low * step
