"""A backup of everything: graph, records and attachments of one moment.

Records and graph are read in one transaction each.  The graph has the same revision before the
first and in the second, so what is kept is one moment of both; where it never stands still, the
graph is the newer one.  No attachment is deleted meanwhile.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, select

from graph.errors import FileRefused, UsageError
from graph.store import copy as moving
from graph.store.base import GraphStore, Stats
from records import dump
from records.attachments import Files
from records.audit import Head
from records.database import Records
from records.parcel import DAMAGES, Parcel, Received, received, written
from records.tables import attachments, audit, audit_head, metadata

__all__ = [
    "FILES",
    "GRAPH",
    "MANIFEST",
    "WAIT",
    "Whole",
    "Zone",
    "back_up",
    "content_of",
    "manifest",
    "place",
    "tables_now",
    "told_by",
]

_FORMAT = 1
MANIFEST, GRAPH, FILES = "manifest.json", "graph.zip", "attachments"
_TRIES = 50  # to find a moment at which the graph stands still
WAIT = 600.0  # seconds to wait for another backup or a clean-up of the attachments


@dataclass(frozen=True)
class Zone:
    """What an office has: the graph, the records, the attachments."""

    store: GraphStore
    records: Records
    files: Files


@dataclass(frozen=True)
class Whole:
    """What a backup holds; `lost` are attachments that were already missing or damaged."""

    made_at: str  # UTC, ISO 8601
    schema: str  # the shape of the records
    tables: Mapping[str, dump.Part]
    head: Head  # of the audit
    graph: Stats
    attachments: int  # files
    bytes: int
    lost: tuple[str, ...] = ()

    @property
    def records(self) -> str:
        """The hash of the records."""
        return dump.records_hash(self.tables)

    @property
    def content(self) -> str:
        """The hash of the records but the audit, which a restore itself adds to."""
        return content_of(self.tables)

    @property
    def rows(self) -> int:
        """How many rows the records have."""
        return sum(part.rows for part in self.tables.values())


def back_up(zone: Zone, target: Path, progress: moving.Progress | None = None) -> Whole:
    """Write everything to a new folder, or to one file where the name ends in `.zip`.

    Others read and write meanwhile.  Raises `StoreError`, and nothing is there then.
    """
    if (
        target.suffix != ".zip"
        and target.exists()
        and (not target.is_dir() or any(target.iterdir()))
    ):
        raise UsageError("backup_exists", path=str(target))
    with zone.files.steady(WAIT), written(target) as parcel:
        whole = _write(zone, parcel, progress)
    with zone.records.write() as writing:
        hashes = {"records": whole.records, "graph": whole.graph.hash, "audit": whole.head.hash}
        writing.note("backup.make", target.name, **hashes, lost=list(whole.lost))
    return whole


def content_of(tables: Mapping[str, dump.Part]) -> str:
    """The hash of tables without the audit."""
    kept = {
        name: part for name, part in tables.items() if name not in (audit.name, audit_head.name)
    }
    return dump.records_hash(kept)


def tables_now(records: Records) -> Mapping[str, dump.Part]:
    """What the records hold now."""
    with records.read() as db:
        return {table.name: dump.part_of(db, table) for table in dump.kept_tables(metadata)}


def told_by(path: Path) -> Whole:
    """What a backup says it holds; its other files are not read.  `FileRefused`."""
    with received(path) as parcel:
        return manifest(parcel)


def _write(zone: Zone, parcel: Parcel, progress: moving.Progress | None) -> Whole:
    with ExitStack() as pins:
        for left in reversed(range(_TRIES)):
            before = zone.store.revision()
            with zone.records.read() as db:
                head = Head(*db.execute(select(audit_head.c.seq, audit_head.c.hash)).one())
                if pins.enter_context(zone.store.reading()) != before and left:
                    pins.close()
                    continue
                tables = _dump(db, parcel)
                used = db.execute(select(attachments.c.sha256).distinct()).scalars().all()
            break
        graph = parcel.put(GRAPH, partial(moving.backup, zone.store, progress=progress))
    found, lost = _copy_files(zone.files, parcel, sorted(used))
    now, schema = datetime.now(UTC).isoformat(timespec="seconds"), zone.records.version()[1]
    whole = Whole(now, schema, tables, head, graph, *found, tuple(lost))
    with parcel.open(MANIFEST) as file:
        told = {"format": _FORMAT, **asdict(whole), "records": whole.records}
        file.write(json.dumps(told, ensure_ascii=False, indent=1, sort_keys=True).encode() + b"\n")
    return whole


def _dump(db: Connection, parcel: Parcel) -> dict[str, dump.Part]:
    parts = {}
    for table in dump.kept_tables(metadata):
        with parcel.open(f"records/{table.name}.jsonl") as file:
            parts[table.name] = dump.part_of(db, table, file.write)
    return parts


def _copy_files(
    files: Files, parcel: Parcel, wanted: list[str]
) -> tuple[tuple[int, int], list[str]]:
    """Copy the attachments; how many, their bytes, and those that are not there any more."""
    size, lost = 0, []
    for sha256 in wanted:
        if not files.is_whole(sha256):
            lost.append(sha256)
            continue
        with files.path(sha256).open("rb") as source, parcel.open(place(sha256)) as out:
            while chunk := source.read(1 << 20):
                size += out.write(chunk)
    return (len(wanted) - len(lost), size), lost


def place(sha256: str) -> str:
    """Where an attachment is in a backup."""
    return f"{FILES}/{sha256[:2]}/{sha256[2:4]}/{sha256}"


def manifest(parcel: Received) -> Whole:
    """What it says it holds.  `FileRefused`."""
    if MANIFEST not in parcel.sums or MANIFEST not in parcel.names():
        raise parcel.damaged(MANIFEST, "missing")
    if not parcel.is_whole(MANIFEST):
        raise parcel.damaged(MANIFEST, "changed")
    try:
        with parcel.open(MANIFEST) as file:
            told: dict[str, Any] = json.loads(file.read())
        if told.pop("format") != _FORMAT:
            raise FileRefused("backup_newer", path=str(parcel.path))
        del told["records"]
        told["tables"] = {name: dump.Part(**part) for name, part in told["tables"].items()}
        told |= {"head": Head(**told["head"]), "graph": Stats(**told["graph"])}
        return Whole(**{**told, "lost": tuple(told["lost"])})
    except DAMAGES as error:
        raise parcel.damaged(MANIFEST, "changed") from error
