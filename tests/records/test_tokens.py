"""Tokens: shown once, held for a time, ended by their account."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from graph.errors import NotFound, UsageError
from records import accounts, tokens
from records.accounts import Account, Details
from records.database import Records
from records.roles import Role
from records.tables import audit
from records.tables import tokens as table

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def made(records: Records, login: str) -> Account:
    details = Details("王", Role.OFFICER)
    return accounts.get(records, accounts.create(records, login, details, "x" * 9, now=NOW))


def test_a_token_stands_for_its_account_until_its_day(records: Records) -> None:
    wang = made(records, "wang")
    token = tokens.make(records, wang, " 日报 ", "read", 30, now=NOW)
    assert token.startswith("lz_")
    assert len(token) == 3 + 43
    assert tokens.token_of(records, token, NOW + timedelta(days=30, seconds=-1)) == (wang, "read")
    assert tokens.token_of(records, token, NOW + timedelta(days=30)) is None
    assert tokens.token_of(records, token + "x", NOW) is None
    assert tokens.token_of(records, token.removeprefix("lz_"), NOW) is None
    assert tokens.token_of(records, "", NOW) is None
    with records.read() as db:
        kept = repr(db.execute(select(table)).all()) + repr(db.execute(select(audit)).all())
    assert token not in kept
    assert token.removeprefix("lz_") not in kept


def test_who_made_it_revokes_it_and_nobody_else(records: Records) -> None:
    wang, li = made(records, "wang"), made(records, "li")
    token = tokens.make(records, wang, "日报", "write", 90, now=NOW)
    (listed,) = tokens.of_account(records, wang)
    assert (listed.name, listed.scope) == ("日报", "write")
    assert listed.expires_at == NOW + timedelta(days=90)
    assert tokens.of_account(records, li) == []
    with pytest.raises(NotFound):
        tokens.revoke(records, li, listed.id)
    assert tokens.token_of(records, token, NOW) is not None
    tokens.revoke(records, wang, listed.id)
    assert tokens.token_of(records, token, NOW) is None
    with pytest.raises(NotFound):
        tokens.revoke(records, wang, listed.id)


@pytest.mark.parametrize(
    ("name", "scope", "days"),
    [
        ("", "read", 30),
        ("x\n", "all", 30),
        ("x\ny", "read", 30),
        ("x", "read", 31),
        ("x", "read", 0),
    ],
)
def test_what_makes_no_token(records: Records, name: str, scope: str, days: int) -> None:
    wang = made(records, "wang")
    with pytest.raises(UsageError):
        tokens.make(records, wang, name, scope, days, now=NOW)
    assert tokens.of_account(records, wang) == []


def test_an_account_has_twenty_that_hold(records: Records) -> None:
    wang = made(records, "wang")
    for n in range(20):
        tokens.make(records, wang, f"t{n}", "read", 30, now=NOW)
    with pytest.raises(UsageError, match="too_many_tokens"):
        tokens.make(records, wang, "t20", "read", 30, now=NOW)
    later = NOW + timedelta(days=31)
    tokens.make(records, wang, "t20", "read", 30, now=later)
    assert [t.name for t in tokens.of_account(records, wang)] == ["t20"]
