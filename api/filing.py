"""What pages of applications need beside the records: standards, completeness, forms, workbooks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from uuid import uuid4

from fastapi import Request

from api.deps import settings_of
from api.desk import Desk
from api.kept import today_of
from api.standards import standards_of
from graph.analysis.admission import parks_around
from graph.errors import Ambiguous
from graph.review.assessing import track_of
from graph.review.filing import Content, Filing, application_of, missing
from graph.review.standard import Standard, resolve
from ingest.columns import Grid, Heading
from ingest.filing_cells import SHEET, Read, merged, read_grid, table
from ingest.marking import Wrong, marked
from ingest.report import RowError
from records import filings
from records.database import Records
from viz.contexts import Choice
from viz.words import message, word

__all__ = [
    "PREFIX",
    "Complete",
    "Ruled",
    "apply_rows",
    "candidates",
    "marked_book_of",
    "read_form",
    "ruled",
    "worded",
]

PREFIX = "f."  # of the fields of a form
_HEADS = ("sheet", "row", "column", "what", "value", "problem", "hint")


@dataclass(frozen=True)
class Complete:
    """How far an application is by the standard in force; `standard` None = none is."""

    standard: Standard | None
    track: str | None  # LAND | PARK, None while unknown
    required: Sequence[str] = ()
    missing: Sequence[str] = ()


@dataclass(frozen=True)
class Ruled:
    """The standards of a zone on one day, by park."""

    desk: Desk
    standards: Sequence[Standard]
    request: Request

    def complete(self, park: str, content: Content) -> Complete:
        """By the park's standard; while the track is unknown, by the one for 入园."""
        track = track_of(application_of(Filing("", park, content), content))
        standard = self._standard(park, content.industry, track or "PARK")
        if standard is None:
            return Complete(None, track)
        return Complete(standard, track, standard.required, missing(content, standard))

    def vetoes(self, park: str, industries: Iterable[str] = ()) -> Mapping[str, str]:
        """The grounds that the park's standards ask about, id -> name."""
        found: dict[str, str] = {}
        for industry in dict.fromkeys(("", *industries)):
            for track in ("LAND", "PARK"):
                standard = self._standard(park, industry, track)
                found |= {v.id: v.name for v in (standard.vetoes if standard else ())}
        return found

    def _standard(self, park: str, industry: str, track: str) -> Standard | None:
        day = today_of(self.request.app.state)
        return resolve(self.standards, parks_around(self.desk.snapshot, park), industry, track, day)


def ruled(request: Request, desk: Desk) -> Ruled:
    """The standards in force here; `DataError` for one that is not valid."""
    folder = Path(settings_of(request).standards_dir)
    return Ruled(desk, standards_of(folder, sample=desk.sample), request)


def read_form(
    typed: Mapping[str, str], vetoes: Mapping[str, str], old: Content | None
) -> tuple[Content | None, Mapping[str, RowError]]:
    """The application a form says, or what is wrong by field: a form is a sheet of one row."""
    made = table(vetoes)
    given = [c for c in made.columns if PREFIX + c.name in typed and c.name != "id"]
    if old is not None and not given:
        return old, {}
    headings = [Heading(c.zh[0], c) for c in given]
    cells = [typed[PREFIX + c.name] for c in given]
    rows, errors = read_grid(Grid("", SHEET, made, headings, [(1, cells)]))
    names = {heading.text: c.name for heading, c in zip(headings, given, strict=True)}
    if errors or not rows:
        return None, {names.get(e.header, "name"): e for e in errors}
    return merged(rows[0], old), {}


def apply_rows(
    records: Records, park: str, rows: Sequence[Read], file: str, *, dry_run: bool = False
) -> tuple[list[RowError], int, int]:
    """Keep what a workbook says of a park's applications, all of it or nothing.

    The errors, and how many were begun and how many changed.  Rows that say what is there already
    change nothing.  Raises `Changed` where somebody was faster.
    """
    held = {filing.id: filing for filing in filings.all_of(records, park)}
    called = {(f.content.name, f.content.applicant): f.id for f in held.values()}
    made: list[Filing] = []
    changed: dict[str, tuple[int, Content]] = {}
    errors: list[RowError] = []
    seen: dict[object, int] = {}
    for row in rows:
        given = str(row.values.get("id", ""))
        id_, _, version = given.partition(".")
        old = held.get(id_)
        content = merged(row, old.content if old else None)
        key: object = id_ or (content.name, content.applicant)
        if key in seen:
            errors.append(_at(file, row, given, "filing_twice", other=seen[key]))
        elif id_ and (old is None or not version.isdecimal()):
            errors.append(_at(file, row, given, "filing_id"))
        elif old and content != old.content and old.version != int(version):
            errors.append(_at(file, row, given, "filing_overtaken"))
        elif old and content != old.content:
            changed[id_] = (int(version), content)
        elif not old and key in called:
            errors.append(_at(file, row, content.name, "filing_there"))
        elif not old:
            made.append(Filing(uuid4().hex, park, content))
        seen.setdefault(key, row.row)
    if not errors and not dry_run and (made or changed):
        filings.take(records, park, made, changed)
    return errors, len(made), len(changed)


def candidates(desk: Desk, label: str, texts: Iterable[str]) -> Sequence[Choice]:
    """Nodes that are called exactly so, by id, credit code or name, as imports look them up."""
    found: dict[str, None] = {}
    for text in filter(None, texts):
        try:
            ids: Sequence[str | None] = [desk.find(label, text)]
        except Ambiguous as error:
            ids = str(error.facts["ids"]).split(", ")
        known = desk.snapshot.nodes(label).index
        found |= dict.fromkeys(i for i in ids if i is not None and i in known)
    return [Choice(id_, desk.names()[id_]) for id_ in found]


def worded(lang: str, errors: Iterable[RowError]) -> list[Wrong]:
    """Errors in words, by sheet and row."""
    ordered = sorted(errors, key=lambda e: (e.sheet, e.row or 0, len(e.column), e.column))
    found = []
    for e in ordered:
        told = message(lang, e.code, {**asdict(e), **e.facts})
        found.append(Wrong(e.sheet, e.row, e.column, e.header, e.value, told.text, told.hint))
    return found


def marked_book_of(lang: str, content: bytes, errors: Iterable[RowError]) -> bytes:
    """A refused workbook with its wrong cells red and a list of them; see `ingest.marking`."""
    return marked(content, worded(lang, errors), [word(lang, f"guide_head.{h}") for h in _HEADS])


def _at(file: str, row: Read, value: str, code: str, **facts: object) -> RowError:
    return RowError(file, row.sheet, row.row, "A", "", value, code, facts)
