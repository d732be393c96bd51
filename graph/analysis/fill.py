"""The one scorer: how much of the leader's gap each candidate fills.

`Fill = Σ_s c(s)·(σ(s) − σ(s | F ∪ {c})) / T`; `score = Σ_s (Δ(s)/T)·M` with
`M = w0 + w1·relatedness + w2·tie + w3·readiness`: additive over segments, so the explanation is the
score.  A candidate is evaluated as if it stood in the region, with its own capacity, availability,
size and evidence.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import fsum
from statistics import median

from graph.analysis.affinity import Ties
from graph.analysis.answers import Modifiers
from graph.analysis.candidates import Candidate, candidates_of
from graph.analysis.coverage import shortage
from graph.analysis.gaps import Gaps
from graph.question import scheme_of

__all__ = ["End", "Fill", "Scored", "Step"]

End = int  # -1 low, 0 base, 1 high for the candidate's own assumed inputs


@dataclass(frozen=True, slots=True)
class Step:
    """What a candidate does to one segment: Δ = c·(shortage before − after)."""

    segment: int
    before: float
    after: float
    gain: float


@dataclass(frozen=True, eq=False)
class Scored:
    """A candidate's score for one leader; `parts` sum to it exactly."""

    candidate: Candidate
    steps: tuple[Step, ...]
    modifiers: Modifiers
    factor: float  # M
    total: float  # T

    @cached_property
    def parts(self) -> tuple[float, ...]:
        """(Δ/T)·M by segment, in segment-id order."""
        return tuple(_share(s.gain, self.total) * self.factor for s in self.steps)

    @property
    def score(self) -> float:
        """fsum of the parts."""
        return fsum(self.parts)

    @property
    def gain(self) -> float:
        """fsum of Δ: it never grows when others land."""
        return fsum(s.gain for s in self.steps)

    @property
    def fill(self) -> float:
        """Share of the leader's severity removed."""
        return _share(self.gain, self.total)


class Fill:
    """Scores of every candidate of one view."""

    def __init__(self, gaps: Gaps) -> None:
        self.gaps = gaps
        self.view = gaps.view
        self.scheme = scheme_of(gaps.view.question.scheme)

    @cached_property
    def candidates(self) -> Mapping[tuple[str, str], Candidate]:
        """Every candidate of every kind by (kind, id)."""
        return {(c.kind, c.id): c for c in candidates_of(self.gaps)}

    @cached_property
    def scored(self) -> Mapping[tuple[str, str], Scored]:
        """Every candidate's score at base."""
        return {key: self.score(c) for key, c in self.candidates.items()}

    def score(self, candidate: Candidate, end: End = 0, missing: bool = False) -> Scored:
        """The score with the candidate's own assumed inputs at one end.

        With `missing` its unknown segments are taken as missing, in T too.
        """
        steps = self._steps(candidate, end, missing)
        unknown = [s for s in candidate.offers if s in self.view.unknown] if missing else []
        total = fsum([self.gaps.total, *(self._criticality(s) for s in unknown)])
        modifiers = Modifiers(
            self._relatedness(steps, end),
            self._ties.of(candidate.label, candidate.id),
            candidate.readiness[end + 1],
        )
        return Scored(candidate, steps, modifiers, self._factor(modifiers), total)

    @cached_property
    def _ties(self) -> Ties:
        view = self.view
        return Ties(view.facts.snapshot, view.leader, view.products, view.assumed)

    def _factor(self, m: Modifiers) -> float:
        w, related = self.scheme, m.relatedness or 0.0
        return fsum((w.fill, w.relatedness * related, w.tie * m.tie, w.readiness * m.readiness))

    def _steps(self, candidate: Candidate, end: End, missing: bool) -> tuple[Step, ...]:
        return tuple(
            self._step(candidate, s, end)
            for s in sorted(candidate.offers)
            if missing or s not in self.view.unknown
        )

    def _step(self, candidate: Candidate, segment: int, end: End) -> Step:
        assumed = self.view.assumed
        gap = self.gaps.found[segment]
        before = 1.0 if gap.shortage is None else gap.shortage
        leaves = candidate.replaces.get(segment, frozenset())
        stay = [e for e in gap.entries if e.maker not in leaves]
        own = candidate.offers[segment]
        landed = (own.effective(assumed, end), own.up(assumed, end))
        after = shortage([*((e.effective(assumed), e.availability) for e in stay), landed])
        gain = max(0.0, gap.requirement.criticality * (before - after))
        return Step(segment, before, after, gain)

    def _criticality(self, segment: int) -> float:
        return self.view.required[segment].criticality

    def _relatedness(self, steps: Iterable[Step], end: End) -> float | None:
        """Δ-weighted mean of ω over filled segments; an unknown ω is the median, or an end."""
        filled = self._filled(steps)
        if not filled:
            return None
        if all(omega is not None for _, omega in filled):
            stand_in = 0.0  # nothing is unknown: the median need not be known either
        else:
            stand_in = self._median if end == 0 else float(end > 0)
        return _weighted([(g, stand_in if omega is None else omega) for g, omega in filled])

    @cached_property
    def _median(self) -> float:
        """Median over all candidates of their mean over filled segments with ω; else 0."""
        means = []
        for candidate in self.candidates.values():
            filled = self._filled(self._steps(candidate, 0, False))
            known = [(gain, omega) for gain, omega in filled if omega is not None]
            if known:
                means.append(_weighted(known))
        return median(means) if means else 0.0

    def _filled(self, steps: Iterable[Step]) -> list[tuple[float, float | None]]:
        """(Δ, ω) of the segments that are filled."""
        return [(s.gain, self.gaps.relatedness.of(s.segment)) for s in steps if s.gain > 0]


def _weighted(pairs: Sequence[tuple[float, float]]) -> float:
    return fsum(g * o for g, o in pairs) / fsum(g for g, _ in pairs)


def _share(gain: float, total: float) -> float:
    return gain / total if total > 0 else 0.0
