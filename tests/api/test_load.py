"""Overload, deadlines and stopping."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import suppress
from importlib.resources import files
from pathlib import Path
from typing import Any

import httpx2 as httpx
import pytest
from fastapi.testclient import TestClient
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import Message, Receive, Scope, Send

from api.app import create_app
from api.security import load
from api.security.load import Load
from api.settings import Settings
from graph.store import open_store
from graph.store.base import GraphStore, Stats
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


def test_what_a_stop_does_not_wait_for_is_told_so() -> None:
    async def run() -> None:
        slow, sent = Slow(), list[Message]()
        limited = Load(slow, 1, 1, 30.0, refused)

        async def send(message: Message) -> None:
            sent.append(message)

        scope = {"type": "http", "method": "POST", "path": "/guide/import", "headers": []}
        task = asyncio.create_task(limited(scope, never, send))
        await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        slow.go.set()
        await asyncio.sleep(0.05)
        assert slow.inside == 0
        assert [m.get("status", m.get("body")) for m in sent] == [503, b"stopping"]

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


def test_who_waits_for_a_long_one_takes_no_reader_s_place_in_the_queue() -> None:
    async def run() -> None:
        slow = Slow()
        async with client_of(Load(slow, 1, 1, 30.0, refused)) as client:
            asked = [asyncio.create_task(client.post("/guide/import")) for _ in range(12)]
            asked += [asyncio.create_task(client.get("/guide/check/k")) for _ in range(3)]
            await asyncio.sleep(0.1)
            done = [task.result() for task in asked if task.done()]
            assert [a.status_code for a in done] == [503] * (15 - 1 - load.QUEUE)
            reads = [asyncio.create_task(client.get("/x")) for _ in range(2)]
            await asyncio.sleep(0.1)
            assert slow.inside == 2
            slow.go.set()
            assert [a.status_code for a in await asyncio.gather(*reads)] == [200, 200]
            assert [a.status_code for a in await asyncio.gather(*asked)].count(200) == 9
            assert slow.inside == 0

    asyncio.run(run())


def test_uploads_have_places_of_their_own() -> None:
    async def run() -> None:
        slow = Slow()
        async with client_of(Load(slow, 1, 1, 30.0, refused)) as client:
            path = "/shortlist/1/attachments"
            asked = [asyncio.create_task(client.post(path)) for _ in range(load.UPLOADS + 1)]
            read = asyncio.create_task(client.get("/x"))
            await asyncio.sleep(0.1)
            assert slow.inside == load.UPLOADS + 1
            slow.go.set()
            assert {a.status_code for a in await asyncio.gather(read, *asked)} == {200}

    asyncio.run(run())


def test_papers_are_set_one_at_a_time_beside_the_places_of_readers() -> None:
    async def run() -> None:
        slow = Slow()
        async with client_of(Load(slow, 1, 1, 0.1, refused)) as client:
            papers = [asyncio.create_task(client.get("/sessions/s/minutes.pdf")) for _ in range(3)]
            await asyncio.sleep(0.3)
            assert slow.inside == 1
            assert (await client.get("/x")).text == "too_slow"  # it had a place
            slow.go.set()
            assert {a.status_code for a in await asyncio.gather(*papers)} == {200}

    asyncio.run(run())


def test_a_client_that_takes_nothing_more_gives_its_place_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(load, "SENDING", 0.1)
    took: list[str] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await PlainTextResponse("x")(scope, receive, send)

    async def stuck(message: Message) -> None:
        took.append(message["type"])
        if message["type"] == "http.response.body":
            await asyncio.sleep(60)

    async def run() -> None:
        limited = Load(app, 1, 0, 30.0, refused)
        scope = {"type": "http", "method": "GET", "path": "/x", "headers": []}
        await asyncio.wait_for(limited(scope, never, stuck), 5)
        assert took == ["http.response.start", "http.response.body"]
        async with client_of(limited) as client:
            assert (await client.get("/x")).status_code == 200

    asyncio.run(run())


async def never() -> Message:
    raise AssertionError("nobody reads")


def test_the_whole_application_sheds_what_does_not_fit_and_recovers(
    sample_store: GraphStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Three are answered, sixteen wait, the 20th is told at once; nothing is left behind."""
    settings = Settings(records_url=f"sqlite:///{tmp_path}/r.db", kept_mb=0)
    app = create_app(sample_store, settings, sample=True)
    go, inside = threading.Event(), threading.Semaphore(0)
    store, stats = app.state.desk.store, app.state.desk.store.stats
    monkeypatch.setattr(load, "PATIENCE", 30.0)

    def held() -> Stats:
        inside.release()
        go.wait(30)
        return stats()

    async def run() -> None:
        async with client_of(app) as client:
            assert (await client.get("/api/v1/stats")).status_code == 200
            with monkeypatch.context() as patched:
                patched.setattr(store, "stats", held)
                asked = [asyncio.create_task(client.get("/api/v1/stats")) for _ in range(19)]
                for _ in range(3):
                    assert await asyncio.to_thread(inside.acquire, timeout=10)
                page, problem = await client.get("/parks"), await client.get("/api/v1/fit")
                assert (page.status_code, problem.status_code) == (503, 503)
                assert page.headers["retry-after"] == problem.headers["retry-after"] == "5"
                assert "来的人太多" in page.text
                assert problem.json()["code"] == "overloaded"
                assert (await client.get("/healthz")).status_code == 200
                assert (await client.get("/static/app/app.css")).status_code == 200
                go.set()
                answers = await asyncio.gather(*asked)
            assert {a.status_code for a in answers} == {200}
            again = await asyncio.gather(*(client.get("/api/v1/stats") for _ in range(19)))
            assert {a.status_code for a in again} == {200}

    asyncio.run(run())


def serve(folder: Path, *options: str) -> tuple[subprocess.Popen[bytes], str]:
    """A server in a process of its own, and its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-c", "from api.cli import main; main()", "serve", *options]
    store = f"sqlite:///{folder}/sample.db"
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    process = subprocess.Popen(
        [*command, "--port", str(port), "--store", store],
        cwd=folder,
        env=environment,
        stderr=subprocess.DEVNULL,
    )
    return process, f"http://127.0.0.1:{port}"


def wait_for(base: str) -> None:
    for _ in range(600):
        try:
            assert httpx.get(f"{base}/healthz", trust_env=False).status_code == 200
            return
        except httpx.TransportError:
            time.sleep(0.1)
    raise TimeoutError(base)


def test_stopping_under_load_cuts_no_answer(tmp_path: Path, sample_file: Path) -> None:
    (tmp_path / "sample.db").write_bytes(sample_file.read_bytes())
    for _ in range(tier(4, 100)):
        process, base = serve(tmp_path, "--sample")
        whole, cut = stopped_under_load(process, base)
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
                    time.sleep(0.05)
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
    begun.wait(120)
    process.send_signal(signal.SIGTERM)
    process.wait(60)
    for thread in threads:
        thread.join()
    return whole[0], cut


@pytest.mark.parametrize("moment", [0.05 * k for k in range(1, tier(3, 20))])
def test_an_import_in_flight_when_stopping_is_finished_and_answered(
    tmp_path: Path, moment: float
) -> None:
    process, base = serve(tmp_path)
    answers: list[httpx.Response] = []

    def send() -> None:
        zone = Path(str(files("ingest.samples") / "zone"))
        given = [("files", (p.name, p.read_bytes())) for p in sorted(zone.glob("*.csv"))]
        with suppress(httpx.TransportError), httpx.Client(trust_env=False, timeout=120) as client:
            answers.append(client.post(f"{base}/api/v1/imports", files=given))

    try:
        wait_for(base)
        sending = threading.Thread(target=send)
        sending.start()
        time.sleep(moment)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(120)
    sending.join()
    store = open_store(f"sqlite:///{tmp_path}/sample.db", deadline=3.0)
    imported = sum(store.stats().nodes.values()) > 0
    store.close()
    assert process.returncode == 0
    if answers:
        assert (answers[0].status_code, answers[0].json()["status"]) == (200, "committed")
    assert imported is bool(answers), "what was not answered was not begun"
