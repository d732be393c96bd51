"""A request with an `Idempotency-Key` is carried out once, however often it is sent.

Who asks and the key name the request.  The row is written before the request is carried out, so
that a copy sent meanwhile, or after a crash, is never carried out too: it gets the kept answer, or
is told that the first one is still running or that its answer was lost.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from fastapi.concurrency import run_in_threadpool
from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import IntegrityError
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.security.gate import READS
from graph.errors import Changed, LianzhuError, UsageError
from records.database import Records
from records.tables import once

__all__ = ["Once"]

_LONGEST_KEY = 200
_HASHED = 2 << 20  # bytes of a body that are part of what the key stands for
_KEPT = 1 << 20  # bytes of an answer that are kept
_RUNS = timedelta(minutes=10)


class Once:
    """Middleware for writes; `records` opens the records of a request, `refuse` words an error."""

    def __init__(
        self,
        app: ASGIApp,
        records: Callable[[Request], Records],
        refuse: Callable[[Request, Exception], Response],
    ) -> None:
        self._app, self._records, self._refuse = app, records, refuse

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Carry the request out, or answer as it was answered."""
        writes = scope["type"] == "http" and scope["method"] not in READS
        given = Headers(scope=scope).get("idempotency-key") if writes else None
        if given is None:
            await self._app(scope, receive, send)
            return
        request = Request(scope, receive)
        try:
            key = _key(request, given)
            body = _Body(receive)
            what = await body.hash_of(request)
            records = self._records(request)
            kept = await run_in_threadpool(_begin, records, key, what)
        except LianzhuError as error:
            await self._refuse(request, error)(scope, receive, send)
            return
        if kept is not None:
            await kept(scope, receive, send)
            return
        answer = _Answer(send)
        try:
            await self._app(scope, body.again, answer.hear)
        finally:
            await run_in_threadpool(_end, records, key, answer)


def _key(request: Request, given: str) -> str:
    if not given or len(given) > _LONGEST_KEY or not given.isascii() or not given.isprintable():
        raise UsageError("bad_text", name="Idempotency-Key", limit=_LONGEST_KEY)
    return hashlib.sha256(f"{request.state.identity.id}\0{given}".encode()).hexdigest()


class _Body:
    """The beginning of a body, read to be hashed and then given again with the rest."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._read: list[Message] = []

    async def hash_of(self, request: Request) -> str:
        """SHA-256 of method, address and the first bytes of the body."""
        digest = hashlib.sha256(f"{request.method} {request.url.path}?{request.url.query}".encode())
        size, more = 0, True
        while more and size < _HASHED:
            message = await self._receive()
            self._read.append(message)
            if message["type"] != "http.request":
                break
            part, more = message.get("body", b""), message.get("more_body", False)
            size += len(part)
            digest.update(part)
        return digest.hexdigest()

    async def again(self) -> Message:
        """The messages from the first one on."""
        return self._read.pop(0) if self._read else await self._receive()


class _Answer:
    """What is answered, heard while it is sent."""

    def __init__(self, send: Send) -> None:
        self._send, self.whole = send, False
        self.start: Message = {}
        self.body = b""

    async def hear(self, message: Message) -> None:
        """Pass a message on."""
        if message["type"] == "http.response.start":
            self.start = message
        elif message["type"] == "http.response.body" and len(self.body) <= _KEPT:
            self.body += message.get("body", b"")
            self.whole = not message.get("more_body", False)
        await self._send(message)


def _begin(records: Records, key: str, what: str) -> Response | None:
    """None where the request is new; else the answer it had."""
    now = datetime.now(UTC)
    try:
        with records.passing() as db:
            db.execute(insert(once).values(key=key, request=what, made_at=now))
        return None
    except IntegrityError:
        with records.read() as db:
            row = db.execute(select(once).where(once.c.key == key)).mappings().one()
    if row["request"] != what:
        raise UsageError("once_other")
    if row["status"] is None:
        made = row["made_at"]
        running = now - (made if made.tzinfo else made.replace(tzinfo=UTC)) < _RUNS
        raise Changed("once_running" if running else "once_lost")
    headers: dict[str, str] = json.loads(row["headers"])
    return Response(row["body"], row["status"], {**headers, "Idempotency-Replayed": "true"})


def _end(records: Records, key: str, answer: _Answer) -> None:
    """Keep the answer; a request that was refused for now (503) may be sent again.

    What nobody may store, a password or a session's id in it, is not kept here either.
    """
    if not answer.whole or "no-store" in Headers(raw=answer.start["headers"]).get(
        "cache-control", ""
    ):
        return
    with records.passing() as db:
        if answer.start["status"] == 503:
            db.execute(delete(once).where(once.c.key == key))
            return
        kept = {k.decode("latin-1"): v.decode("latin-1") for k, v in answer.start["headers"]}
        kept.pop("content-length", None)
        values: dict[str, Any] = {"status": answer.start["status"], "headers": json.dumps(kept)}
        db.execute(update(once).where(once.c.key == key).values(body=answer.body, **values))
