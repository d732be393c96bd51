"""Processes that make, write and die."""

from __future__ import annotations

import os
import signal
import time
from datetime import UTC, datetime
from importlib.resources import files
from itertools import count
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Barrier
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import event, insert

from records import shortlist, tables
from records.database import Records
from records.engine import open_engine
from records.shortlist import Pick

__all__ = ["CONTEXT", "die_migrating", "make", "pairs", "to_version", "write"]

# Each process is forked from a clean one that has imported this file: a true process, soon there.
CONTEXT = get_context("forkserver")
CONTEXT.set_forkserver_preload([__name__])


def make(url: str, barrier: Barrier) -> None:
    """Use records for the first time, at the same moment as others."""
    records = Records(url)
    barrier.wait(60)
    records.ready()
    records.close()


def write(url: str, heads: Path, mark: str, times: int) -> None:
    """Put so many candidates on the list."""
    records = Records(url, heads=heads)
    for n in range(times):
        assert shortlist.add(records, Pick("enterprise", f"{mark}-{n}", "甲", "", "c", "r"))
    records.close()


def pairs(url: str, heads: Path, mark: str, line: Connection) -> None:
    """Write two rows in one change, again and again; say when between them, and when done."""
    records = Records(url, heads=heads)
    row = {
        "fill": 1.0,
        "relatedness": 0.0,
        "tie": 0.0,
        "readiness": 0.0,
        "saved_at": datetime.now(UTC),
    }
    for n in count():
        pair = f"{mark}-{n}"
        with records.write() as writing:
            writing.db.execute(insert(tables.schemes).values(name=f"{pair}-a", **row))
            line.send(("between", pair))
            time.sleep(0.001)
            writing.db.execute(insert(tables.schemes).values(name=f"{pair}-b", **row))
            writing.note("pair.add", pair)
        line.send(("done", pair))


def to_version(url: str, version: str) -> None:
    """Make the tables as the program of that version did."""
    config = Config()
    config.set_main_option("script_location", str(files("records") / "migrations"))
    engine = open_engine(url)
    with engine.execution_options(lianzhu="migrate").begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, version)
    engine.dispose()


def die_migrating(url: str, at: int) -> None:
    """Migrate, and be killed at statement number `at`."""
    left = iter(range(at - 1, -1, -1))

    def count(*_: object) -> None:
        if next(left) == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    records = Records(url)
    event.listen(records._engine, "before_cursor_execute", count)
    records.migrate()
