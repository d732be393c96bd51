"""What the relation graph shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from graph.model import Node, Ref, Rel

__all__ = ["CAP", "Picture"]

CAP = 300  # things one picture holds


@dataclass(frozen=True)
class Picture:
    """Things around a centre with every relation among them.

    `hidden` counts what the limits left out of those within `hops` of the centre and beside the
    opened things; `degree` the relations shown of a thing, `beyond` its neighbours not shown.
    """

    center: Ref | None
    nodes: Sequence[Node]
    rels: Sequence[Rel]
    hidden: int
    opened: Sequence[Ref]
    degree: Mapping[Ref, int]
    beyond: Mapping[Ref, int]
