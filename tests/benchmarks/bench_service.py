"""The sample zone served: so many requests a second, sent on time whether or not answers come.

Run as `python -m tests.benchmarks.bench_service [--rate N --seconds N]`.  Requests start by the
clock (open loop), so a slow answer never holds the next one back and its wait is counted.  Times
are from the moment a request was due.  Half of them are revisits with the tag of the last answer,
as a browser sends them.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import socket
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2 as httpx

CHAINS = {
    "chain-jiadian": "demo-leader-jiadian",
    "chain-jiqiren": "demo-leader-jiqiren",
    "chain-xianshi": "demo-leader-xianshi",
}
PAGES = ("", "/gaps", "/candidates", "/flows", "/graph", "/report", "/schema")
PATHS = [
    "/",
    "/parks",
    "/parks/fit",
    "/shortlist",
    "/guide",
    "/projects/demo-p-bianpin",
    "/entities/Enterprise/demo-leader-jiadian",
    *(f"/chains/{c}{page}?leader={leader}" for c, leader in CHAINS.items() for page in PAGES),
    *(f"/api/v1/{q}?leader={leader}" for leader in CHAINS.values() for q in ("gaps", "rank")),
    "/api/v1/fit",
]


@contextmanager
def served() -> Iterator[str]:
    """The address of a server in a process of its own, over the sample."""
    with socket.socket() as free, tempfile.TemporaryDirectory() as folder:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        free.close()
        command = [sys.executable, "-c", "from api.cli import main; main()", "serve", "--sample"]
        process = subprocess.Popen(
            [*command, "--port", str(port), "--store", f"sqlite:///{folder}/sample.db"],
            cwd=folder,
            env={"PYTHONPATH": str(Path(__file__).parents[2]), "PATH": ""},
            stderr=subprocess.DEVNULL,
        )
        base = f"http://127.0.0.1:{port}"
        try:
            while True:
                try:
                    httpx.get(f"{base}/healthz", trust_env=False)
                    break
                except httpx.TransportError:
                    time.sleep(0.2)
            yield base
        finally:
            process.terminate()
            process.wait()


async def load(base: str, rate: int, seconds: int) -> dict[str, list[float]]:
    """Milliseconds by kind of request."""
    times: dict[str, list[float]] = defaultdict(list)
    tags: dict[str, str] = {}
    limits = httpx.Limits(max_connections=512)
    async with httpx.AsyncClient(
        base_url=base, limits=limits, timeout=120, trust_env=False
    ) as client:
        for path in PATHS:  # every answer once, uncounted but said
            start = time.perf_counter()
            answer = await client.get(path)
            answer.raise_for_status()
            tags[path] = answer.headers.get("etag", "")
            times["first of its kind"].append(1e3 * (time.perf_counter() - start))

        async def ask(path: str, due: float, revisit: bool) -> None:
            tag = {"If-None-Match": tags[path]} if revisit and tags[path] else {}
            answer = await client.get(path, headers=tag)
            kind = "revisited" if answer.status_code == 304 else "sent whole"
            assert answer.status_code in (200, 304), answer.status_code
            times[kind].append(1e3 * (time.perf_counter() - due))
            times["all"].append(times[kind][-1])

        choose, running, begin = random.Random(0), [], time.perf_counter()
        for at in range(rate * seconds):
            due = begin + at / rate
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            path, revisit = choose.choice(PATHS), choose.random() < 0.5
            running.append(asyncio.create_task(ask(path, due, revisit)))
        await asyncio.gather(*running)
    return times


def main() -> None:
    """Print the figures."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rate", type=int, default=100)
    options.add_argument("--seconds", type=int, default=60)
    given = options.parse_args()
    with served() as base:
        times = asyncio.run(load(base, given.rate, given.seconds))
    print(f"{given.rate} requests a second for {given.seconds} s, {len(PATHS)} addresses")
    print(f"{'ms':<20}{'n':>8}{'median':>10}{'p95':>10}{'p99':>10}{'largest':>10}")
    for kind, some in times.items():
        some.sort()
        marks = [some[min(int(len(some) * q), len(some) - 1)] for q in (0.5, 0.95, 0.99, 1)]
        print(f"{kind:<20}{len(some):>8}" + "".join(f"{m:>10.1f}" for m in marks))


if __name__ == "__main__":
    main()
