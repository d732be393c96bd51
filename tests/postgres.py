"""A genuine PostgreSQL for tests: Debian's, in a folder of its own, bound to loopback, mortal.

`Postgres.start()` runs one, `unavailable()` says why not.  It does not run as root, so root starts
it as an ordinary user.
"""

from __future__ import annotations

import os
import pwd
import random
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy.engine import make_url

from records.database import Records

__all__ = ["Failed", "Login", "Postgres", "unavailable"]

START_SECONDS = 60.0
STOP_SECONDS = 30.0
PORTS = range(15_000, 19_000)  # below what systems take for outgoing connections
ORDINARY = ("postgres", "nobody")

# Its files go when the test ends: nothing has to survive a power cut.
OPTIONS = (
    *("-c", "listen_addresses=127.0.0.1"),
    *("-c", "unix_socket_directories="),
    *("-c", "fsync=off"),
    *("-c", "full_page_writes=off"),
    *("-c", "max_connections=200"),
    *("-c", "shared_buffers=32MB"),
    *("-c", "dynamic_shared_memory_type=mmap"),  # in its folder, which goes
    *("-c", "log_min_messages=fatal"),
)

# A process beside the server, because a parent killed outright runs no clean-up of its own.
WATCHER = """
import os, shutil, signal, sys, time
parent, server, folder = sys.argv[1:]
while os.getppid() == int(parent):
    time.sleep(0.2)
try:
    os.kill(int(server), signal.SIGQUIT)
except ProcessLookupError:
    pass
time.sleep(1)
shutil.rmtree(folder, ignore_errors=True)
"""


class Failed(RuntimeError):
    """The server could not be made or did not start."""


def unavailable() -> str:
    """Why no server can be had on this machine, or "" when it can."""
    if _folder() is None:
        return "PostgreSQL (Debian: apt-get install postgresql)"
    if _user() is None:
        return f"an ordinary user to run PostgreSQL ({' or '.join(ORDINARY)})"
    return ""


@dataclass
class Login:
    """How to reach a server, ours or not; `url` names a database from which others are made."""

    url: str = field(repr=False)
    _template: str = field(init=False, default="", repr=False)

    @cached_property
    def version(self) -> str:
        """The server's version, without what the distribution adds."""
        return str(self.ask("SHOW server_version")).partition(" ")[0]

    def ask(self, statement: str) -> Any:
        """One value, or nothing."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            cursor = connection.execute(statement)
            row = cursor.fetchone() if cursor.description else None
            return row[0] if row else None

    @contextmanager
    def database(self, *, empty: bool = False) -> Iterator[str]:
        """The address of a new database, with the tables of the records in it unless `empty`."""
        name = self._empty() if empty else self._migrated()
        try:
            yield self.address(name)
        finally:
            self.ask(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    def address(self, name: str) -> str:
        """The address of a database of this server."""
        return make_url(self.url).set(database=name).render_as_string(hide_password=False)

    def clear(self) -> None:
        """Drop what was made once for all tests."""
        if self._template:
            self.ask(f"DROP DATABASE IF EXISTS {self._template} WITH (FORCE)")
            self._template = ""

    def _made(self, how: str) -> str:
        name = f"lianzhu_test_{secrets.token_hex(6)}"
        self.ask(f"CREATE DATABASE {name} {how}")
        return name

    def _empty(self) -> str:
        # As an office in China would have it, so that no order of ours depends on the database's.
        icu = int(self.version.split(".")[0]) >= 15
        order = "LOCALE_PROVIDER icu ICU_LOCALE 'zh'" if icu else ""
        return self._made(f"TEMPLATE template0 ENCODING UTF8 {order}")

    def _migrated(self) -> str:
        if not self._template:
            self._template = self._empty()
            records = Records(self.address(self._template))
            records.migrate()
            records.close()
        return self._made(f"TEMPLATE {self._template}")


@dataclass
class Postgres(Login):
    """A running server of our own. It dies with this process, however this process dies."""

    port: int
    home: Path
    _server: subprocess.Popen[bytes] = field(init=False, repr=False)
    _watcher: subprocess.Popen[bytes] = field(init=False, repr=False)

    @classmethod
    def start(cls) -> Postgres:
        """Start on a new folder and a free loopback port. Raises Failed."""
        if reason := unavailable():
            raise Failed(reason)
        port, password = _free_port(), secrets.token_hex(16)
        home = Path(tempfile.mkdtemp(prefix="lianzhu-postgres-"))
        (home / "password").write_text(password, "ascii")
        if user := _user():
            for path in (home, home / "password"):
                shutil.chown(path, user)
        made = [_tool("initdb"), "-D", str(home / "data"), "-U", "tester", "-E", "UTF8"]
        made += ["--locale=C", "--no-sync", "-A", "scram-sha-256", f"--pwfile={home}/password"]
        done = subprocess.run(made, capture_output=True, check=False, **_as(user, home))
        if done.returncode:
            shutil.rmtree(home, ignore_errors=True)
            raise Failed(done.stderr.decode("utf-8", "replace")[-2000:])
        server = cls(f"postgresql://tester:{password}@127.0.0.1:{port}/postgres", port, home)
        server.run()
        return server

    @property
    def pid(self) -> int:
        """The postmaster."""
        return self._server.pid

    def run(self) -> None:
        """Start the server that was stopped, on the same folder and port."""
        command = [_tool("postgres"), "-D", str(self.home / "data"), "-p", str(self.port), *OPTIONS]
        with (self.home / "log").open("ab") as log:
            self._server = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                **_as(_user(), self.home),
            )
        watch = [sys.executable, "-I", "-S", "-c", WATCHER]
        watched = [str(os.getpid()), str(self.pid), str(self.home)]
        self._watcher = subprocess.Popen([*watch, *watched], start_new_session=True)
        try:
            self._await_start()
        except BaseException:
            self.stop()
            raise

    def halt(self, how: signal.Signals = signal.SIGINT) -> None:
        """End the server and keep its folder: in order, or with SIGQUIT as a power cut would."""
        # The watcher first: once the server is reaped, its process id may become another's.
        self._watcher.kill()
        self._watcher.wait()
        self._server.send_signal(how)
        try:
            self._server.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._server.kill()
            self._server.wait()

    def stop(self) -> None:
        """End the server and remove its folder."""
        self.halt()
        shutil.rmtree(self.home, ignore_errors=True)

    def _await_start(self) -> None:
        until = time.monotonic() + START_SECONDS
        while True:
            try:
                self.ask("SELECT 1")
            except psycopg.OperationalError as error:
                if self._server.poll() is not None or time.monotonic() > until:
                    log = (self.home / "log").read_text("utf-8", "replace")
                    raise Failed(f"PostgreSQL did not start: {error}\n{log[-2000:]}") from error
                time.sleep(0.05)
            else:
                return


def _folder() -> Path | None:
    """Where initdb and postgres are: Debian keeps them off the path."""
    versions = Path("/usr/lib/postgresql").glob("*/bin/postgres")
    newest = sorted(versions, key=lambda p: [int(n) for n in re.findall(r"\d+", p.parts[-3])])
    if newest:
        return newest[-1].parent
    found = shutil.which("postgres")
    return Path(found).resolve().parent if found and shutil.which("initdb") else None


def _tool(name: str) -> str:
    return str((_folder() or Path()) / name)


def _user() -> str | None:
    """Who runs the server: "" is whoever we are."""
    if os.getuid():
        return ""
    known = {entry.pw_name for entry in pwd.getpwall()}
    return next((name for name in ORDINARY if name in known), None)


def _as(user: str | None, home: Path) -> dict[str, Any]:
    rights = {"user": user, "group": pwd.getpwnam(user).pw_gid, "extra_groups": []} if user else {}
    return {"cwd": home, **rights}


def _free_port() -> int:
    while True:
        port = random.choice(PORTS)
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)):
                return port
