"""The Neo4j engine: the contract of `graph.store.base` on a server that teams already run.

Neo4j shows a reader what is committed at each moment, and a commit row by row.  The contract wants
one revision for every answer.  Two things give it:

* every row says since which revision it exists, and what a revision changed or took away is kept as
  it was, so any answer can be given as of an earlier revision (`graph.store.neo4j_view`);
* a writer opens the gate before it commits and closes it afterwards, in transactions of their own
  (`graph.store.neo4j_write`).  An answer counts only if the gate was closed, and had been opened by
  nobody, from before its first query until after its last; otherwise it is asked again.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import partial
from time import monotonic, sleep
from typing import Any, TypeVar

from graph.arrays import RelBlock
from graph.errors import DataError, LianzhuError, StoreBusy, StoreError
from graph.model import LABELS, RELATIONS, Batch, Node, Ref, Rel, Value
from graph.store import cypher
from graph.store import neo4j_pieces as pieces
from graph.store import neo4j_view as seen
from graph.store.base import Applied, Changes, Health, LedgerEntry, Neighbourhood, Page, Stats
from graph.store.cypher import Statement
from graph.store.neo4j import Bolt
from graph.store.neo4j_parts import Parts
from graph.store.neo4j_transaction import Transaction
from graph.store.neo4j_values import SCHEMA, State
from graph.store.neo4j_view import Quiet, View
from graph.store.neo4j_write import Unmade, Writer
from graph.store.plan import check_ledger, is_text
from graph.store.text import words

__all__ = ["Neo4jStore"]

_MIGRATE_SECONDS = 120.0
_STREAM_SECONDS = 60.0  # for each piece of a stream, and for changes
_AT_ONCE = 3  # pieces of a stream
_PAUSE, _TRIES = 0.01, 5
_HEAL_SECONDS = 2.0
_STUCK = 0.5  # seconds after which an open gate may be one that a dead writer left
_MET = "EquivalentSchemaRuleAlreadyExists"
_MARGIN = 0.1  # seconds kept back to put an error into words
_MOST = 2**31  # of anything one can ask for
_T = TypeVar("_T")


class Neo4jStore:
    """A `GraphStore` in a Neo4j database; safe to share between threads and processes.

    Every question has `deadline` seconds, for the server and on the wire; a piece of a stream has
    60.  A writer waits `wait` seconds for another one before `StoreBusy`, and tries for `settle`
    seconds to find out what became of a cut commit.  While nobody answers every call ends in
    `StoreDown`, within the deadline first and at once from then on.  Up to `whole` rows are applied
    in one transaction, more of them in parts of `part`.
    """

    def __init__(
        self,
        url: str,
        *,
        auth: tuple[str, str] | None,
        database: str = "neo4j",
        deadline: float = 3.0,
        wait: float = 10.0,
        settle: float = 10.0,
        whole: int = 200_000,
        part: int = 50_000,
    ) -> None:
        self._bolt = Bolt(url, auth, database)
        self._deadline = deadline
        self._pins = threading.local()
        self._healing = threading.Lock()
        self._writer = Writer(self._bolt, self._made, wait=wait, settle=settle)
        self._parts = Parts(self._writer, whole=whole, part=part)

    def migrate(self) -> None:
        """Make constraints, indexes and the state where they are missing; safe to repeat.

        `StoreError` when the database is newer, or holds nodes of our labels that are not ours.
        """
        if self._bolt.retried(self._is_made):
            return
        for label in LABELS:
            if self._bolt.execute(cypher.FOREIGN[label], _MIGRATE_SECONDS):
                raise StoreError("store_foreign_nodes", label=label)
        for statement in cypher.SCHEMA:
            self._make(statement)
        self._bolt.execute(cypher.AWAIT_SCHEMA, _MIGRATE_SECONDS)
        state = State().text()
        self._bolt.execute(cypher.MAKE_META, _MIGRATE_SECONDS, schema=SCHEMA, state=state)

    def _make(self, statement: Statement) -> None:
        """One statement of the schema; two that make it at once may lock each other out.

        Or meet between `IF NOT EXISTS` and the making: then it is there at the next try.
        """
        for _ in range(_TRIES):
            try:
                self._bolt.execute(statement, _MIGRATE_SECONDS)
                return
            except StoreError as error:
                met = _MET in str(error.facts.get("reason", ""))
                if not (met or isinstance(error, StoreBusy)):
                    raise
                sleep(_STUCK)
        self._bolt.execute(statement, _MIGRATE_SECONDS)

    def apply(self, batch: Batch) -> Applied:
        """Publish `batch` atomically; `DataError` when a relation's end is nowhere.

        A connection cut during the commit leaves its outcome unknown; the ledger, written with the
        batch, then says whether it is there, and if it is not the batch is applied once more.
        """
        return (self._parts if self._parts.takes(batch) else self._writer).apply(batch)

    def undo(self) -> Applied:
        """Take back the newest batch that is not undone, or the one that is unfinished."""
        return self._parts.undo() or self._writer.undo()

    def adopt(self, revision: int, ledger: Sequence[LedgerEntry]) -> None:
        """Take over the revision and ledger of the store whose content was just applied here."""
        check_ledger(ledger)
        self._writer.adopt(revision, ledger)

    def ledger(self, limit: int = 50) -> Sequence[LedgerEntry]:
        """Applied batches, newest first."""
        return self._ask(lambda view: seen.ledger(view, min(limit, _MOST)))

    @contextmanager
    def reading(self) -> Iterator[int]:
        """One revision for everything this thread reads inside; yields its number."""
        outer = self._pinned, getattr(self._pins, "there", None)
        self._pins.at, self._pins.there = self._ask(seen.what_is_there)
        try:
            yield self._pins.at
        finally:
            self._pins.at, self._pins.there = outer

    def revision(self) -> int:
        """Number of the last change; 0 in an empty store.

        Read without regard to the gate, so that a snapshot held in memory serves also during a long
        commit.
        """
        return self._made(self._published) if self._pinned is None else self._pinned

    def stats(self) -> Stats:
        """Counts, revision and content hash, of one moment."""
        return self._ask(seen.stats)

    def get(self, ref: Ref) -> Node | None:
        """The node, or None."""
        return self.get_many([ref]).get(ref)

    def get_many(self, refs: Iterable[Ref]) -> dict[Ref, Node]:
        """Those of `refs` that exist."""
        wanted = sorted({ref for ref in refs if ref.label in LABELS and is_text(ref.id)})
        return {node.ref: node for node in self._ask(lambda view: seen.get(view, wanted))}

    def rels_of(self, ref: Ref) -> Sequence[Rel]:
        """Every relation of a node, both directions, in identity order (no limit)."""
        if ref.label not in LABELS or not is_text(ref.id):
            return []
        return self._ask(lambda view: seen.rels_of(view, ref))

    def page(self, label: str, after: str = "", limit: int = 50) -> Page:
        """Nodes of one label with id > `after`."""
        if not is_text(after):
            return Page([], None)
        return self._ask(lambda view: pieces.page(view, label, after, min(max(limit, 1), _MOST)))

    def search(self, text: str, labels: Sequence[str] = (), limit: int = 20) -> Sequence[Node]:
        """Nodes whose names hold every word of `text`; exact names first, then id order."""
        if not words(text) or limit < 1:
            return []
        known = [label for label in labels if label in LABELS]
        if labels and not known:
            return []
        return self._ask(lambda view: seen.search(view, text, known, min(limit, _MOST)))

    def neighbourhood(self, ref: Ref, limit: int = 150, hops: int = 1) -> Neighbourhood:
        """The node and up to `limit` others within `hops`, nearest first, and how many are hidden.

        Equally near ones come in id order; the relations are all those among the nodes shown.
        """
        return self._ask(lambda view: seen.neighbourhood(view, ref, limit, hops))

    def nodes(self, label: str) -> Iterator[Node]:
        """Every node of a label in id order."""
        if label in LABELS and not self._lacks(label):
            yield from self._stream(label, partial(pieces.nodes_within, label=label))

    def rels(self, type: str) -> Iterator[Rel]:
        """Every relation of a type in (src, dst, key) order."""
        sources = {src for src, _ in RELATIONS.get(type, ())}
        for label in sorted(sources) if not self._lacks(type) else ():
            yield from self._stream(label, partial(pieces.rels_within, type_=type, label=label))

    def columns(self, type: str) -> Iterator[RelBlock]:
        """Every relation of a type as columns, in no order: what a snapshot is made of."""
        names: dict[str, dict[int, str]] = {}
        for kind in cypher.KINDS:
            if kind[0] == type and not self._lacks(type):
                for label in {*kind[1:]} - names.keys():
                    names[label] = self._ask(partial(pieces.numbers, label=label), _STREAM_SECONDS)
                yield from self._stream(kind[1], partial(pieces.columns, kind=kind, names=names))

    def changes(self, since: int) -> Changes:
        """Everything that differs from revision `since`."""
        return self._ask(lambda view: seen.changes(view, min(since, _MOST)), _STREAM_SECONDS)

    def annotate(self, marks: Mapping[Ref, Mapping[str, Value]]) -> None:
        """Put `marks`, of the names in `cypher.MARKS`, in the place of all earlier ones."""
        for ref, mark in marks.items():
            texts = [ref.id, *(value for value in mark.values() if isinstance(value, str))]
            if ref.label not in LABELS or not all(map(is_text, texts)):
                raise DataError("identity", label=ascii(ref.label), id=ascii(ref.id))
            if mark.keys() - set(cypher.MARKS):
                raise DataError("value", label=ref.label, id=ref.id, field="", value=ascii([*mark]))
        self._writer.annotate(marks)

    def health(self) -> Health:
        """A cheap check that never raises."""
        try:
            behind, ((edition, name, versions),) = self._ask(
                lambda view: (view.behind, view.run(cypher.COMPONENTS))
            )
        except LianzhuError as error:
            return Health(False, "neo4j", str(error))
        detail = f"{name} {versions[0]} {edition}"
        return Health(True, "neo4j", f"{detail}, importing" if behind else detail)

    def close(self) -> None:
        """Release connections."""
        self._bolt.close()

    @property
    def _pinned(self) -> int | None:
        return getattr(self._pins, "at", None)

    def _lacks(self, name: str) -> bool:
        """Whether the pinned revision has no such label or type."""
        there = getattr(self._pins, "there", None)
        return there is not None and name not in there

    def _stream(self, label: str, piece: Callable[..., Sequence[_T]]) -> Iterator[_T]:
        """Piece after piece, all of the revision at which it began, some of them ahead."""
        at, spans = self._ask(lambda view: (view.at, pieces.spans(view, label)), _STREAM_SECONDS)
        coming: deque[Future[Sequence[_T]]] = deque()
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            for span in spans:
                work = partial(piece, span=span)
                coming.append(pool.submit(self._ask, work, _STREAM_SECONDS, at))
                if len(coming) > _AT_ONCE:
                    yield from coming.popleft().result()
            while coming:
                yield from coming.popleft().result()

    def _ask(
        self, question: Callable[[View], _T], seconds: float | None = None, at: int | None = None
    ) -> _T:
        """The answer to a question, between two moments without a commit."""
        until = monotonic() + (seconds or self._deadline)
        at = self._pinned if at is None else at
        return self._made(lambda: self._answer(question, until, at))

    def _made(self, call: Callable[[], _T]) -> _T:
        """What `call` gives; a database that was down when it should have been made is made now."""
        try:
            return self._bolt.retried(call)
        except Unmade:
            self.migrate()
            return call()

    def _answer(self, question: Callable[[View], _T], until: float, at: int | None) -> _T:
        since = monotonic()
        while True:
            left = until - monotonic()
            with self._bolt.transaction(max(left - _MARGIN, left / 2), server_seconds=left) as tx:
                quiet = self._quiet(tx)
                if quiet:
                    answer = question(View(tx, quiet.revision if at is None else at, quiet))
                    if self._quiet(tx) == quiet:
                        return answer
                    since = monotonic()
            if monotonic() - since > _STUCK:
                self._heal()
            sleep(_PAUSE)

    def _published(self) -> int:
        with self._bolt.transaction(self._deadline - min(_MARGIN, self._deadline / 2)) as tx:
            return State.read(self._state(tx)[2]).revision

    def _state(self, transaction: Transaction) -> list[Any]:
        """Gate, commits, published state, import under way, schema."""
        rows = transaction.run(cypher.STATE)
        if not rows:
            raise Unmade
        schema = rows[0][4]
        if schema > SCHEMA:
            raise StoreError("store_newer", path="Neo4j", found=schema, known=SCHEMA)
        return rows[0]

    def _quiet(self, transaction: Transaction) -> Quiet | None:
        """The present state, None while a commit is under way."""
        is_open, count, state, importing, _ = self._state(transaction)
        return None if is_open else Quiet(count, state, importing)

    def _is_made(self) -> bool:
        with self._bolt.transaction(self._deadline) as tx:
            try:
                self._quiet(tx)
            except Unmade:
                return False
        return True

    def _heal(self) -> None:
        """Close a gate that a writer left open when it died: with its lock free nobody commits.

        Not on the reader's time, who may have little left of it; one at a time.
        """
        if self._healing.acquire(blocking=False):
            threading.Thread(target=self._close_gate, daemon=True).start()

    def _close_gate(self) -> None:
        try:
            with suppress(StoreError):
                self._bolt.execute(cypher.HEAL_GATE, _HEAL_SECONDS)
                return
            with suppress(StoreError):  # the server still holds the lock for a client that is gone
                ids = [row[0] for row in self._bolt.execute(cypher.IDLE_WRITERS, _HEAL_SECONDS)]
                if ids:
                    self._bolt.execute(cypher.TERMINATE, _HEAL_SECONDS, ids=ids)
                    self._bolt.execute(cypher.HEAL_GATE, _HEAL_SECONDS)
        finally:
            self._healing.release()
