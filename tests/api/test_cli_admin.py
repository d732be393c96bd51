"""`lianzhu admin`: accounts for who runs the machine."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from sqlalchemy import select
from typer.testing import CliRunner

from api.cli import app
from records import accounts, signins
from records.accounts import Details
from records.database import Records
from records.roles import Role
from records.tables import audit
from tests.api.signed import NOW

PASSWORD = "correct horse battery"


@pytest.fixture
def url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    address = f"sqlite:///{tmp_path}/records.db"
    monkeypatch.setenv("LIANZHU_RECORDS_URL", address)
    monkeypatch.setenv("LIANZHU_AUDIT_HEADS", str(tmp_path / "heads"))
    monkeypatch.setenv("LIANZHU_LANG", "en")
    return address


def run(*args: str, given: str = "") -> tuple[int, str, str]:
    done = CliRunner().invoke(app, ["admin", *args], input=given)
    return done.exit_code, done.stdout, done.stderr


def create(login: str, *more: str, given: str = "") -> tuple[int, str, str]:
    return run("create-user", login, "--name", "王敏", *more, given=given)


def test_an_account_is_made_with_a_one_time_password(url: str) -> None:
    code, out, err = create("Wang", "--role", "reviewer", "--field", "电机", "--field", "传感器")
    assert code == 0
    password = out.strip()
    assert "one-time password of wang" in err
    assert password not in err
    made = accounts.with_login(Records(url), "wang")
    assert made.details == Details("王敏", Role.REVIEWER, "", "", ("电机", "传感器"))
    assert made.must_change
    assert signins.sign_in(Records(url), "wang", password, "", made.password_at)
    with Records(url).read() as db:
        row = db.execute(select(audit).where(audit.c.action == "account.add")).one()
    assert row.role == "system"
    assert password not in row.detail


def test_a_password_can_be_given_and_follows_the_rules(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    args = ("--role", "viewer", "--password-stdin")
    code, _, err = create("wang", *args, given="password\n")
    assert (code, "well known" in err) == (2, True)
    code, out, err = create("wang", *args, given=f"{PASSWORD}\r\n")
    assert (code, out, "added wang" in err) == (0, "", True)
    made = accounts.with_login(Records(url), "wang")
    assert not made.must_change
    assert signins.sign_in(Records(url), "wang", PASSWORD, "", NOW)
    monkeypatch.setenv("LIANZHU_PROFILE", "dengbao")
    assert create("li", *args, given=PASSWORD)[0] == 2
    assert create("li", *args, given="")[0] == 2


@pytest.mark.parametrize(
    "more", [("--role", "chief"), ("--role", "park"), ("--role", "viewer", "--name", " ")]
)
def test_what_makes_no_account(url: str, more: tuple[str, ...]) -> None:
    assert create("wang", *more)[0] == 2
    assert accounts.everyone(Records(url)) == []


def test_disable_and_reset(url: str) -> None:
    create("root", "--role", "admin")
    create("wang", "--role", "officer")
    assert run("disable-user", "wang")[0] == 0
    assert accounts.with_login(Records(url), "wang").disabled
    code, out, _ = run("reset-user", "WANG", "--json")
    answer = json.loads(out)
    assert (code, answer["login"]) == (0, "wang")
    made = accounts.with_login(Records(url), "wang")
    assert not made.disabled
    assert signins.sign_in(Records(url), "wang", answer["password"], "", made.password_at)
    assert run("disable-user", "nobody")[0] == 2
    code, _, err = run("disable-user", "root")
    assert (code, "last administrator" in err) == (2, True)


def test_the_samples_accounts_are_its_own(url: str, tmp_path: Path) -> None:
    create("wang", "--role", "viewer", "--sample")
    assert accounts.everyone(Records(url)) == []
    sample = Records(f"sqlite:///{tmp_path}/sample-records.db")
    assert [a.login for a in accounts.everyone(sample)] == ["wang"]
