"""Items and heads by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest

from graph.review.scoring import Application, heads_of, item_of
from graph.review.standard import Indicator
from tests.graph.review.standards import (
    EXPERT,
    GAIN,
    GOOD,
    MONTHS,
    RESEARCH,
    STANDARD,
    with_numbers,
)

LOWER = Indicator(
    "e", "能耗", "subject", "tce/万元", "energy_tce / output_wan", weight=10.0, benchmark=0.5,
    lower_is_better=True, assumed=True,
)  # fmt: skip


def points(indicator: Indicator, **numbers: float) -> float | None:
    return item_of(indicator, with_numbers(GOOD, **numbers)).points


def test_a_ratio_to_the_benchmark_is_cut_at_a_fifth_more() -> None:
    assert points(RESEARCH, rd_ratio=0.02) == 10.0  # 2 % of 4 %
    assert points(RESEARCH, rd_ratio=0.044) == 22.0
    assert points(RESEARCH, rd_ratio=0.4) == 24.0
    assert points(RESEARCH, rd_ratio=0.0) == 0.0


def test_lower_is_better() -> None:
    assert points(LOWER, energy_tce=100.0, output_wan=100.0) == 5.0
    assert points(LOWER, energy_tce=0.0, output_wan=100.0) == 12.0
    assert points(LOWER, energy_tce=1.0, output_wan=0.0) is None


@pytest.mark.parametrize(
    ("months", "share"), [(6, 1.0), (12, 1.0), (12.5, 0.8), (18, 0.8), (30, 0.5), (31, 0.0)]
)
def test_steps_down(months: float, share: float) -> None:
    assert points(MONTHS, build_months=float(months)) == 5.0 * share


@pytest.mark.parametrize(
    ("level", "share"), [(3, 0.0), (4, 0.4), (5, 0.4), (6, 0.7), (8, 1.0), (9, 1.0)]
)
def test_steps_up(level: float, share: float) -> None:
    steps = ((4.0, 0.4), (6.0, 0.7), (8.0, 1.0))
    trl = Indicator("t", "t", "technology", "级", "trl", weight=10.0, steps=steps, assumed=True)
    assert points(trl, trl=float(level)) == pytest.approx(10 * share)


@pytest.mark.parametrize(
    ("votes", "value", "dispersed"),
    [
        ((3,), 3.0, False),
        ((1, 5), 3.0, True),
        ((3, 4), 3.5, False),
        ((2, 4, 4), 4.0, False),
        ((1, 3, 5), 3.0, True),
        ((4, 4, 4, 1), 4.0, False),
        ((), None, False),
    ],
)
def test_experts_count_by_their_median_and_dispersion_is_marked(
    votes: tuple[int, ...], value: float | None, dispersed: bool
) -> None:
    item = item_of(EXPERT, replace(GOOD, votes={"team": votes}))
    assert (item.value, item.dispersed, item.kind) == (value, dispersed, "expert")
    assert item.points == (None if value is None else 15 * value / 5)


def test_what_is_unknown_has_bounds_and_no_points() -> None:
    empty = Application("p", "p", "park")
    for indicator, most in ((RESEARCH, 24.0), (GAIN, 20.0), (EXPERT, 15.0), (MONTHS, 5.0)):
        item = item_of(indicator, empty)
        assert (item.points, item.low, item.high) == (None, 0.0, most)
        assert item.missing
    heads = heads_of(STANDARD, empty)
    assert [(h.points, h.low, h.high) for h in heads] == [
        (None, 0.0, 20.0),
        (None, 0.0, 20.0),
        (None, 0.0, 15.0),
        (None, 0.0, 40.0),
        (None, 0.0, 5.0),
    ]


def test_a_head_is_capped_at_its_weight_and_then_needs_nothing_more() -> None:
    """Investment 36 + tax 0…12 of 40 points; at 36 + 4 it is full whatever the rest."""
    rich = with_numbers(GOOD, investment_wan=100_000.0, tax_wan=None)
    head = heads_of(STANDARD, rich)[3]
    assert (head.points, head.low, head.high) == (None, 36.0, 40.0)
    assert heads_of(STANDARD, with_numbers(rich, tax_wan=400.0))[3].points == 40.0
