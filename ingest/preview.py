"""What a batch would do to a store, without doing it."""

from __future__ import annotations

from collections import Counter

from graph.model import Batch, Props, merge
from graph.store.base import Applied, GraphStore

__all__ = ["preview"]


def preview(batch: Batch, store: GraphStore) -> Applied:
    """Counts as `apply` would report them; nothing is written."""
    count: Counter[str] = Counter()
    nodes = [n for n in batch.nodes if n.props and n.ref.label != "Evidence"]
    held = store.get_many([n.ref for n in nodes])
    for node in nodes:
        old = held.get(node.ref)
        count[_fate(old.props if old and old.props else None, node.props)] += 1
    kinds = {rel.type for rel in batch.rels} if store.revision() else set()
    known = {rel.identity: rel.props for kind in kinds for rel in store.rels(kind)}
    for rel in batch.rels:
        count[_fate(known.get(rel.identity), rel.props)] += 1
    return Applied(
        batch.key,
        "unchanged",
        store.revision(),
        count["created"],
        count["updated"],
        count["unchanged"],
    )


def _fate(old: Props | None, new: Props) -> str:
    if old is None:
        return "created"
    return "unchanged" if merge(old, new) == old else "updated"
