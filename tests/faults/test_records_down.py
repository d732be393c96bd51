"""The records while their PostgreSQL cannot be reached: told in time, nothing half-way, healed."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import insert, select
from sqlalchemy.engine import make_url

from api.app import create_app
from api.settings import Settings
from graph.errors import StoreDown
from graph.store import open_store
from ingest.samples import load_sample
from records import audit, shortlist, tables
from records.database import Records
from records.shortlist import Pick
from tests.faults.proxy import BlackHole, Mode, Pass, Proxy, Refuse, Reset
from tests.postgres import Login, Postgres, unavailable

DEADLINE = 3.0
AT_ONCE = 0.05
HEALS = 5.0
PICK = Pick("enterprise", "e1", "甲公司", "", "chain", "370211")
LEADER, CHAIN = "demo-leader-jiqiren", "chain-jiqiren"
WITHOUT = [
    f"/chains/{CHAIN}/gaps?leader={LEADER}",
    f"/chains/{CHAIN}?leader={LEADER}",
    "/parks",
    f"/api/v1/rank?leader={LEADER}",
    "/healthz",
]
WITH = [
    "/",
    "/shortlist",
    "/tasks",
    "/api/v1/shortlist",
    f"/chains/{CHAIN}/candidates?leader={LEADER}",
]


def lost(work: Callable[[], object]) -> float:
    """How long it took to be told that the records are lost."""
    asked = time.monotonic()
    with pytest.raises(StoreDown) as caught:
        work()
    assert caught.value.code == "records_down"
    return time.monotonic() - asked


def healed(records: Records) -> None:
    until = time.monotonic() + HEALS
    while True:
        try:
            records.ready()
        except StoreDown:
            assert time.monotonic() < until
            time.sleep(0.05)
        else:
            return


@pytest.fixture
def proxy(postgres_server: Login) -> Iterator[Proxy]:
    with Proxy(int(make_url(postgres_server.url).port or 5432)) as made:
        yield made


@pytest.fixture
def records(postgres_url: str, proxy: Proxy, tmp_path: Path) -> Iterator[Records]:
    url = make_url(postgres_url).set(host="127.0.0.1", port=proxy.port)
    made = Records(url.render_as_string(hide_password=False), heads=tmp_path / "heads")
    yield made
    made.close()


@pytest.mark.parametrize("fault", [Refuse(), BlackHole(), Reset()], ids=lambda f: type(f).__name__)
def test_a_lost_server_is_told_in_time_and_found_again(
    records: Records, proxy: Proxy, fault: Mode
) -> None:
    shortlist.items(records)
    proxy.turn(fault)
    assert lost(lambda: shortlist.items(records)) <= DEADLINE  # on a connection that was there
    assert lost(lambda: shortlist.items(records)) <= AT_ONCE
    time.sleep(1)
    assert lost(lambda: shortlist.add(records, PICK)) <= DEADLINE  # on a new one
    assert lost(lambda: records.acting(records.actor).ready()) <= AT_ONCE
    proxy.turn(Pass())
    healed(records)
    assert shortlist.add(records, PICK)


@pytest.mark.parametrize("fault", [Refuse(), BlackHole(), Reset()], ids=lambda f: type(f).__name__)
def test_a_server_lost_in_a_change_leaves_nothing_of_it(
    records: Records, proxy: Proxy, fault: Mode
) -> None:
    def change() -> None:
        with records.write() as writing:
            row = {"id": "1", "key": "k", "at": datetime.now(UTC)}
            writing.db.execute(insert(tables.attempts).values(row))
            writing.note("attempt.add", "1")
            proxy.turn(fault)

    records.ready()
    assert lost(change) <= DEADLINE
    proxy.turn(Pass())
    healed(records)
    with records.read() as db:
        assert db.execute(select(tables.attempts)).all() == []
        assert list(audit.entries(db)) == []
    assert records.heads is not None
    assert list(records.heads.all()) == []
    assert shortlist.add(records, PICK)  # the lock of the lost writer is gone


@pytest.fixture
def server(postgres_server: Login) -> Iterator[Postgres]:
    """A server that may be stopped."""
    if reason := unavailable():
        pytest.skip(f"the server is not ours to stop: {reason}")
    made = Postgres.start()
    yield made
    made.stop()


@pytest.fixture
def client(server: Postgres, tmp_path: Path) -> Iterator[TestClient]:
    url = f"sqlite:///{tmp_path}/graph.db"
    store = open_store(url, deadline=3.0)
    store.migrate()
    load_sample(store)
    app = create_app(store, Settings(graph_url=url, records_url=server.url))
    with TestClient(app, raise_server_exceptions=False) as made:
        yield made
    for records in app.state.records.values():
        records.close()
    store.close()


def told(client: TestClient, server: Postgres, path: str) -> None:
    """A page that needs the records says in time that they do not answer."""
    asked = time.monotonic()
    answer = client.get(path)
    assert time.monotonic() - asked <= DEADLINE, path
    assert answer.status_code == 503, path
    assert "记录库没有应答" in (answer.json()["detail"] if "/api/" in path else answer.text)
    assert server.url not in answer.text


def test_pages_without_records_go_on_while_the_server_is_stopped(
    server: Postgres, client: TestClient
) -> None:
    assert [client.get(path).status_code for path in WITH] == [200] * len(WITH)
    server.halt()
    assert [client.get(path).status_code for path in WITHOUT] == [200] * len(WITHOUT)
    for path in WITH:
        told(client, server, path)
    pick = {"kind": "project", "candidate": "demo-p-bingya", "region": "370211"}
    pick |= {"chain": "chain-jiadian", "leader": "demo-leader-jiadian"}
    assert client.post("/shortlist", data=pick).status_code == 503
    server.run()
    until = time.monotonic() + HEALS
    while client.get("/shortlist").status_code != 200:
        assert time.monotonic() < until
        time.sleep(0.1)
    assert [client.get(path).status_code for path in WITH] == [200] * len(WITH)
    assert client.post("/shortlist", data=pick, follow_redirects=False).status_code == 303
    assert len(client.get("/api/v1/shortlist").json()["items"]) == 1
