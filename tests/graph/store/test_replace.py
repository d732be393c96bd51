"""A SQLite store whose whole content gives way to a backup's, or to nothing at all."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from graph.errors import DataError, NotFound
from graph.model import Batch, Node, Ref, Rel
from graph.snapshot import take
from graph.store import copy as moving
from graph.store import open_store
from graph.store.base import GraphStore, Replaces
from tests.contract.made import batch, firm, segment
from tests.contract.reference import content_in


@pytest.fixture
def stores(tmp_path: Path) -> Iterator[tuple[GraphStore, GraphStore]]:
    """One with an old graph and one with another, which share some rows."""
    made = [open_store(f"sqlite:///{tmp_path}/{name}.db") for name in ("old", "new")]
    for store in made:
        store.migrate()
    made[0].apply(
        batch(
            Node(firm("1"), {"name": "甲", "region": "370211"}),
            Node(segment("s"), {"name": "环节"}),
            Rel("PRODUCES", firm("1"), segment("s"), "", {"capacity": 3.0}),
        )
    )
    made[1].apply(batch(Node(firm("1"), {"name": "甲改名"}), Node(firm("2"), {"name": "乙"})))
    made[1].apply(batch(Node(Ref("Region", "370211"), {"name": "黄岛区"}), key="two"))
    yield made[0], made[1]
    for store in made:
        store.close()


def test_everything_gives_way_and_goes_on(
    stores: tuple[GraphStore, GraphStore], tmp_path: Path
) -> None:
    old, new = stores
    moving.backup(old, tmp_path / "b.zip")
    assert moving.restore(tmp_path / "b.zip", new, over=True) == old.stats()
    assert content_in(new) == content_in(old)
    told = moving.verify(old, new)
    assert (told.equal, told.stale) == (True, [])
    assert [e.batch for e in new.ledger()] == [e.batch for e in old.ledger()]
    assert [n.ref.id for n in new.search("甲改名")] == []
    assert [n.ref for n in new.search("甲")] == [firm("1")]
    assert take(new).nodes("Enterprise").ids == ["1"]
    with pytest.raises(NotFound):
        new.undo()
    for store in stores:  # a column that waits for its region is still waiting in both
        store.apply(batch(Node(Ref("Region", "370211"), {"name": "黄岛区"}), key="later"))
    assert content_in(new) == content_in(old)


def test_a_reader_sees_the_one_or_the_other(
    stores: tuple[GraphStore, GraphStore], tmp_path: Path
) -> None:
    old, new = stores
    moving.backup(old, tmp_path / "b.zip")
    before = new.stats()
    reader = open_store(f"sqlite:///{tmp_path}/new.db")
    with reader.reading():
        assert reader.stats() == before
        moving.restore(tmp_path / "b.zip", new, over=True)
        assert reader.stats() == before
    assert reader.stats() == old.stats()
    reader.close()


def test_what_is_not_what_it_says_changes_nothing(
    stores: tuple[GraphStore, GraphStore],
) -> None:
    old, new = stores
    assert isinstance(new, Replaces)
    before, held = new.stats(), content_in(new)
    wrong = replace(old.stats(), hash="0" * 64)
    with pytest.raises(DataError, match="copy_differs"):
        new.replace(Batch("k", "copy", [Node(firm("9"), {"name": "九"})], []), wrong, [])
    assert (new.stats(), content_in(new)) == (before, held)
    assert [n.ref for n in new.search("乙")] == [firm("2")]
