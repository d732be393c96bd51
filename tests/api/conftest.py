"""The application over the sample zone, in a store of the test's own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from shutil import copyfile

import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from api.serving import load_sample
from api.settings import Settings
from graph.store import open_store
from graph.store.base import GraphStore


@pytest.fixture(scope="session")
def sample_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample in a store, made once and copied for each test."""
    path = tmp_path_factory.mktemp("sample") / "sample.db"
    store = open_store(f"sqlite:///{path}", deadline=3.0)
    store.migrate()
    load_sample(store)
    store.close()
    return path


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
