"""What can be done to a pursuit: each step is pure and refuses what makes no sense."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from math import isfinite

from graph.attraction.pursuit import STAGES, Facts, Introduction, Move, Pursuit
from graph.errors import Changed, UsageError

__all__ = ["begin", "link", "link_filing", "move", "transfer", "write"]


def begin(
    id: str, park: str, facts: Facts, stage: str, day: date, by: str, *, today: date, note: str = ""
) -> Pursuit:
    """Begin to court a project.

    Raises `UsageError` without a name or applicant, for a day to come, and for one that begins as
    lost without a reason.
    """
    _check(facts, today)
    first = _moved("", stage, ("", park), day, by, note, date.min, today)
    claims = (Introduction(facts.introduced_by, facts.introduced_on, today, by),)
    return Pursuit(id, park, facts, (first,), claims if _claims(facts) else ())


def write(pursuit: Pursuit, facts: Facts, seen: int, today: date, by: str) -> Pursuit:
    """Change what is said of it and what comes next; what it was before stays said.

    Raises `Changed` where it was changed since it was shown.
    """
    _fresh(pursuit, seen)
    _check(facts, today)
    claims = pursuit.introductions
    if _claims(facts) != _claims(pursuit.facts):
        said = Introduction(facts.introduced_by, facts.introduced_on, today, by)
        claims = (*claims, said)
    return replace(pursuit, facts=facts, introductions=claims, version=seen + 1)


def move(
    pursuit: Pursuit, stage: str, seen: int, day: date, by: str, *, today: date, note: str = ""
) -> Pursuit:
    """To another stage, forward or back; to lost with a reason, and from there up again.

    Raises `UsageError` for the stage it has, a day to come or before its last move, and for one
    that a decision gave to another park: the office reopens the decision.
    """
    _fresh(pursuit, seen)
    if pursuit.closed_by is not None:
        raise UsageError("pursuit_ruled")
    if stage == pursuit.stage:
        raise UsageError("pursuit_same")
    last = pursuit.moves[-1].on_day
    made = _moved(pursuit.stage, stage, (pursuit.park, pursuit.park), day, by, note, last, today)
    return replace(pursuit, moves=(*pursuit.moves, made), version=seen + 1)


def transfer(
    pursuit: Pursuit, park: str, seen: int, day: date, by: str, *, today: date, note: str = ""
) -> Pursuit:
    """To another park, history and all.  Raises as `move`."""
    _fresh(pursuit, seen)
    if pursuit.closed_by is not None:
        raise UsageError("pursuit_ruled")
    if park == pursuit.park:
        raise UsageError("pursuit_same")
    stage, last = pursuit.stage, pursuit.moves[-1].on_day
    made = _moved(stage, stage, (pursuit.park, park), day, by, note, last, today)
    # An application is one park's: the next park hands in its own.
    moves = (*pursuit.moves, replace(made, left=pursuit.filing))
    return replace(pursuit, park=park, filing="", moves=moves, version=seen + 1)


def link(pursuit: Pursuit, enterprise: str, project: str, seen: int) -> Pursuit:
    """Confirm which nodes of the graph the applicant and the project are; "" = none is."""
    _fresh(pursuit, seen)
    return replace(pursuit, enterprise=enterprise, project=project, version=seen + 1)


def link_filing(
    pursuit: Pursuit, filing: str, seen: int, beside: Iterable[Pursuit] = ()
) -> Pursuit:
    """Confirm which application of its park it is; "" = none is.

    Raises `UsageError` for one that a decision gave to another park, and for an application that
    another pursuit `beside` it is linked to.
    """
    _fresh(pursuit, seen)
    if pursuit.closed_by is not None:
        raise UsageError("pursuit_ruled")
    for other in beside:
        if filing and other.filing == filing and other.id != pursuit.id:
            raise UsageError("pursuit_filing", name=other.facts.name)
    return replace(pursuit, filing=filing, version=seen + 1)


def _fresh(pursuit: Pursuit, seen: int) -> None:
    if pursuit.version != seen:
        raise Changed("pursuit_changed")


def _moved(
    before: str,
    stage: str,
    park: tuple[str, str],
    day: date,
    by: str,
    note: str,
    last: date,
    today: date,
) -> Move:
    if stage not in STAGES:
        raise UsageError("pursuit_stage", given=stage)
    if stage == "lost" and stage != before and not note.strip():
        raise UsageError("pursuit_reason")
    if not last <= day <= today:
        facts = {"given": day.isoformat(), "until": today.isoformat()}
        if not before:
            raise UsageError("pursuit_begins", **facts)
        raise UsageError("pursuit_day", since=last.isoformat(), **facts)
    return Move(day, by, (before, stage), park, note.strip())


def _check(facts: Facts, today: date) -> None:
    if not facts.name.strip() or not facts.applicant.strip():
        raise UsageError("pursuit_name")
    value = facts.investment_wan
    if value is not None and (not isfinite(value) or value < 0):
        raise UsageError("pursuit_investment")
    if facts.introduced_on is not None and facts.introduced_on > today:
        raise UsageError("future_date", given=facts.introduced_on.isoformat())


def _claims(facts: Facts) -> tuple[str, date | None] | None:
    """Who introduced it when, None = not said."""
    said = facts.introduced_by, facts.introduced_on
    return said if any(said) else None
