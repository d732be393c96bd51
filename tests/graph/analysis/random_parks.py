"""Random zones with parks, tenants and projects that meet every branch of park fit."""

from __future__ import annotations

from random import Random

from tests.graph.analysis.random_zone import DATES, GRADES, random_zone
from tests.zones import Rows

__all__ = ["random_parks"]

# Column of the park, column of the project, values of both: equal ones must meet.
QUANTITIES = (
    ("land_free_mu", "land_mu", ("0", "19.99", "20", "20.0", "35.7", "40", "66.6")),
    ("floor_free_sqm", "floor_sqm", ("0", "1200", "3000.5", "4500", "9000")),
    ("load_kn_sqm", "need_load_kn_sqm", ("0", "0.5", "0.7", "7.5", "10")),
    ("height_m", "need_height_m", ("0", "4.2", "6", "7.9", "12")),
    ("power_kva", "need_power_kva", ("0", "0.3", "630", "1250", "2000.1")),
    ("water_t_day", "need_water_t_day", ("0", "0.1", "0.3", "12.5", "80")),
)
AMPLE = {
    "land_free_mu": "150.5",
    "floor_free_sqm": "13000",
    "load_kn_sqm": "15",
    "height_m": "14.4",
    "power_kva": "3150.7",
    "water_t_day": "99.9",
}
INVESTMENTS = ("", "0", "2800", "9999.99", "10000", "10000.0", "10000.01", "36000")
CODES = ("C", "C34", "C3442", "34", "3442", "I", "I65", "65", "C39")
INDUSTRIES = ("", "C3442", "3442", "I65", "65", "C34", "3985", "I")
LEVELS = 3


def random_parks(seed: int) -> Rows:
    """`random_zone(seed)` with parks, positioning, tenants and filled projects."""
    r = Random(f"parks {seed}")
    zone = random_zone(seed)
    segments = sorted({row["id"] for row in zone["segments"]})
    firms = [row["id"] for row in zone["enterprises"]]
    parks = _nested(r)
    rows = [_park(r, park, parent, segments) for park, parent in parks.items()]
    return {
        **zone,
        "projects": [{**row, **_project(r, [*parks])} for row in zone["projects"]],
        "parks": rows + [_again(r, row) for row in rows if r.random() < 0.15],
        "positioning": _positioning(r, [*parks], segments),
        "tenants": _tenants(r, [*parks], firms),
    }


def _nested(r: Random) -> dict[str, str]:
    """Park -> parent, at most three levels deep, ids in no order."""
    ids = [f"K{i}" for i in range(r.randint(2, 5))]
    r.shuffle(ids)
    levels: dict[str, int] = {}
    parents = {}
    for park in ids:
        above = [one for one, level in levels.items() if level < LEVELS]
        parents[park] = r.choice(above) if above and r.random() < 0.65 else ""
        levels[park] = levels.get(parents[park], 0) + 1
    return parents


def _park(r: Random, id: str, parent: str, segments: list[str]) -> dict[str, str]:
    ample, empty = r.random() < 0.6, r.choice([0.1, 0.3, 0.6, 1.0])
    cells = {
        column: AMPLE[column] if ample and r.random() < 0.9 else r.choice(values)
        for column, _, values in QUANTITIES
    }
    cells["environment_class"] = r.choice(["B", "C", "C"] if ample else ["A", "B", "C"])
    cells["zoning"] = _list(r, CODES, ample)
    cells["negative_list"] = _list(r, segments, ample)
    cells = {column: "" if r.random() < empty else text for column, text in cells.items()}
    return {"id": id, "name": id, "region": "370211", "parent": parent, **cells}


def _list(r: Random, words: tuple[str, ...] | list[str], ample: bool) -> str:
    if r.random() < (0.6 if ample else 0.2):
        return "-"
    return ";".join(r.sample(words, r.randint(1, min(3, len(words)))))


def _again(r: Random, row: dict[str, str]) -> dict[str, str]:
    """A second source of a park that knows some of its numbers."""
    known = {column: r.choice(["", *values]) for column, _, values in QUANTITIES}
    same = {"id": row["id"], "name": row["name"]}
    return {**same, **known, "grade": r.choice(GRADES), "as_of": r.choice(DATES)}


def _positioning(r: Random, parks: list[str], segments: list[str]) -> list[dict[str, str]]:
    return [
        {"park": park, "segment": segment, "weight": r.choice(["", "0.1", "0.3", "0.7", "1"])}
        for park in parks
        if r.random() < 0.7
        for segment in segments
        if r.random() < 0.5
        for _ in range(1 + (r.random() < 0.1))
    ]


def _tenants(r: Random, parks: list[str], firms: list[str]) -> list[dict[str, str]]:
    """Closed and moved firms are among them."""
    return [
        {"park": park, "enterprise": firm}
        for park in parks
        if r.random() < 0.65
        for firm in firms
        if r.random() < 0.35
    ]


def _project(r: Random, parks: list[str]) -> dict[str, str]:
    light, empty = r.random() < 0.6, r.choice([0.0, 0.2, 0.5, 1.0])
    cells = {
        column: r.choice(values[:3] if light else values)
        for _, column, values in QUANTITIES
        if column != "land_mu"
    }
    cells["environment_class"] = r.choice(["A", "A", "B"] if light else ["A", "B", "C"])
    cells = {column: "" if r.random() < empty else text for column, text in cells.items()}
    return {
        **cells,
        "park": r.choice(["", *parks]),
        "investment_wan": r.choice(INVESTMENTS),
        "land_mu": r.choice(["", "0", "19.99", "20", "20.0", "20.01", "35.7", "40"]),
        "own_site": r.choice(["", "是", "是", "否", "true", "false"]),
        "industry": r.choice(INDUSTRIES),
    }
