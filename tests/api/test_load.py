"""Overload, deadlines, names of this server, and stopping."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import httpx2 as httpx
import pytest
from fastapi.testclient import TestClient
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import Receive, Scope, Send

from api.app import create_app
from api.security import load
from api.security.load import Hosts, Load, hosts_of
from api.settings import Settings
from graph.store.base import GraphStore
from tests.conftest import tier


class Slow:
    """An application whose answers wait to be let go."""

    def __init__(self) -> None:
        self.inside = self.most = 0
        self.go = asyncio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.inside += 1
        self.most = max(self.most, self.inside)
        try:
            if not scope["path"].startswith("/healthz"):
                await self.go.wait()
            await PlainTextResponse("done")(scope, receive, send)
        finally:
            self.inside -= 1


def refused(_: Request, error: Exception) -> Response:
    return PlainTextResponse(error.code, 503)  # type: ignore[attr-defined]


def client_of(app: Any) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost")


def test_more_than_fit_are_told_to_come_back_and_health_is_not_affected() -> None:
    async def run() -> None:
        slow = Slow()
        async with client_of(Load(slow, 4, 3, 30.0, refused)) as client:
            asked = [asyncio.create_task(client.get("/x")) for _ in range(20)]
            await asyncio.sleep(load.PATIENCE + 0.3)
            assert (slow.inside, slow.most) == (4, 4)
            assert (await client.get("/healthz")).status_code == 200
            slow.go.set()
            answers = await asyncio.gather(*asked)
            assert sorted(a.status_code for a in answers) == [200] * 4 + [503] * 16
            assert {a.text for a in answers} == {"done", "overloaded"}
            assert (await client.get("/x")).status_code == 200
            assert slow.inside == 0

    asyncio.run(run())


def test_who_waits_gets_the_next_place() -> None:
    async def run() -> None:
        slow = Slow()
        async with client_of(Load(slow, 1, 1, 30.0, refused)) as client:
            asked = [asyncio.create_task(client.get("/x")) for _ in range(2)]
            await asyncio.sleep(0.1)
            slow.go.set()
            assert [a.status_code for a in await asyncio.gather(*asked)] == [200, 200]

    asyncio.run(run())


def test_after_its_deadline_a_request_is_answered_and_keeps_its_place_until_it_ends() -> None:
    async def run() -> None:
        slow = Slow()
        async with client_of(Load(slow, 1, 1, 0.1, refused)) as client:
            late = await client.get("/x")
            assert (late.status_code, late.text) == (503, "too_slow")
            assert (await client.get("/x")).text == "overloaded"
            slow.go.set()
            await asyncio.sleep(0.05)
            assert (await client.get("/x")).status_code == 200

    asyncio.run(run())


def test_a_long_write_has_no_deadline_and_takes_no_reader_s_place(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(load, "LONG_PATIENCE", 0.2)

    async def run() -> None:
        slow = Slow()
        async with client_of(Load(slow, 1, 1, 0.1, refused)) as client:
            write = asyncio.create_task(client.post("/guide/import"))
            await asyncio.sleep(0.3)
            assert not write.done()
            assert (await client.post("/api/v1/imports")).text == "overloaded"
            assert (await client.get("/x")).text == "too_slow"
            slow.go.set()
            assert (await write).status_code == 200

    asyncio.run(run())


def test_an_error_inside_frees_the_place() -> None:
    async def broken(scope: Scope, receive: Receive, send: Send) -> None:
        raise ValueError("broken")

    async def run() -> None:
        async with client_of(Load(broken, 1, 1, 1.0, refused)) as client:
            for _ in range(3):
                with pytest.raises(ValueError, match="broken"):
                    await client.get("/x")

    asyncio.run(run())


def test_what_is_too_slow_is_a_page_and_a_problem(
    sample_store: GraphStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(records_url=f"sqlite:///{tmp_path}/r.db", request_seconds=0.2)
    app = create_app(sample_store, settings, sample=True)
    go = threading.Event()
    monkeypatch.setattr(app.state.desk.store, "revision", lambda: go.wait(5) and 1)
    with TestClient(app) as client:
        page, problem = client.get("/method"), client.get("/api/v1/stats")
        go.set()
    assert (page.status_code, problem.status_code) == (503, 503)
    assert (page.headers["retry-after"], problem.headers["retry-after"]) == ("5", "5")
    assert "用时太长" in page.text
    assert problem.json()["code"] == "too_slow"


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost", 200),
        ("127.0.0.1:8000", 200),
        ("[::1]:8000", 200),
        ("chain.example.cn", 200),
        ("chain.example.cn:443", 200),
        ("evil.example", 400),
        ("chain.example.cn.evil.example", 400),
        ("", 400),
    ],
)
def test_only_names_of_this_server_are_answered(host: str, status: int) -> None:
    app = Hosts(PlainTextResponse("x"), hosts_of("https://chain.example.cn, http://b.example"))
    assert TestClient(app).get("/", headers={"host": host}).status_code == status


def test_without_an_origin_only_loopback_names_count() -> None:
    assert hosts_of("") == {"127.0.0.1", "localhost", "::1"}


def serve(folder: Path, port: int) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-c", "from api.cli import main; main()", "serve", "--sample"]
    store = f"sqlite:///{folder}/sample.db"
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    return subprocess.Popen(
        [*command, "--port", str(port), "--store", store],
        cwd=folder,
        env=environment,
        stderr=subprocess.DEVNULL,
    )


def test_stopping_under_load_cuts_no_answer(tmp_path: Path, sample_file: Path) -> None:
    (tmp_path / "sample.db").write_bytes(sample_file.read_bytes())
    for _ in range(tier(10, 100)):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        process = serve(tmp_path, port)
        whole, cut = stopped_under_load(process, f"http://127.0.0.1:{port}")
        assert process.returncode == 0
        assert (cut, whole > 0) == ([], True)


def stopped_under_load(process: subprocess.Popen[bytes], base: str) -> tuple[int, list[str]]:
    """How many answers came whole, and what went wrong besides refused connections."""
    whole, cut, begun = [0], list[str](), threading.Event()

    def ask() -> None:
        with httpx.Client(trust_env=False, timeout=30) as client:
            while process.poll() is None:
                try:
                    answer = client.get(f"{base}/chains/chain-jiadian/gaps?x={time.monotonic()}")
                except httpx.TransportError as error:  # no connection, or one never answered on
                    if "complete message body" in str(error) or "content-length" in str(error):
                        cut.append(str(error))
                    continue
                if answer.status_code not in (200, 503):
                    cut.append(str(answer.status_code))
                if not answer.text.rstrip().endswith("</html>"):
                    cut.append(answer.text[-40:])
                whole[0] += 1
                begun.set()

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    begun.wait(60)
    process.send_signal(signal.SIGTERM)
    process.wait(60)
    for thread in threads:
        thread.join()
    return whole[0], cut
