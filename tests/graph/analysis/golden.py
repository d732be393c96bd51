"""Six zones small enough to work by hand: four segments and three firms each.

The chain is the same in all: steel (a 0.5) → bearing (a 0.4) → reducer (a 0.5) → robot, and the
leader L in 370211 makes robot with importance 1, so with γ = 0.875:

    c(reducer) = 0.875·0.5                     = 0.4375
    c(bearing) = 0.4375·(0.875·0.4 = 0.35)     = 0.153125
    c(steel)   = 0.153125·(0.875·0.5 = 0.4375) = 0.0669921875

A grade of `verified` makes the evidence factor 1.  Fewer than three firms make anything and
something else, so relatedness is unknown everywhere and its median is 0; M = 0.6 + 0.1·tie +
0.1·readiness.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

__all__ = ["Rows", "zone"]

Rows = Mapping[str, Sequence[Mapping[str, str]]]

_BASE: Rows = {
    "regions": [
        {"id": "370211", "name": "黄岛区"},
        {"id": "370200", "name": "青岛市"},
        {"id": "370000", "name": "山东省"},
        {"id": "310115", "name": "浦东新区"},
    ],
    "chains": [{"id": "robots", "name": "机器人"}],
    "segments": [
        {"id": "bearing", "name": "轴承", "chain": "robots", "stage": "upstream"},
        {"id": "reducer", "name": "减速器", "chain": "robots", "stage": "midstream"},
        {"id": "robot", "name": "工业机器人", "chain": "robots", "stage": "downstream"},
        {"id": "steel", "name": "轴承钢", "chain": "robots", "stage": "upstream"},
    ],
    "inputs": [
        {"input": "reducer", "output": "robot", "weight": "0.5"},
        {"input": "bearing", "output": "reducer", "weight": "0.4"},
        {"input": "steel", "output": "bearing", "weight": "0.5"},
    ],
    "enterprises": [
        {"id": "L", "name": "链主", "region": "370211", "leads": "robots"},
    ],
    "produces": [{"enterprise": "L", "segment": "robot"}],
    "needs": [
        {"leader": "L", "segment": "reducer", "need": "100"},
        {"leader": "L", "segment": "bearing", "need": "100"},
        {"leader": "L", "segment": "steel", "need": "100"},
    ],
}


def zone(**more: Sequence[Mapping[str, str]]) -> Rows:
    """The common chain with rows added."""
    return {name: [*_BASE.get(name, ()), *more.get(name, ())] for name in {**_BASE, **more}}


def firm(id: str, region: str = "", **more: str) -> Mapping[str, str]:
    """A row of `enterprises`."""
    return {"id": id, "name": f"企业{id}", "region": region, **more}


def makes(
    enterprise: str, segment: str, capacity: str = "", availability: str = "", **more: str
) -> Mapping[str, str]:
    """A row of `produces`, verified unless said otherwise."""
    row = {"enterprise": enterprise, "segment": segment, "capacity": capacity}
    return {**row, "availability": availability, "grade": "verified", **more}
