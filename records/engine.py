"""The engines of the records: SQLite and PostgreSQL made to behave alike, their errors included.

No statement waits for ever.  PostgreSQL is given up after `SILENT` seconds without a byte, since
neither its own limits nor TCP notice a machine that is there and says nothing; a writer that waits
for another gives up a little earlier and is told so.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep
from typing import Any, TypeVar

import psycopg
from psycopg.abc import PQGen
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DatabaseError, IntegrityError, StatementError
from sqlalchemy.exc import TimeoutError as PoolExhausted

from graph.errors import LianzhuError, StoreBusy, StoreDown, StoreError

__all__ = ["SILENT", "open_engine", "product", "shown", "told"]

SILENT = 2.5
_MIGRATION = 600.0  # seconds that a migration may be silent, or wait for another one
_LIMITS = {
    "connect_timeout": "2",
    "tcp_user_timeout": "2500",
    "application_name": "lianzhu",
    "options": "-c timezone=UTC -c statement_timeout=10s -c lock_timeout=2s",
}
_BUSY_SECONDS = 5  # that a writer to SQLite waits for another
_POOL = {"pool_size": 10, "max_overflow": 30, "pool_timeout": 2}
# SQLSTATEs: https://www.postgresql.org/docs/current/errcodes-appendix.html
_BUSY = ("55P03", "57014", "40P01", "40001")  # lock, statement timeout, deadlock, serialization
_DOWN = ("08", "28", "3D", "53", "57P")  # connection, login, no such database, resources, shutdown
_T = TypeVar("_T")


def open_engine(address: str, password: str = "") -> Engine:
    """The engine at an address; nothing is connected yet. Raises `StoreError`."""
    try:
        url = make_url(address)
        if url.get_backend_name() == "postgresql":
            url = url.set(password=password or url.password)
            return _postgresql(url.set(drivername="postgresql+psycopg"))
        if url.get_backend_name() != "sqlite" or url.database in (None, "", ":memory:"):
            raise ArgumentError(address)
        Path(str(url.database)).parent.mkdir(parents=True, exist_ok=True)
    except (ArgumentError, OSError) as error:
        raise StoreError("records_url", url=shown(address)) from error
    engine = create_engine(url, hide_parameters=True, **_POOL)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def shown(address: str) -> str:
    """An address without its password."""
    try:
        return make_url(address).render_as_string(hide_password=True)
    except (ArgumentError, ValueError):
        return "?" if "@" in address else address


def product(connection: Connection) -> str:
    """What answers, e.g. `PostgreSQL 15.14`."""
    name = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}[connection.dialect.name]
    return f"{name} {'.'.join(str(n) for n in connection.dialect.server_version_info or ())}"


@contextmanager
def told() -> Iterator[None]:
    """Errors of the database as ours; a row that is there already is the caller's."""
    try:
        yield
    except IntegrityError:
        raise
    except PoolExhausted as error:
        raise StoreBusy("records_busy") from error
    except StatementError as error:
        cause = error.orig
        if isinstance(cause, LianzhuError):  # raised where a value or an answer passed through
            raise cause from None
        if not isinstance(error, DatabaseError):
            raise
        raise _translated(error, cause) from error


def _translated(error: DatabaseError, cause: BaseException | None) -> StoreError:
    """The error by its SQLSTATE, or by its words where SQLite has no better."""
    reason = (str(cause).strip().splitlines() or ["?"])[0]
    if isinstance(cause, psycopg.Error):
        state = cause.sqlstate or ""
        if state in _BUSY:
            return StoreBusy("records_busy")
        lost = not state and isinstance(cause, psycopg.OperationalError)
        if lost or error.connection_invalidated or state.startswith(_DOWN):
            return StoreDown("records_down", reason=reason)
    elif "is locked" in reason or "is busy" in reason:
        return StoreBusy("records_busy")
    return StoreError("records_failed", reason=reason)


class _Patient(psycopg.Connection[Any]):
    """A connection that gives up a server that says nothing for `patience` seconds."""

    patience = SILENT

    def wait(self, gen: PQGen[_T], interval: float = 0.1, timeout: float | None = None) -> _T:
        """As psycopg waits, but not for ever."""
        return super().wait(self._listened(gen), interval, timeout)

    def _listened(self, gen: PQGen[_T]) -> Generator[Any, Any, _T]:
        heard = monotonic()
        try:
            state = next(gen)
            while True:
                ready = yield state
                if ready:
                    heard = monotonic()
                elif monotonic() - heard > self.patience:
                    self.pgconn.finish()  # what it may still answer is nobody's
                    raise StoreDown("records_down", reason=f"silent for {self.patience:.1f} s")
                state = gen.send(ready)
        except StopIteration as end:
            value: _T = end.value
            return value


def _postgresql(url: URL) -> Engine:
    limits = {k: v for k, v in _LIMITS.items() if k not in url.query}
    engine = create_engine(
        url, hide_parameters=True, pool_pre_ping=True, connect_args=limits, **_POOL
    )
    event.listen(engine, "do_connect", lambda _d, _r, args, words: _Patient.connect(*args, **words))
    event.listen(engine, "begin", _begin_postgresql)
    return engine


def _begin_postgresql(connection: Connection) -> None:
    """A migration may take its time; who holds the writers' lock and does nothing is ended."""
    kind = connection.get_execution_options().get("lianzhu")
    held: Any = connection.connection.dbapi_connection
    held.patience = _MIGRATION if kind == "migrate" else SILENT
    if kind == "migrate":
        connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
        connection.exec_driver_sql("SET LOCAL lock_timeout = 0")
    elif kind == "write":
        connection.exec_driver_sql("SET LOCAL idle_in_transaction_session_timeout = '10s'")


def _prepare_sqlite(connection: Any, _: object) -> None:
    connection.isolation_level = None  # transactions begin in `_begin_sqlite`, tables included
    cursor = connection.cursor()
    for pragma in (f"busy_timeout = {_BUSY_SECONDS * 1000}", "foreign_keys = ON"):
        cursor.execute(f"PRAGMA {pragma}")
    until = monotonic() + _BUSY_SECONDS
    while not _has_log(cursor) and monotonic() < until:
        sleep(0.01)
    cursor.close()


def _has_log(cursor: Any) -> bool:
    """Write ahead; SQLite does not wait by itself when two switch a new file to it."""
    try:
        cursor.execute("PRAGMA journal_mode = WAL")
    except sqlite3.OperationalError as error:
        if "locked" not in str(error):
            raise
        return False
    return True


def _begin_sqlite(connection: Connection) -> None:
    """A writer takes its lock at once and never has to give up half-way; a reader cannot write."""
    writes = connection.get_execution_options().get("lianzhu") in ("write", "migrate")
    connection.exec_driver_sql(f"PRAGMA query_only = {'OFF' if writes else 'ON'}")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
