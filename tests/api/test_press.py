"""PDFs, opened again by another program: pages, text, fonts, and nothing fetched."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c
import pytest
from fastapi.testclient import TestClient

from api import doctor, press
from api.press import LONGEST, ROUTES, missing, printed
from api.security.policy import POLICY, rights_of
from api.settings import Settings
from graph.errors import LianzhuError, NotInstalled, StoreError, UsageError
from records.roles import Role
from tests.conftest import ROOT
from tests.test_house import SOURCES
from viz.contexts import Frame
from viz.paper import paper_html
from viz.report_parts import Section
from viz.review_story import MeetingStory
from viz.table import Cell, Column, Table

CHAIN = "chain-jiqiren"
NO_PANGO = NotInstalled("no_pango")

pytestmark = pytest.mark.usefixtures("typesetter")


def story(rows: int, text: str = "示例文字", *, sample: bool = True) -> MeetingStory:
    columns = [Column("序号", "number"), *(Column(f"列{n}") for n in range(1, 9))]
    table = Table(
        "t",
        "八十行",
        columns,
        [
            [Cell(float(at), digits=0), *(Cell(f"{text}{at}甲{n}") for n in range(1, 9))]
            for at in range(1, rows + 1)
        ],
    )
    section = Section("t", "一、表", [text], table)
    frame = Frame("zh", "", sample=sample)
    return MeetingStory(frame, "试印一份", "试印", text, [], [section], "脚注")


def opened(content: bytes) -> pdfium.PdfDocument:
    assert content.startswith(b"%PDF-1.")
    return pdfium.PdfDocument(content)


def texts(content: bytes) -> list[str]:
    """The text of each page, without the breaks of its lines."""
    pages = [page.get_textpage().get_text_bounded() for page in opened(content)]
    return [re.sub(r"\s", "", text) for text in pages]


@pytest.fixture(scope="module")
def eighty() -> bytes:
    return press.press(story(80))


def test_a_long_table_repeats_its_head_and_says_which_page(eighty: bytes) -> None:
    pages = texts(eighty)
    assert len(pages) >= 2
    for at, page in enumerate(pages, 1):
        assert "序号列1列2列3列4列5列6列7列8" in page
        assert f"{at}/{len(pages)}" in page
        assert "示例数据" in page
        assert "试印一份" in page
    whole = "".join(pages)
    assert [n for n in range(1, 81) if f"示例文字{n}甲8" not in whole] == []
    # No row is split: all of a row's cells are on the page where it begins.
    for at in range(1, 81):
        assert [f"示例文字{at}甲1" in p for p in pages] == [f"示例文字{at}甲8" in p for p in pages]


def test_pages_are_a4_and_every_font_is_in_the_file(eighty: bytes) -> None:
    (upright,), (across,) = (
        [page.get_size() for page in opened(content)][:1]
        for content in (eighty, press.press(story(1), across=True))
    )
    assert upright == pytest.approx((595.3, 841.9), abs=0.1)  # 210 and 297 mm of 2.8346 points
    assert across == pytest.approx((841.9, 595.3), abs=0.1)
    document, embedded = opened(eighty), set()
    for page in document:
        for item in page.get_objects(filter=[pdfium_c.FPDF_PAGEOBJ_TEXT]):
            font = pdfium_c.FPDFTextObj_GetFont(item.raw)
            embedded.add(pdfium_c.FPDFFont_GetIsEmbedded(font))
    assert embedded == {1}
    assert document.get_metadata_dict()["Title"] == "试印一份"
    assert b"/JavaScript" not in eighty
    assert b"/EmbeddedFile" not in eighty
    assert b"/URI" not in eighty


def test_equal_papers_are_equal_files() -> None:
    paper = paper_html(story(5))
    first, again = printed([paper, paper])
    (apart,) = printed([paper])
    assert first == again == apart


def test_a_cell_taller_than_a_page_loses_nothing() -> None:
    long = "".join(f"第{n}句。" for n in range(500))
    table = Table("t", "表", [Column("甲")] * 3, [[Cell("短"), Cell(long), Cell("短")]])
    tall = replace(story(0), sections=[Section("t", "表", table=table)])
    pages = texts(press.press(tall))
    assert len(pages) > 1
    assert [n for n in range(500) if f"第{n}句。" not in "".join(pages)] == []


@pytest.fixture
def listener() -> Iterator[tuple[int, list[bytes]]]:
    """A port of this machine, and what came to it."""
    heard: list[bytes] = []
    server = socket.create_server(("127.0.0.1", 0))

    def listen() -> None:
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            heard.append(b"called")
            connection.close()

    thread = threading.Thread(target=listen)
    thread.start()
    yield server.getsockname()[1], heard
    server.shutdown(socket.SHUT_RDWR)
    server.close()
    thread.join()


def test_nothing_is_fetched_and_no_file_read(
    listener: tuple[int, list[bytes]], tmp_path: Path
) -> None:
    port, heard = listener
    secret = tmp_path / "secret.html"
    secret.write_text("<p>SECRETWORDS", "utf-8")
    style = tmp_path / "secret.css"
    style.write_text("body::before { content: 'SECRETSTYLE' }", "utf-8")
    web, disk = f"http://127.0.0.1:{port}/a", secret.as_uri()
    escaped = f'<img src="{web}.png"> {disk} <link rel=stylesheet href="{style.as_uri()}">'
    # Markup of ours never holds an address; were one to slip in, it would be refused as well.
    raw = (
        f'<html lang=zh><base href="http://127.0.0.1:{port}/"><link rel=stylesheet href="b.css">'
        f'<link rel=stylesheet href="{style.as_uri()}"><link rel=attachment href="{disk}">'
        f"<style>@import url({web}); @font-face {{ font-family: x; src: url({web}.ttf) }} "
        f'p {{ background: url({web}.svg); font-family: x }}</style><p>正文<img src="{web}.png">'
        f'<img src="{disk}"><object data="{disk}"></object><embed src="{web}">'
        f'<svg><image href="{disk}"/></svg><img srcset="{web}.png 2x">'
    )
    safe, slipped = printed([paper_html(story(2, escaped)), raw])
    assert heard == []
    text = "".join(texts(safe))
    assert f'<imgsrc="{web}.png">' in text  # as the text that it is
    assert disk in text
    whole = "".join(texts(slipped))
    assert "正文" in whole
    assert "SECRET" not in whole + text
    assert b"/EmbeddedFile" not in slipped


def test_a_paper_has_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UsageError) as caught:
        printed(["x" * (LONGEST + 1)])
    assert caught.value.code == "paper_too_long"
    monkeypatch.setattr(press, "SECONDS", 0.05)
    with pytest.raises(UsageError, match="paper_too_long"):
        printed(["x"])
    monkeypatch.setattr(press, "SECONDS", 60)
    monkeypatch.setattr(press, "MEMORY", 200 << 20)
    with pytest.raises(LianzhuError):
        printed([paper_html(story(3))])


def test_a_child_that_breaks_down_is_no_fault_of_the_paper(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(press.sys, "executable", "/bin/false")
    with pytest.raises(StoreError, match="paper_failed"):
        printed(["x"])
    assert "the typesetter ended with 1" in caplog.text


def test_a_character_that_no_font_has_is_no_box_in_a_file(tmp_path: Path) -> None:
    empty = tmp_path / "fonts.conf"
    dejavu = "/usr/share/fonts/truetype/dejavu"
    empty.write_text(f"<fontconfig><dir>{dejavu}</dir><cachedir>{tmp_path}</cachedir></fontconfig>")
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("FONTCONFIG_FILE", str(empty))
        error = missing()
    assert error is not None
    assert error.code == "no_font"
    assert error.facts == {"characters": "主链"}


def test_a_machine_without_pango_says_so(client: TestClient, tmp_path: Path) -> None:
    """The libraries are hidden from the child by a loader that finds none."""
    (tmp_path / "cffi.py").write_text(_NO_LIBRARY, "utf-8")
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("PYTHONPATH", f"{tmp_path}:{ROOT}")
        answer = client.get(f"/chains/{CHAIN}/report.pdf")
        check = doctor._pdf("zh")
    assert answer.status_code == 501
    assert "libpango-1.0-0" in answer.text
    assert "Word" in answer.text
    assert (check.ok, "libpango-1.0-0" in check.hint) == (False, True)


_NO_LIBRARY = """
class FFI:
    RTLD_NOW = 0
    def cdef(self, text): pass
    def dlopen(self, name, flags=0): raise OSError(name)
"""


def test_windows_offers_no_pdf_unless_it_works(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = f"/chains/{CHAIN}/report"
    assert f"{address}.pdf" in client.get(address).text
    monkeypatch.setattr(press.sys, "platform", "win32")
    for error, offered in ((None, True), (NO_PANGO, False)):
        monkeypatch.setattr(press, "missing", lambda error=error: error)
        press._missing_here.cache_clear()
        assert (f"{address}.pdf" in client.get(f"{address}?top={offered}").text) is offered
        assert doctor._pdf("zh").ok  # not offered is no fault
    press._missing_here.cache_clear()


def test_the_routes_of_pdf_are_those_of_the_policy() -> None:
    assert {route for route in POLICY if route.endswith(".pdf")} == ROUTES
    for route in ROUTES:
        other = route.replace(".pdf", ".xlsx" if "scores" in route else ".docx")
        assert POLICY[route] == POLICY[other]
    assert rights_of(frozenset({Role.OFFICER})) & ROUTES == {
        "GET /chains/{chain_id}/report.pdf",
        "GET /shortlist.pdf",
    }


def test_the_report_and_the_list_as_pdf(client: TestClient) -> None:
    answer = client.get(f"/chains/{CHAIN}/report.pdf?leader=demo-leader-jiqiren")
    assert answer.status_code == 200
    name = quote("机器人 · 示例机器人链主有限公司 · 黄岛区 2026-06-30", safe="")
    assert f"{name}.pdf" in answer.headers["content-disposition"]
    whole = "".join(texts(answer.content))
    gaps = client.get("/api/v1/gaps?leader=demo-leader-jiqiren").json()
    assert f"共{len(gaps['gaps'])}个缺口；链主全部已知环节的强度合计{gaps['total']:.2f}" in whole
    pick = {"kind": "project", "candidate": "demo-p-bingya", "chain": "chain-jiadian"}
    pick |= {"leader": "demo-leader-jiadian", "region": "370211"}
    assert client.post("/shortlist", data=pick).status_code == 200
    page = client.get("/shortlist").text
    assert 'href="/shortlist.pdf"' in page
    (sheet, *_) = texts(client.get("/shortlist.pdf").content)
    assert "示例高效冰箱压缩机项目" in sheet


def test_neither_commands_nor_the_server_load_the_typesetter() -> None:
    naming = [p for p in SOURCES if "weasyprint" in p.read_text("utf-8")]
    assert [p.name for p in naming] == ["press_child.py"]
    importing = [p.name for p in SOURCES if "press_child import" in p.read_text("utf-8")]
    assert importing == []


def test_the_check_of_doctor_works() -> None:
    found = doctor.examine("sqlite:///:memory:", Settings()).checks
    assert [(c.ok, c.detail) for c in found if c.name == "pdf"] == [(True, "可用")]
