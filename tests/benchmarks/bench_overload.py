"""Ten times what the server can answer: what still comes, how late, and whether health answers.

Run as `python -m tests.benchmarks.bench_overload [--seconds N]`.  The peak is what four clients get
one after the other.  Then requests start by the clock, ten times as many a second, whether or not
answers come; who is told 503 does not come back.  Each asks a page nobody has asked before, so that
nothing kept helps.  The clients share the two cores with the server; who
asks for its health is a process of its own, so that the waiting of the others is not counted.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from dataclasses import dataclass, field
from http.client import HTTPConnection
from itertools import count
from multiprocessing import Event as new_event
from multiprocessing import Pipe, Process
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Event
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from tests.benchmarks.bench_service import served

PAGE = "/chains/chain-jiadian/gaps?leader=demo-leader-jiadian&from={}"
TIMES = 10
_next = count()


@dataclass(frozen=True)
class Health:
    """Milliseconds until it was said to be well, and the server's memory in MB."""

    milliseconds: list[float] = field(default_factory=list)
    memory: list[float] = field(default_factory=list)


@dataclass(frozen=True)
class Found:
    """What came back: (status, milliseconds) of pages, and health."""

    answers: list[tuple[int, float]]
    health: list[float]
    memory: list[float]

    def good(self) -> list[float]:
        """Milliseconds of the answers that were pages."""
        return sorted(ms for status, ms in self.answers if status == 200)


@dataclass(frozen=True)
class Clients:
    """Connections kept open, as browsers keep them; one more is made when all are in use."""

    base: str
    answers: list[tuple[int, float]] = field(default_factory=list)
    free: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = field(default_factory=list)

    async def ask(self) -> None:
        """Ask one page nobody has asked, with as little of the machine as can be."""
        at, start = urlsplit(self.base), time.perf_counter()
        path = PAGE.format(next(_next))
        while self.free and self.free[-1][0].at_eof():  # closed by the server meanwhile
            self.free.pop()
        there, back = self.free.pop() if self.free else await _connected(at)
        back.write(f"GET {path} HTTP/1.1\r\nHost: {at.netloc}\r\n\r\n".encode())
        head = (await there.readuntil(b"\r\n\r\n")).lower()
        length = head.partition(b"content-length:")[2].split(maxsplit=1)[0]
        await there.readexactly(int(length))
        self.answers.append((int(head[9:12]), 1e3 * (time.perf_counter() - start)))
        self.free.append((there, back))


async def _connected(at: SplitResult) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    return await asyncio.open_connection(at.hostname, at.port)


def health(base: str, stop: Event, pid: int, told: Connection) -> None:
    """Ask whether it is alive, ten times a second, in a process of its own."""
    found = Health()
    at = urlsplit(base)
    while not stop.is_set():
        asking = HTTPConnection(str(at.hostname), at.port, timeout=60)
        start = time.perf_counter()
        asking.request("GET", "/healthz")
        if asking.getresponse().status != 200:
            raise ConnectionError(base)
        found.milliseconds.append(1e3 * (time.perf_counter() - start))
        asking.close()
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
        found.memory.append(pages * 4096 / 2**20)
        time.sleep(0.1)
    told.send(found)


async def load(base: str, rate: float, seconds: int) -> list[tuple[int, float]]:
    """What comes at so many requests a second; without a rate, to four clients in turn."""
    clients, begin = Clients(base), time.perf_counter()

    async def in_turn() -> None:
        while time.perf_counter() < begin + seconds:
            await clients.ask()

    async def by_the_clock() -> None:
        asked = []
        for at in range(int(rate * seconds)):
            await asyncio.sleep(max(0.0, begin + at / rate - time.perf_counter()))
            asked.append(asyncio.create_task(clients.ask()))
        await asyncio.gather(*asked)

    await asyncio.gather(*([by_the_clock()] if rate else [in_turn() for _ in range(4)]))
    return clients.answers


def run(base: str, rate: float, seconds: int) -> Found:
    """The load, and beside it somebody who asks whether the server is alive."""
    stop, (here, there) = new_event(), Pipe()
    asking = Process(target=health, args=(base, stop, pid_of(base), there))
    asking.start()
    answers = asyncio.run(load(base, rate, seconds))
    stop.set()
    alive = here.recv()
    asking.join()
    return Found(answers, alive.milliseconds, alive.memory)


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
        run(base, 0, 5)  # warm
        peak = run(base, 0, seconds)
        rate = TIMES * len(peak.good()) / seconds
        over = run(base, rate, seconds)
        after = run(base, 0, seconds)
    print(
        f"{'':<16}{'asked/s':>9}{'answered/s':>12}{'503/s':>8}{'other':>7}{'p99 ms':>9}"
        f"{'health p99 ms':>15}{'RSS MB':>9}"
    )
    for name, found in (("peak", peak), (f"{TIMES} times", over), ("afterwards", after)):
        print(line(name, found, seconds))
    print(f"goodput {len(over.good()) / len(peak.good()):.0%} of the peak")


if __name__ == "__main__":
    main()
