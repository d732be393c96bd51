"""What a Neo4j database answers as of one revision, also when a later one is there already."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from operator import attrgetter
from typing import Any

from graph.errors import NotFound
from graph.model import LABELS, RELATIONS, Node, Ref, Rel
from graph.store import cypher
from graph.store.base import Changes, LedgerEntry, Neighbourhood, Stats
from graph.store.cypher import Statement
from graph.store.neo4j_transaction import Transaction
from graph.store.neo4j_values import State, born_of, label_of, node_of, rel_of, row_from
from graph.store.plan import identity, is_text
from graph.store.text import grams, index_query, search_text, terms

__all__ = [
    "Quiet",
    "View",
    "changes",
    "get",
    "ledger",
    "neighbourhood",
    "rels_of",
    "search",
    "stats",
    "what_is_there",
]

_identity = attrgetter("identity")


@dataclass(frozen=True)
class Quiet:
    """What is published and by how many commits, at a moment when none is under way."""

    count: int
    state: str
    importing: str | None

    @property
    def revision(self) -> int:
        return int(json.loads(self.state)["revision"])


class View:
    """One attempt at an answer as of revision `at`."""

    def __init__(self, transaction: Transaction, at: int, quiet: Quiet) -> None:
        self._transaction = transaction
        self._quiet = quiet
        self.run = transaction.run
        self.at = at
        # Rows younger than `at` are in the database.
        self.behind = quiet.revision != at or quiet.importing is not None

    @cached_property
    def state(self) -> State:
        """What is published now, which may be later than `at`."""
        return State.read(self._quiet.state)

    def lacks(self, name: str) -> bool:
        """Whether there is certainly no node of a label, or no relation of a type."""
        return not (self.behind or name in self.state.nodes or name in self.state.relations)

    def earlier(self, at: int) -> View:
        """The same moment seen as of another revision."""
        return View(self._transaction, at, self._quiet)

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
            for ref, row in self.before(past, **where):
                _put(held, ref, row)
        return list(held.values())

    def rels(
        self, found: Iterable[tuple[Rel, Mapping[str, Any]]], past: Statement, **where: object
    ) -> list[Rel]:
        """Relations as of `at`, in identity order."""
        held = {rel.identity: rel for rel, row in found if born_of(row) <= self.at}
        if self.behind:
            for who, row in self.before(past, **where):
                _put(held, who, row)
        return sorted(held.values(), key=_identity)

    def before(self, past: Statement, **where: object) -> Iterator[tuple[Any, Any]]:
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


def what_is_there(view: View) -> tuple[int, frozenset[str]]:
    """The revision, and the labels and types it has."""
    found = stats(view)
    return view.at, frozenset(found.nodes.keys() | found.relations.keys())


def ledger(view: View, limit: int) -> list[LedgerEntry]:
    """Applied batches, newest first; one undone later is not undone yet."""
    found = []
    for *told, undone in view.run(cypher.LEDGER, at=view.at, limit=max(limit, 0)):
        batch, source, revision, at, created, updated = told
        taken_back = undone is not None and undone <= view.at
        found.append(LedgerEntry(batch, source, revision, at, created, updated, taken_back))
    return found


def stats(view: View) -> Stats:
    """Counts, revision and content hash."""
    state = view.state
    if state.revision != view.at:
        rows = view.run(cypher.STATE_AT, revision=view.at)
        state = State.read(rows[0][0]) if rows else State()
    nodes, relations = sorted(state.nodes.items()), sorted(state.relations.items())
    return Stats(dict(nodes), dict(relations), view.at, state.hash)


def _put(held: dict[Any, Any], key: Any, row: Any) -> None:
    if row is None:
        held.pop(key, None)
    else:
        held[key] = row


def get(view: View, refs: Sequence[Ref]) -> list[Node]:
    found = [
        (label, row)
        for label, ids in _ids(refs).items()
        for row in view.rows(cypher.GET[label], ids=ids)
    ]
    identities = [identity(Node(ref)) for ref in refs]
    return view.nodes(found, cypher.PAST_KEYS, identities=identities)


def rels_of(view: View, ref: Ref) -> list[Rel]:
    """Every relation of a node, both directions, in identity order."""
    if ref.label not in LABELS:
        return []
    rows = [
        (type_, ref, Ref(label_of(labels), dst), row)
        for type_, _, labels, dst, row in view.rows(cypher.RELS_FROM[ref.label], id=ref.id)
    ]
    rows += [
        (type_, Ref(label_of(labels), src), ref, row)
        for type_, labels, src, row in view.rows(cypher.RELS_INTO[ref.label], id=ref.id)
    ]
    return view.rels(_ours(rows), cypher.PAST_OF, label=ref.label, id=ref.id)


def _ours(
    rows: Iterable[tuple[str, Ref, Ref, Mapping[str, Any]]],
) -> Iterator[tuple[Rel, Mapping[str, Any]]]:
    """Those rows that are relations of the vocabulary: a user may have made others."""
    for type_, src, dst, row in rows:
        if (src.label, dst.label) in RELATIONS.get(type_, ()):
            yield rel_of((type_, src.label, dst.label), src.id, dst.id, row), row


def search(view: View, text: str, labels: Sequence[str], limit: int) -> list[Node]:
    """Nodes whose names hold every word of `text`; exact names first, then id order."""
    exact, every = terms(text)
    query = index_query(text)
    statement = cypher.SEARCH_INDEX if query else cypher.SEARCH_SCAN
    moved = dict(view.before(cypher.PAST_ALL, kind="node")) if view.behind else {}
    found: dict[Ref, Node] = {}
    for pieces in ([exact], every):
        if len(found) == limit:
            break
        rows = view.rows(
            statement,
            query=query,
            terms=pieces,
            labels=[*labels],
            at=view.at,
            limit=limit + len(found) + len(moved),
        )
        nodes = [node_of(label_of(names), row) for names, row in rows if label_of(names)]
        nodes = [node for node in nodes if node.ref not in moved]
        nodes += [node for node in moved.values() if node and _named(node, pieces, labels)]
        ordered = sorted(nodes, key=lambda node: (node.ref.id, node.ref.label))
        new = [node for node in ordered if node.ref not in found]
        found |= {node.ref: node for node in new[: limit - len(found)]}
    return list(found.values())


def _named(node: Node, pieces: Sequence[str], labels: Sequence[str]) -> bool:
    text = search_text(node)
    return (
        bool(text)
        and (not labels or node.ref.label in labels)
        and all(piece in grams(text) for piece in pieces)
    )


def neighbourhood(view: View, ref: Ref, limit: int, hops: int) -> Neighbourhood:
    if ref.label not in LABELS or not is_text(ref.id) or not get(view, [ref]):
        raise NotFound("node", label=ref.label, id=ref.id)
    seen, ring, shown = {ref}, {ref}, [ref]
    for _ in range(hops):
        ring = _around(view, ring) - seen
        seen |= ring
        room = max(limit + 1 - len(shown), 0)
        shown += sorted(ring, key=lambda r: (r.id, r.label))[:room]
    nodes = {node.ref: node for node in get(view, shown)}
    return Neighbourhood([nodes[r] for r in shown], _among(view, shown), len(seen) - len(shown))


def _around(view: View, ring: Iterable[Ref]) -> set[Ref]:
    if view.behind:
        return {end for ref in ring for rel in rels_of(view, ref) for end in (rel.src, rel.dst)}
    return {
        Ref(label_of(labels), id_)
        for label, ids in _ids(ring).items()
        for labels, id_ in view.rows(cypher.AROUND[label], ids=ids, types=[*RELATIONS])
        if label_of(labels)
    }


def _among(view: View, refs: Sequence[Ref]) -> list[Rel]:
    there = set(refs)
    if view.behind:
        rels = {rel.identity: rel for ref in refs for rel in rels_of(view, ref)}
        inside = [rel for rel in rels.values() if rel.src in there and rel.dst in there]
        return sorted(inside, key=_identity)
    numbers = [
        number
        for label, ids in _ids(refs).items()
        for _, some in view.run(cypher.RESOLVE[label], ids=ids)
        for number in some
    ]
    found = (
        (type_, Ref(label, src), Ref(label_of(labels), dst), row)
        for label, ids in _ids(refs).items()
        for type_, src, labels, dst, row in view.rows(cypher.AMONG[label], ids=ids, among=numbers)
    )
    return sorted((rel for rel, _ in _ours(found)), key=_identity)


def changes(view: View, since: int) -> Changes:
    """Rows that differ between `since` and the view's revision."""
    earlier = view.earlier(since)
    rows = [
        (label, row)
        for label in LABELS
        if not view.lacks(label)
        for row in view.rows(cypher.CHANGED_NODES[label], since=since)
    ]
    rels = [
        (rel_of(kind, src, dst, row), row)
        for kind in cypher.KINDS
        if not view.lacks(kind[0])
        for src, dst, row in view.rows(cypher.CHANGED_RELS[kind], since=since)
    ]
    new_nodes = {n.ref: n for n in view.nodes(rows, cypher.PAST_ALL, kind="node")}
    old_nodes = {n.ref: n for n in earlier.nodes(rows, cypher.PAST_ALL, kind="node")}
    new_rels = {r.identity: r for r in view.rels(rels, cypher.PAST_ALL, kind="rel")}
    old_rels = {r.identity: r for r in earlier.rels(rels, cypher.PAST_ALL, kind="rel")}
    return Changes(
        view.at,
        [new_nodes[ref] for ref in sorted(new_nodes) if new_nodes[ref] != old_nodes.get(ref)],
        [new_rels[who] for who in sorted(new_rels) if new_rels[who] != old_rels.get(who)],
        sorted(old_nodes.keys() - new_nodes.keys()),
        [replace(old_rels[who], props={}) for who in sorted(old_rels.keys() - new_rels.keys())],
    )


def _ids(refs: Iterable[Ref]) -> dict[str, list[str]]:
    ids: dict[str, list[str]] = defaultdict(list)
    for ref in refs:
        if ref.label in LABELS:
            ids[ref.label].append(ref.id)
    return ids
