"""A TCP proxy on loopback that fails when told to: what lies between a store and its server."""

from __future__ import annotations

import asyncio
import socket
import struct
import threading
from asyncio import StreamReader, StreamWriter
from collections.abc import Coroutine
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Literal, TypeVar

__all__ = [
    "COMMIT",
    "BlackHole",
    "Counts",
    "CutAfter",
    "CutOn",
    "Mode",
    "Pass",
    "Proxy",
    "Refuse",
    "Reset",
    "Slow",
]

# Bolt sends a message in chunks of a length and so many bytes, ended by an empty one; COMMIT is a
# structure (B0: without fields) with tag 12.
COMMIT = b"\x00\x02\xb0\x12\x00\x00"
_HOST = "127.0.0.1"
_READ = 65_536
_LINGER_0 = struct.pack("ii", 1, 0)  # a close throws away what is unsent, and says RST, not FIN
_WAIT = 10.0  # seconds for the loop of the proxy itself
_T = TypeVar("_T")


@dataclass(frozen=True)
class Pass:
    """Everything goes through."""


@dataclass(frozen=True)
class Refuse:
    """Nobody listens, and what was connected is reset: the process behind the port is gone."""


@dataclass(frozen=True)
class BlackHole:
    """Connections are accepted, bytes vanish, ends are not told: a firewall that drops packets.

    What vanished cannot be put back: those connections are reset when the mode changes.
    """


@dataclass(frozen=True)
class Reset:
    """Every connection is reset, those there are and those that come."""


@dataclass(frozen=True)
class Slow:
    """Slices of `size` bytes with a pause after each."""

    size: int
    pause: float


@dataclass(frozen=True)
class CutAfter:
    """Reset the connection that carries the last of `count` bytes, counted over all; once."""

    count: int
    to_server: bool
    then: Mode = Pass()


@dataclass(frozen=True)
class CutOn:
    """Reset the connection on which `pattern` goes to the server for the `nth` time; once.

    `before` it has arrived, right `after`, or when the server has `answered`.
    """

    pattern: bytes = COMMIT
    when: Literal["before", "after", "answered"] = "after"
    nth: int = 1
    then: Mode = Pass()


Mode = Pass | Refuse | BlackHole | Reset | Slow | CutAfter | CutOn


@dataclass
class Counts:
    """What has happened so far, so that a test knows that its fault did."""

    accepted: int = 0
    to_server: int = 0  # bytes that went through
    from_server: int = 0
    swallowed: int = 0  # bytes that vanished
    slices: int = 0
    resets: int = 0  # connections ended by Reset, Refuse, or the end of a BlackHole
    cuts: int = 0  # connections ended by CutAfter and CutOn


@dataclass(eq=False)
class _Line:
    """One client's connection and the one made for it to the server."""

    client: StreamWriter
    server: StreamWriter | None = None
    lost: bool = False  # some of its bytes vanished
    doomed: Mode | None = None  # to be cut at the next answer, and what then
    tail: bytes = b""  # the last bytes to the server: a pattern may come in two reads
    ended: asyncio.Event = field(default_factory=asyncio.Event)

    def reset(self) -> None:
        """End both connections with RST."""
        for writer in (self.client, self.server):
            if writer is not None:
                found = writer.get_extra_info("socket")
                with suppress(OSError):
                    found.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_0)
                writer.transport.abort()
        self.ended.set()

    def close(self) -> None:
        """End both connections in order."""
        for writer in (self.client, self.server):
            if writer is not None:
                writer.close()


class Proxy:
    """Stands before `port` of this machine, on a port of its own; safe to tell from any thread."""

    def __init__(self, port: int) -> None:
        self.counts = Counts()
        self._target = port
        self._mode: Mode = Pass()
        self._left = 0  # bytes or occurrences until the cut
        self._cut = threading.Event()
        self._lines: set[_Line] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._listening: asyncio.Server | None = None
        # Bound for as long as the proxy lives and never listening: the port stays ours, and
        # refuses, while nobody listens on it.
        self._place = socket.socket()
        self._place.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        self._place.bind((_HOST, 0))
        self.port = int(self._place.getsockname()[1])
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="proxy", daemon=True)
        self._thread.start()
        self._do(self._turn(Pass()))

    def turn(self, mode: Mode) -> None:
        """Behave so from now on; back only when it does."""
        self._cut.clear()
        self._do(self._turn(mode))

    def await_cut(self, seconds: float) -> bool:
        """Whether the cut asked for has happened, within `seconds`."""
        return self._cut.wait(seconds)

    def close(self) -> None:
        """End every connection and the thread."""
        self._do(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(_WAIT)
        self._loop.close()
        self._place.close()

    def __enter__(self) -> Proxy:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _do(self, work: Coroutine[object, object, _T]) -> _T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(_WAIT)

    async def _turn(self, mode: Mode) -> None:
        self._mode = mode
        match mode:
            case CutAfter(count):
                self._left = count
            case CutOn(nth=nth):
                self._left = nth
        for line in [*self._lines]:
            line.tail = b""
            if line.lost or isinstance(mode, Refuse | Reset):
                self._reset(line)
        await self._listen(not isinstance(mode, Refuse))

    async def _listen(self, wanted: bool) -> None:
        if wanted and self._listening is None:
            self._listening = await asyncio.start_server(
                self._serve, _HOST, self.port, reuse_port=True
            )
        elif not wanted and self._listening is not None:
            self._listening.close()
            self._listening = None

    async def _end(self) -> None:
        await self._turn(Refuse())
        while self._tasks:  # each ends with its connection
            await asyncio.wait([*self._tasks])

    async def _serve(self, reader: StreamReader, writer: StreamWriter) -> None:
        """Carry one connection until it ends."""
        task = asyncio.current_task()
        assert task
        line = _Line(writer)
        self._tasks.add(task)
        self._lines.add(line)
        self.counts.accepted += 1
        try:
            await self._carry(line, reader)
        except OSError:
            line.reset()  # as the other side did
        finally:
            self._lines.discard(line)
            self._tasks.discard(task)
            line.close()

    async def _carry(self, line: _Line, reader: StreamReader) -> None:
        if isinstance(self._mode, Reset | Refuse):  # came in before nobody listened
            self._reset(line)
            return
        if isinstance(self._mode, BlackHole):
            line.lost = True
            await self._pump(line, reader, to_server=True)
            return
        answers, line.server = await asyncio.open_connection(_HOST, self._target)
        pumps = [
            asyncio.ensure_future(self._pump(line, reader, to_server=True)),
            asyncio.ensure_future(self._pump(line, answers, to_server=False)),
        ]
        try:
            done, _ = await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
            for pump in done:
                pump.result()
        finally:
            for pump in pumps:
                pump.cancel()
            await asyncio.gather(*pumps, return_exceptions=True)

    async def _pump(self, line: _Line, reader: StreamReader, *, to_server: bool) -> None:
        """Pass on what one side says until it ends; in a black hole that is told to nobody."""
        while not line.ended.is_set() and (data := await reader.read(_READ)):
            await self._pass_on(line, data, to_server)
        line.lost |= isinstance(self._mode, BlackHole)
        if line.lost:
            await line.ended.wait()

    async def _pass_on(self, line: _Line, data: bytes, to_server: bool) -> None:
        if line.doomed is not None and not to_server:
            then, line.doomed = line.doomed, None
            await self._cut_off(line, then)
            return
        match self._mode:
            case _ if line.lost:
                self.counts.swallowed += len(data)
            case BlackHole():
                line.lost = True
                self.counts.swallowed += len(data)
            case Slow(size, pause):
                await self._slice(line, data, to_server, size, pause)
            case CutAfter() as cut if cut.to_server == to_server:
                await self._count_down(line, data, cut)
            case CutOn() as cut if to_server:
                await self._look(line, data, cut)
            case _:
                await self._write(line, data, to_server)

    async def _write(self, line: _Line, data: bytes, to_server: bool) -> None:
        writer = line.server if to_server else line.client
        if writer is not None and not writer.is_closing():
            if to_server:
                self.counts.to_server += len(data)
            else:
                self.counts.from_server += len(data)
            writer.write(data)
            await writer.drain()

    async def _slice(
        self, line: _Line, data: bytes, to_server: bool, size: int, pause: float
    ) -> None:
        for start in range(0, len(data), size):
            if line.ended.is_set():
                return
            self.counts.slices += 1
            await self._write(line, data[start : start + size], to_server)
            await asyncio.sleep(pause)

    async def _count_down(self, line: _Line, data: bytes, cut: CutAfter) -> None:
        part = data[: self._left]
        self._left -= len(part)
        hit = not self._left
        if hit:
            self._mode = Pass()
        await self._write(line, part, cut.to_server)
        if hit:
            await self._cut_off(line, cut.then)

    async def _look(self, line: _Line, data: bytes, cut: CutOn) -> None:
        seen = line.tail + data
        line.tail = seen[max(len(seen) - len(cut.pattern) + 1, 0) :]
        at = seen.find(cut.pattern)
        if at >= 0:
            self._left -= 1
        if at < 0 or self._left:
            await self._write(line, data, to_server=True)
            return
        self._mode = Pass()
        if cut.when == "answered":
            line.doomed = cut.then
        start = max(at - (len(seen) - len(data)), 0)
        await self._write(line, data[:start] if cut.when == "before" else data, to_server=True)
        if cut.when != "answered":
            await self._cut_off(line, cut.then)

    async def _cut_off(self, line: _Line, then: Mode) -> None:
        """Reset a connection, or let it vanish where everything is to vanish from now on."""
        self.counts.cuts += 1
        await self._turn(then)
        if isinstance(then, BlackHole):
            line.lost = True
        else:
            line.reset()
        self._cut.set()

    def _reset(self, line: _Line) -> None:
        self.counts.resets += 1
        line.reset()
