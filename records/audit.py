"""The audit: a chain of entries, each bound to the one before it by a hash.

`hash(i) = H(0x01 | hash(i-1) | canonical(entry i))` with H = SHA-256 (SM3 by profile) and 32 zero
bytes before the first entry.  `canonical` is RFC 8785 for what an entry holds: keys sorted, no
blanks, UTF-8, only strings, integers, booleans, null and lists of them.  A chain alone shows edits,
deletions, insertions and swaps; that its end was cut off or all of it written anew is seen by the
heads, which are copied to a second place at every change.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection, insert, select, update

from graph.errors import StoreError
from records.roles import Actor
from records.tables import audit, audit_head

__all__ = [
    "ALGORITHMS",
    "Entry",
    "Head",
    "Heads",
    "Value",
    "Verdict",
    "append",
    "entries",
    "verify",
]

ALGORITHMS = ("sha256", "sm3")
Value = str | int | bool | None | list[str]
_FIRST = "0" * 64


@dataclass(frozen=True)
class Entry:
    """One thing somebody did."""

    seq: int
    at: str  # UTC, ISO 8601
    actor: str
    name: str
    role: str
    action: str  # what.how, e.g. shortlist.add
    object: str
    detail: str  # canonical JSON
    algorithm: str

    def hash_after(self, before: str) -> str:
        """The hash of this entry, which follows the entry with the hash `before`."""
        digest = hashlib.new(self.algorithm, b"\x01" + bytes.fromhex(before))
        digest.update(_canonical(asdict(self)).encode())
        return digest.hexdigest()


@dataclass(frozen=True)
class Head:
    """Where the chain stood: the number and hash of its last entry."""

    seq: int
    hash: str


@dataclass(frozen=True)
class Verdict:
    """Whether the chain holds; `first_bad` is the number of the first entry that does not."""

    ok: bool
    entries: int
    first_bad: int | None = None


class Heads:
    """The second place: a file of heads, one line each, that is only ever added to."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def add(self, head: Head) -> None:
        """Copy a head; lines of several processes never mix."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("a", encoding="ascii") as file:
            file.write(f"{head.seq} {head.hash}\n")

    def all(self) -> Iterator[Head]:
        """Every head copied so far; `StoreError` for a line that is none."""
        if not self.path.exists():
            return
        with self.path.open(encoding="ascii", errors="replace") as file:
            for number, line in enumerate(file, 1):
                seq, _, hash_ = line.strip().partition(" ")
                if not seq.isdecimal() or len(hash_) != 64:
                    raise StoreError("audit_heads", path=str(self.path), line=number)
                yield Head(int(seq), hash_)


def append(
    db: Connection,
    actor: Actor,
    action: str,
    object: str,
    detail: Mapping[str, Value],
    algorithm: str,
) -> Head:
    """Add an entry in the transaction of the change it tells of; other writers wait for its end."""
    last = db.execute(select(audit_head).with_for_update()).one()
    entry = Entry(
        last.seq + 1,
        datetime.now(UTC).isoformat(timespec="microseconds"),
        actor.id,
        actor.name,
        actor.role,
        action,
        object,
        _canonical(detail),
        algorithm,
    )
    head = Head(entry.seq, entry.hash_after(last.hash))
    db.execute(insert(audit).values(**asdict(entry), hash=head.hash))
    db.execute(update(audit_head).values(seq=head.seq, hash=head.hash))
    return head


def entries(db: Connection, after: int = 0, limit: int = -1) -> Iterator[tuple[Entry, str]]:
    """Entries with their hashes, oldest first."""
    asked = select(audit).where(audit.c.seq > after).order_by(audit.c.seq)
    for row in db.execute(asked if limit < 0 else asked.limit(limit)).mappings():
        yield Entry(**{k: row[k] for k in Entry.__dataclass_fields__}), row["hash"]


def last_actor(db: Connection, object: str) -> str:
    """The name of who did the last thing to an object, "" where nobody did."""
    asked = select(audit.c.name).where(audit.c.object == object).order_by(audit.c.seq.desc())
    return str(db.execute(asked.limit(1)).scalar() or "")


def verify(chain: Iterable[tuple[Entry, str]], heads: Iterable[Head]) -> Verdict:
    """Whether every entry follows from the one before it and every copied head is in the chain."""
    seen, before, bad = 0, _FIRST, []
    copied: dict[int, set[str]] = {}
    for head in heads:
        copied.setdefault(head.seq, set()).add(head.hash)
    for entry, stored in chain:
        seen += 1
        known = entry.algorithm in ALGORITHMS
        before = entry.hash_after(before) if known else _FIRST
        if not (known and entry.seq == seen and before == stored):
            return Verdict(False, seen, min(entry.seq, seen))
        if copied.pop(seen, {stored}) != {stored}:
            bad.append(seen)
    bad += [seq for seq in copied if seq > seen]
    return Verdict(not bad, seen, min(bad) if bad else None)


def _canonical(value: Mapping[str, object]) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
