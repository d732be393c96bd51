"""Serving the pages on this machine."""

from __future__ import annotations

from importlib.resources import as_file, files

import uvicorn
from rich.console import Console

from api.app import create_app
from api.settings import Settings
from graph.errors import StoreDown, UsageError
from graph.store.base import GraphStore
from ingest.pipeline import load
from viz.words import message, word

__all__ = ["load_sample", "serve_app"]

LOOPBACK = ("127.0.0.1", "localhost", "::1")


def serve_app(url: str, settings: Settings, host: str, port: int, *, sample: bool) -> None:
    """Serve until stopped.

    Without accounts nobody is told apart, so another address than loopback is refused.
    """
    if host not in LOOPBACK:
        raise UsageError("loopback_only", host=host)
    console = Console(stderr=True)
    store = settings.open_store(url)
    try:
        _prepare(store, settings, console, sample)
        console.print(word(settings.lang, "cli.serving", url=f"http://{host}:{port}/"))
        app = create_app(store, settings, sample=sample)
        uvicorn.run(app, host=host, port=port, log_level="warning")
    finally:
        store.close()


def _prepare(store: GraphStore, settings: Settings, console: Console, sample: bool) -> None:
    """Ready the store.  A server that is down may come later: until then every page says so."""
    try:
        store.migrate()
        if sample:
            with console.status(word(settings.lang, "cli.loading_sample")):
                load_sample(store)
    except StoreDown as error:
        told = message(settings.lang, error.code, error.facts)
        console.print(told.text, told.hint, style="bold yellow", highlight=False)


def load_sample(store: GraphStore) -> None:
    """Load the sample zone; a second time changes nothing."""
    with as_file(files("ingest.samples") / "zone") as folder:
        load([folder], store)
