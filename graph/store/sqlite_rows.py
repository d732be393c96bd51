"""One write transaction on the tables of a SQLite file: rows, before-images, hash, revision."""

from __future__ import annotations

import json
import sqlite3
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import islice
from typing import NamedTuple, TypeVar

from graph.model import Node, Ref, Rel, row_hash
from graph.store.plan import Link, canonical, links
from graph.store.sqlite_file import INDEXES, has_fts5
from graph.store.text import grams, search_text

__all__ = ["Change", "Intent", "Key", "NodeChange", "RelChange", "Side", "chunks"]

CHUNK = 20_000  # rows held in memory beside the batch itself
_MODULUS = 2**256
_T = TypeVar("_T")

Key = tuple[int, str, int, str]  # src, type, dst, key: a relation with its ends as row numbers


class NodeChange(NamedTuple):
    """A node before and after; None where it is not there."""

    nid: int
    born: int
    old: Node | None
    new: Node | None

    @property
    def ref(self) -> Ref:
        """Which node."""
        return _one(self.new, self.old).ref


class Side(NamedTuple):
    """A relation as kept: `own` when a row said it, not only a reference column."""

    own: bool
    rel: Rel


class RelChange(NamedTuple):
    """A relation before and after; None where it is not there."""

    key: Key
    born: int
    old: Side | None
    new: Side | None


class Intent(NamedTuple):
    """What a reference column of a node points at."""

    src: int
    source: Ref
    link: Link


class Change:
    """The rows one transaction changes; what `apply` must follow up is collected on the way."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self.before, digest, indexed = db.execute(
            "SELECT revision, hash, indexed FROM meta"
        ).fetchone()
        self.revision: int = self.before + 1
        self._sum = int(digest, 16)
        self._indexed = bool(indexed) and has_fts5(db)
        self._changed = False
        (self._last,) = db.execute("SELECT coalesce(max(nid), 0) FROM node").fetchone()
        self.had_rels = db.execute("SELECT 1 FROM rel LIMIT 1").fetchone() is not None
        self.gained: list[Intent] = []
        self.lost: list[Intent] = []
        self.arrived: list[Ref] = []

    def next_nid(self) -> int:
        """A row number for a new node."""
        self._last += 1
        return self._last

    def resolve(self, refs: Iterable[Ref]) -> dict[Ref, int]:
        """Row numbers of those of `refs` that exist."""
        return {ref: change.nid for ref, change in self._select(refs, "'{}'").items()}

    def nodes(self, refs: Iterable[Ref]) -> dict[Ref, NodeChange]:
        """Those of `refs` that exist, as changes that change nothing yet."""
        return self._select(refs, "n.props")

    def _select(self, refs: Iterable[Ref], props: str) -> dict[Ref, NodeChange]:
        ids: dict[str, list[str]] = defaultdict(list)
        for ref in refs:
            ids[ref.label].append(ref.id)
        found = {}
        for label, some in ids.items():
            for nid, id_, born, text in self._db.execute(
                f"SELECT n.nid, n.id, n.born, {props} FROM json_each(?) j"
                " CROSS JOIN node n ON n.label = ? AND n.id = j.value",
                (json.dumps(some), label),
            ):
                node = Node(Ref(label, id_), json.loads(text))
                found[node.ref] = NodeChange(nid, born, node, node)
        return found

    def rels(self, wanted: dict[Key, Rel]) -> dict[Key, RelChange]:
        """Those of `wanted` that exist, as changes that change nothing yet."""
        rows = self._db.execute(
            "SELECT r.src, r.type, r.dst, r.key, r.own, r.born, r.props FROM json_each(?) j"
            " CROSS JOIN rel r ON r.src = json_extract(j.value, '$[0]')"
            " AND r.type = json_extract(j.value, '$[1]')"
            " AND r.dst = json_extract(j.value, '$[2]')"
            " AND r.key = json_extract(j.value, '$[3]')",
            (json.dumps(list(wanted)),),
        )
        found = {}
        for *ends, own, born, props in rows:
            key: Key = tuple(ends)  # type: ignore[assignment]
            rel = wanted[key]
            side = Side(bool(own), Rel(rel.type, rel.src, rel.dst, rel.key, json.loads(props)))
            found[key] = RelChange(key, born, side, side)
        return found

    def write_nodes(self, changes: Sequence[NodeChange]) -> None:
        """Insert, update and delete nodes with everything that hangs on them but relations."""
        db, rev = self._db, self.revision
        db.executemany(
            "INSERT INTO node VALUES(?, ?, ?, ?, ?, ?, ?)",
            (
                (c.nid, *c.new.ref, canonical(c.new.props), search_text(c.new), c.born, rev)
                for c in changes
                if c.new and not c.old
            ),
        )
        db.executemany(
            "UPDATE node SET props = ?, text = ?, rev = ? WHERE nid = ?",
            (
                (canonical(c.new.props), search_text(c.new), rev, c.nid)
                for c in changes
                if c.new and c.old
            ),
        )
        db.executemany("DELETE FROM node WHERE nid = ?", ((c.nid,) for c in changes if not c.new))
        self._log(
            ("node", [*c.ref], c.born, 1, c.old.props if c.old else None, not c.new)
            for c in changes
        )
        self._find(changes)
        self._relink(changes)
        self._add((c.old, c.new) for c in changes)

    def write_rels(self, changes: Sequence[RelChange]) -> None:
        """Insert, update and delete relations."""
        db, rev = self._db, self.revision
        db.executemany(
            "INSERT INTO rel VALUES(?, ?, ?, ?, ?, ?, ?, ?)",
            (
                (*c.key, canonical(c.new.rel.props), c.new.own, c.born, rev)
                for c in changes
                if c.new and not c.old
            ),
        )
        db.executemany(
            "UPDATE rel SET props = ?, own = ?, rev = ?"
            " WHERE src = ? AND type = ? AND dst = ? AND key = ?",
            (
                (canonical(c.new.rel.props), c.new.own, rev, *c.key)
                for c in changes
                if c.new and c.old
            ),
        )
        db.executemany(
            "DELETE FROM rel WHERE src = ? AND type = ? AND dst = ? AND key = ?",
            (c.key for c in changes if not c.new),
        )
        self._log(_past(c) for c in changes if c.old or c.born != rev)
        self._add((c.old and c.old.rel, c.new and c.new.rel) for c in changes)
