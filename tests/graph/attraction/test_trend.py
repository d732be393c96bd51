"""趋势: every figure with its arithmetic, ranges against every way the unknown may turn out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from itertools import product
from random import Random
from statistics import median, quantiles

import pytest

from graph.attraction.trend import Figures, Range, Seen, Trend, trend
from graph.review.meeting import STATES, Card, Case, Decision, Meeting
from graph.review.scoring import Application
from tests.graph.review.meetings import basis
from tests.graph.review.standards import GOOD

# Of GOOD at the small standard, of 100: technology 20·4/4, gain 20·0.9, team 15·v/5,
# investment 30·350/350, tax 10·25/25, months 5: 83 + 3·v.
POINTS = {3: 92.0, 4: 95.0, 5: 98.0}


def case(
    id: str, outcome: str | None = None, team: int = 4, park: str = "n", **changes: object
) -> Case:
    """A project that one reviewer gave `team` points; `changes` are of its application."""
    given: Application = replace(GOOD, industry="C3825", **changes)  # type: ignore[arg-type]
    decision = None if outcome is None else Decision(outcome, outcome, "h")
    cards = (Card("a", {"team": team}, submitted=True),)
    return Case(
        id, id, "申请人", park, project=f"g-{id}", assigned=("a",), basis=basis(given),
        cards=cards, decision=decision,
    )  # fmt: skip


def meeting(ordinal: int, *cases: Case, state: str = "published", year: int = 2026) -> Meeting:
    day = date(year, min(12, 3 * ordinal), 1)
    return Meeting(
        f"m{year}-{ordinal}", year, ordinal, "会", day, "办", state, announced=(1, 2), cases=cases
    )


def all_shown(found: Meeting, **changes: object) -> Seen:
    made = Seen(found, lambda _: True, {c.id: ("robots",) for c in found.cases}, {"p", "q"})
    return replace(made, **changes)  # type: ignore[arg-type]


def only(seen: Seen) -> Figures:
    (row,) = trend([seen]).rows
    return row.figures


def test_a_meeting_in_numbers() -> None:
    found = only(
        all_shown(
            meeting(
                1, case("p", "approved", 3), case("q", "conditional", 4, "s"),
                case("r", "rejected", 5, chain={"gain": 0.0}),
            ),
            chains={"p": ("robots", "cars"), "q": ("cars",)},
        )
    )  # fmt: skip
    assert (found.announced, found.agenda, found.handed_in) == ((1, 2), (2, 3), 2)
    assert found.outcomes == {
        "approved": 1, "conditional": 1, "deferred": 0, "transferred": 0, "rejected": 1,
        "special": 0,
    }  # fmt: skip
    assert found.approved == (1 / 3, 1 / 3)
    # 92, 95 and 98 − 20·0.9 = 80: in order 80, 92, 95; Q1 = 86, Q3 = 93.5
    assert found.median == pytest.approx((92.0, 92.0))
    assert found.spread == pytest.approx((7.5, 7.5))
    assert found.fitting == (2 / 3, 2 / 3)  # r removes nothing
    assert (found.chains, found.unplaced) == (["cars", "robots"], 1)
    assert found.sectors == ["C38"]
    assert found.applications == {"n": 2, "s": 1}


def test_the_unknown_widens_and_is_never_0() -> None:
    found = only(all_shown(meeting(1, case("p", "approved", chain={}), case("q", "approved"))))
    # p without its gain: 95 − 18 = 77, at most 77 + 20 = 97; q is 95.
    assert found.median == pytest.approx(((77 + 95) / 2, (97 + 95) / 2))
    assert found.fitting == (1 / 2, 1.0)
    assert found.approved == (1.0, 1.0)


def test_a_project_without_a_basis_may_have_any_points() -> None:
    found = only(all_shown(meeting(1, replace(case("p", "approved"), basis=None))))
    assert found.median == (0.0, 100.0)
    assert (found.fitting, found.sectors) == ((0.0, 1.0), None)


def test_what_is_not_for_the_reader_is_none() -> None:
    held = meeting(1, case("p", "approved"), case("q", "approved"))
    bare = replace(held, cases=tuple(replace(c, basis=None, cards=()) for c in held.cases))
    found = only(Seen(bare, lambda _: False, {}))
    told = found.handed_in, found.median, found.spread, found.fitting, found.sectors
    assert told == (None,) * 5
    assert found.outcomes is not None  # the decisions were published
    # One project of the two hidden hides what a median would tell of it.
    part = only(Seen(held, lambda c: c.id == "p", {}))
    assert (part.median, part.spread, part.fitting) == (None, None, None)


def test_outcomes_are_told_when_the_last_is_decided() -> None:
    found = only(all_shown(meeting(1, case("p", "approved"), case("q"), state="sealed")))
    assert (found.outcomes, found.approved) == (None, None)


def test_only_sealed_meetings_in_order_of_year_and_number() -> None:
    states = [meeting(n, case("p"), state=state) for n, state in enumerate(STATES, 1)]
    shown = [row.figures.ordinal for row in trend([*map(all_shown, states)]).rows]
    assert shown == [4, 5, 6]  # sealed, decided, published
    later, earlier = meeting(1, case("p"), year=2027), meeting(2, case("p"))
    rows = trend([all_shown(later), all_shown(earlier)]).rows
    assert [row.figures.year for row in rows] == [2026, 2027]


def test_change_against_the_meeting_before() -> None:
    first = meeting(1, case("p", "approved", 3), case("q", "rejected", 3))
    second = meeting(2, case("r", "approved", 5), case("s", "approved", chain={}, park="x"))
    third = replace(meeting(3), cases=())
    rows = trend([all_shown(one) for one in (first, second, third)]).rows
    assert set(rows[0].changes.values()) == {None}
    change = rows[1].changes
    assert (change["projects"], change["parks"]) == ((0.0, 0.0), (1.0, 1.0))
    assert change["approved"] == (0.5, 0.5)
    # median 92 → between (98 + 77)/2 = 87.5 and (98 + 97)/2 = 97.5
    assert change["median"] == pytest.approx((-4.5, 5.5))
    assert change["fitting"] == (-0.5, 0.0)  # all → half or all
    assert rows[2].changes["projects"] == (-2.0, -2.0)
    assert rows[2].changes["median"] is None
    assert rows[2].figures.approved is None  # of no project there is no share
    assert trend([]) == Trend([], [])


def test_ranges_hold_every_way_the_unknown_may_turn_out() -> None:
    random = Random(5)
    for _ in range(60):
        cases, ends = [], []
        for at in range(random.randint(2, 5)):
            team, open_ = random.choice([3, 4, 5]), random.random() < 0.5
            gain = {} if open_ else {"gain": 0.9}
            cases.append(case(f"p{at}", "approved", team, chain=gain))
            known = POINTS[team] - 18
            ends.append((known, known + 20) if open_ else (known + 18,) * 2)
        found = only(all_shown(meeting(1, *cases)))
        ways = list(product(*ends))
        assert found.median == pytest.approx((min(map(median, ways)), max(map(median, ways))))
        assert found.spread is not None
        spreads = [_iqr(way) for way in ways]
        assert found.spread[0] <= min(spreads) + 1e-9
        assert max(spreads) <= found.spread[1] + 1e-9
        if not any(low < high for low, high in ends):
            assert found.spread == pytest.approx((spreads[0],) * 2)


def _iqr(points: Sequence[float]) -> float:
    low, _, high = quantiles(points, method="inclusive")
    return high - low


def test_a_range_is_shown_for_every_changing_figure() -> None:
    found = only(all_shown(meeting(1, case("p", "approved"), case("q", "approved"))))
    wanted: dict[str, Range | None] = {"parks": (1.0, 1.0), "projects": (2.0, 2.0)}
    assert {name: found.range_of(name) for name in wanted} == wanted
