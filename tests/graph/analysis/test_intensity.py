"""亩均 figures, and the change that passes, rounded to the safe side."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.analysis.facts import facts_of
from graph.analysis.fit import Fitting
from graph.analysis.intensity import Intensity, intensities
from graph.question import Assumptions
from tests.zones import snapshot_of


def figures(**project: str) -> dict[str, Intensity]:
    snapshot = snapshot_of({"projects": [{"id": "p", "name": "p", **project}], "segments": []})
    return {f.indicator: f for f in intensities(Fitting(facts_of(snapshot, Assumptions()), "p"))}


def test_land_by_hand() -> None:
    found = figures(investment_wan="10000", land_mu="40", tax_wan="860")
    investment, tax = found["investment_per_mu"], found["tax_per_mu"]
    assert (investment.value, investment.minimum) == (250.0, 280.0)
    assert (investment.most, investment.least) == (35.7, 11_200.0)  # 10000/280 = 35.714…
    assert (tax.value, tax.most, tax.least) == (21.5, None, None)  # passes


def test_floor_by_hand() -> None:
    found = figures(investment_wan="5000", floor_sqm="3000", revenue_wan="1200", tax_wan="70")
    revenue, tax = found["revenue_per_sqm"], found["tax_per_sqm"]
    assert (revenue.value, revenue.most, revenue.least) == (4_000.0, 2_666.0, 1_350.0)
    assert tax.value == pytest.approx(233.333, abs=1e-3)
    assert tax.most is None


def test_the_bound_itself_passes() -> None:
    assert figures(investment_wan="11200", land_mu="40")["investment_per_mu"].most is None


@pytest.mark.parametrize("project", [{"investment_wan": "20000", "land_mu": "30"}, {}])
def test_unknown_is_not_judged(project: dict[str, str]) -> None:
    unknown = [f for f in figures(**project).values() if f.given is None or f.over is None]
    assert unknown
    assert all((f.value, f.most, f.least) == (None, None, None) for f in unknown)


@given(st.integers(100_000, 2_000_000), st.integers(200, 9_999))
def test_the_fix_passes_and_nothing_wider_does(cents: int, tenths: int) -> None:
    investment, land = Fraction(cents, 10), Fraction(tenths, 10)
    found = figures(investment_wan=str(float(investment)), land_mu=str(float(land)))
    figure = found["investment_per_mu"]
    if investment >= 280 * land:
        assert figure.most is None
        return
    most, least = Fraction(repr(figure.most)), Fraction(repr(figure.least))
    assert investment >= 280 * most
    assert investment < 280 * (most + Fraction(1, 10))
    assert least >= 280 * land > least - 1
