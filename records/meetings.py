"""Review meetings in the records: each is one document, changed by one step at a time."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import lru_cache, reduce

from pydantic import TypeAdapter
from sqlalchemy import Connection, or_, select, update

from graph.errors import NotFound, UsageError
from graph.review.agenda import BEFORE, put_on
from graph.review.meeting import SEALED, Case, Meeting
from records.audit import Value
from records.database import Change, Records
from records.documents import added, dumped
from records.tables import meetings

__all__ = [
    "ACTIONS",
    "act",
    "add",
    "all_of",
    "digest",
    "get",
    "kept_digest",
    "preparing",
    "take_in",
]

_DOCUMENT = TypeAdapter(Meeting)
# The steps that pages and commands take, as the audit names them; each has its words.
ACTIONS = (
    "review.revise",
    "review.order",
    "review.open",
    "review.panel",
    "review.dismiss",
    "review.agenda",
    "review.take_off",
    "review.assign",
    "review.score",
    "review.card",
    "review.submit",
    "review.recuse",
    "review.seal",
    "review.reply",
    "review.vote",
    "review.decide",
    "review.conclude",
    "review.publish",
    "review.reopen",
    "review.agree",
    "review.appeal",
    "review.answer",
)


def add(records: Records, meeting: Meeting) -> None:
    """Call a meeting; `UsageError` where that year already has one of its number, or its id."""
    same = (meetings.c.year == meeting.year) & (meetings.c.ordinal == meeting.ordinal)
    with records.write() as writing:
        if writing.db.execute(select(meetings.c.id).where(same)).first() is not None:
            raise UsageError("meeting_twice", year=meeting.year, ordinal=meeting.ordinal)
        row = {"id": meeting.id, "year": meeting.year, "ordinal": meeting.ordinal}
        added(writing.db, meetings, **row, **_kept(meeting))
        writing.note("review.call", f"meeting/{meeting.id}", title=meeting.title)


def get(records: Records, id: str) -> Meeting:
    """A meeting; `NotFound` where there is none of this id."""
    with records.read() as db:
        text = db.execute(select(meetings.c.document).where(meetings.c.id == id)).scalar()
    return _made(text, id)


def all_of(records: Records) -> Sequence[Meeting]:
    """Every meeting, the newest first."""
    with records.read() as db:
        return _all(db)


def preparing(records: Records) -> Sequence[Meeting]:
    """Meetings that do not judge yet: their windows say when parks hand in."""
    here = meetings.c.document
    asked = select(here).where(or_(*(here.like(f'%"state":"{s}"%') for s in BEFORE)))
    with records.read() as db:
        return [_read(text) for text in db.execute(asked).scalars()]


def act(
    records: Records,
    id: str,
    action: str,
    step: Callable[[Meeting], Meeting],
    **detail: Value,
) -> Meeting:
    """Take a step and note it; the meeting afterwards.

    Nobody else changes the meeting between reading and writing it.  The audit keeps the hash of the
    whole from sealing on: before, a hash would let judgements be guessed.  A step that changes
    nothing is none and leaves no trace.
    """
    with records.write() as writing:
        return _acted(writing, id, action, step, **detail)


def take_in(
    records: Records, id: str, waiting: Callable[[Sequence[Meeting]], Sequence[Case]]
) -> Meeting:
    """Put on the agenda what waits by every meeting as it is; none of them changes meanwhile."""
    with records.write() as writing:
        new = waiting(_all(writing.db))
        return _acted(
            writing, id, "agenda", lambda meeting: reduce(put_on, new, meeting), projects=len(new)
        )


def digest(meeting: Meeting) -> str:
    """SHA-256 of the meeting as this program writes it."""
    return hashlib.sha256(_text(meeting).encode()).hexdigest()


def kept_digest(records: Records, id: str) -> str:
    """SHA-256 of the text that is kept, as the audit has it; `NotFound` where there is none.

    What an earlier program wrote is another text than this one would write.
    """
    with records.read() as db:
        text = db.execute(select(meetings.c.document).where(meetings.c.id == id)).scalar()
    if text is None:
        raise NotFound("unknown_meeting", meeting=id)
    return hashlib.sha256(text.encode()).hexdigest()


def _acted(
    writing: Change, id: str, action: str, step: Callable[[Meeting], Meeting], **detail: Value
) -> Meeting:
    here = meetings.c.id == id
    text = writing.db.execute(select(meetings.c.document).where(here)).scalar()
    before = _made(text, id)
    after = step(before)
    if after == before:
        return before
    writing.db.execute(update(meetings).where(here).values(**_kept(after)))
    if after.state in SEALED:
        detail["sha256"] = digest(after)
    writing.note(f"review.{action}", f"meeting/{id}", **detail)
    return after


def _all(db: Connection) -> Sequence[Meeting]:
    asked = select(meetings.c.document).order_by(meetings.c.year.desc(), meetings.c.ordinal.desc())
    return [_read(text) for text in db.execute(asked).scalars()]


def _kept(meeting: Meeting) -> dict[str, object]:
    return {"document": _text(meeting), "changed_at": datetime.now(UTC)}


def _text(meeting: Meeting) -> str:
    return dumped(_DOCUMENT, meeting)


def _made(text: str | None, id: str) -> Meeting:
    if text is None:
        raise NotFound("unknown_meeting", meeting=id)
    return _read(text)


@lru_cache(32)
def _read(text: str) -> Meeting:
    """A meeting never changes in place, and reading a long one takes 10 ms."""
    return _DOCUMENT.validate_json(text)
