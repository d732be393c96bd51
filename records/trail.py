"""The audit as it is read: entries newest first, whether it holds, and what was never finished."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, or_, select
from sqlalchemy.exc import OperationalError

from records.audit import Entry, Head, Heads, Value, Verdict, entries, verify
from records.database import Records
from records.tables import audit, audit_head

__all__ = [
    "BEGIN",
    "Checked",
    "Wanted",
    "actions",
    "amount",
    "check",
    "facts_of",
    "newest",
    "people",
    "unfinished",
]

BEGIN = ".begin"  # what the action of an intent ends with
_LAG = 1.0  # seconds that a head may be on its way to the second place


@dataclass(frozen=True)
class Wanted:
    """Which entries: by account, action, day (of this machine's clock) and a text in them."""

    person: str = ""
    action: str = ""
    since: date | None = None
    until: date | None = None  # inclusive
    text: str = ""


@dataclass(frozen=True)
class Checked:
    """The verdict, and what it was compared with.

    `heads` of the second place `place` were compared (None: there is no second place);
    `uncopied` = what is bad is only that the newest entries have no head there.
    """

    verdict: Verdict
    place: str | None = None
    heads: int = 0
    uncopied: bool = False


def newest(
    records: Records, wanted: Wanted, before: int | None = None, limit: int = 50
) -> list[Entry]:
    """Entries numbered below `before`, newest first."""
    where = [*_where(wanted), *([] if before is None else [audit.c.seq < before])]
    asked = select(audit).where(*where).order_by(audit.c.seq.desc()).limit(limit)
    with records.read() as db:
        return [_entry(row) for row in db.execute(asked).mappings()]


def amount(records: Records, wanted: Wanted) -> int:
    """How many entries there are."""
    with records.read() as db:
        asked = select(func.count()).select_from(audit).where(*_where(wanted))
        return int(db.execute(asked).scalar_one())


def people(records: Records) -> dict[str, str]:
    """Everybody in the audit: the newest name by account."""
    last = select(func.max(audit.c.seq)).group_by(audit.c.actor)
    asked = select(audit.c.actor, audit.c.name).where(audit.c.seq.in_(last))
    with records.read() as db:
        rows = db.execute(asked.order_by(audit.c.name))
        return {str(actor): str(name) for actor, name in rows}


def actions(records: Records) -> list[str]:
    """Every action in the audit, intents left out."""
    asked = select(audit.c.action).distinct().order_by(audit.c.action)
    with records.read() as db:
        return sorted({action.removesuffix(BEGIN) for action in db.execute(asked).scalars()})


def check(records: Records) -> Checked:
    """Whether the whole chain holds, and agrees with every head that was copied.

    The head the database itself keeps must be its last entry, and the newest entry must have a
    head in the second place: otherwise whoever takes the heads away could write all of it anew.
    """
    copied = [] if records.heads is None else list(records.heads.all())
    with records.read() as db:
        rows = db.execute(select(audit_head.c.seq, audit_head.c.hash)).all()
        kept = Head(*rows[0]) if len(rows) == 1 else Head(0, "")
        verdict = verify(_readable(db), [*copied, *([kept] if kept.seq else [])])
        end = db.execute(select(func.max(audit.c.seq))).scalar() or 0
    if end > kept.seq and (verdict.ok or kept.seq < (verdict.first_bad or 0)):
        verdict = replace(verdict, ok=False, first_bad=kept.seq + 1)
    if records.heads is None:
        return Checked(verdict)
    place, at = str(records.heads.path), _newest_copied(records.heads, end)
    if verdict.ok and at < end:
        missed = Verdict(False, verdict.entries, at + 1)
        return Checked(missed, place, len(copied), uncopied=True)
    return Checked(verdict, place, len(copied))


def unfinished(records: Records) -> list[Entry]:
    """Intents whose outcome nobody wrote down, oldest first: the program ended in between."""
    with records.read() as db:
        begun = {e.seq: e for e in _of(db, audit.c.action.like(f"%{BEGIN}"))}
        if not begun:
            return []
        kinds = {e.action.removesuffix(BEGIN) for e in begun.values()}
        for entry in _of(db, audit.c.action.in_(kinds)):
            begin = facts_of(entry).get("begin")
            if isinstance(begin, int):
                begun.pop(begin, None)
    return list(begun.values())


def facts_of(entry: Entry) -> Mapping[str, Value]:
    """The detail of an entry by name; none where somebody broke it."""
    try:
        found = json.loads(entry.detail)
    except (TypeError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _readable(db: Connection) -> Iterator[tuple[Entry, str]]:
    """Every entry; one that cannot be read, since its bytes are no text, is one that is bad."""
    seen = 0
    try:
        for entry, stored in entries(db):
            yield entry, stored
            seen = entry.seq
    except OperationalError:
        while True:
            try:
                one = list(entries(db, seen, 1))
            except OperationalError:
                yield Entry(seen + 1, "", "", "", "", "", "", "", "?"), ""
                return
            yield from one
            seen = one[0][0].seq


def _newest_copied(heads: Heads, end: int) -> int:
    """The newest number in the second place, once it is `end` or waiting is over."""
    for _ in range(10):
        at = max((head.seq for head in heads.all()), default=0)
        if at >= end:
            break
        time.sleep(_LAG / 10)
    return at


def _of(db: Connection, where: ColumnElement[bool]) -> Iterator[Entry]:
    for row in db.execute(select(audit).where(where).order_by(audit.c.seq)).mappings():
        yield _entry(row)


def _entry(row: Any) -> Entry:
    return Entry(**{name: row[name] for name in Entry.__dataclass_fields__})


def _where(wanted: Wanted) -> Sequence[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.person:
        found.append(audit.c.actor == wanted.person)
    if wanted.action:
        found.append(audit.c.action.in_([wanted.action, wanted.action + BEGIN]))
    if wanted.since:
        found.append(audit.c.at >= _midnight(wanted.since))
    if wanted.until and wanted.until < date.max:
        found.append(audit.c.at < _midnight(wanted.until + timedelta(days=1)))
    if wanted.text:
        within = (audit.c.name, audit.c.object, audit.c.detail)
        found.append(or_(*(_holds(column, wanted.text.lower()) for column in within)))
    return found


def _holds(column: Any, text: str) -> ColumnElement[bool]:
    found: ColumnElement[bool] = func.lower(column).contains(text, autoescape=True)
    return found


def _midnight(day: date) -> str:
    """When a day begins here, as entries write moments."""
    local = datetime(day.year, day.month, day.day)
    try:
        return local.astimezone(UTC).isoformat(timespec="microseconds")
    except (OverflowError, ValueError):  # the first and last days there are
        return local.isoformat(timespec="microseconds")
