"""The gates of an admission review, in order: what each says, and the outcome that follows.

1 completeness → 2 vetoes (pass, fail, 待核) → 3 track → 4 hard minimums, never averaged away →
5 scores → 6 outcome.  An outcome that still depends on what is unknown is 待补证, with the one
document that narrows the score most.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from graph.review.fixes import Fix, fixes_of
from graph.review.scoring import Application, Head, Item, heads_of, number, value_of
from graph.review.standard import Indicator, Standard

__all__ = [
    "GATES",
    "LAND_INVESTMENT",
    "LAND_MU",
    "OUTCOMES",
    "Assessment",
    "Gate",
    "assess",
    "track_of",
]

GATES = ("complete", "veto", "track", "minimum")
OUTCOMES = ("approved", "conditional", "deferred", "transferred", "rejected", "special")
LAND_INVESTMENT = 10_000.0  # 万元: assumption, definitions §6
LAND_MU = 20.0


@dataclass(frozen=True)
class Gate:
    """What one rule says (pass, fail, unknown), its value beside its threshold, and the source."""

    gate: str  # complete | veto | track | minimum
    rule: str
    name: str
    verdict: str
    value: float | str | None = None
    threshold: float | str | None = None
    unit: str = ""
    source: str = ""
    near: bool = False  # a minimum missed by no more than the band
    fixes: Sequence[Fix] = ()


@dataclass(frozen=True)
class Assessment:
    """One project at one park by one version of its standard.

    `outcome` is None while the unknown decides; `needs` then names the item to prove and its
    document.
    """

    project: str
    park: str
    standard: str
    version: str
    expired: bool
    track: str
    gates: Sequence[Gate]
    heads: Sequence[Head]
    score: float | None
    low: float
    high: float
    outcome: str | None
    why: str
    needs: Item | None
    transfer_to: str | None = None


def track_of(given: Application) -> str | None:
    """LAND for a large project that needs its own site, else PARK; None while unknown.

    大项目供地、小项目入园: investment ≥ 10,000 万元, land ≥ 20 亩 and `own_site` not false.
    """
    reached = [
        _reached(given.numbers.get("investment_wan"), LAND_INVESTMENT),
        _reached(given.numbers.get("land_mu"), LAND_MU),
        given.own_site is not False,
    ]
    if False in reached:
        return "PARK"
    return None if None in reached else "LAND"


def assess(
    standard: Standard, given: Application, day: date, others: Mapping[str, float] | None = None
) -> Assessment:
    """The gates, heads and outcome of an application.

    `others` = the lowest score it surely reaches at other parks, by park, where all of their rules
    pass.
    """
    gates = [
        *_completeness(standard, given),
        *_vetoes(standard, given),
        _track(standard, given),
        *_minimums(standard, given),
    ]
    heads = heads_of(standard, given)
    low = float(sum((number(h.low) for h in heads), Fraction(0)))
    high = float(sum((number(h.high) for h in heads), Fraction(0)))
    score = low if all(h.points is not None for h in heads) else None
    outcome, why, to = _outcome(standard, gates, low, high, others or {})
    return Assessment(
        given.id,
        given.park,
        standard.id,
        standard.version,
        standard.expired(day),
        standard.track,
        gates,
        heads,
        score,
        low,
        high,
        outcome,
        why,
        _most_unknown(heads) if outcome is None else None,
        to,
    )


def _completeness(standard: Standard, given: Application) -> list[Gate]:
    return [
        Gate("complete", name, name, "pass" if name in given.numbers else "fail")
        for name in standard.required
    ]


def _vetoes(standard: Standard, given: Application) -> list[Gate]:
    words = {True: "pass", False: "fail", None: "unknown"}
    return [
        Gate("veto", v.id, v.name, words[given.vetoes.get(v.id)], source=v.basis)
        for v in standard.vetoes
    ]


def _track(standard: Standard, given: Application) -> Gate:
    found = track_of(given)
    verdict = "unknown" if found is None else "pass" if found == standard.track else "fail"
    return Gate("track", "track", "track", verdict, found, standard.track)


def _minimums(standard: Standard, given: Application) -> list[Gate]:
    return [_minimum(standard, i, given) for i in standard.indicators if i.minimum is not None]


def _minimum(standard: Standard, indicator: Indicator, given: Application) -> Gate:
    """Compared exactly, so that a minimum that is just met is met."""
    assert indicator.minimum is not None
    value, least = value_of(indicator, given.numbers), number(indicator.minimum)
    passed = near = False
    if value is not None:
        band = number(standard.cutoffs.band)
        if indicator.lower_is_better:
            passed, near = value <= least, value <= least * (1 + band)
        else:
            passed, near = value >= least, value >= least * (1 - band)
    return Gate(
        "minimum",
        indicator.id,
        indicator.name,
        "unknown" if value is None else "pass" if passed else "fail",
        None if value is None else float(value),
        indicator.minimum,
        indicator.unit,
        indicator.source,
        near and not passed,
        () if passed or value is None else fixes_of(standard, indicator, given),
    )


def _outcome(
    standard: Standard,
    gates: Sequence[Gate],
    low: float,
    high: float,
    others: Mapping[str, float],
) -> tuple[str | None, str, str | None]:
    """The outcome, the rule that gave it, and the park it is referred to."""
    cut = standard.cutoffs
    failed = {gate: [g for g in gates if g.gate == gate and g.verdict == "fail"] for gate in GATES}
    open_ = [g for g in gates if g.verdict == "unknown"]
    if failed["veto"]:
        return "rejected", "veto", None
    if failed["complete"]:
        return "deferred", "incomplete", None
    beyond = [g for g in failed["minimum"] if not g.near]
    best = max(others, key=lambda park: (others[park], park), default=None)
    if best is not None and (beyond or failed["track"] or others[best] >= high + cut.transfer):
        return "transferred", "better_elsewhere", best
    if failed["track"]:
        return "rejected", "track", None
    if beyond or len(failed["minimum"]) > 1:
        return "rejected", "minimum", None
    if high < cut.reject:
        return "rejected", "score", None
    if any(g.gate == "veto" for g in open_):
        return "deferred", "veto_open", None
    if open_:
        return None, f"{open_[0].gate}_open", None
    levels = [_level(standard, score) for score in (low, high)]
    if levels[0] != levels[1]:
        return None, "score_open", None
    if levels[0] == "approved" and failed["minimum"]:
        return "conditional", "minimum_near", None
    return levels[0], "score", None


def _level(standard: Standard, score: float) -> str:
    cut = standard.cutoffs
    if score >= cut.approve:
        return "approved"
    if score >= cut.conditional:
        return "conditional"
    return "deferred" if score >= cut.reject else "rejected"


def _most_unknown(heads: Sequence[Head]) -> Item | None:
    """The item whose proof narrows the score most; ties by id."""
    items = [i for head in heads for i in head.items if i.high > i.low]
    return min(items, key=lambda i: (i.low - i.high, i.id), default=None)


def _reached(value: float | None, least: float) -> bool | None:
    return None if value is None else value >= least
