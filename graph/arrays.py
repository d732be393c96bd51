"""Nodes and relations of one kind as dense arrays, and how a change moves them.

Nodes of a label stand in id order, relations of a (type, source label, target label) in
(source, target, key) order as CSR; positions are int32 within the label.  A property is one dense
column: float64 with NaN for unknown where every value is a number, else objects with None.
Columns that nobody fills do not exist.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, groupby, islice
from math import isnan
from types import NoneType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from graph.model import Props, Rel, Value

__all__ = [
    "Array",
    "Kind",
    "Moved",
    "NodeTable",
    "RelBlock",
    "RelRow",
    "RelTable",
    "blocks_of",
    "known",
]

Array = NDArray[Any]
Kind = tuple[str, str, str]  # type, source label, target label
Moved = Array  # old position -> new position, -1 = gone
RelRow = tuple[int, int, str, Props]  # source, target, key, properties
_UNSEEN = frozenset({"claims"})  # the dossier reads claims from the store


@dataclass(frozen=True, eq=False)
class NodeTable:
    """Nodes of one label: ids in order and one column a property."""

    label: str
    ids: Sequence[str] = ()
    columns: Mapping[str, Array] = None  # type: ignore[assignment]

    @classmethod
    def build(cls, label: str, rows: Sequence[tuple[str, Props]]) -> NodeTable:
        """From (id, properties) in id order."""
        return cls(label, [i for i, _ in rows], _columns([p for _, p in rows]))

    @cached_property
    def index(self) -> Mapping[str, int]:
        """id -> position."""
        return {id_: i for i, id_ in enumerate(self.ids)}

    def numbers(self, name: str) -> Array:
        """float64 column, NaN = unknown; all NaN where nobody fills it."""
        return self.columns[name] if name in self.columns else self._unknown[0]

    def values(self, name: str) -> Array:
        """Object column, None = unknown."""
        return self.columns[name] if name in self.columns else self._unknown[1]

    @cached_property
    def _unknown(self) -> tuple[Array, Array]:
        return np.full(len(self.ids), np.nan), np.full(len(self.ids), None, object)

    def moved(self, upserts: Mapping[str, Props], gone: set[str]) -> tuple[NodeTable, Moved]:
        """The table after a change, and where each old position went."""
        kept = [i for i in self.ids if i not in gone]
        fresh = [i for i in upserts if i not in self.index]
        ids = sorted([*kept, *fresh]) if fresh else kept
        table = NodeTable(self.label, ids, {})
        where = np.fromiter((table.index.get(i, -1) for i in self.ids), np.int64, len(self.ids))
        columns = {k: _scatter(c, where, len(ids)) for k, c in self.columns.items()}
        for id_, props in upserts.items():
            _put(columns, table.index[id_], props, len(ids))
        return NodeTable(self.label, ids, _settled(columns)), where


@dataclass(frozen=True)
class RelBlock:
    """Some relations of one kind as columns of one length; an unknown value is None or NaN."""

    kind: Kind
    src: Sequence[str]
    dst: Sequence[str]
    keys: Sequence[str]
    columns: Mapping[str, Sequence[Value | None]]


def blocks_of(rels: Iterable[Rel], size: int = 20_000) -> Iterator[RelBlock]:
    """Relations as blocks of up to `size`, a new one wherever the kind changes."""
    for kind, some in groupby(rels, key=lambda r: (r.type, r.src.label, r.dst.label)):
        while rows := list(islice(some, size)):
            names = {name for rel in rows for name in rel.props} - _UNSEEN
            yield RelBlock(
                kind,
                [rel.src.id for rel in rows],
                [rel.dst.id for rel in rows],
                [rel.key for rel in rows],
                {name: [rel.props.get(name) for rel in rows] for name in names},
            )


@dataclass(frozen=True, eq=False)
class RelTable:
    """Relations of one kind, sorted by (src, dst, key)."""

    src: Array
    dst: Array
    keys: Array  # objects; "" where a relation has no key
    columns: Mapping[str, Array]
    sources: int
    targets: int

    @classmethod
    def build(cls, rows: Sequence[RelRow], sources: int, targets: int) -> RelTable:
        """From rows already in (source, target, key) order."""
        return cls(
            np.fromiter((r[0] for r in rows), np.int32, len(rows)),
            np.fromiter((r[1] for r in rows), np.int32, len(rows)),
            _objects([r[2] for r in rows]),
            _columns([r[3] for r in rows]),
            sources,
            targets,
        )

    @classmethod
    def of(cls, blocks: Sequence[RelBlock], src: NodeTable, dst: NodeTable) -> RelTable:
        """From blocks of one kind in any order."""
        a = _positions([block.src for block in blocks], src)
        b = _positions([block.dst for block in blocks], dst)
        keys = [key for block in blocks for key in block.keys]
        order = np.lexsort((np.array(keys, str), b, a) if any(keys) else (b, a))
        columns = _settled(
            {
                name: _column_of(_joined(blocks, name))[order]
                for name in {name for block in blocks for name in block.columns}
            }
        )
        ends = len(src.ids), len(dst.ids)
        return cls(a[order], b[order], _objects(keys)[order], columns, *ends)

    @cached_property
    def indptr(self) -> Array:
        """CSR row pointer: relations of source i are `indptr[i]:indptr[i + 1]`."""
        return np.searchsorted(self.src, np.arange(self.sources + 1))

    @cached_property
    def inbound(self) -> tuple[Array, Array]:
        """CSC: row pointer by target, and relation positions in (dst, src, key) order."""
        order = np.argsort(self.dst, kind="stable")
        return np.searchsorted(self.dst[order], np.arange(self.targets + 1)), order

    def out(self, source: int) -> range:
        """Positions of a source's relations."""
        return range(int(self.indptr[source]), int(self.indptr[source + 1]))

    def into(self, target: int) -> Array:
        """Positions of the relations that end in a target, by source."""
        pointer, order = self.inbound
        return order[pointer[target] : pointer[target + 1]]

    def numbers(self, name: str) -> Array:
        """float64 column, NaN = unknown; all NaN where nobody fills it."""
        return self.columns[name] if name in self.columns else self._unknown[0]

    def values(self, name: str) -> Array:
        """Object column, None = unknown."""
        return self.columns[name] if name in self.columns else self._unknown[1]

    @cached_property
    def _unknown(self) -> tuple[Array, Array]:
        return np.full(len(self.src), np.nan), np.full(len(self.src), None, object)

    def find(self, src: int, dst: int, key: str) -> int:
        """Position of a relation, -1 where there is none."""
        row = self.out(src)
        at = row.start + int(np.searchsorted(self.dst[row.start : row.stop], dst))
        while at < row.stop and self.dst[at] == dst:
            if self.keys[at] == key:
                return at
            at += 1
        return -1

    def renumbered(self, src: Moved | None, dst: Moved | None, sizes: tuple[int, int]) -> RelTable:
        """The same relations after their end labels moved; those of a gone end go with it."""
        a = self.src if src is None else src[self.src].astype(np.int32)
        b = self.dst if dst is None else dst[self.dst].astype(np.int32)
        stay = (a >= 0) & (b >= 0)
        columns = {k: c[stay] for k, c in self.columns.items()}
        return RelTable(a[stay], b[stay], self.keys[stay], columns, *sizes)

    def changed(self, upserts: Sequence[RelRow], gone: Sequence[tuple[int, int, str]]) -> RelTable:
        """With `gone` taken out and `upserts` put in or replaced."""
        out = [self.find(*g) for g in [*gone, *((s, d, k) for s, d, k, _ in upserts)]]
        stay = np.ones(len(self.src), bool)
        stay[[i for i in out if i >= 0]] = False
        base = RelTable(
            self.src[stay],
            self.dst[stay],
            self.keys[stay],
            {k: c[stay] for k, c in self.columns.items()},
            self.sources,
            self.targets,
        )
        return base._with(sorted(upserts, key=lambda r: r[:3])) if upserts else base._trim()

    def _with(self, rows: Sequence[RelRow]) -> RelTable:
        at = [self._place(*row[:3]) for row in rows]
        new = RelTable.build(rows, self.sources, self.targets)
        columns = {
            name: np.insert(
                *_alike(_column(self, name), at, _column(new, name))  # widened to one dtype
            )
            for name in {*self.columns, *new.columns}
        }
        return RelTable(
            np.insert(self.src, at, new.src),
            np.insert(self.dst, at, new.dst),
            np.insert(self.keys, at, new.keys),
            _settled(columns),
            self.sources,
            self.targets,
        )

    def _place(self, src: int, dst: int, key: str) -> int:
        row = self.out(src)
        at = row.start + int(np.searchsorted(self.dst[row.start : row.stop], dst))
        while at < row.stop and self.dst[at] == dst and self.keys[at] < key:
            at += 1
        return at

    def _trim(self) -> RelTable:
        columns = _settled(self.columns)
        return RelTable(self.src, self.dst, self.keys, columns, self.sources, self.targets)


def known(columns: Mapping[str, Array], at: int) -> dict[str, Value]:
    """The known properties of one row."""
    row = {name: column[at] for name, column in columns.items()}
    return {
        name: float(v) if isinstance(v, np.floating) else v
        for name, v in row.items()
        if v is not None and not (isinstance(v, np.floating) and np.isnan(v))
    }


def _columns(rows: Sequence[Props]) -> dict[str, Array]:
    names = sorted({name for row in rows for name in row} - _UNSEEN)
    return {name: _column_of([row.get(name) for row in rows]) for name in names}


def _positions(ids: Sequence[Sequence[str]], table: NodeTable) -> Array:
    found = map(table.index.__getitem__, chain.from_iterable(ids))
    return np.fromiter(found, np.int32, sum(map(len, ids)))


def _joined(blocks: Sequence[RelBlock], name: str) -> list[Value | None]:
    unknown: list[None] = [None]
    return list(
        chain.from_iterable(block.columns.get(name, unknown * len(block.keys)) for block in blocks)
    )


def _column_of(values: Sequence[Value | None]) -> Array:
    kinds = set(map(type, values))
    numbers = {kind for kind in kinds if issubclass(kind, float)}
    if kinds <= numbers | {NoneType}:
        return np.array(values, np.float64)  # None becomes NaN
    if numbers:
        values = [None if isinstance(v, float) and isnan(v) else v for v in values]
    return _objects(values)


def _objects(values: Sequence[object]) -> Array:
    return np.fromiter(values, object, len(values))


def _column(table: RelTable, name: str) -> Array:
    column = table.columns.get(name)
    return np.full(len(table.src), np.nan) if column is None else column


def _alike(old: Array, at: list[int], new: Array) -> tuple[Array, list[int], Array]:
    if old.dtype == new.dtype:
        return old, at, new
    return _as_objects(old), at, _as_objects(new)


def _as_objects(column: Array) -> Array:
    if column.dtype == object:
        return column
    return _objects([None if np.isnan(v) else float(v) for v in column])


def _scatter(column: Array, where: Moved, size: int) -> Array:
    empty: object = None if column.dtype == object else np.nan
    moved = np.full(size, empty, column.dtype)
    moved[where[where >= 0]] = column[where >= 0]
    return moved


def _put(columns: dict[str, Array], at: int, props: Props, size: int) -> None:
    """Write one row: a column it does not fill becomes unknown there."""
    for name in columns.keys() - props.keys():
        columns[name][at] = None if columns[name].dtype == object else np.nan
    for name in props.keys() - _UNSEEN:
        value = props[name]
        column = columns.get(name)
        if column is None:
            column = np.full(size, np.nan) if isinstance(value, float) else _objects([None] * size)
        elif not isinstance(value, float):
            column = _as_objects(column)
        column[at] = value
        columns[name] = column


def _settled(columns: Mapping[str, Array]) -> dict[str, Array]:
    """Columns in name order, without those nobody fills, numbers as float64: as built anew."""
    settled = {}
    for name in sorted(columns):
        column = columns[name]
        if column.dtype == object:
            column = _column_of(column.tolist()) if _numeric(column) else column
            filled = column.dtype != object or any(v is not None for v in column)
        else:
            filled = not np.isnan(column).all()
        if filled:
            settled[name] = column
    return settled


def _numeric(column: Array) -> bool:
    return any(v is not None for v in column) and all(
        v is None or isinstance(v, float) for v in column
    )
