"""怎样开始?: what the data can answer, files checked and imported, backups made and put back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar
from urllib.parse import quote

from graph.analysis.readiness import Held, Readiness, ReadinessAnswer
from graph.tables import TABLES
from viz.contexts import Frame, Notice
from viz.table import Cell, Column, Table
from viz.words import term, word

__all__ = ["BackupRow", "CheckPage", "ErrorRow", "GuidePage", "ImportRow", "RestoredPage"]

# What to fill first, in this order: tables, and the one column that matters beside the required.
STEPS: Sequence[tuple[Sequence[str], tuple[str, str] | None]] = (
    (("segments", "inputs"), None),
    (("enterprises", "produces"), None),
    (("needs",), ("enterprises", "leads")),
)
ERRORS_SHOWN = 200
LONGEST_VALUE = 80
IMPORTS_SHOWN = 10
_MIB = 1 << 20


@dataclass(frozen=True)
class ImportRow:
    """One import of the ledger."""

    batch: str
    source: str
    at: str
    created: int
    updated: int
    undone: bool
    who: str | None = None  # who imported it; None = nobody here


@dataclass(frozen=True)
class BackupRow:
    """One backup; what it holds is None where the file is damaged."""

    name: str
    at: str
    size: int  # bytes
    rows: int | None
    revision: int | None
    hash: str | None
    whole: bool = False  # records and attachments too


@dataclass(frozen=True)
class ErrorRow:
    """One refused cell, and how to mend it."""

    file: str
    sheet: str
    row: int | None
    column: str
    header: str
    value: str
    message: str
    hint: str


@dataclass(frozen=True)
class GuidePage:
    """怎样开始?"""

    template: ClassVar[str] = "guide.html"
    frame: Frame
    answer: ReadinessAnswer
    imports: Sequence[ImportRow]
    backups: Sequence[BackupRow]
    backup_dir: str
    megabytes: int
    files: int
    minutes: int
    filled: bool = False  # a restore would replace something

    @property
    def last(self) -> ImportRow | None:
        """The newest import that is not taken back."""
        return next((i for i in self.imports if not i.undone), None)

    @property
    def steps(self) -> Table:
        """What to fill first."""
        lang = self.frame.lang
        heads = ("step", "columns", "answers", "held")
        columns = [Column(word(lang, f"guide_head.{h}")) for h in heads]
        return Table("steps", word(lang, "guide.steps_table"), columns, [*self._steps()])

    @property
    def questions(self) -> Table:
        """What the data can answer now."""
        lang = self.frame.lang
        heads = ("question", "verdict", "rests_on", "add")
        columns = [Column(word(lang, f"guide_head.{h}")) for h in heads]
        rows = [self._question(q) for q in self.answer.questions]
        return Table("readiness", word(lang, "guide.questions_table"), columns, rows)

    @property
    def ledger(self) -> Table:
        """Recent imports."""
        lang = self.frame.lang
        columns = [
            Column(word(lang, "guide_head.source")),
            Column(word(lang, "guide_head.at")),
            Column(word(lang, "guide_head.who")),
            Column(word(lang, "guide_head.created"), "number"),
            Column(word(lang, "guide_head.updated"), "number"),
            Column(word(lang, "guide_head.state")),
        ]
        rows = [
            [
                Cell(i.source),
                Cell(i.at),
                Cell(i.who),
                Cell(i.created, digits=0),
                Cell(i.updated, digits=0),
                Cell(word(lang, "guide.undone" if i.undone else "guide.in_force")),
            ]
            for i in self.imports
        ]
        return Table("imports", word(lang, "guide.imports"), columns, rows)

    @property
    def backup_table(self) -> Table:
        """Backups, newest first, each beside the graph as it is now."""
        lang = self.frame.lang
        columns = [
            Column(word(lang, "guide_head.file")),
            Column(word(lang, "guide_head.holds")),
            Column(word(lang, "guide_head.made")),
            Column(word(lang, "guide_head.size"), "number"),
            Column(word(lang, "guide_head.rows"), "number"),
            Column(word(lang, "guide_head.revision"), "number"),
            Column(word(lang, "guide_head.hash")),
        ]
        rows = [
            [
                Cell(b.name, self.frame.to(f"/guide/backups/{quote(b.name)}")),
                Cell(word(lang, "guide.holds_all" if b.whole else "guide.holds_graph")),
                Cell(b.at),
                Cell(b.size / _MIB),
                Cell(b.rows, digits=0),
                Cell(b.revision, digits=0),
                Cell(b.hash[:12] if b.hash else word(lang, "guide.damaged")),
            ]
            for b in self.backups
        ]
        return Table("backups", word(lang, "guide.backups"), columns, rows)

    def _steps(self) -> Sequence[Sequence[Cell]]:
        lang, found = self.frame.lang, []
        for number, (tables, extra) in enumerate(STEPS, 1):
            names = word(lang, "text.comma").join(_table(lang, t) for t in tables)
            wanted = [f"{_table(lang, t)}: {_required(lang, t)}" for t in tables]
            wanted += [f"{_table(lang, extra[0])}: {_header(lang, *extra)}"] if extra else []
            counted = [self._rows_text(t) for t in tables]
            found.append(
                [
                    Cell(word(lang, "guide.step", n=number, tables=names)),
                    Cell(word(lang, "guide.semicolon").join(wanted)),
                    Cell(term(lang, "guide_step", number)),
                    Cell(word(lang, "guide.semicolon").join(counted)),
                ]
            )
        return found

    def _rows_text(self, table: str) -> str:
        lang, count = self.frame.lang, self.answer.tables[table]
        if count is None:
            return word(lang, "guide.none_of", what=_table(lang, table))
        return word(lang, "guide.rows_of", what=_table(lang, table), n=f"{count:,}")

    def _question(self, q: Readiness) -> Sequence[Cell]:
        lang = self.frame.lang
        rests = [self._held_text(h) for h in (*q.needs, *q.sharpens)]
        missing = next((h for h in q.needs if not h.ok), None)
        return [
            Cell(term(lang, "guide_question", q.question), self._address(q) if q.ok else None),
            Cell(
                word(lang, "guide.yes" if q.ok else "guide.not_yet"),
                badge="covered" if q.ok else "unknown",
                note="" if missing is None else self._because(missing),
            ),
            Cell(word(lang, "guide.semicolon").join(rests)),
            Cell(self._add(q)),
        ]

    def _held_text(self, held: Held) -> str:
        lang, what = self.frame.lang, term(self.frame.lang, "guide_held", held.code)
        if held.count is None:
            return word(lang, "guide.none_of", what=what)
        return word(lang, "guide.n_of", what=what, n=f"{held.count:,}")

    def _because(self, held: Held) -> str:
        lang, what = self.frame.lang, self._held_text(held)
        if held.count is not None:
            what = word(lang, "guide.too_few", what=what)
        return word(lang, "guide.because", what=what)

    def _add(self, q: Readiness) -> str:
        lang = self.frame.lang
        if q.add is None:
            return word(lang, "guide.nothing_to_add")
        where = _table(lang, q.add.table)
        if q.add.column:
            header = _header(lang, q.add.table, q.add.column)
            where = word(lang, "guide.column_of", table=where, column=header)
        key = "guide.fill_to_sharpen" if q.ok else "guide.fill"
        return word(lang, key, where=where, why=term(lang, "guide_add", q.add.code))

    def _address(self, q: Readiness) -> str | None:
        """Where the question is answered."""
        a, frame = self.answer, self.frame
        chain = frame.chain or a.chain
        if q.question in ("gaps", "candidates", "flows", "compare") and chain:
            return frame.chain_url(q.question, chain)
        if q.question == "verify" and chain:
            return frame.chain_url("gaps", chain) + "#verify"
        if q.question == "landing" and a.project:
            return frame.to(f"/projects/{quote(a.project, safe='')}")
        if q.question == "agglomeration" and a.park:
            return frame.to(f"/parks/{quote(a.park, safe='')}")
        return frame.to("/parks/fit") if q.question == "fit" else None


@dataclass(frozen=True)
class CheckPage:
    """这批文件能导入吗?; `created` None where the files could not even be read."""

    template: ClassVar[str] = "guide_check.html"
    frame: Frame
    key: str
    names: Sequence[str]  # of the files
    skip: bool  # whether rows with errors are left out
    minutes: int
    created: int | None = None
    updated: int = 0
    unchanged: int = 0
    rejected: int = 0  # rows
    rejects_all: bool = False  # some row is wrong, so nothing would be written
    errors: Sequence[ErrorRow] = ()
    notes: Sequence[str] = ()
    refused: Notice | None = None  # why the files could not be read

    @property
    def changes(self) -> bool:
        """Whether an import would change anything."""
        return bool(self.created or self.updated)

    @property
    def shown(self) -> Table:
        """The first errors."""
        return self._table(self.errors[:ERRORS_SHOWN], LONGEST_VALUE)

    @property
    def hidden(self) -> int:
        """Errors not on the page."""
        return max(len(self.errors) - ERRORS_SHOWN, 0)

    @property
    def table(self) -> Table:
        """Every error."""
        return self._table(self.errors, None)

    def _table(self, errors: Sequence[ErrorRow], longest: int | None) -> Table:
        lang = self.frame.lang
        heads = ("file", "sheet", "row", "column", "value", "problem", "hint")
        columns = [
            Column(word(lang, f"guide_head.{h}"), "number" if h == "row" else "text") for h in heads
        ]
        rows = [
            [
                Cell(e.file),
                Cell(e.sheet),
                Cell(e.row, digits=0),
                Cell(f"{e.column} {e.header}".strip()),
                Cell(e.value[:longest] or None),
                Cell(e.message),
                Cell(e.hint),
            ]
            for e in errors
        ]
        return Table("errors", word(lang, "guide.errors"), columns, rows)


@dataclass(frozen=True)
class RestoredPage:
    """现在的图谱和这份备份一样吗?"""

    template: ClassVar[str] = "guide_backup.html"
    frame: Frame
    name: str
    kept: str | None  # the backup of what was there before
    backup: tuple[int, str]  # revision, hash
    now: tuple[int, str]
    rows: Mapping[str, tuple[int, int]] = field(default_factory=dict)  # by label or type
    records: tuple[str, str] | None = None  # hashes without the audit; None = the graph alone
    tables: Mapping[str, tuple[int, int]] = field(default_factory=dict)  # rows of the records

    @property
    def equal(self) -> bool:
        """Whether both hold the same."""
        same = self.records is None or self.records[0] == self.records[1]
        return same and self.backup[1] == self.now[1]

    @property
    def table(self) -> Table:
        """Counts side by side."""
        lang = self.frame.lang
        columns = [
            Column(word(lang, "guide_head.what")),
            Column(word(lang, "guide_head.in_backup"), "number"),
            Column(word(lang, "guide_head.in_store"), "number"),
        ]
        rows = [
            [Cell(kind), Cell(pair[0], digits=0), Cell(pair[1], digits=0)]
            for kind, pair in (
                *((_kind(lang, name), pair) for name, pair in self.rows.items()),
                *((term(lang, "record_table", name), pair) for name, pair in self.tables.items()),
            )
        ]
        return Table("compared", word(lang, "guide.compared"), columns, rows)


def _kind(lang: str, name: str) -> str:
    return term(lang, "relation" if name.isupper() else "label", name)


def _table(lang: str, name: str) -> str:
    """A table as its sheet is called."""
    return TABLES[name].zh[0] if lang == "zh" else name


def _header(lang: str, table: str, column: str) -> str:
    return TABLES[table].column(column).zh[0] if lang == "zh" else column


def _required(lang: str, table: str) -> str:
    names = [_header(lang, table, column) for column in TABLES[table].required]
    return word(lang, "text.comma").join(names)
