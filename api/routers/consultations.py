"""服务会商: a park asks, departments answer, it is closed; the list, one with its forms, JSON."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from typing import Annotated, Any, Literal
from urllib.parse import urlencode
from uuid import uuid4

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from pydantic import TypeAdapter
from starlette.datastructures import FormData

from api import consulting, park_work
from api.deps import AtDesk, AtRecords, answered, identity_of, settings_of
from api.desk import Desk
from api.filing_pages import park_of
from api.frames import chosen, page_html, sheet_of, with_sheet
from api.kept import today_of
from api.routers.sessions import Fields, back_to, refused
from api.routers.v1 import PROBLEMS
from api.security.policy import rights_of
from api.verifying import checked_text, day_of, version_of
from graph.attraction.consultation import (
    Ask,
    Consultation,
    Reply,
    answer,
    ask,
    awaited,
    close,
    overdue,
    reopen,
    state_of,
)
from graph.errors import LianzhuError, NotAllowed, UsageError
from records.database import Records
from records.park_work import CONSULTATION
from viz import consultations as v
from viz.contexts import Choice

__all__ = ["api", "router"]

router = APIRouter(include_in_schema=False)
api = APIRouter(prefix="/api/v1", tags=["v1"])

Id = Annotated[str, Query(max_length=200)]
State = Annotated[Literal["", "overdue", "waiting", "partly", "answered", "closed"], Query()]
_JSON: TypeAdapter[Any] = TypeAdapter(Any)
_LONGEST = 4000  # characters of what is said


@api.get("/consultations", operation_id="consultations", responses=PROBLEMS)
def consultations(
    request: Request,
    desk: AtDesk,
    records: AtRecords,
    park: Id = "",
    department: Id = "",
    state: State = "",
) -> Response:
    """The consultations the asker may see, overdue first, each with all that was said."""
    found = _wanted(request, desk, records, park, department, state)
    told = [_told(request, one) for one in found]
    return answered(request, desk.snapshot.revision, {"items": told}, told)


@router.get("/consultations")
def page(
    request: Request,
    desk: AtDesk,
    records: AtRecords,
    park: Id = "",
    department: Id = "",
    state: State = "",
) -> Response:
    """哪些事等部门答复?"""
    made = _list(request, desk, records, park, department, state)
    return page_html(request, desk, made, (made.rows, made.known))


@router.get("/consultations.xlsx")
def sheet(
    request: Request,
    desk: AtDesk,
    records: AtRecords,
    park: Id = "",
    department: Id = "",
    state: State = "",
) -> Response:
    """The list as a workbook."""
    made = _list(request, desk, records, park, department, state)
    return sheet_of(request, made.frame, [made.table], {})


@router.post("/consultations")
def put(request: Request, desk: AtDesk, records: AtRecords, form: Fields) -> Response:
    """提出会商."""
    typed = _texts(form, "park", "subject", "about", "text")
    asks = list(zip(_listed(form, "department"), _listed(form, "due"), strict=False))
    day, who = today_of(request.app.state), identity_of(request).name
    try:
        park = park_of(request, desk, typed["park"])
        said = checked_text("subject", typed["subject"]), _long(typed, "text"), typed["about"][:200]
        asked = [Ask(checked_text("department", d), day_of(due)) for d, due in asks if d or due]
        made = ask(uuid4().hex, park, said, day, who, asked)
        park_work.add(records, CONSULTATION, "ask", made)
    except LianzhuError as error:
        shown = replace(_list(request, desk, records), typed=typed, typed_asks=asks)
        return refused(request, shown, error, "/consultations")
    return back_to(request, f"/consultations/{made.id}")


@router.get("/consultations/{id}")
def one(request: Request, desk: AtDesk, records: AtRecords, id: str) -> Response:
    """这件事问了谁、答了什么?"""
    made = _page(request, desk, records, id)
    return page_html(request, desk, made, (made.found, made.unspoken))


@router.post("/consultations/{id}/answer")
def reply(request: Request, desk: AtDesk, records: AtRecords, id: str, form: Fields) -> Response:
    """答复."""
    typed = _texts(form, "department", "who", "text", "version")
    who, day = identity_of(request), today_of(request.app.state)
    found = consulting.consultation(request, desk, records, id)
    if not found.closed and typed["department"] not in consulting.answering(who, found):
        raise NotAllowed("not_allowed")
    office = "POST /consultations/{id}/close" in rights_of(who.roles)

    def step(found: Consultation) -> Consultation:
        said = Reply(
            typed["department"],
            day,
            (office and typed["who"][:100]) or who.name,
            _long(typed, "text"),
        )
        return answer(found, _seen(typed), said)

    return _act(request, desk, records, id, "answer", typed, step, department=typed["department"])


@router.post("/consultations/{id}/close")
def end(request: Request, desk: AtDesk, records: AtRecords, id: str, form: Fields) -> Response:
    """办结."""
    typed = _texts(form, "result", "version")
    who, day = identity_of(request).name, today_of(request.app.state)
    return _act(
        request, desk, records, id, "close", typed,
        lambda found: close(found, _seen(typed), day, who, _long(typed, "result")),
    )  # fmt: skip


@router.post("/consultations/{id}/reopen")
def again(request: Request, desk: AtDesk, records: AtRecords, id: str, form: Fields) -> Response:
    """重新提出."""
    typed = _texts(form, "reason", "due", "version")
    who, day = identity_of(request).name, today_of(request.app.state)

    def step(found: Consultation) -> Consultation:
        due = day_of(typed["due"])
        return reopen(found, _seen(typed), day, who, _long(typed, "reason"), due)

    return _act(request, desk, records, id, "reopen", typed, step)


def _act(
    request: Request,
    desk: Desk,
    records: Records,
    id: str,
    action: str,
    typed: Mapping[str, str],
    step: Callable[[Consultation], Consultation],
    **detail: str,
) -> Response:
    consulting.consultation(request, desk, records, id)
    own = identity_of(request).only_park
    try:
        park_work.act(
            records, CONSULTATION, action, id, step, sample=desk.sample, park=own, **detail
        )
    except LianzhuError as error:
        shown = replace(_page(request, desk, records, id), typed=typed)
        return refused(request, shown, error, f"/consultations/{id}")
    return back_to(request, f"/consultations/{id}")


def _list(
    request: Request,
    desk: Desk,
    records: Records,
    park: str = "",
    department: str = "",
    state: State = "",
) -> v.ConsultationsPage:
    names, every = desk.names(), consulting.consultations(request, desk, records)
    query = {"park": park, "department": department, "state": state}
    kept = urlencode({k: x for k, x in query.items() if x})
    frame = with_sheet(request, chosen(request, desk))
    frame = replace(frame, twin=f"/api/v1/consultations{'?' if kept else ''}{kept}")
    asks = frame.may("POST /consultations")
    return v.ConsultationsPage(
        frame,
        _wanted(request, desk, records, park, department, state),
        names,
        today_of(request.app.state),
        _parks(request, desk) if asks else (),
        [Choice(id_, names[id_]) for id_ in sorted({one.park for one in every})],
        consulting.departments(every),
        consulting.known(request, desk, records) if asks else {},
        park,
        department,
        state,
    )


def _page(request: Request, desk: Desk, records: Records, id: str) -> v.ConsultationPage:
    found = consulting.consultation(request, desk, records, id)
    frame = chosen(request, desk)
    asks = frame.may("POST /consultations")
    own = identity_of(request).only_park
    return v.ConsultationPage(
        frame,
        found,
        desk.names(),
        today_of(request.app.state),
        consulting.answering(identity_of(request), found),
        frame.may("POST /consultations/{id}/close"),
        asks and own is None,
        _unspoken(request, desk, records, found) if asks and own is None else (),
    )


def _wanted(
    request: Request, desk: Desk, records: Records, park: str, department: str, state: str
) -> Sequence[Consultation]:
    day = today_of(request.app.state)
    return [
        one
        for one in consulting.consultations(request, desk, records)
        if park in ("", one.park)
        and (not department or department in one.departments)
        and (overdue(one, day) if state == "overdue" else state in ("", state_of(one)))
    ]


def _unspoken(request: Request, desk: Desk, records: Records, found: Consultation) -> Sequence[str]:
    """The departments that are asked and have no account: the office answers for them."""
    known = consulting.known(request, desk, records)
    everybody = settings_of(request).accounts == "off"
    return [d for d in found.departments if not everybody and not known.get(d)]


def _told(request: Request, found: Consultation) -> Mapping[str, Any]:
    late = overdue(found, today_of(request.app.state))
    told = {**asdict(found), "state": state_of(found), "awaited": awaited(found), "overdue": late}
    plain: Mapping[str, Any] = _JSON.dump_python(told, mode="json")
    return plain


def _parks(request: Request, desk: Desk) -> Sequence[Choice]:
    """The parks one may ask for."""
    own, table = identity_of(request).only_park, desk.snapshot.nodes("Park")
    pairs = zip(table.ids, table.values("name"), strict=True)
    return [Choice(i, str(n or i)) for i, n in pairs if own in (None, i)]


def _texts(form: FormData, *names: str) -> Mapping[str, str]:
    return {name: str(form.get(name, "")).strip() for name in names}


def _listed(form: FormData, name: str) -> Sequence[str]:
    """The fields of one name, a row of the form each."""
    return [str(text).strip() for text in form.getlist(name)][: v.ROWS]


def _long(typed: Mapping[str, str], name: str) -> str:
    """What is said; that it is there, and not too much."""
    if len(typed[name]) > _LONGEST:
        raise UsageError("bad_text", name=name, limit=_LONGEST)
    return typed[name]


def _seen(typed: Mapping[str, str]) -> int:
    return version_of(typed["version"])
