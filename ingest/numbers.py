"""Numbers as offices write them: exact decimals with units, and nothing guessed.

1.2亿元 in a column kept in 万元 is 12000 to the bit that 12000 itself would give: everything is an
exact fraction until the last step.  What is not exact (约3.5亿, 3-5亿, 70余) is refused.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from math import isfinite

from ingest.report import CellProblem

__all__ = ["UNITS", "converts", "is_unit", "parse_number"]

MU = Fraction(2000, 3)  # ㎡ of one 亩

# kept unit -> accepted spelling (NFKC) -> how many of the kept unit one of it is
UNITS: Mapping[str, Mapping[str, Fraction]] = {
    "万元": {
        "元": Fraction(1, 10**4),
        "千元": Fraction(1, 10),
        "万元": Fraction(1),
        "万": Fraction(1),
        "百万元": Fraction(100),
        "千万元": Fraction(1000),
        "亿元": Fraction(10**4),
        "亿": Fraction(10**4),
    },
    "亩": {"亩": Fraction(1), "m2": 1 / MU, "平方米": 1 / MU, "公顷": 10**4 / MU, "ha": 10**4 / MU},
    "㎡": {
        "m2": Fraction(1),
        "平方米": Fraction(1),
        "平米": Fraction(1),
        "万m2": Fraction(10**4),
        "万平方米": Fraction(10**4),
        "亩": MU,
    },
    "人": {"人": Fraction(1), "名": Fraction(1), "万人": Fraction(10**4)},
    "kVA": {
        "kva": Fraction(1),
        "千伏安": Fraction(1),
        "mva": Fraction(1000),
        "兆伏安": Fraction(1000),
    },
    "t/d": {"t/d": Fraction(1), "吨/日": Fraction(1), "吨/天": Fraction(1), "m3/d": Fraction(1)},
    "tce": {
        "tce": Fraction(1),
        "吨标准煤": Fraction(1),
        "吨标煤": Fraction(1),
        "万吨标准煤": Fraction(10**4),
    },
    "kN/㎡": {"kn/m2": Fraction(1), "kn/平方米": Fraction(1)},
    "m": {"m": Fraction(1), "米": Fraction(1)},
    "": {"%": Fraction(1, 100)},
}
SCALES: Mapping[str, int] = {
    "": 1,
    "千": 10**3,
    "万": 10**4,
    "百万": 10**6,
    "千万": 10**7,
    "亿": 10**8,
}
RANGE = re.compile(r"\d\D{0,3}[-—–~至到]\d")  # 3-5亿; an exponent has its e before the sign
LOOSE = re.compile(r"\d[①-⓿²³¹]|\d\s+(?!\d{3}(?!\d))\d")  # a footnote mark; two numbers in one cell
INEXACT = re.compile(r"[约近余多超逾几数左右上下~<>≥≤]|以上|以下")
PLAIN = re.compile(r"([+-]?[\d,]*\.?\d+(?:[eE][+-]?\d+)?)\s*(.*)")
DIGITS = (
    {d: i for i, d in enumerate("零一二三四五六七八九")}
    | {d: i for i, d in enumerate("〇壹贰叁肆伍陆柒捌玖")}
    | {"两": 2}
)
TENS = {"十": 10, "拾": 10, "百": 100, "佰": 100, "千": 1000, "仟": 1000}
SPELLED = re.compile(rf"[{''.join(DIGITS)}{''.join(TENS)}万亿]+")
_DIGIT = f"[{''.join(d for d, n in DIGITS.items() if n)}]"
SECTION = re.compile(  # below 10,000, every place named: 一千零五十; never 三四十, 二〇二四, 千百
    rf"(?:({_DIGIT})[千仟])?(?:[零〇]?({_DIGIT})[百佰])?(?:[零〇]?({_DIGIT}?)[十拾])?([零〇]?{_DIGIT}|[零〇])?"
)


def converts(unit: str, kept: str) -> bool:
    """Whether numbers written in `unit` change on their way into `kept`."""
    return bool(unit) and _factor(unit, kept) != 1


def is_unit(text: str, kept: str) -> bool:
    """Whether `text` is a spelling of a unit that a column kept in `kept` understands."""
    return _plain(text) in UNITS.get(kept, {})


def parse_number(cell: object, kept: str = "", written: str = "") -> float:
    """The cell in the unit `kept`; `written` is the header's unit for cells that name none.

    Raises `CellProblem` for what is no number, not exact, not finite or in a foreign unit.

    >>> parse_number("1.2亿元", "万元"), parse_number("壹亿贰仟万元整", "万元")
    (12000.0, 12000.0)
    >>> parse_number("１２％")
    0.12
    """
    if isinstance(cell, bool):
        raise CellProblem("bad_number")
    exact = _exact(cell, kept, written)
    try:
        value = float(exact)
    except OverflowError:
        raise CellProblem("bad_number") from None
    if not isfinite(value):
        raise CellProblem("bad_number")
    return value


def _exact(cell: object, kept: str, written: str) -> Fraction:
    if isinstance(cell, (int, float)):
        if not isfinite(cell):
            raise CellProblem("bad_number")
        return Fraction(repr(cell)) * _factor(written, kept)
    if LOOSE.search(str(cell)):
        raise CellProblem("bad_number")
    text = _plain(str(cell)).removesuffix("整")
    if RANGE.search(text) and not re.search(r"\de[-+]?\d", text):
        raise CellProblem("not_exact")
    found = PLAIN.fullmatch(text)
    if found and _is_decimal(found[1]):
        return _decimal(found[1]) * _scale(found[2], kept, written)
    if INEXACT.search(text):
        raise CellProblem("not_exact")
    spelled = SPELLED.match(text)
    if spelled is None:
        raise CellProblem("bad_number")
    return _spelled(spelled[0]) * _scale(
        text[spelled.end() :], kept, written, scaled=any(c in spelled[0] for c in "万亿")
    )


def _scale(unit: str, kept: str, written: str, scaled: bool = False) -> Fraction:
    """What one of the cell's own unit is in the kept one; the header's where it names none."""
    if not unit:
        return _base(kept) if scaled and kept == "万元" else _factor(written, kept)
    if unit in UNITS.get(kept, {}):
        return UNITS[kept][unit]
    if unit == _plain(kept):
        return Fraction(1)
    if unit in SCALES:
        return SCALES[unit] * _base(kept)
    if INEXACT.search(unit):
        raise CellProblem("not_exact")
    raise CellProblem("bad_unit", unit=unit, known="、".join(UNITS.get(kept, {})) or kept or "—")


def _factor(written: str, kept: str) -> Fraction:
    return UNITS.get(kept, {}).get(_plain(written), Fraction(1))


def _base(kept: str) -> Fraction:
    """One single of what is counted: 1 元 in a column kept in 万元, 1 of anything else."""
    return Fraction(1, 10**4) if kept == "万元" else Fraction(1)


def _decimal(digits: str) -> Fraction:
    try:
        number = Decimal(digits.replace(",", ""))
    except InvalidOperation:
        raise CellProblem("bad_number") from None
    if (
        abs(number.adjusted()) > 400
    ):  # beyond float64 either way; a Fraction of it would fill memory
        raise CellProblem("bad_number")
    return Fraction(number)


def _is_decimal(digits: str) -> bool:
    """Thousands separators may stand between groups of three only."""
    return "," not in digits or re.fullmatch(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?", digits) is not None


def _spelled(text: str) -> Fraction:
    """Chinese numerals with every place named: 壹亿贰仟万 = 120,000,000; 两万五 is not exact."""
    found = re.fullmatch(r"(?:([^亿万]+)亿)?(?:([^亿万]+)万)?([^亿万]*)", text)
    if found is None or not text:
        raise CellProblem("bad_number")
    if len(text) > len(found[3]) and found[3] and set(found[3]) <= DIGITS.keys() - set("零〇"):
        raise CellProblem("not_exact")
    yi, wan, ones = (_section(part or "") for part in found.groups())
    return Fraction(yi * 10**8 + wan * 10**4 + ones)


def _section(text: str) -> int:
    found = SECTION.fullmatch(text)
    if found is None:
        raise CellProblem("not_exact")
    thousands, hundreds, tens, last = found.groups()
    if last and last in DIGITS and tens is None and (thousands or hundreds):
        raise CellProblem("not_exact")  # 一百五 is 150 to some and 105 to others
    places = (thousands, 1000), (hundreds, 100), (tens, 10), (last and last[-1], 1)
    return sum(DIGITS.get(d, 1) * worth for d, worth in places if d is not None)


def _plain(text: str) -> str:
    return re.sub(r"\s", "", unicodedata.normalize("NFKC", text)).lower()
