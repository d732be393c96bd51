"""Whatever a text in an address says, the API over Neo4j answers below 500 and writes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from tempfile import mkdtemp
from typing import Any
from urllib.parse import quote

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from api.app import create_app
from api.deps import records_at
from api.settings import Settings
from graph.review.meeting import Meeting
from graph.store import Access, open_store
from graph.store.base import GraphStore
from ingest.samples import load_sample
from records import meetings
from tests.contract.hostile import SOME
from tests.neo4j.server import Login
from tests.neo4j.wipe import wipe

# What a route needs besides the text that is tried, so that the text gets as far as it can.
USUAL = {
    "leader": "demo-leader-jiqiren",
    "candidate": "demo-leader-jiqiren",
    "chain_id": "chain-jiqiren",
    "label": "Enterprise",
    "id": "demo-leader-jiqiren",
    "q": "机器人",
    "park_id": "demo-park-binhai",
    "project": "demo-p-bianpin",
    "enterprise": "demo-leader-jiqiren",
    "chain": "chain-jiqiren",
    "standard_id": "default-land",
    "session_id": "s1",
}
RECORDS = mkdtemp(prefix="lianzhu-")
# One dependency reads the question for every path: two of them stand for the rest.
QUESTION = {"leader", "chain", "region", "as_of", "world", "proximity", "direction", "scheme"}
WHOLE = {"/api/v1/gaps", "/api/v1/rank"}
# An address may be no longer than its client and its server let it be.
TEXTS = [text[:8000] for text in SOME]


@pytest.fixture(scope="module")
def zone(neo4j_server: Login) -> Iterator[GraphStore]:
    wipe(neo4j_server)
    # What is answered counts here, not how soon: an answer out of time is a 503.
    access = Access(neo4j_server.user, neo4j_server.password)
    store = open_store(neo4j_server.url, deadline=30.0, access=access)
    store.migrate()
    load_sample(store)
    yield store
    store.close()


def _parameters() -> list[tuple[str, str]]:
    """Every path that is read with each of its parameters, as the application describes itself."""
    app = _app(open_store("sqlite:///never-opened.db"))
    found = [
        (path, parameter["name"])
        for path, operations in app.openapi()["paths"].items()
        for parameter in operations.get("get", {}).get("parameters", [])
        if path in WHOLE or parameter["name"] not in QUESTION
    ]
    return [*found, ("/api/v1/stats", "lang"), ("/api/v1/entities/{label}/{id}", "lang")]


def _app(store: GraphStore) -> FastAPI:
    return create_app(store, Settings(records_url=f"sqlite:///{RECORDS}/records.db"), sample=True)


def _address(app: FastAPI, path: str, name: str, text: str) -> str:
    """The address where parameter `name` is `text` and the others are as usual."""
    operation: dict[str, Any] = app.openapi()["paths"][path]["get"]
    values = {"leader": USUAL["leader"]} if _asks(operation) and name != "chain" else {}
    for parameter in operation.get("parameters", []):
        if parameter["required"]:
            values[parameter["name"]] = USUAL.get(parameter["name"], "x")
    values[name] = text
    quoted = {key: quote(value, "", errors="surrogatepass") for key, value in values.items()}
    inside = {key for key in quoted if f"{{{key}}}" in path}
    query = "&".join(f"{key}={value}" for key, value in quoted.items() if key not in inside)
    for key in inside:
        path = path.replace(f"{{{key}}}", quoted[key])
    return f"{path}?{query}"


def _asks(operation: dict[str, Any]) -> bool:
    return any(parameter["name"] == "leader" for parameter in operation.get("parameters", []))


@pytest.fixture(scope="module")
def client(zone: GraphStore) -> Iterator[TestClient]:
    app = _app(zone)
    meetings.add(records_at(app), Meeting("s1", 2026, 1, "会", date(2026, 7, 1), "办"))
    with TestClient(app, raise_server_exceptions=False) as made:
        yield made


@pytest.mark.parametrize(("path", "name"), _parameters())
def test_no_text_in_an_address_is_run(
    zone: GraphStore, client: TestClient, path: str, name: str
) -> None:
    app = client.app
    assert isinstance(app, FastAPI)
    before = zone.stats()
    for text in TEXTS:
        answer = client.get(_address(app, path, name, text))
        assert answer.status_code < 500, (ascii(text), answer.text)
        assert answer.status_code == 200 or answer.json()["code"] != "internal"
    assert zone.stats() == before


def test_the_usual_values_are_answered(client: TestClient) -> None:
    app = client.app
    assert isinstance(app, FastAPI)
    for path, operations in app.openapi()["paths"].items():
        if "get" in operations:
            assert client.get(_address(app, path, "lang", "zh")).status_code == 200, path
