"""The gates and the outcome, each with its arithmetic written out."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.review.assessing import Assessment, Gate, assess, track_of
from graph.review.scoring import Application
from graph.review.standard import Cutoffs
from tests.graph.review.standards import DAY, GOOD, STANDARD, with_numbers


def gate(found: Assessment, rule: str) -> Gate:
    return next(g for g in found.gates if g.rule == rule)


def test_a_good_project_is_approved_with_every_point_accounted_for() -> None:
    """rd 4 %/4 % → 20; gain 0.9·20 = 18; experts median 5 → 15; 350/350 → 30, 25/25 → 10; 5."""
    found = assess(STANDARD, GOOD, DAY)
    assert {h.head: h.points for h in found.heads} == {
        "technology": 20.0,
        "direction": 18.0,
        "talent": 15.0,
        "yield": 40.0,
        "subject": 5.0,
    }
    assert (found.score, found.low, found.high) == (98.0, 98.0, 98.0)
    assert (found.outcome, found.why, found.needs) == ("approved", "score", None)


def test_forty_mu_at_one_hundred_million_falls_short_and_the_fix_is_said() -> None:
    """1.0 亿 / 40 亩 = 250 万元/亩 < 280; 10,000 / 280 = 35.71…; 40 · 280 = 11,200."""
    found = assess(STANDARD, with_numbers(GOOD, investment_wan=10_000.0), DAY)
    rule = gate(found, "investment-per-mu")
    assert (rule.verdict, rule.value, rule.threshold, rule.unit) == (
        "fail",
        250.0,
        280.0,
        "万元/亩",
    )
    assert [(f.field, f.before, f.after, f.breaks) for f in rule.fixes] == [
        ("land_mu", 40.0, 35.7, ()),
        ("investment_wan", 10_000.0, 11_200.0, ()),
    ]
    assert not rule.near  # 250 < 280·0.9 = 252
    assert (found.outcome, found.why) == ("rejected", "minimum")


def test_a_hard_minimum_is_not_bought_off_by_a_high_total() -> None:
    found = assess(STANDARD, with_numbers(GOOD, tax_wan=700.0), DAY)  # 17.5 < 18 = 20·0.9
    assert found.score is not None
    assert found.score > 80
    assert (found.outcome, found.why) == ("rejected", "minimum")


def test_a_minimum_missed_by_less_than_the_band_is_conditional() -> None:
    found = assess(STANDARD, with_numbers(GOOD, tax_wan=720.0), DAY)  # 18.0 = 20·0.9
    assert gate(found, "tax-per-mu").near
    assert (found.outcome, found.why) == ("conditional", "minimum_near")
    both = with_numbers(GOOD, tax_wan=720.0, investment_wan=10_080.0)  # 252 = 280·0.9
    assert assess(STANDARD, both, DAY).outcome == "rejected"


def test_a_minimum_that_is_just_met_is_met() -> None:
    """35.7 · 280 = 9,996: in binary floating point the quotient falls below 280."""
    exact = with_numbers(GOOD, investment_wan=9_996.0, land_mu=35.7)
    assert gate(assess(STANDARD, exact, DAY), "investment-per-mu").verdict == "pass"


@pytest.mark.parametrize(
    ("investment", "land", "own", "track"),
    [
        (10_000.0, 20.0, True, "LAND"),
        (10_000.0, 20.0, None, "LAND"),
        (10_000.0, 20.0, False, "PARK"),
        (9_999.0, 20.0, True, "PARK"),
        (10_000.0, 19.9, True, "PARK"),
        (None, 19.9, True, "PARK"),
        (None, 20.0, True, None),
    ],
)
def test_large_projects_get_land_and_small_ones_go_into_the_park(
    investment: float | None, land: float, own: bool | None, track: str | None
) -> None:
    numbers = with_numbers(GOOD, investment_wan=investment, land_mu=land)
    assert track_of(replace(numbers, own_site=own)) == track


def test_a_project_for_the_other_track_is_not_judged_by_this_standard() -> None:
    found = assess(STANDARD, replace(GOOD, own_site=False), DAY)
    assert gate(found, "track").verdict == "fail"
    assert (found.outcome, found.why) == ("rejected", "track")


@pytest.mark.parametrize(
    ("passed", "outcome", "why"),
    [(True, "approved", "score"), (None, "deferred", "veto_open"), (False, "rejected", "veto")],
)
def test_a_veto_rejects_and_an_open_one_blocks_approval(
    passed: bool | None, outcome: str, why: str
) -> None:
    given = replace(GOOD, vetoes={} if passed is None else {"v-red": passed})
    found = assess(STANDARD, given, DAY)
    assert (found.outcome, found.why) == (outcome, why)


def test_what_is_missing_widens_the_score_and_names_the_document() -> None:
    """Research is 0…24 cut to its head's 20: 78…98 lies across 80."""
    found = assess(STANDARD, with_numbers(GOOD, rd_ratio=None), DAY)
    assert (found.score, found.low, found.high) == (None, 78.0, 98.0)
    assert (found.outcome, found.why) == (None, "score_open")
    assert found.needs is not None
    assert (found.needs.id, found.needs.missing, found.needs.evidence) == (
        "rd-ratio",
        ("rd_ratio",),
        "审计报告",
    )
    strong = replace(STANDARD, cutoffs=Cutoffs(approve=78.0))
    assert assess(strong, with_numbers(GOOD, rd_ratio=None), DAY).outcome == "approved"


def test_an_incomplete_application_is_sent_back() -> None:
    found = assess(STANDARD, with_numbers(GOOD, land_mu=None), DAY)
    assert (found.outcome, found.why) == ("deferred", "incomplete")


def test_it_is_referred_to_a_park_that_is_ten_points_better() -> None:
    weak = replace(GOOD, chain={"gain": 0.0}, votes={"team": (1,)})  # 98 − 18 − 12 = 68
    assert assess(STANDARD, weak, DAY).score == 68.0
    assert assess(STANDARD, weak, DAY, {"b": 77.9}).outcome == "conditional"
    found = assess(STANDARD, weak, DAY, {"a": 70.0, "b": 78.0})
    assert (found.outcome, found.transfer_to) == ("transferred", "b")


@pytest.mark.parametrize(("gain", "outcome"), [(0.1, "approved"), (0.0, "conditional")])
def test_cut_offs(gain: float, outcome: str) -> None:
    """Without the gain 80: 80 + 20·gain − 0; the line is at 80 inclusive."""
    line = replace(STANDARD, cutoffs=Cutoffs(approve=80.5))
    assert assess(line, replace(GOOD, chain={"gain": gain}), DAY).outcome == outcome


def test_below_sixty_is_rejected_and_below_sixty_five_put_off() -> None:
    poor = replace(GOOD, chain={"gain": 0.0}, votes={"team": (1,)}, numbers={**GOOD.numbers})
    poor = with_numbers(poor, rd_ratio=0.0)  # 98 − 18 − 12 − 20 = 48
    assert (assess(STANDARD, poor, DAY).outcome, assess(STANDARD, poor, DAY).why) == (
        "rejected",
        "score",
    )
    middling = with_numbers(poor, rd_ratio=0.028)  # 48 + 20·0.7 = 62
    assert assess(STANDARD, middling, DAY).outcome == "deferred"


numbers = st.fixed_dictionaries(
    {},
    optional={
        "investment_wan": st.sampled_from([5_000.0, 11_200.0, 14_000.0, 30_000.0]),
        "land_mu": st.sampled_from([10.0, 35.7, 40.0, 0.0]),
        "tax_wan": st.sampled_from([0.0, 500.0, 800.0, 2_000.0]),
        "rd_ratio": st.sampled_from([0.0, 0.02, 0.1]),
        "build_months": st.sampled_from([6.0, 18.0, 60.0]),
    },
)
applications = st.builds(
    lambda n, v, e, c: Application("p", "p", "park", "", True, n, v, e, c),
    numbers,
    st.sampled_from([{}, {"v-red": True}, {"v-red": False}]),
    st.sampled_from([{}, {"team": (1, 5)}, {"team": (3,)}]),
    st.sampled_from([{}, {"gain": 0.0}, {"gain": 1.0}]),
)


@settings(max_examples=300, deadline=None)
@given(applications, applications)
def test_knowing_more_never_leaves_the_interval(one: Application, other: Application) -> None:
    """Any way of filling in what is unknown gives a score within the bounds said before."""
    filled = replace(
        one,
        numbers={**other.numbers, **one.numbers},
        votes={**other.votes, **one.votes},
        chain={**other.chain, **one.chain},
    )
    before, after = assess(STANDARD, one, DAY), assess(STANDARD, filled, DAY)
    assert before.low - 1e-9 <= after.low
    assert after.high <= before.high + 1e-9
    assert after.score is None or after.low == after.score == after.high


@settings(max_examples=300, deadline=None)
@given(applications)
def test_every_fix_passes_and_is_the_nearest_on_its_steps(given_: Application) -> None:
    for rule in assess(STANDARD, given_, DAY).gates:
        for fix in rule.fixes:
            again = assess(STANDARD, with_numbers(given_, **{fix.field: fix.after}), DAY)
            assert gate(again, rule.rule).verdict == "pass"
            step = 0.1 if fix.field == "land_mu" else 1.0
            nearer = fix.after + (step if fix.after < fix.before else -step)
            if min(fix.before, fix.after) < nearer < max(fix.before, fix.after):
                short = with_numbers(given_, **{fix.field: round(nearer, 1)})
                assert gate(assess(STANDARD, short, DAY), rule.rule).verdict == "fail"
