"""What a project promised, and what is known of it since: commitments, due dates, yearly actuals.

What a published meeting promised is derived from the meeting each time and kept nowhere, so that a
reopened meeting changes it by itself; kept is only what people add.  An agreement from before
(既往协议) has its commitments from whoever enters it.
"""

from __future__ import annotations

import hashlib
from calendar import monthrange
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import chain, count
from math import ceil, isfinite

from graph.errors import Changed, NotFound, UsageError
from graph.review.fields import FIELDS
from graph.review.meeting import Case, Meeting

__all__ = [
    "CUMULATIVE",
    "DOCUMENTS",
    "LOWER_IS_BETTER",
    "PROMISING",
    "YEARLY",
    "Actual",
    "Commitment",
    "Due",
    "Pledge",
    "Promise",
    "agree",
    "derived",
    "field_of",
    "numbered",
    "report",
    "set_due",
]

PROMISING = ("approved", "conditional", "special")  # outcomes after which a promise holds
LOWER_IS_BETTER = frozenset({"energy_tce"})
CUMULATIVE = frozenset({"investment_wan", "fixed_wan"})  # totals: years add up
YEARLY = frozenset({"revenue_wan", "output_wan", "tax_wan", "energy_tce"})  # of a whole year
# The numbers of an application that are promises, and the document that proves each.
DOCUMENTS: Mapping[str, str] = {
    "investment_wan": "投资完成情况审计报告",
    "fixed_wan": "固定资产投资统计报表",
    "revenue_wan": "年度审计报告",
    "output_wan": "年度统计报表",
    "tax_wan": "完税证明",
    "jobs": "社会保险缴纳证明",
    "energy_tce": "能源利用状况报告",
}
_GROWING = 12  # months between the end of building and the year that was promised: an assumption
_LONGEST = 600  # months to build beyond which a number is none: the due date stays open
_FIRST_YEAR = 1990


@dataclass(frozen=True)
class Promise:
    """What is promised; `due` None = nobody has said yet (未定), `id` "" = a new one."""

    indicator: str
    unit: str
    value: float
    due: date | None
    evidence: str
    at_most: bool = False  # 不高于; else 不低于
    id: str = ""


@dataclass(frozen=True)
class Commitment:
    """One promise; `field` is of `graph.review.fields` in its unit, "" = something else.

    Its id is unique in its pledge and stays: once made of the field, or of indicator and unit.
    """

    id: str
    indicator: str
    field: str
    unit: str
    value: float
    due: date | None
    evidence: str
    source: str  # condition | application | agreement
    at_most: bool = False  # 不高于; else 不低于


@dataclass(frozen=True)
class Due:
    """A due date that the office set."""

    commitment: str
    due: date
    by: str
    on: date


@dataclass(frozen=True)
class Actual:
    """What a year brought, as somebody reported it, and the promise `to` which it was held."""

    to: Commitment
    year: int
    value: float
    source: str
    by: str
    on: date


@dataclass(frozen=True)
class Pledge:
    """What one project promised at one park, and what was added since.

    `id` is that of the project on the agenda of `meeting`, "" = an agreement from before.  Entries
    are only added; `version` counts them.
    """

    id: str
    park: str
    name: str
    applicant: str
    enterprise: str = ""  # node of the graph, "" = nobody confirmed one
    uscc: str = ""
    meeting: str = ""
    promised: tuple[Commitment, ...] = ()
    dues: tuple[Due, ...] = ()
    actuals: tuple[Actual, ...] = ()
    version: int = 0

    def commitments(self) -> Sequence[Commitment]:
        """What is promised, with the due dates that were set last."""
        set_ = {due.commitment: due.due for due in self.dues}
        return [replace(c, due=set_.get(c.id, c.due)) for c in self.promised]

    def commitment(self, id: str) -> Commitment:
        """One of them; `NotFound` where there is none of this id."""
        found = next((c for c in self.commitments() if c.id == id), None)
        if found is None:
            raise NotFound("unknown_commitment", commitment=id)
        return found

    def reported(self, commitment: str) -> Mapping[int, Actual]:
        """What was reported of a commitment by year; a later entry supersedes."""
        return {a.year: a for a in self.actuals if a.to.id == commitment}


def derived(meeting: Meeting, case: Case) -> tuple[Commitment, ...]:
    """What a case promises once its decision is published; nothing after any other outcome.

    The conditions of the decision, and the application's own numbers, due twelve months after it
    was to be built.  A condition about such a number takes its place.
    """
    decision, basis = case.decision, case.basis
    if decision is None or decision.outcome not in PROMISING:
        return ()
    if decision.published is None and meeting.state != "published":
        return ()
    conditions = numbered(
        (
            Promise(c.indicator, c.unit, c.value, c.due, c.evidence, c.at_most)
            for c in decision.conditions
        ),
        "condition",
    )
    if basis is None:
        return tuple(conditions)
    numbers, said = basis.given.numbers, {c.field for c in conditions}
    months = numbers.get("build_months")
    due = None
    if months is not None and 0 <= months <= _LONGEST:
        due = _months_later(basis.day, ceil(months) + _GROWING)
    own = (
        Promise(
            FIELDS[name].zh, FIELDS[name].unit, numbers[name], due, document,
            name in LOWER_IS_BETTER,
        )
        for name, document in DOCUMENTS.items()
        if name not in said and numbers.get(name, 0.0) > 0
    )  # fmt: skip
    return (*conditions, *numbered(own, "application"))


def numbered(
    promises: Iterable[Promise], source: str, taken: Iterable[str] = ()
) -> Sequence[Commitment]:
    """Promises with ids of their own, by their order; `taken` = ids that others have."""
    ids, found = set(taken), list[Commitment]()
    for p in promises:
        field = field_of(p.indicator, p.unit)
        name = field or hashlib.sha256(f"{p.indicator}|{p.unit}".encode()).hexdigest()[:12]
        more = (f"{name}-{n}" for n in count(2))
        id_ = next(i for i in chain([name], more) if i not in ids)
        ids.add(id_)
        found.append(_made(p, id_, source))
    return found


def field_of(indicator: str, unit: str) -> str:
    """The number of an application that an indicator is, "" where it is none of them.

    >>> field_of("年税收", "万元"), field_of("年税收", "亿元"), field_of("发明专利", "件")
    ('tax_wan', '', '')
    """
    known = (
        name for name in DOCUMENTS if (FIELDS[name].zh, FIELDS[name].unit) == (indicator, unit)
    )
    return next(known, "")


def report(pledge: Pledge, actual: Actual, seen: int) -> Pledge:
    """Add what a year brought; the same again changes nothing.

    Raises `Changed` where the pledge was changed since it was shown, `NotFound` for a commitment it
    has not, `UsageError` for a value below 0, a year to come, without a source, and for a number of
    a whole year (`YEARLY`) before that year is over.
    """
    to = pledge.commitment(actual.to.id)
    if not isfinite(actual.value) or actual.value < 0:
        raise UsageError("bad_number", value=actual.value)
    last = actual.on.year - (to.field in YEARLY)
    if not _FIRST_YEAR <= actual.year <= last:
        raise UsageError("pledge_year", year=actual.year, last=last)
    if not actual.source.strip():
        raise UsageError("pledge_source")
    before = pledge.reported(to.id).get(actual.year)
    said = actual.value, actual.source, to.value
    if before is not None and (before.value, before.source, before.to.value) == said:
        return pledge
    if pledge.version != seen:
        raise Changed("pledge_changed")
    added = (*pledge.actuals, replace(actual, to=to))
    return replace(pledge, actuals=added, version=seen + 1)


def set_due(pledge: Pledge, due: Due, seen: int) -> Pledge:
    """Say until when; a condition of the meeting keeps the day that the meeting set."""
    before = pledge.commitment(due.commitment)
    if before.source == "condition":
        raise UsageError("pledge_condition", indicator=before.indicator)
    if before.due == due.due:
        return pledge
    if pledge.version != seen:
        raise Changed("pledge_changed")
    return replace(pledge, dues=(*pledge.dues, due), version=seen + 1)


def agree(pledge: Pledge, promises: Sequence[Promise], by: str, on: date) -> Pledge:
    """An agreement with what it promises: those with an id are changed, the others added.

    A due date that is another one is set as by `set_due`, and one left out stays.  Raises
    `UsageError` for nothing promised, for a promise without a name or a value above 0, and for one
    that would be about something else than what was reported of it; `NotFound` for an id that is
    not there.
    """
    if not promises:
        raise UsageError("pledge_empty")
    before, dues = {c.id: c for c in pledge.promised}, list(pledge.dues)
    told = {actual.to.id for actual in pledge.actuals}
    for p in promises:
        if not p.indicator.strip() or not (isfinite(p.value) and p.value > 0):
            raise UsageError("pledge_promise", indicator=p.indicator or "—")
        if not p.id:
            continue
        now = pledge.commitment(p.id)
        about = (now.indicator, now.unit, now.at_most)
        if p.id in told and about != (p.indicator, p.unit, p.at_most):
            raise UsageError("pledge_other", indicator=now.indicator)
        if p.due not in (None, now.due):
            dues.append(Due(p.id, p.due, by, on))
        before[p.id] = replace(_made(p, p.id, "agreement"), due=before[p.id].due)
    new = numbered((p for p in promises if not p.id), "agreement", before)
    after = replace(pledge, promised=(*before.values(), *new), dues=tuple(dues))
    return pledge if after == pledge else replace(after, version=pledge.version + 1)


def _made(p: Promise, id: str, source: str) -> Commitment:
    field = field_of(p.indicator, p.unit)
    return Commitment(id, p.indicator, field, p.unit, p.value, p.due, p.evidence, source, p.at_most)


def _months_later(day: date, months: int) -> date:
    """The same day so many months later, or the last of that month."""
    years, month = divmod(day.month - 1 + months, 12)
    year = day.year + years
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
