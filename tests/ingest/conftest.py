"""A store and a way to write small files."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from graph.store import open_store
from graph.store.base import GraphStore


@pytest.fixture
def store(tmp_path: Path) -> Iterator[GraphStore]:
    made = open_store(f"sqlite:///{tmp_path}/g.db", deadline=3.0)
    made.migrate()
    yield made
    made.close()


@pytest.fixture
def put(tmp_path: Path) -> Callable[[str, str], Path]:
    def write(name: str, text: str) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
        return path

    return write
