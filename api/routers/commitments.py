"""承诺兑现: what projects promised, what each year brought; many at once as a workbook."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated
from urllib.parse import quote, urlencode
from uuid import uuid4

from fastapi import APIRouter, Depends, File, Form, Query, Request, UploadFile
from fastapi.responses import RedirectResponse, Response
from stdnum.cn import uscc
from stdnum.exceptions import ValidationError

from api.commitment_pages import list_page, one_page, told
from api.deps import AtDesk, AtRecords, Lang, answered, attachment, identity_of
from api.filing_pages import park_of
from api.frames import page_html
from api.kept import today_of
from api.own_books import content_of, marked_response, sent_back, waiting
from api.promising import Reader, book_of, named_like, take_book
from api.routers.sessions import refused
from api.routers.v1 import PROBLEMS
from api.security.policy import POLICY
from api.uploads import Uploads
from api.verifying import checked_text, day_of, number_of
from graph.errors import LianzhuError, UsageError
from graph.review.commitments import Actual, Due, Pledge, Promise, agree, report, set_due
from records import pledges
from viz import commitments as v
from viz.words import word
from viz.workbook import MEDIA_TYPE

__all__ = ["api", "router"]

router = APIRouter(include_in_schema=False)
api = APIRouter(prefix="/api/v1", tags=["v1"])

Id = Annotated[str, Query(max_length=200)]
Word = Annotated[str, Query(max_length=40)]
Version = Annotated[int, Form(ge=0, le=2**31 - 1)]
Text = Annotated[str, Form(max_length=200)]


async def _form(request: Request) -> Mapping[str, str]:
    """Every text of the form, spaced as a workbook that is read back."""
    async with request.form(max_files=0, max_fields=100) as form:
        return {k: " ".join(x.split()) for k, x in form.items() if isinstance(x, str)}


Typed = Annotated[Mapping[str, str], Depends(_form)]


@api.get("/commitments", operation_id="commitments", responses=PROBLEMS)
def commitments(
    request: Request, desk: AtDesk, records: AtRecords, park: Id = "", standing: Word = ""
) -> Response:
    """What projects promised, with actuals, standings, proposals and what is to come."""
    found = told(request, desk, records, park, standing)
    return answered(request, desk.snapshot.revision, found, found)


@router.get("/commitments")
def page(
    request: Request, desk: AtDesk, records: AtRecords, park: Id = "", standing: Word = ""
) -> Response:
    """承诺的都兑现了吗?"""
    made = list_page(request, desk, records, park, standing)
    return page_html(request, desk, made, (made.rows, made.outlook))


@router.get("/commitments.xlsx")
def sheet(request: Request, desk: AtDesk, records: AtRecords, park: Id = "") -> Response:
    """Every commitment one may see, to be filled in and read back."""
    found = park_of(request, desk, park) if park else identity_of(request).only_park
    held = pledges.all_of(records, found)
    content = book_of(held, desk.names(), today_of(request.app.state))
    return attachment(content, f"{word('zh', 'nav.commitments')}.xlsx", MEDIA_TYPE)


@router.post("/commitments")
def add(request: Request, desk: AtDesk, records: AtRecords, lang: Lang, typed: Typed) -> Response:
    """补录既往协议."""
    try:
        id_ = _agreed(request, desk, records, typed)
    except LianzhuError as error:
        made = replace(list_page(request, desk, records, "", ""), typed=typed)
        return refused(request, made, error, "/commitments")
    return _to(id_, lang, "pledge_agreed")


@router.post("/commitments/workbook")
def upload(
    request: Request,
    desk: AtDesk,
    records: AtRecords,
    lang: Lang,
    file: Annotated[UploadFile, File()],
) -> Response:
    """Actuals and agreements from a workbook, every row or none; else it comes back marked."""
    content = content_of(file)
    name = file.filename or ""
    errors, n, m = take_book(records, desk, content, name, _reader(request))
    if not errors:
        query = urlencode({"lang": lang, "done": "pledge_taken", "n": n, "m": m})
        return RedirectResponse(f"/commitments?{query}", 303)
    shown = list_page(request, desk, records, "", "")
    return sent_back(request, shown, file, errors, _waiting(request), lang=lang)


@router.get("/commitments/workbook/{key}.xlsx")
def marked_book(
    request: Request, desk: AtDesk, records: AtRecords, lang: Lang, key: str
) -> Response:
    """The workbook that was refused, its wrong cells red, with a list of them."""
    (path,) = _waiting(request).paths(key)
    reader = _reader(request)
    errors, _, _ = take_book(records, desk, path.read_bytes(), path.name, reader, keep=False)
    return marked_response(lang, path, errors)


def _waiting(request: Request) -> Uploads:
    return waiting(request, "pledges", identity_of(request).only_park)


@router.get("/commitments/{id}")
def one(request: Request, desk: AtDesk, records: AtRecords, id: str) -> Response:
    """这个项目承诺了什么、做到了多少?"""
    made = one_page(request, desk, records, id)
    return page_html(request, desk, made, (made.rows, made.record, made.version))


@router.post("/commitments/{id}/actuals")
def actual(
    request: Request,
    desk: AtDesk,
    records: AtRecords,
    lang: Lang,
    id: str,
    version: Version,
    commitment: Text,
    typed: Typed,
) -> Response:
    """填报一年的实际."""
    own, reader = identity_of(request).only_park, _reader(request)
    promise = pledges.get(records, id, own).commitment(commitment)
    year, text = typed.get("year", ""), typed.get("value", "")
    try:
        if not (year.isascii() and year.isdecimal() and len(year) == 4):
            raise UsageError("pledge_year", year=year, last=reader.today.year)
        source = checked_text("source", typed.get("source", ""))
        value = number_of(text, promise.unit)
        made = Actual(promise, int(year), value, source, reader.name, reader.today)
        pledges.change(
            records, id, "report", lambda p: report(p, made, version), own,
            commitment=promise.indicator, year=made.year,
        )  # fmt: skip
    except LianzhuError as error:
        return _refused(request, desk, records, id, typed, error)
    return _to(id, lang, "pledge_reported")


@router.post("/commitments/{id}/due")
def due(
    request: Request,
    desk: AtDesk,
    records: AtRecords,
    lang: Lang,
    id: str,
    version: Version,
    commitment: Text,
    typed: Typed,
) -> Response:
    """定到期日."""
    own, reader = identity_of(request).only_park, _reader(request)
    promise = pledges.get(records, id, own).commitment(commitment)
    try:
        day = day_of(typed.get("due", ""))
        made = Due(promise.id, day, reader.name, reader.today)
        about = {"commitment": promise.indicator, "as_of": day.isoformat()}
        pledges.change(records, id, "due", lambda p: set_due(p, made, version), own, **about)
    except LianzhuError as error:
        return _refused(request, desk, records, id, typed, error)
    return _to(id, lang, "pledge_due")


def _agreed(request: Request, desk: AtDesk, records: AtRecords, typed: Mapping[str, str]) -> str:
    """Keep a new agreement as the form says it; its id."""
    park = park_of(request, desk, typed.get("park", ""))
    names = (
        checked_text("name", typed.get("name", "")),
        checked_text("applicant", typed.get("applicant", "")),
    )
    reader, code = _reader(request), _uscc(typed.get("uscc", ""))
    begun = Pledge(uuid4().hex, park, *names, uscc=code)
    made = agree(begun, _promises(typed), reader.name, reader.today)

    def step(held: Mapping[str, Pledge]) -> Mapping[str, Pledge]:
        if named_like(held, (park, *names)) is not None:
            raise UsageError("pledge_there", name=names[0])
        return {made.id: made}

    pledges.act(records, "add", step)
    return made.id


def _promises(typed: Mapping[str, str]) -> list[Promise]:
    """The rows of the form that say anything."""
    found = []
    for at in range(v.PROMISES):
        given = [typed.get(f"c{at}.{term}", "")[:200] for term in v.PROMISE_TERMS]
        if any(given):
            indicator, value, unit, day, evidence = given
            due = day_of(day) if day else None
            most = typed.get(f"c{at}.at_most") == "1"
            found.append(Promise(indicator, unit, number_of(value, unit), due, evidence, most))
    return found


def _uscc(text: str) -> str:
    """A credit code whose check digit is right, or none."""
    try:
        return str(uscc.validate(text)) if text else ""
    except ValidationError:
        raise UsageError("bad_uscc", value=text[:40]) from None


def _reader(request: Request) -> Reader:
    who = identity_of(request)
    office = POLICY["POST /commitments"].allows(who.roles)
    return Reader(who.name, who.only_park, office, today_of(request.app.state))


def _refused(
    request: Request,
    desk: AtDesk,
    records: AtRecords,
    id: str,
    typed: Mapping[str, str],
    error: LianzhuError,
) -> Response:
    made = replace(one_page(request, desk, records, id), typed=typed)
    return refused(request, made, error, f"/commitments/{quote(id)}")


def _to(id: str, lang: str, done: str) -> Response:
    return RedirectResponse(
        f"/commitments/{quote(id)}?{urlencode({'lang': lang, 'done': done})}", 303
    )
