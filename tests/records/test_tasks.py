"""Tasks: given once for a segment and region, closed once."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from graph.errors import NotFound, UsageError
from records import tasks
from records.database import Records
from records.tasks import Task

TASK = Task("", "s1", "370211", "leader", "chain", "unknown", "王", date(2026, 12, 31))


def test_the_earliest_due_comes_first_and_a_second_task_replaces_the_first(
    records: Records,
) -> None:
    tasks.add(records, TASK)
    tasks.add(records, replace(TASK, segment="s2", due=date(2026, 12, 1)))
    tasks.add(records, replace(TASK, assignee=" 李 ", due=date(2026, 11, 30)))
    found = tasks.open_tasks(records)
    assert [(t.segment, t.assignee, t.due.day) for t in found] == [
        ("s1", "李", 30),
        ("s2", "王", 1),
    ]


def test_a_task_is_closed_once(records: Records) -> None:
    tasks.add(records, TASK)
    (task,) = tasks.open_tasks(records)
    tasks.close(records, task.id)
    assert tasks.open_tasks(records) == []
    with pytest.raises(NotFound):
        tasks.close(records, task.id)


@pytest.mark.parametrize("bad", [{"assignee": " "}, {"assignee": "x" * 101}, {"reason": "bored"}])
def test_what_makes_no_sense(records: Records, bad: dict[str, str]) -> None:
    with pytest.raises(UsageError):
        tasks.add(records, replace(TASK, **bad))
    assert tasks.open_tasks(records) == []
