"""Small pictures of a figure: places by hand, the unknown breaks the line."""

from __future__ import annotations

from viz.lines import BOTTOM, HEIGHT, LEFT, RIGHT, TOP, WIDTH, lines

DOWN, WIDE = HEIGHT - BOTTOM, WIDTH - RIGHT - LEFT


def test_places_on_a_scale_that_begins_at_0() -> None:
    made = lines([("1", (10.0, 10.0)), ("2", (30.0, 30.0))], None, percent=False)
    assert [text for _, text in made.up] == ["0", "10", "20", "30", "40"]  # 30 → 40
    assert [mark.x for mark in made.marks] == [LEFT + WIDE / 4, LEFT + WIDE * 3 / 4]
    assert made.marks[0].low == made.marks[0].high == DOWN - (DOWN - TOP) / 4
    assert [mark.text for mark in made.marks] == ["10", "30"]
    assert made.paths[0] == made.paths[1]


def test_a_range_is_drawn_from_end_to_end_and_never_at_a_middle() -> None:
    made = lines([("1", (0.5, 0.5)), ("2", (0.25, 0.75))], 1.0, percent=True)
    mark = made.marks[1]
    assert (mark.low, mark.high) == (DOWN - (DOWN - TOP) * 0.25, DOWN - (DOWN - TOP) * 0.75)
    assert mark.text == "25%–75%"
    middle = f"{DOWN - (DOWN - TOP) * 0.5:.1f}"
    assert [path.count(middle) for path in made.paths] == [1, 1]  # of the first meeting alone
    assert made.paths[0] != made.paths[1]


def test_the_unknown_has_no_place_and_breaks_the_line() -> None:
    points = [("1", (1.0, 1.0)), ("2", None), ("3", (2.0, 2.0)), ("4", (2.0, 2.0))]
    made = lines(points, None, percent=False)
    assert made.paths[0].count("M") == 2
    assert made.paths[0].count("L") == 1
    assert made.unknown == [LEFT + WIDE * 1.5 / 4]
    assert len(made.across) == 4


def test_nothing_but_0_still_has_a_scale() -> None:
    made = lines([("1", (0.0, 0.0)), ("2", (0.0, 0.0))], None, percent=False)
    assert {mark.low for mark in made.marks} == {DOWN}
    assert made.up[-1][1] == "1"
