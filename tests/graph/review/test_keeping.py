"""Standings and haircuts against a brute force; proposals and outlooks by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction
from random import Random

import pytest

from graph.review.commitments import Actual, Commitment, Due, Pledge
from graph.review.keeping import Party, haircuts, outlook, proposals, standing

DAY = date(2026, 7, 1)
FIELDS = ("tax_wan", "energy_tce", "jobs", "investment_wan", "")


def commitment(
    field: str = "tax_wan", value: float = 500.0, due: date | None = DAY - timedelta(400)
) -> Commitment:
    return Commitment(field or "x", field, field, "万元", value, due, "", "agreement")


def pledge(*promised: Commitment, applicant: str = "甲公司", id: str = "a1") -> Pledge:
    return Pledge(id, "park", "项目", applicant, promised=promised)


def with_actual(given: Pledge, id: str, year: int, value: float, on: date = DAY) -> Pledge:
    told = Actual(given.commitment(id), year, value, "s", "b", on)
    return replace(given, actuals=(*given.actuals, told))


def counts(c: Commitment, due: date, entries: list[Actual]) -> float | None:
    """The value that settles a due promise, found by trying every entry."""
    latest = {a.year: a.value for a in entries}
    if c.field == "investment_wan":
        every = sorted(latest)
        sums = {y: sum(exact(latest[x]) for x in every if x <= y) for y in every}
        latest = {
            y: float(total) for y, total in sums.items()
            if y - every[0] < sum(x <= y for x in every) or total >= exact(c.value)
        }  # fmt: skip
    late = [y for y in latest if y >= due.year]
    keeps = [
        y for y in latest
        if (latest[y] <= c.value if c.field == "energy_tce" else latest[y] >= c.value)
    ]  # fmt: skip
    if late:
        return latest[max(late)]
    return latest[max(keeps)] if keeps else None


def exact(x: float) -> Fraction:
    return Fraction(str(x))


def drawn(random: Random) -> Pledge:
    """A pledge with some promises, dates set later and reports over years, in any order."""
    promised = [
        replace(
            commitment(f, random.choice([0.0, 0.1, 100.0, 333.3])), id=f"{f or 'x'}-{n}",
            due=random.choice([None, DAY + timedelta(random.randint(-900, 300))]),
        )
        for n, f in enumerate(random.choices(FIELDS, k=random.randint(1, 5)))
    ]  # fmt: skip
    made = pledge(*promised, applicant=random.choice(["甲公司", "乙公司"]))
    for _ in range(random.randint(0, 8)):
        c, on = random.choice(promised), DAY - timedelta(random.randint(-3, 40))
        if random.random() < 0.2:
            due = Due(c.id, DAY + timedelta(random.randint(-500, 50)), "王", on)
            made = replace(made, dues=(*made.dues, due))
        else:
            value = random.choice([0.0, 0.05, 99.9, 100.0, 400.0])
            last = 2025 if c.field in ("tax_wan", "energy_tce") else 2026
            made = with_actual(made, c.id, random.randint(2023, last), value, on)
    return made


def test_standings_and_haircuts_are_those_of_a_brute_force() -> None:
    random, seen, cut = Random(7), set(), 0
    for _ in range(600):
        held = [replace(drawn(random), id=str(n)) for n in range(random.randint(1, 4))]
        sums: dict[str, list[Fraction]] = {}
        for p in held:
            for c in p.commitments():
                entries = [a for a in p.actuals if a.to.id == c.id]
                at = standing(c, p.reported(c.id), DAY)
                value = counts(c, c.due, entries) if c.due else None
                yearly = c.field in ("tax_wan", "energy_tce")
                if c.due is None or c.due > DAY or (yearly and c.due.year == DAY.year):
                    assert at.code == ("undated" if c.due is None else "pending")
                elif value is None:
                    assert (at.code, at.ratio) == ("unreported", None)
                else:
                    low, high = sorted((exact(value), exact(c.value)))
                    kept = value <= c.value if c.field == "energy_tce" else value >= c.value
                    assert at.code == ("kept" if kept else "partial")
                    assert at.ratio == (1 if kept else low / high)
                seen.add(at.code)
            if p.applicant != "甲公司":
                continue
            for c in p.promised:
                entries = [a for a in p.actuals if a.to.id == c.id and a.on < DAY]
                set_ = [d.due for d in p.dues if d.commitment == c.id and d.on < DAY]
                due = set_[-1] if set_ else entries[-1].to.due if entries else None
                if not c.field or not c.value or due is None or due >= DAY:
                    continue
                value = counts(c, due, entries)
                if value is not None:
                    low = min(exact(value), exact(c.value))
                    over = max(exact(value), exact(c.value))
                    lower = c.field == "energy_tce"
                    pair = sums.setdefault(c.field, [Fraction(0), Fraction(0)])
                    pair[0] += exact(c.value) if lower else low
                    pair[1] += over if lower else exact(c.value)
        found = haircuts(Party("甲公司"), held, DAY)
        assert found == {field: 1 - kept / whole for field, (kept, whole) in sums.items()}
        cut += len(found)
    assert seen == {"undated", "pending", "unreported", "partial", "kept"}
    assert cut > 200


def test_what_is_entered_on_the_day_or_later_changes_no_record() -> None:
    """400 of 500 = 80 %, before and after a later 0 of the same year, a later date and pledge."""
    before = with_actual(pledge(commitment()), "tax_wan", 2025, 400.0, DAY - timedelta(1))
    assert haircuts(Party("甲公司"), [before], DAY) == {"tax_wan": Fraction(1, 5)}
    after = with_actual(before, "tax_wan", 2025, 0.0, DAY)
    after = replace(after, dues=(Due("tax_wan", DAY + timedelta(900), "王", DAY),))
    other = with_actual(pledge(commitment(), id="a2"), "tax_wan", 2025, 0.0, DAY)
    assert haircuts(Party("甲公司"), [after, other], DAY) == {"tax_wan": Fraction(1, 5)}
    lowered = replace(before, promised=(replace(before.promised[0], value=400.0),))
    assert haircuts(Party("甲公司"), [lowered], DAY) == {"tax_wan": Fraction(1, 5)}


def test_energy_above_what_was_promised_is_a_shortfall() -> None:
    """Promised 300, used 400: 300 / 400 kept."""
    energy = commitment("energy_tce", 300.0)
    used = with_actual(pledge(energy), "energy_tce", 2026, 400.0, DAY - timedelta(1))
    assert haircuts(Party("甲公司"), [used], DAY) == {"energy_tce": Fraction(1, 4)}


@pytest.mark.parametrize(
    ("one", "two", "same"),
    [
        (Party("甲 公司（青岛）"), Party("甲公司(青岛)"), True),
        (Party("甲公司", "e1"), Party("甲公司", "e2"), False),
        (Party("甲公司", "e1"), Party("乙公司", "e1"), True),
        (Party("甲公司", "e1"), Party("甲公司"), True),
        (Party("甲公司", "", "91A"), Party("甲公司", "e1", "91B"), False),
        (Party("旧名", "", "91A"), Party("新名", "", "91A"), True),
        (Party(""), Party(""), False),
    ],
)
def test_who_is_the_same(one: Party, two: Party, same: bool) -> None:
    assert one.same(two) == two.same(one) == same


def test_nobody_is_let_go_on_what_is_unknown() -> None:
    def proposed(given: Pledge) -> list[tuple[str, list[str]]]:
        return [(p.code, [c.id for c in p.commitments]) for p in proposals([given], DAY)]

    old = commitment(due=DAY - timedelta(365))
    assert proposed(with_actual(pledge(old), "tax_wan", 2025, 249.9)) == [("exit", ["tax_wan"])]
    assert proposed(with_actual(pledge(old), "tax_wan", 2025, 250.0)) == []  # half is not less
    young = commitment(due=DAY - timedelta(364))
    assert proposed(with_actual(pledge(young), "tax_wan", 2025, 0.0)) == []
    jobs = commitment("jobs", 80.0, DAY - timedelta(900))
    assert proposed(with_actual(pledge(jobs), "jobs", 2026, 0.0)) == []
    assert proposed(pledge(commitment(due=DAY - timedelta(900)))) == [("check", ["tax_wan"])]
    half = commitment("jobs", 80.0, DAY - timedelta(180))
    assert proposed(pledge(half)) == [("check", ["jobs"])]
    assert proposed(pledge(replace(half, due=DAY - timedelta(179)))) == []


def test_the_outlook_discounts_who_has_a_record_and_counts_who_has_none() -> None:
    """2027: 甲 600 at 80 % and 乙 100 without a record: 700 promised, 480 + 100 = 580."""
    ahead = date(2027, 5, 1)
    mine = with_actual(pledge(commitment()), "tax_wan", 2025, 400.0)
    more = pledge(commitment(value=600.0, due=ahead), id="a2")
    theirs = pledge(
        commitment(value=100.0, due=ahead), commitment("jobs", 30.0, None), applicant="乙", id="b1"
    )
    (row,), undated = outlook([mine, more, theirs], DAY)
    assert (row.park, row.year, row.promised, row.discounted) == (
        "park", 2027, {"tax_wan": Fraction(700)}, {"tax_wan": Fraction(580)}
    )  # fmt: skip
    assert (row.counted, row.unrecorded, undated) == (2, 1, 1)


def test_the_years_of_a_total_add_up() -> None:
    """6,000 + 4,000 = 10,000: kept; 3,000 + ? + 2,000 is at least half, and nobody knows more."""
    whole = commitment("investment_wan", 10_000.0, date(2025, 12, 31))

    def told(**years: float) -> Pledge:
        made = pledge(whole)
        for year, value in years.items():
            made = with_actual(made, "investment_wan", int(year[1:]), value, DAY - timedelta(1))
        return made

    def code(given: Pledge) -> tuple[str, Fraction | None]:
        at = standing(whole, given.reported("investment_wan"), DAY)
        return at.code, at.ratio

    done = told(y2024=6_000.0, y2025=4_000.0)
    assert code(done) == ("kept", Fraction(1))
    assert haircuts(Party("甲公司"), [done], DAY) == {"investment_wan": Fraction(0)}
    assert code(told(y2024=6_000.0, y2025=3_000.0)) == ("partial", Fraction(9, 10))
    assert code(told(y2023=3_000.0, y2025=2_000.0)) == ("unreported", None)
    assert code(told(y2023=8_000.0, y2025=2_000.0)) == ("kept", Fraction(1))
    assert code(told(y2024=10_000.0)) == ("kept", Fraction(1))


def test_a_number_of_a_whole_year_waits_until_it_is_over() -> None:
    tax = commitment(due=date(2026, 3, 1))
    assert standing(tax, {}, date(2026, 12, 31)).code == "pending"
    assert standing(tax, {}, date(2027, 1, 1)).code == "unreported"
    assert standing(commitment("jobs", due=date(2026, 3, 1)), {}, DAY).code == "unreported"


def test_what_may_be_at_most_is_not_kept_by_more() -> None:
    """化学需氧量 ≤ 10 mg/L: 20 keeps half of it."""
    most = replace(commitment("", 10.0), at_most=True)
    for value, ratio in ((20.0, Fraction(1, 2)), (10.0, Fraction(1)), (0.0, Fraction(1))):
        given = with_actual(pledge(most), "x", 2026, value)
        assert standing(most, given.reported("x"), DAY).ratio == ratio
