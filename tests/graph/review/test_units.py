"""Units: what is written, as land and as floor."""

from __future__ import annotations

from fractions import Fraction

import pytest

from graph.errors import UsageError
from graph.review.units import readings, unit_of


def test_money_for_land_and_for_floor() -> None:
    land = unit_of("万元/亩")
    assert land.factor == Fraction(10_000) / Fraction(2000, 3)
    assert land.dimension == (("land", -1), ("yuan", 1))
    assert unit_of("元/㎡", "floor") != unit_of("元/㎡", "land")
    assert unit_of("亿元/公顷").factor == 10_000
    assert unit_of("万元/亩·年") == land
    assert unit_of("人/千㎡", "floor").factor == Fraction(1, 1000)


def test_an_area_may_be_read_in_two_ways_and_money_in_one() -> None:
    assert len(set(readings("元/㎡").values())) == 2
    assert len(set(readings("万元").values())) == 1


def test_the_floor_area_ratio_is_no_plain_number() -> None:
    far = unit_of("㎡", "floor") / unit_of("㎡", "land")
    assert far.dimension == (("floor", 1), ("land", -1))


def test_qingdao_s_floor_figure_is_its_land_figure_at_a_ratio_of_one_and_a_half() -> None:
    """200 元/㎡ of floor at FAR 1.5 is 20 万元/亩 (the interpretation stated in the standard)."""
    per_land = 200 * Fraction(3, 2)
    assert per_land / unit_of("万元/亩").factor == 20


@pytest.mark.parametrize("text", ["米", "万元/头", "$/亩", "万元//亩x"])
def test_no_unit(text: str) -> None:
    with pytest.raises(UsageError, match="unknown_unit"):
        unit_of(text)
