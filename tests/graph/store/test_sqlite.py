"""What only the SQLite engine has: its file, its lock, its connections, its indexes."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from graph.errors import StoreBusy, StoreError
from graph.model import Batch, Node, Ref
from graph.store import publish, sqlite_file, sqlite_rows
from graph.store.plan import links
from graph.store.sqlite import SqliteStore
from tests.conftest import ROOT, tier
from tests.contract.made import batch, batches, firm, region
from tests.contract.reference import content_in, content_of


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "graph.db"


@pytest.fixture
def store(path: Path) -> Iterator[SqliteStore]:
    made = SqliteStore(path, wait=0.2)
    made.migrate()
    yield made
    made.close()


def _ask(path: Path, sql: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(path)) as db:
        return db.execute(sql).fetchall()


def _run(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        for statement in statements:
            db.execute(statement)


def test_the_journal_is_a_write_ahead_log(store: SqliteStore, path: Path) -> None:
    assert _ask(path, "PRAGMA journal_mode") == [("wal",)]
    with store._file.writing() as db:
        pragmas = ["synchronous", "foreign_keys", "wal_autocheckpoint"]
        assert [db.execute(f"PRAGMA {name}").fetchone()[0] for name in pragmas] == [2, 1, 0]


def test_readers_cannot_write(store: SqliteStore) -> None:
    reader = store._file.reader()
    with pytest.raises(StoreError, match="readonly"), reader.within(1) as db:
        db.execute("DELETE FROM node")


def test_the_log_is_copied_back_after_each_commit(store: SqliteStore, path: Path) -> None:
    store.apply(batch(Node(firm("1"), {"name": "甲"})))
    copied = path.with_name("copied.db")
    copied.write_bytes(path.read_bytes())  # without its -wal
    assert _ask(copied, "SELECT count(*) FROM node") == [(1,)]


def test_a_missing_file_is_not_made_by_asking(path: Path) -> None:
    store = SqliteStore(path)
    with pytest.raises(StoreError, match="store_missing"):
        store.revision()
    with pytest.raises(StoreError, match="store_missing"):
        store.apply(batch())
    assert (store.health().ok, path.exists()) == (False, False)
    store.close()


def test_an_empty_file_becomes_a_store_by_migrate(path: Path) -> None:
    path.touch()
    store = SqliteStore(path)
    with pytest.raises(StoreError, match="store_missing"):
        store.revision()
    store.migrate()
    assert store.revision() == 0
    store.close()


def test_a_newer_file_is_refused(store: SqliteStore, path: Path) -> None:
    store.close()
    _run(path, "PRAGMA user_version = 99")
    newer = SqliteStore(path)
    for call in (newer.migrate, newer.revision, newer.undo):
        with pytest.raises(StoreError, match="store_newer") as caught:
            call()
        assert (caught.value.facts["found"], caught.value.facts["known"]) == (99, 1)
    assert not newer.health().ok
    newer.close()


def test_a_file_of_another_program_is_refused(path: Path) -> None:
    _run(path, "CREATE TABLE theirs(x)")
    store = SqliteStore(path)
    for call in (store.migrate, store.revision):
        with pytest.raises(StoreError, match="store_foreign"):
            call()
    assert _ask(path, "SELECT name FROM sqlite_master") == [("theirs",)]
    store.close()


def test_a_file_that_is_no_database_is_refused(path: Path) -> None:
    path.write_bytes(b"PK\x03\x04" * 1000)
    store = SqliteStore(path)
    for call in (store.migrate, store.revision, store.undo):
        with pytest.raises(StoreError, match="store_damaged"):
            call()
    assert not store.health().ok
    assert path.read_bytes() == b"PK\x03\x04" * 1000
    store.close()


def test_a_writer_waits_only_so_long(store: SqliteStore, path: Path) -> None:
    other = SqliteStore(path, wait=0.2)
    with store._file.writing(), pytest.raises(StoreBusy):
        other.apply(batch(Node(firm("1"), {"name": "甲"})))
    assert other.apply(batch(Node(firm("1"), {"name": "甲"}))).status == "committed"
    other.close()


def test_a_thread_waits_only_so_long(store: SqliteStore) -> None:
    with store._file.writing(), pytest.raises(StoreBusy):
        store.undo()


def test_reading_goes_on_while_somebody_writes(store: SqliteStore) -> None:
    store.apply(batch(Node(firm("1"), {"name": "甲"})))
    with store._file.writing() as db:
        db.execute("DELETE FROM node")
        assert store.get(firm("1"))
        db.execute("INSERT INTO node SELECT 1, 'Enterprise', '1', '{}', '', 1, 1")


def test_the_lock_dies_with_its_holder(store: SqliteStore, path: Path) -> None:
    code = (
        "import sys, time; from pathlib import Path; from graph.store.lock import Lock\n"
        "with Lock(Path(sys.argv[1]), 1).held(): print('held', flush=True); time.sleep(60)"
    )
    command = [sys.executable, "-c", code, f"{path}.lock"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as holder:
        assert holder.stdout
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(StoreBusy):
            store.apply(batch())
        holder.kill()
    assert store.apply(batch()).status == "unchanged"


def test_an_error_inside_leaves_nothing(
    store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.apply(batch(Node(firm("1"), {"name": "甲"})))
    before = store.stats()
    monkeypatch.setattr(sqlite_rows.SqliteChange, "record", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        store.apply(batch(Node(firm("2"), {"name": "乙"})))
    monkeypatch.undo()
    assert store.stats() == before
    assert store.apply(batch(Node(firm("2"), {"name": "乙"}))).revision == 2


def test_a_closed_store_says_so(store: SqliteStore) -> None:
    store.apply(batch(*(Node(firm(f"{n:04d}")) for n in range(1500))))
    stream, unread = store.nodes("Enterprise"), store.nodes("Enterprise")
    next(stream)
    store.close()
    store.close()
    for call in (store.revision, store.undo, lambda: next(unread)):
        with pytest.raises(StoreError, match="store_closed"):
            call()
    with pytest.raises(StoreError):
        list(stream)
    assert "store_closed" in store.health().detail


def test_readers_of_finished_threads_are_closed(store: SqliteStore) -> None:
    for _ in range(5):
        thread = threading.Thread(target=store.revision)
        thread.start()
        thread.join()
    store.revision()
    assert len(store._file._readers) <= 2


def test_an_abandoned_stream_closes_its_connection(store: SqliteStore) -> None:
    store.apply(batch(*(Node(firm(f"{n:04d}")) for n in range(1500))))
    stream = store.nodes("Enterprise")
    next(stream)
    assert len(store._file._streams) == 1
    del stream
    assert not store._file._streams


def test_without_fts5_search_scans_and_says_so(
    store: SqliteStore, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [Node(firm("1"), {"name": "深圳機器人"}), Node(firm("2"), {"name": "机器人"})]
    store.apply(batch(*rows))
    for module in (sqlite_file, sqlite_rows):
        monkeypatch.setattr(module, "has_fts5", lambda db: False)
    without = SqliteStore(path)
    assert "no FTS5" in without.health().detail
    without.apply(batch(Node(firm("0"), {"name": "服务机器人"})))
    for text, found in {"机器人": "201", "機": "012", "深圳 人": "1", '"': "", "1": "1"}.items():
        assert [node.ref.id for node in without.search(text)] == list(found)
    without.close()
    monkeypatch.undo()
    assert [node.ref.id for node in store.search("机器人")] == list("201")  # the index is stale
    store.migrate()
    assert "no FTS5" not in store.health().detail
    assert [node.ref.id for node in store.search("服务机器人")] == ["0"]


def test_hot_queries_use_their_index(store: SqliteStore) -> None:
    from graph.store import sqlite as engine

    plans = {
        engine._RELS_FROM: "USE TEMP B-TREE FOR RIGHT PART OF ORDER BY",
        engine._REL.format("WHERE r.dst = :nid"): "USING COVERING INDEX rel_in",
        engine._REL.format("WHERE r.rev > :since"): "rel_rev (rev>?)",
        engine._REL.format(engine._AMONG): "PRIMARY KEY (src=?)",
    }
    for sql, wanted in plans.items():
        params = dict.fromkeys(("type", "label", "nid", "since", "nids"), "1")
        with store._file.reader().within(1) as db:
            rows = db.execute(f"EXPLAIN QUERY PLAN {sql}", params).fetchall()
        plan = "\n".join(row[3] for row in rows)
        assert wanted.replace("COVERING ", "") in plan.replace("COVERING ", ""), plan
        assert "SCAN r" not in plan


_steps = st.lists(st.one_of(batches, batches, st.none()), max_size=8)


@settings(
    max_examples=tier(30, 500),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(_steps)
def test_tables_agree_after_any_history(
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
    steps: list[Batch | None],
) -> None:
    """Also in small chunks and by the bulk path, which the contract suite's graphs never reach."""
    monkeypatch.setattr(publish, "_CHUNK", 2)
    monkeypatch.setattr(sqlite_rows, "_BULK", 1)
    path = tmp_path_factory.mktemp("history") / "graph.db"
    store, live = SqliteStore(path), list[Batch]()
    store.migrate()
    for step in steps:
        if step:
            store.apply(step)
            live.append(step)
        elif live:
            store.undo()
            live.pop()
    content = content_in(store)
    store.close()
    assert content == content_of(live)
    assert _ask(path, "PRAGMA integrity_check") == [("ok",)]
    assert _ask(path, "PRAGMA foreign_key_check") == []
    assert set(sqlite_file.INDEXES) <= {
        name for (name,) in _ask(path, "SELECT name FROM sqlite_master WHERE type = 'index'")
    }
    wanted = {
        (*target, type_, *ref)
        for ref, props in content[0].items()
        for type_, target in links(Node(ref, props))
    }
    columns = "l.label, l.id, l.type, n.label, n.id FROM link l JOIN node n ON n.nid = l.src"
    assert set(_ask(path, f"SELECT {columns}")) == wanted


def test_a_stub_of_a_region_is_kept(store: SqliteStore) -> None:
    store.apply(batch(Node(region("44"))))
    assert store.get(Ref("Region", "44")) == Node(region("44"))
