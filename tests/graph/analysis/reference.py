"""`definitions` §2–5 for one leader, as slowly and plainly as they read.

Works on rows of cells, shares no code with the product, enumerates walks and outage states.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import product
from math import ceil, floor, fsum, log10
from statistics import median

import networkx as nx

Row = Mapping[str, str]
Rows = Mapping[str, Sequence[Row]]

SIZE = {"large": 1.0, "medium": 0.5, "small": 0.25, "micro": 0.125, "": 0.5}
FACTOR = {"verified": 1.0, "declared": 0.9, "": 0.9, "inferred": 0.5}
READY = {"lead": 0.2, "in_talks": 0.4, "under_review": 0.6, "signed": 0.8, "building": 0.9}
GRADE = {"inferred": 0, "declared": 1, "": 1, "verified": 2}
NAMED = {"zone-a": ("zone", "370211"), "free-b": ("city", None)}


@dataclass(frozen=True)
class Maker:
    who: str
    region: str
    size: str
    capacity: str
    availability: str
    grade: str
    as_of: str
    near: float = 0.0
    twice: bool = False


def day(text: str) -> str:
    return "-".join([*text.split("-"), "01", "01"][:3]) if text else ""


def merged(rows: Sequence[Row], key: tuple[str, ...]) -> list[dict[str, str]]:
    """Rows with the same key, field by field: best grade, newest, largest."""
    groups: dict[tuple[str, ...], list[Row]] = {}
    for row in rows:
        groups.setdefault(tuple(row.get(k, "") for k in key), []).append(row)
    out = []
    for group in groups.values():
        made: dict[str, str] = {}
        for name in {n for row in group for n in row}:
            said = [
                (GRADE[r.get("grade", "")], day(r.get("as_of", "")), _large(r[name]), r[name])
                for r in group
                if r.get(name)
            ]
            made[name] = max(said)[3] if said else ""
        made["grade"] = max(
            (r.get("grade", "") or "declared" for r in group), key=GRADE.__getitem__
        )
        made["as_of"] = max(day(r.get("as_of", "")) for r in group)
        out.append(made)
    return out


def _large(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0


def path(region: str) -> list[str]:
    found = [region]
    while True:
        here = found[-1]
        if here in NAMED:
            up = NAMED[here][1]
        elif len(here) == 6 and not here.endswith("0000"):
            province = here.endswith("00") or here[2:4] == "90"
            up = here[:2] + "0000" if province else here[:4] + "00"
        else:
            up = None
        if up is None:
            return found
        found.append(up)


def level(region: str) -> str:
    if region in NAMED:
        return NAMED[region][0]
    if region in ("110000", "120000", "310000", "500000"):
        return "city"
    return "province" if region.endswith("0000") else "city" if region.endswith("00") else "county"


def near(here: str, there: str, scheme: str) -> float:
    if not there:
        return 0.0
    if here in path(there):
        return 1.0
    if scheme == "local":
        return 0.0
    for region in path(here):
        if region in path(there) and level(region) in ("city", "province"):
            return 0.5 if level(region) == "city" else 0.2
    return 0.0


class Reference:
    """One leader's question on one zone; the leader is E0 in 370211."""

    def __init__(self, rows: Rows, world: str, proximity: str, direction: str) -> None:
        self.world, self.proximity, self.direction = world, proximity, direction
        self.leader, self.here = "E0", "370211"
        self.segments = sorted({r["id"] for r in rows["segments"]})
        self.chain = {r["id"]: r.get("chain", "") for r in rows["segments"]}
        self.firms = {r["id"]: r for r in merged(rows["enterprises"], ("id",))}
        self.projects = {r["id"]: r for r in merged(rows["projects"], ("id",))}
        self.produces = merged(rows["produces"], ("enterprise", "segment"))
        self.offers = merged(rows["offers"], ("project", "segment"))
        self.supplies = merged(rows["supplies"], ("supplier", "buyer", "segment"))
        self.rows = rows
        self.inputs = merged(rows["inputs"], ("input", "output"))
        self.need = {r["segment"]: r["need"] for r in rows["needs"]}
        dates = [day(r["as_of"]) for t in rows.values() for r in t if r.get("as_of")]
        self.as_of = max(dates, default="")
        self.horizon = f"{int(self.as_of[:4]) - 2}{self.as_of[4:]}" if self.as_of else ""
        self.horizon = self.horizon.replace("-02-29", "-02-28")
        self.own = self._own()
        self.critical = {end: self._criticality(end) for end in (-1, 0, 1)}
        self.required = [
            s for s in self.segments if self.critical[0].get(s, 0) > 0 and s not in self.own
        ]
        self.unknown = {s for s in self.required if self._unknown(s)}
        self.total = fsum(self.severity(s) for s in self.required if s not in self.unknown)

    # --- who makes what ---

    def makers(self, segment: str, active: bool = True) -> Iterator[Maker]:
        said = set()
        for r in self.produces:
            said.add((r["enterprise"], r["segment"]))
            firm = self.firms[r["enterprise"]]
            if r["segment"] == segment and not (active and firm["status"] in ("closed", "moved")):
                yield self._maker(r, r["enterprise"], firm["region"])
        for r in self.offers:
            project = self.projects[r["project"]]
            firm_id = project["applicant"]
            if (
                r["segment"] != segment
                or project["stage"] != "operating"
                or firm_id not in self.firms
            ):
                continue
            closed = self.firms[firm_id]["status"] in ("closed", "moved")
            if (firm_id, segment) not in said and not (active and closed):
                yield self._maker(r, firm_id, project["region"])

    def _maker(self, r: Row, who: str, region: str) -> Maker:
        size = self.firms[who]["size"] if who in self.firms else ""
        return Maker(who, region, size, r["capacity"], r["availability"], r["grade"], r["as_of"])

    def _own(self) -> dict[str, float]:
        said = {
            r["segment"]: float(r["importance"] or 1)
            for r in self.produces
            if r["enterprise"] == self.leader
        }
        made = [s for s in self.segments for m in self.makers(s, False) if m.who == self.leader]
        return {**dict.fromkeys(made, 1.0), **said}

    # --- criticality: every walk ---

    def _criticality(self, end: int) -> dict[str, float]:
        weight = {(r["input"], r["output"]): self._weight(r, end) for r in self.inputs}
        up = self._walks({(v, u): w for (u, v), w in weight.items()})
        down = {s: 0.5 * c for s, c in self._walks(weight).items()}
        if self.direction == "both":
            return {s: max(up.get(s, 0), down.get(s, 0)) for s in {*up, *down}}
        return up if self.direction == "up" else down

    def _weight(self, r: Row, end: int) -> float:
        if r["weight"]:
            return float(r["weight"])
        into = [
            float(x["weight"]) for x in self.inputs if x["output"] == r["output"] and x["weight"]
        ]
        every = [float(x["weight"]) for x in self.inputs if x["weight"]]
        base = median(into) if into else median(every) if every else 0.5
        return base if end == 0 else min(1.0, base * (2 if end > 0 else 0.5))

    def _walks(self, step: Mapping[tuple[str, str], float]) -> dict[str, float]:
        best: dict[str, float] = {}
        front = set(self.own.items())
        for _ in range(6):
            front = {(b, p * (0.875 * w)) for a, p in front for (x, b), w in step.items() if x == a}
            for s, p in front:
                best[s] = max(best.get(s, 0.0), p)
        return best

    # --- shortage: every outage state ---

    def x(self, m: Maker, segment: str, end: int = 0) -> float:
        need = self.need.get(segment, "")
        if m.capacity and float(m.capacity) == 0:
            value = 0.0
        elif m.capacity and need:
            value = float(Fraction(m.capacity) / Fraction(need))
        else:
            base = SIZE[m.size]
            value = base if end == 0 else min(1.0, 2 * base) if end > 0 else base / 4
        return 2 * value if m.twice else value

    def known(self, m: Maker, segment: str) -> bool:
        zero = bool(m.capacity) and float(m.capacity) == 0
        return zero or bool(m.capacity and self.need.get(segment))

    def rho(self, m: Maker, end: int = 0) -> float:
        return float(m.availability) if m.availability else {-1: 0.7, 0: 0.9, 1: 0.99}[end]

    def hat(self, m: Maker, segment: str, end: int = 0) -> float:
        return min(1.0, self.x(m, segment, end)) * FACTOR[m.grade] * m.near

    def states(self, makers: Sequence[tuple[float, float]]) -> float:
        terms = []
        for state in product(range(3), repeat=len(makers)):
            chance, steps = 1.0, 0
            for (x, rho), how in zip(makers, state, strict=True):
                f = 64 * x - floor(64 * x)
                chance *= (1 - rho, rho * (1 - f), rho * f)[how]
                steps += (0, floor(64 * x), ceil(64 * x))[how]
            terms.append(chance * max(0.0, 1 - steps / 64))
        return fsum(terms)

    def shortage(self, segment: str, makers: Sequence[Maker], end: int = 0) -> float:
        pairs = [(self.hat(m, segment, end), self.rho(m, end)) for m in makers]
        return self.states([(x, r) for x, r in pairs if x > 0 and r > 0])

    def suppliers(self, segment: str, scheme: str = "") -> list[Maker]:
        seen = (
            replace(m, near=near(self.here, m.region, scheme or self.proximity))
            for m in self.makers(segment)
        )
        return [m for m in seen if m.near > 0]

    def able(self, segment: str, scheme: str = "") -> list[Maker]:
        return [
            m
            for m in self.suppliers(segment, scheme)
            if self.hat(m, segment) > 0 and self.rho(m) > 0
        ]

    def _unknown(self, segment: str) -> bool:
        if self.world == "closed" or self.able(segment, "nested"):
            return False
        for r in self.rows["surveys"]:
            about = r["segment"] == segment or (
                not r["segment"] and r["chain"] in ("", self.chain[segment])
            )
            if about and r["region"] in path(self.here) and self.horizon < r["as_of"] <= self.as_of:
                return False
        return True

    def severity(self, segment: str) -> float:
        return self.critical[0][segment] * self.shortage(segment, self.suppliers(segment))

    def interval(self, segment: str) -> tuple[float, float]:
        low, high = self.critical[-1][segment], self.critical[1][segment]
        if segment in self.unknown:
            return 0.0, high
        them = self.suppliers(segment)
        return low * self.shortage(segment, them, 1), high * self.shortage(segment, them, -1)

    # --- types and flags ---

    def type(self, segment: str) -> str:
        if segment in self.unknown:
            return "unknown"
        able = self.able(segment)
        local = sorted((m for m in able if m.near == 1), key=lambda m: -self.hat(m, segment))
        amounts = [self.hat(m, segment) for m in local]
        if not able:
            return "missing"
        if not local:
            return "nearby"
        if fsum(amounts) < 0.8:
            return "weak"
        if fsum(amounts[1:]) < 0.8:
            return "single_sourced"
        sure = all(self.known(m, segment) for m in local)
        return "crowded" if sure and fsum(self.x(m, segment) for m in local) >= 2 else "covered"

    def flags(self, segment: str) -> list[str]:
        found = []
        here = any(near(self.here, m.region, "local") == 1 for m in self.makers(segment))
        bought = [r for r in self.supplies if r["buyer"] == self.leader and r["segment"] == segment]
        local = [near(self.here, self.firms[r["supplier"]]["region"], "local") == 1 for r in bought]
        if here and bought and not any(local):
            found.append("broken")
        values = [
            (Fraction(r["value_wan"]), x)
            for r, x in zip(bought, local, strict=True)
            if r["value_wan"]
        ]
        whole = sum(v for v, _ in values)
        if whole and float(sum(v for v, x in values if x) / whole) < 0.3:
            found.append("leakage")
        if self._extension(segment, here):
            found.append("extension")
        dates = [m.as_of for m in self.able(segment, "nested") if m.as_of]
        if dates and max(dates) < self.horizon:
            found.append("stale")
        return found

    def _extension(self, segment: str, here: bool) -> bool:
        omega = self.omega(segment)
        absent = [s for s in self.segments if not self._made_here(s)]
        known = [o for o in map(self.omega, absent) if o is not None]
        return not here and bool(omega) and omega is not None and omega >= median(known)

    def _made_here(self, segment: str) -> bool:
        return any(near(self.here, m.region, "local") == 1 for m in self.makers(segment))

    def omega(self, segment: str) -> float | None:
        baskets: dict[str, set[str]] = {}
        for s in self.segments:
            for m in self.makers(s):
                baskets.setdefault(m.who, set()).add(s)
        if sum(segment in b and len(b) > 1 for b in baskets.values()) < 3:
            return None
        count = {s: sum(s in b for b in baskets.values()) for s in self.segments}
        both = {s: sum({s, segment} <= b for b in baskets.values()) for s in self.segments}
        phi = {
            s: both[s] / max(count[s], count[segment])
            for s in self.segments
            if s != segment and count[s]
        }
        return fsum(p for s, p in phi.items() if self._made_here(s)) / fsum(phi.values())

    # --- candidates ---

    def ties(self) -> dict[tuple[str, str], float]:
        graph = nx.Graph()
        graph.add_node(("Enterprise", self.leader))
        pairs = [(("Enterprise", r["supplier"]), ("Enterprise", r["buyer"])) for r in self.supplies]
        pairs += [
            (("Enterprise", r["investor"]), ("Enterprise", r["enterprise"]))
            for r in self.rows["invests"]
        ]
        pairs += [
            (("Enterprise", r["enterprise"]), ("Segment", r["segment"])) for r in self.produces
        ]
        pairs += [(("Project", r["project"]), ("Segment", r["segment"])) for r in self.offers]
        pairs += [
            (("Project", p), ("Enterprise", r["applicant"]))
            for p, r in self.projects.items()
            if r["applicant"] in self.firms
        ]
        graph.add_edges_from((a, b) for a, b in pairs if a != b)
        start = ("Enterprise", self.leader)
        mass = nx.pagerank(
            graph, 0.85, {start: 1}, 10_000, 1e-15, nstart={start: 1}, dangling={start: 1}
        )
        others = [m for n, m in mass.items() if n != start and n[0] != "Segment"]
        top = max(others, default=0.0)
        return {
            n: round(min(1.0, max(0.0, 1 + log10(m / top) / 4)), 6) if m > 0 and top > 0 else 0.0
            for n, m in mass.items()
        }

    def candidates(
        self,
    ) -> dict[tuple[str, str], tuple[dict[str, Maker], dict[str, str], tuple[float, float, float]]]:
        """(kind, id) -> (entry by segment, maker replaced by segment, readiness low/base/high)."""
        found = {}
        promised: dict[str, set[str]] = {}
        for p, r in self.projects.items():
            offers = [o for o in self.offers if o["project"] == p]
            if r["stage"] in ("operating", "lost") or not offers:
                continue
            promised.setdefault(r["applicant"], set()).update(o["segment"] for o in offers)
            entries = {
                o["segment"]: replace(self._maker(o, r["applicant"], ""), near=1.0)
                for o in offers
                if o["segment"] in self.required
            }
            ready = READY.get(r["stage"])
            gone = dict.fromkeys(entries, r["applicant"]) if r["relocates"] == "是" else {}
            ends = (0.2, 0.2, 0.9) if ready is None else (ready, ready, ready)
            found["project", p] = (entries, gone, ends)
        for s in self.required:
            for m in self.makers(s):
                region = self.firms[m.who]["region"]
                outside = (
                    near(self.here, region, "local") < 1 and near(self.here, m.region, "local") < 1
                )
                vague = not region or (region != self.here and region in path(self.here))
                if outside and not vague and s not in promised.get(m.who, set()):
                    entry = found.setdefault(("enterprise", m.who), ({}, {}, (0.2, 0.2, 0.6)))
                    entry[0][s], entry[1][s] = replace(m, near=1.0), m.who
            if self.type(s) in ("weak", "single_sourced"):
                for m in self.suppliers(s):
                    if m.near == 1 and s not in promised.get(m.who, set()):
                        entry = found.setdefault(("expansion", m.who), ({}, {}, (0.2, 0.2, 0.6)))
                        entry[0][s], entry[1][s] = replace(m, twice=True), m.who
        return found

    def gains(
        self, entries: Mapping[str, Maker], gone: Mapping[str, str], end: int, missing: bool
    ) -> dict[str, float]:
        out = {}
        for s, m in sorted(entries.items()):
            if s in self.unknown and not missing:
                continue
            stay = [x for x in self.suppliers(s) if x.who != gone.get(s, None)]
            before = 1.0 if s in self.unknown else self.shortage(s, self.suppliers(s))
            pairs = [(self.hat(x, s), self.rho(x)) for x in stay] + [
                (self.hat(m, s, end), self.rho(m, end))
            ]
            after = self.states([(x, r) for x, r in pairs if x > 0 and r > 0])
            out[s] = max(0.0, self.critical[0][s] * (before - after))
        return out

    def score(
        self, key: tuple[str, str], end: int = 0, missing: bool = False
    ) -> tuple[float, float, float]:
        """(score, fill, relatedness)."""
        entries, gone, ready = self.candidates()[key]
        gains = self.gains(entries, gone, end, missing)
        extra = [self.critical[0][s] for s in entries if s in self.unknown] if missing else []
        total = fsum([self.total, *extra])
        if not total:
            return 0.0, 0.0, 0.0
        filled = {s: g for s, g in gains.items() if g > 0}
        stand_in = {-1: 0.0, 0: self.middle(), 1: 1.0}[end]
        omegas = {s: stand_in if (o := self.omega(s)) is None else o for s in filled}
        mean = (
            fsum(g * omegas[s] for s, g in filled.items()) / fsum(filled.values())
            if filled
            else 0.0
        )
        label = "Project" if key[0] == "project" else "Enterprise"
        m = 0.6 + 0.2 * mean + 0.1 * self.ties().get((label, key[1]), 0.0) + 0.1 * ready[end + 1]
        return fsum(g / total * m for g in gains.values()), fsum(gains.values()) / total, mean

    def middle(self) -> float:
        means = []
        for entries, gone, _ in self.candidates().values():
            gains = self.gains(entries, gone, 0, False)
            known = [(g, o) for s, g in gains.items() if g > 0 and (o := self.omega(s)) is not None]
            if known:
                means.append(fsum(g * o for g, o in known) / fsum(g for g, _ in known))
        return median(means) if means else 0.0
