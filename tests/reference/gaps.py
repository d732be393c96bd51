"""§7 `gaps`: the object of one leader, and the gathering of several leaders of a chain."""

from __future__ import annotations

import math

from tests.reference.analysis import BASE, Analysis, analyses
from tests.reference.suppliers import Supplier
from tests.reference.tables import Tables
from tests.reference.world import Ask, World, build_world

__all__ = ["GAP_TYPES", "gaps", "loudest"]

GAP_TYPES = ("missing", "nearby", "weak", "single_sourced")

Json = dict[str, object]


def gaps(tables: Tables, ask: Ask) -> Json:
    """The answer of `gaps` without question, revision, algorithm and assumed."""
    world = build_world(tables)
    found = analyses(world, ask)
    required = sorted({s for a in found for s in a.required})
    lead = {s: loudest(found, s) for s in required}
    listed = [s for s in required if lead[s].type(s) in GAP_TYPES]
    open_ = [s for s in required if s in lead[s].unknown]
    chain = ask.leader is None
    return {
        "total": math.fsum(a.total for a in found),
        "total_interval": None if chain else _total_interval(found[0]),
        "segments": [_segment(world, found, lead[s], s, chain) for s in required],
        "gaps": sorted(listed, key=lambda s: (-lead[s].severity(s), s)),
        "in_house": sorted({s for a in found for s in a.products}),
        "to_verify": [
            {"segment": s, "criticality": lead[s].c(s), "path": lead[s].path(s)}
            for s in sorted(open_, key=lambda s: (-lead[s].c(s), s))
        ],
        "unlocated": _unlocated(world),
    }


def loudest(found: list[Analysis], segment: str) -> Analysis:
    """Of the leaders that require it the one with the largest severity (criticality when that is
    unknown), the smallest id on a tie: its numbers are shown."""
    requiring = [a for a in found if segment in a.required]

    def loudness(a: Analysis) -> float:
        return a.c(segment) if segment in a.unknown else a.severity(segment)

    return min(requiring, key=lambda a: (-loudness(a), a.leader or ""))


def _total_interval(analysis: Analysis) -> list[float]:
    ends = [analysis.interval(s) for s in analysis.required]
    return [math.fsum(e[0] for e in ends), math.fsum(e[1] for e in ends)]


def _segment(
    world: World, found: list[Analysis], shown: Analysis, segment: str, chain: bool
) -> Json:
    unknown = segment in shown.unknown
    suppliers = shown.suppliers(segment)
    answer: Json = {
        "segment": segment,
        "name": world.segment_names[segment],
        "chains": world.segment_chains[segment],
        "type": shown.type(segment),
        "flags": shown.flags(segment),
        "criticality": shown.c(segment),
        "shortage": None if unknown else shown.sigma(segment),
        "severity": None if unknown else shown.severity(segment),
        "interval": None if chain else shown.interval(segment),
        "path": shown.path(segment),
        "suppliers": [_supplier(f) for f in suppliers],
        "evidence": sorted({e for f in suppliers for e in f.make.evidence}),
    }
    if chain:
        answer["dependents"] = sum(1 for a in found if segment in a.required)
    return answer


def _supplier(entry: Supplier) -> Json:
    return {
        "id": entry.id,
        "x": entry.x[BASE],
        "effective": entry.effective(BASE),
        "availability": entry.availability[BASE],
        "proximity": entry.proximity,
        "assumed": list(entry.assumed),
    }


def _unlocated(world: World) -> int:
    return sum(1 for e in world.enterprises if world.active(e) and world.region_of(e) is None)
