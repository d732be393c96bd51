"""Streams of a Neo4j database, piece by piece: what is read at once is read at one moment."""

from __future__ import annotations

from collections.abc import Sequence

from graph.arrays import RelBlock, blocks_of
from graph.model import LABELS, RELATIONS, Node, Rel
from graph.store import cypher
from graph.store.base import Page
from graph.store.cypher import Kind, rel_columns
from graph.store.neo4j_values import rel_of
from graph.store.neo4j_view import View

__all__ = ["PIECE", "columns", "nodes_after", "page", "rels_after"]

PIECE = 5_000  # nodes, or sources of relations, in one piece
_NONE = "\ue001\ue000"  # private-use characters: what no text is


def page(view: View, label: str, after: str, limit: int) -> Page:
    """Nodes of one label with id > `after`."""
    items: list[Node] = []
    last: str | None = after
    while last is not None and len(items) <= limit and label in LABELS:
        some, last = nodes_after(view, label, last, limit + 1 - len(items))
        items += some
    return Page(items[:limit], items[limit - 1].ref.id if len(items) > limit else None)


def nodes_after(view: View, label: str, after: str, limit: int) -> tuple[list[Node], str | None]:
    """Up to `limit` nodes in id order, and where to go on, None at the end."""
    if view.lacks(label):
        return [], None
    rows = view.rows(cypher.NODES_AFTER[label], after=after, limit=limit)
    last = rows[-1]["id"] if len(rows) == limit else None
    found = [(label, row) for row in rows]
    nodes = view.nodes(found, cypher.PAST_NODES, label=label)
    here = [node for node in nodes if _within(node.ref.id, after, last)]
    return sorted(here, key=lambda node: node.ref), last


def rels_after(view: View, type_: str, label: str, after: str) -> tuple[list[Rel], str | None]:
    """Relations of the next sources in order, and where to go on, None at the end."""
    if view.lacks(type_):
        return [], None
    ((count, last),) = view.run(cypher.SOURCES_AFTER[label], after=after, limit=PIECE)
    more = last if count == PIECE else None
    found = [
        (rel_of((type_, label, target), src, dst, row), row)
        for target in sorted(dst for src, dst in RELATIONS[type_] if src == label)
        for src, dst, row in view.rows(
            cypher.RELS_BETWEEN[type_, label, target], after=after, last=last
        )
        if count
    ]
    rels = view.rels(found, cypher.PAST_RELS, type=type_, label=label)
    return [rel for rel in rels if _within(rel.src.id, after, more)], more


def _within(id: str, after: str, last: str | None) -> bool:
    return id > after and (last is None or id <= last)


def columns(
    view: View, kind: Kind, after: str, names: dict[str, dict[int, str]]
) -> tuple[Sequence[RelBlock], str | None]:
    """Relations of the next sources as columns, and where to go on, None at the end."""
    type_, label, target = kind
    if view.lacks(type_):
        return [], None
    stored = view.state.columns.get(type_, [])
    if view.behind or not cypher.COLUMNS[type_].issuperset(stored):
        rels, more = rels_after(view, type_, label, after)
        return list(blocks_of(rel for rel in rels if rel.dst.label == target)), more
    for end in kind[1:]:
        if end not in names:
            ((numbers, ids),) = view.run(cypher.NUMBERS[end])
            names[end] = dict(zip(numbers, ids, strict=True))
    ((count, last),) = view.run(cypher.SOURCES_AFTER[label], after=after, limit=PIECE)
    ((src, dst, *found),) = view.run(
        rel_columns(kind, tuple(stored)), after=after, last=last, nan=float("nan"), none=_NONE
    )
    if -1 in src or -1 in dst:  # an end made by hand
        rels, more = rels_after(view, type_, label, after)
        return list(blocks_of(rel for rel in rels if rel.dst.label == target)), more
    known = {
        name: [None if value == _NONE else value for value in column] if _NONE in column else column
        for name, column in zip(stored, found, strict=True)
    }
    keys = known.pop("key", None)
    block = RelBlock(
        kind,
        list(map(names[label].__getitem__, src)),
        list(map(names[target].__getitem__, dst)),
        [key or "" for key in keys] if keys else [""] * len(src),
        known,
    )
    return [block] if src else [], last if count == PIECE else None
