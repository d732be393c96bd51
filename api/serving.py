"""Serving the pages on this machine."""

from __future__ import annotations

from importlib.resources import as_file, files

import uvicorn
from rich.console import Console

from api.app import create_app
from api.settings import Settings
from graph.errors import UsageError
from graph.store import open_store
from graph.store.base import GraphStore
from ingest.pipeline import load
from viz.words import word

__all__ = ["load_sample", "serve_app"]

LOOPBACK = ("127.0.0.1", "localhost", "::1")


def serve_app(url: str, settings: Settings, host: str, port: int, *, sample: bool) -> None:
    """Serve until stopped.

    Without accounts nobody is told apart, so another address than loopback is refused.
    """
    if host not in LOOPBACK:
        raise UsageError("loopback_only", host=host)
    console = Console(stderr=True)
    store = open_store(url, deadline=settings.read_seconds)
    try:
        store.migrate()
        if sample:
            with console.status(word(settings.lang, "cli.loading_sample")):
                load_sample(store)
        console.print(word(settings.lang, "cli.serving", url=f"http://{host}:{port}/"))
        app = create_app(store, settings, sample=sample)
        uvicorn.run(app, host=host, port=port, log_level="warning")
    finally:
        store.close()


def load_sample(store: GraphStore) -> None:
    """Load the sample zone; a second time changes nothing."""
    with as_file(files("ingest.samples") / "zone") as folder:
        load([folder], store)
