"""One cell as its column wants it: text, list, number, flag, date or one of a few words."""

from __future__ import annotations

import re
import unicodedata
from datetime import date, timedelta

from graph.model import Value
from graph.tables import Column, Kind
from ingest.numbers import parse_number
from ingest.report import CellProblem

__all__ = ["Cell", "as_text", "parse_cell", "parse_date"]

Cell = str | float | bool | None

FLAGS = {
    **dict.fromkeys(("是", "有", "true", "1", "yes", "y", "√"), True),
    **dict.fromkeys(("否", "无", "false", "0", "no", "n", "×"), False),
}
NO_RESTRICTION = frozenset("-—–－")
RESTRICTING = frozenset({"zoning", "negative_list"})  # where a dash says something
EXACT_DIGITS = 1e15  # a longer number has lost its last digits in Excel
EXCEL_EPOCH = date(1899, 12, 30)
EXCEL_DAYS = (10_000, 73_050)  # 1927 to 2099; smaller numbers are years and slips
DATE = re.compile(
    r"(\d{4})(?:[-/.年](\d{1,2}))?(?:(?<=\d)[-/.月](\d{1,2}))?[年月日号]?"
    r"(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?)?"
)


def as_text(cell: Cell) -> str:
    """The cell as written; a whole number from Excel loses its `.0`.

    >>> as_text(370211.0), as_text(" 海尔 "), as_text(None)
    ('370211', '海尔', '')
    """
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "是" if cell else "否"
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return str(int(cell))
    return str(cell).strip()


def parse_cell(column: Column, cell: Cell, unit: str = "") -> Value | None:
    """The value of a cell, None for an empty one.  Raises `CellProblem`."""
    text = as_text(cell)
    if not text:
        return None
    if column.kind == Kind.NUMBER:
        return _in_range(column, parse_number(cell, column.unit, unit))
    if column.kind == Kind.LIST:
        return _list(column, text)
    if column.kind == Kind.FLAG:
        return _flag(text)
    if column.kind == Kind.DATE:
        return parse_date(cell)
    if column.kind == Kind.CHOICE:
        return _word(column, text)
    if isinstance(cell, float) and abs(cell) >= EXACT_DIGITS:
        raise CellProblem("digits_lost")
    return unicodedata.normalize("NFC", text)


def parse_date(cell: Cell) -> str:
    """ISO date; a partial one is its first day.  Raises `CellProblem`.

    >>> parse_date("2024年5月"), parse_date("2024/5/1"), parse_date("20240501"), parse_date(44652.0)
    ('2024-05-01', '2024-05-01', '2024-05-01', '2022-04-01')
    """
    text = unicodedata.normalize("NFKC", as_text(cell))
    if isinstance(cell, float) and EXCEL_DAYS[0] <= cell <= EXCEL_DAYS[1]:
        return (EXCEL_EPOCH + timedelta(days=int(cell))).isoformat()
    if isinstance(cell, float) and not cell.is_integer():
        raise CellProblem("bad_date_cell")  # 2024.1 may have been 2024.10
    if re.fullmatch(r"\d{8}", text):
        text = f"{text[:4]}-{text[4:6]}-{text[6:]}"
    found = DATE.fullmatch(text)
    try:
        return date(*(int(part or 1) for part in found.groups()[:3])).isoformat()  # type: ignore[union-attr]
    except (AttributeError, ValueError):
        raise CellProblem("bad_date_cell") from None


def is_partial_date(cell: Cell) -> bool:
    """Whether a cell names a year or a month and no day.

    >>> is_partial_date("2024年5月"), is_partial_date(2027.0), is_partial_date("2024/5/1")
    (True, True, False)
    """
    found = DATE.fullmatch(unicodedata.normalize("NFKC", as_text(cell)))
    return found is not None and found.groups()[2] is None


def _in_range(column: Column, value: float) -> float:
    low, high = column.low, column.high
    under = low is not None and (value <= low if column.above else value < low)
    if under or (high is not None and value > high):
        bounds = f"{'>' if column.above else '≥'} {low:g}" + (
            "" if high is None else f", ≤ {high:g}"
        )
        raise CellProblem("out_of_range", bounds=bounds)
    return value + 0.0  # −0.0 is 0.0


def _list(column: Column, text: str) -> list[str] | None:
    if text in NO_RESTRICTION:
        return ["-"] if column.name in RESTRICTING else None
    return [part.strip() for part in re.split(r"[;；]", text) if part.strip()]


def _flag(text: str) -> bool:
    value = FLAGS.get(unicodedata.normalize("NFKC", text).lower())
    if value is None:
        raise CellProblem("bad_flag")
    return value


def _word(column: Column, text: str) -> str:
    plain = unicodedata.normalize("NFKC", text)
    word = column.words.get(plain) or column.words.get(plain.lower())
    if word is None:
        known = "、".join(w for w in column.words if not w.isascii())
        raise CellProblem("bad_word", known=known or "、".join(column.words))
    return word
