"""How well a project fits a park: hard rules first, then a mean of what is known.

`fit = Σ w·v / Σ w` over the known components; 0 when a rule fails; None when nothing is known.  Its
interval puts the unknown components at 0 and 1.  Unknown rules are counted, never taken as passed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from math import fsum

from graph.analysis.answers import Fit, FitComponents, FitRule, Interval
from graph.analysis.coverage import ratio
from graph.analysis.facts import Facts, number
from graph.analysis.industries import under
from graph.analysis.parks import Park

__all__ = ["FREE", "Fitting", "fit"]

# The rule, what the project needs, what the park has free, and the route it holds for.
_QUANTITIES = (
    ("land", "land_mu", "land_free_mu", "LAND"),
    ("floor", "floor_sqm", "floor_free_sqm", "PARK"),
    ("load", "need_load_kn_sqm", "load_kn_sqm", "PARK"),
    ("height", "need_height_m", "height_m", "PARK"),
    ("power", "need_power_kva", "power_kva", None),
    ("water", "need_water_t_day", "water_t_day", None),
)
FREE: Mapping[str, tuple[str, str]] = {rule: (need, free) for rule, need, free, _ in _QUANTITIES}
_SLACK = frozenset({"land", "floor", "power", "water"})
_NO_LIMIT = ["-"]


@dataclass(frozen=True)
class Edge:
    """One input or output of what a project offers: its weight and what is at its other end."""

    weight: float
    ends: tuple[int, ...]  # both ends where a project offers both


class Fitting:
    """What a project brings to any park."""

    def __init__(self, facts: Facts, project: str) -> None:
        self.facts = facts
        self.id = project
        self._at = facts.projects.index[project]

    @cached_property
    def offered(self) -> Sequence[int]:
        """Positions of the segments it offers."""
        return sorted({offer.maker.segment for offer in self.facts.offers_of(self.id)})

    @property
    def route(self) -> str:
        """LAND for a large project that needs its own site, else PARK."""
        investment, land = self.number("investment_wan"), self.number("land_mu")
        assumed = self.facts.assumed
        large = (investment or 0.0) >= assumed.land_investment_wan
        wide = (land or 0.0) >= assumed.land_mu
        return "LAND" if large and wide and self._value("own_site") is not False else "PARK"

    def number(self, column: str) -> float | None:
        """A quantity; None = unknown."""
        return number(self.facts.projects.numbers(column), self._at)

    def word(self, column: str) -> str | None:
        """A word; None = unknown."""
        value = self._value(column)
        return None if value is None else str(value)

    @cached_property
    def edges(self) -> Sequence[Edge]:
        """Inputs and outputs of the offered segments, one each; a loop is none."""
        inputs, mine = self.facts.inputs, set(self.offered)
        rows = zip(
            inputs.source.tolist(), inputs.target.tolist(), inputs.weight.tolist(), strict=True
        )
        found = []
        for source, target, weight in rows:
            if source != target and (source in mine or target in mine):
                ends = tuple(
                    e for e, other in ((source, target), (target, source)) if other in mine
                )
                found.append(Edge(weight, ends))
        return found

    def _value(self, column: str) -> object:
        value: object = self.facts.projects.values(column)[self._at]
        return value


def fit(project: Fitting, park: Park) -> Fit:
    """One cell of the matrix, `definitions` §6."""
    rules = _rules(project, park)
    parts = _components(project, park, rules)
    failed = any(rule.verdict == "fail" for rule in rules)
    value, interval = (0.0, (0.0, 0.0)) if failed else _mean(project.facts, parts)
    return Fit(
        project.id,
        park.id,
        value,
        interval,
        project.route,
        sum(rule.verdict == "unknown" for rule in rules),
        sorted(rules, key=lambda rule: rule.verdict != "fail"),
        parts,
    )


def _rules(project: Fitting, park: Park) -> list[FitRule]:
    found = [
        _quantity(rule, project.number(need), park.number(free))
        for rule, need, free, route in _QUANTITIES
        if route in (None, project.route)
    ]
    return [*found, _environment(project, park), _zoning(project, park), _negative(project, park)]


def _quantity(rule: str, need: float | None, free: float | None) -> FitRule:
    if need == 0:
        return FitRule(rule, "pass", need, free)
    if need is None or free is None:
        return FitRule(rule, "unknown", need, free)
    return FitRule(rule, "pass" if need <= free else "fail", need, free)


def _environment(project: Fitting, park: Park) -> FitRule:
    need, free = project.word("environment_class"), park.word("environment_class")
    known = need is not None and free is not None
    verdict = ("pass" if str(need) <= str(free) else "fail") if known else "unknown"
    return FitRule("environment_class", verdict, need, free)


def _zoning(project: Fitting, park: Park) -> FitRule:
    industry, allowed = project.word("industry"), park.words("zoning")
    if allowed == _NO_LIMIT:
        return FitRule("zoning", "pass", industry, allowed)
    if industry is None or allowed is None:
        return FitRule("zoning", "unknown", industry, allowed)
    inside = any(under(industry, code) for code in allowed)
    return FitRule("zoning", "pass" if inside else "fail", industry, allowed)


def _negative(project: Fitting, park: Park) -> FitRule:
    banned = park.words("negative_list")
    offered = [project.facts.segments.ids[s] for s in project.offered]
    hit = [segment for segment in offered if segment in (banned or ())]
    if banned == _NO_LIMIT:
        return FitRule("negative_list", "pass", [], banned)
    if banned is None or not offered:
        return FitRule("negative_list", "unknown", None, banned)
    return FitRule("negative_list", "fail" if hit else "pass", hit, banned)


def _components(project: Fitting, park: Park, rules: Sequence[FitRule]) -> FitComponents:
    offered = project.offered
    largest = max(park.positioning.values(), default=0.0)
    match = [ratio(park.positioning.get(s, 0.0), largest) for s in offered] if largest else []
    omega = [w for s in offered if (w := park.relatedness.of(s)) is not None]
    room = [v for rule in rules if rule.rule in _SLACK and (v := _slack(rule)) is not None]
    return FitComponents(
        _average(match), _colocation(project, park), _average(omega), _average(room)
    )


def _colocation(project: Fitting, park: Park) -> float | None:
    """Share by weight of the inputs and outputs that tenants make; None without either."""
    if not park.tenants or not project.edges:
        return None
    here = [e.weight for e in project.edges if any(park.made[end] for end in e.ends)]
    return fsum(here) / fsum(e.weight for e in project.edges)


def _slack(rule: FitRule) -> float | None:
    """`clip((free − need)/need, 0, 1)`, 1 where nothing is needed; None = unknown."""
    if rule.need == 0:
        return 1.0
    if not isinstance(rule.need, float) or not isinstance(rule.free, float):
        return None
    need, free = Fraction(repr(rule.need)), Fraction(repr(rule.free))
    return float(min(max((free - need) / need, Fraction(0)), Fraction(1)))


def _mean(facts: Facts, parts: FitComponents) -> tuple[float | None, Interval]:
    weights = dict(facts.assumed.fit_weights)
    known = {name: v for name in weights if (v := getattr(parts, name)) is not None}
    held = fsum(weights[name] * v for name, v in known.items())
    whole, used = fsum(weights.values()), fsum(weights[name] for name in known)
    missing = fsum(w for name, w in weights.items() if name not in known)
    interval = held / whole, fsum([held, missing]) / whole
    return (held / used if known else None), interval


def _average(values: Sequence[float]) -> float | None:
    return fsum(values) / len(values) if values else None
