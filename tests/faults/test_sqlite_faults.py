"""A disk that is full: a change is refused whole or made, reads go on, and space heals it."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest

from graph.errors import StoreError
from graph.store import open_store
from tests.contract.child import batch_of
from tests.contract.reference import content_in, content_of

SIZE = 200


@contextmanager
def no_file_beyond(size: int) -> Iterator[None]:
    """The system writes no file of ours further than `size` bytes, as where a disk is full."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("room", [0, 4096, 40_000, 150_000])
def test_a_full_disk_refuses_a_change_and_keeps_the_store(tmp_path: Path, room: int) -> None:
    path = tmp_path / "graph.db"
    store = open_store(f"sqlite:///{path}", deadline=3.0)
    store.migrate()
    batches = [batch_of("kept", n, SIZE) for n in range(2)]
    for batch in batches:
        store.apply(batch)
    before = store.stats()
    with no_file_beyond(room):
        for change in (partial(store.apply, batch_of("full", 0, 10 * SIZE)), store.undo):
            with pytest.raises(StoreError):
                change()
            assert store.stats() == before
            assert content_in(store) == content_of(batches)
    assert store.apply(batch_of("full", 0, SIZE)).status == "committed"
    assert store.undo().batch == "full-0"
    assert store.undo().batch == "kept-1"
    assert content_in(store) == content_of(batches[:1])
    store.close()


def test_a_committed_change_is_no_error_where_the_file_cannot_grow(tmp_path: Path) -> None:
    """The log has room for the change, and the file it is copied to after the commit has none."""
    path = tmp_path / "graph.db"
    store = open_store(f"sqlite:///{path}", deadline=3.0)
    store.migrate()
    batches = [batch_of("kept", n, 5 * SIZE) for n in range(3)]
    for batch in batches:
        store.apply(batch)
    more = batch_of("more", 0, SIZE // 10)
    with no_file_beyond(path.stat().st_size):
        assert store.apply(more).status == "committed"
        assert content_in(store) == content_of([*batches, more])
        assert store.undo().batch == more.key
        assert content_in(store) == content_of(batches)
    assert store.undo().batch == batches[-1].key
    store.close()
