"""The database of the records: SQLite unless `LIANZHU_RECORDS_URL` says PostgreSQL."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from copy import copy
from functools import cache
from importlib.resources import files
from pathlib import Path
from threading import Lock
from time import monotonic
from typing import Any

from sqlalchemy import Connection, inspect, select, text

from graph.errors import StoreDown, StoreError
from records.audit import Head, Heads, Value, append
from records.engine import open_engine, product, told
from records.roles import SYSTEM, Actor
from records.tables import audit_head, metadata

__all__ = ["Change", "Records", "upgrade"]

_log = logging.getLogger(__name__)
_MIGRATIONS = files("records") / "migrations"
_LOST = 1.0  # seconds for which a server that did not answer is not asked again


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

    `password` is that of the address's user where the address has none; `heads` is the second place
    the heads of the audit are copied to; `algorithm` is its hash.
    """

    def __init__(
        self,
        url: str,
        *,
        password: str = "",
        actor: Actor = SYSTEM,
        heads: Path | None = None,
        algorithm: str = "sha256",
    ) -> None:
        self._engine = open_engine(url, password)
        self._sqlite = self._engine.dialect.name == "sqlite"
        self.actor = actor
        self.heads = None if heads is None else Heads(heads)
        self._algorithm = algorithm
        self._state = _State()

    def acting(self, actor: Actor) -> Records:
        """The same records, changed by another."""
        other = copy(self)
        other.actor = actor
        return other

    def migrate(self) -> tuple[str | None, str]:
        """Bring the tables to the newest shape; the shape they had and the one they have.

        A second time changes nothing.  Two processes that start together wait for each other.  A
        change of tables that were in use is noted in the audit.
        """
        head = None
        with told(), self._engine.execution_options(lianzhu="migrate").begin() as connection:
            _alone(connection)
            has, needs = _versions(connection)
            if has != needs:
                upgrade(connection, has=has)
            if has not in (None, needs):
                note = "records.migrate", needs, {"from": has}
                head = append(connection, self.actor, *note, self._algorithm)
        self._copy(head)
        return has, needs

    def version(self) -> tuple[str | None, str]:
        """The shape the tables have (None: there are none) and the shape this program needs."""
        with told(), self._engine.begin() as connection:
            return _versions(connection)

    def product(self) -> str:
        """The database that answers and its version."""
        with told(), self._engine.begin() as connection:
            return product(connection)

    def ready(self) -> None:
        """Make the tables of a database that has none; refuse one of another version."""
        with self.read():
            pass

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
        self._copy(change.head)

    @contextmanager
    def passing(self) -> Iterator[Connection]:
        """Changes that are no act of a person and not audited: when a session was last seen."""
        with self._begin("write") as connection:
            yield connection

    @contextmanager
    def rebuilt(self, version: str) -> Iterator[Change]:
        """Tables in the shape of `version`, new and empty, in the place of all there are.

        The caller fills them, calls `upgrade` and notes what it did.  Everybody else waits; all of
        it becomes true at the end of the block, or nothing.  The head is the caller's to copy.
        """
        self.ready()
        with told(), self._engine.execution_options(lianzhu="migrate").begin() as connection:
            _alone(connection)
            metadata.drop_all(connection)
            connection.execute(text("DROP TABLE alembic_version"))
            upgrade(connection, version)
            change = Change(connection, self.actor, self._algorithm)
            yield change
            if change.head is None:
                connection.rollback()

    @contextmanager
    def _begin(self, kind: str) -> Iterator[Connection]:
        self._state.refuse_if_lost()
        try:
            with told():
                self._prepare()
                options: dict[str, Any] = {"lianzhu": kind}
                if kind == "read" and not self._sqlite:
                    options |= {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
                with self._engine.execution_options(**options).begin() as connection:
                    yield connection
        except StoreDown as error:
            if error.code == "records_down":
                self._state.lose(error)
            raise

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

    def _copy(self, head: Head | None) -> None:
        if head is None or self.heads is None:
            return
        try:
            self.heads.add(head)
        except OSError as error:  # the change is made: saying it failed would be wrong
            _log.error("audit head %d not copied: %s", head.seq, error)

    def close(self) -> None:
        """Release connections."""
        self._engine.dispose()


class _State:
    """What a database and all who act on it share."""

    def __init__(self) -> None:
        self.ready, self.lock = False, Lock()
        self._lost: StoreDown | None = None
        self._until = 0.0

    def lose(self, error: StoreDown) -> None:
        """Nobody else waits in vain for a server that was lost a moment ago."""
        self._lost, self._until = error, monotonic() + _LOST

    def refuse_if_lost(self) -> None:
        """Raise what the last one was told, for a moment."""
        if self._lost is not None and monotonic() < self._until:
            raise StoreDown(self._lost.code, **self._lost.facts)


def _alone(connection: Connection) -> None:
    """Wait for others that change tables; on SQLite the transaction has done so."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(6018)"))
        encoding = connection.execute(text("SHOW server_encoding")).scalar_one()
        if encoding != "UTF8":
            raise StoreError("records_encoding", found=encoding)


def upgrade(connection: Connection, version: str = "", has: str | None = None) -> None:
    """Bring the tables from `has` (None: there are none) to a shape, "" = the newest.

    Raises `StoreError` for a shape of a newer program, that this one knows nothing of.
    """
    from alembic import command  # a second of imports, and most commands change no tables
    from alembic.config import Config

    known = _shapes()
    for one in (has, version):
        if one and one not in known:
            raise StoreError("records_version", has=one, needs=version or known[-1])
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    config.attributes["connection"] = connection
    command.upgrade(config, version or "head")


@cache
def _shapes() -> Sequence[str]:
    """The shapes this program knows, as the files of the migrations are numbered."""
    names = (file.name for file in (_MIGRATIONS / "versions").iterdir())
    return sorted(name.partition("_")[0] for name in names if name.endswith(".py"))


def _versions(connection: Connection) -> tuple[str | None, str]:
    made = inspect(connection).has_table("alembic_version")
    asked = text("SELECT version_num FROM alembic_version")
    return connection.execute(asked).scalar() if made else None, _shapes()[-1]
