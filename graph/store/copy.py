"""Moving a graph between stores and files, and proving that two stores hold the same.

A copy has the content, the revision and the ledger of the original, so answers can be recomputed
and a file imported before is known.  It does not have the before-images: what was imported before
the copy cannot be undone in it.
"""

from __future__ import annotations

import hashlib
import json
import os
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from itertools import chain
from pathlib import Path
from typing import IO, Any

from graph.errors import DataError, FileRefused, StoreError, UsageError
from graph.model import LABELS, RELATIONS, Batch, Node, Ref, Rel, derived, row_hash
from graph.store.base import GraphStore, LedgerEntry, Replaces, Stats
from graph.store.plan import canonical, identity

__all__ = [
    "Difference",
    "Part",
    "Progress",
    "Verification",
    "backup",
    "backup_stats",
    "copy",
    "restore",
    "verify",
]

Progress = Callable[[int, int], None]  # rows done, rows in all

_FORMAT = 1
_MODULUS = 2**256
_TOLD = 5_000  # rows between two words of progress


@dataclass(frozen=True)
class Part:
    """One label or relation type in two stores."""

    name: str
    rows: tuple[int, int]
    hashes: tuple[str, str]


@dataclass(frozen=True)
class Difference:
    """The first row that differs, by label or type and identity; None = it is not there."""

    part: str
    identity: str
    first: Mapping[str, Any] | None
    second: Mapping[str, Any] | None


@dataclass(frozen=True)
class Verification:
    """Whether two stores hold the same; `stale` names those whose content is not what they say."""

    equal: bool
    parts: list[Part] = field(default_factory=list)
    difference: Difference | None = None
    stale: list[str] = field(default_factory=list)


def copy(source: GraphStore, target: GraphStore, progress: Progress | None = None) -> Stats:
    """Copy a graph into an empty store; `UsageError` when it is not empty."""
    with source.reading():
        stats, ledger = source.stats(), source.ledger(_ALL)
        rows = _told(_rows(source), stats, progress)
        batch = _batch(rows, stats)
    return _fill(target, batch, stats, ledger)


def backup(store: GraphStore, path: Path, progress: Progress | None = None) -> Stats:
    """Write one revision of a graph to a file, while others read and write.

    The file appears whole or not at all.
    """
    part = path.with_name(f"{path.name}.part")
    try:
        with store.reading(), zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as archive:
            stats, ledger = store.stats(), store.ledger(_ALL)
            digest = hashlib.sha256()
            with archive.open("rows.jsonl", "w", force_zip64=True) as file:
                for row in _told(_rows(store), stats, progress):
                    _put(file, digest, row)
            manifest = {
                "format": _FORMAT,
                "sha256": digest.hexdigest(),
                "stats": asdict(stats),
                "ledger": [asdict(entry) for entry in ledger],
            }
            archive.writestr("manifest.json", canonical(manifest))
        os.replace(part, path)
    except OSError as error:
        raise StoreError("backup_failed", path=str(path), reason=str(error)) from error
    finally:
        part.unlink(missing_ok=True)
    return stats


def backup_stats(path: Path) -> Stats:
    """What a backup says it holds; its rows are not read.  `FileRefused` when it is no backup."""
    with _opened(path) as archive:
        return Stats(**_manifest(archive)["stats"])


def restore(
    path: Path, store: GraphStore, progress: Progress | None = None, *, over: bool = False
) -> Stats:
    """Fill an empty store from a backup, and prove that the content hash is the one it had.

    `over` takes a store that is not empty too: all it held gives way in the same transaction.
    `FileRefused` for a file that is no backup or is damaged; nothing is written then.
    """
    with _opened(path) as archive:
        manifest = _manifest(archive)
        stats = Stats(**manifest["stats"])
        ledger = [LedgerEntry(**entry) for entry in manifest["ledger"]]
        digest = hashlib.sha256()
        with archive.open("rows.jsonl") as file:
            rows = _told((_row(line, digest) for line in file), stats, progress)
            batch = _batch(rows, stats)
    if manifest["format"] != _FORMAT or manifest["sha256"] != digest.hexdigest():
        raise FileRefused("backup_damaged", path=str(path), reason="sha256")
    if over and (store.revision() > 0 or isinstance(store, Replaces)):
        return _replace(store, batch, stats, ledger)
    return _fill(store, batch, stats, ledger)


def verify(first: GraphStore, second: GraphStore, progress: Progress | None = None) -> Verification:
    """Compare two stores row by row, recomputing every hash."""
    with first.reading(), second.reading():
        told = (first.stats(), second.stats())
        total = sum(told[0].nodes.values()) + sum(told[0].relations.values())
        parts, differences, done = [], list[Difference](), 0
        for name in (*LABELS, *sorted(RELATIONS)):
            part, difference = _compare(name, first, second)
            done += part.rows[0]
            if progress:
                progress(done, total)
            if any(part.rows):
                parts.append(part)
            if difference:
                differences.append(difference)
    sums = [f"{sum(int(p.hashes[i], 16) for p in parts) % _MODULUS:064x}" for i in (0, 1)]
    stale = [("first", "second")[i] for i in (0, 1) if sums[i] != told[i].hash]
    found = differences[0] if differences else None
    return Verification(not differences and not stale, parts, found, stale)


_ALL = 1_000_000_000  # entries of a ledger: all of them
_DAMAGES = (
    OSError,
    EOFError,
    KeyError,
    RuntimeError,
    TypeError,
    ValueError,
    zipfile.BadZipFile,
    zlib.error,
)


def _rows(store: GraphStore) -> Iterator[Node | Rel]:
    """Every node, then every relation that is more than what a column of its source says."""
    linked = set[tuple[str, Ref, Ref]]()
    for node in chain.from_iterable(store.nodes(label) for label in LABELS):
        linked.update((rel.type, rel.src, rel.dst) for rel in derived(node))
        yield node
    for rel in chain.from_iterable(store.rels(type_) for type_ in sorted(RELATIONS)):
        if rel.props or rel.key or (rel.type, rel.src, rel.dst) not in linked:
            yield rel


def _batch(rows: Iterable[Node | Rel], stats: Stats) -> Batch:
    nodes, rels = list[Node](), list[Rel]()
    for row in rows:
        nodes.append(row) if isinstance(row, Node) else rels.append(row)
    return Batch(f"copy {stats.revision} {stats.hash}", "copy", nodes, rels)


def _fill(target: GraphStore, batch: Batch, stats: Stats, ledger: Iterable[LedgerEntry]) -> Stats:
    held = target.ledger(2)
    if target.revision() > 0 and [entry.batch for entry in held] != [batch.key]:
        raise UsageError("store_not_empty")
    target.apply(batch)
    made = target.stats()
    if made.hash != stats.hash:
        target.undo()
        raise DataError("copy_differs", expected=stats.hash, found=made.hash)
    target.adopt(stats.revision, list(ledger))
    return target.stats()


def _replace(store: GraphStore, batch: Batch, stats: Stats, ledger: list[LedgerEntry]) -> Stats:
    if not isinstance(store, Replaces):
        raise UsageError("restore_needs_empty")
    store.replace(batch, stats, ledger)
    return store.stats()


@contextmanager
def _opened(path: Path) -> Iterator[zipfile.ZipFile]:
    """A backup; whatever is wrong with the file is one refusal."""
    try:
        with zipfile.ZipFile(path) as archive:
            yield archive
    except _DAMAGES as error:
        raise FileRefused("backup_damaged", path=str(path), reason=type(error).__name__) from error


def _manifest(archive: zipfile.ZipFile) -> dict[str, Any]:
    manifest: dict[str, Any] = json.loads(archive.read("manifest.json"))
    return manifest


def _told(
    rows: Iterable[Node | Rel], stats: Stats, progress: Progress | None
) -> Iterator[Node | Rel]:
    total = sum(stats.nodes.values()) + sum(stats.relations.values())
    done = 0
    for done, row in enumerate(rows, 1):
        if progress and done % _TOLD == 0:
            progress(done, total)
        yield row
    if progress:
        progress(done, total)


def _put(file: IO[bytes], digest: Any, row: Node | Rel) -> None:
    line = canonical([json.loads(identity(row)), dict(row.props)]).encode() + b"\n"
    digest.update(line)
    file.write(line)


def _row(line: bytes, digest: Any) -> Node | Rel:
    digest.update(line)
    who, props = json.loads(line)
    if len(who) == 2:
        return Node(Ref(*who), props)
    type_, src_label, src, dst_label, dst, key = who
    return Rel(type_, Ref(src_label, src), Ref(dst_label, dst), key, props)


def _compare(name: str, first: GraphStore, second: GraphStore) -> tuple[Part, Difference | None]:
    """Both streams side by side: they come in the same order."""
    streams = [
        _Stream(store.nodes(name) if name in LABELS else store.rels(name))
        for store in (first, second)
    ]
    difference: Difference | None = None
    while not all(stream.ended for stream in streams):
        a, b = streams
        ahead = a.ended or (not b.ended and b.key < a.key)
        behind = b.ended or (not a.ended and a.key < b.key)
        if difference is None and (ahead or behind or a.props != b.props):
            who = b.identity if ahead else a.identity
            difference = Difference(
                name, who, None if ahead else dict(a.props), None if behind else dict(b.props)
            )
        if not ahead:
            a.step()
        if not behind:
            b.step()
    rows, hashes = [s.rows for s in streams], [f"{s.sum:064x}" for s in streams]
    return Part(name, (rows[0], rows[1]), (hashes[0], hashes[1])), difference


class _Stream:
    """Rows of one store in order, with their number and the sum of their hashes so far."""

    def __init__(self, rows: Iterable[Node | Rel]) -> None:
        self._rows = iter(rows)
        self.rows = self.sum = 0
        self.ended = False
        self._take()

    def step(self) -> None:
        """Count the row at hand and take the next."""
        self.rows += 1
        self.sum = (self.sum + row_hash(self._row)) % _MODULUS
        self._take()

    def _take(self) -> None:
        row = next(self._rows, None)
        if row is None:
            self.ended = True
            return
        self._row = row
        self.props = row.props
        self.identity = identity(row)
        self.key = row.ref if isinstance(row, Node) else row.identity
