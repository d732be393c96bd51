"""What small zones can answer, counted by hand, and beside what the questions then answer."""

from __future__ import annotations

import pytest

from graph.analysis import ask
from graph.analysis.readiness import QUESTIONS, Readiness, ReadinessAnswer, readiness
from graph.question import Question
from tests.graph.analysis.golden import Rows, firm, makes, zone
from tests.graph.analysis.random_zone import random_zone
from tests.zones import snapshot_of


def asked(rows: Rows) -> ReadinessAnswer:
    return readiness(snapshot_of(rows))


def of(rows: Rows, question: str) -> Readiness:
    return next(q for q in asked(rows).questions if q.question == question)


def counts(found: Readiness) -> dict[str, int | None]:
    return {h.code: h.count for h in (*found.needs, *found.sharpens)}


def test_an_empty_zone_has_nothing_registered_and_never_zero() -> None:
    found = asked({})
    assert set(found.tables.values()) == {None}
    assert [q.question for q in found.questions] == list(QUESTIONS)
    for q in found.questions:
        assert not q.ok
        assert {h.count for h in (*q.needs, *q.sharpens)} == {None}
        assert q.add == q.needs[0]
    assert (found.chain, found.project, found.park) == (None, None, None)


def test_the_common_zone_answers_around_its_leader() -> None:
    found = of(zone(), "gaps")
    assert found.ok
    assert counts(found) == {
        "leaders": 1,
        "leader_regions": 1,
        "leader_products": 1,  # robot
        "leader_inputs": 1,  # reducer into robot: the others lead into no product
        "leaders_asked": 1,
        "makers": None,
        "needs": 3,
        "capacities": None,
        "surveys": None,
    }
    assert found.add
    assert (found.add.code, found.add.table, found.add.column) == ("makers", "produces", None)
    assert asked(zone()).tables["inputs"] == 3
    assert asked(zone()).tables["segments"] == 4
    assert asked(zone()).chain == "robots"


def test_one_step_after_another_is_the_next_to_add() -> None:
    """From nothing to an answer, each time by what the page said."""
    rows: dict[str, list[dict[str, str]]] = {
        "enterprises": [{"id": "L", "name": "链主"}],
        "chains": [{"id": "robots", "name": "机器人"}],
        "segments": [{"id": s, "name": s} for s in ("robot", "reducer")],
    }
    seen = []
    steps = {
        "leaders": lambda: rows["enterprises"][0].update(leads="robots"),
        "leader_regions": lambda: rows["enterprises"][0].update(region="370211"),
        "leader_products": lambda: rows.update(produces=[{"enterprise": "L", "segment": "robot"}]),
        "leader_inputs": lambda: rows.update(inputs=[{"input": "reducer", "output": "robot"}]),
    }
    while (found := of(rows, "gaps")).ok is False:
        assert found.add
        seen.append(found.add.code)
        steps[found.add.code]()
    assert seen == list(steps)
    answer = ask.gaps(snapshot_of(rows), Question(leader="L"))
    assert [s.segment for s in answer.segments] == ["reducer"]


def test_what_two_leaders_have_apart_is_not_enough() -> None:
    rows = zone(
        enterprises=[{"id": "M", "name": "无区域", "leads": "robots"}],
        produces=[{"enterprise": "M", "segment": "bearing"}],
    )
    rows = {**rows, "inputs": [{"input": "steel", "output": "bearing"}]}
    found = of(rows, "gaps")
    held = counts(found)
    assert (held["leader_regions"], held["leader_inputs"]) == (1, 1)
    assert not found.ok
    assert found.add
    assert (found.add.code, found.add.count) == ("leaders_asked", None)


def test_a_closed_leader_and_closed_makers_count_for_nothing() -> None:
    rows = zone(enterprises=[firm("a", "370211", status="closed")], produces=[makes("a", "steel")])
    assert counts(of(rows, "gaps"))["makers"] is None
    led, other = rows["enterprises"]
    rows = {**rows, "enterprises": [{**led, "status": "moved"}, other]}
    assert of(rows, "gaps").add == of(rows, "gaps").needs[0]


def test_what_an_operating_project_makes_is_made() -> None:
    rows = zone(
        enterprises=[firm("a", "370211")],
        projects=[{"id": "p", "name": "项目", "applicant": "a", "stage": "operating"}],
        offers=[{"project": "p", "segment": "steel", "capacity": "10"}],
    )
    held = counts(of(rows, "gaps"))
    assert (held["makers"], held["capacities"]) == (1, 1)
    assert of(rows, "candidates").ok
    rows = {**rows, "enterprises": [*zone()["enterprises"], firm("a", status="closed")]}
    assert counts(of(rows, "gaps"))["makers"] is None


def test_candidates_are_products_of_others_or_of_projects_under_way() -> None:
    assert of(zone(), "candidates").add == of(zone(), "candidates").needs[-1]
    lost = zone(
        projects=[{"id": "p", "name": "项目", "stage": "lost"}],
        offers=[{"project": "p", "segment": "steel"}],
    )
    assert not of(lost, "candidates").ok
    assert of(lost, "candidates").needs[-1].count is None
    open_ = zone(
        projects=[{"id": "p", "name": "项目"}],
        offers=[{"project": "p", "segment": "steel"}],
        enterprises=[firm("a", "310115")],
        produces=[makes("a", "bearing", "10")],
    )
    found = of(open_, "candidates")
    assert found.ok
    assert counts(found) | {"suppliers": 2, "stages": None, "capacities": 1} == counts(found)
    assert len(ask.rank(snapshot_of(open_), Question(leader="L")).candidates) == 2
    assert of(open_, "landing").ok
    assert not of(zone(), "landing").ok
    assert asked(open_).project == "p"


def test_fit_needs_something_to_measure_on_both_sides() -> None:
    bare = zone(projects=[{"id": "p", "name": "项目"}], parks=[{"id": "k", "name": "园"}])
    found = of(bare, "fit")
    assert [h.code for h in found.needs if not h.ok] == ["project_measures", "park_measures"]
    (cell,) = ask.fit(snapshot_of(bare)).matrix
    assert cell.fit is None
    full = zone(
        projects=[{"id": "p", "name": "项目", "land_mu": "30"}],
        parks=[{"id": "k", "name": "园", "land_free_mu": "60"}],
    )
    assert of(full, "fit").ok
    assert of(full, "fit").add == of(full, "fit").sharpens[0]


def test_flows_count_what_leaders_buy() -> None:
    rows = zone(
        enterprises=[firm("a", "370211"), firm("b")],
        supplies=[
            {"supplier": "a", "buyer": "L", "segment": "reducer", "value_wan": "5"},
            {"supplier": "b", "buyer": "L", "segment": "steel"},
            {"supplier": "a", "buyer": "b"},  # not a leader's
        ],
    )
    found = of(rows, "flows")
    assert found.ok
    assert counts(found) | {"purchases": 2, "purchase_values": 1, "seller_regions": 1} == counts(
        found
    )
    assert found.add is None


def test_a_comparison_needs_firms_in_two_regions() -> None:
    found = of(zone(), "compare")
    assert (found.add and found.add.code, found.add and found.add.count) == ("chain_regions", 1)
    rows = zone(enterprises=[firm("a", "310115")], produces=[makes("a", "steel")])
    assert of(rows, "compare").ok
    assert counts(of(rows, "compare"))["chain_regions"] == 2


def test_agglomeration_needs_revenue_of_tenants() -> None:
    rows = zone(
        parks=[{"id": "k", "name": "园"}, {"id": "a", "name": "别园"}],
        positioning=[{"park": "k", "segment": "robot"}],
        tenants=[{"park": "k", "enterprise": "L"}],
    )
    found = of(rows, "agglomeration")
    assert (found.add and found.add.code, found.add and found.add.column) == (
        "tenant_revenues",
        "industrial_revenue_wan",
    )
    assert asked(rows).park == "k"  # the one with tenants
    paid = {**rows, "enterprises": [{**rows["enterprises"][0], "industrial_revenue_wan": "7"}]}
    assert of(paid, "agglomeration").ok
    assert ask.park(snapshot_of(paid), Question(), "k").agglomeration.share == 1.0
    assert ask.park(snapshot_of(rows), Question(), "k").agglomeration.share is None


def test_checks_on_record_sharpen() -> None:
    assert of(zone(), "verify").ok
    assert counts(of(zone(), "verify"))["surveys"] is None
    rows = zone(surveys=[{"region": "370211", "as_of": "2026-01-01"}])
    assert counts(of(rows, "verify"))["surveys"] == 1
    assert asked(rows).tables["surveys"] == 1


def test_a_region_nobody_described_is_no_row() -> None:
    rows = zone(enterprises=[firm("a", "999999")])
    assert asked(rows).tables["regions"] == 4


@pytest.mark.parametrize("seed", range(60))
def test_gaps_are_ready_exactly_where_some_leader_needs_something(seed: int) -> None:
    rows = random_zone(seed)
    snapshot = snapshot_of(rows)
    found = next(q for q in readiness(snapshot).questions if q.question == "gaps")
    led = [e for e in rows["enterprises"] if e.get("leads")]
    active = [e["id"] for e in led if e.get("status") not in ("closed", "moved") and e["region"]]
    needing = [e for e in active if ask.gaps(snapshot, Question(leader=e)).segments]
    assert (counts(found)["leaders_asked"] or 0) == len(needing)
    assert found.ok == bool(needing)
