"""Flows: places by hand, what belongs to a chain, and sums that add up."""

from __future__ import annotations

from math import fsum

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.analysis.diagnostics import LocalShare
from graph.analysis.flows import FlowsAnswer, flows
from graph.analysis.regions import STANDINGS
from graph.errors import NotFound
from graph.question import Question
from tests.graph.analysis.random_zone import random_zone
from tests.zones import snapshot_of

LEADER = "L"
PLACES = {"near": "370211", "city": "370212", "province": "370100", "far": "310115", "lost": ""}


def zone() -> dict[str, list[dict[str, str]]]:
    supplies = [
        ("near", "s1", "30"),
        ("city", "s1", "10"),
        ("province", "s1", "20"),
        ("far", "s2", "140"),
        ("lost", "s2", "200"),
        ("near", "s2", ""),
        ("far", "", "100"),
        ("far", "other", "999"),
    ]
    return {
        "chains": [{"id": "c", "name": "c"}, {"id": "d", "name": "d"}],
        "segments": [
            {"id": "out", "name": "out", "chain": "c"},
            {"id": "s1", "name": "s1", "chain": "c"},
            {"id": "s2", "name": "s2", "chain": "c"},
            {"id": "other", "name": "other", "chain": "d"},
        ],
        "inputs": [{"input": "s1", "output": "out", "weight": "0.5"}],
        "enterprises": [
            {"id": LEADER, "name": LEADER, "region": "370211", "leads": "c"},
            *({"id": f, "name": f, "region": r} for f, r in PLACES.items()),
        ],
        "produces": [
            {"enterprise": LEADER, "segment": "out"},
            {"enterprise": "near", "segment": "s1", "capacity": "1"},
        ],
        "supplies": [
            {"supplier": f, "buyer": LEADER, "segment": s, "value_wan": v} for f, s, v in supplies
        ],
    }


def asked() -> FlowsAnswer:
    return flows(snapshot_of(zone()), Question(leader=LEADER), "c")


def test_every_supply_has_its_place_the_largest_first() -> None:
    found = [(f.supplier, f.segment, f.standing, f.value_wan) for f in asked().flows]
    assert found == [
        ("lost", "s2", "unlocated", 200.0),
        ("far", "s2", "outside", 140.0),
        ("far", None, "outside", 100.0),
        ("near", "s1", "here", 30.0),
        ("province", "s1", "province", 20.0),
        ("city", "s1", "city", 10.0),
        ("near", "s2", "here", None),
    ]


def test_what_is_bought_for_another_chain_is_counted_and_left_out() -> None:
    assert asked().other_chains == 1
    assert "other" not in [f.segment for f in asked().flows]


def test_local_share_and_outflow_by_hand() -> None:
    answer = asked()
    assert answer.local == LocalShare(30 / 500, 30.0, 500.0, 6, 1)
    rows = {
        s.segment: (s.local.known_wan, s.local.unvalued, s.outflow_wan) for s in answer.segments
    }
    assert rows == {"s2": (340.0, 1, 140.0), None: (100.0, 0, 100.0), "s1": (60.0, 0, 30.0)}
    assert [s.segment for s in answer.segments] == ["s2", None, "s1"]


def test_the_action_is_a_segment_somebody_requires() -> None:
    assert asked().largest_outflow == "s1"  # s2 and the unnamed one are required by nobody


@pytest.mark.parametrize(
    ("rows", "outflow"),
    [
        ([("lost", "70")], None),  # it may well come from outside
        ([("lost", "70"), ("near", "5")], None),
        ([("far", "")], None),
        ([("near", "")], 0.0),
        ([("far", "8"), ("lost", "70")], 8.0),
    ],
)
def test_what_may_come_from_outside_is_no_outflow_of_zero(
    rows: list[tuple[str, str]], outflow: float | None
) -> None:
    supplies = [{"supplier": f, "buyer": LEADER, "segment": "s1", "value_wan": v} for f, v in rows]
    answer = flows(snapshot_of({**zone(), "supplies": supplies}), Question(leader=LEADER), "c")
    assert [s.outflow_wan for s in answer.segments] == [outflow]


def test_a_chain_asks_all_its_leaders_and_an_unknown_one_is_told() -> None:
    snapshot = snapshot_of(zone())
    answer = flows(snapshot, Question(), "c")
    assert [x.leader for x in answer.leaders] == [LEADER]
    assert answer.flows == asked().flows
    with pytest.raises(NotFound):
        flows(snapshot, Question(), "nothing")


@given(st.integers(0, 400))
@settings(deadline=None)
def test_sums_add_up_in_any_zone(seed: int) -> None:
    answer = flows(snapshot_of(random_zone(seed)), Question(leader="E0"), "c0")
    known = [f.value_wan for f in answer.flows if f.value_wan is not None]
    assert (answer.local.known_wan or 0) == pytest.approx(fsum(known))
    assert answer.local.valued + answer.local.unvalued == len(answer.flows)
    by_segment = fsum(s.local.known_wan or 0 for s in answer.segments)
    assert by_segment == pytest.approx(fsum(known))
    assert {f.standing for f in answer.flows} <= set(STANDINGS)
