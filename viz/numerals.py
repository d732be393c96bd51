"""Numbers and dates as an official Chinese document writes them: 二十一, 二〇二六年七月一日."""

from __future__ import annotations

from datetime import date

__all__ = ["chinese_date", "chinese_number"]

_DIGITS = "零一二三四五六七八九"
_PLACES = ("", "十", "百", "千")
_MOST = 99_999_999


def chinese_number(value: int) -> str:
    """A whole number from 0 to 99,999,999 in Chinese numerals; `ValueError` beyond.

    Zeros between digits are one 零, zeros at the end none, and ten is 十 without 一 where the
    number begins with it.  Two is 二 everywhere, as in documents, never 两.

    >>> chinese_number(11), chinese_number(105), chinese_number(210), chinese_number(20_030)
    ('十一', '一百零五', '二百一十', '二万零三十')
    """
    if not 0 <= value <= _MOST:
        raise ValueError(value)
    if value == 0:
        return _DIGITS[0]
    above, below = divmod(value, 10_000)
    told = _group(below)
    if above:
        gap = _DIGITS[0] if 0 < below < 1000 else ""
        told = f"{_group(above)}万{gap}{told}"
    return told.removeprefix("一") if told.startswith("一十") else told


def chinese_date(day: date) -> str:
    """A day with the year digit by digit (零 as 〇), month and day as numbers; GB/T 15835.

    >>> chinese_date(date(2026, 7, 1))
    '二〇二六年七月一日'
    """
    year = "".join(_DIGITS[int(digit)] for digit in f"{day.year:04d}").replace("零", "〇")
    return f"{year}年{chinese_number(day.month)}月{chinese_number(day.day)}日"


def _group(value: int) -> str:
    """1 to 9999, and nothing for 0."""
    told, zero = "", False
    for place in (3, 2, 1, 0):
        digit = value // 10**place % 10
        if digit:
            told += (_DIGITS[0] if zero and told else "") + _DIGITS[digit] + _PLACES[place]
        zero = digit == 0
    return told
