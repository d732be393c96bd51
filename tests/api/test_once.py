"""Idempotency-Key: carried out once, answered as often as asked."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select, update

from api.routers import lists
from records.database import Records
from records.tables import contacts, once

PICK = {
    "kind": "project",
    "candidate": "demo-p-bingya",
    "chain": "chain-jiadian",
    "leader": "demo-leader-jiadian",
    "region": "370211",
}
CONTACT = {"on_day": "2026-05-01", "who": "王", "result": "下月来考察"}
KEY = {"Idempotency-Key": "a-1"}


@pytest.fixture
def item(client: TestClient) -> str:
    client.post("/shortlist", data=PICK)
    return str(client.get("/api/v1/shortlist").json()["items"][0]["id"])


def records_of(client: TestClient) -> Records:
    (found,) = client.app.state.records.values()  # type: ignore[attr-defined]
    return found  # type: ignore[no-any-return]


def logged(client: TestClient) -> int:
    with records_of(client).read() as db:
        return len(db.execute(select(contacts)).all())


def log(client: TestClient, item: str, headers: dict[str, str], **changed: str) -> Any:
    data = {**CONTACT, **changed}
    return client.post(
        f"/shortlist/{item}/contacts", data=data, headers=headers, follow_redirects=False
    )


def test_a_repeated_request_gets_the_first_answer(client: TestClient, item: str) -> None:
    first, again = log(client, item, KEY), log(client, item, KEY)
    assert (first.status_code, again.status_code) == (303, 303)
    assert again.headers["location"] == first.headers["location"]
    assert again.headers["idempotency-replayed"] == "true"
    assert "idempotency-replayed" not in first.headers
    assert logged(client) == 1


def test_the_same_key_for_something_else_is_refused(client: TestClient, item: str) -> None:
    log(client, item, KEY)
    assert log(client, item, KEY, who="李").status_code == 400
    assert logged(client) == 1


def test_another_key_is_another_request(client: TestClient, item: str) -> None:
    log(client, item, KEY)
    log(client, item, {"Idempotency-Key": "a-2"}, who="李")
    assert logged(client) == 2


@pytest.mark.parametrize("key", ["", "x" * 201, "a\tb"])
def test_a_key_that_is_none_is_refused(client: TestClient, item: str, key: str) -> None:
    assert log(client, item, {"Idempotency-Key": key}).status_code == 400
    assert logged(client) == 0


def test_an_error_is_answered_again_too(client: TestClient, item: str) -> None:
    for _ in range(2):
        assert log(client, item, KEY, on_day="2999-01-01").status_code == 400


def test_a_request_refused_for_now_may_be_sent_again(
    client: TestClient, item: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from graph.errors import StoreBusy

    def busy(*_: object) -> None:
        raise StoreBusy("store_busy")

    with monkeypatch.context() as patched:
        patched.setattr(lists.shortlist, "log", busy)
        assert log(client, item, KEY).status_code == 503
    assert log(client, item, KEY).status_code == 303
    assert logged(client) == 1


def test_copies_sent_at_once_are_carried_out_once(client: TestClient, item: str) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: log(client, item, KEY), range(16)))
    assert {a.status_code for a in answers} <= {303, 412}
    assert 303 in {a.status_code for a in answers}
    assert logged(client) == 1


def test_a_lost_answer_is_said_to_be_lost(client: TestClient, item: str) -> None:
    log(client, item, KEY)
    with records_of(client).passing() as db:
        db.execute(update(once).values(status=None))
    assert log(client, item, KEY).status_code == 412
    assert "正在处理" in log(client, item, KEY).text
    with records_of(client).passing() as db:
        db.execute(update(once).values(made_at=datetime.now(UTC) - timedelta(hours=1)))
    assert "答复没有留下" in log(client, item, KEY).text
    assert logged(client) == 1
