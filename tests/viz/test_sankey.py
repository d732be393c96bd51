"""The picture of flows: thickness by value, nothing lost between the columns."""

from __future__ import annotations

from itertools import pairwise
from math import fsum

import pytest
from hypothesis import given
from hypothesis import strategies as st

from viz.sankey import Sankey, Triple, sankey, shortened

ORDER = (["a", "b"], ["x", "y"], ["p", "q"])
rows = st.lists(
    st.tuples(
        st.sampled_from(ORDER[0]),
        st.sampled_from(ORDER[1]),
        st.sampled_from(ORDER[2]),
        st.one_of(st.none(), st.integers(0, 1000).map(float)),
    ),
    max_size=20,
)


def test_two_flows_by_hand() -> None:
    found = sankey([("a", "x", "p", 30.0), ("b", "x", "p", 10.0)], ORDER)
    boxes = {b.id: b for b in found.boxes}
    assert boxes["a"].height == pytest.approx(285.0)  # ¾ of 380
    assert boxes["x"].height == pytest.approx(380.0)
    assert {b.id: b.value for b in found.boxes} == {"a": 30.0, "b": 10.0, "x": 40.0, "p": 40.0}
    assert found.height == pytest.approx(285 + 95 + 8)
    assert {(r.left, r.right, r.tone, r.value) for r in found.ribbons} == {
        ("a", "x", "a", 30.0),
        ("b", "x", "b", 10.0),
        ("x", "p", "a", 30.0),
        ("x", "p", "b", 10.0),
    }
    assert "y" not in boxes  # nothing flows there


def test_a_flow_without_a_value_is_a_ribbon_of_its_own() -> None:
    found = sankey([("a", "x", "p", None), ("a", "x", "p", 5.0)], ORDER)
    assert [(r.side, r.value, r.count) for r in found.ribbons] == [
        (0, None, 1),
        (1, None, 1),
        (0, 5.0, 1),
        (1, 5.0, 1),
    ]
    assert (found.boxes[0].value, found.boxes[0].unvalued) == (5.0, 1)
    assert found.boxes[0].height == pytest.approx(386.0)


def test_nothing_is_an_empty_picture() -> None:
    assert sankey([], ORDER) == Sankey(1080, 0.0, [], [])


@given(rows)
def test_what_comes_in_goes_out(some: list[Triple]) -> None:
    found = sankey(some, ORDER)
    known = fsum(r[3] for r in some if r[3] is not None)
    for column in range(3):
        mine = [b for b in found.boxes if b.column == column]
        assert fsum(b.value or 0 for b in mine) == pytest.approx(known)
        assert sum(b.unvalued for b in mine) == sum(r[3] is None for r in some)
    for side in range(2):
        across = [r for r in found.ribbons if r.side == side]
        assert sum(r.count for r in across) == len(some)
        assert fsum(r.value or 0 for r in across) == pytest.approx(known)


@given(rows)
def test_boxes_of_a_column_never_overlap(some: list[Triple]) -> None:
    found = sankey(some, ORDER)
    for column in range(3):
        mine = [b for b in found.boxes if b.column == column]
        for above, below in pairwise(mine):
            assert above.y + above.height < below.y
        assert all(b.height >= 22 for b in mine)


def test_a_name_is_cut_to_its_room() -> None:
    assert shortened("伺服电机", 60) == "伺服电机"
    assert shortened("伺服电机", 40) == "伺服…"
    assert shortened("", 1) == ""
