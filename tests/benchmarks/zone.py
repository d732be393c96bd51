"""A random zone large enough to time: layers of segments, and firms in nested regions."""

from __future__ import annotations

from itertools import pairwise
from random import Random

from tests.zones import Rows

__all__ = ["LEADER", "REGION", "made_zone"]

LEADER, REGION = "L", "370211"
_LAYERS = 10
_LEADER_MAKES = 2
_INPUTS = (2, 8)  # of one segment
_CITIES = ("3702", "3701", "3706", "3201", "3202")
_SIZES = ("", "large", "medium", "small", "micro")
_GRADES = ("", "declared", "verified", "inferred")
_STAGES = ("", "lead", "in_talks", "under_review", "signed", "building", "operating", "lost")


def made_zone(firms: int, segments: int, projects: int, seed: int = 1) -> Rows:
    """Provinces, cities and zones; the leader makes two segments of the first layer.

    The inputs of a segment are segments of the next layer.
    """
    r = Random(seed)
    ids = [f"s{n:04d}" for n in range(segments)]
    layers = [ids[n * segments // _LAYERS : (n + 1) * segments // _LAYERS] for n in range(_LAYERS)]
    regions = _regions()
    places = [region["id"] for region in regions]
    makers = [f"E{n:05d}" for n in range(firms)]
    return {
        "regions": regions,
        "chains": [{"id": c, "name": c} for c in ("c0", "c1")],
        "segments": [{"id": s, "name": s, "chain": r.choice(("c0", "c0", "c1"))} for s in ids],
        "inputs": [
            {"input": source, "output": target, "weight": _weight(r)}
            for layer, deeper in pairwise(layers)
            for target in layer
            for source in r.sample(deeper, min(len(deeper), r.randint(*_INPUTS)))
        ],
        "enterprises": [
            {"id": LEADER, "name": LEADER, "region": REGION, "leads": "c0", "size": "large"},
            *(_firm(r, id, places) for id in makers),
        ],
        "produces": [
            *({"enterprise": LEADER, "segment": s} for s in layers[0][:_LEADER_MAKES]),
            *(
                {"enterprise": maker, "segment": segment, **_supply(r)}
                for maker in makers
                for segment in sorted({_skewed(r, ids) for _ in range(r.randint(1, 3))})
            ),
        ],
        "needs": [
            {"leader": LEADER, "segment": s, "need": str(r.randint(20, 900))}
            for s in ids
            if r.random() < 0.6
        ],
        "surveys": [
            {"region": r.choice(("370211", "370200")), "as_of": "2026-03-01", "segment": s}
            for s in ids
            if r.random() < 0.6
        ],
        "projects": [
            {
                "id": f"P{n:04d}",
                "name": f"P{n:04d}",
                "applicant": r.choice(makers),
                "region": REGION,
                "stage": r.choice(_STAGES),
                "relocates": r.choice(("", "是", "否")),
            }
            for n in range(projects)
        ],
        "offers": [
            {"project": f"P{n:04d}", "segment": segment, **_supply(r)}
            for n in range(projects)
            for segment in sorted({r.choice(ids) for _ in range(r.randint(1, 3))})
        ],
    }


def _regions() -> list[dict[str, str]]:
    """Provinces and cities nest by their codes, zones by their parent."""
    provinces = sorted({city[:2] for city in _CITIES})
    codes = [f"{p}0000" for p in provinces] + [
        code for city in _CITIES for code in (f"{city}00", *(f"{city}{n}" for n in range(11, 18)))
    ]
    zones = [{"id": f"zone-{n}", "name": f"zone-{n}", "parent": f"37021{n}"} for n in range(1, 6)]
    return [*({"id": code, "name": code} for code in codes), *zones]


def _firm(r: Random, id: str, places: list[str]) -> dict[str, str]:
    region = REGION if r.random() < 0.1 else r.choice(["", *places])
    status = r.choice(("", "active", "active", "active", "closed"))
    return {"id": id, "name": id, "region": region, "size": r.choice(_SIZES), "status": status}


def _supply(r: Random) -> dict[str, str]:
    return {
        "capacity": str(r.randint(0, 300)) if r.random() < 0.6 else "",
        "availability": r.choice(("", "", "0.5", "0.95", "1")),
        "grade": r.choice(_GRADES),
        "as_of": r.choice(("2024-06-30", "2026-06-30")),
    }


def _weight(r: Random) -> str:
    return "" if r.random() < 0.2 else f"{r.uniform(0.05, 0.9):.3f}"


def _skewed(r: Random, ids: list[str]) -> str:
    """Some segments have many makers, many have few."""
    return ids[int(r.random() ** 2 * len(ids))]
