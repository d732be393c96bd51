"""Connections cut at any byte of a change: acknowledged is there, everything is whole, once."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from itertools import cycle

import pytest

from graph.errors import DeadlineExceeded, LianzhuError, StoreDown
from graph.model import Batch
from graph.store import cypher
from graph.store.base import GraphStore
from tests.conftest import tier
from tests.contract.child import batch_of
from tests.contract.made import firm
from tests.faults.conftest import Wire
from tests.faults.proxy import BlackHole, CutAfter, CutOn, Mode, Pass, Refuse
from tests.faults.truth import Told, healed

CUTS = tier(100, 1000)
UNDO_CUTS = tier(20, 200)
READ_CUTS = tier(30, 300)
CHECKED = 10  # cuts between two looks at every row
SIZE = 50
ON_COMMIT = [CutOn(when="before"), CutOn(when="after"), CutOn(when="answered")]
AT_THE_GATE = {
    f"{statement.name}-{when}": CutOn(statement.text.encode(), when)
    for statement in (cypher.OPEN_GATE, cypher.CLOSE_GATE)
    for when in ("before", "answered")
}


def cuts(rng: random.Random, traffic: tuple[int, int]) -> Iterator[Mode]:
    """A cut on the commit, one on the way to the server and one on the way back, and again."""
    up, down = traffic
    for on_commit in cycle(ON_COMMIT):
        yield on_commit
        yield CutAfter(rng.randrange(up), to_server=True)
        yield CutAfter(rng.randrange(down), to_server=False)


def traffic_of(wire: Wire, work: Callable[[], object]) -> tuple[int, int]:
    """Bytes to and from the server that some work takes when nothing is cut."""
    work()
    before = (wire.proxy.counts.to_server, wire.proxy.counts.from_server)
    work()
    counts = wire.proxy.counts
    return counts.to_server - before[0], counts.from_server - before[1]


def applied(wire: Wire, told: Told, some: Batch, cut: Mode) -> bool:
    """Apply a batch under a cut, and check what came of it; whether the cut happened."""
    wire.proxy.turn(cut)
    answer = told.apply(wire.through, some)
    hit = wire.proxy.await_cut(0)
    wire.proxy.turn(Pass())
    live = told.check_whole(wire.direct, some.key)
    if answer:
        (entry,) = wire.direct.ledger(1)
        said = (entry.batch, entry.revision, entry.created, entry.updated)
        assert (answer.batch, answer.revision, answer.created, answer.updated) == said
        assert answer.status == "committed"
    again = healed(lambda: wire.through.apply(some))
    assert again.status == ("unchanged" if live else "committed")
    told.done.add(some.key)
    assert told.check_whole(wire.direct, some.key)
    return hit


def test_a_cut_import_is_there_whole_or_not_at_all(wire: Wire) -> None:
    told, hits, number = Told(), list[Mode](), 0

    def next_batch() -> Batch:
        nonlocal number
        number += 1
        return batch_of("cut", number, SIZE)

    plan = cuts(random.Random(11), traffic_of(wire, lambda: told.apply(wire.through, next_batch())))
    while len(hits) < CUTS:
        cut = next(plan)
        if applied(wire, told, next_batch(), cut):
            hits.append(cut)
            if len(hits) % CHECKED == 0:
                told.check_content(wire.direct, wire.login)
        assert number < 2 * CUTS + 4  # most cuts fall within an import
    assert wire.proxy.counts.cuts == CUTS
    assert sum(isinstance(cut, CutOn) for cut in hits) >= CUTS // 3
    assert told.lost > CUTS // 10  # errors there were


@pytest.mark.parametrize("cut", AT_THE_GATE.values(), ids=AT_THE_GATE)
def test_a_cut_at_the_gate_keeps_nobody_out(wire: Wire, cut: CutOn) -> None:
    told = Told()
    for n in range(3):
        assert told.apply(wire.direct, batch_of("before", n, 3))
        assert applied(wire, told, batch_of("gate", n, 3), cut)
        assert told.apply(wire.direct, batch_of("after", n, 3))
    told.check_content(wire.direct, wire.login)


def test_a_cut_undo_takes_back_once(wire: Wire) -> None:
    rng, told, hits, number = random.Random(12), Told(), 0, 0

    def there_and_back() -> None:
        wire.through.apply(batch_of("measured", 0, SIZE))
        wire.through.undo()

    up, down = traffic_of(wire, there_and_back)
    plan = cuts(rng, (up // 2, down // 2))
    assert told.apply(wire.through, batch_of("stays", 0, SIZE))
    while hits < UNDO_CUTS:
        number += 1
        some = batch_of("undo", number, SIZE)
        assert healed(lambda: told.apply(wire.direct, some))  # noqa: B023
        hits += undone(wire, told, some.key, next(plan))
        assert number < 4 * UNDO_CUTS
        if number % CHECKED == 0:
            told.check_content(wire.direct, wire.login)
    told.check_content(wire.direct, wire.login)
    assert wire.proxy.counts.cuts == hits


def undone(wire: Wire, told: Told, key: str, cut: Mode) -> bool:
    """Take back the newest batch under a cut, then for certain; whether the cut happened."""
    before = told.kept(wire.direct)
    wire.proxy.turn(cut)
    told.done.remove(key)
    try:
        answer = wire.through.undo()
    except (StoreDown, DeadlineExceeded):
        answer = None
    hit = wire.proxy.await_cut(0)
    wire.proxy.turn(Pass())
    left = told.kept(wire.direct)
    told.check_whole(wire.direct, key)
    if answer:
        assert (answer.batch, answer.status, left) == (key, "undone", before[:-1])
    else:
        assert left in (before, before[:-1])
    if left == before:
        assert healed(wire.through.undo).batch == key
    del told.begun[key]
    return hit


def test_an_undo_whose_commit_was_lost_is_not_taken_for_done(wire: Wire) -> None:
    """Its outcome is asked for when the ledger has gone on."""
    told = Told()
    for n in range(2):
        assert told.apply(wire.direct, batch_of("first", n, 3))
    wire.proxy.turn(CutOn(when="before", then=Refuse()))
    with ThreadPoolExecutor(1) as pool:
        undoing = pool.submit(wire.through.undo)
        assert wire.proxy.await_cut(10)
        assert told.apply(wire.direct, batch_of("other", 0, 3))
        wire.proxy.turn(Pass())
        lost = undoing.exception()
    if lost is None:
        told.done.remove(undoing.result().batch)
        assert {*told.kept(wire.direct)} == told.done
    else:
        assert isinstance(lost, LianzhuError)  # it says that another import came meanwhile
        assert len(told.kept(wire.direct)) == 3


def test_a_writer_that_vanished_at_its_commit_keeps_no_reader_out(wire: Wire) -> None:
    """No packet tells the server that it is gone; its transaction is open, and so is the gate."""
    told = Told()
    assert told.apply(wire.through, batch_of("before", 0, 3))
    wire.proxy.turn(CutOn(when="before", then=BlackHole()))
    with ThreadPoolExecutor(1) as pool:
        writing = pool.submit(told.apply, wire.through, batch_of("vanished", 0, 3))
        try:
            assert wire.proxy.await_cut(10)
            assert healed(wire.direct.revision) == 1
        finally:
            wire.proxy.turn(Pass())  # ends the writer's connection, and with it the transaction
        writing.result()
    told.check_whole(wire.direct, "vanished-0")


def test_a_cut_read_is_right_or_an_error(wire: Wire) -> None:
    rng, hits, number, answers = random.Random(13), 0, 0, 0
    for n in range(3):
        wire.direct.apply(batch_of("read", n, SIZE))
    asks: list[Callable[[GraphStore], object]] = [
        lambda store: [*store.nodes("Enterprise")],
        lambda store: [*store.rels("SUPPLIES")],
        lambda store: store.neighbourhood(firm("read-1-3"), hops=2),
        lambda store: store.search("firm 1"),
        lambda store: store.changes(1),
        lambda store: (store.stats(), store.ledger()),
    ]
    right = [ask(wire.direct) for ask in asks]
    while hits < READ_CUTS:
        at = number % len(asks)
        up, down = traffic_of(wire, lambda: healed(lambda: asks[at](wire.through)))  # noqa: B023
        to_server = bool(rng.randrange(2))
        wire.proxy.turn(CutAfter(rng.randrange(up if to_server else down), to_server))
        with suppress(StoreDown, DeadlineExceeded):
            assert asks[at](wire.through) == right[at]
            answers += 1
        hits += wire.proxy.await_cut(0)
        wire.proxy.turn(Pass())
        number += 1
        assert number < 3 * READ_CUTS
    assert wire.proxy.counts.cuts == hits
    assert answers > 0
