"""What parks and the office write down beside the review; the sample's own rows lie under it.

The rows of the sample zone are a file: reading writes nothing, and what somebody does to one of
them is kept in the records from then on.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from functools import cache
from importlib.resources import files
from typing import Any, TypeVar

from pydantic import TypeAdapter

from graph.errors import NotFound
from ingest.counts import parse_count
from records import documents
from records.audit import Value
from records.database import Records
from records.documents import Document, Kind
from records.park_work import ANNOUNCED, KINDS

__all__ = ["act", "add", "held", "one"]

T = TypeVar("T", bound=Document)


def held(
    records: Records, kind: Kind[T], *, sample: bool, park: str | None = None
) -> Mapping[str, T]:
    """Everything of a kind, or one park's, by id."""
    return {
        **_sample(kind, sample, park),
        **{x.id: x for x in documents.all_of(records, kind, park)},
    }


def one(records: Records, kind: Kind[T], id: str, *, sample: bool, park: str | None = None) -> T:
    """The one of this id; `NotFound` where there is none, or it is not the `park`'s."""
    found = held(records, kind, sample=sample, park=park).get(id)
    if found is None:
        raise NotFound(kind.unknown, id=id)
    return found


def add(records: Records, kind: Kind[T], action: str, made: T) -> None:
    """Keep a new one."""
    documents.change(records, kind, action, lambda _: {made.id: made}, ids=[])


def act(
    records: Records,
    kind: Kind[T],
    action: str,
    id: str,
    step: Callable[[T], T],
    *,
    sample: bool,
    park: str | None = None,
    **detail: Value,
) -> None:
    """Change one and note it; nobody else changes any between reading and writing.

    Raises `NotFound` as `one`, and whatever `step` raises.
    """

    def change(kept: Mapping[str, T]) -> Mapping[str, T]:
        found = {**_sample(kind, sample, park), **kept}.get(id)
        if found is None:
            raise NotFound(kind.unknown, id=id)
        return {id: step(found)}

    documents.change(records, kind, action, change, ids=None, park=park, **detail)


def _sample(kind: Kind[T], sample: bool, park: str | None) -> Mapping[str, T]:
    found: Mapping[str, T] = _rows(kind.name) if sample else {}
    return {id_: row for id_, row in found.items() if park in (None, row.park)}


@cache
def _rows(name: str) -> Mapping[str, Any]:
    script = tomllib.loads((files("ingest.samples") / "park_work.toml").read_text("utf-8"))
    rows: list[dict[str, Any]] = script[name]
    kind = next(kind for kind in KINDS if kind.name == name)
    if kind is ANNOUNCED:
        for row in rows:
            row["said"]["low"], row["said"]["high"] = parse_count(row["said"]["text"])
    return {row["id"]: TypeAdapter(kind.type).validate_python(row) for row in rows}
