"""The web application: routes, security headers and one place where errors become answers."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Awaitable, Callable
from importlib.metadata import version
from importlib.resources import files
from urllib.parse import urlsplit

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from fastapi.staticfiles import StaticFiles
from fastapi_offline import FastAPIOffline
from starlette.exceptions import HTTPException

from api.desk import Desk
from api.kept import KeptAnswers
from api.problems import problem
from api.routers import (
    compare,
    corrections,
    exports,
    guide,
    lists,
    pages,
    parks,
    report,
    schema,
    tasks,
    v1,
)
from api.settings import Settings
from graph.errors import LianzhuError
from graph.store.base import GraphStore

__all__ = ["create_app"]

CSP = (
    "default-src 'self'; img-src 'self' data:; frame-ancestors 'self'; object-src 'none'; "
    "base-uri 'none'; form-action 'self'"
)
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}
READS = frozenset({"GET", "HEAD", "OPTIONS"})
_Next = Callable[[Request], Awaitable[Response]]


def create_app(store: GraphStore, settings: Settings, *, sample: bool = False) -> FastAPI:
    """The application over one store; it reads nothing from the environment."""
    app: FastAPI = FastAPIOffline(title="lianzhu 链主", version=version("lianzhu"), redoc_url=None)
    app.state.desk = Desk(store, sample=sample)
    app.state.settings = settings
    app.state.records = {}  # by address, opened when first used
    for pair in (parks, compare, report, exports, guide, lists, corrections, tasks, schema):
        app.include_router(pair.api)
        app.include_router(pair.router)
    app.include_router(v1.router)
    app.include_router(pages.router)
    app.mount("/static", StaticFiles(directory=str(files("viz") / "static")), name="static")
    _health(app, store)
    _errors(app, settings)
    app.middleware("http")(_guard)
    app.add_middleware(KeptAnswers, state=app.state, size=settings.kept_mb << 20)
    return app


def _health(app: FastAPI, store: GraphStore) -> None:
    @app.get("/healthz", include_in_schema=False)
    def healthz() -> JSONResponse:
        return JSONResponse({"ok": True})

    @app.get("/readyz", include_in_schema=False)
    def readyz() -> JSONResponse:
        health = store.health()
        status = 200 if health.ok else 503
        return JSONResponse({"ok": health.ok, "detail": health.detail}, status)


def _errors(app: FastAPI, settings: Settings) -> None:
    def answer(request: Request, error: Exception) -> Response:
        if request.url.path.startswith(("/api/", "/healthz", "/readyz", "/static")):
            return problem(request, error, settings)
        return pages.problem_page(request, error)

    for kind in (LianzhuError, HTTPException, RequestValidationError, Exception):
        app.exception_handler(kind)(answer)


async def _guard(request: Request, call_next: _Next) -> Response:
    """Refuse writes from other sites; put the security headers on everything."""
    if request.method not in READS and not _same_site(request):
        return JSONResponse({"status": 403, "code": "cross_site"}, 403)
    response = await call_next(request)
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if "Content-Security-Policy" not in response.headers:
        response.headers["Content-Security-Policy"] = await _policy(request, response)
    return response


def _same_site(request: Request) -> bool:
    """Browsers say where a write comes from; a client that says nothing is no browser."""
    if request.headers.get("sec-fetch-site", "none") not in ("same-origin", "none"):
        return False
    origin = request.headers.get("origin")
    return origin is None or urlsplit(origin).netloc == request.headers.get("host")


async def _policy(request: Request, response: Response) -> str:
    """The policy of pages; the generated API page also needs its one inline script, by hash."""
    if request.url.path != "/docs" or not hasattr(response, "body_iterator"):
        return CSP
    body = b"".join([chunk async for chunk in response.body_iterator])
    response.body_iterator = _again(body)
    scripts = re.findall(rb"<script>(.*?)</script>", body, re.S)
    digests = (base64.b64encode(hashlib.sha256(s).digest()).decode() for s in scripts)
    hashes = " ".join(f"'sha256-{d}'" for d in digests)
    return f"{CSP}; script-src 'self' {hashes}; style-src 'self' 'unsafe-inline'"


async def _again(body: bytes):  # type: ignore[no-untyped-def]
    yield body
