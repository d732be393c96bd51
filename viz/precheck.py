"""准入预检: a project held against the standard of each park, before anybody meets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from graph.analysis.admission import AdmissionAnswer, Checked
from graph.review.assessing import Gate
from graph.review.fields import FIELDS
from graph.review.fixes import Fix
from graph.review.scoring import Head
from graph.review.standard import HEADS
from viz.contexts import Frame
from viz.table import Cell, Column, Table
from viz.words import term, word

__all__ = ["PrecheckPage", "field_name", "fix_words", "parks_of", "precheck_tables"]

_DIGITS = {"land_mu": 1}


@dataclass(frozen=True)
class PrecheckPage:
    """这个项目进得了哪个园?"""

    template: ClassVar[str] = "precheck.html"
    frame: Frame
    answer: AdmissionAnswer
    names: Mapping[str, str]
    shown: Checked | None  # the park looked at

    @property
    def table(self) -> Table:
        """Every park with its outcome."""
        return parks_of(self)

    @property
    def gates(self) -> Sequence[Gate]:
        """What keeps the project out first, then what is open, then what passes."""
        order = {"fail": 0, "unknown": 1, "pass": 2}
        found = self.shown.assessment.gates if self.shown and self.shown.assessment else ()
        return sorted(found, key=lambda gate: order[gate.verdict])


def field_name(lang: str, name: str) -> str:
    """What a field of an application is called, with its unit."""
    field = FIELDS.get(name)
    return name if field is None else field.zh if lang == "zh" else field.en


def fix_words(lang: str, fix: Fix) -> str:
    """A change with which a minimum passes, in words."""
    digits = _DIGITS.get(fix.field, 0)
    facts = {
        "field": field_name(lang, fix.field),
        "before": f"{fix.before:,.{digits}f}",
        "after": f"{fix.after:,.{digits}f}",
        "unit": term(lang, "unit", FIELDS[fix.field].unit),
    }
    down = fix.after < fix.before
    text = word(lang, "precheck.fix_down" if down else "precheck.fix_up", **facts)
    if fix.breaks:
        return text + word(lang, "precheck.fix_breaks", n=len(fix.breaks))
    return text


def parks_of(page: PrecheckPage) -> Table:
    """Every park with its outcome."""
    lang = page.frame.lang
    heads = ["park", "standard", "outcome", "low", "high", "failed", *HEADS]
    rows = [_row(page, checked) for checked in page.answer.checks]
    columns = [
        Column(word(lang, f"precheck_head.{h}") if h not in HEADS else term(lang, "head", h),
               "number" if h in ("low", "high") else "text")
        for h in heads
    ]  # fmt: skip
    return Table("precheck", word(lang, "precheck.parks"), columns, rows)


def precheck_tables(page: PrecheckPage) -> Sequence[Table]:
    """The parks; for the workbook."""
    return [parks_of(page)]


def _row(page: PrecheckPage, checked: Checked) -> list[Cell]:
    lang, names = page.frame.lang, page.names
    park = Cell(names.get(checked.park, checked.park), page.frame.here(park=checked.park))
    found = checked.assessment
    if found is None or checked.standard is None:
        return [park, Cell(word(lang, "precheck.no_standard")), *[Cell(None)] * (4 + len(HEADS))]
    failed = sum(gate.verdict == "fail" for gate in found.gates)
    return [
        park,
        Cell(f"{checked.standard.name} {found.version}"),
        Cell(term(lang, "outcome", found.outcome or "open")),
        Cell(found.low, digits=1),
        Cell(found.high, digits=1),
        Cell(str(failed) if failed else ""),
        *(Cell(_points(head)) for head in found.heads),
    ]


def _points(head: Head) -> str:
    """The points, or between which they lie while something is missing."""
    if head.points is not None:
        return f"{head.points:.1f}"
    return f"{head.low:.1f}–{head.high:.1f}"
