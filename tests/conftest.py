"""What every suite shares: required components, the tier's counts, and the time each suite took.

`LIANZHU_REQUIRE=1` (set in continuous integration) turns a missing component into a failure;
`LIANZHU_RELEASE=1` runs the release counts.
"""

from __future__ import annotations

import os
import shutil
import time
from collections import defaultdict
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
REQUIRED = os.environ.get("LIANZHU_REQUIRE") == "1"
RELEASE = os.environ.get("LIANZHU_RELEASE") == "1"
LONGEST_MINUTES = 20

_seconds: dict[str, float] = defaultdict(float)
_counts: dict[str, int] = defaultdict(int)
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
    counts = ", ".join(f"{_counts[k]} {k}" for k in ("passed", "failed", "skipped"))
    write(f"tier {'release' if RELEASE else 'run'}, {minutes:.1f} min: {counts}")


def pytest_sessionfinish(session: pytest.Session) -> None:
    if not RELEASE and (time.monotonic() - _started) / 60 > LONGEST_MINUTES:
        session.exitstatus = 1
