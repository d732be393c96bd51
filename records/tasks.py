"""核实 tasks: who looks at an unknown or stale segment, until when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from uuid import uuid4

from sqlalchemy import insert, select, update

from graph.errors import NotFound, UsageError
from records.database import Records
from records.tables import tasks

__all__ = ["REASONS", "Task", "add", "close", "open_tasks"]

REASONS = ("unknown", "stale")
_LONGEST = 100  # characters of a name


@dataclass(frozen=True)
class Task:
    """Somebody should find out who makes a segment in a region."""

    id: str
    segment: str
    region: str
    leader: str  # "" = the whole chain
    chain: str
    reason: str  # unknown | stale
    assignee: str
    due: date
    made_by: str = ""
    made_at: datetime | None = None


def add(records: Records, task: Task) -> None:
    """Give a task; an open one for the same segment and region is given anew.

    Raises `UsageError` without an assignee or for an unknown reason.
    """
    name = task.assignee.strip()
    if not name or len(name) > _LONGEST or "\0" in name:
        raise UsageError("bad_text", name="assignee", limit=_LONGEST)
    if task.reason not in REASONS:
        allowed = " | ".join(REASONS)
        raise UsageError("bad_choice", name="reason", given=task.reason, allowed=allowed)
    row = {
        "segment": task.segment,
        "region": task.region,
        "leader": task.leader,
        "chain": task.chain,
        "reason": task.reason,
        "assignee": name,
        "due": task.due,
    }
    id_ = uuid4().hex
    with records.write() as writing:
        same = (tasks.c.segment == task.segment) & (tasks.c.region == task.region)
        before = update(tasks).where(same & tasks.c.closed_at.is_(None))
        writing.db.execute(before.values(closed_at=_now()))
        writing.db.execute(
            insert(tasks).values(id=id_, made_at=_now(), made_by=records.actor.name, **row)
        )
        writing.note("task.add", id_, segment=task.segment, region=task.region, assignee=name)


def open_tasks(records: Records) -> Sequence[Task]:
    """Tasks that are not closed, the earliest due first."""
    with records.read() as db:
        rows = db.execute(
            select(tasks).where(tasks.c.closed_at.is_(None)).order_by(tasks.c.due, tasks.c.made_at)
        ).mappings()
        return [Task(*(row[name] for name in Task.__dataclass_fields__)) for row in rows]


def close(records: Records, task: str) -> None:
    """Close a task; `NotFound` where none is open."""
    with records.write() as writing:
        here = (tasks.c.id == task) & tasks.c.closed_at.is_(None)
        values = {"closed_at": _now(), "closed_by": records.actor.name}
        if writing.db.execute(update(tasks).where(here).values(**values)).rowcount != 1:
            raise NotFound("unknown_item", item=task)
        writing.note("task.close", task)


def _now() -> datetime:
    return datetime.now(UTC)
