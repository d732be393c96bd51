"""Applications of parks: listed, written, handed in, taken back; many at once as a workbook."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated
from urllib.parse import quote, urlencode
from uuid import uuid4

from fastapi import APIRouter, Depends, File, Form, Query, Request, UploadFile
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import RedirectResponse, Response
from starlette import datastructures

from api.attaching import KINDS, files_of, form_of
from api.deps import AtDesk, AtRecords, Lang, answered, identity_of
from api.desk import Desk
from api.filing import apply_rows, read_form, ruled
from api.filing_pages import filing_page, list_page, park_of, said_on, told
from api.frames import local, page_html
from api.handing_in import note_of
from api.own_books import (
    book_response,
    content_of,
    marked_response,
    sent_back,
    shown_again,
    waiting,
)
from api.routers.lists import Back
from api.routers.v1 import PROBLEMS
from api.security.signing_in import now_of
from api.verifying import version_of
from graph.errors import Changed, UsageError
from graph.review.filing import Content, Filing, answer, differences, hand_in, withdraw, write
from graph.review.filing import link as linked
from ingest.filing_sheet import read_filings, write_filings
from records import attachments, filings

__all__ = ["Typed", "api", "router"]

router = APIRouter(include_in_schema=False)
api = APIRouter(prefix="/api/v1", tags=["v1"])

# What is noted in the audit, and what the reader is told.
DONE = {
    "filing.write": "filing_saved",
    "filing.submit": "filing_submitted",
    "filing.withdraw": "filing_withdrawn",
    "filing.link": "filing_confirmed",
    "filing.check": "filing_checked",
}

Id = Annotated[str, Query(max_length=200)]
Word = Annotated[str, Query(max_length=40)]
Version = Annotated[int, Form(ge=1, le=2**31 - 1)]
Text = Annotated[str, Form(max_length=200)]


async def _form(request: Request) -> Mapping[str, str]:
    """Every text of the form."""
    async with request.form(max_files=0, max_fields=300) as form:
        return {k: v for k, v in form.items() if isinstance(v, str)}


Typed = Annotated[Mapping[str, str], Depends(_form)]


@api.get("/applications", operation_id="applications", responses=PROBLEMS)
def applications(
    request: Request, desk: AtDesk, records: AtRecords, park: Id = "", state: Word = ""
) -> Response:
    """The applications, with what is missing by the standard in force."""
    found = told(request, desk, records, park, state)
    return answered(request, desk.snapshot.revision, {"items": found}, found)


@router.get("/applications")
def page(
    request: Request, desk: AtDesk, records: AtRecords, park: Id = "", state: Word = ""
) -> Response:
    """各园区申报了哪些项目?"""
    made = list_page(request, desk, records, park, state)
    return page_html(request, desk, made, made.rows)


@router.get("/applications.xlsx")
def sheet(request: Request, desk: AtDesk, records: AtRecords, park: Id = "") -> Response:
    """A park's applications as a workbook that can be read back."""
    found = park_of(request, desk, park)
    held = filings.all_of(records, found)
    industries = [filing.content.industry for filing in held]
    vetoes = ruled(request, desk).vetoes(found, industries)
    name = desk.names()[found]
    return book_response(write_filings(name, held, vetoes), f"{name}.xlsx")


@router.get("/applications/new")
def new(request: Request, desk: AtDesk, records: AtRecords, park: Id = "") -> Response:
    """A form to begin with; nothing is kept yet."""
    made = filing_page(request, desk, records, None, _chosen(request, desk, park))
    return page_html(request, desk, made, (made.groups, made.window))


@router.post("/applications")
def begin(request: Request, desk: AtDesk, records: AtRecords, lang: Lang, typed: Typed) -> Response:
    """Keep a new draft."""
    park = park_of(request, desk, typed.get("park", ""))
    content, problems = read_form(typed, ruled(request, desk).vetoes(park), None)
    if content is None:
        made = filing_page(request, desk, records, None, park, typed=typed, problems=problems)
        return shown_again(request, made, 422)
    filing = Filing(uuid4().hex, park, content)
    filings.add(records, [filing])
    return _to(filing.id, lang, "filing.write")


@router.post("/applications/workbook")
def upload(
    request: Request,
    desk: AtDesk,
    records: AtRecords,
    lang: Lang,
    file: Annotated[UploadFile, File()],
    park: Text = "",
) -> Response:
    """Drafts from a workbook, every row or none; else it comes back with what is wrong."""
    found = park_of(request, desk, park)
    content = content_of(file)
    name, vetoes = file.filename or "", _all_vetoes(request, desk, records, found)
    rows, errors = read_filings(content, name, desk.names()[found], vetoes)
    made = changed = 0
    if not errors:
        errors, made, changed = apply_rows(records, found, rows, name)
    if not errors:
        query = {"lang": lang, "park": found, "done": "filing_taken", "n": made, "m": changed}
        return RedirectResponse(f"/applications?{urlencode(query)}", 303)
    shown, place = list_page(request, desk, records, found, ""), waiting(request, "filings", found)
    return sent_back(request, shown, file, errors, place, park=found, lang=lang)


@router.get("/applications/workbook/{key}.xlsx")
def marked_book(
    request: Request, desk: AtDesk, records: AtRecords, lang: Lang, key: str, park: Id = ""
) -> Response:
    """The workbook that was refused, its wrong cells red, with a list of them."""
    found = park_of(request, desk, park)
    (path,) = waiting(request, "filings", found).paths(key)
    vetoes = _all_vetoes(request, desk, records, found)
    rows, errors = read_filings(path.read_bytes(), path.name, desk.names()[found], vetoes)
    if not errors:
        errors, _, _ = apply_rows(records, found, rows, path.name, dry_run=True)
    return marked_response(lang, path, errors)


@router.get("/applications/{id}")
def one(request: Request, desk: AtDesk, records: AtRecords, id: str) -> Response:
    """这个项目申报了什么、还差什么?"""
    filing = _filing(request, records, id)
    made = filing_page(request, desk, records, filing, filing.park)
    return page_html(request, desk, made, (filing, made.files, made.missing, made.window))


@router.post("/applications/{id}")
def save(
    request: Request, desk: AtDesk, records: AtRecords, lang: Lang, id: str, typed: Typed
) -> Response:
    """Save the draft."""
    return _write(request, desk, records, lang, id, typed, "filing.write")


@router.post("/applications/{id}/submit")
def submit(
    request: Request, desk: AtDesk, records: AtRecords, lang: Lang, id: str, typed: Typed
) -> Response:
    """Save what the form says and hand it in."""
    return _write(request, desk, records, lang, id, typed, "filing.submit")


@router.post("/applications/{id}/withdraw")
def take_back(
    request: Request, records: AtRecords, lang: Lang, id: str, version: Version
) -> Response:
    """Take it back."""
    own = identity_of(request).only_park
    filings.act(records, id, "withdraw", lambda filing: withdraw(filing, version), own)
    return _to(id, lang, "filing.withdraw")


@router.post("/applications/{id}/link")
def link(
    request: Request,
    desk: AtDesk,
    records: AtRecords,
    lang: Lang,
    id: str,
    version: Version,
    enterprise: Text = "",
    project: Text = "",
    other_enterprise: Text = "",
    other_project: Text = "",
) -> Response:
    """Confirm which enterprise and project of the graph they are."""
    firm, plan = other_enterprise.strip() or enterprise, other_project.strip() or project
    firm = desk.id_of("Enterprise", firm, "enterprise") if firm else ""
    plan = desk.id_of("Project", plan, "project") if plan else ""
    own = identity_of(request).only_park
    facts = {"enterprise": firm, "project": plan}
    filings.act(records, id, "link", lambda f: linked(f, firm, plan, version), own, **facts)
    return _to(id, lang, "filing.link")


@router.post("/applications/{id}/checked")
def checked(
    request: Request, desk: AtDesk, records: AtRecords, lang: Lang, id: str, typed: Typed
) -> Response:
    """Keep what the departments said before the meeting."""
    filing = _filing(request, records, id)
    said = {g: typed.get(f"g.{g}", "") for g in _vetoes_of(request, desk, filing)}
    found = {ground: what == "pass" for ground, what in said.items() if what in ("pass", "fail")}
    seen = version_of(typed.get("version", ""))
    passed = ", ".join(ground for ground, good in found.items() if good)
    failed = ", ".join(ground for ground, good in found.items() if not good)
    told_ = {"passed": passed, "failed": failed}
    filings.act(records, id, "check", lambda f: answer(f, found, seen), None, **told_)
    return _to(id, lang, "filing.check")


@router.post("/applications/{id}/attachments")
async def attach(request: Request, records: AtRecords, id: str) -> Response:
    """添加附件."""
    form = await form_of(request)
    try:
        await run_in_threadpool(_attach, request, records, id, form.file)
    finally:
        await form.file.close()
    return RedirectResponse(local(form.back), 303)


@router.post("/applications/{id}/attachments/{file}/remove")
def detach(
    request: Request, records: AtRecords, id: str, file: str, back: Back = "/applications"
) -> Response:
    """移除附件."""
    attachments.remove(records, f"filing/{_filing(request, records, id).id}", file)
    return RedirectResponse(local(back), 303)


def _attach(request: Request, records: AtRecords, id: str, file: datastructures.UploadFile) -> None:
    object = f"filing/{_filing(request, records, id).id}"
    name, files = file.filename or "", files_of(request)
    attachments.add(
        records, files, object, name, file.file, lambda db: KINDS["filing"].check(db, id)
    )


def _write(
    request: Request,
    desk: Desk,
    records: AtRecords,
    lang: str,
    id: str,
    typed: Mapping[str, str],
    action: str,
) -> Response:
    old = _filing(request, records, id)
    seen = version_of(typed.get("version", ""))
    vetoes = _vetoes_of(request, desk, old)
    content, problems = read_form(typed, vetoes, old.content)
    if content is None:
        made = filing_page(
            request, desk, records, old, old.park, typed=typed, problems=problems, seen=seen
        )
        return shown_again(request, made, 422)
    if action == "filing.write" and (content, seen) == (old.content, old.version):
        return RedirectResponse(f"/applications/{quote(id)}?{urlencode({'lang': lang})}", 303)
    at, by, note = now_of(request), identity_of(request).name, ""
    if action == "filing.submit":
        try:
            note = note_of(request, records, typed)
        except UsageError as error:
            made = filing_page(request, desk, records, old, old.park, typed=typed, seen=seen)
            return shown_again(request, said_on(made, error), 400)

    def step(filing: Filing) -> Filing:
        after = filing
        if action == "filing.write" or content != filing.content:
            after = write(filing, content, seen)
        given = seen if after is filing else after.version
        return hand_in(after, given, at, by, note) if action == "filing.submit" else after

    try:
        own, told_ = identity_of(request).only_park, {"note": note} if note else {}
        filings.act(records, id, action.partition(".")[2], step, own, **told_)
    except Changed:
        now = _filing(request, records, id)
        made = filing_page(
            request, desk, records, now, now.park, typed=typed,
            overtaken=differences(now.content, content),
        )  # fmt: skip
        return shown_again(request, made, 412)
    return _to(id, lang, action)


def _filing(request: Request, records: AtRecords, id: str) -> Filing:
    return filings.get(records, id, identity_of(request).only_park)


def _vetoes_of(request: Request, desk: Desk, filing: Filing) -> Mapping[str, str]:
    said: Content = filing.content
    asked = ruled(request, desk).vetoes(filing.park, [said.industry])
    return {**{id_: id_ for id_ in said.vetoes}, **asked}


def _all_vetoes(request: Request, desk: Desk, records: AtRecords, park: str) -> Mapping[str, str]:
    industries = [filing.content.industry for filing in filings.all_of(records, park)]
    return ruled(request, desk).vetoes(park, industries)


def _chosen(request: Request, desk: Desk, park: str) -> str:
    """The park asked for; where none is, one's own, else none yet."""
    if park or identity_of(request).only_park is not None:
        return park_of(request, desk, park)
    return ""


def _to(id: str, lang: str, action: str) -> Response:
    query = urlencode({"lang": lang, "done": DONE[action]})
    return RedirectResponse(f"/applications/{quote(id)}?{query}", 303)
