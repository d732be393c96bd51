"""Admission standards: one version for a park, an industry and a track.

A standard is data: who wrote which number into it can be read in it, and whether a number comes
from a published rule (`source`) or is this program's assumption (`assumed`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date
from fractions import Fraction

from graph.errors import DataError, UsageError
from graph.review.expression import Formula, parse
from graph.review.fields import FIELDS, units
from graph.review.units import Unit, readings

__all__ = [
    "HEADS",
    "TRACKS",
    "Cutoffs",
    "Indicator",
    "Standard",
    "Veto",
    "differences",
    "resolve",
    "scale",
    "valid",
]

HEADS = ("technology", "direction", "talent", "yield", "subject")
TRACKS = ("LAND", "PARK")
CHAIN_ITEMS = ("positioning", "gain", "relatedness", "crowding", "orders")  # from the graph


@dataclass(frozen=True)
class Veto:
    """One ground on which a project may not come, whatever else it brings."""

    id: str
    name: str
    department: str
    basis: str  # the law or document


@dataclass(frozen=True)
class Indicator:
    """One line of a standard.

    Exactly one of `formula` (over fields), `chain` (from the graph) and `expert` (1–5) says where
    its value comes from.  `weight` 0 = only a hard minimum.  `steps` = (from value, share of the
    weight) in rising order, instead of a benchmark.
    """

    id: str
    name: str
    head: str
    unit: str = ""
    formula: str = ""
    chain: str = ""
    expert: bool = False
    weight: float = 0.0
    benchmark: float | None = None
    lower_is_better: bool = False
    minimum: float | None = None  # at least; at most where lower is better
    steps: tuple[tuple[float, float], ...] = ()
    evidence: str = ""  # the document that proves it
    source: str = ""  # of its numbers
    assumed: bool = False  # the numbers are ours


@dataclass(frozen=True)
class Cutoffs:
    """Where outcomes begin; every one is an assumption unless the standard says otherwise."""

    approve: float = 80.0
    conditional: float = 65.0
    reject: float = 60.0
    band: float = 0.10  # by how much a hard minimum may be missed and still be conditional
    transfer: float = 10.0  # points by which another park must be better


@dataclass(frozen=True)
class Standard:
    """One version of one park's standard for one industry and track ("" = any).

    Its lists are tuples, so that one that is read from JSON again equals the one it was.
    """

    id: str
    version: str
    name: str
    track: str
    valid_from: date
    document: str
    park: str = ""
    industry: str = ""
    valid_to: date | None = None
    indicators: tuple[Indicator, ...] = ()
    vetoes: tuple[Veto, ...] = ()
    cutoffs: Cutoffs = Cutoffs()
    required: tuple[str, ...] = ()  # fields without which an application is incomplete
    priority: bool = True  # 优先引进: closing a gap of a leading chain puts it first among equals
    note: str = ""

    def weights(self) -> Mapping[str, float]:
        """Points by head, most first in `HEADS` order."""
        return {
            head: float(sum(Fraction(repr(i.weight)) for i in self.indicators if i.head == head))
            for head in HEADS
        }

    def expired(self, day: date) -> bool:
        """Whether it no longer holds on a day."""
        return self.valid_to is not None and day > self.valid_to


def scale(indicator: Indicator) -> tuple[Formula, Fraction]:
    """The formula and what its value is multiplied by to be in the indicator's unit.

    Raises `UsageError` `unlike_units` with both readings of the unit where neither is the
    formula's.
    """
    formula = parse(indicator.formula)
    for name in formula.fields:
        if name not in FIELDS:
            raise UsageError("formula_field", field=name, formula=indicator.formula)
    found = formula.unit(units())
    read = readings(indicator.unit)
    for wanted in read.values():
        if wanted.dimension == found.dimension:
            return formula, found.factor / wanted.factor
    shown = " / ".join(dict.fromkeys(_dimension(u) for u in read.values()))
    raise UsageError(
        "unit_of_formula", unit=indicator.unit, means=shown, formula=indicator.formula,
        gives=_dimension(found),
    )  # fmt: skip


def valid(standard: Standard) -> Standard:
    """The standard, or `DataError` with the first thing that is wrong and where."""
    if standard.track not in TRACKS:
        raise _wrong(standard, "track", standard.track)
    if standard.valid_to is not None and standard.valid_to < standard.valid_from:
        raise _wrong(standard, "valid_to", standard.valid_to)
    ids = [i.id for i in standard.indicators] + [v.id for v in standard.vetoes]
    if len(set(ids)) < len(ids):
        raise _wrong(standard, "id", next(i for i in ids if ids.count(i) > 1))
    for indicator in standard.indicators:
        _valid_indicator(standard, indicator)
    if unknown := [name for name in standard.required if name not in FIELDS]:
        raise _wrong(standard, "required", unknown[0])
    total = sum(Fraction(repr(i.weight)) for i in standard.indicators)
    if total != 100:
        raise _wrong(standard, "weight", float(total))
    cut = standard.cutoffs
    if not 0 <= cut.reject <= cut.conditional <= cut.approve <= 100 or not 0 <= cut.band < 1:
        raise _wrong(standard, "cutoffs", cut)
    return standard


def _valid_indicator(standard: Standard, indicator: Indicator) -> None:
    at = f"{indicator.id}."
    if indicator.head not in HEADS:
        raise _wrong(standard, at + "head", indicator.head)
    kinds = [bool(indicator.formula), bool(indicator.chain), indicator.expert]
    if sum(kinds) != 1:
        raise _wrong(standard, at + "formula", indicator.formula or indicator.chain)
    if indicator.chain and indicator.chain not in CHAIN_ITEMS:
        raise _wrong(standard, at + "chain", indicator.chain)
    if indicator.weight < 0:
        raise _wrong(standard, at + "weight", indicator.weight)
    if indicator.formula:
        scale(indicator)
        scored = indicator.benchmark is not None or bool(indicator.steps)
        if indicator.weight and not scored:
            raise _wrong(standard, at + "benchmark", indicator.benchmark)
        if indicator.benchmark is not None and indicator.benchmark <= 0:
            raise _wrong(standard, at + "benchmark", indicator.benchmark)
    values = [value for value, _ in indicator.steps]
    shares = [share for _, share in indicator.steps]
    rising = sorted(shares, reverse=indicator.lower_is_better)
    if values != sorted(set(values)) or shares != rising or any(not 0 <= s <= 1 for s in shares):
        raise _wrong(standard, at + "steps", indicator.steps)
    if not indicator.source and not indicator.assumed:
        raise _wrong(standard, at + "source", "")


def resolve(
    standards: Iterable[Standard], parks: Sequence[str], industry: str, track: str, day: date
) -> Standard | None:
    """The standard in force: park and industry before park before zone.

    `parks` = the park and the parks around it, innermost first: a sub-park inherits.  Among several
    versions the one that began last before `day`; one that has expired is used with a warning
    (`Standard.expired`) rather than none.
    """
    found = [
        s
        for s in standards
        if s.track == track
        and s.valid_from <= day
        and (s.park in parks or not s.park)
        and (not s.industry or industry.startswith(s.industry))
    ]
    places = {park: len(parks) - at for at, park in enumerate(parks)}
    return max(
        found,
        key=lambda s: (
            not s.expired(day),
            places.get(s.park, 0),
            len(s.industry),
            s.valid_from,
            s.version,
        ),
        default=None,
    )


def differences(old: Standard, new: Standard) -> Sequence[tuple[str, object, object]]:
    """What changed, as (what, before, after); None where it was not or is no more."""
    found: list[tuple[str, object, object]] = []
    for field in fields(Standard):
        if field.name not in ("indicators", "vetoes", "cutoffs"):
            found.append((field.name, getattr(old, field.name), getattr(new, field.name)))
    for field in fields(Cutoffs):
        pair = getattr(old.cutoffs, field.name), getattr(new.cutoffs, field.name)
        found.append((f"cutoffs.{field.name}", *pair))
    for before, after, kind in (
        ({i.id: i for i in old.indicators}, {i.id: i for i in new.indicators}, Indicator),
        ({v.id: v for v in old.vetoes}, {v.id: v for v in new.vetoes}, Veto),
    ):
        for id_ in dict.fromkeys([*before, *after]):
            one, two = before.get(id_), after.get(id_)
            if one is None or two is None:
                found.append((id_, one and one.name, two and two.name))
            else:
                found += [
                    (f"{id_}.{f.name}", getattr(one, f.name), getattr(two, f.name))
                    for f in fields(kind)
                ]
    return [(what, a, b) for what, a, b in found if a != b]


def _dimension(unit: Unit) -> str:
    return (
        "·".join(f"{base}^{power}" if power != 1 else base for base, power in unit.dimension) or "1"
    )


def _wrong(standard: Standard, where: str, what: object) -> DataError:
    return DataError("bad_standard", standard=standard.id, where=where, what=what)
