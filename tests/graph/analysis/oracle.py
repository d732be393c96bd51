"""Gaps and rankings, straight from definitions.md: standard library only, slow and obvious."""

from __future__ import annotations

import calendar
import math
import statistics
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import date
from fractions import Fraction
from typing import Any

Row = dict[str, str]
Tables = dict[str, list[Row]]
Node = tuple[str, str]
Pins = frozenset[tuple[str, str]]
Json = dict[str, Any]

GAMMA, HOPS, DELTA, STEPS, TAU, LEAK, MONTHS = 0.875, 6, 0.5, 64, 0.8, 0.3, 24
SIZES = {"large": 1.0, "medium": 0.5, "small": 0.25, "micro": 0.125, "": 0.5}
RHO = {-1: 0.7, 0: 0.9, 1: 0.99}
FACTORS = {"verified": 1.0, "declared": 0.9, "": 0.9, "inferred": 0.5}
GRADES = {"verified": 3, "declared": 2, "": 2, "inferred": 1}
STAGES = {"lead": 0.2, "in_talks": 0.4, "under_review": 0.6, "signed": 0.8, "building": 0.9}
READY_PROJECT = {-1: 0.2, 0: 0.2, 1: 0.9}
READY_ENTERPRISE = {-1: 0.2, 0: 0.2, 1: 0.6}
SCHEME = (0.6, 0.2, 0.1, 0.1)
MUNICIPALITIES = ("110000", "120000", "310000", "500000")
GAP_TYPES = ("missing", "nearby", "weak", "single_sourced")
NUMBERS = {"weight", "capacity", "availability", "importance", "share", "value_wan", "need"}
KEYS = {
    "regions": ("id",),
    "chains": ("id",),
    "segments": ("id",),
    "inputs": ("input", "output"),
    "enterprises": ("id",),
    "produces": ("enterprise", "segment"),
    "supplies": ("supplier", "buyer", "segment"),
    "invests": ("investor", "enterprise"),
    "needs": ("leader", "segment"),
    "projects": ("id",),
    "offers": ("project", "segment"),
}


@dataclass(frozen=True)
class Ask:
    """One question: a leader or a chain, and everything that changes its answer."""

    leader: str | None = None
    chain: str | None = None
    region: str | None = None
    as_of: str | None = None
    world: str = "open"
    proximity: str = "nested"
    direction: str = "up"


# ---------------------------------------------------------------- cells, dates, merging


def cell(row: Row, column: str) -> str:
    """The text of a cell, "" when unknown."""
    return (row.get(column) or "").strip()


def number(row: Row, column: str) -> Fraction | None:
    """The exact decimal of a cell."""
    text = cell(row, column)
    return Fraction(text) if text else None


def real(row: Row, column: str) -> float | None:
    """The float64 nearest the decimal of a cell."""
    value = number(row, column)
    return None if value is None else float(value)


def day(text: str) -> date | None:
    """A date; partial dates mean their first day."""
    if not text:
        return None
    parts = [int(part) for part in text.split("-")]
    year, month, dom = [*parts, 1, 1][:3]
    return date(year, month, dom)


def months_before(when: date, months: int) -> date:
    """The same day of the month that many months earlier, or the month's last."""
    index = when.year * 12 + when.month - 1 - months
    year, month = divmod(index, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return date(year, month + 1, min(when.day, last))


def claim_order(row: Row, column: str) -> tuple[int, date, Fraction, str]:
    """Best grade, then newest, then largest value."""
    value = Fraction(cell(row, column)) if column in NUMBERS else Fraction(0)
    return GRADES[cell(row, "grade")], day(cell(row, "as_of")) or date.min, value, cell(row, column)


@dataclass(frozen=True)
class Merged:
    """One key of a table: its merged cells, its best grade's factor, the dates of its rows."""

    cells: Row
    factor: float
    dates: tuple[date, ...]


def merge_rows(rows: list[Row]) -> Merged:
    """Field by field; an empty cell is no claim; nothing is summed."""
    cells: Row = {}
    for column in sorted({name for row in rows for name in row}):
        claims = [row for row in rows if cell(row, column)]
        if claims:
            best = max(claims, key=lambda row: claim_order(row, column))
            cells[column] = cell(best, column)
    grade = max((cell(row, "grade") for row in rows), key=lambda text: GRADES[text])
    dates = tuple(when for row in rows if (when := day(cell(row, "as_of"))) is not None)
    return Merged(cells, FACTORS[grade], dates)


def merged(tables: Tables, table: str) -> dict[tuple[str, ...], Merged]:
    """All keys of a table in code point order."""
    groups: dict[tuple[str, ...], list[Row]] = {}
    for row in tables.get(table, []):
        groups.setdefault(tuple(cell(row, part) for part in KEYS[table]), []).append(row)
    return {key: merge_rows(groups[key]) for key in sorted(groups)}


# ---------------------------------------------------------------- regions


@dataclass(frozen=True)
class Map:
    """Nested regions."""

    rows: dict[str, Row]

    def parent(self, region: str) -> str:
        """The given parent, else the GB/T 2260 prefix, else nothing."""
        given = cell(self.rows.get(region, {}), "parent")
        if given:
            return given
        if len(region) != 6 or not (region.isascii() and region.isdigit()):
            return ""
        if region[2:] == "0000":
            return ""
        if region[4:] == "00" or region[2:4] == "90":
            return region[:2] + "0000"
        return region[:4] + "00"

    def up(self, region: str) -> list[str]:
        """The region itself and everything that contains it, lowest first."""
        chain: list[str] = []
        while region and region not in chain:
            chain.append(region)
            region = self.parent(region)
        return chain

    def level(self, region: str) -> str:
        """`city`, `province` or anything else; the four municipalities are cities."""
        if region in MUNICIPALITIES:
            return "city"
        given = cell(self.rows.get(region, {}), "level")
        if given:
            return given
        if len(region) != 6 or not (region.isascii() and region.isdigit()):
            return ""
        if region[2:] == "0000":
            return "province"
        return "city" if region[4:] == "00" and region[2:4] != "90" else "county"

    def proximity(self, here: str, there: str, scheme: str) -> float:
        """How near an enterprise in `there` is to `here`."""
        if not here or not there:
            return 0.0
        outer = self.up(there)
        if here in outer:
            return 1.0
        if scheme == "local":
            return 0.0
        for region in self.up(here):
            if region in outer and self.level(region) in ("city", "province"):
                return 0.5 if self.level(region) == "city" else 0.2
        return 0.0


# ---------------------------------------------------------------- the zone


@dataclass(frozen=True)
class Entry:
    """One producer of one segment, independent of every other entry."""

    owner: str
    segment: str
    region: str
    size: str
    capacity: Fraction | None
    availability: float | None
    factor: float
    dates: tuple[date, ...] = ()
    times: int = 1

    def known(self, need: Fraction | None) -> bool:
        """Whether x is known."""
        return self.capacity is not None and (self.capacity == 0 or need is not None)

    def x(self, need: Fraction | None, end: int = 0) -> float:
        """Share of the need, uncapped, at the worse (-1), base (0) or better (1) end."""
        if self.capacity is not None and self.capacity == 0:
            return 0.0
        if self.capacity is not None and need is not None:
            return float(self.capacity / need) * self.times
        base = SIZES[self.size]
        value = {-1: base / 4, 0: base, 1: min(1.0, 2 * base)}[end]
        return value * self.times

    def rho(self, end: int = 0) -> float:
        """Availability at an end."""
        return RHO[end] if self.availability is None else self.availability

    def pair(
        self, need: Fraction | None, near: float, ends: tuple[int, int]
    ) -> tuple[float, float]:
        """(x̂, ρ) at an end of x and an end of ρ."""
        return min(1.0, self.x(need, ends[0])) * self.factor * near, self.rho(ends[1])


@dataclass
class Zone:
    """The merged tables, read once."""

    tables: Tables
    map: Map
    enterprises: dict[str, Row]
    projects: dict[str, Row]
    segments: dict[str, Row]
    chains: dict[str, list[str]]
    produces: dict[tuple[str, ...], Merged]
    offers: dict[tuple[str, ...], Merged]
    supplies: dict[tuple[str, ...], Merged]
    weights: dict[int, dict[tuple[str, str], float]]
    needs: dict[tuple[str, ...], Fraction | None]
    made: list[Entry] = field(default_factory=list)

    def active(self, enterprise: str) -> bool:
        """Neither closed nor moved."""
        return cell(self.enterprises[enterprise], "status") not in ("closed", "moved")

    def home(self, enterprise: str) -> str:
        """The enterprise's own region."""
        return cell(self.enterprises.get(enterprise, {}), "region")


def input_weights(inputs: dict[tuple[str, ...], Merged]) -> dict[int, dict[tuple[str, str], float]]:
    """Weights at the low (-1), base (0) and high (1) end."""
    known = {key: real(item.cells, "weight") for key, item in inputs.items()}
    everything = [value for value in known.values() if value is not None]
    found: dict[int, dict[tuple[str, str], float]] = {-1: {}, 0: {}, 1: {}}
    for (source, target), weight in known.items():
        if weight is not None:
            ends = (weight, weight, weight)
        else:
            same = [w for (_, out), w in known.items() if out == target and w is not None]
            base = statistics.median(same or everything or [0.5])
            ends = (base * 0.5, base, min(1.0, base * 2))
        for end, value in zip((-1, 0, 1), ends, strict=True):
            found[end][source, target] = value
    return found


def entry_of(zone: Zone, owner: str, segment: str, region: str, item: Merged) -> Entry:
    """The entry of a produces or offers key."""
    size = cell(zone.enterprises.get(owner, {}), "size")
    capacity, availability = number(item.cells, "capacity"), real(item.cells, "availability")
    return Entry(owner, segment, region, size, capacity, availability, item.factor, item.dates)


def made_entries(zone: Zone) -> list[Entry]:
    """Produces, and offers of operating projects, closed and moved enterprises included."""
    made = []
    for (enterprise, segment), item in zone.produces.items():
        made.append(entry_of(zone, enterprise, segment, zone.home(enterprise), item))
    for (project, segment), item in zone.offers.items():
        row = zone.projects[project]
        owner = cell(row, "applicant")
        if cell(row, "stage") != "operating" or owner not in zone.enterprises:
            continue
        if (owner, segment) not in zone.produces:
            made.append(entry_of(zone, owner, segment, cell(row, "region"), item))
    return made


def segment_chains(tables: Tables) -> dict[str, list[str]]:
    """The chains of each segment: one row a chain."""
    found: dict[str, set[str]] = {}
    for row in tables.get("segments", []):
        chains = found.setdefault(cell(row, "id"), set())
        if cell(row, "chain"):
            chains.add(cell(row, "chain"))
    return {segment: sorted(chains) for segment, chains in sorted(found.items())}


def read(tables: Tables) -> Zone:
    """Merge and index the tables."""

    def rows(table: str) -> dict[str, Row]:
        return {key[0]: item.cells for key, item in merged(tables, table).items()}

    needs = {key: number(item.cells, "need") for key, item in merged(tables, "needs").items()}
    zone = Zone(
        tables=tables,
        map=Map(rows("regions")),
        enterprises=rows("enterprises"),
        projects=rows("projects"),
        segments=rows("segments"),
        chains=segment_chains(tables),
        produces=merged(tables, "produces"),
        offers=merged(tables, "offers"),
        supplies=merged(tables, "supplies"),
        weights=input_weights(merged(tables, "inputs")),
        needs=needs,
    )
    zone.made = made_entries(zone)
    return zone


# ---------------------------------------------------------------- criticality


def layers(
    products: dict[str, float], edges: dict[tuple[str, str], float]
) -> list[dict[str, float]]:
    """Largest value of a walk of exactly h hops, per segment; edges lead away from the leader."""
    found = [dict(products)]
    for _ in range(HOPS):
        reached: dict[str, float] = {}
        for (tail, head), weight in edges.items():
            if tail != head and tail in found[-1]:
                value = found[-1][tail] * (GAMMA * weight)
                reached[head] = max(reached.get(head, 0.0), value)
        found.append(reached)
    return found


def walk_back(
    hops: list[dict[str, float]], edges: dict[tuple[str, str], float], segment: str, best: float
) -> list[str]:
    """Fewest hops, then the predecessor with the smallest id, by float equality."""
    hop = next(h for h in range(1, HOPS + 1) if hops[h].get(segment) == best)
    path = [segment]
    while hop > 0:
        here, value = path[0], hops[hop][path[0]]
        before = hops[hop - 1]
        path.insert(
            0,
            min(
                tail
                for (tail, head), weight in edges.items()
                if head == here
                and tail != head
                and tail in before
                and before[tail] * (GAMMA * weight) == value
            ),
        )
        hop -= 1
    return path


def one_way(
    products: dict[str, float], edges: dict[tuple[str, str], float], factor: float
) -> dict[str, tuple[float, list[str]]]:
    """Criticality and shown path of everything reached in one direction."""
    hops = layers(products, edges)
    found = {}
    for segment in sorted({name for hop in hops[1:] for name in hop}):
        best = max(hop.get(segment, 0.0) for hop in hops[1:])
        if best > 0:
            found[segment] = best * factor, walk_back(hops, edges, segment, best)
    return found


def criticality(
    products: dict[str, float], weights: dict[tuple[str, str], float], direction: str
) -> dict[str, tuple[float, list[str]]]:
    """Up, down or the larger of the two (up on a tie)."""
    upstream = {(out, source): weight for (source, out), weight in weights.items()}
    up = one_way(products, upstream, 1.0)
    down = one_way(products, weights, DELTA)
    if direction == "up":
        return up
    if direction == "down":
        return down
    both = dict(down)
    for segment, found in up.items():
        if segment not in both or found[0] >= both[segment][0]:
            both[segment] = found
    return both


# ---------------------------------------------------------------- shortage


def shortage(pairs: Iterable[tuple[float, float]]) -> float:
    """Expected share of the need that the (x̂, ρ) leave uncovered, on 64 steps."""
    chance = [1.0] + [0.0] * STEPS
    for effective, rho in sorted(pairs, key=lambda pair: (-pair[0], -pair[1])):
        if effective == 0 or rho == 0:
            continue
        steps = STEPS * effective
        whole = math.floor(steps)
        part = steps - whole
        after = [0.0] * (STEPS + 1)
        for j in range(STEPS):
            low = chance[j - whole] if j >= whole else 0.0
            high = chance[j - whole - 1] if j >= whole + 1 else 0.0
            after[j] = (1 - rho) * chance[j] + rho * ((1 - part) * low + part * high)
        after[STEPS] = 1.0 - math.fsum(after[:STEPS])
        chance = after
    return math.fsum(chance[j] * (STEPS - j) / STEPS for j in range(STEPS))


# ---------------------------------------------------------------- relatedness and ties


def local_makers(zone: Zone, region: str) -> dict[str, set[str]]:
    """Segment -> active enterprises that make it inside the region."""
    found: dict[str, set[str]] = {segment: set() for segment in zone.segments}
    for entry in zone.made:
        if zone.active(entry.owner) and zone.map.proximity(region, entry.region, "local") == 1:
            found[entry.segment].add(entry.owner)
    return found


def omegas(zone: Zone, region: str) -> dict[str, float | None]:
    """Relatedness density of each segment to what the region makes."""
    makers: dict[str, set[str]] = {segment: set() for segment in zone.segments}
    for entry in zone.made:
        if zone.active(entry.owner):
            makers[entry.segment].add(entry.owner)
    local = local_makers(zone, region)
    found: dict[str, float | None] = {}
    for s in zone.segments:
        others = [i for i in zone.segments if i != s and makers[i]]
        mixed = {firm for i in others for firm in makers[i] & makers[s]}
        if len(mixed) < 3:
            found[s] = None
            continue
        phi = {i: len(makers[i] & makers[s]) / max(len(makers[i]), len(makers[s])) for i in others}
        top = math.fsum(phi[i] for i in others if local[i])
        found[s] = top / math.fsum(phi.values())
    return found


def tie_edges(zone: Zone) -> set[tuple[Node, Node]]:
    """SUPPLIES, INVESTS_IN, PRODUCES, OFFERS, PROPOSED_BY."""
    edges: set[tuple[Node, Node]] = set()
    for supplier, buyer, _ in zone.supplies:
        edges.add((("Enterprise", supplier), ("Enterprise", buyer)))
    for investor, enterprise in merged(zone.tables, "invests"):
        edges.add((("Enterprise", investor), ("Enterprise", enterprise)))
    for enterprise, segment in merged(zone.tables, "produces"):
        edges.add((("Enterprise", enterprise), ("Segment", segment)))
    for project, segment in zone.offers:
        edges.add((("Project", project), ("Segment", segment)))
    for project, row in zone.projects.items():
        if cell(row, "applicant") in zone.enterprises:
            edges.add((("Project", project), ("Enterprise", cell(row, "applicant"))))
    return edges


def page_rank(nodes: list[Node], edges: set[tuple[Node, Node]], start: Node) -> dict[Node, float]:
    """Personalised, restart 0.15, dangling mass to the start, L1 <= 1e-12."""
    near: dict[Node, set[Node]] = {node: set() for node in nodes}
    for a, b in edges:
        if a != b:
            near[a].add(b)
            near[b].add(a)
    order = {node: sorted(near[node]) for node in nodes}
    mass = {node: 1.0 if node == start else 0.0 for node in nodes}
    while True:
        lost = math.fsum(mass[node] for node in nodes if not order[node])
        after = {
            node: 0.85 * math.fsum(mass[other] / len(order[other]) for other in order[node])
            for node in nodes
        }
        after[start] += 0.15 + 0.85 * lost
        change = math.fsum(abs(after[node] - mass[node]) for node in nodes)
        mass = after
        if change <= 1e-12:
            return mass


def ties(zone: Zone, leader: str, products: Iterable[str]) -> dict[Node, float]:
    """Tie of every enterprise and project to the leader ("" is the pseudo-leader)."""
    start = ("Enterprise", leader)
    nodes = {("Segment", s) for s in zone.segments} | {("Project", p) for p in zone.projects}
    nodes |= {("Enterprise", e) for e in zone.enterprises} | {start}
    edges = tie_edges(zone)
    if not leader:
        edges |= {(start, ("Segment", s)) for s in products}
    mass = page_rank(sorted(nodes), edges, start)
    firms = [node for node in nodes if node[0] != "Segment" and node != start]
    top = max((mass[node] for node in firms), default=0.0)
    found = {}
    for node in [*firms, start]:
        value = 0.0
        if mass[node] > 0 and top > 0:
            value = min(1.0, max(0.0, 1 + math.log10(mass[node] / top) / 4))
        found[node] = round(value, 6)
    return found


# ---------------------------------------------------------------- one leader in one region


@dataclass
class View:
    """Everything of one leader in one region before any candidate."""

    zone: Zone
    ask: Ask
    leader: str
    region: str
    horizon: tuple[date, date] | None
    products: dict[str, float]
    critical: dict[str, tuple[float, list[str]]] = field(default_factory=dict)
    low: dict[str, float] = field(default_factory=dict)
    high: dict[str, float] = field(default_factory=dict)
    required: list[str] = field(default_factory=list)
    unknown: set[str] = field(default_factory=set)
    makers: dict[str, set[str]] = field(default_factory=dict)
    omega: dict[str, float | None] = field(default_factory=dict)
    tie: dict[Node, float] = field(default_factory=dict)
    base: dict[str, float] = field(default_factory=dict)

    def need(self, segment: str) -> Fraction | None:
        """The leader's need."""
        return self.zone.needs.get((self.leader, segment))

    def c(self, segment: str) -> float:
        """Criticality."""
        return self.critical[segment][0]

    def near(self, entry: Entry) -> float:
        """Proximity of an entry under the asked scheme."""
        return self.zone.map.proximity(self.region, entry.region, self.ask.proximity)

    def suppliers(self, segment: str) -> list[Entry]:
        """F: active enterprises that produce the segment with proximity > 0."""
        return [
            entry
            for entry in self.zone.made
            if entry.segment == segment and self.zone.active(entry.owner) and self.near(entry) > 0
        ]

    def in_reach(self, segment: str) -> list[Entry]:
        """Suppliers with x̂·ρ > 0 under `nested`, whatever scheme is asked."""
        found = []
        for entry in self.zone.made:
            if entry.segment == segment and self.zone.active(entry.owner):
                near = self.zone.map.proximity(self.region, entry.region, "nested")
                effective, rho = entry.pair(self.need(segment), near, (0, 0))
                if effective * rho > 0:
                    found.append(entry)
        return found

    def sigma(self, segment: str, end: int = 0) -> float:
        """Baseline shortage with every assumed input at one end (1 = better)."""
        need = self.need(segment)
        return shortage(e.pair(need, self.near(e), (end, end)) for e in self.suppliers(segment))

    def total(self, also: Iterable[str] = ()) -> float:
        """T, with some unknown segments taken as missing."""
        keep = set(self.required) - self.unknown | set(also)
        return math.fsum(self.c(s) * self.base[s] for s in self.required if s in keep)


def surveyed(view: View, segment: str) -> bool:
    """A fresh survey of a region that contains r covers the segment."""
    if view.horizon is None:
        return False
    oldest, newest = view.horizon
    around = view.zone.map.up(view.region)
    for row in view.zone.tables.get("surveys", []):
        when = day(cell(row, "as_of"))
        if when is None or not oldest < when <= newest or cell(row, "region") not in around:
            continue
        chain, only = cell(row, "chain"), cell(row, "segment")
        if only in ("", segment) and (not chain or chain in view.zone.chains[segment]):
            return True
    return False


def horizon(zone: Zone, ask: Ask) -> tuple[date, date] | None:
    """(24 months before as_of, as_of); as_of defaults to the newest in the graph."""
    newest = day(ask.as_of or "")
    if newest is None:
        texts = [cell(row, "as_of") for rows in zone.tables.values() for row in rows]
        newest = max((when for text in texts if (when := day(text))), default=None)
    return None if newest is None else (months_before(newest, MONTHS), newest)


def own_products(zone: Zone, leader: str) -> dict[str, float]:
    """P(ℓ) with importance, 1 when unknown; closed leaders too."""
    found: dict[str, float] = {}
    for entry in zone.made:
        if entry.owner == leader:
            item = zone.produces.get((leader, entry.segment))
            importance = real(item.cells, "importance") if item else None
            found[entry.segment] = 1.0 if importance is None else importance
    return found


def look(zone: Zone, ask: Ask, leader: str, region: str, products: dict[str, float]) -> View:
    """Analyse one leader in one region."""
    view = View(zone, ask, leader, region, horizon(zone, ask), products)
    view.critical = criticality(products, zone.weights[0], ask.direction)
    low, high = (criticality(products, zone.weights[end], ask.direction) for end in (-1, 1))
    view.low = {segment: found[0] for segment, found in low.items()}
    view.high = {segment: found[0] for segment, found in high.items()}
    view.required = sorted(s for s in view.critical if s not in products and view.c(s) > 0)
    if ask.world == "open":
        view.unknown = {s for s in view.required if not view.in_reach(s) and not surveyed(view, s)}
    view.makers = local_makers(zone, region)
    view.omega = omegas(zone, region)
    view.tie = ties(zone, leader, products)
    view.base = {s: view.sigma(s) for s in view.required}
    return view


def views(tables: Tables, ask: Ask) -> list[View]:
    """One view a leader; a chain without leaders has one pseudo-leader."""
    zone = read(tables)
    if ask.leader is not None:
        leaders = [ask.leader]
    else:
        leaders = [
            firm
            for firm, row in zone.enterprises.items()
            if ask.chain in [part.strip() for part in cell(row, "leads").split(";")]
        ]
    region = ask.region or (zone.home(leaders[0]) if leaders else "")
    if not region:
        raise ValueError("no region")
    if leaders:
        return [look(zone, ask, firm, region, own_products(zone, firm)) for firm in leaders]
    local = local_makers(zone, region)
    products = {s: 1.0 for s in zone.segments if local[s] and ask.chain in zone.chains[s]}
    return [look(zone, ask, "", region, products)]


# ---------------------------------------------------------------- types and flags


def type_of(view: View, segment: str) -> str:
    """The first type that holds."""
    if segment in view.unknown:
        return "unknown"
    need = view.need(segment)
    able = [entry for entry in view.suppliers(segment) if entry.rho() > 0]
    here = [entry for entry in able if view.near(entry) == 1]
    local = [entry.pair(need, 1.0, (0, 0))[0] for entry in here]
    if math.fsum(entry.pair(need, view.near(entry), (0, 0))[0] for entry in able) == 0:
        return "missing"
    if math.fsum(local) == 0:
        return "nearby"
    if math.fsum(local) < TAU:
        return "weak"
    if math.fsum(sorted(local)[:-1]) < TAU:
        return "single_sourced"
    if math.fsum(e.x(need) for e in here) >= 2 and all(e.known(need) for e in here):
        return "crowded"
    return "covered"


def purchases(view: View, segment: str) -> list[tuple[bool, Fraction | None]]:
    """(from a local firm, value) of each known supply of the segment to the leader."""
    found = []
    for (supplier, buyer, what), item in view.zone.supplies.items():
        if buyer == view.leader and what == segment:
            near = view.zone.map.proximity(view.region, view.zone.home(supplier), "local")
            found.append((near == 1, number(item.cells, "value_wan")))
    return found


def leakage(view: View, segment: str) -> bool:
    """Known local share of the purchases by value below 0.3."""
    valued = [(local, value) for local, value in purchases(view, segment) if value is not None]
    total = sum((value for _, value in valued), Fraction(0))
    inside = sum((value for local, value in valued if local), Fraction(0))
    return total > 0 and float(inside / total) < LEAK


def extension(view: View, segment: str) -> bool:
    """No local maker, relatedness high among the segments without one."""
    value = view.omega[segment]
    if view.makers[segment] or value is None or value <= 0:
        return False
    rest = [w for s, w in view.omega.items() if not view.makers[s] and w is not None]
    return value >= statistics.median(rest)


def stale(view: View, segment: str) -> bool:
    """All dated evidence of the suppliers in reach is older than the horizon."""
    dates = [when for entry in view.in_reach(segment) for when in entry.dates]
    return view.horizon is not None and bool(dates) and max(dates) < view.horizon[0]


def flags_of(view: View, segment: str) -> list[str]:
    """Flags beside any type."""
    bought = purchases(view, segment)
    broken = bool(view.makers[segment] and bought) and not any(local for local, _ in bought)
    tests: dict[str, bool] = {
        "broken": broken,
        "leakage": leakage(view, segment),
        "extension": extension(view, segment),
        "stale": stale(view, segment),
    }
    return [name for name, holds in tests.items() if holds]


# ---------------------------------------------------------------- gaps


def supplier_json(view: View, entry: Entry) -> Json:
    """One supplier of the `gaps` object."""
    need = view.need(entry.segment)
    assumed = []
    if not entry.known(need):
        assumed += ["capacity"] * (entry.capacity is None) + ["need"] * (need is None)
    if entry.availability is None:
        assumed.append("availability")
    near = view.near(entry)
    return {
        "id": entry.owner,
        "x": entry.x(need),
        "effective": entry.pair(need, near, (0, 0))[0],
        "availability": entry.rho(),
        "proximity": near,
        "assumed": assumed,
    }


def segment_json(view: View, segment: str) -> Json:
    """One segment of the `gaps` object."""
    unknown = segment in view.unknown
    sigma = None if unknown else view.base[segment]
    interval = [0.0, view.high[segment]]
    if not unknown:
        interval = [
            view.low[segment] * view.sigma(segment, 1),
            view.high[segment] * view.sigma(segment, -1),
        ]
    suppliers = [supplier_json(view, entry) for entry in view.suppliers(segment)]
    suppliers.sort(key=lambda one: (-one["effective"], -one["availability"], one["id"]))
    return {
        "segment": segment,
        "name": cell(view.zone.segments[segment], "name"),
        "chains": view.zone.chains[segment],
        "type": type_of(view, segment),
        "flags": flags_of(view, segment),
        "criticality": view.c(segment),
        "shortage": sigma,
        "severity": None if sigma is None else view.c(segment) * sigma,
        "interval": interval,
        "path": view.critical[segment][1],
        "suppliers": suppliers,
    }


def strongest(items: list[Json]) -> Json:
    """The leader's item with the largest severity (criticality when unknown), first on a tie."""
    best = max(items, key=lambda one: (one["severity"] or 0.0, one["criticality"]))
    return best | {"interval": None, "dependents": len(items)}


def gaps(t: Tables, ask: Ask) -> Json:
    """The `gaps` object of section 7."""
    looks = views(t, ask)
    found: dict[str, list[Json]] = {}
    for view in looks:
        for segment in view.required:
            found.setdefault(segment, []).append(segment_json(view, segment))
    single = ask.leader is not None
    items = [found[s][0] if single else strongest(found[s]) for s in sorted(found)]
    listed = [one for one in items if one["type"] in GAP_TYPES]
    listed.sort(key=lambda one: (-one["severity"], one["segment"]))
    verify = [one for one in items if one["type"] == "unknown"]
    verify.sort(key=lambda one: (-one["criticality"], one["segment"]))
    every = [one for group in found.values() for one in group]
    zone = looks[0].zone
    return {
        "total": math.fsum(view.total() for view in looks),
        "total_interval": [math.fsum(one["interval"][end] for one in every) for end in (0, 1)]
        if single
        else None,
        "segments": items,
        "gaps": [one["segment"] for one in listed],
        "in_house": sorted({s for view in looks for s in view.products}),
        "to_verify": [{k: one[k] for k in ("segment", "criticality", "path")} for one in verify],
        "unlocated": sum(zone.active(e) and not zone.home(e) for e in zone.enterprises),
    }


# ---------------------------------------------------------------- candidates


@dataclass(frozen=True)
class Candidate:
    """New entries at proximity 1, and the owners whose entries they replace."""

    id: str
    kind: str
    entries: tuple[Entry, ...]
    replaces: str = ""
    stage: str = ""

    @property
    def node(self) -> Node:
        """Its node in the graph of ties."""
        return ("Project" if self.kind == "project" else "Enterprise"), self.id

    def segments(self, view: View) -> list[str]:
        """What it offers that the leader requires."""
        return sorted({entry.segment for entry in self.entries} & set(view.required))

    def ready(self, end: int) -> float:
        """Readiness at an end."""
        if self.kind != "project":
            return READY_ENTERPRISE[end]
        return STAGES[self.stage] if self.stage else READY_PROJECT[end]


def project_candidates(view: View) -> list[Candidate]:
    """Every project with an offer, not operating and not lost."""
    zone, found = view.zone, []
    for project, row in zone.projects.items():
        if cell(row, "stage") in ("operating", "lost"):
            continue
        owner = cell(row, "applicant")
        entries = tuple(
            entry_of(zone, owner, segment, view.region, item)
            for (one, segment), item in zone.offers.items()
            if one == project
        )
        moves = cell(row, "relocates").lower() in ("true", "1", "yes", "是")
        replaces = owner if moves and owner in zone.enterprises else ""
        if entries:
            found.append(Candidate(project, "project", entries, replaces, cell(row, "stage")))
    return found


def firm_candidates(view: View, projects: list[Candidate]) -> tuple[list[Candidate], list[str]]:
    """Enterprises outside r, expansions inside it, and those to locate first."""
    taken = {(e.owner, e.segment) for candidate in projects for e in candidate.entries}
    types = {s: type_of(view, s) for s in view.required}
    zone, found, locate = view.zone, [], []
    for firm in zone.enterprises:
        if not zone.active(firm):
            continue
        mine = [
            e
            for e in zone.made
            if e.owner == firm and e.segment in types and (firm, e.segment) not in taken
        ]
        doubled = tuple(
            replace(e, times=2)
            for e in mine
            if view.near(e) == 1 and types[e.segment] in ("weak", "single_sourced")
        )
        home = zone.home(firm)
        if doubled:
            found.append(Candidate(firm, "expansion", doubled))
        if not mine or view.region in zone.map.up(home):
            continue
        if not home or home in zone.map.up(view.region):
            locate.append(firm)
        else:
            found.append(Candidate(firm, "enterprise", tuple(mine), firm))
    return found, locate


def remains(candidate: Candidate, entry: Entry) -> bool:
    """Whether a baseline entry stays beside the candidate."""
    if candidate.kind == "expansion":
        return all(replace(new, times=1) != entry for new in candidate.entries)
    return not candidate.replaces or entry.owner != candidate.replaces


def after(view: View, candidate: Candidate, segment: str, end: int, pins: Pins) -> float:
    """σ(s | F ∪ {c}) with the candidate's own assumed inputs at one end, unless pinned."""
    need = view.need(segment)
    ends = (
        0 if ("x", segment) in pins else end,
        0 if ("availability", segment) in pins else end,
    )
    old = [e for e in view.suppliers(segment) if remains(candidate, e)]
    pairs = [entry.pair(need, view.near(entry), (0, 0)) for entry in old]
    pairs += [e.pair(need, 1.0, ends) for e in candidate.entries if e.segment == segment]
    return shortage(pairs)


def deltas(
    view: View, candidate: Candidate, segments: list[str], end: int = 0, pins: Pins = frozenset()
) -> dict[str, float]:
    """Gain per filled segment; negative gains are cut at 0 and dropped."""
    found = {}
    for s in segments:
        gain = view.c(s) * (view.base[s] - after(view, candidate, s, end, pins))
        if gain > 0:
            found[s] = gain
    return found


def weighted(gains: dict[str, float], value: Callable[[str], float]) -> float | None:
    """Gain-weighted mean; None over nothing."""
    total = math.fsum(gains.values())
    return math.fsum(gain * value(s) for s, gain in gains.items()) / total if total > 0 else None


def relatedness(view: View, gains: dict[str, float], instead: float) -> float | None:
    """Gain-weighted mean of ω, with a value for the segments without one."""

    def value(segment: str) -> float:
        omega = view.omega[segment]
        return instead if omega is None else omega

    return weighted(gains, value)


def usual_relatedness(view: View, candidates: list[Candidate]) -> float:
    """Median over all candidates of their mean over filled segments with ω."""
    means = []
    for candidate in candidates:
        gains = deltas(view, candidate, known_segments(view, candidate))
        with_omega = {s: gain for s, gain in gains.items() if view.omega[s] is not None}
        mean = relatedness(view, with_omega, 0.0)
        if mean is not None:
            means.append(mean)
    return statistics.median(means) if means else 0.0


def known_segments(view: View, candidate: Candidate) -> list[str]:
    """Required segments it offers that are not unknown."""
    return [s for s in candidate.segments(view) if s not in view.unknown]


def unknown_segments(view: View, candidate: Candidate) -> list[str]:
    """Required segments it offers that are unknown."""
    return [s for s in candidate.segments(view) if s in view.unknown]


def modifier(view: View, candidate: Candidate, related: float | None, end: int) -> float:
    """M."""
    w0, w1, w2, w3 = SCHEME
    tie = view.tie[candidate.node]
    return w0 + w1 * (related or 0.0) + w2 * tie + w3 * candidate.ready(end)


def score_at(
    view: View, candidate: Candidate, also: list[str], usual: float, end: int, pins: Pins
) -> float:
    """The score at one end, with some unknown segments taken as missing."""
    total = view.total(also)
    segments = sorted(known_segments(view, candidate) + also)
    gains = deltas(view, candidate, segments, end, pins)
    related = relatedness(view, gains, {-1: 0.0, 0: usual, 1: 1.0}[end])
    ready = 0 if ("stage", "") in pins else end
    m = modifier(view, candidate, related, ready)
    return math.fsum((gain / total) * m for gain in gains.values()) if total > 0 else 0.0


def interval(view: View, candidate: Candidate, usual: float, pins: Pins) -> list[float]:
    """[all own assumed inputs worse, all better]."""
    also = [s for s in unknown_segments(view, candidate) if ("survey", s) not in pins]
    low = score_at(view, candidate, [], usual, -1, pins)
    high = score_at(view, candidate, [], usual, 1, pins)
    return [low, max(high, score_at(view, candidate, also, usual, 1, pins))]


def open_inputs(view: View, candidate: Candidate) -> list[tuple[str, str]]:
    """(segment, input) of everything assumed about the candidate, in tie order."""
    found = set()
    for entry in candidate.entries:
        s = entry.segment
        if s not in view.required:
            continue
        if not entry.known(view.need(s)):
            found |= {(s, "capacity")} if entry.capacity is None else set()
            found |= {(s, "need")} if view.need(s) is None else set()
        if entry.availability is None:
            found.add((s, "availability"))
    found |= {(s, "survey") for s in unknown_segments(view, candidate)}
    if candidate.kind == "project" and not candidate.stage:
        found.add(("", "stage"))
    return sorted(found)


def narrow_by(view: View, candidate: Candidate, usual: float, whole: list[float]) -> Json | None:
    """The input whose knowledge, at base, shrinks the interval most."""
    best, most = None, 0.0
    for segment, name in open_inputs(view, candidate):
        pin = "x" if name in ("capacity", "need") else name
        low, high = interval(view, candidate, usual, frozenset({(pin, segment)}))
        shrink = (whole[1] - whole[0]) - (high - low)
        if shrink > most:
            best, most = {"input": name, "segment": segment or None}, shrink
    return best


# ---------------------------------------------------------------- rank


@dataclass
class Scored:
    """One candidate for one leader, at base."""

    view: View
    candidate: Candidate
    usual: float
    gains: dict[str, float]
    extra: dict[str, float]
    related: float | None
    m: float


def score(view: View, candidate: Candidate, usual: float) -> Scored:
    """Gains, gains on unknown segments, and M."""
    gains = deltas(view, candidate, known_segments(view, candidate))
    extra = deltas(view, candidate, unknown_segments(view, candidate))
    related = relatedness(view, gains, usual)
    return Scored(
        view, candidate, usual, gains, extra, related, modifier(view, candidate, related, 0)
    )


def part_json(group: list[Scored], segment: str, total: float) -> Json:
    """The part of one segment: summed over leaders, shown for the one who gains most."""
    having = [one for one in group if segment in one.gains]
    best = max(having, key=lambda one: one.gains[segment])
    view = best.view
    return {
        "segment": segment,
        "part": math.fsum((one.gains[segment] / total) * one.m for one in having),
        "gain": math.fsum(one.gains[segment] for one in having),
        "before": view.base[segment],
        "after": after(view, best.candidate, segment, 0, frozenset()),
        "path": view.critical[segment][1],
    }


def fill_if_missing(group: list[Scored]) -> float | None:
    """Fill with the unknown segments it offers taken as missing; None without such."""
    unknown = [unknown_segments(one.view, one.candidate) for one in group]
    if not any(unknown):
        return None
    gain = math.fsum(g for one in group for g in (one.gains | one.extra).values())
    total = math.fsum(one.view.total(also) for one, also in zip(group, unknown, strict=True))
    return gain / total if total > 0 else 0.0


def candidate_json(group: list[Scored], looks: list[View], single: bool) -> Json:
    """One candidate of the `rank` object; the group holds one item a leader."""
    first, total = group[0], math.fsum(view.total() for view in looks)
    candidate = first.candidate
    filled = sorted({s for one in group for s in one.gains}) if total > 0 else []
    parts = [part_json(group, s, total) for s in filled]
    gain = math.fsum(g for one in group for g in one.gains.values())
    whole = interval(first.view, candidate, first.usual, frozenset()) if single else None
    alone = len(looks) == 1
    tie = first.view.tie[candidate.node]
    return {
        "id": candidate.id,
        "kind": candidate.kind,
        "score": math.fsum(part["part"] for part in parts),
        "fill": gain / total if total > 0 else 0.0,
        "gain": gain,
        "fill_if_missing": fill_if_missing(group),
        "interval": whole,
        "narrow_by": narrow_by(first.view, candidate, first.usual, whole) if whole else None,
        "modifiers": {
            "relatedness": first.related if alone else None,
            "tie": tie if alone else None,
            "readiness": candidate.ready(0),
        },
        "parts": parts,
    }


def scored_all(view: View) -> tuple[list[Scored], list[str]]:
    """All candidates of one leader, all kinds, before any filter."""
    projects = project_candidates(view)
    firms, locate = firm_candidates(view, projects)
    usual = usual_relatedness(view, projects + firms)
    return [score(view, candidate, usual) for candidate in projects + firms], locate


def with_absent(groups: dict[tuple[str, str], list[Scored]], looks: list[View]) -> None:
    """A leader for whom a firm is no candidate still counts in the sums: with no gain."""
    for group in groups.values():
        for view in looks:
            if all(one.view is not view for one in group):
                nothing = replace(group[0].candidate, entries=())
                group.append(Scored(view, nothing, 0.0, {}, {}, None, 0.0))


def rank(t: Tables, ask: Ask) -> Json:
    """The `rank` object of section 7: all kinds, all candidates, in order."""
    looks = views(t, ask)
    groups: dict[tuple[str, str], list[Scored]] = {}
    locate: set[str] = set()
    for view in looks:
        scored, missing = scored_all(view)
        locate |= set(missing)
        for one in scored:
            groups.setdefault((one.candidate.id, one.candidate.kind), []).append(one)
    with_absent(groups, looks)
    single = ask.leader is not None
    items = [candidate_json(group, looks, single) for group in groups.values()]
    items.sort(key=lambda one: (-one["score"], one["id"], one["kind"]))
    return {
        "total": math.fsum(view.total() for view in looks),
        "candidates": items,
        "locate_first": sorted(locate),
    }
