"""§3 and §4 for one leader in one region: criticality, suppliers, shortage, type and flags."""

from __future__ import annotations

import math
import statistics
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from functools import cached_property

from tests.reference.criticality import Critical, criticality
from tests.reference.relatedness import omega
from tests.reference.shortage import shortage
from tests.reference.suppliers import Supplier, supplier
from tests.reference.tables import parse_date
from tests.reference.world import Ask, World, weight_ends

__all__ = ["BASE", "HIGH", "LOW", "TAU", "Analysis", "analyses", "region_of_question"]

LOW, BASE, HIGH = 0, 1, 2
TAU = 0.8
ENOUGH = 2.0
LEAKAGE = 0.3


@dataclass(frozen=True)
class Analysis:
    """One leader (or `None` for the pseudo-leader of a chain) with the products it makes."""

    world: World
    ask: Ask
    leader: str | None
    products: dict[str, float]
    region: str

    @cached_property
    def criticals(self) -> list[dict[str, Critical]]:
        """c at (low, base, high): assumed weights at ½, 1 and 2 times."""
        ends = weight_ends(self.world)
        return [
            criticality({k: w[end] for k, w in ends.items()}, self.products, self.ask.direction)
            for end in (LOW, BASE, HIGH)
        ]

    @cached_property
    def required(self) -> list[str]:
        """R: segments with c > 0 that the leader does not make itself, in id order."""
        base = self.criticals[BASE]
        return sorted(s for s, c in base.items() if c.value > 0 and s not in self.products)

    def c(self, segment: str, end: int = BASE) -> float:
        """Criticality of a required segment."""
        return self.criticals[end][segment].value

    def path(self, segment: str) -> list[str]:
        """The shown path t … s."""
        return list(self.criticals[BASE][segment].path)

    def need(self, segment: str) -> Fraction | None:
        """The leader's need; a pseudo-leader has none known."""
        return self.world.needs.get((self.leader or "", segment))

    def suppliers(self, segment: str, scheme: str | None = None) -> list[Supplier]:
        """Active enterprises that make s with proximity > 0."""
        found = []
        for make in self.world.makers(segment):
            asked = scheme or self.ask.proximity
            proximity = self.world.regions.proximity(make.region, self.region, asked)
            if proximity > 0:
                found.append(supplier(make, self.need(segment), proximity))
        return sorted(found, key=lambda f: (-f.effective(BASE), -f.availability[BASE], f.id))

    def reach(self, segment: str) -> list[Supplier]:
        """Suppliers in reach: x̂·ρ > 0 under `nested`, whatever scheme is asked."""
        return [f for f in self.suppliers(segment, "nested") if f.contributes]

    @cached_property
    def unknown(self) -> frozenset[str]:
        """Required, nobody in reach, and nobody has checked: only in the open world."""
        if self.ask.world == "closed":
            return frozenset()
        return frozenset(s for s in self.required if not self.reach(s) and not self._surveyed(s))

    def _surveyed(self, segment: str) -> bool:
        as_of, horizon = self.world.as_of(self.ask), self.world.horizon(self.ask)
        where = self.world.regions.upwards(self.region)
        for survey in self.world.surveys:
            day = parse_date(survey.key[1])
            if day is None or as_of is None or horizon is None or survey.key[0] not in where:
                continue
            if horizon < day <= as_of and self._covers(survey.key[2], survey.key[3], segment):
                return True
        return False

    def _covers(self, chain: str, surveyed: str, segment: str) -> bool:
        """The segment, one of its chains, or all; a row with a segment is about that segment."""
        if surveyed:
            return surveyed == segment
        return not chain or chain in self.world.segment_chains[segment]

    def sigma(self, segment: str, end: int = BASE) -> float:
        """Shortage with every assumed input of every supplier at one end (HIGH = best supply)."""
        return shortage([f.entry(end) for f in self.suppliers(segment)])

    def severity(self, segment: str) -> float:
        """`G = c·σ`."""
        return self.c(segment) * self.sigma(segment)

    def interval(self, segment: str) -> list[float]:
        """`[c_lo·σ_lo, c_hi·σ_hi]`; of an unknown segment `[0, c_hi]`."""
        if segment in self.unknown:
            return [0.0, self.c(segment, HIGH)]
        low = self.c(segment, LOW) * self.sigma(segment, HIGH)
        return [low, self.c(segment, HIGH) * self.sigma(segment, LOW)]

    @cached_property
    def total(self) -> float:
        """T: fsum of G over R without the unknown ones, covered segments included."""
        return math.fsum(self.severity(s) for s in self.required if s not in self.unknown)

    def type(self, segment: str) -> str:
        """The first rule that holds."""
        running = [f for f in self.suppliers(segment) if f.availability[BASE] > 0]
        local = [f for f in running if f.proximity == 1.0]
        here = sorted(f.effective(BASE) for f in local)
        if segment in self.unknown:
            return "unknown"
        if math.fsum(f.effective(BASE) for f in running) == 0:
            return "missing"
        if math.fsum(here) == 0:
            return "nearby"
        if math.fsum(here) < TAU:
            return "weak"
        if math.fsum(here[:-1]) < TAU:
            return "single_sourced"
        known = not any(f.x_assumed for f in local)
        return "crowded" if known and math.fsum(f.x[BASE] for f in local) >= ENOUGH else "covered"

    def flags(self, segment: str) -> list[str]:
        """The flags that stand beside the type, in the order of the text."""
        rules = {
            "broken": self._broken,
            "leakage": self._leakage,
            "extension": self._extension,
            "stale": self._stale,
        }
        return [name for name, holds in rules.items() if holds(segment)]

    def _purchases(self, segment: str) -> list[tuple[bool, Fraction | None]]:
        """Of every supply of s to the leader: is the supplier local, and the value."""
        return [
            (
                self.world.regions.inside(self.world.region_of(row.key[0]), self.region),
                row.exact("value_wan"),
            )
            for row in self.world.supplies
            if row.key[1] == self.leader and row.key[2] == segment
        ]

    def _broken(self, segment: str) -> bool:
        bought = self._purchases(segment)
        makers = self.world.local_makers(segment, self.region)
        return bool(makers and bought) and not any(local for local, _ in bought)

    def _leakage(self, segment: str) -> bool:
        valued = [(local, v) for local, v in self._purchases(segment) if v is not None]
        total = sum((v for _, v in valued), Fraction(0))
        here = sum((v for local, v in valued if local), Fraction(0))
        return total > 0 and float(here / total) < LEAKAGE

    def _extension(self, segment: str) -> bool:
        own = omega(self.world, self.region, segment)
        if self.world.local_makers(segment, self.region) or own is None or own <= 0:
            return False
        without = [s for s in self.world.segment_names if not self._local(s)]
        values = [w for s in without if (w := omega(self.world, self.region, s)) is not None]
        return own >= statistics.median(values)

    def _local(self, segment: str) -> bool:
        return bool(self.world.local_makers(segment, self.region))

    def _stale(self, segment: str) -> bool:
        horizon = self.world.horizon(self.ask)
        dates: list[date] = [d for f in self.reach(segment) for d in f.make.dates]
        return horizon is not None and bool(dates) and all(d <= horizon for d in dates)


def region_of_question(world: World, ask: Ask) -> str:
    """The asked region, else the leader's own, else that of the first leader of the chain."""
    leaders = [ask.leader] if ask.leader else world.leaders_of(ask.chain or "")
    region = ask.region or (world.region_of(leaders[0]) if leaders else None)
    if region is None:
        raise ValueError("the question has no region")
    return region


def analyses(world: World, ask: Ask) -> list[Analysis]:
    """One analysis of a leader; of a chain one for each leader, or one pseudo-leader."""
    region = region_of_question(world, ask)
    if ask.leader is not None:
        return [Analysis(world, ask, ask.leader, _products(world, ask.leader), region)]
    leaders = world.leaders_of(ask.chain or "")
    if not leaders:
        return [Analysis(world, ask, None, _made_here(world, ask.chain or "", region), region)]
    return [Analysis(world, ask, e, _products(world, e), region) for e in leaders]


def _products(world: World, leader: str) -> dict[str, float]:
    """P with m; unknown importance is 1. A closed leader still has its products."""
    own = [m for m in world.makes if m.maker == leader]
    return {m.segment: 1.0 if m.importance is None else m.importance for m in own}


def _made_here(world: World, chain: str, region: str) -> dict[str, float]:
    """What the region's enterprises make in the chain, each with importance 1."""
    segments = [s for s, chains in world.segment_chains.items() if chain in chains]
    return {s: 1.0 for s in segments if world.local_makers(s, region)}
