"""Diagnostics: values by hand, what they promise for any zone, and slow references."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import inf

import networkx as nx
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from graph.analysis.diagnostics import (
    Concentration,
    LocalShare,
    Quotients,
    articulation,
    chain_firms,
    concentration,
    local_share,
    prior_weight,
    quotients,
    shrunk,
)
from graph.analysis.facts import Facts, facts_of
from graph.question import Assumptions
from tests.zones import snapshot_of

HERE, THERE = "370211", "370212"
SEGMENTS = ["s0", "s1", "s2", "s3"]
Firm = tuple[str, frozenset[str]]  # region ("" = unknown), what it makes

firms = st.lists(
    st.tuples(
        st.sampled_from([HERE, HERE, THERE, "370100", ""]),
        st.frozensets(st.sampled_from(SEGMENTS), min_size=1),
    ),
    min_size=1,
    max_size=12,
)


def zone(made: Sequence[Firm], revenues: Mapping[int, str] | None = None) -> Facts:
    """A chain `c` of four segments with these firms."""
    named = [(f"E{i}", region, makes) for i, (region, makes) in enumerate(made)]
    rows = {
        "chains": [{"id": "c", "name": "c"}],
        "segments": [{"id": s, "name": s, "chain": "c"} for s in SEGMENTS],
        "enterprises": [
            {"id": f, "name": f, "region": r, "revenue_wan": (revenues or {}).get(i, "")}
            for i, (f, r, _) in enumerate(named)
        ],
        "produces": [{"enterprise": f, "segment": s} for f, _, ms in named for s in sorted(ms)],
    }
    return facts_of(snapshot_of(rows), Assumptions())


def asked(made: Sequence[Firm], region: str = HERE) -> Quotients:
    return quotients(zone(made), "c", region)


def raw(made: Sequence[Firm], segment: int = 0) -> float | None:
    return asked(made).segments[segment].raw


def test_quotients_by_hand() -> None:
    s0, s1 = frozenset(["s0"]), frozenset(["s1"])
    found = asked([(HERE, s0), (HERE, s0), (HERE, s1), (THERE, s1), (THERE, s1), (THERE, s1)])
    assert (found.firms, found.whole) == (3, 6)
    first = found.segments[0]
    assert first.makers == ["E0", "E1"]
    assert (first.everywhere, first.expected, first.raw) == (2, 1.0, 2.0)
    assert found.segments[1].raw == 0.5  # 1 of 3 here, 4 of 6 everywhere
    # Σ(o−e)²/e = 1/1 + 1/2; by chance ((1−1/3) + (1−2/3))·(6−3)/(6−1) = 0.6; Σe = 3
    assert found.prior == pytest.approx(3 / (1.5 - 0.6))
    assert first.shrunk == pytest.approx((2 + 10 / 3) / (1 + 10 / 3))
    assert found.segments[2].raw is None  # nobody makes it anywhere


def test_a_region_without_firms_has_no_quotient() -> None:
    found = asked([(THERE, frozenset(["s0"]))])
    assert (found.firms, found.prior) == (0, None)
    assert (found.segments[0].raw, found.segments[0].shrunk) == (None, None)
    assert found.segments[0].everywhere == 1


def test_closed_firms_do_not_count_and_a_firm_without_a_region_counts_only_in_the_whole() -> None:
    s0 = frozenset(["s0"])
    facts = zone([(HERE, s0), ("", s0)])
    assert chain_firms(facts, "c").unlocated == 1
    found = quotients(facts, "c", HERE)
    assert (found.firms, found.whole) == (1, 2)


def test_revenue_counts_only_where_every_firm_has_one() -> None:
    s0, s1 = frozenset(["s0"]), frozenset(["s1"])
    made = [(HERE, s0), (HERE, s1), (THERE, s1)]
    assert chain_firms(zone(made, {0: "30", 1: "10"}), "c").basis == "firms"
    facts = zone(made, {0: "30", 1: "10", 2: "20"})
    assert chain_firms(facts, "c").basis == "revenue"
    found = quotients(facts, "c", HERE).segments[0]
    assert found.raw == pytest.approx((30 / 40) / (30 / 60))
    assert found.expected == pytest.approx(2 * 30 / 60)


def test_one_firm_alone_is_hardly_a_specialisation() -> None:
    made = [(HERE, frozenset(["s0"])), *[(THERE, frozenset(["s1"]))] * 30]
    found = asked(made)
    assert found.prior == 1.0
    assert found.segments[0].raw == 31
    assert found.segments[0].shrunk == pytest.approx(2 / (1 / 31 + 1))


@given(firms)
def test_the_shrunken_quotient_lies_between_the_raw_one_and_one(made: Sequence[Firm]) -> None:
    for q in asked(made).segments.values():
        if q.raw is not None and q.shrunk is not None:
            assert min(q.raw, 1) - 1e-12 <= q.shrunk <= max(q.raw, 1) + 1e-12


@given(firms, st.integers(2, 4))
def test_more_of_the_same_keeps_the_quotient_and_shrinks_it_less(
    made: Sequence[Firm], times: int
) -> None:
    once, often = asked(made), asked([*made] * times)
    for segment, q in once.segments.items():
        again = often.segments[segment]
        if q.raw is not None and q.shrunk is not None and again.shrunk is not None:
            assert again.raw == pytest.approx(q.raw)
            assert abs(again.shrunk - q.raw) <= abs(q.shrunk - q.raw) + 1e-9


@given(firms)
def test_a_firm_elsewhere_that_makes_it_never_raises_the_raw_quotient(
    made: Sequence[Firm],
) -> None:
    before = raw(made)
    assume(before is not None)
    after = raw([*made, (THERE, frozenset(["s0"]))])
    assert before is not None
    assert after is not None
    assert after <= before + 1e-12


@given(firms)
def test_a_firm_elsewhere_that_makes_another_never_lowers_it(made: Sequence[Firm]) -> None:
    before = raw(made)
    assume(before is not None)
    after = raw([*made, (THERE, frozenset(["s1"]))])
    assert before is not None
    assert after is not None
    assert after >= before - 1e-12


def test_a_local_maker_can_lower_the_quotient_so_it_stays_outside_severity() -> None:
    made = [(HERE, frozenset(["s0"]))] * 3 + [(THERE, frozenset(["s1"]))] * 7
    before, after = raw(made), raw([*made, (HERE, frozenset(["s0"]))])
    assert before == pytest.approx(10 / 3)
    assert after == pytest.approx(11 / 4)


@given(firms)
def test_the_order_of_firms_changes_no_bit(made: Sequence[Firm]) -> None:
    first, second = asked(made), asked(made[::-1])
    assert first.prior == second.prior
    for segment, q in first.segments.items():
        assert (q.raw, q.shrunk) == (second.segments[segment].raw, second.segments[segment].shrunk)


def test_the_whole_graph_is_its_own_yardstick() -> None:
    made = [(HERE, frozenset(["s0"])), (HERE, frozenset(["s1", "s2"]))]
    found = asked(made)
    assert found.prior is None
    assert [q.shrunk for q in found.segments.values()] == [1.0, 1.0, 1.0, None]


@pytest.mark.parametrize("others", [10, 21, 24, 48])
@pytest.mark.parametrize("revenue", [None, "0.1"])
def test_rounding_is_no_variation(others: int, revenue: str | None) -> None:
    """n·(O/N) is not o to the last bit: 49·(1/49) < 1."""
    made = [(HERE, frozenset(["s0"])), *[(HERE, frozenset(["s1"]))] * others]
    revenues = dict.fromkeys(range(len(made)), revenue) if revenue else None
    found = quotients(zone(made, revenues), "c", HERE)
    assert found.prior is None
    assert {q.shrunk for q in found.segments.values()} == {1.0, None}


def test_no_more_variation_than_chance_is_an_infinite_prior() -> None:
    assert prior_weight([], 0.0) == inf
    assert prior_weight([(1, 1)], 0.0) == inf
    assert shrunk(9, 1, inf) == 1.0


shares = st.lists(st.floats(0.001, 1), min_size=1, max_size=9)


@given(shares)
def test_hhi_has_its_bounds_and_the_rule_its_count(held: Sequence[float]) -> None:
    found = concentration(held)
    assert found.providers == len(held)
    assert found.hhi is not None
    assert 1 / len(held) - 1e-12 <= found.hhi <= 1
    assert found.to_most == slow_to_most(held)


def slow_to_most(held: Sequence[float]) -> int:
    """Take the largest away until a quarter or less is left."""
    left, whole, taken = sorted(held), sum(held), 0
    while sum(left) > whole / 4 + 1e-12:
        left.pop()
        taken += 1
    return taken


@given(shares, st.floats(0.01, 100))
def test_hhi_knows_no_unit(held: Sequence[float], unit: float) -> None:
    scaled = concentration([x * unit for x in held])
    assert scaled.hhi == pytest.approx(concentration(held).hhi)


def test_concentration_by_hand() -> None:
    assert concentration([]) == Concentration(0, None, None)
    assert concentration([0.0]) == Concentration(0, None, None)
    assert concentration([0.4]) == Concentration(1, 1.0, 1)
    assert concentration([0.25] * 4) == Concentration(4, 0.25, 3)
    assert concentration([0.75, 0.25]) == Concentration(2, 0.625, 1)


nodes = st.integers(0, 7)
edges = st.sets(st.tuples(nodes, nodes), max_size=14)


def drawn(pairs: set[tuple[int, int]]) -> Facts:
    """Eight segments of chain `c`, one of another chain, and these inputs."""
    ids = [f"n{i}" for i in range(8)]
    rows = {
        "chains": [{"id": "c", "name": "c"}, {"id": "d", "name": "d"}],
        "segments": [
            *({"id": s, "name": s, "chain": "c"} for s in ids),
            {"id": "other", "name": "other", "chain": "d"},
        ],
        "inputs": [
            *({"input": ids[a], "output": ids[b]} for a, b in sorted(pairs)),
            {"input": ids[0], "output": "other"},
            {"input": "other", "output": ids[7]},
        ],
    }
    return facts_of(snapshot_of(rows), Assumptions())


@settings(max_examples=60, deadline=None)
@given(edges)
def test_articulation_points_are_those_whose_loss_leaves_more_pieces(
    pairs: set[tuple[int, int]],
) -> None:
    facts = drawn(pairs)
    found = {facts.segments.ids[s] for s in articulation(facts, "c")}
    graph = nx.Graph([(f"n{a}", f"n{b}") for a, b in pairs if a != b])
    before = nx.number_connected_components(graph)
    cut = set()
    for node in graph:
        rest = graph.copy()
        rest.remove_node(node)
        if nx.number_connected_components(rest) > before:
            cut.add(node)
    assert found == cut


def test_local_share_leaves_out_what_has_no_value() -> None:
    assert local_share([]) == LocalShare(None, None, None, 0, 0)
    assert local_share([(True, None)]) == LocalShare(None, None, None, 0, 1)
    assert local_share([(True, 0.0)]) == LocalShare(None, 0.0, 0.0, 1, 0)
    found = local_share([(True, 0.1), (False, 0.2), (True, None), (False, None)])
    assert found == LocalShare(pytest.approx(1 / 3), 0.1, pytest.approx(0.3), 2, 2)


values = st.one_of(st.none(), st.integers(1, 1000).map(float))
purchases = st.lists(st.tuples(st.booleans(), values), max_size=8)


@given(purchases, st.sampled_from([2.0, 1024.0]))
def test_local_share_knows_no_unit_and_grows_with_a_local_purchase(
    rows: list[tuple[bool, float | None]], unit: float
) -> None:
    share = local_share(rows).share
    scaled = [(local, None if v is None else v * unit) for local, v in rows]
    assert local_share(scaled).share == share
    more = local_share([*rows, (True, 5.0)]).share
    assert more is not None
    assert 0 <= (share or 0) <= more <= 1
