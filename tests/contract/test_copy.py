"""A graph moved between stores and files is the same graph, and a difference is named."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from threading import Event, Thread

import pytest

from graph.errors import DataError, FileRefused, NotFound, StoreError, UsageError
from graph.model import Node, Rel
from graph.store import copy as moving
from graph.store import open_store
from graph.store.base import GraphStore
from tests.contract.conftest import Engine
from tests.contract.made import batch, firm, region, segment, supplies
from tests.contract.reference import content_in

_ROWS = [
    Node(region("1"), {"name": "甲市"}),
    Node(region("2")),
    Node(firm("1"), {"name": "甲", "region": "1", "aliases": ["a", ""], "own": True}),
    Node(firm("2"), {"name": "乙", "region": "9"}),
    Node(segment("s"), {"name": "环节"}),
    supplies("1", "2", share=0.5),
    supplies("1", "2", "s"),
    Rel("PRODUCES", firm("1"), segment("s"), "", {"capacity": 3.0, "evidence": ["e"]}),
]


@pytest.fixture
def file_store(tmp_path: Path) -> Iterator[GraphStore]:
    """An embedded store beside the engine's."""
    made = open_store(f"sqlite:///{tmp_path}/other/graph.db")
    made.migrate()
    yield made
    made.close()


def _filled(store: GraphStore) -> None:
    """Two imports, one taken back, and one that said what was known."""
    store.apply(batch(*_ROWS, key="one"))
    store.apply(batch(Node(firm("3"), {"name": "丙"}), key="two"))
    store.undo()
    store.apply(batch(*_ROWS, key="three"))


def _same(first: GraphStore, second: GraphStore) -> None:
    assert content_in(first) == content_in(second)
    assert first.stats() == second.stats()
    assert [replace(e, at="") for e in first.ledger()] == [
        replace(e, at="") for e in second.ledger()
    ]
    told = moving.verify(first, second)
    assert (told.equal, told.difference, told.stale) == (True, None, [])


def test_a_copy_is_the_same_in_either_direction(store: GraphStore, file_store: GraphStore) -> None:
    _filled(store)
    steps: list[tuple[int, int]] = []
    assert moving.copy(store, file_store, lambda *step: steps.append(step)) == store.stats()
    _same(store, file_store)
    assert steps[-1] == (8, 9)  # of nine rows one is what the column `region` says already


def test_a_copy_to_the_engine_is_the_same(store: GraphStore, file_store: GraphStore) -> None:
    _filled(file_store)
    moving.copy(file_store, store)
    _same(file_store, store)


def test_a_copy_goes_on_like_its_original(store: GraphStore, file_store: GraphStore) -> None:
    _filled(store)
    moving.copy(store, file_store)
    for each in (store, file_store):
        assert each.apply(batch(*_ROWS, key="one")).status == "unchanged"
        each.apply(batch(Node(region("9"), {"name": "九"}), key="nine"))  # a column waited for it
        each.apply(batch(Node(firm("1"), {"region": "2", "as_of": "2024"}), key="moved"))
    _same(store, file_store)
    for _ in range(2):
        assert store.undo() == file_store.undo()
    assert content_in(store) == content_in(file_store)
    with pytest.raises(NotFound):  # there are no before-images of what was imported elsewhere
        file_store.undo()


def test_a_copy_needs_an_empty_store(store: GraphStore, file_store: GraphStore) -> None:
    _filled(store)
    file_store.apply(batch(Node(firm("x"), {"name": "有"})))
    before = file_store.stats()
    with pytest.raises(UsageError, match="store_not_empty"):
        moving.copy(store, file_store)
    assert file_store.stats() == before


def test_an_interrupted_copy_is_finished_by_the_next(
    store: GraphStore, file_store: GraphStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    _filled(file_store)
    with monkeypatch.context() as planned:
        planned.setattr(type(store), "adopt", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            moving.copy(file_store, store)
    moving.copy(file_store, store)
    _same(file_store, store)


def test_a_backup_restores_to_equal_hashes(
    store: GraphStore, file_store: GraphStore, tmp_path: Path
) -> None:
    _filled(store)
    moving.backup(store, tmp_path / "b.zip")
    assert moving.restore(tmp_path / "b.zip", file_store) == store.stats()
    _same(store, file_store)
    assert [path.name for path in tmp_path.glob("*.part")] == []


def test_a_backup_of_the_other_engine_is_restored(
    store: GraphStore, file_store: GraphStore, tmp_path: Path
) -> None:
    _filled(file_store)
    moving.backup(file_store, tmp_path / "b.zip")
    moving.restore(tmp_path / "b.zip", store)
    _same(file_store, store)


def test_a_backup_is_of_one_revision_while_others_write(
    store: GraphStore, engine: Engine, file_store: GraphStore, tmp_path: Path
) -> None:
    store.apply(batch(*(Node(firm(f"{n:03d}"), {"name": "甲"}) for n in range(50))))
    writer, stop, hashes = engine.open(), Event(), {store.revision(): store.stats().hash}

    def write() -> None:
        for n in range(40):
            if stop.is_set():
                return
            writer.apply(batch(Node(firm(f"{n:03d}"), {"name": f"{n}", "as_of": "2024"})))
            stats = writer.stats()
            hashes[stats.revision] = stats.hash

    thread = Thread(target=write)
    thread.start()
    try:
        made = [moving.backup(store, tmp_path / f"{n}.zip") for n in range(3)]
    finally:
        stop.set()
        thread.join()
    assert [hashes[stats.revision] for stats in made] == [stats.hash for stats in made]
    assert moving.restore(tmp_path / "2.zip", file_store).hash == made[2].hash


def _spoiled(path: Path, change: str) -> None:
    """A backup with one part of it changed."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    if change == "row":
        parts["rows.jsonl"] = parts["rows.jsonl"].replace("甲市".encode(), "乙市".encode())
    elif change == "lost":
        parts["rows.jsonl"] = b"\n".join(parts["rows.jsonl"].split(b"\n")[1:])
    elif change == "format":
        parts["manifest.json"] = parts["manifest.json"].replace(b'"format":1', b'"format":2')
    else:
        del parts[change]
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in parts.items():
            archive.writestr(name, data)


@pytest.mark.parametrize("change", ["row", "lost", "format", "rows.jsonl", "manifest.json"])
def test_a_damaged_backup_is_refused_and_writes_nothing(
    store: GraphStore, file_store: GraphStore, tmp_path: Path, change: str
) -> None:
    _filled(file_store)
    moving.backup(file_store, tmp_path / "b.zip")
    _spoiled(tmp_path / "b.zip", change)
    with pytest.raises(FileRefused, match="backup_damaged"):
        moving.restore(tmp_path / "b.zip", store)
    assert (store.revision(), store.stats().nodes) == (0, {})


def test_what_is_no_backup_is_refused(file_store: GraphStore, tmp_path: Path) -> None:
    (tmp_path / "text.zip").write_text("企业名录", "utf-8")
    for path in (tmp_path / "text.zip", tmp_path / "nothing.zip"):
        with pytest.raises(FileRefused):
            moving.restore(path, file_store)


def test_a_backup_nobody_can_write_says_so(file_store: GraphStore, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="backup_failed"):
        moving.backup(file_store, tmp_path / "no" / "folder" / "b.zip")


def test_a_copy_that_is_not_the_original_is_taken_back(
    store: GraphStore, file_store: GraphStore, tmp_path: Path
) -> None:
    """As when a hand has changed the original past the tool: its hash is no longer true."""
    _filled(file_store)
    moving.backup(file_store, tmp_path / "b.zip")
    with zipfile.ZipFile(tmp_path / "b.zip") as archive:
        rows, manifest = archive.read("rows.jsonl"), json.loads(archive.read("manifest.json"))
    manifest["stats"]["hash"] = "0" * 64
    with zipfile.ZipFile(tmp_path / "b.zip", "w") as archive:
        archive.writestr("rows.jsonl", rows)
        archive.writestr("manifest.json", json.dumps(manifest))
    with pytest.raises(DataError, match="copy_differs"):
        moving.restore(tmp_path / "b.zip", store)
    assert store.stats().nodes == {}


@pytest.mark.parametrize(
    ("extra", "part", "who", "absent"),
    [
        (Node(firm("0"), {"name": "零"}), "Enterprise", '["Enterprise","0"]', (True, False)),
        (
            Node(firm("2"), {"name": "二", "as_of": "2024"}),
            "Enterprise",
            '["Enterprise","2"]',
            (0, 0),
        ),
        (
            supplies("2", "1"),
            "SUPPLIES",
            '["SUPPLIES","Enterprise","2","Enterprise","1",""]',
            (True, False),
        ),
    ],
)
def test_the_first_difference_is_named(
    store: GraphStore,
    file_store: GraphStore,
    extra: Node | Rel,
    part: str,
    who: str,
    absent: tuple[bool, bool],
) -> None:
    store.apply(batch(*_ROWS))
    file_store.apply(batch(*_ROWS))
    file_store.apply(batch(extra))
    told = moving.verify(store, file_store)
    assert not told.equal
    assert told.difference
    assert (told.difference.part, told.difference.identity) == (part, who)
    assert (told.difference.first is None, told.difference.second is None) == absent
    unequal = [p.name for p in told.parts if p.hashes[0] != p.hashes[1]]
    assert unequal == [part]
