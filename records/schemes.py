"""Weight schemes an office has saved under a name."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import delete, insert, select

from graph.errors import UsageError
from graph.question import SCHEMES, Scheme
from records.database import Records
from records.tables import schemes

__all__ = ["Saved", "forget", "save", "saved"]

_LONGEST = 40  # characters of a name


@dataclass(frozen=True)
class Saved(Scheme):
    """A scheme with who saved it."""

    saved_by: str


def save(records: Records, scheme: Scheme) -> None:
    """Keep a scheme; the same one twice is one.

    Raises `UsageError` for an empty, too long or built-in name, and for the name of another scheme:
    what somebody saved is never replaced unseen.
    """
    name = scheme.name.strip()
    if not name or len(name) > _LONGEST or name in SCHEMES or "\0" in name:
        raise UsageError("bad_text", name="name", limit=_LONGEST)
    weights = {k: getattr(scheme, k) for k in ("fill", "relatedness", "tie", "readiness")}
    with records.write() as writing:
        held = writing.db.execute(select(schemes).filter_by(name=name)).mappings().first()
        if held is not None and any(held[k] != v for k, v in weights.items()):
            raise UsageError("scheme_exists", name=name)
        if held is not None:
            return
        values = {"saved_at": datetime.now(UTC), "saved_by": records.actor.name, **weights}
        writing.db.execute(insert(schemes).values(name=name, **values))
        writing.note("scheme.save", name, **{k: str(v) for k, v in weights.items()})


def saved(records: Records) -> list[Saved]:
    """Every saved scheme by name."""
    with records.read() as db:
        rows = db.execute(select(schemes)).mappings()
        found = [
            Saved(r["name"], r["fill"], r["relatedness"], r["tie"], r["readiness"], r["saved_by"])
            for r in rows
        ]
    return sorted(found, key=lambda scheme: scheme.name)  # each database has an order of its own


def forget(records: Records, name: str) -> None:
    """Drop a saved scheme; nothing happens where there is none."""
    with records.write() as writing:
        if writing.db.execute(delete(schemes).where(schemes.c.name == name)).rowcount:
            writing.note("scheme.forget", name)
