"""A decided meeting computed a second time, and held against what the audit kept of it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pydantic import ValidationError
from sqlalchemy import select

from api.desk import Desk
from api.reviewing import batches, differences, fingerprint
from graph.errors import LianzhuError
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

    Beside `api.reviewing.differences`: `effect` where the meeting changes something else than when
    it was concluded, `effect_revision` where the graph is no longer what that was computed by
    (unless the bases say so already), `document` where it cannot be read, `unsealed` where there
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
    if meetings.kept_digest(records, id) != _kept(records, meeting):
        found.append("digest")
    found += differences(records, desk, standards, meeting)
    found += _effect(records, desk, meeting, found)
    return Replayed(not found, found)


def _effect(records: Records, desk: Desk, meeting: Meeting, found: Sequence[str]) -> Sequence[str]:
    """What the last conclusion kept of before and after the meeting, held against it now."""
    kept = _detail(records, meeting, "review.conclude")
    if meeting.state == "sealed" or "effect" not in kept:
        return ()
    if kept["revision"] != desk.snapshot.revision:
        said = any(one.startswith("revision:") for one in found)
        return () if said else [f"effect_revision:{kept['revision']}"]
    try:
        again = fingerprint(batches(desk, meeting).effect)
    except LianzhuError as error:
        return [f"effect:{error.code}"]
    return () if again == kept["effect"] else ["effect:"]


def _holds(found: Checked) -> bool:
    return found.verdict.ok or found.uncopied


def _kept(records: Records, meeting: Meeting) -> str | None:
    """The hash that the last step of a meeting left in the audit."""
    sha256 = _detail(records, meeting, "review.%").get("sha256")
    return sha256 if isinstance(sha256, str) else None


def _detail(records: Records, meeting: Meeting, action: str) -> Mapping[str, object]:
    """What the last step of a kind left in the audit; nothing where there was none."""
    about = audit.c.object == f"meeting/{meeting.id}"
    asked = (
        select(audit.c.detail)
        .where(about, audit.c.action.like(action))
        .order_by(audit.c.seq.desc())
    )
    with records.read() as db:
        detail = db.execute(asked.limit(1)).scalar()
    found: Mapping[str, object] = {} if detail is None else json.loads(detail)
    return found
