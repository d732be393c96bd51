"""A served application and a Chromium that records what it asks for and what goes wrong."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import uvicorn
from fastapi import FastAPI
from playwright.sync_api import Page, sync_playwright

from api.app import create_app
from api.settings import Settings
from graph.model import Batch, Node, Ref, Rel
from graph.store import Access, open_store
from graph.store.base import GraphStore
from ingest.samples import load_sample
from tests.neo4j.server import Login
from tests.neo4j.wipe import wipe

RUN = "document.title='run'"
# Twelve ways a name could run where it is shown: element, attribute, link, template, script.
PAYLOADS = (
    f"<script>{RUN}</script>",
    f"<img src=x onerror={RUN}>",
    f"<svg onload={RUN}>",
    f'" onmouseover={RUN} autofocus onfocus={RUN} x="',
    f"' onfocus={RUN} autofocus '",
    f"javascript:{RUN}",
    f"</script><script>{RUN}</script>",
    f"</textarea></title></style><script>{RUN}</script>",
    "{{ 7 * 7 }}${7 * 7}",
    f"<iframe srcdoc='<script>parent.{RUN}</script>'></iframe>",
    f"<details open ontoggle={RUN}>",
    "-->]]><a href=data:text/html,x>",
)
HOSTILE = "".join(PAYLOADS)
ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@dataclass
class Watched:
    """A page with everything it asked for and complained about."""

    page: Page
    base: str
    requests: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def clean(self) -> None:
        assert [u for u in self.requests if not u.startswith((self.base, "data:", "blob:"))] == []
        assert self.errors == []


@pytest.fixture
def served(request: pytest.FixtureRequest) -> str:
    """Where the application answers: over SQLite unless a test is parametrised with an engine."""
    address: str = request.getfixturevalue(f"served_{getattr(request, 'param', 'sqlite')}")
    return address


@pytest.fixture(scope="session")
def served_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("served")
    with serving(open_store(f"sqlite:///{folder}/sample.db", deadline=3.0), folder) as address:
        yield address


@pytest.fixture
def served_fresh(tmp_path: Path) -> Iterator[str]:
    """A server that a test may leave changed."""
    with serving(open_store(f"sqlite:///{tmp_path}/sample.db", deadline=3.0), tmp_path) as address:
        yield address


@pytest.fixture
def served_neo4j(neo4j_server: Login, tmp_path: Path) -> Iterator[str]:
    # Anew for each test: the server has one database, which other suites empty.
    wipe(neo4j_server)
    access = Access(neo4j_server.user, neo4j_server.password)
    with serving(open_store(neo4j_server.url, deadline=3.0, access=access), tmp_path) as address:
        yield address


@contextmanager
def serving(store: GraphStore, folder: Path) -> Iterator[str]:
    """The address of the application over a store, with the sample and hostile names in it."""
    store.migrate()
    load_sample(store)
    store.apply(_hostile())
    with serving_app(store, folder) as (address, _):
        yield address
    store.close()


@contextmanager
def serving_app(store: GraphStore, folder: Path, **more: str) -> Iterator[tuple[str, FastAPI]]:
    """The application over a store and its address; settings may be given."""
    settings = Settings(
        graph_url=f"sqlite:///{folder}/own.db",
        records_url=f"sqlite:///{folder}/records.db",
        audit_heads=str(folder / "heads"),
        upload_dir=str(folder / "uploads"),
        backup_dir=str(folder / "backups"),
        **more,  # type: ignore[arg-type]
    )
    app = create_app(store, settings, sample=True)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="error"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    yield f"http://127.0.0.1:{port}", app
    server.should_exit = True
    thread.join(10)


@pytest.fixture
def watched(served: str, chromium: str) -> Iterator[Watched]:
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium, args=ARGS)
        page = browser.new_page(viewport={"width": 1366, "height": 900})
        seen = Watched(page, served)
        page.on("request", lambda r: seen.requests.append(r.url))
        page.on("pageerror", lambda e: seen.errors.append(str(e)))
        page.on("console", lambda m: seen.errors.append(m.text) if m.type == "error" else None)
        yield seen
        browser.close()


def _hostile() -> Batch:
    """A chain, a leader, a segment and a maker whose every name is a script."""
    chain, robot, part = (
        Ref("Chain", "x-chain"),
        Ref("Segment", "x-robot"),
        Ref("Segment", "x-part"),
    )
    leader, maker = Ref("Enterprise", "x-leader"), Ref("Enterprise", "x-maker")
    park, project = Ref("Park", "x-park"), Ref("Project", "x-project")
    nodes = [
        Node(chain, {"name": HOSTILE}),
        Node(robot, {"name": HOSTILE}),
        Node(part, {"name": HOSTILE, "description": HOSTILE}),
        Node(leader, {"name": HOSTILE, "region": "370211", "leads": ["x-chain"]}),
        Node(maker, {"name": HOSTILE, "region": "310115", "aliases": [HOSTILE]}),
        Node(park, {"name": HOSTILE, "operator": HOSTILE, "zoning": [HOSTILE]}),
        Node(
            project,
            {"name": HOSTILE, "applicant": HOSTILE, "park": "x-park", "industry": HOSTILE},
        ),
    ]
    rels = [
        Rel("PART_OF", robot, chain, "", {"stage": "midstream"}),
        Rel("PART_OF", part, chain, "", {"stage": "upstream"}),
        Rel("INPUT_OF", part, robot, "", {"weight": 0.5}),
        Rel("PRODUCES", leader, robot, "", {}),
        Rel("PRODUCES", maker, part, "", {}),
        Rel("SUPPLIES", maker, leader, "x-part", {"value_wan": 100.0}),
        Rel("TENANT_OF", leader, park, "", {}),
        Rel("POSITIONED_ON", park, part, "", {}),
        Rel("OFFERS", project, part, "", {}),
    ]
    return Batch("hostile", HOSTILE, nodes, rels)


def shot(page: Page, folder: Path, name: str) -> None:
    page.screenshot(path=str(folder / f"{name}.png"))
