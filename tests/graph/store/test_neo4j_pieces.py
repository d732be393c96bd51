"""Streams cut into pieces: each row once, in order, wherever the cuts fall."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import pytest

from graph.model import Node
from graph.snapshot import take
from graph.store import neo4j_pieces as pieces
from graph.store.neo4j_pieces import Span
from graph.store.neo4j_store import Neo4jStore
from tests.contract.made import batch, firm, supplies
from tests.neo4j.server import Login
from tests.neo4j.wipe import wipe

# In UTF-16 the third would come before the second.
IDS = ("a", "\ufffd", "\U00020000", "\U00020000a", "\U0010ffff")
KIND = ("SUPPLIES", "Enterprise", "Enterprise")


@pytest.fixture
def store(neo4j_server: Login) -> Iterator[Neo4jStore]:
    wipe(neo4j_server)
    made = Neo4jStore(neo4j_server.url, auth=(neo4j_server.user, neo4j_server.password))
    made.migrate()
    yield made
    made.close()
    wipe(neo4j_server)


@pytest.mark.parametrize("piece", range(1, 7))
@pytest.mark.parametrize("known", range(len(IDS) + 1))
def test_every_row_comes_once_and_in_order(
    store: Neo4jStore, monkeypatch: pytest.MonkeyPatch, piece: int, known: int
) -> None:
    monkeypatch.setattr("graph.store.neo4j_pieces.PIECE", piece)
    ids = IDS[:known]
    store.apply(
        batch(
            *(Node(firm(id_), {"name": id_}) for id_ in reversed(ids)),
            *(supplies(a, b, share=0.5) for a in reversed(ids) for b in ids),
        )
    )
    assert [node.ref.id for node in store.nodes("Enterprise")] == sorted(ids)
    assert [(r.src.id, r.dst.id) for r in store.rels("SUPPLIES")] == [
        (a, b) for a in sorted(ids) for b in sorted(ids)
    ]
    table = take(store).rels(*KIND)
    assert [*zip(table.src, table.dst, strict=True)] == [
        (a, b) for a in range(known) for b in range(known)
    ]


def test_a_row_that_goes_while_a_stream_runs_still_comes(
    store: Neo4jStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("graph.store.neo4j_pieces.PIECE", 1)
    store.apply(batch(*(Node(firm(id_), {"name": id_}) for id_ in IDS)))
    before = store.nodes("Enterprise")
    first = next(before)
    store.undo()
    store.apply(batch(Node(firm("\U0010ffff\U0010ffff"), {"name": "later"})))
    assert [first.ref.id, *(node.ref.id for node in before)] == [*IDS]
    assert [n.ref.id for n in store.nodes("Enterprise")] == ["\U0010ffff\U0010ffff"]


def test_a_node_younger_than_the_numbers_is_read_by_its_id(store: Neo4jStore) -> None:
    store.apply(batch(Node(firm("a")), supplies("a", "a", key="k")))
    view = partial(pieces.columns, kind=KIND, span=Span("", None, ["a"]), names={"Enterprise": {}})
    (block,) = store._ask(view)
    assert (block.src, block.dst, block.keys) == (["a"], ["a"], ["k"])
