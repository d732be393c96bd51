"""How a change reaches a Neo4j database: one writer, and a gate around the commit.

Readers watch the gate (`graph.store.neo4j_store`); the ledger tells whether a cut commit happened.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict
from secrets import token_hex
from threading import Lock
from time import monotonic, sleep
from typing import TypeVar

from graph.errors import DeadlineExceeded, StoreBusy, StoreDown, StoreError, UsageError
from graph.model import LABELS, Batch, Ref, Value
from graph.store import cypher
from graph.store.base import Applied, LedgerEntry
from graph.store.neo4j import Bolt
from graph.store.neo4j_rows import Neo4jChange
from graph.store.neo4j_transaction import Transaction
from graph.store.neo4j_values import SCHEMA, Progress, State
from graph.store.publish import publish, take_back

__all__ = ["Unknown", "Unmade", "Writer"]

_SECONDS = 900.0  # for one transaction
_GATE_SECONDS = 10.0  # nobody else has the gate: only a busy server takes its time
_RETRY = 0.1
_T = TypeVar("_T")


class Unmade(Exception):
    """The database has no state of ours: nobody has migrated it, or it was down when we would."""


class Unknown(Exception):
    """A commit was cut: it may have happened."""

    def __init__(self, applied: Applied | None) -> None:
        self.applied = applied


class Writer:
    """Applies and takes back batches, one at a time over all processes.

    `wait` seconds are spent on another writer, `settle` on a lost connection whose commit may have
    happened.
    """

    def __init__(
        self,
        bolt: Bolt,
        made: Callable[[Callable[[], None]], None],
        *,
        wait: float,
        settle: float,
    ) -> None:
        self._bolt = bolt
        self._made = made
        self._wait = wait
        self.settle = settle
        self._one = Lock()

    def apply(self, batch: Batch) -> Applied:
        """Publish a batch in one transaction."""
        return self.alone(lambda: self._settled(lambda change: publish(change, batch)))

    def undo(self) -> Applied:
        """Take back the newest batch in one transaction."""
        tried: list[int] = []

        def attempt(change: Neo4jChange) -> Applied:
            newest = change.newest()
            if tried and change.run(cypher.UNDONE, number=tried[0]) != [[None]]:
                return Applied("", "unchanged", change.before, 0, 0, 0)  # it was taken back
            if tried and newest and newest.number != tried[0]:
                raise UsageError("undo_overtaken", source=newest.batch)
            tried[:] = [newest.number] if newest else []
            return take_back(change)

        return self.alone(lambda: self._settled(attempt))

    def adopt(self, revision: int, ledger: Sequence[LedgerEntry]) -> None:
        """Put another store's revision and ledger in the place of this one's."""
        rows = [_adopted(number, entry) for number, entry in enumerate(reversed(ledger), 1)]

        def work(change: Neo4jChange) -> Applied:
            change.state.revision = revision
            text = change.state.text()
            change.run(cypher.CLEAR_LEDGER)
            change.run(cypher.ADD_LEDGER, rows=rows)
            change.run(cypher.ADD_REVISION, revision=revision, state=text)
            change.run(cypher.SET_STATE, state=text)
            return Applied("", "committed", revision, 0, 0, 0)

        self.alone(lambda: self._settled(work))

    def annotate(self, marks: Mapping[Ref, Mapping[str, Value]]) -> None:
        """Put marks in the place of all earlier ones; they are no content, so no revision moves."""
        rows: dict[str, list[list[object]]] = {label: [] for label in LABELS}
        for ref, mark in marks.items():
            rows[ref.label].append([ref.id, dict(mark)])

        def work(change: Neo4jChange) -> Applied:
            for label, some in rows.items():
                change.run(cypher.CLEAR_MARKS[label])
                change.run(cypher.MARK[label], rows=some)
            return Applied("", "committed", change.before, 0, 0, 0)

        self.alone(lambda: self._settled(work))

    # --- one transaction -----------------------------------------------------------------------

    def _settled(self, work: Callable[[Neo4jChange], Applied]) -> Applied:
        """What `work` did; asked again where a cut commit left that unknown.

        `work` answers `unchanged` when it finds that it was done before.
        """
        first: Applied | None = None
        until = monotonic() + self.settle
        while True:
            try:
                applied = self._once(work)
                return first if first and applied.status == "unchanged" else applied
            except Unknown as unknown:
                first = first or unknown.applied
            except StoreError:
                if first is None:
                    raise
            if monotonic() > until:
                raise StoreDown("commit_unknown", batch=first.batch if first else "")
            sleep(_RETRY)

    def _once(self, work: Callable[[Neo4jChange], Applied]) -> Applied:
        with self.locked() as (tx, state, progress):
            if progress:
                raise StoreBusy("import_unfinished", source=progress.source)
            applied = work(Neo4jChange(tx, state))
            self.commit(tx, applied)
        return applied

    @contextmanager
    def locked(self) -> Iterator[tuple[Transaction, State, Progress | None]]:
        """A write transaction that holds the lock; `StoreBusy` when another has it for too long."""
        try:
            self._made(self._touch_lock)
        except DeadlineExceeded as error:
            self._bolt.require_answer()
            raise StoreBusy("store_busy", seconds=self._wait) from error
        with self._bolt.transaction(_SECONDS, write=True) as tx:
            ((text, importing, schema),) = tx.run(cypher.LOCK)
            if schema > SCHEMA:
                raise StoreError("store_newer", path="Neo4j", found=schema, known=SCHEMA)
            ((token,),) = tx.run(cypher.GATE)
            if token:  # left open by a writer that died, or is about to close it
                self._bolt.execute(cypher.CLOSE_GATE, _GATE_SECONDS, token=token)
            yield tx, State.read(text), Progress.read(importing)

    def _touch_lock(self) -> None:
        with self._bolt.transaction(self._wait, write=True) as tx:
            if not tx.run(cypher.LOCK):
                raise Unmade

    def commit(self, tx: Transaction, applied: Applied | None) -> None:
        """Make it so behind the open gate; `Unknown` when the connection is lost meanwhile."""
        tx.run(cypher.PING)  # whatever was sent has run
        token = token_hex(8)
        self._bolt.execute(cypher.OPEN_GATE, _GATE_SECONDS, token=token)
        try:
            tx.commit()
        except (StoreDown, DeadlineExceeded) as error:
            raise Unknown(applied) from error
        except StoreError:
            self._close_gate(token)
            raise
        self._close_gate(token)

    def _close_gate(self, token: str) -> None:
        with suppress(StoreError):  # one left open is closed by the next who waits for it
            self._bolt.execute(cypher.CLOSE_GATE, _GATE_SECONDS, token=token)

    def alone(self, work: Callable[[], _T]) -> _T:
        """One writer at a time in this process; the database's lock sees to the others."""
        if not self._one.acquire(timeout=self._wait):
            raise StoreBusy("store_busy", seconds=self._wait)
        try:
            return work()
        finally:
            self._one.release()


def _adopted(number: int, entry: LedgerEntry) -> dict[str, object]:
    """An entry of another store: there are no before-images to undo it with."""
    row = {"entry": number, "adopted": True, "changed": True, "unchanged": 0, **asdict(entry)}
    row["undone"] = entry.revision if entry.undone else None
    row["live"] = None if entry.undone else entry.batch
    return row
