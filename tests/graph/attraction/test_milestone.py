"""园区大事: as exactly as it was said, in order, corrected in the open."""

from __future__ import annotations

from datetime import date

import pytest

from graph.attraction.milestone import Milestone, Said, checked, correct, newest_first
from graph.errors import Changed, UsageError

TODAY = date(2026, 7, 1)


@pytest.mark.parametrize("when", ["2022", "2022-10", "2022-10-19", "2026", "2026-07", "2026-07-01"])
def test_a_day_stays_as_it_was_said(when: str) -> None:
    assert checked(Said("全面开街", when, "报道"), TODAY).when == when


@pytest.mark.parametrize(
    ("when", "code"),
    [
        ("22", "milestone_when"),
        ("2022-13", "milestone_when"),
        ("2022-02-30", "milestone_when"),
        ("2022-1", "milestone_when"),
        ("２０２２", "milestone_when"),
        ("去年", "milestone_when"),
        ("2027", "milestone_ahead"),
        ("2026-08", "milestone_ahead"),
        ("2026-07-02", "milestone_ahead"),
    ],
)
def test_no_day_and_what_lies_ahead_are_refused(when: str, code: str) -> None:
    with pytest.raises(UsageError) as caught:
        checked(Said("奠基", when, "报道"), TODAY)
    assert caught.value.code == code


@pytest.mark.parametrize("said", [Said("", "2022", "报道"), Said("投用", "2022", " ")])
def test_without_event_or_source_it_is_none(said: Said) -> None:
    with pytest.raises(UsageError, match="milestone_empty"):
        checked(said, TODAY)


def test_newest_first_and_a_bare_year_after_its_days() -> None:
    days = ["2022", "2022-10-19", "2021-12", "2022-10", "2023"]
    found = [Milestone(when, "p", Said("事", when, "报道")) for when in days]
    shown = [one.said.when for one in newest_first(found)]
    assert shown == ["2023", "2022-10-19", "2022-10", "2022", "2021-12"]


def test_what_it_said_before_stays() -> None:
    first = Milestone("m", "p", Said("启动", "2022", "报道"))
    second = correct(first, 1, Said("全面启动", "2022-09", "公报", why="找到公报"), TODAY)
    third = correct(second, 2, Said("全面启动", "2022-09-01", "公报", why="写到日"), TODAY)
    assert [said.when for said in third.earlier] == ["2022", "2022-09"]
    assert (third.said.when, third.version) == ("2022-09-01", 3)
    with pytest.raises(Changed):
        correct(third, 2, third.said, TODAY)
    with pytest.raises(UsageError, match="milestone_empty"):
        correct(third, 3, Said("全面启动", "2022", "报道"), TODAY)
