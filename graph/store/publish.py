"""What `apply` and `undo` do inside one write transaction, on any engine."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import islice
from typing import NamedTuple, TypeVar

from graph.errors import DataError, NotFound
from graph.model import Batch, Node, Props, Ref, Rel, merge
from graph.store.base import Applied
from graph.store.change import Change, Image, Intent, Key, NodeChange, RelChange
from graph.store.plan import check_key, checked_nodes, checked_rels, counted, settle

__all__ = ["Stage", "Tally", "finish", "now", "publish", "step_back", "take_back", "write"]

_CHUNK = 20_000  # rows held in memory beside the batch itself
_T = TypeVar("_T")


@dataclass
class Tally:
    """Rows created, updated and unchanged."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0

    def add(self, old: Props | None, new: Props) -> None:
        """Count one row of the batch."""
        if old is None:
            self.created += 1
        elif old != new:
            self.updated += 1
        else:
            self.unchanged += 1


class Stage(NamedTuple):
    """How far an undo has come: its step, and how many before-images of that step are restored."""

    step: int = 0
    restored: int = 0

    @property
    def done(self) -> bool:
        """Whether nothing is left."""
        return self.step == len(_STEPS)


def publish(change: Change, batch: Batch) -> Applied:
    """Apply `batch`, or find that it was applied before."""
    check_key(batch)
    if change.is_live(batch.key):
        rows = counted(batch.nodes) + len(batch.rels)
        return Applied(batch.key, "unchanged", change.before, 0, 0, rows)
    tally = Tally()
    write(change, checked_nodes(batch), checked_rels(batch), tally)
    return finish(change, batch, tally)


def write(change: Change, nodes: Mapping[Ref, Props], rels: Sequence[Rel], tally: Tally) -> None:
    """Merge checked rows into the graph, and what follows from them."""
    with change.bulk(len(rels)):
        _upsert_nodes(change, nodes, tally)
        _upsert_rels(change, rels, tally)
        _drop_lost(change)
        _add_gained(change)
        _add_arrived(change)


def finish(change: Change, batch: Batch, tally: Tally) -> Applied:
    """Publish what was written, with its entry in the ledger."""
    revision = change.close()
    status = "committed" if revision != change.before else "unchanged"
    applied = Applied(batch.key, status, revision, tally.created, tally.updated, tally.unchanged)
    change.record(batch, applied, now())
    return applied


def take_back(change: Change) -> Applied:
    """Undo the newest live entry of the ledger, as a new revision; counts are that entry's."""
    entry = change.newest()
    if entry is None:
        raise NotFound("nothing_to_undo")
    stage = Stage(0 if entry.changed else len(_STEPS))
    while not stage.done:
        stage = step_back(change, entry.revision, stage, _CHUNK)
    change.mark_undone(entry.number)
    return Applied(entry.batch, "undone", change.close(), entry.created, entry.updated, 0)


def step_back(change: Change, revision: int, stage: Stage, limit: int) -> Stage:
    """Undo up to `limit` rows of a revision: what it created goes, then the rest is as it was.

    Relations go before their ends, and ends come back before relations.
    """
    return _STEPS[stage.step](change, revision, stage, limit)


def now() -> str:
    """The present second in UTC, ISO 8601."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def _upsert_nodes(change: Change, nodes: Mapping[Ref, Props], tally: Tally) -> None:
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


def _upsert_rels(change: Change, rels: Sequence[Rel], tally: Tally) -> None:
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
    change: Change, key: Key, rel: Rel, held: Mapping[Key, RelChange], tally: Tally
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


def _add_arrived(change: Change) -> None:
    """Relations for columns that were waiting for a node of this batch."""
    done = {(intent.src, intent.link) for intent in change.gained}
    for refs in _chunks(change.arrived):
        waiting = [i for i in change.waiting(refs) if (i.src, i.link) not in done]
        _add_derived(change, _with_target(change, waiting))


def _add_derived(change: Change, wanted: Mapping[Key, Rel]) -> None:
    held = change.rels(wanted)
    new = sorted(key for key in wanted if key not in held)
    change.write_rels(
        [RelChange(key, change.revision, None, wanted[key], False, False) for key in new]
    )


def _remove_rels(change: Change, revision: int, stage: Stage, limit: int) -> Stage:
    rels = change.born_rels(revision, limit)
    change.write_rels(rels)
    return stage if rels else Stage(stage.step + 1)


def _remove_nodes(change: Change, revision: int, stage: Stage, limit: int) -> Stage:
    nodes = change.born_nodes(revision, limit)
    change.write_nodes(nodes)
    return stage if nodes else Stage(stage.step + 1)


def _restore_nodes(change: Change, revision: int, stage: Stage, limit: int) -> Stage:
    images = change.images(revision, "node", stage.restored, limit)
    before = {image.row.ref: image.row for image in images if isinstance(image.row, Node)}
    held = change.nodes(before)
    change.write_nodes([held[ref]._replace(new=node) for ref, node in before.items()])
    return _after(stage, images)


def _restore_rels(change: Change, revision: int, stage: Stage, limit: int) -> Stage:
    images = change.images(revision, "rel", stage.restored, limit)
    rows = [(image.row, image) for image in images if isinstance(image.row, Rel)]
    nids = change.resolve({ref for rel, _ in rows for ref in (rel.src, rel.dst)})
    keyed = {_key(rel, nids): (rel, image) for rel, image in rows}
    held = change.rels({key: rel for key, (rel, _) in keyed.items()})
    change.write_rels(
        [
            held[key]._replace(new=rel, own=image.own)
            if key in held
            else RelChange(key, image.born, None, rel, False, image.own)
            for key, (rel, image) in keyed.items()
        ]
    )
    return _after(stage, images)


def _after(stage: Stage, images: Sequence[Image]) -> Stage:
    more = Stage(stage.step, stage.restored + len(images))
    return more if images else Stage(stage.step + 1)


_STEPS = (_remove_rels, _remove_nodes, _restore_nodes, _restore_rels)


def _key(rel: Rel, nids: Mapping[Ref, int]) -> Key:
    return (nids[rel.src], rel.type, nids[rel.dst], rel.key)


def _chunks(rows: Iterable[_T]) -> Iterator[list[_T]]:
    found = iter(rows)
    while some := list(islice(found, _CHUNK)):
        yield some
