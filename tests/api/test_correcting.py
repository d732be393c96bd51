"""A fact corrected on its page: kept as a claim, worth its grade and date, and undoable."""

from __future__ import annotations

import re
from typing import Any

import pytest
from fastapi.testclient import TestClient

FIRM = "demo-haian-dianji"
FORM = {
    "owner": "Enterprise", "src": FIRM, "field": "status", "value": "停业", "source": "市监公告",
    "as_of": "2026-07-01", "next": f"/entities/Enterprise/{FIRM}",
}  # fmt: skip


def seen(client: TestClient, form: dict[str, str]) -> str:
    """The mark that the form on the thing's page brings back; none where there is no such page."""
    asked = {"fix": form["owner"], "to": form.get("dst", ""), "key": form.get("key", "")}
    page = client.get(f"/entities/Enterprise/{form['src']}", params=asked).text
    found = re.search(r'name="seen" value="(\w+)"', page)
    return found[1] if found else "none"


def correct(client: TestClient, form: dict[str, str], **options: bool) -> Any:
    return client.post("/corrections", data={"seen": seen(client, form), **form}, **options)  # type: ignore[arg-type]


def test_what_another_changed_meanwhile_is_not_overwritten(client: TestClient) -> None:
    form = {**FORM, "seen": seen(client, FORM)}
    assert client.post("/corrections", data={**form, "value": "在营"}).status_code == 200
    refused = client.post("/corrections", data=form)
    assert refused.status_code == 412
    assert "已经有人改过" in refused.text
    assert ("closed", "verified", True) not in facts(client, "status")
    again = client.post("/corrections", data={**form, "value": "在营"})  # sent twice: one change
    assert again.status_code == 200
    assert correct(client, FORM).status_code == 200


def suppliers(client: TestClient, segment: str = "seg-jiadiandianji") -> list[str]:
    """Who supplies a segment here, with something to sell."""
    asked = {"leader": "demo-leader-jiadian", "as_of": "2026-06-30"}
    found = client.get("/api/v1/gaps", params=asked).json()["segments"]
    (row,) = [s for s in found if s["segment"] == segment]
    return [f["id"] for f in row["suppliers"] if f["x"] > 0]


def facts(client: TestClient, field: str, id: str = FIRM) -> list[tuple[object, str, bool]]:
    found = client.get(f"/api/v1/entities/Enterprise/{id}").json()["facts"]
    return [(f["value"], f["grade"], f["shown"]) for f in found if f["field"] == field]


def test_closing_a_firm_changes_the_numbers_and_can_be_undone(client: TestClient) -> None:
    before, old = suppliers(client), facts(client, "status")
    done = correct(client, FORM, follow_redirects=False)
    assert done.status_code == 303
    page = client.get(done.headers["location"])
    assert "更正已记入" in page.text
    assert ("closed", "verified", True) in facts(client, "status")
    assert suppliers(client) == [f for f in before if f != FIRM]
    batch = done.headers["location"].split("batch=")[1].split("&")[0]
    undone = client.post("/corrections/undo", data={"batch": batch, "next": "/"})
    assert "已撤销更正" in undone.text
    assert facts(client, "status") == old
    assert suppliers(client) == before
    assert FIRM in before


def test_the_old_claim_stays_beside_the_new_one(client: TestClient) -> None:
    before = facts(client, "revenue_wan")
    correct(client, {**FORM, "field": "revenue_wan", "value": "1.2亿元"})
    after = facts(client, "revenue_wan")
    assert (12_000.0, "verified", True) in after
    assert [(value, grade) for value, grade, _ in before] == [
        (value, grade) for value, grade, _ in after if grade != "verified"
    ]


def test_a_relation_is_corrected_by_its_ends(client: TestClient) -> None:
    url = f"/entities/Enterprise/{FIRM}?fix=PRODUCES&to=seg-jiadiandianji"
    assert "更正“生产 → 家电电机”" in client.get(url).text
    form = {
        **FORM,
        "owner": "PRODUCES",
        "dst": "seg-jiadiandianji",
        "field": "capacity",
        "value": "0",
    }
    assert correct(client, form, follow_redirects=False).status_code == 303
    assert FIRM not in suppliers(client)  # it makes none any more
    nobody = correct(client, {**form, "dst": "seg-none"})
    assert nobody.status_code == 404


def test_a_reference_is_found_by_name(client: TestClient) -> None:
    correct(client, {**FORM, "field": "region", "value": "崂山区"})
    assert ("370212", "verified", True) in facts(client, "region")


@pytest.mark.parametrize(
    ("changes", "status", "told"),
    [
        ({"field": "revenue_wan", "value": "很多"}, 400, "很多"),
        ({"field": "status", "value": "还行"}, 400, "还行"),
        ({"field": "id", "value": "x"}, 400, "id"),
        ({"field": "region", "value": "无此区县名"}, 404, "无此区县名"),
        ({"value": ""}, 400, ""),
        ({"source": " "}, 400, ""),
        ({"as_of": "2999-01-01"}, 400, "2999"),
        ({"src": "nobody"}, 404, "nobody"),
    ],
)
def test_what_makes_no_sense_changes_nothing(
    client: TestClient, changes: dict[str, str], status: int, told: str
) -> None:
    revision = client.get("/api/v1/stats").json()["revision"]
    answer = correct(client, {**FORM, **changes})
    assert (answer.status_code, told in answer.text) == (status, True)
    assert client.get("/api/v1/stats").json()["revision"] == revision


def test_an_older_correction_is_not_undone_after_a_newer_one(client: TestClient) -> None:
    first = correct(client, FORM, follow_redirects=False)
    correct(client, {**FORM, "value": "在营", "as_of": "2026-07-02"})
    batch = first.headers["location"].split("batch=")[1].split("&")[0]
    assert client.post("/corrections/undo", data={"batch": batch}).status_code == 400
    assert ("active", "verified", True) in facts(client, "status")
