"""The chain as lanes: the right cell in the right place with the right look."""

from __future__ import annotations

from dataclasses import replace

import pytest

from graph.analysis.answers import ChainCell
from tests.viz.made import MAP
from viz.swimlane import swimlane


def cell(id: str, **more) -> ChainCell:
    base = ChainCell(id, id, "upstream", 0, 0, 0, False, [], "covered", [], 0.0, None)
    return replace(base, **more)


def test_lanes_follow_the_stages_and_keep_the_order() -> None:
    found = {lane.stage: [c.cell.segment for c in lane.cells] for lane in swimlane(MAP).lanes}
    assert list(found) == ["upstream", "midstream", "downstream", "unstaged"]
    assert found["midstream"] == ["s-reducer", "s-servo", "s-ctrl", "s-vision"]
    assert found["unstaged"] == ["s-service"]


def test_a_lane_for_what_has_no_stage_only_when_needed() -> None:
    lanes = swimlane(replace(MAP, cells=[cell("a")])).lanes
    assert [lane.stage for lane in lanes] == ["upstream", "midstream", "downstream"]


def test_gaps_by_severity_and_unknown_beside_them() -> None:
    lanes = swimlane(MAP)
    assert [c.cell.segment for c in lanes.gaps] == ["s-servo", "s-reducer", "s-bearing", "s-ctrl"]
    assert [c.cell.segment for c in lanes.unknown] == ["s-steel", "s-magnet", "s-vision"]


@pytest.mark.parametrize(
    ("more", "look", "target"),
    [
        ({"type": "missing"}, "missing", "candidates"),
        ({"type": "unknown", "severity": None}, "unknown", "verify"),
        ({"type": "covered"}, "covered", "detail"),
        ({"type": None, "severity": None}, "none", "entity"),
        ({"type": None, "in_house": True}, "in_house", "entity"),
    ],
)
def test_looks_and_targets(more: dict[str, object], look: str, target: str) -> None:
    (made,) = swimlane(replace(MAP, cells=[cell("a", **more)])).lanes[0].cells
    assert (made.look, made.target) == (look, target)


@pytest.mark.parametrize(
    ("severity", "level"),
    [(None, 0), (0.0, 0), (0.05, 1), (0.15, 2), (0.3, 3), (0.5, 4), (1.0, 4)],
)
def test_the_top_level_is_open(severity: float | None, level: int) -> None:
    (made,) = swimlane(replace(MAP, cells=[cell("a", severity=severity)])).lanes[0].cells
    assert made.level == level


def test_no_makers_is_knowledge_only_where_somebody_looked() -> None:
    cells = [cell("a", type="missing"), cell("b", type="unknown"), cell("c", type=None),
             cell("d", type="unknown", local=2)]  # fmt: skip
    made = swimlane(replace(MAP, cells=cells)).lanes[0].cells
    assert [c.local_known for c in made] == [True, False, False, True]


def test_too_many_cells_keep_what_says_something() -> None:
    cells = [cell(f"n{i:03}", type=None, severity=None) for i in range(300)]
    cells += [cell("gap", type="weak", severity=0.4), cell("q", type="unknown", severity=None)]
    lanes = swimlane(replace(MAP, cells=cells), limit=50)
    kept = [c.cell.segment for c in lanes.lanes[0].cells]
    assert len(kept) == 50
    assert kept[:2] == ["n000", "n001"]
    assert kept[-2:] == ["gap", "q"]
    assert (lanes.total, lanes.hidden) == (302, 252)
    assert swimlane(replace(MAP, cells=cells), limit=None).hidden == 0


@pytest.mark.parametrize(
    ("counts", "spans"),
    [((0, 0, 0), [4, 4, 4]), ((43, 11, 7), [8, 2, 2]), ((5, 4, 2, 1), [4, 4, 2, 2])],
)
def test_long_lanes_are_wide(counts: tuple[int, ...], spans: list[int]) -> None:
    stages = ["upstream", "midstream", "downstream", None]
    cells = [cell(f"{s}{i}", stage=s) for s, n in zip(stages, counts, strict=False)
             for i in range(n)]  # fmt: skip
    lanes = swimlane(replace(MAP, cells=cells)).lanes
    assert [lane.span for lane in lanes] == spans
    assert sum(spans) == 12


@pytest.mark.parametrize(
    ("colour", "more", "tint"),
    [
        ("severity", {"severity": 0.31}, 3),
        ("firms", {"local": 0, "reach": 0}, 0),
        ("firms", {"local": 1, "reach": 2}, 2),
        ("firms", {"local": 8}, 4),
        ("leaders", {"leaders": ["a", "b"]}, 2),
        ("leaders", {"leaders": list("abcdef")}, 4),
        ("concentration", {"hhi": None}, 0),
        ("concentration", {"hhi": 0.1}, 1),
        ("concentration", {"hhi": 1.0}, 4),
        ("nonsense", {"severity": 0.31}, 3),
    ],
)
def test_tints(colour: str, more: dict[str, object], tint: int) -> None:
    (made,) = swimlane(replace(MAP, cells=[cell("a", **more)]), colour=colour).lanes[0].cells
    assert made.level == tint
