"""What changes the graph, in the audit: an entry before it and one after it.

The graph and the records are two stores, so no transaction holds both.  The intent is written
first, and where it cannot be, nothing is changed; the outcome names the intent by its number.  An
intent without an outcome tells that the program ended in between: `left_open` finds them, and says
by the graph's own list of imports whether what was meant came about.
"""

from __future__ import annotations

import getpass
import logging
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from sqlalchemy.exc import IntegrityError

from graph.errors import LianzhuError
from graph.model import Batch
from graph.store.base import Applied, GraphStore
from records.audit import Entry, Value
from records.database import Records
from records.recording import claimed, forget, write
from records.roles import COMMAND_LINE, Actor
from records.trail import BEGIN, facts_of, unfinished

__all__ = [
    "Apply",
    "Intent",
    "LeftOpen",
    "applying",
    "audited",
    "command_line",
    "exported",
    "left_open",
    "undoing",
]

Apply = Callable[[Batch], Applied]

_log = logging.getLogger(__name__)


@dataclass
class Intent:
    """What is being done; `facts` is filled in with what came of it."""

    begin: int
    object: str
    facts: dict[str, Value] = field(default_factory=dict)
    rows: Sequence[str] = ()  # of who wrote what down, for as long as it may not come about

    def came_of(self, applied: Applied) -> None:
        """The outcome of a batch."""
        self.facts |= vars(applied)


@dataclass(frozen=True)
class LeftOpen:
    """An intent without an outcome; `done` = its batch is in the graph, None = nobody can tell."""

    entry: Entry
    done: bool | None


@contextmanager
def audited(
    records: Records, action: str, object: str, /, keeps: Batch | None = None, **detail: Value
) -> Iterator[Intent]:
    """Do something to the graph between an entry `action.begin` and an entry `action`.

    Who writes the claims of the batch `keeps` down is kept too.  Raises whatever the thing itself
    raises, or `StoreError` before anything was done.
    """
    told = {name: _plain(value) for name, value in detail.items()}
    with records.write() as writing:
        writing.note(f"{action}{BEGIN}", str(_plain(object)), **told)
        assert writing.head is not None
        intent = Intent(writing.head.seq, object)
        if keeps is not None:
            intent.rows = write(writing.db, keeps.key, claimed(keeps), records.actor)
    try:
        yield intent
    except Exception as error:
        code = error.code if isinstance(error, LianzhuError) else type(error).__name__
        _close(records, action, intent, {"status": "failed", "error": code})
        raise
    _close(records, action, intent, intent.facts)


def applying(
    records: Records,
    store: GraphStore,
    action: str,
    object: str = "",
    detail: Callable[[], Mapping[str, Value]] = dict,
    *,
    claims: bool = True,
) -> Apply:
    """`store.apply`, audited.

    Without `claims` only the batch as a whole keeps who wrote it down; `detail` is asked what else
    to tell when there is something to apply.  `object` is the batch's source unless given.
    """

    def apply(batch: Batch) -> Applied:
        rows = {"nodes": len(batch.nodes), "relations": len(batch.rels)}
        kept = batch if claims else Batch(batch.key, batch.source)
        told = {**detail(), **rows, "batch": batch.key, "source": batch.source}
        with audited(records, action, object or batch.source, keeps=kept, **told) as intent:
            applied = store.apply(batch)
            intent.came_of(applied)
        return applied

    return apply


def undoing(records: Records, store: GraphStore) -> Callable[[], Applied]:
    """`store.undo`, audited."""

    def undo() -> Applied:
        last = next((entry for entry in store.ledger() if not entry.undone), None)
        if last is None:
            return store.undo()  # it says that there is nothing
        with audited(
            records, "graph.undo", last.source, undoes=last.batch, was=last.revision
        ) as intent:
            applied = store.undo()
            intent.came_of(applied)
        return applied

    return undo


def exported(records: Records, address: str, **detail: Value) -> None:
    """Write down that somebody takes data out; raises `StoreError` where that is impossible."""
    with records.write() as writing:
        told = {name: _plain(value) for name, value in detail.items()}
        writing.note("export", str(_plain(address)), **told)


def left_open(records: Records, store: GraphStore | None) -> list[LeftOpen]:
    """Every intent without an outcome, with what the list of imports of `store` says of it."""
    found = unfinished(records)
    try:
        held = {entry.batch for entry in store.ledger(_ALL)} if found and store else None
    except LianzhuError:  # the graph does not answer: what was meant is told all the same
        held = None
    if held is None:
        return [LeftOpen(entry, None) for entry in found]
    batches = [facts_of(entry).get("batch") for entry in found]
    return [
        LeftOpen(entry, None if batch is None else batch in held)
        for entry, batch in zip(found, batches, strict=True)
    ]


def command_line() -> Actor:
    """Who types commands: the user of the operating system."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError, ImportError):  # a container may run as a number without a name
        user = str(getattr(os, "getuid", lambda: "?")())
    return Actor(COMMAND_LINE.id, f"{COMMAND_LINE.name} {_plain(user)}", COMMAND_LINE.role)


_ALL = 1_000_000_000


def _close(records: Records, action: str, intent: Intent, facts: Mapping[str, Value]) -> None:
    """Write the outcome down.  What is done is done: saying that it failed would be wrong."""
    told = {name: _plain(value) for name, value in facts.items()}
    try:
        with records.write() as writing:
            if facts.get("status") == "unchanged":  # another wrote it down before
                forget(writing.db, intent.rows)
            writing.note(action, str(_plain(intent.object)), begin=intent.begin, **told)
    except (LianzhuError, IntegrityError) as error:
        _log.error("audit entry %d has no outcome: %s", intent.begin, error)


def _plain(value: Value) -> Value:
    """The value without what a database would not take: NUL, half of a surrogate pair."""
    if isinstance(value, list):
        return [str(_plain(one)) for one in value]
    if not isinstance(value, str):
        return value
    return value.encode("utf-8", "replace").decode().replace("\0", "�")
