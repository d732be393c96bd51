"""How fast the embedded store loads and answers at 100 000 nodes and 1 000 000 relations.

Run as `python -m tests.benchmarks.bench_store [directory]`; networkx, which keeps the same graph in
memory only and forgets it, is the peer.
"""

from __future__ import annotations

import random
import resource
import statistics
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from time import perf_counter

import networkx as nx

from graph.model import Batch, Node, Ref, Rel
from graph.store.sqlite import SqliteStore

NODES, RELATIONS, LOOKUPS = 100_000, 1_000_000, 2_000
_REGIONS, _SEGMENTS = 500, 5_000
_WORDS = ("显示", "面板", "机器人", "光电", "新材料", "半导体", "装备", "电池", "汽车", "智能")


def made(nodes: int = NODES, relations: int = RELATIONS, seed: int = 1) -> Batch:
    """A graph like an imported one: skewed, with names, columns that refer, and evidence ids."""
    rng = random.Random(seed)
    regions = [Node(Ref("Region", f"{n:06d}"), {"name": f"地区{n}"}) for n in range(_REGIONS)]
    segments = [
        Node(Ref("Segment", f"S{n:04d}"), {"name": f"{rng.choice(_WORDS)}环节{n}"})
        for n in range(_SEGMENTS)
    ]
    firms = [_firm(rng, n) for n in range(nodes - _REGIONS - _SEGMENTS)]
    rels = {
        (rel.type, rel.src, rel.dst): rel
        for rel in _rels(rng, firms, segments, relations * 11 // 10)
    }
    return Batch("bench", "made", [*regions, *segments, *firms], [*rels.values()][:relations])


def _firm(rng: random.Random, n: int) -> Node:
    name = f"深圳市{rng.choice(_WORDS)}{rng.choice(_WORDS)}{n}有限公司"
    region = f"{int(rng.random() ** 2 * _REGIONS):06d}"
    props = {"name": name, "region": region, "revenue_wan": float(rng.randrange(100, 99999))}
    return Node(Ref("Enterprise", f"E{n:06d}"), {**props, "evidence": [f"{n:016x}"]})


def _rels(rng: random.Random, firms: list[Node], segments: list[Node], count: int) -> Iterable[Rel]:
    for n in range(count):
        firm = firms[int(rng.random() ** 2 * len(firms))].ref
        props = {"evidence": [f"{n:016x}"], "as_of": "2024-05"}
        if n % 5 < 3:
            segment = segments[rng.randrange(len(segments))].ref
            yield Rel("PRODUCES", firm, segment, "", {**props, "capacity": float(n % 1000)})
        else:
            buyer = firms[rng.randrange(len(firms))].ref
            yield Rel("SUPPLIES", firm, buyer, "", {**props, "share": 0.25})


def main() -> None:
    """Print one line for each measure."""
    batch = made()
    with tempfile.TemporaryDirectory(dir=sys.argv[1] if sys.argv[1:] else None) as folder:
        store = SqliteStore(Path(folder) / "bench.db")
        store.migrate()
        store.search("先")  # opencc is loaded once a process
        _measure(store, batch, Path(folder))
        store.close()
    print(f"networkx build {_seconds(lambda: _networkx(batch)):.1f} s (in memory, nothing kept)")


def _measure(store: SqliteStore, batch: Batch, folder: Path) -> None:
    load = _seconds(lambda: store.apply(batch))
    size = sum(file.stat().st_size for file in folder.iterdir()) / 1e6
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
    print(
        f"load {len(batch.nodes)} nodes, {len(batch.rels)} relations: {load:.1f} s,"
        f" {len(batch.rels) / load:.0f} relations/s, {size:.0f} MB on disk, peak {peak:.0f} MB"
    )
    rng = random.Random(2)
    refs = [rng.choice(batch.nodes).ref for _ in range(LOOKUPS)]
    hub = Counter(rel.src for rel in batch.rels).most_common(1)[0][0]
    _print_times("get", [_seconds(lambda ref=ref: store.get(ref)) for ref in refs])
    _print_times(
        "neighbourhood", [_seconds(lambda ref=ref: store.neighbourhood(ref)) for ref in refs[:200]]
    )
    _print_times("neighbourhood of a hub", [_seconds(lambda: store.neighbourhood(hub))])
    _print_times("neighbourhood, 2 hops", [_seconds(lambda: store.neighbourhood(hub, hops=2))])
    for text in ("机器人", "機", "深圳 电池", "有限公司", "E0001"):
        _print_times(f"search {text}", [_seconds(lambda text=text: store.search(text))])
    _print_times("stats", [_seconds(store.stats)])
    _print_times("stream everything", [_seconds(lambda: _streamed(store))])
    one = Batch("one", "made", [Node(refs[0], {"name": "改名", "as_of": "2025"})])
    _print_times("apply one row", [_seconds(lambda: store.apply(one))])
    _print_times("changes since", [_seconds(lambda: store.changes(1))])
    _print_times("undo one row", [_seconds(store.undo)])
    again = Batch("again", "made", batch.nodes, batch.rels)
    _print_times("apply all again", [_seconds(lambda: store.apply(again))])
    store.undo()
    _print_times("undo all", [_seconds(store.undo)])


def _streamed(store: SqliteStore) -> None:
    with store.reading():
        for label in ("Region", "Segment", "Enterprise"):
            _count(store.nodes(label))
        for type_ in ("PRODUCES", "SUPPLIES", "LOCATED_IN"):
            _count(store.rels(type_))


def _count(rows: Iterable[object]) -> int:
    return sum(1 for _ in rows)


def _networkx(batch: Batch) -> None:
    graph: nx.MultiDiGraph[Ref] = nx.MultiDiGraph()
    graph.add_nodes_from((node.ref, dict(node.props)) for node in batch.nodes)
    graph.add_edges_from((r.src, r.dst, (r.type, r.key), dict(r.props)) for r in batch.rels)


def _seconds(call: Callable[[], object]) -> float:
    start = perf_counter()
    call()
    return perf_counter() - start


def _print_times(name: str, seconds: list[float]) -> None:
    times = sorted(s * 1e3 for s in seconds)
    tail = f", p99 {times[int(len(times) * 0.99)]:.3f} ms" if len(times) > 1 else ""
    print(f"{name}: {statistics.median(times):.3f} ms{tail}")


if __name__ == "__main__":
    main()
