"""Things that are one JSON document each: what follows a meeting, and how projects are courted.

A kind is a pure type of `graph`; what may become of it is decided there.  All kinds share a table:
a new one needs neither a table nor a migration.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any, Generic, Protocol, TypeVar

from pydantic import TypeAdapter
from pydantic_core import PydanticSerializationError
from sqlalchemy import Connection, Table, insert, select, update
from sqlalchemy.exc import IntegrityError

from graph.errors import NotFound, UsageError
from records.audit import Value
from records.database import Records
from records.tables import documents

__all__ = ["Document", "Kind", "added", "all_of", "change", "dumped", "get"]


class Document(Protocol):
    """What every kind has: an id of at most 32 characters, and the park it is about ("" = none)."""

    @property
    def id(self) -> str:
        """Its id, unique in its kind."""
        ...

    @property
    def park(self) -> str:
        """The park whose operator may see it."""
        ...


T = TypeVar("T", bound=Document)


@dataclass(frozen=True)
class Kind(Generic[T]):
    """A kind of document: its name in the records and the audit, its type, and what the audit says.

    `unknown` is the code of the error for an id that is not there; `changes` = what the audit says
    of what is otherwise than before.
    """

    name: str
    type: Any  # type[T]; typed so, mypy takes dataclasses with generic fields as well
    unknown: str
    named: Callable[[T], Mapping[str, Value]]
    changes: Callable[[T, T], Mapping[str, Value]] = lambda _before, _after: {}

    def read(self, text: str) -> T:
        """The document a text holds."""
        found: T = _adapter(self.type).validate_json(text)
        return found

    def text(self, document: T) -> str:
        """A document as it is kept; raises as `dumped`."""
        return dumped(_adapter(self.type), document)


@cache  # to build one costs more than to read many documents
def _adapter(type: Any) -> TypeAdapter[Any]:
    return TypeAdapter(type)


def dumped(adapter: TypeAdapter[Any], document: object) -> str:
    """A document as JSON; `UsageError` where a text in it holds half of a surrogate pair."""
    try:
        return adapter.dump_json(document).decode()
    except PydanticSerializationError as error:
        if "surrogates" in str(error):
            raise UsageError("records_text", limit="-") from None
        raise


def added(db: Connection, table: Table, **row: object) -> None:
    """Keep a new document; `UsageError` where there is one of its id."""
    try:
        db.execute(insert(table).values(**row))
    except IntegrityError:
        raise UsageError("id_twice", id=row["id"]) from None


def get(records: Records, kind: Kind[T], id: str, park: str | None = None) -> T:
    """A document; `NotFound` where there is none, or `park` is given and it is another's."""
    with records.read() as db:
        found = _held(db, kind, park, [id])
    if id not in found:
        raise NotFound(kind.unknown, id=id)
    return found[id]


def all_of(records: Records, kind: Kind[T], park: str | None = None) -> Sequence[T]:
    """Every document of a kind, or one park's, by id."""
    with records.read() as db:
        return list(_held(db, kind, park).values())


def change(
    records: Records,
    kind: Kind[T],
    action: str,
    step: Callable[[Mapping[str, T]], Mapping[str, T]],
    *,
    ids: Sequence[str] | None = None,
    park: str | None = None,
    **detail: Value,
) -> Mapping[str, T]:
    """Change documents together and note each; what `step` answers, by id.

    `step` gets the documents of `ids` (None: all, of one `park`) and answers those it changes or
    adds; nobody else changes any of the kind between reading and writing.  One that comes back
    equal is not written and not noted.  Raises `NotFound` for an id that is not there or not of
    `park`, `UsageError` for a new one whose id is there, and whatever `step` raises: then nothing
    is changed.
    """
    with records.write() as writing:
        before = _held(writing.db, kind, park, ids)
        for id_ in ids or ():
            if id_ not in before:
                raise NotFound(kind.unknown, id=id_)
        after = step(before)
        for id_, document in after.items():
            if document == before.get(id_):
                continue
            kept = {
                "park": document.park,
                "document": kind.text(document),
                "changed_at": datetime.now(UTC),
            }
            here = (documents.c.kind == kind.name) & (documents.c.id == id_)
            if id_ in before:
                writing.db.execute(update(documents).where(here).values(**kept))
            else:
                added(writing.db, documents, kind=kind.name, id=id_, **kept)
            noted = {**kind.named(document), **detail}
            if id_ in before:
                noted |= kind.changes(before[id_], document)
            writing.note(f"{kind.name}.{action}", f"{kind.name}/{id_}", **noted)
    return after


def _held(
    db: Connection, kind: Kind[T], park: str | None, ids: Sequence[str] | None = None
) -> dict[str, T]:
    asked = select(documents.c.id, documents.c.document).where(documents.c.kind == kind.name)
    if park is not None:
        asked = asked.where(documents.c.park == park)
    if ids is not None:
        asked = asked.where(documents.c.id.in_(ids))
    return {id_: kind.read(text) for id_, text in db.execute(asked.order_by(documents.c.id))}
