"""The embedded engine: one SQLite file, read by many, written by one at a time."""

from __future__ import annotations

import json
import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from operator import attrgetter
from pathlib import Path
from typing import Any

from graph.arrays import RelBlock, blocks_of
from graph.errors import DataError, LianzhuError, NotFound
from graph.model import LABELS, RELATIONS, Batch, Node, Ref, Rel
from graph.store.base import Applied, Changes, Health, LedgerEntry, Neighbourhood, Page, Stats
from graph.store.plan import canonical, check_ledger, identity
from graph.store.publish import publish, take_back
from graph.store.sqlite_file import STREAM_SECONDS, File, Reader
from graph.store.sqlite_rows import SqliteChange, adopt, clear
from graph.store.text import exact_query, words, words_query

__all__ = ["SqliteStore"]

_Row = tuple[Any, ...]
_identity = attrgetter("identity")
_MOST = 2**62  # SQLite has no larger numbers

_REL = """
SELECT r.type, s.label, s.id, d.label, d.id, r.key, r.props
FROM rel r CROSS JOIN node s ON s.nid = r.src CROSS JOIN node d ON d.nid = r.dst {}"""
_AMONG = """
WHERE r.src IN (SELECT value FROM json_each(:nids))
AND +r.dst IN (SELECT value FROM json_each(:nids))"""
# The outer loop runs along the index on (label, id), so only each source's relations are sorted.
_RELS_FROM = """
SELECT r.type, s.label, s.id, d.label, d.id, r.key, r.props
FROM node s CROSS JOIN rel r ON r.src = s.nid AND r.type = :type CROSS JOIN node d ON d.nid = r.dst
WHERE s.label = :label ORDER BY s.id, d.label, d.id, r.key"""
_NODES_OF = """
SELECT n.label, n.id, n.props FROM json_each(:nids) j CROSS JOIN node n ON n.nid = j.value
ORDER BY j.key"""
_FOUND = """
SELECT n.nid, n.label, n.id, n.props FROM {}
AND (:labels = '[]' OR n.label IN (SELECT value FROM json_each(:labels)))
AND n.nid NOT IN (SELECT value FROM json_each(:but))
ORDER BY n.id, n.label LIMIT :limit"""
_BY_INDEX = "find CROSS JOIN node n ON n.nid = find.rowid WHERE find MATCH :query"
_BY_LINE = "node n WHERE instr(char(10) || n.text || char(10), :line)"
_BY_WORDS = """
node n WHERE NOT EXISTS (SELECT 1 FROM json_each(:words) w WHERE NOT instr(n.text, w.value))"""
# Taken away after `since`, there at `since` (the first entry after it says so), not there now.
_GONE = """
SELECT DISTINCT p.identity FROM past p
WHERE p.kind = :kind AND p.revision > :since AND p.gone AND (
  SELECT q.born <= :since FROM past q
  WHERE q.kind = p.kind AND q.identity = p.identity AND q.revision > :since
  ORDER BY q.revision LIMIT 1)
AND NOT EXISTS ({})"""
# What was there at `since` and was written after it: the first entry after it says as what.
_BEFORE = """
SELECT p.identity, p.props FROM past p
WHERE p.kind = :kind AND p.revision > :since AND p.born <= :since AND NOT EXISTS (
  SELECT 1 FROM past q WHERE q.kind = p.kind AND q.identity = p.identity
  AND q.revision > :since AND q.revision < p.revision)"""
_NODE_NOW = """
SELECT 1 FROM node n
WHERE n.label = json_extract(p.identity, '$[0]') AND n.id = json_extract(p.identity, '$[1]')"""
_REL_NOW = """
SELECT 1 FROM node s
CROSS JOIN node d ON d.label = json_extract(p.identity, '$[3]')
  AND d.id = json_extract(p.identity, '$[4]')
CROSS JOIN rel r ON r.src = s.nid AND r.type = json_extract(p.identity, '$[0]') AND r.dst = d.nid
  AND r.key = json_extract(p.identity, '$[5]')
WHERE s.label = json_extract(p.identity, '$[1]') AND s.id = json_extract(p.identity, '$[2]')"""


class SqliteStore:
    """A `GraphStore` in one file; safe to share between threads and processes.

    Every question has `deadline` seconds; streams and `changes` have 60 for each thousand rows.
    A writer waits `wait` seconds for another one before `StoreBusy`.
    """

    def __init__(self, path: Path, *, deadline: float = 3.0, wait: float = 10.0) -> None:
        self._file = File(path, wait)
        self._deadline = deadline
        self._counted: Stats | None = None  # counting a million relations takes a quarter second

    def migrate(self) -> None:
        """Make the file where there is none; `StoreError` when it is newer or not ours."""
        self._file.migrate()

    def apply(self, batch: Batch) -> Applied:
        """Publish `batch` atomically; `DataError` when a relation's end is nowhere."""
        with self._file.writing() as db:
            return publish(SqliteChange(db), batch)

    def undo(self) -> Applied:
        """Take back the newest batch that is not undone; `NotFound` when there is none."""
        with self._file.writing() as db:
            return take_back(SqliteChange(db))

    def adopt(self, revision: int, ledger: Sequence[LedgerEntry]) -> None:
        """Take over the revision and ledger of the store whose content was just applied here."""
        check_ledger(ledger)
        with self._file.writing() as db:
            adopt(db, revision, ledger)

    def replace(self, batch: Batch, stats: Stats, ledger: Sequence[LedgerEntry]) -> None:
        """Put another store's content, revision and ledger in the place of this one's."""
        check_ledger(ledger)
        with self._file.writing() as db:
            clear(db)
            publish(SqliteChange(db), batch)
            ((found,),) = db.execute("SELECT hash FROM meta").fetchall()
            if found != stats.hash:
                raise DataError("copy_differs", expected=stats.hash, found=found)
            adopt(db, stats.revision, ledger)

    def ledger(self, limit: int = 50) -> Sequence[LedgerEntry]:
        """Applied batches, newest first."""
        rows = self._rows(
            "SELECT batch, source, revision, at, created, updated, undone FROM ledger"
            " ORDER BY entry DESC LIMIT :limit",
            limit=max(limit, 0),
        )
        return [_entry(row) for row in rows]

    def reading(self) -> AbstractContextManager[int]:
        """One revision for everything this thread reads inside; yields its number."""
        return self._file.reader().pinned()

    def revision(self) -> int:
        """Number of the last change; 0 in an empty store."""
        ((revision,),) = self._rows("SELECT revision FROM meta")
        return int(revision)

    def stats(self) -> Stats:
        """Counts, revision and content hash, read in one transaction."""
        with self._asking():
            ((revision, digest),) = self._rows("SELECT revision, hash FROM meta")
            held = self._counted
            if held and (held.revision, held.hash) == (revision, digest):
                return held
            nodes = self._rows("SELECT label, count(*) FROM node GROUP BY label")
            rels = self._rows("SELECT type, count(*) FROM rel GROUP BY type")
        self._counted = Stats(dict(nodes), dict(sorted(rels)), revision, digest)
        return self._counted

    def get(self, ref: Ref) -> Node | None:
        """The node, or None."""
        rows = self._rows(
            "SELECT label, id, props FROM node WHERE label = :label AND id = :id", **ref._asdict()
        )
        return _node(rows[0]) if rows else None

    def get_many(self, refs: Iterable[Ref]) -> dict[Ref, Node]:
        """Those of `refs` that exist."""
        ids: dict[str, list[str]] = defaultdict(list)
        for ref in refs:
            ids[ref.label].append(ref.id)
        sql = (
            "SELECT n.label, n.id, n.props FROM json_each(:ids) j"
            " CROSS JOIN node n ON n.label = :label AND n.id = j.value"
        )
        with self._asking():
            found = [
                _node(row)
                for label, some in ids.items()
                for row in self._rows(sql, label=label, ids=json.dumps(some))
            ]
        return {node.ref: node for node in found}

    def rels_of(self, ref: Ref) -> Sequence[Rel]:
        """Every relation of a node, both directions, in identity order (no limit)."""
        with self._asking():
            nid = self._nid(ref)
            rows = self._rows(_REL.format("WHERE r.src = :nid"), nid=nid)
            rows += self._rows(_REL.format("WHERE r.dst = :nid AND r.src <> :nid"), nid=nid)
        return sorted(map(_rel, rows), key=_identity)

    def page(self, label: str, after: str = "", limit: int = 50) -> Page:
        """Nodes of one label with id > `after`."""
        limit = max(limit, 1)
        rows = self._rows(
            "SELECT label, id, props FROM node WHERE label = :label AND id > :after"
            " ORDER BY id LIMIT :more",
            label=label,
            after=after,
            more=limit + 1,
        )
        items = [_node(row) for row in rows[:limit]]
        return Page(items, items[-1].ref.id if len(rows) > limit else None)

    def search(self, text: str, labels: Sequence[str] = (), limit: int = 20) -> Sequence[Node]:
        """Nodes whose names hold every word of `text`; exact names first, then id order."""
        known = [label for label in labels if label in LABELS]
        if not words(text) or limit < 1 or (labels and not known):
            return []
        with self._asking() as reader:
            rows: list[_Row] = []
            for source, params in self._conditions(reader, text):
                params |= {"labels": json.dumps(known), "but": json.dumps([r[0] for r in rows])}
                rows += self._rows(_FOUND.format(source), limit=limit - len(rows), **params)
        return [_node(row[1:]) for row in rows]

    def neighbourhood(self, ref: Ref, limit: int = 150, hops: int = 1) -> Neighbourhood:
        """The node and up to `limit` others within `hops`, nearest first, and how many are hidden.

        Equally near ones come in id order; the relations are all those among the nodes shown.
        """
        with self._asking():
            centre = self._nid(ref)
            if centre is None:
                raise NotFound("node", label=ref.label, id=ref.id)
            seen, ring, shown = {centre}, {centre}, [centre]
            for _ in range(hops):
                ring = self._around(ring) - seen
                seen |= ring
                shown += self._first(ring, limit + 1 - len(shown))
            nodes = self._rows(_NODES_OF, nids=json.dumps(shown))
            rels = self._rows(_REL.format(_AMONG), nids=json.dumps(shown))
        return Neighbourhood(
            [_node(row) for row in nodes],
            sorted(map(_rel, rels), key=_identity),
            len(seen) - len(shown),
        )

    def nodes(self, label: str) -> Iterator[Node]:
        """Every node of a label in id order."""
        sql = "SELECT label, id, props FROM node WHERE label = :label ORDER BY id"
        with self._file.streaming() as reader:
            yield from map(_node, reader.stream(sql, label=label) if label in LABELS else ())

    def rels(self, type: str) -> Iterator[Rel]:
        """Every relation of a type in (src, dst, key) order."""
        with self._file.streaming() as reader:
            for label in sorted({src for src, _ in RELATIONS.get(type, ())}):
                yield from map(_rel, reader.stream(_RELS_FROM, type=type, label=label))

    def columns(self, type: str) -> Iterator[RelBlock]:
        """Every relation of a type as columns, in no order: what a snapshot is made of."""
        return blocks_of(self.rels(type))

    def changes(self, since: int) -> Changes:
        """Everything that differs from revision `since`."""
        with self._asking(STREAM_SECONDS) as reader, reader.pinned() as revision:
            nodes = self._rows(
                "SELECT label, id, props FROM node WHERE rev > :since ORDER BY label, id",
                since=since,
            )
            rels = self._rows(_REL.format("WHERE r.rev > :since"), since=since)
            before = {
                who: props
                for kind in ("node", "rel")
                for who, props in self._rows(_BEFORE, kind=kind, since=since)
            }
            gone_nodes = self._rows(_GONE.format(_NODE_NOW), kind="node", since=since)
            gone_rels = self._rows(_GONE.format(_REL_NOW), kind="rel", since=since)
        return Changes(
            revision,
            [node for node in map(_node, nodes) if _differs(node, before)],
            sorted((rel for rel in map(_rel, rels) if _differs(rel, before)), key=_identity),
            sorted(Ref(*json.loads(row[0])) for row in gone_nodes),
            sorted((_rel((*json.loads(row[0]), "{}")) for row in gone_rels), key=_identity),
        )

    def health(self) -> Health:
        """A cheap check that never raises."""
        try:
            with self._asking() as reader:
                ((indexed,),) = self._rows("SELECT indexed FROM meta")
        except LianzhuError as error:
            return Health(False, "sqlite", str(error))
        found = "FTS5" if indexed and reader.fts5 else "no FTS5 index: search scans"
        return Health(True, "sqlite", f"SQLite {sqlite3.sqlite_version}, {found}")

    def close(self) -> None:
        """Release files and connections."""
        self._file.close()

    @contextmanager
    def _asking(self, seconds: float | None = None) -> Iterator[Reader]:
        """One read transaction with one deadline for all of it."""
        reader = self._file.reader()
        with reader.pinned(), reader.within(seconds or self._deadline):
            yield reader

    def _rows(self, sql: str, **params: object) -> list[_Row]:
        params = {k: min(v, _MOST) if isinstance(v, int) else v for k, v in params.items()}
        with self._file.reader().within(self._deadline) as db:
            try:
                return db.execute(sql, params).fetchall()
            except UnicodeEncodeError:  # half of a surrogate pair: `apply` lets none in
                return []

    def _nid(self, ref: Ref) -> int | None:
        rows = self._rows("SELECT nid FROM node WHERE label = :label AND id = :id", **ref._asdict())
        return rows[0][0] if rows else None

    def _conditions(self, reader: Reader, text: str) -> list[tuple[str, dict[str, str]]]:
        """Where to look first for exact names and then for all of them."""
        ((indexed,),) = self._rows("SELECT indexed FROM meta")
        if indexed and reader.fts5:
            return [(_BY_INDEX, {"query": q}) for q in (exact_query(text), words_query(text))]
        wanted = words(text)
        return [
            (_BY_LINE, {"line": f"\n{' '.join(wanted)}\n"}),
            (_BY_WORDS, {"words": json.dumps(wanted)}),
        ]

    def _around(self, ring: Iterable[int]) -> set[int]:
        rows = self._rows(
            "SELECT r.dst FROM json_each(:ring) j CROSS JOIN rel r ON r.src = j.value"
            " UNION SELECT r.src FROM json_each(:ring) j CROSS JOIN rel r ON r.dst = j.value",
            ring=json.dumps([*ring]),
        )
        return {nid for (nid,) in rows}

    def _first(self, ring: Iterable[int], limit: int) -> list[int]:
        rows = self._rows(
            "SELECT n.nid FROM json_each(:ring) j CROSS JOIN node n ON n.nid = j.value"
            " ORDER BY n.id, n.label LIMIT :limit",
            ring=json.dumps([*ring]),
            limit=max(limit, 0),
        )
        return [nid for (nid,) in rows]


def _node(row: _Row) -> Node:
    label, id_, props = row
    return Node(Ref(label, id_), json.loads(props))


def _differs(row: Node | Rel, before: Mapping[str, str]) -> bool:
    return before.get(identity(row)) != canonical(row.props)


def _entry(row: _Row) -> LedgerEntry:
    batch, source, revision, at, created, updated, undone = row
    return LedgerEntry(batch, source, revision, at, created, updated, bool(undone))


def _rel(row: _Row) -> Rel:
    type_, src_label, src, dst_label, dst, key, props = row
    return Rel(type_, Ref(src_label, src), Ref(dst_label, dst), key, json.loads(props))
