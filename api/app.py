"""The web application: routes, security headers and one place where errors become answers."""

from __future__ import annotations

from importlib.metadata import version
from importlib.resources import files

from fastapi import Depends, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from fastapi.staticfiles import StaticFiles
from fastapi_offline import FastAPIOffline
from starlette.exceptions import HTTPException

from api.deps import records_of
from api.desk import Desk
from api.kept import KeptAnswers
from api.logs import RequestLog
from api.once import Once
from api.problems import problem
from api.routers import (
    account,
    accounts,
    admission,
    applications,
    attachments,
    audit,
    commitments,
    compare,
    consultations,
    corrections,
    exports,
    guide,
    lists,
    milestones,
    pages,
    parks,
    pipeline,
    pursuits,
    report,
    review_files,
    reviews,
    roles,
    schema,
    sessions,
    signin,
    standards,
    tasks,
    trend,
    v1,
)
from api.routers.roles import ROLE_COOKIE
from api.security.bodies import Bodies
from api.security.gate import Gate, same_route
from api.security.headers import SecurityHeaders
from api.security.hosts import origins_of
from api.security.identity import Identity, demo
from api.security.load import Load
from api.security.signing_in import identify
from api.settings import Settings
from api.taken import Taken
from graph.errors import LianzhuError
from graph.store.base import GraphStore

__all__ = ["create_app"]

_UPLOADS = 4  # times the largest file: the routes read so much on and say what is too large


def create_app(store: GraphStore, settings: Settings, *, sample: bool = False) -> FastAPI:
    """The application over one store; it reads nothing from the environment."""
    app: FastAPI = FastAPIOffline(
        title="lianzhu 链主",
        version=version("lianzhu"),
        redoc_url=None,
        dependencies=[Depends(same_route)],
    )
    app.state.desk = Desk(store, sample=sample)
    app.state.settings = settings
    app.state.records = {}  # by address, opened when first used
    for pair in (
        parks,
        compare,
        report,
        exports,
        guide,
        lists,
        corrections,
        tasks,
        schema,
        audit,
        admission,
        standards,
        applications,
        consultations,
        milestones,
        trend,
        sessions,
        pipeline,
        commitments,
    ):
        app.include_router(pair.api)
        app.include_router(pair.router)
    app.include_router(pursuits.router)
    app.include_router(v1.router)
    app.include_router(pages.router)
    for router in (roles.router, signin.router, account.router, accounts.router):
        app.include_router(router)
    for router in (reviews.router, review_files.router):
        app.include_router(router)
    app.include_router(attachments.router)
    app.mount("/static", StaticFiles(directory=str(files("viz") / "static")), name="static")
    _health(app, store)
    _errors(app, settings)
    app.add_middleware(
        KeptAnswers,
        state=app.state,
        size=settings.kept_mb << 20,
        refuse=lambda request, error: _answer(request, error, settings),
    )
    app.add_middleware(
        Once,
        records=records_of,
        refuse=lambda request, error: _answer(request, error, settings),
    )
    app.add_middleware(
        Taken,
        records=records_of,
        refuse=lambda request, error: _answer(request, error, settings),
    )
    app.add_middleware(
        Gate,
        routes=lambda: app.routes,
        identify=identify if settings.accounts == "on" else _demo,
        origins=origins_of(settings.origin) if settings.accounts == "on" else (),
        refuse=lambda request, error: _answer(request, error, settings),
    )
    app.add_middleware(
        Load,
        concurrent=settings.concurrent,
        waiting=settings.waiting,
        seconds=settings.request_seconds,
        refuse=lambda request, error: _answer(request, error, settings),
    )
    app.add_middleware(
        Bodies,
        upload=_UPLOADS * max(settings.upload_mb, settings.attachment_mb) << 20,
        refuse=lambda request, error: _answer(request, error, settings),
    )
    app.add_middleware(SecurityHeaders)
    app.add_middleware(RequestLog)
    return app


async def _demo(request: Request) -> Identity:
    return demo(request.cookies.get(ROLE_COOKIE, ""))


def _health(app: FastAPI, store: GraphStore) -> None:
    @app.get("/healthz", include_in_schema=False)
    async def healthz() -> JSONResponse:  # on the loop: no place among the threads is needed
        return JSONResponse({"ok": True})

    @app.get("/readyz", include_in_schema=False)
    def readyz() -> JSONResponse:
        health = store.health()
        status = 200 if health.ok else 503
        return JSONResponse({"ok": health.ok, "detail": health.detail}, status)


def _errors(app: FastAPI, settings: Settings) -> None:
    for kind in (LianzhuError, HTTPException, RequestValidationError, Exception):
        app.exception_handler(kind)(lambda request, error: _answer(request, error, settings))


def _answer(request: Request, error: Exception, settings: Settings) -> Response:
    """The error in the form the asker reads."""
    if request.url.path.startswith(("/api/", "/healthz", "/readyz", "/static")):
        return problem(request, error, settings)
    return pages.problem_page(request, error)
