"""Parks as they nest: what a sub-park takes over, who its tenants are, what it stands for.

A sub-park (区中园, 园中园) inherits each column it leaves empty from the nearest park around it;
positioning and tenants are its own.  Its tenants are also the outer park's, and its land and floor
part of the outer park's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from math import isnan

import numpy as np

from graph.analysis.facts import Facts
from graph.analysis.relatedness import Relatedness
from graph.arrays import Array

__all__ = ["SHARED", "Park", "parks_of"]

SHARED = frozenset({"land_free_mu", "floor_free_sqm"})  # with the parks around


class Park:
    """One park of a snapshot."""

    def __init__(self, facts: Facts, at: int) -> None:
        self._facts = facts
        self._table = facts.snapshot.nodes("Park")
        self._at = at
        self.id: str = self._table.ids[at]
        self.name = str(self._table.values("name")[at] or self.id)

    @property
    def parent(self) -> str | None:
        """The park directly around it."""
        return _parent(self._facts, self._at)

    def number(self, column: str) -> float | None:
        """A quantity, its own or inherited; None = unknown.

        Land and floor of a sub-park are part of its parent's: it has no more than those around it.
        """
        held = (float(self._table.numbers(column)[at]) for at in self._around)
        known = [value for value in held if not isnan(value)]
        return min(known) if known and column in SHARED else next(iter(known), None)

    def holder(self, column: str) -> str | None:
        """The park whose quantity it is: its own id, or that of the one it takes it from."""
        table, value = self._table, self.number(column)
        return next(
            (table.ids[at] for at in self._around if table.numbers(column)[at] == value), None
        )

    def word(self, column: str) -> str | None:
        """A word, its own or inherited; None = unknown."""
        held = (self._table.values(column)[at] for at in self._around)
        return next((str(value) for value in held if value), None)

    def words(self, column: str) -> Sequence[str] | None:
        """A list, its own or inherited: `["-"]` = no restriction, None = unknown."""
        held = (self._table.values(column)[at] for at in self._around)
        return next((list(value) for value in held if value), None)

    @cached_property
    def positioning(self) -> Mapping[int, float]:
        """Weight by segment position; a missing weight is 1."""
        rels = self._facts.snapshot.rels("POSITIONED_ON", "Park", "Segment")
        weight = rels.numbers("weight")
        return {
            int(rels.dst[i]): 1.0 if isnan(weight[i]) else float(weight[i])
            for i in rels.out(self._at)
        }

    @cached_property
    def tenants(self) -> Sequence[int]:
        """Positions of active tenants of the park and of those inside it."""
        rels = self._facts.snapshot.rels("TENANT_OF", "Enterprise", "Park")
        found = {int(rels.src[i]) for park in self.inside for i in rels.into(park)}
        return sorted(at for at in found if self._facts.active[at])

    @cached_property
    def made(self) -> Array:
        """Which segments its active tenants make."""
        facts, mine = self._facts, np.zeros(len(self._facts.enterprises.ids), bool)
        mine[list(self.tenants)] = True
        made = np.zeros(len(facts.segments.ids), bool)
        made[facts.produces.dst[mine[facts.produces.src]]] = True
        for segment, makers in facts.implied.items():
            made[segment] |= any(mine[facts.enterprises.index[m.enterprise]] for m in makers)
        return made

    @cached_property
    def relatedness(self) -> Relatedness:
        """ω with the park's tenants in the place of a region."""
        return Relatedness(self._facts, self.made)

    @cached_property
    def inside(self) -> Sequence[int]:
        """Positions of the park and of every park within it."""
        return [at for at in range(len(self._table.ids)) if self._at in _path(self._facts, at)]

    @cached_property
    def _around(self) -> Sequence[int]:
        return _path(self._facts, self._at)


def parks_of(facts: Facts) -> Sequence[Park]:
    """Every park in id order, built once."""
    made = lambda: [Park(facts, at) for at in range(len(facts.snapshot.nodes("Park").ids))]  # noqa: E731
    return facts.snapshot.memo.get(("parks", facts.assumed), made)


def _path(facts: Facts, at: int) -> Sequence[int]:
    """The park and those around it, nearest first; a ring ends where it would come back."""
    index, path = facts.snapshot.nodes("Park").index, [at]
    while (up := index.get(_parent(facts, path[-1]) or "")) is not None and up not in path:
        path.append(up)
    return path


def _parent(facts: Facts, at: int) -> str | None:
    parent: str | None = facts.snapshot.nodes("Park").values("parent")[at]
    return parent
