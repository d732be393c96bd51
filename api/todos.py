"""What waits for somebody today, for the first page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date

from api.desk import Desk
from graph.attraction.courted import groups, suits
from graph.review.keeping import standing
from graph.tables import TABLES
from records import documents, filings, pledges, shortlist, tasks
from records.database import Records
from records.pursuits import PURSUIT
from viz.contexts import ChainRow, Frame, Todo
from viz.pipeline import ARBITRATE

__all__ = ["pipeline", "todos_of"]

_STAGES = tuple(dict.fromkeys(TABLES["projects"].column("stage").words.values()))


def todos_of(
    records: Records, frame: Frame, rows: Sequence[ChainRow], today: date
) -> Sequence[Todo]:
    """Tasks, next steps and promises that are due, candidates to contact, old evidence."""
    given = tasks.open_tasks(records)
    late = sum(task.due < today for task in given)
    listed = shortlist.items(records) if frame.may("GET /shortlist") else []
    waiting = sum(item.status == shortlist.STATUSES[0] for item in listed)
    stale, unknown = dict[str, str](), dict[str, str]()  # segment -> a chain where it is so
    for chain in rows:
        for answer in (row.answer for row in chain.rows if row.answer):
            unknown |= {v.segment: chain.id for v in answer.to_verify}
            stale |= {s.segment: chain.id for s in answer.segments if "stale" in s.flags}
    found = [
        Todo("late", late, frame.to("/tasks"), urgent=True),
        Todo("tasks", len(given) - late, frame.to("/tasks")),
        Todo("contact", waiting, frame.to("/shortlist", status=shortlist.STATUSES[0])),
        *_courted(records, frame, today),
        *_promised(records, frame, today),
        Todo("unknown", len(unknown), _most(frame, unknown) + "#verify"),
        Todo("stale", len(stale), _most(frame, stale)),
    ]
    return [todo for todo in found if todo.n]


def _courted(records: Records, frame: Frame, today: date) -> Sequence[Todo]:
    """Next steps of courted projects, and applicants several parks court."""
    if not frame.may("GET /pipeline"):
        return []
    held = documents.all_of(records, PURSUIT)
    several = groups(suits(held, filings.all_of(records))) if frame.may(ARBITRATE) else []
    return [
        Todo(
            "next_late",
            sum(p.overdue(today) for p in held),
            frame.to("/pipeline", late=1),
            urgent=True,
        ),
        Todo("next_due", sum(p.due(today) for p in held), frame.to("/pipeline")),
        Todo("courted", len(several), frame.to("/pipeline/courted"), urgent=True),
    ]


def _promised(records: Records, frame: Frame, today: date) -> Sequence[Todo]:
    """Promises that are due and of which nobody has said what became of them."""
    if not frame.may("GET /commitments"):
        return []
    late = sum(
        standing(one, pledge.reported(one.id), today).code == "unreported"
        for pledge in pledges.all_of(records)
        for one in pledge.commitments()
    )
    there = frame.to("/commitments", standing="unreported")
    return [Todo("unreported", late, there, urgent=True)]


def _most(frame: Frame, chains: Mapping[str, str]) -> str:
    """The gaps of the chain that has most of them."""
    counted = Counter(chains.values()).most_common(1)
    return frame.chain_url("gaps", counted[0][0]) if counted else ""


def pipeline(desk: Desk) -> Sequence[tuple[str, int]]:
    """Projects by stage, in the order a project goes through them; stages without one are out."""
    stages = Counter(s for s in desk.snapshot.nodes("Project").values("stage") if s)
    return [(stage, stages[stage]) for stage in _STAGES if stages[stage]]
