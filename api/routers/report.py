"""One chain as a report to print or to edit in Word, and its tables as workbooks."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import Response

from api.deps import Asking, AtDesk, answered, attachment, settings_of
from api.desk import Desk
from api.frames import frame_of, page_html, sheet_of
from api.heating import NO_REGIONS, Regions, heat_of
from api.press import pdf_file, press
from api.routers.pages import Ranked, about_chain, evidence_of
from api.routers.v1 import PROBLEMS
from graph.analysis.completeness import completeness
from graph.question import Question
from viz.gap_tables import candidate_tables, gap_tables, map_table
from viz.heat import heat_table
from viz.report import PROJECTS, ReportPage
from viz.report_docx import MEDIA_TYPE, report_docx

__all__ = ["api", "router"]

router = APIRouter(include_in_schema=False)
api = APIRouter(prefix="/api/v1", tags=["v1"])


@api.get("/heat", operation_id="heat", responses=PROBLEMS)
def heat(
    request: Request, desk: AtDesk, question: Asking, regions: Regions = NO_REGIONS
) -> Response:
    """The severity of every segment asked from several regions."""
    answer = heat_of(desk, question, regions)
    return answered(request, answer.revision, answer)


@router.get("/chains/{chain_id}.xlsx")
def map_sheet(request: Request, desk: AtDesk, question: Asking, chain_id: str) -> Response:
    """The chain map as a workbook."""
    asked = about_chain(desk, question, chain_id)
    found, gaps = desk.chain_map(asked, chain_id), desk.gaps(asked)
    frame = frame_of(request, desk, chain_id, gaps.question.leader, gaps.question.region)
    return sheet_of(request, frame, [map_table(found, desk.names(), frame.lang)], gaps.assumed)


@router.get("/chains/{chain_id}/gaps.xlsx")
def gaps_sheet(
    request: Request,
    desk: AtDesk,
    question: Asking,
    chain_id: str,
    regions: Regions = NO_REGIONS,
) -> Response:
    """The gaps, what is to be verified, the rest, and the heat map as a workbook."""
    asked = about_chain(desk, question, chain_id)
    answer, warm = desk.gaps(asked), heat_of(desk, asked, regions)
    frame = frame_of(request, desk, chain_id, answer.question.leader, answer.question.region)
    names = desk.names()
    tables = [*gap_tables(answer, names, frame.lang), heat_table(warm, names, frame.lang)]
    return sheet_of(request, frame, tables, answer.assumed)


@router.get("/chains/{chain_id}/candidates.xlsx")
def candidates_sheet(request: Request, page: Ranked) -> Response:
    """The candidates as filtered on the page, with their parts, as a workbook."""
    tables = candidate_tables(page.answer, page.names, page.local, page.frame.lang)
    return sheet_of(request, page.frame, tables, page.answer.assumed)


@router.get("/chains/{chain_id}/report")
def report_page(request: Request, desk: AtDesk, question: Asking, chain_id: str) -> Response:
    """这条链断在哪、先补谁?"""
    return page_html(request, desk, _report(request, desk, question, chain_id))


@router.get("/chains/{chain_id}/report.docx")
def report_word(request: Request, desk: AtDesk, question: Asking, chain_id: str) -> Response:
    """The report as a Word file."""
    page = _report(request, desk, question, chain_id)
    content = report_docx(page, settings_of(request).report_template)
    return attachment(content, f"{_named(page)}.docx", MEDIA_TYPE)


@router.get("/chains/{chain_id}/report.pdf")
def report_paper(request: Request, desk: AtDesk, question: Asking, chain_id: str) -> Response:
    """The report on paper."""
    page = _report(request, desk, question, chain_id)
    return pdf_file(press(page), _named(page))


def _named(page: ReportPage) -> str:
    return f"{page.subject} {page.frame.data_date or ''}".strip()


def _report(request: Request, desk: Desk, question: Question, chain: str) -> ReportPage:
    asked = about_chain(desk, question, chain)
    gaps, rank, found = desk.gaps(asked), desk.rank(asked), desk.chain_map(asked, chain)
    best = [c.id for c in rank.candidates if c.kind == "project" and c.score > 0][:PROJECTS]
    seen = gaps.question
    return ReportPage(
        frame_of(request, desk, chain, seen.leader, seen.region, "gaps"),
        found,
        gaps,
        rank,
        completeness(found, gaps),
        {project: desk.fit(project).matrix for project in best},
        evidence_of(desk, gaps, rank),
        desk.names(),
    )
