"""Flows in three columns as boxes and ribbons: where it comes from, what it is, who takes it.

A ribbon is as thick as its value; a flow without one gets the same hatched width each, which says
nothing about its size.  Thinner than a pixel is drawn as one pixel.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import fsum

__all__ = ["Box", "Ribbon", "Sankey", "Triple", "sankey", "shortened"]

Triple = tuple[str, str, str, float | None]  # left, middle, right, value (None = unknown)
_Height = Callable[[float | None], float]
_Key = tuple[int, str]  # column and node

WIDTH = 1080
COLUMNS = ((0, 180), (430, 230), (880, 200))  # x and width
_VALUES = 380.0  # height of all known values together
_UNVALUED = (6.0, 160.0)  # height of one flow without a value, of all of them at most
_LEAST, _GAP = 22.0, 8.0


@dataclass(frozen=True)
class Box:
    """A node: `value` is the sum of its known values, None without any."""

    id: str
    column: int
    x: float
    y: float
    width: float
    height: float
    value: float | None
    unvalued: int


@dataclass(frozen=True)
class Ribbon:
    """What goes from a box of column `side` to the next; value None = flows without a value."""

    side: int
    left: str
    right: str
    tone: str  # the left column's node it comes from
    value: float | None
    count: int
    path: str


@dataclass(frozen=True)
class Sankey:
    """A picture of `width` × `height`."""

    width: int
    height: float
    boxes: Sequence[Box]
    ribbons: Sequence[Ribbon]


@dataclass
class _Bundle:
    """Rows of one ribbon: what it holds, how thick it is, where it starts and ends."""

    side: int
    left: str
    right: str
    tone: str
    values: list[float | None]
    thick: float = 0.0
    start: float = 0.0
    end: float = 0.0


def sankey(rows: Sequence[Triple], order: Sequence[Sequence[str]]) -> Sankey:
    """The picture of `rows`; `order` names the nodes of each column from top to bottom."""
    bundles = list(_bundles(rows))
    heights = _thickness(rows)
    for bundle in bundles:
        bundle.thick = fsum(heights(v) for v in bundle.values)
    boxes = _boxes(rows, order, heights)
    _attach(bundles, boxes, order)
    height = max((b.y + b.height for b in boxes.values()), default=0.0)
    return Sankey(WIDTH, height, list(boxes.values()), [_ribbon(b) for b in bundles])


def shortened(text: str, width: float, size: float = 13.0) -> str:
    """`text` cut to a width in pixels; a Chinese character is as wide as its size.

    >>> shortened("伺服电机驱动器", 60)
    '伺服电…'
    """
    room = width
    for at, char in enumerate(text):
        room -= size if char > "ÿ" else size * 0.58
        if room < 0:
            return text[: max(1, at - 1)] + "…"
    return text


def _bundles(rows: Sequence[Triple]) -> Iterable[_Bundle]:
    """One a pair of boxes, origin and kind: the origin's colour goes through to the right."""
    found: dict[tuple[int, str, str, str, bool], _Bundle] = {}
    for left, middle, right, value in rows:
        for side, (a, b) in enumerate(((left, middle), (middle, right))):
            key = (side, a, b, left, value is None)
            found.setdefault(key, _Bundle(side, a, b, left, [])).values.append(value)
    return found.values()


def _thickness(rows: Sequence[Triple]) -> _Height:
    whole = fsum(r[3] for r in rows if r[3] is not None)
    unknown = sum(r[3] is None for r in rows)
    scale = _VALUES / whole if whole > 0 else 0.0
    each = min(_UNVALUED[0], _UNVALUED[1] / unknown) if unknown else 0.0
    return lambda value: each if value is None else value * scale


def _boxes(
    rows: Sequence[Triple], order: Sequence[Sequence[str]], heights: _Height
) -> dict[_Key, Box]:
    held: dict[_Key, list[float | None]] = {}
    for row in rows:
        for column in range(3):
            held.setdefault((column, str(row[column])), []).append(row[3])
    columns = [[id_ for id_ in names if (at, id_) in held] for at, names in enumerate(order)]
    tall = [
        [max(_LEAST, fsum(map(heights, held[at, i]))) for i in c] for at, c in enumerate(columns)
    ]
    total = [fsum(t) + _GAP * (len(t) - 1) for t in tall]
    boxes: dict[_Key, Box] = {}
    for at, names in enumerate(columns):
        y = (max(total) - total[at]) / 2
        for id_, height in zip(names, tall[at], strict=True):
            known = [v for v in held[at, id_] if v is not None]
            value = fsum(known) if known else None
            missing = len(held[at, id_]) - len(known)
            boxes[at, id_] = Box(id_, at, *_across(at, y), height, value, missing)
            y += height + _GAP
    return boxes


def _across(column: int, y: float) -> tuple[float, float, float]:
    x, width = COLUMNS[column]
    return x, y, width


def _attach(
    bundles: Sequence[_Bundle],
    boxes: Mapping[_Key, Box],
    order: Sequence[Sequence[str]],
) -> None:
    """Give every ribbon its place on both boxes, in the order of the boxes opposite."""
    place = [{id_: at for at, id_ in enumerate(names)} for names in order]
    for (column, id_), box in boxes.items():
        for side, outward in ((column, True), (column - 1, False)):
            mine = [
                b for b in bundles if b.side == side and (b.left if outward else b.right) == id_
            ]
            far = place[side + 1 if outward else side] if mine else {}
            mine.sort(
                key=lambda b: (
                    far[b.right if outward else b.left],
                    place[0][b.tone],
                    b.values[0] is None,
                )
            )
            y = box.y + (box.height - fsum(b.thick for b in mine)) / 2
            for bundle in mine:
                if outward:
                    bundle.start = y
                else:
                    bundle.end = y
                y += bundle.thick


def _ribbon(bundle: _Bundle) -> Ribbon:
    (x0, wide), (x1, _) = COLUMNS[bundle.side : bundle.side + 2]
    x0 += wide
    middle, thick = (x0 + x1) / 2, max(bundle.thick, 1.0)
    a, b = bundle.start, bundle.end
    path = (
        f"M{x0} {a:.1f}C{middle:g} {a:.1f} {middle:g} {b:.1f} {x1} {b:.1f}V{b + thick:.1f}"
        f"C{middle:g} {b + thick:.1f} {middle:g} {a + thick:.1f} {x0} {a + thick:.1f}Z"
    )
    known = [v for v in bundle.values if v is not None]
    value = fsum(known) if known else None
    return Ribbon(
        bundle.side, bundle.left, bundle.right, bundle.tone, value, len(bundle.values), path
    )
