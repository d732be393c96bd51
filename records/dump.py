"""The records as lines of JSON, the same from either database, and back.

A table is its rows in the order of their key (code points), each a canonical JSON object.  Moments
are UTC with microseconds, bytes are base64.  The hash of the records is SHA-256 over a line
`name sha256` for each table, by name.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import Connection, MetaData, Table, collate, delete, insert, select

__all__ = ["PASSING", "Part", "kept_tables", "lines", "load", "part_of", "records_hash"]

# What is of the moment and comes back with nobody: who is signed in, who guessed a password.
PASSING = frozenset({"sessions", "attempts", "once", "alembic_version"})
_AT_ONCE = 1_000


@dataclass(frozen=True)
class Part:
    """One table in a backup."""

    rows: int
    sha256: str


def kept_tables(metadata: MetaData) -> Sequence[Table]:
    """The tables a backup has, what is referred to before what refers to it."""
    return [table for table in metadata.sorted_tables if table.name not in PASSING]


def lines(db: Connection, table: Table) -> Iterator[bytes]:
    """The rows of a table, each with its line feed."""
    binary = "C" if db.dialect.name == "postgresql" else "BINARY"
    texts = (str, bytes)
    order = [
        collate(column, binary) if column.type.python_type in texts else column
        for column in table.primary_key
    ]
    asked = select(table).order_by(*order).execution_options(yield_per=_AT_ONCE)
    for row in db.execute(asked).mappings():
        values = {name: _plain(value) for name, value in row.items()}
        text = json.dumps(
            values, ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":")
        )
        yield text.encode() + b"\n"


def part_of(db: Connection, table: Table, write: Callable[[bytes], object] | None = None) -> Part:
    """Rows and hash of a table as it is now; each line is also written where `write` is given."""
    digest, rows = hashlib.sha256(), 0
    for line in lines(db, table):
        digest.update(line)
        rows += 1
        if write is not None:
            write(line)
    return Part(rows, digest.hexdigest())


def records_hash(parts: Mapping[str, Part]) -> str:
    """One hash for all tables."""
    text = "".join(f"{name} {parts[name].sha256}\n" for name in sorted(parts))
    return hashlib.sha256(text.encode()).hexdigest()


def load(db: Connection, table: Table, source: Iterable[bytes]) -> None:
    """Put lines into a table that is new; the row a migration put there gives way.

    Raises `ValueError`, `KeyError` or `TypeError` for lines that are none of this table's.
    """
    if table.name == "audit_head":
        db.execute(delete(table))
    waiting: list[dict[str, Any]] = []
    for line in source:
        given = json.loads(line)
        if set(given) != set(table.c.keys()):
            raise KeyError(table.name)
        waiting.append({name: _typed(table, name, value) for name, value in given.items()})
        if len(waiting) == _AT_ONCE:
            db.execute(insert(table), waiting)
            waiting = []
    if waiting:
        db.execute(insert(table), waiting)


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        utc = value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
        return utc.isoformat(timespec="microseconds")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, (bytes, memoryview)):
        return base64.b64encode(value).decode()
    return value


def _typed(table: Table, name: str, value: Any) -> object:
    kind = table.c[name].type.python_type
    if value is None:
        return None
    if kind is datetime:
        return datetime.fromisoformat(value)
    if kind is date:
        return date.fromisoformat(value)
    return base64.b64decode(value) if kind is bytes else value
