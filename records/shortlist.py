"""招商清单: candidates somebody picked, how far each one is, and who spoke to whom when."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import Connection, delete, insert, select, update

from graph.errors import Changed, NotFound, UsageError
from records.attachments import forget
from records.audit import last_actor
from records.database import Records
from records.tables import contacts, shortlist

__all__ = [
    "STATUSES",
    "Contact",
    "Edit",
    "Item",
    "Pick",
    "add",
    "change",
    "check",
    "courted",
    "items",
    "log",
    "picked",
    "remove",
]

STATUSES = ("to_contact", "contacted", "in_talks", "signed", "given_up")
_LONGEST = 2_000  # characters of a note or a result


@dataclass(frozen=True)
class Pick:
    """A candidate and the question it was picked for; `leader` "" = the whole chain."""

    kind: str
    candidate: str
    name: str
    leader: str
    chain: str
    region: str


@dataclass(frozen=True)
class Contact:
    """Somebody of the office spoke to the candidate."""

    on_day: date
    who: str
    result: str
    written_by: str = ""


@dataclass(frozen=True)
class Edit:
    """What an item of this version shall say."""

    item: str
    version: int
    status: str
    note: str


@dataclass(frozen=True)
class Item:
    """One row of the list, newest contact first; every change counts its version on."""

    id: str
    version: int
    pick: Pick
    status: str
    note: str
    added_at: datetime
    added_by: str
    contacts: Sequence[Contact]


def add(records: Records, pick: Pick) -> bool:
    """Put a candidate on the list; False when it is there already."""
    key = {k: getattr(pick, k) for k in ("kind", "candidate", "leader", "chain", "region")}
    id_ = uuid4().hex
    with records.write() as writing:
        if writing.db.execute(select(shortlist.c.id).filter_by(**key)).first():
            return False
        row = {**key, "name": pick.name, "status": STATUSES[0], "note": ""}
        row |= {"added_at": _now(), "added_by": records.actor.name}
        writing.db.execute(insert(shortlist).values(id=id_, **row))
        writing.note("shortlist.add", id_, **key)
    return True


def items(records: Records) -> list[Item]:
    """The whole list, oldest first."""
    with records.read() as db:
        spoken: dict[str, list[Contact]] = {}
        for row in db.execute(
            select(contacts).order_by(contacts.c.on_day.desc(), contacts.c.written_at.desc())
        ).mappings():
            spoken.setdefault(row["item"], []).append(
                Contact(row["on_day"], row["who"], row["result"], row["written_by"])
            )
        rows = db.execute(select(shortlist).order_by(shortlist.c.added_at, shortlist.c.id))
        return [
            Item(
                r["id"],
                r["version"],
                Pick(*(r[k] for k in Pick.__dataclass_fields__)),
                r["status"],
                r["note"],
                r["added_at"],
                r["added_by"],
                spoken.get(r["id"], ()),
            )
            for r in rows.mappings()
        ]


def picked(records: Records, leader: str, chain: str, region: str) -> frozenset[tuple[str, str]]:
    """(kind, id) of what is on the list for one question."""
    where = {"leader": leader, "chain": chain, "region": region}
    with records.read() as db:
        rows = db.execute(select(shortlist.c.kind, shortlist.c.candidate).filter_by(**where))
        return frozenset((kind, candidate) for kind, candidate in rows)


def courted(records: Records) -> frozenset[tuple[str, str]]:
    """(kind, id) of whatever somebody has already contacted, for any question."""
    with records.read() as db:
        found = select(shortlist.c.kind, shortlist.c.candidate)
        rows = db.execute(found.where(shortlist.c.status != STATUSES[0]))
        return frozenset((kind, candidate) for kind, candidate in rows)


def change(records: Records, edits: Iterable[Edit]) -> int:
    """New status and note of items, all or none; how many rows they change.

    Raises `UsageError` for an unknown status or a note too long, `NotFound` for an unknown item,
    `Changed` when somebody else changed an item after `version`.
    """
    changed = 0
    with records.write() as writing:
        for edit in edits:
            if edit.status not in STATUSES:
                raise UsageError(
                    "bad_choice", name="status", given=edit.status, allowed=" | ".join(STATUSES)
                )
            values = {"status": edit.status, "note": _text("note", edit.note, empty=True)}
            row = _row(writing.db, edit.item)
            if (row["status"], row["note"]) != tuple(values.values()):
                _unchanged(writing.db, row, edit.version)
                moved = update(shortlist).where(shortlist.c.id == edit.item)
                writing.db.execute(moved.values(**values, version=edit.version + 1))
                writing.note("shortlist.change", edit.item, **values)
                changed += 1
    return changed


def log(records: Records, item: str, contact: Contact) -> None:
    """Write down a contact, once; who only stood to be contacted has been now."""
    if contact.on_day > date.today():
        raise UsageError("future_date", given=contact.on_day.isoformat())
    said = {"who": _text("who", contact.who), "result": _text("result", contact.result)}
    with records.write() as writing:
        row = _row(writing.db, item)
        same = {"item": item, "on_day": contact.on_day, **said}
        if writing.db.execute(select(contacts.c.id).filter_by(**same)).first():
            return
        values = {"id": uuid4().hex, "item": item, "on_day": contact.on_day, "written_at": _now()}
        values |= {"written_by": records.actor.name}
        writing.db.execute(insert(contacts).values(**values, **said))
        if row["status"] == STATUSES[0]:
            moved = update(shortlist).where(shortlist.c.id == item)
            writing.db.execute(moved.values(status=STATUSES[1], version=row["version"] + 1))
        writing.note("contact.add", item, on_day=contact.on_day.isoformat(), **said)


def check(db: Connection, item: str) -> None:
    """Raises `NotFound` where the list has no such item."""
    _row(db, item)


def remove(records: Records, item: str, version: int) -> None:
    """Take a row off the list with all it has; `Changed` when it was changed after `version`."""
    with records.write() as writing:
        row = _row(writing.db, item)
        _unchanged(writing.db, row, version)
        forget(writing, f"shortlist/{item}")
        writing.db.execute(delete(shortlist).where(shortlist.c.id == item))
        writing.note("shortlist.remove", item, name=row["name"])


def _unchanged(db: Connection, row: Mapping[str, Any], version: int) -> None:
    if row["version"] != version:
        raise Changed("changed_meanwhile", name=row["name"], who=last_actor(db, row["id"]))


def _row(db: Connection, item: str) -> Mapping[str, Any]:
    row = db.execute(select(shortlist).where(shortlist.c.id == item)).mappings().first()
    if row is None:
        raise NotFound("unknown_item", item=item)
    return dict(row)


def _text(name: str, given: str, *, empty: bool = False) -> str:
    text = given.strip()
    if len(text) > _LONGEST or not (text or empty) or "\0" in text:
        raise UsageError("bad_text", name=name, limit=_LONGEST)
    return text


def _now() -> datetime:
    return datetime.now(UTC)
