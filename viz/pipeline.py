"""在谈项目: how many stand where, one project with its history, and applicants courted twice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import ClassVar

from graph.attraction.courted import First, Suit
from graph.attraction.pursuit import STAGES, Introduction, Move, Pursuit, Ruling
from graph.review.meeting import Decision
from viz.applications import FormField, Trouble, trouble_table
from viz.contexts import Choice, Frame
from viz.table import Cell, Column, Table
from viz.words import term, word

__all__ = [
    "ARBITRATE",
    "CourtedPage",
    "GroupRow",
    "PipelinePage",
    "Place",
    "PursuitPage",
    "PursuitRow",
    "RulingRow",
    "pursuit_field",
    "pursuit_table",
    "shares_text",
]

ARBITRATE = "POST /pipeline/courted"
_KINDS = {
    "next_day": "plan",
    "introduced_on": "date",
    "investment_wan": "number",
    "note": "text",
}


@dataclass(frozen=True)
class PursuitRow:
    """One project of the list; days as text, "" = not said."""

    id: str
    name: str
    applicant: str
    park: str  # its name
    stage: str
    since: str  # the day it came to its stage
    owner: str
    next_step: str
    next_day: str
    late: bool
    today: bool


@dataclass(frozen=True)
class PipelinePage:
    """在谈项目走到哪一步、该找谁?"""

    template: ClassVar[str] = "pipeline.html"
    frame: Frame
    rows: Sequence[PursuitRow]
    counts: Mapping[tuple[str, str], int]  # (park, stage), at the end of `day`
    names: Mapping[str, str]
    day: date
    today: date
    late: int  # next steps overdue, of all that may be seen
    due: int  # … and for today
    parks: Sequence[Choice]
    owners: Sequence[str]
    park: str = ""  # ?park=
    stage: str = ""  # ?stage=
    owner: str = ""  # ?owner=
    only_late: bool = False  # ?late=
    groups: int | None = None  # to arbitrate; None = not for this reader
    sheet: str | None = None  # the workbook
    fresh: bool = False  # nothing is there yet, in the sample's zone
    file: str = ""  # the workbook that was refused
    troubles: Sequence[Trouble] = ()
    marked: str = ""  # where it can be had back, marked
    stages: Sequence[str] = STAGES

    @property
    def table(self) -> Table:
        """The projects."""
        return pursuit_table(self.frame, self.rows)

    @property
    def errors(self) -> Table:
        """What is wrong in the workbook."""
        return trouble_table(self.frame.lang, self.troubles)

    @property
    def counted(self) -> Table:
        """Parks × stages; each number leads to its projects while the day is today."""
        lang, frame = self.frame.lang, self.frame
        parks = sorted({park for park, _ in self.counts}, key=lambda p: self.names.get(p, p))
        columns = [Column(word(lang, "pursuit_head.park"))]
        columns += [Column(term(lang, "project_stage", s), "number") for s in STAGES]
        columns.append(Column(word(lang, "pursuit.sum"), "number"))

        def row(title: str, park: str, among: Sequence[str]) -> Sequence[Cell]:
            numbers = [sum(self.counts.get((p, s), 0) for p in among) for s in STAGES]
            now = self.day == self.today
            links = [frame.to("/pipeline", park=park, stage=s) if now else None for s in STAGES]
            cells = [
                Cell(n, href if n else None, digits=0)
                for n, href in zip(numbers, links, strict=True)
            ]
            return [Cell(title), *cells, Cell(sum(numbers), digits=0)]

        rows = [row(self.names.get(park, park), park, [park]) for park in parks]
        if len(parks) > 1:
            rows.append(row(word(lang, "pursuit.all_parks"), "", parks))
        caption = word(lang, "pursuit.counts", day=self.day.isoformat())
        return Table("pursuit-counts", caption, columns, rows)


@dataclass(frozen=True)
class PursuitPage:
    """这个项目谈到哪一步、下一步做什么?"""

    template: ClassVar[str] = "pursuit.html"
    frame: Frame
    pursuit: Pursuit | None  # None = not kept yet
    version: int
    plan: Sequence[FormField]
    facts: Sequence[FormField]
    kept: Sequence[FormField]  # all of them as they are kept, whatever was typed
    names: Mapping[str, str]
    today: date
    writes: bool
    parks: Sequence[Choice]
    park: str = ""
    late: bool = False
    typed: Mapping[str, str] = field(default_factory=dict)  # of the other forms, where refused
    proposed: str = ""  # the stage that what happened suggests, "" = none
    decision: Decision | None = None  # of the review
    filings: Sequence[Choice] = ()  # applications of its park
    enterprises: Sequence[Choice] = ()
    projects: Sequence[Choice] = ()
    stages: Sequence[str] = STAGES

    @property
    def moves(self) -> Sequence[Move]:
        """Its history, the newest first."""
        return self.pursuit.moves[::-1] if self.pursuit else ()

    @property
    def next_stage(self) -> str:
        """The stage after its own: what is chosen unless the reader chooses another."""
        if self.pursuit is None or self.pursuit.stage in STAGES[-2:]:
            return ""
        return STAGES[STAGES.index(self.pursuit.stage) + 1]

    @property
    def earlier(self) -> Sequence[Introduction]:
        """What was said of its introduction before."""
        return self.pursuit.introductions[:-1] if self.pursuit else ()

    @property
    def rulings(self) -> Sequence[tuple[Ruling, str]]:
        """Decisions about it with their credit in words, the newest first."""
        found = self.pursuit.rulings[::-1] if self.pursuit else ()
        return [(r, shares_text(self.frame.lang, r, self.names)) for r in found]


@dataclass(frozen=True)
class Place:
    """A park for an applicant: fit 0…1 and what is free (亩, ㎡), None = unknown."""

    park: str
    name: str
    fit: float | None
    land_mu: float | None
    floor_sqm: float | None


@dataclass(frozen=True)
class GroupRow:
    """One applicant that several parks court."""

    mark: str  # what a form about it brings back
    suits: Sequence[tuple[Suit, Place]]
    first: First
    best: Sequence[Place]  # where it fits best, of all parks; none = nobody knows

    @property
    def places(self) -> Sequence[Place]:
        """The parks that court it, each once."""
        return list({place.park: place for _, place in self.suits}.values())

    @property
    def applicant(self) -> str:
        """Who it is."""
        return self.suits[0][0].applicant


@dataclass(frozen=True)
class RulingRow:
    """A decision, and the pursuits it is about."""

    ruling: Ruling
    park: str  # its name
    shares: str
    applicant: str
    pursuits: Sequence[tuple[str, str]]  # id, name and park


@dataclass(frozen=True)
class CourtedPage:
    """同一企业几个园都在谈,该由谁牵头?"""

    template: ClassVar[str] = "courted.html"
    frame: Frame
    groups: Sequence[GroupRow]
    rulings: Sequence[RulingRow]
    parks: Sequence[Choice]
    names: Mapping[str, str]
    typed: Mapping[str, str] = field(default_factory=dict)  # of the form that was refused


def pursuit_field(lang: str, name: str, value: str, problem: str = "") -> FormField:
    """One field of the form of a project."""
    must = name in ("name", "applicant")
    unit = "万元" if name == "investment_wan" else ""
    kind = _KINDS.get(name, "line")
    return FormField(
        name, term(lang, "pursuit_field", name), kind, value, unit, False, must, problem
    )


def pursuit_table(frame: Frame, rows: Sequence[PursuitRow]) -> Table:
    """The projects with who follows them and what comes next."""
    heads = ("name", "applicant", "park", "stage", "owner", "next_step", "next_day")
    columns = [Column(word(frame.lang, f"pursuit_head.{head}")) for head in heads]
    cells = [_row(frame, row) for row in rows]
    return Table("pursuits", word(frame.lang, "pursuit.table"), columns, cells)


def shares_text(lang: str, ruling: Ruling, names: Mapping[str, str]) -> str:
    """The credit of a decision in words."""
    parts = (f"{names.get(park, park)} {share:.4g} %" for park, share in ruling.shares)
    return word(lang, "text.comma").join(parts)


def _row(frame: Frame, row: PursuitRow) -> Sequence[Cell]:
    state = "late" if row.late else "today" if row.today else ""
    return [
        Cell(row.name, frame.to(f"/pipeline/{row.id}")),
        Cell(row.applicant),
        Cell(row.park),
        Cell(term(frame.lang, "project_stage", row.stage), note=row.since),
        Cell(row.owner or None),
        Cell(row.next_step or None),
        Cell(row.next_day or None, note=word(frame.lang, f"pursuit_due.{state}") if state else ""),
    ]
