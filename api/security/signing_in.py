"""Who asks where accounts are on: by a token, else by a session, else nobody."""

from __future__ import annotations

from datetime import UTC, datetime

from fastapi import Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response

from api.deps import records_at, settings_of
from api.security.gate import READS
from api.security.identity import ANONYMOUS, Identity
from graph.errors import NotAllowed
from records.accounts import Account
from records.credentials import due
from records.roles import Role
from records.sessions import session_of
from records.tokens import token_of

__all__ = ["COOKIE", "address_of", "cookie_of", "give", "identify", "now_of", "take"]

COOKIE = "__Host-lianzhu"
# Answers that are the same for everybody, and must not wait for the records.
_ANYBODY = ("/static/", "/healthz", "/readyz", "/static-offline-docs/")


async def identify(request: Request) -> Identity:
    """Who asks; `NotAllowed` for a token that may only read and shall write."""
    path = request.url.path
    if path.startswith(_ANYBODY):
        return ANONYMOUS
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if path.startswith("/api/") and scheme.lower() == "bearer":
        return await run_in_threadpool(_by_token, request, token.strip())
    if cookie := cookie_of(request):
        return await run_in_threadpool(_by_cookie, request, cookie)
    return ANONYMOUS


def _by_cookie(request: Request, cookie: str) -> Identity:
    found = session_of(records_at(request.app), cookie, now_of(request))
    if found is None or found.pending:
        return ANONYMOUS
    must = due(found.account, settings_of(request).profile, now_of(request))
    return _identity(found.account, must, session=found.id)


def now_of(request: Request) -> datetime:
    """The time; `state.now` of the application says another in tests."""
    now: datetime = getattr(request.app.state, "now", None) or datetime.now(UTC)
    return now


def address_of(request: Request) -> str:
    """Where the request comes from."""
    return request.client.host if request.client else ""


def cookie_of(request: Request) -> str:
    """The session's id as the browser holds it, "" for none."""
    return request.cookies.get(COOKIE, "")


def give(answer: Response, session: str) -> None:
    """Put a session's id into the browser: only for this host, over TLS, never for a script."""
    answer.set_cookie(COOKIE, session, secure=True, httponly=True, samesite="lax", path="/")


def take(answer: Response) -> None:
    """Take it out again."""
    answer.delete_cookie(COOKIE, secure=True, httponly=True, samesite="lax", path="/")


def _by_token(request: Request, token: str) -> Identity:
    found = token_of(records_at(request.app), token, now_of(request))
    if found is None:
        return ANONYMOUS
    account, scope = found
    if scope == "read" and request.method not in READS:
        raise NotAllowed("token_reads_only")
    return _identity(account, due(account, settings_of(request).profile, now_of(request)), "token")


def _identity(account: Account, must: str, by: str = "session", session: str = "") -> Identity:
    details = account.details
    return Identity(
        account.id,
        details.name,
        frozenset({details.role}),
        by,  # type: ignore[arg-type]
        details.park if details.role == Role.PARK else None,
        must,  # type: ignore[arg-type]
        session,
        details.department,
    )
