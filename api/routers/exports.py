"""The picture of the relation graph: as a page, as a file to hand on, and for other tools."""

from __future__ import annotations

import io
from dataclasses import dataclass, replace
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse, Response

from api.deps import Asking, AtDesk
from api.desk import Desk
from api.exporting import shown_graph
from api.frames import frame_of, lang_of, page_html, sheet_of, with_sheet
from graph.analysis.around import picture
from graph.analysis.picture import CAP, Picture
from graph.model import LABELS, Ref
from graph.question import Question
from viz import network
from viz.graph_files import MEDIA_TYPES, Ending, write_graph
from viz.relations import OPENED_MOST, GraphPage, opened_as, opened_in
from viz.words import word

__all__ = ["api", "router"]

router = APIRouter(include_in_schema=False)
api = APIRouter(prefix="/api/v1", tags=["v1"])

SHOWN = 150  # things a picture begins with

Word = Annotated[str, Query(max_length=200)]
Words = Annotated[list[Annotated[str, Query(max_length=4000)]], Query(max_length=20)]


@dataclass(frozen=True)
class Pictured:
    """A chain's relation graph as asked for."""

    chain: str
    question: Question
    limit: int
    found: Picture


def _pictured(
    desk: AtDesk,
    question: Asking,
    chain_id: str,
    center: Word = "",
    limit: Annotated[int, Query(ge=1, le=CAP)] = SHOWN,
    expand: Words = [],  # noqa: B006
) -> Pictured:
    around = _around(desk, question, chain_id, center)
    hops = 2 if around.label == "Chain" else 1  # its own neighbours are only segments and leaders
    opened = opened_in(expand)[:OPENED_MOST]
    found = picture(desk.snapshot, around, hops=hops, limit=limit, opened=opened)
    return Pictured(chain_id, question, limit, found)


Asked = Annotated[Pictured, Depends(_pictured)]


@router.get("/chains/{chain_id}/graph")
def graph_page(request: Request, desk: AtDesk, asked: Asked) -> Response:
    """谁和谁有关系?"""
    return page_html(request, desk, _page(request, desk, asked))


@router.get("/chains/{chain_id}/graph/frame")
def graph_frame(request: Request, desk: AtDesk, asked: Asked) -> Response:
    """The picture inside the graph page."""
    found = asked.found
    html = network.frame(
        found.nodes,
        found.rels,
        center=found.center,
        lang=lang_of(request),
        names=desk.names(),
        gaps=_gaps(desk, asked),
    )
    return HTMLResponse(html)


@router.get("/chains/{chain_id}/graph.html")
def graph_file(request: Request, desk: AtDesk, asked: Asked) -> Response:
    """The page and its picture as one file that opens anywhere."""
    html = network.one_file(_page(request, desk, asked), _gaps(desk, asked))
    return _attached(html.encode(), "text/html; charset=utf-8", lang_of(request), "html")


@router.get("/chains/{chain_id}/graph.xlsx")
def graph_sheet(request: Request, desk: AtDesk, asked: Asked) -> Response:
    """What the picture shows, as a workbook."""
    page = _page(request, desk, asked)
    return sheet_of(request, page.frame, page.tables, {})


@router.get("/chains/{chain_id}/graph.graphml")
def graphml(request: Request, desk: AtDesk, asked: Asked) -> Response:
    """What the picture shows, as GraphML."""
    return _graph(desk, asked, lang_of(request), "graphml")


@router.get("/chains/{chain_id}/graph.gexf")
def gexf(request: Request, desk: AtDesk, asked: Asked) -> Response:
    """What the picture shows, as GEXF for Gephi."""
    return _graph(desk, asked, lang_of(request), "gexf")


def _page(request: Request, desk: Desk, asked: Pictured) -> GraphPage:
    question = asked.question
    frame = frame_of(request, desk, asked.chain, question.leader, question.region)
    opened = opened_as(asked.found.opened)  # a form may have given it in pieces
    query = {k: v for k, v in frame.query.items() if k != "expand"}
    if opened:
        query["expand"] = opened
    frame = with_sheet(request, replace(frame, query=query))
    return GraphPage(frame, asked.found, desk.names(), asked.limit)


def _graph(desk: Desk, asked: Pictured, lang: str, ending: Ending) -> Response:
    out = io.BytesIO()
    write_graph(shown_graph(desk, asked.found.nodes, asked.found.rels), ending, out)
    return _attached(out.getvalue(), MEDIA_TYPES[ending], lang, ending)


def _attached(content: bytes, media_type: str, lang: str, ending: str) -> Response:
    name = quote(f"{word(lang, 'graph.file')}.{ending}")
    headers = {
        "Content-Disposition": f"attachment; filename=\"graph.{ending}\"; filename*=UTF-8''{name}"
    }
    return Response(content, media_type=media_type, headers=headers)


def _gaps(desk: Desk, asked: Pictured) -> dict[str, str]:
    """The type of every required segment, as the chosen leader or the chain sees it."""
    question = asked.question
    answer = desk.gaps(question if question.leader else replace(question, chain=asked.chain))
    return {s.segment: s.type for s in answer.segments}


def _around(desk: Desk, question: Question, chain: str, center: str) -> Ref:
    """What the picture is about: what was asked for, else the leader, else the chain."""
    about = Ref("Chain", desk.id_of("Chain", chain, "chain"))
    label, _, id_ = center.partition(":")
    if label in LABELS and id_:
        return Ref(label, id_)
    if question.leader:
        return Ref("Enterprise", desk.id_of("Enterprise", question.leader, "leader"))
    return about
