"""Imports and undos in parts: seen only as a whole, resumed where they stopped, or taken back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from graph.errors import DataError, StoreBusy, StoreDown
from graph.model import Batch, Node, Rel
from graph.snapshot import take
from graph.store import open_store
from graph.store.base import GraphStore
from graph.store.neo4j_store import Neo4jStore
from graph.store.neo4j_write import Writer
from tests.contract.made import batch, firm, region, supplies
from tests.contract.reference import content_in, content_of, hash_of
from tests.neo4j.server import Login
from tests.neo4j.wipe import wipe

_Open = Callable[[], Neo4jStore]


@pytest.fixture
def opened(neo4j_server: Login) -> Iterator[_Open]:
    """Handles on one empty database, for which more than 20 rows are large."""
    wipe(neo4j_server)
    made: list[Neo4jStore] = []

    def new() -> Neo4jStore:
        auth = (neo4j_server.user, neo4j_server.password)
        made.append(Neo4jStore(neo4j_server.url, auth=auth, settle=0.2, whole=20, part=7))
        made[-1].migrate()
        return made[-1]

    yield new
    for store in made:
        store.close()


_FIRST = batch(
    Node(firm("a00"), {"name": "旧名", "region": "1", "as_of": "2020"}),
    Node(firm("a01"), {"name": "别人", "region": "9"}),
    Node(region("1"), {"name": "甲市"}),
    supplies("a00", "a01", share=0.25),
    key="first",
)


def _large(key: str = "large") -> Batch:
    """Forty firms, half in a region that comes last, and sixty relations, some said twice."""
    nodes = [
        Node(firm(f"a{n:02d}"), {"name": f"企业{n}", "region": "9" if n % 2 else "1"})
        for n in range(40)
    ]
    rels = [supplies(f"a{n % 40:02d}", f"a{n * 7 % 40:02d}", str(n % 3)) for n in range(60)]
    located = Rel("LOCATED_IN", firm("a03"), region("9"), "", {"evidence": ["e"]})
    again = [supplies("a00", "a01", share=0.5), supplies("a00", "a01", share=0.5)]
    return Batch(key, key, [*nodes, Node(region("9"), {"name": "乙市"})], [*rels, located, *again])


def _stop_after(monkeypatch: pytest.MonkeyPatch, commits: int) -> None:
    """Every commit after so many finds nobody at the other end."""
    commit, left = Writer.commit, [commits]

    def counted(self: Writer, tx: object, applied: object) -> None:
        if not left[0]:
            raise StoreDown("store_down", url="", reason="planned")
        left[0] -= 1
        commit(self, tx, applied)  # type: ignore[arg-type]

    monkeypatch.setattr(Writer, "commit", counted)


def _answers(store: GraphStore) -> list[object]:
    """Everything a reader may ask, as one value."""
    return [
        store.revision(),
        store.stats(),
        content_in(store),
        store.get(firm("a00")),
        store.get(firm("a30")),
        store.rels_of(firm("a00")),
        store.page("Enterprise", limit=3),
        [node.ref for node in store.search("企业")],
        [node.ref for node in store.search("旧名")],
        store.neighbourhood(firm("a00"), hops=2),
        store.changes(0),
        store.ledger(),
        take(store).to_networkx().edges(data=True, keys=True).__repr__(),
    ]


def test_parts_give_what_one_transaction_gives(opened: _Open, tmp_path: Path) -> None:
    other = open_store(f"sqlite:///{tmp_path}/g.db")
    other.migrate()
    store = opened()
    for rows in (_FIRST, _large()):
        assert store.apply(rows) == other.apply(rows)
    assert content_in(store) == content_in(other)
    assert store.stats() == other.stats()
    assert [e.batch for e in store.ledger()] == ["large", "first"]
    assert store.apply(_large()).revision == 2  # known by its key
    again = store.apply(_large("again"))
    assert (again.status, again.revision, again.unchanged) == ("unchanged", 2, 104 - 1)
    other.close()


@pytest.mark.parametrize("commits", [0, 1, 5, 8, 14])
def test_an_import_cut_anywhere_is_unseen_and_goes_on(
    opened: _Open, monkeypatch: pytest.MonkeyPatch, commits: int
) -> None:
    store = opened()
    store.apply(_FIRST)
    before = _answers(store)
    with monkeypatch.context() as planned:
        _stop_after(planned, commits)
        with pytest.raises(StoreDown, match="import_interrupted"):
            store.apply(_large())
    assert _answers(store) == before
    assert ("importing" in store.health().detail) == (commits > 0)
    resumed = opened()  # as another process would, which knows nothing of the first
    if commits:
        with pytest.raises(StoreBusy, match="import_unfinished"):
            resumed.apply(batch(Node(firm("x"), {"name": "新"})))
    assert resumed.apply(_large()).status == "committed"
    assert content_in(store) == content_of([_FIRST, _large()])
    assert store.stats().hash == hash_of(content_in(store))
    assert store.revision() == 2
    resumed.apply(batch(Node(firm("x"), {"name": "新"})))
    assert store.revision() == 3


@pytest.mark.parametrize("commits", [1, 7, 12])
def test_an_unfinished_import_can_be_taken_back(
    opened: _Open, monkeypatch: pytest.MonkeyPatch, commits: int
) -> None:
    store = opened()
    store.apply(_FIRST)
    before = _answers(store)
    with monkeypatch.context() as planned:
        _stop_after(planned, commits)
        with pytest.raises(StoreDown):
            store.apply(_large())
    with monkeypatch.context() as planned:
        _stop_after(planned, 1)  # the taking back is cut as well
        with pytest.raises(StoreDown):
            store.undo()
    assert _answers(store) == before
    assert store.undo().status == "undone"
    assert _answers(store) == before
    assert "importing" not in store.health().detail
    moved = batch(Node(firm("a00"), {"name": "新名", "region": "9", "as_of": "2024"}))
    arrived = batch(Node(region("9"), {"name": "乙市"}))
    for rows in (moved, arrived, _large()):
        store.apply(rows)
    assert content_in(store) == content_of([_FIRST, moved, arrived, _large()])


@pytest.mark.parametrize("commits", [0, 1, 9, 14, 99])
def test_a_large_undo_goes_on_where_it_was_cut(
    opened: _Open, monkeypatch: pytest.MonkeyPatch, commits: int
) -> None:
    store = opened()
    store.apply(_FIRST)
    old = store.stats()
    store.apply(_large())
    before = _answers(store)
    with monkeypatch.context() as planned:
        _stop_after(planned, commits)
        if commits < 99:
            with pytest.raises(StoreDown):
                store.undo()
            assert _answers(store) == before
        else:
            store.undo()
    if commits < 99:
        assert store.undo().batch == "large"
    assert content_in(store) == content_of([_FIRST])
    assert (store.stats().hash, store.revision()) == (old.hash, 3)
    assert [(e.batch, e.undone) for e in store.ledger()] == [("large", True), ("first", False)]
    assert store.undo().batch == "first"
    assert store.stats().nodes == {}


def test_a_dangling_end_is_found_before_anything_is_written(opened: _Open) -> None:
    store = opened()
    rows = _large()
    with pytest.raises(DataError, match="dangling"):
        store.apply(Batch("x", "x", rows.nodes, [*rows.rels, supplies("a39", "nobody")]))
    with pytest.raises(DataError, match="value"):
        store.apply(Batch("y", "y", [*rows.nodes, Node(firm("z"), {"name": "\ud800"})], rows.rels))
    assert (store.revision(), store.stats().nodes, store.ledger()) == (0, {}, [])
    assert store.apply(rows).status == "committed"
