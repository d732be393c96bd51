"""Counts as announcements say them: exact, or open as far as the words leave them open.

The numerals are those of `ingest.numbers`; what that refuses as inexact is an interval here.
余 and 多 hide what stands below the lowest place that is named: 70余 is [70, 80), 120余
[120, 130), 200余 [200, 300).  超过 and 逾 exclude the number itself, 以上 and 上 include it.
"""

from __future__ import annotations

import re
import unicodedata

from ingest.numbers import parse_number
from ingest.report import CellProblem

__all__ = ["parse_count"]

_UNIT = re.compile(r"(?:个项目|个园区|个|家|项|宗|户)$")
_BETWEEN = re.compile(r"(.+?)(?:-|—|–|~|至|到)(.+)")
_HIDDEN = re.compile(r"(.+?)[余多]([万亿]?)")
_SCALE = {"": 1, "万": 10**4, "亿": 10**8}
_ABOVE = re.compile(r"(?:超过|超|逾|>)(.+)")
_LEAST = re.compile(r"(?:≥|上(?=[一百千万]))(.+)|(.+)(?:以上|\+)")
_BARE = re.compile(r"^(近|超过|超|逾|上|>|≥|)(?=[百千万])")  # 百余 is 一百余
_SHARED = re.compile(r"[百千]?[万亿]$")  # 3-4万 is 3万-4万, 3-5千万 3千万-5千万


def parse_count(text: str) -> tuple[int, int | None]:
    """The least a count may be, and what it stays below (None: the words set no bound).

    Raises `CellProblem` for what is no whole number, and for 约 and 几, which set no bound at all.

    >>> parse_count("70余个"), parse_count("九十余"), parse_count("21个"), parse_count("300以上")
    ((70, 80), (90, 100), (21, 22), (300, None))
    """
    said = _UNIT.sub("", re.sub(r"\s", "", unicodedata.normalize("NFKC", text)))
    said = _BARE.sub(r"\1一", said)
    if found := _HIDDEN.fullmatch(said):
        scale = _SCALE[found[2]]
        low = _whole(found[1])
        return low * scale, (low + _place(low)) * scale
    if found := re.fullmatch(r"近(.+)", said):
        high = _whole(found[1])
        return high - _place(high), high
    if found := _ABOVE.fullmatch(said):
        return _whole(found[1]) + 1, None
    if found := _LEAST.fullmatch(said):
        return _whole(_UNIT.sub("", found[1] or found[2])), None
    if found := _BETWEEN.fullmatch(said):
        low, high = _whole(_shared(_UNIT.sub("", found[1]), found[2])), _whole(found[2])
        if low >= high:
            raise CellProblem("bad_number")
        return low, high + 1
    exact = _whole(said)
    return exact, exact + 1


def _shared(left: str, right: str) -> str:
    """The left end with the scale that only the right one names."""
    scale = _SHARED.search(right)
    if scale is None or re.search("[万亿]", left):
        return left
    return left + (scale[0][-1] if re.search("[百千]", left) else scale[0])


def _whole(text: str) -> int:
    value = parse_number(text)
    if value != int(value) or not 0 <= value < 10**12:
        raise CellProblem("bad_number")
    return int(value)


def _place(number: int) -> int:
    """What the lowest digit that is not 0 is worth; 0 has none."""
    if not number:
        raise CellProblem("not_exact")
    place = 1
    while number % (place * 10) == 0:
        place *= 10
    return place
