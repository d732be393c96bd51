"""Serving the pages on this machine."""

from __future__ import annotations

import gc
import hashlib
import logging
import secrets
import signal
import sys
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import uvicorn
from fastapi import FastAPI
from rich.console import Console

from api import logs
from api.app import create_app
from api.auditing import left_open
from api.deps import records_at
from api.security.hosts import LOOPBACK, Hosts, hosts_of, origins_of
from api.settings import Settings
from graph.errors import LianzhuError, StoreDown, UsageError
from graph.store.base import GraphStore
from ingest.samples import load_sample
from records.accounts import any_there
from records.attachments import Files
from records.database import Records
from records.tidy import tidy
from viz.words import message, word

__all__ = ["serve_app"]

_log = logging.getLogger(__name__)
SWITCH = 0.0005  # seconds a thread computes before another that waits gets its turn


def serve_app(url: str, settings: Settings, host: str, port: int, *, sample: bool) -> None:
    """Serve until stopped.

    Without accounts nobody is told apart, so another address than loopback is refused.
    """
    if settings.accounts == "off" and host not in LOOPBACK:
        raise UsageError("loopback_only", host=host)
    if settings.profile == "dengbao" and "sm3" not in hashlib.algorithms_available:
        raise UsageError("no_sm3")
    with_accounts = settings.accounts == "on"
    origins = origins_of(settings.origin) if with_accounts else frozenset()
    logs.start(settings)
    console = Console(stderr=True)
    store = settings.open_store(url)
    try:
        _prepare(store, settings, console, sample)
        console.print(word(settings.lang, "cli.serving", url=f"http://{host}:{port}/"))
        if host not in LOOPBACK and not origins:
            console.print(word(settings.lang, "people_cli.no_origin"), style="bold yellow")
        app = create_app(store, settings, sample=sample)
        with _told(settings, console):
            _prepare_records(app, settings)
            _warn_of_open(app)
            if with_accounts and not any_there(records_at(app)):
                url = _set_up(app, host, port, origins)
                console.print(word(settings.lang, "people_cli.set_up", url=url), soft_wrap=True)
        _answer_quickly()
        signal.signal(signal.SIGTERM, _stop)  # what uvicorn does after it has let everybody finish
        uvicorn.run(
            Hosts(app, hosts_of(origins)),
            host=host,
            port=port,
            log_config=None,
            access_log=False,
            proxy_headers=with_accounts,
            forwarded_allow_ips=settings.proxy,
            timeout_graceful_shutdown=int(settings.request_seconds) + 5,
        )
    finally:
        store.close()


def _answer_quickly() -> None:
    """Let the loop that receives and sends never wait long for the threads that compute.

    What is there now stays for good, so the garbage collector need not go through it: it stopped
    everything for 160 ms each time, now for 20.
    """
    sys.setswitchinterval(SWITCH)
    gc.collect()
    gc.freeze()


def _stop(*_: object) -> None:
    """End as usual, so that the store is closed."""
    raise SystemExit(0)


def _prepare(store: GraphStore, settings: Settings, console: Console, sample: bool) -> None:
    with _told(settings, console):
        store.migrate()
        if sample:
            with console.status(word(settings.lang, "cli.loading_sample")):
                load_sample(store)


@contextmanager
def _told(settings: Settings, console: Console) -> Iterator[None]:
    """A server that is down may come later: until then every page says so."""
    try:
        yield
    except StoreDown as error:
        told = message(settings.lang, error.code, error.facts)
        console.print(told.text, told.hint, style="bold yellow", highlight=False)


def _prepare_records(app: FastAPI, settings: Settings) -> None:
    """Tables of this version: made here where one process serves one person, else refused."""
    records = records_at(app)
    if settings.accounts == "off":
        records.migrate()
    else:
        records.ready()
    _tidy(records, settings.files(sample=app.state.desk.sample))


def _warn_of_open(app: FastAPI) -> None:
    """Log what was begun and has no outcome: this program ended in between."""
    for one in left_open(records_at(app), app.state.desk.store):
        entry = one.entry
        _log.warning(
            "audit entry %d (%s %s) has no outcome; in the graph: %s",
            entry.seq,
            entry.action,
            entry.object,
            {None: "unknown", True: "yes", False: "no"}[one.done],
        )


def _tidy(records: Records, files: Files) -> None:
    """Clean up at the start; what stands in the way is no reason not to serve."""
    try:
        found = tidy(records, files, datetime.now(UTC))
    except LianzhuError as error:
        _log.warning("not cleaned up: %s", error)
        return
    for lost in found.missing:
        _log.error("attachment %s of %s: file %s is missing", lost.id, lost.object, lost.sha256)


def _set_up(app: FastAPI, host: str, port: int, origins: Collection[str]) -> str:
    """The address at which the first account is made: once, and until this process ends.

    It is of this machine, unless only another address is listened at: then it is the first origin.
    """
    app.state.setup_key = secrets.token_urlsafe(32)
    here = {"0.0.0.0": "127.0.0.1", "::": "[::1]", "::1": "[::1]"}.get(host, host)
    local = host in (*LOOPBACK, "0.0.0.0", "::") or not origins
    base = f"http://{here}:{port}" if local else min(origins)
    return f"{base}/setup?key={app.state.setup_key}"
