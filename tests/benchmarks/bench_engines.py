"""The two engines side by side: the same graph loaded, taken, asked and changed in one run.

Run as `python -m tests.benchmarks.bench_engines [--nodes N --relations M]`; needs Java and Maven.
The ratio is Neo4j's number divided by SQLite's, and a row says whether the two gave the same.
"""

from __future__ import annotations

import argparse
import json
import random
import tempfile
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from functools import partial
from hashlib import sha256
from math import isnan, nan
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any, TypeVar

import numpy as np

from graph.arrays import Array
from graph.model import Batch, Node, Ref
from graph.snapshot import Snapshot, take
from graph.store import Access, open_store
from graph.store.base import GraphStore
from tests.benchmarks.bench_store import NODES, RELATIONS, made
from tests.benchmarks.memory import Held, held_by, resident
from tests.benchmarks.servers import missing
from tests.neo4j.server import Server
from tests.neo4j.wipe import wipe

LEAST = 6_000  # nodes that `made` needs for its regions, segments and some firms
LOOKUPS, AROUND, FEW, WARM = 1_000, 200, 20, 1_000
SEARCHES = ("机器人", "深圳 电池", "E0001")
_DEADLINE = 120.0  # a slow answer is a number here, not an error
_T = TypeVar("_T")
_Kind = tuple[str, Sequence[Callable[[GraphStore], object]]]


def main(nodes: int = NODES, relations: int = RELATIONS) -> None:
    """Print one row for each measure."""
    if reason := missing():
        print(f"engines side by side: not run ({reason})")
        return
    with tempfile.TemporaryDirectory() as folder:
        server = Server.start(Path(folder) / "neo4j", heap="4g", cache="2g")
        try:
            engines = [_Sqlite(Path(folder) / "sqlite"), _Neo4j(server)]
            _measure(engines, made(nodes, relations))
            for engine in engines:
                engine.store.close()
        finally:
            server.stop()
        _disk(engines)


class _Engine:
    """A store, and what is around it."""

    store: GraphStore

    def empty(self) -> None:
        """Begin again without a row."""
        raise NotImplementedError

    def disk(self) -> tuple[float, float]:
        """Megabytes of the graph, and of the log of changes beside it, once all is closed."""
        raise NotImplementedError

    def server(self) -> float:
        """Megabytes that a process beside ours holds in memory."""
        raise NotImplementedError


class _Sqlite(_Engine):
    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._made = 0
        self._open()

    def empty(self) -> None:
        self.store.close()
        self._open()

    def disk(self) -> tuple[float, float]:
        log = _megabytes(self._here, "*-wal")
        return _megabytes(self._here, "*") - log, log

    def server(self) -> float:
        return nan

    def _open(self) -> None:
        self._made += 1
        self._here = self._folder / f"{self._made}"
        self.store = open_store(f"sqlite:///{self._here}/graph.db", deadline=_DEADLINE)
        self.store.migrate()


class _Neo4j(_Engine):
    def __init__(self, server: Server) -> None:
        self._server = server
        access = Access(server.user, server.password)
        self.store = open_store(server.url, deadline=_DEADLINE, access=access)
        self.store.migrate()

    def empty(self) -> None:
        wipe(self._server)

    def disk(self) -> tuple[float, float]:
        data = self._server.home / "data"
        return _megabytes(data / "databases", "*"), _megabytes(data / "transactions", "*")

    def server(self) -> float:
        return resident(self._server.pid)


def _measure(engines: Sequence[_Engine], batch: Batch) -> None:
    print(f"{'work':<42}{'size':>10}{'sqlite':>12}{'neo4j':>12}{'ratio':>10}  accuracy")
    rng = random.Random(2)
    refs = [rng.choice(batch.nodes).ref for _ in range(LOOKUPS)]
    hub = Counter(rel.src for rel in batch.rels).most_common(1)[0][0]
    _row("memory of the server, begun, MB", "", [engine.server() for engine in engines])
    _load(engines, batch)
    del batch  # what follows is measured without the rows in memory
    _snapshots(engines)
    _ask("questions", engines, _reading(refs, hub))
    _ask("changes", engines, _writing(refs))


def _load(engines: Sequence[_Engine], batch: Batch) -> None:
    sizes = len(batch.nodes), len(batch.rels)
    alone, whole, held, applied = [], [], [], []
    for engine in engines:
        _warm(engine, batch)
        seconds, _ = _timed(partial(engine.store.apply, Batch("nodes", "made", batch.nodes)))
        alone.append(seconds)
        engine.empty()
        kept, (seconds, done) = held_by(partial(_timed, partial(engine.store.apply, batch)))
        whole.append(seconds)
        held.append(kept)
        applied.append(done)
    same = _same(applied)
    _row("load nodes, s", f"{sizes[0]}", alone)
    _row("load everything, s", f"{sum(sizes)}", whole, same)
    _row("load, nodes/s", f"{sizes[0]}", [sizes[0] / s for s in alone])
    rest = [all_ - nodes for all_, nodes in zip(whole, alone, strict=True)]
    rates = [sizes[1] / seconds if seconds > 0 else nan for seconds in rest]
    _row("load, relations/s without nodes", f"{sizes[1]}", rates)
    _row("load, relations/s of everything", f"{sizes[1]}", [sizes[1] / s for s in whole])
    stats = [_digest(engine.store.stats()) for engine in engines]
    _row("content hash and counts", "", [nan, nan], _same(stats))
    _memory("load", engines, held)


def _warm(engine: _Engine, batch: Batch) -> None:
    """A small load that does not count: in it the server compiles and plans."""
    rels = batch.rels[:WARM]
    ends = {ref for rel in rels for ref in (rel.src, rel.dst)}
    engine.store.apply(Batch("warm", "made", [n for n in batch.nodes if n.ref in ends], rels))
    engine.empty()


def _snapshots(engines: Sequence[_Engine]) -> None:
    first, again, held, taken = [], [], [], []
    for engine in engines:
        kept, (seconds, snapshot) = held_by(partial(_timed, partial(take, engine.store)))
        first.append(seconds)
        held.append(kept)
        taken.append(snapshot)
        again.append(_timed(partial(take, engine.store))[0])
    assert _same_snapshots(*taken), "the engines give different snapshots"
    relations = sum(len(table.src) for table in taken[0].relations.values())
    _row("snapshot, first, s", f"{relations}", first, "equal")
    _row("snapshot, again, s", f"{relations}", again, "equal")
    _memory("snapshot", engines, held)


def _reading(refs: Sequence[Ref], hub: Ref) -> list[_Kind]:
    return [
        ("get", [partial(_get, ref=ref) for ref in refs]),
        ("neighbourhood", [partial(_around, ref=ref) for ref in refs[:AROUND]]),
        ("neighbourhood of a hub", [partial(_around, ref=hub)] * FEW),
        ("the same, 2 hops", [partial(_around, ref=hub, hops=2)] * FEW),
        *((f"search {text}", [partial(_search, text=text)] * FEW) for text in SEARCHES),
        ("stats", [_stats] * FEW),
    ]


def _writing(refs: Sequence[Ref]) -> list[_Kind]:
    changed = [Node(ref, {"name": f"改名{n}", "as_of": "2025-01-01"}) for n, ref in enumerate(refs)]
    batches = [Batch(f"one {n}", "made", [node]) for n, node in enumerate(changed[:FEW])]
    return [
        ("apply one row", [partial(_apply, batch=batch) for batch in batches]),
        ("changes since the load", [_changed] * FEW),
        ("undo one row", [_undo] * (FEW // 2)),
        ("stats after that", [_stats] * FEW),
    ]


def _ask(phase: str, engines: Sequence[_Engine], kinds: Sequence[_Kind]) -> None:
    held, asked = [], []
    for engine in engines:
        kept, found = held_by(partial(_answers, engine.store, kinds))
        held.append(kept)
        asked.append(found)
    for (name, _), *found in zip(kinds, *asked, strict=True):
        # Neo4j plans a statement when it first sees it: the first call is told apart.
        first, *later = zip(
            *([seconds * 1e3 for seconds, _ in pairs] for pairs in found), strict=True
        )
        times = [sorted(column) for column in zip(*later, strict=True)]
        same = _same([[digest for _, digest in pairs] for pairs in found])
        _row(f"{name}, first ms", "1", first, same)
        _row(f"{name}, median ms", f"{len(later)}", [median(t) for t in times])
        _row(f"{name}, p99 ms", f"{len(later)}", [t[int(len(t) * 0.99)] for t in times])
    _memory(phase, engines, held)


def _answers(store: GraphStore, kinds: Sequence[_Kind]) -> list[list[tuple[float, str]]]:
    """Seconds and digest of every answer, by kind."""
    return [
        [(seconds, _digest(answer)) for seconds, answer in asked]
        for _, calls in kinds
        for asked in [(_timed(partial(call, store)) for call in calls)]
    ]


def _get(store: GraphStore, ref: Ref) -> object:
    return store.get(ref)


def _around(store: GraphStore, ref: Ref, hops: int = 1) -> object:
    return store.neighbourhood(ref, hops=hops)


def _search(store: GraphStore, text: str) -> object:
    return store.search(text)


def _stats(store: GraphStore) -> object:
    return store.stats()


def _apply(store: GraphStore, batch: Batch) -> object:
    return store.apply(batch)


def _changed(store: GraphStore) -> object:
    return store.changes(1)


def _undo(store: GraphStore) -> object:
    return store.undo()


def _digest(answer: object) -> str:
    """Equal where two answers are equal; the answers themselves would fill the memory measured."""
    text = json.dumps(answer, sort_keys=True, ensure_ascii=False, default=_as_json)
    return sha256(text.encode("utf-8")).hexdigest()


def _as_json(part: Any) -> object:
    if isinstance(part, Mapping):
        return dict(part)
    return {field.name: getattr(part, field.name) for field in fields(part)}


def _same(answers: Sequence[object]) -> str:
    first, *others = answers
    return "equal" if all(other == first for other in others) else "NOT EQUAL"


def _same_snapshots(a: Snapshot, b: Snapshot) -> bool:
    """The same revision, ids, ends, keys and columns, bit for bit."""
    return (
        a.revision == b.revision
        and a.tables.keys() == b.tables.keys()
        and a.relations.keys() == b.relations.keys()
        and all(
            list(table.ids) == list(b.tables[label].ids)
            and _same_columns(table.columns, b.tables[label].columns)
            for label, table in a.tables.items()
        )
        and all(
            np.array_equal(table.src, other.src)
            and np.array_equal(table.dst, other.dst)
            and table.keys.tolist() == other.keys.tolist()
            and _same_columns(table.columns, other.columns)
            for kind, table in a.relations.items()
            for other in [b.relations[kind]]
        )
    )


def _same_columns(a: Mapping[str, Array], b: Mapping[str, Array]) -> bool:
    return a.keys() == b.keys() and all(
        column.dtype == b[name].dtype
        and (
            column.tolist() == b[name].tolist()
            if column.dtype == object
            else np.array_equal(column, b[name], equal_nan=True)
        )
        for name, column in a.items()
    )


def _memory(phase: str, engines: Sequence[_Engine], held: Sequence[Held]) -> None:
    _row(f"memory of the client, {phase}, kept MB", "", [h.kept for h in held])
    _row(f"memory of the client, {phase}, peak MB", "", [h.peak for h in held])
    _row(f"memory of the server, {phase}, MB", "", [engine.server() for engine in engines])


def _disk(engines: Sequence[_Engine]) -> None:
    # The server keeps pages in memory until it stops: only then is everything in the files.
    disks = [engine.disk() for engine in engines]
    _row("disk, graph, MB", "", [graph for graph, _ in disks])
    _row("disk, log of changes, MB", "", [log for _, log in disks])


def _megabytes(folder: Path, pattern: str) -> float:
    return sum(f.stat().st_size for f in folder.rglob(pattern) if f.is_file()) / 1e6


def _timed(work: Callable[[], _T]) -> tuple[float, _T]:
    started = perf_counter()
    value = work()
    return perf_counter() - started, value


def _row(work: str, size: str, numbers: Sequence[float], accuracy: str = "") -> None:
    sqlite, neo4j_ = numbers
    ratio = _shown(neo4j_ / sqlite) + "x" if sqlite > 0 and neo4j_ > 0 else ""
    print(
        f"{work:<42}{size:>10}{_shown(sqlite):>12}{_shown(neo4j_):>12}{ratio:>10}  {accuracy}",
        flush=True,
    )


def _shown(number: float) -> str:
    if isnan(number):
        return "-"
    return f"{number:,.0f}" if abs(number) >= 100 else f"{number:.3f}"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.bench_engines")
    parser.add_argument("--nodes", type=int, default=NODES)
    parser.add_argument("--relations", type=int, default=RELATIONS)
    given = parser.parse_args()
    if given.nodes < LEAST:
        parser.error(f"--nodes: {LEAST} at least")
    main(given.nodes, given.relations)
