"""评审会: the list of meetings, one meeting with its steps, and what it decided; JSON too."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Annotated, Any, Literal
from uuid import uuid4

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from pydantic import TypeAdapter
from starlette.datastructures import FormData

from api import rehearsal, reviewing
from api.calling import agenda_of, call_of, number_of, typed_in
from api.deps import AtDesk, AtRecords, answered, identity_of, settings_of
from api.desk import Desk
from api.frames import chosen, local, page_html, shown_to
from api.kept import today_of
from api.problems import status_of
from api.routers.v1 import PROBLEMS
from api.sight import Eyes, eyes_of, seen
from api.verifying import checked_text
from graph.analysis.answers import as_json
from graph.analysis.meeting_effect import Batches
from graph.errors import LianzhuError, NotAllowed, UsageError
from graph.review import steps
from graph.review.account import account
from graph.review.agenda import offered
from graph.review.meeting import Meeting, Member
from records import accounts, meetings
from records.database import Records
from records.roles import Role
from viz import sessions as v
from viz.contexts import Choice, Frame, Notice
from viz.pages import Page, render
from viz.session_batch import BatchPair

__all__ = ["Fields", "api", "back_to", "fields_of", "reader_of", "refused", "router"]

router = APIRouter(include_in_schema=False)
api = APIRouter(prefix="/api/v1", tags=["v1"])

Step = Literal[
    "revise", "open", "panel", "dismiss", "agenda", "take_off", "order", "assign", "begin",
    "seal", "conclude", "publish", "reopen", "agree",
]  # fmt: skip
_JSON: TypeAdapter[Any] = TypeAdapter(Any)
_SEAT = {Role.CHAIR: "chair", Role.SECRETARY: "secretary"}


async def fields_of(request: Request) -> FormData:
    """What a form of these pages sends: its fields depend on the standard and the agenda."""
    return await request.form(max_files=0)


Fields = Annotated[FormData, Depends(fields_of)]


@api.get("/sessions", operation_id="sessions", responses=PROBLEMS)
def sessions(request: Request, desk: AtDesk, records: AtRecords) -> Response:
    """Every review meeting, with its state and how many projects it has."""
    rows = [_row(request, meeting) for meeting in meetings.all_of(records)]
    return answered(request, desk.snapshot.revision, {"sessions": rows}, rows)


@api.get("/sessions/{session_id}", operation_id="session", responses=PROBLEMS)
def session(request: Request, desk: AtDesk, records: AtRecords, session_id: str) -> Response:
    """A review meeting as the asker may see it: nobody else's judgement before it is sealed."""
    meeting, shown = seen(request, meetings.get(records, session_id))
    made = reviewing.batches_for(desk, meeting, shown)
    answer = account(meeting, shown, *((made.best, made.effect) if made else ()))
    told = _JSON.dump_python(as_json(answer), mode="json")
    return answered(request, desk.snapshot.revision, told, meetings.digest(meeting))


@router.get("/sessions")
def list_page(request: Request, desk: AtDesk, records: AtRecords) -> Response:
    """开过、要开哪些评审会?"""
    page = _list(request, desk, records)
    return page_html(request, desk, page, page.rows)


@router.post("/sessions")
def call(request: Request, desk: AtDesk, records: AtRecords, form: Fields) -> Response:
    """发起评审会."""
    typed, first = typed_in(form), today_of(request.app.state)
    try:
        year, ordinal = (number_of(typed, name) for name in ("year", "ordinal"))
        if not (2000 <= year <= 2100 and 1 <= ordinal <= 999):
            raise UsageError("bad_number", value=f"{year} / {ordinal}")
        blank = Meeting(uuid4().hex, year, ordinal, "", first, "")
        meeting = steps.revise(blank, call_of({**typed, "version": str(blank.version)}, blank))
        meetings.add(records, meeting)
    except LianzhuError as error:
        return refused(request, _list(request, desk, records, typed), error, "/sessions")
    return back_to(request, f"/sessions/{meeting.id}")


@router.post("/sessions/demo")
def demo(
    request: Request,
    desk: AtDesk,
    records: AtRecords,
    until: Annotated[Literal["", "scoring", "sealed"], Form()] = "",
) -> Response:
    """演示整场评审会, or as far as `until`."""
    standards = reviewing.standards_at(settings_of(request), desk)
    day = today_of(request.app.state)
    made = rehearsal.play(records, desk, standards, day, until=until)
    return back_to(request, f"/sessions/{made.id}")


@router.get("/sessions/{session_id}")
def page(request: Request, desk: AtDesk, records: AtRecords, session_id: str) -> Response:
    """这次会怎么开?"""
    made = _page(request, desk, records, session_id)
    meeting, _ = seen(request, meetings.get(records, session_id))
    mark = meetings.digest(meeting), made.reader.member, made.accounts
    return page_html(request, desk, made, mark)


@router.post("/sessions/{session_id}/{step}")
def take(
    request: Request,
    desk: AtDesk,
    records: AtRecords,
    session_id: str,
    step: Step,
    form: Fields,
) -> Response:
    """Take a step of the meeting."""
    spoken_for = str(form.get("as", ""))
    eyes = eyes_of(request, meetings.get(records, session_id), spoken_for)
    if not eyes.runs:
        raise NotAllowed("not_allowed")
    try:
        _taken(request, desk, records, session_id, step, form, eyes)
    except LianzhuError as error:
        typed = typed_in(form) if step in ("revise", "order") else None
        made = _page(request, desk, records, session_id, spoken_for, typed)
        return refused(request, made, error, f"/sessions/{session_id}", spoken_for)
    return back_to(request, f"/sessions/{session_id}", spoken_for)


def back_to(request: Request, path: str, spoken_for: str = "", anchor: str = "") -> Response:
    """To a page, for whom and in which language it was."""
    return RedirectResponse(local(path, **_kept(request, spoken_for)) + anchor, 303)


def refused(
    request: Request, page: Page, error: LianzhuError, path: str, spoken_for: str = ""
) -> Response:
    """The page a form was sent from, with what was wrong on top, under the error's status."""
    notice = Notice(error.code, error.facts, bad=True)
    changed = {"path": path, "query": _kept(request, spoken_for), "notice": notice}
    frame = replace(page.frame, **changed)  # type: ignore[arg-type]
    html = render(replace(page, frame=frame))  # type: ignore[type-var]
    return HTMLResponse(shown_to(request, html), status_of(error), {"Cache-Control": "no-store"})


def reader_of(eyes: Eyes) -> v.Reader:
    """Who reads, as the pages need it."""
    member = eyes.member
    return v.Reader(
        member.id if member else "",
        member.seat if member else "",
        eyes.runs,
        eyes.chairs,
        [Choice(m.id, m.name) for m in eyes.choices],
    )


def _kept(request: Request, spoken_for: str) -> Mapping[str, str]:
    lang = request.query_params.get("lang", "")
    return {k: x for k, x in (("as", spoken_for), ("lang", lang)) if x}


def _row(request: Request, meeting: Meeting) -> v.SessionRow:
    masked, _ = seen(request, meeting)
    return v.SessionRow(
        masked.id,
        masked.title,
        masked.year,
        masked.ordinal,
        masked.on_day.isoformat(),
        masked.host,
        masked.state,
        masked.announced,
        masked.counts(),
    )


def _list(
    request: Request, desk: Desk, records: Records, typed: Mapping[str, str] | None = None
) -> v.SessionsPage:
    rows = [_row(request, meeting) for meeting in meetings.all_of(records)]
    frame = replace(chosen(request, desk), twin="/api/v1/sessions")
    today = today_of(request.app.state)
    blank = {"year": str(today.year), "day": today.isoformat()}
    return v.SessionsPage(frame, rows, v.CallForm(typed or blank, _parks(desk)))


def _parks(desk: Desk) -> list[Choice]:
    names = desk.names()
    return [Choice(id_, names[id_]) for id_ in desk.snapshot.nodes("Park").ids]


def _page(
    request: Request,
    desk: Desk,
    records: Records,
    id: str,
    spoken_for: str = "",
    typed: Mapping[str, str] | None = None,
) -> v.SessionPage:
    kept = meetings.get(records, id)
    eyes = eyes_of(request, kept, spoken_for)
    meeting, shown = seen(request, kept, spoken_for)
    made = reviewing.batches_for(desk, meeting, shown)
    return v.SessionPage(
        _framed(request, desk, id, eyes),
        account(meeting, shown, *((made.best, made.effect) if made else ())),
        desk.names(),
        reader_of(eyes),
        _pair(meeting, made) if made else None,
        bool(meeting.reopening),
        _eligible(request, records, meeting) if eyes.runs else None,
        _parks(desk),
        offered(meeting) if eyes.runs and meeting.state == "sealed" else (),
        typed or {},
    )


def _framed(request: Request, desk: Desk, id: str, eyes: Eyes) -> Frame:
    asked = f"?as={eyes.member.id}" if eyes.member and eyes.choices else ""
    return replace(chosen(request, desk), twin=f"/api/v1/sessions/{id}{asked}")


def _pair(meeting: Meeting, made: Batches) -> BatchPair:
    first = {c.project or c.id for c in meeting.cases if c.basis and c.basis.priority}
    return BatchPair(made.portfolio, made.best, made.panel, first)


def _eligible(request: Request, records: Records, meeting: Meeting) -> tuple[Choice, ...] | None:
    """Accounts that may sit on the panel and do not yet; None where nobody signs in."""
    if settings_of(request).accounts == "off":
        return None
    there = {member.id for member in meeting.panel}
    return tuple(
        Choice(a.id, a.details.name)
        for a in accounts.everyone(records)
        if a.id not in there and not a.disabled and a.details.role in (*_SEAT, Role.REVIEWER)
    )


def _taken(
    request: Request,
    desk: Desk,
    records: Records,
    id: str,
    step: Step,
    form: FormData,
    eyes: Eyes,
) -> None:
    who = eyes.member.id if eyes.member else identity_of(request).id
    if step == "agenda":
        reviewing.take_in(records, id)
    elif step == "assign":
        reviewing.arrange(records, desk, id)
    elif step == "begin":
        standards = reviewing.standards_at(settings_of(request), desk)
        reviewing.begin(records, desk, standards, id, today_of(request.app.state))
    elif step == "conclude":
        reviewing.conclude(records, desk, id)
    else:
        about = {"case": str(form.get("case", ""))} if step == "take_off" else {}
        meetings.act(records, id, step, _pure(request, records, step, form, who), **about)


def _pure(
    request: Request, records: Records, step: Step, form: FormData, who: str
) -> Callable[[Meeting], Meeting]:
    """The steps that need nothing but the meeting and what was written."""
    if step == "panel":
        new = _member(request, records, form)
        return lambda m: steps.enrol(m, (*m.panel, new))
    typed = typed_in(form)
    if step == "revise":
        return lambda m: steps.revise(m, call_of(typed, m))
    if step == "order":
        seen_ = number_of(typed, "version")
        return lambda m: steps.reorder(m, agenda_of(typed, m), seen_)
    gone, why = str(form.get("member", "")), str(form.get("why", ""))[:1000]
    pure: Mapping[str, Callable[[Meeting], Meeting]] = {
        "open": steps.open_window,
        "dismiss": lambda m: steps.enrol(m, [x for x in m.panel if x.id != gone]),
        "take_off": lambda m: steps.take_off(m, str(form.get("case", ""))),
        "seal": steps.seal,
        "publish": lambda m: steps.publish(m, today_of(request.app.state)),
        "reopen": lambda m: steps.ask_to_reopen(m, who, why),
        "agree": lambda m: steps.agree_to_reopen(m, who),
    }
    return pure[step]


def _member(request: Request, records: Records, form: FormData) -> Member:
    """Somebody new on the panel: an account, or by name where nobody signs in."""
    given = {k: str(form.get(k, "")).strip()[:200] for k in ("department", "fields", "employer")}
    fields = tuple(given["fields"].replace("、", " ").replace(",", " ").split())
    if settings_of(request).accounts == "off":
        seat, name = str(form.get("seat", "")), checked_text("name", str(form.get("name", "")))
        return Member(uuid4().hex, name, seat, given["department"], fields, given["employer"])
    account_ = accounts.get(records, str(form.get("account", "")))
    about = account_.details
    if about.role not in (*_SEAT, Role.REVIEWER):
        raise UsageError("bad_choice", name="account", given=about.name, allowed="")
    seat = _SEAT.get(about.role, "department" if about.department else "expert")
    return Member(account_.id, about.name, seat, about.department, about.fields, given["employer"])
