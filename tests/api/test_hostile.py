"""Hostile values in every text parameter: an answer below 500, always."""

from __future__ import annotations

import pytest
from fastapi.testclient import TestClient

VALUES = [
    "", "%00", "%ed%a0%80", "%ff", "'", '"', "*", "(", "a OR b", "NEAR(", "\\", "%0a", "<script>",
    "../../x", "9" * 300, "１", "nan", "1e999", "-1", "null", "机器人", "%F0%9F%98%80",
]  # fmt: skip
LEADER = "leader=demo-leader-jiqiren"
ADDRESSES = [
    "/api/v1/gaps?leader={}",
    f"/api/v1/gaps?{LEADER}&region={{}}",
    f"/api/v1/gaps?{LEADER}&as_of={{}}",
    "/api/v1/gaps?chain={}",
    f"/api/v1/rank?{LEADER}&top={{}}",
    f"/api/v1/rank?{LEADER}&segment={{}}",
    f"/api/v1/explain?{LEADER}&candidate={{}}",
    "/api/v1/nodes/{}",
    "/api/v1/nodes/Segment?cursor={}",
    "/api/v1/nodes/Segment?limit={}",
    "/api/v1/entities/Segment/{}",
    "/api/v1/search?q={}",
    "/api/v1/neighbourhood/Segment/{}",
    "/?leader={}",
    "/chains/{}",
    "/chains/chain-jiqiren?leader={}",
    "/chains/chain-jiqiren/gaps?region={}",
    "/chains/chain-jiqiren/gaps?from={}",
    "/chains/chain-jiqiren/candidates?why={}",
    "/chains/chain-jiqiren/graph?center=Segment:{}",
    "/chains/chain-jiqiren/graph/frame?center={}",
    "/entities/Enterprise/{}",
    "/entities/{}/x",
    "/static/{}",
]
FORM = {
    "region": "370211",
    "segment": "seg-jiguangleida",
    "source": "x",
    "as_of": "2026-01-01",
    "verdict": "none",
}


@pytest.mark.parametrize("address", ADDRESSES)
def test_addresses(client: TestClient, address: str) -> None:
    before = client.get("/api/v1/stats").json()["hash"]
    for value in VALUES:
        assert client.get(address.replace("{}", value)).status_code < 500, value
    assert client.get("/api/v1/stats").json()["hash"] == before  # reading writes nothing


@pytest.mark.parametrize("field", [*FORM, "firm", "next"])
def test_forms(client: TestClient, field: str) -> None:
    for value in VALUES:
        answer = client.post("/surveys", data={**FORM, field: value}, follow_redirects=False)
        assert answer.status_code < 500, value


@pytest.mark.parametrize(
    "name", ["..", "a/b.csv", "\x00.csv", "C:\\x\\y.csv", ".hidden", "x" * 300]
)
def test_upload_names(client: TestClient, name: str) -> None:
    answer = client.post("/api/v1/imports", files={"files": (name, b"x,y\n1,2\n")})
    assert 400 <= answer.status_code < 500


def test_two_files_of_one_name(client: TestClient) -> None:
    twice = [("files", ("chains.csv", b"id,name\nc9,x\n"))] * 2
    assert client.post("/api/v1/imports", files=twice).json()["code"] == "bad_file_name"
