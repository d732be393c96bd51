"""Pictures against the store's own neighbourhood, and what opening a thing adds."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from graph.analysis.around import MORE, picture
from graph.analysis.picture import CAP
from graph.errors import NotFound
from graph.model import LABELS, Batch, Node, Ref, Rel
from graph.snapshot import Snapshot, take
from graph.store import open_store
from graph.store.base import GraphStore
from ingest.pipeline import load
from tests.conftest import tier
from tests.graph.analysis.random_zone import random_zone
from tests.test_spine import write


@pytest.fixture
def store(tmp_path: Path) -> Iterator[GraphStore]:
    made = open_store(f"sqlite:///{tmp_path}/g.db", deadline=3.0)
    made.migrate()
    yield made
    made.close()


@pytest.mark.parametrize("seed", range(tier(10, 80)))
@pytest.mark.parametrize(("hops", "limit"), [(1, 150), (1, 3), (2, 5), (2, 300), (3, 8)])
def test_equals_the_store_s_neighbourhood(
    store: GraphStore, seed: int, hops: int, limit: int, tmp_path: Path
) -> None:
    load([write(random_zone(seed), tmp_path / "zone")], store)
    snapshot = take(store)
    for center in [node.ref for label in LABELS for node in store.nodes(label)]:
        asked = store.neighbourhood(center, limit - 1, hops)
        shown = picture(snapshot, center, hops=hops, limit=limit)
        unclaimed = {
            n.ref: {k: v for k, v in n.props.items() if k != "claims"} for n in asked.nodes
        }
        assert {n.ref: n.props for n in shown.nodes} == unclaimed
        assert [r.identity for r in shown.rels] == [r.identity for r in asked.rels]
        assert shown.hidden == asked.hidden
        there = {n.ref for n in shown.nodes}
        for ref in there:
            near = {n.ref for n in store.neighbourhood(ref, 1000, 1).nodes} - {ref}
            assert shown.beyond[ref] == len(near - there)
            ends = [r for r in shown.rels if ref in (r.src, r.dst)]
            assert shown.degree[ref] == len(ends)


HUB, LEAD = Ref("Region", "r"), Ref("Enterprise", "lead")


def star(store: GraphStore, firms: int) -> Snapshot:
    """A leader and many firms in one region; the leader buys from the last one."""
    refs = [Ref("Enterprise", f"f{i:03}") for i in range(firms)]
    nodes = [Node(HUB, {"name": "区"}), *(Node(ref, {"name": ref.id}) for ref in (LEAD, *refs))]
    rels = [Rel("LOCATED_IN", ref, HUB) for ref in (LEAD, *refs)]
    rels.append(Rel("SUPPLIES", refs[-1], LEAD, "s"))
    store.apply(Batch("b", "b", nodes, rels))
    return take(store)


def test_opening_adds_the_first_20_that_are_not_shown(store: GraphStore) -> None:
    snapshot = star(store, 50)
    before = picture(snapshot, LEAD)
    assert [n.ref for n in before.nodes] == [Ref("Enterprise", "f049"), LEAD, HUB]
    assert (before.hidden, before.beyond[HUB]) == (0, 49)
    after = picture(snapshot, LEAD, opened=[HUB])
    added = {n.ref.id for n in after.nodes} - {"f049", "lead", "r"}
    assert added == {f"f{i:03}" for i in range(MORE)}
    assert (after.hidden, after.beyond[HUB]) == (29, 29)
    assert after.degree[HUB] == 22
    assert len(after.rels) == 22 + 1


def test_never_more_than_300_whatever_is_opened(store: GraphStore) -> None:
    snapshot = star(store, 400)
    shown = picture(snapshot, HUB, limit=290, opened=[LEAD, Ref("Enterprise", "f399")])
    assert len(shown.nodes) == 292  # both were beyond the limit
    full = picture(snapshot, HUB, limit=1000, opened=[LEAD])
    assert len(full.nodes) == CAP
    assert full.hidden == 402 - CAP
    nearly = picture(snapshot, HUB, limit=299, opened=[LEAD])
    assert len(nearly.nodes) == CAP
    assert LEAD in nearly.degree


def test_the_centre_is_shown_whatever_the_limit(store: GraphStore) -> None:
    alone = picture(star(store, 5), HUB, limit=0)
    assert ([n.ref for n in alone.nodes], alone.hidden) == ([HUB], 6)


def test_what_is_nowhere_is_told(store: GraphStore) -> None:
    snapshot = star(store, 2)
    for center, opened in ((Ref("Park", "x"), []), (LEAD, [Ref("Nothing", "x")])):
        with pytest.raises(NotFound, match="unknown_node"):
            picture(snapshot, center, opened=opened)


def test_a_thing_without_relations_is_a_picture_too(store: GraphStore) -> None:
    store.apply(Batch("b", "b", [Node(LEAD, {"name": "厂"})]))
    alone = picture(take(store), LEAD, hops=2)
    assert ([n.ref for n in alone.nodes], alone.rels, alone.hidden) == ([LEAD], [], 0)
    assert (alone.degree, alone.beyond) == ({LEAD: 0}, {LEAD: 0})
