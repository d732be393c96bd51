"""Parks: projects by parks, one park, and what a project or an outage changes."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from api import consulting, park_work
from api.deps import Asking, AtDesk, AtRecords, answered
from api.desk import Desk
from api.frames import chosen, page_html, sheet_of, with_sheet
from api.routers.v1 import PROBLEMS
from graph.analysis.answers import Fit
from graph.analysis.facts import ENDED, Facts, facts_of
from graph.analysis.fit import Fitting
from graph.analysis.intensity import SOURCE, intensities
from graph.analysis.park_profile import agglomeration
from graph.analysis.parks import Park, parks_of
from graph.attraction.milestone import newest_first
from graph.question import Assumptions, Question
from records.database import Records
from records.park_work import MILESTONE
from viz import fit as f

__all__ = ["api", "park_of", "router"]

router = APIRouter(include_in_schema=False)
api = APIRouter(prefix="/api/v1", tags=["v1"])

Id = Annotated[str, Query(max_length=200)]


@api.get("/fit", operation_id="fit", responses=PROBLEMS)
def fit(request: Request, desk: AtDesk, project: Id = "", park: Id = "") -> Response:
    """How each project fits each park."""
    answer = desk.fit(project, park)
    return answered(request, answer.revision, answer)


@api.get("/parks/{park_id:path}", operation_id="park", responses=PROBLEMS)
def park(request: Request, desk: AtDesk, question: Asking, park_id: str) -> Response:
    """What one park stands for, hosts and lacks."""
    answer = desk.park(question, park_id)
    return answered(request, answer.revision, answer)


@api.get("/landing", operation_id="landing", responses=PROBLEMS)
def landing(request: Request, desk: AtDesk, question: Asking, project: Id) -> Response:
    """Every leader before and after a project lands."""
    answer = desk.landing(question, project)
    return answered(request, answer.revision, answer)


@api.get("/outage", operation_id="outage", responses=PROBLEMS)
def outage(request: Request, desk: AtDesk, question: Asking, enterprise: Id) -> Response:
    """Every leader before and after an enterprise stops."""
    answer = desk.outage(question, enterprise)
    return answered(request, answer.revision, answer)


@router.get("/parks")
def parks_page(request: Request, desk: AtDesk) -> Response:
    """有哪些园区?"""
    return page_html(request, desk, _parks(request, desk))


@router.get("/parks.xlsx")
def parks_sheet(request: Request, desk: AtDesk) -> Response:
    """The parks as a workbook."""
    page = _parks(request, desk)
    return sheet_of(request, page.frame, [page.table], {})


@router.get("/parks/fit")
def fit_page(
    request: Request, desk: AtDesk, stage: Id = "", project: Id = "", park: Id = ""
) -> Response:
    """放哪个园?"""
    return page_html(request, desk, _fits(request, desk, stage, project, park))


@router.get("/parks/fit.xlsx")
def fit_sheet(request: Request, desk: AtDesk, stage: Id = "") -> Response:
    """The matrix as a workbook."""
    page = _fits(request, desk, stage, "", "")
    return sheet_of(request, page.frame, [f.fit_table(page)], page.answer.assumed)


@router.get("/parks/{park_id:path}")
def park_page(
    request: Request, desk: AtDesk, question: Asking, records: AtRecords, park_id: str
) -> Response:
    """园区缺什么?"""
    page = park_of(request, desk, question, records, park_id)
    return page_html(request, desk, page, (page.milestones, page.todos))


@router.get("/projects/{project_id:path}")
def project_page(request: Request, desk: AtDesk, question: Asking, project_id: str) -> Response:
    """项目落地前后有什么变化?"""
    answer = desk.landing(question, project_id)
    fits = sorted(desk.fit(answer.id, "").matrix, key=_best_first)
    figures = intensities(Fitting(_facts(desk), answer.id))
    frame = chosen(request, desk)
    return page_html(
        request, desk, f.ChangePage(frame, answer, desk.names(), fits, figures, SOURCE)
    )


@router.get("/outages/{enterprise_id:path}")
def outage_page(request: Request, desk: AtDesk, question: Asking, enterprise_id: str) -> Response:
    """这家企业停了，谁受影响?"""
    answer = desk.outage(question, enterprise_id)
    return page_html(request, desk, f.ChangePage(chosen(request, desk), answer, desk.names()))


def park_of(
    request: Request, desk: Desk, question: Question, records: Records, park_id: str
) -> f.ParkPage:
    """The page of a park; `NotFound` for one that is not for the reader."""
    answer = desk.park(question, park_id)
    fits = {c.project: c for c in desk.fit("", park_id).matrix}
    facts, frame = _facts(desk), chosen(request, desk)
    chains = {facts.segments.ids[s]: min(c) for s, c in facts.chains.items()}
    kept = park_work.held(records, MILESTONE, sample=desk.sample, park=answer.id)
    todos = consulting.todos(request, desk, records, frame, answer.id)
    names, milestones = desk.names(), newest_first(kept.values())
    return f.ParkPage(frame, answer, names, fits, chains, milestones, todos)


def _fits(request: Request, desk: Desk, stage: str, project: str, park: str) -> f.FitPage:
    facts = _facts(desk)
    shown = [p for p in facts.projects.ids if _asked(facts.stage(p), stage)]
    everything = desk.fit("", "")
    matrix = [c for c in everything.matrix if c.project in set(shown)]
    cell = None
    if project and park:
        (cell,) = desk.fit(project, park).matrix
    answer = replace(everything, matrix=matrix)
    table = facts.projects
    return f.FitPage(
        with_sheet(request, chosen(request, desk)),
        answer,
        desk.names(),
        {p: facts.stage(p) for p in shown},
        dict(zip(table.ids, table.values("park"), strict=True)),
        stage,
        cell,
        intensities(Fitting(facts, cell.project)) if cell else (),
        dict(facts.assumed.fit_weights),
        SOURCE,
    )


def _asked(stage: str | None, wanted: str) -> bool:
    return wanted == "all" or (stage == wanted if wanted else stage not in ENDED)


def _best_first(cell: Fit) -> tuple[bool, bool, float, str]:
    """The largest fit first, then parks nothing is known of, then those where a rule fails."""
    failed = any(rule.verdict == "fail" for rule in cell.rules)
    return failed, cell.fit is None, -(cell.fit or 0.0), cell.park


def _parks(request: Request, desk: Desk) -> f.ParksPage:
    facts, names = _facts(desk), desk.names()
    frame = with_sheet(request, chosen(request, desk))
    rows = [_row(facts, park) for park in parks_of(facts)]
    return f.ParksPage(frame, f.parks_table(frame, rows, names))


def _row(facts: Facts, park: Park) -> f.ParkRow:
    applied = zip(facts.projects.ids, facts.projects.values("park"), strict=True)
    return f.ParkRow(
        park.id,
        park.word("region"),
        park.parent,
        park.word("operator"),
        len(park.positioning),
        len(park.tenants),
        sum(where == park.id and facts.stage(p) not in ENDED for p, where in applied),
        park.number("land_free_mu"),
        park.number("floor_free_sqm"),
        agglomeration(facts, park),
    )


def _facts(desk: Desk) -> Facts:
    return facts_of(desk.snapshot, Assumptions())
