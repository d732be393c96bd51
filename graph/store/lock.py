"""A lock between threads and processes: one writer for a store file."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock as Mutex
from time import monotonic, sleep
from typing import IO

from graph.errors import StoreBusy

if sys.platform == "win32":
    import msvcrt

    def _take(handle: IO[bytes]) -> None:
        handle.seek(0)
        msvcrt.locking(handle.fileno(), msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _take(handle: IO[bytes]) -> None:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)


__all__ = ["Lock"]

_PAUSE = 0.01


class Lock:
    """The lock on one file; the operating system lets go of it when its holder dies."""

    def __init__(self, path: Path, wait: float) -> None:
        self._path = path
        self._wait = wait
        self._mutex = Mutex()

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold the lock; `StoreBusy` when it is not free within `wait` seconds."""
        until = monotonic() + self._wait
        if not self._mutex.acquire(timeout=self._wait):
            raise self._busy()
        try:
            with self._path.open("ab") as handle:  # its close unlocks
                self._poll(handle, until)
                yield
        finally:
            self._mutex.release()

    def _poll(self, handle: IO[bytes], until: float) -> None:
        while True:
            try:
                return _take(handle)
            except OSError:
                if monotonic() > until:
                    raise self._busy() from None
            sleep(_PAUSE)

    def _busy(self) -> StoreBusy:
        return StoreBusy("store_busy", seconds=self._wait)
