"""One write transaction on the tables of a SQLite file: rows, before-images, hash, revision."""

from __future__ import annotations

import json
import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from graph.model import Batch, Node, Ref, Rel
from graph.store.base import Applied, LedgerEntry
from graph.store.change import Entry, Image, Intent, Key, NodeChange, RelChange
from graph.store.plan import canonical, hash_of, identity, links
from graph.store.sqlite_file import INDEXES, has_fts5
from graph.store.text import grams, search_text

__all__ = ["SqliteChange", "adopt", "clear"]

_MODULUS = 2**256
_BULK = 20_000  # relations from which an empty store is loaded without its secondary indexes


class SqliteChange:
    """A `graph.store.change.Change` on the tables of a SQLite file; before-images go to `past`."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        meta = db.execute("SELECT revision, hash, indexed FROM meta").fetchone()
        self.before = int(meta[0])
        self.revision = self.before + 1
        self._sum = int(meta[1], 16)
        self._indexed = bool(meta[2]) and has_fts5(db)
        self._changed = False
        self._last: int = db.execute("SELECT coalesce(max(nid), 0) FROM node").fetchone()[0]
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
        return {ref: nid for ref, nid, _, _ in self._select(refs, "NULL")}

    def nodes(self, refs: Iterable[Ref]) -> dict[Ref, NodeChange]:
        """Those of `refs` that exist, as changes that change nothing yet."""
        found = {}
        for ref, nid, born, props in self._select(refs, "n.props"):
            node = Node(ref, json.loads(props))
            found[ref] = NodeChange(nid, ref, born, node, node)
        return found

    def rels(self, wanted: Mapping[Key, Rel]) -> dict[Key, RelChange]:
        """Those of `wanted` that exist, as changes that change nothing yet."""
        rows = self._db.execute(
            "SELECT r.src, r.type, r.dst, r.key, r.born, r.own, r.props FROM json_each(?) j"
            " CROSS JOIN rel r ON r.src = json_extract(j.value, '$[0]')"
            " AND r.type = json_extract(j.value, '$[1]')"
            " AND r.dst = json_extract(j.value, '$[2]')"
            " AND r.key = json_extract(j.value, '$[3]')",
            (json.dumps(list(wanted)),),
        )
        found = {}
        for src, type_, dst, key, born, own, props in rows:
            asked = wanted[src, type_, dst, key]
            rel = Rel(type_, asked.src, asked.dst, key, json.loads(props))
            found[src, type_, dst, key] = RelChange(
                (src, type_, dst, key), born, rel, rel, bool(own), bool(own)
            )
        return found

    def write_nodes(self, changes: Sequence[NodeChange]) -> None:
        """Insert, update and delete nodes, and what hangs on them except relations."""
        rows = list(zip(changes, self._note("node", changes), strict=True))
        self._many(
            "INSERT INTO node(nid, label, id, born, props, text, rev) VALUES(?, ?, ?, ?, ?, ?, ?)",
            [
                (c.nid, *c.new.ref, c.born, props, search_text(c.new), self.revision)
                for c, props in rows
                if c.new and not c.old
            ],
        )
        self._many(
            "UPDATE node SET props = ?, text = ?, rev = ? WHERE nid = ?",
            [
                (props, search_text(c.new), self.revision, c.nid)
                for c, props in rows
                if c.new and c.old
            ],
        )
        self._many("DELETE FROM node WHERE nid = ?", [(c.nid,) for c in changes if not c.new])
        self._find(changes)
        self._relink(changes)

    def write_rels(self, changes: Sequence[RelChange]) -> None:
        """Insert, update and delete relations."""
        rows = list(zip(changes, self._note("rel", changes), strict=True))
        self._many(
            "INSERT INTO rel(src, type, dst, key, props, own, born, rev)"
            " VALUES(?, ?, ?, ?, ?, ?, ?, ?)",
            [
                (*c.key, props, c.own, c.born, self.revision)
                for c, props in rows
                if c.new and not c.old
            ],
        )
        self._many(
            "UPDATE rel SET props = ?, own = ?, rev = ?"
            " WHERE src = ? AND type = ? AND dst = ? AND key = ?",
            [(props, c.own, self.revision, *c.key) for c, props in rows if c.new and c.old],
        )
        self._many(
            "DELETE FROM rel WHERE src = ? AND type = ? AND dst = ? AND key = ?",
            [c.key for c in changes if not c.new],
        )

    @contextmanager
    def bulk(self, rows: int) -> Iterator[None]:
        """A first load: sorting once at the end is cheaper than keeping order row by row."""
        bulk = rows >= _BULK and not self.had_rels
        for name in INDEXES if bulk else ():
            self._db.execute(f"DROP INDEX {name}")
        yield
        for statement in INDEXES.values() if bulk else ():
            self._db.execute(statement)

    def waiting(self, refs: Iterable[Ref]) -> list[Intent]:
        """Reference columns that point at `refs`."""
        rows = self._db.execute(
            "SELECT l.label, l.id, l.type, l.src, n.label, n.id FROM json_each(?) j"
            " CROSS JOIN link l ON l.label = json_extract(j.value, '$[0]')"
            " AND l.id = json_extract(j.value, '$[1]') CROSS JOIN node n ON n.nid = l.src",
            (json.dumps(list(refs)),),
        )
        return [
            Intent(src, Ref(source_label, source_id), (type_, Ref(label, id_)))
            for label, id_, type_, src, source_label, source_id in rows
        ]

    def born_rels(self, revision: int, limit: int) -> list[RelChange]:
        """Up to `limit` relations that exist since `revision`, as deletions."""
        # Never deleted or changed before it was born: rev >= born, so the index on rev finds all.
        rows = self._db.execute(
            "SELECT r.src, r.type, r.dst, r.key, r.born, r.own, r.props, s.label, s.id, d.label,"
            " d.id FROM rel r CROSS JOIN node s ON s.nid = r.src CROSS JOIN node d ON d.nid = r.dst"
            " WHERE r.rev >= ? AND r.born = ? LIMIT ?",
            (revision, revision, limit),
        )
        return [_removed_rel(row) for row in rows]

    def born_nodes(self, revision: int, limit: int) -> list[NodeChange]:
        """Up to `limit` nodes that exist since `revision`, as deletions."""
        rows = self._db.execute(
            "SELECT nid, label, id, born, props FROM node WHERE rev >= ? AND born = ? LIMIT ?",
            (revision, revision, limit),
        )
        return [_removed_node(row) for row in rows]

    def images(self, revision: int, kind: str, skip: int, limit: int) -> list[Image]:
        """What `revision` changed or took away, of kind `node` or `rel`, as it was; by identity."""
        rows = self._db.execute(
            "SELECT identity, born, own, props FROM past"
            " WHERE revision = ? AND kind = ? AND props IS NOT NULL"
            " ORDER BY identity LIMIT ? OFFSET ?",
            (revision, kind, limit, skip),
        )
        return [
            Image(_row(json.loads(who), json.loads(props)), born, bool(own))
            for who, born, own, props in rows.fetchall()
        ]

    def is_live(self, batch: str) -> bool:
        """Whether the ledger holds this batch, not undone."""
        live = self._db.execute("SELECT 1 FROM ledger WHERE batch = ? AND NOT undone", (batch,))
        return live.fetchone() is not None

    def record(self, batch: Batch, applied: Applied, at: str) -> None:
        """Write an entry of the ledger."""
        changed = applied.status == "committed"
        counts = (applied.created, applied.updated)
        self._db.execute(
            "INSERT INTO ledger(batch, source, revision, changed, at, created, updated)"
            " VALUES(?, ?, ?, ?, ?, ?, ?)",
            (batch.key, batch.source, applied.revision, changed, at, *counts),
        )

    def newest(self) -> Entry | None:
        """The newest live entry of the ledger."""
        row = self._db.execute(
            "SELECT entry, batch, revision, changed, created, updated FROM ledger"
            " WHERE NOT undone AND changed <> 2 ORDER BY entry DESC LIMIT 1"
        ).fetchone()
        return Entry(*row) if row else None

    def mark_undone(self, number: int) -> None:
        """Flag an entry of the ledger."""
        self._db.execute("UPDATE ledger SET undone = 1 WHERE entry = ?", (number,))

    def close(self) -> int:
        """Write revision and hash if anything changed; the revision that holds now."""
        if not self._changed:
            return self.before
        self._db.execute(
            "UPDATE meta SET revision = ?, hash = ?, indexed = ?",
            (self.revision, f"{self._sum:064x}", self._indexed),
        )
        return self.revision

    def _select(self, refs: Iterable[Ref], props: str) -> Iterable[tuple[Ref, int, int, str]]:
        ids: dict[str, list[str]] = defaultdict(list)
        for ref in refs:
            ids[ref.label].append(ref.id)
        for label, some in ids.items():
            for id_, nid, born, text in self._db.execute(
                f"SELECT n.id, n.nid, n.born, {props} FROM json_each(?) j"
                " CROSS JOIN node n ON n.label = ? AND n.id = j.value",
                (json.dumps(some), label),
            ):
                yield Ref(label, id_), nid, born, text

    def _many(self, sql: str, rows: Sequence[tuple[object, ...]]) -> None:
        if rows:
            self._db.executemany(sql, rows)
            self._changed = True

    def _note(
        self, kind: str, changes: Sequence[NodeChange] | Sequence[RelChange]
    ) -> Sequence[str]:
        """Keep the hash and what undo needs; the new properties of each change as text."""
        texts, rows = [], list[tuple[object, ...]]()
        for c in changes:
            who = identity(_either(c))
            texts.append(canonical(c.new.props) if c.new else "")
            self._sum += hash_of(who, texts[-1]) if c.new else 0
            if c.old:
                old = canonical(c.old.props)
                self._sum -= hash_of(who, old)
                rows.append((kind, who, self.revision, c.born, c.was_own, old, c.new is None))
            elif c.born != self.revision:
                rows.append((kind, who, self.revision, None, None, None, False))
        self._sum %= _MODULUS
        self._many("INSERT INTO past VALUES(?, ?, ?, ?, ?, ?, ?)", rows)
        return texts

    def _find(self, changes: Sequence[NodeChange]) -> None:
        """Keep the full-text index, where there is one."""
        if not self._indexed:
            return
        texts = [(c.nid, _text(c.old), _text(c.new)) for c in changes]
        self._many(
            "INSERT INTO find(find, rowid, grams) VALUES('delete', ?, ?)",
            [(nid, grams(old)) for nid, old, new in texts if old and old != new],
        )
        self._many(
            "INSERT INTO find(rowid, grams) VALUES(?, ?)",
            [(nid, grams(new)) for nid, old, new in texts if new and old != new],
        )

    def _relink(self, changes: Sequence[NodeChange]) -> None:
        """Keep what reference columns point at, whether it exists or not."""
        lost, gained = [], []
        for c in changes:
            before, after = links(c.old), links(c.new)
            lost += [Intent(c.nid, c.ref, link) for link in sorted(before - after)]
            gained += [Intent(c.nid, c.ref, link) for link in sorted(after - before)]
        self._many(
            "DELETE FROM link WHERE label = ? AND id = ? AND type = ? AND src = ?",
            [(*i.link[1], i.link[0], i.src) for i in lost],
        )
        self._many(
            "INSERT INTO link(label, id, type, src) VALUES(?, ?, ?, ?)",
            sorted((*i.link[1], i.link[0], i.src) for i in gained),
        )
        self.lost += lost
        self.gained += gained
        self.arrived += [c.new.ref for c in changes if c.new and not c.old]


def adopt(db: sqlite3.Connection, revision: int, ledger: Sequence[LedgerEntry]) -> None:
    """Put another store's revision and ledger in the place of this one's."""
    db.execute("DELETE FROM ledger")
    db.executemany(
        "INSERT INTO ledger(batch, source, revision, changed, at, created, updated, undone)"
        " VALUES(?, ?, ?, 2, ?, ?, ?, ?)",  # 2: there are no before-images to undo it with
        [
            (e.batch, e.source, e.revision, e.at, e.created, e.updated, e.undone)
            for e in reversed(ledger)
        ],
    )
    db.execute("UPDATE meta SET revision = ?", (revision,))


def clear(db: sqlite3.Connection) -> None:
    """Take everything out, as at revision 0."""
    for table in ("rel", "node", "link", "past", "ledger"):
        db.execute(f"DELETE FROM {table}")
    (indexed,) = db.execute("SELECT indexed FROM meta").fetchone()
    if indexed and has_fts5(db):
        db.execute("INSERT INTO find(find) VALUES('delete-all')")
    db.execute("UPDATE meta SET revision = 0, hash = ?", (f"{0:064x}",))


def _either(change: NodeChange | RelChange) -> Node | Rel:
    row = change.new or change.old
    assert row
    return row


def _row(identity: Sequence[str], props: dict[str, Any]) -> Node | Rel:
    if len(identity) == 2:
        return Node(Ref(*identity), props)
    type_, src_label, src, dst_label, dst, key = identity
    return Rel(type_, Ref(src_label, src), Ref(dst_label, dst), key, props)


def _removed_node(row: tuple[Any, ...]) -> NodeChange:
    nid, label, id_, born, props = row
    ref = Ref(label, id_)
    return NodeChange(nid, ref, born, Node(ref, json.loads(props)), None)


def _removed_rel(row: tuple[Any, ...]) -> RelChange:
    src, type_, dst, key, born, own, props, *ends = row
    rel = Rel(type_, Ref(*ends[:2]), Ref(*ends[2:]), key, json.loads(props))
    return RelChange((src, type_, dst, key), born, rel, None, bool(own), False)


def _text(node: Node | None) -> str:
    return search_text(node) if node else ""
