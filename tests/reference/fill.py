"""§5: what one candidate is worth to one leader, at base and at both ends."""

from __future__ import annotations

import math
import statistics
from dataclasses import dataclass, field
from functools import cached_property

from tests.reference.analysis import BASE, HIGH, LOW, Analysis
from tests.reference.candidates import Candidate, candidates
from tests.reference.relatedness import omega
from tests.reference.shortage import shortage
from tests.reference.tie import masses, tie

__all__ = ["SCHEMES", "Ranking", "Worth"]

SCHEMES = {"balanced": (0.6, 0.2, 0.1, 0.1)}
Known = frozenset[tuple[str, str]]
"""Inputs taken as known at their base value: (input, segment), the segment of stage is ""."""
NOTHING: Known = frozenset()


@dataclass(frozen=True)
class Worth:
    """Gain by segment, what they are divided by, the modifiers and the parts of the score."""

    gains: dict[str, float]
    total: float
    relatedness: float | None
    tie: float
    readiness: float
    modifier: float

    @property
    def gain(self) -> float:
        """fsum Δ in segment-id order."""
        return math.fsum(self.gains[s] for s in sorted(self.gains))

    @property
    def fill(self) -> float:
        """`fsum Δ / T`, 0 without a total."""
        return self.gain / self.total if self.total > 0 else 0.0

    def parts(self, total: float) -> dict[str, float]:
        """`(Δ(s)/T)·M` of every filled segment in id order."""
        if total == 0:
            return {}
        return {s: self.gains[s] / total * self.modifier for s in sorted(self.gains)}

    @property
    def score(self) -> float:
        """fsum of the parts."""
        return math.fsum(self.parts(self.total).values())


@dataclass
class Ranking:
    """All candidates of one analysis, with the whole-graph numbers their modifiers need."""

    analysis: Analysis
    omegas: dict[str, float | None] = field(default_factory=dict)

    @cached_property
    def all(self) -> dict[tuple[str, str], Candidate]:
        """Candidates by (id, kind)."""
        return {(c.id, c.kind): c for c in candidates(self.analysis)}

    @cached_property
    def _masses(self) -> dict[tuple[str, str], float]:
        leader = self.analysis.leader
        return {} if leader is None else masses(self.analysis.world, leader)

    @cached_property
    def typical_relatedness(self) -> float:
        """The median over all candidates of their mean over filled segments with ω; else 0."""
        means = []
        for candidate in self.all.values():
            gains = self.gains(candidate, BASE, NOTHING, frozenset())
            known = {s: g for s, g in gains.items() if self.omega(s) is not None}
            if known:
                means.append(_mean(known, {s: self.omega(s) or 0.0 for s in known}))
        return statistics.median(means) if means else 0.0

    def omega(self, segment: str) -> float | None:
        """ω_r(s), remembered."""
        if segment not in self.omegas:
            world, region = self.analysis.world, self.analysis.region
            self.omegas[segment] = omega(world, region, segment)
        return self.omegas[segment]

    def unknown_of(self, candidate: Candidate) -> frozenset[str]:
        """The unknown segments a candidate offers."""
        return frozenset(candidate.entries) & self.analysis.unknown

    def after(self, candidate: Candidate, segment: str, end: int, known: Known) -> float:
        """σ(s | F ∪ {c}): its old entry gone, its own at one end, all others at base."""
        entry = candidate.entries[segment]
        knows_x = ("capacity", segment) in known or ("need", segment) in known
        knows_rho = ("availability", segment) in known
        x = entry.x[BASE if knows_x else end]
        rho = entry.availability[BASE if knows_rho else end]
        own = (min(1.0, x) * entry.factor * entry.proximity, rho)
        others = [f for f in self.analysis.suppliers(segment) if f.id != candidate.replaces]
        return shortage([f.entry(BASE) for f in others] + [own])

    def gains(
        self, candidate: Candidate, end: int, known: Known, missing: frozenset[str]
    ) -> dict[str, float]:
        """Δ(s) > 0 of the filled segments; unknown ones only where taken as missing."""
        found = {}
        for segment in candidate.entries:
            if segment in self.analysis.unknown and segment not in missing:
                continue
            before = self.analysis.sigma(segment)
            drop = before - self.after(candidate, segment, end, known)
            gain = self.analysis.c(segment) * drop
            if gain > 0:
                found[segment] = gain
        return found

    def total(self, missing: frozenset[str]) -> float:
        """T, with some unknown segments counted as missing."""
        a = self.analysis
        counted = [s for s in a.required if s not in a.unknown or s in missing]
        return math.fsum(a.severity(s) for s in counted)

    def worth(
        self,
        candidate: Candidate,
        end: int = BASE,
        known: Known = NOTHING,
        missing: frozenset[str] = frozenset(),
    ) -> Worth:
        """Everything about one candidate with its own assumed inputs at one end."""
        gains = self.gains(candidate, end, known, missing)
        related = self._relatedness(gains, end)
        tied = tie(self._masses, self.analysis.leader or "", candidate.node)
        ready = candidate.readiness[BASE if ("stage", "") in known else end]
        w0, w1, w2, w3 = SCHEMES[self.analysis.ask.scheme]
        modifier = math.fsum([w0, w1 * (related or 0.0), w2 * tied, w3 * ready])
        return Worth(gains, self.total(missing), related, tied, ready, modifier)

    def _relatedness(self, gains: dict[str, float], end: int) -> float | None:
        """Δ-weighted mean of ω over filled segments; `None` when nothing is filled."""
        if not gains:
            return None
        unknown = {LOW: 0.0, HIGH: 1.0}.get(end)
        if unknown is None:
            lacking = any(self.omega(s) is None for s in gains)
            unknown = self.typical_relatedness if lacking else 0.0
        values = {}
        for segment in gains:
            own = self.omega(segment)
            values[segment] = unknown if own is None else own
        return _mean(gains, values)

    def interval(self, candidate: Candidate, known: Known = NOTHING) -> list[float]:
        """The score with the candidate's own unknowns all low and all high."""
        surveyed = {s for name, s in known if name == "survey"}
        missing = self.unknown_of(candidate) - surveyed
        low = self.worth(candidate, LOW, known).score
        high = self.worth(candidate, HIGH, known).score
        if missing:
            high = max(high, self.worth(candidate, HIGH, known, missing).score)
        return [low, high]

    def assumed(self, candidate: Candidate) -> list[tuple[str, str]]:
        """The candidate's own unknown inputs as (segment, input), sorted."""
        found = [(s, name) for s, e in candidate.entries.items() for name in e.assumed]
        found += [(s, "survey") for s in self.unknown_of(candidate)]
        if candidate.stage_unknown:
            found.append(("", "stage"))
        return sorted(found)

    def narrow_by(self, candidate: Candidate) -> dict[str, str | None] | None:
        """The input whose knowledge at base shrinks the interval most."""
        low, high = self.interval(candidate)
        best: dict[str, str | None] | None = None
        most = 0.0
        for segment, name in self.assumed(candidate):
            known_low, known_high = self.interval(candidate, frozenset({(name, segment)}))
            shrinks = (high - low) - (known_high - known_low)
            if shrinks > most:
                most, best = shrinks, {"input": name, "segment": segment or None}
        return best


def _mean(weights: dict[str, float], values: dict[str, float]) -> float:
    weighted = math.fsum(weights[s] * values[s] for s in sorted(weights))
    return weighted / math.fsum(weights[s] for s in sorted(weights))
