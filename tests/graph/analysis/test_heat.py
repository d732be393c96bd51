"""Segments × regions: columns by hand, and every cell as that region's own answer has it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.analysis import ask
from graph.analysis.heat import HeatAnswer, heat
from graph.errors import UsageError
from graph.question import Question
from tests.graph.analysis.random_zone import random_zone
from tests.zones import Rows, snapshot_of

HERE, BESIDE, ZONE, FAR = "370211", "370212", "370212400", "310115"


def zone() -> Rows:
    """`L` here makes out from a (made beside), b (in the zone inside that), d (checked: nobody)."""
    made = [("b1", BESIDE, "a"), ("b2", BESIDE, "a"), ("z1", ZONE, "b"), ("f1", FAR, "d"),
            ("c1", "370200", "a"), ("off", "370213", "a"), ("other", "370214", "x")]  # fmt: skip
    inputs = {"a": "1", "b": "0.8", "d": "0.6"}
    return {
        "regions": [
            *({"id": r, "name": r} for r in (HERE, BESIDE, "370213", "370214", "370200", FAR)),
            {"id": ZONE, "name": "园", "level": "zone", "parent": BESIDE},
        ],
        "chains": [{"id": "c", "name": "c"}],
        "segments": [{"id": s, "name": s, "chain": "c"} for s in ("out", *inputs, "x")],
        "inputs": [{"input": s, "output": "out", "weight": w} for s, w in inputs.items()],
        "enterprises": [
            {"id": "L", "name": "L", "region": HERE, "leads": "c"},
            *(
                {
                    "id": f,
                    "name": f,
                    "region": r,
                    "size": "large",
                    "status": "closed" if f == "off" else "",
                }
                for f, r, _ in made
            ),
        ],
        "produces": [
            {"enterprise": "L", "segment": "out"},
            *({"enterprise": f, "segment": s, "availability": "1"} for f, _, s in made),
        ],
        "surveys": [{"region": HERE, "as_of": "2026-01-01", "chain": "", "segment": "d"}],
    }


def asked(*regions: str) -> HeatAnswer:
    return heat(snapshot_of(zone()), Question(leader="L"), regions)


def test_the_default_is_the_city_where_something_is_made() -> None:
    answer = asked()
    # 370213's only maker has closed, 370214 makes what L does not need, 370200 holds all of them
    assert [(r.region, r.firms) for r in answer.regions] == [(HERE, 1), (BESIDE, 3), (ZONE, 1)]
    assert [(h.region, h.firms, h.near) for h in answer.hosts] == [
        (BESIDE, 3, True), (HERE, 1, True), (ZONE, 1, True), ("370200", 5, False), (FAR, 1, False),
    ]  # fmt: skip


def test_cells_by_hand() -> None:
    found = {
        s.segment: [(c.type, c.severity and round(c.severity, 6)) for c in s.cells]
        for s in asked(HERE, BESIDE, ZONE, FAR).segments
    }
    # Criticality is .875 of the weight; a large firm covers .9, from elsewhere in the city .45.
    b_here, b_there, d_far = 0.7 * (1 - 0.45), 0.7 * (1 - 0.9), 0.525 * (1 - 0.9)
    assert found == {
        "a": [("nearby", 0.0), ("covered", 0.0), ("nearby", 0.0), ("unknown", None)],
        "b": [("nearby", b_here), ("single_sourced", pytest.approx(b_there)),
              ("single_sourced", pytest.approx(b_there)), ("unknown", None)],
        "d": [("missing", 0.525), ("unknown", None), ("unknown", None),
              ("single_sourced", pytest.approx(d_far))],
    }  # fmt: skip


def test_the_worst_anywhere_comes_first_and_what_is_unknown_everywhere_last() -> None:
    assert [s.segment for s in asked(HERE, BESIDE).segments] == ["d", "b", "a"]
    assert [s.segment for s in asked(BESIDE).segments] == ["b", "a", "d"]


def test_columns_count_as_the_region_s_own_page_does() -> None:
    snapshot = snapshot_of(zone())
    for column in heat(snapshot, Question(leader="L"), [HERE, FAR]).regions:
        own = ask.gaps(snapshot, Question(leader="L", region=column.region))
        assert (column.total, column.gaps, column.unknown) == (
            own.total,
            len(own.gaps),
            len(own.to_verify),
        )


def test_a_region_of_which_nothing_is_known_has_no_total() -> None:
    totals = {r.region: r.total for r in asked(HERE, "370213", "110000").regions}
    assert totals[HERE] is not None
    assert totals["110000"] is None  # nothing in reach, nothing checked: not 0
    beyond = {s.segment: s.cells[2].severity for s in asked(HERE, "370213", "110000").segments}
    assert set(beyond.values()) == {None}


def test_what_no_leader_requires_there_has_no_type() -> None:
    rows = {**zone(), "enterprises": [{**e, "leads": ""} for e in zone()["enterprises"]]}
    question = Question(chain="c", region=HERE)
    answer = heat(snapshot_of(rows), question, [HERE, BESIDE])
    cells = {s.segment: [c.type for c in s.cells] for s in answer.segments}
    # Without a leader the region's own firms ask: only here does one make `out`.
    assert cells == {"a": ["nearby", None], "b": ["nearby", None], "d": ["missing", None]}
    assert answer.notes == ["pseudo_leader"]


def test_regions_asked_twice_are_one_column_and_nine_are_too_many() -> None:
    assert [r.region for r in asked(FAR, HERE, FAR).regions] == [FAR, HERE]
    with pytest.raises(UsageError) as caught:
        asked(*(f"3702{n}" for n in range(10, 19)))
    assert caught.value.facts == {"given": 9, "limit": 8}


@given(st.integers(0, 10**9), st.sampled_from(["open", "closed"]))
@settings(max_examples=60, deadline=None)
def test_every_cell_is_the_answer_of_its_region(seed: int, world: str) -> None:
    snapshot = snapshot_of(random_zone(seed))
    regions = ["370211", "zone-a", "310115", "free-b"]
    question = Question(leader="E0", world=world)  # type: ignore[arg-type]
    answer = heat(snapshot, question, regions)
    worst = []
    for row in answer.segments:
        for region, cell in zip(regions, row.cells, strict=True):
            own = ask.gaps(snapshot, Question(leader="E0", region=region, world=world))  # type: ignore[arg-type]
            (judged,) = [s for s in own.segments if s.segment == row.segment]
            assert (cell.type, cell.severity) == (judged.type, judged.severity)
        known = [c.severity for c in row.cells if c.severity is not None]
        worst.append(max(known, default=-1.0))
    assert worst == sorted(worst, reverse=True)
    assert {s.segment for s in answer.segments} == {
        s.segment for s in ask.gaps(snapshot, question).segments
    }
