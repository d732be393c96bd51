"""What surrounds every page: what is chosen, what the data are, and where to go back to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import cache
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit, urlunsplit

from fastapi import Request
from fastapi.responses import HTMLResponse, Response

from api.deps import etag, identity_of, settings_of
from api.desk import Desk
from api.kept import today_of
from api.press import not_offered
from api.security.gate import flat, route_of
from api.security.policy import rights_of
from graph.question import ALGORITHM
from records.roles import Role
from viz import contexts as c
from viz.links import without_links
from viz.pages import Page, render
from viz.table import Table
from viz.words import language
from viz.workbook import MEDIA_TYPE, workbook

__all__ = [
    "age_notice",
    "chosen",
    "frame_of",
    "lang_of",
    "local",
    "page_html",
    "read_by",
    "sheet_of",
    "shown_to",
    "with_sheet",
]

NOTICES = ("verified", "blank_opened", "corrected", "taken_back", "task_given", "schema_added")
STALE_DAYS = 180


def frame_of(
    request: Request,
    desk: Desk,
    chain: str | None = None,
    leader: str | None = None,
    region: str | None = None,
    twin: str | None = None,
) -> c.Frame:
    """The frame of a page of a chain, or of none."""
    done = request.query_params.get("done")
    leaders = [ch for ch in desk.leaders() if chain is None or chain in ch.chains]
    return c.Frame(
        lang=lang_of(request),
        path=request.url.path,
        query={k: v for k, v in request.query_params.items() if k != "done"},
        store=desk.store.health().engine,
        sample=desk.sample,
        empty=not desk.snapshot.tables,
        revision=desk.snapshot.revision,
        data_date=desk.data_date(),
        algorithm=ALGORITHM,
        chains=[c.Choice(x.id, x.name) for x in desk.chains()],
        leaders=[c.Choice(x.id, x.name) for x in leaders],
        regions=[c.Choice(x.id, x.name) for x in desk.regions()],
        chain=chain,
        leader=leader,
        region=region,
        notice=c.Notice(done) if done in NOTICES else None,
        twin=_twin(request, twin, chain, leader),
        blank="/blank" if desk.sample else None,
        age=None if desk.sample else age_notice(desk.data_date(), today_of(request.app.state)),
        **read_by(request),
    )


def read_by(request: Request) -> dict[str, Any]:
    """The fields of a frame that say who reads the page and what else they may ask."""
    who = identity_of(request)
    rights = rights_of(who.roles).difference(not_offered())
    if who.by == "nothing":
        return {"rights": rights}
    shown = c.Who(who.name, sorted(who.roles), who.by == "demo")
    rights = frozenset() if who.must else rights
    if not shown.demo:
        rights -= {"POST /role", "POST /blank"}
    return {"who": shown, "rights": rights}


def age_notice(data_date: str | None, today: date) -> c.Notice | None:
    """That the newest date of the data is more than 180 days before today."""
    try:
        days = (today - date.fromisoformat(data_date or "")).days
    except ValueError:
        return None
    facts = {"date": data_date, "days": days}
    return c.Notice("data_age", facts) if days > STALE_DAYS else None


def chosen(request: Request, desk: Desk) -> c.Frame:
    """The frame of a page outside a chain: what was chosen stays chosen."""
    query = request.query_params
    chain, leader, region = (query.get(k) or None for k in ("chain", "leader", "region"))
    if chain is None and leader is not None:
        led = (c.chains for c in desk.leaders() if c.id == leader)
        chain = next((chains[0] for chains in led), None)
    return frame_of(request, desk, chain, leader, region)


def _twin(request: Request, name: str | None, chain: str | None, leader: str | None) -> str | None:
    """The same answer as JSON."""
    if name is None:
        return None
    query = dict(request.query_params)
    if not leader and chain:
        query["chain"] = chain
    path = (
        f"/api/v1/chains/{quote(chain or '', safe='')}/map" if name == "map" else f"/api/v1/{name}"
    )
    return f"{path}?{urlencode(query)}" if query else path


def lang_of(request: Request) -> str:
    """The language asked for, else the one set."""
    return language(request.query_params.get("lang") or settings_of(request).lang)


def local(back: str, **extra: str) -> str:
    """`back` without any host, so a form can never send the reader elsewhere."""
    parts = urlsplit(back)
    path = "/" + parts.path.lstrip("/\\")
    query = [(k, v) for k, v in parse_qsl(parts.query) if k not in extra]
    return urlunsplit(("", "", path, urlencode([*query, *extra.items()]), ""))


def with_sheet(request: Request, frame: c.Frame) -> c.Frame:
    """The frame of a page whose tables are also a workbook, at the same address with `.xlsx`.

    Who may not take it along is not shown it.
    """
    if not frame.may(f"{request.state.route}.xlsx"):
        return frame
    query = f"?{request.url.query}" if request.url.query else ""
    return replace(frame, sheet=f"{quote(request.url.path)}.xlsx{query}")


def sheet_of(
    request: Request, frame: c.Frame, tables: Sequence[Table], assumed: Mapping[str, object]
) -> Response:
    """The tables of a page as a workbook named after the page."""
    url = str(request.url).replace(".xlsx", "", 1)
    name = quote(request.url.path.strip("/").replace("/", "-"))
    return Response(
        workbook(tables, frame, assumed, url),
        media_type=MEDIA_TYPE,
        headers={"Content-Disposition": f"attachment; filename*=UTF-8''{name}"},
    )


def page_html(request: Request, desk: Desk, page: Page, mark: object = None) -> Response:
    """The page with its ETag, or 304 where the reader already holds it.

    `mark` is what else than the graph and the day the page depends on.
    """
    tag = etag(request, desk.snapshot.revision, mark)
    headers = {"ETag": tag, "Cache-Control": "no-cache"}
    if tag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return HTMLResponse(shown_to(request, render(page)), headers=headers)


def shown_to(request: Request, html: str) -> str:
    """The page without links that lead nowhere for who reads it.

    Templates ask `frame.may` before they offer something; for the two roles to which most is
    closed, what is named everywhere (segments, chains, firms) stays as text.
    """
    roles = identity_of(request).roles
    if not roles or not roles <= {Role.PARK, Role.AUDITOR}:
        return html
    rights, routes = rights_of(roles), list(flat(request.app.routes))

    @cache
    def allowed(path: str) -> bool:
        return route_of(routes, {"type": "http", "method": "GET", "path": unquote(path)}) in rights

    return without_links(html, allowed)
