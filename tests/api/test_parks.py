"""Parks over the sample zone: pages, workbooks, REST and the command line say the same."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from openpyxl import load_workbook
from typer.testing import CliRunner

from api.cli import app

PROJECT, PARK, FIRM = "demo-p-fabeng", "demo-park-binhai-peitao", "demo-haian-dianji"
PAGES = [
    "/parks",
    f"/parks/{PARK}",
    "/parks/fit",
    "/parks/fit?stage=all",
    f"/parks/fit?project={PROJECT}&park={PARK}",
    f"/projects/{PROJECT}",
    f"/projects/{PROJECT}?region=370211&chain=chain-jiadian",
    f"/outages/{FIRM}",
]


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("path", PAGES)
def test_every_page(client: TestClient, path: str, lang: str) -> None:
    answer = client.get(path + ("&" if "?" in path else "?") + f"lang={lang}")
    assert answer.status_code == 200
    assert len(answer.content) <= 300_000
    assert not re.search(r'(src|href)="https?://', answer.text)
    assert " style=" not in answer.text


@pytest.mark.parametrize("path", ["/parks/none", "/projects/none", "/outages/none"])
def test_nobody_is_a_page_that_says_so(client: TestClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 404
    assert "没有叫“none”的" in answer.text


def test_the_reviewer_sees_the_change_that_would_pass(client: TestClient) -> None:
    text = client.get(f"/parks/fit?project={PROJECT}&park={PARK}").text
    assert "40 亩、投资 10,000 万元为 250 万元/亩，低于 280：用地不超过 35.7 亩" in text


def test_a_failed_rule_is_named_in_the_matrix(client: TestClient) -> None:
    cells = client.get("/api/v1/fit", params={"project": "demo-p-jiansuqi"}).json()["matrix"]
    failed = {c["park"]: [r["rule"] for r in c["rules"] if r["verdict"] == "fail"] for c in cells}
    assert failed["demo-park-jiqiren"] == ["load"]  # 10 kN/㎡ where floors carry 8
    assert failed["demo-park-binhai"] == []


def near(value: float | None) -> object:
    """A workbook keeps sixteen digits."""
    return None if value is None else pytest.approx(value, rel=1e-15)


def test_workbooks_hold_what_the_page_holds(client: TestClient) -> None:
    matrix = client.get("/api/v1/fit").json()["matrix"]
    answer = client.get("/parks/fit.xlsx", params={"stage": "all"})
    book = load_workbook(io.BytesIO(answer.content))
    rows = list(book.worksheets[0].iter_rows(min_row=2, values_only=True))
    assert len(rows) == len(matrix)
    assert [row[3] for row in rows] == [near(c["fit"]) for c in matrix]
    basis = dict(book["口径"].iter_rows(values_only=True))
    assert basis["数据日期"] == "2026-06-30"
    assert basis["land_mu"] == "20.0"
    assert basis["fit_weights.positioning"] == "0.4"
    assert str(basis["页面地址"]).endswith("/parks/fit?stage=all")
    parks = load_workbook(io.BytesIO(client.get("/parks.xlsx").content)).worksheets[0]
    assert parks.max_row - 1 == len({c["park"] for c in matrix})


def test_the_twin_answers_for_one_park_and_for_what_if(client: TestClient) -> None:
    park = client.get(f"/api/v1/parks/{PARK}").json()
    assert (park["id"], park["parent"]) == (PARK, "demo-park-binhai")
    landing = client.get("/api/v1/landing", params={"project": "示例变频压缩机项目"}).json()
    assert landing["after"] < landing["before"]
    outage = client.get("/api/v1/outage", params={"enterprise": FIRM}).json()
    assert outage["after"] > outage["before"]
    rank = client.get("/api/v1/rank", params={"leader": "demo-leader-jiadian"}).json()
    (mine,) = [c for c in rank["candidates"] if c["id"] == "demo-p-bianpin"]
    (change,) = [c for c in landing["leaders"] if c["leader"] == "demo-leader-jiadian"]
    assert change["before"] - change["after"] == pytest.approx(mine["gain"], abs=1e-9)


def test_the_command_says_what_rest_says(client: TestClient, tmp_path: Path) -> None:
    store = f"sqlite:///{tmp_path}/sample.db"
    asked = ["fit", "--project", "示例阀泵一体化项目", "--park", PARK, "--store", store]
    done = CliRunner().invoke(app, [*asked, "--json"])
    assert done.exit_code == 0
    rest = client.get("/api/v1/fit", params={"project": PROJECT, "park": PARK}).json()
    assert json.loads(done.stdout) == rest
    assert "示例" in CliRunner().invoke(app, asked).stdout
    assert CliRunner().invoke(app, ["fit", "--park", "none", "--store", store]).exit_code == 2


def test_a_failed_quantity_says_what_would_pass(client: TestClient) -> None:
    text = client.get("/parks/fit?project=demo-p-jiansuqi&park=demo-park-jiqiren").text
    assert "需要降到 8 kN/㎡ 以内，或换一个园区" in text


@pytest.mark.parametrize("colour", ["firms", "leaders", "concentration", "nonsense"])
def test_the_chain_is_coloured_as_asked(client: TestClient, colour: str) -> None:
    plain = client.get("/chains/chain-jiqiren?leader=demo-leader-jiqiren").text
    answer = client.get(f"/chains/chain-jiqiren?leader=demo-leader-jiqiren&colour={colour}")
    assert answer.status_code == 200
    tints = [re.findall(r"level-(\d)", text) for text in (plain, answer.text)]
    assert (tints[0] == tints[1]) == (colour == "nonsense")


def test_what_nobody_recorded_of_a_park_is_no_zero(client: TestClient) -> None:
    book = load_workbook(io.BytesIO(client.get("/parks.xlsx").content))
    head, *rows = book.worksheets[0].iter_rows(values_only=True)
    for title in ("定位环节", "在营企业", "申请项目"):
        cells = [row[head.index(title)] for row in rows]
        assert 0 not in cells
        assert {None, ""} & {*cells}


def test_an_operating_project_has_no_before_and_after(client: TestClient) -> None:
    text = client.get("/projects/demo-p-beiguang").text
    assert "项目已投产" in text
    assert "合计强度：" not in text
