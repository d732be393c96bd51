"""The journey an officer makes, in a real browser: nothing leaves the machine, nothing is run."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Watched

pytestmark = pytest.mark.browser
LEADER = "demo-leader-jiqiren"
# What a test needs of an engine is that its answers reach the page and its forms reach the store.
on_both_engines = pytest.mark.parametrize("served", ["sqlite", "neo4j"], indirect=True)


@on_both_engines
def test_home_chain_gap_candidate_evidence(watched: Watched) -> None:
    page = watched.page
    page.goto(watched.base)
    expect(page).to_have_title(re.compile("今天要处理什么"))
    page.click(f"a[href*='/gaps'][href*='{LEADER}'] >> nth=0")
    expect(page).to_have_title(re.compile("先补哪里"))
    page.click("text=看可补企业 >> nth=0")
    expect(page).to_have_title(re.compile("哪些企业能补"))
    assert LEADER in page.url  # the question stays
    assert "segment=" in page.url
    first = page.locator("main table tbody a[href*='/entities/']").first
    name = first.inner_text()
    first.click()
    assert name.strip("★ ") in page.inner_text("main")
    assert "示例数据" in page.inner_text("main")  # the source beside the facts
    watched.clean()


def test_every_page_of_the_journey_is_clean(watched: Watched) -> None:
    chain = f"{watched.base}/chains/chain-jiqiren"
    for path in ("", "/gaps", "/candidates", "/graph"):
        watched.page.goto(f"{chain}{path}?leader={LEADER}")
    for path in ("/method", "/", f"/entities/Enterprise/{LEADER}?lang=en", "/docs"):
        watched.page.goto(watched.base + path)
    watched.page.wait_for_load_state("networkidle")
    watched.clean()


def test_the_graph_is_drawn_inside_its_sandbox(watched: Watched) -> None:
    watched.page.goto(f"{watched.base}/chains/chain-jiqiren/graph?leader={LEADER}")
    canvas = watched.page.frame_locator("#graph-frame").locator("canvas")
    canvas.wait_for()
    box = canvas.bounding_box()
    assert box is not None
    assert box["width"] > 300
    watched.clean()


@on_both_engines
def test_verifying_a_segment_takes_one_form(watched: Watched) -> None:
    page = watched.page
    page.goto(f"{watched.base}/chains/chain-xianshi/gaps?leader=demo-leader-xianshi")
    row = page.locator("#verify tbody tr, section#verify tr").filter(has=page.locator("form")).first
    segment = row.locator("input[name=segment]").first.get_attribute("value")
    row.locator("summary").first.click()
    row.locator("input[name=verdict][value=none]").check()
    row.locator("input[name=source]").fill("电话核实示例")
    row.locator("input[name=as_of]").fill("2026-06-20")
    row.locator("form button").click()
    assert "已记录核实结果" in page.inner_text("body")
    assert page.locator(f"input[name=segment][value='{segment}']").count() == 0
    watched.clean()


def test_scripts_in_names_stay_text(watched: Watched) -> None:
    page = watched.page
    for path in (
        "/",
        "/chains/x-chain?leader=x-leader",
        "/chains/x-chain/gaps?leader=x-leader&world=closed",
        "/chains/x-chain/candidates?leader=x-leader&world=closed",
        "/chains/x-chain/graph?leader=x-leader",
        "/entities/Enterprise/x-maker",
        "/entities/Segment/x-part",
        "/chains/x-chain/flows?leader=x-leader",
        "/chains/x-chain/compare?leader=x-leader&with=310115",
        "/chains/x-chain/schema",
        "/chains/x-chain/report?leader=x-leader&world=closed",
        "/parks",
        "/parks/x-park",
        "/parks/fit?project=x-project&park=x-park",
        "/projects/x-project",
        "/outages/x-maker",
    ):
        page.goto(watched.base + path)
        page.wait_for_load_state("networkidle")
        assert page.title() != "run"
        assert "<script>" in page.inner_text("body")  # shown as text
    frame = next(f for f in [*page.frames] if f)
    assert frame.title() != "run"
    watched.clean()
