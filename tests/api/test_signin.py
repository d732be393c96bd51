"""Signing in and out over HTTP: cookies, ends of sessions, the wait, the first account."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pyotp
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import func, select

from api.app import create_app
from api.security.gate import flat
from api.security.policy import POLICY
from api.security.signing_in import COOKIE
from api.settings import Settings
from graph.store.base import GraphStore
from records import accounts
from records.roles import Role
from records.tables import audit, once, sessions
from tests.api.signed import NOW, PASSWORD, SAME, Office, cookie_of, office

WRONG = "nine grey herons fly"


@pytest.fixture
def on(sample_store: GraphStore, tmp_path: Path) -> Iterator[Office]:
    made = office(sample_store, tmp_path)
    yield made
    made.records.close()


def actions(on: Office) -> list[str]:
    with on.records.read() as db:
        return list(db.execute(select(audit.c.action).order_by(audit.c.seq)).scalars())


def test_who_has_not_signed_in_is_led_there_and_back(on: Office) -> None:
    on.person("wang", Role.OFFICER)
    browser = on.browser()
    answer = browser.get("/shortlist?status=signed&lang=en")
    assert answer.status_code == 303
    to = "/signin?next=%2Fshortlist%3Fstatus%3Dsigned%26lang%3Den&lang=en"
    assert answer.headers["location"] == to
    page = browser.get(answer.headers["location"])
    assert page.status_code == 200
    assert 'value="/shortlist?status=signed&amp;lang=en"' in page.text
    data = {"login": "wang", "password": PASSWORD, "next": "/shortlist?status=signed&lang=en"}
    answer = browser.post("/signin", data=data)
    assert answer.headers["location"] == "/shortlist?status=signed&lang=en"
    assert browser.get(answer.headers["location"]).status_code == 200
    assert browser.get("/signin").headers["location"] == "/"


@pytest.mark.parametrize(
    "back", ["https://evil.example/a", "//evil.example/a", "/\\evil.example/a", "javascript:x", "a"]
)
def test_signing_in_leads_nowhere_else(on: Office, back: str) -> None:
    on.person("wang", Role.OFFICER)
    browser = on.browser()
    page = browser.get("/signin", params={"next": back})
    assert "evil.example/a" not in page.text.replace('value="/evil.example/a"', "").replace(
        'value="/a"', ""
    ).replace("evil.example%2Fa", "")
    answer = browser.post("/signin", data={"login": "wang", "password": PASSWORD, "next": back})
    to = answer.headers["location"]
    assert to.startswith("/")
    assert not to.startswith(("//", "/\\"))


def test_the_cookie_is_for_this_host_over_tls_and_no_script(on: Office) -> None:
    on.person("wang", Role.OFFICER)
    answer = on.browser().post("/signin", data={"login": "wang", "password": PASSWORD})
    name, *flags = answer.headers["set-cookie"].split("; ")
    assert name == f"__Host-lianzhu={cookie_of(answer)}"
    assert len(cookie_of(answer)) == 43
    assert {f.lower() for f in flags} == {"secure", "httponly", "samesite=lax", "path=/"}
    assert answer.headers["cache-control"] == "no-store"


def test_a_new_id_at_every_sign_in_and_the_old_one_ends(on: Office) -> None:
    on.person("wang", Role.OFFICER)
    browser, ids = on.browser(), []
    browser.cookies.set(COOKIE, "A" * 43)  # what somebody else put there is not taken
    for _ in range(3):
        answer = browser.post("/signin", data={"login": "wang", "password": PASSWORD})
        ids.append(cookie_of(answer))
        browser.cookies.clear()
        browser.cookies.set(COOKIE, ids[-1])
    assert len({*ids, "A" * 43}) == 4
    for old in ids[:-1]:
        other = on.browser()
        other.cookies.set(COOKIE, old)
        assert other.get("/api/v1/stats").status_code == 401
    assert browser.get("/api/v1/stats").status_code == 200


def test_signing_out_kills_the_session_wherever_its_id_is(on: Office) -> None:
    on.person("wang", Role.OFFICER)
    browser, copy = on.signed_in("wang"), on.browser()
    copy.cookies.set(COOKIE, browser.cookies[COOKIE])
    assert copy.get("/api/v1/stats").status_code == 200
    answer = browser.post("/signout?lang=en")
    assert answer.headers["location"] == "/signin?lang=en"
    assert 'lianzhu=""' in answer.headers["set-cookie"]
    assert "Max-Age=0" in answer.headers["set-cookie"]
    assert copy.get("/api/v1/stats").status_code == 401
    assert on.browser().post("/signout").status_code == 303
    assert actions(on) == ["account.add", "signin.ok", "signin.end"]


def test_a_session_ends_idle_and_after_half_a_day(on: Office) -> None:
    on.person("wang", Role.OFFICER)
    browser = on.signed_in("wang")
    for _ in range(24):
        on.pass_time(minutes=29)
        assert browser.get("/api/v1/stats").status_code == 200
    on.pass_time(minutes=24)
    assert browser.get("/api/v1/stats").status_code == 200
    on.pass_time(seconds=1)
    assert browser.get("/api/v1/stats").status_code == 401
    browser = on.signed_in("wang")
    on.pass_time(minutes=30, seconds=1)
    assert browser.get("/api/v1/stats").status_code == 401
    assert browser.get("/parks").headers["location"].startswith("/signin?next=")


def test_a_disabled_account_is_out_at_the_next_request(on: Office) -> None:
    wang = on.person("wang", Role.OFFICER)
    on.person("admin", Role.ADMIN)
    browser, admin = on.signed_in("wang"), on.signed_in("admin")
    assert browser.get("/api/v1/stats").status_code == 200
    assert admin.post(f"/accounts/{wang}/disable").status_code == 303
    assert browser.get("/api/v1/stats").status_code == 401
    again = browser.post("/signin", data={"login": "wang", "password": PASSWORD})
    nobody = browser.post("/signin", data={"login": "nobody", "password": PASSWORD})
    assert (again.status_code, nobody.status_code) == (401, 401)
    assert again.text.replace('value="wang"', 'value="nobody"') == nobody.text


def test_a_wrong_login_and_a_wrong_password_look_the_same(on: Office) -> None:
    on.person("wang", Role.OFFICER)
    browser = on.browser()
    texts, heads = set(), set()
    for login, password in (("wang", WRONG), ("nobody", PASSWORD), ("nobody", WRONG)):
        answer = browser.post("/signin", data={"login": login, "password": password})
        assert answer.status_code == 401
        assert password not in answer.text
        texts.add(answer.text.replace(f'value="{login}"', ""))
        heads.add(json.dumps({k: v for k, v in answer.headers.items() if k != "content-length"}))
    assert len(texts) == len(heads) == 1
    assert "登录名或口令不对" in texts.pop()


def test_after_five_wrong_ones_there_is_a_wait_and_then_the_right_one_works(on: Office) -> None:
    on.person("wang", Role.OFFICER)
    browser = on.browser()
    for _ in range(5):
        assert browser.post("/signin", data={"login": "wang", "password": WRONG}).status_code == 401
    on.pass_time(minutes=5)
    answer = browser.post("/signin?lang=en", data={"login": "wang", "password": PASSWORD})
    assert answer.status_code == 429
    assert answer.headers["retry-after"] == "600"
    assert "try again in 600 seconds" in answer.text
    on.pass_time(minutes=10)
    assert browser.post("/signin", data={"login": "wang", "password": PASSWORD}).status_code == 303
    assert actions(on) == ["account.add", *["signin.failed"] * 5, "signin.ok"]


def test_a_code_is_taken_once_and_the_password_alone_opens_nothing(on: Office) -> None:
    on.person("chair", Role.CHAIR)
    browser = on.browser()
    answer = browser.post("/signin", data={"login": "chair", "password": PASSWORD})
    assert answer.status_code == 200
    assert 'autocomplete="one-time-code"' in answer.text
    assert browser.get("/api/v1/stats").status_code == 401
    pending = cookie_of(answer)
    code = pyotp.TOTP(on.secret_of("chair")).at(NOW)
    assert browser.post("/signin/code", data={"code": "12345"}).status_code == 401
    answer = browser.post("/signin/code", data={"code": code, "next": "/parks"})
    assert answer.headers["location"] == "/parks"
    assert cookie_of(answer) not in ("", pending)
    assert browser.get("/api/v1/stats").status_code == 200
    other = on.browser()
    other.post("/signin", data={"login": "chair", "password": PASSWORD})
    replayed = other.post("/signin/code", data={"code": code})
    assert replayed.status_code == 401
    assert "已经用过" in replayed.text
    assert other.get("/api/v1/stats").status_code == 401
    on.pass_time(minutes=6)
    late = other.post("/signin/code", data={"code": pyotp.TOTP(on.secret_of("chair")).now()})
    assert 'name="password"' in late.text


def test_who_has_to_do_something_first_can_do_nothing_else(on: Office) -> None:
    on.person("wang", Role.OFFICER, must_change=True)
    browser = on.signed_in("wang")
    reached = []
    for route in POLICY:
        method, _, path = route.partition(" ")
        if "{" in path or POLICY[route].public:
            continue
        answer = browser.request(method, path)
        if answer.headers.get("location") != "/account" and answer.status_code != 403:
            reached.append(route)
    assert reached == ["GET /account", "POST /account/password"]
    assert browser.get("/api/v1/stats").json()["code"] == "must_password"
    assert 'name="new"' in browser.get("/account").text
    assert "/account/totp" not in browser.get("/account").text


def test_an_administrator_needs_a_second_factor_first(on: Office) -> None:
    on.person("root", Role.ADMIN, must_change=True)
    browser = on.signed_in("root")
    new = "three small boats sail"
    data = {"password": PASSWORD, "new": new, "again": new}
    answer = browser.post("/account/password", data=data)
    assert answer.headers["location"] == "/account?done=password_changed"
    assert browser.get("/accounts").headers["location"] == "/account"
    assert browser.get("/api/v1/stats").json()["code"] == "must_totp"
    assert browser.post("/account/tokens").headers["location"] == "/account"
    assert browser.post("/account/totp", data={"password": new}).status_code == 303
    page = browser.get("/account").text
    secret = page.split("secret=")[1][:32]
    code = pyotp.TOTP(secret).at(NOW)
    answer = browser.post("/account/totp/confirm", data={"code": code})
    assert answer.headers["location"] == "/account?done=totp_on"
    assert browser.get("/accounts").status_code == 200


def test_the_first_account_is_made_once_with_the_printed_key(on: Office) -> None:
    browser = on.browser()
    data = {"login": "root", "name": "赵", "password": PASSWORD, "again": PASSWORD}
    assert browser.get("/setup?key=").status_code == 404
    on.app.state.setup_key = "k" * 43
    for key in ("", "x", "k" * 42, "钥"):
        assert browser.get("/setup", params={"key": key}).status_code == 404
        assert browser.post("/setup", data={**data, "key": key}).status_code == 404
    data["key"] = "k" * 43
    assert browser.get("/setup", params={"key": data["key"]}).status_code == 200
    for change, said in (
        ({"again": WRONG}, "两次输入的口令不同"),
        ({"password": "password", "again": "password"}, "太常见"),
        ({"login": "a b"}, "不能作登录名"),
    ):
        answer = browser.post("/setup", data={**data, **change})
        assert answer.status_code == 400
        assert said in answer.text
        assert PASSWORD not in answer.text
    assert accounts.everyone(on.records) == []
    answer = browser.post("/setup", data=data)
    assert answer.headers["location"] == "/account"
    assert browser.get("/").headers["location"] == "/account"
    (made,) = accounts.everyone(on.records)
    assert (made.login, made.details.role, made.must_change) == ("root", Role.ADMIN, False)
    for _ in range(2):
        assert browser.get("/setup", params={"key": data["key"]}).status_code == 404
        assert browser.post("/setup", data={**data, "login": "two"}).status_code == 404
        on.app.state.setup_key = "k" * 43  # even if it were there: there is an account
    assert actions(on) == ["account.add", "signin.ok"]


def test_without_accounts_there_is_nothing_to_sign_in_to(client: TestClient) -> None:
    for path in ("/signin", "/setup?key=", "/account", "/accounts"):
        assert client.get(path).status_code == 404, path
    for path in ("/signin", "/signin/code", "/signout", "/setup", "/account/password", "/accounts"):
        assert client.post(path, data={"key": ""}).status_code == 404, path
    assert client.post("/role", data={"role": "viewer"}, follow_redirects=False).status_code == 303


def test_with_accounts_there_is_no_role_switch_and_no_blank_zone(on: Office) -> None:
    on.person("admin", Role.ADMIN)
    browser = on.signed_in("admin")
    browser.cookies.set("lianzhu-role", "officer")
    for path in ("/role", "/blank"):
        assert browser.post(path, data={"role": "officer"}).status_code == 404
    assert browser.post("/surveys").status_code == 403
    page = browser.get("/guide").text
    assert 'action="/blank"' not in page
    assert 'action="/role"' not in page
    assert 'href="/accounts"' in page


def test_an_idempotency_key_keeps_no_secret(on: Office) -> None:
    on.person("admin", Role.ADMIN)
    admin = on.signed_in("admin")
    data = {"login": "li", "name": "李", "role": "viewer"}
    headers = {"Idempotency-Key": "k1"}
    first = admin.post("/accounts", data=data, headers=headers)
    assert first.status_code == 200
    second = admin.post("/accounts", data=data, headers=headers)
    assert second.status_code == 412, "carried out once; its answer is not kept"
    admin.post("/signin", data={"login": "x", "password": WRONG}, headers={"Idempotency-Key": "k2"})
    with on.records.read() as db:
        assert db.execute(select(once.c.body).where(once.c.body.is_not(None))).all() == []
        assert db.execute(select(func.count()).select_from(sessions)).scalar() == 1


def test_static_files_and_health_do_not_wait_for_the_records(
    on: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(app: object) -> None:
        raise AssertionError("asked")

    monkeypatch.setattr("api.security.signing_in.records_at", broken)
    browser = on.browser()
    browser.cookies.set(COOKIE, "A" * 43)
    assert browser.get("/healthz").status_code == 200
    assert browser.get("/static/app/app.css").status_code == 200


CASES = {
    "another site": {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"},
    "a neighbour": {"Sec-Fetch-Site": "same-site"},
    "an old browser": {"Origin": "https://evil.example"},
    "a frame without origin": {"Origin": "null"},
    "who says nothing": {},
}


def test_no_write_is_accepted_from_another_site(on: Office) -> None:
    """5 header cases × every unsafe route, each asked by who may."""
    people = {role: on.person(role.value, role) for role in Role}
    assert len(people) == 8
    browsers = {role: on.signed_in(role.value) for role in Role}
    writes = [route for route in POLICY if not route.startswith("GET ")]
    before, accepted, cells = actions(on), [], 0
    for route in writes:
        method, _, path = route.partition(" ")
        role = next(r for r in Role if r in POLICY[route].roles)
        browser = browsers[role]
        del browser.headers["sec-fetch-site"]
        for case, headers in CASES.items():
            cells += 1
            answer = browser.request(
                method, path.replace("{", "").replace("}", ""), headers=headers
            )
            if answer.status_code != 403 or "set-cookie" in answer.headers:
                accepted.append((route, case, answer.status_code))
        browser.headers.update(SAME)
    assert accepted == []
    assert cells == 5 * len(writes) > 150
    assert actions(on) == before
    assert set(writes) == {
        f"{m} {r.path}"  # type: ignore[attr-defined]
        for r in flat(on.app.routes)
        for m in getattr(r, "methods", None) or ()
        if m not in ("GET", "HEAD")
    }


@pytest.mark.parametrize(
    "headers", [SAME, {"Sec-Fetch-Site": "none"}, {"Origin": "https://testserver"}]
)
def test_a_write_from_here_is_accepted(on: Office, headers: dict[str, str]) -> None:
    on.person("wang", Role.OFFICER)
    browser = on.signed_in("wang")
    del browser.headers["sec-fetch-site"]
    assert browser.post("/account/tokens", headers=headers).status_code == 422, "it was read"


def test_a_sample_has_accounts_of_its_own(sample_store: GraphStore, tmp_path: Path) -> None:
    on = office(sample_store, tmp_path)
    on.person("wang", Role.OFFICER)
    own = create_app(sample_store, on.app.state.settings)
    with TestClient(own, base_url="https://testserver", headers=SAME) as browser:
        answer = browser.post("/signin", data={"login": "wang", "password": PASSWORD})
    assert answer.status_code == 401
    assert (tmp_path / "sample-records.db").exists()
    assert isinstance(own.state.settings, Settings)
