"""One's own account and everybody's, over HTTP."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from api.security.signing_in import COOKIE
from graph.store.base import GraphStore
from records import accounts
from records.roles import Role
from tests.api.signed import PARK, PASSWORD, SAME, Office, office

NEW = "three small boats sail"
CHINESE = re.compile(r"[\u4e00-\u9fff]")


@pytest.fixture
def on(sample_store: GraphStore, tmp_path: Path) -> Iterator[Office]:
    made = office(sample_store, tmp_path)
    yield made
    made.records.close()


def token_in(text: str) -> str:
    (found,) = re.findall(r'<code class="secret">(lz_[\w-]+)</code>', text)
    return str(found)


def handed(text: str) -> str:
    (found,) = re.findall(r'<code class="secret">([\w-]{23})</code>', text)
    return str(found)


def bearer(on: Office, token: str) -> TestClient:
    client = on.browser()
    client.headers.clear()
    client.headers["Authorization"] = f"Bearer {token}"
    return client


def test_a_new_password_ends_the_others(on: Office) -> None:
    on.person("wang", Role.OFFICER)
    mine, other = on.signed_in("wang"), on.signed_in("wang")
    before = mine.cookies[COOKIE]
    for change, status, said in (
        ({"password": NEW}, 400, "现在的口令不对"),
        ({"again": PASSWORD}, 400, "两次输入的口令不同"),
        ({"new": "password", "again": "password"}, 400, "太常见"),
        ({"new": PASSWORD, "again": PASSWORD}, 400, "相同"),
        ({"new": "a wang in winter", "again": "a wang in winter"}, 400, "登录名或姓名"),
    ):
        data = {"password": PASSWORD, "new": NEW, "again": NEW, **change}
        answer = mine.post("/account/password", data=data)
        assert (answer.status_code, said in answer.text) == (status, True), said
        assert answer.headers["cache-control"] == "no-store"
        assert NEW not in answer.text
    assert mine.cookies[COOKIE] == before
    answer = mine.post("/account/password", data={"password": PASSWORD, "new": NEW, "again": NEW})
    assert answer.headers["location"] == "/account?done=password_changed"
    assert "口令已修改" in mine.get(answer.headers["location"]).text
    assert mine.cookies[COOKIE] != before
    assert other.get("/api/v1/stats").status_code == 401
    on.signed_in("wang", NEW)


def test_guessing_the_password_from_inside_is_slowed_down_too(on: Office) -> None:
    on.person("wang", Role.OFFICER)
    browser = on.signed_in("wang")
    data = {"password": "x", "new": NEW, "again": NEW}
    codes = [browser.post("/account/password", data=data).status_code for _ in range(6)]
    assert codes == [400] * 5 + [429]


def test_tokens_are_for_the_interface_and_within_their_scope(on: Office) -> None:
    on.person("wang", Role.OFFICER)
    browser = on.signed_in("wang")
    made = {}
    for scope in ("read", "write"):
        data = {"name": f"脚本 <{scope}>", "scope": scope, "days": "30"}
        made[scope] = token_in(browser.post("/account/tokens", data=data).text)
    page = browser.get("/account").text
    assert "lz_" not in page, "shown once"
    assert "脚本 &lt;read&gt;" in page
    survey = {
        "segment": "seg-chuanganqi",
        "region": "370211",
        "source": "电话核实",
        "as_of": "2026-03-01",
    }
    for scope, token in made.items():
        client = bearer(on, token)
        assert client.get("/api/v1/stats").status_code == 200
        assert client.get("/api/v1/shortlist").status_code == 200
        assert client.get("/parks").headers["location"].startswith("/signin"), "not for pages"
        answer = client.post("/api/v1/surveys", json=survey)
        if scope == "read":
            assert (answer.status_code, answer.json()["code"]) == (403, "token_reads_only")
        else:
            assert answer.status_code in (200, 201), answer.text
    assert bearer(on, "lz_nothing").get("/api/v1/stats").status_code == 401
    lower = on.browser()
    lower.headers["Authorization"] = f"bearer {made['read']}"
    assert lower.get("/api/v1/stats").status_code == 200
    both = on.signed_in("wang")
    both.headers["Authorization"] = "Bearer lz_nothing"
    assert both.get("/api/v1/stats").status_code == 401, "what is shown is what counts"
    revoke = re.findall(r'action="(/account/tokens/\w+/revoke)"', page)
    assert len(revoke) == 2
    for path in revoke:
        assert browser.post(path).status_code == 303
    assert browser.post(revoke[0]).status_code == 404
    assert bearer(on, made["read"]).get("/api/v1/stats").status_code == 401


def test_a_token_ends_with_its_day_its_account_and_a_reset(on: Office) -> None:
    wang = on.person("wang", Role.OFFICER)
    on.person("admin", Role.ADMIN)
    data = {"name": "x", "scope": "read", "days": "30"}

    def fresh() -> TestClient:
        return bearer(on, token_in(on.signed_in("wang").post("/account/tokens", data=data).text))

    client = fresh()
    assert client.get("/api/v1/stats").status_code == 200
    on.app.state.now += timedelta(days=30)
    assert client.get("/api/v1/stats").status_code == 401
    client, admin = fresh(), on.signed_in("admin")
    assert client.get("/api/v1/stats").status_code == 200
    assert admin.post(f"/accounts/{wang}/reset").status_code == 200
    assert client.get("/api/v1/stats").status_code == 401


def test_an_administrator_adds_changes_resets_and_disables(on: Office) -> None:
    on.person("admin", Role.ADMIN)
    admin = on.signed_in("admin")
    data = {"login": "Li.Si", "name": "李四", "role": "park", "park": PARK, "fields": "电机"}
    answer = admin.post("/accounts", data=data)
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    password = handed(answer.text)
    li = accounts.with_login(on.records, "li.si")
    assert (li.details.park, li.details.fields, li.must_change) == (PARK, (), True)
    assert password not in admin.get(f"/accounts?edit={li.id}").text
    browser = on.signed_in("li.si", password)
    assert browser.get("/").headers["location"] == "/account"
    change = {"version": "1", "name": "李四", "role": "reviewer", "fields": "电机，传感器、 轴承"}
    assert admin.post(f"/accounts/{li.id}", data=change).status_code == 303
    assert accounts.get(on.records, li.id).details.fields == ("电机", "传感器", "轴承")
    stale = admin.post(f"/accounts/{li.id}", data={**change, "name": "李"})
    assert stale.status_code == 412
    assert "ADMIN已经改过“李四”" in stale.text
    again = handed(admin.post(f"/accounts/{li.id}/reset").text)
    assert again != password
    assert browser.get("/account").headers["location"].startswith("/signin")
    assert admin.post(f"/accounts/{li.id}/disable").status_code == 303
    assert "已停用" in admin.get("/accounts?done=account_disabled").text
    assert admin.post(f"/accounts/{li.id}/enable").status_code == 303
    assert on.signed_in("li.si", again)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"login": "a b"}, "不能作登录名"),
        ({"login": "admin"}, "已有人用"),
        ({"name": " "}, "name"),
        ({"role": "chief"}, "chief"),
        ({"role": "park", "park": ""}, "要选所属园区"),
        ({"role": "park", "park": "nowhere"}, "nowhere"),
    ],
)
def test_what_makes_no_account_is_said_and_kept_in_the_form(
    on: Office, change: dict[str, str], said: str
) -> None:
    on.person("admin", Role.ADMIN)
    admin = on.signed_in("admin")
    data = {"login": "li", "name": "李四", "role": "viewer", "department": "发改局", **change}
    answer = admin.post("/accounts", data=data)
    assert answer.status_code in (400, 404)
    assert said in answer.text
    assert 'value="发改局"' in answer.text
    assert len(accounts.everyone(on.records)) == 1


def test_an_administrator_cannot_undo_the_separation_of_duties(on: Office) -> None:
    me = on.person("admin", Role.ADMIN)
    admin = on.signed_in("admin")
    data = {"version": "1", "name": "ADMIN", "role": "officer"}
    for path, given in (("", data), ("/disable", {}), ("/reset", {})):
        answer = admin.post(f"/accounts/{me}{path}", data=given)
        assert answer.status_code == 400
        assert "不能这样改自己的账号" in answer.text
    assert accounts.get(on.records, me).details.role == Role.ADMIN


@pytest.mark.parametrize("role", [r for r in Role if r != Role.ADMIN])
def test_only_administrators_see_accounts(on: Office, role: Role) -> None:
    id_ = on.person("somebody", role)
    browser = on.signed_in("somebody")
    assert browser.get("/accounts").status_code == 403
    assert browser.post(f"/accounts/{id_}/reset").status_code == 403
    page = browser.get("/account")
    assert page.status_code == 200
    assert 'href="/accounts"' not in page.text
    assert 'action="/signout"' in page.text


def test_the_profile_dengbao_asks_for_kinds_and_a_new_password_every_90_days(
    sample_store: GraphStore, tmp_path: Path
) -> None:
    on = office(sample_store, tmp_path, profile="dengbao")
    on.person("wang", Role.OFFICER)
    browser = on.signed_in("wang")
    data = {"password": PASSWORD, "new": NEW, "again": NEW}
    assert "至少三类" in browser.post("/account/password", data=data).text
    on.pass_time(days=90)
    assert on.signed_in("wang").get("/parks").status_code == 200
    on.pass_time(seconds=1)
    browser = on.signed_in("wang")
    assert browser.get("/parks").headers["location"] == "/account"
    strong = "Three small boats, 7 sails"
    browser.post("/account/password", data={**data, "new": strong, "again": strong})
    assert browser.get("/parks").status_code == 200
    with on.records.read() as db:
        kinds = set(db.exec_driver_sql("SELECT algorithm FROM audit").scalars())
    assert kinds == {"sm3"}


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_pages_speak_their_language_and_carry_nothing_inline(on: Office, lang: str) -> None:
    on.person("admin", Role.ADMIN)
    on.person("li", Role.PARK)
    on.app.state.setup_key = ""
    admin, asked = on.signed_in("admin"), f"lang={lang}"
    admin.post("/account/totp", data={"password": PASSWORD})
    li = accounts.with_login(on.records, "li").id
    pages = [
        on.browser().get(f"/signin?{asked}"),
        on.browser().post(f"/signin?{asked}", data={"login": "admin", "password": PASSWORD}),
        on.browser().post(f"/signin?{asked}", data={"login": "admin", "password": "x"}),
        admin.get(f"/account?{asked}&done=totp_on"),
        admin.get(f"/accounts?{asked}&edit={li}&done=account_saved"),
        admin.post(f"/account/tokens?{asked}", data={"name": "x", "scope": "read", "days": "30"}),
    ]
    for page in pages:
        assert page.headers["cache-control"] == "no-store"
        assert "etag" not in page.headers
        assert "unsafe" not in page.headers["content-security-policy"]
        assert len(page.content) < 300_000
        assert not re.search(r"<script(?![^>]*src=)|\sstyle=|\son\w+=", page.text)
        if lang == "en":
            data = r"<option[^>]*>.*?</option>|<h1>|<a class=\"language\".*?</a>|<td>.*?</td>"
            seen = re.sub(data, "", page.text)
            seen = re.sub(r"<(title|a class=\"brand\").*?</", "", seen)
            assert CHINESE.findall(seen) == [], page.url


def test_who_asks_is_part_of_what_is_kept(on: Office) -> None:
    on.person("wang", Role.OFFICER)
    on.person("zhao", Role.VIEWER)
    wang, zhao = on.signed_in("wang"), on.signed_in("zhao")
    first = wang.get("/parks")
    assert wang.get("/parks", headers={"If-None-Match": first.headers["etag"]}).status_code == 304
    other = zhao.get("/parks", headers={"If-None-Match": first.headers["etag"]})
    assert other.status_code == 200
    assert "WANG" not in other.text
    assert on.browser().get("/parks", headers=SAME).status_code == 303
