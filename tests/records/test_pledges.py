"""Of an application that two meetings judged the newest published decision holds."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from graph.review import steps
from graph.review.meeting import Decision, Meeting
from records import meetings, pledges
from records.database import Records
from tests.graph.review.meetings import CONDITION, agreed, published, sealed

LATER = date(2026, 9, 1)


def second(outcome: str) -> Meeting:
    """The same application at the next meeting."""
    terms = (replace(CONDITION, value=30.0),) if outcome == "conditional" else ()
    made = Decision(outcome, None, "h", "再议", None, terms)
    meeting = steps.conclude(steps.decide(agreed(sealed(), outcome), "p1", made))
    return replace(steps.publish(meeting, LATER), id="m2", ordinal=4)


def promised(records: Records) -> dict[str, tuple[str, int]]:
    """Which meeting each application's promises are of, and how many of them are conditions."""
    return {
        p.id: (p.meeting, sum(c.source == "condition" for c in p.promised))
        for p in pledges.all_of(records)
    }


@pytest.mark.parametrize(
    ("outcome", "wanted"),
    [("approved", {"p1": ("m2", 0)}), ("conditional", {"p1": ("m2", 1)}), ("rejected", {})],
)
def test_the_newest_published_decision_holds_whatever_it_is(
    records: Records, outcome: str, wanted: object
) -> None:
    meetings.add(records, published())
    assert promised(records) == {"p1": ("m1", 0)}
    meetings.add(records, second(outcome))
    assert promised(records) == wanted


def test_it_is_the_day_of_publication_that_counts_and_not_the_meeting(records: Records) -> None:
    meetings.add(records, replace(published(), ordinal=5))
    meetings.add(records, second("rejected"))
    assert promised(records) == {}


def test_what_is_not_published_yet_changes_nothing_and_a_reopening_revives_nothing(
    records: Records,
) -> None:
    meetings.add(records, published())
    meetings.add(records, replace(sealed(), id="m3", ordinal=6))
    assert promised(records) == {"p1": ("m1", 0)}
    meeting = second("approved")
    meetings.add(records, steps.agree_to_reopen(steps.ask_to_reopen(meeting, "h", "误"), "s"))
    assert promised(records) == {}
