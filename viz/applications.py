"""Applications of parks: the list, the form, what was handed in when."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from graph.review.fields import FIELDS
from graph.review.filing import TEXTS
from viz.contexts import Choice, Frame
from viz.lists import Filed
from viz.table import Cell, Column, Table
from viz.words import term, word

__all__ = [
    "NAMED",
    "ApplicationPage",
    "ApplicationsPage",
    "Difference",
    "FilingRow",
    "FormField",
    "FormGroup",
    "Handed",
    "Trouble",
    "field_word",
    "filing_table",
    "kind_of",
    "trouble_table",
    "value_text",
]

VETO = "veto:"
NAMED = ("name", "applicant", "industry", "own_site", *TEXTS)  # beside the numbers


@dataclass(frozen=True)
class FilingRow:
    """One application; `done` of `needed` required fields are said, None = no standard is there."""

    id: str
    name: str
    applicant: str
    park: str
    park_name: str
    state: str
    done: int | None
    needed: int | None
    handed: str  # the day, "" = never
    times: int
    linked: bool

    @property
    def next(self) -> str:
        """What to do with it."""
        if self.state == "submitted":
            return "wait" if self.linked else "link"
        if self.done is not None and self.needed is not None and self.done < self.needed:
            return "fill"
        return "hand_in"


@dataclass(frozen=True)
class Trouble:
    """One error of a workbook, in words."""

    sheet: str
    row: int | None
    column: str
    header: str
    value: str
    problem: str
    hint: str


@dataclass(frozen=True)
class ApplicationsPage:
    """各园区申报了哪些项目?"""

    template: ClassVar[str] = "applications.html"
    frame: Frame
    rows: Sequence[FilingRow]
    parks: Sequence[Choice]  # that one may file for
    park: str = ""  # ?park=
    state: str = ""  # ?state=
    book: str | None = None  # where the workbook is
    file: str = ""  # the workbook that was refused
    troubles: Sequence[Trouble] = ()
    marked: str = ""  # where it can be had back, marked

    @property
    def table(self) -> Table:
        """The applications."""
        return filing_table(self.frame, self.rows)

    @property
    def errors(self) -> Table:
        """What is wrong in the workbook."""
        return trouble_table(self.frame.lang, self.troubles)


@dataclass(frozen=True)
class FormField:
    """One field of the form: its value as text, and what is wrong with it."""

    name: str
    label: str
    kind: str  # text | number | flag | line
    value: str
    unit: str = ""
    required: bool = False  # by the standard
    must: bool = False  # the form is not taken without it
    problem: str = ""


@dataclass(frozen=True)
class FormGroup:
    """Fields that belong together: a code of group `filing_group`."""

    code: str
    fields: Sequence[FormField]


@dataclass(frozen=True)
class Difference:
    """What changed, in words; "" = not said."""

    what: str
    before: str
    after: str


@dataclass(frozen=True)
class Handed:
    """One time it was handed in, and what changed since the time before."""

    number: int
    at: str
    by: str
    differences: Sequence[Difference] = ()
    note: str = ""  # why it was taken outside the days to hand in


@dataclass(frozen=True)
class ApplicationPage:
    """这个项目申报了什么、还差什么?"""

    template: ClassVar[str] = "application.html"
    frame: Frame
    id: str  # "" = not kept yet
    name: str
    park: str
    park_name: str
    state: str
    version: int
    writes: bool
    groups: Sequence[FormGroup]
    needed: int | None
    missing: Sequence[str]  # required fields in words
    standard: str  # name and version, "" = none
    track: str | None  # LAND | PARK
    handed: Sequence[Handed] = ()
    unsent: Sequence[Difference] = ()  # between the draft and what was handed in last
    overtaken: Sequence[Difference] = ()  # between what somebody else kept and what was typed
    enterprise: str = ""
    project: str = ""
    enterprises: Sequence[Choice] = ()  # that it may be
    projects: Sequence[Choice] = ()
    names: Mapping[str, str] | None = None
    files: Sequence[Filed] = ()
    megabytes: int = 0
    parks: Sequence[Choice] = ()  # to choose from while it is not kept yet
    grounds: Mapping[str, str] | None = None  # for a veto, by id: what the departments answer for
    checked: Mapping[str, bool] | None = None  # what they said
    window: tuple[date, date, bool] | None = None  # to hand in: first and last day, open today
    office: bool = True  # reads for every park
    note: str = ""  # why the office takes it outside the window, as it was typed

    @property
    def shut(self) -> bool:
        """Whether parks may not hand in today."""
        return self.window is not None and not self.window[2]

    @property
    def done(self) -> int:
        """How many required fields are said."""
        return (self.needed or 0) - len(self.missing)


def field_word(lang: str, name: str, grounds: Mapping[str, str]) -> str:
    """What a field is called; `grounds` = names of vetoes by id."""
    if name.startswith(VETO):
        id_ = name.removeprefix(VETO)
        return word(lang, "filing.ground", name=grounds.get(id_, id_))
    if name in FIELDS:
        return FIELDS[name].zh if lang == "zh" else FIELDS[name].en
    return term(lang, "filing_text", name)


def value_text(lang: str, name: str, value: object) -> str:
    """A value of a field in words."""
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return word(lang, "text.yes" if value else "text.no")
    if isinstance(value, (int, float)):
        unit = FIELDS[name].unit if name in FIELDS else ""
        shown = f"{value:.15g}"
        return f"{shown} {term(lang, 'unit', unit)}" if unit else shown
    return str(value)


def kind_of(name: str) -> str:
    """How a field is asked for."""
    if name.startswith(VETO) or name == "own_site":
        return "flag"
    if name in FIELDS:
        return "number"
    return "text" if name in TEXTS and name not in ("uscc", "introduced_by", "contact") else "line"


def filing_table(frame: Frame, rows: Sequence[FilingRow]) -> Table:
    """The applications, each with what to do next."""
    lang = frame.lang
    heads = ("name", "applicant", "park", "state", "complete", "handed", "next")
    columns = [Column(word(lang, f"filing_head.{head}")) for head in heads]
    return Table(
        "applications", word(lang, "filing.table"), columns, [_row(frame, row) for row in rows]
    )


def _row(frame: Frame, row: FilingRow) -> Sequence[Cell]:
    lang = frame.lang
    of = None
    if row.done is not None and row.needed is not None:
        of = word(lang, "filing.n_of_m", n=row.done, m=row.needed)
    times = word(lang, "filing.times", n=row.times) if row.times > 1 else ""
    left = (row.needed or 0) - (row.done or 0)
    return [
        Cell(row.name, frame.to(f"/applications/{row.id}")),
        Cell(row.applicant),
        Cell(row.park_name),
        Cell(term(lang, "filing_state", row.state)),
        Cell(of),
        Cell(row.handed or None, note=times),
        Cell(word(lang, f"filing_next.{row.next}", n=left)),
    ]


def trouble_table(lang: str, troubles: Sequence[Trouble]) -> Table:
    """Errors of a workbook with their places."""
    heads = ("sheet", "row", "column", "value", "problem", "hint")
    columns = [
        Column(word(lang, f"guide_head.{h}"), "number" if h == "row" else "text") for h in heads
    ]
    rows = [
        [
            Cell(t.sheet),
            Cell(t.row, digits=0),
            Cell(f"{t.column} {t.header}".strip() or None),
            Cell(t.value[:60] or None),
            Cell(t.problem),
            Cell(t.hint),
        ]
        for t in troubles
    ]
    return Table("errors", word(lang, "guide.errors"), columns, rows)
