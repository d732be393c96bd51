"""Flows and comparison over the sample zone: pages in both languages, twins, refusals."""

from __future__ import annotations

import io
import re

import pytest
from fastapi.testclient import TestClient
from openpyxl import load_workbook

CHAIN, LEADER = "chain-jiadian", "demo-leader-jiadian"
PAGES = [
    f"/chains/{CHAIN}/flows",
    f"/chains/{CHAIN}/flows?leader={LEADER}",
    f"/chains/{CHAIN}/flows?leader={LEADER}&region=370200",
    f"/chains/{CHAIN}/compare",
    f"/chains/{CHAIN}/compare?leader={LEADER}&with=330000&with=370214",
    f"/chains/{CHAIN}/compare?with=370212&with=370283&with=370200&with=440300",
    f"/chains/{CHAIN}/compare?with=430000",
]


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("path", PAGES)
def test_every_page(client: TestClient, path: str, lang: str) -> None:
    answer = client.get(path + ("&" if "?" in path else "?") + f"lang={lang}")
    assert answer.status_code == 200
    assert len(answer.content) <= 300_000
    assert "unsafe" not in answer.headers["content-security-policy"]
    assert not re.search(r'(src|href)="https?://', answer.text)
    assert " style=" not in answer.text
    assert not re.search(r"<script(?![^>]*src=)", answer.text)
    again = client.get(answer.request.url, headers={"If-None-Match": answer.headers["etag"]})
    assert again.status_code == 304


def test_all_comparators_follow_into_every_link(client: TestClient) -> None:
    path = f"/chains/{CHAIN}/compare?with=330000&with=370214"
    html = client.get(path).text
    language = re.search(r'class="language" href="([^"]+)"', html)
    assert language
    other = client.get(language[1].replace("&amp;", "&")).text
    assert other.count('<section class="versus">') == html.count('<section class="versus">') == 2


def test_the_twins_say_what_the_pages_say(client: TestClient) -> None:
    html = client.get(f"/chains/{CHAIN}/flows?leader={LEADER}").text
    twin = re.search(r'href="(/api/v1/flows[^"]+)"', html)
    assert twin
    answer = client.get(twin[1].replace("&amp;", "&")).json()
    assert f"{100 * answer['local']['share']:.1f}%" in html
    assert answer["local"]["unvalued"] == 1
    html = client.get(f"/chains/{CHAIN}/compare?leader={LEADER}&with=330000&with=370214").text
    twin = re.search(r'href="(/api/v1/compare[^"]+)"', html)
    assert twin
    answer = client.get(twin[1].replace("&amp;", "&")).json()
    assert [r["region"] for r in answer["there"]] == ["330000", "370214"]


def test_a_leader_alone_is_asked_in_its_own_chain(client: TestClient) -> None:
    for twin in ("flows", "compare"):
        assert client.get(f"/api/v1/{twin}?leader={LEADER}").json()["chain"] == CHAIN
    problem = client.get("/api/v1/flows?leader=demo-wai-yasuoji")
    assert (problem.status_code, problem.json()["code"]) == (400, "chain_needed")


def test_the_workbooks_hold_the_tables_and_what_they_rest_on(client: TestClient) -> None:
    answer = client.get(f"/chains/{CHAIN}/flows.xlsx?leader={LEADER}")
    assert "attachment" in answer.headers["content-disposition"]
    book = load_workbook(io.BytesIO(answer.content))
    assert len(book.sheetnames) == 4
    assert "口径" in book.sheetnames[-1]
    assert book.worksheets[0].max_row == 1 + len(
        client.get(f"/api/v1/flows?leader={LEADER}").json()["flows"]
    )
    answer = client.get(f"/chains/{CHAIN}/compare.xlsx?with=330000&with=370214")
    heads = [c.value for c in load_workbook(io.BytesIO(answer.content)).worksheets[0][1]]
    assert "对浙江省" in heads
    assert "对城阳区" in heads


@pytest.mark.parametrize(
    ("path", "status"),
    [
        (f"/chains/{CHAIN}/compare?with=1&with=2&with=3&with=4&with=5", 400),
        (f"/chains/{CHAIN}/compare?with=没有这个区", 404),
        ("/chains/none/compare", 404),
        ("/chains/none/flows", 404),
        (f"/chains/{CHAIN}/flows?leader=nobody", 404),
    ],
)
def test_refusals_are_pages(client: TestClient, path: str, status: int) -> None:
    answer = client.get(path)
    assert answer.status_code == status
    assert answer.text.startswith("<!doctype html>")


def test_a_comparator_may_be_named(client: TestClient) -> None:
    answer = client.get(f"/api/v1/compare?chain={CHAIN}&with=浙江省&with=").json()
    assert [r["region"] for r in answer["there"]] == ["330000"]
