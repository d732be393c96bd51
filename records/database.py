"""The database of the records: SQLite unless `LIANZHU_RECORDS_URL` says PostgreSQL."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from copy import copy
from importlib.resources import files
from pathlib import Path
from threading import Lock
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, event, select, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DatabaseError, IntegrityError

from graph.errors import StoreError
from records.audit import Head, Heads, Value, append
from records.roles import SYSTEM, Actor
from records.tables import audit_head

__all__ = ["Change", "Records"]

_log = logging.getLogger(__name__)


class Change:
    """One transaction of changes; what is done in it is noted in the audit, or undone."""

    def __init__(self, db: Connection, actor: Actor, algorithm: str) -> None:
        self.db = db
        self.head: Head | None = None
        self._actor, self._algorithm = actor, algorithm

    def note(self, action: str, object: str, /, **detail: Value) -> None:
        """Write down what was done to which thing."""
        self.head = append(self.db, self._actor, action, object, detail, self._algorithm)


class Records:
    """One database of records, with who acts on it; safe to share between threads.

    `heads` is the second place the heads of the audit are copied to; `algorithm` is its hash.
    """

    def __init__(
        self,
        url: str,
        *,
        actor: Actor = SYSTEM,
        heads: Path | None = None,
        algorithm: str = "sha256",
    ) -> None:
        try:
            found = make_url(url)
            self._sqlite = found.get_backend_name() == "sqlite"
            if self._sqlite and found.database:
                Path(found.database).parent.mkdir(parents=True, exist_ok=True)
            elif not self._sqlite:
                found = found.set(drivername="postgresql+psycopg")
            self._engine = create_engine(found, pool_pre_ping=True)
        except (ArgumentError, OSError) as error:
            raise StoreError("records_url", url=url) from error
        if self._sqlite:
            event.listen(self._engine, "connect", _prepare_sqlite)
            event.listen(self._engine, "begin", _begin_sqlite)
        self.actor = actor
        self.heads = None if heads is None else Heads(heads)
        self._algorithm = algorithm
        self._state = _State()

    def acting(self, actor: Actor) -> Records:
        """The same records, changed by another."""
        other = copy(self)
        other.actor = actor
        return other

    def migrate(self) -> None:
        """Bring the tables to the newest shape; a second time changes nothing.

        Two processes that start together wait for each other.
        """
        config = _alembic()
        with _told(), self._engine.execution_options(lianzhu="write").begin() as connection:
            if not self._sqlite:
                connection.execute(text("SELECT pg_advisory_xact_lock(6018)"))
            config.attributes["connection"] = connection
            command.upgrade(config, "head")

    def version(self) -> tuple[str | None, str]:
        """The shape the tables have (None: there are none) and the shape this program needs."""
        needed = ScriptDirectory.from_config(_alembic()).get_current_head()
        with _told(), self._engine.begin() as connection:
            return MigrationContext.configure(connection).get_current_revision(), str(needed)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """One moment of the records; nothing can be written in it."""
        with self._begin("read") as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Change]:
        """Changes that become true together with their audit entries, or not at all."""
        with self._begin("write") as connection:
            connection.execute(select(audit_head).with_for_update())  # one writer at a time
            change = Change(connection, self.actor, self._algorithm)
            yield change
            if change.head is None:
                connection.rollback()
        if change.head is not None and self.heads is not None:
            try:
                self.heads.add(change.head)
            except OSError as error:  # the change is made: saying it failed would be wrong
                _log.error("audit head %d not copied: %s", change.head.seq, error)

    @contextmanager
    def passing(self) -> Iterator[Connection]:
        """Changes that are no act of a person and not audited: when a session was last seen."""
        with self._begin("write") as connection:
            yield connection

    @contextmanager
    def _begin(self, kind: str) -> Iterator[Connection]:
        with _told():
            self._prepare()
            options: dict[str, Any] = {"lianzhu": kind}
            if kind == "read" and not self._sqlite:
                options |= {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
            with self._engine.execution_options(**options).begin() as connection:
                yield connection

    def _prepare(self) -> None:
        """Make the tables of a database that has none; refuse one of another version."""
        with self._state.lock:
            if self._state.ready:
                return
            has, needs = self.version()
            if has is None:
                self.migrate()
            elif has != needs:
                raise StoreError("records_version", has=has, needs=needs)
            self._state.ready = True

    def close(self) -> None:
        """Release connections."""
        self._engine.dispose()


class _State:
    """What a database and all who act on it share."""

    def __init__(self) -> None:
        self.ready, self.lock = False, Lock()


def _alembic() -> Config:
    config = Config()
    config.set_main_option("script_location", str(files("records") / "migrations"))
    return config


@contextmanager
def _told() -> Iterator[None]:
    """Errors of the database as `StoreError`; a row that is there already is the caller's."""
    try:
        yield
    except IntegrityError:
        raise
    except DatabaseError as error:
        raise StoreError("records_failed", reason=str(error.orig)) from error


def _prepare_sqlite(connection: Any, _: object) -> None:
    connection.isolation_level = None  # transactions begin in `_begin_sqlite`, tables included
    cursor = connection.cursor()
    for pragma in ("journal_mode = WAL", "foreign_keys = ON", "busy_timeout = 5000"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    """A writer takes its lock at once and never has to give up half-way; a reader cannot write."""
    writes = connection.get_execution_options().get("lianzhu") == "write"
    connection.exec_driver_sql(f"PRAGMA query_only = {'OFF' if writes else 'ON'}")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
