"""The audit as it is read, and every tampering with the database itself found and named."""

from __future__ import annotations

import random
import sqlite3
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from shutil import copyfile

import pytest
from sqlalchemy import insert, update

from records import tables
from records.audit import Entry, Head
from records.database import Records
from records.roles import Actor
from records.trail import (
    Checked,
    Wanted,
    actions,
    amount,
    check,
    facts_of,
    newest,
    people,
    unfinished,
)
from tests.conftest import tier
from tests.records.conftest import OFFICER

LENGTH = 40
COLUMNS = "seq, at, actor, name, role, action, object, detail, algorithm, hash"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with records of 40 entries and the heads of their second place."""
    folder = tmp_path_factory.mktemp("made")
    records = Records(f"sqlite:///{folder}/r.db", actor=OFFICER, heads=folder / "heads")
    for number in range(1, LENGTH + 1):
        with records.write() as writing:
            writing.note("task.close", f"t{number}", region="370211", files=["a", "b"], n=number)
    records.close()
    with sqlite3.connect(folder / "r.db") as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        db.execute("PRAGMA journal_mode = DELETE")
    db.close()
    return folder


Rows = list[tuple[object, ...]]


def rows_of(db: sqlite3.Connection) -> Rows:
    return db.execute(f"SELECT {COLUMNS} FROM audit ORDER BY seq").fetchall()


def replaced(db: sqlite3.Connection, rows: Rows) -> None:
    """Write all entries anew, as one who owns the file can."""
    db.execute("DELETE FROM audit")
    db.executemany(f"INSERT INTO audit ({COLUMNS}) VALUES ({','.join('?' * 10)})", rows)


def rehashed(rows: Rows, at: int) -> Rows:
    """From `at` on renumbered and hashed, as one who knows the formula would."""
    done = rows[:at]
    for row in rows[at:]:
        before = str(done[-1][9]) if done else "0" * 64
        entry = Entry(len(done) + 1, *row[1:9])  # type: ignore[arg-type]
        done.append((*vars(entry).values(), entry.hash_after(before)))
    return done


def set_head(db: sqlite3.Connection) -> None:
    last = rows_of(db)[-1] if rows_of(db) else (0, *[""] * 8, "0" * 64)
    db.execute("UPDATE audit_head SET seq = ?, hash = ?", (last[0], last[9]))


def edit(db: sqlite3.Connection, at: int, choose: random.Random) -> int:
    values = {
        "at": "2020-01-01T00:00:00.000000+00:00", "actor": "a9", "name": "李", "role": "chair",
        "action": "task.add", "object": "t0", "detail": "{}", "algorithm": "sm3", "hash": "0" * 64,
    }  # fmt: skip
    column = choose.choice(sorted(values))
    db.execute(f"UPDATE audit SET {column} = ? WHERE seq = ?", (values[column], at))
    return at


def edit_bytes(db: sqlite3.Connection, at: int, choose: random.Random) -> int:
    value = choose.choice(["CAST(x'ff' AS TEXT)", "x'41'", "''"])
    column = choose.choice(["name", "detail", "hash", "algorithm"])
    db.execute(f"UPDATE audit SET {column} = {value} WHERE seq = {at}")
    return at


def edit_and_hash(db: sqlite3.Connection, at: int, _: random.Random) -> int:
    rows = rows_of(db)
    changed = (*rows[at - 1][:3], "李", *rows[at - 1][4:])
    replaced(db, rehashed([*rows[: at - 1], changed, *rows[at:]], at - 1))
    set_head(db)
    return at


def delete(db: sqlite3.Connection, at: int, _: random.Random) -> int:
    db.execute("DELETE FROM audit WHERE seq = ?", (at,))
    return at


def delete_and_hash(db: sqlite3.Connection, at: int, _: random.Random) -> int:
    rows = rows_of(db)
    replaced(db, rehashed([*rows[: at - 1], *rows[at:]], at - 1))
    set_head(db)
    return at


def add(db: sqlite3.Connection, at: int, _: random.Random) -> int:
    rows = rows_of(db)
    moved = [(int(str(row[0])) + 1, *row[1:]) for row in rows[at - 1 :]]
    replaced(db, [*rows[: at - 1], (at, *rows[0][1:]), *moved])
    return at


def add_and_hash(db: sqlite3.Connection, at: int, _: random.Random) -> int:
    rows = rows_of(db)
    replaced(db, rehashed([*rows[: at - 1], rows[0], *rows[at - 1 :]], at - 1))
    set_head(db)
    return at


def append(db: sqlite3.Connection, _: int, __: random.Random) -> int:
    """One more at the end, well hashed, which nobody made here."""
    rows = rows_of(db)
    replaced(db, rehashed([*rows, rows[0]], len(rows)))
    return LENGTH + 1


def swap(db: sqlite3.Connection, at: int, choose: random.Random) -> int:
    other = choose.choice([n for n in range(1, LENGTH + 1) if n != at])
    rows = rows_of(db)
    first, second = sorted((at, other))
    one, two = rows[first - 1], rows[second - 1]
    rows[first - 1], rows[second - 1] = (first, *two[1:]), (second, *one[1:])
    replaced(db, rows)
    return first


def truncate(db: sqlite3.Connection, at: int, _: random.Random) -> int:
    db.execute("DELETE FROM audit WHERE seq >= ?", (at,))
    return at


def truncate_with_its_head(db: sqlite3.Connection, at: int, _: random.Random) -> int:
    db.execute("DELETE FROM audit WHERE seq >= ?", (at,))
    set_head(db)
    return at


def rewrite_without_heads(db: sqlite3.Connection, _: int, __: random.Random) -> int:
    """All of it anew after the second place was emptied."""
    rows = [(*row[:3], "李", *row[4:]) for row in rows_of(db)]
    replaced(db, rehashed(rows, 0))
    set_head(db)
    (file,) = (r[2] for r in db.execute("PRAGMA database_list"))
    (Path(file).parent / "heads").unlink()
    return 1


def cut_heads(db: sqlite3.Connection, at: int, _: random.Random) -> int:
    """The second place loses its end, and what stood there is written anew."""
    (file,) = (r[2] for r in db.execute("PRAGMA database_list"))
    heads = Path(file).parent / "heads"
    heads.write_text("".join(heads.read_text().splitlines(keepends=True)[: at - 1]))
    return edit_and_hash(db, at, random.Random(0))


def drop_head(db: sqlite3.Connection, _: int, __: random.Random) -> int:
    db.execute("DELETE FROM audit_head")
    return 1


def move_head(db: sqlite3.Connection, at: int, _: random.Random) -> int:
    """The next entry would be chained to an older one."""
    row = rows_of(db)[at - 2] if at > 1 else (0, *[""] * 8, "0" * 64)
    db.execute("UPDATE audit_head SET seq = ?, hash = ?", (row[0], row[9]))
    return at


HOWS: tuple[Callable[[sqlite3.Connection, int, random.Random], int], ...] = (
    edit,
    edit_bytes,
    edit_and_hash,
    delete,
    delete_and_hash,
    add,
    add_and_hash,
    append,
    swap,
    truncate,
    truncate_with_its_head,
    rewrite_without_heads,
    cut_heads,
    drop_head,
    move_head,
)


@pytest.mark.parametrize("how", HOWS, ids=lambda how: how.__name__)
def test_tampering_with_the_file_is_found_and_the_first_bad_entry_named(
    how: Callable[[sqlite3.Connection, int, random.Random], int], made: Path, tmp_path: Path
) -> None:
    choose, found = random.Random(how.__name__), 0
    for number in range(tier(60, 600) // len(HOWS)):
        folder = tmp_path / str(number)
        folder.mkdir()
        for name in ("r.db", "heads"):
            copyfile(made / name, folder / name)
        with sqlite3.connect(folder / "r.db") as db:
            for event in ("update", "delete"):
                db.execute(f"DROP TRIGGER audit_{event}")
            first = how(db, choose.randint(1, LENGTH), choose)
        db.close()
        records = Records(f"sqlite:///{folder}/r.db", heads=folder / "heads")
        verdict = check(records).verdict
        records.close()
        assert (verdict.ok, verdict.first_bad) == (False, first), (how.__name__, number)
        found += 1
    assert found == tier(60, 600) // len(HOWS)


def test_what_nobody_touched_holds(made: Path) -> None:
    records = Records(f"sqlite:///{made}/r.db", heads=made / "heads")
    found = check(records)
    assert (found.verdict.ok, found.verdict.entries, found.heads) == (True, LENGTH, LENGTH)
    assert found.place == str(made / "heads")
    records.close()
    alone = Records(f"sqlite:///{made}/r.db")
    assert check(alone) == Checked(found.verdict)
    alone.close()


def test_the_database_must_be_told_to_let_an_entry_be_changed(made: Path) -> None:
    with sqlite3.connect(made / "r.db") as db:
        for statement in ("UPDATE audit SET name = 'x'", "DELETE FROM audit"):
            with pytest.raises(sqlite3.IntegrityError, match="audit"):
                db.execute(statement)
    db.close()


def test_a_head_on_its_way_is_waited_for(records: Records) -> None:
    assert records.heads is not None
    heads, records.heads = records.heads, None
    with records.write() as writing:
        writing.note("x.y", "1")
    records.heads = heads
    found = check(records)
    assert (found.verdict.first_bad, found.uncopied) == (1, True)
    with records.write() as writing:
        writing.note("x.y", "2")
    assert check(records).verdict.ok  # the newest head speaks for all before it


@pytest.fixture
def filled(records: Records) -> Records:
    """Ten entries of three people."""
    for number in range(1, 10):
        actor = Actor(f"a{number % 3}", ("王", "李", "O'Neil 100%")[number % 3], "officer")
        with records.acting(actor).write() as writing:
            writing.note(
                ("task.add", "export")[number % 2], f"t{number}", note="备注_" + str(number)
            )
    with records.acting(Actor("a1", "李四", "officer")).write() as writing:
        writing.note("graph.import.begin", "a.csv")
    return records


def seqs(found: list[Entry]) -> list[int]:
    return [entry.seq for entry in found]


def test_entries_are_found(filled: Records) -> None:
    assert seqs(newest(filled, Wanted(), limit=3)) == [10, 9, 8]
    assert seqs(newest(filled, Wanted(), before=8, limit=3)) == [7, 6, 5]
    assert seqs(newest(filled, Wanted(), before=1)) == []
    assert seqs(newest(filled, Wanted(person="a0"))) == [9, 6, 3]
    assert seqs(newest(filled, Wanted(action="task.add", person="a1"))) == [4]
    assert seqs(newest(filled, Wanted(action="graph.import"))) == [10]
    assert seqs(newest(filled, Wanted(text="T7"))) == [7]
    assert seqs(newest(filled, Wanted(text="备注_3"))) == [3]  # no pattern
    assert seqs(newest(filled, Wanted(text="100%"))) == [8, 5, 2]
    assert seqs(newest(filled, Wanted(text="nobody'; DROP TABLE audit"))) == []
    assert (amount(filled, Wanted()), amount(filled, Wanted(person="a2"))) == (10, 3)
    assert people(filled) == {"a0": "王", "a1": "李四", "a2": "O'Neil 100%"}
    assert actions(filled) == ["export", "graph.import", "task.add"]


def test_days_are_those_of_this_machine(filled: Records, monkeypatch: pytest.MonkeyPatch) -> None:
    today = datetime.now().astimezone().date()
    assert len(newest(filled, Wanted(since=today, until=today))) == 10
    assert newest(filled, Wanted(since=today + timedelta(days=1))) == []
    assert newest(filled, Wanted(until=today - timedelta(days=1))) == []
    assert len(newest(filled, Wanted(since=date.min, until=date.max))) == 10
    monkeypatch.setenv("TZ", "Asia/Shanghai")
    time.tzset()
    try:
        with filled.passing() as db:
            row = vars(Entry(11, "2026-03-01T16:30:00.000000+00:00", *["x"] * 5, "{}", "sha256"))
            db.execute(insert(tables.audit).values(**row, hash="0" * 64))
        second = date(2026, 3, 2)  # half past midnight there
        assert seqs(newest(filled, Wanted(since=second, until=second))) == [11]
        assert newest(filled, Wanted(since=date(2026, 3, 1), until=date(2026, 3, 1))) == []
    finally:
        monkeypatch.undo()
        time.tzset()


def test_an_intent_without_an_outcome_is_found(records: Records) -> None:
    for outcome in (True, False, True):
        with records.write() as writing:
            writing.note("graph.import.begin", "a.csv")
            begin = writing.head.seq if writing.head else 0
        if outcome:
            with records.write() as writing:
                writing.note("graph.import", "a.csv", begin=begin)
    assert seqs(unfinished(records)) == [3]


def test_a_broken_detail_breaks_no_reader() -> None:
    entry = Entry(1, "x", "a", "n", "r", "x.y", "o", "{", "sha256")
    assert facts_of(entry) == {}
    assert facts_of(Entry(1, "x", "a", "n", "r", "x.y", "o", "[1]", "sha256")) == {}


def test_ten_thousand_entries_a_second_are_verified(tmp_path: Path) -> None:
    records = Records(f"sqlite:///{tmp_path}/r.db", heads=tmp_path / "heads")
    count, before, rows = 20_000, "0" * 64, []
    at = datetime(2026, 1, 1, tzinfo=UTC).isoformat(timespec="microseconds")
    for seq in range(1, count + 1):
        detail = '{"note":"谈过一次,等回复","status":"in_talks"}'
        entry = Entry(
            seq, at, "a1", "王", "officer", "shortlist.change", f"i{seq}", detail, "sha256"
        )
        before = entry.hash_after(before)
        rows.append({**vars(entry), "hash": before})
    with records.passing() as db:
        db.execute(insert(tables.audit), rows)
        db.execute(update(tables.audit_head).values(seq=count, hash=before))
    assert records.heads is not None
    records.heads.add(Head(count, before))
    started = time.process_time()
    assert check(records).verdict.entries == count
    assert count / (time.process_time() - started) >= 10_000
    records.close()
