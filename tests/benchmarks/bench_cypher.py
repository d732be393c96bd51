"""The whole job through Neo4j beside the Cypher that a Neo4j user would write by hand.

Run as `python -m tests.benchmarks.bench_cypher [--firms N --segments M --projects P]`.  Ours cold
is a snapshot taken from the server and the question; ours warm is the question on a held snapshot
of which nothing was asked before.  Times are medians after a round that is not counted, in which
the server compiles and plans.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from functools import partial
from statistics import median
from time import perf_counter
from typing import TypeVar

from graph.analysis import ask, coverage
from graph.analysis.fill import Fill
from graph.analysis.gaps import Gaps
from graph.analysis.view import view_of
from graph.question import Question
from graph.snapshot import Memo, Snapshot, take
from graph.store import Access, open_store
from graph.store.base import GraphStore
from ingest.samples import load_sample
from tests.benchmarks.by_hand import (
    LEFT_OUT,
    ByHand,
    Compared,
    Fills,
    Rows,
    compared_fills,
    compared_gaps,
    compared_rank,
)
from tests.benchmarks.servers import missing
from tests.benchmarks.zone import LEADER, REGION, made_zone
from tests.neo4j.server import Server
from tests.neo4j.wipe import wipe
from tests.zones import batch_of

FIRMS, SEGMENTS, PROJECTS = 4_000, 400, 300
ROUNDS = 5
SAMPLE = Question(leader="demo-leader-jiadian", region="370211")
MADE = Question(leader=LEADER, region=REGION)
_SHOWN = (("Enterprise", "firms"), ("Segment", "segments"), ("Project", "projects"))
_T = TypeVar("_T")


def main(firms: int = FIRMS, segments: int = SEGMENTS, projects: int = PROJECTS) -> None:
    """Print three rows a zone, and what they leave out."""
    if reason := missing():
        print(f"Cypher by hand: not run ({reason})")
        return
    server = Server.start(heap="1g")
    try:
        _measure(server, firms, segments, projects)
    finally:
        server.stop()


def _measure(server: Server, firms: int, segments: int, projects: int) -> None:
    store = open_store(server.url, deadline=60.0, access=Access(server.user, server.password))
    with closing(store), closing(ByHand(server)) as by_hand:
        store.migrate()
        print(
            f"{'work':<25}{'cold s':>9}{'warm s':>9}{'cypher s':>10}"
            f"{'to cold':>10}{'to warm':>10}  accuracy"
        )
        load_sample(store)
        _zone("sample zone", store, by_hand, SAMPLE)
        wipe(server)
        store.apply(batch_of(made_zone(firms, segments, projects)))
        _zone("random zone", store, by_hand, MADE)
    print(LEFT_OUT)


def _zone(name: str, store: GraphStore, by_hand: ByHand, question: Question) -> None:
    stats = store.stats()
    sizes = [f"{stats.nodes[label]} {word}" for label, word in _SHOWN]
    print(f"{name}: {', '.join(sizes)}, {sum(stats.relations.values())} relations")
    asked = ask.gaps(take(store), question).question
    gaps, rank = partial(by_hand.gaps, asked), partial(by_hand.rank, asked)
    _row("gap list", store, partial(_asked, ask.gaps, question), gaps, compared_gaps)
    _row("fill of every candidate", store, partial(_asked, _fills, question), rank, compared_fills)
    _row("whole ranking", store, partial(_asked, ask.rank, question), rank, compared_rank)


def _asked(how: Callable[[Snapshot, Question], _T], question: Question, snapshot: Snapshot) -> _T:
    return how(snapshot, question)


def _fills(snapshot: Snapshot, question: Question) -> Fills:
    """Fill and modifiers of every candidate, without intervals and reasons."""
    (view,) = view_of(snapshot, question)
    return {key: scored.fill for key, scored in Fill(Gaps(view)).scored.items()}


def _row(
    name: str,
    store: GraphStore,
    ours: Callable[[Snapshot], _T],
    theirs: Callable[[], Rows],
    compared: Callable[[_T, Rows], Compared],
) -> None:
    times = []
    for _ in range(1 + ROUNDS):
        taking, snapshot = _timed(partial(take, store))
        asking, answer = _timed(partial(ours, snapshot))
        warm, _ = _timed(partial(ours, replace(snapshot, memo=Memo())))
        by_hand, rows = _timed(theirs)
        times.append((taking + asking, warm, by_hand))
    cold, warm, by_hand = (median(column) for column in zip(*times[1:], strict=True))
    print(
        f"{name:<25}{cold:>9.3f}{warm:>9.3f}{by_hand:>10.3f}"
        f"{by_hand / cold:>9.2f}x{by_hand / warm:>9.2f}x  {compared(answer, rows)}"
    )


def _timed(work: Callable[[], _T]) -> tuple[float, _T]:
    # Shortages are kept across snapshots, and the second asker would find those of the first.
    coverage._fold.cache_clear()
    started = perf_counter()
    value = work()
    return perf_counter() - started, value


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.bench_cypher")
    parser.add_argument("--firms", type=int, default=FIRMS)
    parser.add_argument("--segments", type=int, default=SEGMENTS)
    parser.add_argument("--projects", type=int, default=PROJECTS)
    main(**vars(parser.parse_args()))
