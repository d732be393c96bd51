"""What every suite shares: required components, the tier's counts, and the time each suite took.

`LIANZHU_REQUIRE=1` (set in continuous integration) turns a missing component into a failure;
`LIANZHU_RELEASE=1` runs the release counts. `LIANZHU_TEST_NEO4J` (with `_USER` and `_PASSWORD`)
names a running Neo4j to test on instead of one started here.
"""

from __future__ import annotations

import os
import shutil
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.neo4j.server import Failed, Login, Server, fetch, unavailable

ROOT = Path(__file__).parent.parent
REQUIRED = os.environ.get("LIANZHU_REQUIRE") == "1"
RELEASE = os.environ.get("LIANZHU_RELEASE") == "1"
LONGEST_MINUTES = 20

# A test server lives for minutes: compiling its code twice costs two cores more than it brings.
os.environ.setdefault("JDK_JAVA_OPTIONS", "-XX:TieredStopAtLevel=1")

_LONG = (
    "test_neo4j_kills.py",
    "test_differential.py",
    "test_injection.py",
    "test_injection_rest.py",
    "test_neo4j_cuts.py",
    "test_pinned.py",
    "test_bundle.py",
    "test_neo4j_journey.py",
    "test_undo.py",
    "test_server.py",
)

_seconds: dict[str, float] = defaultdict(float)
_counts: dict[str, int] = defaultdict(int)
_neo4j = {"line": "Neo4j: not run (no test asked for it)"}
_started = time.monotonic()


def tier(run: int, release: int) -> int:
    """How many cases this run plans: fewer than planned is a failure, never a quiet shrink."""
    return release if RELEASE else run


def missing(what: str) -> None:
    """Skip, or fail where everything is required."""
    if REQUIRED:
        pytest.fail(f"required here and missing: {what}")
    pytest.skip(f"missing: {what}")


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of public data sets beside the checkout, or `LIANZHU_DATA`."""
    folder = Path(os.environ.get("LIANZHU_DATA", ROOT.parent / "shared" / "data"))
    if not (folder / "README.md").is_file():
        missing(f"real data in {folder} (set LIANZHU_DATA)")
    return folder


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of a Chromium."""
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("chrome")
    if found is None:
        missing("Chromium (Debian: apt-get install chromium fonts-noto-cjk)")
    return str(found)


@pytest.fixture(scope="session")
def neo4j_jars() -> Path:
    """What a server of our own runs on; for tests that start and kill theirs."""
    try:
        if reason := unavailable():
            raise Failed(reason)
        return fetch()
    except Failed as error:
        _neo4j["line"] = f"Neo4j: not run ({str(error).splitlines()[0]})"
        missing(str(error))
        raise


@pytest.fixture(scope="session")
def neo4j_server(request: pytest.FixtureRequest) -> Iterator[Login]:
    """A genuine Neo4j: the one at `LIANZHU_TEST_NEO4J`, else one of our own for the whole run."""
    if url := os.environ.get("LIANZHU_TEST_NEO4J"):
        user = os.environ.get("LIANZHU_TEST_NEO4J_USER", "neo4j")
        yield _told(Login(url, user, os.environ.get("LIANZHU_TEST_NEO4J_PASSWORD", "")))
        return
    request.getfixturevalue("neo4j_jars")
    server = Server.start()
    try:
        yield _told(server)
    finally:
        server.stop()


def _told(login: Login) -> Login:
    """The same, named in the closing summary."""
    _neo4j["line"] = f"{login.version}, {login.url}"
    return login


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest files first: the last to end is what both processes wait for."""
    items.sort(
        key=lambda item: _LONG.index(item.path.name) if item.path.name in _LONG else len(_LONG)
    )


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    suite = "/".join(report.nodeid.split("::")[0].split("/")[:2])
    _seconds[suite] += report.duration
    if report.when == "call" or report.outcome == "skipped":
        _counts[report.outcome] += 1


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    minutes = (time.monotonic() - _started) / 60
    write = terminalreporter.write_line
    for suite, seconds in sorted(_seconds.items(), key=lambda item: -item[1]):
        write(f"{seconds / 60:6.2f} min  {suite}")
    write(_neo4j["line"])
    counts = ", ".join(f"{_counts[k]} {k}" for k in ("passed", "failed", "skipped"))
    write(f"tier {'release' if RELEASE else 'run'}, {minutes:.1f} min: {counts}")


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """A test process has ended: only it knows which server it had."""
    told = getattr(node, "workeroutput", {}).get("neo4j", "")
    if told.startswith("Neo4j Kernel") or "no test asked" in _neo4j["line"]:
        _neo4j["line"] = told


def pytest_sessionfinish(session: pytest.Session) -> None:
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["neo4j"] = _neo4j["line"]
    elif not RELEASE and (time.monotonic() - _started) / 60 > LONGEST_MINUTES:
        session.exitstatus = 1
