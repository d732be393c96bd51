"""One SQLite file: its single writer behind a lock, its read-only readers, its schema."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from time import monotonic
from typing import Any
from urllib.parse import quote

from graph.errors import DeadlineExceeded, StoreBusy, StoreError
from graph.store.lock import Lock
from graph.store.text import grams

__all__ = ["INDEXES", "STREAM_SECONDS", "File", "Reader", "has_fts5"]

STREAM_SECONDS = 60.0  # for each thousand rows of a stream, and for changes
_APPLICATION = 0x6C7A6862
_VERSION = 1
_STEPS = 1000  # of the virtual machine between two looks at the clock
_CHUNK = 1000
_NEVER = float("inf")

_SCHEMA = """
CREATE TABLE meta(one INTEGER PRIMARY KEY CHECK(one = 1), revision INTEGER NOT NULL,
  hash TEXT NOT NULL, indexed INTEGER NOT NULL);
CREATE TABLE node(nid INTEGER PRIMARY KEY, label TEXT NOT NULL, id TEXT NOT NULL,
  props TEXT NOT NULL, text TEXT NOT NULL, born INTEGER NOT NULL, rev INTEGER NOT NULL,
  UNIQUE(label, id));
CREATE TABLE rel(src INTEGER NOT NULL REFERENCES node, type TEXT NOT NULL,
  dst INTEGER NOT NULL REFERENCES node, key TEXT NOT NULL, props TEXT NOT NULL,
  own INTEGER NOT NULL, born INTEGER NOT NULL, rev INTEGER NOT NULL,
  PRIMARY KEY(src, type, dst, key)) WITHOUT ROWID;
CREATE TABLE link(label TEXT NOT NULL, id TEXT NOT NULL, type TEXT NOT NULL, src INTEGER NOT NULL,
  PRIMARY KEY(label, id, type, src)) WITHOUT ROWID;
CREATE TABLE past(kind TEXT NOT NULL, identity TEXT NOT NULL, revision INTEGER NOT NULL,
  born INTEGER, own INTEGER, props TEXT, gone INTEGER NOT NULL,
  PRIMARY KEY(kind, identity, revision)) WITHOUT ROWID;
CREATE INDEX past_at ON past(revision, kind);
CREATE TABLE ledger(entry INTEGER PRIMARY KEY, batch TEXT NOT NULL, source TEXT NOT NULL,
  revision INTEGER NOT NULL, changed INTEGER NOT NULL, at TEXT NOT NULL,
  created INTEGER NOT NULL, updated INTEGER NOT NULL, undone INTEGER NOT NULL DEFAULT 0);
CREATE UNIQUE INDEX ledger_live ON ledger(batch) WHERE NOT undone;
"""
# Secondary indexes, which a first bulk load builds at its end.
INDEXES: Mapping[str, str] = {
    "node_rev": "CREATE INDEX node_rev ON node(rev)",
    "rel_in": "CREATE INDEX rel_in ON rel(dst)",
    "rel_rev": "CREATE INDEX rel_rev ON rel(rev)",
}
# Contentless: the terms are made from node.text, and taken out with the same terms.  The ascii
# tokenizer splits at the blanks that `text.grams` writes and nowhere else.
_FIND = "CREATE VIRTUAL TABLE IF NOT EXISTS find USING fts5(grams, content='', tokenize='ascii')"


class Reader:
    """One thread's read-only connection; whatever it does has a deadline."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection
        self.fts5 = has_fts5(connection)
        self._until = _NEVER
        self.pins = 0
        self._closed = False
        connection.set_progress_handler(self._expired, _STEPS)

    @contextmanager
    def within(self, seconds: float) -> Iterator[sqlite3.Connection]:
        """The connection, for at most `seconds`; inside another, for what is left of that."""
        if self._until < _NEVER:
            yield self.connection
            return
        self._until = monotonic() + seconds
        try:
            with _wording(seconds):
                yield self.connection
        finally:
            self._until = _NEVER

    @contextmanager
    def pinned(self) -> Iterator[int]:
        """One read transaction; inner ones join the outermost."""
        with self.within(STREAM_SECONDS) as db:
            if not self.pins:
                db.execute("BEGIN")
            self.pins += 1
            (revision,) = db.execute("SELECT revision FROM meta").fetchone()
        try:
            yield revision
        finally:
            self.pins -= 1
            if not self.pins and not self._closed:
                self.connection.execute("COMMIT")

    def stream(self, sql: str, **params: object) -> Iterator[tuple[Any, ...]]:
        """Rows as the caller takes them; inside `pinned`."""
        with self.within(STREAM_SECONDS) as db:
            cursor = db.execute(sql, params)
        while True:
            with self.within(STREAM_SECONDS):
                rows = cursor.fetchmany(_CHUNK)
            if not rows:
                return
            yield from rows

    def close(self) -> None:
        """Close the connection; streams still open end with it."""
        self._closed = True
        self.connection.close()

    def _expired(self) -> bool:
        return monotonic() > self._until


class File:
    """The file and every connection to it.

    SQLite before 3.51.3 can lose a commit when one connection resets the WAL while another
    commits (the WAL-reset race).  Here only the holder of the lock file writes or checkpoints, and
    readers are `mode=ro`, which cannot checkpoint: the race has no second party.
    """

    def __init__(self, path: Path, wait: float) -> None:
        self.path = path
        self._wait = wait
        self._lock = Lock(path.with_name(path.name + ".lock"), wait)
        self._writer: sqlite3.Connection | None = None
        self._readers: dict[threading.Thread, Reader] = {}
        self._streams: set[Reader] = set()
        self._opening = threading.Lock()
        self._closed = False

    def migrate(self) -> None:
        """Make the file, or check that it is ours and not newer; safe to repeat."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self._lock.held(), _wording():
            db = self._open_writer(new=True)
            if _version(db, self.path) < _VERSION:
                db.execute("PRAGMA journal_mode = WAL")
                _create(db)
            _reindex(db)

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """The writer inside one transaction, all or nothing; `StoreBusy` after a bounded wait."""
        with self._lock.held(), _wording():
            db = self._open_writer()
            with _transaction(db):
                yield db
            with suppress(sqlite3.Error):  # it is committed, whether or not the file can grow now
                db.execute("PRAGMA wal_checkpoint(PASSIVE)")

    def reader(self) -> Reader:
        """This thread's reader."""
        return self._readers.get(threading.current_thread()) or self._open_reader()

    @contextmanager
    def streaming(self) -> Iterator[Reader]:
        """This thread's reader where it is pinned, else one of the stream's own.

        A stream may be handed from thread to thread, as web frameworks do, and must not hold back
        what its first thread reads next.
        """
        held = self._readers.get(threading.current_thread())
        if held and held.pins:
            yield held
            return
        with self._opening, _wording():
            own = Reader(self._connect("ro"))
            self._streams.add(own)
        try:
            with own.pinned():
                yield own
        finally:
            self._streams.discard(own)
            own.close()

    def close(self) -> None:
        """Close every connection; the writer under the lock, because its close checkpoints."""
        self._closed = True
        with self._opening:
            for reader in (*self._readers.values(), *self._streams):
                reader.close()
            self._readers.clear()
        writer, self._writer = self._writer, None
        if writer:
            try:
                with self._lock.held():
                    writer.close()
            except StoreBusy:
                # Whoever holds the lock has the file open, so this close does not checkpoint.
                writer.close()

    def _open_reader(self) -> Reader:
        with self._opening, _wording():
            for thread in [t for t in self._readers if not t.is_alive()]:
                self._readers.pop(thread).close()
            reader = Reader(self._connect("ro"))
            self._readers[threading.current_thread()] = reader
            return reader

    def _open_writer(self, new: bool = False) -> sqlite3.Connection:
        if self._writer is None:
            db = self._connect("rwc" if new else "rw", new)
            db.execute("PRAGMA synchronous = FULL")
            db.execute("PRAGMA foreign_keys = ON")
            db.execute("PRAGMA wal_autocheckpoint = 0")  # `writing` does it, inside the lock
            db.execute("PRAGMA journal_size_limit = 67108864")
            db.execute("PRAGMA cache_size = -131072")  # KiB: a bulk load stays in memory
            self._writer = db
        return self._writer

    def _connect(self, mode: str, new: bool = False) -> sqlite3.Connection:
        if self._closed:
            raise StoreError("store_closed", path=str(self.path))
        if not new and not self.path.exists():
            raise StoreError("store_missing", path=str(self.path))
        uri = f"file:{quote(str(self.path.absolute()))}?mode={mode}"
        # isolation_level=None: transactions are written out; other threads only ever close.
        db = sqlite3.connect(
            uri, uri=True, timeout=self._wait, isolation_level=None, check_same_thread=False
        )
        try:
            if _version(db, self.path) < _VERSION and not new:
                raise StoreError("store_missing", path=str(self.path))
        except BaseException:
            db.close()
            raise
        return db


def _version(db: sqlite3.Connection, path: Path) -> int:
    """The file's schema version, 0 when it is empty; `StoreError` when it is not ours or newer."""
    (application,) = db.execute("PRAGMA application_id").fetchone()
    (version,) = db.execute("PRAGMA user_version").fetchone()
    (tables,) = db.execute("SELECT count(*) FROM sqlite_master").fetchone()
    if tables and application != _APPLICATION:
        raise StoreError("store_foreign", path=str(path))
    if version > _VERSION:
        raise StoreError("store_newer", path=str(path), found=version, known=_VERSION)
    return int(version)


def _create(db: sqlite3.Connection) -> None:
    with _transaction(db):
        for statement in (*_SCHEMA.split(";"), *INDEXES.values()):
            db.execute(statement)
        db.execute("INSERT INTO meta VALUES(1, 0, ?, 0)", (f"{0:064x}",))
        db.execute(f"PRAGMA application_id = {_APPLICATION}")
        db.execute(f"PRAGMA user_version = {_VERSION}")


def _reindex(db: sqlite3.Connection) -> None:
    """Build the full-text index where it is missing, or where a SQLite without FTS5 has written."""
    (indexed,) = db.execute("SELECT indexed FROM meta").fetchone()
    if indexed or not has_fts5(db):
        return
    with _transaction(db):
        db.execute(_FIND)
        db.execute("INSERT INTO find(find) VALUES('delete-all')")
        rows = db.execute("SELECT nid, text FROM node WHERE text <> ''")
        db.executemany(
            "INSERT INTO find(rowid, grams) VALUES(?, ?)",
            ((nid, grams(text)) for nid, text in rows),
        )
        db.execute("UPDATE meta SET indexed = 1")


def has_fts5(db: sqlite3.Connection) -> bool:
    """Whether this SQLite was built with full text."""
    return db.execute("SELECT 1 FROM pragma_module_list WHERE name = 'fts5'").fetchone() is not None


@contextmanager
def _transaction(db: sqlite3.Connection) -> Iterator[None]:
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
        db.execute("COMMIT")
    finally:
        if db.in_transaction:
            db.execute("ROLLBACK")


@contextmanager
def _wording(seconds: float = 0.0) -> Iterator[None]:
    """SQLite's errors as ours."""
    try:
        yield
    except sqlite3.Error as error:
        raise _worded(error, seconds) from error


def _worded(error: sqlite3.Error, seconds: float) -> StoreError:
    name = getattr(error, "sqlite_errorname", "")
    if name.startswith("SQLITE_INTERRUPT"):
        return DeadlineExceeded("deadline", seconds=seconds)
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return StoreBusy("store_busy")
    if name.startswith(("SQLITE_NOTADB", "SQLITE_CORRUPT")):
        return StoreError("store_damaged", reason=str(error))
    return StoreError("store_failed", reason=str(error))
