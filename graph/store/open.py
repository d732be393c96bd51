"""Which engine a store URL means."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from graph.errors import UsageError
from graph.store.base import GraphStore
from graph.store.sqlite import SqliteStore

__all__ = ["Access", "is_neo4j", "open_store"]

_SQLITE = "sqlite:///"
_NEO4J = ("bolt", "bolt+s", "bolt+ssc", "neo4j", "neo4j+s", "neo4j+ssc")


@dataclass(frozen=True)
class Access:
    """Who asks a server, and in which of its databases; no user is a server without accounts."""

    user: str = ""
    password: str = field(default="", repr=False)
    database: str = "neo4j"


def is_neo4j(url: str) -> bool:
    """Whether a URL names a Neo4j server."""
    return url.partition("://")[0] in _NEO4J


def open_store(url: str, *, deadline: float = 3.0, access: Access | None = None) -> GraphStore:
    """The store at `url`: `sqlite:///var/graph.db`, or with a fourth slash an absolute path, or a
    Neo4j server as `bolt://host:7687`, `neo4j://…` or with TLS `neo4j+s://…`.

    `UsageError` for any other URL, and for one with a user or password in it: those would end up in
    logs and shell histories.  Nothing is opened or made yet: `migrate` does that.
    """
    if is_neo4j(url):
        return _neo4j(url, deadline, access or Access())
    path = url.removeprefix(_SQLITE)
    if path == url or path in ("", ":memory:"):
        # Only the scheme: the rest may hold a password.
        raise UsageError("store_url", scheme=url.partition(":")[0])
    return SqliteStore(Path(path), deadline=deadline)


def _neo4j(url: str, deadline: float, access: Access) -> GraphStore:
    from graph.store.neo4j_store import Neo4jStore  # the driver is loaded where it is used

    parts = urlsplit(url)
    if "@" in parts.netloc:
        raise UsageError("store_url_login", scheme=parts.scheme)
    if not parts.hostname or parts.path.strip("/") or parts.query or parts.fragment:
        raise UsageError("store_url", scheme=parts.scheme)
    auth = (access.user, access.password) if access.user else None
    return Neo4jStore(url, auth=auth, database=access.database, deadline=deadline)
