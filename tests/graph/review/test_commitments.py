"""What is promised is derived from the meeting; what people add is only ever added."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from graph.errors import Changed, NotFound, UsageError
from graph.review import steps
from graph.review.commitments import (
    DOCUMENTS,
    Actual,
    Commitment,
    Due,
    Pledge,
    Promise,
    agree,
    derived,
    report,
    set_due,
)
from graph.review.meeting import Condition, Decision, Meeting
from tests.graph.review.meetings import agreed, basis, sealed

SIGNED, PUBLISHED = date(2024, 3, 1), date(2026, 7, 20)
TAX = Promise("年税收", "万元", 500.0, date(2025, 6, 30), "完税证明")


def published(outcome: str, *conditions: Condition, **numbers: float) -> Meeting:
    """A meeting of one project, decided and published."""
    meeting = agreed(sealed(bases=basis(**numbers)), outcome)
    told = Decision(outcome, None, "h", "理由", conditions=conditions)
    return steps.publish(steps.conclude(steps.decide(meeting, "p1", told)), PUBLISHED)


def pledge(*promises: Promise) -> Pledge:
    begun = Pledge("a1", "park", "一期", "甲公司")
    return agree(begun, promises or [TAX], "王", SIGNED)


def actual(given: Pledge, year: int, value: float, on: date = date(2026, 3, 1)) -> Actual:
    return Actual(given.commitments()[0], year, value, "完税证明", "李", on)


def test_what_was_applied_for_is_promised_a_year_after_it_was_to_be_built() -> None:
    """2026-07-01 + 12 months to build + 12 months = 2028-07-01; an energy of 0 is no promise."""
    meeting = published("approved", energy_tce=0.0, jobs=80.0)
    found = derived(meeting, meeting.case("p1"))
    due = date(2028, 7, 1)
    assert found == (
        Commitment("investment_wan", "总投资", "investment_wan", "万元", 14_000.0, due,
                   DOCUMENTS["investment_wan"], "application"),
        Commitment("tax_wan", "年税收", "tax_wan", "万元", 1_000.0, due, "完税证明", "application"),
        Commitment("jobs", "就业人数", "jobs", "人", 80.0, due, DOCUMENTS["jobs"], "application"),
    )  # fmt: skip


def test_months_begun_count_whole_and_a_shorter_month_ends_sooner() -> None:
    for months, due in ((1.5, date(2027, 9, 1)), (1e300, None), (8.0, date(2028, 3, 1))):
        meeting = published("approved", build_months=months)
        assert {c.due for c in derived(meeting, meeting.case("p1"))} == {due}, months
    meeting = published("approved")
    case = meeting.case("p1")
    assert case.basis is not None
    late = replace(case, basis=replace(case.basis, day=date(2026, 2, 28)))
    assert derived(meeting, late)[0].due == date(2028, 2, 28)
    end = replace(case.basis, day=date(2027, 8, 31), given=case.basis.given)
    numbers = {**end.given.numbers, "build_months": 18.0}  # 30 months: the 30th of February
    end = replace(end, given=replace(end.given, numbers=numbers))
    assert derived(meeting, replace(case, basis=end))[0].due == date(2030, 2, 28)


def test_a_condition_takes_the_place_of_the_number_it_is_about() -> None:
    conditions = (
        Condition("年税收", 1_200.0, "万元", date(2029, 12, 31), "完税证明"),
        Condition("年税收", 600.0, "万元", date(2027, 12, 31), "完税证明"),
        Condition("排污许可", 1.0, "项", date(2026, 12, 31), "许可证"),
    )
    meeting = published("conditional", *conditions)
    found = {c.id: c for c in derived(meeting, meeting.case("p1"))}
    assert [(c.id, c.value) for c in found.values() if c.field == "tax_wan"] == [
        ("tax_wan", 1_200.0),
        ("tax_wan-2", 600.0),
    ]
    assert found["tax_wan"].source == "condition"
    assert found["investment_wan"].source == "application"
    (other,) = [c for c in found.values() if c.indicator == "排污许可"]
    assert (other.field, other.due) == ("", date(2026, 12, 31))
    sooner = (replace(conditions[0], due=date(2027, 1, 1)), *conditions[1:])
    meeting = published("conditional", *sooner)
    again = {c.id: c.value for c in derived(meeting, meeting.case("p1"))}
    assert again == {c.id: c.value for c in found.values()}  # ids go by the decision, not by dates
    most = Condition("化学需氧量", 10.0, "mg/L", date(2026, 12, 31), "监测报告", at_most=True)
    meeting = published("conditional", most)
    assert derived(meeting, meeting.case("p1"))[0].at_most


@pytest.mark.parametrize("outcome", ["deferred", "rejected"])
def test_nothing_is_promised_after_other_outcomes(outcome: str) -> None:
    meeting = published(outcome)
    assert derived(meeting, meeting.case("p1")) == ()


def test_a_meeting_that_is_open_again_promises_nothing_until_it_is_published_anew() -> None:
    before = meeting = published("approved")
    meeting = steps.agree_to_reopen(steps.ask_to_reopen(meeting, "h", "有误"), "s")
    assert derived(meeting, meeting.case("p1")) == ()
    told_before = replace(before.case("p1"), id="p2")  # the appeal of another: it stays published
    assert derived(meeting, told_before) == derived(before, before.case("p1")) != ()
    meeting = agreed(meeting, "conditional")
    terms = (Condition("年税收", 900.0, "万元", date(2028, 1, 1), "完税证明"),)
    told = Decision("conditional", None, "h", "理由", conditions=terms)
    meeting = steps.publish(steps.conclude(steps.decide(meeting, "p1", told)), PUBLISHED)
    assert {c.id: c.value for c in derived(meeting, meeting.case("p1"))}["tax_wan"] == 900.0


def test_a_later_entry_supersedes_and_both_stay_readable() -> None:
    first = pledge()
    one = report(first, actual(first, 2025, 300.0), 1)
    two = report(one, actual(first, 2025, 320.0), 2)
    assert two.reported("tax_wan")[2025].value == 320.0
    assert [(a.value, a.to.value) for a in two.actuals] == [(300.0, 500.0), (320.0, 500.0)]
    assert two.version == 3
    assert report(two, actual(first, 2025, 320.0, date(2026, 5, 1)), 1) == two  # the same again


def test_what_cannot_be_reported_is_refused() -> None:
    first = pledge()
    with pytest.raises(Changed):
        report(first, actual(first, 2025, 300.0), 0)
    stray = replace(actual(first, 2025, 1.0), to=replace(first.commitments()[0], id="jobs"))
    with pytest.raises(NotFound):
        report(first, stray, 1)
    for bad, code in (
        (actual(first, 2027, 300.0), "pledge_year"),
        (actual(first, 2026, 300.0), "pledge_year"),  # taxes of a year that is not over
        (actual(first, 2025, -1.0), "bad_number"),
        (actual(first, 2025, float("nan")), "bad_number"),
        (replace(actual(first, 2025, 1.0), source=" "), "pledge_source"),
    ):
        with pytest.raises(UsageError) as refused:
            report(first, bad, 1)
        assert refused.value.code == code


def test_the_office_sets_a_due_date_and_a_condition_keeps_its_own() -> None:
    first = pledge(replace(TAX, due=None))
    assert first.commitments()[0].due is None
    later = set_due(first, Due("tax_wan", date(2026, 1, 1), "王", SIGNED), 1)
    assert later.commitments()[0].due == date(2026, 1, 1)
    assert set_due(later, Due("tax_wan", date(2026, 1, 1), "李", SIGNED), 0) == later
    with pytest.raises(Changed):
        set_due(later, Due("tax_wan", date(2026, 2, 1), "王", SIGNED), 1)
    of_meeting = replace(first, promised=(replace(first.promised[0], source="condition"),))
    with pytest.raises(UsageError) as refused:
        set_due(of_meeting, Due("tax_wan", date(2026, 1, 1), "王", SIGNED), 1)
    assert refused.value.code == "pledge_condition"


def test_an_agreement_written_again_changes_only_what_it_says_otherwise() -> None:
    jobs = Promise("就业人数", "人", 80.0, date(2025, 6, 30), "")
    first = pledge(TAX, jobs)
    tax = replace(TAX, id="tax_wan")
    assert agree(first, [tax, replace(jobs, id="jobs")], "李", SIGNED) == first
    moved = agree(first, [replace(tax, value=450.0, due=date(2026, 6, 30))], "李", SIGNED)
    assert [(c.id, c.value, c.due) for c in moved.commitments()] == [
        ("tax_wan", 450.0, date(2026, 6, 30)),
        ("jobs", 80.0, date(2025, 6, 30)),
    ]
    assert (moved.version, len(moved.dues)) == (2, 1)
    assert agree(moved, [replace(tax, value=450.0, due=None)], "李", SIGNED) == moved
    for wrong, code in (([], "pledge_empty"), ([replace(TAX, value=0.0)], "pledge_promise")):
        with pytest.raises(UsageError) as refused:
            agree(first, wrong, "李", SIGNED)
        assert refused.value.code == code


def test_promises_of_one_indicator_are_told_apart_by_their_ids() -> None:
    """500 by 2025 becomes due last: it is still that promise; a new row is a third one."""
    later = replace(TAX, value=900.0, due=date(2026, 6, 30))
    first = pledge(TAX, later)
    said = [replace(TAX, due=date(2027, 6, 30), id="tax_wan"), replace(later, id="tax_wan-2")]
    moved = agree(first, [*said, replace(TAX, value=700.0)], "李", SIGNED)
    assert [(c.id, c.value, c.due) for c in moved.commitments()] == [
        ("tax_wan", 500.0, date(2027, 6, 30)),
        ("tax_wan-2", 900.0, date(2026, 6, 30)),
        ("tax_wan-3", 700.0, date(2025, 6, 30)),
    ]
    with pytest.raises(NotFound):
        agree(first, [replace(TAX, id="tax_wan-9")], "李", SIGNED)
    told = report(first, actual(first, 2025, 300.0), 1)
    assert agree(told, [replace(TAX, value=450.0, id="tax_wan")], "李", SIGNED).version == 3
    with pytest.raises(UsageError) as refused:
        agree(told, [replace(TAX, indicator="年产值", id="tax_wan")], "李", SIGNED)
    assert refused.value.code == "pledge_other"
