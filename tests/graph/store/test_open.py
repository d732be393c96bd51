"""Which engine a URL means."""

from __future__ import annotations

from pathlib import Path

import pytest

from graph.errors import UsageError
from graph.store import open_store


def test_an_absolute_path(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path}/deep/图 #1?.db")
    store.migrate()
    assert store.revision() == 0
    store.close()
    assert (tmp_path / "deep" / "图 #1?.db").is_file()


def test_a_relative_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    store = open_store("sqlite:///var/graph.db")
    store.migrate()
    store.close()
    assert (tmp_path / "var" / "graph.db").is_file()


def test_nothing_is_made_before_migrate(tmp_path: Path) -> None:
    open_store(f"sqlite:///{tmp_path}/var/graph.db").close()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "url",
    [
        "", "var/graph.db", "sqlite://", "sqlite:///", "sqlite:///:memory:", "postgresql://u:p@h/d",
        "bolt://neo4j:secret@host", "neo4j+s://u:secret@host:7687", "bolt://", "bolt://host/secret",
    ],
)  # fmt: skip
def test_another_url_is_refused_without_its_password(url: str) -> None:
    with pytest.raises(UsageError) as caught:
        open_store(url)
    assert "secret" not in str(caught.value)
