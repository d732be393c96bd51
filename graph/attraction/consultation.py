"""服务会商: a park asks, departments answer, it is closed; nothing that was said is ever changed.

Where it stands is derived from what was said.  Days are arguments: an answer is due on its day and
overdue from the next.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from graph.errors import Changed, UsageError

__all__ = [
    "STATES",
    "Ask",
    "Consultation",
    "Event",
    "Reply",
    "Turn",
    "answer",
    "ask",
    "awaited",
    "close",
    "history",
    "overdue",
    "reopen",
    "standing",
    "state_of",
]

STATES = ("waiting", "partly", "answered", "closed")


@dataclass(frozen=True)
class Ask:
    """A department that is asked, and the day its answer is due."""

    department: str
    due: date


@dataclass(frozen=True)
class Reply:
    """What a department answered; `who` spoke for it."""

    department: str
    on_day: date
    who: str
    text: str


@dataclass(frozen=True)
class Turn:
    """It was closed with a result, or reopened with a reason.

    `replies` = how many there were by then; `due` = the new day, of a reopening.
    """

    kind: str  # closed | reopened
    on_day: date
    who: str
    text: str
    replies: int
    due: date | None = None


@dataclass(frozen=True)
class Consultation:
    """One question of a park; `version` counts every change.

    `about` names the project or firm it is about, in the park's words.
    """

    id: str
    park: str
    subject: str
    text: str
    about: str
    asked_on: date
    asked_by: str
    asks: tuple[Ask, ...]
    replies: tuple[Reply, ...] = ()
    turns: tuple[Turn, ...] = ()
    version: int = 1

    @property
    def departments(self) -> Sequence[str]:
        """Those that are asked, in the order they were."""
        return [one.department for one in self.asks]

    @property
    def closed(self) -> bool:
        """Whether it is 办结."""
        return bool(self.turns) and self.turns[-1].kind == "closed"


@dataclass(frozen=True)
class Event:
    """One line of the history: asked, replied, closed or reopened."""

    kind: str
    on_day: date
    who: str
    text: str
    department: str = ""
    due: date | None = None


def ask(
    id: str,
    park: str,
    said: tuple[str, str, str],
    on_day: date,
    who: str,
    asks: Sequence[Ask],
) -> Consultation:
    """A new question; `said` = subject, text, about.

    Raises `UsageError` without a subject or text, without a department, for one that is asked
    twice, and for a day before it is asked.
    """
    subject, text, about = (part.strip() for part in said)
    _needed(subject, "subject")
    _needed(text, "text")
    departments = [one.department for one in asks]
    if not departments or not all(departments):
        raise UsageError("consultation_departments")
    if twice := next((d for d in departments if departments.count(d) > 1), ""):
        raise UsageError("consultation_twice", department=twice)
    for one in asks:
        _due(one.due, on_day)
    return Consultation(id, park, subject, text, about, on_day, who, tuple(asks))


def answer(found: Consultation, seen: int, reply: Reply) -> Consultation:
    """A department says something; it may say more later.

    Raises `Changed` where it was changed since it was shown, `UsageError` where it is closed, the
    department was not asked or nothing is said.
    """
    _unchanged(found, seen)
    _open(found)
    if reply.department not in found.departments:
        raise UsageError("consultation_not_asked", department=reply.department)
    _needed(reply.text, "answer")
    return replace(found, replies=(*found.replies, reply), version=seen + 1)


def close(found: Consultation, seen: int, on_day: date, who: str, result: str) -> Consultation:
    """办结, with what came of it; also before everybody has answered.

    Raises `Changed`, and `UsageError` where it is closed already or no result is said.
    """
    _unchanged(found, seen)
    _open(found)
    return _turned(found, Turn("closed", on_day, who, result.strip(), len(found.replies)))


def reopen(
    found: Consultation, seen: int, on_day: date, who: str, reason: str, due: date
) -> Consultation:
    """Put the question to the same departments anew: what they said stays, and is not enough.

    Raises `Changed`, and `UsageError` where it is not closed, no reason is said or the new day is
    past.
    """
    _unchanged(found, seen)
    if not found.closed:
        raise UsageError("consultation_open")
    _due(due, on_day)
    return _turned(found, Turn("reopened", on_day, who, reason.strip(), len(found.replies), due))


def state_of(found: Consultation) -> str:
    """待答复, 部分答复, 已答复 or 已办结: one of `STATES`."""
    if found.closed:
        return "closed"
    left = len(awaited(found))
    return "waiting" if left == len(found.asks) else "partly" if left else "answered"


def standing(found: Consultation) -> Sequence[tuple[Ask, bool]]:
    """Who is asked by when, and whether they answered: since it was last put to them."""
    again = next((turn for turn in reversed(found.turns) if turn.kind == "reopened"), None)
    said = {reply.department for reply in found.replies[again.replies if again else 0 :]}
    due = again.due if again else None
    return [(replace(one, due=due or one.due), one.department in said) for one in found.asks]


def awaited(found: Consultation) -> Sequence[Ask]:
    """Who has still to answer, by when; nobody once it is closed."""
    return () if found.closed else [one for one, said in standing(found) if not said]


def overdue(found: Consultation, day: date) -> Sequence[str]:
    """The departments whose answer was due before `day` and is not there."""
    return [one.department for one in awaited(found) if one.due < day]


def history(found: Consultation) -> Sequence[Event]:
    """Everything that was said, in order."""
    told = [Event("asked", found.asked_on, found.asked_by, found.text)]
    at = 0
    for turn in found.turns:
        told += [_replied(reply) for reply in found.replies[at : turn.replies]]
        told.append(Event(turn.kind, turn.on_day, turn.who, turn.text, due=turn.due))
        at = turn.replies
    return told + [_replied(reply) for reply in found.replies[at:]]


def _replied(reply: Reply) -> Event:
    return Event("replied", reply.on_day, reply.who, reply.text, reply.department)


def _turned(found: Consultation, turn: Turn) -> Consultation:
    _needed(turn.text, "result" if turn.kind == "closed" else "reason")
    return replace(found, turns=(*found.turns, turn), version=found.version + 1)


def _unchanged(found: Consultation, seen: int) -> None:
    if found.version != seen:
        raise Changed("consultation_changed")


def _open(found: Consultation) -> None:
    if found.closed:
        raise UsageError("consultation_closed")


def _needed(text: str, what: str) -> None:
    if not text.strip():
        raise UsageError("consultation_empty", blank=what)


def _due(due: date, on_day: date) -> None:
    if due < on_day:
        raise UsageError("consultation_due", due=due.isoformat(), day=on_day.isoformat())
