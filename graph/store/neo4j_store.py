"""The Neo4j engine: the contract of `graph.store.base` on a server that teams already run.

Neo4j shows a reader what is committed at each moment, and a commit row by row.  The contract wants
one revision for every answer.  Two things give it:

* every row says since which revision it exists, and what a revision changed or took away is kept as
  it was, so any answer can be given as of an earlier revision (`_View`);
* a writer opens the gate before it commits and closes it afterwards, in transactions of their own.
  An answer counts only if the gate was closed, and had been opened by nobody, from before its first
  query until after its last; otherwise it is asked again.
"""

from __future__ import annotations

import json
import threading
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from operator import attrgetter
from time import monotonic, sleep
from typing import Any, TypeVar

from graph.errors import DeadlineExceeded, LianzhuError, NotFound, StoreBusy, StoreDown, StoreError
from graph.model import LABELS, RELATIONS, Batch, Node, Ref, Rel
from graph.store import cypher
from graph.store.base import Applied, Changes, Health, LedgerEntry, Neighbourhood, Page, Stats
from graph.store.cypher import Statement
from graph.store.neo4j import Bolt, Transaction
from graph.store.neo4j_rows import Neo4jChange, State, born_of, label_of, node_of, rel_of, row_from
from graph.store.plan import identity
from graph.store.publish import publish, take_back
from graph.store.text import index_query, terms, words

__all__ = ["Neo4jStore"]

_SCHEMA = 1
_MIGRATE_SECONDS = 120.0
_STREAM_SECONDS = 60.0  # for each piece of a stream, and for changes
_WRITE_SECONDS = 900.0
_PIECE = 5_000  # nodes, or sources of relations, in one piece of a stream
_PAUSE = 0.01
_RETRY = 0.1
_STUCK = 0.5  # seconds after which an open gate may be one that a dead writer left
_MARGIN = 0.1  # seconds kept back to put an error into words
_T = TypeVar("_T")
_identity = attrgetter("identity")


@dataclass(frozen=True)
class _Quiet:
    """What is published and by how many commits, at a moment when none is under way."""

    count: int
    state: str
    importing: str | None

    @property
    def revision(self) -> int:
        return int(json.loads(self.state)["revision"])


class _Unmade(Exception):
    """The database has no state of ours: nobody has migrated it, or it was down when we would."""


class _Unknown(Exception):
    """A commit was cut: it may have happened."""

    def __init__(self, applied: Applied) -> None:
        self.applied = applied


class _View:
    """One attempt at an answer as of revision `at`."""

    def __init__(self, transaction: Transaction, at: int, quiet: _Quiet) -> None:
        self._transaction = transaction
        self._quiet = quiet
        self.run = transaction.run
        self.at = at
        # Rows younger than `at` are in the database.
        self.behind = quiet.revision != at or quiet.importing is not None

    @property
    def state(self) -> State:
        """What is published now, which may be later than `at`."""
        return State.read(self._quiet.state)

    def earlier(self, at: int) -> _View:
        """The same moment seen as of another revision."""
        return _View(self._transaction, at, self._quiet)

    def rows(self, statement: Statement, **parameters: object) -> list[Any]:
        """The one list that a statement collects."""
        ((found,),) = self.run(statement, **parameters)
        return list(found)

    def nodes(
        self, found: Iterable[tuple[str, Mapping[str, Any]]], past: Statement, **where: object
    ) -> list[Node]:
        """Nodes as of `at`: those `found`, with what `past` knows better."""
        held = {
            Ref(label, row["id"]): node_of(label, row)
            for label, row in found
            if born_of(row) <= self.at
        }
        if self.behind:
            for ref, row in self._before(past, **where):
                _put(held, ref, row)
        return list(held.values())

    def rels(
        self, found: Iterable[tuple[Rel, Mapping[str, Any]]], past: Statement, **where: object
    ) -> list[Rel]:
        """Relations as of `at`, in identity order."""
        held = {rel.identity: rel for rel, row in found if born_of(row) <= self.at}
        if self.behind:
            for who, row in self._before(past, **where):
                _put(held, who, row)
        return sorted(held.values(), key=_identity)

    def _before(self, past: Statement, **where: object) -> Iterator[tuple[Any, Any]]:
        """Identities that changed after `at`, with the row as of `at` or None."""
        first: dict[str, list[Any]] = {}
        for image in self.rows(past, at=self.at, **where):
            held = first.get(image[0])
            if held is None or image[1] < held[1]:
                first[image[0]] = image
        for who, _, born, props in first.values():
            row = row_from(who, props or "{}")
            there = props is not None and born <= self.at
            yield (row.ref if isinstance(row, Node) else row.identity), (row if there else None)


class Neo4jStore:
    """A `GraphStore` in a Neo4j database; safe to share between threads and processes.

    Every question has `deadline` seconds, for the server and on the wire; a piece of a stream has
    60.  A writer waits `wait` seconds for another one before `StoreBusy`.  While nobody answers
    every call ends in `StoreDown`, within the deadline first and at once from then on.
    """

    def __init__(
        self,
        url: str,
        *,
        auth: tuple[str, str] | None,
        database: str = "neo4j",
        deadline: float = 3.0,
        wait: float = 10.0,
    ) -> None:
        self._bolt = Bolt(url, auth, database)
        self._deadline = deadline
        self._wait = wait
        self._pins = threading.local()
        self._writing = threading.Lock()
        self._ready = False

    # --- the contract: writing -----------------------------------------------------------------

    def migrate(self) -> None:
        """Make constraints, indexes and the state where they are missing; safe to repeat.

        `StoreError` when the database is newer, or holds nodes of our labels that are not ours.
        """
        if self._ready or self._bolt.retried(self._is_made):
            self._ready = True
            return
        for label in LABELS:
            if self._bolt.execute(cypher.FOREIGN[label], _MIGRATE_SECONDS):
                raise StoreError("store_foreign_nodes", label=label)
        for statement in cypher.SCHEMA:
            self._bolt.execute(statement, _MIGRATE_SECONDS)
        self._bolt.execute(cypher.AWAIT_SCHEMA, _MIGRATE_SECONDS)
        self._bolt.execute(cypher.MAKE_META, _MIGRATE_SECONDS, schema=_SCHEMA, state=State().text())
        self._ready = True

    def apply(self, batch: Batch) -> Applied:
        """Publish `batch` atomically; `DataError` when a relation's end is nowhere.

        A connection cut during the commit leaves its outcome unknown; the ledger, written with the
        batch, then says whether it is there, and if it is not the batch is applied once more.
        """
        return self._settled(lambda change: publish(change, batch))

    def undo(self) -> Applied:
        """Take back the newest batch that is not undone; `NotFound` when there is none."""
        tried: list[int] = []

        def attempt(change: Neo4jChange) -> Applied:
            newest = change.newest()
            if tried and (newest is None or newest.number != tried[0]):
                return Applied("", "unchanged", change.before, 0, 0, 0)  # it was taken back
            tried[:] = [newest.number] if newest else []
            return take_back(change)

        return self._settled(attempt)

    # --- the contract: reading -----------------------------------------------------------------

    def ledger(self, limit: int = 50) -> Sequence[LedgerEntry]:
        """Applied batches, newest first."""

        def ask(view: _View) -> list[LedgerEntry]:
            rows = view.run(cypher.LEDGER, at=view.at, limit=max(limit, 0))
            return [_entry(row, view.at) for row in rows]

        return self._ask(ask)

    @contextmanager
    def reading(self) -> Iterator[int]:
        """One revision for everything this thread reads inside; yields its number."""
        if self._pinned is not None:
            yield self._pinned
            return
        self._pins.at = self.revision()
        try:
            yield self._pins.at
        finally:
            self._pins.at = None

    def revision(self) -> int:
        """Number of the last change; 0 in an empty store."""
        return self._ask(_revision)

    def stats(self) -> Stats:
        """Counts, revision and content hash, of one moment."""

        def ask(view: _View) -> Stats:
            state = view.state
            if state.revision != view.at:
                rows = view.run(cypher.STATE_AT, revision=view.at)
                state = State.read(rows[0][0]) if rows else State()
            return Stats(
                dict(sorted(state.nodes.items())),
                dict(sorted(state.relations.items())),
                view.at,
                state.hash,
            )

        return self._ask(ask)

    def get(self, ref: Ref) -> Node | None:
        """The node, or None."""
        return self.get_many([ref]).get(ref)

    def get_many(self, refs: Iterable[Ref]) -> dict[Ref, Node]:
        """Those of `refs` that exist."""
        wanted = sorted({ref for ref in refs if _is_text(ref.id)})
        return {node.ref: node for node in self._ask(lambda view: _get(view, wanted))}

    def rels_of(self, ref: Ref) -> Sequence[Rel]:
        """Every relation of a node, both directions, in identity order (no limit)."""
        return self._ask(lambda view: _rels_of(view, ref)) if _is_text(ref.id) else []

    def page(self, label: str, after: str = "", limit: int = 50) -> Page:
        """Nodes of one label with id > `after`."""
        limit = max(limit, 1)
        items: list[Node] = []
        last: str | None = after

        def ask(view: _View) -> tuple[list[Node], str | None]:
            return _nodes_after(view, label, last or "", limit + 1 - len(items))

        while last is not None and len(items) <= limit:
            some, last = self._ask(ask)
            items += some
        return Page(items[:limit], items[limit - 1].ref.id if len(items) > limit else None)

    def search(self, text: str, labels: Sequence[str] = (), limit: int = 20) -> Sequence[Node]:
        """Nodes whose names hold every word of `text`; exact names first, then id order."""
        if not words(text) or limit < 1:
            return []
        return self._ask(lambda view: _search(view, text, labels, limit))

    def neighbourhood(self, ref: Ref, limit: int = 150, hops: int = 1) -> Neighbourhood:
        """The node and up to `limit` others within `hops`, nearest first, and how many are hidden.

        Equally near ones come in id order; the relations are all those among the nodes shown.
        """
        return self._ask(lambda view: _neighbourhood(view, ref, limit, hops))

    def nodes(self, label: str) -> Iterator[Node]:
        """Every node of a label in id order."""
        at = self._ask(_revision, _STREAM_SECONDS)
        after: str | None = ""
        while after is not None and label in LABELS:
            some, after = self._ask(
                lambda view, after=after: _nodes_after(view, label, after, _PIECE),  # type: ignore[misc]
                _STREAM_SECONDS,
                at,
            )
            yield from some

    def rels(self, type: str) -> Iterator[Rel]:
        """Every relation of a type in (src, dst, key) order."""
        at = self._ask(_revision, _STREAM_SECONDS)
        for label in sorted({src for src, _ in RELATIONS.get(type, ())}):
            after: str | None = ""
            while after is not None:
                some, after = self._ask(
                    lambda view, after=after, label=label: _rels_after(view, type, label, after),  # type: ignore[misc]
                    _STREAM_SECONDS,
                    at,
                )
                yield from some

    def changes(self, since: int) -> Changes:
        """Everything that differs from revision `since`."""
        return self._ask(lambda view: _changes(view, since), _STREAM_SECONDS)

    def health(self) -> Health:
        """A cheap check that never raises."""
        try:
            quiet = self._ask(lambda view: (view.behind, view.run(cypher.COMPONENTS)))
        except LianzhuError as error:
            return Health(False, "neo4j", str(error))
        behind, rows = quiet
        edition, name, versions = rows[0]
        detail = f"{name} {versions[0]} {edition}"
        return Health(True, "neo4j", f"{detail}, importing" if behind else detail)

    def close(self) -> None:
        """Release connections."""
        self._bolt.close()

    # --- how an answer is had ------------------------------------------------------------------

    @property
    def _pinned(self) -> int | None:
        return getattr(self._pins, "at", None)

    def _ask(
        self,
        question: Callable[[_View], _T],
        seconds: float | None = None,
        at: int | None = None,
    ) -> _T:
        """The answer to a question, between two moments without a commit."""
        until = monotonic() + (seconds or self._deadline)
        at = self._pinned if at is None else at
        return self._made(lambda: self._answer(question, until, at))

    def _made(self, call: Callable[[], _T]) -> _T:
        """What `call` gives; a database that was down when it should have been made is made now."""
        try:
            return self._bolt.retried(call)
        except _Unmade:
            self._ready = False
            self.migrate()
            return call()

    def _answer(self, question: Callable[[_View], _T], until: float, at: int | None) -> _T:
        opened = monotonic()
        while True:
            left = until - monotonic()
            with self._bolt.transaction(max(left - _MARGIN, left / 2), server_seconds=left) as tx:
                quiet = self._quiet(tx)
                if quiet:
                    view = _View(tx, quiet.revision if at is None else at, quiet)
                    answer = question(view)
                    if question is _revision or self._quiet(tx) == quiet:
                        return answer
                    opened = monotonic()
            if monotonic() - opened > _STUCK:
                self._heal(until)
            sleep(_PAUSE)

    def _quiet(self, transaction: Transaction) -> _Quiet | None:
        """The present state, None while a commit is under way."""
        rows = transaction.run(cypher.STATE)
        if not rows:
            raise _Unmade
        is_open, count, state, importing, schema = rows[0]
        if schema > _SCHEMA:
            raise StoreError("store_newer", path="neo4j", found=schema, known=_SCHEMA)
        return None if is_open else _Quiet(count, state, importing)

    def _heal(self, until: float) -> None:
        """Close a gate that a writer left open when it died: with its lock free, nobody commits."""
        with self._bolt.transaction(until - monotonic(), write=True) as tx:
            tx.run(cypher.LOCK)
            if tx.run(cypher.IS_GATE_OPEN) == [[True]]:
                tx.run(cypher.CLOSE_GATE)
            tx.commit()

    def _is_made(self) -> bool:
        with self._bolt.transaction(self._deadline) as tx:
            rows = tx.run(cypher.STATE)
        if rows and rows[0][4] > _SCHEMA:
            raise StoreError("store_newer", path="neo4j", found=rows[0][4], known=_SCHEMA)
        return bool(rows)

    # --- how a change is made ------------------------------------------------------------------

    def _settled(self, work: Callable[[Neo4jChange], Applied]) -> Applied:
        """What `work` did; asked again where a cut commit left that unknown.

        `work` answers `unchanged` when it finds that it was done before.
        """
        if not self._writing.acquire(timeout=self._wait):
            raise StoreBusy("store_busy", seconds=self._wait)
        first: Applied | None = None
        until = monotonic() + self._wait
        try:
            while True:
                try:
                    applied = self._write(work)
                    return first if first and applied.status == "unchanged" else applied
                except _Unknown as unknown:
                    first = first or unknown.applied
                except StoreError:
                    if first is None:
                        raise
                if monotonic() > until:
                    raise StoreDown("commit_unknown", batch=first.batch)
                sleep(_RETRY)
        finally:
            self._writing.release()

    def _write(self, work: Callable[[Neo4jChange], Applied]) -> Applied:
        self._wait_for_lock()
        with self._bolt.transaction(_WRITE_SECONDS, write=True) as tx:
            ((text, _importing),) = tx.run(cypher.LOCK)
            applied = work(Neo4jChange(tx, State.read(text)))
            tx.run(cypher.PING)  # whatever was sent has run
            self._bolt.execute(cypher.OPEN_GATE, self._wait)
            try:
                tx.commit()
            except (StoreDown, DeadlineExceeded) as error:
                raise _Unknown(applied) from error
        with suppress(StoreError):  # it is committed: a gate left open is closed by the next reader
            self._bolt.execute(cypher.CLOSE_GATE, self._wait)
        return applied

    def _wait_for_lock(self) -> None:
        """`StoreBusy` when another writer goes on for longer than `wait` seconds."""
        try:
            self._made(self._touch_lock)
        except DeadlineExceeded as error:
            raise StoreBusy("store_busy", seconds=self._wait) from error


def _entry(row: Sequence[Any], at: int) -> LedgerEntry:
    batch, source, revision, at_, created, updated, undone = row
    taken_back = undone is not None and undone <= at
    return LedgerEntry(batch, source, revision, at_, created, updated, taken_back)

    def _touch_lock(self) -> None:
        with self._bolt.transaction(self._wait, write=True) as tx:
            if not tx.run(cypher.LOCK):
                raise _Unmade

    return None


def _revision(view: _View) -> int:
    return view.at


def _put(held: dict[Any, Any], key: Any, row: Any) -> None:
    if row is None:
        held.pop(key, None)
    else:
        held[key] = row


def _is_text(text: str) -> bool:
    """Whether a store can hold it: half of a surrogate pair it cannot."""
    return text.isascii() or not any("\ud800" <= char <= "\udfff" for char in text)


def _get(view: _View, refs: Sequence[Ref]) -> list[Node]:
    found = [
        (label, row)
        for label, ids in _ids(refs).items()
        for row in view.rows(cypher.GET[label], ids=ids)
    ]
    identities = [identity(Node(ref)) for ref in refs]
    return view.nodes(found, cypher.PAST_KEYS, identities=identities)


def _nodes_after(view: _View, label: str, after: str, limit: int) -> tuple[list[Node], str | None]:
    """Up to `limit` nodes in id order, and where to go on, None at the end."""
    if label not in LABELS:
        return [], None
    rows = view.rows(cypher.NODES_AFTER[label], after=after, limit=limit)
    last = rows[-1]["id"] if len(rows) == limit else None
    found = [(label, row) for row in rows]
    nodes = view.nodes(found, cypher.PAST_NODES, label=label, after=after, last=last)
    return sorted(nodes, key=lambda node: node.ref), last


def _rels_after(view: _View, type_: str, label: str, after: str) -> tuple[list[Rel], str | None]:
    """Relations of the next sources in order, and where to go on, None at the end."""
    ((count, last),) = view.run(cypher.SOURCES_AFTER[label], after=after, limit=_PIECE)
    more = last if count == _PIECE else None
    found = [
        (rel_of((type_, label, target), src, dst, row), row)
        for target in sorted(dst for src, dst in RELATIONS[type_] if src == label)
        for src, dst, row in view.rows(
            cypher.RELS_BETWEEN[type_, label, target], after=after, last=last
        )
        if count
    ]
    past = {"type": type_, "label": label, "after": after, "last": more}
    return view.rels(found, cypher.PAST_RELS, **past), more


def _rels_of(view: _View, ref: Ref) -> list[Rel]:
    if ref.label not in LABELS:
        return []
    rows = [
        (_rel(type_, ref, Ref(label_of(labels), dst), row), row)
        for type_, _, labels, dst, row in view.rows(cypher.RELS_FROM[ref.label], id=ref.id)
        if type_ in RELATIONS
    ]
    rows += [
        (_rel(type_, Ref(label_of(labels), src), ref, row), row)
        for type_, labels, src, row in view.rows(cypher.RELS_INTO[ref.label], id=ref.id)
        if type_ in RELATIONS
    ]
    return view.rels(rows, cypher.PAST_OF, label=ref.label, id=ref.id)


def _rel(type_: str, src: Ref, dst: Ref, row: Mapping[str, Any]) -> Rel:
    return rel_of((type_, src.label, dst.label), src.id, dst.id, row)


def _search(view: _View, text: str, labels: Sequence[str], limit: int) -> list[Node]:
    exact, every = terms(text)
    query = index_query(text)
    statement = cypher.SEARCH_INDEX if query else cypher.SEARCH_SCAN
    found: dict[Ref, Node] = {}
    numbers: list[int] = []
    for some in ([exact], every):
        if len(found) == limit:
            break
        rows = view.rows(
            statement,
            query=query,
            terms=some,
            labels=[*labels],
            but=numbers,
            limit=limit - len(found),
        )
        numbers += [row["_n"] for _, row in rows]
        found |= {node.ref: node for names, row in rows for node in [node_of(label_of(names), row)]}
    return list(found.values())


def _neighbourhood(view: _View, ref: Ref, limit: int, hops: int) -> Neighbourhood:
    if not _is_text(ref.id) or not _get(view, [ref]):
        raise NotFound("node", label=ref.label, id=ref.id)
    seen, ring, shown = {ref}, {ref}, [ref]
    for _ in range(hops):
        ring = _around(view, ring) - seen
        seen |= ring
        room = max(limit + 1 - len(shown), 0)
        shown += sorted(ring, key=lambda r: (r.id, r.label))[:room]
    nodes = {node.ref: node for node in _get(view, shown)}
    return Neighbourhood([nodes[r] for r in shown], _among(view, shown), len(seen) - len(shown))


def _around(view: _View, ring: Iterable[Ref]) -> set[Ref]:
    if view.behind:
        return {end for ref in ring for rel in _rels_of(view, ref) for end in (rel.src, rel.dst)}
    return {
        Ref(label_of(labels), id_)
        for label, ids in _ids(ring).items()
        for labels, id_ in view.rows(cypher.AROUND[label], ids=ids)
    }


def _among(view: _View, refs: Sequence[Ref]) -> list[Rel]:
    there = set(refs)
    if view.behind:
        rels = {rel.identity: rel for ref in refs for rel in _rels_of(view, ref)}
        inside = [rel for rel in rels.values() if rel.src in there and rel.dst in there]
        return sorted(inside, key=_identity)
    numbers = [
        number
        for label, ids in _ids(refs).items()
        for _, some in view.run(cypher.RESOLVE[label], ids=ids)
        for number in some
    ]
    found = [
        _rel(type_, Ref(label, src), Ref(label_of(labels), dst), row)
        for label, ids in _ids(refs).items()
        for type_, src, labels, dst, row in view.rows(cypher.AMONG[label], ids=ids, among=numbers)
        if type_ in RELATIONS
    ]
    return sorted(found, key=_identity)


def _changes(view: _View, since: int) -> Changes:
    """Rows that differ between `since` and the view's revision, or were written in between."""
    earlier = view.earlier(since)
    rows = [
        (label, row)
        for label in LABELS
        for row in view.rows(cypher.CHANGED_NODES[label], since=since)
    ]
    rels = [
        (rel_of(kind, src, dst, row), row)
        for kind in cypher.KINDS
        for src, dst, row in view.rows(cypher.CHANGED_RELS[kind], since=since)
    ]
    new_nodes = {n.ref: n for n in view.nodes(rows, cypher.PAST_ALL, kind="node")}
    old_nodes = {n.ref: n for n in earlier.nodes(rows, cypher.PAST_ALL, kind="node")}
    new_rels = {r.identity: r for r in view.rels(rels, cypher.PAST_ALL, kind="rel")}
    old_rels = {r.identity: r for r in earlier.rels(rels, cypher.PAST_ALL, kind="rel")}
    return Changes(
        view.at,
        sorted(new_nodes.values(), key=lambda node: node.ref),
        sorted(new_rels.values(), key=_identity),
        sorted(old_nodes.keys() - new_nodes.keys()),
        [replace(old_rels[who], props={}) for who in sorted(old_rels.keys() - new_rels.keys())],
    )


def _ids(refs: Iterable[Ref]) -> dict[str, list[str]]:
    ids: dict[str, list[str]] = defaultdict(list)
    for ref in refs:
        if ref.label in LABELS:
            ids[ref.label].append(ref.id)
    return ids
