"""准入预检 over the sample zone: gates and points by hand, each park by its own standard."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from api.standards import standards_of
from graph.errors import DataError, UsageError

PROJECT = "demo-p-fabeng"  # 10,000 万元 on 40 亩, tax 860, output 15,000, 230 jobs
DEFAULT = "park-liandong-zhihui"  # has its own standard for PARK, none for LAND
OWN = """
id = "own"
version = "1"
name = "本园标准"
park = "demo-park-binhai"
based_on = "default-land"
valid_from = 2026-01-01
document = "园发〔2026〕1号"
[[indicator]]
id = "investment-per-mu"
minimum = 240
"""


def checks(client: TestClient, project: str = PROJECT) -> dict[str, Any]:
    answer = client.get(f"/api/v1/precheck?project={project}").json()
    return {check["park"]: check for check in answer["checks"]}


def test_forty_mu_at_one_hundred_million_is_stopped_with_its_fix(client: TestClient) -> None:
    found = checks(client)[DEFAULT]
    assert found["standard"]["id"] == "default-land"
    gates = {gate["rule"]: gate for gate in found["assessment"]["gates"]}
    investment = gates["investment-per-mu"]
    assert (investment["verdict"], investment["value"]) == ("fail", 250.0)
    assert investment["fixes"][0] == {
        "field": "land_mu",
        "before": 40.0,
        "after": 35.7,
        "breaks": [],
    }
    assert (gates["tax-per-mu"]["verdict"], gates["tax-per-mu"]["value"]) == ("pass", 21.5)
    assert gates["v-redline"]["verdict"] == "unknown"
    assert found["assessment"]["outcome"] == "rejected"


def test_the_points_are_those_computed_by_hand(client: TestClient) -> None:
    """亩均: 8·250/350 + 10·21.5/24.097 + 6·1.2 (375/300 cut) = 21.84; months 0…6 unknown."""
    heads = {h["head"]: h for h in checks(client)[DEFAULT]["assessment"]["heads"]}
    low = 8 * 250 / 350 + 10 * 21.5 / 24.097 + 6 * 1.2
    assert heads["yield"]["low"] == pytest.approx(low)
    assert heads["yield"]["high"] == pytest.approx(low + 6)
    assert heads["yield"]["points"] is None
    assert heads["subject"]["low"] == pytest.approx(2 * 1.2)  # 1,300/15,000 tce is far below 0.5


def test_every_park_judges_by_its_own_standard(client: TestClient) -> None:
    found = checks(client)
    used = {park: check["standard"]["id"] for park, check in found.items()}
    assert used["park-zhongdian"] == "zhongdian-land"
    assert used["park-zhongdian-xinxigang"] == "zhongdian-land"  # 园中园 inherits
    assert used["demo-park-binhai"] == "default-land"
    gates = {g["rule"]: g for g in found["park-zhongdian"]["assessment"]["gates"]}
    assert gates["investment-per-mu"]["threshold"] == 600.0
    small = checks(client, "demo-p-shijue")  # for floor, not for land
    assert small["park-haier-xinxigu"]["standard"]["id"] == "xinxigu-park"


def test_the_evidence_of_the_chain_is_that_of_the_other_pages(client: TestClient) -> None:
    heads = checks(client)[DEFAULT]["assessment"]["heads"]
    items = {i["id"]: i["value"] for h in heads for i in h["items"]}
    landing = client.get(f"/api/v1/landing?project={PROJECT}").json()["leaders"]
    shares = [1 - one["after"] / one["before"] for one in landing if one["before"]]
    assert items["gain"] == pytest.approx(max(shares))
    (cell,) = client.get(f"/api/v1/fit?project={PROJECT}&park={DEFAULT}").json()["matrix"]
    assert items["positioning"] == cell["components"]["positioning"]
    assert items["orders"] is None


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize(
    "path", [f"/prechecks/{PROJECT}", "/prechecks/demo-p-shujuji?park=demo-park-binhai"]
)
def test_the_page(client: TestClient, path: str, lang: str) -> None:
    answer = client.get(path + ("&" if "?" in path else "?") + f"lang={lang}")
    assert answer.status_code == 200
    assert len(answer.content) <= 300_000
    assert " style=" not in answer.text
    assert (">无数据<" in answer.text) is (lang == "zh")


def test_the_page_says_what_to_change(client: TestClient) -> None:
    text = client.get(f"/prechecks/{PROJECT}").text
    assert "用地从 40.0 减到 35.7 亩就够" in text
    assert "总投资从 10,000 加到 11,200 万元就够" in text
    assert "待核" in text
    assert client.get("/prechecks/nobody").status_code == 404
    assert client.get(f"/prechecks/{PROJECT}?park=nowhere").status_code == 404
    assert client.get(f"/prechecks/{PROJECT}.xlsx").content[:2] == b"PK"


def test_a_park_operator_sees_its_own_park_only(client: TestClient) -> None:
    client.cookies.set("lianzhu-role", f"park:{DEFAULT}")
    assert set(checks(client)) == {DEFAULT}
    other = client.get("/api/v1/precheck?project=demo-p-bianpin")
    assert other.status_code == 404


def test_the_office_s_own_standards_are_read_from_a_folder(tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text(OWN, "utf-8")
    found = {s.id: s for s in standards_of(tmp_path, sample=False)}
    assert set(found) == {"default-land", "default-park", "own"}
    assert {i.id: i.minimum for i in found["own"].indicators}["investment-per-mu"] == 240.0
    assert found["own"].document == "园发〔2026〕1号"
    (tmp_path / "two.toml").write_text(OWN, "utf-8")
    with pytest.raises(UsageError, match="standard_twice"):
        standards_of(tmp_path, sample=False)
    (tmp_path / "two.toml").write_text(OWN.replace("240", '"240"').replace('"own"', '"x"'), "utf-8")
    with pytest.raises(DataError) as caught:
        standards_of(tmp_path, sample=False)
    assert caught.value.facts["standard"] == "two.toml"
    assert len(standards_of(tmp_path / "absent", sample=False)) == 2
