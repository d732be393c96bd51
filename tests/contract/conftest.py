"""The engines under the contract: every test here runs once for each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp

import pytest

from graph.store import Access, open_store
from graph.store.base import GraphStore
from tests.neo4j.server import Login
from tests.neo4j.wipe import wipe


class Engine:
    """Makes empty stores, and further handles on the newest of them."""

    url: str
    access: Access | None = None

    def __init__(self) -> None:
        self._open: list[GraphStore] = []

    def new(self) -> GraphStore:
        """An empty store; the stores before it are closed."""
        self.close()
        self._clear()
        store = self.open()
        store.migrate()
        return store

    def open(self, deadline: float = 3.0) -> GraphStore:
        """Another handle on the newest store, as another process would have."""
        store = open_store(self.url, deadline=deadline, access=self.access)
        self._open.append(store)
        return store

    def close(self) -> None:
        """Close every handle."""
        while self._open:
            self._open.pop().close()

    @property
    def environ(self) -> Mapping[str, str]:
        """What `tests.contract.child` needs to open the newest store."""
        access = self.access or Access()
        return {"CHILD_USER": access.user, "CHILD_PASSWORD": access.password}

    def _clear(self) -> None:
        raise NotImplementedError


class SqliteEngine(Engine):
    """A new file for each store."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder = folder
        self._made = 0

    def _clear(self) -> None:
        self._made += 1
        self.url = f"sqlite:///{self._folder}/store{self._made}/graph.db"


class Neo4jEngine(Engine):
    """The one database of a Community server, emptied for each store."""

    def __init__(self, login: Login) -> None:
        super().__init__()
        self.url = login.url
        self.access = Access(login.user, login.password)
        self._login = login

    def _clear(self) -> None:
        wipe(self._login)


@pytest.fixture(scope="session")
def sqlite_engine() -> Iterator[Engine]:
    folder = Path(mkdtemp(prefix="lianzhu-contract-"))
    made = SqliteEngine(folder)
    yield made
    made.close()
    rmtree(folder)


@pytest.fixture(scope="session")
def neo4j_engine(neo4j_server: Login) -> Iterator[Engine]:
    made = Neo4jEngine(neo4j_server)
    yield made
    made.close()


@pytest.fixture(scope="session", params=["sqlite", "neo4j"])
def engine(request: pytest.FixtureRequest) -> Engine:
    made: Engine = request.getfixturevalue(f"{request.param}_engine")
    return made


@pytest.fixture
def store(engine: Engine) -> GraphStore:
    return engine.new()
