"""Dots in four quadrants: strength from left to right (a power of two), severity upwards."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import log2

from viz.sankey import shortened

__all__ = ["Dot", "Point", "Quadrant", "quadrant"]

WIDTH, HEIGHT = 900, 460
LEFT, RIGHT, TOP, BOTTOM = 56, 16, 14, 52
_LETTER = 12.0
_LONGEST = 150.0  # pixels of a name


@dataclass(frozen=True)
class Point:
    """One segment: its strength (log2), severity, type and name."""

    id: str
    strength: float
    severity: float
    type: str
    name: str


@dataclass(frozen=True)
class Dot:
    """A point in the picture; `text` is "" where its name would cover another."""

    point: Point
    x: float
    y: float
    text: str
    text_x: float
    text_y: float
    anchor: str  # start | end


@dataclass(frozen=True)
class Quadrant:
    """The picture: `zero` is the line of equal strength, `line` that of high severity (None = no
    gap), ticks are (place, ratio or severity)."""

    width: int
    height: int
    left: float
    right: float
    top: float
    bottom: float
    zero: float
    line: float | None
    across: Sequence[tuple[float, str]]
    up: Sequence[tuple[float, str]]
    dots: Sequence[Dot]

    @property
    def unnamed(self) -> int:
        """Dots without a name beside them."""
        return sum(not d.text for d in self.dots)


def quadrant(points: Sequence[Point], high: float | None) -> Quadrant:
    """The picture of `points`; the most severe get their names first."""
    far = max([0.5, *(abs(p.strength) for p in points)]) * 1.12
    top = max([0.05, high or 0.0, *(p.severity for p in points)]) * 1.1
    right, bottom = WIDTH - RIGHT, HEIGHT - BOTTOM

    def x(strength: float) -> float:
        return LEFT + (right - LEFT) * (strength + far) / (2 * far)

    def y(severity: float) -> float:
        return bottom - (bottom - TOP) * severity / top

    ordered = sorted(points, key=lambda p: (-p.severity, p.id))
    placed = [(p, x(p.strength), y(p.severity)) for p in ordered]
    return Quadrant(
        WIDTH,
        HEIGHT,
        LEFT,
        right,
        TOP,
        bottom,
        x(0.0),
        None if high is None else y(high),
        [(x(log2(r)), f"{r:g}×") for r in _ratios(far) if -far <= log2(r) <= far],
        [(y(t), f"{t:.{_digits(top)}f}") for t in _steps(top)],
        list(_named(placed, right)),
    )


def _named(placed: Sequence[tuple[Point, float, float]], right: float) -> Sequence[Dot]:
    """Names to the right of their dots, else to the left, else not at all."""
    taken = [(x - 7, y - 7, x + 7, y + 7) for _, x, y in placed]
    dots = []
    for at, (point, x, y) in enumerate(placed):
        text = shortened(point.name, _LONGEST, _LETTER)
        wide = sum(_LETTER if ch > "ÿ" else _LETTER * 0.58 for ch in text)
        others = taken[:at] + taken[at + 1 :]
        dot = Dot(point, x, y, "", x, y, "start")
        for anchor, start in (("start", x + 9), ("end", x - 9 - wide)):
            box = (start, y - 7, start + wide, y + 7)
            if box[0] > LEFT and box[2] < right and not any(_meet(box, o) for o in others):
                place = start if anchor == "start" else x - 9
                dot = Dot(point, x, y, text, place, y + 4, anchor)
                taken.append(box)
                break
        dots.append(dot)
    return dots


def _meet(a: tuple[float, ...], b: tuple[float, ...]) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def _ratios(far: float) -> Sequence[float]:
    """Ticks: powers of two, with simple ratios between them where the picture is narrow."""
    between = (0.7, 0.8, 0.9, 1.1, 1.2, 1.4) if far < 1.1 else ()
    return sorted([*(2.0**n for n in range(-6, 7)), *between])


def _steps(top: float) -> Sequence[float]:
    step = next(s for s in (0.01, 0.02, 0.05, 0.1, 0.2, 0.5) if top / s <= 6 or s == 0.5)
    return [step * i for i in range(int(top / step) + 1)]


def _digits(top: float) -> int:
    return 2 if top <= 0.3 else 1
