"""园区大事: what happened in a park and when, as exactly as its source says it and no more."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from graph.errors import Changed, UsageError

__all__ = ["Milestone", "Said", "checked", "correct", "newest_first"]

_WHEN = re.compile(r"[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?")


@dataclass(frozen=True)
class Said:
    """What was written down: `when` is a year, a month or a day ("2022", "2022-10", …).

    `note` says what of it is this office's own reading; `why` = the reason of a correction.
    """

    what: str
    when: str
    source: str
    note: str = ""
    why: str = ""
    written_by: str = ""
    written_on: date | None = None


@dataclass(frozen=True)
class Milestone:
    """One event of a park; what it said before stays readable."""

    id: str
    park: str
    said: Said
    earlier: tuple[Said, ...] = ()
    version: int = 1


def checked(said: Said, today: date) -> Said:
    """What can be kept; `UsageError` without event or source, and for a day that is none or lies
    ahead: what is only planned has not happened.
    """
    if not said.what.strip():
        raise UsageError("milestone_empty", blank="what")
    if not said.source.strip():
        raise UsageError("milestone_empty", blank="source")
    if not _WHEN.fullmatch(said.when) or not _is_day(said.when):
        raise UsageError("milestone_when", when=said.when)
    if said.when > today.isoformat()[: len(said.when)]:
        raise UsageError("milestone_ahead", when=said.when)
    return said


def correct(found: Milestone, seen: int, said: Said, today: date) -> Milestone:
    """Say it anew, with the reason.

    Raises `Changed` where it was changed since it was shown, else as `checked`.
    """
    if found.version != seen:
        raise Changed("milestone_changed")
    if not said.why.strip():
        raise UsageError("milestone_empty", blank="why")
    after = checked(said, today)
    return replace(found, said=after, earlier=(*found.earlier, found.said), version=seen + 1)


def newest_first(found: Iterable[Milestone]) -> Sequence[Milestone]:
    """By what is known of the day: a year alone stands after the days of that year."""
    named = sorted(found, key=lambda one: (one.said.what, one.id))
    return sorted(named, key=lambda one: one.said.when, reverse=True)


def _is_day(when: str) -> bool:
    try:
        date.fromisoformat((when + "-01-01")[:10])
    except ValueError:
        return False
    return True
