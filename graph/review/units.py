"""Units of applications and standards, so that 亩 and ㎡, land and floor are never mixed up.

A unit is a factor and a dimension: 万元/亩 = 10⁴ 元 per 2000/3 ㎡ of land.  ㎡ of land and
㎡ of floor are two dimensions; their ratio is the floor area ratio (容积率).  A unit that only
says ㎡, 亩 or 公顷 may mean either: `readings` gives both, and the formula beside it decides.
年 is not kept: every flow is a year's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from graph.errors import UsageError

__all__ = ["NUMBER", "Unit", "readings", "unit_of"]

MU = Fraction(2000, 3)  # ㎡ of a 亩

_AREAS = {"㎡": Fraction(1), "平方米": Fraction(1), "亩": MU, "公顷": Fraction(10_000)}
_ATOMS: dict[str, tuple[Fraction, str]] = {
    "": (Fraction(1), ""),
    "1": (Fraction(1), ""),
    "%": (Fraction(1, 100), ""),
    "倍": (Fraction(1), ""),
    "元": (Fraction(1), "yuan"),
    "万元": (Fraction(10_000), "yuan"),
    "亿元": (Fraction(100_000_000), "yuan"),
    "人": (Fraction(1), "person"),
    "件": (Fraction(1), "patent"),
    "tce": (Fraction(1), "tce"),
    "吨标煤": (Fraction(1), "tce"),
    "kW·h": (Fraction(1), "kwh"),
    "t": (Fraction(1), "tonne"),
    "吨": (Fraction(1), "tonne"),
    "月": (Fraction(1), "month"),
    "级": (Fraction(1), "level"),
    "kVA": (Fraction(1), "kva"),
    "m": (Fraction(1), "metre"),
    "kN": (Fraction(1), "kn"),
    "d": (Fraction(1), ""),
}


@dataclass(frozen=True)
class Unit:
    """`factor` times the base units of `dimension` (exponents by base unit, zero ones left out)."""

    factor: Fraction
    dimension: tuple[tuple[str, int], ...] = ()

    def __mul__(self, other: Unit) -> Unit:
        return _made(self.factor * other.factor, self.dimension, other.dimension, 1)

    def __truediv__(self, other: Unit) -> Unit:
        return _made(self.factor / other.factor, self.dimension, other.dimension, -1)


NUMBER = Unit(Fraction(1))


def _made(
    factor: Fraction, one: tuple[tuple[str, int], ...], two: tuple[tuple[str, int], ...], sign: int
) -> Unit:
    powers: dict[str, int] = dict(one)
    for base, power in two:
        powers[base] = powers.get(base, 0) + sign * power
    return Unit(factor, tuple(sorted((b, p) for b, p in powers.items() if p)))


def unit_of(text: str, area: str = "land") -> Unit:
    """The unit written as `text` (`万元/亩`, `人/千㎡`, `%`); `area` = land | floor.

    Raises `UsageError` for a word that is no unit.

    >>> unit_of("万元/亩").factor
    Fraction(15, 1)
    >>> unit_of("元/㎡", "floor").dimension
    (('floor', -1), ('yuan', 1))
    """
    over, *under = text.replace("·年", "").replace("/年", "").split("/")
    made = _atom(over.strip(), area, text)
    for word in under:
        made = made / _atom(word.strip(), area, text)
    return made


def readings(text: str) -> Mapping[str, Unit]:
    """What a unit may mean: as land and as floor; the same where no area is in it."""
    return {area: unit_of(text, area) for area in ("land", "floor")}


def _atom(word: str, area: str, text: str) -> Unit:
    thousand = word.startswith("千") and word[1:] in _AREAS
    bare = word[1:] if thousand else word
    if bare in _AREAS:
        return Unit(_AREAS[bare] * (1000 if thousand else 1), ((area, 1),))
    if word not in _ATOMS:
        raise UsageError("unknown_unit", unit=text, word=word)
    factor, base = _ATOMS[word]
    return Unit(factor, ((base, 1),) if base else ())
