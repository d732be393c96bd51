"""The whole graph as arrays, taken once per revision and moved forward change by change."""

from __future__ import annotations

import gc
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING, Protocol, TypeVar, cast

from graph.arrays import Kind, Moved, NodeTable, RelBlock, RelRow, RelTable, known
from graph.model import LABELS, RELATIONS, Node, Ref, Rel

if TYPE_CHECKING:
    import networkx as nx

__all__ = ["FEW", "MANY", "SMALL", "Memo", "Snapshot", "SnapshotCache", "take"]

FEW, MANY = 64, 512  # results kept beside a snapshot
SMALL = 20_000  # relations up to which many are kept: some ten thousand bytes each
_T = TypeVar("_T")
_K = TypeVar("_K")


class _Changes(Protocol):
    @property
    def revision(self) -> int: ...
    @property
    def nodes(self) -> Sequence[Node]: ...
    @property
    def rels(self) -> Sequence[Rel]: ...
    @property
    def gone_nodes(self) -> Sequence[Ref]: ...
    @property
    def gone_rels(self) -> Sequence[Rel]: ...


class _Store(Protocol):
    """The part of `graph.store.base.GraphStore` a snapshot reads."""

    def reading(self) -> AbstractContextManager[int]: ...
    def revision(self) -> int: ...
    def nodes(self, label: str) -> Iterator[Node]: ...
    def columns(self, type: str) -> Iterator[RelBlock]: ...
    def changes(self, since: int) -> _Changes: ...


class Memo:
    """The newest results worked out on one snapshot, up to `limit`; they go when it goes."""

    def __init__(self, limit: int = FEW) -> None:
        self.limit = limit
        self._held: OrderedDict[object, object] = OrderedDict()
        self._lock = Lock()

    def get(self, key: object, make: Callable[[], _T]) -> _T:
        """What `make` once gave for `key`; two threads may both make it, one result is kept."""
        with self._lock:
            if key in self._held:
                self._held.move_to_end(key)
                return cast("_T", self._held[key])
        made = make()
        with self._lock:
            self._held[key] = made
            while len(self._held) > self.limit:
                self._held.popitem(last=False)
        return made


@dataclass(frozen=True, eq=False)
class Snapshot:
    """One revision of the graph as arrays."""

    revision: int
    tables: Mapping[str, NodeTable]
    relations: Mapping[Kind, RelTable]
    memo: Memo = field(default_factory=Memo, repr=False)

    def __post_init__(self) -> None:
        """A small graph keeps the answers about all its leaders and regions."""
        if sum(len(table.src) for table in self.relations.values()) <= SMALL:
            self.memo.limit = MANY

    def nodes(self, label: str) -> NodeTable:
        """The nodes of a label (an empty table where there are none)."""
        return self.tables.get(label) or NodeTable.build(label, [])

    def rels(self, type: str, src: str, dst: str) -> RelTable:
        """The relations of one kind (an empty table where there are none)."""
        found = self.relations.get((type, src, dst))
        return found or RelTable.build([], *_sizes(self.tables, (type, src, dst)))

    def apply(self, changes: _Changes) -> Snapshot:
        """The snapshot at `changes.revision`, equal to one taken there."""
        tables, moved = dict(self.tables), dict[str, Moved]()
        upserts = _by(changes.nodes, lambda n: n.ref.label)
        gone = _by(changes.gone_nodes, lambda r: r.label)
        for label in {*upserts, *gone}:
            tables[label], moved[label] = self.nodes(label).moved(
                {n.ref.id: n.props for n in upserts.get(label, [])},
                {r.id for r in gone.get(label, [])},
            )
        relations = _moved_relations(self, tables, moved, changes)
        return Snapshot(changes.revision, {k: t for k, t in tables.items() if t.ids}, relations)

    def to_networkx(
        self, refs: Collection[Ref] | None = None, types: Collection[str] | None = None
    ) -> nx.MultiDiGraph[Ref]:
        """A `networkx.MultiDiGraph` of the whole graph, of some nodes, or of some relation types.

        Nodes are `Ref`s, edge keys `(type, key)`, attributes what is known.  It is a copy: nothing
        done to it reaches the snapshot.
        """
        import networkx as nx

        out: nx.MultiDiGraph[Ref] = nx.MultiDiGraph()
        for table in self.tables.values():
            for i, id_ in enumerate(table.ids):
                if refs is None or Ref(table.label, id_) in refs:
                    out.add_node(Ref(table.label, id_), **known(table.columns, i))
        for rel in self.iter_rels(types):
            if rel.src in out and rel.dst in out:
                out.add_edge(rel.src, rel.dst, key=(rel.type, rel.key), **rel.props)
        return out

    def iter_rels(self, types: Collection[str] | None = None) -> Iterator[Rel]:
        """Every relation (of some types) with its known properties."""
        for (type_, src, dst), table in self.relations.items():
            if types is None or type_ in types:
                sources, targets = self.nodes(src).ids, self.nodes(dst).ids
                for i in range(len(table.src)):
                    a, b = Ref(src, sources[table.src[i]]), Ref(dst, targets[table.dst[i]])
                    yield Rel(type_, a, b, table.keys[i], known(table.columns, i))


def take(store: _Store) -> Snapshot:
    """The store's graph at its present revision, read in one transaction."""
    with store.reading() as revision, _uncollected():
        tables = {
            label: NodeTable.build(label, [(n.ref.id, n.props) for n in store.nodes(label)])
            for label in LABELS
        }
        tables = {label: table for label, table in tables.items() if table.ids}
        relations = {
            kind: RelTable.of(blocks, tables[kind[1]], tables[kind[2]])
            for type_ in sorted(RELATIONS)
            for kind, blocks in sorted(_by(store.columns(type_), lambda b: b.kind).items())
        }
    return Snapshot(revision, tables, relations)


@contextmanager
def _uncollected() -> Iterator[None]:
    """Without the collector of cycles, which would go through millions of rows that have none."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


class SnapshotCache:
    """The newest snapshot of a store, moved forward by its changes instead of taken anew."""

    def __init__(self, store: _Store) -> None:
        self._store = store
        self._newest: Snapshot | None = None
        self._lock = Lock()

    def get(self) -> Snapshot:
        """The snapshot of the store's present revision."""
        with self._lock:
            held = self._newest
            if held is None:
                held = take(self._store)
            elif held.revision != self._store.revision():
                held = held.apply(self._store.changes(held.revision))
            self._newest = held
            return held


def _moved_relations(
    old: Snapshot, tables: Mapping[str, NodeTable], moved: Mapping[str, Moved], changes: _Changes
) -> dict[Kind, RelTable]:
    upserts, gone = _by(changes.rels, _kind), _by(changes.gone_rels, _kind)
    relations = {}
    for kind in sorted({*old.relations, *upserts, *gone}):
        _, src, dst = kind
        table = old.rels(*kind)
        if src in moved or dst in moved:
            table = table.renumbered(moved.get(src), moved.get(dst), _sizes(tables, kind))
        if kind in upserts or kind in gone:
            alive = [r for r in gone.get(kind, []) if _ends_exist(r, tables)]
            table = table.changed(
                _rows(upserts.get(kind, []), tables),
                [(a, b, key) for a, b, key, _ in _rows(alive, tables)],
            )
        if len(table.src):
            relations[kind] = table
    return relations


def _rows(rels: Iterable[Rel], tables: Mapping[str, NodeTable]) -> list[RelRow]:
    return [
        (tables[r.src.label].index[r.src.id], tables[r.dst.label].index[r.dst.id], r.key, r.props)
        for r in rels
    ]


def _ends_exist(rel: Rel, tables: Mapping[str, NodeTable]) -> bool:
    return all(
        ref.label in tables and ref.id in tables[ref.label].index for ref in rel.identity[1:3]
    )


def _sizes(tables: Mapping[str, NodeTable], kind: Kind) -> tuple[int, int]:
    sizes = [len(tables[label].ids) if label in tables else 0 for label in kind[1:]]
    return sizes[0], sizes[1]


def _kind(rel: Rel) -> Kind:
    return (rel.type, rel.src.label, rel.dst.label)


def _by(rows: Iterable[_T], key: Callable[[_T], _K]) -> dict[_K, list[_T]]:
    groups: dict[_K, list[_T]] = {}
    for row in rows:
        groups.setdefault(key(row), []).append(row)
    return groups
