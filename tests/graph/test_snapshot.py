"""A snapshot moved by a change equals one taken afterwards; networkx gets a real copy."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from random import Random

import networkx as nx
import numpy as np
import pytest

from graph.arrays import RelBlock, RelTable, blocks_of
from graph.model import Node, Props, Ref, Rel
from graph.snapshot import FEW, MANY, SMALL, Memo, Snapshot, SnapshotCache, take
from graph.store.base import Changes
from tests.conftest import tier


@dataclass
class Held:
    """A store in memory with the changes of its last revision."""

    revision_: int = 1
    held: dict[Ref, Props] = field(default_factory=dict)
    joined: dict[tuple[str, Ref, Ref, str], Props] = field(default_factory=dict)
    last: Changes | None = None

    def reading(self) -> AbstractContextManager[int]:
        return nullcontext(self.revision_)

    def revision(self) -> int:
        return self.revision_

    def nodes(self, label: str) -> Iterator[Node]:
        return (Node(r, self.held[r]) for r in sorted(self.held) if r.label == label)

    def columns(self, type: str) -> Iterator[RelBlock]:
        return blocks_of(self.rels(type))

    def rels(self, type: str) -> Iterator[Rel]:
        return (Rel(*i, self.joined[i]) for i in sorted(self.joined) if i[0] == type)

    def changes(self, since: int) -> Changes:
        assert self.last is not None
        return self.last


SEGMENTS = [Ref("Segment", f"s{i}") for i in range(9)]
FIRMS = [Ref("Enterprise", f"e{i}") for i in range(9)]


def props(random: Random) -> Props:
    values: Props = {
        "capacity": float(random.randint(0, 3)),
        "note": random.choice(["甲", "乙"]),
        "tags": ["x"] * random.randint(1, 2),
        "mixed": random.choice([1.0, "一", True]),
    }
    return {k: v for k, v in values.items() if random.random() < 0.5}


def change(held: Held, random: Random) -> None:
    """One random change, recorded as a store would report it."""
    nodes = {r: props(random) for r in SEGMENTS + FIRMS if random.random() < 0.3}
    gone = [r for r in held.held if r not in nodes and random.random() < 0.15]
    held.held = {r: p for r, p in {**held.held, **nodes}.items() if r not in gone}
    lost = {i for i in held.joined if i[1] not in held.held or i[2] not in held.held}
    lost |= {i for i in held.joined if random.random() < 0.1}
    fresh = {
        identity: props(random)
        for _ in range(6)
        if (identity := _identity(random))[1] in held.held and identity[2] in held.held
    }
    held.joined = {i: p for i, p in held.joined.items() if i not in lost} | fresh
    held.revision_ += 1
    held.last = Changes(
        held.revision_,
        [Node(r, p) for r, p in nodes.items()],
        [Rel(*i, p) for i, p in fresh.items()],
        gone,
        [Rel(*i) for i in lost - fresh.keys()],
    )


def _identity(random: Random) -> tuple[str, Ref, Ref, str]:
    if random.random() < 0.5:
        return ("PRODUCES", random.choice(FIRMS), random.choice(SEGMENTS), "")
    return ("SUPPLIES", random.choice(FIRMS), random.choice(FIRMS), random.choice(["", "s1", "s2"]))


def same(a: Snapshot, b: Snapshot) -> None:
    assert a.revision == b.revision
    assert {k: list(t.ids) for k, t in a.tables.items()} == {
        k: list(t.ids) for k, t in b.tables.items()
    }
    for label in a.tables:
        columns(a.tables[label].columns, b.tables[label].columns)
    assert a.relations.keys() == b.relations.keys()
    for kind, table in a.relations.items():
        other = b.relations[kind]
        for mine, theirs in ((table.src, other.src), (table.dst, other.dst)):
            assert mine.tolist() == theirs.tolist()
        assert table.keys.tolist() == other.keys.tolist()
        assert (table.sources, table.targets) == (other.sources, other.targets)
        columns(table.columns, other.columns)


def columns(a: object, b: object) -> None:
    assert isinstance(a, dict)
    assert isinstance(b, dict)
    assert list(a) == list(b)
    for name in a:
        assert a[name].dtype == b[name].dtype, name
        if a[name].dtype == object:
            assert a[name].tolist() == b[name].tolist()
        else:
            assert np.array_equal(a[name], b[name], equal_nan=True)


@pytest.mark.parametrize("seed", range(tier(60, 1000)))
def test_a_change_applied_equals_a_snapshot_taken_anew(seed: int) -> None:
    random, held = Random(seed), Held()
    change(held, random)
    snapshot = take(held)
    for _ in range(5):
        change(held, random)
        assert held.last is not None
        snapshot = snapshot.apply(held.last)
        same(snapshot, take(held))


def test_cache_moves_with_the_revision() -> None:
    held = Held()
    cache = SnapshotCache(held)
    first = cache.get()
    assert cache.get() is first
    change(held, Random(1))
    same(cache.get(), take(held))


def test_to_networkx_is_a_copy_with_known_attributes_only() -> None:
    a, b = Ref("Enterprise", "a"), Ref("Enterprise", "b")
    held = Held(
        held={a: {"name": "甲", "revenue_wan": 3.0}, b: {"name": "乙"}},
        joined={("SUPPLIES", a, b, "s1"): {"share": 0.5}, ("INVESTS_IN", a, b, ""): {}},
    )
    snapshot = take(held)
    graph = snapshot.to_networkx()
    assert isinstance(graph, nx.MultiDiGraph)
    assert graph.nodes[b] == {"name": "乙"}
    assert graph.edges[a, b, ("SUPPLIES", "s1")] == {"share": 0.5}
    assert snapshot.to_networkx(types={"INVESTS_IN"}).number_of_edges() == 1
    assert list(snapshot.to_networkx(refs={a})) == [a]
    graph.nodes[b]["name"] = "改"
    assert snapshot.to_networkx().nodes[b]["name"] == "乙"


def test_rows_of_one_source_and_of_one_target() -> None:
    held = Held(
        held={r: {} for r in (*FIRMS[:3], *SEGMENTS[:3])},
        joined={("PRODUCES", FIRMS[i], SEGMENTS[j], ""): {} for i, j in ((0, 1), (0, 2), (2, 1))},
    )
    table = take(held).rels("PRODUCES", "Enterprise", "Segment")
    assert [int(table.dst[i]) for i in table.out(0)] == [1, 2]
    assert [int(table.src[i]) for i in table.into(1)] == [0, 2]
    assert table.find(2, 1, "") == 2
    assert table.find(1, 1, "") == -1


def test_a_memo_keeps_the_newest_results_and_makes_the_others_again() -> None:
    memo, made = Memo(2), list[str]()

    def ask(key: str) -> str:
        return memo.get(key, lambda: made.append(key) or key)  # type: ignore[func-returns-value]

    for key in ("a", "b", "a", "c", "a", "b"):  # c pushes b out, a was used last
        assert ask(key) == key
    assert made == ["a", "b", "c", "b"]


def test_a_small_graph_keeps_many_results() -> None:
    assert Snapshot(1, {}, {}).memo.limit == MANY
    many = np.zeros(SMALL + 1, np.int32)
    table = RelTable(many, many, many.astype(object), {}, 1, 1)
    assert Snapshot(1, {}, {("SUPPLIES", "Enterprise", "Enterprise"): table}).memo.limit == FEW
