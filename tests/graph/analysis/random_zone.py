"""Small random zones that meet every branch: cycles, unknowns, nested regions, all kinds."""

from __future__ import annotations

from random import Random

from tests.zones import Rows

__all__ = ["random_zone"]

REGIONS = [
    "370211", "370212", "370200", "370100", "370000", "310115", "310101", "310000",
    "429004", "zone-a", "free-b", "",
]  # fmt: skip
DATES = ["", "2023-01-15", "2024-06-30", "2025", "2026-03", "2026-06-30"]
GRADES = ["", "verified", "declared", "inferred"]
STAGES = ["", "lead", "in_talks", "under_review", "signed", "building", "operating", "lost"]


def random_zone(seed: int) -> Rows:
    """A zone whose leader `E0` stands in 370211."""
    r = Random(seed)
    segments = [f"s{i}" for i in range(r.randint(2, 7))]
    firms = [f"E{i}" for i in range(r.randint(1, 8))]
    projects = [f"P{i}" for i in range(r.randint(0, 4))]
    chains = ["c0", "c1"]
    return {
        "regions": [
            {"id": "zone-a", "name": "甲", "level": "zone", "parent": "370211"},
            {"id": "free-b", "name": "乙", "level": "city"},
        ],
        "chains": [{"id": c, "name": c} for c in chains],
        "segments": [
            {"id": s, "name": s, "chain": r.choice(["", *chains]), "stage": "midstream"}
            for s in segments
        ],
        "inputs": [
            {"input": a, "output": b, "weight": r.choice(["", "0.2", "0.5", "0.9", "1"])}
            for a in segments
            for b in segments
            if r.random() < 0.35
        ],
        "enterprises": [_firm(r, f, i == 0) for i, f in enumerate(firms)],
        "produces": [
            {"enterprise": f, "segment": s, **_supply(r), "importance": r.choice(["", "0.5", "1"])}
            for f in firms
            for s in segments
            if r.random() < (0.3 if f == "E0" else 0.4)
            for _ in range(1 + (r.random() < 0.1))
        ],
        "supplies": [
            {
                "supplier": r.choice(firms),
                "buyer": r.choice(["E0", *firms]),
                "segment": r.choice(["", *segments]),
                "value_wan": r.choice(["", "0", "10", "33.3", "70"]),
            }
            for _ in range(r.randint(0, 6))
        ],
        "invests": [
            {"investor": r.choice(firms), "enterprise": r.choice(firms)}
            for _ in range(r.randint(0, 2))
        ],
        "needs": [
            {"leader": "E0", "segment": s, "need": r.choice(["3", "10", "0.7"])}
            for s in segments
            if r.random() < 0.5
        ],
        "surveys": [
            {
                "region": r.choice(["370211", "370200", "370000", "310000"]),
                "as_of": r.choice(["2023-05-01", "2024-07-01", "2026-01-01", "2027-01-01"]),
                "chain": r.choice(["", "", *chains]),
                "segment": "",
            }
            | ({"chain": "", "segment": r.choice(segments)} if r.random() < 0.6 else {})
            for _ in range(r.randint(0, 3))
        ],
        "projects": [_project(r, p, firms) for p in projects],
        "offers": [
            {"project": p, "segment": s, **_supply(r)}
            for p in projects
            for s in segments
            if r.random() < 0.4
        ],
    }


def _firm(r: Random, id: str, leader: bool) -> dict[str, str]:
    return {
        "id": id,
        "name": id,
        "region": "370211" if leader else r.choice(REGIONS),
        "leads": r.choice(["c0", "c0;c1"]) if leader else r.choice(["", "", "", "c1"]),
        "size": r.choice(["", "large", "medium", "small", "micro"]),
        "status": r.choice(["", "active", "active", "active", "closed", "moved"]),
    }


def _supply(r: Random) -> dict[str, str]:
    return {
        "capacity": r.choice(["", "", "0", "1", "2.5", "9", "30"]),
        "availability": r.choice(["", "", "0", "0.5", "0.95", "1"]),
        "grade": r.choice(GRADES),
        "as_of": r.choice(DATES),
        "source": r.choice(["", "甲", "乙"]),
    }


def _project(r: Random, id: str, firms: list[str]) -> dict[str, str]:
    return {
        "id": id,
        "name": id,
        "applicant": r.choice(["", "某公司", *firms]),
        "region": r.choice(REGIONS),
        "stage": r.choice(STAGES),
        "relocates": r.choice(["", "是", "否"]),
    }
