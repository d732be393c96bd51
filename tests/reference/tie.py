"""§5: tie of a firm or project to the leader, by personalised PageRank on the graph of ties."""

from __future__ import annotations

import math

from tests.reference.world import World

__all__ = ["masses", "tie"]

RESTART = 0.15
TOLERANCE = 1e-12

Node = tuple[str, str]


def masses(world: World, leader: str) -> dict[Node, float]:
    """Power iteration from all mass at the leader until the L1 change is at most 1e-12."""
    home = ("Enterprise", leader)
    neighbours = _neighbours(world)
    nodes = sorted({home, *neighbours})
    mass = {node: 1.0 if node == home else 0.0 for node in nodes}
    while True:
        dangling = math.fsum(mass[n] for n in nodes if not neighbours.get(n))
        after = {}
        for node in nodes:
            near = neighbours.get(node, [])
            arriving = math.fsum(mass[other] / len(neighbours[other]) for other in near)
            jump = RESTART + (1 - RESTART) * dangling if node == home else 0.0
            after[node] = jump + (1 - RESTART) * arriving
        change = math.fsum(abs(after[n] - mass[n]) for n in nodes)
        mass = after
        if change <= TOLERANCE:
            return mass


def tie(mass: dict[Node, float], leader: str, node: Node) -> float:
    """`clip(1 + log10(mass / largest)/4, 0, 1)` to 6 decimals; no mass is no tie."""
    others = [m for n, m in mass.items() if n[0] != "Segment" and n != ("Enterprise", leader)]
    largest = max(others, default=0.0)
    own = mass.get(node, 0.0)
    if own == 0.0:
        return 0.0
    return round(min(1.0, max(0.0, 1 + math.log10(own / largest) / 4)), 6)


def _neighbours(world: World) -> dict[Node, list[Node]]:
    """The undirected simple graph: no loops, no parallels."""
    found: dict[Node, set[Node]] = {}
    for a, b in world.ties:
        if a != b:
            found.setdefault(a, set()).add(b)
            found.setdefault(b, set()).add(a)
    return {node: sorted(near) for node, near in sorted(found.items())}
