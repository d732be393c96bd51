"""The application over the sample zone, in a store of the test's own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from shutil import copyfile

import pytest
from fastapi.testclient import TestClient

import graph.snapshot
from api.app import create_app
from api.settings import Settings
from graph.snapshot import Snapshot
from graph.store import open_store
from graph.store.base import GraphStore
from ingest.samples import load_sample


@pytest.fixture(scope="session")
def sample_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample in a store, made once and copied for each test."""
    path = tmp_path_factory.mktemp("sample") / "sample.db"
    store = open_store(f"sqlite:///{path}", deadline=3.0)
    store.migrate()
    load_sample(store)
    store.close()
    return path


@pytest.fixture(scope="session")
def first_revision(sample_file: Path) -> tuple[object, Snapshot]:
    """What the sample is known by, and its snapshot."""
    store = open_store(f"sqlite:///{sample_file}", deadline=3.0)
    found = _known_by(store), graph.snapshot.take(store)
    store.close()
    return found


@pytest.fixture(autouse=True)
def worked_out_once(
    first_revision: tuple[object, Snapshot], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Copies of the sample that nobody has changed share a snapshot and what it remembers."""
    known_by, snapshot = first_revision
    take: Callable[[GraphStore], Snapshot] = graph.snapshot.take
    monkeypatch.setattr(
        graph.snapshot, "take", lambda s: snapshot if _known_by(s) == known_by else take(s)
    )


def _known_by(store: GraphStore) -> object:
    return store.revision(), [(entry.batch, entry.at) for entry in store.ledger()]


@pytest.fixture
def sample_store(tmp_path: Path, sample_file: Path) -> Iterator[GraphStore]:
    copyfile(sample_file, tmp_path / "sample.db")
    store = open_store(f"sqlite:///{tmp_path}/sample.db", deadline=3.0)
    store.migrate()
    yield store
    store.close()


@pytest.fixture
def client(sample_store: GraphStore, tmp_path: Path) -> Iterator[TestClient]:
    settings = Settings(
        graph_url=f"sqlite:///{tmp_path}/own.db", records_url=f"sqlite:///{tmp_path}/records.db"
    )
    app = create_app(sample_store, settings, sample=True)
    with TestClient(app, raise_server_exceptions=False) as made:
        yield made
    app.state.desk.store.close()
