"""What every suite shares: required components, the tier's counts, and the time each suite took.

`LIANZHU_REQUIRE=1` (set in continuous integration) turns a missing component into a failure;
`LIANZHU_RELEASE=1` runs the release counts. `LIANZHU_TEST_NEO4J` (with `_USER` and `_PASSWORD`)
names a running Neo4j to test on instead of one started here, and `LIANZHU_TEST_POSTGRES` a running
PostgreSQL: the address of a database whose user may create others.
"""

from __future__ import annotations

import gc
import os
import shutil
import sqlite3
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import settings

from api.press import missing as not_printable
from api.settings import Settings
from records.database import Records
from tests import postgres
from tests.neo4j.server import Failed, Login, Server, fetch, unavailable
from viz.words import message

ROOT = Path(__file__).parent.parent
REQUIRED = os.environ.get("LIANZHU_REQUIRE") == "1"
RELEASE = os.environ.get("LIANZHU_RELEASE") == "1"
LONGEST_MINUTES = 25

# A test server lives for minutes: compiling its code twice costs two cores more than it brings, and
# so do collecting garbage beside it and forgetting compiled code for want of room.
os.environ.setdefault(
    "JDK_JAVA_OPTIONS",
    "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -XX:ReservedCodeCacheSize=256m",
)

# A process that ran some thousand tests holds millions of objects: looking through them for cycles
# at the usual pace costs an eighth of its time.
gc.set_threshold(50_000, 20, 100)

# How long a case takes depends on who else uses the machine; hanging is what time-outs are for.
settings.register_profile("lianzhu", deadline=None)
settings.load_profile("lianzhu")

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
    "test_whole.py",
    "test_server.py",
)

_seconds: dict[str, float] = defaultdict(float)
_counts: dict[str, int] = defaultdict(int)
_neo4j = {"line": "Neo4j: not run (no test asked for it)"}
_records = {"SQLite": "not run", "PostgreSQL": "not run"}
_started = time.monotonic()


def tier(run: int, release: int) -> int:
    """How many cases this run plans: fewer than planned is a failure, never a quiet shrink."""
    return release if RELEASE else run


def missing(what: str) -> None:
    """Skip, or fail where everything is required."""
    if REQUIRED:
        pytest.fail(f"required here and missing: {what}")
    pytest.skip(f"missing: {what}")


@pytest.fixture(scope="session", autouse=True)
def apart(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Commands and applications that name no place for records write into none of the user's."""
    folder = tmp_path_factory.mktemp("records")
    usual, opened = Settings().audit_heads, Settings.open_records

    def elsewhere(settings: Settings, *, sample: bool = False) -> Records:
        if settings.audit_heads == usual:
            settings = replace(settings, audit_heads=f"{folder}/{uuid4().hex}.txt")
        return opened(settings, sample=sample)

    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("LIANZHU_RECORDS_URL", f"sqlite:///{folder}/records.db")
        patched.setenv("LIANZHU_AUDIT_HEADS", f"{folder}/audit-heads.txt")
        patched.setattr(Settings, "open_records", elsewhere)
        yield


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
def typesetter() -> None:
    """That this machine makes PDFs."""
    if (error := not_printable()) is not None:
        missing(message("en", error.code, error.facts).text)


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


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[postgres.Login]:
    """A genuine PostgreSQL: that at `LIANZHU_TEST_POSTGRES`, else our own for the whole run."""
    if url := os.environ.get("LIANZHU_TEST_POSTGRES"):
        server = postgres.Login(url)
        _records["PostgreSQL"] = server.version
        yield server
        server.clear()
        return
    try:
        started = postgres.Postgres.start()
    except postgres.Failed as error:
        _records["PostgreSQL"] = f"not run ({str(error).splitlines()[0]})"
        missing(str(error))
        raise
    try:
        _records["PostgreSQL"] = started.version
        yield started
    finally:
        started.stop()


@pytest.fixture
def postgres_url(postgres_server: postgres.Login) -> Iterator[str]:
    """The address of a new PostgreSQL database with the tables of the records, for one test."""
    with postgres_server.database() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def records_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of new records, once on each database."""
    if request.param == "postgresql":
        return str(request.getfixturevalue("postgres_url"))
    _records["SQLite"] = sqlite3.sqlite_version
    return f"sqlite:///{tmp_path}/records.db"


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
    write("Records: " + ", ".join(f"{name} {version}" for name, version in _records.items()))
    counts = ", ".join(f"{_counts[k]} {k}" for k in ("passed", "failed", "skipped"))
    write(f"tier {'release' if RELEASE else 'run'}, {minutes:.1f} min: {counts}")


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """A test process has ended: only it knows which servers it had."""
    told = getattr(node, "workeroutput", {}).get("neo4j", "")
    if told.startswith("Neo4j Kernel") or "no test asked" in _neo4j["line"]:
        _neo4j["line"] = told
    for name, version in getattr(node, "workeroutput", {}).get("records", {}).items():
        if _records[name].startswith("not run") and version != "not run":
            _records[name] = version


def pytest_sessionfinish(session: pytest.Session) -> None:
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["neo4j"] = _neo4j["line"]
        session.config.workeroutput["records"] = _records
    elif not RELEASE and (time.monotonic() - _started) / 60 > LONGEST_MINUTES:
        session.exitstatus = 1
