"""Files on their way in: saved under their own names, kept for a while between check and import.

An upload is kept under the hash of its names and contents, so that what is imported is what was
checked, without choosing the files again.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from starlette.datastructures import UploadFile

from api.settings import Settings
from graph.errors import FileRefused, NotFound, StoreError, UsageError

__all__ = ["Uploads", "saved", "uploads_of"]

LONGEST_NAME = 200  # bytes of a file name
MOST_KEPT = 8  # uploads at a time; the oldest goes first
_KEY = re.compile(r"[0-9a-f]{64}")
_PART = ".part-"


def saved(folder: Path, upload: UploadFile, megabytes: int) -> Path:
    """The upload as a file under its own last name, so that errors can name it.

    Raises `FileRefused` for a name that cannot be used or twice the same, and for too many bytes.
    """
    name = Path((upload.filename or "").replace("\\", "/")).name
    path = folder / name.replace("\0", "")
    if name.startswith(".") or not 0 < len(name.encode()) <= LONGEST_NAME or path.exists():
        raise FileRefused("bad_file_name", file=name[:LONGEST_NAME])
    with path.open("xb") as out:
        while chunk := upload.file.read(1 << 20):
            if out.tell() + len(chunk) > megabytes << 20:
                raise FileRefused("file_too_large", file=name, limit=megabytes)
            out.write(chunk)
    return path


@dataclass(frozen=True)
class Uploads:
    """A folder of kept uploads: limited in size, number and age."""

    folder: Path
    megabytes: int
    files: int
    minutes: int

    def keep(self, uploads: Sequence[UploadFile]) -> str:
        """Keep some files and answer their key; `UsageError` for none or too many of them."""
        if not uploads:
            raise UsageError("no_upload")
        if len(uploads) > self.files:
            raise UsageError("too_many_files", given=len(uploads), limit=self.files)
        self.sweep()
        part = self._part()
        try:
            paths = [saved(part, upload, self.megabytes) for upload in uploads]
            self._check_size(paths)
            key = _key_of(paths)
            held = self.folder / key
            if not held.is_dir():
                _move(part, held)
            os.utime(held)
        except OSError as error:
            raise _failed(self.folder, error) from error
        finally:
            shutil.rmtree(part, ignore_errors=True)
        self._bound()
        return key

    def paths(self, key: str) -> list[Path]:
        """The files kept under a key, by name; `NotFound` when they are gone."""
        self.sweep()
        held = self.folder / key
        if not _KEY.fullmatch(key) or not held.is_dir():
            raise NotFound("upload_gone", minutes=self.minutes)
        return sorted(held.iterdir())

    def sweep(self) -> None:
        """Delete what has waited too long, and what a broken upload left behind."""
        oldest = time.time() - 60 * self.minutes
        for path in self._held():
            with suppress(OSError):
                if path.stat().st_mtime < oldest:
                    shutil.rmtree(path, ignore_errors=True)

    def _part(self) -> Path:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            return Path(tempfile.mkdtemp(prefix=_PART, dir=self.folder))
        except OSError as error:
            raise _failed(self.folder, error) from error

    def _check_size(self, paths: Sequence[Path]) -> None:
        if sum(path.stat().st_size for path in paths) > self.megabytes << 20:
            raise FileRefused("upload_too_large", limit=self.megabytes)

    def _bound(self) -> None:
        kept = [path for path in self._held() if _KEY.fullmatch(path.name)]
        for path in sorted(kept, key=_age)[:-MOST_KEPT]:
            shutil.rmtree(path, ignore_errors=True)

    def _held(self) -> list[Path]:
        """What is ours in the folder: somebody may have named a folder with other things in it."""
        if not self.folder.is_dir():
            return []
        return [
            path
            for path in self.folder.iterdir()
            if path.is_dir() and (_KEY.fullmatch(path.name) or path.name.startswith(_PART))
        ]


def uploads_of(settings: Settings) -> Uploads:
    """The uploads of a server."""
    return Uploads(
        Path(settings.upload_dir),
        settings.upload_mb,
        settings.upload_files,
        settings.upload_minutes,
    )


def _move(part: Path, held: Path) -> None:
    try:
        part.rename(held)
    except OSError:
        if not held.is_dir():  # else the same files came twice at the same time
            raise


def _age(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:  # deleted by another request
        return 0.0


def _key_of(paths: Sequence[Path]) -> str:
    lines = sorted(f"{hashlib.sha256(p.read_bytes()).hexdigest()} {p.name}" for p in paths)
    return hashlib.sha256("\0".join(lines).encode()).hexdigest()


def _failed(folder: Path, error: OSError) -> StoreError:
    return StoreError("upload_failed", path=str(folder), reason=str(error))
