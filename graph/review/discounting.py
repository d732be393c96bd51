"""What the score and outcome would be with an applicant's numbers discounted by its own record.

A haircut never decides by itself: it widens the interval downwards, and an outcome that it would
change is 待补证, with the number to prove and its document.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from graph.review.assessing import Assessment, assess
from graph.review.commitments import DOCUMENTS, LOWER_IS_BETTER
from graph.review.fields import FIELDS
from graph.review.meeting import Basis
from graph.review.scoring import Application, Item, number

__all__ = ["Discount", "Discounted", "discounted", "joined"]


@dataclass(frozen=True)
class Discount:
    """One number: as declared, the kept share of earlier promises of it, and both multiplied.

    Where lower is better the declared number is divided by the share.
    """

    field: str
    declared: float
    kept: float
    value: float


@dataclass(frozen=True)
class Discounted:
    """The rules applied to the discounted numbers; `settles` = the field to prove, if any."""

    rows: Sequence[Discount]
    low: float
    high: float
    outcome: str | None
    settles: str | None


def discounted(basis: Basis, given: Application) -> Discounted | None:
    """With every number of a known record discounted; None where there is none of them."""
    rows = [
        _discount(field, given.numbers[field], basis.haircuts[field])
        for field in DOCUMENTS
        if field in given.numbers and field in basis.haircuts
    ]
    if not rows:
        return None
    declared, found = _assessed(basis, given, ()), _assessed(basis, given, rows)
    settles = None
    if declared.outcome is not None and declared.outcome != found.outcome:
        alone = (r for r in rows if _assessed(basis, given, [r]).outcome != declared.outcome)
        settles = next(alone, min(rows, key=lambda r: r.kept)).field
    return Discounted(rows, found.low, found.high, found.outcome, settles)


def joined(declared: Assessment, found: Discounted) -> Assessment:
    """The result with both: the lower low end, and no outcome where the two differ."""
    low = min(declared.low, found.low)
    joined = replace(declared, low=low, score=declared.score if low == declared.low else None)
    if found.settles is None:
        return joined
    [row] = [r for r in found.rows if r.field == found.settles]
    known = FIELDS[row.field]
    needs = Item(
        row.field, known.zh, "", "declared", 0.0, row.declared, known.unit, None, None,
        low, declared.high, (row.field,), evidence=DOCUMENTS[row.field],
    )  # fmt: skip
    return replace(joined, outcome=None, why="haircut_open", needs=needs, transfer_to=None)


def _assessed(basis: Basis, given: Application, rows: Sequence[Discount]) -> Assessment:
    numbers: Mapping[str, float] = {**given.numbers, **{r.field: r.value for r in rows}}
    changed = replace(given, numbers=numbers)
    return assess(basis.standard, changed, basis.day, basis.others)


def _discount(field: str, declared: float, haircut: float) -> Discount:
    kept = 1 - number(haircut)
    value = number(declared)
    if field not in LOWER_IS_BETTER:
        value *= kept
    elif kept:
        value /= kept
    return Discount(field, declared, float(kept), float(Fraction(value)))
