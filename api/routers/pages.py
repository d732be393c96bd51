"""The pages: each asks the desk one question and renders the answer."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Literal
from urllib.parse import parse_qsl, urlsplit

from fastapi import APIRouter, Depends, Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from api.deps import Asking, AtDesk, settings_of
from api.desk import Choice, Desk
from api.frames import chosen, frame_of, lang_of, local, page_html
from api.problems import RETRY_AFTER, told
from api.verifying import Finding, verify
from graph.analysis.answers import GapsAnswer, RankAnswer, WhyNot
from graph.errors import Ambiguous, LianzhuError, NotFound, StoreError, UsageError
from graph.model import LABELS, Ref
from graph.question import Question
from graph.store.base import Neighbourhood
from ingest.template import write_template
from viz import contexts as c
from viz import network
from viz.pages import render
from viz.words import language

__all__ = ["problem_page", "router"]

router = APIRouter(include_in_schema=False)

CHAINS_SHOWN = 30
LEADERS_ANSWERED = 24
NEIGHBOURS = 150

Offset = Annotated[int, Query(ge=0, le=1_000_000)]
Word = Annotated[str, Query(max_length=200)]
Text = Annotated[str, Form(max_length=400)]


@router.get("/")
def home(request: Request, desk: AtDesk, question: Asking) -> Response:
    """今天要处理什么?"""
    chains = desk.chains()
    shown = chains[:CHAINS_SHOWN]
    few = sum(len(chain.chains) for chain in shown) <= LEADERS_ANSWERED
    rows = [_chain_row(desk, chain, question if few else None) for chain in shown]
    page = c.HomePage(chosen(request, desk), rows, desk.names(), len(chains) - len(shown))
    return page_html(request, desk, page)


@router.get("/chains/{chain_id}")
def chain_page(request: Request, desk: AtDesk, question: Asking, chain_id: str) -> Response:
    """这条链长什么样、断在哪?"""
    found = desk.chain_map(_about(desk, question, chain_id), chain_id)
    frame = frame_of(request, desk, chain_id, found.question.leader, found.question.region, "map")
    return page_html(request, desk, c.ChainPage(frame, found, desk.names()))


@router.get("/chains/{chain_id}/gaps")
def gaps_page(
    request: Request,
    desk: AtDesk,
    question: Asking,
    chain_id: str,
    offset: Annotated[int, Query(alias="from", ge=0)] = 0,
    verify_from: Offset = 0,
) -> Response:
    """先补哪里?"""
    answer = desk.gaps(_about(desk, question, chain_id))
    page = c.GapsPage(
        frame_of(request, desk, chain_id, answer.question.leader, answer.question.region, "gaps"),
        answer,
        desk.names(),
        _evidence(desk, answer),
        offset,
        verify_from,
    )
    return page_html(request, desk, page)


@router.get("/chains/{chain_id}/candidates")
def candidates_page(
    request: Request,
    desk: AtDesk,
    question: Asking,
    chain_id: str,
    kind: Word = "",
    segment: Word = "",
    why: Word = "",
    offset: Annotated[int, Query(alias="from", ge=0)] = 0,
) -> Response:
    """哪些企业能补?"""
    asked = _about(desk, question, chain_id)
    answer, gaps = desk.rank(asked, None, kind or "all", segment), desk.gaps(asked)
    page = c.CandidatesPage(
        frame_of(request, desk, chain_id, gaps.question.leader, gaps.question.region, "rank"),
        answer,
        desk.names(),
        _evidence(desk, gaps, answer),
        gaps.segments,
        kind or None,
        segment or None,
        offset,
    )
    return page_html(request, desk, _with_why(desk, asked, page, why))


@dataclass(frozen=True)
class Picture:
    """A chain's relation graph as asked for: what it is about and what is around that."""

    chain: str
    question: Question
    center: Ref
    found: Neighbourhood
    limit: int


def _picture(
    desk: AtDesk,
    question: Asking,
    chain_id: str,
    center: Word = "",
    limit: Annotated[int, Query(ge=1, le=300)] = NEIGHBOURS,
) -> Picture:
    around = _around(desk, question, chain_id, center)
    hops = 2 if around.label == "Chain" else 1  # its own neighbours are only segments and leaders
    found = desk.store.neighbourhood(around, limit, hops)
    return Picture(chain_id, question, around, found, limit)


Pictured = Annotated[Picture, Depends(_picture)]


@router.get("/chains/{chain_id}/graph")
def graph_page(request: Request, desk: AtDesk, picture: Pictured) -> Response:
    """谁和谁有关系?"""
    asked, found = picture.question, picture.found
    page = c.GraphPage(
        frame_of(request, desk, picture.chain, asked.leader, asked.region),
        found.nodes,
        found.rels,
        desk.names(),
        picture.center,
        found.hidden,
        picture.limit,
    )
    return page_html(request, desk, page)


@router.get("/chains/{chain_id}/graph/frame")
def graph_frame(request: Request, desk: AtDesk, picture: Pictured) -> Response:
    """The picture inside the graph page."""
    gaps = desk.gaps(_about(desk, picture.question, picture.chain))
    html = network.frame(
        picture.found.nodes,
        picture.found.rels,
        center=picture.center,
        hidden=picture.found.hidden,
        lang=lang_of(request),
        names=desk.names(),
        gaps={s.segment: s.type for s in gaps.segments},
    )
    return HTMLResponse(html)


@router.get("/entities/{label}/{id:path}")
def entity_page(request: Request, desk: AtDesk, label: str, id: str) -> Response:
    """这家企业/项目是谁?"""
    if label not in LABELS:
        raise NotFound("unknown_node", label=label, id=id)
    found = desk.dossier(Ref(label, id))
    return page_html(request, desk, c.EntityPage(chosen(request, desk), found, desk.names()))


@router.get("/method")
def method_page(request: Request, desk: AtDesk) -> Response:
    """口径与算法."""
    return page_html(request, desk, c.MethodPage(chosen(request, desk)))


@router.get("/template.xlsx")
def template() -> Response:
    """The Excel template."""
    with TemporaryDirectory(prefix="lianzhu-") as folder:
        path = Path(folder) / "lianzhu-template.xlsx"
        write_template(path)
        content = path.read_bytes()
    return Response(
        content,
        media_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        headers={"Content-Disposition": 'attachment; filename="lianzhu-template.xlsx"'},
    )


@router.post("/surveys")
def survey(
    desk: AtDesk,
    region: Text,
    segment: Text,
    source: Text,
    as_of: Text,
    verdict: Annotated[Literal["none", "found"], Form()],
    firm: Text = "",
    back: Annotated[str, Form(alias="next", max_length=4000)] = "/",
) -> Response:
    """已核实: record a check and go back to where it was asked."""
    if (verdict == "found") != bool(firm.strip()):
        raise UsageError("verdict_and_firm")
    verify(desk, Finding(region, segment, source, as_of, firm))
    return RedirectResponse(local(back, done="verified"), 303)


@router.post("/blank")
def blank(request: Request, lang: Text = "zh") -> Response:
    """Leave the sample for the user's own store, which starts empty and never mixes with it."""
    settings = settings_of(request)
    store = settings.open_store()
    store.migrate()
    request.app.state.desk = Desk(store)
    return RedirectResponse(f"/?lang={language(lang)}&done=blank_opened", 303)


def problem_page(request: Request, error: Exception) -> Response:
    """Whatever went wrong, as a page that says what to do next."""
    desk: Desk = request.app.state.desk
    status, code, _ = told(error, lang_of(request))
    facts = error.facts if isinstance(error, LianzhuError) else {}
    frame = c.Frame(lang_of(request), request.url.path)
    if not isinstance(error, StoreError):  # else the page must not need the store
        with suppress(LianzhuError):
            frame = chosen(request, desk)
    if request.method != "GET":  # 再试一次 goes back to the form, not to where it posts
        back = urlsplit(local(request.headers.get("referer", "/")))
        frame = replace(frame, path=back.path, query=dict(parse_qsl(back.query)))
    headers = {"Retry-After": RETRY_AFTER} if status == 503 else None
    return HTMLResponse(render(c.ProblemPage(frame, status, code, facts)), status, headers)


def _around(desk: Desk, question: Question, chain: str, center: str) -> Ref:
    """What the picture is about: what was asked for, else the leader, else the chain."""
    label, _, id_ = center.partition(":")
    if label in LABELS and id_:
        return Ref(label, id_)
    if question.leader:
        return Ref("Enterprise", desk.id_of("Enterprise", question.leader, "leader"))
    return Ref("Chain", desk.id_of("Chain", chain, "chain"))


def _about(desk: Desk, question: Question, chain: str) -> Question:
    """The question of a chain's page: its chosen leader, or the chain as a whole."""
    desk.id_of("Chain", chain, "chain")
    return question if question.leader else replace(question, chain=chain)


def _chain_row(desk: Desk, chain: Choice, question: Question | None) -> c.ChainRow:
    """A chain with its leaders' gaps as `question` sees them; without one they are not computed."""
    rows = [
        c.LeaderRow(leader, None if question is None else _try_gaps(desk, question, leader))
        for leader in chain.chains
    ]
    segments = desk.segments_in(chain.id)
    return c.ChainRow(chain.id, chain.name, segments, rows or [c.LeaderRow(None, None)])


def _try_gaps(desk: Desk, question: Question, leader: str) -> GapsAnswer | None:
    """The leader's gaps, or None where the question still lacks something (its region, say)."""
    try:
        return desk.gaps(replace(question, leader=leader, chain=None))
    except LianzhuError:
        return None


def _with_why(desk: Desk, asked: Question, page: c.CandidatesPage, why: str) -> c.CandidatesPage:
    if not why:
        return page
    try:
        found = desk.explain(asked, why)
    except Ambiguous as error:
        ids = str(error.facts["ids"]).split(", ")
        names = desk.names()
        return replace(page, asked=why, why_matches=[c.Choice(i, names[i]) for i in ids])
    except NotFound:
        return replace(page, asked=why)
    if not isinstance(found, WhyNot):
        found = desk.place(asked, found.id)
    return replace(page, asked=why, why_not=found)


def _evidence(
    desk: Desk, gaps: GapsAnswer, rank: RankAnswer | None = None
) -> dict[str, c.EvidenceFact]:
    ids = {i for s in gaps.segments for i in (*s.evidence, *s.basis)}
    if rank is not None:
        ids |= {i for cand in rank.candidates for p in cand.parts for i in p.evidence}
    return {
        id_: c.EvidenceFact(*(_text(p.get(k)) for k in ("source", "locator", "as_of", "grade")))
        for id_, p in desk.evidence(ids).items()
    }


def _text(value: object) -> str | None:
    return None if value is None else str(value)
