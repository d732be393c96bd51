"""The web application while its Neo4j server cannot be reached."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from api.settings import Settings
from ingest.samples import load_sample
from tests.faults.conftest import Wire
from tests.faults.proxy import BlackHole, Mode, Pass, Refuse, Reset
from tests.faults.truth import HEALS

LEADER, CHAIN = "demo-leader-jiqiren", "chain-jiqiren"
DEADLINE = 3.0
AT_ONCE = 0.020
HICCUP = 50 * AT_ONCE
CALLS = 20
API = [
    f"/api/v1/gaps?leader={LEADER}",
    "/api/v1/nodes/Segment",
    "/api/v1/search?q=%E6%9C%BA%E5%99%A8%E4%BA%BA",
    f"/api/v1/entities/Enterprise/{LEADER}",
    f"/api/v1/neighbourhood/Enterprise/{LEADER}",
    "/api/v1/stats",
]
PAGES = ["/", f"/chains/{CHAIN}/gaps?leader={LEADER}", f"/entities/Enterprise/{LEADER}"]


@pytest.fixture
def client(wire: Wire, tmp_path: Path) -> Iterator[TestClient]:
    load_sample(wire.direct)
    settings = Settings(
        graph_url=f"bolt://127.0.0.1:{wire.proxy.port}",
        records_url=f"sqlite:///{tmp_path}/records.db",
    )
    app = create_app(wire.through, settings)
    with TestClient(app, raise_server_exceptions=False) as made:
        yield made
    wire.proxy.turn(Pass())


def timed(client: TestClient, path: str, status: int) -> float:
    """How long an answer of this status took."""
    asked = time.monotonic()
    answer = client.get(path)
    took = time.monotonic() - asked
    assert answer.status_code == status, path
    if status == 503 and path.startswith("/api/"):
        assert int(answer.headers["retry-after"]) > 0, path
    return took


@pytest.mark.parametrize("fault", [Refuse(), BlackHole(), Reset()], ids=lambda f: type(f).__name__)
def test_without_its_server_it_says_so_in_time_and_comes_back(
    wire: Wire, client: TestClient, fault: Mode
) -> None:
    paths = [*API, *PAGES, "/readyz"]
    for path in paths:
        timed(client, path, 200)
    wire.proxy.turn(fault)
    assert timed(client, API[0], 503) <= DEADLINE
    assert timed(client, "/healthz", 200) <= DEADLINE
    until = time.monotonic() + 2 * DEADLINE  # by then it is known to be lost
    while timed(client, "/readyz", 503) > AT_ONCE:
        assert time.monotonic() < until
    for path in paths:
        took = [timed(client, path, 503) for _ in range(CALLS)]
        assert median(took) <= AT_ONCE, path
        assert max(took) <= HICCUP, path
    assert client.get("/readyz").json()["detail"]
    assert timed(client, "/healthz", 200) <= HICCUP
    wire.proxy.turn(Pass())
    until = time.monotonic() + HEALS
    while client.get("/readyz").status_code != 200:
        assert time.monotonic() < until
        time.sleep(0.05)
    for path in paths:
        timed(client, path, 200)
