"""The meeting from the applications to the documents, by seven people in a Chromium each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import pyotp
import pytest
from docx import Document
from fastapi import FastAPI
from openpyxl import load_workbook
from playwright.sync_api import Browser, Page, sync_playwright

from api.deps import records_at
from graph.store import open_store
from ingest.filing_sheet import write_filings
from ingest.samples import load_sample
from records import accounts
from records.accounts import Details
from records.roles import Role
from tests.api.signed import PASSWORD, Office
from tests.browser.conftest import ARGS, Watched, serving_app
from tests.browser.test_signing_in import accessible

pytestmark = pytest.mark.browser
ONE, TWO = "park-jiqiren", "park-zhongdian"
PEOPLE = {
    "park.one": Details("甲园", Role.PARK, ONE),
    "park.two": Details("乙园", Role.PARK, TWO),
    "expert.a": Details("专家甲", Role.REVIEWER, fields=("机器人",)),
    "expert.b": Details("专家乙", Role.REVIEWER, fields=("集成电路",)),
    "science": Details("科技委员", Role.REVIEWER, department="科技"),
}
NUMBERS = {
    "总投资": 16000, "建筑面积": 14000, "用地": 0, "年产值": 11500, "年营业收入": 11000,
    "年税收": 620, "研发投入占比": 0.062, "就业人数": 210, "有效发明专利": 21, "研发人员": 38,
    "硕士以上或高级职称人员": 26, "建设周期": 14, "技术成熟度": 9, "年综合能耗": 980,
}  # fmt: skip
SECRET = "只有我自己看得到的意见"


@dataclass
class House:
    """An office that is served, its browser, and everything seen."""

    app: FastAPI
    base: str
    browser: Browser
    seen: list[Watched]

    def signed_in(self, login: str) -> Page:
        """A browser of their own."""
        page = self.browser.new_page(viewport={"width": 1366, "height": 900})
        watched = Watched(page, self.base)
        page.on("request", lambda r: watched.requests.append(r.url))
        page.on("pageerror", lambda e: watched.errors.append(str(e)))
        self.seen.append(watched)
        page.goto(f"{self.base}/signin")
        page.fill("input[name=login]", login)
        page.fill("input[name=password]", PASSWORD)
        press(page, "main button")
        if page.locator("input[name=code]").count():
            secret = Office(self.app).secret_of(login)
            page.fill("input[name=code]", pyotp.TOTP(secret).at(self.app.state.now))
            press(page, "main button")
        assert "/signin" not in page.url
        return page


@pytest.fixture
def house(tmp_path: Path, chromium: str) -> Iterator[House]:
    store = open_store(f"sqlite:///{tmp_path}/sample.db", deadline=3.0)
    store.migrate()
    load_sample(store)
    with (
        serving_app(store, tmp_path, accounts="on") as (address, app),
        sync_playwright() as driver,
    ):
        app.state.now = datetime.now(UTC)
        for login, about in PEOPLE.items():
            accounts.create(
                records_at(app), login, about, PASSWORD, now=app.state.now, must_change=False
            )
        office = Office(app)
        office.person("clerk", Role.SECRETARY)
        office.person("chair", Role.CHAIR)
        browser = driver.chromium.launch(executable_path=chromium, args=ARGS)
        yield House(app, address, browser, [])
        browser.close()
    store.close()


def test_seven_people_hold_a_meeting(house: House, tmp_path: Path) -> None:
    base = house.base
    one, two = house.signed_in("park.one"), house.signed_in("park.two")
    clerk, chair = house.signed_in("clerk"), house.signed_in("chair")
    judges = {name: house.signed_in(name) for name in ("expert.a", "expert.b", "science")}

    # A park files two projects with one workbook, the other one by the form.
    one.goto(f"{base}/applications")
    one.set_input_files("input[type=file]", workbook(tmp_path, "精密减速器", "关节模组"))
    press(one, "text=导入为草稿")
    two.goto(f"{base}/applications/new")
    for label, value in {"项目名称": "车规芯片", "申报主体": "乙公司", **NUMBERS}.items():
        two.get_by_label(label).first.fill(str(value))
    press(two, "form.filing button >> nth=0")
    accessible(two)
    for page, names in ((one, ("精密减速器", "关节模组")), (two, ("车规芯片",))):
        for name in names:
            page.goto(f"{base}/applications")
            press(page, f"table >> text={name}")
            press(page, "form.filing button >> nth=1")
            assert "已提交" in page.inner_text("main")
    theirs = one.url
    assert two.goto(theirs).status == 404  # type: ignore[union-attr]

    # The office notes what the departments said and calls the meeting.
    for name in ("精密减速器", "关节模组", "车规芯片"):
        clerk.goto(f"{base}/applications")
        press(clerk, f"table >> text={name}")
        for choice in clerk.locator("#checked select").all():
            choice.select_option("pass")
        press(clerk, "text=保存部门意见")
    clerk.goto(f"{base}/sessions")
    clerk.fill("#call input[name=title]", "第四次项目准入评审会")
    clerk.fill("#call input[name=ordinal]", "4")
    clerk.fill("#call input[name=host]", "园区办")
    clerk.fill("#call input[name=parks]", "2")
    clerk.fill("#call input[name=projects]", "3")
    press(clerk, "#call button")
    meeting = clerk.url.partition("?")[0]
    for name in ("CHAIR", "专家甲", "专家乙", "科技委员"):
        clerk.select_option("#join select[name=account]", label=name)
        press(clerk, "#join button")
    for step in ("open", "agenda", "assign", "begin"):
        press(clerk, f"form[action*='/{step}'] button")
    assert clerk.locator("#agenda tbody tr").count() == 3
    assert "公告 2 园 3 项 / 议程 2 园 3 项 √ 一致" in clerk.inner_text("main")
    links = {
        name: clerk.locator(f"#agenda a:has-text('{name}')").get_attribute("href") or ""
        for name in ("精密减速器", "关节模组", "车规芯片")
    }
    accessible(clerk)

    # One of them recuses, everybody else scores: nobody sees what anybody else wrote.
    judges["science"].goto(base + links["车规芯片"])
    judges["science"].click("summary:has-text('回避')")
    judges["science"].fill("input[name=why]", "本部门引荐")
    press(judges["science"], "details button:has-text('回避')")
    for login, page in judges.items():
        for name, path in links.items():
            if (login, name) == ("science", "车规芯片"):
                continue
            page.goto(base + path)
            assert "得分" not in page.inner_text("main") or "不显示计算得分" in page.inner_text(
                "main"
            )
            for group in page.locator("#card fieldset:has(input[name^='points.'])").all():
                group.locator("input[value='1']").focus()
                page.keyboard.press("4")
                assert group.locator("input[value='4']").is_checked()
            page.check("#card input[name=stance][value=support]")
            page.fill("#card textarea[name=opinion]", SECRET)
            press(page, "#card button:has-text('提交')")
            assert SECRET not in clerk.goto(base + path).text()  # type: ignore[union-attr]
    accessible(judges["expert.a"])
    assert SECRET not in chair.goto(base + links["精密减速器"]).text()  # type: ignore[union-attr]
    assert two.goto(base + links["精密减速器"]).status == 404  # type: ignore[union-attr]

    # The chair seals; one challenges; all vote; the chair decides.
    chair.goto(meeting)
    press(chair, "form[action*='/seal'] button")
    assert SECRET in chair.goto(base + links["精密减速器"]).text()  # type: ignore[union-attr]
    chair.click("summary:has-text('质询')")
    chair.fill("#replies textarea", "产能依据是什么")
    press(chair, "#replies details button")
    wanted = {"精密减速器": "approved", "关节模组": "conditional", "车规芯片": "transferred"}
    for name, path in links.items():
        for login, page in judges.items():
            if (login, name) != ("science", "车规芯片"):
                page.goto(base + path)
                page.check(f"#votes input[value={wanted[name]}]")
                press(page, "#votes button")
        chair.goto(base + path)
        chair.select_option("#decide select[name=outcome]", wanted[name])
        chair.fill("#decide textarea[name=reason]", "会议讨论一致")
        if wanted[name] == "conditional":
            chair.fill("[name='c0.indicator']", "年税收")
            chair.fill("[name='c0.value']", "620")
            chair.fill("[name='c0.unit']", "万元")
            chair.fill("[name='c0.due']", "2029-12-31")
            chair.fill("[name='c0.evidence']", "完税证明")
        if wanted[name] == "transferred":
            chair.select_option("#decide select[name=transfer_to]", ONE)
        press(chair, "#decide form button")
        assert chair.locator(".verdict-line").count() == 1, chair.inner_text(".notice")
    accessible(chair)
    for step in ("conclude", "publish"):
        chair.goto(meeting)
        press(chair, f"form[action*='/{step}'] button")

    # The parks read what was decided of theirs; the office takes the opinion away.
    one.goto(meeting)
    told = one.inner_text("main")
    assert "附条件通过" in told
    assert "车规芯片" not in told
    assert SECRET not in one.goto(base + links["关节模组"]).text()  # type: ignore[union-attr]
    clerk.goto(base + links["车规芯片"])
    with clerk.expect_download() as taken:
        clerk.click("text=评审意见书 Word")
    taken.value.save_as(tmp_path / "opinion.docx")
    paragraphs = Document(str(tmp_path / "opinion.docx")).paragraphs
    said = "\n".join(p.text for p in paragraphs)
    assert "车规芯片" in said
    assert "转荐" in said
    assert clerk.goto(f"{base}/audit").status == 403  # type: ignore[union-attr]
    for watched in house.seen:
        watched.clean()


def press(page: Page, button: str) -> None:
    """Press a button and wait for the answer."""
    with page.expect_navigation():
        page.click(button)


def workbook(folder: Path, *names: str) -> Path:
    """The park's workbook with projects written into it as an office would."""
    book = load_workbook(BytesIO(write_filings("山东省机器人产业园", [], {})))
    sheet = book["项目申报"]
    heads = {str(cell.value).strip("*").split("（")[0]: cell.column for cell in sheet[1]}
    for row, name in enumerate(names, 2):
        for head, value in {"项目名称": name, "申报主体": f"{name}公司", **NUMBERS}.items():
            sheet.cell(row, heads[head], value)
    book.save(folder / "projects.xlsx")
    return folder / "projects.xlsx"
