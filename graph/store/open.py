"""Which engine a store URL means."""

from __future__ import annotations

from pathlib import Path

from graph.errors import UsageError
from graph.store.base import GraphStore
from graph.store.sqlite import SqliteStore

__all__ = ["open_store"]

_SQLITE = "sqlite:///"


def open_store(url: str, *, deadline: float = 3.0) -> GraphStore:
    """The store at `url`: `sqlite:///var/graph.db`, or with a fourth slash an absolute path.

    `UsageError` for any other URL.  Nothing is opened or made yet: `migrate` makes the file.
    """
    path = url.removeprefix(_SQLITE)
    if path == url or path in ("", ":memory:"):
        # Only the scheme: the rest may hold a password.
        raise UsageError("store_url", scheme=url.partition(":")[0])
    return SqliteStore(Path(path), deadline=deadline)
