"""Items and heads: points, and between which bounds they lie while something is unknown.

Item = w·clip(x / benchmark, 0, 1.2), benchmark / x where lower is better, or w times the share of a
step; expert item = w·median/5 of the votes 1–5 that count.  A head is the sum of its items, at most
its weight.  What is missing is between 0 and the most an item can bring: never 0.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from statistics import median, quantiles

from graph.review.standard import HEADS, Indicator, Standard, scale

__all__ = ["CAP", "Application", "Head", "Item", "heads_of", "item_of", "number", "value_of"]

CAP = Fraction(6, 5)
_DISPERSED = 2  # interquartile range of expert votes that is worth a word


@dataclass(frozen=True)
class Application:
    """What one project says, at one park; a field, veto or vote that is not there is unknown."""

    id: str
    name: str
    park: str
    industry: str = ""
    own_site: bool | None = None
    numbers: Mapping[str, float] = field(default_factory=dict)
    vetoes: Mapping[str, bool] = field(default_factory=dict)  # veto id -> passed
    votes: Mapping[str, Sequence[int]] = field(default_factory=dict)  # of who is not recused
    chain: Mapping[str, float] = field(default_factory=dict)  # item of the graph -> [0, 1]


@dataclass(frozen=True)
class Item:
    """One indicator applied; while `points` is None, `missing` names what is unknown."""

    id: str
    name: str
    head: str
    kind: str  # computed | chain | expert
    weight: float
    value: float | None
    unit: str
    benchmark: float | None
    points: float | None
    low: float
    high: float
    missing: Sequence[str] = ()
    dispersed: bool = False
    evidence: str = ""


@dataclass(frozen=True)
class Head:
    """One head: `points` None while an item is unknown; always within `low` and `high`."""

    head: str
    weight: float
    points: float | None
    low: float
    high: float
    items: Sequence[Item]


def number(value: float) -> Fraction:
    """The decimal number that was written, exactly."""
    return Fraction(repr(value))


def value_of(indicator: Indicator, numbers: Mapping[str, float]) -> Fraction | None:
    """The value in the indicator's unit; None while a field is unknown, or for a division by 0."""
    formula, factor = scale(indicator)
    if any(name not in numbers for name in formula.fields):
        return None
    found = formula.at({name: number(numbers[name]) for name in formula.fields})
    return None if found is None else found * factor


def item_of(indicator: Indicator, given: Application) -> Item:
    """An indicator applied to an application."""
    weight, dispersed = number(indicator.weight), False
    value: Fraction | None
    share: Fraction | None
    missing: Sequence[str]
    if indicator.expert:
        votes = given.votes.get(indicator.id, ())
        value = Fraction(median(votes)) if votes else None
        share = None if value is None else value / 5
        dispersed = _spread(votes) >= _DISPERSED
        missing = () if votes else (indicator.id,)
    elif indicator.chain:
        known = given.chain.get(indicator.chain)
        value = None if known is None else number(known)
        share = None if value is None else min(CAP, value / number(indicator.benchmark or 1.0))
        missing = () if known is not None else (indicator.chain,)
    else:
        value = value_of(indicator, given.numbers)
        share = None if value is None else _share(indicator, value)
        fields = scale(indicator)[0].fields
        missing = tuple(name for name in fields if name not in given.numbers)
    most = CAP if indicator.benchmark is not None and not indicator.steps else Fraction(1)
    low, high = (Fraction(0), most) if share is None else (share, share)
    return Item(
        indicator.id,
        indicator.name,
        indicator.head,
        "expert" if indicator.expert else "chain" if indicator.chain else "computed",
        indicator.weight,
        None if value is None else float(value),
        indicator.unit,
        indicator.benchmark,
        None if share is None else float(weight * share),
        float(weight * low),
        float(weight * high),
        missing,
        dispersed,
        indicator.evidence,
    )


def heads_of(standard: Standard, given: Application) -> Sequence[Head]:
    """The five heads; indicators that are only a hard minimum are in none."""
    items = [item_of(i, given) for i in standard.indicators if i.weight]
    weights = standard.weights()
    return [_head(head, weights[head], [i for i in items if i.head == head]) for head in HEADS]


def _head(head: str, weight: float, items: Sequence[Item]) -> Head:
    most = number(weight)
    low, high = (
        min(most, sum((number(getattr(i, end)) for i in items), Fraction(0)))
        for end in ("low", "high")
    )
    known = all(i.points is not None for i in items) or low == high
    return Head(head, weight, float(low) if known else None, float(low), float(high), items)


def _share(indicator: Indicator, value: Fraction) -> Fraction:
    if indicator.steps:
        return _step(indicator, value)
    assert indicator.benchmark is not None
    benchmark = number(indicator.benchmark)
    if indicator.lower_is_better:
        return CAP if value <= 0 else min(CAP, benchmark / value)
    return max(Fraction(0), min(CAP, value / benchmark))


def _step(indicator: Indicator, value: Fraction) -> Fraction:
    """Of the last step reached; where lower is better, of the first one not passed."""
    if indicator.lower_is_better:
        kept = [share for most, share in indicator.steps if value <= number(most)]
        return number(kept[0]) if kept else Fraction(0)
    reached = [share for least, share in indicator.steps if value >= number(least)]
    return number(reached[-1]) if reached else Fraction(0)


def _spread(votes: Sequence[int]) -> float:
    """The interquartile range (inclusive method); 0 for fewer than two votes."""
    if len(votes) < 2:
        return 0.0
    first, _, third = quantiles(votes, n=4, method="inclusive")
    return third - first
