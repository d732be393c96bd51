"""Regions side by side: quadrants by hand, and what they promise."""

from __future__ import annotations

from math import log2
from statistics import median

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.analysis import ask
from graph.analysis.compare import CompareAnswer, ComparedSegment, compare
from graph.errors import NotFound, UsageError
from graph.question import Question
from tests.graph.analysis.random_zone import random_zone
from tests.zones import snapshot_of

HERE, THERE = "370211", "310115"


def zone() -> dict[str, list[dict[str, str]]]:
    """`L` makes out from a, b, d, e: a is made here only, b there only, d by nobody, e by both."""
    made = [("h1", HERE, "a"), ("h2", HERE, "a"), ("h3", HERE, "e"), ("t1", THERE, "b"),
            ("t2", THERE, "b"), ("t3", THERE, "e"), ("u", "", "b")]  # fmt: skip
    weights = {"a": "1", "b": "0.8", "d": "0.6", "e": "0.1"}
    return {
        "regions": [{"id": r, "name": r} for r in ("370200", "310000", "440000")],
        "chains": [{"id": "c", "name": "c"}],
        "segments": [{"id": s, "name": s, "chain": "c"} for s in ("out", *weights)],
        "inputs": [{"input": s, "output": "out", "weight": w} for s, w in weights.items()],
        "enterprises": [
            {"id": "L", "name": "L", "region": HERE, "leads": "c"},
            *({"id": f, "name": f, "region": r, "size": "small"} for f, r, _ in made),
        ],
        "produces": [
            {"enterprise": "L", "segment": "out"},
            *({"enterprise": f, "segment": s} for f, _, s in made),
        ],
        "surveys": [{"region": HERE, "as_of": "2026-01-01", "chain": "", "segment": ""}],
    }


def asked(*regions: str) -> CompareAnswer:
    return compare(snapshot_of(zone()), Question(leader="L"), "c", regions)


def by_id(answer: CompareAnswer) -> dict[str, ComparedSegment]:
    return {s.segment: s for s in answer.segments}


def test_before_a_comparator_is_chosen_the_hosts_are_listed() -> None:
    answer = asked()
    assert answer.there == []
    assert [(h.region, h.firms, h.overlaps) for h in answer.hosts] == [
        ("370200", 4, True),
        ("310000", 3, False),
        (THERE, 3, False),
    ]  # 370000 and 310100 hold firms too, but nobody named them
    assert (answer.firms, answer.unlocated, answer.basis) == (8, 1, "firms")


def test_quadrants_by_hand() -> None:
    answer = asked(THERE)
    rows = by_id(answer)
    gaps = ask.gaps(snapshot_of(zone()), Question(leader="L"))
    severity = {s.segment: s.severity for s in gaps.segments}
    assert {s: rows[s].here.severity for s in severity} == severity
    assert answer.high == median(v for v in severity.values() if v is not None)
    assert rows["b"].there[0].quadrant == "opportunity"
    assert rows["a"].there[0].quadrant == "spillover"  # two makers here: just below the median
    assert rows["e"].there[0].strength == 0  # as strong there as here
    assert rows["d"].there[0].quadrant is None  # nobody makes it on either side
    assert rows["d"].there[0].strength is None
    assert (rows["b"].here.makers, rows["b"].there[0].makers) == ([], ["t1", "t2"])
    assert rows["b"].makers == 3  # the one without a region counts in the whole


def test_the_other_two_quadrants_by_hand() -> None:
    rows = zone()
    rows["produces"] = [p for p in rows["produces"] if p["enterprise"] not in ("h2", "h3")]
    answer = compare(snapshot_of(rows), Question(leader="L"), "c", [THERE])
    found = {s.segment: s.there[0].quadrant for s in answer.segments}
    assert found == {
        "a": "strength",  # one small maker is not enough
        "b": "opportunity",
        "d": None,
        "e": "watch",  # made there only, and hardly needed
        "out": None,  # the leader's own
    }


def test_strength_is_the_ratio_of_the_shrunken_quotients() -> None:
    row = by_id(asked(THERE))["b"]
    there = row.there[0]
    assert row.here.lq is not None
    assert there.lq is not None
    assert there.strength == log2(row.here.lq / there.lq) < 0


def test_severities_there_are_those_of_the_same_question_asked_there() -> None:
    answer = asked(THERE)
    gaps = ask.gaps(snapshot_of(zone()), Question(leader="L", region=THERE))
    severity = {s.segment: (s.type, s.severity) for s in gaps.segments}
    shown = {s: (r.there[0].type, r.there[0].severity) for s, r in by_id(answer).items()}
    assert {s: shown[s] for s in severity} == severity


def test_a_region_without_firms_of_the_chain_is_compared_with_nothing() -> None:
    answer = asked("440300")
    assert answer.there[0].firms == 0
    assert {s.there[0].quadrant for s in answer.segments} == {None}
    assert {s.there[0].lq for s in answer.segments} == {None}


def test_twice_the_same_or_itself_is_one_and_more_than_four_are_refused() -> None:
    assert [r.region for r in asked(THERE, HERE, THERE).there] == [THERE]
    with pytest.raises(UsageError, match="too_many_regions"):
        asked("370212", "370213", "370214", "370215", "370281")
    with pytest.raises(NotFound):
        compare(snapshot_of(zone()), Question(leader="L"), "nothing", [])


@given(st.integers(0, 300))
def test_no_side_leads_without_a_maker_and_severities_stay_what_they_are(seed: int) -> None:
    snapshot = snapshot_of(random_zone(seed))
    question = Question(leader="E0", world="closed")
    answer = compare(snapshot, question, "c0", ["370100", "310000"])
    judged = {s.segment: s.severity for s in ask.gaps(snapshot, question).segments}
    for row in answer.segments:
        assert row.here.severity == judged.get(row.segment)
        for side in row.there:
            if side.quadrant in ("strength", "spillover"):
                assert row.here.makers
            if side.quadrant in ("opportunity", "watch"):
                assert side.makers
            if side.quadrant in ("strength", "opportunity"):
                assert answer.high is not None
                assert (row.here.severity or 0) >= answer.high
