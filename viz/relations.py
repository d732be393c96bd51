"""The page of the relation graph, its list twin, and where its links lead."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from graph.analysis.picture import CAP, Picture
from graph.model import Ref, Rel
from viz.contexts import Frame
from viz.palette import KINDS
from viz.table import Cell, Column, Table
from viz.words import term, word

__all__ = ["OPENED_MOST", "GraphPage", "key", "name_on_relation", "opened_as", "opened_in"]

OPENED_MOST = 7  # 150 + 7 * 20 things are still within the cap
RELATIONS_SHOWN = 250  # on the page; the workbook has all


@dataclass(frozen=True)
class GraphPage:
    """谁和谁有关系?"""

    template: ClassVar[str] = "graph.html"
    frame: Frame
    picture: Picture
    names: Mapping[str, str]
    limit: int = 150

    @property
    def tables(self) -> Sequence[Table]:
        """Everything shown as a list: the things, and the relations among them."""
        return [self._things(), self._relations()]

    @property
    def short(self) -> Sequence[Table]:
        """The same for the page, with no more relations than it has room for."""
        things, relations = self.tables
        rows = relations.rows[:RELATIONS_SHOWN]
        return [things, replace(relations, rows=rows)]

    @property
    def unlisted(self) -> int:
        """Relations that only the workbook lists."""
        return max(0, len(self.picture.rels) - RELATIONS_SHOWN)

    @property
    def unlinked(self) -> Sequence[Table]:
        """The same where no link leads anywhere."""
        return [
            replace(table, rows=[[replace(cell, href=None) for cell in row] for row in table.rows])
            for table in self.tables
        ]

    @property
    def opened(self) -> str | None:
        """The opened things as the address has them."""
        return opened_as(self.picture.opened)

    def url(self, page: str) -> str:
        """The same picture in another form."""
        query = self.frame.query
        kept = {name: query.get(name) for name in ("center", "limit")}
        return self.frame.chain_url(page, **kept, expand=self.opened)

    @property
    def can_open(self) -> bool:
        """Whether there is room for the neighbours of one more thing."""
        return len(self.picture.nodes) < CAP and len(self.picture.opened) < OPENED_MOST

    def _things(self) -> Table:
        lang, shown = self.frame.lang, self.picture
        columns = [
            Column(word(lang, "graph.name")),
            Column(word(lang, "graph.kind")),
            Column(word(lang, "graph.related"), "number"),
            Column(word(lang, "graph.beyond"), "number", word(lang, "graph.beyond_gloss")),
        ]
        rows = [self._thing(node.ref) for node in shown.nodes]
        return Table("graph-things", word(lang, "graph.nodes"), columns, rows)

    def _thing(self, ref: Ref) -> Sequence[Cell]:
        kind = term(self.frame.lang, "label", ref.label)
        mark = KINDS[ref.label].mark if ref.label in KINDS else "·"
        beyond = self.picture.beyond[ref]
        return [
            Cell(self.names.get(ref.id, ref.id), self.frame.entity_url(ref.label, ref.id)),
            Cell(f"{mark} {kind}"),
            Cell(self.picture.degree[ref], digits=0),
            Cell(beyond, self._open(ref) if beyond else None, digits=0),
        ]

    def _open(self, ref: Ref) -> str | None:
        if not self.can_open or ref in self.picture.opened:
            return None
        return self.frame.here(expand=opened_as([*self.picture.opened, ref]))

    def _relations(self) -> Table:
        lang = self.frame.lang
        titles = ("graph.from", "graph.relation", "graph.to")
        rows = [
            [
                Cell(self.names.get(rel.src.id, rel.src.id)),
                Cell(name_on_relation(lang, rel, self.names)),
                Cell(self.names.get(rel.dst.id, rel.dst.id)),
            ]
            for rel in self.picture.rels
        ]
        columns = [Column(word(lang, title)) for title in titles]
        return Table("graph-relations", word(lang, "graph.rels"), columns, rows)


def name_on_relation(lang: str, rel: Rel, names: Mapping[str, str]) -> str:
    """What a relation is, and about what where parallel ones are told apart."""
    said = term(lang, "relation", rel.type)
    return f"{said} · {names.get(rel.key, rel.key)}" if rel.key else said


def key(ref: Ref) -> str:
    """A thing in addresses and messages: `Label:id`."""
    return f"{ref.label}:{ref.id}"


def opened_as(refs: Sequence[Ref]) -> str | None:
    """Things as one parameter, `Label:id,Label:id`; None for none.

    >>> opened_as([Ref("Park", "a,b"), Ref("Region", "370211")])
    'Park:a%2Cb,Region:370211'
    """
    escaped = (key(ref).replace("%", "%25").replace(",", "%2C") for ref in refs)
    return ",".join(escaped) or None


def opened_in(given: Sequence[str]) -> list[Ref]:
    """The things such parameters name, each once; what names nothing is passed over.

    >>> opened_in(["Park:a%2Cb,Region:370211", "Region:370211", "", "x"])
    [Ref(label='Park', id='a,b'), Ref(label='Region', id='370211')]
    """
    parts = (part.partition(":") for text in given for part in text.split(","))
    named = [(label, id_.replace("%2C", ",").replace("%25", "%")) for label, _, id_ in parts]
    return list(dict.fromkeys(Ref(label, id_) for label, id_ in named if label and id_))
