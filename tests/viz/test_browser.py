"""In a real Chromium under the real policy: hostile names stay text, the framed graph works."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from pathlib import Path

import pytest

from tests.viz import made
from tests.viz.checked import poisoned
from viz.network import frame
from viz.pages import render

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
POLICY = "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'"
EVIL = "</script><img src=x onerror=alert(1)><script>alert(1)</script>"

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="needs a Chromium: apt-get install chromium"),
]


class Handler(SimpleHTTPRequestHandler):
    def end_headers(self) -> None:
        self.send_header("Content-Security-Policy", POLICY)
        super().end_headers()

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    root = tmp_path_factory.mktemp("site")
    (root / "static").symlink_to(Path(str(files("viz") / "static")))
    nodes, rels = made.graph(5)
    evil = dict.fromkeys([n.ref.id for n in nodes], EVIL)
    for folder, names in (("plain", made.NAMES), ("evil", evil)):
        (root / folder).mkdir()
        for name, page in made.pages("zh", names).items():
            html = render(poisoned(page, EVIL) if folder == "evil" else page)
            html = html.replace("/chains/robot/graph/frame?", f"/{folder}/frame.html?")
            (root / folder / f"{name}.html").write_text(html, "utf-8")
        (root / folder / "frame.html").write_text(frame(nodes, rels, names=names), "utf-8")
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(root)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def browser():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        started = play.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"]
        )
        yield started
        started.close()


@pytest.fixture
def tab(browser, site):
    """A tab that collects what must not happen: dialogs, errors, requests elsewhere."""
    page = browser.new_page(viewport={"width": 1366, "height": 900})
    page.wrong = []
    page.on("dialog", lambda d: (page.wrong.append("dialog"), d.dismiss()))
    page.on("pageerror", lambda e: page.wrong.append(str(e)))
    page.on("console", lambda m: page.wrong.append(m.text) if m.type == "error" else None)
    page.on(
        "request",
        lambda r: page.wrong.append(r.url) if not r.url.startswith((site, "data:", "blob:")) else 0,
    )
    yield page
    page.close()


@pytest.mark.parametrize("folder", ["plain", "evil"])
@pytest.mark.parametrize("name", made.pages("zh"))
def test_pages_run_nothing_and_ask_nobody(tab, site: str, folder: str, name: str) -> None:
    tab.goto(f"{site}/{folder}/{name}.html")
    tab.wait_for_load_state("networkidle")
    assert tab.wrong == []
    assert tab.evaluate("document.querySelectorAll('img').length") == 0


def test_search_select_filter_and_picture(tab, site: str) -> None:
    tab.goto(f"{site}/plain/graph.html")
    tab.wait_for_load_state("networkidle")
    tab.fill("#graph-search", "减速器")
    tab.locator("#graph-search").blur()
    tab.locator("#graph-aside li").first.wait_for()
    assert "苏州绿驱传动科技股份有限公司 → 生产 → 减速器" in tab.inner_text("#graph-aside")
    assert "node=Segment%3As-reducer" in tab.url
    tab.uncheck("#graph-kinds input[value=Park]")
    assert "hide=Park" in tab.url
    with tab.expect_download() as saved:
        tab.click("#graph-png")
    assert saved.value.suggested_filename == "关系图.png"
    assert saved.value.path().read_bytes().startswith(b"\x89PNG")
    tab.reload()
    assert not tab.is_checked("#graph-kinds input[value=Park]")
    assert tab.wrong == []


def test_found_needs_a_firm_and_folded_targets_unfold(tab, site: str) -> None:
    tab.goto(f"{site}/plain/gaps.html#others")
    assert tab.locator("#others > details").get_attribute("open") is not None
    tab.locator("#verify details.survey summary").first.click()
    form = tab.locator("#verify form").first
    form.locator("input[value=found]").check()
    assert form.locator("input[name=firm]").evaluate("e => e.required")
    form.locator("input[value=none]").check()
    assert not form.locator("input[name=firm]").evaluate("e => e.required")
    assert tab.wrong == []
