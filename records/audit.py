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
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
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
_RESTORED = "restored"
_AT_ONCE = 5_000  # entries read at once


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
        digest.update(_canonical(vars(self)).encode())
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
        self._write(f"{head.seq} {head.hash}\n")

    def restored(self, head: Head) -> None:
        """Say that a backup with this head was put in the place of what was there.

        Heads copied before belong to the chain that gave way and are compared no more; they stay.
        """
        self._write(f"{_RESTORED} {head.seq} {head.hash}\n")

    def all(self) -> Iterator[Head]:
        """Every head copied since the last restore; `StoreError` for a line that is none."""
        found: list[Head] = []
        if not self.path.exists():
            return
        with self.path.open(encoding="ascii", errors="replace") as file:
            for number, line in enumerate(file, 1):
                word, _, rest = line.strip().partition(" ")
                if word == _RESTORED:
                    found.clear()
                    word, _, rest = rest.partition(" ")
                if not word.isdecimal() or len(rest) != 64:
                    raise StoreError("audit_heads", path=str(self.path), line=number)
                if int(word):  # a chain restored may be empty
                    found.append(Head(int(word), rest))
        yield from found

    def _write(self, line: str) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("a", encoding="ascii") as file:
            file.write(line)
            file.flush()
            os.fsync(file.fileno())  # a loss of power must not look like a cut-off second place


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
    db.execute(insert(audit).values(**vars(entry), hash=head.hash))
    db.execute(update(audit_head).values(seq=head.seq, hash=head.hash))
    return head


def entries(db: Connection, after: int = 0, limit: int = -1) -> Iterator[tuple[Entry, str]]:
    """Entries with their hashes, oldest first."""
    while limit:
        most = _AT_ONCE if limit < 0 else min(limit, _AT_ONCE)
        asked = select(audit).where(audit.c.seq > after).order_by(audit.c.seq).limit(most)
        rows = db.execute(asked).mappings().all()
        for row in rows:
            yield Entry(**{k: row[k] for k in Entry.__dataclass_fields__}), row["hash"]
        if len(rows) < most:
            return
        after, limit = rows[-1]["seq"], limit - most if limit > 0 else limit


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
        after = _hash_after(entry, before)
        known, before = after is not None, after or _FIRST
        if not (known and entry.seq == seen and before == stored):
            return Verdict(False, seen, min(entry.seq, seen))
        if copied.pop(seen, {stored}) != {stored}:
            bad.append(seen)
    bad += [seq for seq in copied if seq > seen]
    return Verdict(not bad, seen, min(bad) if bad else None)


def _hash_after(entry: Entry, before: str) -> str | None:
    """The hash; None for what no entry can hold: another algorithm, bytes in the place of text."""
    if entry.algorithm not in ALGORITHMS:
        return None
    try:
        return entry.hash_after(before)
    except (TypeError, ValueError):
        return None


def _canonical(value: Mapping[str, object]) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
