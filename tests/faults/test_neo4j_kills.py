"""A Neo4j server killed in the middle of imports: as a power cut, on a home that comes back."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from itertools import count
from threading import Event, Thread

import pytest

from graph.errors import StoreDown
from graph.store import Access, open_store
from graph.store.base import GraphStore
from tests.conftest import tier
from tests.contract.child import batch_of
from tests.faults.conftest import behind, proxy_to
from tests.faults.proxy import BlackHole, CutOn, Pass, Proxy
from tests.faults.truth import Told, healed, rows_in
from tests.neo4j.server import Server

KILLS = tier(10, 100)
SIZE = 50
LONGEST = 1.0  # seconds of writing before a kill that does not wait for a commit
ANSWERS = 3.0


@pytest.fixture(scope="module")
def server(neo4j_jars: object) -> Iterator[Server]:
    made = Server.start()
    try:
        yield made
    finally:
        made.stop()


@pytest.fixture
def proxy(server: Server) -> Iterator[Proxy]:
    with proxy_to(server) as made:
        yield made


def opened(server: Server) -> GraphStore:
    return open_store(server.url, deadline=3.0, access=Access(server.user, server.password))


def test_a_store_opened_before_its_server_works_once_that_is_up(server: Server) -> None:
    server.kill()
    store = opened(server)
    for call in (store.migrate, store.revision, store.undo):
        with pytest.raises(StoreDown):
            call()
    assert not store.health().ok
    restart(server)
    healed(store.migrate)
    assert store.revision() == 0
    assert store.apply(batch_of("first", 0, 3)).status == "committed"
    assert store.undo().status == "undone"
    store.close()


def test_a_killed_server_keeps_what_it_acknowledged(server: Server, proxy: Proxy) -> None:
    rng, told, cut = random.Random(17), Told(), 0
    begin = opened(server)
    begin.migrate()
    begin.close()
    for kill in range(KILLS):
        wait = rng.uniform(0, LONGEST) if kill % 2 else None
        cut += kill_while_writing(server, proxy, told, f"kill{kill}", wait)
        store = opened(server)
        (newest, *_) = reversed(told.begun)
        live = told.check_whole(store, newest)
        told.check_content(store, server)
        again = store.apply(told.begun[newest])
        assert again.status == ("unchanged" if live else "committed")
        told.done.add(newest)
        store.close()
    assert cut > KILLS // 2  # most kills come in the middle of a batch, not between two


def restart(server: Server) -> None:
    """Start the server again, until it answers: its first query of all takes it seconds."""
    server.restart()
    rows_in(server)


def kill_while_writing(
    server: Server, proxy: Proxy, told: Told, name: str, wait: float | None
) -> bool:
    """Kill the server after a while or at a commit, start it again; whether a batch was cut."""
    store, over, numbers = behind(proxy, server), Event(), count()

    def write() -> None:
        while not over.is_set() and told.apply(store, batch_of(name, next(numbers), SIZE)):
            pass

    writer, before = Thread(target=write), len(told.done)
    writer.start()
    while len(told.done) == before:
        time.sleep(0.01)
    if wait is None:
        # The server has the commit, and nobody will hear what came of it.
        proxy.turn(CutOn(when="after", then=BlackHole()))
        assert proxy.await_cut(30)
    else:
        time.sleep(wait)
    over.set()
    cut = len(told.begun) > len(told.done)
    server.kill()
    proxy.turn(Pass())
    start_and_ask(server)
    writer.join()
    store.close()
    return cut


def start_and_ask(server: Server) -> None:
    """Start the server again; what a dead writer left behind keeps no reader waiting."""
    restart(server)
    store = opened(server)
    asked = time.monotonic()
    assert store.revision() > 0
    assert time.monotonic() - asked <= ANSWERS
    store.close()
