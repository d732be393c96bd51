"""§3: criticality by writing down every walk of 1 to 6 hops from every product."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

__all__ = ["Critical", "criticality"]

GAMMA = 0.875
DELTA = 0.5
HOPS = 6

Arcs = dict[str, list[tuple[str, float]]]
"""From a segment to (next segment, g) in the direction of the walk."""


@dataclass(frozen=True)
class Critical:
    """The largest value of any walk ending in a segment, and the path that is shown."""

    value: float
    path: tuple[str, ...]


def criticality(
    weights: dict[tuple[str, str], float], products: dict[str, float], direction: str
) -> dict[str, Critical]:
    """`c(s)` of every segment that a walk from a product reaches.

    `weights` maps (input, output) to a; `products` maps t to m(t). `both` takes the larger and
    keeps the upstream path on a tie.
    """
    up = _one_way(_arcs(weights, upstream=True), products, 1.0)
    down = _one_way(_arcs(weights, upstream=False), products, DELTA)
    if direction == "up":
        return up
    if direction == "down":
        return down
    merged = dict(down)
    for segment, found in up.items():
        if segment not in down or found.value >= down[segment].value:
            merged[segment] = found
    return merged


def _arcs(weights: dict[tuple[str, str], float], *, upstream: bool) -> Arcs:
    arcs: Arcs = {}
    for (source, output), a in sorted(weights.items()):
        start, end = (output, source) if upstream else (source, output)
        arcs.setdefault(start, []).append((end, GAMMA * a))
    return arcs


def _one_way(arcs: Arcs, products: dict[str, float], factor: float) -> dict[str, Critical]:
    best = _best_by_hops(arcs, products)
    found = {}
    for segment in {s for level in best[1:] for s in level}:
        value = max(level[segment] for level in best[1:] if segment in level)
        hops = next(h for h in range(1, HOPS + 1) if best[h].get(segment) == value)
        found[segment] = Critical(value * factor, _path(arcs, best, segment, hops))
    return found


def _best_by_hops(arcs: Arcs, products: dict[str, float]) -> list[dict[str, float]]:
    """For each number of hops the largest value of any walk of exactly that many, by segment."""
    best: list[dict[str, float]] = [{} for _ in range(HOPS + 1)]
    for product, importance in products.items():
        for segment, hops, value in _walks(arcs, product, importance, 0):
            best[hops][segment] = max(value, best[hops].get(segment, 0.0))
    return best


def _walks(arcs: Arcs, segment: str, value: float, hops: int) -> Iterator[tuple[str, int, float]]:
    """Every walk: where it ends, after how many hops, with which value."""
    yield segment, hops, value
    if hops < HOPS:
        for following, g in arcs.get(segment, []):
            yield from _walks(arcs, following, value * g, hops + 1)


def _path(arcs: Arcs, best: list[dict[str, float]], segment: str, hops: int) -> tuple[str, ...]:
    """Backwards hop by hop: the smallest predecessor whose best value times g is this value."""
    path = [segment]
    for hop in range(hops, 0, -1):
        value = best[hop][path[0]]
        path.insert(0, min(_predecessors(arcs, best[hop - 1], path[0], value)))
    return tuple(path)


def _predecessors(
    arcs: Arcs, before: dict[str, float], segment: str, value: float
) -> Iterator[str]:
    for earlier, worth in before.items():
        for following, g in arcs.get(earlier, []):
            if following == segment and worth * g == value:
                yield earlier
