"""How a change reaches a Neo4j database: one writer, a gate around the commit, large ones in parts.

Up to `whole` rows are one transaction.  A larger import is written in parts that nobody sees: its
rows carry the number of a revision that is not out yet, and `_Meta.importing` says how far it is.
The last part publishes them together.  Stopped in between, the same import goes on where it was,
and `undo` takes it back.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from threading import Lock
from time import monotonic, sleep
from typing import TypeVar

from graph.errors import DataError, DeadlineExceeded, StoreBusy, StoreDown, StoreError
from graph.model import Batch, Props, Ref, Rel
from graph.store import cypher
from graph.store.base import Applied
from graph.store.neo4j import Bolt, Transaction
from graph.store.neo4j_rows import Neo4jChange
from graph.store.neo4j_values import State
from graph.store.plan import canonical, checked_nodes, checked_rels
from graph.store.publish import Stage, Tally, finish, publish, step_back, take_back, write

__all__ = ["Progress", "Unmade", "Writer"]

_SECONDS = 900.0  # for one transaction
_RETRY = 0.1
_T = TypeVar("_T")


class Unmade(Exception):
    """The database has no state of ours: nobody has migrated it, or it was down when we would."""


class _Unknown(Exception):
    """A commit was cut: it may have happened."""

    def __init__(self, applied: Applied | None) -> None:
        self.applied = applied


@dataclass
class Progress:
    """A large import, or a large undo, that is under way."""

    batch: str
    source: str
    state: str  # as it will be published
    done: int = 0  # parts
    tally: list[int] = field(default_factory=lambda: [0, 0, 0])
    changed: bool = False
    entry: int | None = None  # of the ledger, when it is being taken back
    revision: int = 0  # of that entry
    stage: list[int] = field(default_factory=lambda: [0, 0])

    @classmethod
    def read(cls, text: str | None) -> Progress | None:
        """From its JSON."""
        return cls(**json.loads(text)) if text else None

    def text(self) -> str:
        """As JSON."""
        return canonical(asdict(self))


@dataclass(frozen=True)
class _Part:
    nodes: dict[Ref, Props]
    rels: list[Rel]


@dataclass(frozen=True)
class _Step:
    progress: Progress
    applied: Applied | None


class Writer:
    """Applies and takes back batches, one at a time over all processes.

    `wait` seconds are spent on another writer, or on a lost connection whose commit may have
    happened; `whole` rows fit one transaction, `part` rows are written at once beyond that.
    """

    def __init__(
        self,
        bolt: Bolt,
        made: Callable[[Callable[[], None]], None],
        *,
        wait: float,
        whole: int,
        part: int,
    ) -> None:
        self._bolt = bolt
        self._made = made
        self._wait = wait
        self._whole = whole
        self._part = part
        self._one = Lock()

    def apply(self, batch: Batch) -> Applied:
        """Publish a batch, in parts where it is large."""
        if len(batch.nodes) + len(batch.rels) > self._whole:
            return self._alone(lambda: self._apply_parts(batch))
        return self._alone(lambda: self._settled(lambda change: publish(change, batch)))

    def undo(self) -> Applied:
        """Take back the newest batch, or the one that is unfinished."""
        return self._alone(lambda: self._undo_parts() or self._undo_whole())

    def _undo_whole(self) -> Applied:
        tried: list[int] = []

        def attempt(change: Neo4jChange) -> Applied:
            newest = change.newest()
            if tried and (newest is None or newest.number != tried[0]):
                return Applied("", "unchanged", change.before, 0, 0, 0)  # it was taken back
            tried[:] = [newest.number] if newest else []
            return take_back(change)

        return self._settled(attempt)

    # --- one transaction -----------------------------------------------------------------------

    def _settled(self, work: Callable[[Neo4jChange], Applied]) -> Applied:
        """What `work` did; asked again where a cut commit left that unknown.

        `work` answers `unchanged` when it finds that it was done before.
        """
        first: Applied | None = None
        until = monotonic() + self._wait
        while True:
            try:
                applied = self._once(work)
                return first if first and applied.status == "unchanged" else applied
            except _Unknown as unknown:
                first = first or unknown.applied
            except StoreError:
                if first is None:
                    raise
            if monotonic() > until:
                raise StoreDown("commit_unknown", batch=first.batch if first else "")
            sleep(_RETRY)

    def _once(self, work: Callable[[Neo4jChange], Applied]) -> Applied:
        with self._locked() as (tx, state, progress):
            if progress:
                raise StoreBusy("import_unfinished", source=progress.source)
            applied = work(Neo4jChange(tx, state))
            self._commit(tx, applied)
        return applied

    @contextmanager
    def _locked(self) -> Iterator[tuple[Transaction, State, Progress | None]]:
        """A write transaction that holds the lock; `StoreBusy` when another has it for too long."""
        try:
            self._made(self._touch_lock)
        except DeadlineExceeded as error:
            raise StoreBusy("store_busy", seconds=self._wait) from error
        with self._bolt.transaction(_SECONDS, write=True) as tx:
            ((text, importing),) = tx.run(cypher.LOCK)
            if tx.run(cypher.IS_GATE_OPEN) == [[True]]:  # left open by a writer that died
                self._bolt.execute(cypher.CLOSE_GATE, self._wait)
            yield tx, State.read(text), Progress.read(importing)
        with suppress(StoreError):  # it is committed: a gate left open is closed by the next reader
            self._bolt.execute(cypher.CLOSE_GATE, self._wait)

    def _touch_lock(self) -> None:
        with self._bolt.transaction(self._wait, write=True) as tx:
            if not tx.run(cypher.LOCK):
                raise Unmade

    def _commit(self, tx: Transaction, applied: Applied | None) -> None:
        tx.run(cypher.PING)  # whatever was sent has run
        self._bolt.execute(cypher.OPEN_GATE, self._wait)
        try:
            tx.commit()
        except (StoreDown, DeadlineExceeded) as error:
            raise _Unknown(applied) from error

    def _alone(self, work: Callable[[], Applied]) -> Applied:
        """One writer at a time in this process; the database's lock sees to the others."""
        if not self._one.acquire(timeout=self._wait):
            raise StoreBusy("store_busy", seconds=self._wait)
        try:
            return work()
        finally:
            self._one.release()

    # --- parts ---------------------------------------------------------------------------------

    def _apply_parts(self, batch: Batch) -> Applied:
        parts = _parts(batch, self._part)
        applied = None
        while applied is None:
            applied = self._patiently(lambda: self._next_part(batch, parts))
        return applied

    def _next_part(self, batch: Batch, parts: list[_Part]) -> Applied | None:
        """Write the part whose turn it is; the whole import's result after the last one."""
        with self._locked() as (tx, state, found):
            for revision, changed, created, updated, unchanged in tx.run(
                cypher.LIVE_ENTRY, batch=batch.key
            ):
                status = "committed" if changed else "unchanged"
                return Applied(batch.key, status, revision, created, updated, unchanged)
            progress = found or Progress(batch.key, batch.source, state.text())
            if progress.batch != batch.key or progress.entry is not None:
                raise StoreBusy("import_unfinished", source=progress.source)
            change = Neo4jChange(tx, State.read(progress.state), changed=progress.changed)
            if not progress.done:
                _refuse_dangling(change, batch)
            part, tally = parts[progress.done], Tally(*progress.tally)
            write(change, part.nodes, part.rels, tally)
            progress.done += 1
            progress.tally = [tally.created, tally.updated, tally.unchanged]
            last = progress.done == len(parts)
            applied = finish(change, batch, tally) if last else None
            self._keep(tx, change, None if last else progress)
            self._commit(tx, applied)
        return applied

    def _undo_parts(self) -> Applied | None:
        """Take back what is unfinished or large, step by step; None when there is nothing such."""
        step = self._patiently(lambda: self._next_step_back(None))
        while step and step.applied is None:
            step = self._patiently(lambda goes_on=step.progress: self._next_step_back(goes_on))  # type: ignore[misc]
        return step.applied if step else None

    def _next_step_back(self, before: Progress | None) -> _Step | None:
        """One step of an undo in parts; None where there is none such, or it is done `before`."""
        with self._locked() as (tx, state, found):
            progress = found or self._large_entry(Neo4jChange(tx, state), state)
            if before and (progress is None or progress.batch != before.batch):
                return _Step(before, _undone(before, state.revision))  # its last commit was cut
            if progress is None:
                return None
            seen = progress.entry is not None  # else an import that nobody has seen
            change = Neo4jChange(
                tx, State.read(progress.state), changed=progress.changed, keeps=seen
            )
            revision = progress.revision if seen else change.revision
            stage = step_back(change, revision, Stage(*progress.stage), self._part)
            progress.stage = list(stage)
            if stage.done:
                self._finish_back(tx, change, progress, revision)
            self._keep(tx, change, None if stage.done else progress)
            applied = _undone(progress, change.before + seen) if stage.done else None
            self._commit(tx, applied)
        return _Step(progress, applied)

    def _large_entry(self, change: Neo4jChange, state: State) -> Progress | None:
        entry = change.newest()
        if entry is None or entry.created + entry.updated <= self._whole:
            return None
        tally = [entry.created, entry.updated, 0]
        return Progress(
            entry.batch,
            entry.batch,
            state.text(),
            tally=tally,
            entry=entry.number,
            revision=entry.revision,
        )

    def _finish_back(
        self, tx: Transaction, change: Neo4jChange, progress: Progress, revision: int
    ) -> None:
        if progress.entry is None:  # nothing was published: no trace stays
            while tx.run(cypher.DROP_PAST, revision=revision, limit=self._part) != [[0]]:
                pass
        else:
            change.mark_undone(progress.entry)
            change.close()

    def _keep(self, tx: Transaction, change: Neo4jChange, progress: Progress | None) -> None:
        """Write down how far it is; None when it is over."""
        if progress:
            change.pause()
            progress.state, progress.changed = change.state.text(), change.changed
        tx.run(cypher.SET_IMPORTING, importing=progress.text() if progress else None)

    def _patiently(self, step: Callable[[], _T]) -> _T:
        """A step that a lost connection may have cut; where it stands is read anew each time."""
        until = monotonic() + self._wait
        while True:
            try:
                return step()
            except (_Unknown, StoreDown, DeadlineExceeded) as error:
                if monotonic() > until:
                    raise StoreDown("import_interrupted") from error
            sleep(_RETRY)


def _undone(progress: Progress, revision: int) -> Applied:
    created, updated, _ = progress.tally
    return Applied(progress.batch, "undone", revision, created, updated, 0)


def _parts(batch: Batch, size: int) -> list[_Part]:
    """The checked rows of a batch cut into parts, nodes first; the same cuts every time."""
    nodes, rels = checked_nodes(batch), sorted(checked_rels(batch), key=lambda r: r.identity)
    try:
        for props in (*nodes.values(), *(rel.props for rel in rels)):
            canonical(props).encode()
    except UnicodeEncodeError as error:  # now, and not when half of it is written
        raise DataError("value", value=ascii(error.object[error.start : error.end])) from error
    refs = list(nodes)
    found = [
        _Part({ref: nodes[ref] for ref in refs[at : at + size]}, [])
        for at in range(0, len(refs), size)
    ]
    start = 0
    while start < len(rels):
        end = min(start + size, len(rels))
        while end < len(rels) and rels[end].identity == rels[end - 1].identity:
            end += 1  # rows about one relation are merged before they are counted
        found.append(_Part({}, rels[start:end]))
        start = end
    return found


def _refuse_dangling(change: Neo4jChange, batch: Batch) -> None:
    """`DataError` before anything is written, and not in the middle."""
    named = {node.ref for node in batch.nodes}
    ends = {ref for rel in batch.rels for ref in (rel.src, rel.dst)} - named
    missing = ends - change.resolve(ends).keys()
    for rel in batch.rels if missing else ():
        if rel.src in missing or rel.dst in missing:
            raise DataError("dangling", type=rel.type, src=rel.src, dst=rel.dst)
