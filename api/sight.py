"""What of a review meeting reaches who asks: the one place where a meeting is masked.

Pages, JSON and tags are made of what is given here and of nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from fastapi import Request

from api.deps import identity_of
from api.security.identity import Identity
from graph.errors import NotAllowed
from graph.review.meeting import SEALED, Case, Meeting, Member
from graph.review.sight import may_see_result, seen_by_member, seen_by_park, seen_by_secretary
from records.roles import Role

__all__ = ["Eyes", "eyes_of", "seen"]

_SEATS = {
    Role.SECRETARY: ("secretary",),
    Role.CHAIR: ("chair",),
    Role.REVIEWER: ("expert", "department"),
}


@dataclass(frozen=True)
class Eyes:
    """As whom somebody asks: `member` of the panel, None for everybody else.

    `runs` = may take the meeting's steps, `chairs` = may decide, `choices` = for whom a single user
    may speak.
    """

    member: Member | None = None
    runs: bool = False
    chairs: bool = False
    park: str | None = None
    choices: Sequence[Member] = ()

    @property
    def judges(self) -> bool:
        """Whether this is somebody who is assigned projects."""
        return self.member is not None and self.member.seat in ("expert", "department")


def eyes_of(request: Request, meeting: Meeting, spoken_for: str = "") -> Eyes:
    """As whom the request asks about a meeting.

    With accounts that is the account.  A single user speaks for `spoken_for`, else the query's
    `as`, else the secretary, within the chosen role; raises `NotFound` for nobody of the panel and
    `NotAllowed` for a seat that is not the role's.
    """
    identity = identity_of(request)
    if identity.only_park is not None:
        return Eyes(park=identity.only_park)
    may = [m for m in meeting.panel if m.seat in _seats(identity)]
    if identity.by != "demo":
        return _eyes(identity, next((m for m in may if m.id == identity.id), None))
    asked = spoken_for or request.query_params.get("as", "")
    if asked and meeting.member(asked) not in may:
        raise NotAllowed("not_allowed")
    first = next((m for m in may if m.seat == "secretary"), may[0] if may else None)
    chosen = meeting.member(asked) if asked else first
    return replace(_eyes(identity, chosen), choices=may)


def seen(
    request: Request, meeting: Meeting, spoken_for: str = ""
) -> tuple[Meeting, Callable[[Case], bool]]:
    """The meeting as the asker may see it, and of which projects the computed points."""
    eyes = eyes_of(request, meeting, spoken_for)
    if eyes.member is not None and eyes.judges:
        return _judging(meeting, eyes.member.id)
    if eyes.runs:
        return seen_by_secretary(meeting), lambda _: meeting.state in SEALED
    bare = seen_by_park(meeting, eyes.park)
    # A basis holds what was applied for and what the graph says: no more of it than of the rest.
    return replace(bare, cases=tuple(replace(c, basis=None) for c in bare.cases)), lambda _: False


def _judging(meeting: Meeting, member: str) -> tuple[Meeting, Callable[[Case], bool]]:
    masked = seen_by_member(meeting, member)

    def shown(case: Case) -> bool:
        kept_out = member in case.out() and case.decision is None
        return not kept_out and may_see_result(masked, case, member)

    return masked, shown


def _eyes(identity: Identity, member: Member | None) -> Eyes:
    """With a seat what the seat is for; without one a role may run a meeting, never decide."""
    seats = (member.seat,) if member else _seats(identity)
    runs = "secretary" in seats or "chair" in seats
    return Eyes(member, runs, member is not None and member.seat == "chair")


def _seats(identity: Identity) -> Sequence[str]:
    return [seat for role, seats in _SEATS.items() if role in identity.roles for seat in seats]
