"""The office's mornings: an officer's list, a reviewer's project, and pages everyone can use."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from openpyxl import load_workbook
from playwright.sync_api import expect

from tests.browser.conftest import Watched

pytestmark = pytest.mark.browser
CHAIN, LEADER = "chain-jiadian", "demo-leader-jiadian"
RULES = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]}}
COLOURS = {"runOnly": {"type": "rule", "values": ["color-contrast"]}}
PAGES = (
    "/",
    "/guide",
    "/method",
    "/parks",
    "/parks/demo-park-binhai",
    "/parks/fit?project=demo-p-fabeng&park=demo-park-binhai-peitao",
    "/projects/demo-p-bianpin",
    "/outages/demo-haian-dianji",
    "/shortlist",
    "/tasks",
    "/applications",
    "/applications/new?park=demo-park-binhai",
    "/commitments",
    "/consultations",
    "/pipeline",
    "/pipeline/courted",
    "/sessions",
    "/standards",
    "/trend",
    f"/chains/{CHAIN}",
    f"/chains/{CHAIN}/gaps?leader={LEADER}&task=seg-chuanganqi",
    f"/chains/{CHAIN}/candidates?leader={LEADER}&scheme=0/0.5/0",
    f"/chains/{CHAIN}/flows",
    f"/chains/{CHAIN}/compare?with=370212",
    f"/chains/{CHAIN}/graph",
    f"/chains/{CHAIN}/schema",
    f"/chains/{CHAIN}/report",
    f"/entities/Enterprise/{LEADER}?fix=PRODUCES&to=seg-bingxiang",
)
on_both_engines = pytest.mark.parametrize("served", ["sqlite", "neo4j"], indirect=True)


@on_both_engines
def test_an_officer_shortlists_three_exports_and_reads_the_list_back(
    watched: Watched, tmp_path: Path
) -> None:
    page = watched.page
    page.goto(watched.base)
    page.click(f"a[href*='/chains/{CHAIN}/gaps'][href*='{LEADER}'] >> nth=0")
    page.click("nav >> text=区域比较")
    page.goto(f"{page.url}&with=370212,370215")
    expect(page).to_have_title(re.compile("与别的区比"))
    page.click("nav >> text=候选企业")
    for _ in range(3):
        page.locator("form.pick button").first.click()
        page.wait_for_load_state()
    assert page.locator("text=√ 已在清单").count() == 3
    page.click("nav >> text=招商清单")
    assert page.locator("table.shortlist tbody tr").count() == 3
    with page.expect_download() as coming:
        page.locator(".actions >> text=下载 Excel").click()
    coming.value.save_as(tmp_path / "out.xlsx")
    book = load_workbook(tmp_path / "out.xlsx")
    sheet = book.worksheets[0]
    head = [cell.value for cell in sheet[1]]
    sheet.cell(2, head.index("状态") + 1).value = "在谈"
    sheet.cell(3, head.index("备注") + 1).value = "下周去拜访"
    book.save(tmp_path / "list.xlsx")
    page.set_input_files("#read input[type=file]", tmp_path / "list.xlsx")
    page.click("text=写回 >> visible=true >> nth=-1")
    page.wait_for_load_state()
    assert "已写回，改动 2 行" in page.inner_text("main")
    assert page.locator("select[name=status] >> nth=1").input_value() == "in_talks"
    assert page.locator("input[name=note] >> nth=1").input_value() == "下周去拜访"
    watched.clean()


def test_a_reviewer_sees_why_one_park_and_not_another_and_for_whom(watched: Watched) -> None:
    page = watched.page
    page.goto(f"{watched.base}/parks/fit")
    row = page.locator("table.matrix tbody tr", has_text="示例精密减速器项目")
    row.locator("a[href*='demo-park-jiqiren']").last.click()
    cell = page.locator("#cell")
    assert "楼面荷载" in cell.inner_text()
    assert "10 kN/㎡" in cell.inner_text()
    cell.locator("text=落地前后对每家链主的变化").click()
    expect(page).to_have_title(re.compile("项目落地前后有什么变化"))
    assert "示例机器人链主有限公司" in page.inner_text("main")
    assert "→" in page.inner_text("main table >> nth=0")
    watched.clean()


SHEETS = {
    "产业链": (("编号", "名称"), ("c1", "泵阀链")),
    "环节": (
        ("编号", "名称", "所属产业链", "位置"),
        ("s1", "水泵", "c1", "下游"),
        ("s2", "叶轮", "c1", "上游"),
    ),
    "投入": (("投入环节", "产出环节"), ("s2", "s1")),
    "企业": (
        ("编号", "名称", "所在区域", "链主所属产业链", "来源", "数据日期"),
        ("e1", "泵王公司", "370211", "c1", "走访", "2026-06-01"),
        ("e2", "叶轮厂", "370211", "", "走访", "2026-06-01"),
    ),
    "生产": (("企业", "环节"), ("e1", "s1"), ("e2", "s2")),
}


def filled(path: Path) -> Path:
    """The template, filled in as a newcomer would: headers as they stand, five sheets."""
    book = load_workbook(path)
    for name, rows in SHEETS.items():
        sheet = book[name]
        heads = [str(cell.value or "").strip("*").split("（")[0] for cell in sheet[1]]
        for at, row in enumerate(rows[1:], 2):
            for head, value in zip(rows[0], row, strict=True):
                sheet.cell(at, heads.index(head) + 1).value = value
    book.save(path)
    return path


@pytest.mark.parametrize("served", ["fresh"], indirect=True)
def test_a_newcomer_starts_from_the_template(watched: Watched, tmp_path: Path) -> None:
    page = watched.page
    page.goto(watched.base)
    page.click("text=打开空白园区")
    page.click("nav >> text=开始使用")
    with page.expect_download() as coming:
        page.locator("a[href*='template.xlsx']").first.click()
    coming.value.save_as(tmp_path / "我的园区.xlsx")
    page.set_input_files("input[type=file]", filled(tmp_path / "我的园区.xlsx"))
    page.click("#upload button")
    page.wait_for_load_state()
    page.click("text=正式导入")
    page.wait_for_load_state()
    page.goto(watched.base)
    page.click("a[href*='/chains/c1/gaps'] >> nth=0")
    assert "叶轮" in page.inner_text("main")
    assert "泵王公司" in page.inner_text("main")
    watched.clean()


def test_a_table_sorts_by_pinyin_and_is_searched_by_initials(watched: Watched) -> None:
    page = watched.page
    page.goto(f"{watched.base}/parks")
    page.click("th >> text=园区 >> nth=0")
    names = [n.split("\n")[0] for n in page.locator("#parks tbody th").all_inner_texts()]
    order = page.evaluate(
        "names => [...names].sort(new Intl.Collator('zh-Hans-CN-u-co-pinyin').compare)", names
    )
    assert names == order
    page.fill(".sheet-tools input", "sfbh")  # 示例滨海 begins slbh: no such initials
    assert page.locator("#parks tbody tr:visible").count() == 0
    page.fill(".sheet-tools input", "slbh")
    shown = page.locator("#parks tbody tr:visible").all_inner_texts()
    assert len(shown) == 2
    assert all("示例滨海" in text for text in shown)
    assert "q.parks=slbh" in page.url
    page.reload()
    assert page.locator("#parks tbody tr:visible").count() == 2
    watched.clean()


def test_every_page_can_be_used_by_everyone(watched: Watched) -> None:
    """By every rule in the light; the dark changes nothing but colours."""
    page = watched.page
    found = {}
    for path in PAGES:
        page.emulate_media(color_scheme="light", reduced_motion="reduce")
        answer = page.goto(watched.base + path)
        assert answer is not None
        assert answer.status == 200, path
        broken = list(Axe().run(page, options=RULES).response["violations"])
        page.emulate_media(color_scheme="dark", reduced_motion="reduce")
        broken += Axe().run(page, options=COLOURS).response["violations"]
        if broken:
            found[path] = [(b["id"], b["nodes"][0]["html"][:200]) for b in broken]
    assert found == {}
