"""趋势与公布口径: the figures of the meetings, their change, and counts as they were announced."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from graph.attraction.announced import WHAT, Announced, Claim
from graph.attraction.trend import CHANGING, Range, Trend, TrendRow
from graph.review.assessing import OUTCOMES
from viz.contexts import Choice, Frame
from viz.lines import Lines, lines
from viz.table import Cell, Column, Table
from viz.words import term, word

__all__ = ["ClaimRow", "TrendPage", "claim_text"]

# Figures that are drawn: the end of the scale (None = the largest), whether it is a share.
_DRAWN: Mapping[str, tuple[float | None, bool]] = {
    "projects": (None, False),
    "approved": (1.0, True),
    "median": (100.0, False),
    "fitting": (1.0, True),
}
_SHARES = ("approved", "fitting")


@dataclass(frozen=True)
class ClaimRow:
    """What was announced beside what this program counted (None: nothing), and whether it agrees.

    `basis` = by the agenda of the meeting, projects courted or their stages, "" = not counted.
    """

    found: Announced
    counted: int | None
    agrees: bool | None
    basis: str


@dataclass(frozen=True)
class TrendPage:
    """申报和引进一次比一次好吗?"""

    template: ClassVar[str] = "trend.html"
    frame: Frame
    trend: Trend
    claims: Sequence[ClaimRow] | None  # None = not for the reader
    names: Mapping[str, str]
    own: str = ""  # the park whose projects alone are counted
    meetings: Sequence[Choice] = ()  # that a count may be of: "year-ordinal"
    parks: Sequence[Choice] = ()
    typed: Mapping[str, str] = field(default_factory=dict)  # of a form that was refused
    typed_parks: Sequence[str] = ()

    @property
    def tables(self) -> Sequence[Table]:
        """Figures, their change, what is covered, projects by park, and what was announced."""
        found = [self.figures, self.changes, self.covered, self.by_park]
        return [*found, self.announced] if self.claims is not None else found

    @property
    def pictures(self) -> Sequence[tuple[str, Lines]]:
        """Figures of which more than one meeting is known, by name."""
        found = []
        for name, (most, percent) in _DRAWN.items():
            points = [(_short(row), row.figures.range_of(name)) for row in self.trend.rows]
            if sum(span is not None for _, span in points) > 1:
                found.append((name, lines(points, most, percent)))
        return found

    @property
    def what(self) -> Sequence[str]:
        """What can be counted."""
        return WHAT

    @property
    def figures(self) -> Table:
        """A row a meeting."""
        heads = (
            "announced", "agenda", "handed_in", *OUTCOMES, "approved_share", "median", "spread",
            "fitting",
        )  # fmt: skip
        return self._table(
            "trend", word(self.frame.lang, "trend.table"), ("on_day", *heads), self._figures
        )

    @property
    def covered(self) -> Table:
        """A row a meeting: the chains and sectors of its projects."""
        heads = ("chains", "chain_names", "sectors", "sector_codes")
        caption = word(self.frame.lang, "trend.covered")
        return self._table("covered", caption, heads, self._covered)

    @property
    def changes(self) -> Table:
        """A row a meeting: what changed against the one before."""
        heads = [f"change_{name}" for name in CHANGING]
        caption = word(self.frame.lang, "trend.changes")
        return self._table("changes", caption, heads, self._changes)

    @property
    def by_park(self) -> Table:
        """A row a meeting: applications by park; no application is no project, hence 0."""
        lang = self.frame.lang
        columns = [Column(self.names.get(park, park), "number") for park in self.trend.parks]
        rows = [
            [
                self._name(row),
                *(
                    Cell(row.figures.applications.get(park, 0), digits=0)
                    for park in self.trend.parks
                ),
            ]
            for row in self.trend.rows
        ]
        head = Column(word(lang, "trend_head.session"))
        return Table("by-park", word(lang, "trend.by_park"), [head, *columns], rows)

    @property
    def announced(self) -> Table:
        """A row a count."""
        lang = self.frame.lang
        heads = ("what", "said", "range", "who", "day", "scope", "parks", "counted", "agrees")
        columns = [Column(word(lang, f"announced_head.{h}")) for h in (*heads, "source")]
        rows = [self._claim(row) for row in self.claims or ()]
        return Table("announced", word(lang, "announced.table"), columns, rows)

    def _table(
        self,
        id: str,
        caption: str,
        heads: Sequence[str],
        made: Callable[[TrendRow], Sequence[Cell]],
    ) -> Table:
        lang = self.frame.lang
        columns = [Column(_head(lang, head)) for head in ("session", *heads)]
        rows = [[self._name(row), *made(row)] for row in self.trend.rows]
        return Table(id, caption, columns, rows)

    def _name(self, row: TrendRow) -> Cell:
        found = row.figures
        said = word(self.frame.lang, "session.number", year=found.year, n=found.ordinal)
        return Cell(said, self.frame.to(f"/sessions/{found.session}"))

    def _figures(self, row: TrendRow) -> Sequence[Cell]:
        found, lang = row.figures, self.frame.lang
        told = None if found.announced is None else _counts(lang, found.announced)
        outcomes = [None if found.outcomes is None else found.outcomes[o] for o in OUTCOMES]
        return [
            Cell(found.on_day),
            Cell(told),
            Cell(_counts(lang, found.agenda)),
            Cell(None if found.handed_in is None else str(found.handed_in)),
            *(Cell(None if n is None else str(n)) for n in outcomes),
            *(Cell(_range(name, getattr(found, name)))
              for name in ("approved", "median", "spread", "fitting")),
        ]  # fmt: skip

    def _covered(self, row: TrendRow) -> Sequence[Cell]:
        """A project the graph does not know may be of any chain: then they are at least so many."""
        found, comma = row.figures, word(self.frame.lang, "text.comma")
        count = f"≥ {len(found.chains)}" if found.unplaced else str(len(found.chains))
        unplaced = word(self.frame.lang, "trend.unplaced", n=found.unplaced)
        return [
            Cell(count, note=unplaced if found.unplaced else ""),
            Cell(comma.join(self.names.get(chain, chain) for chain in found.chains) or None),
            Cell(None if found.sectors is None else str(len(found.sectors))),
            Cell(None if found.sectors is None else comma.join(found.sectors)),
        ]

    def _changes(self, row: TrendRow) -> Sequence[Cell]:
        return [Cell(_change(name, row.changes[name])) for name in CHANGING]

    def _claim(self, row: ClaimRow) -> Sequence[Cell]:
        lang, said = self.frame.lang, row.found.said
        parks = word(lang, "text.comma").join(self.names.get(p, p) for p in said.parks)
        session = ""
        if said.session is not None:
            session = word(lang, "session.number", year=said.session[0], n=said.session[1])
        agrees = None if row.agrees is None else word(
            lang, "announced.inside" if row.agrees else "announced.outside"
        )  # fmt: skip
        counted = None if row.counted is None else str(row.counted)
        basis = term(lang, "announced_basis", row.basis) if row.basis else ""
        return [
            Cell(term(lang, "announced_what", said.what), note=session),
            Cell(said.text),
            Cell(claim_text(said)),
            Cell(said.who),
            Cell(said.on_day.isoformat()),
            Cell(said.scope),
            Cell(parks or None),
            Cell(counted, note=basis),
            Cell(agrees),
            Cell(said.source),
        ]


def claim_text(said: Claim) -> str:
    """The interval of a count, closed below and open above: 70余 is [70, 80); 21 is 21.

    >>> from datetime import date
    >>> claim_text(Claim("signed", "70余", 70, 80, "报道", date(2022, 10, 19), "报道"))
    '[70, 80)'
    """
    if said.high == said.low + 1:
        return str(said.low)
    return f"[{said.low}, {'∞' if said.high is None else said.high})"


def _short(row: TrendRow) -> str:
    return f"{row.figures.year}-{row.figures.ordinal}"


def _head(lang: str, head: str) -> str:
    if head in OUTCOMES:
        return term(lang, "outcome", head)
    if head.startswith("change_"):
        head = head.removeprefix("change_")
        head = "approved_share" if head == "approved" else head
    return word(lang, f"trend_head.{head}")


def _counts(lang: str, counts: tuple[int, int]) -> str:
    return word(lang, "session.counts", parks=counts[0], projects=counts[1])


def _range(name: str, span: Range | None) -> str | None:
    if span is None:
        return None
    low, high = (f"{end:.1%}" if name in _SHARES else f"{end:.1f}" for end in span)
    return low if low == high else f"[{low}, {high}]"


def _change(name: str, span: Range | None) -> str | None:
    """With its sign; a share changes by points of a percent."""
    if span is None:
        return None
    scale = 100 if name in _SHARES else 1
    digits = 0 if name in ("parks", "projects") else 1
    low, high = (f"{scale * end:+.{digits}f}" for end in span)
    return low if low == high else f"[{low}, {high}]"
