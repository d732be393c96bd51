"""The pieces of the arithmetic against brute force, networkx and written-out values."""

from __future__ import annotations

from itertools import product
from math import ceil, floor, fsum
from random import Random

import networkx as nx
import pytest

from graph.analysis.affinity import Ties
from graph.analysis.coverage import ratio, shortage
from graph.analysis.facts import facts_of
from graph.analysis.regions import RegionTree
from graph.analysis.relatedness import Relatedness, made_in
from graph.analysis.requirements import input_weights, requirements
from graph.analysis.view import months_before
from graph.question import Assumptions
from tests.conftest import tier
from tests.graph.analysis.golden import firm, makes, zone
from tests.zones import snapshot_of

ASSUMED = Assumptions()


def states(pairs: list[tuple[float, float]]) -> float:
    """The shortage over every state: each supplier down, or up at its floor or ceiling step."""
    terms = []
    for state in product(range(3), repeat=len(pairs)):
        chance, steps = 1.0, 0
        for (x, rho), how in zip(pairs, state, strict=True):
            f = 64 * x - floor(64 * x)
            chance *= (1 - rho, rho * (1 - f), rho * f)[how]
            steps += (0, floor(64 * x), ceil(64 * x))[how]
        terms.append(chance * max(0.0, 1 - steps / 64))
    return fsum(terms)


@pytest.mark.parametrize("seed", range(tier(300, 10_000)))
def test_shortage_equals_every_outage_state_and_keeps_its_properties(seed: int) -> None:
    random = Random(seed)
    pairs = [
        (random.choice([0.0, 1.0, random.random()]), random.choice([0.0, 1.0, random.random()]))
        for _ in range(random.randint(0, 5))
    ]
    base = shortage(pairs)
    assert base == pytest.approx(states(pairs), abs=1e-12)
    assert shortage(random.sample(pairs, len(pairs))) == base  # order changes no bit
    one, two = ((random.random(), random.random()) for _ in range(2))
    with_one, with_two = shortage([*pairs, one]), shortage([*pairs, two])
    both = shortage([*pairs, one, two])
    assert with_one <= base + 1e-12  # another supplier never raises it
    assert base - with_one >= with_two - both - 1e-12  # diminishing gains
    assert shortage([*pairs, (1.0, 1.0)]) == pytest.approx(0, abs=1e-12)


def test_ratio_is_the_quotient_of_the_decimals_as_written() -> None:
    assert ratio(0.3, 0.1) == 3.0
    assert ratio(1.1, 3.3) == 1 / 3
    assert ratio(12000.0, 10000.0) == ratio(1.2, 1.0)  # 万元 and 亿元


@pytest.mark.parametrize("seed", range(tier(300, 10_000)))
def test_criticality_equals_all_walks(seed: int) -> None:
    random = Random(seed)
    size = random.randint(1, 5)
    ids = [f"s{i}" for i in range(size)]
    edges = {
        (u, v): random.choice([0.25, 0.5, 1.0])
        for u in range(size)
        for v in range(size)
        if random.random() < 0.4  # self-loops and cycles too
    }
    rows = {
        "segments": [{"id": i, "name": i} for i in ids],
        "inputs": [
            {"input": ids[u], "output": ids[v], "weight": str(a)} for (u, v), a in edges.items()
        ],
    }
    products = {i: random.choice([0.5, 1.0]) for i in range(size) if random.random() < 0.4}
    table = snapshot_of(rows).rels("INPUT_OF", "Segment", "Segment")
    found = requirements(input_weights(table, ASSUMED), products, size, "up", ASSUMED)
    best = walks(edges, products)
    assert {r.segment: r.criticality for r in found} == {
        s: c for s, c in best.items() if s not in products
    }
    for r in found:
        value = products[r.path[0]]
        for near, far in zip(r.path, r.path[1:], strict=False):
            value *= 0.875 * edges[far, near]
        assert value == r.criticality
        assert r.path[-1] == r.segment


def walks(edges: dict[tuple[int, int], float], products: dict[int, float]) -> dict[int, float]:
    """The best of all walks of 1…6 hops, one by one."""
    best: dict[int, float] = {}
    front = list(products.items())
    for _ in range(6):
        front = [(u, p * (0.875 * a)) for v, p in front for (u, w), a in edges.items() if w == v]
        front = list({(s, p) for s, p in front})
        for s, p in front:
            best[s] = max(best.get(s, 0.0), p)
    return best


def test_unknown_weights_are_the_median_into_their_output_else_of_all() -> None:
    rows = {
        "segments": [{"id": i, "name": i} for i in "abcde"],
        "inputs": [
            {"input": "a", "output": "e", "weight": "0.2"},
            {"input": "b", "output": "e", "weight": "0.6"},
            {"input": "c", "output": "e"},  # median of 0.2 and 0.6
            {"input": "d", "output": "a"},  # none known into a: median of all, the same 0.4
        ],
    }
    inputs = input_weights(snapshot_of(rows).rels("INPUT_OF", "Segment", "Segment"), ASSUMED)
    # by (input, output): a-e, b-e, c-e, d-a
    assert inputs.factor[0].tolist() == [0.875 * a for a in (0.2, 0.6, 0.4, 0.4)]
    assert inputs.factor[-1].tolist() == [0.875 * a for a in (0.2, 0.6, 0.2, 0.2)]
    assert inputs.factor[1].tolist() == [0.875 * a for a in (0.2, 0.6, 0.8, 0.8)]


def test_downstream_is_worth_half_once_and_up_wins_a_tie() -> None:
    rows = zone()
    snapshot = snapshot_of(rows)
    facts = facts_of(snapshot, ASSUMED)
    made = {facts.segments.index["bearing"]: 1.0}
    args = (facts.inputs, made, len(facts.segments.ids))
    down = {facts.segments.ids[r.segment]: r for r in requirements(*args, "down", ASSUMED)}
    # bearing → reducer: 0.5·0.35; → robot: 0.5·0.35·0.4375
    assert down["reducer"].criticality == pytest.approx(0.5 * 0.35, abs=1e-15)
    assert down["robot"].criticality == pytest.approx(0.5 * 0.35 * 0.4375, abs=1e-15)
    both = {facts.segments.ids[r.segment]: r for r in requirements(*args, "both", ASSUMED)}
    assert set(both) == {"reducer", "robot", "steel"}


@pytest.mark.parametrize(
    ("here", "there", "expected"),
    [
        ("370211", "370211", 1.0),
        ("370200", "370211", 1.0),  # inside
        ("370211", "370212", 0.5),  # the city holds both
        ("370211", "370200", 0.5),
        ("370211", "370100", 0.2),  # the province holds both
        ("370211", "310115", 0.0),
        ("310115", "310101", 0.5),
        ("110101", "110000", 0.5),  # a municipality is one city
        ("429004", "429005", 0.2),  # counties directly under a province
        ("zone-1", "370211", 0.5),  # by its parent 370211
        ("free", "370211", 0.0),
        ("370211", None, 0.0),
    ],
)
def test_proximity(here: str, there: str | None, expected: float) -> None:
    tree = RegionTree({"zone-1": "370211"}, {"zone-1": "zone"})
    assert tree.proximity(here, there, "nested", ASSUMED) == expected
    assert tree.proximity(here, there, "local", ASSUMED) == (1.0 if expected == 1.0 else 0.0)


@pytest.mark.parametrize(
    ("date", "months", "expected"),
    [
        ("2026-06-30", 24, "2024-06-30"),
        ("2024-02-29", 24, "2022-02-28"),
        ("2024-01-31", 1, "2023-12-31"),
    ],
)
def test_months_before(date: str, months: int, expected: str) -> None:
    assert months_before(date, months) == expected


@pytest.mark.parametrize("seed", range(tier(40, 400)))
def test_ties_equal_networkx(seed: int) -> None:
    random = Random(seed)
    firms = ["L", "A", "B", "C", "D"]
    pairs = {(random.choice(firms), random.choice(firms)) for _ in range(6)}
    rows = zone(
        enterprises=[firm(f) for f in firms if f != "L"],
        produces=[makes(f, random.choice(["steel", "bearing"])) for f in "ABCD"],
        supplies=[{"supplier": a, "buyer": b} for a, b in sorted(pairs)],
    )
    snapshot = snapshot_of(rows)
    ties = Ties(snapshot, "L", (), ASSUMED)
    graph = nx.Graph(snapshot.to_networkx(types={"SUPPLIES", "PRODUCES"}))
    graph.remove_edges_from(list(nx.selfloop_edges(graph)))
    leader = next(n for n in graph if n.id == "L" and n.label == "Enterprise")
    mass = nx.pagerank(graph, 0.85, {leader: 1}, 10_000, 1e-16, dangling={leader: 1})
    largest = max(m for n, m in mass.items() if n.label == "Enterprise" and n != leader)
    for node, share in mass.items():
        if node.label == "Enterprise" and node != leader:
            expected = nx_tie(share, largest)
            assert ties.of("Enterprise", node.id) == pytest.approx(expected, abs=1e-5)


def nx_tie(share: float, largest: float) -> float:
    from math import log10

    return 0.0 if share <= 1e-12 else min(1.0, max(0.0, 1 + log10(share / largest) / 4))


def test_relatedness_by_hand() -> None:
    # Three firms make bearing and something else; A is here.
    rows = zone(
        enterprises=[firm("A", "370211"), firm("B", "310115"), firm("C", "310115")],
        produces=[
            *(makes(f, "bearing") for f in "ABC"),
            makes("A", "steel"),
            makes("B", "steel"),
            makes("C", "reducer"),
        ],
    )
    facts = facts_of(snapshot_of(rows), ASSUMED)
    here = Relatedness(facts, made_in(facts, lambda r: r == "370211"))
    at = facts.segments.index
    # φ(bearing, steel) = 2/3, φ(bearing, reducer) = 1/3; 370211 makes bearing, steel and robot.
    assert here.of(at["bearing"]) == pytest.approx((2 / 3) / (2 / 3 + 1 / 3), abs=1e-15)
    assert here.of(at["steel"]) is None  # two firms only
    assert here.has_maker(at["steel"])
    assert not here.has_maker(at["reducer"])
