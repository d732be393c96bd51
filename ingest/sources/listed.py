"""Where listed firms are: a table of codes with city and province beside a foreign folder.

The codes carry an exchange suffix or not, so firms join on the six digits; the city is used where
it is known and names one city of its province, else the province.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

from graph.errors import FileRefused
from graph.tables import EVIDENCE_COLUMNS, TABLES
from ingest.cells import Cell, as_text
from ingest.columns import Grid, Heading
from ingest.guard import Limits, Sheet, read_sheets

__all__ = ["Places", "Records", "beside", "digits", "grid", "places", "records", "regions_grid"]

Records = Sequence[tuple[int, dict[str, str]]]
FILES = ("ashare/company_region.csv", "admin/provinces.csv", "admin/cities.csv")
COLUMNS = (("code", "city", "province"), ("code", "name"), ("code", "name", "provinceCode"))

MUNICIPALITIES = ("北京市", "天津市", "上海市", "重庆市")


@dataclass(frozen=True)
class Places:
    """Six-digit listing code -> region id, and what those regions are."""

    where: Mapping[str, str]
    names: Mapping[str, str]
    levels: Mapping[str, str]


def digits(code: object) -> str:
    """The six digits of a listing code, "" when it has none.

    >>> digits("688268.SH"), digits("000599"), digits(None)
    ('688268', '000599', '')
    """
    text = str(code or "").split(".")[0].strip()
    return text if len(text) == 6 and text.isdigit() else ""


def grid(
    file: str, table: str, names: Sequence[str], rows: Iterator[tuple[int, list[Cell]]]
) -> Grid:
    """Rows of a foreign file under columns of a documented table."""
    found = TABLES[table]
    evidence = {"source": 0, "locator": 0, "as_of": 0, "grade": 0, "confidence": 0}
    headings = [
        Heading(n, found.column(n))
        if n in found.names
        else _evidence(n)
        if n in evidence
        else Heading(n, None)
        for n in names
    ]
    return Grid(file, table, found, headings, list(rows))


def _evidence(name: str) -> Heading:
    return Heading(name, next(c for c in EVIDENCE_COLUMNS if c.name == name))


def beside(folder: Path) -> list[Path]:
    """The files that say where firms are, when they lie beside the folder, else nothing."""
    found = [folder.absolute().parent / name for name in FILES]
    return found if all(path.is_file() for path in found) else []


def records(sheet: Sheet, columns: Sequence[str]) -> Records:
    """The rows of a foreign csv by header.  Raises `FileRefused` when a column is missing."""
    names = [as_text(c) for c in sheet.rows[0][1]] if sheet.rows else []
    for name in columns:
        if name not in names:
            told = {"name": name, "found": "、".join(names), "near": name}
            raise FileRefused("missing_column", file=sheet.file, **told)
    texts = ((n, [as_text(c) for c in cells]) for n, cells in sheet.rows[1:])
    return [(n, dict(zip_longest(names, row[: len(names)], fillvalue=""))) for n, row in texts]


def places(folder: Path, limits: Limits) -> Places:
    """Where each listed firm is, as far as the files beside the folder say."""
    files = beside(folder)
    if not files:
        return Places({}, {}, {})
    firms, provinces, cities = (
        [r for _, r in records(sheet, columns)]
        for sheet, columns in zip(read_sheets(files, limits), COLUMNS, strict=True)
    )
    names = {f"{r['code']}0000": r["name"] for r in provinces}
    levels = {code: "city" if n in MUNICIPALITIES else "province" for code, n in names.items()}
    inside = {r["name"]: r["code"] for r in provinces}
    city = {(r["provinceCode"], r["name"]): f"{r['code']}00" for r in cities}
    homes = ((digits(r["code"]), inside.get(r["province"]), r["city"]) for r in firms)
    where = {c: city.get((p, name), f"{p}0000") for c, p, name in homes if c and p}
    return Places(where, {**names, **{f"{r['code']}00": r["name"] for r in cities}}, levels)


def regions_grid(known: Places, codes: Collection[str]) -> Grid:
    """The `regions` rows of the firms' regions, with the provinces around them."""
    used = {known.where[c] for c in codes if c in known.where}
    wanted = sorted({*used, *(f"{r[:2]}0000" for r in used)})
    rows = ((1, [r, known.names.get(r, r), known.levels.get(r, "city")]) for r in wanted)
    return grid("admin", "regions", ["id", "name", "level"], ((n, list(c)) for n, c in rows))
