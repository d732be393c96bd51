"""A Neo4j server that cannot be reached: errors in time, then at once, and no cure by hand."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterator
from statistics import median

import pytest

from graph.errors import DeadlineExceeded, StoreDown
from graph.model import Node, Ref
from graph.store.base import GraphStore
from tests.contract.child import batch_of
from tests.contract.made import batch, firm
from tests.contract.reference import content_in, content_of
from tests.faults.conftest import Wire, behind
from tests.faults.proxy import BlackHole, Mode, Pass, Refuse, Reset, Slow
from tests.faults.truth import healed

DEADLINE = 3.0
AT_ONCE = 0.020
HICCUP = 50 * AT_ONCE  # one call may meet a busy machine
CALLS = 50
FAULTS = [Refuse(), BlackHole(), Reset()]
ROWS = [Node(firm("1"), {"name": "显示面板厂"})]
READS: dict[str, Callable[[GraphStore], object]] = {
    "get": lambda store: store.get(firm("1")),
    "revision": lambda store: store.revision(),
    "search": lambda store: [node.ref for node in store.search("面板")],
}
ANSWERS = {"get": ROWS[0], "revision": 1, "search": [Ref("Enterprise", "1")]}


def fault_name(fault: Mode) -> str:
    return type(fault).__name__


def timed(ask: Callable[[], object]) -> tuple[float, type[BaseException]]:
    """How long a call took to end in an error, and in which."""
    asked = time.monotonic()
    with pytest.raises((StoreDown, DeadlineExceeded)) as caught:
        ask()
    return time.monotonic() - asked, caught.type


@pytest.fixture
def filled(wire: Wire) -> Iterator[Wire]:
    wire.direct.apply(batch(*ROWS))
    yield wire
    wire.proxy.turn(Pass())


@pytest.mark.parametrize("read", READS)
@pytest.mark.parametrize("fault", FAULTS, ids=fault_name)
def test_a_read_ends_in_time_when_the_server_is_lost(filled: Wire, fault: Mode, read: str) -> None:
    def ask() -> object:
        return READS[read](filled.through)

    assert ask() == ANSWERS[read]
    filled.proxy.turn(fault)
    seconds, _ = timed(ask)
    assert seconds <= DEADLINE
    filled.proxy.turn(Pass())
    assert healed(ask) == ANSWERS[read]


@pytest.mark.parametrize("fault", FAULTS, ids=fault_name)
def test_once_lost_every_call_ends_at_once_and_it_heals_by_itself(
    filled: Wire, fault: Mode
) -> None:
    store = filled.through
    filled.proxy.turn(fault)
    for _ in range(3):  # late, late while the server is looked for, lost
        seconds, kind = timed(store.revision)
        assert seconds <= DEADLINE
        if kind is StoreDown:
            break
    for call in (store.revision, lambda: store.apply(batch(*ROWS)), store.undo, store.migrate):
        took = []
        for _ in range(CALLS):
            seconds, kind = timed(call)
            assert kind is StoreDown
            assert seconds <= HICCUP
            took.append(seconds)
        assert median(took) <= AT_ONCE
    assert not store.health().ok
    filled.proxy.turn(Pass())
    assert {name: healed(lambda: ask(store)) for name, ask in READS.items()} == ANSWERS  # noqa: B023
    assert store.health().ok
    assert store.apply(batch_of("after", 1, 3)).status == "committed"


@pytest.mark.parametrize("fault", FAULTS, ids=fault_name)
def test_a_store_opened_while_the_server_is_lost_works_afterwards(
    filled: Wire, fault: Mode
) -> None:
    filled.proxy.turn(fault)
    store = behind(filled.proxy, filled.login)
    try:
        for call in (store.migrate, store.revision):
            seconds, _ = timed(call)
            assert seconds <= DEADLINE
        filled.proxy.turn(Pass())
        healed(store.migrate)
        assert {name: ask(store) for name, ask in READS.items()} == ANSWERS
    finally:
        store.close()


def test_connections_that_died_while_nobody_asked_are_no_error(filled: Wire) -> None:
    assert filled.through.revision() == 1
    filled.proxy.turn(Reset())
    filled.proxy.turn(Pass())
    assert filled.proxy.counts.resets > 0
    assert {name: ask(filled.through) for name, ask in READS.items()} == ANSWERS


@pytest.mark.parametrize("fault", FAULTS, ids=fault_name)
def test_closing_a_store_that_lost_its_server_leaves_nothing_behind(
    filled: Wire, fault: Mode, caplog: pytest.LogCaptureFixture
) -> None:
    store = behind(filled.proxy, filled.login)
    assert store.revision() == 1
    filled.proxy.turn(fault)
    timed(store.revision)
    store.close()
    del store
    gc.collect()  # what was left open says so now, as a warning or in the log
    assert [record for record in caplog.records if record.name == "asyncio"] == []


def test_a_slow_network_gives_the_same_answers(wire: Wire) -> None:
    batches = [batch_of("slow", n, 10) for n in range(2)]
    wire.proxy.turn(Slow(128, 0.0005))
    for some in batches:
        assert wire.through.apply(some).status == "committed"
    nodes, rels = content_of(batches)
    firms = {ref: props for ref, props in nodes.items() if ref.label == "Enterprise"}
    assert {n.ref: n.props for n in wire.through.nodes("Enterprise")} == firms
    supplies = {who: props for who, props in rels.items() if who[0] == "SUPPLIES"}
    assert {r.identity: r.props for r in wire.through.rels("SUPPLIES")} == supplies
    assert wire.through.stats() == wire.direct.stats()
    assert wire.through.search("firm 1", limit=50) == wire.direct.search("firm 1", limit=50)
    assert content_in(wire.direct) == (nodes, rels)
    assert wire.proxy.counts.slices > 200
