"""What works on this machine, in words a user can act on."""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from api.settings import Settings
from graph.errors import LianzhuError, StoreError
from records.engine import shown
from viz.words import message, word

__all__ = ["Check", "Diagnosis", "examine"]


@dataclass(frozen=True)
class Check:
    """One thing looked at."""

    name: str
    ok: bool
    detail: str
    hint: str = ""


@dataclass(frozen=True)
class Diagnosis:
    """All checks; `ok` when every one passed."""

    ok: bool
    checks: Sequence[Check]


def examine(url: str, settings: Settings) -> Diagnosis:
    """Look at Python, SQLite, packages, words, the store, the records and PDF; never raises."""
    looks: Sequence[Callable[[], Check]] = (
        _python,
        _sqlite,
        _packages,
        lambda: _static(settings.lang),
        lambda: _store(url, settings),
        lambda: _records(settings),
        lambda: _pdf(settings.lang),
    )
    checks = [look() for look in looks]
    return Diagnosis(all(c.ok for c in checks), checks)


def _python() -> Check:
    ok = sys.version_info >= (3, 11)
    return Check("python", ok, sys.version.split()[0], "" if ok else "Python ≥ 3.11")


def _sqlite() -> Check:
    with sqlite3.connect(":memory:") as db:
        options = {row[0] for row in db.execute("PRAGMA compile_options")}
    db.close()
    text = "FTS5" if "ENABLE_FTS5" in options else "no FTS5"
    return Check(
        "sqlite", sqlite3.sqlite_version_info >= (3, 38), f"{sqlite3.sqlite_version} {text}"
    )


def _packages() -> Check:
    needed = ("numpy", "scipy", "networkx", "fastapi", "pyvis", "python-calamine", "opencc")
    missing = [name for name in needed if not _installed(name)]
    return Check(
        "packages", not missing, ", ".join(missing) or "✓", "make setup" if missing else ""
    )


def _installed(name: str) -> bool:
    try:
        return bool(version(name))
    except PackageNotFoundError:
        return False


def _static(lang: str) -> Check:
    folder = Path(__file__).parent.parent / "viz" / "static"
    ok = any(folder.rglob("vis-network*.js"))
    return Check("pages", ok, str(folder) if not ok else word(lang, "cli.offline_ready"))


def _store(url: str, settings: Settings) -> Check:
    try:
        store = settings.open_store(url)
        try:
            store.migrate()
            health = store.health()
            return Check("store", health.ok, f"{url} {health.engine} {health.detail}")
        finally:
            store.close()
    except LianzhuError as error:
        told = message(settings.lang, error.code, error.facts)
        return Check("store", False, told.text, told.hint)


def _records(settings: Settings) -> Check:
    try:
        records = settings.open_records()
        try:
            has, needs = records.version()
            if has not in (None, needs):
                raise StoreError("records_version", has=has, needs=needs)
            shape = has or word(settings.lang, "records_cli.empty")
            detail = f"{shown(settings.records_url)} {records.product()} {shape}"
            return Check("records", True, detail)
        finally:
            records.close()
    except LianzhuError as error:
        told = message(settings.lang, error.code, error.facts)
        return Check("records", False, told.text, told.hint)


def _pdf(lang: str) -> Check:
    """Not offered is no fault: Windows has no Pango, and everything else works."""
    from api.press import missing, not_offered

    error = missing()
    if error is None:
        return Check("pdf", True, word(lang, "paper.works"))
    told = message(lang, error.code, error.facts)
    return Check("pdf", bool(not_offered()), told.text, told.hint)
