"""Tasks and the first page: what waits is said, and goes when it is done."""

from __future__ import annotations

from datetime import date

import pytest
from fastapi.testclient import TestClient

CHAIN, LEADER = "chain-jiqiren", "demo-leader-jiqiren"
TASK = {
    "segment": "seg-jiguangleida", "region": "370211", "chain": CHAIN, "leader": LEADER,
    "reason": "unknown", "assignee": "王<b>", "due": "2026-07-31",
    "next": f"/chains/{CHAIN}/gaps?leader={LEADER}#verify",
}  # fmt: skip


@pytest.fixture
def today(client: TestClient) -> date:
    day = date(2026, 8, 1)
    client.app.state.today = day  # type: ignore[attr-defined]
    return day


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("path", ["/", "/tasks"])
def test_every_page(client: TestClient, path: str, lang: str) -> None:
    client.post("/tasks", data=TASK)
    answer = client.get(f"{path}?lang={lang}")
    assert answer.status_code == 200
    assert len(answer.content) <= 300_000
    assert " style=" not in answer.text


def test_a_task_is_given_from_the_gaps_and_stands_on_the_first_page(
    client: TestClient, today: date
) -> None:
    assert "派任务" in client.get(f"/chains/{CHAIN}/gaps?leader={LEADER}").text
    home = client.get("/")
    done = client.post("/tasks", data=TASK, follow_redirects=False)
    assert done.headers["location"].startswith(f"/chains/{CHAIN}/gaps?")
    assert "任务已派出" in client.get(done.headers["location"]).text
    page = client.get("/tasks").text
    assert "王&lt;b&gt;" in page
    assert "已逾期" in page  # due the day before
    again = client.get("/", headers={"If-None-Match": home.headers["etag"]})
    assert "1 项核实任务已逾期" in again.text
    assert today.isoformat() > TASK["due"]


def test_a_settled_task_says_so_and_is_closed(client: TestClient) -> None:
    client.post("/tasks", data=TASK)
    verdict = {"region": "370211", "segment": TASK["segment"], "verdict": "none"}
    client.post("/surveys", data={**verdict, "source": "走访", "as_of": "2026-06-20"})
    page = client.get("/tasks").text
    assert "已有结果，可办结" in page
    task = page.split('action="/tasks/')[1].split("/")[0]
    client.post(f"/tasks/{task}/close")
    assert "没有待办的核实任务" in client.get("/tasks").text
    assert client.post(f"/tasks/{task}/close").status_code == 404


@pytest.mark.parametrize(
    ("changes", "status"),
    [({"segment": "none"}, 404), ({"assignee": " "}, 400), ({"due": "soon"}, 400)],
)
def test_what_makes_no_sense(client: TestClient, changes: dict[str, str], status: int) -> None:
    assert client.post("/tasks", data={**TASK, **changes}).status_code == status
    assert "没有待办的核实任务" in client.get("/tasks").text


def test_the_pipeline_counts_projects_by_stage(client: TestClient) -> None:
    items = client.get("/api/v1/nodes/Project", params={"limit": 500}).json()["items"]
    signed = sum(item["stage"] == "signed" for item in items)
    assert f"已签约 <strong>{signed}</strong>" in client.get("/").text
