"""What `apply` promises."""

from __future__ import annotations

import pytest

from graph.errors import DataError
from graph.model import Batch, Node, Ref, Rel
from graph.store.base import GraphStore
from tests.contract.conftest import Engine
from tests.contract.made import batch, firm, region, segment, supplies
from tests.contract.reference import content_in, content_of, hash_of


def test_an_empty_store_is_at_revision_0(store: GraphStore) -> None:
    stats = store.stats()
    assert (store.revision(), stats.revision, stats.hash) == (0, 0, "0" * 64)
    assert (stats.nodes, stats.relations, store.ledger()) == ({}, {}, [])


def test_migrate_may_be_repeated(store: GraphStore) -> None:
    store.apply(batch(Node(firm("1"), {"name": "甲"})))
    store.migrate()
    assert store.revision() == 1


def test_a_batch_is_written_whole_with_revision_hash_and_entry(store: GraphStore) -> None:
    rows = batch(
        Node(firm("1"), {"name": "甲"}),
        Node(firm("2"), {"name": "乙", "aliases": ["a", "b"], "own_site": True}),
        supplies("1", "2", share=0.5),
        key="file",
    )
    applied = store.apply(rows)
    assert (applied.status, applied.revision, applied.batch) == ("committed", 1, "file")
    assert (applied.created, applied.updated, applied.unchanged) == (3, 0, 0)
    assert content_in(store) == content_of([rows])
    assert store.stats().hash == hash_of(content_of([rows]))
    (entry,) = store.ledger()
    assert (entry.batch, entry.source, entry.revision) == ("file", "made by a test", 1)
    assert (entry.created, entry.updated, entry.undone) == (3, 0, False)
    assert entry.at.endswith("+00:00")


def test_a_key_in_the_ledger_is_not_applied_again(store: GraphStore) -> None:
    store.apply(batch(Node(firm("1"), {"name": "甲"}), key="file"))
    again = store.apply(batch(Node(firm("2"), {"name": "乙"}), key="file"))
    assert (again.status, again.revision, again.created) == ("unchanged", 1, 0)
    assert store.get(firm("2")) is None
    assert len(store.ledger()) == 1


def test_the_same_content_from_another_file_is_recorded_without_a_revision(
    store: GraphStore,
) -> None:
    rows = [Node(firm("1"), {"name": "甲"}), Node(firm("2"), {"name": "乙"}), supplies("1", "2")]
    store.apply(batch(*rows, key="one"))
    applied = store.apply(batch(*rows, key="two"))
    assert (applied.status, applied.revision, applied.unchanged) == ("unchanged", 1, 3)
    assert [(e.batch, e.revision) for e in store.ledger()] == [("two", 1), ("one", 1)]


def test_an_empty_batch_changes_nothing(store: GraphStore) -> None:
    assert store.apply(batch()).status == "unchanged"
    assert store.revision() == 0


def test_rows_already_there_are_merged(store: GraphStore) -> None:
    first = batch(Node(firm("1"), {"name": "甲", "revenue_wan": 1.0, "as_of": "2023"}))
    second = batch(Node(firm("1"), {"name": "甲", "revenue_wan": 2.0, "as_of": "2024"}))
    store.apply(first)
    applied = store.apply(second)
    assert (applied.created, applied.updated, applied.revision) == (0, 1, 2)
    assert content_in(store) == content_of([first, second])
    node = store.get(firm("1"))
    assert node
    assert node.props["revenue_wan"] == 2.0


def test_relations_already_there_are_merged(store: GraphStore) -> None:
    ends = [Node(firm("1")), Node(firm("2"))]
    first = batch(*ends, supplies("1", "2", share=0.25))
    second = batch(supplies("1", "2", share=0.5), supplies("1", "2", "s", share=0.1))
    store.apply(first)
    applied = store.apply(second)
    assert (applied.created, applied.updated) == (1, 1)
    assert content_in(store) == content_of([first, second])


def test_a_stub_never_erases_and_is_replaced(store: GraphStore) -> None:
    real = Node(firm("1"), {"name": "甲", "as_of": "2024"})
    stub = store.apply(batch(Node(firm("1"))))
    assert (stub.status, stub.created) == ("committed", 0)
    assert store.apply(batch(real)).created == 1
    assert store.get(firm("1")) == real
    assert store.apply(batch(Node(firm("1")))).status == "unchanged"
    assert store.get(firm("1")) == real


def test_evidence_is_kept_but_not_counted(store: GraphStore) -> None:
    record = Node(Ref("Evidence", "a1"), {"source": "公报"})
    applied = store.apply(batch(record, Node(firm("1"), {"name": "甲", "evidence": ["a1"]})))
    assert applied.created == 1
    assert store.get(record.ref) == record


def test_whole_numbers_are_the_same_content_as_floats(store: GraphStore) -> None:
    store.apply(batch(Node(firm("1"), {"name": "甲", "employees": 3})))
    same = store.apply(batch(Node(firm("1"), {"name": "甲", "employees": 3.0})))
    assert same.status == "unchanged"
    assert store.stats().hash == hash_of(content_in(store))


@pytest.mark.parametrize("missing", ["src", "dst"])
def test_a_relation_with_a_missing_end_refuses_the_batch(store: GraphStore, missing: str) -> None:
    there, nowhere = ("1", "9") if missing == "dst" else ("9", "1")
    with pytest.raises(DataError, match="dangling") as caught:
        store.apply(batch(Node(firm("1"), {"name": "甲"}), supplies(there, nowhere)))
    assert caught.value.facts == {"type": "SUPPLIES", "src": firm(there), "dst": firm(nowhere)}
    assert (store.revision(), store.get(firm("1")), store.ledger()) == (0, None, [])


@pytest.mark.parametrize(
    "bad",
    [
        Node(Ref("Firm", "1"), {"name": "甲"}),
        Node(firm(""), {"name": "甲"}),
        Node(firm("a\0b"), {"name": "甲"}),
        Node(firm("a" * 1001), {"name": "甲"}),
        Node(firm("1"), {"": "甲"}),
        Node(firm("1"), {"a\0b": "甲"}),
        Node(firm("1"), {"a" * 1001: "甲"}),
        Rel("SUPPLIES", firm("2"), firm("2"), "a" * 1001),
        Node(firm("1"), {"name": float("nan")}),
        Node(firm("1"), {"name": {"zh": "甲"}}),  # type: ignore[dict-item]
        Node(firm("1"), {"name": None}),  # type: ignore[dict-item]
        Node(firm("1"), {"aliases": [1]}),  # type: ignore[list-item]
        Node(firm("1"), {"name": "\ud800"}),
        Node(firm("1"), {"aliases": ["甲", "\ud800"]}),
        # A claim says in JSON what no store can write; merging would bring it out.
        Node(firm("1"), {"claims": [r'["name","\"\\ud800\"","","declared",""]']}),
        Rel("SUPPLIES", firm("1"), segment("1")),
        Rel("LIKES", firm("1"), firm("1")),
    ],
)
def test_what_no_store_may_hold_is_refused(store: GraphStore, bad: Node | Rel) -> None:
    with pytest.raises(DataError):
        store.apply(batch(Node(firm("2"), {"name": "乙"}), bad))
    assert (store.revision(), store.get(firm("2"))) == (0, None)


def test_any_text_comes_back_as_it_was(store: GraphStore) -> None:
    text = "a\"b'c\\d\n\u2028𠮷é\0;%_--"
    store.apply(batch(Node(firm(text.replace("\0", "")), {"name": text, "aliases": [text, ""]})))
    found = store.get_many([firm(text.replace("\0", ""))])
    assert [n.props for n in found.values()] == [{"name": text, "aliases": [text, ""]}]


def test_reference_columns_are_relations_and_follow(store: GraphStore) -> None:
    store.apply(batch(Node(region("1"), {"name": "甲市"}), Node(region("2"), {"name": "乙市"})))
    located = Rel("LOCATED_IN", firm("1"), region("1"))
    applied = store.apply(batch(Node(firm("1"), {"region": "1", "as_of": "2023"})))
    assert applied.created == 1  # a derived relation is not counted
    assert store.rels_of(firm("1")) == [located]
    store.apply(batch(Node(firm("1"), {"region": "2", "as_of": "2024"})))
    assert store.rels_of(firm("1")) == [Rel("LOCATED_IN", firm("1"), region("2"))]
    assert store.rels_of(region("1")) == []


def test_a_list_column_is_one_relation_each(store: GraphStore) -> None:
    chains = [Node(Ref("Chain", c), {"name": c}) for c in "abc"]
    store.apply(batch(*chains, Node(firm("1"), {"leads": ["a", "c", "a"]})))
    assert [rel.dst.id for rel in store.rels_of(firm("1"))] == ["a", "c"]


def test_a_column_waits_for_its_target(store: GraphStore) -> None:
    store.apply(batch(Node(firm("1"), {"name": "甲", "region": "1"})))
    assert store.rels_of(firm("1")) == []
    store.apply(batch(Node(region("1"))))
    assert store.rels_of(firm("1")) == [Rel("LOCATED_IN", firm("1"), region("1"))]


def test_a_relation_of_its_own_outlives_the_column(store: GraphStore) -> None:
    own = Rel("LOCATED_IN", firm("1"), region("1"), "", {"evidence": ["a1"]})
    store.apply(batch(Node(region("1"), {"name": "甲市"}), Node(firm("1"), {"region": "1"})))
    assert store.apply(batch(own)).created == 1
    store.apply(batch(Node(firm("1"), {"region": "2", "as_of": "2024"})))
    assert store.rels_of(firm("1")) == [own]


def test_a_node_may_refer_to_itself(store: GraphStore) -> None:
    store.apply(batch(Node(region("1"), {"parent": "1"}), Node(firm("1")), supplies("1", "1")))
    assert store.rels_of(region("1")) == [Rel("PART_OF", region("1"), region("1"))]
    assert store.rels_of(firm("1")) == [supplies("1", "1")]


def test_rows_that_come_twice_in_a_batch_are_merged(store: GraphStore) -> None:
    rows = [
        Node(firm("1"), {"name": "甲", "as_of": "2023"}),
        Node(firm("1"), {"name": "乙", "as_of": "2024"}),
    ]
    store.apply(batch(*rows, supplies("1", "1", share=0.5), supplies("1", "1", share=0.25)))
    parts = [batch(rows[0], supplies("1", "1", share=0.5))]
    parts += [batch(rows[1], supplies("1", "1", share=0.25))]
    assert content_in(store) == content_of(parts)


def test_another_handle_sees_what_was_applied(store: GraphStore, engine: Engine) -> None:
    other = engine.open()
    assert other.revision() == 0
    store.apply(batch(Node(firm("1"), {"name": "甲"})))
    assert other.get(firm("1")) == Node(firm("1"), {"name": "甲"})
    other.apply(batch(Node(firm("2"), {"name": "乙"})))
    assert (store.revision(), [e.revision for e in store.ledger()]) == (2, [2, 1])


def test_a_large_batch_is_like_a_small_one(store: GraphStore) -> None:
    nodes = [Node(region("1"), {"name": "甲市"})]
    nodes += [Node(firm(f"{n:05d}"), {"name": f"企业{n}", "region": "1"}) for n in range(500)]
    rels = [supplies(f"{n % 500:05d}", f"{n // 50:05d}", str(n), share=0.5) for n in range(25_000)]
    big = Batch("big", "made", nodes, rels)
    assert store.apply(big).created == len(nodes) + len(rels)
    assert store.stats().hash == hash_of(content_of([big]))
    again = store.apply(Batch("again", "made", nodes, rels[::-1]))
    assert (again.status, again.unchanged) == ("unchanged", len(nodes) + len(rels))
