"""A standard as a workbook, the way an office writes one: out of it and into it.

Read are the sheets 标准, 指标 and 一票否决 as they are seen: hidden sheets and 填写说明 are left
out, any other sheet is refused, since what somebody wrote there would not hold.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from graph.errors import DataError, UsageError
from graph.review.reading import standard_of
from graph.review.standard import Indicator, Standard, scale
from ingest.cells import Cell, as_text
from ingest.columns import GUIDE, letter
from ingest.guard import Limits, Sheet, read_sheets
from ingest.report import CellProblem
from ingest.sheet_marks import Mark, marks_of
from ingest.standard_layout import CUTOFFS, SHEETS, Entry, Section, plain, value_of
from ingest.standard_writing import write_standard

__all__ = ["StandardSheet", "parsed_sheet", "read_standard_sheet", "write_standard"]

LIMITS = Limits(
    file_bytes=4 << 20,
    inflated_bytes=16 << 20,
    part_bytes=16 << 20,
    entries=200,
    rows=5_000,
    seconds=20,
)
_HEAD = "项目"  # of the first column of 标准
_CUTOFFS = frozenset(entry.key for entry in CUTOFFS)
_ENTRIES = {section: {e.key: e for e in entries} for section, (_, entries) in SHEETS.items()}
_WRONG = {
    "based_on": "standard_cell_base",
    "valid_to": "standard_cell_order",
    "formula": "standard_cell_kind",
    "benchmark": "standard_cell_benchmark",
    "steps": "standard_cell_steps",
    "source": "standard_cell_source",
    "approve": "standard_cutoffs",
}
_FORMULAS = {
    "bad_formula": ("formula", "standard_formula"),
    "formula_field": ("formula", "standard_formula_field"),
    "unlike_units": ("formula", "standard_formula_unlike"),
    "unit_of_formula": ("unit", "standard_formula_unit"),
    "unknown_unit": ("unit", "standard_unit"),
}


@dataclass(frozen=True)
class _Place:
    """Where a value stands, as the user sees it."""

    sheet: str
    row: int
    column: str
    value: str = ""

    def wrong(self, code: str, file: str, **facts: object) -> DataError:
        told = {"file": file, "sheet": self.sheet, "row": self.row, "column": self.column}
        return DataError(code, **{**facts, **told, "value": self.value[:200]})


@dataclass(frozen=True)
class StandardSheet:
    """What a workbook says, as `graph.review.reading.standard_of` takes it, with its places."""

    name: str
    mapping: Mapping[str, Any]
    places: Mapping[tuple[Section, str, str], _Place] = field(repr=False)

    def standard(self, bases: Mapping[str, Standard] | None = None) -> Standard:
        """The standard, over one of `bases` where it is based on one.

        Raises `DataError` that says in which cell something is missing or makes no sense.
        """
        try:
            return standard_of(self.mapping, self.name, bases)
        except DataError as error:
            raise self._placed(error) from error
        except UsageError as error:
            raise self._of_formula(error, bases or {}) from error

    def _placed(self, error: DataError) -> DataError:
        """The error at the cell it is about, else as it is."""
        where, what = str(error.facts.get("where")), error.facts.get("what")
        if where == "weight":
            return DataError("standard_weights", file=self.name, sheet=SHEETS["indicator"][0],
                             total=f"{what:g}")  # fmt: skip
        place, key = self._cell(where, str(what))
        if place is None:
            return error
        absent = what == "" and key not in _WRONG
        code = "standard_cell_required" if absent else _WRONG.get(key, "standard_cell_wrong")
        return place.wrong("standard_cell_twice" if key == "id" and what else code, self.name)

    def _cell(self, where: str, what: str) -> tuple[_Place | None, str]:
        """The cell and key that `where` of a `bad_standard` means."""
        about, _, key = where.rpartition(".")
        kind, _, named = about.partition(" ")
        if about == "":
            key = "approve" if key == "cutoffs" else key
            if key == "id":
                return self._row("veto", what, "id") or self._row("indicator", what, "id"), key
            return self._row("standard", "", key), key
        if kind in ("standard", "cutoffs"):
            return self._row("standard", "", key), key
        for section, id_ in (("indicator", about), (kind, named)):
            if section in SHEETS and (found := self._row(section, id_, key)):  # type: ignore[arg-type]
                return found, key
        return None, key

    def _row(self, section: Section, id_: str, key: str) -> _Place | None:
        """The cell of a key; the row of its id where the sheet has no such column."""
        found = self.places.get((section, id_, key))
        row = self.places.get((section, id_, "id"))
        if found is not None or row is None:
            return found
        entry = _ENTRIES[section].get(key)
        return _Place(row.sheet, row.row, entry.zh if entry else key)

    def _of_formula(self, error: UsageError, bases: Mapping[str, Standard]) -> DataError:
        """The error of a formula or unit at the first row that has it."""
        base = bases.get(str(self.mapping.get("based_on")))
        known = {i.id: i for i in base.indicators} if base else {}
        key, code = _FORMULAS.get(error.code, ("formula", "standard_formula"))
        for row in self.mapping["indicator"]:
            was = known.get(row["id"])
            formula = row.get("formula", was.formula if was else "")
            unit = row.get("unit", was.unit if was else "")
            try:
                scale(Indicator(row["id"], "", "", unit, formula))
            except UsageError as found:
                place = self._row("indicator", row["id"], key)
                if formula and found.code == error.code and place is not None:
                    return place.wrong(code, self.name, **error.facts)
        return DataError(error.code, **error.facts)


def read_standard_sheet(
    content: bytes, name: str, bases: Mapping[str, Standard] | None = None
) -> Standard:
    """The standard in a workbook; `name` is what errors call it (its file).

    Raises `FileRefused` for what is no workbook or too much of one, `DataError` with sheet, row and
    column for what cannot be taken.
    """
    return parsed_sheet(content, name).standard(bases)


def parsed_sheet(content: bytes, name: str) -> StandardSheet:
    """What a workbook says, before it is known whether it makes sense.

    Raises as `read_standard_sheet` does, for cells that cannot be read.
    """
    with TemporaryDirectory(prefix="lianzhu-") as folder:
        path = Path(folder) / Path(name).with_suffix(".xlsx").name
        path.write_bytes(content)
        read = read_sheets([path], LIMITS)
    sheets = _by_section(read, name)
    marks = marks_of(content, name)
    for (sheet, row, column), mark in marks.items():
        if mark == "formula" and sheet in {s.name for s in sheets.values()}:
            raise _Place(sheet, row, letter(column)).wrong("standard_cell_formula", name)
    return _Reading(name, sheets, marks).whole()


def _by_section(read: Sequence[Sheet], name: str) -> dict[Section, Sheet]:
    titles = {plain(title): section for section, (title, _) in SHEETS.items()}
    found: dict[Section, Sheet] = {}
    for sheet in read:
        section = titles.get(plain(sheet.name))
        if sheet.hidden or plain(sheet.name) == plain(GUIDE):
            continue
        if section is None or section in found:
            known = "、".join(title for title, _ in SHEETS.values())
            raise DataError("standard_sheet_unknown", file=name, sheet=sheet.name, known=known)
        found[section] = sheet
    if "standard" not in found:
        raise DataError("standard_sheet_missing", file=name, sheet=SHEETS["standard"][0])
    return found


class _Reading:
    """One workbook being read: its values gather, and where each stands."""

    def __init__(
        self,
        name: str,
        sheets: Mapping[Section, Sheet],
        marks: Mapping[tuple[str, int, int], Mark],
    ) -> None:
        self._name, self._sheets, self._marks, self._over = name, sheets, marks, False
        self._places: dict[tuple[Section, str, str], _Place] = {}

    def whole(self) -> StandardSheet:
        lines = list(self._lines())
        self._over = any(e.key == "based_on" and as_text(cell) for e, cell, _ in lines)
        values = {
            e.key: v for e, cell, at in lines if (v := self._value(e, cell, at)) is not _EMPTY
        }
        mapping: dict[str, Any] = {k: v for k, v in values.items() if k not in _CUTOFFS}
        mapping["cutoffs"] = {k: v for k, v in values.items() if k in _CUTOFFS}
        for section in ("indicator", "veto"):
            if section not in self._sheets and not self._over:
                raise DataError("standard_sheet_missing", file=self._name, sheet=SHEETS[section][0])
            mapping[section] = list(self._rows(section)) if section in self._sheets else []
        return StandardSheet(self._name, mapping, self._places)

    def _lines(self) -> Iterator[tuple[Entry, Cell, tuple[_Place, int]]]:
        """The lines of 标准: what is asked, the cell beside it and its place."""
        sheet = self._sheets["standard"]
        known = _named(SHEETS["standard"][1])
        seen: set[str] = set()
        for number, cells in sheet.rows:
            label = as_text(cells[0])
            if not label or plain(label) == _HEAD:
                if not label and len(cells) > 1 and as_text(cells[1]):
                    raise self._unknown(sheet, number, "A", "", SHEETS["standard"][1])
                continue
            entry = known.get(plain(label))
            if entry is None:
                raise self._unknown(sheet, number, "A", label, SHEETS["standard"][1])
            cell = cells[1] if len(cells) > 1 else None
            place = _Place(sheet.name, number, f"B {entry.zh}", as_text(cell))
            if entry.key in seen:
                raise place.wrong("standard_line_twice", self._name)
            seen.add(entry.key)
            self._places["standard", "", entry.key] = place
            yield entry, cell, (place, 1)
        for entry in (e for e in SHEETS["standard"][1] if e.key not in seen):
            self._places["standard", "", entry.key] = _Place(sheet.name, 1, entry.zh)

    def _rows(self, section: Section) -> Iterator[dict[str, object]]:
        sheet = self._sheets[section]
        if not sheet.rows:
            return
        head, cells = sheet.rows[0]
        columns = self._columns(section, sheet, head, cells)
        seen: set[str] = set()
        for number, row in sheet.rows[1:]:
            places = {
                entry.key: _Place(
                    sheet.name, number, f"{letter(at)} {entry.zh}",
                    as_text(row[at]) if at < len(row) else "",
                )
                for at, entry in columns.items()
            }  # fmt: skip
            beside = [at for at, c in enumerate(row) if as_text(c) and at not in columns]
            if beside:
                place = _Place(sheet.name, number, letter(beside[0]), as_text(row[beside[0]]))
                raise place.wrong("standard_cell_beside", self._name)
            values = {
                entry.key: value
                for at, entry in columns.items()
                if (value := self._value(entry, row[at] if at < len(row) else None,
                                         (places[entry.key], at))) is not _EMPTY
            }  # fmt: skip
            id_ = str(values.get("id", ""))
            if not id_ or id_ in seen:
                code = "standard_cell_twice" if id_ else "standard_cell_required"
                raise places["id"].wrong(code, self._name)
            seen.add(id_)
            self._places.update({(section, id_, key): place for key, place in places.items()})
            yield values

    def _columns(
        self, section: Section, sheet: Sheet, head: int, cells: Sequence[Cell]
    ) -> dict[int, Entry]:
        """Which column holds what; every header has to be known and there once."""
        known, entries = _named(SHEETS[section][1]), SHEETS[section][1]
        found: dict[int, Entry] = {}
        for at, cell in enumerate(cells):
            text = as_text(cell)
            if not text:
                continue
            entry = known.get(plain(text))
            if entry is None:
                raise self._unknown(sheet, head, letter(at), text, entries)
            if entry in found.values():
                place = _Place(sheet.name, head, letter(at), text)
                raise place.wrong("standard_line_twice", self._name)
            found[at] = entry
        if not any(entry.key == "id" for entry in found.values()):
            place = _Place(sheet.name, head, entries[0].zh)
            raise place.wrong("standard_cell_required", self._name)
        return found

    def _value(self, entry: Entry, cell: Cell, at: tuple[_Place, int]) -> object:
        """The value of a cell, `_EMPTY` where it says nothing."""
        place, column = at
        if not as_text(cell):
            return _EMPTY
        percent = self._marks.get((place.sheet, place.row, column)) == "percent"
        if percent and entry.kind == "number" and not entry.share:
            raise place.wrong("standard_cell_percent", self._name)
        try:
            return value_of(entry, cell, over=self._over)
        except CellProblem as problem:
            raise place.wrong(problem.code, self._name, **problem.facts) from None

    def _unknown(
        self, sheet: Sheet, row: int, column: str, text: str, entries: Sequence[Entry]
    ) -> DataError:
        known = "、".join(entry.zh for entry in entries)
        return _Place(sheet.name, row, column, text).wrong(
            "standard_line_unknown", self._name, known=known
        )


_EMPTY = object()


def _named(entries: Sequence[Entry]) -> Mapping[str, Entry]:
    return {word: entry for entry in entries for word in (plain(entry.zh), entry.key)}
