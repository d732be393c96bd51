"""亩均: what a project brings for the land or floor it asks, beside a published minimum.

A figure that falls short comes with the nearest change that passes, rounded to the safe side: less
land or floor for the same amount, or more of the amount on the same land.  1 亩 = 2000/3 ㎡.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor

from graph.analysis.coverage import ratio
from graph.analysis.fit import Fitting

__all__ = ["MINIMUMS", "SOURCE", "Intensity", "intensities"]

# Indicator, route, amount (万元), basis, minimum, its unit, for new industrial projects.  The text
# joins the two pairs by 或: that the first is for land and the second for floor is our reading.
SOURCE = "《青岛市重点工业产业集聚区创建提升三年行动计划(2019—2021年)》"
MINIMUMS = (
    ("investment_per_mu", "LAND", "investment_wan", "land_mu", 280.0, "万元/亩"),
    ("tax_per_mu", "LAND", "tax_wan", "land_mu", 20.0, "万元/亩"),
    ("revenue_per_sqm", "PARK", "revenue_wan", "floor_sqm", 4_500.0, "元/㎡"),
    ("tax_per_sqm", "PARK", "tax_wan", "floor_sqm", 200.0, "元/㎡"),
)
_YUAN = {"万元/亩": 1, "元/㎡": 10_000}
_STEP = {"land_mu": Fraction(1, 10), "floor_sqm": Fraction(1)}  # what land and floor are counted in


@dataclass(frozen=True)
class Intensity:
    """An amount for the land or floor it asks; the last two say what would pass, None if it does.

    `value` is None where `given` (万元) or `over` is unknown; nothing is judged then.
    """

    indicator: str
    unit: str
    value: float | None
    minimum: float
    amount: str
    given: float | None
    basis: str
    over: float | None
    most: float | None  # of the basis, for the amount as it is
    least: float | None  # of the amount (万元), on the basis as it is


def intensities(project: Fitting) -> Sequence[Intensity]:
    """The figures of the project's route; None where an amount or its basis is unknown.

    >>> _most(Fraction(10_000), Fraction(280), Fraction(1, 10))  # 1.0 亿元 at 280 万元/亩
    35.7
    """
    return [_figure(project, *row) for row in MINIMUMS if row[1] == project.route]


def _figure(
    project: Fitting, name: str, _: str, amount: str, basis: str, minimum: float, unit: str
) -> Intensity:
    given, over = project.number(amount), project.number(basis)
    if given is None or not over:
        return Intensity(name, unit, None, minimum, amount, given, basis, over, None, None)
    worth = Fraction(repr(given)) * _YUAN[unit]
    value = ratio(given * _YUAN[unit], over)
    if worth >= Fraction(repr(minimum)) * Fraction(repr(over)):
        return Intensity(name, unit, value, minimum, amount, given, basis, over, None, None)
    most = _most(worth, Fraction(repr(minimum)), _STEP[basis])
    least = ceil(Fraction(repr(minimum)) * Fraction(repr(over)) / _YUAN[unit])
    return Intensity(name, unit, value, minimum, amount, given, basis, over, most, float(least))


def _most(worth: Fraction, minimum: Fraction, step: Fraction) -> float:
    """The most land or floor on which `worth` still reaches the minimum."""
    return float(floor(worth / minimum / step) * step)
