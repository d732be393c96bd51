"""How promises are kept: standing of each, haircut of an applicant, outlook of a park, proposals.

Every threshold and the haircut itself are assumptions of this program.  What nobody reported is
unknown: it is never 0 and in no haircut.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from fractions import Fraction

from graph.names import plain_name
from graph.review.commitments import (
    CUMULATIVE,
    LOWER_IS_BETTER,
    YEARLY,
    Actual,
    Commitment,
    Pledge,
)
from graph.review.scoring import number

__all__ = [
    "CHECK_DAYS",
    "EXIT_DAYS",
    "EXIT_FIELDS",
    "EXIT_SHARE",
    "OUTLOOK",
    "STANDINGS",
    "Outlook",
    "Party",
    "Proposal",
    "Standing",
    "haircuts",
    "outlook",
    "party_of",
    "proposals",
    "standing",
]

STANDINGS = ("unreported", "partial", "pending", "undated", "kept")  # what asks for most first
EXIT_DAYS = 365
EXIT_SHARE = Fraction(1, 2)
EXIT_FIELDS = ("investment_wan", "fixed_wan", "tax_wan", "output_wan")
CHECK_DAYS = 180
OUTLOOK = ("investment_wan", "output_wan", "revenue_wan", "tax_wan", "jobs")


@dataclass(frozen=True)
class Standing:
    """Where a commitment stands on a day.

    `code` is of `STANDINGS`; `ratio` = kept share, at most 1, once it is due and reported;
    `actual` = the newest report, of whichever year, with the total so far where years add up;
    `overdue` = days since it was due.
    """

    code: str
    ratio: Fraction | None
    actual: Actual | None
    overdue: int


@dataclass(frozen=True)
class Party:
    """Who promised: a node of the graph, a credit code and a name; "" = unknown."""

    name: str
    enterprise: str = ""
    uscc: str = ""

    def same(self, other: Party) -> bool:
        """By node where both have one, by credit code where both have one, else by name."""
        for mine, theirs in ((self.enterprise, other.enterprise), (self.uscc, other.uscc)):
            if mine and theirs:
                return mine == theirs
        return plain_name(self.name) == plain_name(other.name) != ""


@dataclass(frozen=True)
class Proposal:
    """A project to look at: `code` = exit | check, for these commitments."""

    code: str
    pledge: Pledge
    commitments: Sequence[Commitment]


@dataclass(frozen=True)
class Outlook:
    """What is still to come at a park in a year, by field: promised, and with haircuts.

    `unrecorded` of `counted` commitments are of somebody without a record: taken as promised.
    """

    park: str
    year: int
    promised: Mapping[str, Fraction]
    discounted: Mapping[str, Fraction]
    counted: int
    unrecorded: int


def party_of(pledge: Pledge) -> Party:
    """Who made a pledge."""
    return Party(pledge.applicant, pledge.enterprise, pledge.uscc)


def standing(commitment: Commitment, reported: Mapping[int, Actual], day: date) -> Standing:
    """Where a commitment stands; `reported` = by year.

    Once it is due the newest year counts, from the year it was due on; an earlier one only where it
    kept the promise already.  A number of a whole year waits until that year is over; of a total
    (`CUMULATIVE`) the years count together.
    """
    reported = _totals(commitment, reported)
    newest = reported[max(reported)] if reported else None
    due = commitment.due
    running = commitment.field in YEARLY and due is not None and due.year >= day.year
    if due is None or day < due or running:
        return Standing("undated" if due is None else "pending", None, newest, 0)
    found = _counting(commitment, reported)
    overdue = (day - due).days
    if found is None:
        return Standing("unreported", None, newest, overdue)
    ratio = _ratio(commitment, found.value)
    code = "kept" if ratio == 1 else "partial"
    return Standing(code, ratio, found, overdue)


def haircuts(party: Party, pledges: Iterable[Pledge], before: date) -> Mapping[str, Fraction]:
    """By field 1 − Σ min(actual, promised) / Σ promised, of what was due and reported `before`.

    Where lower is better 1 − Σ promised / Σ max(actual, promised).  A field without a report is not
    there.  Made of the entries alone, each with the promise it was held against: whatever is
    entered, decided or dated on that day or later changes nothing.
    """
    sums: dict[str, list[Fraction]] = defaultdict(lambda: [Fraction(0), Fraction(0)])
    for pledge in pledges:
        if not party.same(party_of(pledge)):
            continue
        dues = {due.commitment: due.due for due in pledge.dues if due.on < before}
        entries: dict[str, list[Actual]] = defaultdict(list)
        for actual in pledge.actuals:
            if actual.on < before:
                entries[actual.to.id].append(actual)
        for id_, given in entries.items():
            to = given[-1].to
            due = dues.get(id_, to.due)
            found = None
            if to.field and to.value > 0 and due is not None and due < before:
                found = _counting(to, _totals(to, {a.year: a for a in given}), due)
            if found is not None:
                promised, actual_ = number(to.value), number(found.value)
                lower = _lower(to)
                sums[to.field][0] += promised if lower else min(actual_, promised)
                sums[to.field][1] += max(actual_, promised) if lower else promised
    return {field: 1 - kept / whole for field, (kept, whole) in sums.items()}


def proposals(pledges: Iterable[Pledge], day: date) -> Sequence[Proposal]:
    """Whom to let go and whom to look at; never the first on what is unknown.

    建议退出: due for 365 days and kept by less than half, of investment, tax or output.  建议核查:
    due for 180 days and not reported.
    """
    found: dict[str, list[Proposal]] = {"exit": [], "check": []}
    for pledge in pledges:
        asked: dict[str, list[Commitment]] = {"exit": [], "check": []}
        for commitment in pledge.commitments():
            at = standing(commitment, pledge.reported(commitment.id), day)
            if at.code == "unreported" and at.overdue >= CHECK_DAYS:
                asked["check"].append(commitment)
            failed = at.ratio is not None and at.ratio < EXIT_SHARE
            if failed and at.overdue >= EXIT_DAYS and commitment.field in EXIT_FIELDS:
                asked["exit"].append(commitment)
        for code, ones in asked.items():
            if ones:
                found[code].append(Proposal(code, pledge, ones))
    return [*found["exit"], *found["check"]]


def outlook(pledges: Sequence[Pledge], day: date) -> tuple[Sequence[Outlook], int]:
    """By park and year what is not due yet, and how many commitments have no due date."""
    rows: dict[tuple[str, int], list[tuple[str, Fraction, Fraction | None]]] = defaultdict(list)
    undated = 0
    for pledge in pledges:
        cuts = haircuts(party_of(pledge), pledges, day + timedelta(days=1))
        for c in pledge.commitments():
            if c.field not in OUTLOOK:
                continue
            if c.due is None:
                undated += 1
            elif c.due > day:
                rows[pledge.park, c.due.year].append((c.field, number(c.value), cuts.get(c.field)))
    return [_outlook(park, year, rows[park, year]) for park, year in sorted(rows)], undated


def _outlook(
    park: str, year: int, rows: Sequence[tuple[str, Fraction, Fraction | None]]
) -> Outlook:
    promised: dict[str, Fraction] = defaultdict(Fraction)
    discounted: dict[str, Fraction] = defaultdict(Fraction)
    for field, value, cut in rows:
        promised[field] += value
        discounted[field] += value * (1 - (cut or 0))
    unrecorded = sum(cut is None for _, _, cut in rows)
    return Outlook(park, year, dict(promised), dict(discounted), len(rows), unrecorded)


def _counting(
    commitment: Commitment, reported: Mapping[int, Actual], due: date | None = None
) -> Actual | None:
    """The report that says whether a due promise is kept."""
    day = due or commitment.due
    assert day is not None
    for year in sorted(reported, reverse=True):
        if year >= day.year or _ratio(commitment, reported[year].value) == 1:
            return reported[year]
    return None


def _totals(commitment: Commitment, reported: Mapping[int, Actual]) -> Mapping[int, Actual]:
    """Of a total, by year what all years up to it brought; of anything else what was reported.

    After a year that nobody reported the total is only at least that, which is not there unless it
    is enough.
    """
    if commitment.field not in CUMULATIVE:
        return reported
    found, total = dict[int, Actual](), Fraction(0)
    for at, year in enumerate(sorted(reported)):
        total += number(reported[year].value)
        whole = year - min(reported) == at
        if whole or total >= number(commitment.value):
            found[year] = replace(reported[year], value=float(total))
    return found


def _lower(commitment: Commitment) -> bool:
    """Whether less than promised is better than more."""
    return commitment.at_most or commitment.field in LOWER_IS_BETTER


def _ratio(commitment: Commitment, actual: float) -> Fraction:
    """The kept share, between 0 and 1."""
    promised, value = number(commitment.value), number(actual)
    if _lower(commitment):
        return Fraction(1) if value <= promised else promised / value
    return Fraction(1) if value >= promised else value / promised
