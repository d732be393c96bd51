"""An application through its life: what stands at each time, and whose word counts for a ground."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from graph.errors import Changed, UsageError
from graph.review.filing import (
    Content,
    Filed,
    Filing,
    application_of,
    check,
    differences,
    hand_in,
    missing,
    withdraw,
    write,
)
from graph.review.panel import blocked, result
from tests.graph.review.meetings import basis, sealed
from tests.graph.review.standards import GOOD, STANDARD

NOW = datetime(2026, 6, 20, 8, 30, tzinfo=UTC)
ONE = Content("项目", "甲公司", numbers={"land_mu": 40.0})
TWO = replace(ONE, name="项目二期", own_site=True, numbers={"tax_wan": 0.0}, texts={"uscc": "9"})
DRAFT = Filing("f1", "park", ONE)
FILED = hand_in(DRAFT, 1, NOW, "王")


def test_what_was_handed_in_stands_until_it_is_withdrawn() -> None:
    first = Filed(1, ONE, NOW, "王")
    assert DRAFT.latest is None
    assert (FILED.state, FILED.version, FILED.latest) == ("submitted", 2, first)
    again = write(FILED, TWO, 2)
    assert (again.state, again.version, again.content, again.latest) == ("draft", 3, TWO, first)
    twice = hand_in(again, 3, NOW, "李")
    assert twice.latest == Filed(2, TWO, NOW, "李")
    gone = withdraw(twice, 4)
    assert (gone.state, gone.version, gone.latest) == ("withdrawn", 5, None)
    assert gone.filed == (first, Filed(2, TWO, NOW, "李"))  # it stays readable
    assert hand_in(gone, 5, NOW, "李").latest == Filed(3, TWO, NOW, "李")


def test_a_step_over_another_version_or_out_of_turn_is_refused() -> None:
    for step in (
        lambda: write(FILED, TWO, 1),
        lambda: hand_in(DRAFT, 2, NOW, "王"),
        lambda: withdraw(FILED, 1),
    ):
        with pytest.raises(Changed, match="filing_changed"):
            step()
    for step in (lambda: hand_in(FILED, 2, NOW, "王"), lambda: withdraw(DRAFT, 1)):
        with pytest.raises(UsageError, match="filing_state"):
            step()


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"numbers": {"land_mu": float("nan")}}, "filing_number", "land_mu"),
        ({"numbers": {"tax_wan": 1.0, "land_mu": float("inf")}}, "filing_number", "land_mu"),
        ({"numbers": {"land_mu": float("-inf")}}, "filing_number", "land_mu"),
        ({"numbers": {"wealth": 1.0}}, "filing_field", "wealth"),
        ({"texts": {"poem": "诗"}}, "filing_field", "poem"),
        ({"texts": {"land_mu": "40"}}, "filing_field", "land_mu"),  # no number is said in words
    ],
)
def test_what_no_application_can_say_is_refused_wherever_it_comes_in(
    changes: Mapping[str, Mapping[str, object]], code: str, field: str
) -> None:
    odd = replace(ONE, **changes)
    for step in (
        lambda: check(odd),
        lambda: write(DRAFT, odd, 1),
        lambda: hand_in(replace(DRAFT, content=odd), 1, NOW, "王"),
    ):
        with pytest.raises(UsageError) as caught:
            step()
        assert (caught.value.code, caught.value.facts) == (code, {"field": field})


@pytest.mark.parametrize("changes", [{"name": " "}, {"applicant": ""}])
def test_an_application_names_its_project_and_its_applicant(changes: Mapping[str, str]) -> None:
    with pytest.raises(UsageError, match="filing_name"):
        check(replace(ONE, **changes))


@pytest.mark.parametrize(
    ("park", "department", "wanted"),
    [
        (None, None, None),
        (True, None, None),  # a park's yes is nobody's
        (False, None, False),
        (None, True, True),
        (None, False, False),
        (True, True, True),
        (True, False, False),
        (False, True, False),
        (False, False, False),
    ],
)
def test_a_yes_is_the_departments_and_a_no_is_believed_of_the_park(
    park: bool | None, department: bool | None, wanted: bool | None
) -> None:
    content = replace(ONE, vetoes={} if park is None else {"v-red": park})
    checked = {} if department is None else {"v-red": department}
    given = application_of(replace(DRAFT, checked=checked), content)
    assert given.vetoes == ({} if wanted is None else {"v-red": wanted})


def test_what_a_park_says_of_itself_approves_nothing() -> None:
    content = Content("项目", "甲", own_site=True, numbers=GOOD.numbers, vetoes={"v-red": True})
    for checked, gate in (({}, "v-red"), ({"v-red": True}, None)):
        given = application_of(Filing("f1", "park", content, checked=checked), content)
        meeting = sealed(bases=basis(replace(given, chain={"gain": 0.9})))
        found = result(meeting.cases[0], sealed=True)
        assert found is not None
        assert blocked(found, "approved") == gate
        assert found.outcome == ("deferred" if gate else "approved")


def test_the_rules_take_it_as_it_is_said() -> None:
    given = application_of(DRAFT, TWO)
    assert (given.id, given.name, given.park, given.own_site) == ("f1", "项目二期", "park", True)
    assert (given.numbers, given.votes, given.chain) == ({"tax_wan": 0.0}, {}, {})
    assert application_of(replace(DRAFT, project="g1"), TWO).id == "g1"


def test_a_nought_is_said_and_what_is_required_is_named() -> None:
    assert missing(ONE, STANDARD) == ["investment_wan"]
    assert missing(TWO, STANDARD) == ["investment_wan", "land_mu"]
    assert missing(replace(ONE, numbers={"land_mu": 0.0, "investment_wan": 0.0}), STANDARD) == []


def test_differences_are_of_each_thing_that_is_said() -> None:
    assert differences(ONE, ONE) == []
    assert differences(ONE, TWO) == [
        ("name", "项目", "项目二期"),
        ("own_site", None, True),
        ("land_mu", 40.0, None),
        ("tax_wan", None, 0.0),
        ("uscc", None, "9"),
    ]


def test_what_was_withdrawn_is_not_judged_while_it_is_written_anew() -> None:
    at = datetime(2026, 7, 1, tzinfo=UTC)
    filing = hand_in(Filing("f", "p", Content("n", "a")), 1, at, "园")
    assert filing.latest is not None
    gone = withdraw(filing, filing.version)
    again = write(gone, Content("m", "a"), gone.version)
    assert (gone.latest, again.latest) == (None, None)
    handed = hand_in(again, again.version, at, "园")
    assert handed.latest is not None
    assert (handed.latest.number, handed.latest.content.name) == (2, "m")
