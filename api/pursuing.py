"""Pursuits between the pages and the records: who sees which, forms and workbooks, groups."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from uuid import uuid4

from api.desk import Desk
from api.filing import PREFIX
from graph.analysis.answers import Fit
from graph.analysis.facts import facts_of
from graph.analysis.parks import parks_of
from graph.attraction import steps
from graph.attraction.arbitration import Verdict, rule
from graph.attraction.courted import Suit, groups, suits
from graph.attraction.pursuit import Facts, Pursuit
from graph.errors import Ambiguous, Changed, DataError, LianzhuError
from graph.question import Assumptions
from graph.review.filing import Filing
from graph.review.meeting import Decision, Meeting
from ingest.columns import Grid, Heading
from ingest.filing_cells import Read, read_grid
from ingest.pursuit_sheet import LINES, SHEET, TABLE, facts_after
from ingest.report import RowError
from records import documents, filings
from records.database import Records
from records.pursuits import PURSUIT

__all__ = [
    "Asked",
    "Room",
    "Taker",
    "apply_rows",
    "arbitrate",
    "courted",
    "fits_of",
    "mark_of",
    "proposed",
    "read_form",
    "rooms_of",
]

_BACKED = ("approved", "conditional", "special")


@dataclass(frozen=True)
class Asked:
    """Which pursuits are asked for; "" = any."""

    park: str = ""
    stage: str = ""
    owner: str = ""
    late: bool = False

    def of(self, pursuits: Iterable[Pursuit], today: date) -> Sequence[Pursuit]:
        """Those that are meant, the next step that is due first; without a day last."""
        found = [
            p
            for p in pursuits
            if self.park in ("", p.park)
            and self.stage in ("", p.stage)
            and self.owner in ("", p.facts.owner)
            and (not self.late or p.overdue(today))
        ]
        return sorted(found, key=lambda p: (p.facts.next_day or date.max, p.facts.name, p.id))


@dataclass(frozen=True)
class Room:
    """What a park still has: 亩 and ㎡, None = unknown."""

    land_mu: float | None
    floor_sqm: float | None


@dataclass(frozen=True)
class Taker:
    """Who writes pursuits when: `only_park` = a park operator's, None = the office."""

    desk: Desk
    by: str
    today: date
    only_park: str | None


def read_form(
    typed: Mapping[str, str], old: Facts | None
) -> tuple[Facts | None, Mapping[str, RowError]]:
    """The facts a form says, or what is wrong by field: a form is a sheet of one row."""
    known = {c.name: c for c in TABLE.columns if c.name in Facts.__dataclass_fields__}
    given = [c for name, c in known.items() if PREFIX + name in typed]
    if old is not None and not given:
        return old, {}
    names = {c.zh[0]: c.name for c in given}
    cells = [typed[PREFIX + c.name] for c in given]
    missing = [c for c in known.values() if c.required and c not in given]
    if old is not None and missing:  # a form of some fields leaves the others as they are
        names |= {c.zh[0]: c.name for c in missing}
        cells += [str(getattr(old, c.name)) for c in missing]
        given += missing
    headings = [Heading(c.zh[0], c) for c in given]
    rows, errors = read_grid(Grid("", SHEET, TABLE, headings, [(1, cells)]), LINES)
    if errors or not rows:
        return None, {names.get(e.header, "name"): e for e in errors}
    return facts_after(rows[0], old), {}


def apply_rows(
    records: Records, taker: Taker, rows: Sequence[Read], file: str, *, dry_run: bool = False
) -> tuple[list[RowError], int, int]:
    """Keep what a workbook says, all of it or nothing.

    The errors, how many were begun and how many changed.  Rows that say what is there already
    change nothing.  Raises `Changed` where somebody was faster.
    """
    held = {p.id: p for p in documents.all_of(records, PURSUIT, taker.only_park)}
    after, errors = _taken(held, taker, rows, file)
    if not errors and not dry_run and after:
        documents.change(
            records, PURSUIT, "import", lambda now: _again(now, taker, rows, file),
            park=taker.only_park, file=file,
        )  # fmt: skip
    made = sum(id_ not in held for id_ in after)
    return errors, made, len(after) - made


def courted(records: Records) -> Sequence[tuple[Suit, ...]]:
    """The applicants that several parks court now."""
    return groups(suits(documents.all_of(records, PURSUIT), filings.all_of(records)))


def mark_of(group: Sequence[Suit]) -> str:
    """What a form about a group brings back, so that nothing is decided about what was not seen."""
    return " ".join(f"{suit.id}.{suit.version}" for suit in group)


def arbitrate(records: Records, seen: str, verdict: Verdict, today: date, by: str) -> None:
    """Decide about the group whose mark is `seen`, in one transaction over all its pursuits.

    Raises `Changed` where the group is no longer what was shown.
    """
    id_ = uuid4().hex

    def step(held: Mapping[str, Pursuit]) -> Mapping[str, Pursuit]:
        # Only one writes at a time: what is read now stays so until this is kept.
        now = groups(suits(list(held.values()), filings.all_of(records)))
        group = next((g for g in now if mark_of(g) == seen), None)
        if group is None:
            raise Changed("courted_changed")
        fresh = [uuid4().hex for _ in range(len(group) + 1)]
        return rule(held, group, verdict, id_, fresh, today, by)

    documents.change(records, PURSUIT, "rule", step, ruling=id_, lands=verdict.park)


def proposed(
    pursuit: Pursuit, filing: Filing | None, meetings: Iterable[Meeting]
) -> tuple[str, Decision | None]:
    """The stage that what happened since suggests ("" = none), and what a meeting decided.

    待评审 once the application is handed in, 已签约 once a published meeting is for it; the newest
    meeting counts.
    """
    if filing is None:
        return "", None
    published = (m for m in meetings if m.state == "published")
    cases = (case for meeting in published for case in meeting.cases if case.id == filing.id)
    decision = next((case.decision for case in cases if case.decision is not None), None)
    if decision is not None and decision.outcome in _BACKED:
        early = pursuit.stage in ("lead", "in_talks", "under_review")
        return ("signed" if early else ""), decision
    early = pursuit.stage in ("lead", "in_talks") and filing.latest is not None
    return ("under_review" if early and decision is None else ""), decision


def fits_of(desk: Desk, projects: Iterable[str]) -> Mapping[str, Fit]:
    """The best fit of linked projects by park; parks of which nothing is known are not there."""
    known = desk.snapshot.nodes("Project").index
    found: dict[str, Fit] = {}
    for project in dict.fromkeys(p for p in projects if p in known):
        for fit in desk.fit(project).matrix:
            best = found.get(fit.park)
            if fit.fit is not None and (best is None or (best.fit or 0.0) < fit.fit):
                found[fit.park] = fit
    return found


def rooms_of(desk: Desk) -> Mapping[str, Room]:
    """What is free in every park."""
    held = parks_of(facts_of(desk.snapshot, Assumptions()))
    return {p.id: Room(p.number("land_free_mu"), p.number("floor_free_sqm")) for p in held}


def _again(
    held: Mapping[str, Pursuit], taker: Taker, rows: Sequence[Read], file: str
) -> Mapping[str, Pursuit]:
    after, errors = _taken(held, taker, rows, file)
    if errors:
        raise Changed("pursuit_changed")
    return after


def _taken(
    held: Mapping[str, Pursuit], taker: Taker, rows: Sequence[Read], file: str
) -> tuple[dict[str, Pursuit], list[RowError]]:
    """The pursuits that the rows change or begin, and what is wrong with rows."""
    called = {(p.park, p.facts.name, p.facts.applicant): p for p in held.values()}
    after, errors, seen = dict[str, Pursuit](), list[RowError](), dict[object, int]()
    for row in rows:
        given = str(row.values.get("id", ""))
        id_, _, version = given.partition(".")
        old = held.get(id_)
        try:
            if id_ and (old is None or not version.isdecimal()):
                raise DataError("pursuit_id")
            park = _park_of(taker, row, old)
            named = park, str(row.values["name"]), str(row.values["applicant"])
            there = old or called.get(named)
            key: object = there.id if there else named
            if key in seen:
                raise DataError("filing_twice", other=seen[key])
            seen[key] = row.row
            made = _row_done(taker, park, row, there)
            if there is not None and made != there:
                _check_known(old, there, version)
            if made != there:
                after[made.id] = made
        except LianzhuError as error:
            errors.append(_at(file, row, _FIELD.get(error.code, "id"), error.code, **error.facts))
    return after, errors


# The column in which an error of a step is shown.
_FIELD = {
    "pursuit_stage": "stage",
    "pursuit_ruled": "stage",
    "pursuit_same": "moved_on",
    "pursuit_day": "moved_on",
    "pursuit_begins": "moved_on",
    "pursuit_reason": "note",
    "pursuit_park": "park",
    "pursuit_no_park": "park",
    "future_date": "introduced_on",
}


def _check_known(old: Pursuit | None, there: Pursuit, version: str) -> None:
    """A row without an id is no change of what is there, nor is one of an older version."""
    if old is None:
        raise Changed("pursuit_there", name=there.facts.name)
    if there.version != int(version):
        raise Changed("pursuit_overtaken")


def _park_of(taker: Taker, row: Read, old: Pursuit | None) -> str:
    """The park a row names, else that of the pursuit, else one's own."""
    given = str(row.values.get("park", ""))
    if old is not None:  # its own name is its own, though another park is called so
        called = " ".join(taker.desk.names()[old.park].split())  # as `read_grid` cleans it
        if given in ("", old.park, called):
            return old.park
    try:
        found = taker.desk.find("Park", given or taker.only_park or "")
    except Ambiguous:
        found = None
    if found is None or taker.only_park not in (None, found):
        raise DataError("pursuit_no_park", given=given)
    return found


def _row_done(taker: Taker, park: str, row: Read, there: Pursuit | None) -> Pursuit:
    """The pursuit as its row says: begun, or changed."""
    if there is not None:
        return _changed(taker, there, park, row)
    stage = str(row.values.get("stage") or "lead")
    return steps.begin(
        uuid4().hex, park, facts_after(row, None), stage, _day_of(row, taker.today), taker.by,
        today=taker.today, note=str(row.values.get("note", "")),
    )  # fmt: skip


def _changed(taker: Taker, old: Pursuit, park: str, row: Read) -> Pursuit:
    """A pursuit after its row: new facts, a move where the stage is another."""
    if park != old.park:
        raise DataError("pursuit_park")
    facts, made = facts_after(row, old.facts), old
    if facts != old.facts:
        made = steps.write(made, facts, made.version, taker.today, taker.by)
    stage, note = str(row.values.get("stage") or old.stage), str(row.values.get("note", ""))
    last = old.moves[-1]
    if stage != old.stage:
        day = _day_of(row, taker.today)
        made = steps.move(made, stage, made.version, day, taker.by, today=taker.today, note=note)
    elif note not in ("", last.note) or _day_of(row, last.on_day) != last.on_day:
        raise DataError("pursuit_same")
    # One row is one change, whatever it says.
    return replace(made, version=old.version + 1) if made != old else old


def _day_of(row: Read, otherwise: date) -> date:
    given = row.values.get("moved_on")
    return date.fromisoformat(str(given)) if given else otherwise


def _at(file: str, row: Read, field: str, code: str, **facts: object) -> RowError:
    value = str(row.values.get(field, ""))
    return RowError(file, row.sheet, row.row, row.columns.get(field, "A"), "", value, code, facts)
