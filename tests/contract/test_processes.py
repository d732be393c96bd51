"""Several processes on one store, some of them killed in the middle of a batch."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from collections import Counter
from threading import Timer

from graph.store.base import GraphStore
from tests.conftest import ROOT, tier
from tests.contract.child import batch_of
from tests.contract.conftest import Engine
from tests.contract.reference import content_in, content_of, hash_of

KILLS = {
    "sqlite": tier(50, 500),
    "neo4j": tier(10, 100),
}  # the server is killed elsewhere
TURNS = {"sqlite": 60, "neo4j": 20}
ROUND = 10  # kills of one store, so that checking it stays short
SIZE = 150


def _engine(engine: Engine) -> str:
    return "sqlite" if engine.url.startswith("sqlite") else "neo4j"


def _child(engine: Engine, name: str, first: int, count: int, size: int) -> subprocess.Popen[str]:
    arguments = [engine.url, name, str(first), str(count), str(size)]
    command = [sys.executable, "-m", "tests.contract.child", *arguments]
    environ = {**os.environ, **engine.environ}
    return subprocess.Popen(command, cwd=ROOT, env=environ, stdout=subprocess.PIPE, text=True)


def test_two_processes_that_write_at_once_lose_nothing(store: GraphStore, engine: Engine) -> None:
    turns = TURNS[_engine(engine)]
    children = [_child(engine, name, 0, turns, 5) for name in ("one", "two")]
    for child in children:
        child.communicate(timeout=60)
        assert child.returncode == 0
    keys = [entry.batch for entry in reversed(store.ledger(2 * turns))]
    assert sorted(keys) == sorted(f"{name}-{n}" for name in ("one", "two") for n in range(turns))
    batches = [batch_of(name, int(n), 5) for name, _, n in (key.partition("-") for key in keys)]
    assert content_in(store) == content_of(batches)
    assert (store.stats().hash, store.revision()) == (hash_of(content_of(batches)), 2 * turns)


def test_a_killed_writer_leaves_all_or_nothing(engine: Engine) -> None:
    rng, cut, kills = random.Random(7), 0, KILLS[_engine(engine)]
    for start in range(0, kills, ROUND):
        store, done, begun = engine.new(), set[str](), set[str]()
        for n in range(start, start + ROUND):
            acknowledged, started = _write_and_kill(engine, n * 1000, rng.random())
            cut += len(started - acknowledged)
            done, begun = done | acknowledged, begun | started
            _check(store, done, begun)
        assert store.apply(batch_of("after", start, 3)).status == "committed"
    assert cut > kills // 3  # most kills come in the middle of a batch, not between two


def _write_and_kill(engine: Engine, first: int, delay: float) -> tuple[set[str], set[str]]:
    """Kill a child a moment after its first start; what it acknowledged and what it started."""
    said: list[str] = []
    with _child(engine, "kill", first, 1000, SIZE) as child:
        assert child.stdout
        said.append(child.stdout.readline())
        timer = Timer(delay * 0.1, child.kill)
        timer.start()
        said += child.stdout
        timer.join()
    words = [line.split() for line in said if line.endswith("\n")]
    return (
        {f"kill-{n}" for word, n in words if word == "done"},
        {f"kill-{n}" for word, n in words if word == "start"},
    )


def _check(store: GraphStore, done: set[str], started: set[str]) -> None:
    """Every acknowledged batch is there, every batch there is whole, and the hash is true."""
    asked = time.monotonic()
    kept = {entry.batch for entry in store.ledger(10_000)}
    assert done <= kept <= started
    assert store.revision() == len(kept)
    content = content_in(store)
    sizes = Counter(ref.id.rpartition("-")[0] for ref in content[0] if ref.label == "Enterprise")
    assert sizes == dict.fromkeys(kept, SIZE)
    supplies = [identity for identity in content[1] if identity[0] == "SUPPLIES"]
    assert (len(supplies), len(content[1])) == (SIZE * len(kept), 2 * SIZE * len(kept))
    assert store.stats().hash == hash_of(content)
    assert time.monotonic() - asked < 5  # nothing to repair, nobody to wait for
