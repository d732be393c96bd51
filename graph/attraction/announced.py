"""公布口径: a count as somebody announced it, an interval wherever the words leave it open.

70余 is [70, 80): never 70, 75 or 80.  What this program counts itself stands beside it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from graph.errors import Changed, UsageError

__all__ = ["WHAT", "Announced", "Claim", "checked", "correct", "inside"]

# Of what: parks and projects of a meeting, projects newly signed, projects in talks, other.
WHAT = ("parks", "projects", "signed", "in_talks", "other")


@dataclass(frozen=True)
class Claim:
    """What was announced: at least `low` and, unless None, below `high`; `text` as it was said.

    `session` = (year, ordinal) of the meeting it was said of; `parks` = ids of the parks it is
    about, `scope` = in the announcement's words.
    """

    what: str
    text: str
    low: int
    high: int | None
    who: str
    on_day: date
    source: str
    scope: str = ""
    parks: tuple[str, ...] = ()
    session: tuple[int, int] | None = None
    why: str = ""  # of a correction
    written_by: str = ""


@dataclass(frozen=True)
class Announced:
    """A claim with what was written down of it before."""

    id: str
    said: Claim
    earlier: tuple[Claim, ...] = ()
    version: int = 1

    @property
    def park(self) -> str:
        """No park's alone."""
        return ""


def checked(said: Claim) -> Claim:
    """What can be kept; `UsageError` for an unknown kind of count and without speaker or source."""
    if said.what not in WHAT:
        raise UsageError("bad_choice", name="what", given=said.what, allowed=" | ".join(WHAT))
    for name, text in (("who", said.who), ("source", said.source)):
        if not text.strip():
            raise UsageError("announced_empty", blank=name)
    return said


def correct(found: Announced, seen: int, said: Claim) -> Announced:
    """Write it down anew, with the reason.

    Raises `Changed` where it was changed since it was shown, else as `checked`.
    """
    if found.version != seen:
        raise Changed("announced_changed")
    if not said.why.strip():
        raise UsageError("announced_empty", blank="why")
    earlier = (*found.earlier, found.said)
    return replace(found, said=checked(said), earlier=earlier, version=seen + 1)


def inside(said: Claim, counted: int | None) -> bool | None:
    """Whether what was counted agrees with what was announced; None where nothing was counted.

    >>> seventy = Claim("signed", "70余", 70, 80, "报道", date(2022, 10, 19), "报道")
    >>> [inside(seventy, n) for n in (69, 70, 79, 80, None)]
    [False, True, True, False, None]
    """
    if counted is None:
        return None
    return said.low <= counted and (said.high is None or counted < said.high)
