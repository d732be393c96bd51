"""Criticality, shortage and snapshot size beside their plain peers, accuracy in the same row.

Run as `python -m tests.benchmarks.bench_analysis`.  Peers run on a few leaders or entries and are
scaled, marked `~`.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Callable
from math import fsum
from time import perf_counter
from typing import TypeVar

import networkx as nx
import numpy as np

from graph.analysis.coverage import shortage
from graph.analysis.requirements import input_weights, requirements
from graph.arrays import RelTable
from graph.question import Assumptions

SEGMENTS, INPUTS, LEADERS, SLOW_LEADERS = 20_000, 100_000, 100, 2
PAIRS, SLOW_PAIRS = 20_000, 500
ASSUMED = Assumptions()
_T = TypeVar("_T")


def main() -> None:
    """Print one row a comparison."""
    print(f"{'work':<42}{'ours s':>10}{'peer s':>12}{'ratio':>9}  accuracy")
    _criticality()
    _shortage()
    _memory()


def _technology() -> RelTable:
    """A heavy-tailed layered graph with weights."""
    rng = np.random.default_rng(1)
    target = (SEGMENTS * rng.random(INPUTS) ** 2).astype(np.int64)
    source = np.minimum(SEGMENTS - 1, target + 1 + (SEGMENTS * rng.random(INPUTS) ** 3).astype(int))
    keys = np.unique(source * SEGMENTS + target)
    rows = [(int(k // SEGMENTS), int(k % SEGMENTS), "", {"weight": 0.5}) for k in keys]
    return RelTable.build(rows, SEGMENTS, SEGMENTS)


def _criticality() -> None:
    table = _technology()
    inputs = input_weights(table, ASSUMED)
    leaders = [{int(p): 1.0} for p in random.Random(1).sample(range(SEGMENTS // 10), LEADERS)]
    ours, found = _timed(
        lambda: [requirements(inputs, p, SEGMENTS, "up", ASSUMED) for p in leaders]
    )
    graph = nx.DiGraph(
        (int(b), int(a), {"g": 0.875 * 0.5}) for a, b in zip(table.src, table.dst, strict=True)
    )
    slow, walked = _timed(lambda: [_walk(graph, p) for p in leaders[:SLOW_LEADERS]])
    worst = max(
        abs(r.criticality - walked[i][r.segment]) for i in range(SLOW_LEADERS) for r in found[i]
    )
    _row(f"criticality and paths, {LEADERS} leaders", ours, slow * LEADERS / SLOW_LEADERS, worst)


def _walk(graph: nx.DiGraph, products: dict[int, float]) -> dict[int, float]:
    """The same recursion over networkx dictionaries."""
    best: dict[int, float] = {}
    front = dict(products)
    for _ in range(ASSUMED.hops):
        after: dict[int, float] = {}
        for v, p in front.items():
            for u, edge in graph[v].items():
                after[u] = max(after.get(u, 0.0), p * edge["g"])
        for u, p in after.items():
            best[u] = max(best.get(u, 0.0), p)
        front = after
    return best


def _shortage() -> None:
    rng = random.Random(2)
    pairs = [
        [(rng.random(), rng.random()) for _ in range(rng.randint(1, 10))] for _ in range(PAIRS)
    ]
    ours, found = _timed(lambda: [shortage(p) for p in pairs])
    slow, plain = _timed(lambda: [_states(p) for p in pairs[:SLOW_PAIRS]])
    worst = max(abs(a - b) for a, b in zip(found, plain, strict=False))
    _row(f"shortage of {PAIRS} segments", ours, slow * PAIRS / SLOW_PAIRS, worst)


def _states(pairs: list[tuple[float, float]]) -> float:
    """Expected unmet share with the distribution as a dictionary of steps."""
    chances = {0: 1.0}
    for x, rho in pairs:
        n, f = int(64 * x), 64 * x - int(64 * x)
        after: dict[int, float] = {}
        for steps, chance in chances.items():
            for more, p in ((0, 1 - rho), (n, rho * (1 - f)), (n + 1, rho * f)):
                after[min(64, steps + more)] = after.get(min(64, steps + more), 0.0) + chance * p
        chances = after
    return fsum(p * (64 - s) / 64 for s, p in chances.items())


def _memory() -> None:
    table = _technology()
    edges = len(table.src)
    ours = table.src.nbytes + table.dst.nbytes + table.columns["weight"].nbytes
    graph = nx.MultiDiGraph((int(a), int(b)) for a, b in zip(table.src, table.dst, strict=True))
    per_edge = sum(sys.getsizeof(d) for _, _, d in graph.edges(data=True)) / edges + sys.getsizeof(
        graph.adj[next(iter(graph))]
    )
    print(f"{'bytes an edge (ends and weight)':<42}{ours / edges:>10.1f}{per_edge:>11.0f}~")


def _timed(work: Callable[[], _T]) -> tuple[float, _T]:
    started = perf_counter()
    value = work()
    return perf_counter() - started, value


def _row(name: str, ours: float, peer: float, worst: float) -> None:
    print(f"{name:<42}{ours:>10.3f}{peer:>11.3f}~{peer / ours:>8.1f}x  max error {worst:.1e}")


if __name__ == "__main__":
    main()
