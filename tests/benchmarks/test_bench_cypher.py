"""The benchmark compares like with like: by hand and by us, the sample zone has the same gaps."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from math import inf

import pytest

from graph.analysis import ask
from graph.question import Question
from graph.snapshot import Snapshot, take
from graph.store import Access, open_store
from ingest.samples import load_sample
from tests.benchmarks.by_hand import ByHand, compared_gaps, compared_rank
from tests.neo4j.server import Login
from tests.neo4j.wipe import wipe

LEADERS = ("demo-leader-jiadian", "demo-leader-jiqiren", "demo-leader-xianshi")


@pytest.fixture(scope="module")
def snapshot(neo4j_server: Login) -> Snapshot:
    """The sample zone, in the database and taken from it."""
    access = Access(neo4j_server.user, neo4j_server.password)
    with closing(open_store(neo4j_server.url, deadline=60.0, access=access)) as store:
        store.migrate()
        wipe(neo4j_server)
        load_sample(store)
        return take(store)


@pytest.fixture(scope="module")
def by_hand(neo4j_server: Login) -> Iterator[ByHand]:
    with closing(ByHand(neo4j_server)) as made:
        yield made


@pytest.mark.parametrize("leader", LEADERS)
def test_the_gap_list_by_hand_is_ours(snapshot: Snapshot, by_hand: ByHand, leader: str) -> None:
    ours = ask.gaps(snapshot, Question(leader=leader, region="370211"))
    compared = compared_gaps(ours, by_hand.gaps(ours.question))
    assert compared.rows > 40
    assert compared.worst < 1e-12
    assert compared.order == "equal"


def test_the_ranking_by_hand_is_ours(snapshot: Snapshot, by_hand: ByHand) -> None:
    ours = ask.rank(snapshot, Question(leader=LEADERS[0], region="370211"))
    compared = compared_rank(ours, by_hand.rank(ours.question))
    assert {c.kind for c in ours.candidates} == {"project", "enterprise", "expansion"}
    assert compared.worst < 1e-12
    assert compared.order.startswith("equal")


def test_what_differs_is_told(snapshot: Snapshot, by_hand: ByHand) -> None:
    ours = ask.gaps(snapshot, Question(leader=LEADERS[0], region="370211"))
    first, *rest = by_hand.gaps(ours.question)
    assert compared_gaps(ours, [{**first, "severity": 0.0}, *rest]).worst > 0.01
    assert compared_gaps(ours, [{**first, "type": "covered"}, *rest]).worst == inf
    assert compared_gaps(ours, rest).worst == inf
    assert compared_gaps(ours, [*rest, first]).order.startswith("different first at 1:")
