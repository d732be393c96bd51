"""与别的区比怎样?: the page of regions side by side, its pictures and its tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from graph.analysis.compare import MOST_REGIONS, CompareAnswer, ComparedSegment, Side
from viz.contexts import Frame
from viz.quadrant import Point, Quadrant, quadrant
from viz.table import Cell, Column, Table
from viz.words import term, word

__all__ = ["ComparePage", "Opportunity"]

HOSTS = 18
LISTED = 60
OPPORTUNITIES = 5
FIRMS = 3


@dataclass(frozen=True)
class Opportunity:
    """A segment in which a comparator leads and the question hurts, and who makes it there."""

    segment: ComparedSegment
    makers: Sequence[str]
    more: int


@dataclass(frozen=True)
class ComparePage:
    """与别的区比怎样?"""

    template: ClassVar[str] = "compare.html"
    frame: Frame
    answer: CompareAnswer
    names: Mapping[str, str]

    @property
    def chosen(self) -> Sequence[str]:
        """The comparators."""
        return [r.region for r in self.answer.there]

    @property
    def most(self) -> int:
        """How many comparators may be chosen."""
        return MOST_REGIONS

    @property
    def first(self) -> str | None:
        """The most severe opportunity against any comparator."""
        wanted = (s for s in self.answer.segments if _wanted(s))
        return next((s.segment for s in wanted), None)

    @property
    def host_table(self) -> Table:
        """Regions with firms of the chain, each a comparison away."""
        lang = self.frame.lang
        columns = [
            Column(word(lang, "choose.region")),
            Column(word(lang, "compare.hosted"), "number"),
            Column(word(lang, "compare.relation")),
        ]
        rows = [
            [
                Cell(self._name(h.region), self.frame.here(**{"with": h.region})),
                Cell(h.firms, digits=0),
                Cell(word(lang, "compare.overlaps") if h.overlaps else ""),
            ]
            for h in self.answer.hosts[:LISTED]
        ]
        return Table("hosts", word(lang, "compare.hosts"), columns, rows)

    @property
    def offered(self) -> Sequence[tuple[str, int, bool]]:
        """Regions to choose from: (id, firms, overlaps), what is chosen always among them."""
        first = [(h.region, h.firms, h.overlaps) for h in self.answer.hosts[:HOSTS]]
        listed = {region for region, _, _ in first}
        more = [r for r in self.answer.there if r.region not in listed]
        return [*first, *((r.region, r.firms, r.overlaps) for r in more)]

    @property
    def listed(self) -> Sequence[ComparedSegment]:
        """Segments of which something is known: judged here, or made in one of the regions."""
        return [
            s
            for s in self.answer.segments
            if _checked(s.here) or s.here.makers or any(t.makers for t in s.there)
        ]

    def picture(self, at: int) -> Quadrant:
        """The quadrants against one comparator."""
        points = [
            Point(s.segment, t.strength, s.here.severity, s.here.type, self._name(s.segment))
            for s, t in self._against(at)
            if t.quadrant and t.strength is not None and s.here.severity is not None and s.here.type
        ]
        return quadrant(points, self.answer.high)

    def count(self, at: int, quadrant: str) -> int:
        """Segments in one quadrant."""
        return sum(t.quadrant == quadrant for _, t in self._against(at))

    def nowhere(self, at: int) -> int:
        """Required segments that nobody makes on either side."""
        sides = self._against(at)
        return sum(
            s.here.severity is not None and not s.here.makers and not t.makers for s, t in sides
        )

    def unjudged(self, at: int) -> int:
        """Segments made on either side whose severity here is unknown or that nobody requires."""
        sides = self._against(at)
        return sum(s.here.severity is None and bool(s.here.makers or t.makers) for s, t in sides)

    def opportunities(self, at: int) -> Sequence[Opportunity]:
        """The most severe opportunities against one comparator."""
        found = [(s, t) for s, t in self._against(at) if t.quadrant == "opportunity"]
        return [
            Opportunity(s, t.makers[:FIRMS], max(0, len(t.makers) - FIRMS))
            for s, t in found[:OPPORTUNITIES]
        ]

    @property
    def table(self) -> Table:
        """Every segment of the chain, here and there."""
        lang, a = self.frame.lang, self.answer
        columns = [
            Column(word(lang, "term.segment")),
            Column(word(lang, "compare.type_here")),
            Column(word(lang, "compare.severity_here"), "number", word(lang, "gloss.severity")),
            Column(self._head("makers", a.here.region, a.here.firms), "number"),
            Column(self._head("lq", a.here.region, a.here.firms), "number", self._gloss),
        ]
        for r in a.there:
            columns += [
                Column(self._head("makers", r.region, r.firms), "number"),
                Column(self._head("lq", r.region, r.firms), "number", self._gloss),
                Column(self._head("severity", r.region, r.firms), "number"),
                Column(self._head("verdict", r.region, r.firms)),
            ]
        columns.append(Column(word(lang, "text.next")))
        rows = [self._row(s) for s in self.listed]
        return Table("compared", word(lang, "compare.table"), columns, rows)

    @property
    def beside(self) -> Table:
        """What stands beside the severities here."""
        lang = self.frame.lang
        heads = (
            ("hhi", "number"),
            ("providers", "number"),
            ("to_most", "number"),
            ("raw", "number"),
            ("expected", "number"),
            ("relatedness", "number"),
            ("articulation", "text"),
        )
        columns = [
            Column(word(lang, "term.segment")),
            *(
                Column(term(lang, "beside", key), kind, term(lang, "beside_gloss", key))  # type: ignore[arg-type]
                for key, kind in heads
            ),
        ]
        rows = [self._beside(s) for s in self.listed]
        return Table("beside", word(lang, "compare.beside"), columns, rows)

    @property
    def _gloss(self) -> str:
        return word(self.frame.lang, "compare.lq_gloss")

    def _head(self, key: str, region: str, n: int) -> str:
        return word(self.frame.lang, f"compare_head.{key}", region=self._name(region), n=n)

    def _against(self, at: int) -> list[tuple[ComparedSegment, Side]]:
        return [(s, s.there[at]) for s in self.answer.segments]

    def _row(self, s: ComparedSegment) -> list[Cell]:
        lang, here = self.frame.lang, s.here
        url = self.frame.chain_url("candidates", segment=s.segment)
        none = Cell(word(lang, "compare.not_required"))
        return [
            Cell(self._name(s.segment)),
            Cell(term(lang, "type", here.type), badge=here.type) if here.type else none,
            Cell(here.severity),
            _makers(here),
            Cell(here.lq),
            *(cell for t in s.there for cell in self._side(here, t)),
            Cell(word(lang, "gaps.see_candidates"), url) if _wanted(s) else Cell(""),
        ]

    def _side(self, here: Side, t: Side) -> list[Cell]:
        lang = self.frame.lang
        verdict = term(lang, "quadrant", t.quadrant) if t.quadrant else ""
        if not t.quadrant and t.lq is not None and not (t.makers or here.makers):
            verdict = word(lang, "compare.neither")
        return [_makers(t), Cell(t.lq), Cell(t.severity), Cell(verdict)]

    def _beside(self, s: ComparedSegment) -> list[Cell]:
        d, lang = s.diagnostics, self.frame.lang
        held = d.concentration
        return [
            Cell(self._name(s.segment)),
            Cell(held.hhi),
            Cell(held.providers if held.providers or _checked(s.here) else None, digits=0),
            Cell(held.to_most, digits=0),
            Cell(s.here.lq_raw),
            Cell(s.here.expected),
            Cell(d.relatedness),
            Cell(word(lang, "compare.cuts") if d.articulation else ""),
        ]

    def _name(self, id: str) -> str:
        return self.names.get(id, id)


def _wanted(s: ComparedSegment) -> bool:
    return any(t.quadrant == "opportunity" for t in s.there)


def _makers(side: Side) -> Cell:
    """How many make it; none only where that was checked or follows from the type."""
    return Cell(len(side.makers) if side.makers or _checked(side) else None, digits=0)


def _checked(side: Side) -> bool:
    return side.type not in (None, "unknown")
