"""§1 of the definitions: rows of cell texts, merged by key, with their evidence.

A cell is the text of the file, `""` is unknown. Two rows with the same key become one record, field
by field: best grade (none = declared), then newest, then largest value; nothing is summed.
"""

from __future__ import annotations

import calendar
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

__all__ = [
    "KEYS",
    "Record",
    "Tables",
    "evidence_id",
    "months_before",
    "newest_as_of",
    "parse_date",
    "records",
    "split_list",
]

Row = dict[str, str]
Tables = dict[str, list[Row]]

GRADE_RANK = {"verified": 0, "declared": 1, "": 1, "inferred": 2}
GRADE_FACTOR = {0: 1.0, 1: 0.9, 2: 0.5}
PROVENANCE = ("source", "locator", "as_of", "grade", "confidence")
NUMBERS = frozenset(
    [
        "weight",
        "revenue_wan",
        "industrial_revenue_wan",
        "purchases_wan",
        "employees",
        "capacity",
        "availability",
        "importance",
        "share",
        "value_wan",
        "need",
        "investment_wan",
        "land_mu",
        "floor_sqm",
        "output_wan",
        "tax_wan",
        "energy_tce",
        "rd_ratio",
        "jobs",
        "need_load_kn_sqm",
        "need_height_m",
        "need_power_kva",
        "need_water_t_day",
    ]
)
KEYS: dict[str, tuple[str, ...]] = {
    "regions": ("id",),
    "chains": ("id",),
    "segments": ("id",),
    "inputs": ("input", "output"),
    "enterprises": ("id",),
    "produces": ("enterprise", "segment"),
    "supplies": ("supplier", "buyer", "segment"),
    "invests": ("investor", "enterprise"),
    "needs": ("leader", "segment"),
    "surveys": ("region", "as_of", "chain", "segment"),
    "projects": ("id",),
    "offers": ("project", "segment"),
}


@dataclass(frozen=True)
class Record:
    """All rows of one key: the winning cell of each field, the evidence ids and their dates."""

    key: tuple[str, ...]
    cells: Row
    values: dict[str, frozenset[str]]
    evidence: tuple[str, ...]
    dates: tuple[date, ...]
    factor: float

    def text(self, field: str) -> str | None:
        """The winning cell, `None` when no row has it."""
        return self.cells.get(field) or None

    def exact(self, field: str) -> Fraction | None:
        """The decimal as written, without rounding: quotients are taken of these."""
        cell = self.text(field)
        return None if cell is None else Fraction(cell)

    def number(self, field: str) -> float | None:
        """The float64 nearest the decimal as written."""
        cell = self.text(field)
        return None if cell is None else float(cell)


def records(tables: Tables, name: str) -> dict[tuple[str, ...], Record]:
    """The merged records of one table by key, in key order."""
    grouped: dict[tuple[str, ...], list[Row]] = {}
    for row in tables.get(name, []):
        key = tuple(row.get(column, "") for column in KEYS[name])
        grouped.setdefault(key, []).append(row)
    return {key: _merge(key, grouped[key]) for key in sorted(grouped)}


def _merge(key: tuple[str, ...], rows: list[Row]) -> Record:
    fields = {field for row in rows for field in row if field not in PROVENANCE}
    cells = {field: _winner(field, rows) for field in fields}
    values = {f: frozenset(row[f] for row in rows if row.get(f)) for f in fields}
    best = min(GRADE_RANK[row.get("grade", "")] for row in rows)
    dates = tuple(d for row in rows if (d := parse_date(row.get("as_of", ""))) is not None)
    return Record(key, cells, values, _evidence(rows), dates, GRADE_FACTOR[best])


def _winner(field: str, rows: list[Row]) -> str:
    """Best grade, then newest, then largest value among the rows that claim something."""
    claims = [row for row in rows if row.get(field)]
    if not claims:
        return ""
    best = min(GRADE_RANK[row.get("grade", "")] for row in claims)
    claims = [row for row in claims if GRADE_RANK[row.get("grade", "")] == best]
    newest = max(_age_key(row) for row in claims)
    claims = [row for row in claims if _age_key(row) == newest]
    cells = [row[field] for row in claims]
    return max(cells, key=Fraction) if field in NUMBERS else max(cells)


def _age_key(row: Row) -> date:
    """An undated claim is older than every dated one."""
    return parse_date(row.get("as_of", "")) or date.min


def _evidence(rows: Iterable[Row]) -> tuple[str, ...]:
    found = {
        evidence_id(row.get("source", ""), row.get("locator", ""), row.get("as_of", ""))
        for row in rows
        if row.get("source") or row.get("locator") or row.get("as_of")
    }
    return tuple(sorted(found))


def evidence_id(source: str, locator: str, as_of: str) -> str:
    """First 16 hex digits of sha256(source|locator|as_of), the cells as written."""
    return hashlib.sha256(f"{source}|{locator}|{as_of}".encode()).hexdigest()[:16]


def parse_date(text: str) -> date | None:
    """A date; a partial one (2023 or 2023-05) means its first day."""
    if not text:
        return None
    parts = [int(part) for part in text.split("-")] + [1, 1]
    return date(parts[0], parts[1], parts[2])


def newest_as_of(tables: Tables) -> date | None:
    """The newest `as_of` of any row of any table: the default of the question."""
    dates = [parse_date(row.get("as_of", "")) for rows in tables.values() for row in rows]
    return max((d for d in dates if d is not None), default=None)


def months_before(day: date, months: int) -> date:
    """The same day of the month that many months earlier, or that month's last day."""
    index = day.year * 12 + (day.month - 1) - months
    year, month = divmod(index, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return date(year, month + 1, min(day.day, last))


def split_list(cell: str | None) -> list[str]:
    """The parts of a `;` list."""
    return [part.strip() for part in (cell or "").split(";") if part.strip()]
