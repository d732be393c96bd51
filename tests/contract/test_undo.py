"""Undo, the ledger and what changed since, compared with a model that is plain dictionaries."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from graph.errors import NotFound
from graph.model import Batch, Node, Rel
from graph.store.base import Changes, GraphStore
from tests.conftest import tier
from tests.contract.conftest import Engine
from tests.contract.made import batch, batches, firm, region, supplies
from tests.contract.reference import Content, content_in, content_of, hash_of


def test_nothing_to_undo(store: GraphStore) -> None:
    with pytest.raises(NotFound):
        store.undo()


def test_undo_is_a_new_revision_with_the_old_content(store: GraphStore) -> None:
    store.apply(batch(Node(firm("1"), {"name": "甲", "region": "1"}), Node(region("1"))))
    before = store.stats()
    store.apply(
        batch(Node(firm("1"), {"name": "乙", "region": "2"}), Node(region("2")), key="second")
    )
    undone = store.undo()
    assert (undone.batch, undone.status, undone.revision) == ("second", "undone", 3)
    after = store.stats()
    assert (after.hash, after.relations) == (before.hash, before.relations)
    assert [(e.batch == "second", e.undone) for e in store.ledger()] == [
        (True, True),
        (False, False),
    ]


def test_an_undone_file_can_be_imported_again(store: GraphStore) -> None:
    rows = batch(Node(firm("1"), {"name": "甲"}), key="file")
    store.apply(rows)
    first = store.stats().hash
    store.undo()
    assert store.stats().nodes == {}
    again = store.apply(rows)
    assert (again.status, again.created, again.revision) == ("committed", 1, 3)
    assert store.stats().hash == first
    assert [(e.batch, e.undone) for e in store.ledger()] == [("file", False), ("file", True)]


def test_undo_takes_back_one_batch_after_the_other(store: GraphStore) -> None:
    hashes = [store.stats().hash]
    for n in range(4):
        store.apply(
            batch(Node(firm("1"), {"name": f"{n}"}), Node(firm(f"x{n}")), supplies("1", "1"))
        )
        hashes.append(store.stats().hash)
    for expected in reversed(hashes[:-1]):
        store.undo()
        assert store.stats().hash == expected
    assert all(entry.undone for entry in store.ledger())


def test_undo_of_a_batch_that_changed_nothing_changes_nothing(store: GraphStore) -> None:
    store.apply(batch(Node(firm("1"), {"name": "甲"}), key="one"))
    store.apply(batch(Node(firm("1"), {"name": "甲"}), key="two"))
    undone = store.undo()
    assert (undone.batch, undone.revision, undone.created) == ("two", 1, 0)
    assert store.get(firm("1")) == Node(firm("1"), {"name": "甲"})
    assert store.undo().batch == "one"


def test_undo_gives_a_declared_relation_back_to_its_column(store: GraphStore) -> None:
    located = Rel("LOCATED_IN", firm("1"), region("1"))
    store.apply(batch(Node(region("1")), Node(region("2")), Node(firm("1"), {"region": "1"})))
    store.apply(batch(located))
    store.undo()
    store.apply(batch(Node(firm("1"), {"region": "2", "as_of": "2024"})))
    assert [rel.dst.id for rel in store.rels_of(firm("1"))] == ["2"]


def test_undo_is_found_by_search(store: GraphStore) -> None:
    store.apply(batch(Node(firm("1"), {"name": "甲甲"})))
    store.apply(batch(Node(firm("1"), {"name": "乙乙", "as_of": "2024"})))
    assert (len(store.search("甲甲")), len(store.search("乙乙"))) == (0, 1)
    store.undo()
    assert (len(store.search("甲甲")), len(store.search("乙乙"))) == (1, 0)


def test_changes_name_rows_and_what_is_gone(store: GraphStore) -> None:
    store.apply(batch(Node(firm("1"), {"name": "甲"}), Node(firm("2")), supplies("1", "2")))
    store.apply(batch(Node(firm("3"), {"name": "丙"}), supplies("3", "1"), supplies("1", "3")))
    new = store.changes(1)
    assert [node.ref for node in new.nodes] == [firm("3")]
    assert list(new.rels) == [supplies("1", "3"), supplies("3", "1")]
    assert (new.gone_nodes, new.gone_rels, new.revision) == ([], [], 2)
    store.undo()
    gone = store.changes(2)
    assert (gone.nodes, gone.rels, gone.gone_nodes) == ([], [], [firm("3")])
    assert list(gone.gone_rels) == [supplies("1", "3"), supplies("3", "1")]
    assert store.changes(1) == Changes(3, [], [], [], [])
    assert store.changes(3) == Changes(3, [], [], [], [])


_here = batch(Node(firm("1"), {"region": "1"}), Node(region("1")), Node(region("2")))
_moved_away = batch(Node(firm("1"), {"region": "2", "as_of": "2024"}))
steps = st.lists(st.one_of(batches, batches, st.none()), max_size=8)


@settings(max_examples=tier(30, 1000), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(steps)
@example([_here, _moved_away, None, None])  # a relation goes, comes back and goes for good
@example([_here, _moved_away, None, _moved_away, None, None, _here, _moved_away])
def test_any_history_is_the_reference_model(engine: Engine, steps: list[Batch | None]) -> None:
    """None is an undo.  After each step content, hash and every `changes(since)` are exact."""
    store, live = engine.new(), list[Batch]()
    at: dict[int, Content] = {0: ({}, {})}
    for step in steps:
        if step:
            store.apply(step)
            live.append(step)
        elif live:
            store.undo()
            live.pop()
        content = content_in(store)
        assert content == content_of(live)
        assert store.stats().hash == hash_of(content)
        at[store.revision()] = content
    for since, before in at.items():
        changes, now = store.changes(since), at[store.revision()]
        assert _changed(before, changes) == now
        assert not {*changes.gone_nodes} & {*now[0]}
        assert not {rel.identity for rel in changes.gone_rels} & {*now[1]}


def _changed(before: Content, changes: Changes) -> Content:
    nodes, rels = dict(before[0]), dict(before[1])
    for rel in changes.gone_rels:
        del rels[rel.identity]
    for ref in changes.gone_nodes:
        del nodes[ref]
    nodes |= {node.ref: node.props for node in changes.nodes}
    rels |= {rel.identity: rel.props for rel in changes.rels}
    return nodes, rels
