"""The page of 核实 tasks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from viz.contexts import Frame
from viz.table import Cell, Column, Table
from viz.words import term, word

__all__ = ["TaskRow", "TasksPage", "task_table"]


@dataclass(frozen=True)
class TaskRow:
    """One open task; `open` = its segment is still as it was, None = no longer asked for."""

    id: str
    segment: str
    region: str
    leader: str
    chain: str
    reason: str
    assignee: str
    due: str
    overdue: bool
    open: bool | None
    made_by: str = ""
    made: str = ""  # the day

    @property
    def state(self) -> str:
        """gone, settled, overdue or open."""
        if self.open is None:
            return "gone"
        if not self.open:
            return "settled"
        return "overdue" if self.overdue else "open"


@dataclass(frozen=True)
class TasksPage:
    """谁去核实什么?"""

    template: ClassVar[str] = "tasks.html"
    frame: Frame
    rows: Sequence[TaskRow]
    names: Mapping[str, str]


def task_table(page: TasksPage) -> Table:
    """The open tasks, the earliest due first."""
    lang, names = page.frame.lang, page.names
    heads = ("segment", "reason", "region", "leader", "assignee", "due", "state", "made_by", "made")
    return Table(
        "tasks",
        word(lang, "task.table"),
        [Column(word(lang, f"task_head.{head}")) for head in heads],
        [
            [
                Cell(names.get(row.segment, row.segment)),
                Cell(term(lang, "task_reason", row.reason)),
                Cell(names.get(row.region, row.region)),
                Cell(names.get(row.leader, row.leader) if row.leader else ""),
                Cell(row.assignee),
                Cell(row.due),
                Cell(word(lang, f"task_state.{row.state}")),
                Cell(row.made_by or None),
                Cell(row.made or None),
            ]
            for row in page.rows
        ],
    )
