"""From the printed address to the first officer's morning, in a Chromium, with accounts on."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path

import pyotp
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, sync_playwright

from graph.store import open_store
from ingest.samples import load_sample
from tests.browser.conftest import ARGS, Watched, serving_app
from tests.browser.test_office import RULES

pytestmark = pytest.mark.browser
PASSWORD, OWN = "correct horse battery", "three small boats sail"
KEY = "k" * 43


@pytest.fixture
def office(tmp_path: Path, chromium: str) -> Iterator[Watched]:
    """An office that has no account yet."""
    store = open_store(f"sqlite:///{tmp_path}/sample.db", deadline=3.0)
    store.migrate()
    load_sample(store)
    with (
        serving_app(store, tmp_path, accounts="on") as (address, app),
        sync_playwright() as driver,
    ):
        app.state.setup_key = KEY
        browser = driver.chromium.launch(executable_path=chromium, args=ARGS)
        page = browser.new_page(viewport={"width": 1366, "height": 900})
        seen = Watched(page, address)
        page.on("request", lambda r: seen.requests.append(r.url))
        page.on("pageerror", lambda e: seen.errors.append(str(e)))
        yield seen
        browser.close()
    store.close()


def code_of(page: Page) -> str:
    secret = re.sub(r"\s", "", page.inner_text("#totp code.secret >> nth=0"))
    return pyotp.TOTP(secret).at(time.time())


def accessible(page: Page) -> None:
    found = Axe().run(page, options=RULES).response["violations"]
    assert [(v["id"], [n["target"] for n in v["nodes"]]) for v in found] == []


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_from_the_first_address_to_an_officer_who_signs_out(office: Watched, host: str) -> None:
    page, base = office.page, office.base.replace("127.0.0.1", host)
    office.base = base
    page.goto(f"{base}/setup?key={KEY}")
    accessible(page)
    page.fill("input[name=login]", "root")
    page.fill("input[name=name]", "赵管理")
    page.fill("input[name=password]", PASSWORD)
    page.fill("input[name=again]", PASSWORD)
    page.click("text=建立账号并登录")
    assert page.url == f"{base}/account"
    (cookie,) = page.context.cookies()
    assert (cookie["name"], cookie["secure"], cookie["httpOnly"], cookie["sameSite"]) == (
        "__Host-lianzhu", True, True, "Lax",
    )  # fmt: skip
    page.goto(f"{base}/accounts")
    assert page.url == f"{base}/account", "the second factor first"
    accessible(page)
    page.fill("#totp input[name=password]", PASSWORD)
    page.click("text=开始启用")
    accessible(page)
    page.fill("#totp input[name=code]", code_of(page))
    page.click("text=确认启用")
    assert "两步验证已启用" in page.inner_text("main")
    assert page.context.cookies()[0]["value"] != cookie["value"]

    page.click("details.who summary")
    page.click("text=账号管理")
    accessible(page)
    page.fill("#add input[name=login]", "wang.min")
    page.fill("#add input[name=name]", "王敏")
    page.select_option("#add select[name=role]", "officer")
    page.click("#add button")
    one_time = page.inner_text(".notice code.secret")
    assert re.fullmatch(r"(\w{5}-){3}\w{5}", one_time)
    accessible(page)
    page.click("details.who summary")
    page.click("text=退出")
    assert page.url == f"{base}/signin"
    accessible(page)

    page.goto(f"{base}/shortlist")
    page.fill("input[name=login]", "wang.min")
    page.fill("input[name=password]", "not this one")
    page.click("main button")
    assert "登录名或口令不对" in page.inner_text(".notice")
    page.fill("input[name=password]", one_time)
    page.click("main button")
    assert page.url == f"{base}/account", "the one-time password has to be changed"
    page.goto(f"{base}/shortlist")
    assert page.url == f"{base}/account"
    page.fill("#password input[name=password]", one_time)
    page.fill("#password input[name=new]", OWN)
    page.fill("#password input[name=again]", OWN)
    page.click("#password button")
    assert "口令已修改" in page.inner_text("main")
    page.click("header nav >> text=招商清单")
    assert page.url == f"{base}/shortlist"
    assert "王敏 · 招商" in page.inner_text("details.who summary")
    assert page.goto(f"{base}/accounts").status == 403  # type: ignore[union-attr]
    assert "你的角色不能做这一步" in page.inner_text("main")
    page.goto(f"{base}/shortlist")
    page.click("details.who summary")
    assert page.locator("details.who >> text=账号管理").count() == 0
    page.click("text=退出")
    page.goto(f"{base}/shortlist")
    assert page.url.startswith(f"{base}/signin?next=")
    page.go_back()
    assert page.locator("table.shortlist").count() == 0
    office.clean()
