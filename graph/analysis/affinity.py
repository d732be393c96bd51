"""How close a candidate stands to a leader in the graph of ties.

Personalised PageRank from the leader (Haveliwala 2002), restart 0.15, on the undirected simple
graph of SUPPLIES, INVESTS_IN, PRODUCES, OFFERS and PROPOSED_BY; mass at dead ends returns to the
leader.  `tie = clip(1 + log10(mass / largest mass of another enterprise or project)/4, 0, 1)`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import log10

import numpy as np
from scipy import sparse

from graph.arrays import Array
from graph.question import Assumptions
from graph.snapshot import Snapshot

__all__ = ["Ties"]

_LABELS = ("Enterprise", "Project", "Segment")  # snapshot order
_KINDS = (
    ("SUPPLIES", "Enterprise", "Enterprise"),
    ("INVESTS_IN", "Enterprise", "Enterprise"),
    ("PRODUCES", "Enterprise", "Segment"),
    ("OFFERS", "Project", "Segment"),
    ("PROPOSED_BY", "Project", "Enterprise"),
)


class Ties:
    """Ties of every enterprise and project to one leader, or to a pseudo-leader (None)."""

    def __init__(
        self, snapshot: Snapshot, leader: str | None, products: Iterable[int], assumed: Assumptions
    ) -> None:
        self._snapshot = snapshot
        self._offset = _offsets(snapshot)
        start = self._offset["end"]  # a pseudo-leader: one more node, tied to what it makes
        if leader is not None:
            start = snapshot.nodes("Enterprise").index[leader]
        own = [] if leader is not None else [self._offset["Segment"] + s for s in products]
        step = _matrix(snapshot, self._offset, start, own)
        self._mass = _walk(step, start, assumed)
        others = self._mass[: self._offset["Segment"]].copy()
        others[start : start + 1] = 0.0
        self._largest = float(others.max(initial=0.0))

    def of(self, label: str, id: str) -> float:
        """Tie of an enterprise or project in [0, 1], to six decimals; mass 0 is 0."""
        at = self._offset[label] + self._snapshot.nodes(label).index[id]
        mass = float(self._mass[at])
        if mass <= 0 or self._largest <= 0:
            return 0.0
        return round(min(1.0, max(0.0, 1 + log10(mass / self._largest) / 4)), 6)


def _offsets(snapshot: Snapshot) -> Mapping[str, int]:
    sizes = [len(snapshot.nodes(label).ids) for label in _LABELS]
    ends = np.cumsum([0, *sizes]).tolist()
    return dict(zip((*_LABELS, "end"), ends, strict=True))


def _matrix(
    snapshot: Snapshot, offset: Mapping[str, int], start: int, own: Sequence[int]
) -> sparse.csr_array:
    """Column-stochastic adjacency, with edges from `start` to `own`: one step of the walk."""
    tables = [(snapshot.rels(*kind), kind) for kind in _KINDS]
    a = np.concatenate([[start] * len(own), *(t.src + offset[k[1]] for t, k in tables)])
    b = np.concatenate([own, *(t.dst + offset[k[2]] for t, k in tables)])
    a, b = a.astype(np.int64), b.astype(np.int64)
    a, b = np.concatenate([a, b]), np.concatenate([b, a])
    apart = a != b
    size = offset["end"] + 1
    pairs = np.unique(a[apart] * size + b[apart])
    rows, columns = pairs // size, pairs % size
    degree = np.bincount(columns, minlength=size)
    return sparse.csr_array((1.0 / degree[columns], (rows, columns)), shape=(size, size))


def _walk(step: sparse.csr_array, start: int, assumed: Assumptions) -> Array:
    dangling = np.asarray(step.sum(axis=0)) == 0
    mass = np.zeros(step.shape[0])
    mass[start] = 1.0
    keep = 1 - assumed.restart
    while True:
        after: Array = keep * (step @ mass)
        after[start] += keep * mass[dangling].sum() + assumed.restart
        if np.abs(after - mass).sum() <= assumed.tolerance:
            return after
        mass = after
