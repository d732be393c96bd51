"""What `apply` and `undo` do inside one write transaction of a SQLite file."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import islice
from typing import Any, TypeVar

from graph.errors import DataError, NotFound
from graph.model import Batch, Node, Props, Ref, Rel, merge
from graph.store.base import Applied
from graph.store.plan import checked_nodes, checked_rels, counted, settle
from graph.store.sqlite_rows import Change, Intent, Key, NodeChange, RelChange

__all__ = ["publish", "take_back"]

_CHUNK = 20_000  # rows held in memory beside the batch itself
_BULK = 20_000  # relations from which an empty store is loaded without its secondary indexes
_T = TypeVar("_T")


def publish(db: sqlite3.Connection, batch: Batch) -> Applied:
    """Apply `batch`, or find that it was applied before."""
    change = Change(db)
    if _is_live(db, batch.key):
        rows = counted(batch.nodes) + len(batch.rels)
        return Applied(batch.key, "unchanged", change.before, 0, 0, rows)
    try:
        tally = _upsert(change, db, batch)
    except UnicodeEncodeError as error:  # half of a surrogate pair: no store can write it
        raise DataError("value", value=ascii(error.object[error.start : error.end])) from error
    revision = change.close()
    status = "committed" if revision != change.before else "unchanged"
    applied = Applied(batch.key, status, revision, tally.created, tally.updated, tally.unchanged)
    _record(db, batch, applied)
    return applied


def take_back(db: sqlite3.Connection) -> Applied:
    """Undo the newest live entry of the ledger, as a new revision; counts are that entry's."""
    row = db.execute(
        "SELECT entry, batch, revision, changed, created, updated FROM ledger"
        " WHERE NOT undone ORDER BY entry DESC LIMIT 1"
    ).fetchone()
    if not row:
        raise NotFound("nothing_to_undo")
    entry, batch, revision, changed, created, updated = row
    change = Change(db)
    if changed:
        _remove_born(change, db, revision)
        _restore(change, db, revision)
    db.execute("UPDATE ledger SET undone = 1 WHERE entry = ?", (entry,))
    return Applied(batch, "undone", change.close(), created, updated, 0)


def _is_live(db: sqlite3.Connection, key: str) -> bool:
    live = db.execute("SELECT 1 FROM ledger WHERE batch = ? AND NOT undone", (key,))
    return live.fetchone() is not None


def _record(db: sqlite3.Connection, batch: Batch, applied: Applied) -> None:
    at = datetime.now(UTC).isoformat(timespec="seconds")
    changed = applied.status == "committed"
    db.execute(
        "INSERT INTO ledger(batch, source, revision, changed, at, created, updated)"
        " VALUES(?, ?, ?, ?, ?, ?, ?)",
        (batch.key, batch.source, applied.revision, changed, at, applied.created, applied.updated),
    )


class _Tally:
    """Rows created, updated and unchanged."""

    def __init__(self) -> None:
        self.created = self.updated = self.unchanged = 0

    def add(self, old: Props | None, new: Props) -> None:
        """Count one row of the batch."""
        if old is None:
            self.created += 1
        elif old != new:
            self.updated += 1
        else:
            self.unchanged += 1


def _upsert(change: Change, db: sqlite3.Connection, batch: Batch) -> _Tally:
    nodes, rels = checked_nodes(batch), checked_rels(batch)
    bulk = len(rels) >= _BULK and not change.had_rels
    if bulk:
        change.drop_indexes()
    tally = _Tally()
    _upsert_nodes(change, nodes, tally)
    _upsert_rels(change, rels, tally)
    _drop_lost(change)
    _add_gained(change)
    _add_arrived(change, db)
    if bulk:
        change.build_indexes()
    return tally


def _upsert_nodes(change: Change, nodes: Mapping[Ref, Props], tally: _Tally) -> None:
    for refs in _chunks(nodes):
        held = change.nodes(refs)
        changes = []
        for ref in refs:
            row = held.get(ref) or NodeChange(change.next_nid(), ref, change.revision, None, None)
            old = row.old.props if row.old else None
            new = settle(old, nodes[ref])
            if counted([Node(ref, nodes[ref])]):
                tally.add(old or None, new)
            if old is None or old != new:
                changes.append(row._replace(new=Node(ref, new)))
        change.write_nodes(changes)


def _upsert_rels(change: Change, rels: Sequence[Rel], tally: _Tally) -> None:
    nids = change.resolve({ref for rel in rels for ref in (rel.src, rel.dst)})
    _refuse_dangling(rels, nids)
    # In the order of the primary key, so that a load appends to it instead of jumping about.
    rows = sorted(rels, key=lambda r: (nids[r.src], r.type, nids[r.dst], r.key))
    for some in _chunks(_folded(rows)):
        keyed = {_key(rel, nids): rel for rel in some}
        held = change.rels(keyed) if change.had_rels else {}
        change.write_rels(
            [row for key, rel in keyed.items() if (row := _upserted(change, key, rel, held, tally))]
        )


def _upserted(
    change: Change, key: Key, rel: Rel, held: Mapping[Key, RelChange], tally: _Tally
) -> RelChange | None:
    """What one row of the batch changes: nothing, when it is already there."""
    row = held.get(key)
    old = row.old if row and row.was_own else None
    if old is None:  # a derived relation has nothing to merge with
        tally.add(None, rel.props)
        return (
            row._replace(new=rel, own=True)
            if row
            else RelChange(key, change.revision, None, rel, False, True)
        )
    props = merge(old.props, rel.props)
    tally.add(old.props, props)
    return row._replace(new=replace(rel, props=props)) if row and props != old.props else None


def _refuse_dangling(rels: Iterable[Rel], nids: Mapping[Ref, int]) -> None:
    for rel in rels:
        if rel.src not in nids or rel.dst not in nids:
            raise DataError("dangling", type=rel.type, src=rel.src, dst=rel.dst)


def _folded(rels: Iterable[Rel]) -> Iterator[Rel]:
    """Sorted relations with equal neighbours merged into one."""
    last: Rel | None = None
    for rel in rels:
        if last and last.dst == rel.dst and last.identity == rel.identity:
            last = replace(last, props=merge(last.props, rel.props))
            continue
        if last:
            yield last
        last = rel
    if last:
        yield last


def _drop_lost(change: Change) -> None:
    """Take out derived relations whose column has another value now."""
    for some in _chunks(change.lost):
        held = change.rels(_with_target(change, some)).values()
        change.write_rels([row._replace(new=None) for row in held if not row.was_own])


def _add_gained(change: Change) -> None:
    """Relations for new column values; a value that names nobody waits for its node."""
    for some in _chunks(change.gained):
        _add_derived(change, _with_target(change, some))


def _with_target(change: Change, intents: Sequence[Intent]) -> dict[Key, Rel]:
    """The relations of those of `intents` whose target exists."""
    nids = change.resolve({intent.link[1] for intent in intents})
    return {(i.src, i.link[0], nids[i.link[1]], ""): i.rel for i in intents if i.link[1] in nids}


def _add_arrived(change: Change, db: sqlite3.Connection) -> None:
    """Relations for columns that were waiting for a node of this batch."""
    done = {(intent.src, intent.link) for intent in change.gained}
    for refs in _chunks(change.arrived):
        nids = change.resolve(refs)
        rows = db.execute(
            "SELECT l.label, l.id, l.type, l.src, n.label, n.id FROM json_each(?) j"
            " CROSS JOIN link l ON l.label = json_extract(j.value, '$[0]')"
            " AND l.id = json_extract(j.value, '$[1]') CROSS JOIN node n ON n.nid = l.src",
            (json.dumps(refs),),
        )
        wanted = {}
        for label, id_, type_, src, source_label, source_id in rows:
            target = Ref(label, id_)
            if (src, (type_, target)) not in done:
                rel = Rel(type_, Ref(source_label, source_id), target)
                wanted[src, type_, nids[target], ""] = rel
        _add_derived(change, wanted)


def _add_derived(change: Change, wanted: Mapping[Key, Rel]) -> None:
    held = change.rels(wanted)
    new = sorted(key for key in wanted if key not in held)
    change.write_rels(
        [RelChange(key, change.revision, None, wanted[key], False, False) for key in new]
    )


def _remove_born(change: Change, db: sqlite3.Connection, revision: int) -> None:
    """Undo's first half: what the batch created goes, relations before their ends."""
    # Never deleted or changed before it was born: rev >= born, so the index on rev finds them all.
    while rows := db.execute(
        "SELECT r.src, r.type, r.dst, r.key, r.born, r.own, r.props, s.label, s.id, d.label, d.id"
        " FROM rel r CROSS JOIN node s ON s.nid = r.src CROSS JOIN node d ON d.nid = r.dst"
        " WHERE r.rev >= ? AND r.born = ? LIMIT ?",
        (revision, revision, _CHUNK),
    ).fetchall():
        change.write_rels([_removed_rel(row) for row in rows])
    while rows := db.execute(
        "SELECT nid, label, id, born, props FROM node WHERE rev >= ? AND born = ? LIMIT ?",
        (revision, revision, _CHUNK),
    ).fetchall():
        change.write_nodes([_removed_node(row) for row in rows])


def _removed_node(row: tuple[Any, ...]) -> NodeChange:
    nid, label, id_, born, props = row
    ref = Ref(label, id_)
    return NodeChange(nid, ref, born, Node(ref, json.loads(props)), None)


def _removed_rel(row: tuple[Any, ...]) -> RelChange:
    src, type_, dst, key, born, own, props, *ends = row
    rel = Rel(type_, Ref(*ends[:2]), Ref(*ends[2:]), key, json.loads(props))
    return RelChange((src, type_, dst, key), born, rel, None, bool(own), False)


def _restore(change: Change, db: sqlite3.Connection, revision: int) -> None:
    """Undo's second half: what the batch changed or took away is back, ends before relations."""
    for rows in _chunks(_past(db, revision, "node")):
        before = {Ref(*identity): json.loads(props) for identity, _, _, props in rows}
        held = change.nodes(before)
        change.write_nodes([held[ref]._replace(new=Node(ref, before[ref])) for ref in before])
    for rows in _chunks(_past(db, revision, "rel")):
        rels = [Rel(i[0], Ref(*i[1:3]), Ref(*i[3:5]), i[5], json.loads(p)) for i, _, _, p in rows]
        nids = change.resolve({ref for rel in rels for ref in (rel.src, rel.dst)})
        keyed = {_key(rel, nids): rel for rel in rels}
        held_rels = change.rels(keyed)
        change.write_rels(
            [
                held_rels[key]._replace(new=rel, own=bool(own))
                if key in held_rels
                else RelChange(key, born, None, rel, False, bool(own))
                for (key, rel), (_, born, own, _) in zip(keyed.items(), rows, strict=True)
            ]
        )


def _past(db: sqlite3.Connection, revision: int, kind: str) -> Iterator[tuple[Any, ...]]:
    rows = db.execute(
        "SELECT identity, born, own, props FROM past WHERE revision = ? AND kind = ?",
        (revision, kind),
    )
    return ((json.loads(identity), *rest) for identity, *rest in rows.fetchall())


def _key(rel: Rel, nids: Mapping[Ref, int]) -> Key:
    return (nids[rel.src], rel.type, nids[rel.dst], rel.key)


def _chunks(rows: Iterable[_T]) -> Iterator[list[_T]]:
    found = iter(rows)
    while some := list(islice(found, _CHUNK)):
        yield some
