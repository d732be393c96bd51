"""A genuine Neo4j Community server for tests: fetched with Maven, bound to loopback, mortal.

`Server.start()` runs the jars that `fetch()` copied below `var/`, `unavailable()` says why not.
"""

from __future__ import annotations

import os
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
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import BinaryIO

from graph.errors import StoreBusy
from graph.store.lock import Lock
from tests.neo4j.jars import KEPT, LIB, VERSION, Failed, fetch

__all__ = ["KEPT", "VERSION", "Failed", "Login", "Server", "fetch", "unavailable"]

OLDEST_JAVA = 17
START_SECONDS = 120.0
STOP_SECONDS = 60.0
ARCHIVE_SECONDS = 300.0
# Below the range from which systems take the local ports of outgoing connections: a restart has to
# find its port free again.
PORTS = range(20_000, 32_000)

CONF = """\
server.default_listen_address=127.0.0.1
server.bolt.listen_address=127.0.0.1:{port}
server.bolt.advertised_address=127.0.0.1:{port}
server.directories.import=import
server.http.enabled=false
server.https.enabled=false
server.memory.pagecache.size={cache}
# The client's own limits are what is tested: the server adds none.
db.transaction.timeout=0
dbms.memory.transaction.total.max=0
# Rows come and go by the test, which would have every plan made anew every ten seconds.
dbms.cypher.min_replan_interval=1d
# How late a transaction past its limit is noticed.
db.transaction.monitor.check.interval=500ms
# A log file of 256 MB set aside for each database would be most of a fresh home.
db.tx_log.preallocate=false
dbms.usage_report.enabled=false
client.allow_telemetry=false
# Five seconds twice in which a stopping server waits for clients that may still speak.
internal.dbms.bolt.netty_server_shutdown_quiet_period=0
"""

PRACTICE = (
    "CREATE CONSTRAINT IF NOT EXISTS FOR (n:Practice) REQUIRE n.id IS UNIQUE",
    "CREATE INDEX IF NOT EXISTS FOR ()-[r:PRACTISES]-() ON (r.on)",
    "UNWIND $ids AS id CREATE (n:Practice) SET n = {id: id, on: 1}",
    "UNWIND $ids AS id MATCH (a:Practice {id: id}) USING INDEX SEEK a:Practice(id)"
    " MATCH (b:Practice {id: id}) CREATE (a)-[r:PRACTISES]->(b) SET r.on = 1",
    "MATCH (a:Practice)-[r:PRACTISES]->(b) WHERE coalesce(r.on, 0) >= 1 AND a.id > ''"
    " WITH a, r, b ORDER BY a.id LIMIT 5 RETURN collect([a.id, b.id, properties(r)])",
    "MATCH (n:Practice) WITH count(n) < 9 AS few, max(n.on) AS on RETURN few, on",
    "MATCH (n:Practice) DETACH DELETE n",
)

# A process beside the server, because a parent killed outright runs no clean-up of its own. Not
# PR_SET_PDEATHSIG: it fires when the starting *thread* ends, and only Linux has it.
WATCHER = """
import os, shutil, signal, sys, time
parent, server, *folders = sys.argv[1:]
while os.getppid() == int(parent):
    time.sleep(0.2)
try:
    os.kill(int(server), signal.SIGKILL)
except ProcessLookupError:
    pass
time.sleep(0.5)
for folder in folders:
    shutil.rmtree(folder, ignore_errors=True)
"""


def unavailable() -> str:
    """Why no server can be had on this machine, or "" when it can."""
    java = _java_version()
    if java < OLDEST_JAVA:
        found = f"found {java}" if java else "found none"
        return f"Neo4j needs Java {OLDEST_JAVA} or newer, {found} (Debian: default-jre-headless)"
    if not LIB.is_dir() and shutil.which("mvn") is None:
        return f"Neo4j needs Maven to fetch {VERSION} (Debian: maven)"
    return ""


@dataclass
class Login:
    """How to reach a server, ours or not."""

    url: str
    user: str
    password: str = field(repr=False)

    @cached_property
    def version(self) -> str:
        """Name, version and edition, as the server gives them."""
        import neo4j

        with neo4j.GraphDatabase.driver(self.url, auth=(self.user, self.password)) as driver:
            found = driver.execute_query(
                "CALL dbms.components() YIELD name, versions, edition"
                " RETURN name + ' ' + versions[0] + ' ' + edition AS version LIMIT 1",
                database_="system",
            )
        return str(found.records[0]["version"])


@dataclass
class Server(Login):
    """A running server of our own. It dies with this process, however this process dies."""

    home: Path
    heap: str
    temporary: bool  # the home was made here and goes when the server stops
    options: Sequence[str] | None = None  # of Java; by default, to read its classes from an archive
    _java: subprocess.Popen[bytes] = field(init=False, repr=False)
    _watcher: subprocess.Popen[bytes] = field(init=False, repr=False)

    @classmethod
    def start(
        cls,
        home: Path | None = None,
        port: int = 0,
        heap: str = "1g",
        *,
        cache: str = "256m",
        password: str = "",
        options: Sequence[str] | None = None,
    ) -> Server:
        """Start on a home (a new one unless given) and a loopback port (a free one unless given).

        `cache` holds pages of the store: a graph that is larger is read from disk again and again.
        A home that was used before needs its old password. Raises Failed.
        """
        fetch()
        port = port or _free_port()
        server = cls(
            url=f"bolt://127.0.0.1:{port}",
            user="neo4j",
            password=password or secrets.token_urlsafe(16),
            home=home or Path(tempfile.mkdtemp(prefix="lianzhu-neo4j-")),
            heap=heap,
            temporary=home is None,
            options=options,
        )
        _furnish(server.home, port, cache)
        server._run()
        return server

    @property
    def pid(self) -> int:
        """The Java process."""
        return self._java.pid

    @property
    def console(self) -> Path:
        """What the server printed since its last start."""
        return self.home / "logs" / "console.log"

    def kill(self) -> None:
        """End it with SIGKILL, as a power cut would."""
        self._end(signal.SIGKILL)

    def restart(self) -> None:
        """Start again on the same home and port; what still runs is killed first."""
        self.kill()
        self._run()

    def stop(self, seconds: float = STOP_SECONDS) -> None:
        """Shut down in order and remove the home if it was made here."""
        self._end(signal.SIGTERM, seconds)
        if self.temporary:
            shutil.rmtree(self.home, ignore_errors=True)

    def practise(self) -> None:
        """Run one statement of each sort, so that their classes are loaded."""
        import neo4j

        with neo4j.GraphDatabase.driver(self.url, auth=(self.user, self.password)) as driver:
            for statement in PRACTICE:
                driver.execute_query(statement, ids=["a", "b"], database_="neo4j")

    def wait(self) -> int:
        """Block until the server ends by itself; its exit code."""
        return self._java.wait()

    def _run(self) -> None:
        options = _archived() if self.options is None else self.options
        command = _command(fetch(), self.home, self.heap, options)
        with self.console.open("wb") as console:
            self._java = _spawn(command, console)
        watched = [str(os.getpid()), str(self.pid), *([str(self.home)] if self.temporary else [])]
        watch = [sys.executable, "-I", "-S", "-c", WATCHER, *watched]
        self._watcher = _spawn(watch, subprocess.DEVNULL)
        try:
            self._await_start()
            self._set_password()
        except BaseException:
            self.stop()
            raise

    def _end(self, how: signal.Signals, seconds: float = STOP_SECONDS) -> None:
        # The watcher first: once the server is reaped, its process id may become another's.
        self._watcher.kill()
        self._watcher.wait()
        self._java.send_signal(how)
        try:
            self._java.wait(seconds)
        except subprocess.TimeoutExpired:
            self._java.kill()
            self._java.wait()

    def _await_start(self) -> None:
        until = time.monotonic() + START_SECONDS
        while "Started." not in (printed := self.console.read_text("utf-8", "replace")):
            if self._java.poll() is not None:
                raise Failed(f"Neo4j ended with {self._java.returncode}:\n{printed[-2000:]}")
            if time.monotonic() > until:
                raise Failed(f"Neo4j not up after {START_SECONDS:.0f} s:\n{printed[-2000:]}")
            time.sleep(0.1)

    def _set_password(self) -> None:
        """Replace the first password of a new home; an old home already has ours."""
        import neo4j
        from neo4j.exceptions import AuthError

        with neo4j.GraphDatabase.driver(self.url, auth=(self.user, self.password)) as driver:
            if driver.verify_authentication():
                return
        try:
            with neo4j.GraphDatabase.driver(self.url, auth=(self.user, "neo4j")) as driver:
                driver.execute_query(
                    "ALTER CURRENT USER SET PASSWORD FROM 'neo4j' TO $password",
                    password=self.password,
                    database_="system",
                )
        except AuthError as error:
            raise Failed(f"{self.home} was made with another password") from error


def _archived() -> list[str]:
    """The option to read classes from an archive, made at the first call: a start takes half.

    Nobody waits for another who makes it. Java itself leaves an archive alone that is not its own.
    """
    java = Path(shutil.which(_java()) or "").resolve()
    archive = KEPT / f"classes-{VERSION}-{int(java.stat().st_mtime)}.jsa"
    with suppress(StoreBusy):
        if not archive.exists():
            with Lock(archive.with_suffix(".lock"), 0.0).held():
                _archive(archive)
    return [f"-XX:SharedArchiveFile={archive}"] if _holds(archive) else []


def _archive(archive: Path) -> None:
    """Have a server write down what it loaded; an empty file where this Java cannot do that."""
    if archive.exists():  # since the lock was asked for
        return
    made = archive.with_suffix(".new")
    made.unlink(missing_ok=True)
    with suppress(Failed):
        server = Server.start(options=[f"-XX:ArchiveClassesAtExit={made}"])
        try:
            server.practise()
        finally:
            server.stop(ARCHIVE_SECONDS)
        if server._java.returncode == -signal.SIGKILL:  # too slow: it may end anywhere
            return
    if _holds(made):
        made.replace(archive)
    else:
        archive.touch()


def _holds(file: Path) -> bool:
    return file.exists() and file.stat().st_size > 0


def _java() -> str:
    at_home = Path(os.environ.get("JAVA_HOME", "")) / "bin" / "java"
    return str(at_home) if at_home.is_file() else "java"


def _java_version() -> int:
    """17 of `openjdk version "17.0.15"`; 0 without Java."""
    try:
        told = subprocess.run([_java(), "-version"], capture_output=True, text=True, check=False)
    except OSError:
        return 0
    found = re.search(r'version "(\d+)', told.stderr)
    return int(found[1]) if found else 0


def _free_port() -> int:
    while True:
        port = random.choice(PORTS)
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)):
                return port


def _furnish(home: Path, port: int, cache: str) -> None:
    for name in ("conf", "data", "logs", "run", "plugins", "import"):
        (home / name).mkdir(parents=True, exist_ok=True)
    (home / "conf" / "neo4j.conf").write_text(CONF.format(port=port, cache=cache), "utf-8")


def _command(lib: Path, home: Path, heap: str, options: Sequence[str]) -> list[str]:
    opened = ("java.base/java.nio", "java.base/java.io", "java.base/sun.nio.ch")
    return [
        _java(),
        f"-Xmx{heap}",
        *options,
        *(f"--add-opens={package}=ALL-UNNAMED" for package in opened),
        "-Dio.netty.tryReflectionSetAccessible=true",
        "-Dlog4j2.disable.jmx=true",
        *("-cp", f"{lib}/*"),
        "org.neo4j.server.CommunityEntryPoint",
        f"--home-dir={home}",
        f"--config-dir={home / 'conf'}",
        "--console-mode",
    ]


def _spawn(command: list[str], output: BinaryIO | int) -> subprocess.Popen[bytes]:
    # A session of its own: Ctrl-C reaches this process alone, which then stops the server in order.
    return subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
