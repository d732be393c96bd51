"""Regions side by side, and where supplies flow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from pydantic import Field

from api.deps import Asking, AtDesk, answered
from api.desk import Desk
from api.frames import frame_of, page_html, sheet_of, with_sheet
from api.routers.v1 import PROBLEMS
from graph.analysis.compare import CompareAnswer, compare
from graph.analysis.flows import FlowsAnswer, flows
from graph.errors import UsageError
from graph.question import Question
from viz.compare import ComparePage
from viz.contexts import Frame
from viz.flows import FlowsPage

__all__ = ["api", "router"]

router = APIRouter(include_in_schema=False)
api = APIRouter(prefix="/api/v1", tags=["v1"])

Word = Annotated[str, Field(max_length=400)]
With = Annotated[Sequence[Word], Query(alias="with", max_length=20)]
NOBODY: Sequence[str] = ()


@api.get("/flows", operation_id="flows", responses=PROBLEMS)
def flows_json(request: Request, desk: AtDesk, question: Asking) -> Response:
    """What a chain's leaders buy, and where it comes from."""
    answer = _flows(desk, question, _chain_of(desk, question))
    return answered(request, answer.revision, answer)


@api.get("/compare", operation_id="compare", responses=PROBLEMS)
def compare_json(
    request: Request, desk: AtDesk, question: Asking, others: With = NOBODY
) -> Response:
    """A chain in a region and in up to four others, asked the same question."""
    answer = _compare(desk, question, _chain_of(desk, question), others)
    return answered(request, answer.revision, answer)


@router.get("/chains/{chain_id}/flows")
def flows_page(request: Request, desk: AtDesk, question: Asking, chain_id: str) -> Response:
    """供需往哪流?"""
    return page_html(request, desk, _flows_page(request, desk, question, chain_id))


@router.get("/chains/{chain_id}/flows.xlsx")
def flows_sheet(request: Request, desk: AtDesk, question: Asking, chain_id: str) -> Response:
    """The flows as a workbook."""
    page = _flows_page(request, desk, question, chain_id)
    tables = [page.whole, page.by_segment, page.by_leader]
    return sheet_of(request, page.frame, tables, page.answer.assumed)


@router.get("/chains/{chain_id}/compare")
def compare_page(
    request: Request, desk: AtDesk, question: Asking, chain_id: str, others: With = NOBODY
) -> Response:
    """与别的区比怎样?"""
    return page_html(request, desk, _compare_page(request, desk, question, chain_id, others))


@router.get("/chains/{chain_id}/compare.xlsx")
def compare_sheet(
    request: Request, desk: AtDesk, question: Asking, chain_id: str, others: With = NOBODY
) -> Response:
    """The comparison as a workbook."""
    page = _compare_page(request, desk, question, chain_id, others)
    tables = [page.table, page.beside, page.host_table]
    return sheet_of(request, page.frame, tables, page.answer.assumed)


def _flows_page(request: Request, desk: Desk, question: Question, chain: str) -> FlowsPage:
    answer = _flows(desk, question, chain)
    return FlowsPage(_frame(request, desk, answer, "flows", {}), answer, desk.names())


def _compare_page(
    request: Request, desk: Desk, question: Question, chain: str, others: Sequence[str]
) -> ComparePage:
    answer = _compare(desk, question, chain, others)
    kept = {"with": ",".join(r.region for r in answer.there)}
    return ComparePage(_frame(request, desk, answer, "compare", kept), answer, desk.names())


def _flows(desk: Desk, question: Question, chain: str) -> FlowsAnswer:
    found = desk.id_of("Chain", chain, "chain")
    return flows(desk.snapshot, desk.resolve(replace(question, chain=None)), found)


def _compare(desk: Desk, question: Question, chain: str, others: Sequence[str]) -> CompareAnswer:
    found = desk.id_of("Chain", chain, "chain")
    regions = [desk.id_of("Region", name, "region") for name in _named(desk, others)]
    asked = desk.resolve(replace(question, chain=None))
    return compare(desk.snapshot, asked, found, regions)


def _named(desk: Desk, others: Sequence[str]) -> list[str]:
    """Regions as given, one a parameter or several between commas."""
    found: list[str] = []
    for given in map(str.strip, others):
        whole = not given or desk.find("Region", given) is not None
        found += [given] if whole else (part.strip() for part in given.split(","))
    return [name for name in found if name]


def _chain_of(desk: Desk, question: Question) -> str:
    """The chain asked about, else the first one that the leader leads."""
    if question.chain:
        return question.chain
    leader = desk.resolve(question).leader
    led = next((c.chains for c in desk.leaders() if c.id == leader and c.chains), None)
    if led is None:
        raise UsageError("chain_needed")
    return led[0]


def _frame(
    request: Request,
    desk: Desk,
    answer: FlowsAnswer | CompareAnswer,
    twin: str,
    kept: dict[str, str],
) -> Frame:
    """The frame of a page of a chain, with its twins; `kept` are parameters given several times."""
    asked = answer.question
    frame = frame_of(request, desk, answer.chain, asked.leader, asked.region)
    query = {**frame.query, **kept}
    address = {"chain": answer.chain, **query}
    return replace(
        with_sheet(request, frame), query=query, twin=f"/api/v1/{twin}?{urlencode(address)}"
    )
