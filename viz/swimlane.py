"""The chain as lanes of cells: what the chain page shows instead of a drawing.

A lane is a stage; a cell is a segment.  Cells keep the answer's order, so the picture is the same
tomorrow; where there are too many, those that say something (gaps, unknown, leaders) stay.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from graph.analysis.answers import ChainCell, ChainMap
from graph.analysis.gaps import GAP_TYPES

__all__ = ["COLOURS", "Cell", "Lane", "Swimlane", "level", "swimlane"]

_STAGES = ("upstream", "midstream", "downstream", "unstaged")


@dataclass(frozen=True)
class Cell:
    """A segment with its look and what a click on it leads to."""

    cell: ChainCell
    look: str  # a gap type, in_house or none: the key of palette.TYPES
    level: int  # class 0 … 4 of what the tints stand for
    target: str  # candidates | verify | detail | entity

    @property
    def local_known(self) -> bool:
        """Whether "0 local makers" would be knowledge; nobody checked an unknown segment."""
        return self.cell.local > 0 or self.look not in ("unknown", "none")


@dataclass(frozen=True)
class Lane:
    """A stage, its cells, and its width in twelfths of the page."""

    stage: str
    cells: Sequence[Cell]
    span: int


@dataclass(frozen=True)
class Swimlane:
    """All lanes, the gaps in order of severity, and what is counted or left out."""

    lanes: Sequence[Lane]
    gaps: Sequence[Cell]
    unknown: Sequence[Cell]
    total: int
    hidden: int


def swimlane(map: ChainMap, limit: int | None = 240, colour: str = "severity") -> Swimlane:
    """Lanes for at most `limit` cells; the three stages always appear, 未分段 when it has cells.

    `colour` is one of `COLOURS`: what the five tints stand for.
    """
    tint = _TINTS.get(colour, _TINTS["severity"])
    cells = [_cell(c, tint) for c in map.cells]
    kept = sorted(range(len(cells)), key=lambda i: (_rank(cells[i]), i))[:limit]
    shown = [cells[i] for i in sorted(kept)]
    staged = {s: [c for c in shown if (c.cell.stage or "unstaged") == s] for s in _STAGES}
    staged = {s: found for s, found in staged.items() if found or s != "unstaged"}
    spans = _spans([len(found) for found in staged.values()])
    gaps = [c for c in cells if c.look in GAP_TYPES]
    return Swimlane(
        [Lane(s, found, n) for (s, found), n in zip(staged.items(), spans, strict=True)],
        sorted(gaps, key=lambda c: (-(c.cell.severity or 0.0), c.cell.segment)),
        [c for c in cells if c.look == "unknown"],
        len(cells),
        len(cells) - len(shown),
    )


def level(severity: float | None) -> int:
    """Severity class; the last one is open, so 1.00 is in it."""
    return 0 if severity is None else sum(severity >= bound for bound in (0.05, 0.15, 0.3, 0.5))


def _spans(counts: Sequence[int], of: int = 12) -> Sequence[int]:
    """Twelfths by number of cells, at least two a lane: long lanes get wide instead of tall."""
    spans = [2] * len(counts)
    for _ in range(of - sum(spans)):
        tallest = max(range(len(counts)), key=lambda i: ((counts[i] + 1) / spans[i], -i))
        spans[tallest] += 1
    return spans


def _cell(cell: ChainCell, tint: Callable[[ChainCell], int]) -> Cell:
    look = "in_house" if cell.in_house else cell.type or "none"
    return Cell(cell, look, tint(cell), _target(look))


def _count(n: int) -> int:
    """Class of a number of firms: 0, 1, 2 or 3, 4 to 7, 8 and more."""
    return sum(n >= bound for bound in (1, 2, 4, 8))


def _concentration(hhi: float | None) -> int:
    """Class of an HHI: below 0.15 is many of a size, 1 is a single supplier."""
    return 0 if hhi is None else sum(hhi >= bound for bound in (0.0, 0.15, 0.25, 0.5))


_TINTS: Mapping[str, Callable[[ChainCell], int]] = {
    "severity": lambda cell: level(cell.severity),
    "firms": lambda cell: _count(cell.local + cell.reach),
    "leaders": lambda cell: min(len(cell.leaders), 4),
    "concentration": lambda cell: _concentration(cell.hhi),
}
COLOURS = tuple(_TINTS)


def _target(look: str) -> str:
    if look in GAP_TYPES:
        return "candidates"
    return {"unknown": "verify", "in_house": "entity", "none": "entity"}.get(look, "detail")


def _rank(cell: Cell) -> int:
    if cell.look in GAP_TYPES:
        return 0
    if cell.look == "unknown" or cell.cell.leaders:
        return 1
    return 3 if cell.look == "none" else 2
