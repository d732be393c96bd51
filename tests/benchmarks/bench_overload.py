"""Ten times what the server can answer: what still comes, how late, and whether health answers.

Run as `python -m tests.benchmarks.bench_overload [--seconds N]`.  The peak is what a few clients
get one after the other; then so many clients ask at once that it would take ten times that.  Each
asks a page nobody has asked before, so that nothing kept helps.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from itertools import count

import httpx2 as httpx

from tests.benchmarks.bench_service import served

PAGE = "/chains/chain-jiadian/gaps?leader=demo-leader-jiadian&from={}"
_next = count()


async def ask(
    client: httpx.AsyncClient, until: float, pause: float, found: list[tuple[int, float]]
) -> None:
    """Ask one page after the other until the time is over."""
    while time.perf_counter() < until:
        start = time.perf_counter()
        answer = await client.get(PAGE.format(next(_next)))
        found.append((answer.status_code, 1e3 * (time.perf_counter() - start)))
        if answer.status_code == 503:
            await asyncio.sleep(pause)


async def health(client: httpx.AsyncClient, until: float, found: list[float]) -> None:
    """Ask whether it is alive, ten times a second."""
    while time.perf_counter() < until:
        start = time.perf_counter()
        (await client.get("/healthz")).raise_for_status()
        found.append(1e3 * (time.perf_counter() - start))
        await asyncio.sleep(0.1)


async def run(base: str, clients: int, seconds: int) -> tuple[list[tuple[int, float]], list[float]]:
    """What `clients` at once get in so many seconds, and how long health took."""
    answers: list[tuple[int, float]] = []
    alive: list[float] = []
    limits = httpx.Limits(max_connections=clients + 10)
    async with httpx.AsyncClient(
        base_url=base, limits=limits, timeout=60, trust_env=False
    ) as client:
        until = time.perf_counter() + seconds
        asking = [ask(client, until, 0.5, answers) for _ in range(clients)]
        await asyncio.gather(health(client, until, alive), *asking)
    return answers, alive


def main() -> None:
    """Print the figures."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--seconds", type=int, default=15)
    seconds = options.parse_args().seconds
    with served() as base:
        print(f"{'clients':<9}{'answered/s':>12}{'503/s':>8}{'p99 ms':>9}{'health p99 ms':>15}")
        for clients in (4, 160):
            answers, alive = asyncio.run(run(base, clients, seconds))
            good = sorted(ms for status, ms in answers if status == 200)
            shed = sum(status == 503 for status, _ in answers)
            alive.sort()
            print(
                f"{clients:<9}{len(good) / seconds:>12.1f}{shed / seconds:>8.1f}"
                f"{good[int(len(good) * 0.99)]:>9.0f}{alive[int(len(alive) * 0.99)]:>15.0f}"
            )


if __name__ == "__main__":
    main()
