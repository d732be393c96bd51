"""Streams of a Neo4j database, piece by piece: what is read at once is read at one moment."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from graph.arrays import RelBlock, blocks_of
from graph.model import LABELS, RELATIONS, Node, Rel
from graph.store import cypher
from graph.store.base import Page
from graph.store.cypher import Kind, rel_columns
from graph.store.neo4j_values import rel_of
from graph.store.neo4j_view import View

__all__ = [
    "PIECE",
    "Span",
    "columns",
    "nodes_after",
    "nodes_within",
    "numbers",
    "page",
    "rels_within",
    "spans",
]

PIECE = 5_000  # nodes, or sources of relations, in one piece
_NONE = "\ue001\ue000"  # private-use characters: what no text is


class Span(NamedTuple):
    """Some ids of a label and whatever was between them: above `after`, up to `last` if any.

    Ids are asked for one by one: a range from one to another is empty where UTF-16 has their order
    the other way round.
    """

    after: str
    last: str | None
    ids: Sequence[str]


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
    return _nodes(view, label, rows, Span(after, last, ())), last


def spans(view: View, label: str) -> list[Span]:
    """All ids of a label, `PIECE` of them in each span."""
    if view.lacks(label):
        return []
    ids = sorted(view.rows(cypher.IDS[label]))
    cuts = ids[PIECE - 1 : -1 : PIECE]
    return [
        Span(after, last, ids[at * PIECE : (at + 1) * PIECE])
        for at, (after, last) in enumerate(zip(["", *cuts], [*cuts, None], strict=True))
    ]


def nodes_within(view: View, label: str, span: Span) -> list[Node]:
    """The nodes of a span in id order."""
    return _nodes(view, label, view.rows(cypher.GET[label], ids=span.ids), span)


def rels_within(view: View, type_: str, label: str, span: Span) -> list[Rel]:
    """The relations in order whose sources are in a span."""
    found = [
        (rel_of((type_, label, target), src, dst, row), row)
        for target in sorted(dst for src, dst in RELATIONS[type_] if src == label)
        for src, dst, row in view.rows(cypher.GET_RELS[type_, label, target], ids=span.ids)
    ]
    rels = view.rels(found, cypher.PAST_RELS, type=type_, label=label)
    return [rel for rel in rels if _within(rel.src.id, span)]


def _nodes(view: View, label: str, rows: Iterable[Mapping[str, Any]], span: Span) -> list[Node]:
    nodes = view.nodes(((label, row) for row in rows), cypher.PAST_NODES, label=label)
    return sorted((n for n in nodes if _within(n.ref.id, span)), key=lambda node: node.ref)


def _within(id: str, span: Span) -> bool:
    return id > span.after and (span.last is None or id <= span.last)


def numbers(view: View, label: str) -> dict[int, str]:
    """Ids of a label by row number."""
    ((found, ids),) = view.run(cypher.NUMBERS[label])
    return dict(zip(found, ids, strict=True))


def columns(
    view: View, kind: Kind, span: Span, names: Mapping[str, Mapping[int, str]]
) -> list[RelBlock]:
    """The relations whose sources are in a span as columns; `names` are both ends' `numbers`."""
    type_, label, target = kind
    stored = view.state.columns.get(type_, [])
    if view.behind or not cypher.COLUMNS[type_].issuperset(stored):
        return _blocks(view, kind, span)
    ((src, dst, *found),) = view.run(
        rel_columns(kind, tuple(stored)),
        ids=span.ids,
        nan=float("nan"),
        none=_NONE,
    )
    known = {
        name: [None if value == _NONE else value for value in column] if _NONE in column else column
        for name, column in zip(stored, found, strict=True)
    }
    keys = known.pop("key", None)
    try:
        block = RelBlock(
            kind,
            list(map(names[label].__getitem__, src)),
            list(map(names[target].__getitem__, dst)),
            [key or "" for key in keys] if keys else [""] * len(src),
            known,
        )
    except KeyError:  # an end made by hand, or younger than `names`
        return _blocks(view, kind, span)
    return [block] if src else []


def _blocks(view: View, kind: Kind, span: Span) -> list[RelBlock]:
    type_, label, target = kind
    rels = rels_within(view, type_, label, span)
    return list(blocks_of(rel for rel in rels if rel.dst.label == target))
