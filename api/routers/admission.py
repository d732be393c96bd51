"""准入预检: a project against the standard of each park; as a page, a workbook and JSON."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from api.deps import Asking, AtDesk, answered, settings_of
from api.desk import Desk
from api.frames import chosen, page_html, sheet_of, with_sheet
from api.kept import today_of
from api.routers.v1 import PROBLEMS
from api.standards import standards_of
from graph.analysis.admission import AdmissionAnswer
from graph.errors import NotFound
from graph.question import Question
from graph.review.standard import Standard
from viz.precheck import PrecheckPage, precheck_tables

__all__ = ["api", "router"]

router = APIRouter(include_in_schema=False)
api = APIRouter(prefix="/api/v1", tags=["v1"])

Id = Annotated[str, Query(max_length=200)]


@api.get("/precheck", operation_id="precheck", responses=PROBLEMS)
def precheck(request: Request, desk: AtDesk, question: Asking, project: Id) -> Response:
    """A project checked against the admission standard of every park."""
    answer, read = _asked(request, desk, question, project)
    return answered(request, answer.revision, answer, read)


@router.get("/prechecks/{project_id:path}.xlsx")
def sheet(request: Request, desk: AtDesk, question: Asking, project_id: str) -> Response:
    """The parks as a workbook."""
    page, _ = _page(request, desk, question, project_id, "")
    return sheet_of(request, page.frame, precheck_tables(page), {})


@router.get("/prechecks/{project_id:path}")
def page(
    request: Request, desk: AtDesk, question: Asking, project_id: str, park: Id = ""
) -> Response:
    """这个项目进得了哪个园?"""
    made, read = _page(request, desk, question, project_id, park)
    return page_html(request, desk, made, read)


def _page(
    request: Request, desk: Desk, question: Question, project: str, park: str
) -> tuple[PrecheckPage, object]:
    answer, read = _asked(request, desk, question, project)
    wanted = desk.id_of("Park", park, "park") if park else None
    shown = [c for c in answer.checks if wanted in (None, c.park)]
    if wanted is not None and not shown:
        raise NotFound("unknown_park", park=park)
    frame = replace(chosen(request, desk), twin=f"/api/v1/precheck?project={answer.project}")
    first = shown[0] if shown else None
    return PrecheckPage(with_sheet(request, frame), answer, desk.names(), first), read


def _asked(
    request: Request, desk: Desk, question: Question, project: str
) -> tuple[AdmissionAnswer, object]:
    """The answer, and which versions of the standards it was made with."""
    standards = standards_of(Path(settings_of(request).standards_dir), sample=desk.sample)
    day = today_of(request.app.state)
    return desk.admission(question, project, standards, day), _versions(standards)


def _versions(standards: Sequence[Standard]) -> object:
    return hashlib.sha256(repr(standards).encode()).hexdigest()
