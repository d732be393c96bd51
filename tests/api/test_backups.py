"""Dated backups: names, how long they are kept, from the command line too."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from api.backups import backups_in, dated, named, prune, put_back, write_backup
from api.cli import app
from graph.errors import FileRefused, NotFound, UsageError
from graph.model import Node, Ref
from graph.store import open_store
from graph.store.base import GraphStore
from tests.contract.made import batch

NOW = datetime(2026, 7, 1, 2, 30, 0)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[GraphStore]:
    made = open_store(f"sqlite:///{tmp_path}/g.db")
    made.migrate()
    made.apply(batch(Node(Ref("Chain", "c"), {"name": "链"})))
    yield made
    made.close()


def test_a_backup_has_a_dated_name_and_says_what_it_holds(
    store: GraphStore, tmp_path: Path
) -> None:
    folder = tmp_path / "new" / "folder"
    first = write_backup(store, folder, NOW)
    second = write_backup(store, folder, NOW)  # in the same second
    assert (first.name, second.name) == ("graph-20260701-023000.zip", "graph-20260701-023001.zip")
    found = backups_in(folder)
    assert [b.name for b in found] == [second.name, first.name]
    assert found[1].at == NOW
    assert found[0].stats == store.stats()
    assert dated(folder, NOW).name == "graph-20260701-023002.zip"


def test_only_dated_files_are_listed_deleted_or_found(store: GraphStore, tmp_path: Path) -> None:
    mine = [
        "备份.zip",
        "graph-20200101-000000.zip.bak",
        "graph-2020.zip",
        "graph-20209999-000000.zip",
    ]
    for name in mine:
        (tmp_path / name).write_text("x", "utf-8")
    old = write_backup(store, tmp_path, datetime(2020, 1, 1))
    new = write_backup(store, tmp_path, NOW)
    assert [b.name for b in backups_in(tmp_path)] == [new.name, old.name]
    assert prune(tmp_path, 30, NOW, new).deleted == [old.name]
    assert {p.name for p in tmp_path.glob("*.zip*")} == {*mine, new.name}
    assert named(tmp_path, new.name) == new
    for name in (old.name, "备份.zip", f"../{tmp_path.name}/{new.name}"):
        with pytest.raises(NotFound, match="unknown_backup"):
            named(tmp_path, name)
    assert backups_in(tmp_path / "nowhere") == []


@pytest.mark.parametrize(
    ("name", "gone"),
    [
        ("graph-20260601-022959.zip", True),  # thirty days and a second
        ("graph-20260601-023000.zip", False),
        ("graph-20270101-000000.zip", False),  # a clock that was wrong
    ],
)
def test_days_are_counted_from_the_name(
    store: GraphStore, tmp_path: Path, name: str, gone: bool
) -> None:
    (tmp_path / name).write_bytes(b"x")
    assert bool(prune(tmp_path, 30, NOW, write_backup(store, tmp_path, NOW)).deleted) == gone
    assert (tmp_path / name).exists() != gone


def test_what_gives_way_is_kept_and_nothing_does_without_the_name(
    store: GraphStore, tmp_path: Path
) -> None:
    path = write_backup(store, tmp_path / "b", NOW)
    held = store.stats()
    store.apply(batch(Node(Ref("Chain", "d"), {"name": "另一链"}), key="more"))
    more = store.stats()
    with pytest.raises(UsageError, match="confirm_name"):
        put_back(store, path, "yes", NOW)
    assert store.stats() == more
    kept = put_back(store, path, f" {path.name} ", NOW)
    assert store.stats() == held
    assert kept
    put_back(store, kept, kept.name, NOW)
    assert store.stats() == more


def test_a_damaged_backup_leaves_everything_as_it_is(store: GraphStore, tmp_path: Path) -> None:
    path = write_backup(store, tmp_path / "b", NOW)
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(FileRefused, match="backup_damaged"):
        put_back(store, path, path.name, NOW)
    assert [p.name for p in path.parent.iterdir()] == [path.name]
    assert [b.stats for b in backups_in(path.parent)] == [None]


def test_a_store_that_cannot_give_way_says_so_before_anything_is_written(
    store: GraphStore, tmp_path: Path
) -> None:
    class Server:
        def revision(self) -> int:
            return 7

    path = write_backup(store, tmp_path / "b", NOW)
    with pytest.raises(UsageError, match="restore_needs_empty"):
        put_back(Server(), path, path.name, NOW)  # type: ignore[arg-type]
    assert [p.name for p in path.parent.iterdir()] == [path.name]


def run(*words: str, **env: str) -> tuple[int, str]:
    found = CliRunner().invoke(
        app, list(words), env={"LIANZHU_LANG": "zh", "COLUMNS": "300", **env}
    )
    return found.exit_code, found.stdout


def test_the_command_backs_up_and_then_deletes_what_is_old(
    store: GraphStore, tmp_path: Path
) -> None:
    url, folder = f"sqlite:///{tmp_path}/g.db", tmp_path / "b"
    env = {"LIANZHU_BACKUP_DIR": str(folder)}
    old = write_backup(store, folder, datetime(2020, 1, 1))
    code, out = run("graph", "backup", "--store", url, **env)
    assert (code, old.exists()) == (0, True)
    code, out = run("graph", "backup", "--keep", "30", "--store", url, "--json", **env)
    told = json.loads(out)
    assert (code, told["deleted"], told["left"]) == (0, [old.name], [])
    assert told["hash"] == store.stats().hash
    assert sorted(p.name for p in folder.iterdir())[-1] == Path(told["file"]).name
    assert len(list(folder.iterdir())) == 2
    code, out = run("graph", "backup", str(tmp_path / "own.zip"), "--store", url)
    assert (code, (tmp_path / "own.zip").is_file()) == (0, True)
    code, out = run("graph", "backup", str(folder), "--store", url, "--json")  # a folder
    assert Path(json.loads(out)["file"]).parent == folder


def test_a_backup_that_failed_or_is_empty_deletes_nothing(
    store: GraphStore, tmp_path: Path
) -> None:
    old = write_backup(store, tmp_path / "b", datetime(2020, 1, 1))
    env = {"LIANZHU_BACKUP_DIR": str(tmp_path / "b")}
    empty = f"sqlite:///{tmp_path}/wrong-address.db"
    code, out = run("graph", "backup", "--keep", "1", "--store", empty, "--json", **env)
    assert (code, json.loads(out)["deleted"]) == (0, [])
    gone = f"sqlite:///{tmp_path}/g.db"
    target = str(tmp_path / "b" / "no" / "where.zip")
    assert run("graph", "backup", target, "--keep", "1", "--store", gone)[0] == 1
    assert old.exists()
    assert run("graph", "backup", "--keep", "0", "--store", gone)[0] == 2
