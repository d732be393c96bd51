"""No body larger than anything here needs, and none for ever on its way."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.security.gate import READS
from api.security.identity import ANONYMOUS
from graph.errors import LianzhuError, StoreBusy, TooLarge, TooSlow

__all__ = ["FORM_BYTES", "SECONDS", "Bodies", "is_upload", "unknown"]

FORM_BYTES = 2 << 20  # of whatever is no upload
SECONDS = 30.0  # that a form may take, and an upload before `SLOWEST` counts
SLOWEST = 50 << 10  # bytes a second of an upload
MOST = 64  # forms on their way at once: what they may weigh together in memory
_HEARD = 4  # times the limit are read and thrown away: a browser listens only once it has sent all
_UPLOADS = ("/guide/check", "/api/v1/imports", "/shortlist/read", "/applications/workbook")


class Bodies:
    """Middleware that reads a form before anything else is done, and bounds an upload.

    So whoever sends slowly holds no place of those who are answered.  An upload goes on as it
    comes, of at most `upload` bytes; the routes' own limits are below that and say more.  Too many
    bytes are answered 413, too slow ones 408, and what comes after them is for nobody.
    """

    def __init__(
        self, app: ASGIApp, upload: int, refuse: Callable[[Request, Exception], Response]
    ) -> None:
        self._app, self._upload, self._refuse = app, upload, refuse
        self._coming = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on with its body, or answer what is wrong with that."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        upload = is_upload(scope)
        limit = self._upload if upload else FORM_BYTES
        declared = Headers(scope=scope).get("content-length", "")
        if declared.isdecimal() and int(declared) > (limit if upload else _HEARD * limit):
            await self._say(scope, receive, send, TooLarge("body_too_large", limit=limit))
        elif scope["method"] in READS:
            await self._app(scope, receive, send)  # nobody reads a body
        elif upload:
            await self._passed(scope, receive, send)
        else:
            await self._read(scope, receive, send)

    async def _read(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._coming >= MOST:
            await self._say(scope, receive, send, StoreBusy("overloaded"))
            return
        self._coming += 1
        try:
            body = await asyncio.wait_for(_whole(receive), SECONDS)
        except TimeoutError:
            await self._say(scope, receive, send, TooSlow("body_too_slow"))
            return
        except TooLarge as error:
            await self._say(scope, receive, send, error)
            return
        finally:
            self._coming -= 1
        if body is not None:  # else the client has gone
            await self._app(scope, _again(body, receive), send)

    async def _passed(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The upload as it comes; when something is wrong with it, it breaks off for the route."""
        started, size, more, wrong = time.monotonic(), 0, True, False

        async def bounded() -> Message:
            nonlocal size, more, wrong
            if wrong:
                return {"type": "http.disconnect"}
            if not more:
                return await receive()
            try:
                left = started + SECONDS + size / SLOWEST - time.monotonic()
                message = await asyncio.wait_for(receive(), max(left, 0.0))
            except TimeoutError:
                return await broken(TooSlow("body_too_slow"))
            size += len(message.get("body", b""))
            more = message.get("more_body", False)
            if size > self._upload:
                return await broken(TooLarge("body_too_large", limit=self._upload))
            return message

        async def broken(error: LianzhuError) -> Message:
            nonlocal wrong
            wrong = True
            await self._say(scope, receive, send, error)
            return {"type": "http.disconnect"}

        async def first(message: Message) -> None:
            if not wrong:
                await send(message)

        try:
            await self._app(scope, bounded, first)
        except Exception:
            if not wrong:
                raise

    async def _say(self, scope: Scope, receive: Receive, send: Send, error: LianzhuError) -> None:
        await self._refuse(unknown(scope), error)(scope, receive, send)


def is_upload(scope: Scope) -> bool:
    """Whether files come with the request."""
    path: str = scope["path"]
    return scope["method"] == "POST" and (path in _UPLOADS or path.endswith("/attachments"))


def unknown(scope: Scope) -> Request:
    """A request to be refused before anybody has asked who it is."""
    request = Request(scope)
    if not hasattr(request.state, "identity"):
        request.state.identity = ANONYMOUS
    return request


async def _whole(receive: Receive) -> bytes | None:
    """All of a form; None where the client has gone.  Raises `TooLarge`, mostly after the end."""
    parts: list[bytes] = []
    size, more = 0, True
    while more and size <= _HEARD * FORM_BYTES:
        message = await receive()
        if message["type"] != "http.request":
            return None
        part, more = message.get("body", b""), message.get("more_body", False)
        size += len(part)
        if size <= FORM_BYTES:
            parts.append(part)
        else:
            parts.clear()
    if size > FORM_BYTES:
        raise TooLarge("body_too_large", limit=FORM_BYTES)
    return b"".join(parts)


def _again(body: bytes, receive: Receive) -> Receive:
    """The body as one message, and then what comes next."""
    given = False

    async def again() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again
