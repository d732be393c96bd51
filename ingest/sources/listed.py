"""Where listed firms are: a table of codes with city and province beside a foreign folder.

The codes carry an exchange suffix or not, so firms join on the six digits; the city is used where
it is known and names one city of its province, else the province.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from graph.tables import TABLES
from ingest.cells import Cell
from ingest.columns import Grid, Heading

__all__ = ["digits", "grid", "regions", "regions_grid"]

MUNICIPALITIES = ("北京市", "天津市", "上海市", "重庆市")


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
    from graph.tables import EVIDENCE_COLUMNS

    return Heading(name, next(c for c in EVIDENCE_COLUMNS if c.name == name))


def regions(folder: Path) -> Mapping[str, str]:
    """Six-digit listing code -> region id, from `../ashare` and `../admin` where they lie there."""
    table = folder.parent / "ashare" / "company_region.csv"
    if not table.is_file():
        return {}
    provinces = {r["name"]: r["code"] for r in _csv(folder.parent / "admin" / "provinces.csv")}
    cities = {
        (r["provinceCode"], r["name"]): r["code"]
        for r in _csv(folder.parent / "admin" / "cities.csv")
    }
    found = {}
    for row in _csv(table):
        province = provinces.get(row["province"])
        if province and digits(row["code"]):
            city = cities.get((province, row["city"]))
            found[digits(row["code"])] = f"{city}00" if city else f"{province}0000"
    return found


def regions_grid(folder: Path, used: Mapping[str, str]) -> Grid:
    """The `regions` rows of the regions in use, with the provinces around them."""
    names = {f"{r['code']}0000": r["name"] for r in _csv(folder.parent / "admin" / "provinces.csv")}
    levels = {code: "city" if n in MUNICIPALITIES else "province" for code, n in names.items()}
    for row in _csv(folder.parent / "admin" / "cities.csv"):
        names[f"{row['code']}00"] = row["name"]
    wanted = sorted({*used.values(), *(f"{r[:2]}0000" for r in used.values())})
    rows = ((1, [r, names.get(r, r), levels.get(r, "city")]) for r in wanted)
    return grid("admin", "regions", ["id", "name", "level"], ((n, list(c)) for n, c in rows))


def _csv(path: Path) -> Iterator[dict[str, str]]:
    if path.is_file():
        with path.open(encoding="utf-8-sig", newline="") as file:
            yield from csv.DictReader(file)
