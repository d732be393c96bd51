"""The pages: each asks the desk one question and renders the answer."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Literal
from urllib.parse import parse_qsl, quote, urlsplit

from fastapi import APIRouter, Depends, Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from api import consulting
from api.auditing import audited
from api.correcting import fields_of, mark_of
from api.deps import Asking, AtDesk, AtRecords, identity_of, records_at, settings_of, single_user
from api.desk import Choice, Desk
from api.dossiers import dossier, names_in
from api.frames import chosen, frame_of, lang_of, local, page_html, read_by, shown_to, with_sheet
from api.heating import NO_REGIONS, Regions, heat_of, keeping
from api.kept import today_of
from api.problems import RETRY_AFTER, told
from api.todos import pipeline, todos_of
from api.verifying import Finding, surveying, verify
from graph.analysis.answers import GapsAnswer, RankAnswer, WhyNot
from graph.errors import Ambiguous, LianzhuError, NotFound, StoreError, UsageError
from graph.model import LABELS, RELATIONS, Ref
from graph.question import Question, scheme_of
from ingest.template import write_template
from records import schemes, shortlist
from records.database import Records
from records.engine import shown
from records.roles import Role
from viz import contexts as c
from viz.heat import HeatMap
from viz.pages import render
from viz.words import language

__all__ = ["Ranked", "about_chain", "evidence_of", "problem_page", "router"]

router = APIRouter(include_in_schema=False)

CHAINS_SHOWN = 30
LEADERS_ANSWERED = 24

Offset = Annotated[int, Query(ge=0, le=1_000_000)]
Word = Annotated[str, Query(max_length=200)]
Text = Annotated[str, Form(max_length=400)]


@router.get("/")
def home(request: Request, desk: AtDesk, question: Asking, records: AtRecords) -> Response:
    """今天要处理什么?"""
    who = identity_of(request)
    if who.only_park is not None:
        return RedirectResponse(f"/parks/{quote(who.only_park, safe='')}", 303)
    if who.roles == {Role.AUDITOR}:
        return RedirectResponse("/audit", 303)
    chains = desk.chains()
    shown = chains[:CHAINS_SHOWN]
    few = sum(len(chain.chains) for chain in shown) <= LEADERS_ANSWERED
    rows = [_chain_row(desk, chain, question if few else None) for chain in shown]
    frame = chosen(request, desk)
    hidden = len(chains) - len(shown)
    todos = [
        *consulting.todos(request, desk, records, frame),
        *todos_of(records, frame, rows, today_of(request.app.state)),
    ]
    page = c.HomePage(frame, rows, desk.names(), hidden, todos, pipeline(desk))
    return page_html(request, desk, page, todos)


@router.get("/chains/{chain_id}")
def chain_page(request: Request, desk: AtDesk, question: Asking, chain_id: str) -> Response:
    """这条链长什么样、断在哪?"""
    found = desk.chain_map(about_chain(desk, question, chain_id), chain_id)
    frame = frame_of(request, desk, chain_id, found.question.leader, found.question.region, "map")
    page = c.ChainPage(with_sheet(request, frame), found, desk.names())
    return page_html(request, desk, page)


@router.get("/chains/{chain_id}/gaps")
def gaps_page(
    request: Request,
    desk: AtDesk,
    question: Asking,
    chain_id: str,
    offset: Annotated[int, Query(alias="from", ge=0)] = 0,
    verify_from: Offset = 0,
    regions: Regions = NO_REGIONS,
    heat: Word = "",
) -> Response:
    """先补哪里?"""
    asked = about_chain(desk, question, chain_id)
    answer, warm = desk.gaps(asked), heat_of(desk, asked, regions)
    seen = answer.question
    frame = frame_of(request, desk, chain_id, seen.leader, seen.region, "gaps")
    page = c.GapsPage(
        keeping(with_sheet(request, frame), warm, regions),
        answer,
        desk.names(),
        evidence_of(desk, answer),
        offset,
        verify_from,
        HeatMap(warm, whole=heat == "all"),
    )
    return page_html(request, desk, page)


def _ranked(
    request: Request,
    desk: AtDesk,
    question: Asking,
    chain_id: str,
    kind: Word = "",
    segment: Word = "",
    why: Word = "",
    offset: Annotated[int, Query(alias="from", ge=0)] = 0,
    no_giants: bool = False,
    no_courted: bool = False,
    *,
    records: AtRecords,
) -> c.CandidatesPage:
    """The candidates as filtered in the address."""
    asked = about_chain(desk, question, chain_id)
    every, gaps = desk.rank(asked, None, kind or "all", segment), desk.gaps(asked)
    asked_for = {"giants": no_giants, "courted": no_courted}
    hide = [code for code, wanted in asked_for.items() if wanted]
    left_out = _left_out(desk, records, hide)
    answer = replace(
        every, candidates=[x for x in every.candidates if (x.kind, x.id) not in left_out]
    )
    seen = gaps.question
    frame = frame_of(request, desk, chain_id, seen.leader, seen.region, "rank")
    page = c.CandidatesPage(
        with_sheet(request, frame),
        answer,
        desk.names(),
        evidence_of(desk, gaps, answer),
        gaps.segments,
        kind or None,
        segment or None,
        offset,
        hide=hide,
        hidden=len(every.candidates) - len(answer.candidates),
        picked=shortlist.picked(
            records, answer.question.leader or "", chain_id, answer.question.region
        ),
        scheme=scheme_of(asked.scheme),
        schemes=(kept := schemes.saved(records)),
        saved_by={one.name: one.saved_by for one in kept},
        before=_places(desk, asked),
    )
    return _with_why(desk, asked, page, why)


Ranked = Annotated[c.CandidatesPage, Depends(_ranked)]


@router.get("/chains/{chain_id}/candidates")
def candidates_page(request: Request, desk: AtDesk, page: Ranked) -> Response:
    """哪些企业能补?"""
    mark = sorted(page.picked), page.schemes, [(x.kind, x.id) for x in page.answer.candidates]
    return page_html(request, desk, page, mark)


@router.get("/entities/{label}/{id:path}")
def entity_page(
    request: Request,
    desk: AtDesk,
    records: AtRecords,
    label: str,
    id: str,
    fix: Word = "",
    to: Word = "",
    key: Word = "",
) -> Response:
    """这家企业/项目是谁?"""
    if label not in LABELS:
        raise NotFound("unknown_node", label=label, id=id)
    found = dossier(desk, records, Ref(label, id))
    relation = (fix, id, to, key) if fix in RELATIONS else None
    page = c.EntityPage(
        chosen(request, desk),
        found,
        desk.names(),
        fields_of(fix if relation else label),
        relation,
        mark_of(desk, *(relation or (label, id))),
    )
    return page_html(request, desk, page, names_in(found) or None)


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
    records: AtRecords,
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
    finding = Finding(region, segment, source, as_of, firm)
    verify(desk, finding, surveying(records, desk.store, finding))
    return RedirectResponse(local(back, done="verified"), 303)


@router.post("/blank", dependencies=[Depends(single_user)])
def blank(request: Request, lang: Text = "zh") -> Response:
    """Leave the sample for the user's own store, which starts empty and never mixes with it."""
    settings = settings_of(request)
    store = settings.open_store()
    own = records_at(request.app, sample=False).acting(identity_of(request).actor)
    with audited(own, "graph.blank", shown(settings.graph_url)):
        store.migrate()
    request.app.state.desk = Desk(store)
    records_at(request.app).migrate()
    return RedirectResponse(f"/?lang={language(lang)}&done=blank_opened", 303)


def problem_page(request: Request, error: Exception) -> Response:
    """Whatever went wrong, as a page that says what to do next."""
    desk: Desk = request.app.state.desk
    status, code, _ = told(error, lang_of(request))
    if code == "overloaded" and request.method == "GET":
        return HTMLResponse(_busy(lang_of(request)), status, {"Retry-After": RETRY_AFTER})
    facts = error.facts if isinstance(error, LianzhuError) else {}
    frame = c.Frame(lang_of(request), request.url.path, **read_by(request))
    stranger = identity_of(request).by == "nothing"
    if not isinstance(error, StoreError) and not stranger:  # else no need of the store, or no right
        with suppress(LianzhuError):
            frame = chosen(request, desk)
    if request.method != "GET":  # 再试一次 goes back to the form, not to where it posts
        back = urlsplit(local(request.headers.get("referer", "/")))
        frame = replace(frame, path=back.path, query=dict(parse_qsl(back.query)))
    headers = {"Retry-After": RETRY_AFTER} if status == 503 else None
    html = shown_to(request, render(c.ProblemPage(frame, status, code, facts)))
    return HTMLResponse(html, status, headers)


@cache
def _busy(lang: str) -> str:
    """That there is no place now: made once, since it is sent most when there is no time for it."""
    return render(c.ProblemPage(c.Frame(lang, "", rights=()), 503, "overloaded"))


def about_chain(desk: Desk, question: Question, chain: str) -> Question:
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


def _left_out(desk: Desk, records: Records, hide: Sequence[str]) -> Collection[tuple[str, str]]:
    """(kind, id) of giants that will not move and of those already contacted, as asked for."""
    found = set(shortlist.courted(records)) if "courted" in hide else set()
    if "giants" in hide:
        table = desk.snapshot.nodes("Enterprise")
        rows = zip(table.ids, table.values("size"), table.values("leads"), strict=True)
        found |= {("enterprise", id_) for id_, size, leads in rows if size == "large" or leads}
    return found


def _places(desk: Desk, asked: Question) -> dict[tuple[str, str], int]:
    """The place of every candidate under the default weights, where others are asked."""
    if asked.scheme == Question.scheme:
        return {}
    ranked = desk.rank(replace(asked, scheme=Question.scheme)).candidates
    return {(c.kind, c.id): at for at, c in enumerate(ranked, 1)}


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


def evidence_of(
    desk: Desk, gaps: GapsAnswer, rank: RankAnswer | None = None
) -> dict[str, c.EvidenceFact]:
    """What the answers rest on, by id."""
    ids = {i for s in gaps.segments for i in (*s.evidence, *s.basis)}
    if rank is not None:
        ids |= {i for cand in rank.candidates for p in cand.parts for i in p.evidence}
    return {
        id_: c.EvidenceFact(*(_text(p.get(k)) for k in ("source", "locator", "as_of", "grade")))
        for id_, p in desk.evidence(ids).items()
    }


def _text(value: object) -> str | None:
    return None if value is None else str(value)
