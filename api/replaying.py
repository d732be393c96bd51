"""A decided meeting computed a second time, and held against what the audit kept of it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import ValidationError
from sqlalchemy import select

from api.desk import Desk
from api.reviewing import differences
from graph.review.meeting import SEALED, Meeting
from graph.review.standard import Standard
from records import meetings
from records.database import Records
from records.tables import audit
from records.trail import Checked, check

__all__ = ["Replayed", "replayed"]


@dataclass(frozen=True)
class Replayed:
    """Whether the same came out; `differences` are codes, with the project after a colon."""

    equal: bool
    differences: Sequence[str]


def replayed(records: Records, desk: Desk, standards: Sequence[Standard], id: str) -> Replayed:
    """Everything of a meeting that no longer is as it was.

    Beside `api.reviewing.differences`: `document` where it cannot be read, `unsealed` where there
    is nothing to hold against the audit yet, `digest` where it is another document than the last
    step left, `audit` where the audit itself does not hold.  Raises `NotFound` for an unknown one.
    """
    found = [] if _holds(check(records)) else ["audit"]
    try:
        meeting = meetings.get(records, id)
    except ValidationError:
        return Replayed(False, [*found, "document"])
    if meeting.state not in SEALED:
        return Replayed(False, [*found, "unsealed"])
    if meetings.digest(meeting) != _kept(records, meeting):
        found.append("digest")
    found += differences(records, desk, standards, meeting)
    return Replayed(not found, found)


def _holds(found: Checked) -> bool:
    return found.verdict.ok or found.uncopied


def _kept(records: Records, meeting: Meeting) -> str | None:
    """The hash that the last step of a meeting left in the audit."""
    about = audit.c.object == f"meeting/{meeting.id}"
    asked = (
        select(audit.c.detail)
        .where(about, audit.c.action.like("review.%"))
        .order_by(audit.c.seq.desc())
    )
    with records.read() as db:
        detail = db.execute(asked.limit(1)).scalar()
    sha256 = json.loads(detail).get("sha256") if detail is not None else None
    return sha256 if isinstance(sha256, str) else None
