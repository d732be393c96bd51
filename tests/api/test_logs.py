"""Logs: one JSON object a line, no secret and no control character in any of them."""

from __future__ import annotations

import io
import json
import logging
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from api import logs
from api.app import create_app
from api.settings import Settings
from graph.errors import UsageError
from graph.store.base import GraphStore

PASSWORD = "Sx7-geheim-9Q"


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """Where the logs go, in a process whose logging is as it was afterwards."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield io.StringIO()
    root.handlers[:], root.level = handlers, level
    logging.captureWarnings(False)


def settings(tmp_path: Path, **given: str) -> Settings:
    return Settings(
        records_url=f"sqlite:///{tmp_path}/r.db", audit_heads=f"{tmp_path}/heads", **given
    )


def lines(out: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in out.getvalue().splitlines()]


def test_a_line_is_one_object_with_what_a_reader_needs(
    tmp_path: Path, written: io.StringIO
) -> None:
    logs.start(settings(tmp_path), written)
    logging.getLogger("records.database").error("audit head %d not copied: %s", 7, "满")
    (line,) = lines(written)
    assert {k: line[k] for k in ("level", "logger", "message")} == {
        "level": "error",
        "logger": "records.database",
        "message": "audit head 7 not copied: 满",
    }
    assert str(line["time"]).endswith("+00:00")
    assert "满" in written.getvalue()  # readable as it is


def test_nothing_in_a_message_begins_a_line_or_moves_a_terminal(
    tmp_path: Path, written: io.StringIO
) -> None:
    logs.start(settings(tmp_path), written)
    evil = 'a\n{"level":"info"}\r\x1b[2J\x00\x7f\x9b\u2028\u202e\ud800z'
    logging.getLogger("api").warning("%s", evil)
    text = written.getvalue()
    assert text.count("\n") == 1
    assert all(ch >= " " and ch not in "\x7f\x9b\u2028\u202e\ud800" for ch in text[:-1])
    assert lines(written)[0]["message"] == evil


@pytest.mark.parametrize(
    "message",
    [
        f"connection to postgresql://office:{PASSWORD}@db/lianzhu failed",
        f"bolt+s://neo4j:{PASSWORD}@graph:7687",
        f"GET /setup?key={PASSWORD} failed",
        f"Cookie: lianzhu-role=x; __Host-lianzhu={PASSWORD}",
        f"headers: {{'cookie': '__Host-lianzhu={PASSWORD}'}}",
        f"(b'authorization', b'Bearer {PASSWORD}') Bearer {PASSWORD}",
        f"password={PASSWORD}&login=wang",
        f"{{'login': 'wang', 'password': '{PASSWORD}'}}",
        f'{{"new_password": "{PASSWORD}", "totp_secret": "{PASSWORD}"}}',
        f"token: {PASSWORD}",
        f"FATAL: no user with {PASSWORD}",
    ],
)
@pytest.mark.parametrize("place", ["message", "argument", "exception", "field", "warning"])
def test_no_secret_is_logged_wherever_it_stands(
    message: str, place: str, tmp_path: Path, written: io.StringIO
) -> None:
    given = settings(tmp_path, graph_password=PASSWORD)
    logs.start(given, written)
    log = logging.getLogger("api.somewhere")
    if place == "message":
        log.error(message)
    elif place == "argument":
        log.error("failed: %s", message)
    elif place == "exception":
        try:
            raise ValueError(message)
        except ValueError:
            log.exception("failed")
    elif place == "field":
        log.error("failed", extra={"fields": {"what": message}})
    else:
        with warnings.catch_warnings():
            warnings.simplefilter("always")
            logging.captureWarnings(True)
            warnings.warn(message, stacklevel=1)
            logging.captureWarnings(False)
    text = written.getvalue()
    assert "***" in text
    assert "geheim" not in text


def test_a_password_within_the_address_of_the_records_is_known(
    tmp_path: Path, written: io.StringIO
) -> None:
    given = Settings(records_url="postgresql://office:p%40ssw0rd-lang@db/lianzhu")
    logs.start(given, written)
    logging.getLogger("psycopg").error("login %s refused", "p@ssw0rd-lang, p%40ssw0rd-lang")
    assert "ssw0rd" not in written.getvalue()


def test_what_uvicorn_says_goes_the_same_way(tmp_path: Path, written: io.StringIO) -> None:
    other = logging.StreamHandler(sys.stdout)
    logging.getLogger("uvicorn.error").addHandler(other)
    logs.start(settings(tmp_path), written)
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logging.getLogger(name).warning("said")
        logging.getLogger(name).info("not said")
    assert [line["logger"] for line in lines(written)] == [
        "uvicorn",
        "uvicorn.error",
        "uvicorn.access",
    ]
    assert other not in logging.getLogger("uvicorn.error").handlers


def test_requests_are_logged_when_asked_for(
    sample_store: GraphStore, tmp_path: Path, written: io.StringIO
) -> None:
    given = settings(tmp_path, log="info", graph_password=PASSWORD)
    logs.start(given, written)
    client = TestClient(create_app(sample_store, given, sample=True), raise_server_exceptions=False)
    client.get(f"/api/v1/search?q={PASSWORD}", headers={"Authorization": f"Bearer {PASSWORD}"})
    client.get("/parks/park-jiqiren?lang=en", headers={"Cookie": f"__Host-lianzhu={PASSWORD}"})
    client.get("/nothing/here")
    client.post("/tasks/x/close", data={"next": PASSWORD}, headers={"Origin": "http://evil"})
    found = [line for line in lines(written) if line["logger"] == "lianzhu.request"]
    assert [(x["method"], x["route"], x["status"], x["identity"]) for x in found] == [
        ("GET", "/api/v1/search", 200, "demo"),
        ("GET", "/parks/{park_id:path}", 200, "demo"),
        ("GET", "", 404, "demo"),
        ("POST", "/tasks/{task}/close", 403, "demo"),
    ]
    assert all(isinstance(x["ms"], float) and 0 < x["ms"] < 60_000 for x in found)
    assert PASSWORD not in written.getvalue()


def test_requests_are_not_logged_unless_asked_for(
    sample_store: GraphStore, tmp_path: Path, written: io.StringIO
) -> None:
    logs.start(settings(tmp_path), written)
    TestClient(create_app(sample_store, settings(tmp_path), sample=True)).get("/healthz")
    assert written.getvalue() == ""


def test_a_level_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        logs.start(settings(tmp_path, log="loud"))
    assert caught.value.facts == {"setting": "LIANZHU_LOG", "value": "loud"}
