"""The gate: who asks is known, and may, before anything of a request is read."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Iterable, Iterator
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Match
from starlette.types import ASGIApp, Receive, Scope, Send

from api.security.hosts import is_own
from api.security.identity import ANONYMOUS, Identity
from api.security.policy import POLICY
from graph.errors import LianzhuError, NotAllowed, NotSignedIn

__all__ = ["READS", "Gate", "flat", "route_of", "same_route"]

READS = frozenset({"GET", "HEAD", "OPTIONS"})
# What has to be done first is done on the first of these; the others are what it takes.
_MUST = {
    "password": ("/account", "/account/password"),
    "totp": ("/account", "/account/totp", "/account/totp/confirm"),
}


class Gate:
    """Middleware that lets a request through, with its `identity` in `scope["state"]`, or refuses.

    `identify` says who asks (it may read the records); `origins` are those writes may come from;
    `refuse` words an error as an answer.
    """

    def __init__(
        self,
        app: ASGIApp,
        routes: Callable[[], Iterable[BaseRoute]],
        identify: Callable[[Request], Awaitable[Identity]],
        refuse: Callable[[Request, Exception], Response],
        origins: Collection[str] = (),
    ) -> None:
        self._app, self._routes = app, routes
        self._identify, self._origins, self._refuse = identify, origins, refuse

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer why not."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope, receive)
        request.state.identity = ANONYMOUS
        try:
            elsewhere = await self._checked(request)
        except LianzhuError as error:
            elsewhere = self._refuse(request, error)
        await (elsewhere or self._app)(scope, receive, send)

    async def _checked(self, request: Request) -> Response | None:
        """None where the request may go on; an answer that leads elsewhere; or the error raised."""
        route = request.state.route = route_of(self._routes(), request.scope)
        identity = await self._identify(request)
        request.state.identity = identity
        if route is None:
            return None  # nothing is there; the application says so
        rule = POLICY.get(route)
        if request.method not in READS and not _same_site(request, identity, self._origins):
            raise NotAllowed("cross_site")
        if rule is None:
            raise NotAllowed("not_allowed")
        if rule.public:
            return None
        if identity.by == "nothing":
            return _to_sign_in(request)
        if identity.must and request.url.path not in _MUST[identity.must]:
            if request.url.path.startswith("/api/"):
                raise NotAllowed(f"must_{identity.must}")
            return RedirectResponse(_MUST[identity.must][0] + _spoken(request, "?"), 303)
        if not rule.allows(identity.roles):
            raise NotAllowed("not_allowed")
        return None


def route_of(routes: Iterable[BaseRoute], scope: Scope) -> str | None:
    """`METHOD /template` of the route that would answer, as the table names it."""
    for route in flat(routes):
        match, _ = route.matches(scope)
        if match is Match.FULL:
            return f"{scope['method']} {getattr(route, 'path', '')}"
    return None


def flat(routes: Iterable[BaseRoute]) -> Iterator[BaseRoute]:
    """Routes with those of included routers in their place."""
    for route in routes:
        inner = getattr(route, "original_router", None)
        if inner is None:
            yield route
        else:
            yield from flat(inner.routes)


async def same_route(request: Request) -> None:
    """A dependency of every route: what answers is what the gate let through."""
    answering = f"{request.method} {getattr(request.scope['route'], 'path', '')}"
    if request.state.route != answering:
        raise NotAllowed("not_allowed")


def _to_sign_in(request: Request) -> Response:
    """A page leads to signing in and back; a program is told so."""
    if request.method != "GET" or request.url.path.startswith("/api/"):
        raise NotSignedIn("not_signed_in")
    back = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return RedirectResponse(f"/signin?next={quote(back, safe='')}{_spoken(request, '&')}", 303)


def _spoken(request: Request, before: str) -> str:
    """The language asked for goes along."""
    lang = request.query_params.get("lang")
    return f"{before}lang={quote(lang, safe='')}" if lang else ""


def _same_site(request: Request, identity: Identity, origins: Collection[str]) -> bool:
    """Browsers say where a write comes from; who says nothing must not live on cookies."""
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    if site is not None and site not in ("same-origin", "none"):
        return False
    if origin is not None:
        return is_own(origin, request.headers.get("host", ""), origins)
    return site is not None or identity.by != "session"
