"""§5: relatedness of a segment to a region, ω, with firms as baskets (Hidalgo et al. 2007)."""

from __future__ import annotations

import math

from tests.reference.world import World

__all__ = ["omega"]

FEWEST = 3


def omega(world: World, r: str, s: str) -> float | None:
    """`Σ_{i≠s} M_ri φ_is / Σ_{i≠s} φ_is`, or `None` with fewer than 3 telling enterprises."""
    baskets: dict[str, set[str]] = {}
    for make in world.makes:
        if world.active(make.maker):
            baskets.setdefault(make.maker, set()).add(make.segment)
    telling = [b for b in baskets.values() if s in b and len(b) > 1]
    if len(telling) < FEWEST:
        return None
    near, all_ = [], []
    for i in sorted(world.segment_names):
        both = sum(1 for b in baskets.values() if i in b and s in b)
        if i == s or both == 0:
            continue
        larger = max(sum(1 for b in baskets.values() if k in b) for k in (i, s))
        phi = both / larger
        all_.append(phi)
        near.append(phi if world.local_makers(i, r) else 0.0)
    return math.fsum(near) / math.fsum(all_)
