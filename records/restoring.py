"""A backup of everything put back: attachments first, then records and graph, proven equal."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import Connection, MetaData, func, select
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from graph.errors import DataError, FileRefused, LianzhuError, StoreError, UsageError
from graph.store import copy as moving
from graph.store.base import GraphStore, Replaces, Stats
from records import dump
from records.audit import Head, entries, verify
from records.database import Records, upgrade
from records.parcel import DAMAGES, SUMS, Received, received
from records.tables import attachments, audit, audit_head, metadata
from records.whole import FILES, GRAPH, MANIFEST, WAIT, Whole, Zone, back_up, manifest, place

__all__ = ["Restored", "has_rows", "restore"]


@dataclass(frozen=True)
class Restored:
    """What came back, each hash recomputed from what is there now.

    `records` and `audit` are those before the restore itself was noted; `kept` is the backup of
    what was there; `gone` is how many entries of the audit the second place knows and the backup
    does not.
    """

    whole: Whole
    graph: str
    records: str
    audit: Head
    attachments: int
    kept: Path | None = None
    gone: int = 0


def restore(
    path: Path,
    zone: Zone,
    progress: moving.Progress | None = None,
    *,
    keep: Callable[[], Path] | None = None,
) -> Restored:
    """Put a backup into empty records and an empty graph, and prove that it is the same.

    Where they are not empty `keep` says where a backup of them goes first, and then they give way.
    Everything is checked before anything is written; the records come back in one transaction with
    the entry that says so, and the graph just before it ends.
    """
    with received(path) as parcel, TemporaryDirectory(prefix="lianzhu-") as folder:
        whole = _checked(parcel)
        graph = _graph_file(parcel, Path(folder))
        kept = _make_room(zone, whole, keep)
        with zone.files.steady(WAIT):
            for sha256 in _files_in(parcel):
                with parcel.open(place(sha256)) as source:
                    zone.files.take_back(source, sha256)
            return replace(_put_back(zone, parcel, whole, graph, kept, progress), kept=kept)


def _files_in(parcel: Received) -> list[str]:
    return sorted(name.rpartition("/")[2] for name in parcel.sums if name.startswith(f"{FILES}/"))


def _checked(parcel: Received) -> Whole:
    """Every file is what the sums say, and they are the files of such a backup."""
    whole = manifest(parcel)
    parcel.check()
    names = {MANIFEST, GRAPH, *(f"records/{name}.jsonl" for name in whole.tables)}
    for name in sorted(names - parcel.sums.keys()):
        raise parcel.damaged(name, "missing")
    for name in sorted(parcel.sums.keys() - names):
        sha256 = name.rpartition("/")[2]
        if name != place(sha256):
            raise parcel.damaged(name, "extra")
        if parcel.sums[name] != sha256:
            raise parcel.damaged(name, "changed")
    for sha256 in sorted(_named(parcel) - {*_files_in(parcel), *whole.lost}):
        raise parcel.damaged(place(sha256), "missing")
    return whole


def _named(parcel: Received) -> set[str]:
    """The attachments that rows of the backup name."""
    try:
        with parcel.open(f"records/{attachments.name}.jsonl") as file:
            return {json.loads(line)["sha256"] for line in file}
    except (KeyError, FileNotFoundError):  # from before there were attachments
        return set()


def _graph_file(parcel: Received, folder: Path) -> Path:
    path = folder / GRAPH
    with parcel.open(GRAPH) as source, path.open("wb") as out:
        while chunk := source.read(1 << 20):
            out.write(chunk)
    return path


def _make_room(zone: Zone, whole: Whole, keep: Callable[[], Path] | None) -> Path | None:
    """Refuse to write over anything, or keep it first.

    A graph with the content of the backup counts as empty: a restore that was ended between the
    graph and the records is finished by the next.
    """
    filled = _is_filled(zone.store, whole.graph)
    if filled and not isinstance(zone.store, Replaces):
        raise UsageError("restore_needs_empty")
    if not (filled or has_rows(zone.records)):
        return None
    if keep is None:
        raise UsageError("restore_not_empty")
    target = keep()
    back_up(zone, target)
    return target


def _is_filled(store: GraphStore, but: Stats) -> bool:
    return store.revision() > 0 and store.stats().hash != but.hash


def has_rows(records: Records) -> bool:
    """Whether the records hold anything."""
    with records.read() as db:
        return any(
            db.execute(select(func.count()).select_from(table)).scalar_one()
            for table in dump.kept_tables(metadata)
            if table is not audit_head
        )


def _put_back(
    zone: Zone,
    parcel: Received,
    whole: Whole,
    graph: Path,
    kept: Path | None,
    progress: moving.Progress | None,
) -> Restored:
    before, copied = _head(zone.records), _last_copied(zone.records)
    try:
        with zone.records.rebuilt(whole.schema) as change:
            _load(change.db, parcel, whole)
            upgrade(change.db)
            _check_audit(change.db, whole)
            hash_ = _restore_graph(zone.store, graph, whole.graph, progress)
            change.note(
                "backup.restore",
                parcel.path.name,
                before_seq=before.seq,
                before_hash=before.hash,
                records=whole.records,
                graph=hash_,
                sums=_digest(parcel),
                kept=kept.name if kept else "",
            )
    except IntegrityError as error:
        raise DataError("backup_rows", path=str(parcel.path), reason=str(error.orig)) from error
    _copy_heads(zone.records, whole.head, change.head)
    files = _files_in(parcel)
    for sha256 in files:
        if not zone.files.is_whole(sha256):
            raise StoreError("attachments_failed", path=str(zone.files.path(sha256)), reason="hash")
    return Restored(
        whole,
        zone.store.stats().hash,
        whole.records,
        whole.head,
        len(files),
        gone=max(copied - whole.head.seq, 0),
    )


def _load(db: Connection, parcel: Received, whole: Whole) -> None:
    """Fill the new tables, and prove that they hold what the backup said."""
    found = MetaData()
    found.reflect(db, only=lambda name, _: name in metadata.tables or name in whole.tables)
    tables = {table.name: table for table in dump.kept_tables(found)}
    if set(tables) != set(whole.tables):
        raise FileRefused("backup_rows", path=str(parcel.path), reason="tables")
    for name, table in tables.items():
        try:
            with parcel.open(f"records/{name}.jsonl") as source:
                dump.load(db, table, source)
        except (*DAMAGES, SQLAlchemyError) as error:
            raise FileRefused("backup_rows", path=str(parcel.path), reason=name) from error
    parts = {name: dump.part_of(db, table) for name, table in tables.items()}
    if parts != dict(whole.tables):
        raise FileRefused("backup_rows", path=str(parcel.path), reason="sha256")


def _check_audit(db: Connection, whole: Whole) -> None:
    heads = [whole.head] if whole.head.seq else []
    kept = Head(*db.execute(select(audit_head.c.seq, audit_head.c.hash)).one())
    last = db.execute(select(func.max(audit.c.seq))).scalar() or 0
    verdict = verify(entries(db), heads)
    if not verdict.ok or kept != whole.head or last != whole.head.seq:
        raise DataError("backup_audit", entry=verdict.first_bad or last)


def _restore_graph(
    store: GraphStore, path: Path, stats: Stats, progress: moving.Progress | None
) -> str:
    there = store.stats()
    if (there.revision, there.hash) == (stats.revision, stats.hash):
        return there.hash
    return moving.restore(path, store, progress, over=isinstance(store, Replaces)).hash


def _head(records: Records) -> Head:
    with records.read() as db:
        return Head(*db.execute(select(audit_head.c.seq, audit_head.c.hash)).one())


def _last_copied(records: Records) -> int:
    """The newest entry that the second place knows of; 0 where it cannot be read."""
    try:
        return max((h.seq for h in records.heads.all()), default=0) if records.heads else 0
    except (LianzhuError, OSError):
        return 0


def _copy_heads(records: Records, restored: Head, now: Head | None) -> None:
    """What was copied before is of the chain that gave way."""
    if records.heads is not None and now is not None:
        try:
            records.heads.restored(restored)
            records.heads.add(now)
        except OSError as error:
            path = str(records.heads.path)
            raise StoreError("audit_heads_failed", path=path, reason=str(error)) from error


def _digest(parcel: Received) -> str:
    with parcel.open(SUMS) as file:
        return hashlib.sha256(file.read()).hexdigest()
