"""园区大事: written down and corrected by the office, read on the page of the park; JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Annotated, Any
from uuid import uuid4

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from pydantic import TypeAdapter
from starlette.datastructures import FormData

from api import park_work
from api.deps import AtDesk, AtRecords, answered, identity_of
from api.desk import Desk
from api.filing_pages import park_of
from api.kept import today_of
from api.routers import parks
from api.routers.sessions import Fields, back_to, refused
from api.routers.v1 import PROBLEMS
from api.verifying import version_of
from graph.attraction.milestone import Milestone, Said, checked, correct, newest_first
from graph.errors import LianzhuError
from graph.question import Question
from records.database import Records
from records.park_work import MILESTONE

__all__ = ["api", "router"]

router = APIRouter(include_in_schema=False)
api = APIRouter(prefix="/api/v1", tags=["v1"])

_JSON: TypeAdapter[Any] = TypeAdapter(Any)


@api.get("/milestones", operation_id="milestones", responses=PROBLEMS)
def milestones(
    request: Request,
    desk: AtDesk,
    records: AtRecords,
    park: Annotated[str, Query(max_length=200)] = "",
) -> Response:
    """What happened in the parks, or in one, with what was written down of it before."""
    own = identity_of(request).only_park
    wanted = park_of(request, desk, park) if park else own
    kept = park_work.held(records, MILESTONE, sample=desk.sample, park=wanted)
    told = _JSON.dump_python(newest_first(kept.values()), mode="json")
    return answered(request, desk.snapshot.revision, {"items": told}, told)


@router.post("/milestones")
def add(request: Request, desk: AtDesk, records: AtRecords, form: Fields) -> Response:
    """记一件大事."""
    park = park_of(request, desk, str(form.get("park", ""))[:200])
    typed = _typed(form)
    try:
        made = Milestone(uuid4().hex, park, checked(_said(request, typed), _today(request)))
        park_work.add(records, MILESTONE, "add", made)
    except LianzhuError as error:
        return _again(request, desk, records, park, typed, error)
    return back_to(request, f"/parks/{park}", anchor="#milestones")


@router.post("/milestones/{id}")
def mend(request: Request, desk: AtDesk, records: AtRecords, id: str, form: Fields) -> Response:
    """更正一件大事."""
    found = park_work.one(records, MILESTONE, id, sample=desk.sample)
    typed = {**_typed(form), "id": id}
    version = str(form.get("version", ""))
    seen = version_of(version)
    said = replace(_said(request, typed), why=typed["why"])
    try:
        park_work.act(
            records, MILESTONE, "correct", id,
            lambda one: correct(one, seen, said, _today(request)), sample=desk.sample,
        )  # fmt: skip
    except LianzhuError as error:
        return _again(request, desk, records, found.park, typed, error)
    return back_to(request, f"/parks/{found.park}", anchor="#milestones")


def _said(request: Request, typed: Mapping[str, str]) -> Said:
    told = {name: typed[name] for name in ("what", "when", "source", "note")}
    return Said(**told, written_by=identity_of(request).name, written_on=_today(request))


def _typed(form: FormData) -> Mapping[str, str]:
    names = ("what", "when", "source", "note", "why")
    return {name: str(form.get(name, "")).strip()[:400] for name in names}


def _today(request: Request) -> date:
    return today_of(request.app.state)


def _again(
    request: Request,
    desk: Desk,
    records: Records,
    park: str,
    typed: Mapping[str, str],
    error: LianzhuError,
) -> Response:
    page = parks.park_of(request, desk, Question(), records, park)
    return refused(request, replace(page, typed=typed), error, f"/parks/{park}")
