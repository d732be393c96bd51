"""Park fit worked by hand, and its rules one by one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from graph.analysis import ask
from graph.analysis.answers import Fit
from graph.analysis.industries import under
from graph.errors import NotFound
from tests.zones import Rows, snapshot_of

SEGMENTS = ("motor", "gear", "robot", "steel")
PROJECT = {
    "id": "p", "name": "项目", "investment_wan": "20000", "land_mu": "40", "floor_sqm": "9000",
    "need_load_kn_sqm": "10", "need_height_m": "8", "need_power_kva": "1000",
    "need_water_t_day": "50", "environment_class": "B", "industry": "C3442",
}  # fmt: skip
PARK = {
    "id": "k", "name": "园", "land_free_mu": "60", "floor_free_sqm": "9000", "load_kn_sqm": "8",
    "height_m": "9", "power_kva": "1500", "water_t_day": "50", "environment_class": "B",
    "zoning": "C34;C39", "negative_list": "steel",
}  # fmt: skip


def zone(
    project: Mapping[str, str], *parks: Mapping[str, str], **more: Sequence[Mapping[str, str]]
) -> Rows:
    """One project that offers motors, in the parks given."""
    return {
        "segments": [{"id": s, "name": s} for s in SEGMENTS],
        "projects": [{**PROJECT, **project}],
        "parks": list(parks),
        "offers": [{"project": "p", "segment": "motor"}],
        **more,
    }


def cell(rows: Rows, park: str = "k") -> Fit:
    return next(c for c in ask.fit(snapshot_of(rows)).matrix if c.park == park)


def verdicts(found: Fit) -> dict[str, str]:
    return {r.rule: r.verdict for r in found.rules}


def test_worked_by_hand() -> None:
    found = cell(
        zone(
            {},
            PARK,
            positioning=[
                {"park": "k", "segment": "motor", "weight": "0.6"},
                {"park": "k", "segment": "gear", "weight": "0.8"},
            ],
            inputs=[
                {"input": "steel", "output": "motor", "weight": "0.5"},
                {"input": "motor", "output": "robot", "weight": "0.25"},
                {"input": "motor", "output": "motor", "weight": "0.9"},  # a loop is no neighbour
                {"input": "gear", "output": "robot", "weight": "0.7"},  # does not touch motors
            ],
            enterprises=[
                {"id": "e", "name": "企业"},
                {"id": "gone", "name": "旧", "status": "closed"},
            ],
            produces=[
                {"enterprise": "e", "segment": "robot"},
                {"enterprise": "gone", "segment": "steel"},
            ],
            tenants=[{"park": "k", "enterprise": "e"}, {"park": "k", "enterprise": "gone"}],
        )
    )
    assert found.route == "LAND"  # 20,000 万元 and 40 亩
    assert verdicts(found) == dict.fromkeys(
        ("land", "power", "water", "environment_class", "zoning", "negative_list"), "pass"
    )
    assert found.components.positioning == 0.75  # 0.6 / 0.8
    assert found.components.colocation == 1 / 3  # 0.25 of 0.75
    assert found.components.relatedness is None  # nobody makes motors and something else
    # land (60 − 40)/40, power (1500 − 1000)/1000, water 0
    assert found.components.slack == pytest.approx(1 / 3, abs=1e-15)
    known = 0.4 * 0.75 + 0.2 / 3 + 0.2 / 3
    assert found.fit == pytest.approx(known / 0.8, abs=1e-15)
    assert found.interval == (
        pytest.approx(known, abs=1e-15),
        pytest.approx(known + 0.2, abs=1e-15),
    )
    assert found.unknown_rules == 0


def test_one_failed_rule_is_no_fit_and_comes_first() -> None:
    found = cell(zone({"own_site": "false"}, PARK))
    assert found.route == "PARK"
    assert [r.rule for r in found.rules][:2] == ["load", "floor"]
    assert (found.rules[0].verdict, found.rules[0].need, found.rules[0].free) == ("fail", 10.0, 8.0)
    assert (found.fit, found.interval) == (0.0, (0.0, 0.0))
    assert "land" not in verdicts(found)


@pytest.mark.parametrize(
    ("changes", "route"),
    [
        ({"investment_wan": "10000", "land_mu": "20"}, "LAND"),
        ({"investment_wan": "9999.99"}, "PARK"),
        ({"land_mu": "19.9"}, "PARK"),
        ({"investment_wan": ""}, "PARK"),
        ({"own_site": "false"}, "PARK"),
        ({"own_site": "true"}, "LAND"),
    ],
)
def test_routes(changes: Mapping[str, str], route: str) -> None:
    assert cell(zone(changes, PARK)).route == route


@pytest.mark.parametrize(
    ("rule", "project", "park", "verdict"),
    [
        ("land", {}, {"land_free_mu": "40"}, "pass"),
        ("land", {}, {"land_free_mu": "39.9"}, "fail"),
        ("power", {"need_power_kva": "0"}, {"power_kva": ""}, "pass"),
        ("power", {"need_power_kva": ""}, {}, "unknown"),
        ("water", {}, {"water_t_day": ""}, "unknown"),
        ("environment_class", {"environment_class": "C"}, {}, "fail"),
        ("environment_class", {"environment_class": "A"}, {}, "pass"),
        ("environment_class", {}, {"environment_class": ""}, "unknown"),
        ("zoning", {}, {"zoning": ""}, "unknown"),
        ("zoning", {"industry": ""}, {"zoning": "-"}, "pass"),
        ("zoning", {"industry": ""}, {}, "unknown"),
        ("zoning", {"industry": "I65"}, {}, "fail"),
        ("zoning", {"industry": "3442"}, {}, "pass"),
        ("negative_list", {}, {"negative_list": "motor;steel"}, "fail"),
        ("negative_list", {}, {"negative_list": "-"}, "pass"),
        ("negative_list", {}, {"negative_list": ""}, "unknown"),
    ],
)
def test_rules(
    rule: str, project: Mapping[str, str], park: Mapping[str, str], verdict: str
) -> None:
    assert verdicts(cell(zone(project, {**PARK, **park})))[rule] == verdict


def test_a_sub_park_inherits_what_it_leaves_empty() -> None:
    inner = {"id": "i", "name": "园中园", "parent": "k", "land_free_mu": "30", "zoning": "-"}
    rows = zone(
        {},
        PARK,
        inner,
        positioning=[{"park": "k", "segment": "motor"}],
        enterprises=[{"id": "e", "name": "企业"}],
        produces=[{"enterprise": "e", "segment": "steel"}],
        inputs=[{"input": "steel", "output": "motor"}],
        tenants=[{"park": "i", "enterprise": "e"}],
    )
    found = {r.rule: (r.verdict, r.free) for r in cell(rows, "i").rules}
    assert found["land"] == ("fail", 30.0)  # its own
    assert found["power"] == ("pass", 1500.0)  # its parent's
    assert found["zoning"] == ("pass", ["-"])
    assert cell(rows, "i").components.positioning is None  # not inherited
    assert cell(rows, "k").components.colocation == 1.0  # a tenant of the sub-park is the park's


def test_a_sub_park_has_no_more_land_than_the_parks_around_it() -> None:
    middle = {"id": "m", "name": "中", "parent": "k", "land_free_mu": ""}
    inner = {"id": "i", "name": "内", "parent": "m", "land_free_mu": "90", "power_kva": "9000"}
    rules = {r.rule: r for r in cell(zone({}, PARK, middle, inner), "i").rules}
    assert (rules["land"].free, rules["power"].free) == (60.0, 9000.0)


def test_parks_in_a_ring_end() -> None:
    ring = [{"id": a, "name": a, "parent": b} for a, b in (("a", "b"), ("b", "a"))]
    assert {c.park for c in ask.fit(snapshot_of(zone({}, *ring))).matrix} == {"a", "b"}


def test_nothing_known_is_no_number() -> None:
    bare = {"id": "p", "name": "项目"}
    rows = {"projects": [bare], "parks": [{"id": "k", "name": "园"}], "segments": []}
    found = cell(rows)
    assert (found.fit, found.interval, found.route) == (None, (0.0, 1.0), "PARK")
    assert set(verdicts(found).values()) == {"unknown"}
    assert found.unknown_rules == 8


def test_a_row_a_column_a_cell_and_nobody() -> None:
    snapshot = snapshot_of(zone({}, PARK, {**PARK, "id": "l"}))
    assert [(c.project, c.park) for c in ask.fit(snapshot).matrix] == [("p", "k"), ("p", "l")]
    assert [c.park for c in ask.fit(snapshot, "p", "l").matrix] == ["l"]
    with pytest.raises(NotFound):
        ask.fit(snapshot, project="nobody")
    with pytest.raises(NotFound):
        ask.fit(snapshot, park="nowhere")


@pytest.mark.parametrize(
    ("code", "allowed", "holds"),
    [
        ("C3442", "C34", True),
        ("C3442", "34", True),
        ("3442", "C34", True),
        ("C3442", "C", True),
        ("3442", "C", True),  # divisions 13 to 43
        ("44", "C", False),
        ("6510", "I", True),
        ("C3442", "D34", False),
        ("C34", "C3442", False),
        ("C3442", "C35", False),
        ("c3442", " C34 ", True),
    ],
)
def test_industries(code: str, allowed: str, holds: bool) -> None:
    assert under(code, allowed) is holds
