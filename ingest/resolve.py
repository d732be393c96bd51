"""References: what a cell points at, by id, credit code or exact unique name."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Mapping, Sequence

from graph.model import Node, Ref
from graph.store.base import GraphStore
from graph.tables import TABLES, Column
from ingest.report import CellProblem, RowError
from ingest.rows import Row, reference_columns

__all__ = ["resolve"]


def resolve(rows: Sequence[Row], store: GraphStore) -> tuple[list[Row], list[RowError]]:
    """Rows with ids in place of names, and an error for every reference that finds nobody.

    A row whose reference fails takes down the rows that point at it, each with its own error.
    """
    work = _Resolution(rows, _Known(store))
    work.settle(rows)
    for row in work.kept:
        work.replace(row)
    rings = _cycles(work.kept, work.known)
    work.settle([r for row in rings for r in work.refuse(row, [row.error("parent", "cycle")])])
    return work.kept, work.errors


class _Resolution:
    """The rows still standing, what they are called, and who points at whom."""

    def __init__(self, rows: Sequence[Row], known: _Known) -> None:
        self.known = known
        self.errors: list[RowError] = []
        self._standing = {id(row): row for row in rows}
        self._uses: dict[Ref, list[Row]] = {}
        self._index: dict[str, _Index] = {}
        for row in _identified(rows, known):
            self._count(row, 1)

    @property
    def kept(self) -> list[Row]:
        return list(self._standing.values())

    def settle(self, rows: Iterable[Row]) -> None:
        """Check rows, and again those that lose what they point at (each row falls once)."""
        queue = deque(rows)
        while queue:
            row = queue.popleft()
            if id(row) not in self._standing:
                continue
            found, errors = self._targets(row)
            if errors:
                queue.extend(self.refuse(row, errors))
            for ref in found if not errors else ():
                self._uses.setdefault(ref, []).append(row)

    def refuse(self, row: Row, errors: Sequence[RowError]) -> list[Row]:
        """Take a row out; the rows that pointed at it."""
        self.errors.extend(errors)
        del self._standing[id(row)]
        self._count(row, -1)
        return self._uses.pop(Ref(row.table.label, str(row.values.get("id", ""))), [])

    def replace(self, row: Row) -> None:
        """Ids in place of names."""
        for column in reference_columns(row.table):
            found = [self._target(column, text) for text in _texts(row, column)]
            if found:
                several = isinstance(row.values[column.name], list)
                row.values[column.name] = list(dict.fromkeys(found)) if several else found[0]

    def _count(self, row: Row, by: int) -> None:
        if row.table.label and "id" in row.values:
            index = self._index.setdefault(row.table.label, _Index())
            index.add(str(row.values["id"]), row.values, by)

    def _targets(self, row: Row) -> tuple[list[Ref], list[RowError]]:
        found, errors = list[Ref](), list[RowError]()
        for column in reference_columns(row.table):
            for text in _texts(row, column):
                try:
                    found.append(Ref(TABLES[column.refers].label, self._target(column, text)))
                except CellProblem as problem:
                    errors.append(row.error(column.name, problem.code, given=text, **problem.facts))
        return found, errors

    def _target(self, column: Column, text: str) -> str:
        """The id a cell means.  Raises `CellProblem` when it means nobody or several."""
        label = TABLES[column.refers].label
        mine = self._index.get(label) or _Index()
        for given in _forms(label, text):
            if mine.has(given) or self.known.has(label, given):
                return given
            found = list(dict.fromkeys([*mine.named(given), *self.known.named(label, given)]))
            if len(found) == 1:
                return found[0]
            if found:
                raise CellProblem("ambiguous", ids="、".join(found[:5]))
        if label == "Region" or column.plain:
            return text  # a region outside `regions` stands alone; an applicant stays plain text
        raise CellProblem("dangling", table=TABLES[column.refers].zh[0])


def _forms(label: str, text: str) -> tuple[str, ...]:
    """A text as written, and a credit code also in capitals."""
    return (text, text.upper()) if label == "Enterprise" and len(text) == 18 else (text,)


def _identified(rows: Sequence[Row], known: _Known) -> Sequence[Row]:
    """Enterprises without an id get that of their credit code's holder, else the code itself."""
    firms = [row for row in rows if row.table.label == "Enterprise"]
    held = {
        r.values["uscc"]: str(r.values["id"]) for r in firms if {"id", "uscc"} <= r.values.keys()
    }
    for row in firms:
        if "id" not in row.values:
            code = str(row.values.get("uscc", ""))
            row.values["id"] = held.get(code) or known.holder(code) or code
    return rows


class _Index:
    """What one table's rows of the input are called, and by how many of them."""

    def __init__(self) -> None:
        self._ids: Counter[str] = Counter()
        self._names: dict[str, Counter[str]] = {}
        self._other: dict[str, Counter[str]] = {}

    def add(self, id: str, props: Mapping[str, object], by: int = 1) -> None:
        self._ids[id] += by
        for column, official in _CALLED:
            value = props.get(column)
            for name in value if isinstance(value, list) else [value]:
                if isinstance(name, str) and name:
                    called = self._names if official else self._other
                    called.setdefault(name, Counter())[id] += by

    def has(self, id: str) -> bool:
        return self._ids[id] > 0

    def named(self, text: str) -> Sequence[str]:
        """Ids of those officially called so, else of those also called so."""
        return _held(self._names.get(text)) or _held(self._other.get(text))


def _held(count: Counter[str] | None) -> list[str]:
    return [id for id, n in count.items() if n > 0] if count else []


_CALLED = (("uscc", True), ("name", True), ("short_name", False), ("aliases", False))


class _Known:
    """What the store already holds, read only as far as the input asks."""

    def __init__(self, store: GraphStore) -> None:
        self._store = store
        self._empty = store.revision() == 0
        self._nodes: dict[Ref, Node | None] = {}
        self._names: dict[str, _Index] = {}

    def has(self, label: str, id: str) -> bool:
        return self._node(label, id) is not None

    def parent(self, label: str, id: str) -> str:
        node = self._node(label, id)
        return str(node.props.get("parent", "")) if node else ""

    def holder(self, code: str) -> str:
        """The one enterprise with this credit code, "" when there is none."""
        found = self.named("Enterprise", code)
        return found[0] if len(found) == 1 else ""

    def named(self, label: str, text: str) -> Sequence[str]:
        if self._empty:
            return ()
        if label not in self._names:
            index = _Index()
            for node in self._store.nodes(label):
                index.add(node.ref.id, node.props)
            self._names[label] = index
        return self._names[label].named(text)

    def _node(self, label: str, id: str) -> Node | None:
        if self._empty:
            return None
        ref = Ref(label, id)
        if ref not in self._nodes:
            self._nodes[ref] = self._store.get(ref)
        return self._nodes[ref]


def _texts(row: Row, column: Column) -> list[str]:
    value = row.values.get(column.name, [])
    texts = value if isinstance(value, list) else [str(value)]
    return texts if texts != ["-"] else []


def _cycles(rows: Sequence[Row], known: _Known) -> list[Row]:
    """Rows of regions, segments and parks whose `parent`, here or in the store, leads back."""
    placed = [r for r in rows if r.table.label and "parent" in r.values]
    given = {Ref(r.table.label, str(r.values["id"])): str(r.values["parent"]) for r in placed}
    done, rings = set[Ref](), set[Ref]()
    for start in given:
        path: dict[Ref, None] = {}
        at: Ref | None = start
        while at and at not in done and at not in path:
            path[at] = None
            parent = given.get(at) or known.parent(*at)
            at = Ref(at.label, parent) if parent else None
        if at in path:
            rings.update(list(path)[list(path).index(at) :])
        done.update(path)
    return [r for r in placed if Ref(r.table.label, str(r.values["id"])) in rings]


def stub_regions(rows: Iterable[Row], nodes: Iterable[Node]) -> list[Node]:
    """Regions that are pointed at and described nowhere: nodes with an id and nothing else."""
    described = {n.ref for n in nodes}
    named = {
        Ref("Region", text)
        for row in rows
        for column in reference_columns(row.table)
        if column.refers == "regions"
        for text in _texts(row, column)
    }
    return [Node(ref) for ref in sorted(named - described)]
