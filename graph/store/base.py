"""The contract of every graph store.

Rules that keep two engines equal (each one is a test in `tests/contract`):

* identity is `(label, id)` and `(type, src, dst, key)`; labels and types come from `graph.model`;
* ids, keys and names of properties have up to 1,000 characters, and no NUL;
* `apply` publishes a batch whole or not at all, with revision, content hash and ledger entry in the
  same transaction; a batch key the ledger holds is not applied again;
* rows already there are merged by `graph.model.merge`; reference columns are kept as relations too
  (`graph.model.derived`), and follow when the column's value changes;
* order is by id (code point) everywhere; paging is by key, never by offset;
* what an answer leaves out it says (`Neighbourhood.hidden`);
* a reference column whose target does not exist yet becomes a relation when the target arrives, so
  the order of imports never matters; rows that repeat within a batch are merged, not refused;
* a stub (a node without properties) is never counted: the row that describes it counts as created;
* undoing a batch that changed nothing flags its entry and makes no new revision; the counts of an
  undo are those of the entry taken back.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from graph.arrays import RelBlock
from graph.model import Batch, Node, Ref, Rel, Value

__all__ = [
    "Annotates",
    "Applied",
    "Changes",
    "GraphStore",
    "Health",
    "LedgerEntry",
    "Neighbourhood",
    "Page",
    "Replaces",
    "Stats",
]


@dataclass(frozen=True)
class Applied:
    """What `apply` or `undo` did; counts leave out evidence records and derived relations."""

    batch: str
    status: str  # committed | unchanged | undone
    revision: int
    created: int
    updated: int
    unchanged: int


@dataclass(frozen=True)
class LedgerEntry:
    """One applied batch; `undone` entries stay in the ledger."""

    batch: str  # the batch key
    source: str
    revision: int
    at: str  # UTC, ISO 8601
    created: int
    updated: int
    undone: bool = False


@dataclass(frozen=True)
class Page:
    """Nodes in id order; `next` continues after the last one, None at the end."""

    items: Sequence[Node]
    next: str | None


@dataclass(frozen=True)
class Neighbourhood:
    """A node, what is around it, and how many neighbours the limit left out."""

    nodes: Sequence[Node]
    rels: Sequence[Rel]
    hidden: int


@dataclass(frozen=True)
class Changes:
    """What changed after a revision: rows as they are now, and the identities that are gone."""

    revision: int
    nodes: Sequence[Node]
    rels: Sequence[Rel]
    gone_nodes: Sequence[Ref]
    gone_rels: Sequence[Rel]  # identities only, no properties


@dataclass(frozen=True)
class Stats:
    """Counts by label and type, with the revision and hash they belong to."""

    nodes: Mapping[str, int]
    relations: Mapping[str, int]
    revision: int
    hash: str


@dataclass(frozen=True)
class Health:
    """Whether the store answers, and what it would like said."""

    ok: bool
    engine: str
    detail: str


@runtime_checkable
class Annotates(Protocol):
    """A store whose users look at nodes with tools of its own."""

    def annotate(self, marks: Mapping[Ref, Mapping[str, Value]]) -> None:
        """Put `marks`, whose names begin with `_`, in the place of all earlier ones."""


@runtime_checkable
class Replaces(Protocol):
    """A store whose whole content can give way to another in one transaction."""

    def replace(self, batch: Batch, stats: Stats, ledger: Sequence[LedgerEntry]) -> None:
        """Put another store's content, revision and ledger in the place of this one's.

        `DataError`, and nothing has changed, when the content does not have the hash of `stats`.
        """


class GraphStore(Protocol):
    """Named operations on a chain graph; never a query string."""

    def migrate(self) -> None:
        """Make or bring up to date whatever the engine needs; safe to repeat."""

    def apply(self, batch: Batch) -> Applied:
        """Publish `batch` atomically; `DataError` when a relation's end is nowhere."""

    def undo(self) -> Applied:
        """Take back the newest batch that is not undone; `NotFound` when there is none."""

    def adopt(self, revision: int, ledger: Sequence[LedgerEntry]) -> None:
        """Take over the revision and the ledger of the store whose content was just applied here.

        The one entry of that copy makes room for them; none of them can be undone here.
        """

    def ledger(self, limit: int = 50) -> Sequence[LedgerEntry]:
        """Applied batches, newest first."""

    def reading(self) -> AbstractContextManager[int]:
        """One revision for everything this thread reads inside; yields its number."""

    def revision(self) -> int:
        """Number of the last change; 0 in an empty store."""

    def stats(self) -> Stats:
        """Counts, revision and content hash, read in one transaction."""

    def get(self, ref: Ref) -> Node | None:
        """The node, or None."""

    def get_many(self, refs: Iterable[Ref]) -> dict[Ref, Node]:
        """Those of `refs` that exist."""

    def rels_of(self, ref: Ref) -> Sequence[Rel]:
        """Every relation of a node, both directions, in identity order (no limit)."""

    def page(self, label: str, after: str = "", limit: int = 50) -> Page:
        """Nodes of one label with id > `after`."""

    def search(self, text: str, labels: Sequence[str] = (), limit: int = 20) -> Sequence[Node]:
        """Nodes whose names hold every word of `text`; exact names first, then id order."""

    def neighbourhood(self, ref: Ref, limit: int = 150, hops: int = 1) -> Neighbourhood:
        """The node, up to `limit` others within `hops`, nearest first, and how many are hidden."""

    def nodes(self, label: str) -> Iterator[Node]:
        """Every node of a label in id order."""

    def rels(self, type: str) -> Iterator[Rel]:
        """Every relation of a type in (src, dst, key) order."""

    def columns(self, type: str) -> Iterator[RelBlock]:
        """Every relation of a type as columns, in no order: what a snapshot is made of."""

    def changes(self, since: int) -> Changes:
        """Everything that differs from revision `since`."""

    def health(self) -> Health:
        """A cheap check that never raises."""

    def close(self) -> None:
        """Release files and connections."""
