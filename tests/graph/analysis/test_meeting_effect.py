"""Several projects landing at once: by hand, and against a graph in which they have landed."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from math import fsum
from random import Random

import pytest

from graph.analysis import ask
from graph.analysis.meeting_effect import Batches, batches_of
from graph.analysis.whatif import landed
from graph.question import Question
from graph.review.batch import Placement
from graph.review.effect import Gain, SegmentGain, Turn
from graph.review.meeting import Case, Decision, Meeting
from tests.conftest import tier
from tests.graph.analysis.golden import zone
from tests.graph.analysis.landed import rows_after
from tests.graph.analysis.random_zone import random_zone
from tests.graph.analysis.test_properties import QUESTIONS
from tests.graph.review.meetings import basis
from tests.graph.review.standards import GOOD
from tests.zones import Rows, snapshot_of

COUNT = tier(150, 1_500)
CLOSE = 1e-9


@pytest.mark.parametrize("seed", range(COUNT))
def test_landing_together_is_a_graph_in_which_they_landed(seed: int) -> None:
    """Severity and types of every leader, computed anew on a graph that has the projects."""
    rows, r = random_zone(seed), Random(seed)
    question = replace(QUESTIONS[seed % len(QUESTIONS)], leader=None, chain=None)
    projects = [row["id"] for row in rows["projects"] if r.random() < 0.8]
    snapshot = snapshot_of(rows)
    for fill in ask.scorers(snapshot, question)[0]:
        change = landed(fill, projects)
        asked = replace(question, leader=change.leader, region=change.region)
        before = ask.gaps(snapshot, asked)
        after = ask.gaps(snapshot_of(rows_after(rows, projects, change)), asked)
        unknown = {v.segment for v in before.to_verify}
        known = [s for s in after.segments if s.segment not in unknown]
        severities = [s.criticality if s.severity is None else s.severity for s in known]
        assert change.before == before.total
        assert change.after == pytest.approx(fsum(severities), abs=CLOSE)
        then = {s.segment: "missing" if s.type == "unknown" else s.type for s in known}
        told = {s.segment: s.type for s in before.segments if s.segment not in unknown}
        told |= {c.segment: c.type_after for c in change.changes}
        assert told == then


# One leader; bearing and steel are surveyed as missing, nothing is made: T = c of all three.
TWIN = {"capacity": "87.5", "grade": "verified", "availability": "0.9375"}
ROWS = zone(
    surveys=[{"region": "370211", "as_of": "2026-01-01", "chain": "robots"}],
    parks=[
        {"id": "k", "name": "园", "region": "370211", "land_free_mu": "60"},
        {"id": "i", "name": "园中园", "parent": "k"},
        {"id": "o", "name": "别园", "region": "370211"},
    ],
    positioning=[{"park": p, "segment": "reducer"} for p in "ko"],
    enterprises=[
        {"id": "a", "name": "甲", "region": "310115", "industrial_revenue_wan": "300"},
        {"id": "b", "name": "乙", "region": "310115"},
    ],
    tenants=[{"park": "k", "enterprise": e} for e in "ab"],
    projects=[
        {"id": p, "name": p, "region": "370211", "stage": "signed", "park": "k"} for p in "pqr"
    ],
    offers=[
        {"project": "p", "segment": "reducer", **TWIN},
        {"project": "q", "segment": "reducer", **TWIN},
        {"project": "r", "segment": "bearing", **TWIN},
    ],
)  # fmt: skip


def case(project: str, park: str, outcome: str | None = None, **more: object) -> Case:
    """A project that takes 20 亩 and passes everything, decided or not."""
    numbers = {**GOOD.numbers, "land_mu": 20.0, "revenue_wan": 100.0}
    numbers |= {k: v for k, v in more.items() if isinstance(v, float)}
    numbers = {k: v for k, v in numbers.items() if k not in more.get("without", ())}  # type: ignore[operator]
    base = basis(replace(GOOD, numbers=numbers))
    to = more.get("to")
    decision = outcome and Decision(outcome, None, "h", transfer_to=str(to) if to else None)
    known = project if project in "pqr" else ""
    return Case(
        f"case-{project}", project, "", park, known, basis=replace(base, others={}),
        decision=decision or None,
    )  # fmt: skip


def effects(*cases: Case, rows: Rows = ROWS) -> Batches:
    meeting = Meeting("m", 2026, 1, "", date(2026, 7, 1), "", state="sealed", cases=cases)
    return batches_of(snapshot_of(rows), Question(), meeting)


def test_twins_do_not_punish_each_other() -> None:
    """c(reducer) = 0.4375 is all of T here once the other two segments are made by a perfect firm.

    A twin covers x̂ = 0.875 of the need with ρ = 0.9375: alone it takes ρ·x̂ = 0.8203125 of it.
    Beside the other, what is left is 0.1796875 before and after both
    (1 − ρ)² + 2ρ(1 − ρ)(1 − x̂) = 0.00390625 + 0.1171875·0.125 = 0.0185546875: it adds 0.1611328125.
    """
    perfect = {"capacity": "100", "grade": "verified", "availability": "1"}
    rows = {
        **ROWS,
        "enterprises": [*ROWS["enterprises"], {"id": "x", "name": "好", "region": "370211"}],
        "produces": [
            *ROWS["produces"],
            *({"enterprise": "x", "segment": s, **perfect} for s in ("bearing", "steel")),
        ],
    }
    effect = effects(case("p", "k", "approved"), case("q", "k", "approved"), rows=rows).effect
    assert effect.recommended == "panel"
    assert effect.total.today == 0.4375
    for project in effect.projects:
        alone, beside = 0.8203125, 0.1611328125
        part = SegmentGain("reducer", ["robot", "reducer"], alone, beside)
        assert project.gains == [Gain("L", alone, beside, [part])]
    assert effect.total.panel == pytest.approx(0.4375 * 0.0185546875, abs=1e-15)


def test_before_after_the_panel_and_after_the_best_batch() -> None:
    """T = 0.4375 + 0.153125 + 0.0669921875; the panel takes one twin, there is land for all."""
    cases = case("p", "k", "approved"), case("q", "k", "rejected"), case("r", "k", "deferred")
    effect = effects(*cases).effect
    whole = 0.4375 + 0.153125 + 0.0669921875
    first = 0.4375 * 0.8203125
    assert effect.total.today == pytest.approx(whole, abs=1e-15)
    assert effect.total.panel == pytest.approx(whole - first, abs=1e-15)
    best = whole - 0.4375 * (1 - 0.0185546875) - 0.153125 * 0.8203125
    assert effect.total.best == pytest.approx(best, abs=1e-15)
    [leader] = effect.leaders
    [chain] = effect.chains
    assert (leader.id, chain.id) == ("L", "robots")
    assert leader.severity == chain.severity == effect.total
    # 0.875 ≥ 0.8 is enough, and without it there is nothing; with both twins the rest is enough.
    assert leader.panel == [Turn("missing", "single_sourced", 1, ["reducer"])]
    assert leader.best == [
        Turn("missing", "covered", 1, ["reducer"]),
        Turn("missing", "single_sourced", 1, ["bearing"]),
    ]
    told = effect.conclusion
    assert (told.state, told.chain, told.leaders) == ("panel", "safer", (1, 0))
    assert (told.closed, told.opened) == (0, 0)
    assert told.turned == [("missing", "single_sourced", 1)]


def test_beside_is_the_best_batch_until_all_is_decided() -> None:
    none = effects(case("p", "k"), case("q", "k")).effect
    assert (none.decided, none.recommended, none.total.panel) == ((0, 2), "best", None)
    assert (none.zone.panel, none.conclusion.state) == (None, "best")
    some = effects(case("p", "k", "approved"), case("q", "k")).effect
    assert (some.decided, some.recommended) == ((1, 2), "best")
    assert some.total.panel is not None
    # Alone it is the first; the best batch has the other one too.
    assert [g.gains and g.gains[0].beside < g.gains[0].alone for g in some.projects] == [True] * 2


def test_a_park_counts_what_lands_and_who_is_referred_to_it() -> None:
    """In k a makes nothing of the chain, b is unknown: 0 of 300, and 100 of 400 with what lands.

    40 of 60 亩 are left.  The referred project lands at o, whose land nobody knows.
    """
    cases = case("p", "k", "conditional"), case("q", "k", "transferred", to="o")
    effect = effects(*cases).effect
    parks = {park.park: park for park in effect.parks}
    today, panel = parks["k"].today, parks["k"].panel
    assert panel is not None
    assert parks["k"].leading == ["robots"]
    assert (today.focus.share, today.focus.known, today.focus.tenants) == (0.0, 1, 2)
    assert (panel.focus.share, panel.focus.known, panel.focus.tenants) == (0.25, 2, 3)
    assert panel.focus.missing == ["b"]
    assert (panel.lands, panel.left["land_mu"].value) == (["p"], 40.0)
    other = parks["o"].panel
    assert other is not None
    assert (other.lands, other.focus.share) == (["q"], 1.0)
    assert (other.left["land_mu"].value, other.left["land_mu"].unknown) == (None, ["o"])
    zone_ = effect.zone.panel
    assert zone_ is not None
    assert zone_.focus.share == 0.4  # (100 + 100) of (300 + 100 + 100)
    assert (zone_.left["land_mu"].value, zone_.left["land_mu"].unknown) == (40.0, ["o"])
    assert (effect.conclusion.parks, effect.conclusion.moves) == (
        "focused", {"focused": 1, "unknown": 1},
    )  # fmt: skip


def test_unknown_revenue_or_industry_is_an_interval_and_never_0() -> None:
    """k has 300 elsewhere: a leading project without revenue makes it anything from 0 to 1.

    One of 100 that nobody knows the industry of: 0 or 100 of 400.
    """
    silent = effects(case("p", "k", "approved", without=["revenue_wan"])).effect.parks[0].panel
    assert silent is not None
    assert (silent.focus.share, silent.focus.interval) == (None, (0.0, 1.0))
    assert silent.focus.missing == ["b", "p"]
    foreign = effects(case("z", "k", "approved")).effect
    found = foreign.parks[0].panel
    assert found is not None
    assert (found.focus.share, found.focus.interval) == (None, (0.0, 0.25))
    assert found.lands == ["case-z"]
    [gain] = foreign.projects
    assert (gain.gains, gain.most) == (None, None)  # the graph knows nothing of it: not 0
    assert foreign.conclusion.moves == {"unknown": 1}


def test_what_lands_in_a_park_it_is_not_open_to_takes_room_there() -> None:
    """p goes to i, inside k, which judges it by no standard: 60 − 20 亩 are left in both."""
    made = effects(case("p", "o", "transferred", to="i"))
    assert made.panel.chosen == [Placement("p", "i")]
    [row] = made.panel.rows
    assert row.outside
    parks = {park.park: park.panel for park in made.effect.parks}
    left = {id: state and state.left["land_mu"].value for id, state in parks.items()}
    assert left == {"i": 40.0, "o": None}
    assert made.effect.zone.panel is not None
    assert made.effect.zone.panel.left["land_mu"].value == 40.0


def test_a_project_alone_in_its_meeting_is_the_landing_of_its_page() -> None:
    """The same figures as the single what-if, of severity and of the park."""
    effect = effects(case("p", "k", "approved")).effect
    one = ask.landing(snapshot_of(ROWS), Question(), "p")
    assert (effect.total.today, effect.total.panel) == (one.before, one.after)
    rows = {**ROWS, "projects": [{**row, "revenue_wan": "100"} for row in ROWS["projects"]]}
    page = dict(ask.park(snapshot_of(rows), Question(), "k").landings)
    panel = effect.parks[0].panel
    assert panel is not None
    assert (panel.focus.share, panel.focus.known) == (page["p"].share, page["p"].known)


def test_a_leader_that_nobody_can_place_is_named() -> None:
    lost = {"id": "N", "name": "不知在哪", "leads": "cars"}
    rows = {
        **ROWS,
        "chains": [*ROWS["chains"], {"id": "cars", "name": "汽车"}],
        "enterprises": [*ROWS["enterprises"], lost],
    }
    effect = effects(case("p", "k"), rows=rows).effect
    assert effect.unplaced == ["N", "cars"]
    assert [one.id for one in effect.leaders] == ["L"]
