"""One park by hand: what it stands for, who is in it, and what a landing changes."""

from __future__ import annotations

from math import sqrt

import pytest

from graph.analysis import ask
from graph.analysis.park_profile import Agglomeration, NewEconomy, ParkAnswer
from graph.errors import NotFound
from graph.question import Question
from tests.graph.analysis.golden import zone
from tests.zones import snapshot_of

ROWS = zone(
    chains=[{"id": "robots", "name": "机器人"}, {"id": "cars", "name": "汽车"}],
    segments=[
        {"id": "bearing", "name": "轴承", "chain": "robots"},
        {"id": "reducer", "name": "减速器", "chain": "robots"},
        {"id": "robot", "name": "工业机器人", "chain": "robots"},
        {"id": "seat", "name": "座椅", "chain": "cars"},
    ],
    parks=[
        {"id": "k", "name": "园", "region": "370211", "land_free_mu": "60"},
        {"id": "i", "name": "园中园", "parent": "k"},
        {"id": "o", "name": "别园", "region": "370211"},
    ],
    positioning=[
        {"park": "k", "segment": "reducer", "weight": "0.6"},
        {"park": "k", "segment": "seat", "weight": "0.5"},
        {"park": "o", "segment": "reducer"},
        {"park": "i", "segment": "reducer"},
    ],
    enterprises=[
        {"id": "L", "name": "链主", "region": "370211", "leads": "robots"},
        {
            "id": "a", "name": "甲", "region": "370211", "industrial_revenue_wan": "300",
            "tags": "新技术;标杆企业",
        },
        {
            "id": "b", "name": "乙", "region": "370211", "industrial_revenue_wan": "100",
            "tags": "传统产业",
        },
        {"id": "c", "name": "丙", "region": "370211"},
        {"id": "d", "name": "丁", "status": "moved", "industrial_revenue_wan": "900"},
    ],
    produces=[
        {"enterprise": "L", "segment": "robot"},
        {"enterprise": "a", "segment": "bearing"},
        {"enterprise": "b", "segment": "seat"},
        {"enterprise": "c", "segment": "reducer"},
    ],
    tenants=[{"park": "i" if e == "c" else "k", "enterprise": e} for e in "abcd"],
    projects=[
        {"id": "p", "name": "项目", "park": "k", "stage": "signed", "revenue_wan": "400"},
        {"id": "q", "name": "流失", "park": "k", "stage": "lost"},
    ],
    offers=[{"project": "p", "segment": "reducer"}],
)  # fmt: skip


def park(id: str) -> ParkAnswer:
    return ask.park(snapshot_of(ROWS), Question(), id)


def test_agglomeration_counts_known_revenue_of_the_leading_chain() -> None:
    found = park("k")
    assert found.leading == ["robots"]  # 0.6 against 0.5
    assert found.agglomeration == Agglomeration(0.75, 2, 3)  # 300 of 400; c says nothing
    assert found.landings == [("p", Agglomeration(0.875, 3, 4))]  # 700 of 800


def test_tenants_of_the_sub_park_are_the_parks_and_those_gone_are_not() -> None:
    found = {t.id: t for t in park("k").tenants}
    assert [*found] == ["a", "b", "c"]
    assert (found["a"].leading, found["b"].leading, found["c"].leading) == (True, False, True)
    assert found["c"].revenue_wan is None
    assert park("k").parts == ["i"]


def test_the_new_economy_is_counted_among_those_with_tags() -> None:
    found = park("k")
    assert found.new_economy == NewEconomy(0.5, 2, 3)  # a of a and b; c has none
    assert {t.id: t.tags for t in found.tenants} == {
        "a": ["新技术", "标杆企业"],
        "b": ["传统产业"],
        "c": None,
    }
    assert park("o").new_economy == NewEconomy(None, 0, 0)


def test_segments_say_what_leaders_lack_and_who_is_here() -> None:
    found = {s.segment: s for s in park("k").segments}
    assert [*found] == ["reducer", "seat", "bearing"]  # by weight
    reducer = found["reducer"]
    assert (reducer.weight, reducer.tenants, reducer.type) == (0.6, ["c"], "weak")
    assert (reducer.leader, reducer.dependents, reducer.is_gap) == ("L", 1, True)
    assert found["bearing"].weight is None
    gaps = ask.gaps(snapshot_of(ROWS), Question(leader="L"))
    severity = {s.segment: s.severity for s in gaps.segments}
    assert {s: found[s].severity for s in ("reducer", "bearing")} == {
        s: severity[s] for s in ("reducer", "bearing")
    }
    assert (found["seat"].type, found["seat"].dependents) == (None, 0)


def test_overlaps_are_cosines() -> None:
    found = {o.park: o for o in park("k").overlaps}
    cosine = 0.6 / sqrt(0.6**2 + 0.5**2)
    assert found["o"].cosine == pytest.approx(cosine, abs=1e-15)
    assert (found["o"].nested, found["i"].nested) == (False, True)
    assert found["o"].shared == ["reducer"]


def test_capacities_say_whose_they_are() -> None:
    inner = {c.name: c for c in park("i").capacities}
    assert (inner["land"].value, inner["land"].inherited) == (60.0, "k")
    assert (inner["power"].value, inner["power"].inherited) == (None, None)
    assert {c.name: c for c in park("k").capacities}["land"].inherited is None


def test_a_park_without_anything() -> None:
    found = park("o")
    assert found.agglomeration == Agglomeration(None, 0, 0)
    assert (found.tenants, found.landings) == ([], [])
    with pytest.raises(NotFound):
        park("nowhere")
