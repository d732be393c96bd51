"""A backup as a folder or one .zip file, with the SHA-256 of each of its files.

`SHA256SUMS` lists every other file (`sha256sum -c SHA256SUMS` checks a folder without this
program).  A file that is changed, cut, missing or one too many is named.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Protocol, TypeVar

from graph.errors import FileRefused, StoreError

__all__ = ["DAMAGES", "SUMS", "Parcel", "Received", "received", "written"]

SUMS = "SHA256SUMS"
_LINE = re.compile(r"([0-9a-f]{64})  ([A-Za-z0-9_.\-/]+)")
_CHUNK = 1 << 20
_END = 22  # bytes of the end of an archive without a comment
_T = TypeVar("_T")
DAMAGES = (
    OSError,
    EOFError,
    KeyError,
    RuntimeError,
    TypeError,
    ValueError,
    zipfile.BadZipFile,
    zlib.error,
)


class _Summed:
    """A file being written, with its hash so far."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file, self.digest = file, hashlib.sha256()

    def write(self, data: bytes) -> int:
        self.digest.update(data)
        return self._file.write(data)


class _Writes(Protocol):
    def write(self, data: bytes) -> int: ...


@dataclass
class Parcel:
    """A backup being written; `work` is a folder for what is written before it is put in."""

    work: Path
    _archive: zipfile.ZipFile | None
    _sums: dict[str, str] = field(default_factory=dict)

    @contextmanager
    def open(self, name: str) -> Iterator[_Writes]:
        """A new file of the backup, to be written to."""
        if self._archive is None:
            path = self.work / name
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with path.open("xb") as file:
                summed = _Summed(file)
                yield summed
                file.flush()
                os.fsync(file.fileno())
        else:
            info = zipfile.ZipInfo(name)
            stored = name.endswith(".zip") or name.startswith("attachments/")
            info.compress_type = zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED
            with self._archive.open(info, "w", force_zip64=True) as file:
                summed = _Summed(file)
                yield summed
        self._sums[name] = summed.digest.hexdigest()

    def put(self, name: str, write: Callable[[Path], _T]) -> _T:
        """A new file of the backup, written by a function that needs a path; its answer."""
        path = self.work / ".putting"
        answer = write(path)
        with path.open("rb") as source, self.open(name) as out:
            while chunk := source.read(_CHUNK):
                out.write(chunk)
        path.unlink()
        return answer

    def finish(self) -> None:
        """Write the sums, last."""
        with self.open(SUMS) as file:
            file.write(_rendered(self._sums).encode())


@contextmanager
def written(target: Path) -> Iterator[Parcel]:
    """A new backup at a path: one file where its name ends in `.zip`, else a folder.

    It appears whole or not at all.  Raises `StoreError`.
    """
    work = target.with_name(f"{target.name}.part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(work, ignore_errors=True)  # of one that was ended half-way
        work.mkdir(mode=0o700)
        if target.suffix == ".zip":
            zipped = work / "whole"
            with open(os.open(zipped, os.O_RDWR | os.O_CREAT, 0o600), "w+b") as file:
                with zipfile.ZipFile(file, "w") as archive:
                    parcel = Parcel(work, archive)
                    yield parcel
                    parcel.finish()
                file.flush()
                os.fsync(file.fileno())
            os.replace(zipped, target)
        else:
            parcel = Parcel(work, None)
            yield parcel
            parcel.finish()
            if target.is_dir():  # and empty: elsewhere than on POSIX it would be in the way
                target.rmdir()
            os.replace(work, target)
    except OSError as error:
        raise StoreError("backup_failed", path=str(target), reason=str(error)) from error
    finally:
        shutil.rmtree(work, ignore_errors=True)


@dataclass(frozen=True)
class Received:
    """A backup to be read; `sums` is what it says of its files."""

    path: Path
    sums: Mapping[str, str]
    _archive: zipfile.ZipFile | None

    def open(self, name: str) -> IO[bytes]:
        """One of its files."""
        if self._archive is None:
            return (self.path / name).open("rb")
        return self._archive.open(name)

    def damaged(self, file: str, how: str) -> FileRefused:
        """That a file is not what it should be."""
        return FileRefused(f"backup_file_{how}", path=str(self.path), file=file)

    def check(self, progress: Callable[[int, int], None] | None = None) -> None:
        """Read every file once and compare; raises `FileRefused` with the first that differs."""
        there = self.names()
        for name in sorted(there - self.sums.keys() - {SUMS}):
            raise self.damaged(name, "extra")
        for done, name in enumerate(sorted(self.sums)):
            if name not in there:
                raise self.damaged(name, "missing")
            if not self.is_whole(name):
                raise self.damaged(name, "changed")
            if progress:
                progress(done, len(self.sums))

    def is_whole(self, name: str) -> bool:
        """Whether one file is what the sums say."""
        try:
            with self.open(name) as file:
                return hashlib.file_digest(file, "sha256").hexdigest() == self.sums[name]  # type: ignore[arg-type]
        except DAMAGES:
            return False

    def names(self) -> set[str]:
        """Every file that is there, whether it should be or not."""
        if self._archive is not None:
            return set(self._archive.namelist())
        found = (path for path in self.path.rglob("*") if not path.is_dir())
        return {path.relative_to(self.path).as_posix() for path in found}


@contextmanager
def received(path: Path) -> Iterator[Received]:
    """A backup at a path, not yet checked.  Raises `FileRefused` when it is none."""
    if path.is_dir():
        yield Received(path, _sums_of(path, None), None)
        return
    try:
        with path.open("rb") as file:  # one that was cut would be taken for the archive inside it
            file.seek(-_END, os.SEEK_END)
            if not file.read().startswith(b"PK\x05\x06"):
                raise zipfile.BadZipFile(str(path))
        archive = zipfile.ZipFile(path)
    except DAMAGES as error:
        raise FileRefused("backup_damaged", path=str(path), reason=type(error).__name__) from error
    with archive:
        names = archive.namelist()
        if len(names) != len(set(names)):
            raise FileRefused("backup_damaged", path=str(path), reason="names")
        yield Received(path, _sums_of(path, archive), archive)


def _sums_of(path: Path, archive: zipfile.ZipFile | None) -> Mapping[str, str]:
    found: dict[str, str] = {}
    try:
        if archive is None and not (path / SUMS).is_file():
            raise KeyError(SUMS)
        with Received(path, {}, archive).open(SUMS) as file:
            text = file.read().decode("ascii")
        for line in text.splitlines():
            matched = _LINE.fullmatch(line)
            found[matched[2]] = matched[1]  # type: ignore[index]
        if _rendered(found) != text:
            raise ValueError(SUMS)
    except KeyError as error:
        raise FileRefused("backup_file_missing", path=str(path), file=SUMS) from error
    except DAMAGES as error:
        raise FileRefused("backup_file_changed", path=str(path), file=SUMS) from error
    return found


def _rendered(sums: Mapping[str, str]) -> str:
    return "".join(f"{sums[name]}  {name}\n" for name in sorted(sums))
