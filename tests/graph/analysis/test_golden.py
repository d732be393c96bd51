"""Every number of six small zones, worked by hand in the comments."""

from __future__ import annotations

from math import log10

import pytest

from graph.analysis import ask
from graph.analysis.answers import CandidateAnswer, GapsAnswer, SegmentAnswer
from graph.question import Question
from tests.graph.analysis.golden import firm, makes, zone
from tests.zones import snapshot_of

CLOSED = Question(leader="L", world="closed")
OPEN = Question(leader="L")

C_REDUCER, C_BEARING, C_STEEL = 0.4375, 0.153125, 0.0669921875


def by_id(answer: GapsAnswer) -> dict[str, SegmentAnswer]:
    return {s.segment: s for s in answer.segments}


def near(expected: float) -> object:
    return pytest.approx(expected, rel=0, abs=1e-12)


def test_1_a_weak_supplier_a_missing_segment_and_an_outside_maker() -> None:
    rows = zone(
        enterprises=[firm("A", "370211"), firm("B", "310115")],
        produces=[makes("A", "reducer", "50", "0.8"), makes("B", "bearing", "100", "1")],
    )
    found = ask.gaps(snapshot_of(rows), CLOSED)
    segments = by_id(found)
    # A: x = 50/100; σ = 1 − 0.8·0.5 = 0.6; G = 0.4375·0.6 = 0.2625; L = 0.5 < 0.8: weak.
    assert segments["reducer"].type == "weak"
    assert segments["reducer"].shortage == near(0.6)
    assert segments["reducer"].severity == near(0.2625)
    # B is in another province: nobody in reach makes bearing or steel.
    assert [segments[s].type for s in ("bearing", "steel")] == ["missing", "missing"]
    # T = 0.2625 + 0.153125 + 0.0669921875
    assert found.total == near(0.4826171875)
    assert found.gaps == ["reducer", "bearing", "steel"]
    assert segments["steel"].path == ["robot", "reducer", "bearing", "steel"]
    assert found.in_house == ["robot"]

    first, second = ask.rank(snapshot_of(rows), CLOSED).candidates
    # A doubles: x = 1, σ = 1 − 0.8 = 0.2, Δ = 0.4375·0.4 = 0.175; A and L share no edge: tie 0.
    assert (first.id, first.kind) == ("A", "expansion")
    assert first.gain == near(0.175)
    assert first.score == near(0.175 / 0.4826171875 * 0.62)
    # B lands: σ(bearing) = 0, Δ = 0.153125; readiness 0.2: M = 0.6 + 0.02 = 0.62.
    assert (second.id, second.kind) == ("B", "enterprise")
    assert second.fill == near(0.153125 / 0.4826171875)
    assert second.score == near(0.153125 / 0.4826171875 * 0.62)
    # Known but for readiness 0.2 … 0.6 and relatedness 0 … 1: M = 0.62 … 0.6 + 0.2 + 0.06.
    low, high = second.interval or (0, 0)
    assert (low, high) == (near(second.score), near(second.fill * 0.86))
    assert second.narrow_by is None  # no document would settle either


def test_2_a_neighbour_counts_half_and_is_replaced_when_it_lands() -> None:
    rows = zone(
        enterprises=[firm("A", "370200"), firm("B", "370211")],
        produces=[makes("A", "bearing", "80", "1"), makes("B", "steel", "300", "1")],
    )
    # 370200 contains 370211: A may already be inside; its share is 0.8·0.5 = 0.4 (city).
    found = ask.gaps(snapshot_of(rows), CLOSED)
    segments = by_id(found)
    assert segments["bearing"].type == "nearby"
    # 64·0.4 = 25.6: split over 25 (0.4) and 26 (0.6) keeps the mean, so σ = 1 − 0.4.
    assert segments["bearing"].shortage == near(0.6)
    # B: x̂ = min(1, 3) = 1 with ρ = 1: σ = 0; without its one supplier nothing: single-sourced.
    assert (segments["steel"].type, segments["steel"].shortage) == ("single_sourced", 0.0)
    assert segments["reducer"].type == "missing"
    # T = 0.4375·1 + 0.153125·0.6 + 0
    assert found.total == near(0.4375 + 0.091875)
    ranked = ask.rank(snapshot_of(rows), CLOSED)
    assert ranked.locate_first == ["A"]
    # B's second plant fails with the first and finds nothing left to cover: Δ = 0.
    assert [(c.id, c.kind, c.score) for c in ranked.candidates] == [("B", "expansion", 0.0)]


def test_3_an_unchecked_segment_is_unknown_until_a_survey_in_time() -> None:
    enterprises = [firm("A", "310115"), firm("B", "310115")]
    produces = [
        makes("A", "steel", "100", "1", as_of="2026-06-30"),
        makes("B", "bearing", "50", "1"),
    ]
    survey = {"region": "370200", "as_of": "2024-07-01", "segment": "bearing"}
    rows = zone(enterprises=enterprises, produces=produces, surveys=[survey])
    found = ask.gaps(snapshot_of(rows), OPEN)
    # as_of is the newest date, 2026-06-30; 24 months earlier is 2024-06-30 < 2024-07-01: counts.
    assert found.question.as_of == "2026-06-30"
    types = {s.segment: s.type for s in found.segments}
    assert types == {"bearing": "missing", "reducer": "unknown", "steel": "unknown"}
    assert [v.segment for v in found.to_verify] == ["reducer", "steel"]
    # Only bearing is known: T = 0.153125; an unknown one may be anything in 0 … c.
    assert found.total == near(C_BEARING)
    assert found.total_interval == (near(C_BEARING), near(C_BEARING + C_REDUCER + C_STEEL))
    assert by_id(found)["steel"].interval == (0.0, near(C_STEEL))

    candidates = {c.id: c for c in ask.rank(snapshot_of(rows), OPEN).candidates}
    # A offers only steel, unknown: it fills 0; were steel missing, T = 0.153125 + 0.0669921875.
    a = candidates["A"]
    assert (a.score, a.fill) == (0.0, 0.0)
    assert a.fill_if_missing == near(C_STEEL / (C_BEARING + C_STEEL))
    # B covers half of bearing: Δ = 0.153125·0.5, fill = ½.
    assert candidates["B"].fill == near(0.5)
    assert candidates["B"].fill_if_missing is None
    # One day later the survey is 24 months old to the day and counts no more.
    late = Question(leader="L", as_of="2026-07-01")
    assert {s.type for s in ask.gaps(snapshot_of(rows), late).segments} == {"unknown"}


def test_4_unknown_capacity_and_availability_are_assumed_and_widen() -> None:
    rows = zone(
        enterprises=[firm("A", "370211", size="small"), firm("B", "310115", size="large")],
        produces=[makes("A", "reducer", grade=""), makes("B", "steel", "100", grade="inferred")],
    )
    segments = by_id(ask.gaps(snapshot_of(rows), CLOSED))
    # Small: x = 1/4, declared: x̂ = 0.225, ρ = 0.9: σ = 1 − 0.9·0.225 = 0.7975.
    reducer = segments["reducer"]
    assert reducer.shortage == near(0.7975)
    # Worse: x = 1/16, ρ 0.7: σ = 1 − 0.7·0.05625; better: x = ½, ρ 0.99: σ = 1 − 0.99·0.45.
    assert reducer.interval == (near(C_REDUCER * 0.5545), near(C_REDUCER * 0.960625))
    assert reducer.suppliers[0].assumed == ["availability", "capacity"]
    ranked = {c.id: c for c in ask.rank(snapshot_of(rows), CLOSED).candidates}
    # B: x = 1, inferred: x̂ = 0.5, ρ = 0.9: Δ = c(steel)·0.45.
    assert ranked["B"].gain == near(C_STEEL * 0.45)
    total = C_REDUCER * 0.7975 + C_BEARING + C_STEEL
    # Its own unknowns: ρ 0.7 … 0.99, readiness 0.2 … 0.6, relatedness 0 … 1.
    low, high = ranked["B"].interval or (0, 0)
    assert low == near(C_STEEL * 0.35 / total * 0.62)
    assert high == near(C_STEEL * 0.495 / total * (0.6 + 0.2 + 0.06))


def test_5_single_sourced_crowded_broken_and_leakage() -> None:
    rows = zone(
        enterprises=[firm("A", "370211"), firm("B", "370211")],
        produces=[
            makes("A", "reducer", "150", "1"),
            makes("B", "reducer", "100", "1"),
            makes("A", "bearing", "90", "1"),
            makes("B", "bearing", "20", "1"),
        ],
        supplies=[
            {"supplier": "A", "buyer": "L", "segment": "reducer", "value_wan": "29"},
            {"supplier": "O", "buyer": "L", "segment": "reducer", "value_wan": "71"},
            {"supplier": "O", "buyer": "L", "segment": "bearing"},
        ],
    )
    rows = {**rows, "enterprises": [*rows["enterprises"], firm("O")]}
    segments = by_id(ask.gaps(snapshot_of(rows), CLOSED))
    # reducer: without the larger 1.0 the other 1.0 is enough; 1.5 + 1.0 ≥ 2 known: crowded.
    assert segments["reducer"].type == "crowded"
    # 29/100 < 0.3 of the purchases by value come from here; O has no region: not local.
    assert list(segments["reducer"].flags) == ["leakage"]
    # bearing: 0.9 + 0.2 ≥ 0.8, without the larger 0.2 < 0.8.
    assert segments["bearing"].type == "single_sourced"
    # Makers here, L's known supplier of it is not one of them.
    assert list(segments["bearing"].flags) == ["broken"]
    # σ(bearing): 64·0.9 = 57.6, 64·0.2 = 12.8, both surely up: capped total ≥ 64, σ = 0.
    assert segments["bearing"].shortage == near(0.0)


def test_6_projects_operating_ones_relocation_and_ties() -> None:
    rows = zone(
        enterprises=[firm("A", "370211"), firm("B", "310115")],
        produces=[makes("A", "bearing", "50", "1")],
        supplies=[{"supplier": "A", "buyer": "L", "segment": "bearing"}],
        projects=[
            {"id": "P", "name": "搬迁项目", "applicant": "A", "stage": "signed", "relocates": "是"},
            {
                "id": "Q",
                "name": "投产项目",
                "applicant": "B",
                "stage": "operating",
                "region": "370211",
            },
        ],
        offers=[
            {
                "project": "P",
                "segment": "bearing",
                "capacity": "80",
                "availability": "1",
                "grade": "verified",
            },
            {
                "project": "Q",
                "segment": "steel",
                "capacity": "100",
                "availability": "1",
                "grade": "verified",
            },
        ],
    )
    found = ask.gaps(snapshot_of(rows), CLOSED)
    segments = by_id(found)
    # Q operates in 370211: B makes steel there, alone: σ = 0, single-sourced.
    assert (segments["steel"].type, segments["steel"].shortage) == ("single_sourced", 0.0)
    assert [s.id for s in segments["steel"].suppliers] == ["B"]
    # T = c(reducer)·1 + c(bearing)·0.5
    assert found.total == near(C_REDUCER + C_BEARING * 0.5)
    candidates = {(c.id, c.kind): c for c in ask.rank(snapshot_of(rows), CLOSED).candidates}
    # P takes the place of A's 0.5 with 0.8: Δ = c(bearing)·(0.5 − 0.2).
    p: CandidateAnswer = candidates["P", "project"]
    assert p.gain == near(C_BEARING * 0.3)
    assert p.modifiers.readiness == 0.8
    # Walk from L over L–robot, L–A, A–bearing, A–P, P–bearing (undirected), restart 0.15.  With
    # a, b, p, r for A, bearing, P, robot and k = 0.85: r = k·L/2, a = k·(L/2 + b/2 + p/2),
    # b = p = k·(a/3 + p/2) by symmetry, so p·(1 − k/2) = k·a/3 and a·(1 − k²/3/(1 − k/2)) = k·L/2.
    k = 0.85
    p_over_a = (k / 3) / (1 - k / 2)
    assert p.modifiers.tie == round(1 + log10(p_over_a) / 4, 6)
    modifier = 0.6 + 0.1 * p.modifiers.tie + 0.1 * 0.8
    assert p.score == near(p.gain / found.total * modifier)
    # Its park of the gap: B has an operating project only, which is nobody's candidate.
    assert ("Q", "project") not in candidates
