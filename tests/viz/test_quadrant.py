"""Dots where their numbers put them, names that cover nothing."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from viz.quadrant import Dot, Point, quadrant

points = st.lists(
    st.tuples(st.floats(-3, 3), st.floats(0, 1), st.text("减速器abc", min_size=1, max_size=12)),
    max_size=15,
)


def made(some: list[tuple[float, float, str]]) -> list[Point]:
    return [Point(f"s{i}", x, y, "weak", name) for i, (x, y, name) in enumerate(some)]


def test_right_is_stronger_and_up_is_more_severe() -> None:
    found = quadrant(made([(-1.0, 0.5, "弱"), (0.0, 0.2, "平"), (1.0, 0.1, "强")]), 0.2)
    weak, even, strong = found.dots
    assert weak.x < even.x == found.zero < strong.x
    assert weak.y < even.y == found.line < strong.y
    assert abs((found.zero - weak.x) - (strong.x - found.zero)) < 1e-9
    assert [d.text for d in found.dots] == ["弱", "平", "强"]
    assert "1×" in [text for _, text in found.across]
    assert found.unnamed == 0


def test_without_a_gap_there_is_no_line() -> None:
    assert quadrant([], None).line is None


def test_a_name_that_would_cover_another_is_left_out_and_counted() -> None:
    found = quadrant(made([(0.0, 0.5, "减速器")] * 3), None)
    assert found.unnamed >= 1


def box(dot: Dot) -> tuple[float, float]:
    wide = sum(12.0 if ch > "ÿ" else 12.0 * 0.58 for ch in dot.text)
    return (
        (dot.text_x, dot.text_x + wide)
        if dot.anchor == "start"
        else (dot.text_x - wide, dot.text_x)
    )


@given(points)
def test_everything_stays_inside_and_names_apart(some: list[tuple[float, float, str]]) -> None:
    found = quadrant(made(some), 0.3)
    named = [d for d in found.dots if d.text]
    for d in found.dots:
        assert found.left <= d.x <= found.right
        assert found.top <= d.y <= found.bottom
    for d in named:
        assert found.left < box(d)[0]
        assert box(d)[1] < found.right
    for i, a in enumerate(named):
        for b in named[i + 1 :]:
            apart = box(a)[1] <= box(b)[0] or box(b)[1] <= box(a)[0]
            assert apart or abs(a.text_y - b.text_y) >= 14 - 1e-9
