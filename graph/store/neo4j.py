"""The wire to a Neo4j server: the official driver, used in this file and nowhere else.

The driver itself waits for half a minute and more when a server is down, and for ever on a network
that swallows packets.  So it runs on an event loop of its own, and every step of a transaction is
waited for with what is left of the caller's time; a step that is late is cancelled, which closes
its connection.  Once the server is lost a circuit breaker turns later callers away at once, and the
loop asks by itself until somebody answers.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Coroutine, Iterator, Mapping
from concurrent.futures import CancelledError, Future
from contextlib import contextmanager, suppress
from time import monotonic
from typing import Any, TypeVar

from neo4j import (
    READ_ACCESS,
    WRITE_ACCESS,
    AsyncDriver,
    AsyncGraphDatabase,
    AsyncSession,
    Query,
)
from neo4j.exceptions import AuthError, DriverError, Neo4jError, TransientError

from graph.errors import DeadlineExceeded, StoreBusy, StoreDown, StoreError
from graph.store.cypher import PING, Statement
from graph.store.loop import Late, Loop
from graph.store.neo4j_transaction import Transaction

__all__ = ["Bolt"]

_T = TypeVar("_T")
# What the driver would print on stderr is said by our errors.
logging.getLogger("neo4j").addHandler(logging.NullHandler())
_CONNECT = 2.0  # seconds for a connection: more, and a request could not answer within three
_PING = 2.0
_CLOSE = 1.0
_BACK = 0.3
_GIVEN_UP = 10.0  # seconds of nobody answering after which it is given up
_LONGEST = 1000.0  # seconds: longer than any transaction
_READ, _WRITE = {"lianzhu": "read"}, {"lianzhu": "write"}  # in the server's list of transactions
_PAUSE = 0.5  # seconds between two looks at whether a lost server is back
_CONFIG: Mapping[str, Any] = {
    "connection_timeout": _CONNECT,
    "connection_acquisition_timeout": 2.5,
    "max_connection_pool_size": 64,
    "liveness_check_timeout": 10,
    "telemetry_disabled": True,
    "notifications_min_severity": "OFF",
    "user_agent": "lianzhu/0.1",
}


class Bolt:
    """One driver for one database, made anew whenever the server was lost."""

    def __init__(self, url: str, auth: tuple[str, str] | None, database: str) -> None:
        self._target = (url, auth, database)
        self.loop = Loop("neo4j")
        self._starting = threading.Lock()
        self._driver: AsyncDriver | None = None
        self._up = threading.Event()  # the breaker: set = closed, callers may pass
        self._up.set()
        self._down_since: float | None = None
        self._probing = False
        self._closed = False
        self._sessions: set[AsyncSession] = set()
        self._retired: set[asyncio.Task[None]] = set()

    @contextmanager
    def transaction(
        self, seconds: float, *, write: bool = False, server_seconds: float | None = None
    ) -> Iterator[Transaction]:
        """A transaction of at most `seconds`, rolled back unless committed.

        `StoreDown` when there is no server, at once while the breaker is open.
        """
        self._check()
        until = monotonic() + seconds
        session = self._open(WRITE_ACCESS if write else READ_ACCESS)
        found = Transaction(self, until)
        lost = False
        try:
            limit = seconds if server_seconds is None else server_seconds
            found.inner = self.step(
                session.begin_transaction(
                    timeout=max(limit, 0.001), metadata=_WRITE if write else _READ
                ),
                seconds,
            )
            yield found
        except (StoreDown, DeadlineExceeded):
            lost = True
            raise
        finally:
            found.drop()
            self._end(session, wait=not lost)

    def execute(
        self, statement: Statement, seconds: float, **parameters: object
    ) -> list[list[Any]]:
        """One statement on its own, committed; what makes the schema cannot be in a transaction."""
        self._check()
        session = self._open(WRITE_ACCESS)
        try:
            return self.step(_autocommit(session, statement, parameters, seconds), seconds)
        finally:
            self._end(session, wait=False)

    def retried(self, call: Callable[[], _T]) -> _T:
        """What `call` gives, asked twice where the first time only an old connection was dead.

        A server that restarted leaves such connections behind; it answers on a new one at once.
        """
        self._check()
        try:
            return call()
        except StoreDown:
            if not self._up.wait(_BACK):
                raise
            return call()

    def step(self, work: Coroutine[Any, Any, _T], seconds: float) -> _T:
        """The result of `work`, or the error it ended with in our words."""
        result: _T = self.await_step(self.loop.spawn(work, seconds), seconds)
        return result

    def await_step(self, started: Future[_T], seconds: float) -> _T:
        """Wait for started work."""
        try:
            return self.loop.result(started, seconds, self._look_for_life)
        except CancelledError as error:  # by `close`, from another thread
            raise StoreError("store_closed", path=self._target[0]) from error
        except Late as error:
            self._probe()  # is it only slow, or is nobody there?
            raise _late(seconds) from error
        except (DriverError, Neo4jError, OSError) as error:
            raise self._worded(error, seconds) from error

    def require_answer(self) -> None:
        """`StoreDown` unless the server answers a plain question."""
        try:
            self.execute(PING, _PING)
        except DeadlineExceeded as error:
            raise self._lost(error) from error

    def _look_for_life(self) -> None:
        """A step has been silent: `StoreDown` when nobody has answered anybody for a while."""
        self._probe()
        down = self._down_since
        if down is not None and monotonic() - down > _GIVEN_UP:
            raise StoreDown("store_down", url=self._target[0], reason="silent")

    def close(self) -> None:
        """Close every connection and end the loop."""
        with self._starting:
            if self._closed:
                return
            self._closed = True
        self.loop.stop(self._shut())

    async def _shut(self) -> None:
        """Let what still runs on the loop end, or end it; then what it ran on."""
        for task in self._retired:
            task.cancel()
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=_CLOSE)
            for task in late:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        for what in (*self._sessions, self._driver):
            await _closed(what)

    def _check(self) -> None:
        if not self._up.is_set():
            self._probe()
            raise StoreDown("store_down", url=self._target[0], reason="still down")

    def _open(self, access: str) -> AsyncSession:
        with self._starting:
            if self._closed:
                raise StoreError("store_closed", path=self._target[0])
            self.loop.start()
            url, auth, name = self._target
            if self._driver is None:
                self._driver = AsyncGraphDatabase.driver(url, auth=auth, **_CONFIG)
            session = self._driver.session(database=name, default_access_mode=access, fetch_size=-1)
            self._sessions.add(session)
            return session

    def _end(self, session: AsyncSession, *, wait: bool) -> None:
        """Close a session; a server that says nothing is not waited for."""
        closing = self.loop.spawn(self._release(session))
        if wait:
            with suppress(CancelledError):  # `close` does it
                closing.result()

    async def _release(self, session: AsyncSession) -> None:
        await _closed(session)
        self._sessions.discard(session)

    def _worded(self, error: Exception, seconds: float) -> StoreError:
        if isinstance(error, AuthError):
            return StoreError("store_auth", url=self._target[0])
        if isinstance(error, Neo4jError):
            code = error.code or ""
            if "TransactionTimedOut" in code or "TransactionTerminated" in code:
                return _late(seconds)
            if "DatabaseUnavailable" in code:
                return self._lost(error)
            if isinstance(error, TransientError):
                return StoreBusy("store_failed", reason=f"{code} {error.message}")
            return StoreError("store_failed", reason=f"{code} {error.message}")
        return self._lost(error)

    def _lost(self, error: Exception) -> StoreDown:
        self._trip()
        self._probe()
        return StoreDown("store_down", url=self._target[0], reason=type(error).__name__)

    def _trip(self) -> None:
        if self._up.is_set():
            self._down_since = monotonic()
            self._up.clear()

    def _probe(self) -> None:
        if not self._probing and not self._closed:
            self._probing = True
            self.loop.spawn(self._watch())

    async def _watch(self) -> None:
        """Ask until somebody answers; the first failure opens the breaker, an answer closes it."""
        try:
            while not self._closed:
                if await self._answers():
                    self._down_since = None
                    self._up.set()
                    return
                self._trip()
                await asyncio.sleep(_PAUSE)
        finally:
            self._probing = False

    async def _answers(self) -> bool:
        """Whether a server answers on a new driver, which then takes the old one's place."""
        url, auth, database = self._target
        driver = AsyncGraphDatabase.driver(url, auth=auth, **_CONFIG)
        over: AsyncDriver | None = driver
        session = driver.session(database=database)
        try:
            async with asyncio.timeout(_PING):
                await session.run(_query(PING))
            if not self._up.is_set():
                # A server that only paused still answers on the old connections: let them finish.
                task = asyncio.create_task(_retire(self._driver))
                self._retired.add(task)
                task.add_done_callback(self._retired.discard)
                self._driver, over = driver, None
        except (DriverError, Neo4jError, OSError, TimeoutError):
            return False
        finally:
            await _closed(session)
            await _closed(over)
        return True


def _late(seconds: float) -> DeadlineExceeded:
    return DeadlineExceeded("deadline", seconds=round(max(seconds, 0.0), 1))


def _query(statement: Statement, seconds: float | None = None) -> Query:
    # The text comes from `graph.store.cypher` alone.
    return Query(statement.text, timeout=seconds, metadata={"lianzhu": statement.name})


async def _autocommit(
    session: AsyncSession, statement: Statement, parameters: Mapping[str, object], seconds: float
) -> list[list[Any]]:
    result = await session.run(_query(statement, seconds), dict(parameters))
    return await result.values()


async def _retire(driver: AsyncDriver | None) -> None:
    """Close a driver once nothing that was under way on it can be any more."""
    try:
        await asyncio.sleep(_LONGEST)
    finally:
        await _closed(driver)


async def _closed(what: AsyncDriver | AsyncSession | None) -> None:
    """Close in good time; what nobody answers is let go of."""
    if what is None:
        return
    with suppress(DriverError, Neo4jError, OSError, TimeoutError):
        try:
            async with asyncio.timeout(_CLOSE):
                await what.close()
        except BaseException:
            if isinstance(what, AsyncSession):
                what.cancel()
            await what.close()  # a second time there is nobody to talk to: it only notes the end
            raise
