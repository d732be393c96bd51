"""Coroutines run for callers that have none, and what happens when that is over."""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import CancelledError

import pytest

from graph.store.loop import Late, Loop


async def nothing() -> None:
    pass


async def answer() -> int:
    return 42


def silent() -> None:
    pass


def test_work_gives_its_result() -> None:
    loop = Loop("test")
    loop.start()
    assert loop.result(loop.spawn(answer()), 1.0, silent) == 42
    loop.stop(nothing())


def test_work_that_takes_too_long_is_late_and_has_let_go() -> None:
    freed = []

    async def slow() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            freed.append(True)

    loop = Loop("test")
    loop.start()
    began = time.monotonic()
    with pytest.raises(Late):
        loop.result(loop.spawn(slow(), 0.05), 0.05, silent)
    assert time.monotonic() - began < 3
    assert freed == [True]
    loop.stop(nothing())


@pytest.mark.parametrize("started", [True, False])
def test_nothing_begins_once_it_is_over(started: bool) -> None:
    loop = Loop("test")
    if started:
        loop.start()
    loop.stop(nothing())
    refused = loop.spawn(answer(), 1.0)
    assert refused.cancelled()
    with pytest.raises(CancelledError):
        loop.result(refused, 1.0, silent)
