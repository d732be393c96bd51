"""The one-file page from disk, without a network: it works, and no name in it ever runs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from graph.analysis.picture import CAP
from graph.model import Node, Ref, Rel
from tests.viz import made
from viz.contexts import Choice
from viz.network import one_file
from viz.relations import GraphPage

# Each would set the title, ask somebody, or open a dialog where it ran.
PAYLOADS = [
    "<script>document.title='run'</script>",
    "</script><script>document.title='run'</script>",
    "<img src=x onerror=\"document.title='run'\">",
    "<svg onload=document.title='run'>",
    "</title><script>document.title='run'</script>",
    "</style><script>document.title='run'</script>",
    "\"><script>document.title='run'</script>",
    "' onmouseover='document.title=1' x='",
    "<!--<script>document.title='run'",
    "javascript:document.title='run'",
    "{{ 7 * 7 }}{% raw %}\u2028document.title='run'\u2029",
    "<iframe srcdoc=\"<script>parent.document.title='run'</script>\"></iframe>",
]


def page(lang: str = "zh", names: dict[str, str] = made.NAMES, extra: int = 0) -> GraphPage:
    nodes, rels = made.graph(extra)
    chains = [Choice("robot", names["robot"])]
    frame = made.frame(lang, "/chains/robot/graph.html", chains=chains)
    return GraphPage(frame, made.shown(nodes, rels, nodes[0].ref, 3), names)


def test_scripts_are_ours_alone_and_named_by_their_hashes() -> None:
    html = one_file(page(), {})
    assert len(re.findall(r"^<script", html, re.M)) == 4  # one of them data
    (policy,) = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]*)"', html)
    assert policy.count("sha256-") == 4  # three scripts and the style
    assert "sourceMappingURL" not in html


@pytest.mark.parametrize("payload", PAYLOADS)
def test_payloads_reach_the_file_as_text(payload: str) -> None:
    evil = dict.fromkeys(made.NAMES, payload)
    html = one_file(page(names=evil), {"s-servo": "missing"})
    plain = one_file(page(), {"s-servo": "missing"})
    for tag in ("<script", "</script", "<style", "</style", "<img", "<iframe", "<svg", "<!--"):
        assert html.count(tag) == plain.count(tag), tag


def test_english() -> None:
    html = one_file(page("en", dict.fromkeys(made.NAMES, "x")), {})
    assert '<html lang="en">' in html
    assert not re.search("[一-鿿]", re.sub(r"<(script|style).*?</\1>", "", html, flags=re.S))


def test_a_full_picture_is_under_a_megabyte() -> None:
    full = page(extra=CAP)
    picture = made.shown(list(full.picture.nodes[:CAP]), list(full.picture.rels))
    assert len(one_file(replace(full, picture=picture), {}).encode()) < 900_000


@pytest.fixture(scope="module")
def offline(chromium: str) -> Iterator[object]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        browser = play.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-gpu"]
        )
        yield browser.new_context(offline=True, viewport={"width": 1366, "height": 900})
        browser.close()


@pytest.fixture
def tab(offline):
    """A tab without a network that collects what must not happen."""
    opened = offline.new_page()
    opened.wrong = []
    opened.on("dialog", lambda d: (opened.wrong.append("dialog"), d.dismiss()))
    opened.on("pageerror", lambda e: opened.wrong.append(str(e)))
    opened.on("console", lambda m: opened.wrong.append(m.text) if m.type != "log" else None)
    opened.on("request", lambda r: opened.wrong.append(r.url) if opened.wrong_from(r.url) else None)
    opened.wrong_from = lambda url: not url.startswith(("file:", "data:", "blob:"))
    yield opened
    opened.close()


@pytest.mark.browser
def test_it_opens_from_disk_and_everything_works(tab, tmp_path: Path) -> None:
    path = tmp_path / "关系图.html"
    path.write_text(one_file(page(), {"s-servo": "missing"}), "utf-8")
    tab.goto(path.as_uri())
    tab.locator("canvas").wait_for()
    tab.fill("#graph-search", "减速器")
    tab.locator("#graph-search").blur()
    tab.locator("#graph-aside li").first.wait_for()
    assert "苏州绿驱传动科技股份有限公司 → 生产 → 减速器" in tab.inner_text("#graph-aside")
    tab.uncheck("#graph-kinds input[value=Park]")
    with tab.expect_download() as saved:
        tab.click("#graph-png")
    assert saved.value.path().read_bytes().startswith(b"\x89PNG")
    assert tab.locator("table").count() == 2
    assert tab.wrong == []


@pytest.mark.browser
@pytest.mark.parametrize("payload", PAYLOADS)
def test_no_payload_runs(tab, tmp_path: Path, payload: str) -> None:
    evil = dict.fromkeys(made.NAMES, payload)
    full = page(names=evil)
    ref = Ref("Enterprise", payload)
    nodes = [*full.picture.nodes, Node(ref, {"name": payload})]
    rels = [*full.picture.rels, Rel("SUPPLIES", ref, nodes[0].ref, payload)]
    path = tmp_path / "evil.html"
    picture = made.shown(nodes, rels, ref)
    path.write_text(one_file(replace(full, picture=picture), {}), "utf-8")
    tab.goto(path.as_uri())
    tab.locator("canvas").wait_for()
    title = tab.title()
    tab.fill("#graph-search", payload)
    tab.locator("#graph-search").blur()
    tab.locator("#graph-aside li").first.wait_for()
    for summary in tab.locator("summary").all():
        summary.click()
    tab.locator("#graph").hover()
    assert tab.inner_text("#graph-aside h2").split() == payload.split()
    assert tab.title() == title != "run"
    assert tab.evaluate("document.querySelectorAll('img, iframe, table script').length") == 0
    assert tab.wrong == []
