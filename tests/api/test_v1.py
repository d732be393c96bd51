"""REST: the same answers as the command line, problems as problem+json, conditional answers."""

from __future__ import annotations

import pytest
from fastapi.testclient import TestClient

LEADER = "demo-leader-jiqiren"
FINDING = {
    "region": "370211",
    "segment": "seg-jiguangleida",
    "source": "走访记录",
    "as_of": "2026-06-29",
}
HOSTILE = [
    b'{"region": NaN}',
    b'{"region": 1e999}',
    b'{"region": "\\ud800"}',
    b'{"region": "a", "region": "b"}',
    b"[]",
    b"",
    b"\xff\xfe",
    b'{"region": 370211, "segment": "s", "source": "a", "as_of": "2026-01-01"}',
    b'{"region": true, "segment": "s", "source": "a", "as_of": "2026-01-01"}',
    b'{"region": null, "segment": "s", "source": "a", "as_of": "2026-01-01"}',
    b'{"region": "370211", "segment": "s", "source": "a", "as_of": "2026-01-01", "x": "1"}',
]


def unknown_segment(client: TestClient) -> str:
    answer = client.get("/api/v1/gaps", params={"leader": LEADER}).json()
    return str(answer["to_verify"][0]["segment"])


def test_gaps_and_rank_answer_with_a_tag(client: TestClient) -> None:
    first = client.get("/api/v1/gaps", params={"leader": LEADER})
    assert first.status_code == 200
    assert first.json()["question"]["region"] == "370211"
    again = client.get(
        "/api/v1/gaps", params={"leader": LEADER}, headers={"If-None-Match": first.headers["etag"]}
    )
    assert (again.status_code, again.content) == (304, b"")
    ranked = client.get("/api/v1/rank", params={"leader": LEADER, "top": 3, "kind": "project"})
    assert [c["kind"] for c in ranked.json()["candidates"]] == ["project"] * 3


def test_explain_tells_why_and_why_not(client: TestClient) -> None:
    best = client.get("/api/v1/rank", params={"leader": LEADER}).json()["candidates"][0]
    told = client.get("/api/v1/explain", params={"leader": LEADER, "candidate": best["id"]}).json()
    assert told["score"] == best["score"]
    assert told["sentences"]["zh"]
    assert told["sentences"]["en"]
    absent = client.get("/api/v1/explain", params={"leader": LEADER, "candidate": LEADER}).json()
    assert absent["why_not"]["reasons"] == [{"code": "is_leader"}]


def test_nodes_page_by_key_to_the_end(client: TestClient) -> None:
    seen, cursor = [], ""
    while cursor is not None:
        params = {"limit": 50, "cursor": cursor}
        page = client.get("/api/v1/nodes/Segment", params=params).json()
        seen += [item["id"] for item in page["items"]]
        cursor = page["next_cursor"]
    assert seen == sorted(set(seen))
    assert len(seen) == client.get("/api/v1/stats").json()["nodes"]["Segment"]


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/api/v1/gaps", 400, "leader_or_chain"),
        ("/api/v1/gaps?leader=nobody", 404, "unknown_leader"),
        ("/api/v1/gaps?leader=demo-leader-jiqiren&world=flat", 400, "bad_choice"),
        ("/api/v1/gaps?leader=demo-leader-jiqiren&as_of=2026-13-01", 400, "bad_date"),
        ("/api/v1/rank?leader=demo-leader-jiqiren&top=0", 422, "bad_request"),
        ("/api/v1/nodes/Unicorn", 400, "bad_choice"),
        ("/api/v1/entities/Segment/none", 404, "unknown_node"),
        ("/api/v1/nowhere", 404, "http_404"),
    ],
)
def test_problems_are_worded(client: TestClient, path: str, status: int, code: str) -> None:
    answer = client.get(path)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["code"] == code
    assert problem["status"] == status
    assert problem["detail"] != code  # a sentence, not the code


@pytest.mark.parametrize("body", HOSTILE, ids=lambda b: repr(b[:24]))
def test_hostile_bodies_get_4xx(client: TestClient, body: bytes) -> None:
    answer = client.post("/api/v1/surveys", content=body)
    assert 400 <= answer.status_code < 500
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_survey_settles_an_unknown_segment_once(client: TestClient) -> None:
    segment = unknown_segment(client)
    finding = {**FINDING, "segment": segment}
    first = client.post("/api/v1/surveys", json=finding)
    assert (first.status_code, first.json()["status"]) == (201, "committed")
    answer = client.get("/api/v1/gaps", params={"leader": LEADER}).json()
    assert {s["segment"]: s["type"] for s in answer["segments"]}[segment] == "missing"
    again = client.post("/api/v1/surveys", json=finding)
    assert (again.status_code, again.json()["status"]) == (200, "unchanged")


def test_a_maker_found_is_added_with_its_source(client: TestClient) -> None:
    segment = unknown_segment(client)
    made = client.post(
        "/api/v1/surveys", json={**FINDING, "segment": segment, "maker": "示例新发现企业"}
    )
    assert made.status_code == 201
    answer = client.get("/api/v1/gaps", params={"leader": LEADER}).json()
    row = next(s for s in answer["segments"] if s["segment"] == segment)
    assert row["type"] in ("weak", "single_sourced")
    maker = row["suppliers"][0]["id"]
    facts = client.get(f"/api/v1/entities/Enterprise/{maker}").json()["facts"]
    assert {"走访记录"} == {f["source"] for f in facts}


def test_a_write_from_another_site_is_refused(client: TestClient) -> None:
    headers = {"Origin": "http://elsewhere.example"}
    assert client.post("/api/v1/surveys", json=FINDING, headers=headers).status_code == 403
    headers = {"Sec-Fetch-Site": "cross-site"}
    assert client.post("/surveys", data=FINDING, headers=headers).status_code == 403


def test_an_import_reports_rows_and_changes_nothing(client: TestClient) -> None:
    before = client.get("/api/v1/stats").json()["hash"]
    files = {"files": ("企业.csv", "编号,企业名称,规模\ne9,示例甲,巨大\n".encode())}
    answer = client.post("/api/v1/imports", files=files)
    assert answer.status_code == 422
    error = answer.json()["errors"][0]
    assert (error["file"], error["row"], error["column"]) == ("企业.csv", 2, "C")
    assert "巨大" in error["message"]
    assert "大型" in error["hint"]
    assert client.get("/api/v1/stats").json()["hash"] == before


def test_operation_ids_are_stable(client: TestClient) -> None:
    paths = client.get("/openapi.json").json()["paths"]
    found = sorted(op["operationId"] for ops in paths.values() for op in ops.values())
    assert found == [
        "applications",
        "audit",
        "chain_map",
        "commitments",
        "compare",
        "consultations",
        "courted",
        "entity",
        "explain",
        "fit",
        "flows",
        "gaps",
        "heat",
        "import",
        "landing",
        "milestones",
        "neighbourhood",
        "nodes",
        "outage",
        "park",
        "pipeline",
        "precheck",
        "rank",
        "readiness",
        "search",
        "session",
        "sessions",
        "shortlist",
        "standard",
        "standards",
        "stats",
        "trend",
        "verify",
    ]


def test_health(client: TestClient) -> None:
    assert client.get("/healthz").json() == {"ok": True}
    assert client.get("/readyz").status_code == 200
