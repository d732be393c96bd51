"""Commitments as workbooks carry them: the rows that go out, and what comes back taken whole."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from uuid import uuid4

from api.desk import Desk
from graph.errors import Ambiguous, Changed, LianzhuError
from graph.review.commitments import Actual, Pledge, Promise, agree, report
from graph.review.keeping import standing
from ingest.cells import Cell, as_text
from ingest.filing_cells import Read
from ingest.numbers import parse_number
from ingest.pledge_sheet import AGREED, KEPT, read_pledges, write_pledges
from ingest.report import CellProblem, RowError
from records import pledges
from records.database import Records
from viz.review_words import bound_text
from viz.words import term

__all__ = ["Reader", "book_of", "named_like", "take_book"]

_LANG = "zh"  # of every workbook that is filled in
_Key = tuple[str, str, str]  # park, project, applicant


@dataclass(frozen=True)
class Reader:
    """Who sends a workbook: the park of a park operator, and whether they are of the office."""

    name: str
    park: str | None
    office: bool
    today: date


@dataclass
class _Taking:
    """What a workbook makes of the pledges so far, and what is wrong with it."""

    file: str
    held: Mapping[str, Pledge]
    after: dict[str, Pledge]
    errors: list[RowError] = field(default_factory=list)
    reported: int = 0
    agreed: int = 0
    seen: dict[object, int] = field(default_factory=dict)

    def refuse(self, row: Read, name: str, code: str, /, **facts: object) -> None:
        """An error at the cell of a row."""
        table = AGREED if row.sheet == AGREED.zh[0] else KEPT
        at, head = row.columns.get(name, ""), table.column(name).zh[0]
        value = as_text(row.values.get(name))  # type: ignore[arg-type]
        place = (self.file, row.sheet, row.row, at, head, value)
        self.errors.append(RowError(*place, code, facts))

    def overtaken(self, row: Read, id: str, version: str, after: Pledge) -> bool:
        """Whether a row changes what somebody else changed since it was written down."""
        before = self.held[id]
        if after == self.after[id] or version == str(before.version):
            return False
        self.refuse(row, "id", "pledge_overtaken")
        return True


def book_of(held: Sequence[Pledge], names: Mapping[str, str], today: date) -> bytes:
    """Every commitment as a row to fill, and the agreements."""
    kept, agreed = list[Mapping[str, Cell]](), list[Mapping[str, Cell]]()
    for pledge in held:
        park = names[pledge.park]
        about = {"park": park, "name": pledge.name, "applicant": pledge.applicant}
        for c in pledge.commitments():
            at = standing(c, pledge.reported(c.id), today)
            last = at.actual
            due = c.due.isoformat() if c.due else None
            says = {"indicator": c.indicator, "promised": as_text(c.value), "unit": c.unit}
            says |= {"id": f"{pledge.id}.{pledge.version}.{c.id}"}
            says |= {"bound": bound_text(_LANG, c.at_most)}
            row: dict[str, Cell] = {**about, **says, "due": due}
            kept.append({
                **row,
                "standing": term(_LANG, "pledge_standing", at.code),
                "last": f"{last.year}：{as_text(last.value)}" if last else None,
            })  # fmt: skip
            if c.source == "agreement":
                agreed.append({**row, "uscc": pledge.uscc, "evidence": c.evidence})
    return write_pledges(kept, agreed)


def take_book(
    records: Records, desk: Desk, content: bytes, file: str, reader: Reader, *, keep: bool = True
) -> tuple[list[RowError], int, int]:
    """Keep what a workbook says, all of it or nothing: errors, actuals added, agreements changed.

    What is there already changes nothing.  Raises `FileRefused` for a file that cannot be opened.
    """
    kept, agreed, errors = read_pledges(content, file)
    taking = _Taking(file, {}, {})

    def step(held: Mapping[str, Pledge]) -> Mapping[str, Pledge]:
        taking.held, taking.after = held, dict(held)
        for row in kept:
            _report(taking, row, reader)
        for key, rows in _by_agreement(taking, desk, agreed, reader).items():
            _agree(taking, key, rows, reader)
        return taking.after if keep and not (errors or taking.errors) else {}

    pledges.act(records, "book", step, park=reader.park)
    return [*errors, *taking.errors], taking.reported, taking.agreed


def named_like(held: Mapping[str, Pledge], key: _Key) -> Pledge | None:
    """The agreement of a park, project and applicant."""
    found = (p for p in held.values() if not p.meeting)
    return next((p for p in found if (p.park, p.name, p.applicant) == key), None)


def _report(taking: _Taking, row: Read, reader: Reader) -> None:
    id_, version, commitment = _about(row)
    given = taking.after.get(id_)
    promise = next((c for c in given.commitments() if c.id == commitment), None) if given else None
    if given is None or promise is None:
        return taking.refuse(row, "id", "pledge_id")
    for name in ("year", "actual", "said"):
        if name not in row.values:
            return taking.refuse(row, name, "pledge_half")
    year = row.values["year"]
    if not isinstance(year, float) or not year.is_integer():
        return taking.refuse(row, "year", "pledge_year", year=year, last=reader.today.year)
    key = id_, commitment, year
    if key in taking.seen:
        return taking.refuse(row, "year", "filing_twice", other=taking.seen[key])
    taking.seen[key] = row.row
    value = _number(taking, row, "actual", promise.unit)
    if value is None:
        return None
    told = Actual(promise, int(year), value, str(row.values["said"]), reader.name, reader.today)
    after = _tried(taking, row, "year", lambda: report(given, told, given.version))
    if after is not None and not taking.overtaken(row, id_, version, after):
        taking.reported += after != given
        taking.after[id_] = after
    return None


def _by_agreement(
    taking: _Taking, desk: Desk, rows: Sequence[Read], reader: Reader
) -> Mapping[_Key, list[Read]]:
    """The rows of each agreement; what a park operator may only read must say what is there."""
    found: dict[_Key, list[Read]] = {}
    for row in rows:
        try:
            park = desk.find("Park", str(row.values["park"]))
        except Ambiguous:
            park = None
        if park is None or reader.park not in (None, park):
            taking.refuse(row, "park", "unknown_park", park=row.values["park"])
        else:
            key = park, str(row.values["name"]), str(row.values["applicant"])
            found.setdefault(key, []).append(row)
    if not reader.office:
        for key, ones in found.items():
            promises = _promises(taking, ones)
            if len(promises) < len(ones) or not _said(named_like(taking.held, key), promises):
                taking.refuse(ones[0], "name", "pledge_office")
        return {}
    return found


def _said(pledge: Pledge | None, promises: Sequence[Promise]) -> bool:
    """Whether an agreement says so already."""
    try:
        return pledge is not None and agree(pledge, promises, "", date.max) == pledge
    except LianzhuError:
        return False


def _agree(taking: _Taking, key: _Key, rows: Sequence[Read], reader: Reader) -> None:
    promises = _promises(taking, rows)
    if len(promises) < len(rows):
        return None
    there = named_like(taking.held, key)
    old = [row for row in rows if "id" in row.values]
    for row in old or rows:
        id_, _, commitment = _about(row)
        if id_ != (there.id if there else ""):
            return taking.refuse(row, "id", "pledge_there" if there else "pledge_id", name=key[1])
        if there and commitment not in [c.id for c in there.promised]:
            return taking.refuse(row, "id", "pledge_id")
        if there and row.row != taking.seen.setdefault((id_, commitment), row.row):
            return taking.refuse(row, "id", "filing_twice", other=taking.seen[id_, commitment])
    first = (old or rows)[0]
    uscc = str(first.values.get("uscc", ""))
    begun = taking.after[there.id] if there else Pledge(uuid4().hex, *key, uscc=uscc)
    said = promises, reader.name, reader.today
    after = _tried(taking, first, "indicator", lambda: agree(begun, *said))
    if after is None:
        return None
    if there is None:
        taking.agreed += 1
        taking.after[after.id] = after
        return None
    if uscc != after.uscc:
        after = replace(after, uscc=uscc, version=begun.version + 1)
    if not any(taking.overtaken(row, there.id, _about(row)[1], after) for row in old):
        taking.agreed += after != begun
        taking.after[there.id] = after
    return None


def _about(row: Read) -> tuple[str, str, str]:
    """The pledge, its version and the commitment that the id of a row names, "" for a new one."""
    id_, _, rest = str(row.values.get("id", "")).partition(".")
    version, _, commitment = rest.partition(".")
    return id_, version, commitment


def _promises(taking: _Taking, rows: Sequence[Read]) -> list[Promise]:
    found = []
    for row in rows:
        v = row.values
        unit = str(v.get("unit", ""))
        value = _number(taking, row, "promised", unit)
        due = date.fromisoformat(str(v["due"])) if "due" in v else None
        if value is not None:
            terms = value, due, str(v.get("evidence", "")), v.get("bound") == "at_most"
            found.append(Promise(str(v["indicator"]), unit, *terms, _about(row)[2]))
    return found


def _number(taking: _Taking, row: Read, name: str, unit: str) -> float | None:
    """A cell in the unit of its row: the number written there, or in another unit converted."""
    text = str(row.values[name])
    try:
        return parse_number(text, unit)
    except CellProblem as problem:
        taking.refuse(row, name, problem.code, **problem.facts)
        return None


def _tried(taking: _Taking, row: Read, name: str, step: Callable[[], Pledge]) -> Pledge | None:
    """What a step makes of a pledge, or None and an error at a cell of the row."""
    try:
        return step()
    except Changed:
        raise
    except LianzhuError as error:
        taking.refuse(row, name, error.code, **error.facts)
        return None
