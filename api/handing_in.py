"""集中提报: whether an application may be handed in today, by whom."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from fastapi import Request

from api.deps import identity_of
from api.kept import today_of
from graph.errors import UsageError
from graph.review.agenda import window_on
from records import meetings
from records.database import Records

__all__ = ["NOTE", "note_of", "window_now"]

NOTE = "note"  # the field in which the office says why it takes one outside the window
LONGEST = 1000


def window_now(request: Request, records: Records) -> tuple[date, date, bool] | None:
    """As `graph.review.agenda.window_on` of every meeting, today."""
    return window_on(meetings.preparing(records), today_of(request.app.state))


def note_of(request: Request, records: Records, typed: Mapping[str, str]) -> str:
    """Why it is handed in outside the window; "" inside.

    Raises `UsageError` outside it for a park operator, and for the office without a reason.
    """
    window = window_now(request, records)
    if window is None or window[2]:
        return ""
    note, facts = typed.get(NOTE, "").strip(), dict(zip(("first", "last"), window, strict=False))
    if identity_of(request).only_park is not None:
        raise UsageError("outside_window", **facts)
    if not note:
        raise UsageError("needs_note", **facts)
    if len(note) > LONGEST:
        raise UsageError("bad_text", name=NOTE, limit=LONGEST)
    return note
