"""在谈项目: courted from the first lead to production, many at once as a workbook; 联合招商."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Depends, File, Query, Request, UploadFile
from fastapi.responses import Response
from pydantic import TypeAdapter

from api import rehearsal
from api.deps import AtDesk, AtRecords, Lang, answered, identity_of
from api.filing_pages import park_of
from api.frames import page_html
from api.kept import today_of
from api.own_books import book_response, content_of, marked_response, sent_back, waiting
from api.pursuing import Asked, Taker, apply_rows, arbitrate
from api.pursuit_pages import (
    courted_page,
    list_page,
    seen_by,
    told,
    told_groups,
)
from api.routers.applications import Typed
from api.routers.pursuits import LONGEST, back_with, taker_of
from api.routers.sessions import refused
from api.routers.v1 import PROBLEMS
from api.uploads import Uploads
from api.verifying import day_of
from graph.attraction.arbitration import Verdict, reopen
from graph.attraction.counting import counts
from graph.errors import LianzhuError, UsageError
from ingest.pursuit_sheet import read_pursuits, write_pursuits
from records import documents
from records.pursuits import PURSUIT
from viz.words import word
from viz.workbook import basis_lines

__all__ = ["api", "router"]

router = APIRouter(include_in_schema=False)
api = APIRouter(prefix="/api/v1", tags=["v1"])

Word = Annotated[str, Query(max_length=200)]
_JSON: TypeAdapter[Any] = TypeAdapter(Any)  # days as text


def _asked(
    request: Request,
    desk: AtDesk,
    park: Word = "",
    stage: Word = "",
    owner: Word = "",
    late: Annotated[str, Query(max_length=10)] = "",
) -> Asked:
    return Asked(park_of(request, desk, park) if park else "", stage, owner, late == "1")


Asking = Annotated[Asked, Depends(_asked)]


@api.get("/pipeline", operation_id="pipeline", responses=PROBLEMS)
def pipeline(
    request: Request,
    desk: AtDesk,
    records: AtRecords,
    asked: Asking,
    day: Word = "",
) -> Response:
    """Projects that are courted, and how many stood where at the end of `day`."""
    today = today_of(request.app.state)
    every, own = seen_by(request, records), identity_of(request).only_park
    numbers = counts(every, _past(day, today) or today)
    found = {
        "items": [told(p, today) for p in asked.of(every, today)],
        "day": day or today.isoformat(),
        "counts": [
            {"park": at[0], "stage": at[1], "n": n}
            for at, n in sorted(numbers.items())
            if own in (None, at[0])
        ],
    }
    return answered(request, desk.snapshot.revision, _JSON.dump_python(found, mode="json"), found)


@api.get("/pipeline/courted", operation_id="courted", responses=PROBLEMS)
def courted(request: Request, desk: AtDesk, records: AtRecords) -> Response:
    """Applicants that several parks court, and what was decided about others."""
    found = told_groups(courted_page(request, desk, records))
    return answered(request, desk.snapshot.revision, _JSON.dump_python(found, mode="json"), found)


@router.get("/pipeline")
def page(
    request: Request,
    desk: AtDesk,
    records: AtRecords,
    asked: Asking,
    day: Word = "",
) -> Response:
    """在谈项目走到哪一步、该找谁?"""
    made = list_page(request, desk, records, asked, _past(day, today_of(request.app.state)))
    return page_html(
        request, desk, made, (made.rows, made.counts, made.owners, made.late, made.due, made.groups)
    )


@router.get("/pipeline.xlsx")
def sheet(
    request: Request,
    desk: AtDesk,
    records: AtRecords,
    asked: Asking,
) -> Response:
    """The list as a workbook that can be read back."""
    today = today_of(request.app.state)
    frame = list_page(request, desk, records, asked, None).frame
    url = str(request.url).replace(".xlsx", "", 1)
    lines = basis_lines(frame, {word(frame.lang, "pursuit.as_of"): today.isoformat()}, url)
    found = asked.of(seen_by(request, records), today)
    content = write_pursuits(found, desk.names(), lines)
    return book_response(content, f"{word(frame.lang, 'pursuit.table')} {today}.xlsx")


@router.post("/pipeline/demo")
def demo(request: Request, desk: AtDesk, records: AtRecords, lang: Lang) -> Response:
    """装入示例."""
    rehearsal.court(records, desk, today_of(request.app.state))
    return back_with("/pipeline", lang, "pursuit_demo")


@router.post("/pipeline/workbook")
def upload(
    request: Request,
    desk: AtDesk,
    records: AtRecords,
    lang: Lang,
    file: Annotated[UploadFile, File()],
) -> Response:
    """New and changed projects from a workbook, every row or none."""
    content = content_of(file)
    name, taker = file.filename or "", taker_of(request, desk)
    rows, errors = read_pursuits(content, name)
    made = changed = 0
    if not errors:
        errors, made, changed = apply_rows(records, taker, rows, name)
    if not errors:
        return back_with("/pipeline", lang, "pursuit_taken", n=made, m=changed)
    shown = list_page(request, desk, records, Asked(), None)
    return sent_back(request, shown, file, errors, _waiting(request, taker), lang=lang)


@router.get("/pipeline/workbook/{key}.xlsx")
def marked_book(
    request: Request, desk: AtDesk, records: AtRecords, lang: Lang, key: str
) -> Response:
    """The workbook that was refused, its wrong cells red, with a list of them."""
    taker = taker_of(request, desk)
    (path,) = _waiting(request, taker).paths(key)
    rows, errors = read_pursuits(path.read_bytes(), path.name)
    if not errors:
        errors, _, _ = apply_rows(records, taker, rows, path.name, dry_run=True)
    return marked_response(lang, path, errors)


@router.get("/pipeline/courted")
def courted_(request: Request, desk: AtDesk, records: AtRecords) -> Response:
    """同一企业几个园都在谈,该由谁牵头?"""
    made = courted_page(request, desk, records)
    return page_html(request, desk, made, (made.groups, made.rulings))


@router.post("/pipeline/courted")
def rule(request: Request, desk: AtDesk, records: AtRecords, lang: Lang, typed: Typed) -> Response:
    """裁定由哪个园牵头."""
    taker = taker_of(request, desk)
    try:
        park = park_of(request, desk, typed.get("park", ""))
        verdict = Verdict(
            park, typed.get("reason", "")[:LONGEST], _shares(typed, park),
            typed.get("why_shares", "")[:LONGEST],
        )  # fmt: skip
        arbitrate(records, typed.get("seen", ""), verdict, taker.today, taker.by)
    except LianzhuError as error:
        made = courted_page(request, desk, records, typed)
        return refused(request, made, error, "/pipeline/courted")
    return back_with("/pipeline/courted", lang, "ruling_made")


@router.post("/pipeline/courted/{ruling}/reopen")
def undo(
    request: Request, desk: AtDesk, records: AtRecords, lang: Lang, ruling: str, typed: Typed
) -> Response:
    """重开裁定."""
    taker, reason = taker_of(request, desk), typed.get("reason", "")[:LONGEST]
    try:
        documents.change(
            records, PURSUIT, "reopen",
            lambda held: reopen(held, ruling, taker.today, taker.by, reason), ruling=ruling,
        )  # fmt: skip
    except LianzhuError as error:
        made = courted_page(request, desk, records)
        return refused(request, made, error, "/pipeline/courted")
    return back_with("/pipeline/courted", lang, "ruling_undone")


def _past(given: str, today: date) -> date | None:
    """The day counts are asked for, None = today; `UsageError` for one to come: nobody knows."""
    if not given:
        return None
    if (found := day_of(given)) > today:
        raise UsageError("future_date", given=given)
    return found


def _waiting(request: Request, taker: Taker) -> Uploads:
    """Refused workbooks: a park's own, or the office's."""
    return waiting(request, "pursuits", taker.only_park)


def _shares(typed: Mapping[str, str], lands: str) -> Mapping[str, float]:
    """Percent by park where any is given; `share.` is that of the park it lands at."""
    found: dict[str, float] = {}
    for key, text in typed.items():
        if key.startswith("share.") and text.strip():
            park = key.removeprefix("share.") or lands
            try:
                found[park] = found.get(park, 0.0) + float(text)
            except ValueError:
                raise UsageError("ruling_shares", given=text[:20]) from None
    return found
