"""One transaction on a Neo4j server: statements that are waited for, and others sent ahead."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Mapping
from concurrent.futures import Future
from time import monotonic
from typing import TYPE_CHECKING, Any, Protocol

from graph.store.cypher import Statement

if TYPE_CHECKING:
    from graph.store.neo4j import Bolt

__all__ = ["Transaction"]

_AHEAD = 8  # statements that wait for the server while the caller prepares the next


class Inner(Protocol):
    """The driver's transaction."""

    async def run(self, query: str, parameters: dict[str, Any], /) -> Any:
        """Begin a statement."""

    async def commit(self) -> None:
        """Make it so."""


class Transaction:
    """One transaction; every step has until `until`."""

    def __init__(self, bolt: Bolt, until: float) -> None:
        self._bolt = bolt
        self._until = until
        self._turn = asyncio.Lock()
        self._sent: deque[Future[list[list[Any]]]] = deque()
        self.inner: Inner  # once it has begun

    def run(self, statement: Statement, **parameters: object) -> list[list[Any]]:
        """Every row of the answer."""
        self._settle()
        return self._bolt.step(_values(self.inner, statement, parameters), self._left())

    def send(self, statement: Statement, **parameters: object) -> None:
        """Have it run, after those sent before, while the caller goes on; errors come later."""
        self._settle(_AHEAD)
        work = self._in_turn(statement, parameters)
        self._sent.append(self._bolt.loop.spawn(work, self._left()))

    def commit(self) -> None:
        """Make it so; `StoreDown` here means that nobody knows whether it is."""
        self._settle()
        self._bolt.step(self.inner.commit(), self._left())

    def drop(self) -> None:
        """Nothing that was sent need run any more."""
        while self._sent:
            self._sent.pop().cancel()

    def _settle(self, left: int = 0) -> None:
        while len(self._sent) > left:
            self._bolt.await_step(self._sent.popleft(), self._left())

    async def _in_turn(
        self, statement: Statement, parameters: Mapping[str, object]
    ) -> list[list[Any]]:
        async with self._turn:
            return await _values(self.inner, statement, parameters)

    def _left(self) -> float:
        return self._until - monotonic()


async def _values(
    transaction: Inner, statement: Statement, parameters: Mapping[str, object]
) -> list[list[Any]]:
    result = await transaction.run(statement.text, dict(parameters))
    rows: list[list[Any]] = await result.values()
    return rows
