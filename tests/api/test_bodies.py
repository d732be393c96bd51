"""How large a request may be, and how long it may take to come."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx2 as httpx
import pytest
from fastapi.testclient import TestClient
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import Message, Receive, Scope, Send

from api.problems import status_of
from api.security import bodies
from api.security.bodies import FORM_BYTES, Bodies
from graph.errors import LianzhuError

UPLOAD = 8 << 20


def refused(_: Request, error: Exception) -> Response:
    assert isinstance(error, LianzhuError)
    return PlainTextResponse(error.code, status_of(error))


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    """How much came, and how often the application was asked."""
    size = len(await Request(scope, receive).body())
    await PlainTextResponse(str(size))(scope, receive, send)


def client_of(app: Any = echo) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(Bodies(app, UPLOAD, refused))
    return httpx.AsyncClient(transport=transport, base_url="http://localhost")


async def chunks(size: int, pause: float = 0.0, piece: int = 1 << 20) -> AsyncIterator[bytes]:
    for at in range(0, size, piece):
        yield b"x" * min(piece, size - at)
        await asyncio.sleep(pause)


@pytest.mark.parametrize(
    ("path", "size", "declared", "status"),
    [
        ("/shortlist", 0, True, 200),
        ("/shortlist", FORM_BYTES, True, 200),
        ("/shortlist", FORM_BYTES, False, 200),
        ("/shortlist", FORM_BYTES + 1, True, 413),
        ("/shortlist", FORM_BYTES + 1, False, 413),
        ("/shortlist", 10 * FORM_BYTES, True, 413),
        ("/shortlist", 10 * FORM_BYTES, False, 413),
        ("/guide/import", FORM_BYTES + 1, False, 413),
        *(
            (path, size, declared, status)
            for path in (
                "/guide/check", "/api/v1/imports", "/shortlist/read", "/shortlist/7/attachments",
            )
            for size, declared, status in (
                (UPLOAD, True, 200), (UPLOAD, False, 200), (UPLOAD + 1, True, 413),
                (UPLOAD + 1, False, 413),
            )
        ),
    ],
)  # fmt: skip
def test_size(path: str, size: int, declared: bool, status: int) -> None:
    async def run() -> None:
        async with client_of() as client:
            content: Any = b"x" * size if declared else chunks(size)
            answer = await client.post(path, content=content)
            told = str(size) if status == 200 else "body_too_large"
            assert (answer.status_code, answer.text) == (status, told)

    asyncio.run(run())


@pytest.mark.parametrize("path", ["/shortlist", "/guide/check"])
def test_what_does_not_come_in_time_is_given_up(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "SECONDS", 0.2)
    monkeypatch.setattr(bodies, "SLOWEST", 1000)

    async def run() -> None:
        async with client_of() as client:
            answer = await client.post(path, content=chunks(100, 0.05, 1))
            assert (answer.status_code, answer.text) == (408, "body_too_slow")
            assert (await client.post(path, content=b"xy")).text == "2"

    asyncio.run(run())


def test_an_upload_may_take_as_long_as_its_size_asks_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "SECONDS", 0.2)
    monkeypatch.setattr(bodies, "SLOWEST", 1 << 20)

    async def run() -> None:
        async with client_of() as client:
            answer = await client.post("/guide/check", content=chunks(5 << 20, 0.1))
            assert (answer.status_code, answer.text) == (200, str(5 << 20))

    asyncio.run(run())


def test_slow_forms_are_few_and_readers_do_not_notice() -> None:
    async def run() -> None:
        go = asyncio.Event()

        async def slow() -> AsyncIterator[bytes]:
            yield b"x"
            await go.wait()

        async with client_of() as client:
            posts = [
                asyncio.create_task(client.post("/tasks", content=slow()))
                for _ in range(bodies.MOST)
            ]
            await asyncio.sleep(0.1)
            more = await client.post("/tasks", content=b"x")
            assert (more.status_code, more.text) == (503, "overloaded")
            assert (await client.get("/tasks")).status_code == 200
            go.set()
            assert {a.text for a in await asyncio.gather(*posts)} == {"1"}
            assert (await client.post("/tasks", content=b"x")).status_code == 200

    asyncio.run(run())


def test_of_a_client_that_has_gone_nothing_is_carried_out() -> None:
    asked: list[Scope] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        asked.append(scope)

    async def run() -> None:
        messages = iter(
            [
                {"type": "http.request", "body": b"half", "more_body": True},
                {"type": "http.disconnect"},
            ]
        )

        async def receive() -> Message:
            return next(messages)

        async def send(message: Message) -> None:
            raise AssertionError(message)

        scope = {"type": "http", "method": "POST", "path": "/tasks", "headers": []}
        await Bodies(app, UPLOAD, refused)(scope, receive, send)
        assert asked == []

    asyncio.run(run())


def test_whatever_the_application_says_afterwards_is_for_nobody() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await Request(scope, receive).body()
        finally:
            await PlainTextResponse("late", 500)(scope, receive, send)

    async def run() -> None:
        async with client_of(app) as client:
            answer = await client.post("/guide/check", content=chunks(UPLOAD + 1))
            assert (answer.status_code, answer.text) == (413, "body_too_large")

    asyncio.run(run())


def test_in_the_application(client: TestClient) -> None:
    page = client.post("/shortlist", data={"note": "x" * (3 << 20)})
    assert (page.status_code, "字节" in page.text) == (413, True)
    assert page.headers["content-security-policy"]
    problem = client.post("/api/v1/surveys", content=b" " * (3 << 20))
    assert (problem.status_code, problem.json()["code"]) == (413, "body_too_large")
    largest = client.post("/api/v1/surveys", content=b" " * ((1 << 20) + 1))
    assert (largest.status_code, largest.json()["code"]) == (413, "body_too_large")
