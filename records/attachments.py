"""Attachments: a file is kept once by its SHA-256, and a row for each use says to what it belongs.

A file comes to its place in the transaction that writes its row, and is only deleted by `tidy`,
under the same lock of the writers: no row ever names a file that is not there.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO
from uuid import uuid4

from sqlalchemy import Connection, delete, func, insert, select

from graph.errors import FileRefused, NotFound, StoreError, UsageError
from graph.store.lock import Lock
from records.audit import Value
from records.database import Change, Records
from records.kinds import ENDINGS, type_of
from records.scanning import scan
from records.tables import attachments

__all__ = ["Attachment", "Files", "add", "download_name", "find", "forget", "held", "remove"]

_CHUNK = 1 << 20
_LONGEST_NAME = 200
_PART = ".part-"
_LOCK = ".lock"


@dataclass(frozen=True)
class Attachment:
    """One use of a file; `object` is `kind/id` of what it belongs to, `name` is data only."""

    id: str
    sha256: str
    object: str
    name: str
    type: str
    size: int
    added_by: str
    added_at: datetime


@dataclass(frozen=True)
class _Checked:
    path: Path
    sha256: str
    type: str
    size: int


@dataclass(frozen=True)
class Files:
    """The folder of the files, and what may come into it."""

    folder: Path
    megabytes: int = 32
    most: int = 20  # files of one object
    inflated: int = 128  # MB that an office file may unpack to
    scanner: str = ""  # a command that is given the path of each new file

    def path(self, sha256: str) -> Path:
        """Where a file is kept."""
        return self.folder / sha256[:2] / sha256[2:4] / sha256

    def is_whole(self, sha256: str) -> bool:
        """Whether the file is there and still what it was."""
        try:
            with self.path(sha256).open("rb") as file:
                return hashlib.file_digest(file, "sha256").hexdigest() == sha256
        except OSError:
            return False

    def kept(self) -> Iterator[Path]:
        """Every file that is ours in the folder, in no order."""
        for path in self.folder.glob("[0-9a-f][0-9a-f]/[0-9a-f][0-9a-f]/*"):
            if path == self.path(path.name) and len(path.name) == 64:
                yield path

    def parts(self) -> Iterator[Path]:
        """Uploads under way, or left behind when a program was ended."""
        yield from self.folder.glob(f"{_PART}*")

    def steady(self, wait: float) -> AbstractContextManager[None]:
        """A time in which no file is deleted; `StoreBusy` when it does not begin in time."""
        with _written(self.folder):
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return Lock(self.folder / _LOCK, wait).held()

    @contextmanager
    def checked(self, source: IO[bytes], name: str) -> Iterator[_Checked]:
        """A copy beside the others that was looked at; gone after the block unless placed."""
        with self._copied(source, name, self.megabytes) as (path, sha256):
            type_ = type_of(path, name, self.inflated)
            scan(self.scanner, path, name)
            yield _Checked(path, sha256, type_, path.stat().st_size)

    def place(self, path: Path, sha256: str) -> None:
        """Move a copy to its place; a file that is there already gives way only if damaged."""
        target = self.path(sha256)
        with _written(target):
            target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            if self.is_whole(sha256):
                os.utime(target)  # young again: `tidy` leaves it alone until its row is written
                return
            os.replace(path, target)
            _sync(target.parent)

    def take_back(self, source: IO[bytes], sha256: str) -> None:
        """A file of a backup; `FileRefused` when it is not what its name says."""
        with self._copied(source, sha256, None) as (path, found):
            if found != sha256:
                raise FileRefused("backup_file_changed", path="", file=sha256)
            self.place(path, sha256)

    @contextmanager
    def _copied(
        self, source: IO[bytes], name: str, megabytes: int | None
    ) -> Iterator[tuple[Path, str]]:
        with _written(self.folder):
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle, made = tempfile.mkstemp(prefix=_PART, dir=self.folder)  # mode 0600
        path = Path(made)
        try:
            with _written(self.folder), open(handle, "wb") as out:
                digest = _copy(source, out, name, megabytes)
            yield path, digest
        finally:
            path.unlink(missing_ok=True)


def add(
    records: Records,
    files: Files,
    object: str,
    name: str,
    source: IO[bytes],
    check: Callable[[Connection], object],
) -> Attachment:
    """Keep a file for an object; the same file under the same name twice is one attachment.

    `check` raises where the object is not there.  Raises `FileRefused` for what is not taken,
    `UsageError` when the object has enough.
    """
    shown = _name(name)
    with files.checked(source, shown) as file, records.write() as writing:
        check(writing.db)
        told = {"object": object, "sha256": file.sha256, "name": shown}
        same = writing.db.execute(select(attachments).filter_by(**told)).mappings().first()
        if same is not None:
            return Attachment(**same)
        mine = select(func.count()).select_from(attachments).where(attachments.c.object == object)
        if writing.db.execute(mine).scalar_one() >= files.most:
            raise UsageError("attachment_many", limit=files.most)
        files.place(file.path, file.sha256)
        found = Attachment(
            uuid4().hex,
            file.sha256,
            object,
            shown,
            file.type,
            file.size,
            records.actor.name,
            datetime.now(UTC),
        )
        writing.db.execute(insert(attachments).values(**vars(found)))
        writing.note("attachment.add", object, type=found.type, **_facts(found))
    return found


def find(records: Records, id: str) -> Attachment:
    """One attachment; `NotFound`."""
    with records.read() as db:
        row = db.execute(select(attachments).where(attachments.c.id == id)).mappings().first()
    if row is None:
        raise NotFound("unknown_attachment")
    return Attachment(**row)


def held(records: Records, kind: str) -> Mapping[str, Sequence[Attachment]]:
    """The attachments of every object of a kind, by object, oldest first."""
    asked = select(attachments).where(attachments.c.object.startswith(f"{kind}/", autoescape=True))
    found: dict[str, list[Attachment]] = {}
    with records.read() as db:
        rows = db.execute(asked.order_by(attachments.c.added_at, attachments.c.id)).mappings()
        for row in rows:
            found.setdefault(row["object"], []).append(Attachment(**row))
    return found


def remove(records: Records, object: str, id: str) -> None:
    """Take an attachment off an object; the file stays until nobody names it any more."""
    with records.write() as writing:
        mine = (attachments.c.id == id) & (attachments.c.object == object)
        row = writing.db.execute(select(attachments).where(mine)).mappings().first()
        if row is None:
            raise NotFound("unknown_attachment")
        _remove(writing, Attachment(**row))


def forget(writing: Change, object: str) -> None:
    """Take everything off an object that is itself removed in this change."""
    asked = select(attachments).where(attachments.c.object == object).order_by(attachments.c.id)
    for row in writing.db.execute(asked).mappings().all():
        _remove(writing, Attachment(**row))


def download_name(attachment: Attachment) -> str:
    """The name a download has: that of the upload, with an ending that its content deserves.

    >>> file = Attachment("", "", "", "发票.html", "image/png", 1, "", datetime.now(UTC))
    >>> download_name(file)
    '发票.html.png'
    """
    endings = ENDINGS[attachment.type]
    named = attachment.name.lower().endswith(endings)
    return attachment.name if named else attachment.name + endings[0]


def _remove(writing: Change, row: Attachment) -> None:
    writing.db.execute(delete(attachments).where(attachments.c.id == row.id))
    writing.note("attachment.remove", row.object, **_facts(row))


def _facts(row: Attachment) -> dict[str, Value]:
    return {"id": row.id, "name": row.name, "sha256": row.sha256, "size": row.size}


def _name(given: str) -> str:
    """The last part of a name, without what is not to be seen, cut to what a folder takes."""
    last = given.replace("\\", "/").rstrip("/").rpartition("/")[2]
    seen = "".join(c for c in last if unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Co", "Cn"))
    shown = seen.strip().strip(".")
    while len(shown.encode()) > _LONGEST_NAME:
        stem, dot, ending = shown.rpartition(".")
        shown = f"{stem[:-1]}{dot}{ending}" if stem and len(ending) < 10 else shown[:-1]
    return shown or "file"


def _copy(source: IO[bytes], out: IO[bytes], name: str, megabytes: int | None) -> str:
    digest, size = hashlib.sha256(), 0
    while chunk := source.read(_CHUNK):
        size += len(chunk)
        if megabytes is not None and size > megabytes << 20:
            raise FileRefused("attachment_too_large", file=name, limit=megabytes)
        digest.update(chunk)
        out.write(chunk)
    out.flush()
    os.fsync(out.fileno())
    return digest.hexdigest()


@contextmanager
def _written(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StoreError("attachments_failed", path=str(path), reason=str(error)) from error


def _sync(folder: Path) -> None:
    """Make a rename last through a loss of power, where the system can."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
