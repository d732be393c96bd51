"""The skeleton of a chain: shown, added to, taken out as a workbook, copied to another chain."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from openpyxl import load_workbook

from graph.store.base import GraphStore
from ingest.pipeline import load

CHAIN = "chain-jiqiren"
URL = f"/chains/{CHAIN}/schema"
TOLD = {"source": "行业报告第 3 页", "as_of": "2026-05-01", "next": URL}


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_page(client: TestClient, lang: str) -> None:
    answer = client.get(f"{URL}?lang={lang}")
    assert answer.status_code == 200
    assert len(answer.content) <= 300_000
    assert " style=" not in answer.text
    assert "谐波减速器" in answer.text


def test_a_segment_and_an_input_are_added_and_asked_for_at_once(client: TestClient) -> None:
    form = {**TOLD, "name": "示例新部件", "stage": "upstream"}
    done = client.post(f"/chains/{CHAIN}/segments", data=form, follow_redirects=False)
    assert done.status_code == 303
    assert "已加入骨架" in client.get(done.headers["location"]).text
    form = {**TOLD, "input": "示例新部件", "output": "工业机器人", "weight": "0.3"}
    client.post(f"/chains/{CHAIN}/inputs", data=form)
    gaps = client.get("/api/v1/gaps", params={"leader": "demo-leader-jiqiren"}).json()
    (found,) = [s for s in gaps["segments"] if s["name"] == "示例新部件"]
    assert found["criticality"] == pytest.approx(0.875 * 0.3)
    assert found["chains"] == [CHAIN]


def test_a_segment_of_another_chain_becomes_a_member(client: TestClient) -> None:
    form = {**TOLD, "name": "门封条", "stage": "upstream"}
    client.post(f"/chains/{CHAIN}/segments", data=form)
    cells = client.get(f"/api/v1/chains/{CHAIN}/map", params={"chain": CHAIN}).json()["cells"]
    assert [c["stage"] for c in cells if c["name"] == "门封条"] == ["upstream"]


@pytest.mark.parametrize(
    ("path", "form", "status"),
    [
        ("segments", {"name": " "}, 400),
        ("inputs", {"input": "没有的环节", "output": "工业机器人"}, 404),
        ("inputs", {"input": "轴承", "output": "工业机器人", "weight": "2"}, 400),
        ("inputs", {"input": "轴承", "output": "工业机器人", "weight": "很多"}, 400),
    ],
)
def test_what_makes_no_sense_changes_nothing(
    client: TestClient, path: str, form: dict[str, str], status: int
) -> None:
    before = client.get("/api/v1/stats").json()["hash"]
    assert client.post(f"/chains/{CHAIN}/{path}", data={**TOLD, **form}).status_code == status
    assert client.get("/api/v1/stats").json()["hash"] == before


def saved(client: TestClient, path: Path, copy: str = "") -> Path:
    answer = client.get(f"{URL}.xlsx", params={"copy": copy} if copy else {})
    path.write_bytes(answer.content)
    return path


def test_the_workbook_comes_back_unchanged(
    client: TestClient, sample_store: GraphStore, tmp_path: Path
) -> None:
    book = load_workbook(saved(client, tmp_path / "a.xlsx"))
    assert book.sheetnames == ["产业链", "环节", "投入"]
    assert book["产业链"].max_row == 2
    before = sample_store.stats()
    report = load([tmp_path / "a.xlsx"], sample_store)
    assert report.errors == []
    assert (report.created, report.updated) == (0, 0)
    assert sample_store.stats().hash == before.hash


def test_a_copy_is_another_chain_with_the_same_segments(
    client: TestClient, sample_store: GraphStore, tmp_path: Path
) -> None:
    report = load([saved(client, tmp_path / "b.xlsx", "示例特种机器人链")], sample_store)
    assert report.errors == []
    chains = {c["name"]: c["id"] for c in client.get("/api/v1/nodes/Chain").json()["items"]}
    copy = chains["示例特种机器人链"]
    asked = {"leader": "demo-leader-jiqiren"}
    maps = (client.get(f"/api/v1/chains/{c}/map", params=asked).json() for c in (CHAIN, copy))
    cells = [{c["segment"]: c["stage"] for c in found["cells"]} for found in maps]
    assert cells[0] == cells[1]
    taken = client.get(f"{URL}.xlsx", params={"copy": "示例特种机器人链"})
    assert taken.status_code == 400


def test_text_is_never_a_formula(client: TestClient, tmp_path: Path) -> None:
    form = {**TOLD, "name": "=1+1", "stage": ""}
    client.post(f"/chains/{CHAIN}/segments", data=form)
    book = load_workbook(io.BytesIO(client.get(f"{URL}.xlsx").content))
    cells = [cell for row in book["环节"].iter_rows() for cell in row if cell.value == "=1+1"]
    assert [cell.data_type for cell in cells] == ["s"]
