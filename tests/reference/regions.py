"""Regions of §1 and proximity of §2: nesting by parent, else by GB/T 2260 prefix."""

from __future__ import annotations

import re

from tests.reference.tables import Record

__all__ = ["Regions"]

MUNICIPALITIES = frozenset({"110000", "120000", "310000", "500000"})
CODE = re.compile(r"[0-9]{6}")
SHARE = {"city": 0.5, "province": 0.2}


class Regions:
    """Which region contains which, and how near an enterprise is to r."""

    def __init__(self, rows: dict[tuple[str, ...], Record]) -> None:
        self._rows = {key[0]: record for key, record in rows.items()}

    def parent(self, region: str) -> str | None:
        """The parent of the table, else the prefix of a six-digit code, else nothing."""
        row = self._rows.get(region)
        if row is not None and row.text("parent") is not None:
            return row.text("parent")
        if CODE.fullmatch(region) is None or region.endswith("0000"):
            return None
        province, city = region[:2] + "0000", region[:4] + "00"
        directly_under_province = region[2:4] == "90"
        return province if directly_under_province or region == city else city

    def upwards(self, region: str) -> list[str]:
        """The region itself and everything that contains it, lowest first."""
        found = [region]
        above = self.parent(region)
        while above is not None and above not in found:
            found.append(above)
            above = self.parent(above)
        return found

    def inside(self, region: str | None, r: str) -> bool:
        """Whether a region is r or lies in it; an unknown one is inside nothing."""
        return region is not None and r in self.upwards(region)

    def level(self, region: str) -> str | None:
        """A municipality is a city whatever the table says; else the table; else the code."""
        if region in MUNICIPALITIES:
            return "city"
        row = self._rows.get(region)
        if row is not None and row.text("level") is not None:
            return row.text("level")
        if CODE.fullmatch(region) is None:
            return None
        if region.endswith("0000"):
            return "province"
        is_city = region.endswith("00") and region[2:4] != "90"
        return "city" if is_city else "county"

    def proximity(self, region: str | None, r: str, scheme: str) -> float:
        """1 inside r; under `nested` 0.5 in the same city, 0.2 in the same province; else 0."""
        if self.inside(region, r):
            return 1.0
        if region is None or scheme == "local":
            return 0.0
        containing = self.upwards(region)
        for above in self.upwards(r):
            level = self.level(above)
            if above in containing and level in SHARE:
                return SHARE[level]
        return 0.0
