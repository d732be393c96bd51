"""趋势与公布口径: the page, its workbook, JSON, and counts written down and corrected."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import uuid4

from fastapi import APIRouter, Request
from fastapi.responses import Response
from pydantic import TypeAdapter
from starlette.datastructures import FormData

from api import park_work
from api.deps import AtDesk, AtRecords, answered, identity_of
from api.desk import Desk
from api.frames import chosen, page_html, sheet_of, with_sheet
from api.routers.sessions import Fields, back_to, refused
from api.routers.v1 import PROBLEMS
from api.trending import claims_of, trend_of
from api.verifying import day_of, version_of
from graph.attraction.announced import Announced, Claim, checked, correct
from graph.errors import LianzhuError, UsageError
from ingest.counts import parse_count
from ingest.report import CellProblem
from records import meetings
from records.database import Records
from records.park_work import ANNOUNCED
from viz import trend as v
from viz.contexts import Choice
from viz.words import word

__all__ = ["api", "router"]

router = APIRouter(include_in_schema=False)
api = APIRouter(prefix="/api/v1", tags=["v1"])

_JSON: TypeAdapter[Any] = TypeAdapter(Any)
_NAMES = ("what", "text", "who", "on_day", "source", "scope", "session", "why")


@api.get("/trend", operation_id="trend", responses=PROBLEMS)
def trend(request: Request, desk: AtDesk, records: AtRecords) -> Response:
    """Figures of every meeting whose judgements are open, and counts as they were announced."""
    told = {
        "trend": trend_of(request, desk, records),
        "announced": claims_of(request, desk, records),
    }
    plain = _JSON.dump_python(told, mode="json")
    return answered(request, desk.snapshot.revision, plain, plain)


@router.get("/trend")
def page(request: Request, desk: AtDesk, records: AtRecords) -> Response:
    """申报和引进一次比一次好吗?"""
    made = _page(request, desk, records)
    return page_html(request, desk, made, (made.trend, made.claims, made.meetings))


@router.get("/trend.xlsx")
def sheet(request: Request, desk: AtDesk, records: AtRecords) -> Response:
    """The tables as a workbook."""
    made = _page(request, desk, records)
    return sheet_of(request, made.frame, made.tables, {})


@router.post("/announced")
def add(request: Request, desk: AtDesk, records: AtRecords, form: Fields) -> Response:
    """记一条公布的数."""
    typed, parks = _typed(form)
    try:
        said = checked(_claim(request, desk, typed, parks))
        park_work.add(records, ANNOUNCED, "add", Announced(uuid4().hex, said))
    except LianzhuError as error:
        return _again(request, desk, records, typed, parks, error)
    return back_to(request, "/trend", anchor="#announced")


@router.post("/announced/{id}")
def mend(request: Request, desk: AtDesk, records: AtRecords, id: str, form: Fields) -> Response:
    """更正一条公布的数."""
    park_work.one(records, ANNOUNCED, id, sample=desk.sample)
    typed, parks = _typed(form)
    version = str(form.get("version", ""))
    seen = version_of(version)
    try:
        said = _claim(request, desk, typed, parks)
        park_work.act(
            records, ANNOUNCED, "correct", id,
            lambda one: correct(one, seen, said), sample=desk.sample,
        )  # fmt: skip
    except LianzhuError as error:
        return _again(request, desk, records, {**typed, "id": id}, parks, error)
    return back_to(request, "/trend", anchor="#announced")


def _page(request: Request, desk: Desk, records: Records) -> v.TrendPage:
    frame = replace(with_sheet(request, chosen(request, desk)), twin="/api/v1/trend")
    claims = claims_of(request, desk, records)
    writes = frame.may("POST /announced")
    called = [
        Choice(
            f"{m.year}-{m.ordinal}", word(frame.lang, "session.number", year=m.year, n=m.ordinal)
        )
        for m in meetings.all_of(records)
    ]
    table = desk.snapshot.nodes("Park")
    pairs = zip(table.ids, table.values("name"), strict=True)
    return v.TrendPage(
        frame,
        trend_of(request, desk, records),
        claims,
        desk.names(),
        identity_of(request).only_park or "",
        called if writes else (),
        [Choice(i, str(n or i)) for i, n in pairs] if writes else (),
    )


def _again(
    request: Request,
    desk: Desk,
    records: Records,
    typed: Mapping[str, str],
    parks: Sequence[str],
    error: LianzhuError,
) -> Response:
    made = replace(_page(request, desk, records), typed=typed, typed_parks=parks)
    return refused(request, made, error, "/trend")


def _typed(form: FormData) -> tuple[Mapping[str, str], Sequence[str]]:
    typed = {name: str(form.get(name, "")).strip()[:400] for name in _NAMES}
    return typed, [str(park)[:200] for park in form.getlist("park")][:100]


def _claim(request: Request, desk: Desk, typed: Mapping[str, str], parks: Sequence[str]) -> Claim:
    """What the form says; `UsageError` where its count, its day or its meeting is none."""
    try:
        low, high = parse_count(typed["text"])
    except CellProblem:
        raise UsageError("announced_count", given=typed["text"]) from None
    year, _, ordinal = typed["session"].partition("-")
    if typed["session"] and not (year.isdecimal() and ordinal.isdecimal() and len(year) == 4):
        raise UsageError("bad_choice", name="session", given=typed["session"], allowed="2022-4")
    return Claim(
        typed["what"],
        typed["text"],
        low,
        high,
        typed["who"],
        day_of(typed["on_day"]),
        typed["source"],
        typed["scope"],
        tuple(desk.id_of("Park", park, "park") for park in parks),
        (int(year), int(ordinal[:4])) if typed["session"] else None,
        typed["why"],
        identity_of(request).name,
    )
