"""Before and after: equal to a ranking's gain, and to a graph in which it really happened."""

from __future__ import annotations

from dataclasses import replace
from math import fsum

import pytest

from graph.analysis import ask
from graph.errors import NotFound
from graph.question import Question
from tests.conftest import tier
from tests.graph.analysis.golden import zone
from tests.graph.analysis.random_zone import random_zone
from tests.graph.analysis.test_properties import QUESTIONS
from tests.zones import Rows, snapshot_of

COUNT = tier(150, 1_500)
CLOSE = 1e-9
GOOD = {"capacity": "100", "grade": "verified"}


def led(seed: int) -> tuple[Rows, Question]:
    """A random zone in which the question's leader leads a chain, as every leader does."""
    rows = dict(random_zone(seed))
    rows["enterprises"] = [
        {**row, "leads": "c0", "status": ""} if row["id"] == "E0" else {**row, "leads": ""}
        for row in rows["enterprises"]
    ]
    return rows, QUESTIONS[seed % len(QUESTIONS)]


def test_a_project_lands_by_hand() -> None:
    rows = zone(
        projects=[{"id": "p", "name": "项目", "region": "370211", "stage": "signed"}],
        offers=[{"project": "p", "segment": "reducer", **GOOD, "availability": "0.8"}],
        surveys=[{"region": "370211", "as_of": "2026-01-01", "chain": "robots"}],
    )
    found = ask.landing(snapshot_of(rows), Question(), "p")
    (leader,) = found.leaders
    (change,) = leader.changes
    assert (change.segment, change.before) == ("reducer", 1.0)
    assert change.after == pytest.approx(0.2, abs=1e-15)  # fails one time in five
    assert (change.type_before, change.type_after) == ("missing", "single_sourced")
    assert change.path == ["robot", "reducer"]
    assert leader.before - leader.after == pytest.approx(0.4375 * 0.8, abs=1e-12)
    assert (found.before, found.after) == (leader.before, leader.after)


def test_an_enterprise_stops_by_hand() -> None:
    rows = zone(
        enterprises=[
            {"id": "L", "name": "链主", "region": "370211", "leads": "robots"},
            {"id": "f", "name": "企业", "region": "370211"},
        ],
        produces=[
            {"enterprise": "L", "segment": "robot"},
            {"enterprise": "f", "segment": "reducer", **GOOD, "availability": "1"},
        ],
    )
    found = ask.outage(snapshot_of(rows), Question(), "f")
    (change,) = found.leaders[0].changes
    assert (change.before, change.after) == (0.0, 1.0)
    # With nobody else, a segment emptied on purpose counts as surveyed: missing, not unknown.
    assert (change.type_before, change.type_after) == ("single_sourced", "missing")
    assert found.before is not None
    assert found.after is not None
    assert found.after - found.before == pytest.approx(0.4375, abs=1e-12)
    assert ask.outage(snapshot_of(rows), Question(), "L").leaders == []


@pytest.mark.parametrize("seed", range(COUNT))
def test_a_landing_is_worth_its_gain_in_the_ranking(seed: int) -> None:
    rows, question = led(seed)
    snapshot = snapshot_of(rows)
    moves = {p["id"] for p in rows["projects"] if p.get("relocates") in ("是", "true", "1")}
    ranked = {c.id: c for c in ask.rank(snapshot, question).candidates if c.kind == "project"}
    for project in rows["projects"]:
        found = ask.landing(snapshot, replace(question, leader=None), project["id"])
        if project["id"] not in ranked:
            assert not any(c.changes or c.unknown for c in found.leaders)
            assert found.before == found.after
            continue
        for change in found.leaders:
            gained = fsum(c.criticality * max(0.0, c.before - c.after) for c in change.changes)
            assert gained == pytest.approx(ranked[project["id"]].gain, abs=CLOSE)
            if project["id"] not in moves:
                assert change.before - change.after == pytest.approx(gained, abs=CLOSE)


@pytest.mark.parametrize("seed", range(COUNT))
def test_an_outage_is_a_closed_enterprise(seed: int) -> None:
    rows, question = led(seed)
    before = ask.gaps(snapshot_of(rows), question)
    for stopping in [row["id"] for row in rows["enterprises"]][1:4]:
        found = ask.outage(snapshot_of(rows), replace(question, leader=None), stopping)
        closed = {
            **rows,
            "enterprises": [
                {**row, "status": "closed"} if row["id"] == stopping else row
                for row in rows["enterprises"]
            ],
        }
        after = {s.segment: s for s in ask.gaps(snapshot_of(closed), question).segments}
        unknown = {v.segment for v in before.to_verify}
        (change,) = found.leaders
        assert change.before == before.total
        # What closing it would make unknown counts as missing; the rest is as computed anew.
        expected = fsum(
            s.criticality if s.shortage is None else s.criticality * s.shortage
            for s in after.values()
            if s.segment not in unknown
        )
        assert change.after == pytest.approx(expected, abs=CLOSE)
        assert set(change.unknown) <= unknown


SECOND = {"id": "M", "name": "二号链主", "region": "310115", "leads": "robots"}
LOST = {"id": "N", "name": "不知在哪", "leads": "robots"}
SIGNED = {"id": "p", "name": "项目", "region": "370211", "stage": "signed"}


def test_the_total_is_that_of_every_leader_asked_and_the_rest_is_named() -> None:
    rows = zone(
        enterprises=[SECOND, LOST, {**LOST, "id": "O", "status": "closed"}],
        produces=[
            {"enterprise": "M", "segment": "bearing"},
            {"enterprise": "N", "segment": "robot"},
        ],
        projects=[SIGNED],
        offers=[{"project": "p", "segment": "reducer", **GOOD}],
    )
    snapshot, closed = snapshot_of(rows), Question(world="closed")
    whole = {x: ask.gaps(snapshot, replace(closed, leader=x)).total for x in ("L", "M")}
    found = ask.landing(snapshot, closed, "p")
    assert [(c.leader, c.before) for c in found.leaders] == [*whole.items()]
    assert found.before == fsum(whole.values())
    assert found.leaders[1].after == whole["M"]  # steel alone goes into bearings: no candidate
    assert found.unplaced == ["N"]
    assert found.notes == ["closed_world"]
    assert ask.outage(snapshot, closed, "L").unplaced == ["N"]
    assert ask.outage(snapshot, closed, "N").unplaced == []
    placed = ask.landing(snapshot, Question(region="370211"), "p")
    assert ([c.leader for c in placed.leaders], placed.unplaced) == (["L", "M", "N"], [])


def test_an_enterprise_that_is_gone_already_says_so() -> None:
    rows = zone(enterprises=[{"id": "f", "name": "企业", "status": "closed"}])
    assert ask.outage(snapshot_of(rows), Question(), "f").notes == ["gone"]
    assert ask.outage(snapshot_of(rows), Question(), "L").notes == []


def test_nobody_lands_and_nobody_stops() -> None:
    snapshot = snapshot_of(zone())
    with pytest.raises(NotFound):
        ask.landing(snapshot, Question(), "nobody")
    with pytest.raises(NotFound):
        ask.outage(snapshot, Question(), "nobody")


def test_an_operating_project_says_so() -> None:
    rows = zone(projects=[{"id": "p", "name": "项目", "stage": "operating"}])
    found = ask.landing(snapshot_of(rows), Question(), "p")
    assert (found.leaders, found.notes) == ([], ["operating"])
    assert (found.before, found.after) == (None, None)  # nobody was asked: not 0


def test_a_project_without_offers_is_not_said_to_change_nothing() -> None:
    rows = zone(projects=[{"id": "p", "name": "项目", "stage": "signed"}])
    found = ask.landing(snapshot_of(rows), Question(), "p")
    assert (found.leaders, found.notes, found.before) == ([], ["no_offer"], None)
