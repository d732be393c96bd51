"""One write transaction as both engines offer it: rows before and after, and what they ask for.

`graph.store.publish` is written against `Change` once; an engine only reads and writes rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import NamedTuple, Protocol

from graph.model import Batch, Node, Ref, Rel
from graph.store.base import Applied
from graph.store.plan import Link

__all__ = ["Change", "Entry", "Image", "Intent", "Key", "NodeChange", "RelChange"]

Key = tuple[int, str, int, str]  # src, type, dst, key: a relation with its ends as row numbers


class NodeChange(NamedTuple):
    """A node before and after; None where it is not there."""

    nid: int
    ref: Ref
    born: int
    old: Node | None
    new: Node | None
    was_own: bool = True


class RelChange(NamedTuple):
    """A relation before and after; `own` when a row said it, not only a reference column."""

    key: Key
    born: int
    old: Rel | None
    new: Rel | None
    was_own: bool
    own: bool


class Intent(NamedTuple):
    """What a reference column of a node points at."""

    src: int
    source: Ref
    link: Link

    @property
    def rel(self) -> Rel:
        """The relation it stands for."""
        return Rel(self.link[0], self.source, self.link[1])


class Image(NamedTuple):
    """A row as it was before a revision."""

    row: Node | Rel
    born: int
    own: bool


class Entry(NamedTuple):
    """A live entry of the ledger, as `undo` needs it."""

    number: int
    batch: str
    revision: int
    changed: bool
    created: int
    updated: int


class Change(Protocol):
    """The rows one transaction changes; what `publish` has to follow up is collected on the way.

    The before-image of every changed or deleted row is kept; a created row needs none, its `born`
    says enough.  A row that undo brings back is older than this revision: an image without a `born`
    says that it was not there in between.
    """

    before: int
    revision: int
    had_rels: bool
    gained: list[Intent]
    lost: list[Intent]
    arrived: list[Ref]

    def next_nid(self) -> int:
        """A row number for a new node."""

    def resolve(self, refs: Iterable[Ref]) -> Mapping[Ref, int]:
        """Row numbers of those of `refs` that exist."""

    def nodes(self, refs: Iterable[Ref]) -> Mapping[Ref, NodeChange]:
        """Those of `refs` that exist, as changes that change nothing yet."""

    def rels(self, wanted: Mapping[Key, Rel]) -> Mapping[Key, RelChange]:
        """Those of `wanted` that exist, as changes that change nothing yet."""

    def waiting(self, refs: Iterable[Ref]) -> Iterable[Intent]:
        """Reference columns that point at `refs`."""

    def write_nodes(self, changes: Sequence[NodeChange]) -> None:
        """Insert, update and delete nodes, and what hangs on them except relations."""

    def write_rels(self, changes: Sequence[RelChange]) -> None:
        """Insert, update and delete relations."""

    def bulk(self, rows: int) -> AbstractContextManager[None]:
        """So many relations are coming: an empty store may load without its secondary indexes."""

    def born_rels(self, revision: int, limit: int) -> Sequence[RelChange]:
        """Up to `limit` relations that exist since `revision`, as deletions."""

    def born_nodes(self, revision: int, limit: int) -> Sequence[NodeChange]:
        """Up to `limit` nodes that exist since `revision`, as deletions."""

    def images(self, revision: int, kind: str, skip: int, limit: int) -> Sequence[Image]:
        """What `revision` changed or took away, of kind `node` or `rel`, as it was; by identity."""

    def is_live(self, batch: str) -> bool:
        """Whether the ledger holds this batch, not undone."""

    def record(self, batch: Batch, applied: Applied, at: str) -> None:
        """Write an entry of the ledger."""

    def newest(self) -> Entry | None:
        """The newest live entry of the ledger."""

    def mark_undone(self, number: int) -> None:
        """Flag an entry of the ledger."""

    def close(self) -> int:
        """Write revision and hash if anything changed; the revision that holds now."""
