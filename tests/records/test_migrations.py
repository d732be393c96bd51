"""Every older shape of the tables is brought to the newest one with all its rows, or not at all."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData, Table, event, inspect, select, text

from graph.errors import StoreError
from records import audit, shortlist, tasks
from records.audit import Entry, Verdict
from records.database import Records
from records.tables import metadata
from tests.conftest import RELEASE
from tests.records.conftest import OFFICER
from tests.records.writers import CONTEXT, die_migrating, to_version

OLDER = ("0001", "0002", "0003", "0004")
SECONDS = 120
Row = dict[str, Any]


def rows_of(version: str) -> dict[str, list[Row]]:
    """A row of every kind, as a program of that version left it."""
    at = datetime(2025, 3, 1, 8, 30, 15, 250_000, tzinfo=UTC)
    who = {"leader": "链主", "chain": "chain-1", "region": "370211"}
    picked = {"kind": "project", "name": "甲“项目”\n二期", **who, "note": "𠮷\t'--", "added_at": at}
    task = {**who, "segment": "s1", "assignee": "王", "due": date(2025, 6, 30), "made_at": at}
    first = Entry(1, at.isoformat(), "a1", "王", "officer", "shortlist.add", "i1", "{}", "sha256")
    head = first.hash_after("0" * 64)
    made = {
        "shortlist": [
            {"id": "i1", "candidate": "p1", "status": "in_talks", **picked},
            {"id": "i2", "candidate": "长" * 1000, "status": "to_contact", **picked},
        ],
        "contacts": [
            {"id": "c1", "item": "i1", "on_day": date(2025, 3, 2), "who": "李", "result": "好"}
            | {"written_at": at}
        ],
        "schemes": [
            {"name": "稳", "fill": 0.6, "relatedness": 0.1, "tie": 0.1, "readiness": 0.2}
            | {"saved_at": at}
        ],
        "tasks": [
            {"id": "t1", "reason": "unknown", "closed_at": None, **task},
            {"id": "t2", "reason": "stale", "closed_at": at, **task},
        ],
    }
    if version >= "0002":
        made["audit"] = [{**vars(first), "hash": head}]
        made["audit_head"] = [{"seq": 1, "hash": head}]
    if version >= "0004":
        kept = {"document": '{"name":"甲"}', "changed_at": at}
        made["filings"] = [{"id": "f1", "park": "园", **kept}]
        made["meetings"] = [{"id": "m1", "year": 2025, "ordinal": 1, **kept}]
    return made


def fill(db: Connection, version: str) -> None:
    for name, rows in rows_of(version).items():
        table = Table(name, MetaData(), autoload_with=db)
        if name == "audit_head":
            db.execute(table.delete())
        db.execute(table.insert(), rows)


def found_in(db: Connection, version: str) -> dict[str, list[Row]]:
    """What is there of the rows of that version, in the columns it had."""
    found = {}
    for name, rows in rows_of(version).items():
        table = Table(name, MetaData(), autoload_with=db)
        got = db.execute(select(*(table.c[k] for k in rows[0]))).mappings()
        kept = [{k: aware(v) for k, v in row.items()} for row in got]
        found[name] = sorted(kept, key=lambda row: str(next(iter(row.values()))))
    return found


def aware(value: object) -> object:
    return value.replace(tzinfo=UTC) if isinstance(value, datetime) else value


@pytest.fixture(params=OLDER)
def older(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def url(empty: Callable[[], str], older: str) -> str:
    """The address of records an older program has left."""
    made = empty()
    to_version(made, older)
    records = Records(made)
    with records._engine.execution_options(lianzhu="migrate").begin() as db:
        fill(db, older)
    records.close()
    return made


@contextmanager
def opened(url: str, heads: Path | None = None) -> Iterator[Records]:
    records = Records(url, actor=OFFICER, heads=heads)
    try:
        yield records
    finally:
        records.close()


def newest() -> str:
    return str(ScriptDirectory(str(files("records") / "migrations")).get_current_head())


def test_older_records_are_refused_until_they_are_migrated(url: str, older: str) -> None:
    with opened(url) as records:
        with pytest.raises(StoreError) as caught:
            shortlist.items(records)
        assert caught.value.code == "records_version"
        assert (caught.value.facts["has"], caught.value.facts["needs"]) == (older, newest())


def test_every_row_is_kept_and_the_audit_begins_or_goes_on(
    url: str, older: str, tmp_path: Path
) -> None:
    with opened(url, tmp_path / "heads") as records:
        assert records.migrate() == (older, newest())
        assert records.migrate() == (newest(), newest())
        with records.read() as db:
            assert compare_metadata(MigrationContext.configure(db), metadata) == []
            wanted, found = rows_of(older), found_in(db, older)
            chain = list(audit.entries(db))
        for name in ("audit", "audit_head"):  # which the migration adds to
            found[name] = found.get(name, [])[:0]
            wanted[name] = []
        assert found == wanted
        first, second = shortlist.items(records)
        assert (first.added_at.tzinfo, first.version) == (UTC, 1)
        assert [contact.who for contact in first.contacts] == ["李"]
        assert second.pick.candidate == "长" * 1000
        assert [task.id for task in tasks.open_tasks(records)] == ["t1"]
        entry = chain[-1][0]
        assert (entry.action, entry.object, entry.name) == ("records.migrate", newest(), "王")
        assert entry.detail == f'{{"from":"{older}"}}'
        assert len(chain) == (2 if older >= "0002" else 1)
        assert records.heads is not None
        assert audit.verify(chain, records.heads.all()) == Verdict(True, len(chain))
        with pytest.raises(Exception, match="audit"), records.passing() as db:
            db.execute(text("DELETE FROM audit"))
        shortlist.remove(records, "i1", 1)


def test_new_records_begin_without_an_entry(empty: Callable[[], str]) -> None:
    with opened(empty()) as records:
        assert records.migrate() == (None, newest())
        with records.read() as db:
            assert list(audit.entries(db)) == []
            assert compare_metadata(MigrationContext.configure(db), metadata) == []


def test_records_of_a_newer_program_are_refused_and_left_alone(records: Records) -> None:
    records.ready()
    with records.passing() as db:
        db.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    for work in (lambda r: r.migrate(), lambda r: r.ready()):
        with opened(records._engine.url.render_as_string(hide_password=False)) as fresh:
            with pytest.raises(StoreError) as caught:
                work(fresh)
            assert caught.value.code == "records_version"
            assert caught.value.facts["has"] == "9999"


def shape(db: Connection) -> dict[str, set[str]]:
    looked = inspect(db)
    return {
        name: {c["name"] for c in looked.get_columns(name)} for name in looked.get_table_names()
    }


def check_untouched(url: str, older: str, before: dict[str, set[str]]) -> None:
    with opened(url) as records:
        assert records.version()[0] == older
        with records._engine.begin() as db:
            assert shape(db) == before
            assert found_in(db, older) == rows_of(older)


def test_a_migration_that_fails_anywhere_leaves_the_older_version_whole(
    url: str, older: str
) -> None:
    class Failed(Exception):
        pass

    def fail(at: int) -> int:
        """Fail at statement number `at`; how many there were."""
        count = 0

        def counted(*_: object) -> None:
            nonlocal count
            count += 1
            if count == at:
                raise Failed

        with opened(url) as records:
            event.listen(records._engine, "before_cursor_execute", counted)
            with pytest.raises(Failed):
                records.migrate()
        return count

    with opened(url) as records, records._engine.begin() as db:
        before = shape(db)
    statements = writes_of(older, url)
    for at in range(1, statements + 1, 1 if RELEASE else 7):
        assert fail(at) == at
        check_untouched(url, older, before)
    assert fail(statements) == statements  # all is done, only the commit is missing
    check_untouched(url, older, before)
    with opened(url) as records:
        assert records.migrate() == (older, newest())


def writes_of(older: str, url: str) -> int:
    """How many statements the migration takes, seen where it is taken back at its end."""

    class Enough(Exception):
        pass

    count = 0

    def counted(*_: object) -> None:
        nonlocal count
        count += 1

    def stop(_: object) -> None:
        raise Enough

    with opened(url) as records:
        event.listen(records._engine, "before_cursor_execute", counted)
        event.listen(records._engine, "commit", stop)
        with pytest.raises(Enough):
            records.migrate()
    return count


@pytest.mark.parametrize("part", [0.1, 0.5, 1.0])
def test_a_migration_that_is_killed_leaves_the_older_version_whole(
    url: str, older: str, part: float
) -> None:
    at = max(1, round(part * writes_of(older, url)))
    with opened(url) as records, records._engine.begin() as db:
        before = shape(db)
    process = CONTEXT.Process(target=die_migrating, args=(url, at))
    process.start()
    process.join(SECONDS)
    assert process.exitcode == -signal.SIGKILL
    check_untouched(url, older, before)
    with opened(url) as records:
        assert records.migrate() == (older, newest())
