"""Answers kept whole: what the graph alone decides is computed once a revision."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from fastapi.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders, State
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.security.identity import Identity
from graph.errors import LianzhuError

__all__ = ["KeptAnswers", "mark_settled", "today_of"]

_Key = tuple[str, date, Identity, str, bytes]


@dataclass(frozen=True)
class _Kept:
    revision: int
    headers: list[tuple[bytes, bytes]]
    body: bytes

    @property
    def size(self) -> int:
        return len(self.body) + sum(len(k) + len(v) for k, v in self.headers)


def mark_settled(state: State, revision: int) -> None:
    """Say that the graph at `revision`, the day, the eyes and the address decide the answer."""
    state.settled = revision


def today_of(state: State) -> date:
    """Today; `state.today` of the application says another in tests."""
    today: date = getattr(state, "today", None) or date.today()
    return today


class KeptAnswers:
    """Middleware that sends an answer again instead of computing it again.

    Kept are whole answers to GET that carry an ETag and whose route called `mark_settled`, by desk,
    day, eyes and address; the least recently used go when all together exceed `size` bytes.  A tag
    the client already holds is answered 304.  Where an answer is kept the store is asked for its
    revision at every request, so a change made by another process is seen at once; a store that
    cannot say it is the answer (`refuse` words it), since the application would only ask again.
    """

    def __init__(
        self,
        app: ASGIApp,
        state: State,
        size: int,
        refuse: Callable[[Request, Exception], Response],
    ) -> None:
        self._app, self._state, self._size, self._refuse = app, state, size, refuse
        self._kept: OrderedDict[_Key, _Kept] = OrderedDict()
        self._bytes = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer from what is kept, else let the application answer and keep that."""
        if not self._size or scope["type"] != "http" or scope["method"] != "GET":
            await self._app(scope, receive, send)
            return
        desk = self._state.desk
        eyes, address = scope["state"]["identity"], (scope["path"], scope["query_string"])
        key = desk.token, today_of(self._state), eyes, *address
        kept = self._kept.get(key)
        if kept is None:
            await self._answer(key, scope, receive, send)
            return
        try:
            revision = await run_in_threadpool(desk.store.revision)
        except LianzhuError as error:
            refused = await run_in_threadpool(self._refuse, Request(scope), error)
            await refused(scope, receive, send)
            return
        if kept.revision != revision:
            await self._answer(key, scope, receive, send)
            return
        if key in self._kept:
            self._kept.move_to_end(key)
        await _send(kept, Headers(scope=scope), send)

    async def _answer(self, key: _Key, scope: Scope, receive: Receive, send: Send) -> None:
        """The application's answer, kept if it is complete and settled."""
        start: Message = {}
        parts: list[bytes] = []

        async def heard(message: Message) -> None:
            nonlocal start
            if message["type"] == "http.response.start":
                start = message
            elif message["type"] == "http.response.body":
                parts.append(message.get("body", b""))
                revision = scope["state"].get("settled")
                if not message.get("more_body") and revision is not None and _whole(start):
                    self._keep(key, _Kept(revision, list(start["headers"]), b"".join(parts)))
            await send(message)

        await self._app(scope, receive, heard)

    def _keep(self, key: _Key, answer: _Kept) -> None:
        before = self._kept.pop(key, None)
        self._kept[key] = answer
        self._bytes += answer.size - (before.size if before else 0)
        while self._bytes > self._size:
            self._bytes -= self._kept.popitem(last=False)[1].size


def _whole(start: Message) -> bool:
    return start["status"] == 200 and any(name.lower() == b"etag" for name, _ in start["headers"])


async def _send(kept: _Kept, asked: Headers, send: Send) -> None:
    headers = MutableHeaders(raw=list(kept.headers))
    held = headers["etag"] in asked.get("if-none-match", "")
    if held:
        del headers["content-length"], headers["content-type"]
    status = 304 if held else 200
    await send({"type": "http.response.start", "status": status, "headers": headers.raw})
    await send({"type": "http.response.body", "body": b"" if held else kept.body})
