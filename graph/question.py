"""What is asked, with the assumptions and the scheme that answer it.

Every default that is an assumption is a value here, printed in the answer's `assumed` and on the
page; `ALGORITHM` changes whenever the same question on the same revision may give another number.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from typing import Literal, get_args

from graph.errors import UsageError

__all__ = [
    "ALGORITHM",
    "SCHEMES",
    "Assumptions",
    "Direction",
    "Proximity",
    "Question",
    "Scheme",
    "World",
    "scheme_of",
]

ALGORITHM = "1"

World = Literal["open", "closed"]
Proximity = Literal["nested", "local"]
Direction = Literal["up", "down", "both"]


@dataclass(frozen=True)
class Scheme:
    """Weights of `w0 + w1·relatedness + w2·tie + w3·readiness`; they sum to 1, w0 ≥ ½."""

    name: str
    fill: float
    relatedness: float
    tie: float
    readiness: float


SCHEMES = {"balanced": Scheme("balanced", 0.6, 0.2, 0.1, 0.1)}


def scheme_of(name: str) -> Scheme:
    """The scheme of that name, or the one a name like `0.2/0.1/0.1` spells out.

    The three are the weights of relatedness, tie and readiness; what they leave of 1 is that of the
    fill and must be at least ½.  Raises `UsageError` otherwise.

    >>> scheme_of("0.2/0.1/0.1")
    Scheme(name='0.2/0.1/0.1', fill=0.6, relatedness=0.2, tie=0.1, readiness=0.1)
    """
    if name in SCHEMES:
        return SCHEMES[name]
    try:
        weights = [Fraction(part) for part in name.split("/")] if len(name) < 50 else []
    except (ValueError, ZeroDivisionError):
        weights = []
    if len(weights) != 3 or min(weights) < 0 or sum(weights) > Fraction(1, 2):
        raise UsageError("bad_scheme", given=name, allowed=", ".join(SCHEMES))
    relatedness, tie, readiness = map(float, weights)
    return Scheme(name, float(1 - sum(weights)), relatedness, tie, readiness)


@dataclass(frozen=True)
class Assumptions:
    """The value taken for each unknown, with its worse and better end, and the rules' constants."""

    hop_factor: float = 0.875
    hops: int = 6
    downstream_factor: float = 0.5
    availability: tuple[float, float, float] = (0.7, 0.9, 0.99)
    size_share: tuple[tuple[str, float], ...] = (
        ("large", 1.0),
        ("medium", 0.5),
        ("small", 0.25),
        ("micro", 0.125),
        ("unknown", 0.5),
    )
    share_spread: tuple[float, float] = (0.25, 2.0)
    importance: float = 1.0
    weight: float = 0.5
    weight_spread: tuple[float, float] = (0.5, 2.0)
    grade_factor: tuple[tuple[str, float], ...] = (
        ("verified", 1.0),
        ("declared", 0.9),
        ("inferred", 0.5),
    )
    readiness: tuple[tuple[str, float], ...] = (
        ("lead", 0.2),
        ("in_talks", 0.4),
        ("under_review", 0.6),
        ("signed", 0.8),
        ("building", 0.9),
    )
    enterprise_readiness: tuple[float, float] = (0.2, 0.6)
    project_readiness: tuple[float, float] = (0.2, 0.9)
    city: float = 0.5
    province: float = 0.2
    survey_months: int = 24
    enough: float = 0.8
    crowded: float = 2.0
    leakage: float = 0.3
    restart: float = 0.15
    tolerance: float = 1e-12
    basket_firms: int = 3
    land_investment_wan: float = 10_000.0
    land_mu: float = 20.0
    fit_weights: tuple[tuple[str, float], ...] = (
        ("positioning", 0.4),
        ("colocation", 0.2),
        ("relatedness", 0.2),
        ("slack", 0.2),
    )


@dataclass(frozen=True)
class Question:
    """One question, frozen; a leader or a chain, seen from a region at a date."""

    leader: str | None = None
    chain: str | None = None
    region: str | None = None
    as_of: str | None = None
    world: World = "open"
    proximity: Proximity = "nested"
    direction: Direction = "up"
    scheme: str = "balanced"
    assumptions: Assumptions = field(default_factory=Assumptions, repr=False)

    @classmethod
    def checked(cls, **given: str | None) -> Question:
        """A question from words as a user gave them; an empty one takes its default.

        Raises `UsageError` naming the word and what is allowed.
        """
        words = {name: value for name, value in given.items() if value}
        for name, allowed in _ALLOWED.items():
            if name in words and words[name] not in allowed:
                raise UsageError(
                    "bad_choice", name=name, given=words[name], allowed=" | ".join(allowed)
                )
        scheme_of(words.get("scheme", "balanced"))
        if "as_of" in words:
            words["as_of"] = _day(words["as_of"])
        return cls(**words)  # type: ignore[arg-type]


_ALLOWED = {
    "world": get_args(World),
    "proximity": get_args(Proximity),
    "direction": get_args(Direction),
}


def _day(given: str) -> str:
    """A date; a partial one is its first day."""
    try:
        return date.fromisoformat("-".join([*given.split("-"), "01", "01"][:3])).isoformat()
    except ValueError:
        raise UsageError("bad_date", given=given) from None
