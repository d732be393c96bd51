"""Counts as announcements say them: [70, 80) for 70余, and never a number in between."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.counts import parse_count
from ingest.report import CellProblem


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("70余个", 70, 80),
        ("90余", 90, 100),
        ("７０ 余个项目", 70, 80),
        ("七十多家", 70, 80),
        ("120余", 120, 130),
        ("200余", 200, 300),
        ("1,050余", 1050, 1060),
        ("2000余", 2000, 3000),
        ("2余万", 20_000, 30_000),
        ("10余", 10, 20),
        ("5个", 5, 6),
        ("21个", 21, 22),
        ("二十一", 21, 22),
        ("0", 0, 1),
        ("近100", 0, 100),
        ("近90个", 80, 90),
        ("5-8个", 5, 9),
        ("5个至8个", 5, 9),
        ("300以上", 300, None),
        ("超过300家", 301, None),
        ("逾七十", 71, None),
        ("超70", 71, None),
        (">70", 71, None),
        ("≥70", 70, None),
        ("300+", 300, None),
        ("80家以上", 80, None),
        ("70个以上", 70, None),
        ("百余", 100, 200),
        ("百余个", 100, 200),
        ("逾百家", 101, None),
        ("上百", 100, None),
        ("近百个", 0, 100),
        ("千余家", 1000, 2000),
        ("3-4万", 30_000, 40_001),
        ("3万-4万", 30_000, 40_001),
        ("3至5千万", 30_000_000, 50_000_001),
        ("三百至五百万", 3_000_000, 5_000_001),
        ("3万-1亿", 30_000, 100_000_001),
    ],
)
def test_read(text: str, low: int, high: int | None) -> None:
    assert parse_count(text) == (low, high)


@pytest.mark.parametrize(
    "text",
    ["", "余", "百分之七十", "上70", "几百", "5-3万",
     "约70", "几十个", "十几", "0余", "1.5", "-3", "70万元", "8-5", "70余至80余",
     "七十左右", "近", "以上", "7e3余余", "nan", "1e999"],
)  # fmt: skip
def test_what_sets_no_bound_or_is_no_count_is_refused(text: str) -> None:
    with pytest.raises(CellProblem):
        parse_count(text)


@given(st.integers(1, 10**6))
def test_what_is_hidden_is_what_stands_below_the_last_named_place(number: int) -> None:
    low, high = parse_count(f"{number}余")
    assert low == number
    assert high is not None
    zeros = len(str(number)) - len(str(number).rstrip("0"))
    assert high - low == 10**zeros


@given(st.text(max_size=12))
def test_any_text_is_a_range_or_refused(text: str) -> None:
    try:
        low, high = parse_count(text)
    except CellProblem:
        return
    assert low >= 0
    assert high is None or high > low
