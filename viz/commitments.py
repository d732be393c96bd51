"""承诺兑现: every commitment with its standing, and one project with what each year brought."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from graph.review.keeping import OUTLOOK, STANDINGS
from viz.applications import Trouble, trouble_table
from viz.contexts import Choice, Frame
from viz.precheck import field_name
from viz.review_words import bound_text
from viz.table import Cell, Column, Table
from viz.words import term, word

__all__ = [
    "PROMISES",
    "PROMISE_TERMS",
    "CommitmentPage",
    "CommitmentRow",
    "CommitmentsPage",
    "KeptShare",
    "OutlookRow",
    "ProposalRow",
    "Reported",
    "year_text",
]

PROMISES = 5  # rows of the form of an agreement
PROMISE_TERMS = ("indicator", "value", "unit", "due", "evidence")


@dataclass(frozen=True)
class Reported:
    """What a year brought, as it was reported; `held_to` = the promise it was held against."""

    year: int
    value: float
    held_to: float
    source: str
    by: str
    on: str
    superseded: bool


@dataclass(frozen=True)
class CommitmentRow:
    """One commitment on a day; `ratio`, `value` and `year` None = not known."""

    pledge: str
    id: str
    project: str
    applicant: str
    park: str
    park_name: str
    indicator: str
    unit: str
    promised: float
    due: str  # "" = nobody has said
    evidence: str
    source: str
    standing: str
    ratio: float | None
    value: float | None
    year: int | None
    overdue: int
    reported: Sequence[Reported] = ()
    at_most: bool = False
    adds_up: bool = False  # `value` is what all years until `year` brought


@dataclass(frozen=True)
class ProposalRow:
    """A project to look at: `code` = exit | check."""

    code: str
    pledge: str
    project: str
    applicant: str
    park_name: str
    indicators: Sequence[str]


@dataclass(frozen=True)
class OutlookRow:
    """A park in a year: (promised, discounted) by field."""

    park_name: str
    year: int
    sums: Mapping[str, tuple[float, float]]
    counted: int
    unrecorded: int


@dataclass(frozen=True)
class KeptShare:
    """The share of earlier promises of a field that an applicant kept."""

    field: str
    share: float


@dataclass(frozen=True)
class CommitmentsPage:
    """承诺的都兑现了吗?"""

    template: ClassVar[str] = "commitments.html"
    frame: Frame
    rows: Sequence[CommitmentRow]
    parks: Sequence[Choice]
    park: str = ""  # ?park=
    standing: str = ""  # ?standing=
    hidden: int = 0  # not due yet, while nothing else is asked for
    proposals: Sequence[ProposalRow] = ()
    outlook: Sequence[OutlookRow] = ()
    undated: int = 0
    book: str | None = None  # where the workbook is
    file: str = ""  # the workbook that was refused
    troubles: Sequence[Trouble] = ()
    marked: str = ""  # where it can be had back, marked
    typed: Mapping[str, str] = field(default_factory=dict)  # an agreement that was not taken

    @property
    def standings(self) -> Sequence[str]:
        """What may be filtered by."""
        return STANDINGS

    @property
    def table(self) -> Table:
        """The commitments."""
        return commitment_table(self.frame, self.rows)

    @property
    def years(self) -> Table:
        """What is still to come."""
        return outlook_table(self.frame.lang, self.outlook)

    @property
    def errors(self) -> Table:
        """What is wrong in the workbook."""
        return trouble_table(self.frame.lang, self.troubles)

    @property
    def lines(self) -> Sequence[int]:
        """Rows for the promises of an agreement."""
        return range(PROMISES)

    @property
    def terms(self) -> Sequence[str]:
        """The fields of a promise."""
        return PROMISE_TERMS

    @property
    def indicators(self) -> Sequence[str]:
        """Indicators that count in a record, as they have to be called."""
        return [field_name("zh", name) for name in (*OUTLOOK, "fixed_wan", "energy_tce")]


@dataclass(frozen=True)
class CommitmentPage:
    """这个项目承诺了什么、做到了多少?"""

    template: ClassVar[str] = "commitment.html"
    frame: Frame
    id: str
    name: str
    applicant: str
    park_name: str
    meeting: str  # "" = an agreement from before
    version: int
    rows: Sequence[CommitmentRow]
    record: Sequence[KeptShare]
    typed: Mapping[str, str] = field(default_factory=dict)

    @property
    def dated(self) -> Sequence[CommitmentRow]:
        """Whose due date the office may set."""
        return [row for row in self.rows if row.source != "condition"]

    @property
    def kept(self) -> Sequence[tuple[str, float]]:
        """The applicant's record by name of the field."""
        return [(field_name(self.frame.lang, k.field), k.share) for k in self.record]


def commitment_table(frame: Frame, rows: Sequence[CommitmentRow]) -> Table:
    """The commitments, a row each."""
    lang = frame.lang
    heads = ("project", "park", "indicator", "promised", "due", "standing", "actual", "ratio",
             "overdue")  # fmt: skip
    kinds = {"promised": "number", "actual": "number", "ratio": "share", "overdue": "number"}
    columns = [
        Column(word(lang, f"pledge_head.{h}"), kinds.get(h, "text"))  # type: ignore[arg-type]
        for h in heads
    ]
    return Table(
        "commitments", word(lang, "pledge.table"), columns, [_row(frame, row) for row in rows]
    )


def outlook_table(lang: str, rows: Sequence[OutlookRow]) -> Table:
    """Parks by year: promised, and with the haircuts of who has a record."""
    columns = [Column(word(lang, "pledge_head.park")), Column(word(lang, "pledge_head.year"))]
    columns += [
        Column(word(lang, f"pledge_sum.{which}", name=field_name(lang, name)), "number")
        for name in OUTLOOK
        for which in ("promised", "discounted")
    ]
    columns.append(Column(word(lang, "pledge_head.unrecorded")))
    found = []
    for row in rows:
        cells = [Cell(row.park_name), Cell(str(row.year))]
        for name in OUTLOOK:
            pair = row.sums.get(name)
            cells += [Cell(pair[at] if pair else None, digits=0) for at in (0, 1)]
        told = word(lang, "pledge.unrecorded", n=row.unrecorded, of=row.counted)
        found.append([*cells, Cell(told)])
    return Table("outlook", word(lang, "pledge.outlook"), columns, found)


def year_text(lang: str, row: CommitmentRow) -> str:
    """The year of what is shown of a commitment, and whether the years before it are in it."""
    if row.year is None:
        return ""
    return word(lang, "pledge.adds_up", year=row.year) if row.adds_up else str(row.year)


def _row(frame: Frame, row: CommitmentRow) -> list[Cell]:
    lang = frame.lang
    unit = term(lang, "unit", row.unit) if row.unit else ""
    bound = f"{bound_text(lang, True)} {unit}".strip() if row.at_most else unit
    return [
        Cell(row.project, frame.to(f"/commitments/{row.pledge}"), note=row.applicant),
        Cell(row.park_name),
        Cell(row.indicator, note=term(lang, "pledge_source", row.source)),
        Cell(row.promised, note=bound, digits=0 if row.promised.is_integer() else 2),
        Cell(row.due or None),
        Cell(term(lang, "pledge_standing", row.standing)),
        Cell(row.value, note=year_text(lang, row), digits=0 if (row.value or 0) % 1 == 0 else 2),
        Cell(row.ratio),
        Cell(row.overdue if row.standing in ("unreported", "partial") else None, digits=0),
    ]
