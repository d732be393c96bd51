"""The engines under the contract: every test here runs once for each."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp

import pytest

from graph.store import open_store
from graph.store.base import GraphStore


class Engine:
    """Makes empty stores, and further handles on the newest of them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._made = 0
        self._open: list[GraphStore] = []

    @property
    def url(self) -> str:
        """Where the newest store is."""
        return f"sqlite:///{self._folder}/store{self._made}/graph.db"

    def new(self) -> GraphStore:
        """An empty store; the stores before it are closed."""
        self.close()
        self._made += 1
        store = self.open()
        store.migrate()
        return store

    def open(self, deadline: float = 3.0) -> GraphStore:
        """Another handle on the newest store, as another process would have."""
        store = open_store(self.url, deadline=deadline)
        self._open.append(store)
        return store

    def close(self) -> None:
        """Close every handle."""
        while self._open:
            self._open.pop().close()


@pytest.fixture(scope="session", params=["sqlite"])
def engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    folder = Path(mkdtemp(prefix="lianzhu-contract-"))
    made = Engine(folder)
    yield made
    made.close()
    rmtree(folder)


@pytest.fixture
def store(engine: Engine) -> GraphStore:
    return engine.new()
