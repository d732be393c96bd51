"""Many at once, and some that die: no change is lost, none is half there, the chain holds."""

from __future__ import annotations

import random
import signal
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

from sqlalchemy import select

from records import audit, shortlist, tables
from records.audit import Verdict
from records.database import Records
from tests.conftest import tier
from tests.records.writers import CONTEXT, make, pairs, write

WRITERS, TIMES = 8, 25
SECONDS = 120
KILLS = tier(20, 200)
RACES = 10


def test_many_processes_that_come_first_make_the_tables_once(empty: Callable[[], str]) -> None:
    for _ in range(RACES):
        url = empty()
        barrier = CONTEXT.Barrier(WRITERS)
        racing = [CONTEXT.Process(target=make, args=(url, barrier)) for _ in range(WRITERS)]
        for process in racing:
            process.start()
        for process in racing:
            process.join(SECONDS)
        assert [process.exitcode for process in racing] == [0] * WRITERS
        records = Records(url)
        has, needs = records.version()
        assert has == needs
        with records.read() as db:
            assert len(db.execute(select(tables.audit_head)).all()) == 1
        records.close()


def check_written(records: Records) -> None:
    """Every write is there, once, with its entry."""
    wanted = sorted(f"{mark}-{n}" for mark in range(WRITERS) for n in range(TIMES))
    assert sorted(item.pick.candidate for item in shortlist.items(records)) == wanted
    with records.read() as db:
        chain = list(audit.entries(db))
    assert [entry.seq for entry, _ in chain] == list(range(1, WRITERS * TIMES + 1))
    assert records.heads is not None
    heads = list(records.heads.all())
    assert sorted(head.seq for head in heads) == [entry.seq for entry, _ in chain]
    assert audit.verify(chain, heads) == Verdict(True, WRITERS * TIMES)


def test_threads_that_write_at_once_lose_nothing(records: Records) -> None:
    def work(mark: int) -> None:
        for n in range(TIMES):
            pick = shortlist.Pick("enterprise", f"{mark}-{n}", "甲", "", "c", "r")
            assert shortlist.add(records, pick)

    with ThreadPoolExecutor(WRITERS) as pool:
        list(pool.map(work, range(WRITERS)))
    check_written(records)


def test_processes_that_write_at_once_lose_nothing(
    records: Records, records_url: str, tmp_path: Path
) -> None:
    records.ready()
    writing = [
        CONTEXT.Process(target=write, args=(records_url, tmp_path / "heads", str(mark), TIMES))
        for mark in range(WRITERS)
    ]
    for process in writing:
        process.start()
    for process in writing:
        process.join(SECONDS)
    assert [process.exitcode for process in writing] == [0] * WRITERS
    check_written(records)


def killed(url: str, heads: Path, mark: str, after: int, pause: float) -> list[str]:
    """Start a writer and kill it `pause` seconds from a change's middle; what it said was done."""
    ours, theirs = CONTEXT.Pipe(duplex=False)
    writer = CONTEXT.Process(target=pairs, args=(url, heads, mark, theirs))
    writer.start()
    theirs.close()
    done, begun = [], 0
    with suppress(EOFError):
        while True:
            what, pair = ours.recv()
            done += [pair] if what == "done" else []
            begun += what == "between"
            if what == "between" and begun == after:
                time.sleep(pause)
                writer.kill()
    writer.join(SECONDS)
    assert writer.exitcode == -signal.SIGKILL
    ours.close()
    return done


def test_a_writer_that_is_killed_leaves_nothing_half_way(
    records: Records, records_url: str, tmp_path: Path
) -> None:
    records.ready()
    choose = random.Random(6)
    acknowledged: list[str] = []
    undone = 0
    for kill in range(KILLS):
        after, pause = choose.randint(1, 4), choose.choice((0, 0, choose.uniform(0, 0.006)))
        acknowledged += killed(records_url, tmp_path / "heads", str(kill), after, pause)
        with records.read() as db:
            names = set(db.execute(select(tables.schemes.c.name)).scalars())
            chain = list(audit.entries(db))
        noted = [entry.object for entry, _ in chain]
        assert names == {f"{pair}-{half}" for pair in noted for half in "ab"}
        assert len(noted) == len(set(noted))
        assert set(acknowledged) <= set(noted)
        assert len(set(noted) - set(acknowledged)) <= kill + 1
        undone += f"{kill}-{after - 1}" not in noted
        assert records.heads is not None
        assert audit.verify(chain, records.heads.all()).ok
    assert undone >= KILLS // 4  # the kills did come in the middle
    assert shortlist.add(records, shortlist.Pick("enterprise", "e", "甲", "", "c", "r"))
