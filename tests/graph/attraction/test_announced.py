"""公布口径: an interval stays one, and what was written down before stays readable."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from graph.attraction.announced import Announced, Claim, checked, correct, inside
from graph.errors import Changed, UsageError

DAY = date(2022, 10, 19)
SEVENTY = Claim("signed", "70余个", 70, 80, "青岛开发区", DAY, "新闻稿")


@pytest.mark.parametrize(
    ("low", "high", "counted", "agrees"),
    [
        (70, 80, 69, False), (70, 80, 70, True), (70, 80, 79, True), (70, 80, 80, False),
        (21, 22, 21, True), (21, 22, 20, False), (300, None, 299, False), (300, None, 10**6, True),
        (70, 80, None, None),
    ],
)  # fmt: skip
def test_inside(low: int, high: int | None, counted: int | None, agrees: bool | None) -> None:
    assert inside(replace(SEVENTY, low=low, high=high), counted) is agrees


def test_it_needs_a_speaker_a_source_and_a_known_kind() -> None:
    assert checked(SEVENTY) == SEVENTY
    for changed in ({"who": " "}, {"source": ""}, {"what": "jobs"}):
        with pytest.raises(UsageError):
            checked(replace(SEVENTY, **changed))  # type: ignore[arg-type]


def test_corrected_in_the_open() -> None:
    first = Announced("a", SEVENTY)
    mended = replace(SEVENTY, text="80余个", low=80, high=90, why="抄错了")
    second = correct(first, 1, mended)
    assert (second.said, second.earlier, second.version) == (mended, (SEVENTY,), 2)
    with pytest.raises(Changed):
        correct(second, 1, mended)
    with pytest.raises(UsageError, match="announced_empty"):
        correct(second, 2, SEVENTY)
