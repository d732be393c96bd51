"""The proxy does what it says: a fault that does not happen would prove nothing."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from typing import Literal

import pytest

from tests.faults.proxy import (
    COMMIT,
    BlackHole,
    CutAfter,
    CutOn,
    Pass,
    Proxy,
    Refuse,
    Reset,
    Slow,
)

SHORT = 0.3  # seconds in which nothing comes


class Echo:
    """Answers every byte with the same byte, and keeps what it got."""

    def __init__(self) -> None:
        self.got = bytearray()
        self.ends: list[str] = []  # how connections ended: "eof" or "reset"
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listening.getsockname()[1])
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        with suppress(OSError):  # closed before
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listening.accept()
                threading.Thread(target=self._answer, args=[connection], daemon=True).start()

    def _answer(self, connection: socket.socket) -> None:
        with connection:
            try:
                while data := connection.recv(65_536):
                    self.got += data
                    connection.sendall(data)
                self.ends.append("eof")
            except OSError:
                self.ends.append("reset")


@pytest.fixture
def echo() -> Iterator[Echo]:
    with closing(Echo()) as made:
        yield made


@pytest.fixture
def proxy(echo: Echo) -> Iterator[Proxy]:
    with Proxy(echo.port) as made:
        yield made


def connect(proxy: Proxy) -> socket.socket:
    return socket.create_connection(("127.0.0.1", proxy.port), timeout=5)


def say(client: socket.socket, data: bytes) -> bytes:
    """What comes back: as much as was said, or less when the connection ends first."""
    client.sendall(data)
    return hear(client, len(data))


def hear(client: socket.socket, count: int) -> bytes:
    heard = b""
    with suppress(ConnectionResetError):
        while len(heard) < count and (data := client.recv(count - len(heard))):
            heard += data
    return heard


def nothing_comes(client: socket.socket) -> bool:
    client.settimeout(SHORT)
    try:
        return client.recv(1) == b"x"
    except TimeoutError:
        return True


def soon(happened: object, wanted: object) -> bool:
    """Whether a list comes to hold what is wanted."""
    until = time.monotonic() + 5
    while happened != wanted and time.monotonic() < until:
        time.sleep(0.01)
    return happened == wanted


def test_it_passes_everything_on(proxy: Proxy, echo: Echo) -> None:
    data = bytes(range(256)) * 4096
    with connect(proxy) as one, connect(proxy) as two:
        assert (say(one, data[:1000]), say(two, b"two"), say(one, b"")) == (
            data[:1000],
            b"two",
            b"",
        )
        sender = threading.Thread(target=one.sendall, args=[data])
        sender.start()
        assert hear(one, len(data)) == data
        sender.join()
    assert soon(echo.ends, ["eof", "eof"])
    counts = proxy.counts
    assert (counts.accepted, counts.to_server, counts.from_server) == (2, 1_049_579, 1_049_579)
    assert (counts.cuts, counts.resets, counts.swallowed, counts.slices) == (0, 0, 0, 0)


def test_refuse_refuses_resets_and_comes_back_on_the_same_port(proxy: Proxy) -> None:
    with connect(proxy) as client:
        assert say(client, b"a") == b"a"
        proxy.turn(Refuse())
        with pytest.raises(ConnectionResetError):
            client.recv(1)
    for _ in range(3):
        with pytest.raises(ConnectionRefusedError):
            connect(proxy)
    assert proxy.counts.resets == 1
    proxy.turn(Pass())
    with connect(proxy) as client:
        assert say(client, b"b") == b"b"


def test_a_server_that_is_gone_resets_whoever_comes(proxy: Proxy, echo: Echo) -> None:
    echo.close()
    with pytest.raises(ConnectionResetError), connect(proxy) as client:
        client.recv(1)


def test_a_black_hole_accepts_and_says_nothing(proxy: Proxy, echo: Echo) -> None:
    old = connect(proxy)
    assert say(old, b"a") == b"a"
    proxy.turn(BlackHole())
    with old, connect(proxy) as new:
        for client in (old, new):
            client.sendall(b"lost")
            assert nothing_comes(client)
        assert (bytes(echo.got), proxy.counts.swallowed) == (b"a", 8)
        proxy.turn(Pass())
        for client in (old, new):
            with pytest.raises(ConnectionResetError):
                client.recv(1)
    with connect(proxy) as client:
        assert say(client, b"b") == b"b"
    assert (bytes(echo.got), proxy.counts.resets) == (b"ab", 2)


def test_a_black_hole_does_not_tell_the_server_that_a_client_left(proxy: Proxy, echo: Echo) -> None:
    with connect(proxy) as client:
        assert say(client, b"a") == b"a"
        proxy.turn(BlackHole())
        client.sendall(b"lost")
    time.sleep(SHORT)
    assert echo.ends == []
    proxy.turn(Pass())
    assert soon(echo.ends, ["reset"])


def test_reset_ends_what_there_is_and_what_comes(proxy: Proxy, echo: Echo) -> None:
    with connect(proxy) as old:
        assert say(old, b"a") == b"a"
        proxy.turn(Reset())
        with pytest.raises(ConnectionResetError):
            old.recv(1)
    with pytest.raises(ConnectionResetError), connect(proxy) as new:
        new.recv(1)
    assert soon(echo.ends, ["reset"])
    assert proxy.counts.resets == 2
    proxy.turn(Pass())
    with connect(proxy) as client:
        assert say(client, b"b") == b"b"


def test_slow_cuts_into_slices_and_loses_nothing(proxy: Proxy) -> None:
    proxy.turn(Slow(7, 0.001))
    with connect(proxy) as client:
        assert say(client, bytes(range(100))) == bytes(range(100))
    assert proxy.counts.slices >= 2 * 15


@pytest.mark.parametrize("count", [0, 1, 9, 10])
def test_a_cut_to_the_server_lets_so_many_bytes_through(
    proxy: Proxy, echo: Echo, count: int
) -> None:
    with connect(proxy) as before:
        assert say(before, b"before") == b"before"
        proxy.turn(CutAfter(count, to_server=True))
        with connect(proxy) as cut:
            assert say(cut, b"0123456789") in [b"0123456789"[:n] for n in range(count + 1)]
            assert proxy.await_cut(5)
            assert soon(echo.ends, ["reset"])
        assert bytes(echo.got) == b"before" + b"0123456789"[:count]
        assert say(before, b"after") == b"after"  # one connection, once
    assert (proxy.counts.cuts, proxy.counts.resets) == (1, 0)


@pytest.mark.parametrize("count", [0, 1, 9, 10])
def test_a_cut_from_the_server_lets_so_many_bytes_through(
    proxy: Proxy, echo: Echo, count: int
) -> None:
    proxy.turn(CutAfter(count, to_server=False))
    with connect(proxy) as cut:
        assert say(cut, b"0123456789") == b"0123456789"[:count]
        assert proxy.await_cut(5)
    assert bytes(echo.got) == b"0123456789"
    with connect(proxy) as client:
        assert say(client, b"after") == b"after"
    assert proxy.counts.cuts == 1


def test_a_cut_counts_over_all_connections(proxy: Proxy) -> None:
    proxy.turn(CutAfter(6, to_server=True))
    with connect(proxy) as one, connect(proxy) as two:
        assert say(one, b"1234") == b"1234"
        assert not proxy.await_cut(0)
        two.sendall(b"1234")
        assert proxy.await_cut(5)
        assert say(one, b"1234") == b"1234"


@pytest.mark.parametrize("pieces", [1, 2, 8])
@pytest.mark.parametrize("when", ["before", "after", "answered"])
def test_a_cut_on_commit_is_before_after_or_answered(
    proxy: Proxy, echo: Echo, when: Literal["before", "after", "answered"], pieces: int
) -> None:
    said = b"RUN." + COMMIT
    size = -(-len(said) // pieces)
    proxy.turn(CutOn(COMMIT, when))
    with connect(proxy) as client:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for start in range(0, len(said), size):
            client.sendall(said[start : start + size])
            time.sleep(0.02)
        heard = hear(client, len(said))
        assert proxy.await_cut(5)
    assert soon(echo.ends, ["reset"])
    arrived = len(said) - 1 if when == "before" else len(said)
    assert bytes(echo.got) == said or (when == "before" and len(echo.got) <= arrived)
    assert len(heard) < len(said)
    assert proxy.counts.cuts == 1
    with connect(proxy) as client:
        assert say(client, said) == said


def test_a_cut_on_the_second_commit_lets_the_first_through(proxy: Proxy) -> None:
    proxy.turn(CutOn(COMMIT, "before", 2))
    with connect(proxy) as client:
        assert say(client, COMMIT) == COMMIT
        assert say(client, COMMIT) == b""
    assert proxy.counts.cuts == 1


@pytest.mark.parametrize("when", ["before", "answered"])
def test_a_cut_may_be_the_end_of_all_connections(
    proxy: Proxy, echo: Echo, when: Literal["before", "answered"]
) -> None:
    proxy.turn(CutOn(when=when, then=Refuse()))
    with connect(proxy) as one, connect(proxy) as two:
        assert say(two, b"a") == b"a"
        assert say(one, COMMIT) == b""
        assert hear(two, 1) == b""
    with pytest.raises(ConnectionRefusedError):
        connect(proxy)
    assert bytes(echo.got) == (b"a" if when == "before" else b"a" + COMMIT)


def test_a_connection_may_vanish_at_the_commit(proxy: Proxy, echo: Echo) -> None:
    proxy.turn(CutOn(when="before", then=BlackHole()))
    with connect(proxy) as client:
        client.sendall(b"RUN." + COMMIT)
        assert nothing_comes(client)
    time.sleep(SHORT)
    assert (bytes(echo.got), echo.ends, proxy.counts.cuts) == (b"RUN.", [], 1)
    proxy.turn(Pass())
    assert soon(echo.ends, ["reset"])


def test_closing_ends_every_connection(echo: Echo) -> None:
    with Proxy(echo.port) as proxy:
        client = connect(proxy)
        assert say(client, b"a") == b"a"
    with client, pytest.raises(ConnectionResetError):
        client.recv(1)
    with pytest.raises(ConnectionRefusedError):
        connect(proxy)
