"""审计: who did what when, whether the entries hold, and what was begun and never finished."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response

from api.auditing import LeftOpen, left_open
from api.deps import AtDesk, AtRecords, answered
from api.frames import chosen, page_html, sheet_of, with_sheet
from api.routers.v1 import PROBLEMS
from api.verifying import day_of
from records.audit import Entry
from records.database import Records
from records.trail import (
    BEGIN,
    Checked,
    Wanted,
    actions,
    amount,
    check,
    facts_of,
    newest,
    people,
)
from viz import audit as v
from viz.contexts import Choice, Frame
from viz.rows import moment_text
from viz.words import word

__all__ = ["api", "held", "open_row", "router"]

router = APIRouter(include_in_schema=False)
api = APIRouter(prefix="/api/v1", tags=["v1"])

SHOWN = 100
IN_SHEET = 10_000

Word = Annotated[str, Query(max_length=200)]
Before = Annotated[int | None, Query(ge=1, le=2**53)]


@dataclass(frozen=True)
class Page:
    """Entries newest first, and how many there are in all."""

    rows: list[Entry]
    total: int
    next: int | None


def _wanted(
    person: Word = "", action: Word = "", since: Word = "", until: Word = "", text: Word = ""
) -> Wanted:
    first, last = (day_of(given) if given else None for given in (since, until))
    return Wanted(person, action, first, last, text.strip())


Asked = Annotated[Wanted, Depends(_wanted)]


@api.get("/audit", operation_id="audit", responses=PROBLEMS)
def audit_(
    request: Request,
    desk: AtDesk,
    records: AtRecords,
    wanted: Asked,
    cursor: Before = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
) -> Response:
    """Entries of the audit, newest first, paged by number."""
    found = _page(records, wanted, cursor, limit)
    items = [{**vars(entry), "detail": facts_of(entry)} for entry in found.rows]
    body = {"items": items, "next_cursor": found.next}
    return answered(request, desk.snapshot.revision, body, body)


@router.get("/audit")
def page(
    request: Request,
    desk: AtDesk,
    records: AtRecords,
    wanted: Asked,
    before: Before = None,
    verify: Annotated[bool, Query(alias="check")] = False,
) -> Response:
    """谁在什么时候做了什么?"""
    found = _page(records, wanted, before, SHOWN)
    made = v.AuditPage(
        with_sheet(request, chosen(request, desk)),
        [row(entry) for entry in found.rows],
        found.total,
        found.next,
        [Choice(id_, name) for id_, name in people(records).items()],
        actions(records),
        desk.names(),
        held(check(records)) if verify else None,
        [open_row(one) for one in left_open(records, desk.store)] if verify else (),
    )
    mark = made.rows, made.total, made.held, made.open, made.people, made.actions
    return page_html(request, desk, made, mark)


@router.get("/audit.xlsx")
def sheet(request: Request, desk: AtDesk, records: AtRecords, wanted: Asked) -> Response:
    """The entries as a workbook, with everything that was written down."""
    frame = chosen(request, desk)
    found = _page(records, wanted, None, IN_SHEET)
    table = v.audit_table(frame, [row(e) for e in found.rows], desk.names(), whole=True)
    return sheet_of(request, frame, [table], _cut(frame, found))


def row(entry: Entry, done: bool | None = None) -> v.AuditRow:
    """An entry as it is shown."""
    return v.AuditRow(
        entry.seq,
        moment_text(entry.at),
        entry.actor,
        entry.name,
        entry.role,
        entry.action.removesuffix(BEGIN),
        entry.action.endswith(BEGIN),
        entry.object,
        facts_of(entry),
        done,
    )


def open_row(one: LeftOpen) -> v.AuditRow:
    """An intent without an outcome as it is shown."""
    return row(one.entry, one.done)


def held(found: Checked) -> v.Held:
    """A verdict as it is shown."""
    verdict = found.verdict
    return v.Held(
        verdict.ok, verdict.entries, verdict.first_bad, found.place, found.heads, found.uncopied
    )


def _page(records: Records, wanted: Wanted, before: int | None, limit: int) -> Page:
    rows = newest(records, wanted, before, limit + 1)
    more = len(rows) > limit
    return Page(rows[:limit], amount(records, wanted), rows[limit - 1].seq if more else None)


def _cut(frame: Frame, found: Page) -> dict[str, object]:
    if found.next is None:
        return {}
    cut = word(frame.lang, "audit.sheet_cut", n=len(found.rows), total=found.total)
    return {word(frame.lang, "audit.table"): cut}
