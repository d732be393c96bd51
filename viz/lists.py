"""The page and the workbook of the shortlist."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from viz.contexts import Frame
from viz.report_parts import Section, told
from viz.table import Cell, Column, Table
from viz.words import term, word

__all__ = ["Filed", "ListPage", "ListRow", "ListStory", "Spoken", "list_table"]


@dataclass(frozen=True)
class Spoken:
    """One contact, as it is shown."""

    on_day: str
    who: str
    result: str
    written_by: str = ""


@dataclass(frozen=True)
class Filed:
    """One attachment, as it is shown."""

    id: str
    name: str
    size: int  # bytes
    who: str
    on_day: str

    @property
    def kb(self) -> int:
        """Its size in KB, begun ones counted."""
        return -(-self.size // 1024)


@dataclass(frozen=True)
class ListRow:
    """One candidate on the list; its place and reason are those of today's data."""

    id: str
    version: int
    kind: str
    candidate: str
    name: str
    leader: str
    chain: str
    region: str
    status: str
    note: str
    added: str
    added_by: str
    contacts: Sequence[Spoken]
    score: float | None  # None = no longer a candidate of that question
    rank: int | None
    reason: str
    files: Sequence[Filed] = ()

    @property
    def label(self) -> str:
        """What kind of node it is."""
        return "Project" if self.kind == "project" else "Enterprise"


@dataclass(frozen=True)
class ListPage:
    """要联系谁、谈到哪一步?"""

    template: ClassVar[str] = "shortlist.html"
    frame: Frame
    rows: Sequence[ListRow]
    names: Mapping[str, str]
    statuses: Sequence[str]
    status: str = ""  # ?status=
    read: int | None = None  # rows a workbook changed
    megabytes: int = 0  # what an attachment may weigh


@dataclass(frozen=True)
class ListStory:
    """The list on paper: one table, the newest contact with each."""

    frame: Frame
    rows: Sequence[ListRow]
    names: Mapping[str, str]

    @property
    def title(self) -> str:
        """What it is."""
        return word(self.frame.lang, "list.sheet")

    @property
    def subject(self) -> str:
        """How many are in which state."""
        lang = self.frame.lang
        counts = Counter(row.status for row in self.rows)
        states = (f"{term(lang, 'list_status', code)} {n}" for code, n in counts.items())
        return word(lang, "text.comma").join(states)

    @property
    def headline(self) -> str:
        """What to do with it."""
        return word(self.frame.lang, "list.lead")

    @property
    def notes(self) -> Sequence[str]:
        """That the sample is no real zone."""
        lang = self.frame.lang
        return [word(lang, "sample.text")] if self.frame.sample else []

    @property
    def sections(self) -> Sequence[Section]:
        """The table."""
        whole = list_table(self.frame.lang, self.rows, self.names)
        kept = [1, 2, 3, 4, 8, 9, 10, 11, 12, 13]  # ids and the question are for the workbook
        table = replace(
            whole,
            columns=[whole.columns[at] for at in kept],
            rows=[[row[at] for at in kept] for row in whole.rows],
        )
        return [Section("list", self.title, table=table)]

    @property
    def foot(self) -> str:
        """Date and revision of the data."""
        lang, frame = self.frame.lang, self.frame
        date = frame.data_date or word(lang, "text.no_data")
        parts = [f"{word(lang, 'foot.date')} {date}"]
        parts.append(f"{word(lang, 'foot.revision')} {frame.revision}")
        return word(lang, "text.comma").join(parts)

    def told(self, cell: Cell, column: Column) -> str:
        """A cell in words."""
        return told(self.frame.lang, cell, column)


def list_table(lang: str, rows: Sequence[ListRow], names: Mapping[str, str]) -> Table:
    """The list as a workbook's sheet: the first column says which row, as of which version."""
    heads = ("id", "name", "kind", "status", "note", "leader", "chain", "region", "rank", "score")
    more = ("reason", "last_day", "last_who", "last_result", "last_by", "added", "added_by")
    numbers = {"rank", "score"}
    return Table(
        "shortlist",
        word(lang, "list.sheet"),
        [
            Column(word(lang, f"list_head.{h}"), "number" if h in numbers else "text")
            for h in (*heads, *more)
        ],
        [_cells(lang, row, names) for row in rows],
    )


def _cells(lang: str, row: ListRow, names: Mapping[str, str]) -> list[Cell]:
    last = row.contacts[0] if row.contacts else None
    return [
        Cell(f"{row.id}.{row.version}"),
        Cell(row.name),
        Cell(term(lang, "kind", row.kind)),
        Cell(term(lang, "list_status", row.status)),
        Cell(row.note),
        Cell(names.get(row.leader, row.leader) if row.leader else ""),
        Cell(names.get(row.chain, row.chain)),
        Cell(names.get(row.region, row.region)),
        Cell(row.rank, digits=0),
        Cell(row.score, digits=3),
        Cell(row.reason),
        Cell(last.on_day if last else None),
        Cell(last.who if last else None),
        Cell(last.result if last else None),
        Cell(last.written_by or None if last else None),
        Cell(row.added),
        Cell(row.added_by or None),
    ]
