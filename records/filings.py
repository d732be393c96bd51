"""Applications in the records: each is one document, with every time it was handed in."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

from pydantic import TypeAdapter
from sqlalchemy import Connection, select, update

from graph.errors import Changed, NotFound
from graph.review.filing import Content, Filing, check, write
from records.audit import Value
from records.database import Records
from records.documents import added, dumped
from records.tables import filings

__all__ = ["act", "add", "all_of", "exists", "get", "take"]

_DOCUMENT = TypeAdapter(Filing)


def add(records: Records, made: Sequence[Filing]) -> None:
    """Keep new applications, all or none; `UsageError` for one that says too little or is there."""
    for filing in made:
        check(filing.content)
    with records.write() as writing:
        for filing in made:
            added(writing.db, filings, id=filing.id, park=filing.park, **_kept(filing))
            named = {"name": filing.content.name, "park": filing.park}
            writing.note("filing.add", f"filing/{filing.id}", **named)


def get(records: Records, id: str, park: str | None = None) -> Filing:
    """An application; `NotFound` where there is none, or `park` is given and it is another's."""
    with records.read() as db:
        text = db.execute(select(filings.c.document).where(filings.c.id == id)).scalar()
    return _made(text, id, park)


def all_of(records: Records, park: str | None = None) -> Sequence[Filing]:
    """Every application, or one park's, the last changed first."""
    asked = select(filings.c.document).order_by(filings.c.changed_at.desc(), filings.c.id)
    if park is not None:
        asked = asked.where(filings.c.park == park)
    with records.read() as db:
        return [_DOCUMENT.validate_json(text) for text in db.execute(asked).scalars()]


def act(
    records: Records,
    id: str,
    action: str,
    step: Callable[[Filing], Filing],
    park: str | None = None,
    **detail: Value,
) -> Filing:
    """Change an application and note it; nobody else changes it between reading and writing."""
    with records.write() as writing:
        here = filings.c.id == id
        text = writing.db.execute(select(filings.c.document).where(here)).scalar()
        after = step(_made(text, id, park))
        writing.db.execute(update(filings).where(here).values(**_kept(after)))
        named = {"name": after.content.name, "park": after.park}
        writing.note(f"filing.{action}", f"filing/{id}", **named, **detail)
    return after


def take(
    records: Records,
    park: str,
    made: Sequence[Filing],
    changed: Mapping[str, tuple[int, Content]],
) -> None:
    """Keep new applications and write `changed` ones (id -> version seen, content).

    Raises `NotFound` for one that is not the park's, `Changed` for one that was changed since, and
    for a new one that somebody else began meanwhile under the same name.
    """
    for filing in made:
        check(filing.content)
    with records.write() as writing:
        asked = select(filings.c.document).where(filings.c.park == park)
        held = [_DOCUMENT.validate_json(text) for text in writing.db.execute(asked).scalars()]
        by_id = {filing.id: filing for filing in held}
        called = {(f.content.name, f.content.applicant) for f in held}
        for id_, (seen, content) in changed.items():
            if id_ not in by_id:
                raise NotFound("unknown_filing", filing=id_)
            after = write(by_id[id_], content, seen)
            here = filings.c.id == id_
            writing.db.execute(update(filings).where(here).values(**_kept(after)))
            writing.note("filing.write", f"filing/{id_}", name=content.name, park=park)
        for filing in made:
            if (filing.content.name, filing.content.applicant) in called:
                raise Changed("filing_changed")
            added(writing.db, filings, id=filing.id, park=park, **_kept(filing))
            named = {"name": filing.content.name, "park": park}
            writing.note("filing.add", f"filing/{filing.id}", **named)


def exists(db: Connection, id: str) -> None:
    """Raises `NotFound` where there is no such application."""
    if db.execute(select(filings.c.id).where(filings.c.id == id)).first() is None:
        raise NotFound("unknown_filing", filing=id)


def _kept(filing: Filing) -> dict[str, object]:
    return {
        "document": dumped(_DOCUMENT, filing),
        "changed_at": datetime.now(UTC),
    }


def _made(text: str | None, id: str, park: str | None) -> Filing:
    found = None if text is None else _DOCUMENT.validate_json(text)
    if found is None or park not in (None, found.park):
        raise NotFound("unknown_filing", filing=id)
    return found
