"""Pieces of the report: sections, cells in words, and the sections about parks and sources."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from graph.analysis.answers import Fit, Interval
from viz.contexts import EvidenceFact, Frame
from viz.fit import best_first, failed_rules
from viz.table import Cell, Column, Table
from viz.words import term, word

__all__ = [
    "Section",
    "interval_text",
    "listed",
    "parks_section",
    "rest_text",
    "sources_section",
    "table_of",
    "told",
]

PARKS = 3  # a project
SOURCES = 30
_KINDS: Mapping[str, Literal["number", "share"]] = {
    **dict.fromkeys(
        (
            "rank", "severity", "criticality", "score", "needed", "in_house", "covered", "gaps",
            "unknown", "fit", "unknown_rules", "records",
        ),
        "number",
    ),
    "fill": "share",
}  # fmt: skip


@dataclass(frozen=True)
class Section:
    """A heading with sentences, a table, and what is left out of it."""

    id: str
    title: str
    lines: Sequence[str] = ()
    table: Table | None = None
    bullets: Sequence[str] = ()
    more: str = ""


def told(lang: str, cell: Cell, column: Column) -> str:
    """A cell in words, as on paper: what nobody knows says so.

    >>> told("zh", Cell(0.125), Column("", "share")), told("zh", Cell(None), Column(""))
    ('12.5%', '无数据')
    """
    if cell.value is None:
        return word(lang, "text.no_data")
    if isinstance(cell.value, str):
        return cell.value
    return f"{cell.value:.1%}" if column.kind == "share" else f"{cell.value:.{cell.digits}f}"


def table_of(lang: str, id: str, heads: Sequence[str], rows: Sequence[Sequence[Cell]]) -> Table:
    """A table with its caption and heads in words."""
    columns = [Column(word(lang, f"report_head.{h}"), _KINDS.get(h, "text")) for h in heads]
    return Table(id, word(lang, f"report_table.{id}"), columns, rows)


def interval_text(ends: Interval | None, digits: int) -> str | None:
    """Both ends.

    >>> interval_text((0, 0.25), 2)
    '[0.00, 0.25]'
    """
    return None if ends is None else f"[{ends[0]:.{digits}f}, {ends[1]:.{digits}f}]"


def rest_text(lang: str, n: int, shown: int) -> str:
    """That there are more than are shown, "" when there are not."""
    return word(lang, "text.more", n=n - shown) if n > shown else ""


def listed(lang: str, names: Sequence[str]) -> str:
    """Names one after the other."""
    return word(lang, "text.comma").join(names)


def parks_section(
    frame: Frame, fits: Mapping[str, Sequence[Fit]], names: Mapping[str, str]
) -> Section:
    """The parks with the largest fit for each project, and how many are out of the question."""
    lang = frame.lang
    title = word(lang, "report.parks")
    if not fits:
        return Section("parks", title, [word(lang, "report.parks_none")])
    rows, bullets = [], []
    for project, cells in fits.items():
        able = best_first(cells)
        rows += [_park(frame, c, names) for c in able[:PARKS]]
        failed = sum(bool(failed_rules(lang, c)) for c in cells)
        bullets.append(
            word(
                lang,
                "report.parks_of",
                project=names.get(project, project),
                able=len(able),
                failed=failed,
                other=len(cells) - len(able) - failed,
            )
        )
    heads = ("project", "park", "fit", "interval", "route", "unknown_rules")
    table = table_of(lang, "parks", heads, rows) if rows else None
    return Section("parks", title, [word(lang, "report.parks_lead")], table, bullets)


def sources_section(lang: str, facts: Sequence[EvidenceFact]) -> Section:
    """Where the listed rows come from, each source once."""
    cited: dict[str, list[EvidenceFact]] = {}
    for fact in facts:
        cited.setdefault(fact.source or word(lang, "text.no_source"), []).append(fact)
    rows = [
        [
            Cell(source),
            Cell(_dates(lang, some)),
            Cell(_grades(lang, some)),
            Cell(len(some), digits=0),
        ]
        for source, some in sorted(cited.items(), key=lambda pair: (-len(pair[1]), pair[0]))
    ]
    title = word(lang, "report.sources")
    if not rows:
        return Section("sources", title, [word(lang, "text.no_evidence")])
    table = table_of(lang, "sources", ("source", "dates", "grade", "records"), rows[:SOURCES])
    lead, more = word(lang, "report.sources_lead"), rest_text(lang, len(rows), SOURCES)
    return Section("sources", title, [lead], table, more=more)


def _park(frame: Frame, c: Fit, names: Mapping[str, str]) -> list[Cell]:
    return [
        Cell(names.get(c.project, c.project), frame.entity_url("Project", c.project)),
        Cell(names.get(c.park, c.park), frame.to("/parks/fit", project=c.project, park=c.park)),
        Cell(c.fit),
        Cell(interval_text(c.interval, 2)),
        Cell(term(frame.lang, "route", c.route)),
        Cell(c.unknown_rules, digits=0),
    ]


def _dates(lang: str, facts: Sequence[EvidenceFact]) -> str:
    dates = sorted({f.as_of for f in facts if f.as_of})
    if not dates:
        return word(lang, "text.no_date")
    return dates[0] if len(dates) == 1 else f"{dates[0]} – {dates[-1]}"


def _grades(lang: str, facts: Sequence[EvidenceFact]) -> str:
    return listed(lang, sorted({term(lang, "grade", f.grade or "declared") for f in facts}))
