"""One courted project: begun, followed, moved from stage to stage, linked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Annotated
from urllib.parse import quote, urlencode
from uuid import uuid4

from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse, Response

from api.deps import AtDesk, AtRecords, Lang, identity_of
from api.desk import Desk
from api.filing_pages import park_of
from api.frames import page_html
from api.kept import today_of
from api.own_books import shown_again
from api.pursuing import Taker, read_form
from api.pursuit_pages import pursuit_page
from api.routers.applications import Typed
from api.routers.sessions import refused
from api.verifying import day_of, version_of
from graph.attraction import steps
from graph.attraction.pursuit import Pursuit
from graph.errors import LianzhuError, NotFound
from records import documents, filings
from records.database import Records
from records.pursuits import PURSUIT

__all__ = ["LONGEST", "back_with", "router", "taker_of"]

router = APIRouter(include_in_schema=False)

LONGEST = 200  # characters of a note or reason

Word = Annotated[str, Query(max_length=200)]
Step = Callable[[Pursuit, int, date, str], Pursuit]


@router.get("/pipeline/new")
def new(request: Request, desk: AtDesk, records: AtRecords, park: Word = "") -> Response:
    """A form to begin with; nothing is kept yet."""
    asked = park_of(request, desk, park) if park else ""
    made = pursuit_page(request, desk, records, None, asked)
    return page_html(request, desk, made, made.facts)


@router.post("/pipeline")
def begin(request: Request, desk: AtDesk, records: AtRecords, lang: Lang, typed: Typed) -> Response:
    """Begin to court a project."""
    taker, park = taker_of(request, desk), typed.get("park", "")
    facts, problems = read_form(typed, None)
    try:
        found = park_of(request, desk, park)
        if facts is None:
            made = pursuit_page(request, desk, records, None, found, typed=typed, problems=problems)
            return shown_again(request, made, 422)
        made_now = steps.begin(
            uuid4().hex, found, facts, typed.get("stage", "lead"), _day(taker, typed), taker.by,
            today=taker.today, note=typed.get("note", "")[:LONGEST],
        )  # fmt: skip
    except LianzhuError as error:
        made = pursuit_page(request, desk, records, None, park, typed=typed)
        return refused(request, made, error, "/pipeline/new")
    documents.change(records, PURSUIT, "add", lambda _: {made_now.id: made_now}, ids=[])
    return back_with(f"/pipeline/{made_now.id}", lang, "pursuit_added")


@router.get("/pipeline/{id}")
def one(request: Request, desk: AtDesk, records: AtRecords, id: str) -> Response:
    """这个项目谈到哪一步、下一步做什么?"""
    pursuit = _pursuit(request, records, id)
    made = pursuit_page(request, desk, records, pursuit)
    mark = pursuit, made.filings, made.proposed, made.decision
    return page_html(request, desk, made, mark)


@router.post("/pipeline/{id}")
def save(
    request: Request, desk: AtDesk, records: AtRecords, lang: Lang, id: str, typed: Typed
) -> Response:
    """Save what is said of it, or what comes next."""
    old = _pursuit(request, records, id)
    facts, problems = read_form(typed, old.facts)
    if facts is None:
        made = pursuit_page(request, desk, records, old, typed=typed, problems=problems)
        return shown_again(request, made, 422)

    def step(pursuit: Pursuit, seen: int, today: date, by: str) -> Pursuit:
        return steps.write(pursuit, facts, seen, today, by)

    same = facts == old.facts and _version(typed) == old.version
    return _step(
        request, desk, records, lang, id, typed, "write", (lambda p, *_: p) if same else step
    )


@router.post("/pipeline/{id}/stage")
def to_stage(
    request: Request, desk: AtDesk, records: AtRecords, lang: Lang, id: str, typed: Typed
) -> Response:
    """改阶段."""

    def step(pursuit: Pursuit, seen: int, today: date, by: str) -> Pursuit:
        day, note = _day(taker_of(request, desk), typed), typed.get("note", "")[:LONGEST]
        stage = typed.get("stage", "")
        return steps.move(pursuit, stage, seen, day, by, today=today, note=note)

    return _step(request, desk, records, lang, id, typed, "move", step)


@router.post("/pipeline/{id}/park")
def to_park(
    request: Request, desk: AtDesk, records: AtRecords, lang: Lang, id: str, typed: Typed
) -> Response:
    """转园."""

    def step(pursuit: Pursuit, seen: int, today: date, by: str) -> Pursuit:
        day, note = _day(taker_of(request, desk), typed), typed.get("note", "")[:LONGEST]
        park = park_of(request, desk, typed.get("park", ""))
        return steps.transfer(pursuit, park, seen, day, by, today=today, note=note)

    return _step(request, desk, records, lang, id, typed, "transfer", step)


@router.post("/pipeline/{id}/link")
def link(
    request: Request, desk: AtDesk, records: AtRecords, lang: Lang, id: str, typed: Typed
) -> Response:
    """Confirm which enterprise and project of the graph they are."""

    def found(name: str, label: str) -> str:
        given = typed.get(f"other_{name}", "").strip() or typed.get(name, "")
        return desk.id_of(label, given, name) if given else ""

    def step(pursuit: Pursuit, seen: int, today: date, by: str) -> Pursuit:  # noqa: ARG001
        firm, plan = found("enterprise", "Enterprise"), found("project", "Project")
        return steps.link(pursuit, firm, plan, seen)

    return _step(request, desk, records, lang, id, typed, "link", step)


@router.post("/pipeline/{id}/filing")
def link_filing(
    request: Request, desk: AtDesk, records: AtRecords, lang: Lang, id: str, typed: Typed
) -> Response:
    """Confirm which application of its park it is."""

    def step(pursuit: Pursuit, seen: int, today: date, by: str) -> Pursuit:  # noqa: ARG001
        given = typed.get("filing", "")
        held = {f.id for f in filings.all_of(records, pursuit.park)} if given else {given}
        if given not in held:
            raise NotFound("unknown_filing", filing=given)
        beside = documents.all_of(records, PURSUIT, pursuit.park)
        return steps.link_filing(pursuit, given, seen, beside)

    return _step(request, desk, records, lang, id, typed, "link", step)


_SAID = {
    "write": "pursuit_saved",
    "move": "pursuit_moved",
    "transfer": "pursuit_transferred",
    "link": "pursuit_linked",
}


def _step(
    request: Request,
    desk: Desk,
    records: Records,
    lang: str,
    id: str,
    typed: Mapping[str, str],
    action: str,
    step: Step,
) -> Response:
    """Take a step; where it is refused its page says why and keeps what was typed."""
    taker = taker_of(request, desk)
    old = _pursuit(request, records, id)
    try:
        documents.change(
            records, PURSUIT, action,
            lambda held: {id: step(held[id], _version(typed), taker.today, taker.by)},
            ids=[id], park=taker.only_park,
        )  # fmt: skip
    except LianzhuError as error:
        now = documents.get(records, PURSUIT, old.id, taker.only_park)
        made = pursuit_page(request, desk, records, now, typed=typed)
        return refused(request, made, error, f"/pipeline/{id}")
    return back_with(f"/pipeline/{quote(id)}", lang, _SAID[action])


def taker_of(request: Request, desk: Desk) -> Taker:
    """Who writes, when."""
    who = identity_of(request)
    return Taker(desk, who.name, today_of(request.app.state), who.only_park)


def back_with(path: str, lang: str, done: str, **facts: int) -> Response:
    """To a page that says what was done."""
    return RedirectResponse(f"{path}?{urlencode({'lang': lang, 'done': done, **facts})}", 303)


def _pursuit(request: Request, records: Records, id: str) -> Pursuit:
    return documents.get(records, PURSUIT, id, identity_of(request).only_park)


def _version(typed: Mapping[str, str]) -> int:
    return version_of(typed.get("version", ""))


def _day(taker: Taker, typed: Mapping[str, str]) -> date:
    return day_of(typed["day"]) if typed.get("day") else taker.today
