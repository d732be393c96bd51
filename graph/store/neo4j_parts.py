"""Imports and undos that are too large for one transaction of a Neo4j server.

They are written in parts that nobody sees: the rows carry the number of a revision that is not out
yet, and `_Meta.importing` says how far it is.  The last part publishes them together.  Stopped in
between, the same import goes on where it was, and `undo` takes it back.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic, sleep
from typing import TypeVar

from graph.errors import DataError, DeadlineExceeded, StoreBusy, StoreDown
from graph.model import TARGETS_FIRST, Batch, Props, Ref, Rel
from graph.store import cypher
from graph.store.base import Applied
from graph.store.neo4j_rows import Neo4jChange
from graph.store.neo4j_transaction import Transaction
from graph.store.neo4j_values import Progress, State
from graph.store.neo4j_write import Unknown, Writer
from graph.store.plan import check_key, checked_nodes, checked_rels, counted
from graph.store.publish import Stage, Tally, finish, step_back, write

__all__ = ["Parts"]

_RETRY = 0.1
_T = TypeVar("_T")


@dataclass(frozen=True)
class _Part:
    nodes: dict[Ref, Props]
    rels: list[Rel]


@dataclass(frozen=True)
class _Step:
    progress: Progress
    applied: Applied | None


class Parts:
    """Applies and takes back large batches: more than `whole` rows, `part` of them at a time."""

    def __init__(self, writer: Writer, *, whole: int, part: int) -> None:
        self._writer = writer
        self._whole = whole
        self._part = part

    def takes(self, batch: Batch) -> bool:
        """Whether a batch is too large for one transaction."""
        return len(batch.nodes) + len(batch.rels) > self._whole

    def apply(self, batch: Batch) -> Applied:
        """Publish a batch in parts; where it was stopped before, it goes on."""
        return self._writer.alone(lambda: self._apply(batch))

    def undo(self) -> Applied | None:
        """Take back what is unfinished or large; None when the newest batch is neither."""
        return self._writer.alone(self._undo)

    def _apply(self, batch: Batch) -> Applied:
        check_key(batch)
        parts = _parts(batch, self._part)
        known = self._known(batch)
        while known is None:
            known = self._patiently(lambda: self._next_part(batch, parts))
        return known

    def _known(self, batch: Batch) -> Applied | None:
        """What a batch comes to that was applied before."""
        with self._writer.locked() as (tx, state, _):
            if not tx.run(cypher.IS_LIVE, batch=batch.key):
                return None
        rows = counted(batch.nodes) + len(batch.rels)
        return Applied(batch.key, "unchanged", state.revision, 0, 0, rows)

    def _next_part(self, batch: Batch, parts: list[_Part]) -> Applied | None:
        """Write the part whose turn it is; the whole import's result after the last one."""
        with self._writer.locked() as (tx, state, found):
            # The last part is there already: its commit was cut.
            for revision, changed, created, updated, unchanged in tx.run(
                cypher.LIVE_ENTRY, batch=batch.key
            ):
                status = "committed" if changed else "unchanged"
                return Applied(batch.key, status, revision, created, updated, unchanged)
            progress = found or Progress(batch.key, batch.source, state.text())
            if progress.batch != batch.key or progress.entry is not None:
                raise StoreBusy("import_unfinished", source=progress.source)
            change = Neo4jChange(
                tx, State.read(progress.state), had=state.relations, changed=progress.changed
            )
            if not progress.done:
                _refuse_dangling(change, batch)
            part, tally = parts[progress.done], Tally(*progress.tally)
            write(change, part.nodes, part.rels, tally)
            progress.done += 1
            progress.tally = [tally.created, tally.updated, tally.unchanged]
            last = progress.done == len(parts)
            applied = finish(change, batch, tally) if last else None
            self._keep(tx, change, None if last else progress)
            self._writer.commit(tx, applied)
        return applied

    def _undo(self) -> Applied | None:
        step = self._patiently(lambda: self._next_step_back(None), first=True)
        while step and step.applied is None:
            step = self._patiently(lambda goes_on=step.progress: self._next_step_back(goes_on))  # type: ignore[misc]
        return step.applied if step else None

    def _next_step_back(self, before: Progress | None) -> _Step | None:
        """One step of an undo in parts; None where there is none such, or it is done `before`."""
        with self._writer.locked() as (tx, state, found):
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
            self._writer.commit(tx, applied)
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

    def _patiently(self, step: Callable[[], _T], *, first: bool = False) -> _T:
        """A step that a lost connection may have cut; where it stands is read anew each time."""
        until = monotonic() + self._writer.settle
        while True:
            try:
                return step()
            except (Unknown, StoreDown, DeadlineExceeded) as error:
                if first and not isinstance(error, Unknown):
                    raise  # nothing is under way
                if monotonic() > until:
                    raise StoreDown("import_interrupted") from error
            sleep(_RETRY)


def _undone(progress: Progress, revision: int) -> Applied:
    created, updated, _ = progress.tally
    return Applied(progress.batch, "undone", revision, created, updated, 0)


def _parts(batch: Batch, size: int) -> list[_Part]:
    """The checked rows of a batch cut into parts, nodes first; the same cuts every time."""
    nodes, rels = checked_nodes(batch), sorted(checked_rels(batch), key=lambda r: r.identity)
    refs = sorted(nodes, key=lambda ref: TARGETS_FIRST.index(ref.label))  # few columns wait
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
