"""Both databases take and give the same, and say the same when they cannot."""

from __future__ import annotations

import time
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import insert, select
from sqlalchemy.engine import make_url
from sqlalchemy.exc import IntegrityError

from graph.errors import NotFound, StoreBusy, StoreDown, StoreError, UsageError
from graph.question import Scheme
from records import schemes, shortlist, tasks
from records.columns import Instant, Words
from records.database import Records
from records.engine import shown
from records.shortlist import Pick
from records.tables import attempts, metadata, once
from records.tasks import Task
from tests.postgres import Login

BEIJING = timezone(timedelta(hours=8))
PICK = Pick("enterprise", "e1", "甲公司", "leader", "chain", "370211")


def test_every_column_is_of_a_kind_that_means_the_same_on_both() -> None:
    for table in metadata.tables.values():
        for column in table.columns:
            name = type(column.type).__name__
            assert name not in ("String", "Text", "DateTime"), f"{table}.{column.name}"


def test_moments_come_back_in_utc_to_the_microsecond(records: Records) -> None:
    at = datetime(2026, 3, 1, 7, 59, 59, 123_456, tzinfo=BEIJING)
    with records.passing() as db:
        db.execute(insert(attempts).values(id="1", key="k", at=at))
    with records.read() as db:
        found = db.execute(select(attempts.c.at)).scalar_one()
        earlier = db.execute(select(attempts.c.id).where(attempts.c.at < at)).all()
        same = db.execute(select(attempts.c.id).where(attempts.c.at == at)).all()
    assert found.isoformat() == "2026-02-28T23:59:59.123456+00:00"
    assert found.tzinfo is UTC
    assert (earlier, len(same)) == ([], 1)


def test_a_moment_without_a_time_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        Instant().process_bind_param(datetime(2026, 1, 1), None)  # type: ignore[arg-type]


@pytest.mark.parametrize("bad", ["a\0b", "a\ud800", "x" * 1001])
def test_text_that_one_database_would_not_take_neither_takes(records: Records, bad: str) -> None:
    with pytest.raises(UsageError) as caught:
        shortlist.add(records, Pick("enterprise", bad, "甲", "", "c", "r"))
    assert caught.value.code == "records_text"
    assert shortlist.items(records) == []


@pytest.mark.parametrize(
    "odd", ["𠮷" * 1000, " 甲 ", "'; DROP TABLE audit; --", "%s %(a)s :b \\ ", "\t\r\n"]
)
def test_text_comes_back_as_it_went(records: Records, odd: str) -> None:
    shortlist.add(records, Pick("enterprise", odd, odd, odd, "", odd))
    (item,) = shortlist.items(records)
    assert item.pick == Pick("enterprise", odd, odd, odd, "", odd)


def test_upper_and_lower_case_are_two(records: Records) -> None:
    for name in ("a", "A", "é", "e\u0301"):
        assert shortlist.add(records, Pick("enterprise", name, name, "", "c", "r"))
    assert shortlist.picked(records, "", "C", "r") == frozenset()
    assert len(shortlist.picked(records, "", "c", "r")) == 4


def test_what_is_looked_for_may_be_of_any_length(records: Records) -> None:
    with pytest.raises(NotFound):
        shortlist.remove(records, "x" * 5000, 1)


def test_names_come_in_the_same_order(records: Records) -> None:
    names = ["稳", "快", "B", "a", "Z1", "z", "Ä", "一"]
    for name in names:
        schemes.save(records, Scheme(name, 0.6, 0.2, 0.1, 0.1))
    assert [s.name for s in schemes.saved(records)] == sorted(names)


def test_bytes_numbers_and_nothing_come_back(records: Records) -> None:
    row = {"key": "k", "request": "r", "status": None, "headers": None, "body": b"\0\xff"}
    with records.passing() as db:
        db.execute(insert(once).values(made_at=datetime.now(UTC), **row))
    with records.read() as db:
        found = dict(db.execute(select(once)).mappings().one())
    assert {k: found[k] for k in row} == row


def test_the_same_row_twice_is_the_callers_error(records: Records) -> None:
    row = {"id": "1", "key": "k", "at": datetime.now(UTC)}
    with records.passing() as db:
        db.execute(insert(attempts).values(row))
    with pytest.raises(IntegrityError), records.passing() as db:
        db.execute(insert(attempts).values(row))


def test_what_is_read_is_one_moment(records: Records) -> None:
    shortlist.add(records, PICK)
    with records.read() as db:
        before = db.execute(select(shortlist.shortlist.c.id)).all()
        shortlist.add(records, Pick("enterprise", "e2", "乙", "", "c", "r"))
        assert db.execute(select(shortlist.shortlist.c.id)).all() == before
    assert len(shortlist.items(records)) == 2


def test_a_writer_that_waits_too_long_is_told_that_another_writes(records: Records) -> None:
    records.ready()
    with records.write() as writing:
        asked = time.monotonic()
        with pytest.raises(StoreBusy) as caught:
            shortlist.add(records, PICK)
        assert caught.value.code == "records_busy"
        assert 1.5 < time.monotonic() - asked < 7
        writing.note("x.y", "o")
    assert shortlist.add(records, PICK)


def test_a_task_is_written_with_what_it_needs(records: Records) -> None:
    due = date(2026, 12, 31)
    tasks.add(records, Task("", "s1", "r", "", "c", "stale", "王", due))
    (task,) = tasks.open_tasks(records)
    assert (task.due, task.assignee) == (due, "王")


@pytest.mark.parametrize(
    "url", ["no address", "sqlite://", "sqlite:///:memory:", "mysql://a:b@c/d"]
)
def test_an_address_that_cannot_be_used(url: str) -> None:
    with pytest.raises(StoreError) as caught:
        Records(url)
    assert caught.value.code == "records_url"
    assert ":b@" not in str(caught.value)


def test_a_password_is_never_shown(postgres_server: Login) -> None:
    url = make_url(postgres_server.url)
    assert str(url.password) not in shown(postgres_server.url)
    wrong = url.set(password="wrong-password", database="nobody-made-it")
    with pytest.raises(StoreDown) as caught:
        Records(wrong.render_as_string(hide_password=False)).ready()
    assert "wrong-password" not in str(caught.value)


def test_the_password_may_be_given_apart(postgres_url: str) -> None:
    url = make_url(postgres_url)
    bare = f"postgresql://{url.username}@{url.host}:{url.port}/{url.database}"
    records = Records(bare, password=str(url.password))
    assert records.product().startswith("PostgreSQL 1")
    records.close()


def test_an_empty_text_is_text(tmp_path: Path) -> None:
    assert Words(3).process_bind_param("", None) == ""  # type: ignore[arg-type]
    assert Words(3).process_bind_param(None, None) is None  # type: ignore[arg-type]
