"""Two engines, one contract: the same random history gives the same answers on both."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import asdict
from random import Random

from graph.errors import LianzhuError
from graph.snapshot import take
from graph.store.base import GraphStore
from graph.store.neo4j_store import Neo4jStore
from tests.conftest import tier
from tests.contract.asked import answers, text
from tests.contract.conftest import Engine
from tests.contract.odd import Step, history
from tests.graph.test_snapshot import same

GRAPHS = tier(100, 1000)
IN_PARTS = tier(10, 400)
KINDS_OF_STEP = ("committed", "unchanged", "undone", "nothing_to_undo", "dangling", "value")


def test_the_same_history_gives_the_same_answers(
    sqlite_engine: Engine, neo4j_engine: Engine
) -> None:
    _compare(GRAPHS, sqlite_engine, neo4j_engine.new)


def test_a_history_in_parts_gives_the_same_answers(
    sqlite_engine: Engine, neo4j_engine: Engine
) -> None:
    with ExitStack() as stack:

        def new() -> GraphStore:
            stack.close()
            neo4j_engine.new()
            assert neo4j_engine.access
            auth = (neo4j_engine.access.user, neo4j_engine.access.password)
            store = Neo4jStore(neo4j_engine.url, auth=auth, whole=3, part=2)
            stack.callback(store.close)
            return store

        _compare(IN_PARTS, sqlite_engine, new)


def _compare(graphs: int, sqlite_engine: Engine, new: Callable[[], GraphStore]) -> None:
    seen: Counter[str] = Counter()
    for seed in range(graphs):
        try:
            seen += _compared(Random(seed), sqlite_engine.new(), new())
        except BaseException as error:
            error.add_note(f"seed {seed}")
            raise
    assert seen["graph"] == graphs
    if graphs < 100:  # too few to hold some of everything
        return
    # The histories hold what they are meant to hold.
    assert {kind: seen[kind] for kind in KINDS_OF_STEP if seen[kind] < graphs // 40} == {}
    assert seen["found"] > graphs
    assert seen["gone"] > graphs / 10
    assert seen["snapshot"] > graphs / 4


def _compared(random: Random, one: GraphStore, other: GraphStore) -> Counter[str]:
    """Both stores after each step of a history and with every question at its end."""
    seen = Counter(["graph"])
    for step in history(random):
        done = _done(one, step)
        assert _done(other, step) == done
        assert _told(other) == _told(one)
        seen[done[1]] += 1
    asked = random.getrandbits(32)
    pairs = zip(answers(one, Random(asked)), answers(other, Random(asked)), strict=True)
    for (question, expected), (_, found) in pairs:
        assert text(found) == text(expected), question
        seen["found"] += question.startswith("search") and expected != []
        seen["gone"] += question.startswith("changes") and "gone_nodes=[Ref" in str(expected)
    if random.random() < 0.4:
        same(take(other), take(one))
        seen["snapshot"] += 1
    return seen


def _done(store: GraphStore, step: Step) -> tuple[object, str]:
    """What a step ended with, and of which kind that is."""
    try:
        applied = store.apply(step) if step else store.undo()
    except LianzhuError as error:
        return (type(error), error.facts), error.code
    return applied, applied.status


def _told(store: GraphStore) -> str:
    """What a store says of itself, without the time."""
    entries = [{**asdict(entry), "at": ""} for entry in store.ledger(100)]
    return text([store.stats(), entries])
