"""供需往哪流?: the page of a chain's supplies, its picture and its tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

from graph.analysis.diagnostics import LocalShare
from graph.analysis.flows import Flow, FlowsAnswer, LeaderFlow, SegmentFlow
from graph.analysis.regions import STANDINGS
from viz.contexts import Frame
from viz.sankey import Box, Ribbon, Sankey, Triple, sankey, shortened
from viz.table import Cell, Column, Table
from viz.words import term, word

__all__ = ["FlowsPage", "amount"]

DRAWN = 25  # segments
LEADERS = 12
LISTED = 300  # rows on the page; the workbook has all
_UNNAMED, _REST = "", "\0rest"


@dataclass(frozen=True)
class FlowsPage:
    """供需往哪流?"""

    template: ClassVar[str] = "flows.html"
    frame: Frame
    answer: FlowsAnswer
    names: Mapping[str, str]

    @property
    def hidden(self) -> int:
        """Segments left out of the picture."""
        return max(0, len(self.answer.segments) - DRAWN)

    @property
    def unlisted(self) -> int:
        """Supplies left out of the page's table."""
        return max(0, len(self.answer.flows) - LISTED)

    @cached_property
    def picture(self) -> Sankey:
        """Places, segments and leaders as boxes and ribbons."""
        segments = [s.segment or _UNNAMED for s in self.answer.segments[:DRAWN]]
        ranked = sorted(self.buyers, key=lambda x: -(x.local.known_wan or 0.0))
        shown = [x.leader for x in ranked[:LEADERS]]
        rows: list[Triple] = [
            (
                f.standing,
                f.segment or _UNNAMED,
                f.leader if f.leader in shown else _REST,
                f.value_wan,
            )
            for f in self.answer.flows
            if (f.segment or _UNNAMED) in segments
        ]
        return sankey(rows, (STANDINGS, segments, [*shown, _REST]))

    def label(self, box: Box) -> str:
        """The name of a box in full."""
        lang = self.frame.lang
        if box.column == 0:
            return term(lang, "standing", box.id)
        if box.id == _REST:
            return word(lang, "flows.other_leaders", n=len(self.buyers) - LEADERS)
        return self.names.get(box.id, box.id) if box.id else word(lang, "flows.unnamed")

    def fitted(self, box: Box) -> str:
        """The name of a box as far as it fits."""
        return shortened(self.label(box), box.width - 14)

    def told(self, box: Box) -> str:
        """What a box holds, in words."""
        return word(self.frame.lang, "text.unit", what=self.label(box), unit=self.held(box))

    def held(self, box: Box) -> str:
        """A box's known value and its rows without one."""
        return amount(self.frame.lang, box.value, box.unvalued)

    def small(self, box: Box) -> str:
        """What a box holds as far as it fits, in small print."""
        return shortened(self.held(box), box.width - 14, 11.5)

    @property
    def buyers(self) -> Sequence[LeaderFlow]:
        """Leaders of which any purchase is recorded."""
        return [x for x in self.answer.leaders if x.local.valued + x.local.unvalued]

    def side(self, ribbon: Ribbon) -> str:
        """What a ribbon joins and holds, in words."""
        lang, ends = self.frame.lang, {(b.column, b.id): self.label(b) for b in self.picture.boxes}
        unknown = ribbon.count if ribbon.value is None else 0
        return word(
            lang,
            "flows.ribbon",
            left=ends[ribbon.side, ribbon.left],
            right=ends[ribbon.side + 1, ribbon.right],
            value=amount(lang, ribbon.value, unknown),
        )

    def href(self, box: Box) -> str | None:
        """Where a box leads: a segment to its candidates, a leader to its dossier."""
        if box.column == 1 and box.id:
            return self.frame.chain_url("candidates", segment=box.id)
        if box.column == 2 and box.id != _REST:
            return self.frame.entity_url("Enterprise", box.id)
        return None

    @property
    def table(self) -> Table:
        """The largest supplies."""
        return self._table(self.answer.flows[:LISTED])

    @property
    def whole(self) -> Table:
        """Every supply."""
        return self._table(self.answer.flows)

    @property
    def by_segment(self) -> Table:
        """Every segment bought."""
        lang = self.frame.lang
        columns = [
            Column(word(lang, "term.segment")),
            Column(word(lang, "flows.value"), "number"),
            Column(word(lang, "flows.rows"), "number"),
            Column(word(lang, "flows.unvalued"), "number"),
            Column(word(lang, "flows.local"), "share", word(lang, "flows.local_gloss")),
            Column(word(lang, "flows.outflow"), "number", word(lang, "flows.outflow_gloss")),
            Column(word(lang, "term.type")),
            Column(word(lang, "term.severity"), "number", word(lang, "gloss.severity")),
            Column(word(lang, "text.next")),
        ]
        rows = [self._segment(s) for s in self.answer.segments]
        return Table("bought", word(lang, "flows.by_segment"), columns, rows)

    @property
    def by_leader(self) -> Table:
        """Every leader with its local share."""
        lang = self.frame.lang
        columns = [
            Column(word(lang, "term.leader")),
            Column(word(lang, "flows.local"), "share", word(lang, "flows.local_gloss")),
            Column(word(lang, "flows.value"), "number"),
            Column(word(lang, "flows.rows"), "number"),
            Column(word(lang, "flows.unvalued"), "number"),
        ]
        rows = [
            [
                Cell(self._name(x.leader), self.frame.here(leader=x.leader)),
                Cell(x.local.share),
                _wan(x.local.known_wan),
                *_counts(x.local),
            ]
            for x in self.buyers
        ]
        return Table("buyers", word(lang, "flows.by_leader"), columns, rows)

    def _table(self, flows: Sequence[Flow]) -> Table:
        lang = self.frame.lang
        columns = [
            Column(word(lang, "term.supplier")),
            Column(word(lang, "flows.place")),
            Column(word(lang, "flows.standing")),
            Column(word(lang, "term.segment")),
            Column(word(lang, "term.leader")),
            Column(word(lang, "flows.value"), "number"),
            Column(word(lang, "flows.share"), "share", word(lang, "flows.share_gloss")),
            Column(word(lang, "flows.since")),
            Column(word(lang, "flows.grade")),
        ]
        return Table("supplies", word(lang, "flows.table"), columns, [self._row(f) for f in flows])

    def _row(self, f: Flow) -> list[Cell]:
        lang = self.frame.lang
        segment = self._name(f.segment) if f.segment else word(lang, "flows.unnamed")
        return [
            Cell(self._name(f.supplier), self.frame.entity_url("Enterprise", f.supplier)),
            Cell(self._name(f.region) if f.region else None),
            Cell(term(lang, "standing", f.standing)),
            Cell(segment),
            Cell(self._name(f.leader)),
            _wan(f.value_wan),
            Cell(f.share),
            Cell(f.since),
            Cell(term(lang, "grade", f.grade)),
        ]

    def _segment(self, s: SegmentFlow) -> list[Cell]:
        lang = self.frame.lang
        name = self._name(s.segment) if s.segment else word(lang, "flows.unnamed")
        kind = word(lang, "flows.not_required") if s.type is None else term(lang, "type", s.type)
        action = Cell("")
        if s.segment and s.type is not None:
            url = self.frame.chain_url("candidates", segment=s.segment)
            action = Cell(word(lang, "gaps.see_candidates"), url)
        return [
            Cell(name),
            _wan(s.local.known_wan),
            *_counts(s.local),
            Cell(s.local.share),
            _wan(s.outflow_wan),
            Cell(kind, badge=s.type),
            Cell(s.severity),
            action,
        ]

    def _name(self, id: str) -> str:
        return self.names.get(id, id)


def amount(lang: str, value: float | None, unvalued: int) -> str:
    """A known value and how many rows have none, in words."""
    if value is None:
        return word(lang, "flows.only_unvalued", n=unvalued)
    known = word(lang, "flows.wan", value=f"{value:,.10g}")
    more = word(lang, "flows.and_unvalued", n=unvalued) if unvalued else ""
    return known + more


def _wan(value: float | None) -> Cell:
    """An amount, with decimals where it has any: a small one is not shown as 0."""
    return Cell(value, digits=0 if value is None or value == round(value) else 2)


def _counts(local: LocalShare) -> list[Cell]:
    return [Cell(local.valued + local.unvalued, digits=0), Cell(local.unvalued, digits=0)]
