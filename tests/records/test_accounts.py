"""Accounts: made, changed, disabled and reset by administrators, each act in the audit."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import select

from graph.errors import Changed, NotAllowed, NotFound, UsageError
from records import accounts, passwords, sessions, tokens
from records.accounts import Details
from records.database import Records
from records.roles import Actor, Role
from records.tables import accounts as table
from records.tables import audit

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
WANG = Details("王敏", Role.OFFICER)
PASSWORD = "correct horse battery"


def acts(records: Records) -> list[tuple[str, str, dict[str, Any]]]:
    with records.read() as db:
        rows = db.execute(select(audit).order_by(audit.c.seq))
        return [(r.action, r.object, json.loads(r.detail)) for r in rows]


def make(records: Records, login: str, details: Details = WANG, **kind: bool) -> str:
    return accounts.create(records, login, details, PASSWORD, now=NOW, **kind)


def test_an_account_is_made_and_found_by_its_login_however_written(records: Records) -> None:
    id_ = make(records, "  Wang.Min")
    found = accounts.with_login(records, "ＷＡＮＧ.min")
    assert found == accounts.get(records, id_)
    assert (found.login, found.details, found.must_change) == ("wang.min", WANG, True)
    assert not found.second_factor
    told = {"name": "王敏", "role": "officer", "park": "", "department": "", "fields": []}
    assert acts(records) == [("account.add", id_, {"login": "wang.min", **told})]
    with records.read() as db:
        kept = db.execute(select(table.c.password)).scalar()
    assert PASSWORD not in str(kept)
    assert passwords.matches(str(kept), PASSWORD)


@pytest.mark.parametrize("login", ["", "x", "wang min", "a" * 101, "w\0ang", "王/敏", "<b>"])
def test_a_login_is_a_word(records: Records, login: str) -> None:
    if len(login) > 100:
        login = login[:100] + "\n"
    with pytest.raises(UsageError) as caught:
        make(records, login.replace("a" * 100 + "\n", "a b"))
    assert caught.value.code == "bad_login"
    assert accounts.everyone(records) == []


def test_a_login_is_taken_once(records: Records) -> None:
    make(records, "wang.min")
    with pytest.raises(UsageError, match="login_taken"):
        make(records, "WANG.min")
    with pytest.raises(NotAllowed, match="set_up_already"):
        make(records, "li", first=True)
    assert len(accounts.everyone(records)) == len(acts(records)) == 1


def test_details_hold_what_is_the_roles_and_nothing_else() -> None:
    given = ("甲 ", "department", ("传感器", " 传感器", "", "电机"))
    with pytest.raises(UsageError, match="park_needed"):
        Details.checked("李", "park", " ", "", ())
    with pytest.raises(UsageError, match="bad_choice"):
        Details.checked("李", "chief", "", "", ())
    for name in ("", " ", "李\n四", "李\0", "x" * 101):
        with pytest.raises(UsageError, match="bad_text"):
            Details.checked(name, "viewer", "", "", ())
    assert Details.checked(" 李 ", "officer", *given) == Details("李", Role.OFFICER)
    assert Details.checked("李", "park", *given) == Details("李", Role.PARK, "甲")
    assert Details.checked("李", "reviewer", *given) == Details(
        "李", Role.REVIEWER, "", "department", ("传感器", "电机")
    )


def test_a_change_is_of_the_version_that_was_seen(records: Records) -> None:
    id_ = make(records, "wang.min")
    head = records.acting(Actor("b2", "赵", "admin"))
    accounts.change(head, id_, 1, Details("王敏敏", Role.SECRETARY))
    with pytest.raises(Changed) as caught:
        accounts.change(records, id_, 1, Details("王", Role.VIEWER))
    assert caught.value.facts == {"who": "赵", "name": "王敏敏"}
    assert accounts.get(records, id_).details == Details("王敏敏", Role.SECRETARY)
    assert accounts.get(records, id_).version == 2
    assert [a for a, *_ in acts(records)] == ["account.add", "account.change"]
    with pytest.raises(NotFound):
        accounts.change(records, "nobody", 1, WANG)


def test_disabling_ends_sessions_and_tokens_in_the_same_act(records: Records) -> None:
    id_ = make(records, "wang.min")
    account = accounts.get(records, id_)
    with records.passing() as db:
        cookie = sessions.open_session(db, id_, NOW)
    token = tokens.make(records, account, "script", "read", 30, now=NOW)
    assert sessions.session_of(records, cookie, NOW)
    assert tokens.token_of(records, token, NOW)
    accounts.disable(records, id_, now=NOW)
    accounts.disable(records, id_, now=NOW)
    assert sessions.session_of(records, cookie, NOW) is None
    assert tokens.token_of(records, token, NOW) is None
    accounts.enable(records, id_)
    accounts.enable(records, id_)
    assert sessions.session_of(records, cookie, NOW) is None, "it does not come back"
    assert tokens.token_of(records, token, NOW) is None
    assert not accounts.get(records, id_).disabled
    assert [a for a, *_ in acts(records)][2:] == ["account.disable", "account.enable"]


def test_a_reset_ends_everything_the_account_had(records: Records) -> None:
    id_ = make(records, "wang.min", must_change=False)
    with records.write() as writing:
        writing.db.execute(table.update().values(totp="A" * 32))
        cookie = sessions.open_session(writing.db, id_, NOW)
        writing.note("test", id_)
    assert accounts.get(records, id_).second_factor
    password = accounts.reset(records, id_, now=NOW)
    found = accounts.get(records, id_)
    assert (found.must_change, found.second_factor) == (True, False)
    assert sessions.session_of(records, cookie, NOW) is None
    with records.read() as db:
        kept = str(db.execute(select(table.c.password)).scalar())
    assert passwords.matches(kept, password)
    assert not passwords.matches(kept, PASSWORD)
    assert not any(password in json.dumps(detail) for *_, detail in acts(records))


def test_nobody_changes_their_own_duty_and_one_administrator_stays(records: Records) -> None:
    admin = Details("赵", Role.ADMIN)
    zhao, qian = make(records, "zhao", admin), make(records, "qian", admin)
    as_zhao = records.acting(accounts.get(records, zhao).actor)
    for act in (
        lambda: accounts.change(as_zhao, zhao, 1, WANG),
        lambda: accounts.disable(as_zhao, zhao, now=NOW),
        lambda: accounts.reset(as_zhao, zhao, now=NOW),
    ):
        with pytest.raises(UsageError, match="own_account"):
            act()
    accounts.change(as_zhao, zhao, 1, Details("赵明", Role.ADMIN))
    accounts.disable(as_zhao, qian, now=NOW)
    for act in (
        lambda: accounts.change(records, zhao, 2, WANG),
        lambda: accounts.disable(records, zhao, now=NOW),
    ):
        with pytest.raises(UsageError, match="last_admin"):
            act()
    assert accounts.get(records, zhao).details.role == Role.ADMIN
