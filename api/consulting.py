"""服务会商: who sees which, who may answer, and whom they wait for.

The policy table knows roles; that a reviewer's account sees what was put to its own department, and
nothing else, is decided here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

from fastapi import Request

from api.deps import identity_of, settings_of
from api.desk import Desk
from api.kept import today_of
from api.park_work import held
from api.security.identity import Identity
from api.security.policy import rights_of
from api.standards import standards_of
from graph.attraction.consultation import Consultation, awaited, overdue, state_of
from graph.errors import NotFound
from records import accounts
from records.database import Records
from records.park_work import CONSULTATION
from records.roles import Role
from viz.contexts import Frame, Todo

__all__ = [
    "answering",
    "consultation",
    "consultations",
    "departments",
    "known",
    "late",
    "todos",
    "waits_for",
]


def consultations(request: Request, desk: Desk, records: Records) -> Sequence[Consultation]:
    """Those the asker may see, overdue first, then open, then closed; the oldest first."""
    who, day = identity_of(request), today_of(request.app.state)
    found = held(records, CONSULTATION, sample=desk.sample, park=who.only_park).values()
    return sorted((c for c in found if _sees(who, c)), key=lambda c: _urgency(c, day))


def consultation(request: Request, desk: Desk, records: Records, id: str) -> Consultation:
    """One the asker may see; `NotFound` for any other."""
    found = {c.id: c for c in consultations(request, desk, records)}
    if id not in found:
        raise NotFound(CONSULTATION.unknown, id=id)
    return found[id]


def answering(who: Identity, found: Consultation) -> Sequence[str]:
    """The departments somebody may answer for: one's own, of the office every one that is asked,
    those that are awaited first.
    """
    if found.closed or "POST /consultations/{id}/answer" not in rights_of(who.roles):
        return ()
    own, open_ = _department(who), {one.department for one in awaited(found)}
    may = [d for d in found.departments if own in (None, d)]
    return sorted(may, key=lambda department: department not in open_)


def waits_for(who: Identity, found: Consultation) -> bool:
    """Whether it waits for somebody: a department to answer, a park to close it, the office while
    it is open.
    """
    if found.closed:
        return False
    if who.only_park is not None:
        return state_of(found) == "answered"
    own = _department(who)
    if own is not None:
        return own in [one.department for one in awaited(found)]
    return "POST /consultations/{id}/close" in rights_of(who.roles)


def late(who: Identity, found: Consultation, day: date) -> bool:
    """Whether an answer that somebody waits for or owes is overdue."""
    own = _department(who)
    missing = overdue(found, day)
    return bool(missing) if own is None else own in missing


def departments(found: Sequence[Consultation]) -> Sequence[str]:
    """Every department that is asked in any."""
    return sorted({d for one in found for d in one.departments})


def known(request: Request, desk: Desk, records: Records) -> Mapping[str, bool]:
    """Departments to choose from: whether an account speaks for each.

    Those of accounts and those that answer for a ground of a standard.  Where nobody signs in,
    nobody needs an account.
    """
    settings = settings_of(request)
    standards = standards_of(Path(settings.standards_dir), sample=desk.sample)
    named = {veto.department for one in standards for veto in one.vetoes if veto.department}
    if settings.accounts == "off":
        return dict.fromkeys(sorted(named), True)
    there = {a.details.department for a in accounts.everyone(records) if not a.disabled} - {""}
    return {department: department in there for department in sorted(named | there)}


def todos(
    request: Request, desk: Desk, records: Records, frame: Frame, park: str = ""
) -> Sequence[Todo]:
    """What waits for the asker, of one `park` where it is named: what is overdue first."""
    if not frame.may("GET /consultations"):
        return ()
    who, day = identity_of(request), today_of(request.app.state)
    found = [c for c in consultations(request, desk, records) if park in ("", c.park)]
    waiting = [c for c in found if waits_for(who, c)]
    overdue_ = sum(late(who, c, day) for c in waiting)
    here = {"park": park} if park else {}
    answered = {"state": "answered"} if who.only_park is not None else {}
    told = [
        Todo(
            "consult_late", overdue_,
            frame.to("/consultations", state="overdue", **here), urgent=True,
        ),
        Todo("consult", len(waiting) - overdue_, frame.to("/consultations", **answered, **here)),
    ]  # fmt: skip
    return [todo for todo in told if todo.n]


def _sees(who: Identity, found: Consultation) -> bool:
    own = _department(who)
    return own is None or own in found.departments


def _department(who: Identity) -> str | None:
    """The one department a reviewer speaks for ("" = none: an expert); None for everybody else.

    The person of single-user mode speaks for all.
    """
    reviews = who.roles == {Role.REVIEWER} and who.by != "demo"
    return who.department if reviews else None


def _urgency(found: Consultation, day: date) -> tuple[bool, bool, date, str]:
    return found.closed, not overdue(found, day), found.asked_on, found.id
