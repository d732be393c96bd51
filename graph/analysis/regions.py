"""Which region lies in which, and how near a supplier is.

Regions nest by their `parent`; a six-digit GB/T 2260 code without one nests by its prefix
(370211 ⊂ 370200 ⊂ 370000); any other id stands alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from graph.question import Assumptions, Proximity

__all__ = ["STANDINGS", "RegionTree", "parent_by_code"]

# Where a place stands, seen from another.
STANDINGS = ("here", "city", "province", "outside", "unlocated")

MUNICIPALITIES = frozenset({"110000", "120000", "310000", "500000"})


def parent_by_code(code: str) -> str | None:
    """The region that contains a GB/T 2260 code by its prefix; None for provinces and other ids.

    >>> parent_by_code("370211"), parent_by_code("370200"), parent_by_code("429004")
    ('370200', '370000', '420000')
    """
    if not _is_code(code) or code.endswith("0000"):
        return None
    return code[:2] + "0000" if code.endswith("00") or code[2:4] == "90" else code[:4] + "00"


@dataclass(frozen=True)
class RegionTree:
    """The nesting of all regions; `parents` and `levels` hold what the table says."""

    parents: Mapping[str, str]
    levels: Mapping[str, str]
    _paths: dict[str, tuple[str, ...]] = field(default_factory=dict, repr=False)

    def path(self, region: str) -> tuple[str, ...]:
        """The region and everything that contains it, nearest first."""
        if region not in self._paths:
            path = [region]
            while (up := self._parent(path[-1])) is not None and up not in path:
                path.append(up)
            self._paths[region] = tuple(path)
        return self._paths[region]

    def inside(self, region: str | None, outer: str) -> bool:
        """Whether `region` is `outer` or lies in it; an unknown region lies nowhere."""
        return region is not None and outer in self.path(region)

    def level(self, region: str) -> str | None:
        """`city`, `province` or another level; the four municipalities count as one city each."""
        if region in MUNICIPALITIES:
            return "city"
        return self.levels.get(region) or _level_by_code(region)

    def proximity(
        self, here: str, there: str | None, scheme: Proximity, assumed: Assumptions
    ) -> float:
        """1 inside `here`; under `nested` else by the lowest city or province holding both."""
        wider = {"city": assumed.city, "province": assumed.province} if scheme == "nested" else {}
        return {"here": 1.0, **wider}.get(self.standing(here, there), 0.0)

    def standing(self, here: str, there: str | None) -> str:
        """One of `STANDINGS`: inside `here`, else the lowest city or province that holds both."""
        if there is None:
            return "unlocated"
        if self.inside(there, here):
            return "here"
        others = set(self.path(there))
        levels = (self.level(region) for region in self.path(here) if region in others)
        return next((level for level in levels if level in ("city", "province")), "outside")

    def _parent(self, region: str) -> str | None:
        return self.parents.get(region) or parent_by_code(region)


def _is_code(region: str) -> bool:
    return len(region) == 6 and region.isascii() and region.isdigit()


def _level_by_code(region: str) -> str | None:
    if not _is_code(region):
        return None
    if region.endswith("0000"):
        return "province"
    return "city" if region.endswith("00") else "county"
