"""Chinese numerals as documents write them, and read back by an independent reader."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from viz.numerals import chinese_date, chinese_number

_DIGITS = {c: n for n, c in enumerate("零一二三四五六七八九")}
_PLACES = {"十": 10, "百": 100, "千": 1000}


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (0, "零"), (1, "一"), (2, "二"), (10, "十"), (11, "十一"), (20, "二十"), (21, "二十一"),
        (100, "一百"), (101, "一百零一"), (105, "一百零五"), (110, "一百一十"), (111, "一百一十一"),
        (210, "二百一十"), (999, "九百九十九"), (1000, "一千"), (1001, "一千零一"),
        (1010, "一千零一十"), (1100, "一千一百"), (2022, "二千零二十二"), (9999, "九千九百九十九"),
        (10_000, "一万"), (10_001, "一万零一"), (10_010, "一万零一十"), (11_000, "一万一千"),
        (20_300, "二万零三百"), (100_000, "十万"), (110_000, "十一万"), (1_050_000, "一百零五万"),
        (10_000_001, "一千万零一"), (99_999_999, "九千九百九十九万九千九百九十九"),
    ],
)  # fmt: skip
def test_a_number(value: int, told: str) -> None:
    assert chinese_number(value) == told


@given(st.integers(0, 99_999_999))
def test_every_number_reads_back_and_is_written_well(value: int) -> None:
    told = chinese_number(value)
    assert _read(told) == value
    assert "零零" not in told
    assert value == 0 or not told.startswith("零")
    assert value == 0 or not told.endswith("零")
    assert not told.startswith("一十")


def test_numbers_below_ten_thousand_are_all_different() -> None:
    assert len({chinese_number(n) for n in range(10_000)}) == 10_000


@pytest.mark.parametrize("value", [-1, 100_000_000])
def test_what_is_beyond_is_refused(value: int) -> None:
    with pytest.raises(ValueError, match=str(value)):
        chinese_number(value)


@pytest.mark.parametrize(
    ("day", "told"),
    [
        (date(2026, 7, 1), "二〇二六年七月一日"),
        (date(2022, 10, 19), "二〇二二年十月十九日"),
        (date(2000, 12, 30), "二〇〇〇年十二月三十日"),
        (date(1999, 2, 11), "一九九九年二月十一日"),
    ],
)
def test_a_date(day: date, told: str) -> None:
    assert chinese_date(day) == told


def _read(told: str) -> int:
    """By adding digit times place; a place without digit is one of it."""
    above, wan, below = told.rpartition("万")
    total = _read(above) * 10_000 if wan else 0
    digit: int | None = None
    for sign in below:
        if sign in _PLACES:
            total += (1 if digit is None else digit) * _PLACES[sign]
            digit = None
        else:
            digit = _DIGITS[sign] or None
    return total + (digit or 0)
