"""Where each node of the relation graph stands: computed here, so the same picture every day.

Columns are stages (then kinds); within a column a block is a segment with its makers and projects
in a grid below it; blocks flow down and wrap, so that the whole stays about 16:9.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil, sqrt

from graph.model import Node, Ref, Rel

__all__ = ["COLUMNS", "Column", "Layout", "layout"]

COLUMNS = (
    "upstream", "midstream", "downstream", "unstaged",
    "Enterprise", "Project", "Park", "Region", "Chain", "others",
)  # fmt: skip
_CELL, _ROW, _GAP = 136, 74, 70


@dataclass(frozen=True)
class Column:
    """A titled stretch of the picture, from `left` to `right`."""

    key: str
    left: int
    right: int


@dataclass(frozen=True)
class Layout:
    """Positions by node, and the columns from left to right."""

    at: Mapping[Ref, tuple[int, int]]
    columns: Sequence[Column]


def layout(nodes: Sequence[Node], rels: Sequence[Rel]) -> Layout:
    """Positions of `nodes`; the same input gives the same picture in any order."""
    stages = _stages(nodes, rels)
    homes = _homes(nodes, rels, stages)
    members: dict[Ref, list[Ref]] = {}
    for ref, home in sorted(homes.items()):
        members.setdefault(home, []).append(ref)
    blocks: dict[str, list[list[Ref]]] = {}
    for ref in sorted(n.ref for n in nodes):
        if ref not in homes:
            blocks.setdefault(_column(ref, stages), []).append([ref, *members.get(ref, ())])
    tall = _ROW * max(5, ceil(1.4 * sqrt(len(nodes))))
    at: dict[Ref, tuple[int, int]] = {}
    columns, left = [], 0
    for key in (k for k in COLUMNS if k in blocks):
        right = _flow(blocks[key], left, tall, at)
        columns.append(Column(key, left, right))
        left = right + _GAP
    return Layout(at, columns)


def _flow(
    blocks: Sequence[Sequence[Ref]], left: int, tall: int, at: dict[Ref, tuple[int, int]]
) -> int:
    """Place blocks downwards from `left`, wrapping at `tall`; the right edge."""
    x, y, right = left, 0, left
    for head, *members in blocks:
        wide = 1 if not members else 2 if len(members) <= 12 else 4
        high = _ROW * (1 + ceil(len(members) / wide))
        if y and y + high > tall:
            x, y = right + _CELL // 4, 0
        at[head] = (x + wide * _CELL // 2, y)
        for i, ref in enumerate(members):
            at[ref] = (x + i % wide * _CELL + _CELL // 2, y + _ROW * (1 + i // wide))
        y, right = y + high + _ROW // 4, max(right, x + wide * _CELL)
    return right


def _stages(nodes: Sequence[Node], rels: Sequence[Rel]) -> Mapping[Ref, str]:
    """A segment's stage: its own property, else that of its place in a chain."""
    parts = [r for r in rels if r.type == "PART_OF" and "stage" in r.props]
    placed = {r.src: r.props["stage"] for r in parts}
    found = {n.ref: n.props.get("stage") or placed.get(n.ref) for n in nodes}
    return {
        ref: str(stage) if stage in COLUMNS[:3] else "unstaged"
        for ref, stage in found.items()
        if ref.label == "Segment"
    }


def _homes(
    nodes: Sequence[Node], rels: Sequence[Rel], stages: Mapping[Ref, str]
) -> Mapping[Ref, Ref]:
    """The segment whose block a maker or a project stands in: the first of those it makes."""
    shown, homes = {n.ref for n in nodes}, dict[Ref, Ref]()
    for rel in rels:
        if rel.type in ("PRODUCES", "OFFERS") and rel.src in shown and rel.dst in stages:
            homes[rel.src] = min(homes.get(rel.src, rel.dst), rel.dst)
    return homes


def _column(ref: Ref, stages: Mapping[Ref, str]) -> str:
    return stages.get(ref) or (ref.label if ref.label in COLUMNS else "others")
