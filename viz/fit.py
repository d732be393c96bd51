"""Pages of parks: projects by parks, one park, and what a project or an outage changes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from graph.analysis.answers import Fit, FitAnswer, FitRule
from graph.analysis.intensity import Intensity
from graph.analysis.park_profile import Agglomeration, ParkAnswer
from graph.analysis.whatif import WhatIfAnswer
from graph.attraction.milestone import Milestone
from viz.contexts import Frame, Todo
from viz.rows import fact_text
from viz.table import Cell, Column, Table
from viz.words import term, word

__all__ = [
    "ChangePage",
    "FitPage",
    "ParkPage",
    "ParkRow",
    "ParksPage",
    "best_first",
    "failed_rules",
    "fit_table",
    "fix_text",
    "need_text",
    "parks_table",
]


@dataclass(frozen=True)
class FitPage:
    """放哪个园?"""

    template: ClassVar[str] = "fit.html"
    frame: Frame
    answer: FitAnswer
    names: Mapping[str, str]
    stages: Mapping[str, str | None]  # of the projects shown
    applied: Mapping[str, str | None]  # the park each project applies to
    stage: str = ""  # ?stage=
    chosen: Fit | None = None
    intensities: Sequence[Intensity] = ()  # of the chosen project
    weights: Mapping[str, float] = field(default_factory=dict)
    source: str = ""  # of the minimums

    @property
    def projects(self) -> Sequence[str]:
        """Rows."""
        return list(dict.fromkeys(cell.project for cell in self.answer.matrix))

    @property
    def parks(self) -> Sequence[str]:
        """Columns."""
        return list(dict.fromkeys(cell.park for cell in self.answer.matrix))

    @property
    def cells(self) -> Mapping[tuple[str, str], Fit]:
        """The matrix by project and park."""
        return {(cell.project, cell.park): cell for cell in self.answer.matrix}

    def best(self, project: str) -> Sequence[Fit]:
        """The parks that could take a project."""
        return best_first(c for c in self.answer.matrix if c.project == project)


@dataclass(frozen=True)
class ParkRow:
    """One park in the list."""

    id: str
    region: str | None
    parent: str | None
    operator: str | None
    positioning: int
    tenants: int
    projects: int
    land_free_mu: float | None
    floor_free_sqm: float | None
    agglomeration: Agglomeration


@dataclass(frozen=True)
class ParksPage:
    """有哪些园区?"""

    template: ClassVar[str] = "parks.html"
    frame: Frame
    table: Table


@dataclass(frozen=True)
class ParkPage:
    """园区缺什么?"""

    template: ClassVar[str] = "park.html"
    frame: Frame
    answer: ParkAnswer
    names: Mapping[str, str]
    fits: Mapping[str, Fit]  # of the projects that apply here
    chains: Mapping[str, str]  # a chain of each segment, for the links
    milestones: Sequence[Milestone] = ()
    todos: Sequence[Todo] = ()  # consultations that wait for the reader
    typed: Mapping[str, str] = field(default_factory=dict)  # of a form that was refused


@dataclass(frozen=True)
class ChangePage:
    """落地（停产）前后有什么变化?"""

    template: ClassVar[str] = "change.html"
    frame: Frame
    answer: WhatIfAnswer
    names: Mapping[str, str]
    fits: Sequence[Fit] = ()  # of a project, best first
    intensities: Sequence[Intensity] = ()
    source: str = ""  # of the minimums


def best_first(cells: Iterable[Fit]) -> list[Fit]:
    """Those where no hard rule fails and the fit is known, 0 too, the largest first."""
    able = [c for c in cells if c.fit is not None and not any(r.verdict == "fail" for r in c.rules)]
    return sorted(able, key=lambda c: (-(c.fit or 0.0), c.park))


def parks_table(frame: Frame, rows: Sequence[ParkRow], names: Mapping[str, str]) -> Table:
    """Every park with what it has left."""
    lang = frame.lang
    columns = [
        Column(word(lang, "parks.park")),
        Column(word(lang, "parks.region")),
        Column(word(lang, "parks.operator")),
        Column(word(lang, "parks.positioning"), "number"),
        Column(word(lang, "parks.tenants"), "number"),
        Column(word(lang, "parks.projects"), "number"),
        Column(word(lang, "parks.land_free"), "number"),
        Column(word(lang, "parks.floor_free"), "number"),
        Column(word(lang, "parks.agglomeration"), "share", word(lang, "parks.agglomeration_gloss")),
    ]
    return Table(
        "parks",
        word(lang, "parks.table"),
        columns,
        [
            [
                Cell(
                    names.get(row.id, row.id),
                    frame.to(f"/parks/{row.id}"),
                    note=word(lang, "parks.inside", park=names.get(row.parent, row.parent))
                    if row.parent
                    else "",
                ),
                Cell(names.get(row.region, row.region) if row.region else None),
                Cell(row.operator),
                # What nobody recorded is not known to be none.
                Cell(row.positioning or None, digits=0),
                Cell(row.tenants or None, digits=0),
                Cell(row.projects or None, digits=0),
                Cell(row.land_free_mu, digits=1),
                Cell(row.floor_free_sqm, digits=0),
                Cell(
                    row.agglomeration.share,
                    note=_known(lang, row.agglomeration) if row.tenants else "",
                ),
            ]
            for row in rows
        ],
    )


def fit_table(page: FitPage) -> Table:
    """The matrix as rows: one a project and park."""
    lang, names = page.frame.lang, page.names
    keys = ("positioning", "colocation", "relatedness", "slack")
    heads = ("project", "park", "route", "fit", "low", "high", "failed", "unknown")
    numbers = {"fit", "low", "high", "unknown"}
    return Table(
        "fit",
        word(lang, "fit.table"),
        [
            *(
                Column(word(lang, f"fit_head.{h}"), "number" if h in numbers else "text")
                for h in heads
            ),
            *(Column(term(lang, "component", key), "number") for key in keys),
        ],
        [
            [
                Cell(names.get(c.project, c.project)),
                Cell(names.get(c.park, c.park)),
                Cell(term(lang, "route", c.route)),
                Cell(c.fit),
                Cell(c.interval[0]),
                Cell(c.interval[1]),
                Cell(word(lang, "text.comma").join(failed_rules(lang, c))),
                Cell(c.unknown_rules),
                *(Cell(getattr(c.components, key)) for key in keys),
            ]
            for c in page.answer.matrix
        ],
    )


def failed_rules(lang: str, cell: Fit) -> list[str]:
    """The hard rules a project fails in a park, in words."""
    return [term(lang, "rule", r.rule) for r in cell.rules if r.verdict == "fail"]


def need_text(lang: str, rule: FitRule, side: str, names: Mapping[str, str]) -> str:
    """What a rule compares, in words: `side` is need or free."""
    value = getattr(rule, side)
    if value is None:
        return word(lang, "text.no_data")
    if value == ["-"]:
        return word(lang, "fit.no_limit")
    if value == []:
        return word(lang, "fit.nothing_listed")
    if isinstance(value, (list, tuple)):
        return word(lang, "text.comma").join(names.get(v, v) for v in value)
    if isinstance(value, str):
        return term(lang, "environment", value) if rule.rule == "environment_class" else value
    unit = term(lang, "rule_unit", rule.rule)
    return f"{fact_text(lang, '', rule.rule, value, names)} {unit}"


def fix_text(lang: str, figure: Intensity) -> str:
    """What would bring a figure to its minimum ("" when it is there or unknown)."""
    if figure.most is None or figure.least is None or figure.over is None or figure.given is None:
        return ""
    return word(
        lang,
        f"fix.{figure.basis}",
        over=f"{figure.over:,.10g}",
        given=f"{figure.given:,.10g}",
        amount=term(lang, "amount", figure.amount),
        value=f"{figure.value:,.4g}",
        minimum=f"{figure.minimum:,.10g}",
        unit=term(lang, "rate", figure.unit),
        most=f"{figure.most:,.10g}",
        least=f"{figure.least:,.10g}",
    )


def _known(lang: str, figure: Agglomeration) -> str:
    return word(lang, "parks.known", known=figure.known, of=figure.tenants)
