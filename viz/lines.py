"""A figure from meeting to meeting as a small picture: a mark each, a range where it is open.

The line joins neighbours that are both known, by their lower and by their upper ends; where one is
unknown it breaks.  The scale begins at 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, log10

__all__ = ["Lines", "Mark", "lines"]

WIDTH, HEIGHT = 420, 170
LEFT, RIGHT, TOP, BOTTOM = 44, 14, 12, 30
_STEPS = 4

Range = tuple[float, float]


@dataclass(frozen=True)
class Mark:
    """One meeting: from `low` to `high` (places, the same where it is exact), what it says."""

    x: float
    low: float
    high: float
    text: str


@dataclass(frozen=True)
class Lines:
    """The picture; ticks are (place, text), `unknown` the places of meetings without a figure."""

    width: int
    height: int
    left: float
    right: float
    top: float
    bottom: float
    up: Sequence[tuple[float, str]]
    across: Sequence[tuple[float, str]]
    marks: Sequence[Mark]
    unknown: Sequence[float]
    paths: Sequence[str]


def lines(points: Sequence[tuple[str, Range | None]], most: float | None, percent: bool) -> Lines:
    """The picture of (name of a meeting, figure); `most` = the end of the scale, None: by the
    largest.
    """
    right, bottom = WIDTH - RIGHT, HEIGHT - BOTTOM
    known = [span for _, span in points if span is not None]
    end = most if most is not None else _round(max([1.0, *(high for _, high in known)]))

    def x(at: int) -> float:
        return LEFT + (right - LEFT) * (at + 0.5) / len(points)

    def y(value: float) -> float:
        return bottom - (bottom - TOP) * value / end

    placed = [(x(at), span) for at, (_, span) in enumerate(points)]
    marks = [
        Mark(place, y(span[0]), y(span[1]), _text(span, percent))
        for place, span in placed
        if span is not None
    ]
    ticks = [end * step / _STEPS for step in range(_STEPS + 1)]
    return Lines(
        WIDTH,
        HEIGHT,
        LEFT,
        right,
        TOP,
        bottom,
        [(y(tick), _number(tick, percent)) for tick in ticks],
        [(x(at), name) for at, (name, _) in enumerate(points)],
        marks,
        [place for place, span in placed if span is None],
        [_path([(p, None if s is None else y(s[end_])) for p, s in placed]) for end_ in (0, 1)],
    )


def _path(places: Sequence[tuple[float, float | None]]) -> str:
    """Moves to every place after an unknown one, else draws to it."""
    told, drawn = [], False
    for x, y in places:
        if y is not None:
            told.append(f"{'L' if drawn else 'M'}{x:.1f} {y:.1f}")
        drawn = y is not None
    return "".join(told)


def _round(most: float) -> float:
    """The next 1, 2, 4 or 8 of its power of ten, so that the quarters are round."""
    power = 10.0 ** ceil(log10(most) - 1)
    return next(step * power for step in (1.0, 2.0, 4.0, 8.0, 10.0) if step * power >= most)


def _text(span: Range, percent: bool) -> str:
    low, high = (_number(end, percent) for end in span)
    return low if low == high else f"{low}–{high}"


def _number(value: float, percent: bool) -> str:
    return f"{value:.0%}" if percent else f"{value:.1f}".removesuffix(".0")
