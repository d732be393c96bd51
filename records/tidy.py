"""Cleaning up: files nobody names, sessions that are over, what was kept for repeated requests."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path

from sqlalchemy import ColumnElement, Connection, Table, delete, func, select

from graph.errors import StoreBusy
from records.attachments import Attachment, Files
from records.database import Records
from records.sessions import IDLE, LONGEST
from records.signins import WINDOW
from records.tables import attachments, attempts, audit_head, once, sessions

__all__ = ["Tidied", "tidy"]

ORPHAN = timedelta(hours=1)  # a file younger than this may be about to get its row
ONCE = timedelta(days=1)  # how long a repeated request is answered as the first
_AT_ONCE = 200


@dataclass(frozen=True)
class Tidied:
    """What went, or would go; `missing` are uses of files that are not there.

    `busy`: a backup was reading the files, so none of them went.
    """

    files: int = 0
    bytes: int = 0
    parts: int = 0  # uploads left behind
    sessions: int = 0
    attempts: int = 0
    once: int = 0
    missing: Sequence[Attachment] = ()
    busy: bool = False


def tidy(records: Records, files: Files, now: datetime, *, dry_run: bool = False) -> Tidied:
    """Delete what is over; with `dry_run` only count it."""
    found = _rows(records, now, dry_run)
    found = replace(found, missing=_missing(records, files))
    if not files.folder.is_dir():
        return found
    try:
        with files.steady(0.0):
            return _files(records, files, now, dry_run, found)
    except StoreBusy:
        return replace(found, busy=True)


def _rows(records: Records, now: datetime, dry_run: bool) -> Tidied:
    over = (sessions.c.seen_at < now - IDLE) | (sessions.c.made_at < now - LONGEST)
    wheres = (
        (sessions, over),
        (attempts, attempts.c.at < now - WINDOW),
        (once, once.c.made_at < now - ONCE),
    )
    with records.read() as db:
        counts = {table.name: _count(db, table, where) for table, where in wheres}
    if not dry_run and any(counts.values()):
        with records.passing() as db:
            for table, where in wheres:
                db.execute(delete(table).where(where))
    return Tidied(sessions=counts["sessions"], attempts=counts["attempts"], once=counts["once"])


def _count(db: Connection, table: Table, where: ColumnElement[bool]) -> int:
    return int(db.execute(select(func.count()).select_from(table).where(where)).scalar_one())


def _missing(records: Records, files: Files) -> list[Attachment]:
    with records.read() as db:
        rows = db.execute(select(attachments).order_by(attachments.c.id)).mappings()
        found = [Attachment(**row) for row in rows]
    return [a for a in found if _size(files.path(a.sha256)) != a.size]


def _files(records: Records, files: Files, now: datetime, dry_run: bool, found: Tidied) -> Tidied:
    oldest = (now - ORPHAN).timestamp()
    parts = [path for path in files.parts() if _age(path) < oldest]
    old, gone, size = (path for path in files.kept() if _age(path) < oldest), 0, 0
    while some := list(islice(old, _AT_ONCE)):
        # The writers' lock: whoever adds a use of such a file now waits, and then brings it again.
        with records.passing() as db:
            db.execute(select(audit_head).with_for_update()).all()
            for path in _unnamed(db, some):
                gone, size = gone + 1, size + (_size(path) or 0)
                if not dry_run:
                    _delete(path)
    for path in () if dry_run else parts:
        path.unlink(missing_ok=True)
    return replace(found, files=gone, bytes=size, parts=len(parts))


def _unnamed(db: Connection, some: Iterable[Path]) -> list[Path]:
    by_name = {path.name: path for path in some}
    named = attachments.c.sha256.in_(list(by_name))
    for sha256 in db.execute(select(attachments.c.sha256).where(named)).scalars():
        by_name.pop(sha256, None)
    return list(by_name.values())


def _age(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:  # it went meanwhile
        return datetime.now(UTC).timestamp()


def _size(path: Path) -> int | None:
    try:
        return path.stat().st_size
    except OSError:
        return None


def _delete(path: Path) -> None:
    with suppress(OSError):
        path.unlink()
        for folder in (path.parent, path.parent.parent):
            os.rmdir(folder)  # only where it is empty
