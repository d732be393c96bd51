"""A store behind a proxy that fails when told to, and the same store without it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from urllib.parse import urlsplit

import pytest

from graph.store import Access, open_store
from graph.store.base import GraphStore
from tests.contract.conftest import Neo4jEngine
from tests.faults.proxy import Proxy
from tests.neo4j.server import Login


@dataclass(frozen=True)
class Wire:
    """A server's empty database, seen directly and through a proxy."""

    login: Login
    proxy: Proxy
    direct: GraphStore
    through: GraphStore


@pytest.fixture(scope="session")
def engine(neo4j_server: Login) -> Iterator[Neo4jEngine]:
    made = Neo4jEngine(neo4j_server)
    yield made
    made.close()


@pytest.fixture
def wire(neo4j_server: Login, engine: Neo4jEngine) -> Iterator[Wire]:
    with ExitStack() as stack:
        direct = engine.new()
        proxy = stack.enter_context(proxy_to(neo4j_server))
        through = behind(proxy, neo4j_server)
        stack.callback(through.close)
        yield Wire(neo4j_server, proxy, direct, through)


def proxy_to(login: Login) -> Proxy:
    """A proxy before a server."""
    return Proxy(int(urlsplit(login.url).port or 0))


def behind(proxy: Proxy, login: Login) -> GraphStore:
    """A store that reaches its server through a proxy."""
    url = f"bolt://127.0.0.1:{proxy.port}"
    return open_store(url, deadline=3.0, access=Access(login.user, login.password))
