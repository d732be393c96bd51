"""The pages of pursuits, filled, and the same as data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from datetime import date
from typing import Any
from urllib.parse import urlencode

from fastapi import Request

from api.deps import identity_of
from api.desk import Desk
from api.filing import PREFIX, candidates
from api.filing_pages import parks_for
from api.frames import chosen
from api.kept import today_of
from api.pursuing import Asked, Room, courted, fits_of, mark_of, proposed, rooms_of
from graph.analysis.answers import Fit
from graph.attraction.counting import counts
from graph.attraction.courted import Suit, first
from graph.attraction.pursuit import Facts, Pursuit, Ruling
from graph.errors import NotFound
from graph.names import plain_name
from graph.review.filing import Filing
from ingest.cells import as_text
from ingest.pursuit_sheet import TABLE, cells_of
from ingest.report import RowError
from records import documents, filings, meetings
from records.database import Records
from records.pursuits import PURSUIT
from viz import pipeline as v
from viz.applications import FormField
from viz.contexts import Choice, Notice
from viz.words import message

__all__ = ["book_of", "courted_page", "list_page", "pursuit_page", "seen_by", "told", "told_groups"]

DONE = (
    "pursuit_added",
    "pursuit_saved",
    "pursuit_moved",
    "pursuit_transferred",
    "pursuit_linked",
    "ruling_made",
    "ruling_undone",
    "pursuit_demo",
)
_PLAN = ("owner", "next_step", "next_day")
_BEST = 3  # parks named as the best places


def seen_by(request: Request, records: Records) -> Sequence[Pursuit]:
    """The pursuits the asker may see: a park operator its own park's, which tell of no other."""
    return documents.all_of(records, PURSUIT, identity_of(request).only_park)


def list_page(
    request: Request, desk: Desk, records: Records, asked: Asked, day: date | None
) -> v.PipelinePage:
    """The list with its counts at the end of `day`, None = today."""
    today, every, names = today_of(request.app.state), seen_by(request, records), desk.names()
    frame = replace(chosen(request, desk), twin=_twin(request))
    query = {k: x for k, x in frame.query.items() if k not in ("done", "n", "m")}
    frame = replace(frame, query=query, notice=_notice(request))
    shown = day or today
    numbers, own = counts(every, shown), identity_of(request).only_park
    many = len(courted(records)) if frame.may("GET /pipeline/courted") else None
    return v.PipelinePage(
        frame,
        [_row(p, names[p.park], today) for p in asked.of(every, today)],
        {key: n for key, n in numbers.items() if own in (None, key[0])},
        names,
        shown,
        today,
        sum(p.overdue(today) for p in every),
        sum(p.due(today) for p in every),
        parks_for(request, desk),
        sorted({p.facts.owner for p in every if p.facts.owner}),
        asked.park,
        asked.stage,
        asked.owner,
        asked.late,
        many,
        book_of(request) if frame.may("GET /pipeline.xlsx") else None,
        desk.sample and not every,
    )


def pursuit_page(
    request: Request,
    desk: Desk,
    records: Records,
    pursuit: Pursuit | None,
    park: str = "",
    *,
    typed: Mapping[str, str] | None = None,
    problems: Mapping[str, RowError] | None = None,
) -> v.PursuitPage:
    """One project with the forms of its steps: what is kept, under what was `typed` in vain."""
    frame = replace(chosen(request, desk), twin=None, notice=_notice(request))
    today, lang, given = today_of(request.app.state), frame.lang, dict(typed or {})
    cells = cells_of(pursuit) if pursuit else {}
    held = {name: as_text(cell) for name, cell in cells.items()}
    said = {k.removeprefix(PREFIX): x for k, x in given.items() if k.startswith(PREFIX)}

    def field(name: str) -> FormField:
        error, problem = (problems or {}).get(name), ""
        if error is not None:
            worded = message(lang, error.code, {**asdict(error), **error.facts})
            problem = f"{worded.text} {worded.hint}".strip()
        return v.pursuit_field(lang, name, said.get(name, held.get(name, "")), problem)

    facts = [c.name for c in TABLE.columns if c.name in Facts.__dataclass_fields__]
    route = "POST /pipeline/{id}" if pursuit else "POST /pipeline"
    made = v.PursuitPage(
        replace(frame, query={k: x for k, x in frame.query.items() if k != "done"}),
        pursuit,
        pursuit.version if pursuit else 1,
        [field(name) for name in _PLAN],
        [field(name) for name in facts if name not in _PLAN],
        [v.pursuit_field(lang, name, held.get(name, "")) for name in facts],
        desk.names(),
        today,
        frame.may(route),
        parks_for(request, desk),
        park or (identity_of(request).only_park or ""),
        bool(pursuit and pursuit.overdue(today)),
        given,
    )
    return _linked(desk, records, made, pursuit) if pursuit else made


def courted_page(
    request: Request, desk: Desk, records: Records, typed: Mapping[str, str] | None = None
) -> v.CourtedPage:
    """Applicants that several parks court, and what was decided about others."""
    frame = replace(chosen(request, desk), notice=_notice(request), twin="/api/v1/pipeline/courted")
    query = {k: x for k, x in frame.query.items() if k != "done"}
    rooms, names = rooms_of(desk), desk.names()
    return v.CourtedPage(
        replace(frame, query=query),
        [_group(desk, rooms, group) for group in courted(records)],
        _rulings(frame.lang, documents.all_of(records, PURSUIT), names),
        parks_for(request, desk),
        names,
        typed or {},
    )


def book_of(request: Request) -> str:
    """Where the list is as a workbook, filtered alike."""
    query = request.query_params
    kept = {k: query[k] for k in ("park", "stage", "owner", "late", "lang") if query.get(k)}
    return f"/pipeline.xlsx{'?' if kept else ''}{urlencode(kept)}"


def told(pursuit: Pursuit, today: date) -> Mapping[str, Any]:
    """A pursuit as data; of decisions not whom else they are about, nor what other parks filed."""
    rulings = [{k: x for k, x in asdict(r).items() if k != "members"} for r in pursuit.rulings]
    return {
        **asdict(pursuit.facts),
        "id": pursuit.id,
        "park": pursuit.park,
        "stage": pursuit.stage,
        "overdue": pursuit.overdue(today),
        "enterprise": pursuit.enterprise or None,
        "project": pursuit.project or None,
        "filing": pursuit.filing or None,
        "version": pursuit.version,
        "moves": [{k: x for k, x in asdict(m).items() if k != "left"} for m in pursuit.moves],
        "introductions": [asdict(one) for one in pursuit.introductions],
        "rulings": rulings,
    }


def told_groups(page: v.CourtedPage) -> Mapping[str, Any]:
    """The page of applicants courted twice as data."""
    return {
        "groups": [
            {
                "seen": group.mark,
                "suits": [{**asdict(s), "place": asdict(place)} for s, place in group.suits],
                "first": asdict(group.first),
                "best": [asdict(place) for place in group.best],
            }
            for group in page.groups
        ],
        "rulings": [asdict(row.ruling) for row in page.rulings],
    }


def _row(pursuit: Pursuit, park: str, today: date) -> v.PursuitRow:
    facts = pursuit.facts
    since = next(m for m in pursuit.moves[::-1] if m.stage[0] != m.stage[1]).on_day
    day = facts.next_day.isoformat() if facts.next_day else ""
    return v.PursuitRow(
        pursuit.id, facts.name, facts.applicant, park, pursuit.stage, since.isoformat(),
        facts.owner, facts.next_step, day, pursuit.overdue(today), pursuit.due(today),
    )  # fmt: skip


def _linked(desk: Desk, records: Records, page: v.PursuitPage, pursuit: Pursuit) -> v.PursuitPage:
    """With what it may be linked to, and what happened to its application since."""
    held = filings.all_of(records, pursuit.park)
    mine = [f for f in held if f.state != "withdrawn" or f.id == pursuit.filing]
    same = plain_name(pursuit.facts.applicant)
    mine.sort(key=lambda f: plain_name(f.content.applicant) != same)
    firms, plans = list[Choice](), list[Choice]()
    if page.frame.may("POST /pipeline/{id}/link"):
        facts = pursuit.facts
        texts = (pursuit.enterprise, facts.uscc, facts.applicant)
        firms = [*candidates(desk, "Enterprise", texts)]
        plans = [*candidates(desk, "Project", (pursuit.project, facts.name))]
    met = meetings.all_of(records) if pursuit.filing else []
    stage, decision = proposed(pursuit, _filing(records, pursuit), met)
    return replace(
        page,
        proposed="" if pursuit.closed_by else stage,
        decision=decision,
        filings=[Choice(f.id, f"{f.content.name} · {f.content.applicant}") for f in mine],
        enterprises=firms,
        projects=plans,
    )


def _filing(records: Records, pursuit: Pursuit) -> Filing | None:
    try:
        return filings.get(records, pursuit.filing, pursuit.park) if pursuit.filing else None
    except NotFound:
        return None


def _group(desk: Desk, rooms: Mapping[str, Room], group: Sequence[Suit]) -> v.GroupRow:
    fits, names = fits_of(desk, (suit.project for suit in group if suit.project)), desk.names()

    def place(park: str) -> v.Place:
        fit: Fit | None = fits.get(park)
        room = rooms.get(park, Room(None, None))
        value = fit.fit if fit else None
        return v.Place(park, names[park], value, room.land_mu, room.floor_sqm)

    fitting = sorted((p for p in fits if (fits[p].fit or 0) > 0), key=lambda p: -(fits[p].fit or 0))
    best = [place(park) for park in fitting[:_BEST]]
    return v.GroupRow(mark_of(group), [(s, place(s.park)) for s in group], first(group), best)


def _rulings(
    lang: str, pursuits: Sequence[Pursuit], names: Mapping[str, str]
) -> Sequence[v.RulingRow]:
    """Every decision, the newest first."""
    found: dict[str, tuple[Ruling, list[Pursuit]]] = {}
    for pursuit in pursuits:
        for ruling in pursuit.rulings:
            found.setdefault(ruling.id, (ruling, []))[1].append(pursuit)
    ordered = sorted(found.values(), key=lambda pair: (pair[0].on_day, pair[0].id), reverse=True)
    return [
        v.RulingRow(
            ruling,
            names[ruling.park],
            v.shares_text(lang, ruling, names),
            about[0].facts.applicant,
            [(p.id, f"{p.facts.name} ({names[p.park]})") for p in about],
        )
        for ruling, about in ordered
    ]


def _notice(request: Request) -> Notice | None:
    query = request.query_params
    done = query.get("done", "")
    if done == "pursuit_taken":
        facts = {name: query.get(name, "")[:6] for name in ("n", "m")}
        return Notice(done, facts) if all(x.isdecimal() for x in facts.values()) else None
    return Notice(done) if done in DONE else None


def _twin(request: Request) -> str:
    query = request.query_params
    kept = {k: query[k] for k in ("park", "stage", "owner", "late", "day") if query.get(k)}
    return f"/api/v1/pipeline{'?' if kept else ''}{urlencode(kept)}"
