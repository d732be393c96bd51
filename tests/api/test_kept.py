"""Kept answers: sent again while nothing changed, and never a moment longer."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from api.kept import KeptAnswers, _Kept
from api.security.identity import DEMO
from api.settings import Settings
from graph.analysis import ask
from graph.store import open_store
from graph.store.base import GraphStore

LEADER = "demo-leader-jiadian"
CHAIN = "chain-jiadian"
GAPS = f"/api/v1/gaps?leader={LEADER}"


@pytest.fixture
def computed(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """One entry for every answer about gaps that was computed."""
    entries: list[object] = []
    gaps = ask.gaps

    def counted(*args: Any) -> Any:
        entries.append(args)
        return gaps(*args)

    monkeypatch.setattr(ask, "gaps", counted)
    return entries


def finding(client: TestClient) -> dict[str, str]:
    segment = client.get(GAPS).json()["to_verify"][0]["segment"]
    return {
        "region": "370211",
        "segment": segment,
        "source": "走访记录",
        "as_of": "2026-06-29",
    }


def test_an_answer_is_computed_once_and_sent_again_whole(
    client: TestClient, computed: list[object]
) -> None:
    first, second = client.get(GAPS), client.get(GAPS)
    assert len(computed) == 1
    assert second.content == first.content
    assert second.headers.multi_items() == first.headers.multi_items()
    assert "default-src 'self'" in second.headers["content-security-policy"]


def test_a_tag_already_held_is_answered_before_anything_is_computed(
    client: TestClient, computed: list[object]
) -> None:
    tag = client.get(GAPS).headers["etag"]
    again = client.get(GAPS, headers={"If-None-Match": tag})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    assert again.headers["x-content-type-options"] == "nosniff"
    assert len(computed) == 1


def test_another_address_or_language_is_another_answer(client: TestClient) -> None:
    path = f"/chains/{CHAIN}/gaps?leader={LEADER}"
    zh, en = client.get(path).text, client.get(f"{path}&lang=en").text
    assert 'lang="zh' in zh
    assert 'lang="en' in en


def test_a_change_is_seen_by_the_next_reader(client: TestClient) -> None:
    before = client.get(GAPS)
    wrote = client.post("/api/v1/surveys", json=finding(client))
    assert wrote.status_code == 201, wrote.text
    after = client.get(GAPS, headers={"If-None-Match": before.headers["etag"]})
    assert after.status_code == 200
    assert after.json()["revision"] == before.json()["revision"] + 1


def test_a_change_made_by_another_process_is_seen_too(client: TestClient, tmp_path: Path) -> None:
    before = client.get(GAPS).json()["revision"]
    other = open_store(f"sqlite:///{tmp_path}/sample.db", deadline=3.0)
    settings = Settings(records_url=f"sqlite:///{tmp_path}/other.db")
    with TestClient(create_app(other, settings, sample=True)) as elsewhere:
        assert elsewhere.post("/api/v1/surveys", json=finding(elsewhere)).status_code == 201
    other.close()
    assert client.get(GAPS).json()["revision"] == before + 1


def test_the_next_day_is_computed_anew(client: TestClient, computed: list[object]) -> None:
    client.app.state.today = date(2026, 7, 1)  # type: ignore[attr-defined]
    tag = client.get(GAPS).headers["etag"]
    client.app.state.today = date(2026, 7, 2)  # type: ignore[attr-defined]
    assert client.get(GAPS).headers["etag"] != tag
    assert len(computed) == 2


def test_what_depends_on_the_records_is_never_kept(
    client: TestClient, computed: list[object]
) -> None:
    listed = client.get("/api/v1/shortlist")
    assert listed.json() == {"items": []}
    page = f"/chains/{CHAIN}/candidates?leader={LEADER}"
    empty = client.get("/shortlist")
    client.get(page)
    asked = len(computed)
    client.get(page)
    assert len(computed) > asked
    pick = {"kind": "project", "candidate": "demo-p-bingya", "region": "370211"}
    pick |= {"leader": LEADER, "chain": CHAIN}
    assert client.post("/shortlist", data=pick).status_code == 200
    again = client.get("/api/v1/shortlist", headers={"If-None-Match": listed.headers["etag"]})
    assert again.status_code == 200
    assert len(again.json()["items"]) == 1
    assert (
        client.get("/shortlist", headers={"If-None-Match": empty.headers["etag"]}).status_code
        == 200
    )


def test_errors_are_not_kept(client: TestClient) -> None:
    for _ in range(2):
        assert client.get("/api/v1/gaps?leader=nobody").status_code == 404


def test_nothing_is_kept_when_the_setting_is_zero(
    sample_store: GraphStore, tmp_path: Path, computed: list[object]
) -> None:
    settings = Settings(records_url=f"sqlite:///{tmp_path}/r.db", kept_mb=0)
    with TestClient(create_app(sample_store, settings, sample=True)) as client:
        assert client.get(GAPS).content == client.get(GAPS).content
    assert len(computed) == 2


def test_the_least_recently_used_go_first() -> None:
    kept = KeptAnswers(None, None, 250, None)  # type: ignore[arg-type]
    day = date(2026, 7, 1)
    for path in ("a", "b", "a", "c"):
        kept._keep(("desk", day, DEMO, path, b""), _Kept(1, [(b"etag", b"123456")], bytes(100)))
    assert [key[3] for key in kept._kept] == ["a", "c"]
    assert kept._bytes == 220
    kept._keep(("desk", day, DEMO, "large", b""), _Kept(1, [], bytes(251)))
    assert (list(kept._kept), kept._bytes) == ([], 0)
