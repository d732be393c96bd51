"""Pages over the sample zone: every one in both languages, forms, and leaving the sample."""

from __future__ import annotations

import re

import pytest
from fastapi.testclient import TestClient

CHAIN, LEADER = "chain-jiqiren", "demo-leader-jiqiren"
PAGES = [
    "/",
    f"/?chain={CHAIN}&leader={LEADER}",
    f"/chains/{CHAIN}",
    f"/chains/{CHAIN}?leader={LEADER}",
    f"/chains/{CHAIN}/gaps?leader={LEADER}",
    f"/chains/{CHAIN}/gaps?leader={LEADER}&world=closed&direction=both",
    f"/chains/{CHAIN}/candidates?leader={LEADER}",
    f"/chains/{CHAIN}/candidates?leader={LEADER}&kind=project&why={LEADER}",
    f"/chains/{CHAIN}/candidates",
    f"/chains/{CHAIN}/graph?leader={LEADER}",
    f"/chains/{CHAIN}/graph/frame",
    f"/entities/Enterprise/{LEADER}?chain={CHAIN}",
    "/method",
]


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("path", PAGES)
def test_every_page(client: TestClient, path: str, lang: str) -> None:
    answer = client.get(path + ("&" if "?" in path else "?") + f"lang={lang}")
    assert answer.status_code == 200
    assert len(answer.content) <= 300_000
    assert "default-src 'self'" in answer.headers["content-security-policy"]
    assert "unsafe" not in answer.headers["content-security-policy"]
    assert not re.search(r'(src|href)="https?://', answer.text)
    assert " style=" not in answer.text


def test_the_same_page_is_not_sent_twice(client: TestClient) -> None:
    first = client.get(PAGES[3])
    again = client.get(PAGES[3], headers={"If-None-Match": first.headers["etag"]})
    assert again.status_code == 304


@pytest.mark.parametrize(
    ("path", "status"),
    [("/nowhere", 404), ("/chains/none", 404), ("/entities/Enterprise/none", 404)],
)
def test_problems_are_pages(client: TestClient, path: str, status: int) -> None:
    answer = client.get(path)
    assert answer.status_code == status
    assert answer.text.startswith("<!doctype html>")


def test_the_form_settles_an_unknown_segment_and_comes_back(client: TestClient) -> None:
    gaps = client.get("/api/v1/gaps", params={"leader": LEADER}).json()
    segment = gaps["to_verify"][0]["segment"]
    form = {
        "region": "370211",
        "segment": segment,
        "verdict": "none",
        "source": "电话核实",
        "as_of": "2026-06-20",
        "next": f"//evil.example/chains/{CHAIN}/gaps?leader={LEADER}#verify",
    }
    answer = client.post("/surveys", data=form, follow_redirects=False)
    assert answer.status_code == 303
    assert answer.headers["location"].startswith(f"/chains/{CHAIN}/gaps?leader={LEADER}")
    shown = client.get(answer.headers["location"])
    assert "已记录核实结果" in shown.text
    after = client.get("/api/v1/gaps", params={"leader": LEADER}).json()
    assert segment not in [v["segment"] for v in after["to_verify"]]


def test_a_form_without_its_firm_is_told_so(client: TestClient) -> None:
    form = {
        "region": "370211",
        "segment": "seg-jiguangleida",
        "verdict": "found",
        "source": "x",
        "as_of": "2026-06-20",
    }
    referer = {"referer": f"http://testserver/chains/{CHAIN}/gaps?leader={LEADER}"}
    answer = client.post("/surveys", data=form, headers=referer)
    assert answer.status_code == 400
    assert f"/chains/{CHAIN}/gaps?leader={LEADER}" in answer.text


def test_leaving_the_sample_opens_an_empty_zone_of_ones_own(client: TestClient) -> None:
    answer = client.post("/blank", data={"lang": "zh"})
    assert answer.status_code == 200
    assert "示例智能家电" not in answer.text
    assert client.get("/api/v1/stats").json()["revision"] == 0


def test_a_page_of_the_sample_is_never_shown_for_ones_own_store(client: TestClient) -> None:
    tag = client.get("/").headers["etag"]
    client.post("/blank", data={"lang": "zh"})
    files = {"files": ("chains.csv", b"id,name\nmine,mine\n")}
    assert client.post("/api/v1/imports", files=files).json()["status"] == "committed"
    assert client.get("/api/v1/stats").json()["revision"] == 1  # as the sample's was
    assert client.get("/", headers={"If-None-Match": tag}).status_code == 200


def test_the_first_page_sees_from_the_chosen_region(client: TestClient) -> None:
    own, other = client.get("/").text, client.get("/?region=370212").text
    gaps = client.get("/api/v1/gaps", params={"leader": LEADER, "region": "370212"}).json()
    assert f">{gaps['total']:.2f}<" in other
    assert f">{gaps['total']:.2f}<" not in own


def test_a_check_still_to_come_and_an_unknown_verdict_are_refused(client: TestClient) -> None:
    form = {
        "region": "370211",
        "segment": client.get("/api/v1/gaps", params={"leader": LEADER}).json()["to_verify"][0][
            "segment"
        ],
        "source": "x",
        "as_of": "2126-01-01",
        "verdict": "none",
    }
    assert client.post("/surveys", data=form).status_code == 400
    form |= {"as_of": "2026-01-01", "verdict": "perhaps"}
    assert client.post("/surveys", data=form).status_code == 422
    assert client.get("/api/v1/stats").json()["revision"] == 1


def test_the_template_downloads(client: TestClient) -> None:
    answer = client.get("/template.xlsx")
    assert answer.content.startswith(b"PK")
    assert "attachment" in answer.headers["content-disposition"]


def test_the_api_page_runs_under_its_policy(client: TestClient) -> None:
    answer = client.get("/docs")
    assert answer.status_code == 200
    assert "'sha256-" in answer.headers["content-security-policy"]
    assert not re.search(r'(src|href)="https?://', answer.text)
