"""What `apply` and `undo` do inside one write transaction of a SQLite file."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import islice
from typing import NamedTuple, TypeVar

from graph.errors import DataError, NotFound
from graph.model import Batch, Node, Props, Ref, Rel, row_hash
from graph.store.base import Applied
from graph.store.plan import Link, canonical, checked_nodes, checked_rels, counted, links, settle
from graph.store.sqlite_file import INDEXES, has_fts5
from graph.store.text import grams, search_text

__all__ = ["publish", "take_back"]

_CHUNK = 20_000  # rows held in memory beside the batch itself
_BULK = 20_000  # relations from which an empty store is loaded without its secondary indexes
_MODULUS = 2**256
_T = TypeVar("_T")


class _NodeChange(NamedTuple):
    """A node before and after; None where it is not there."""

    nid: int
    ref: Ref
    born: int
    old: Props | None
    new: Props | None


class _Side(NamedTuple):
    """A relation as kept: `own` when a row said it, not only a reference column."""

    own: bool
    props: Props


class _RelChange(NamedTuple):
    """A relation before and after, with the row numbers of its ends."""

    src: int
    dst: int
    rel: Rel  # identity only
    born: int
    old: _Side | None
    new: _Side | None


class _Intent(NamedTuple):
    """What a reference column points at."""

    src: int
    source: Ref
    link: Link


_DERIVED = _Side(False, {})


def publish(db: sqlite3.Connection, batch: Batch) -> Applied:
    """Apply `batch`, or find that it was applied before."""
    change = _Change(db)
    if _is_live(db, batch.key):
        rows = counted(batch.nodes) + len(batch.rels)
        return Applied(batch.key, "unchanged", change.before, 0, 0, rows)
    try:
        tally = _upsert(change, batch)
    except UnicodeEncodeError as error:
        raise DataError("value", value=ascii(error.object)) from error
    revision = change.close()
    status = "committed" if revision != change.before else "unchanged"
    applied = Applied(batch.key, status, revision, *tally)
    _record(db, batch, applied)
    return applied


def take_back(db: sqlite3.Connection) -> Applied:
    """Undo the newest live entry of the ledger as a new revision."""
    entry = db.execute(
        "SELECT entry, batch, revision, changed, created, updated FROM ledger"
        " WHERE NOT undone ORDER BY entry DESC LIMIT 1"
    ).fetchone()
    if not entry:
        raise NotFound("nothing_to_undo")
    number, batch, taken, changed, created, updated = entry
    change = _Change(db)
    if changed:
        _restore(change, taken)
    db.execute("UPDATE ledger SET undone = 1 WHERE entry = ?", (number,))
    return Applied(batch, "undone", change.close(), created, updated, 0)


def _is_live(db: sqlite3.Connection, key: str) -> bool:
    live = db.execute("SELECT 1 FROM ledger WHERE batch = ? AND NOT undone", (key,))
    return live.fetchone() is not None


def _record(db: sqlite3.Connection, batch: Batch, applied: Applied) -> None:
    at = datetime.now(UTC).isoformat(timespec="seconds")
    changed = applied.status == "committed"
    db.execute(
        "INSERT INTO ledger(batch, source, revision, changed, at, created, updated)"
        " VALUES(?, ?, ?, ?, ?, ?, ?)",
        (batch.key, batch.source, applied.revision, changed, at, applied.created, applied.updated),
    )


class _Tally:
    """Rows created, updated and unchanged."""

    def __init__(self) -> None:
        self.counts = [0, 0, 0]

    def add(self, old: object, new: object) -> None:
        """Count one row; a stub or a derived relation was not there before."""
        self.counts[0 if not old else 1 if old != new else 2] += 1


def _upsert(change: _Change, batch: Batch) -> list[int]:
    nodes, rels = checked_nodes(batch), checked_rels(batch)
    bulk = len(rels) >= _BULK and change.is_empty()
    if bulk:
        change.drop_indexes()
    tally = _Tally()
    _upsert_nodes(change, nodes, tally)
    _upsert_rels(change, rels, tally)
    _follow(change)
    if bulk:
        change.build_indexes()
    return tally.counts
