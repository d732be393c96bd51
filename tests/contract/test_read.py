"""What the questions answer, in which order, and what they leave out."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from graph.errors import DeadlineExceeded, NotFound
from graph.model import Node, Ref, Rel
from graph.store.base import GraphStore, Page
from tests.contract.conftest import Engine
from tests.contract.made import batch, firm, region, segment, supplies


def test_get_and_get_many(store: GraphStore) -> None:
    rows = [Node(firm("1"), {"name": "甲"}), Node(region("1"), {"name": "甲市"})]
    store.apply(batch(*rows))
    assert store.get(firm("1")) == rows[0]
    assert store.get(segment("1")) is None
    asked = [firm("1"), firm("9"), region("1"), firm("1")]
    assert store.get_many(asked) == {row.ref: row for row in rows}
    assert store.get_many([]) == {}
    assert store.get(firm("\ud800")) is None


def test_stats_count_labels_and_types(store: GraphStore) -> None:
    rows = batch(Node(firm("1")), Node(firm("2")), Node(region("1")), supplies("1", "2"))
    store.apply(rows)
    first = store.stats()
    assert (first.nodes, first.relations) == ({"Enterprise": 2, "Region": 1}, {"SUPPLIES": 1})
    store.apply(batch(supplies("2", "1")))
    second = store.stats()
    assert (second.relations, second.revision) == ({"SUPPLIES": 2}, 2)
    assert second.hash != first.hash


def test_rels_of_has_both_directions_in_identity_order(store: GraphStore) -> None:
    rels = [
        Rel("INVESTS_IN", firm("3"), firm("2")),
        supplies("1", "2"),
        supplies("1", "2", "s"),
        supplies("2", "1"),
        supplies("2", "2"),
        supplies("3", "2", share=0.5),
    ]
    store.apply(batch(*(Node(firm(n)) for n in "123"), *reversed(rels), supplies("1", "3")))
    assert store.rels_of(firm("2")) == rels
    assert store.rels_of(firm("9")) == []


def test_pages_go_by_code_point_and_end(store: GraphStore) -> None:
    ids = ["10", "9", "A", "a", "一", "\uffff", "\U00020000"]
    assert ids == sorted(ids)
    store.apply(batch(*(Node(firm(id)) for id in reversed(ids)), Node(region("1"))))
    assert [node.ref.id for node in store.nodes("Enterprise")] == ids
    found, after = [], ""
    while page := store.page("Enterprise", after, limit=3):
        found += [node.ref.id for node in page.items]
        if page.next is None:
            break
        after = page.next
    assert found == ids
    assert store.page("Enterprise", "\U00020000") == Page([], None)
    assert store.page("Park") == Page([], None)
    assert store.page("Enterprise", "一", limit=2).next is None


def test_streams_are_in_identity_order(store: GraphStore) -> None:
    located = [
        Rel("LOCATED_IN", firm("2"), region("1")),
        Rel("LOCATED_IN", Ref("Park", "1"), region("2")),
        Rel("LOCATED_IN", Ref("Project", "0"), region("1")),
    ]
    ends = [Node(ref) for rel in located for ref in (rel.src, rel.dst)]
    store.apply(batch(*ends, *reversed(located)))
    assert list(store.rels("LOCATED_IN")) == located
    assert list(store.rels("SUPPLIES")) == []
    assert list(store.rels("NOTHING")) == []
    assert list(store.nodes("Chain")) == []


def _star(*leaves: str) -> list[Node | Rel]:
    return [
        Node(firm("hub")),
        *(Node(firm(leaf)) for leaf in leaves),
        *(supplies("hub", leaf) for leaf in leaves),
    ]


def test_neighbourhood_says_what_it_hides(store: GraphStore) -> None:
    store.apply(batch(*_star("d", "b", "a", "c"), supplies("a", "b"), supplies("a", "d")))
    shown = store.neighbourhood(firm("hub"), limit=2)
    assert [node.ref.id for node in shown.nodes] == ["hub", "a", "b"]
    assert list(shown.rels) == [supplies("a", "b"), supplies("hub", "a"), supplies("hub", "b")]
    assert shown.hidden == 2
    assert store.neighbourhood(firm("hub"), limit=4).hidden == 0
    assert store.neighbourhood(firm("hub"), limit=0).hidden == 4


def test_neighbourhood_is_nearest_first_in_both_directions(store: GraphStore) -> None:
    nodes = [Node(firm(id)) for id in ("m", "z", "a", "b")]
    store.apply(batch(*nodes, supplies("z", "m"), supplies("z", "b"), supplies("a", "b")))
    ids = lambda n: [x.ref.id for x in store.neighbourhood(firm("m"), 9, n).nodes]  # noqa: E731
    assert [ids(n) for n in range(4)] == [["m"], ["m", "z"], ["m", "z", "b"], ["m", "z", "b", "a"]]
    two = store.neighbourhood(firm("m"), limit=1, hops=3)
    assert ([x.ref.id for x in two.nodes], two.hidden) == (["m", "z"], 2)


def test_neighbourhood_sorts_by_id_over_labels(store: GraphStore) -> None:
    store.apply(
        batch(
            Node(firm("x"), {"region": "2"}),
            Node(region("2")),
            *(Node(ref) for ref in (firm("1"), firm("3"), segment("1"))),
            supplies("x", "3"),
            supplies("1", "x"),
            Rel("PRODUCES", firm("x"), segment("1")),
        )
    )
    found = [node.ref for node in store.neighbourhood(firm("x")).nodes]
    assert found == [firm("x"), firm("1"), segment("1"), region("2"), firm("3")]


def test_neighbourhood_of_nobody(store: GraphStore) -> None:
    with pytest.raises(NotFound):
        store.neighbourhood(firm("9"))


def test_evidence_is_no_neighbour(store: GraphStore) -> None:
    store.apply(batch(Node(Ref("Evidence", "a1"), {"source": "公报"})))
    store.apply(batch(Node(firm("1"), {"name": "甲", "evidence": ["a1"]})))
    assert [node.ref for node in store.neighbourhood(firm("1")).nodes] == [firm("1")]


def test_reading_pins_one_revision(store: GraphStore, engine: Engine) -> None:
    writer = engine.open()
    writer.apply(batch(Node(firm("1"), {"name": "甲"})))
    with store.reading() as revision:
        writer.apply(batch(Node(firm("2"), {"name": "乙"})))
        with store.reading() as inner:
            assert (revision, inner, store.revision(), store.stats().revision) == (1, 1, 1, 1)
        assert [node.ref.id for node in store.nodes("Enterprise")] == ["1"]
        assert (store.get(firm("2")), store.changes(0).revision) == (None, 1)
        assert writer.revision() == 2
    assert (store.revision(), len(list(store.nodes("Enterprise")))) == (2, 2)


def test_a_stream_is_of_one_revision(store: GraphStore, engine: Engine) -> None:
    writer = engine.open()
    writer.apply(batch(*(Node(firm(f"{n:05d}")) for n in range(3000))))
    stream = store.nodes("Enterprise")
    first = next(stream)
    writer.apply(batch(Node(firm("99999"))))
    assert store.revision() == 2  # the stream holds back nothing but itself
    with ThreadPoolExecutor(1) as pool:
        assert len([first, *pool.submit(list, stream).result()]) == 3000


def test_a_query_past_its_deadline_is_stopped(store: GraphStore, engine: Engine) -> None:
    store.apply(batch(*(Node(firm(f"{n:05d}"), {"name": "某某企业"}) for n in range(5000))))
    hurried = engine.open(deadline=1e-4)
    with pytest.raises(DeadlineExceeded):
        hurried.page("Enterprise", limit=5000)
    with pytest.raises(DeadlineExceeded):
        hurried.search("企业", limit=5000)
    assert len(list(hurried.nodes("Enterprise"))) == 5000  # a stream has its own, longer one
    assert len(store.page("Enterprise", limit=5000).items) == 5000


def test_threads_read_while_one_writes(store: GraphStore) -> None:
    store.apply(batch(Node(firm("0"), {"name": "甲"})))
    stop = threading.Event()

    def read() -> int:
        seen = 0
        while not stop.is_set():
            with store.reading() as revision:
                assert store.stats().nodes["Enterprise"] == revision
            seen += 1
        return seen

    with ThreadPoolExecutor(4) as pool:
        readers = [pool.submit(read) for _ in range(4)]
        for n in range(1, 30):
            store.apply(batch(Node(firm(str(n)), {"name": "甲"})))
        stop.set()
        assert all(reader.result() for reader in readers)


def test_threads_write_one_after_the_other(store: GraphStore) -> None:
    rows = [batch(Node(firm("0"), {"name": f"{n}"}), Node(firm(f"x{n}"))) for n in range(24)]
    with ThreadPoolExecutor(4) as pool:
        revisions = [applied.revision for applied in pool.map(store.apply, rows)]
    assert sorted(revisions) == list(range(1, 25))
    assert store.stats().nodes["Enterprise"] == 25


def test_health_is_good(store: GraphStore) -> None:
    health = store.health()
    assert health.ok
    assert health.engine
