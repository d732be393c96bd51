"""No more requests at once than can be answered, and none for ever."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.security.bodies import is_upload, unknown
from graph.errors import StoreBusy

__all__ = ["Load"]

PATIENCE = 0.5  # seconds that a request waits for a place
LONG_PATIENCE = 30.0  # and a long one for the one before it
SENDING = 30.0  # seconds until a client must have taken a piece of its answer
UPLOADS = 4  # files on their way at once
QUEUE = 8  # long ones and uploads that may wait
_FREE = ("/healthz", "/readyz", "/static/")  # cheap, and asked most when everything else is slow
# What reads or writes whole tables may take minutes: one at a time, beside the places of readers.
_LONG = ("/guide/check", "/api/v1/imports")
_LONG_WRITES = ("/guide/import", "/guide/restore", "/guide/backup")
_PAPER = ".pdf"  # set by a child of seconds, that has a time of its own


class _Places:
    """Places for some requests, and a queue before them."""

    def __init__(self, places: int, waiting: int, patience: float, seconds: float | None) -> None:
        self.seconds = seconds
        self._free = asyncio.Semaphore(places)
        self._most, self._waiting, self._patience = waiting, 0, patience

    async def taken(self) -> bool:
        """Take a place; False where there is none, nor a hope for one."""
        if not self._free.locked():
            return await self._free.acquire()
        if self._waiting >= self._most:
            return False
        self._waiting += 1
        try:
            async with asyncio.timeout(self._patience):
                return await self._free.acquire()
        except TimeoutError:
            return False
        finally:
            self._waiting -= 1

    def left(self) -> None:
        """Give it back."""
        self._free.release()


class Load:
    """Middleware that sheds load: `concurrent` requests inside, `waiting` more for half a second.

    Whoever finds no place is answered 503 with Retry-After.  After `seconds` a request that has
    sent nothing is answered 503 too; its thread runs on and keeps its place until it ends, so that
    slow work never piles up.  Uploads, and what takes long by its nature, have places and queues of
    their own and no deadline; the body of an upload has its own (`api.security.bodies`).
    """

    def __init__(
        self,
        app: ASGIApp,
        concurrent: int,
        waiting: int,
        seconds: float,
        refuse: Callable[[Request, Exception], Response],
    ) -> None:
        self._app, self._refuse = app, refuse
        self._usual = _Places(concurrent, waiting, PATIENCE, seconds)
        self._uploads = _Places(UPLOADS, QUEUE, LONG_PATIENCE, None)
        self._long = _Places(1, QUEUE, LONG_PATIENCE, None)
        self._papers = _Places(1, QUEUE, LONG_PATIENCE, None)
        self._running: set[asyncio.Task[None]] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Take a place and answer, or say that there is none."""
        if scope["type"] != "http" or scope["path"].startswith(_FREE):
            await self._app(scope, receive, send)
            return
        places = self._places(scope)
        if not await places.taken():
            await self._say(scope, receive, send, "overloaded")
            return
        answer = _Answer(send)
        task = asyncio.ensure_future(self._app(scope, receive, answer.send))
        self._running.add(task)
        task.add_done_callback(lambda done: self._left(done, places))
        try:
            await asyncio.wait({task}, timeout=places.seconds)
        except asyncio.CancelledError:  # the server stops, and has waited long enough
            if not answer.started:
                answer.closed = True
                await self._say(scope, receive, send, "stopping")
            raise
        if task.done() or answer.started:
            await _ended(task, answer)
        else:
            answer.closed = True
            await self._say(scope, receive, send, "too_slow")

    def _places(self, scope: Scope) -> _Places:
        path, writes = scope["path"], scope["method"] == "POST"
        if path.startswith(_LONG) or (writes and path in _LONG_WRITES):
            return self._long
        if path.endswith(_PAPER):
            return self._papers
        return self._uploads if is_upload(scope) else self._usual

    def _left(self, done: asyncio.Task[None], places: _Places) -> None:
        self._running.discard(done)
        places.left()
        if not done.cancelled():
            done.exception()  # told to whoever waited; nobody waits after a deadline

    async def _say(self, scope: Scope, receive: Receive, send: Send, code: str) -> None:
        await self._refuse(unknown(scope), StoreBusy(code))(scope, receive, send)


class _Answer:
    """What is sent, until somebody else has answered or the client takes no more of it."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.started = self.closed = False

    async def send(self, message: Message) -> None:
        """Pass a message on, unless it comes too late."""
        if self.closed:
            return
        self.started = True
        try:
            async with asyncio.timeout(SENDING):
                await self._send(message)
        except TimeoutError:
            self.closed = True
            raise


async def _ended(task: asyncio.Task[None], answer: _Answer) -> None:
    """Wait for the end; that a client took nothing more is no fault of ours."""
    try:
        await task
    except TimeoutError:
        if not answer.closed:
            raise
