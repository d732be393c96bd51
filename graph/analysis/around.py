"""What is around a thing: the first of it, what is hidden, and every relation between."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Iterator, Sequence
from itertools import accumulate

import numpy as np

from graph.analysis.picture import CAP, Picture
from graph.arrays import Array, RelTable, known
from graph.errors import NotFound
from graph.model import LABELS, Node, Ref, Rel
from graph.snapshot import Snapshot

__all__ = ["MORE", "picture"]

MORE = 20  # neighbours that opening a thing adds


def picture(
    snapshot: Snapshot,
    center: Ref,
    *,
    hops: int = 1,
    limit: int = 150,
    opened: Sequence[Ref] = (),
) -> Picture:
    """`limit` things within `hops` of `center`, nearest first and equally near ones in id order.

    Each of `opened` then adds itself and its first 20 neighbours that are not shown yet; nothing
    ever shows more than 300.  Raises `NotFound` for a centre or an opened thing that is nowhere.
    """
    graph = _Graph(snapshot)
    shown, reached = graph.around(center, hops, min(max(limit, 1), CAP))
    for ref in opened:
        ring = graph.near([graph.code(ref)])
        fresh = [code for code in ring if code not in shown][:MORE]
        wanted = dict.fromkeys([graph.code(ref), *fresh])
        shown |= dict.fromkeys([c for c in wanted if c not in shown][: CAP - len(shown)])
        reached |= {graph.code(ref), *ring}
    rels = sorted(graph.among(shown), key=lambda r: r.identity)
    ends = [end for rel in rels for end in {rel.src, rel.dst}]
    degree = {graph.ref(code): 0 for code in sorted(shown)}
    for end in ends:
        degree[end] += 1
    return Picture(
        center,
        [graph.node(code) for code in sorted(shown)],
        rels,
        len(reached - shown.keys()),
        list(opened),
        degree,
        graph.beyond(shown),
    )


class _Graph:
    """Every node under one number, in the order of the snapshot."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        sizes = [len(snapshot.nodes(label).ids) for label in LABELS]
        self._starts = [*accumulate(sizes[:-1], initial=0)]
        self._first = dict(zip(LABELS, self._starts, strict=True))
        self._size = sum(sizes)

    def code(self, ref: Ref) -> int:
        """The number of a node.  Raises `NotFound`."""
        at = self._snapshot.nodes(ref.label).index.get(ref.id)
        if at is None or ref.label not in self._first:
            raise NotFound("unknown_node", label=ref.label, id=ref.id)
        return self._first[ref.label] + at

    def ref(self, code: int) -> Ref:
        label = LABELS[bisect_right(self._starts, code) - 1]
        return Ref(label, self._snapshot.nodes(label).ids[code - self._first[label]])

    def node(self, code: int) -> Node:
        ref = self.ref(code)
        return Node(ref, known(self._snapshot.nodes(ref.label).columns, self._row(ref, code)))

    def _row(self, ref: Ref, code: int) -> int:
        return code - self._first[ref.label]

    def around(self, center: Ref, hops: int, limit: int) -> tuple[dict[int, None], set[int]]:
        """The first `limit` nodes within `hops`, and all of them."""
        shown = {self.code(center): None}
        reached, ring = set(shown), list(shown)
        for _ in range(hops):
            ring = [code for code in self.near(ring) if code not in reached]
            reached |= set(ring)
            shown |= dict.fromkeys(ring[: limit - len(shown)])
        return shown, reached

    def near(self, codes: Collection[int]) -> list[int]:
        """What the nodes are related to, by id; they themselves only where related to another."""
        here, found = self._mask(codes), np.zeros(self._size, bool)
        for _, src, dst in self._edges():
            found[dst[here[src]]] = True
            found[src[here[dst]]] = True
        return sorted(np.flatnonzero(found).tolist(), key=lambda code: self.ref(code)[::-1])

    def among(self, codes: Collection[int]) -> Iterator[Rel]:
        """Every relation between two of the nodes."""
        here = self._mask(codes)
        for (kind, table), src, dst in self._edges():
            for at in np.flatnonzero(here[src] & here[dst]).tolist():
                ends = self.ref(int(src[at])), self.ref(int(dst[at]))
                yield Rel(kind, *ends, table.keys[at], known(table.columns, at))

    def beyond(self, codes: Collection[int]) -> dict[Ref, int]:
        """For each of the nodes, how many different neighbours are not among them."""
        here, pairs = self._mask(codes), [np.empty(0, np.int64)]
        for _, src, dst in self._edges():
            for a, b in ((src, dst), (dst, src)):
                out = here[a] & ~here[b]
                pairs.append(a[out] * self._size + b[out])
        owner = np.unique(np.concatenate(pairs)) // max(self._size, 1)
        owners, counts = np.unique(owner, return_counts=True)
        found = dict(zip(owners.tolist(), counts.tolist(), strict=True))
        return {self.ref(code): found.get(code, 0) for code in sorted(codes)}

    def _mask(self, codes: Collection[int]) -> Array:
        mask = np.zeros(self._size, bool)
        mask[list(codes)] = True
        return mask

    def _edges(self) -> Iterator[tuple[tuple[str, RelTable], Array, Array]]:
        for (kind, src, dst), table in self._snapshot.relations.items():
            ends = (
                table.src.astype(np.int64) + self._first[src],
                table.dst.astype(np.int64) + self._first[dst],
            )
            yield (kind, table), *ends
