"""Numbers and dates as offices write them: exact or refused."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.cells import parse_date
from ingest.numbers import parse_number
from ingest.report import CellProblem

EXACT = [
    ("1200", "", "", 1200.0),
    ("1,234.5", "", "", 1234.5),
    ("１２％", "", "", 0.12),
    ("12%", "", "", 0.12),
    ("1.2亿元", "万元", "", 12000.0),
    ("1.2亿", "万元", "", 12000.0),
    ("12000万元", "万元", "亿元", 12000.0),  # the cell's unit beats the header's
    ("1.2", "万元", "亿元", 12000.0),
    ("500元", "万元", "", 0.05),
    ("壹亿贰仟万元整", "万元", "", 12000.0),
    ("三千万", "万元", "", 3000.0),
    ("三百", "万元", "", 300.0),
    ("三百五十人", "人", "", 350.0),
    ("２０００㎡", "㎡", "", 2000.0),
    ("1.2万㎡", "㎡", "", 12000.0),
    ("3亩", "㎡", "", 2000.0),
    ("2000平方米", "亩", "", 3.0),
    ("2MVA", "kVA", "", 2000.0),
    ("50 吨/天", "t/d", "", 50.0),
    (0.1, "万元", "亿元", 1000.0),
    ("-5", "", "", -5.0),
    ("1e3", "", "", 1000.0),
    ("0.5", "", "%", 0.005),
    ("30%", "", "%", 0.3),
    ("一千零五十", "", "", 1050.0),
    ("一万五千", "", "", 15000.0),
    ("两万零五", "", "", 20005.0),
    ("十", "", "", 10.0),
    ("1 200 万元", "万元", "", 1200.0),
    ("50 m²", "㎡", "", 50.0),
]
REFUSED = [
    ("约3.5亿", "万元", "not_exact"),
    ("3-5亿", "万元", "not_exact"),
    ("3～5亿", "万元", "not_exact"),
    ("70余", "", "not_exact"),
    ("2000余万", "万元", "not_exact"),
    ("近百", "", "not_exact"),
    ("三四十", "", "not_exact"),
    ("十七八", "", "not_exact"),
    ("二〇二四", "", "not_exact"),
    ("一百五", "", "not_exact"),  # 150 to some, 105 to others
    ("两万五", "", "not_exact"),
    ("千百", "", "not_exact"),
    ("万", "", "bad_number"),
    ("12 34", "", "bad_number"),
    ("1200①", "", "bad_number"),  # a footnote mark, not a digit
    ("5%", "万元", "bad_unit"),
    ("500万美元", "万元", "bad_unit"),
    ("5公斤", "", "bad_unit"),
    ("1,23", "", "bad_number"),
    ("nan", "", "bad_number"),
    ("inf", "", "bad_number"),
    ("1e999", "", "bad_number"),
    ("1e9999999999", "", "bad_number"),
    ("待定", "", "bad_number"),
    (float("nan"), "", "bad_number"),
    (True, "", "bad_number"),
]


@pytest.mark.parametrize(("cell", "kept", "written", "value"), EXACT)
def test_exact(cell: object, kept: str, written: str, value: float) -> None:
    assert parse_number(cell, kept, written) == value


@pytest.mark.parametrize(("cell", "kept", "code"), REFUSED)
def test_refused(cell: object, kept: str, code: str) -> None:
    with pytest.raises(CellProblem) as caught:
        parse_number(cell, kept)
    assert caught.value.code == code


@given(st.decimals(min_value=0, max_value=10**6, places=4))
def test_yi_and_wan_give_the_same_bits(amount: Decimal) -> None:
    assert parse_number(f"{amount}亿元", "万元") == parse_number(str(amount * 10000), "万元")


@pytest.mark.parametrize(
    ("cell", "day"),
    [
        ("2024", "2024-01-01"),
        ("2024-05", "2024-05-01"),
        ("2024年5月", "2024-05-01"),
        ("2024年5月6日", "2024-05-06"),
        ("2024/5/6", "2024-05-06"),
        ("2024.5.6", "2024-05-06"),
        ("20240506", "2024-05-06"),
        ("2024-05-06T00:00:00", "2024-05-06"),
        (44652.0, "2022-04-01"),
        (2024.0, "2024-01-01"),
    ],
)
def test_dates(cell: str | float, day: str) -> None:
    assert parse_date(cell) == day


@pytest.mark.parametrize(
    "cell",
    ["2022年13月1日", "10月19日", "去年", "2024-02-30", "-1", 45.0, 2024.1],  # 2024.1 or 2024.10?
)
def test_no_dates(cell: str | float) -> None:
    with pytest.raises(CellProblem) as caught:
        parse_date(cell)
    assert caught.value.code == "bad_date_cell"
