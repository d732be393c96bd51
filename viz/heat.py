"""The heat map of the gaps page: which rows and regions it shows, and in which shade."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from graph.analysis.heat import MOST_REGIONS, HeatAnswer, HeatCell
from viz.swimlane import level
from viz.table import Cell, Column, Table
from viz.words import term, word

__all__ = ["HeatMap", "HeatRow", "Shaded", "heat_table"]

ROWS = 40
OFFERED = 18


@dataclass(frozen=True)
class Shaded:
    """One cell: where it is asked from, what was found, its severity class 0 … 4."""

    region: str
    found: HeatCell
    level: int


@dataclass(frozen=True)
class HeatRow:
    """One segment."""

    segment: str
    cells: Sequence[Shaded]


@dataclass(frozen=True)
class HeatMap:
    """Segments × regions, cut to the worst rows unless the `whole` is asked for."""

    answer: HeatAnswer
    whole: bool = False

    @property
    def rows(self) -> Sequence[HeatRow]:
        """The rows shown."""
        regions = [column.region for column in self.answer.regions]
        shown = self.answer.segments if self.whole else self.answer.segments[:ROWS]
        return [
            HeatRow(
                row.segment,
                [
                    Shaded(region, cell, level(cell.severity))
                    for region, cell in zip(regions, row.cells, strict=True)
                ],
            )
            for row in shown
        ]

    @property
    def hidden(self) -> int:
        """Rows left out."""
        return 0 if self.whole else max(0, len(self.answer.segments) - ROWS)

    @property
    def most(self) -> int:
        """How many regions may be chosen."""
        return MOST_REGIONS

    @property
    def offered(self) -> Sequence[tuple[str, int, bool]]:
        """Regions to choose from, (id, firms, chosen); what is chosen is always among them."""
        chosen = {column.region: column.firms for column in self.answer.regions}
        first = {host.region: host.firms for host in self.answer.hosts[:OFFERED]}
        return [(region, n, region in chosen) for region, n in {**first, **chosen}.items()]

    @property
    def unlisted(self) -> int:
        """Regions with firms that are not among the offered."""
        return max(0, len(self.answer.hosts) - OFFERED)


def heat_table(answer: HeatAnswer, names: Mapping[str, str], lang: str) -> Table:
    """Every segment with its severity and type asked from each region."""
    columns = [Column(word(lang, "term.segment")), Column(word(lang, "gap_head.id"))]
    for column in answer.regions:
        region = names.get(column.region, column.region)
        columns += [
            Column(word(lang, "heat.severity_in", region=region), "number"),
            Column(word(lang, "heat.type_in", region=region)),
        ]
    rows = [
        [
            Cell(names.get(row.segment, row.segment)),
            Cell(row.segment),
            *(made for cell in row.cells for made in _pair(cell, lang)),
        ]
        for row in answer.segments
    ]
    return Table("heat", word(lang, "heat.table"), columns, rows)


def _pair(cell: HeatCell, lang: str) -> list[Cell]:
    told = word(lang, "chain.not_required") if cell.type is None else term(lang, "type", cell.type)
    return [Cell(cell.severity), Cell(told)]
