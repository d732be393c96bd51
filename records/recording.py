"""谁, 何时: who wrote down what the graph says, beside the graph and without changing it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import NamedTuple
from uuid import uuid4

from sqlalchemy import Connection, delete, insert, select

from graph.model import Batch, Node, Rel, claims_of
from records.database import Records
from records.roles import Actor
from records.tables import recorded

__all__ = [
    "Claimed",
    "Recorded",
    "claimed",
    "forget",
    "recorded_batches",
    "recorded_claims",
    "write",
]

_AT_ONCE = 500


class Claimed(NamedTuple):
    """One claim: of a node (`owner` its label) or a relation (`owner` its type)."""

    owner: str
    src: str
    dst: str
    key: str
    field: str  # "" = that the row is there at all
    evidence: str


@dataclass(frozen=True)
class Recorded:
    """Who wrote it down, and when."""

    who: str
    at: datetime


def claimed(batch: Batch) -> list[Claimed]:
    """What a batch claims."""
    rows: list[Node | Rel] = [*batch.nodes, *batch.rels]
    found = []
    for row in rows:
        at = (*row.ref, "", "") if isinstance(row, Node) else _ends(row)
        if at[0] != "Evidence" and row.props:
            found += [Claimed(*at, claim.field, claim.evidence) for claim in claims_of(row.props)]
    return sorted(found)


def write(db: Connection, batch: str, claims: Iterable[Claimed], actor: Actor) -> list[str]:
    """Keep who writes a batch down, and every one of `claims`; the ids of the rows."""
    at, rows = datetime.now(UTC), []
    for claim in (Claimed("", "", "", "", "", ""), *claims):
        rows.append(
            {**claim._asdict(), "id": uuid4().hex, "batch": batch, "who": actor.name, "at": at}
        )
    db.execute(insert(recorded), rows)
    return [str(row["id"]) for row in rows]


def forget(db: Connection, ids: Collection[str]) -> None:
    """Drop rows of what was not written down after all."""
    for some in _chunks(ids):
        db.execute(delete(recorded).where(recorded.c.id.in_(some)))


def recorded_claims(records: Records, evidence: Collection[str]) -> Mapping[Claimed, Recorded]:
    """Who wrote down claims that rest on these records last; what came from files is not there."""
    found: dict[Claimed, Recorded] = {}
    with records.read() as db:
        for some in _chunks(sorted(evidence)):
            asked = select(recorded).where(recorded.c.evidence.in_(some)).order_by(recorded.c.at)
            for row in db.execute(asked).mappings():
                claim = Claimed(*(row[name] for name in Claimed._fields))
                found[claim] = Recorded(row["who"], row["at"])
    return found


def recorded_batches(records: Records, batches: Collection[str]) -> Mapping[str, str]:
    """The name of who wrote down each of these batches last."""
    found: dict[str, str] = {}
    with records.read() as db:
        for some in _chunks(sorted(batches)):
            asked = select(recorded.c.batch, recorded.c.who).where(
                recorded.c.batch.in_(some), recorded.c.owner == ""
            )
            rows = db.execute(asked.order_by(recorded.c.at))
            found |= {str(batch): str(who) for batch, who in rows}
    return found


def _ends(rel: Rel) -> tuple[str, str, str, str]:
    return rel.type, rel.src.id, rel.dst.id, rel.key


def _chunks(items: Iterable[str]) -> Iterator[list[str]]:
    left = iter(items)
    while some := list(islice(left, _AT_ONCE)):
        yield some
