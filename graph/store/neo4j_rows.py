"""One write transaction on the rows of a Neo4j database: rows, before-images, hash, revision."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from itertools import groupby
from typing import Any, TypeVar

from graph.model import LABELS, LINK_TYPES, Batch, Ref, Rel
from graph.store import cypher
from graph.store.base import Applied
from graph.store.change import Entry, Image, Intent, Key, NodeChange, RelChange
from graph.store.cypher import Kind, Statement
from graph.store.neo4j_transaction import Transaction
from graph.store.neo4j_values import (
    State,
    born_of,
    node_of,
    rel_of,
    row_from,
    stored_node,
    stored_rel,
    waiting_row,
    where_of,
)
from graph.store.plan import canonical, hash_of, identity, links

__all__ = ["Neo4jChange"]

_MODULUS = 2**256
_SENT = 5_000  # rows of one statement
_OURS = frozenset({"_rev", "_born", "_own"})
_T = TypeVar("_T")


class Neo4jChange:
    """A `graph.store.change.Change` on a Neo4j database; before-images go to `_Past` nodes."""

    def __init__(
        self,
        transaction: Transaction,
        state: State,
        *,
        had: Iterable[str] | None = None,
        changed: bool = False,
        keeps: bool = True,
    ) -> None:
        """On what `state` says is there; `changed` when an earlier part of the same import wrote.

        `had` are the relation types that were there before that import: no part of it says the same
        relation as another.

        Without `keeps` no before-images are kept: an unfinished import is taken back unseen.
        """
        self._tx = transaction
        self.run = transaction.run
        self._keeps = keeps
        self._had = frozenset(state.relations if had is None else had)
        self.state = state
        self.before = state.revision
        self.revision = state.revision + 1
        self._sum = int(state.hash, 16)
        self.changed = changed
        self._nids: dict[Ref, int] = {}
        self._refs: dict[int, Ref] = {}
        self._noted: set[str] = set()
        self._names = defaultdict[str, set[str]](set)  # of stored properties, by relation type
        self._cut: set[tuple[str, Ref, Ref]] = set()  # relations that were taken away
        self._over: list[str] = []  # rows of `_Waiting` whose node has come
        self.had_rels = bool(state.relations)
        self.gained: list[Intent] = []
        self.lost: list[Intent] = []
        self.arrived: list[Ref] = []

    def next_nid(self) -> int:
        """A row number for a new node."""
        self.state.next += 1
        return self.state.next - 1

    def resolve(self, refs: Iterable[Ref]) -> dict[Ref, int]:
        """Row numbers of those of `refs` that exist."""
        wanted = set(refs)
        for label, some in _by_label(wanted - self._nids.keys()):
            for ids, numbers in self._tx.run(cypher.RESOLVE[label], ids=[r.id for r in some]):
                for id_, number in zip(ids, numbers, strict=True):
                    self._know(Ref(label, id_), number)
        return {ref: self._nids[ref] for ref in wanted if ref in self._nids}

    def nodes(self, refs: Iterable[Ref]) -> dict[Ref, NodeChange]:
        """Those of `refs` that exist, as changes that change nothing yet."""
        found: dict[Ref, NodeChange] = {}
        if not self.state.nodes:
            return found
        for label, some in _by_label(refs):
            for (rows,) in self._tx.run(cypher.GET[label], ids=[ref.id for ref in some]):
                for stored in rows:
                    node = node_of(label, stored)
                    self._know(node.ref, stored["_n"])
                    found[node.ref] = NodeChange(
                        stored["_n"], node.ref, born_of(stored), node, node
                    )
        return found

    def rels(self, wanted: Mapping[Key, Rel]) -> dict[Key, RelChange]:
        """Those of `wanted` that exist, as changes that change nothing yet."""
        found = {}
        for kind, keys in self._by_kind(wanted):
            if kind[0] not in self._had and kind[0] not in LINK_TYPES:
                continue  # none of these can be there
            for chunk in _chunks(sorted({self._refs[key[0]].id for key in keys})):
                ((stored,),) = self._tx.run(cypher.GET_RELS[kind], ids=chunk)
                for src, dst, props in stored:
                    if Ref(kind[2], dst) in self._nids:
                        change = self._rel_change(kind, src, dst, props)
                        if change.key in wanted:
                            found[change.key] = change
        return found

    def waiting(self, refs: Iterable[Ref]) -> list[Intent]:
        """Reference columns that point at `refs`, and that nothing could be made of so far."""
        ((rows,),) = self._tx.run(cypher.WAITING, refs=[list(ref) for ref in refs])
        sources = self.resolve({Ref(src_label, src) for *_, src_label, src in rows})
        self._over += [row[0] for row in rows]
        return [
            Intent(sources[Ref(*source)], Ref(*source), (type_, Ref(label, id_)))
            for _, label, id_, type_, *source in rows
        ]

    def write_nodes(self, changes: Sequence[NodeChange]) -> None:
        """Insert, update and delete nodes, and what hangs on them except relations."""
        self._note("node", changes)
        for change in changes:
            self._know(change.ref, change.nid)
        for label, some in groupby(sorted(changes, key=lambda c: c.ref), key=lambda c: c.ref.label):
            rows = list(some)
            created = [stored_node(c, self.revision) for c in rows if c.new and not c.old]
            updated = [stored_node(c, self.revision) for c in rows if c.new and c.old]
            deleted = [c.ref.id for c in rows if not c.new]
            self._send(cypher.CREATE_NODES[label], created)
            self._send(cypher.UPDATE_NODES[label], updated)
            self._send(cypher.DELETE_NODES[label], deleted)
            _count(self.state.nodes, label, len(created) - len(deleted))
        for ref in (c.ref for c in changes if not c.new):
            self._nids.pop(ref, None)
        self._relink(changes)

    def write_rels(self, changes: Sequence[RelChange]) -> None:
        """Insert, update and delete relations."""
        self._note("rel", changes)
        self._cut |= {c.old.identity[:3] for c in changes if c.old and not c.new}
        keyed = {c.key: c for c in changes}
        for kind, keys in self._by_kind(keyed):
            created = [k for k in keys if keyed[k].new and not keyed[k].old]
            updated = [k for k in keys if keyed[k].new and keyed[k].old]
            deleted = [k for k in keys if not keyed[k].new]
            row = lambda key: self._rel_row(keyed[key])  # noqa: E731
            self._send_rels(cypher.CREATE_RELS[kind], created, row)
            self._send_rels(cypher.UPDATE_RELS[kind], updated, row)
            self._send_rels(cypher.DELETE_RELS[kind], deleted, row)
            _count(self.state.relations, kind[0], len(created) - len(deleted))

    def bulk(self, rows: int) -> AbstractContextManager[None]:  # noqa: ARG002
        """Nothing to prepare: the server keeps its indexes at the end of the transaction."""
        return nullcontext()

    def born_rels(self, revision: int, limit: int) -> list[RelChange]:
        """Up to `limit` relations that exist since `revision`, as deletions."""
        for kind in cypher.KINDS:
            if not self.state.relations.get(kind[0]):
                continue
            ((rows,),) = self._tx.run(cypher.BORN_RELS[kind], revision=revision, limit=limit)
            if rows:
                self.resolve(
                    {Ref(kind[1], row[0]) for row in rows} | {Ref(kind[2], row[1]) for row in rows}
                )
                return [self._rel_change(kind, *row)._replace(new=None, own=False) for row in rows]
        return []

    def born_nodes(self, revision: int, limit: int) -> list[NodeChange]:
        """Up to `limit` nodes that exist since `revision`, as deletions."""
        for label in sorted(self.state.nodes):
            ((rows,),) = self._tx.run(cypher.BORN_NODES[label], revision=revision, limit=limit)
            if rows:
                nodes = [(row["_n"], node_of(label, row)) for row in rows]
                return [NodeChange(n, node.ref, revision, node, None) for n, node in nodes]
        return []

    def images(self, revision: int, kind: str, skip: int, limit: int) -> list[Image]:
        """What `revision` changed or took away, of kind `node` or `rel`, as it was; by identity."""
        where = {"revision": revision, "kind": kind, "skip": skip, "limit": limit}
        ((rows,),) = self._tx.run(cypher.IMAGES, **where)
        return [Image(row_from(who, props), born, own) for who, born, own, props in rows]

    def is_live(self, batch: str) -> bool:
        """Whether the ledger holds this batch, not undone."""
        return bool(self._tx.run(cypher.IS_LIVE, batch=batch))

    def record(self, batch: Batch, applied: Applied, at: str) -> None:
        """Write an entry of the ledger."""
        entry = {
            "batch": batch.key,
            "live": batch.key,
            "source": batch.source,
            "revision": applied.revision,
            "changed": applied.status == "committed",
            "at": at,
            "created": applied.created,
            "updated": applied.updated,
            "unchanged": applied.unchanged,
        }
        self._tx.run(cypher.RECORD, entry=entry)

    def newest(self) -> Entry | None:
        """The newest live entry of the ledger."""
        rows = self._tx.run(cypher.NEWEST)
        return Entry(*rows[0]) if rows else None

    def mark_undone(self, number: int) -> None:
        """Flag an entry of the ledger."""
        undone = self.revision if self.changed else self.before
        self._tx.run(cypher.MARK_UNDONE, number=number, revision=undone)

    def close(self) -> int:
        """Write revision and hash if anything changed; the revision that holds now."""
        self.pause()
        if not self.changed:
            return self.before
        self.state.revision = self.revision
        text = self.state.text()
        self._tx.run(cypher.SET_STATE, state=text)
        self._tx.run(cypher.ADD_REVISION, revision=self.revision, state=text)
        return self.revision

    def pause(self) -> None:
        """Bring what follows from the rows so far up to date; the revision is not yet out."""
        self._keep_waiting()
        self.state.hash = f"{self._sum:064x}"
        for type_, names in self._names.items():
            known = self.state.columns.get(type_, [])
            self.state.columns[type_] = sorted({*known, *names} - _OURS)

    def _know(self, ref: Ref, number: int) -> None:
        self._nids[ref] = number
        self._refs[number] = ref

    def _rel_row(self, change: RelChange) -> list[Any]:
        row = [self._refs[change.key[2]].id, change.key[3]]
        if change.new is None:
            return row
        stored = stored_rel(change, self.revision)
        self._names[change.new.type] |= stored.keys()
        return [*row, stored]

    def _rel_change(self, kind: Kind, src: str, dst: str, stored: Mapping[str, Any]) -> RelChange:
        rel = rel_of(kind, src, dst, stored)
        key = (self._nids[rel.src], rel.type, self._nids[rel.dst], rel.key)
        own = stored.get("_own", True)
        return RelChange(key, born_of(stored), rel, rel, own, own)

    def _by_kind(self, keys: Iterable[Key]) -> Iterator[tuple[Kind, list[Key]]]:
        kinds: dict[Kind, list[Key]] = defaultdict(list)
        for key in keys:
            kinds[key[1], self._refs[key[0]].label, self._refs[key[2]].label].append(key)
        for kind in sorted(kinds):
            yield kind, sorted(kinds[kind])

    def _grouped(self, keys: Iterable[Key], row: Any) -> list[list[Any]]:
        """Rows by source, so that each source is looked up once."""
        return [
            [self._refs[src].id, [row(key) for key in some]]
            for src, some in groupby(keys, key=lambda key: key[0])
        ]

    def _send_rels(self, statement: Statement, keys: Sequence[Key], row: Any) -> None:
        for chunk in _chunks(keys):
            self._tx.send(statement, rows=self._grouped(chunk, row))
            self.changed = True

    def _send(self, statement: Statement, rows: Sequence[Any]) -> None:
        for chunk in _chunks(rows):
            self._tx.send(statement, rows=chunk)
            self.changed = True

    def _note(self, kind: str, changes: Sequence[NodeChange] | Sequence[RelChange]) -> None:
        """Keep the hash, and the before-image of whatever was there before this revision."""
        rows = []
        for c in changes:
            row = c.new or c.old
            assert row
            who = identity(row)
            self._sum += hash_of(who, canonical(c.new.props)) if c.new else 0
            old = canonical(c.old.props) if c.old else None
            self._sum -= hash_of(who, old) if old is not None else 0
            if self._keeps and c.born < self.revision and who not in self._noted:
                self._noted.add(who)
                born = c.born if c.old else None
                image = {"kind": kind, "identity": who, "revision": self.revision, "born": born}
                rows.append({**image, "own": c.was_own, "props": old, **where_of(row)})
        self._sum %= _MODULUS
        self._send(cypher.ADD_PAST, rows)

    def _relink(self, changes: Sequence[NodeChange]) -> None:
        """Collect what reference columns no longer point at, and what they do now."""
        lost, gained = [], []
        for c in changes:
            before, after = links(c.old), links(c.new)
            lost += [Intent(c.nid, c.ref, link) for link in sorted(before - after)]
            gained += [Intent(c.nid, c.ref, link) for link in sorted(after - before)]
        self._send(cypher.DROP_WAITING, [waiting_row(i.source, i.link) for i in lost])
        self.lost += lost
        self.gained += gained
        self.arrived += [c.new.ref for c in changes if c.new and not c.old]

    def _keep_waiting(self) -> None:
        """Columns that point at nobody wait in the store until somebody comes."""
        self._send(cypher.DROP_ARRIVED, self._over)
        pointed = {(i.source, i.link) for i in self.gained}
        there = self.resolve({link[1] for _, link in pointed})
        rows = {(source, link) for source, link in pointed if link[1] not in there}
        # A column whose relation goes although it still says so: an undo takes its target next.
        sources = self.nodes({source for _, source, _ in self._cut})
        rows |= {
            (source, (type_, target))
            for type_, source, target in self._cut
            if source in sources and (type_, target) in links(sources[source].old)
        }
        self._send(cypher.ADD_WAITING, [waiting_row(*row) for row in sorted(rows)])
        self.lost, self.gained, self.arrived = [], [], []
        self._cut, self._over = set(), []


def _count(counts: dict[str, int], name: str, more: int) -> None:
    counts[name] = counts.get(name, 0) + more
    if not counts[name]:
        del counts[name]


def _by_label(refs: Iterable[Ref]) -> Iterator[tuple[str, list[Ref]]]:
    labels: dict[str, list[Ref]] = defaultdict(list)
    for ref in refs:
        if ref.label in LABELS:
            labels[ref.label].append(ref)
    yield from labels.items()


def _chunks(rows: Sequence[_T]) -> Iterator[Sequence[_T]]:
    for start in range(0, len(rows), _SENT):
        yield rows[start : start + _SENT]
