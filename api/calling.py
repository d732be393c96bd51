"""What the forms of a meeting's call and agenda say, read from text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, time

from starlette.datastructures import FormData

from api.verifying import checked_text, day_of
from graph.errors import UsageError
from graph.review.meeting import Meeting

__all__ = ["PARK", "agenda_of", "call_of", "number_of", "typed_in"]

PARK = "expected."  # of the fields that say how many projects a park is to bring
_AT, _MINUTES = "at.", "minutes."  # of the fields of the agenda


def call_of(typed: Mapping[str, str], meeting: Meeting) -> Meeting:
    """The meeting as the form calls it, over the version that the form was shown."""
    title, host = (checked_text(name, typed.get(name, "")) for name in ("title", "host"))
    parks, projects = (_count(typed, name) for name in ("parks", "projects"))
    expected = {
        name.removeprefix(PARK): _count(typed, name) for name in typed if name.startswith(PARK)
    }
    return replace(
        meeting,
        title=title,
        on_day=day_of(typed.get("day", "")),
        host=host,
        place=typed.get("place", "")[:200],
        starts=_time(typed.get("starts", "")),
        window=_window(typed),
        announced=(parks, projects) if parks and projects else None,
        expected={park: n for park, n in expected.items() if n},
        version=number_of(typed, "version"),
    )


def agenda_of(typed: Mapping[str, str], meeting: Meeting) -> list[tuple[str, int]]:
    """The projects in the order of their numbers, equal ones as they were, with their minutes."""
    ids = [case.id for case in meeting.cases if _AT + case.id in typed]
    ids.sort(key=lambda id_: number_of(typed, _AT + id_))
    return [(id_, number_of(typed, _MINUTES + id_)) for id_ in ids]


def typed_in(form: FormData) -> Mapping[str, str]:
    """What was written, without the space around it."""
    return {name: text.strip() for name, text in form.items() if isinstance(text, str)}


def number_of(typed: Mapping[str, str], name: str) -> int:
    """A whole number of a field; `UsageError` for anything else."""
    found = typed.get(name, "")
    if not found.isascii() or not found.isdecimal() or len(found) > 9:
        raise UsageError("bad_number", value=found)
    return int(found)


def _count(typed: Mapping[str, str], name: str) -> int:
    """A number that may be left out: 0."""
    return number_of(typed, name) if typed.get(name) else 0


def _window(typed: Mapping[str, str]) -> tuple[date, date] | None:
    ends = [typed.get(name, "") for name in ("opens", "closes")]
    if not any(ends):
        return None
    if not all(ends):
        raise UsageError("bad_window")
    return day_of(ends[0]), day_of(ends[1])


def _time(given: str) -> time | None:
    if not given:
        return None
    try:
        return time.fromisoformat(given).replace(second=0, microsecond=0, tzinfo=None)
    except ValueError:
        raise UsageError("bad_time", value=given) from None
