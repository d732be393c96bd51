"""Ten times what the server can answer: what still comes, how late, and whether health answers.

Run as `python -m tests.benchmarks.bench_overload [--seconds N]`.  The peak is what four clients get
one after the other.  Then requests start by the clock, ten times as many a second, whether or not
answers come; who is told 503 does not come back.  Each asks a page nobody has asked before, so that
nothing kept helps.  The clients share the machine with the server, and cost as much as it does.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from collections.abc import Coroutine
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from urllib.parse import urlsplit

import httpx2 as httpx

from tests.benchmarks.bench_service import served

PAGE = "/chains/chain-jiadian/gaps?leader=demo-leader-jiadian&from={}"
TIMES = 10
_next = count()


@dataclass
class Found:
    """What came back: milliseconds by status, of health, and the server's memory in MB."""

    answers: list[tuple[int, float]] = field(default_factory=list)
    health: list[float] = field(default_factory=list)
    memory: list[float] = field(default_factory=list)

    def good(self) -> list[float]:
        """Milliseconds of the answers that were pages."""
        return sorted(ms for status, ms in self.answers if status == 200)


async def ask(client: httpx.AsyncClient, found: Found) -> None:
    """Ask one page, on a connection of its own."""
    start = time.perf_counter()
    try:
        answer = await client.get(PAGE.format(next(_next)), headers={"Connection": "close"})
        status = answer.status_code
    except httpx.TransportError:
        status = 0
    found.answers.append((status, 1e3 * (time.perf_counter() - start)))


async def health(client: httpx.AsyncClient, until: float, found: Found, pid: int) -> None:
    """Ask whether it is alive, ten times a second."""
    while time.perf_counter() < until:
        start = time.perf_counter()
        (await client.get("/healthz")).raise_for_status()
        found.health.append(1e3 * (time.perf_counter() - start))
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
        found.memory.append(pages * 4096 / 2**20)
        await asyncio.sleep(0.1)


async def run(base: str, rate: float, seconds: int) -> Found:
    """What comes at so many requests a second; without a rate, to four clients in turn."""
    found, pid = Found(), pid_of(base)
    limits = httpx.Limits(max_connections=5000)
    async with httpx.AsyncClient(
        base_url=base, limits=limits, timeout=60, trust_env=False
    ) as client:
        begin = time.perf_counter()
        until = begin + seconds

        async def in_turn() -> None:
            while time.perf_counter() < until:
                await ask(client, found)

        async def by_the_clock() -> None:
            asked = []
            for at in range(int(rate * seconds)):
                await asyncio.sleep(max(0.0, begin + at / rate - time.perf_counter()))
                asked.append(asyncio.create_task(ask(client, found)))
            await asyncio.gather(*asked)

        asking: list[Coroutine[None, None, None]]
        asking = [by_the_clock()] if rate else [in_turn() for _ in range(4)]
        await asyncio.gather(health(client, until, found, pid), *asking)
    return found


def pid_of(base: str) -> int:
    """The process that serves: the one with the port among its words."""
    port = str(urlsplit(base).port).encode()
    for folder in Path("/proc").glob("[0-9]*"):
        if port in (folder / "cmdline").read_bytes().split(b"\0"):
            return int(folder.name)
    raise ProcessLookupError(base)


def line(name: str, found: Found, seconds: int) -> str:
    """One row of figures."""
    good, alive = found.good(), sorted(found.health)
    shed = [ms for status, ms in found.answers if status == 503]
    other = len(found.answers) - len(good) - len(shed)
    return (
        f"{name:<16}{len(found.answers) / seconds:>9.1f}{len(good) / seconds:>12.1f}"
        f"{len(shed) / seconds:>8.1f}{other:>7}{good[int(len(good) * 0.99)]:>9.0f}"
        f"{alive[int(len(alive) * 0.99)]:>15.0f}{max(found.memory):>9.0f}"
    )


def main() -> None:
    """Print the figures."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--seconds", type=int, default=20)
    seconds = options.parse_args().seconds
    with served() as base:
        asyncio.run(run(base, 0, 5))  # warm
        peak = asyncio.run(run(base, 0, seconds))
        rate = TIMES * len(peak.good()) / seconds
        over = asyncio.run(run(base, rate, seconds))
        after = asyncio.run(run(base, 0, seconds))
    print(
        f"{'':<16}{'asked/s':>9}{'answered/s':>12}{'503/s':>8}{'other':>7}{'p99 ms':>9}"
        f"{'health p99 ms':>15}{'RSS MB':>9}"
    )
    for name, found in (("peak", peak), (f"{TIMES} times", over), ("afterwards", after)):
        print(line(name, found, seconds))
    print(f"goodput {len(over.good()) / len(peak.good()):.0%} of the peak")


if __name__ == "__main__":
    main()
