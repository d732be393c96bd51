"""核实 tasks: give one from an unknown or stale segment, see what is due, close it."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from api.deps import AtDesk, AtRecords
from api.desk import Desk
from api.frames import chosen, local, page_html, sheet_of, with_sheet
from api.kept import today_of
from api.verifying import day_of
from graph.errors import LianzhuError
from graph.question import Question
from records import tasks
from records.database import Records
from records.tasks import Task
from viz import tasks as v

__all__ = ["api", "router"]

router = APIRouter(include_in_schema=False)
api = APIRouter(prefix="/api/v1", tags=["v1"])

Text = Annotated[str, Form(max_length=1000)]
Back = Annotated[str, Form(alias="next", max_length=4000)]


@router.get("/tasks")
def page(request: Request, desk: AtDesk, records: AtRecords) -> Response:
    """谁去核实什么?"""
    found = _page(request, desk, records)
    return page_html(request, desk, found, found.rows)


@router.get("/tasks.xlsx")
def sheet(request: Request, desk: AtDesk, records: AtRecords) -> Response:
    """The tasks as a workbook."""
    found = _page(request, desk, records)
    return sheet_of(request, found.frame, [v.task_table(found)], {})


@router.post("/tasks")
def add(
    desk: AtDesk,
    records: AtRecords,
    segment: Text,
    region: Text,
    chain: Text,
    assignee: Text,
    due: Text,
    reason: Literal["unknown", "stale"] = Form("unknown"),
    leader: Text = "",
    back: Back = "/tasks",
) -> Response:
    """派任务."""
    task = Task(
        "",
        desk.id_of("Segment", segment, "segment"),
        desk.id_of("Region", region, "region"),
        desk.id_of("Enterprise", leader, "leader") if leader else "",
        desk.id_of("Chain", chain, "chain"),
        reason,
        assignee,
        day_of(due),
    )
    tasks.add(records, task)
    return RedirectResponse(local(back, done="task_given"), 303)


@router.post("/tasks/{task}/close")
def close(records: AtRecords, task: str, back: Back = "/tasks") -> Response:
    """办结."""
    tasks.close(records, task)
    return RedirectResponse(local(back), 303)


def _page(request: Request, desk: Desk, records: Records) -> v.TasksPage:
    today = today_of(request.app.state)
    rows = [_row(desk, task, today) for task in tasks.open_tasks(records)]
    return v.TasksPage(with_sheet(request, chosen(request, desk)), rows, desk.names())


def _row(desk: Desk, task: Task, today: date) -> v.TaskRow:
    return v.TaskRow(
        task.id,
        task.segment,
        task.region,
        task.leader,
        task.chain,
        task.reason,
        task.assignee,
        task.due.isoformat(),
        task.due < today,
        _is_open(desk, task),
        task.made_by,
        task.made_at.astimezone().date().isoformat() if task.made_at else "",
    )


def _is_open(desk: Desk, task: Task) -> bool | None:
    """Whether the segment is still unknown, or stale; None where the question no longer holds."""
    question = Question(
        leader=task.leader or None, chain=None if task.leader else task.chain, region=task.region
    )
    try:
        found = {s.segment: s for s in desk.gaps(question).segments}.get(task.segment)
    except LianzhuError:
        return None
    if found is None:
        return None
    return found.type == "unknown" if task.reason == "unknown" else "stale" in found.flags
