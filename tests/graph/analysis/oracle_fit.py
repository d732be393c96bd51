"""Park fit, straight from definitions.md §6: standard library and oracle.py only, slow and obvious.

`fit` returns the `matrix` of §7 over all projects × all parks, ordered by (project, park).
"""

# READINGS chosen where §6 is silent
#
# Shape
#  1. Every project (operating and lost ones too) against every park; `project`, `park` are ids.
#  2. Components are computed and shown even when a rule failed; fit is then 0.0, interval [0, 0].
#  3. Unknown rules change neither fit nor interval: only unknown components are put at 0 and 1.
#     No known component and no fail: fit None, interval [0, 1].
#  4. A side of `need`/`free` that is unknown is None, the other one is still shown.
#
# Route and quantities
#  5. Investment or land unknown: the condition of LAND is not met, so PARK. own_site empty: not
#     false. On LAND the need of land is therefore always known.
#  6. Free land and floor of a park: the smallest value known on the way up (itself and all its
#     ancestors), since it is part of each of theirs; unknown when none is known. All other
#     columns: its own, else that of the nearest ancestor that fills it.
#  7. Only the rules with numbers have a "need 0". Numbers compare as exact decimals; need or free
#     unknown (need not 0) is unknown, also when free is 0.
#  8. A parent that is no park ends the way up; a cycle is walked once.
#
# Classes and lists
#  9. Environment: unknown when either class is unknown, even where A or C would decide it.
# 10. A list is "no restriction" when it is exactly `-`: pass, whatever the industry or the offers
#     (unknown ones too); it fills the column, so a sub-park's `-` overrides its parent's list.
# 11. Zoning: with two letters, plain prefix; where the industry or the code lacks its letter, both
#     letters go; a code that is only a letter allows the divisions of its section.
#     An industry broader than the allowed code (`C`, `34` against `3442`) is not under it: fail.
# 12. Negative list: only segments named themselves, not narrower ones. A project without offers:
#     unknown (what it makes is not known), `need` None.
#
# Components
# 13. Offered segments: all of the project's `offers` rows, capacity 0 too. No offer: positioning,
#     co-location and relatedness are unknown.
# 14. Positioning: an offered segment outside the park's positioning counts 0; a park without any
#     positioning row is unknown. An empty weight is 1 also when looking for the largest.
# 15. Tenants: active enterprises only; all of them closed = no tenant. The applicant may be one.
#     What they make is `produces` and offers of operating projects, in whatever region.
# 16. Co-location: terms are the edges with an offered end, self-loops out, weights as in §2. An
#     edge with one offered end counts when a tenant makes the other end; an edge between two
#     offered segments is one term and counts when a tenant makes either end. No edge: unknown.
#     Share = fsum(weights that count) / fsum(weights).
# 17. Relatedness: plain mean of ω over the offered segments whose ω is known, None without any.
#     "No tenant: unknown" stands with co-location only: without tenants M = 0, so ω = 0 if known.
# 18. Slack: a term needs need 0, or need and free known ("where known" holds for land and floor
#     too); free is that of reading 6; no term: unknown.

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction

from tests.graph.analysis.oracle import (
    GRADES,
    Json,
    Row,
    Tables,
    Zone,
    cell,
    day,
    number,
    omegas,
    read,
)

__all__ = ["fit"]

LAND_INVESTMENT_WAN, LAND_MU = Fraction(10_000), Fraction(20)
WEIGHTS = {"positioning": 0.4, "colocation": 0.2, "relatedness": 0.2, "slack": 0.2}
QUANTITIES = {
    "land": ("land_mu", "land_free_mu"),
    "floor": ("floor_sqm", "floor_free_sqm"),
    "load": ("need_load_kn_sqm", "load_kn_sqm"),
    "height": ("need_height_m", "height_m"),
    "power": ("need_power_kva", "power_kva"),
    "water": ("need_water_t_day", "water_t_day"),
}
PART_OF_PARENT = ("land", "floor")
ROUTE_RULES = {
    "LAND": ("land", "power", "water"),
    "PARK": ("floor", "load", "height", "power", "water"),
}
ROUTE_SLACK = {"LAND": ("land", "power", "water"), "PARK": ("floor", "power", "water")}
NUMBERS = {"investment_wan", "weight"} | {name for pair in QUANTITIES.values() for name in pair}
KEYS = {
    "parks": ("id",),
    "projects": ("id",),
    "positioning": ("park", "segment"),
    "tenants": ("park", "enterprise"),
}
FALSE = ("false", "0", "no", "否")
FREE = ["-"]
HERE = "the tenants of the park"  # a region of its own for ω


# ---------------------------------------------------------------- tables


def claim(row: Row, column: str) -> tuple[int, date, Fraction, str]:
    """Best grade, then newest, then largest value: numbers as numbers, else by code point."""
    text = cell(row, column)
    value = Fraction(text) if column in NUMBERS else Fraction(0)
    return GRADES[cell(row, "grade")], day(cell(row, "as_of")) or date.min, value, text


def merge(rows: list[Row]) -> Row:
    """Field by field; an empty cell is no claim."""
    found = {}
    for column in {name for row in rows for name in row}:
        claims = [row for row in rows if cell(row, column)]
        if claims:
            found[column] = cell(max(claims, key=lambda row: claim(row, column)), column)
    return found


def table(tables: Tables, name: str) -> dict[tuple[str, ...], Row]:
    """Merged rows by key, in code point order."""
    groups: dict[tuple[str, ...], list[Row]] = {}
    for row in tables.get(name, []):
        groups.setdefault(tuple(cell(row, part) for part in KEYS[name]), []).append(row)
    return {key: merge(groups[key]) for key in sorted(groups)}


def items(text: str) -> list[str]:
    """The items of a list cell."""
    return [part.strip() for part in text.split(";") if part.strip()]


# ---------------------------------------------------------------- parks and projects


@dataclass
class Parks:
    """Everything park fit reads."""

    zone: Zone
    parks: dict[str, Row]
    projects: dict[str, Row]
    weights: dict[tuple[str, ...], Row]
    tenancies: list[tuple[str, ...]]

    def up(self, park: str) -> list[str]:
        """The park and its ancestors, lowest first."""
        way: list[str] = []
        while park in self.parks and park not in way:
            way.append(park)
            park = cell(self.parks[park], "parent")
        return way

    def inherited(self, park: str, column: str) -> str:
        """Its own cell, else that of the nearest ancestor that fills it."""
        for one in self.up(park):
            text = cell(self.parks[one], column)
            if text:
                return text
        return ""

    def free(self, park: str, rule: str) -> Fraction | None:
        """What a park has; land and floor at most what each ancestor has."""
        column = QUANTITIES[rule][1]
        if rule not in PART_OF_PARENT:
            text = self.inherited(park, column)
            return Fraction(text) if text else None
        values = [number(self.parks[one], column) for one in self.up(park)]
        return min((value for value in values if value is not None), default=None)

    def need(self, project: str, rule: str) -> Fraction | None:
        """What a project needs."""
        return number(self.projects[project], QUANTITIES[rule][0])

    def offered(self, project: str) -> list[str]:
        """The segments a project offers."""
        return sorted({segment for one, segment in self.zone.offers if one == project})

    def tenants(self, park: str) -> set[str]:
        """Active tenants of the park and of its sub-parks at any depth."""
        return {
            firm
            for where, firm in self.tenancies
            if park in self.up(where) and firm in self.zone.enterprises and self.zone.active(firm)
        }

    def made(self, park: str) -> set[str]:
        """Segments that active tenants make."""
        tenants = self.tenants(park)
        return {entry.segment for entry in self.zone.made if entry.owner in tenants}


def load(tables: Tables) -> Parks:
    """Merge and index the tables."""
    return Parks(
        zone=read(tables),
        parks={key[0]: row for key, row in table(tables, "parks").items()},
        projects={key[0]: row for key, row in table(tables, "projects").items()},
        weights=table(tables, "positioning"),
        tenancies=sorted(table(tables, "tenants")),
    )


def route_of(row: Row) -> str:
    """LAND when all three conditions hold, else PARK."""
    investment, land = number(row, "investment_wan"), number(row, "land_mu")
    if investment is None or investment < LAND_INVESTMENT_WAN:
        return "PARK"
    if land is None or land < LAND_MU:
        return "PARK"
    return "PARK" if cell(row, "own_site").lower() in FALSE else "LAND"


# ---------------------------------------------------------------- rules


def judged(rule: str, passed: bool | None, need: object, free: object) -> Json:
    """One rule of the matrix."""
    verdict = {True: "pass", False: "fail", None: "unknown"}[passed]
    return {"rule": rule, "verdict": verdict, "need": need, "free": free}


def real(value: Fraction | None) -> float | None:
    """A number as float64."""
    return None if value is None else float(value)


def quantity(data: Parks, project: str, park: str, rule: str) -> Json:
    """need ≤ free; need 0 passes."""
    need, free = data.need(project, rule), data.free(park, rule)
    passed = None
    if need is not None and need == 0:
        passed = True
    elif need is not None and free is not None:
        passed = need <= free
    return judged(rule, passed, real(need), real(free))


def environment(data: Parks, project: str, park: str) -> Json:
    """The project's class ≤ the park's, A < B < C."""
    need = cell(data.projects[project], "environment_class")
    free = data.inherited(park, "environment_class")
    passed = "ABC".index(need) <= "ABC".index(free) if need and free else None
    return judged("environment_class", passed, need or None, free or None)


# First and last division of the sections that occur, GB/T 4754-2017.
SECTIONS = {"C": (13, 43), "I": (63, 65)}


def digits(code: str) -> str:
    """A code without its section letter."""
    return code if code[:1].isdigit() else code[1:]


def under(industry: str, code: str) -> bool:
    """Whether an industry is the code or below it."""
    if len(code) == 1 and code.isalpha() and industry[0].isdigit():
        first, last = SECTIONS[code]
        return first <= int(industry[:2]) <= last
    if industry[0].isdigit() or code[0].isdigit():
        return digits(industry).startswith(digits(code))
    return industry.startswith(code)


def zoning(data: Parks, project: str, park: str) -> Json:
    """The project's industry under one of the park's codes."""
    need = cell(data.projects[project], "industry")
    free = items(data.inherited(park, "zoning"))
    passed = None
    if free == FREE:
        passed = True
    elif free and need:
        passed = any(under(need, code) for code in free)
    return judged("zoning", passed, need or None, free or None)


def negative_list(data: Parks, project: str, park: str) -> Json:
    """No offered segment is named in the park's list."""
    offered, free = data.offered(project), items(data.inherited(park, "negative_list"))
    if free == FREE:
        return judged("negative_list", True, [], free)
    if not free or not offered:
        return judged("negative_list", None, None, free or None)
    named = [segment for segment in offered if segment in free]
    return judged("negative_list", not named, named, free)


def rules_of(data: Parks, project: str, park: str, route: str) -> list[Json]:
    """All rules of the route, failed ones first."""
    found = [quantity(data, project, park, rule) for rule in ROUTE_RULES[route]]
    found.append(environment(data, project, park))
    found.append(zoning(data, project, park))
    found.append(negative_list(data, project, park))
    failed = [rule for rule in found if rule["verdict"] == "fail"]
    return failed + [rule for rule in found if rule["verdict"] != "fail"]


# ---------------------------------------------------------------- components


def mean(values: Iterable[float]) -> float | None:
    """Plain mean; None over nothing."""
    found = list(values)
    return math.fsum(found) / len(found) if found else None


def positioning(data: Parks, project: str, park: str) -> float | None:
    """Mean over offered segments of weight / the park's largest weight."""
    weights = {}
    for (where, segment), row in data.weights.items():
        if where == park:
            weight = number(row, "weight")
            weights[segment] = Fraction(1) if weight is None else weight
    if not weights:
        return None
    top = max(weights.values())
    return mean(float(weights.get(s, Fraction(0)) / top) for s in data.offered(project))


def colocation(data: Parks, project: str, park: str) -> float | None:
    """Weighted share of the offered segments' inputs and outputs that tenants make."""
    if not data.tenants(park):
        return None
    offered, made = data.offered(project), data.made(park)
    here, every = [], []
    for (source, target), weight in data.zone.weights[0].items():
        if source == target or not (source in offered or target in offered):
            continue
        every.append(weight)
        input_here = target in offered and source in made
        output_here = source in offered and target in made
        if input_here or output_here:
            here.append(weight)
    return math.fsum(here) / math.fsum(every) if every else None


def relatedness(data: Parks, project: str, park: str) -> float | None:
    """Mean over offered segments of ω, with the park's tenants as the region."""
    tenants = data.tenants(park)
    moved = [replace(e, region=HERE if e.owner in tenants else "") for e in data.zone.made]
    found = omegas(replace(data.zone, made=moved), HERE)
    values = [found[segment] for segment in data.offered(project)]
    return mean(value for value in values if value is not None)


def slack(data: Parks, project: str, park: str, route: str) -> float | None:
    """Mean of what stays free per need."""
    found = []
    for rule in ROUTE_SLACK[route]:
        need, free = data.need(project, rule), data.free(park, rule)
        if need is not None and need == 0:
            found.append(1.0)
        elif need is not None and free is not None:
            found.append(min(1.0, max(0.0, float((free - need) / need))))
    return mean(found)


def weighted(values: dict[str, float]) -> float | None:
    """Σ w v / Σ w; None over nothing."""
    if not values:
        return None
    top = math.fsum(WEIGHTS[name] * value for name, value in values.items())
    return top / math.fsum(WEIGHTS[name] for name in values)


# ---------------------------------------------------------------- the matrix


def pair(data: Parks, project: str, park: str) -> Json:
    """One item of the matrix."""
    route = route_of(data.projects[project])
    rules = rules_of(data, project, park, route)
    components = {
        "positioning": positioning(data, project, park),
        "colocation": colocation(data, project, park),
        "relatedness": relatedness(data, project, park),
        "slack": slack(data, project, park, route),
    }
    known = {name: value for name, value in components.items() if value is not None}
    value = weighted(known)
    interval = [weighted({**dict.fromkeys(WEIGHTS, end), **known}) for end in (0.0, 1.0)]
    if any(rule["verdict"] == "fail" for rule in rules):
        value, interval = 0.0, [0.0, 0.0]
    return {
        "project": project,
        "park": park,
        "fit": value,
        "interval": interval,
        "route": route,
        "unknown_rules": sum(rule["verdict"] == "unknown" for rule in rules),
        "rules": rules,
        "components": components,
    }


def fit(tables: Tables, project: str | None = None, park: str | None = None) -> list[Json]:
    """The `matrix` of section 7."""
    data = load(tables)
    return [
        pair(data, one, where)
        for one in sorted(data.projects)
        for where in sorted(data.parks)
        if project in (None, one) and park in (None, where)
    ]
