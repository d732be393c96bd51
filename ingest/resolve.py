"""References: what a cell points at, by id, credit code or exact unique name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from graph.model import Node, Ref
from graph.store.base import GraphStore
from graph.tables import TABLES, Column
from ingest.report import CellProblem, RowError
from ingest.rows import Row, reference_columns

__all__ = ["resolve"]


def resolve(rows: Sequence[Row], store: GraphStore) -> tuple[list[Row], list[RowError]]:
    """Rows with ids in place of names, and an error for every reference that finds nobody.

    A row whose reference fails takes down the rows that point at it, each with its own error: the
    pass is repeated until nothing more falls.
    """
    errors: list[RowError] = []
    kept = [row for row in rows if _identified(row)]
    known = _Known(store)
    while True:
        index = _index(kept)
        found = {id(row): _errors(row, index, known) for row in kept}
        bad = [e for row in kept for e in found[id(row)]]
        if not bad:
            break
        errors.extend(bad)
        kept = [row for row in kept if not found[id(row)]]
    for row in kept:
        _replace(row, index, known)
    cycles = _cycles(kept)
    return [r for r in kept if r not in cycles], [*errors, *(_cycle_error(r) for r in cycles)]


def _identified(row: Row) -> bool:
    if row.table.label == "Enterprise":
        row.values.setdefault("id", row.values.get("uscc", ""))
    return True


class _Index:
    """What one table's rows of the input are called."""

    def __init__(self) -> None:
        self.ids: set[str] = set()
        self.names: dict[str, dict[str, None]] = {}
        self.other: dict[str, dict[str, None]] = {}

    def add(self, id: str, props: Mapping[str, object]) -> None:
        self.ids.add(id)
        for column, names in _CALLED:
            value = props.get(column)
            for name in value if isinstance(value, list) else [value]:
                if isinstance(name, str) and name:
                    getattr(self, names).setdefault(name, {})[id] = None

    def named(self, text: str) -> Sequence[str]:
        return list(self.names.get(text) or self.other.get(text) or ())


_CALLED = (("uscc", "names"), ("name", "names"), ("short_name", "other"), ("aliases", "other"))


class _Known:
    """What the store already holds, read only as far as the input asks."""

    def __init__(self, store: GraphStore) -> None:
        self._store = store
        self._empty = store.revision() == 0
        self._ids: dict[Ref, bool] = {}
        self._names: dict[str, _Index] = {}

    def has(self, label: str, id: str) -> bool:
        if self._empty:
            return False
        ref = Ref(label, id)
        if ref not in self._ids:
            self._ids[ref] = self._store.get(ref) is not None
        return self._ids[ref]

    def named(self, label: str, text: str) -> Sequence[str]:
        if self._empty:
            return ()
        if label not in self._names:
            index = _Index()
            for node in self._store.nodes(label):
                index.add(node.ref.id, node.props)
            self._names[label] = index
        return self._names[label].named(text)


def _index(rows: Iterable[Row]) -> Mapping[str, _Index]:
    found: dict[str, _Index] = {}
    for row in rows:
        if row.table.label and "id" in row.values:
            found.setdefault(row.table.label, _Index()).add(str(row.values["id"]), row.values)
    return found


def _errors(row: Row, index: Mapping[str, _Index], known: _Known) -> list[RowError]:
    errors = []
    for column in reference_columns(row.table):
        for text in _texts(row, column):
            try:
                _target(column, text, index, known)
            except CellProblem as problem:
                errors.append(row.error(column.name, problem.code, given=text, **problem.facts))
    return errors


def _replace(row: Row, index: Mapping[str, _Index], known: _Known) -> None:
    for column in reference_columns(row.table):
        found = [_target(column, text, index, known) for text in _texts(row, column)]
        if found:
            row.values[column.name] = (
                found if isinstance(row.values[column.name], list) else found[0]
            )


def _texts(row: Row, column: Column) -> list[str]:
    value = row.values.get(column.name, [])
    texts = value if isinstance(value, list) else [str(value)]
    return texts if texts != ["-"] else []


def _target(column: Column, text: str, index: Mapping[str, _Index], known: _Known) -> str:
    """The id a cell means.  Raises `CellProblem` when it means nobody or several."""
    label = TABLES[column.refers].label
    mine = index.get(label) or _Index()
    if text in mine.ids or known.has(label, text):
        return text
    found = list(dict.fromkeys([*mine.named(text), *known.named(label, text)]))
    if len(found) == 1:
        return found[0]
    if found:
        raise CellProblem("ambiguous", ids="、".join(found[:5]))
    if label == "Region" or column.plain:
        return text  # a region outside `regions` stands alone; an applicant stays plain text
    raise CellProblem("dangling", table=TABLES[column.refers].zh[0])


def _cycles(rows: Sequence[Row]) -> list[Row]:
    """Rows of regions, segments and parks whose `parent` leads back to themselves."""
    parents: dict[tuple[str, str], str] = {
        (r.table.label, str(r.values["id"])): str(r.values["parent"])
        for r in rows
        if r.table.label and "parent" in r.values
    }
    return [
        r
        for r in rows
        if "parent" in r.values and _loops(r.table.label, str(r.values["id"]), parents)
    ]


def _loops(label: str, start: str, parents: Mapping[tuple[str, str], str]) -> bool:
    seen, at = set[str](), start
    while (label, at) in parents and at not in seen:
        seen.add(at)
        at = parents[label, at]
    return at == start and bool(seen)


def _cycle_error(row: Row) -> RowError:
    return row.error("parent", "cycle")


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
