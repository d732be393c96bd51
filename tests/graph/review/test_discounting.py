"""An applicant's record is shown beside the declared numbers and never decides by itself."""

from __future__ import annotations

from dataclasses import replace

from graph.review.assessing import assess
from graph.review.discounting import Discount, discounted, joined
from graph.review.meeting import Basis, Case
from graph.review.panel import by_record, given_with, result
from tests.graph.review.meetings import basis, sealed
from tests.graph.review.standards import DAY, GOOD, STANDARD


def cut(**haircuts: float) -> Basis:
    """Judged by the small standard, with the expert's votes and nowhere else to go."""
    return Basis(GOOD, STANDARD, DAY, 7, haircuts=haircuts)


def case_of(found: Basis) -> Case:
    return replace(sealed(bases=basis()).case("p1"), basis=found)


def test_without_a_record_nothing_changes() -> None:
    declared = assess(STANDARD, GOOD, DAY)
    assert discounted(cut(), GOOD) is None
    assert discounted(cut(revenue_wan=0.5), GOOD) is None  # it declares no revenue
    case = case_of(cut())
    assert by_record(case, sealed=True) is None
    assert result(case, sealed=True) == assess(STANDARD, given_with(case), DAY, {})
    kept = discounted(cut(tax_wan=0.0), GOOD)
    assert kept is not None
    assert kept.rows == [Discount("tax_wan", 1_000.0, 1.0, 1_000.0)]
    assert joined(declared, kept) == declared


def test_the_low_end_falls_and_an_outcome_that_would_change_needs_proof() -> None:
    """Tax 1,000 · 0.6 = 600 on 40 亩 = 15 < 20 · 0.9 = 18: a minimum missed by more than a tenth.

    10 · 15/25 = 6 instead of 10 · 1.2 → 10 of its head's weight: the score falls with it.
    """
    declared, found = assess(STANDARD, GOOD, DAY), discounted(cut(tax_wan=0.4), GOOD)
    assert declared.outcome == "approved"
    assert found is not None
    assert (found.rows[0].value, found.outcome, found.settles) == (600.0, "rejected", "tax_wan")
    both = joined(declared, found)
    assert (both.outcome, both.why) == (None, "haircut_open")
    assert (both.low, both.high) == (min(declared.low, found.low), declared.high)
    assert both.low < declared.low
    assert both.score is None
    assert both.needs is not None
    assert (both.needs.name, both.needs.evidence) == ("年税收", "完税证明")
    assert both.gates == declared.gates


def test_the_field_that_changes_it_alone_is_named() -> None:
    found = discounted(cut(investment_wan=0.01, tax_wan=0.4), GOOD)
    assert found is not None
    assert [r.field for r in found.rows] == ["investment_wan", "tax_wan"]
    assert found.settles == "tax_wan"


def test_the_same_outcome_needs_nothing() -> None:
    """Tax 1,000 · 0.9 = 900 on 40 亩 = 22.5 ≥ 20."""
    declared, found = assess(STANDARD, GOOD, DAY), discounted(cut(tax_wan=0.1), GOOD)
    assert found is not None
    both = joined(declared, found)
    assert (both.outcome, both.needs, found.settles) == (declared.outcome, None, None)


def test_energy_is_divided_by_the_share() -> None:
    given = replace(GOOD, numbers={**GOOD.numbers, "energy_tce": 300.0})
    found = discounted(cut(energy_tce=0.25), given)
    assert found is not None
    assert found.rows == [Discount("energy_tce", 300.0, 0.75, 400.0)]
