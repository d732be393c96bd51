"""准入标准: the list, one standard, and what a version changed, in words."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date
from typing import ClassVar
from urllib.parse import quote

from graph.review.fields import FIELDS
from graph.review.standard import HEADS, Cutoffs, Indicator, Standard, Veto, differences
from viz.contexts import Frame
from viz.precheck import field_name
from viz.table import Cell, Column, Table
from viz.words import term, word

__all__ = ["StandardPage", "StandardRow", "StandardsPage", "formula_words"]

_CODE = re.compile(r"[a-z][a-z0-9_]*")
_WORDED = {"track": "route", "head": "head", "chain": "standard_chain"}  # field -> group


@dataclass(frozen=True)
class StandardRow:
    """A version of a standard as the list has it; `assumed` of its `indicators` are ours."""

    id: str
    version: str
    name: str
    park: str
    industry: str
    track: str
    valid_from: str
    valid_to: str | None
    state: str  # in_force, future, replaced, expired
    indicators: int
    assumed: int
    document: str


@dataclass(frozen=True)
class StandardsPage:
    """有哪些准入标准?"""

    template: ClassVar[str] = "standards.html"
    frame: Frame
    rows: Sequence[StandardRow]
    names: Mapping[str, str]

    @property
    def table(self) -> Table:
        """A row a version."""
        lang = self.frame.lang
        heads = (
            "name", "park", "industry", "track", "version", "valid_from", "valid_to", "state",
            "assumed", "document",
        )  # fmt: skip
        columns = [Column(word(lang, f"standard_head.{head}")) for head in heads]
        rows = [self._row(row) for row in self.rows]
        return Table("standards", word(lang, "standard.list"), columns, rows)

    def _row(self, row: StandardRow) -> list[Cell]:
        lang, path = self.frame.lang, f"/standards/{quote(row.id)}"
        return [
            Cell(row.name, self.frame.to(path, version=row.version)),
            Cell(whose(lang, row, self.names)),
            Cell(row.industry or word(lang, "standard.any_industry")),
            Cell(term(lang, "route", row.track)),
            Cell(row.version),
            Cell(row.valid_from),
            Cell(row.valid_to or word(lang, "standard.no_end")),
            Cell(word(lang, f"standard_state.{row.state}")),
            Cell(assumed_words(lang, row)),
            Cell(row.document),
        ]


@dataclass(frozen=True)
class StandardPage:
    """这份标准要求什么?"""

    template: ClassVar[str] = "standard.html"
    frame: Frame
    standard: Standard
    row: StandardRow
    versions: Sequence[StandardRow]
    before: Standard | None  # what it is compared with
    names: Mapping[str, str]

    @property
    def park(self) -> str:
        """Whose it is."""
        return whose(self.frame.lang, self.row, self.names)

    @property
    def assumed(self) -> str:
        """How many of its indicators are assumptions, in words."""
        return assumed_words(self.frame.lang, self.row)

    @property
    def heads(self) -> Sequence[tuple[str, str]]:
        """Each head with its weight."""
        return [(head, number(points)) for head, points in self.standard.weights().items()]

    @property
    def required(self) -> Sequence[str]:
        """What an application has to state, by name."""
        return [field_name(self.frame.lang, name) for name in self.standard.required]

    @property
    def indicators(self) -> Table:
        """A row an indicator, by head."""
        lang = self.frame.lang
        heads = ("head", "name", "how", "unit", "weight", "minimum", "benchmark", "evidence",
                 "source")  # fmt: skip
        columns = [
            Column(word(lang, f"standard_head.{head}"), "number" if head == "weight" else "text")
            for head in heads
        ]
        ordered = sorted(self.standard.indicators, key=lambda i: HEADS.index(i.head))
        rows = [_indicator(lang, one) for one in ordered]
        return Table("indicators", word(lang, "standard.indicators"), columns, rows)

    @property
    def vetoes(self) -> Table:
        """A row a ground for refusal."""
        lang = self.frame.lang
        columns = [
            Column(word(lang, f"standard_head.{head}")) for head in ("veto", "department", "basis")
        ]
        rows = [[Cell(x.name), Cell(x.department), Cell(x.basis)] for x in self.standard.vetoes]
        return Table("vetoes", word(lang, "standard.vetoes"), columns, rows)

    @property
    def cutoffs(self) -> Table:
        """Where outcomes begin."""
        lang = self.frame.lang
        columns = [Column(word(lang, f"standard_head.{head}")) for head in ("cutoff", "value")]
        rows = [
            [
                Cell(word(lang, f"standard_field.{field.name}")),
                Cell(_value(lang, field.name, getattr(self.standard.cutoffs, field.name), {})),
            ]
            for field in fields(Cutoffs)
        ]
        return Table("cutoffs", word(lang, "standard.cutoffs"), columns, rows)

    @property
    def changes(self) -> Sequence[str]:
        """What this version changed of the one it is compared with, a sentence a change."""
        return _changes(self.frame.lang, self.before, self.standard, self.names)


def whose(lang: str, row: StandardRow, names: Mapping[str, str]) -> str:
    """The park of a standard by name."""
    return names.get(row.park, row.park) if row.park else word(lang, "standard.any_park")


def assumed_words(lang: str, row: StandardRow) -> str:
    """How many indicators rest on assumptions of this program."""
    if not row.assumed:
        return word(lang, "standard.none_assumed")
    return word(lang, "standard.some_assumed", n=row.assumed, total=row.indicators)


def formula_words(lang: str, formula: str) -> str:
    """A formula with its fields by name.

    >>> formula_words("zh", "investment_wan / land_mu")
    '总投资 / 用地'
    """
    return _CODE.sub(lambda m: field_name(lang, m[0]) if m[0] in FIELDS else m[0], formula)


def number(value: float) -> str:
    """A number of a standard, with every digit it was written with.

    >>> number(4500.0), number(24.097)
    ('4,500', '24.097')
    """
    return f"{value:,}".removesuffix(".0")


def _indicator(lang: str, one: Indicator) -> list[Cell]:
    least = "standard.at_most" if one.lower_is_better else "standard.at_least"
    full = word(lang, least, x=number(one.benchmark)) if one.benchmark is not None else ""
    return [
        Cell(term(lang, "head", one.head)),
        Cell(one.name),
        Cell(_how(lang, one)),
        Cell(one.unit),
        Cell(one.weight, digits=0 if one.weight.is_integer() else 2),
        Cell("" if one.minimum is None else word(lang, least, x=number(one.minimum))),
        Cell(_steps(lang, one.steps, one.lower_is_better) if one.steps else full),
        Cell(one.evidence),
        Cell(_source(lang, one)),
    ]


def _how(lang: str, one: Indicator) -> str:
    if one.formula:
        return formula_words(lang, one.formula)
    if one.chain:
        return word(lang, "standard.of_graph", what=term(lang, "standard_chain", one.chain))
    return word(lang, "standard.by_experts")


def _source(lang: str, one: Indicator) -> str:
    ours = word(lang, "standard.assumed") if one.assumed else ""
    return word(lang, "standard.both", one=one.source, two=ours) if one.source and ours else (
        one.source or ours
    )  # fmt: skip


def _steps(lang: str, steps: Sequence[tuple[float, float]], lower: bool) -> str:
    least = "standard.at_most" if lower else "standard.at_least"
    shown = [
        word(lang, "standard.step", x=word(lang, least, x=number(v)), share=f"{share:.0%}")
        for v, share in steps
    ]
    return word(lang, "standard.semicolon").join(shown)


def _changes(
    lang: str, old: Standard | None, new: Standard, names: Mapping[str, str]
) -> Sequence[str]:
    if old is None:
        return ()
    known: dict[str, Indicator | Veto] = {}
    for standard in (old, new):
        known |= {i.id: i for i in standard.indicators} | {v.id: v for v in standard.vetoes}
    return [
        _change(lang, known, names, what, before, after)
        for what, before, after in differences(old, new)
    ]


def _change(
    lang: str,
    known: Mapping[str, Indicator | Veto],
    names: Mapping[str, str],
    what: str,
    before: object,
    after: object,
) -> str:
    id_, _, key = what.rpartition(".")
    if what in known and (before is None or after is None):
        code = "standard.added" if before is None else "standard.dropped"
        return word(lang, code, name=before or after)
    item = known.get(id_)
    subject = word(lang, f"standard_field.{key}")
    if item is not None:
        subject = word(lang, "standard.of_item", name=item.name, field=subject)
    lower = isinstance(item, Indicator) and item.lower_is_better
    told = [_value(lang, key, value, names, lower=lower) for value in (before, after)]
    return word(lang, "standard.changed", what=subject, before=told[0], after=told[1])


def _value(
    lang: str, key: str, value: object, names: Mapping[str, str], *, lower: bool = False
) -> str:
    """A value of a standard in words."""
    if isinstance(value, bool):
        return word(lang, "text.yes" if value else "text.no")
    if value is None or value in ("", ()):
        return word(lang, "standard.nothing")
    if isinstance(value, float):
        return f"{value:.0%}" if key == "band" else number(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Sequence) and not isinstance(value, str):
        if key == "steps":
            return _steps(lang, value, lower)
        return word(lang, "text.comma").join(field_name(lang, str(name)) for name in value)
    text = str(value)
    if key == "formula":
        return formula_words(lang, text)
    if key == "park":
        return names.get(text, text)
    return term(lang, _WORDED[key], text) if key in _WORDED else text
