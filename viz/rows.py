"""What templates need to lay out rows: pages of a long table, bars, fields and values in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Generic, TypeVar

from graph.analysis.answers import CandidateAnswer, Dossier, Fact, RelatedFact
from graph.tables import EVIDENCE_COLUMNS, TABLES, Column
from viz.words import term, word

__all__ = [
    "Part",
    "Rows",
    "bar",
    "fact_text",
    "facts_by_field",
    "field_label",
    "moment_text",
    "related_groups",
    "rows",
]

T = TypeVar("T")


@dataclass(frozen=True)
class Rows(Generic[T]):
    """Some rows of a long table; `next` and `back` are offsets, None at the ends."""

    items: Sequence[T]
    first: int
    total: int
    next: int | None
    back: int | None

    @property
    def last(self) -> int:
        """Number of the last row shown, counted from 1."""
        return self.first + len(self.items) - 1


@dataclass(frozen=True)
class Part:
    """One stretch of a score bar, in percent of the longest bar on the page."""

    segment: str
    value: float
    x: float
    width: float
    tone: int


def rows(items: Sequence[T], offset: int = 0, size: int = 30) -> Rows[T]:
    """`size` rows from `offset`, which is brought inside the table.

    >>> page = rows("abcde", 2, 2)
    >>> page.items, page.first, page.last, page.next, page.back
    ('cd', 3, 4, 4, 0)
    """
    at = max(0, min(offset, max(0, len(items) - 1)))
    more = at + size if at + size < len(items) else None
    return Rows(items[at : at + size], at + 1, len(items), more, max(0, at - size) if at else None)


def bar(candidate: CandidateAnswer, longest: float, tones: Mapping[str, int]) -> Sequence[Part]:
    """The parts of a score side by side; they end where the score ends."""
    parts, x = [], 0.0
    for part in candidate.parts:
        width = 100 * part.part / longest if longest > 0 else 0.0
        parts.append(Part(part.segment, part.part, x, width, tones.get(part.segment, 0)))
        x += width
    return [p for p in parts if p.width > 0]


def moment_text(at: str) -> str:
    """A moment (ISO 8601) as this machine's clock shows it; what is none stays as it is."""
    try:
        return datetime.fromisoformat(at).astimezone().strftime("%Y-%m-%d %H:%M:%S")
    except (TypeError, ValueError, OverflowError):
        return str(at)


def field_label(lang: str, owner: str, name: str) -> str:
    """A field's name: the table specification's own header in Chinese, its words in English.

    `owner` is a node label or a relation type; the empty field stands for the row itself.
    """
    if not name:
        return word(lang, "entity.row")
    column = _column(owner, name)
    if lang == "zh":
        shown = column.zh[0] if column else name
    else:
        shown = name.removesuffix("_wan").replace("_", " ")
    kept_in = column.unit if column else ""
    unit = term(lang, "unit", kept_in or "segment") if kept_in or name in _BY_SEGMENT else ""
    return word(lang, "text.unit", what=shown, unit=unit) if unit else shown


def fact_text(lang: str, owner: str, name: str, value: object, names: Mapping[str, str]) -> str:
    """A field's value: choices and references in words, numbers without noise."""
    if value is None:
        return word(lang, "text.no_data" if name else "entity.stated")
    if isinstance(value, bool):
        return word(lang, "text.yes" if value else "text.no")
    if isinstance(value, (int, float)):
        return f"{value:,.10g}"
    if isinstance(value, (list, tuple)):
        return word(lang, "text.comma").join(fact_text(lang, owner, name, v, names) for v in value)
    column = _column(owner, name)
    if column and column.words:
        return _chosen(lang, column, str(value))
    return names.get(str(value), str(value)) if column and column.refers else str(value)


def facts_by_field(facts: Sequence[Fact]) -> Iterator[tuple[str, Sequence[Fact]]]:
    """Facts in order, the claims on one field together, the one shown first."""
    order = {name: i for i, name in reversed(list(enumerate(f.field for f in facts)))}
    ordered = sorted(facts, key=lambda f: (order[f.field], not f.shown))
    for name, group in groupby(ordered, key=lambda f: f.field):
        yield name, list(group)


def related_groups(dossier: Dossier) -> Iterator[tuple[str, bool, Sequence[RelatedFact]]]:
    """Relations by type and direction."""
    ordered = sorted(dossier.related, key=lambda r: (r.type, not r.outward))
    for (type_, outward), group in groupby(ordered, key=lambda r: (r.type, r.outward)):
        yield type_, outward, list(group)


def _chosen(lang: str, column: Column, value: str) -> str:
    if lang == "zh":
        spelled = [w for w, code in column.words.items() if code == value and w != value]
        return spelled[0] if spelled else value
    return value.replace("_", " ")


def _column(owner: str, name: str) -> Column | None:
    return _COLUMNS.get((owner, name)) or _COLUMNS.get(("", name))


# Amounts in the unit of the segment they are of.
_BY_SEGMENT = frozenset({"capacity", "need"})

# By owner and name; ("", name) is the first table's, for derived relations and evidence fields.
_COLUMNS: Mapping[tuple[str, str], Column] = {
    key: column
    for table in reversed([*TABLES.values()])
    for column in (*table.columns, *EVIDENCE_COLUMNS)
    for key in ((table.label or table.relation, column.name), ("", column.name))
}
