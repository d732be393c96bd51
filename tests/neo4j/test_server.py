"""What the Neo4j suites stand on: a server that survives a kill and never outlives its parent."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from zipfile import ZipFile

import neo4j
import pytest

from tests.conftest import ROOT
from tests.neo4j.__main__ import kept_password
from tests.neo4j.jars import MANIFEST, unsign
from tests.neo4j.server import VERSION, Login, Server, unavailable

CHILD = """
import time
from tests.neo4j.server import Server
server = Server.start(heap="512m")
print(server.pid, server.home, flush=True)
time.sleep(600)
"""


def ask(login: Login, cypher: str) -> list[list[object]]:
    auth = (login.user, login.password)
    # No retries: a dead server answers at once, not after the driver's 30 seconds.
    with neo4j.GraphDatabase.driver(login.url, auth=auth, max_transaction_retry_time=0) as driver:
        return [record.values() for record in driver.execute_query(cypher).records]


def alive(pid: int) -> bool:
    """Whether it runs; where process 1 reaps nobody, a dead orphan stays on as a zombie."""
    stat = Path(f"/proc/{pid}/stat")
    try:
        os.kill(pid, 0)
        return not (stat.exists() and ") Z " in stat.read_text("utf-8"))
    except OSError:
        return False


def within(seconds: float, happened: Callable[[], bool]) -> bool:
    until = time.monotonic() + seconds
    while not happened() and time.monotonic() < until:
        time.sleep(0.1)
    return happened()


def test_it_answers_with_its_version(neo4j_server: Login) -> None:
    assert neo4j_server.version.startswith("Neo4j Kernel 5.")
    assert ask(neo4j_server, "RETURN 1") == [[1]]


def test_the_password_is_asked_for(neo4j_server: Login) -> None:
    with pytest.raises(neo4j.exceptions.AuthError):
        ask(Login(neo4j_server.url, neo4j_server.user, "wrong-password"), "RETURN 1")


@pytest.mark.usefixtures("neo4j_jars")
def test_a_killed_server_comes_back_with_its_data() -> None:
    server = Server.start(heap="512m", password="given-by-the-test")
    try:
        ask(server, "CREATE (:Kept {name: '面板'})")
        url, first = server.url, server.pid
        server.kill()
        assert not alive(first)
        with pytest.raises(neo4j.exceptions.ServiceUnavailable):
            ask(server, "RETURN 1")
        server.restart()
        assert (server.url, server.password) == (url, "given-by-the-test")
        assert server.pid != first
        assert ask(server, "MATCH (k:Kept) RETURN k.name") == [["面板"]]
        assert server.version == f"Neo4j Kernel {VERSION} community"
    finally:
        server.stop()
    assert not server.home.exists()


@pytest.mark.usefixtures("neo4j_jars")
def test_a_server_dies_with_its_parent_and_leaves_no_home() -> None:
    command = [sys.executable, "-c", CHILD]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        pid, home = child.stdout.readline().split()
        assert alive(int(pid))
        assert Path(home).is_dir()
        child.kill()
        child.wait()
    assert within(10, lambda: not alive(int(pid)))
    assert within(10, lambda: not Path(home).exists())


def test_the_reason_is_plain_where_java_is_missing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    assert unavailable() == (
        "Neo4j needs Java 17 or newer, found none (Debian: default-jre-headless)"
    )


def test_a_signature_goes_and_everything_else_stays(tmp_path: Path) -> None:
    jar, head, code = (
        tmp_path / "a.jar",
        "Manifest-Version: 1.0\r\nMulti-Release: true",
        b"\xca\xfe",
    )
    with ZipFile(jar, "w") as made:
        made.writestr(MANIFEST, f"{head}\r\n\r\nName: A.class\r\nSHA-256-Digest: x=\r\n\r\n")
        made.writestr("META-INF/ECLIPSE_.SF", "signed")
        made.writestr("META-INF/services/S", "A")
        made.writestr("A.class", code)
    for _ in range(2):  # the second time there is nothing to do
        unsign(jar)
        with ZipFile(jar) as left:
            assert left.namelist() == [MANIFEST, "META-INF/services/S", "A.class"]
            assert left.read(MANIFEST).decode().split("\n") == [*head.split("\r\n"), "", ""]
            assert left.read("A.class") == code
    assert [*tmp_path.iterdir()] == [jar]


def test_the_development_password_is_made_once_and_private(tmp_path: Path) -> None:
    file = tmp_path / "var" / "password"
    assert kept_password(file) == kept_password(file) != ""
    assert file.stat().st_mode & 0o777 == 0o600
