"""Serving: without accounts on this machine only; with them anywhere, and a first address."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import create_engine, text

from api import serving
from api.serving import serve_app
from api.settings import Settings, read_settings
from graph.errors import StoreError, UsageError
from records.database import upgrade


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> list[tuple[FastAPI, dict[str, Any]]]:
    """What would have been served, and how."""
    calls: list[tuple[FastAPI, dict[str, Any]]] = []
    monkeypatch.setattr(serving.uvicorn, "run", lambda app, **how: calls.append((app, how)))
    return calls


def settings(folder: Path, **changed: Any) -> Settings:
    return Settings(
        graph_url=f"sqlite:///{folder}/graph.db",
        records_url=f"sqlite:///{folder}/records.db",
        audit_heads=f"{folder}/heads",
        **changed,
    )


def serve(folder: Path, host: str = "127.0.0.1", **changed: Any) -> None:
    serve_app("", settings(folder, **changed), host, 8123, sample=False)


def old(folder: Path) -> str:
    """Records of an earlier version."""
    url = f"sqlite:///{folder}/records.db"
    engine = create_engine(url)
    with engine.begin() as db:
        upgrade(db, "0002")
    engine.dispose()
    return url


def version(url: str) -> str:
    engine = create_engine(url)
    with engine.begin() as db:
        found = str(db.execute(text("SELECT version_num FROM alembic_version")).scalar())
    engine.dispose()
    return found


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.5", "::", "intranet.example"])
def test_without_accounts_only_this_machine(tmp_path: Path, served: list[Any], host: str) -> None:
    with pytest.raises(UsageError, match="loopback_only"):
        serve(tmp_path, host)
    assert served == []
    serve(tmp_path, host, accounts="on")
    assert served[0][1]["host"] == host


@pytest.mark.parametrize(
    ("host", "origin", "told"),
    [
        ("0.0.0.0", "", True),
        ("0.0.0.0", "https://chain.example.cn", False),
        ("127.0.0.1", "", False),
    ],
)
def test_an_address_nobody_else_can_use_is_told(
    tmp_path: Path,
    served: list[Any],
    capsys: pytest.CaptureFixture[str],
    host: str,
    origin: str,
    told: bool,
) -> None:
    serve(tmp_path, host, accounts="on", origin=origin)
    assert ("LIANZHU_ORIGIN" in capsys.readouterr().err) is told
    app, how = served[0]
    assert (how["proxy_headers"], how["forwarded_allow_ips"]) == (True, "127.0.0.1")
    with TestClient(app, base_url="https://localhost") as client:
        assert client.get("/healthz").status_code == 200
        there = client.get("/healthz", headers={"Host": "chain.example.cn"}).status_code
        assert there == (200 if origin else 400)
        assert client.get("/healthz", headers={"Host": "evil.example"}).status_code == 400


def test_one_person_is_served_under_this_machine_s_names_only_and_nobody_forwards(
    tmp_path: Path, served: list[Any]
) -> None:
    serve(tmp_path, origin="https://chain.example.cn")
    app, how = served[0]
    assert how["proxy_headers"] is False
    with TestClient(app, base_url="http://chain.example.cn") as client:
        assert client.get("/healthz").status_code == 400


def test_the_grace_is_longer_than_a_request(tmp_path: Path, served: list[Any]) -> None:
    serve(tmp_path, request_seconds=7.5)
    assert served[0][1]["timeout_graceful_shutdown"] > 7.5


def test_a_wrong_origin_stops_the_start(tmp_path: Path, served: list[Any]) -> None:
    with pytest.raises(UsageError, match="bad_setting"):
        serve(tmp_path, accounts="on", origin="chain.example.cn")
    assert served == []


def test_older_records_are_migrated_for_one_person_and_refused_for_many(
    tmp_path: Path, served: list[Any]
) -> None:
    url = old(tmp_path)
    with pytest.raises(StoreError, match="records_version"):
        serve(tmp_path, accounts="on")
    assert (served, version(url)) == ([], "0002")
    serve(tmp_path)
    assert len(served) == 1
    assert version(url) > "0002"
    serve(tmp_path, accounts="on")
    assert len(served) == 2


@pytest.mark.parametrize(
    ("host", "shown"),
    [
        ("127.0.0.1", "http://127.0.0.1:8123"),
        ("0.0.0.0", "http://127.0.0.1:8123"),
        ("::", "http://[::1]:8123"),
        ("192.168.1.5", "https://h.lan"),
    ],
)
def test_a_one_time_address_is_printed_while_there_is_no_account(
    tmp_path: Path,
    served: list[Any],
    capsys: pytest.CaptureFixture[str],
    host: str,
    shown: str,
) -> None:
    serve(tmp_path, host, accounts="on", origin="https://h.lan")
    (url,) = re.findall(r"https?://\S+/setup\?key=\S+", capsys.readouterr().err)
    assert url.startswith(f"{shown}/setup?key=")
    key = url.partition("key=")[2]
    assert len(key) == 43
    (app, _), data = served[0], {"login": "root", "name": "赵", "key": key}
    data |= dict.fromkeys(("password", "again"), "correct horse battery")
    with TestClient(
        app,
        base_url="https://h.lan",
        headers={"Sec-Fetch-Site": "same-origin"},
        follow_redirects=False,
    ) as client:
        assert client.post("/setup", data=data).status_code == 303
    serve(tmp_path, host, accounts="on", origin="https://h.lan")
    assert "setup" not in capsys.readouterr().err
    serve(tmp_path / "other", accounts="on", origin="https://h.lan")
    assert key not in capsys.readouterr().err, "a new one at every start"


def test_the_profile_needs_a_hash_the_machine_has(
    tmp_path: Path, served: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    serve(tmp_path, profile="dengbao")
    monkeypatch.setattr(serving.hashlib, "algorithms_available", {"sha256"})
    with pytest.raises(UsageError, match="no_sm3"):
        serve(tmp_path, profile="dengbao")
    serve(tmp_path)
    assert len(served) == 2


@pytest.mark.parametrize(
    ("name", "value"), [("ACCOUNTS", "yes"), ("ACCOUNTS", ""), ("PROFILE", "DengBao")]
)
def test_a_word_that_is_none_of_the_choices_is_refused(name: str, value: str) -> None:
    with pytest.raises(UsageError, match="bad_setting") as caught:
        read_settings({f"LIANZHU_{name}": value})
    assert caught.value.facts == {"setting": f"LIANZHU_{name}", "value": value}
