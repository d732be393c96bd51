"""Rows as a Neo4j database holds them, and the state that is published with them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from typing import Any

from graph.model import LABELS, Node, Props, Ref, Rel, Value
from graph.store.change import NodeChange, RelChange
from graph.store.cypher import Kind
from graph.store.plan import Link, canonical
from graph.store.text import grams, search_text

__all__ = [
    "SCHEMA",
    "Progress",
    "State",
    "born_of",
    "label_of",
    "node_of",
    "props_of",
    "rel_of",
    "row_from",
    "row_of",
    "stored_node",
    "stored_rel",
    "waiting_row",
    "where_of",
]

_PLAIN = frozenset({str, float, bool})
SCHEMA = 1  # of the database; a newer one is not touched
_RESERVED = frozenset({"id", "key", "search_text"})


@dataclass
class State:
    """What is published, or, while an import is under way, what will be."""

    revision: int = 0
    hash: str = f"{0:064x}"
    nodes: dict[str, int] = field(default_factory=dict)
    relations: dict[str, int] = field(default_factory=dict)
    next: int = 0  # number of the next node
    columns: dict[str, list[str]] = field(default_factory=dict)  # names of properties by type

    @classmethod
    def read(cls, text: str) -> State:
        """From its JSON."""
        return cls(**json.loads(text))

    def text(self) -> str:
        """As JSON."""
        return canonical(asdict(self))


@dataclass
class Progress:
    """A large import, or a large undo, that is under way."""

    batch: str
    source: str
    state: str  # as it will be published
    done: int = 0  # parts
    tally: list[int] = field(default_factory=lambda: [0, 0, 0])
    changed: bool = False
    entry: int | None = None  # of the ledger, when it is being taken back
    revision: int = 0  # of that entry
    stage: list[int] = field(default_factory=lambda: [0, 0])

    @classmethod
    def read(cls, text: str | None) -> Progress | None:
        """From its JSON."""
        return cls(**json.loads(text)) if text else None

    def text(self) -> str:
        """As JSON."""
        return canonical(asdict(self))


def props_of(stored: Mapping[str, Any]) -> dict[str, Any]:
    """The row's own properties among those of a node or relation.

    Names that begin with `_`, and `id`, `key` and `search_text`, belong to the engine; a column
    that happens to be called so is kept under its name with two more.

    >>> props_of({"id": "1", "_rev": 3, "name": "甲", "__id": "x", "___a": True})
    {'_a': True, 'id': 'x', 'name': '甲'}
    """
    return {
        name[2:] if name.startswith("__") else name: value
        if type(value) in _PLAIN
        else _plain(value)
        for name, value in sorted(stored.items())
        if name.startswith("__") or not (name.startswith("_") or name in _RESERVED)
    }


def _plain(value: object) -> Value:
    """What somebody set by hand past this tool, as near as a row can say it."""
    if isinstance(value, list):
        return [item if isinstance(item, str) else str(item) for item in value]
    return float(value) if isinstance(value, int) else str(value)


def row_of(props: Props) -> dict[str, Any]:
    """Properties as they are stored."""
    return {_stored_name(name): value for name, value in props.items()}


@lru_cache(10_000)
def _stored_name(name: str) -> str:
    return f"__{name}" if name.startswith("_") or name in _RESERVED else name


def node_of(label: str, stored: Mapping[str, Any]) -> Node:
    """A node from its stored properties."""
    return Node(Ref(label, stored["id"]), props_of(stored))


def rel_of(kind: Kind, src: str, dst: str, stored: Mapping[str, Any]) -> Rel:
    """A relation from its stored properties."""
    type_, src_label, dst_label = kind
    key = stored.get("key", "")
    return Rel(type_, Ref(src_label, src), Ref(dst_label, dst), key, props_of(stored))


def stored_node(change: NodeChange, revision: int) -> dict[str, Any]:
    """Everything a node has in the database after a change."""
    assert change.new
    row = row_of(change.new.props)
    row |= {"id": change.ref.id, "_n": change.nid, "_rev": revision}
    if change.born != revision:
        row["_born"] = change.born
    text = search_text(change.new)
    if text:
        row["search_text"] = grams(text)
    return row


def stored_rel(change: RelChange, revision: int) -> dict[str, Any]:
    """Everything a relation has in the database after a change."""
    assert change.new
    row = row_of(change.new.props)
    row["_rev"] = revision
    if change.new.key:
        row["key"] = change.new.key
    if change.born != revision:
        row["_born"] = change.born
    if not change.own:
        row["_own"] = False
    return row


def label_of(labels: Sequence[str]) -> str:
    """Which label of the vocabulary a node has, "" for a node of others; both may have more."""
    return next((label for label in labels if label in LABELS), "")


def born_of(stored: Mapping[str, Any]) -> int:
    """The revision since which a row exists; a row made by hand has always been there."""
    return int(stored.get("_born", stored.get("_rev", 0)))


def row_from(identity: str, props: str) -> Node | Rel:
    """A row from its canonical identity and properties."""
    words = json.loads(identity)
    if len(words) == 2:
        return Node(Ref(*words), json.loads(props))
    type_, src_label, src, dst_label, dst, key = words
    return Rel(type_, Ref(src_label, src), Ref(dst_label, dst), key, json.loads(props))


def where_of(row: Node | Rel) -> dict[str, str]:
    """What a before-image is found by."""
    if isinstance(row, Node):
        return {"label": row.ref.label, "id": row.ref.id}
    ends = {"src_label": row.src.label, "src": row.src.id, "dst_label": row.dst.label}
    return {"type": row.type, **ends, "dst": row.dst.id}


def waiting_row(source: Ref, link: Link) -> dict[str, str]:
    """A reference column whose target is not there yet."""
    type_, target = link
    return {
        "label": target.label,
        "id": target.id,
        "type": type_,
        "src_label": source.label,
        "src": source.id,
    }
