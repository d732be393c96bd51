"""Backups in a folder: dated names, a list, how long they are kept, and back again."""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from graph.errors import FileRefused, NotFound, StoreError, UsageError
from graph.store import copy as moving
from graph.store.base import GraphStore, Replaces, Stats
from records.restoring import Restored, restore
from records.whole import Whole, Zone, back_up, told_by

__all__ = [
    "GRAPH",
    "WHOLE",
    "Backup",
    "Outdated",
    "backups_in",
    "dated",
    "is_whole",
    "named",
    "prune",
    "put_all_back",
    "put_back",
    "stats_of",
    "told",
    "write_backup",
    "write_whole",
]

GRAPH, WHOLE = "graph", "lianzhu"  # what the name of a backup of the graph, of all begins with
_NAME = re.compile(r"(graph|lianzhu)-(\d{8}-\d{6})\.zip")
_STAMP = "%Y%m%d-%H%M%S"


@dataclass(frozen=True)
class Backup:
    """One backup: `stats` is what it says it holds, None where the file is damaged."""

    name: str
    at: datetime  # local time, from its name
    size: int  # bytes
    stats: Stats | None

    @property
    def is_whole(self) -> bool:
        """Whether it holds records and attachments too."""
        return self.name.startswith(WHOLE)


@dataclass(frozen=True)
class Outdated:
    """What `prune` deleted, and what it could not."""

    deleted: Sequence[str]
    left: Sequence[str]


def backups_in(folder: Path) -> list[Backup]:
    """Every backup of a folder that bears a dated name, newest first."""
    return [_backup(path) for path in reversed(_dated_files(folder))]


def dated(folder: Path, now: datetime, kind: str = GRAPH) -> Path:
    """A free `graph-YYYYMMDD-HHMMSS.zip` in a folder; a taken second gives way to the next."""
    while (path := folder / f"{kind}-{now.strftime(_STAMP)}.zip").exists():
        now += timedelta(seconds=1)
    return path


def write_backup(
    store: GraphStore, folder: Path, now: datetime, progress: moving.Progress | None = None
) -> Path:
    """Write a dated backup into a folder, which is made where there is none."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError("backup_failed", path=str(folder), reason=str(error)) from error
    path = dated(folder, now)
    moving.backup(store, path, progress)
    return path


def write_whole(
    zone: Zone, folder: Path, now: datetime, progress: moving.Progress | None = None
) -> tuple[Path, Whole]:
    """Write a dated backup of everything into a folder."""
    path = dated(folder, now, WHOLE)
    return path, back_up(zone, path, progress)


def told(path: Path) -> dict[str, str | int]:
    """What a backup holds, as the audit writes it down."""
    stats = moving.backup_stats(path)
    return {"file": path.name, "revision": stats.revision, "hash": stats.hash}


def prune(folder: Path, days: int, now: datetime, but: Path) -> Outdated:
    """Delete dated backups of one kind more than `days` days old; never `but`, never another."""
    deleted, left = list[str](), list[str]()
    kind = but.name.partition("-")[0]
    for path in _dated_files(folder):
        same = path.name.partition("-")[0] == kind
        if same and path.name != but.name and _when(path) < now - timedelta(days=days):
            try:
                path.unlink()
                deleted.append(path.name)
            except OSError:
                left.append(path.name)
    return Outdated(deleted, left)


def named(folder: Path, name: str) -> Path:
    """The backup of that name; `NotFound` when the folder has none."""
    path = folder / name
    if not _NAME.fullmatch(name) or not path.is_file():
        raise NotFound("unknown_backup", name=name)
    return path


def put_back(store: GraphStore, path: Path, confirmed: str, now: datetime) -> Path | None:
    """Restore a backup; answers where what was there before is kept, None for an empty store.

    A store that is not empty gives way only when the backup's name was typed as confirmation, and
    is backed up beside it first.
    """
    if store.revision() == 0:
        moving.restore(path, store)
        return None
    if confirmed.strip() != path.name:
        raise UsageError("confirm_name", name=path.name)
    if not isinstance(store, Replaces):
        raise UsageError("restore_needs_empty")
    moving.backup_stats(path)  # a damaged file is refused before anything is written
    before = write_backup(store, path.parent, now)
    moving.restore(path, store, over=True)
    return before


def put_all_back(zone: Zone, path: Path, confirmed: str, now: datetime) -> Restored:
    """Restore everything; what is there gives way only where the backup's name was typed."""
    agreed = confirmed.strip() == path.name
    try:
        return restore(
            path, zone, keep=(lambda: dated(path.parent, now, WHOLE)) if agreed else None
        )
    except UsageError as error:
        if error.code == "restore_not_empty":
            raise UsageError("confirm_name", name=path.name) from error
        raise


def is_whole(path: Path) -> bool:
    """Whether a backup of a folder holds records and attachments too."""
    return path.name.startswith(WHOLE)


def stats_of(path: Path) -> Stats:
    """What a backup of either kind says of the graph.  `FileRefused` where it is damaged."""
    return told_by(path).graph if is_whole(path) else moving.backup_stats(path)


def _dated_files(folder: Path) -> list[Path]:
    """Files with a dated name, oldest first."""
    if not folder.is_dir():
        return []
    found = [path for path in folder.iterdir() if _NAME.fullmatch(path.name) and _is_date(path)]
    return sorted(found, key=lambda path: (_when(path), path.name))


def _is_date(path: Path) -> bool:
    with suppress(ValueError):
        return _when(path) is not None and path.is_file()
    return False


def _when(path: Path) -> datetime:
    return datetime.strptime(path.stem.partition("-")[2], _STAMP)


def _backup(path: Path) -> Backup:
    try:
        stats = stats_of(path)
    except FileRefused:
        stats = None
    return Backup(path.name, _when(path), path.stat().st_size if path.exists() else 0, stats)
