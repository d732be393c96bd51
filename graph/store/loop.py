"""An event loop in a thread of its own, and steps on it that end when their time is over."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import Future, wait
from threading import Lock, Thread
from time import monotonic
from typing import Any, TypeVar

__all__ = ["Late", "Loop"]

_T = TypeVar("_T")
_GRACE = 5.0  # seconds a step has to let go of what it holds
_SILENT = 3.0  # seconds of waiting between two calls of `silent`


class Late(Exception):
    """A step took longer than its caller can wait."""


class Loop:
    """Coroutines for callers that have none; the thread is a daemon and never keeps a process."""

    def __init__(self, name: str) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._loop.run_forever, name=name, daemon=True)
        self._lock = Lock()
        self._over = False

    def start(self) -> None:
        """Begin; a second time changes nothing."""
        if not self._thread.is_alive():
            self._thread.start()

    def spawn(self, work: Coroutine[Any, Any, _T], seconds: float | None = None) -> Future[_T]:
        """Start work; after `seconds` it is cancelled and ends in `Late`.

        Once the loop is over nothing begins any more: what is given back is cancelled.
        """
        with self._lock:
            if not self._over:
                return asyncio.run_coroutine_threadsafe(_within(work, seconds), self._loop)
        work.close()
        refused: Future[_T] = Future()
        refused.cancel()
        return refused

    def result(self, started: Future[_T], seconds: float, silent: Callable[[], None]) -> _T:
        """What started work comes to; `silent` is called while it takes long, and may raise."""
        until = monotonic() + max(seconds, 0.0) + _GRACE
        while True:
            left = until - monotonic()
            finished, _ = wait([started], min(left, _SILENT))
            if finished or left <= _SILENT:
                return started.result(0)
            try:
                silent()
            except BaseException:
                started.cancel()
                raise

    def stop(self, last: Coroutine[Any, Any, None]) -> None:
        """Run `last` and end the thread; what was never started is only closed."""
        with self._lock:
            self._over = True
        if self._thread.is_alive():
            asyncio.run_coroutine_threadsafe(last, self._loop).result()
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(_GRACE)
        else:
            last.close()
        if not self._loop.is_running():
            self._loop.close()


async def _within(work: Coroutine[Any, Any, _T], seconds: float | None) -> _T:
    """Cancelled, work has let go of what it held when this ends."""
    try:
        async with asyncio.timeout(None if seconds is None else max(seconds, 0.0)) as limit:
            return await work
    except TimeoutError as error:
        if limit.expired():
            raise Late from error
        raise
