"""No more requests at once than can be answered, none for ever, and only under our own name."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.security.identity import ANONYMOUS
from graph.errors import StoreBusy

__all__ = ["LOOPBACK_NAMES", "Hosts", "Load", "hosts_of"]

LOOPBACK_NAMES = frozenset({"127.0.0.1", "localhost", "::1"})
PATIENCE = 0.5  # seconds that a request waits for a place
LONG_PATIENCE = 30.0  # and a long write for the one before it
_FREE = ("/healthz", "/readyz", "/static/")  # cheap, and asked most when everything else is slow
# Routes that may take minutes: one at a time, so that they never take the places of readers.
_LONG = ("/guide/check", "/guide/import", "/guide/restore", "/guide/backup", "/api/v1/imports")


class Load:
    """Middleware that sheds load: `concurrent` requests inside, `waiting` more for half a second.

    Whoever finds no place is answered 503 with Retry-After.  After `seconds` a request that has
    sent nothing is answered 503 too; its thread runs on and keeps its place until it ends, so that
    slow work never piles up.  Long writes have a queue and no deadline of their own.
    """

    def __init__(
        self,
        app: ASGIApp,
        concurrent: int,
        waiting: int,
        seconds: float,
        refuse: Callable[[Request, Exception], Response],
    ) -> None:
        self._app, self._seconds, self._refuse = app, seconds, refuse
        self._places = asyncio.Semaphore(concurrent)
        self._long = asyncio.Semaphore(1)
        self._most, self._waiting = waiting, 0
        self._running: set[asyncio.Task[None]] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Take a place and answer, or say that there is none."""
        if scope["type"] != "http" or scope["path"].startswith(_FREE):
            await self._app(scope, receive, send)
            return
        long = scope["method"] == "POST" and scope["path"].startswith(_LONG)
        places = self._long if long else self._places
        if not await self._taken(places, LONG_PATIENCE if long else PATIENCE):
            await self._say(scope, receive, send, "overloaded")
            return
        answer = _Answer(send)
        task = asyncio.ensure_future(self._app(scope, receive, answer.send))
        self._running.add(task)
        task.add_done_callback(lambda done: self._left(done, places))
        await asyncio.wait({task}, timeout=None if long else self._seconds)
        if task.done() or answer.started:
            await task
        else:
            answer.closed = True
            await self._say(scope, receive, send, "too_slow")

    async def _taken(self, places: asyncio.Semaphore, patience: float) -> bool:
        if places.locked() and self._waiting >= self._most:
            return False
        self._waiting += 1
        try:
            await asyncio.wait_for(places.acquire(), patience)
        except TimeoutError:
            return False
        finally:
            self._waiting -= 1
        return True

    def _left(self, done: asyncio.Task[None], places: asyncio.Semaphore) -> None:
        self._running.discard(done)
        places.release()
        if not done.cancelled():
            done.exception()  # told to whoever waited; nobody waits after a deadline

    async def _say(self, scope: Scope, receive: Receive, send: Send, code: str) -> None:
        request = Request(scope)
        if not hasattr(request.state, "identity"):
            request.state.identity = ANONYMOUS  # nobody has asked who it is
        await self._refuse(request, StoreBusy(code))(scope, receive, send)


class _Answer:
    """What is sent, until somebody else has answered."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.started = self.closed = False

    async def send(self, message: Message) -> None:
        """Pass a message on, unless it comes too late."""
        if not self.closed:
            self.started = True
            await self._send(message)


class Hosts:
    """Middleware that answers only under names of this server.

    A page elsewhere whose name is made to lead to this machine (DNS rebinding) is asked under that
    name, and refused.
    """

    def __init__(self, app: ASGIApp, names: Collection[str]) -> None:
        self._app, self._names = app, frozenset(names)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what asks for one of `names`."""
        if scope["type"] == "http":
            given = urlsplit("//" + Headers(scope=scope).get("host", "")).hostname
            if given not in self._names:
                await PlainTextResponse("wrong host", 400)(scope, receive, send)
                return
        await self._app(scope, receive, send)


def hosts_of(origins: str) -> frozenset[str]:
    """Loopback names, and those of `origins` (comma separated, e.g. `https://chain.example.cn`).

    >>> sorted(hosts_of("https://chain.example.cn") - LOOPBACK_NAMES)
    ['chain.example.cn']
    """
    named = (urlsplit(one.strip()).hostname for one in origins.split(",") if one.strip())
    return LOOPBACK_NAMES | {name for name in named if name}
