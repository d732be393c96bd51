"""The database of the records: SQLite unless `LIANZHU_RECORDS_URL` says otherwise."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from threading import Lock
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DatabaseError, IntegrityError

from graph.errors import StoreError

__all__ = ["Records"]


class Records:
    """One database of records, migrated when it is first used; safe to share between threads."""

    def __init__(self, url: str) -> None:
        try:
            found = make_url(url)
        except ArgumentError as error:
            raise StoreError("records_url", url=url) from error
        if found.get_backend_name() == "sqlite" and found.database:
            Path(found.database).parent.mkdir(parents=True, exist_ok=True)
        self._engine = create_engine(found)
        self._ready, self._lock = False, Lock()
        if found.get_backend_name() == "sqlite":
            event.listen(self._engine, "connect", _prepare_sqlite)

    def migrate(self) -> None:
        """Bring the tables to the newest shape; a second time changes nothing."""
        config = Config()
        config.set_main_option("script_location", str(files("records") / "migrations"))
        with self._engine.begin() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
        self._ready = True

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """One transaction, committed at the end; `StoreError` when the database cannot be used."""
        try:
            with self._lock:
                if not self._ready:
                    self.migrate()
            with self._engine.begin() as connection:
                yield connection
        except IntegrityError:
            raise
        except DatabaseError as error:
            raise StoreError("records_failed", reason=str(error.orig)) from error

    def close(self) -> None:
        """Release connections."""
        self._engine.dispose()


def _prepare_sqlite(connection: Any, _: object) -> None:
    cursor = connection.cursor()
    for pragma in ("journal_mode = WAL", "foreign_keys = ON", "busy_timeout = 5000"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()
