"""Tokens: what a program shows instead of a session, with a scope and an end."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, func, insert, select

from graph.errors import NotFound, UsageError
from records.accounts import Account, account_of
from records.database import Records
from records.sessions import digest
from records.tables import accounts, tokens

__all__ = ["DAYS", "SCOPES", "Token", "make", "of_account", "revoke", "token_of"]

SCOPES = ("read", "write")
DAYS = (30, 90, 365)  # how long one may hold
_PREFIX = "lz_"  # so that one is found where it should not be
_MOST = 20  # of one account
_LONGEST = 100  # characters of a name


@dataclass(frozen=True)
class Token:
    """What is known of a token; it cannot be used from this."""

    id: str
    name: str
    scope: str
    made_at: datetime
    expires_at: datetime


def make(
    records: Records, account: Account, name: str, scope: str, days: int, *, now: datetime
) -> str:
    """Make a token and return it, for the one time it is shown."""
    name = name.strip()
    if not name or len(name) > _LONGEST or not name.isprintable():
        raise UsageError("bad_text", name="name", limit=_LONGEST)
    if scope not in SCOPES or days not in DAYS:
        given, allowed = f"{scope}, {days}", " | ".join((*SCOPES, *map(str, DAYS)))
        raise UsageError("bad_choice", name="scope, days", given=given, allowed=allowed)
    token, until = _PREFIX + secrets.token_urlsafe(32), now + timedelta(days=days)
    row = {"id": digest(token), "account": account.id, "name": name, "scope": scope}
    with records.write() as writing:
        mine = tokens.c.account == account.id
        writing.db.execute(delete(tokens).where(mine & (tokens.c.expires_at < now)))
        held = writing.db.execute(select(func.count()).select_from(tokens).where(mine)).scalar()
        if held and held >= _MOST:
            raise UsageError("too_many_tokens", most=_MOST)
        writing.db.execute(insert(tokens).values(**row, made_at=now, expires_at=until))
        day = until.date().isoformat()
        writing.note("token.add", account.id, token=name, scope=scope, until=day)
    return token


def of_account(records: Records, account: Account) -> list[Token]:
    """The tokens of an account, the newest first."""
    with records.read() as db:
        asked = select(tokens).filter_by(account=account.id).order_by(tokens.c.made_at.desc())
        rows = db.execute(asked).mappings()
        return [Token(r["id"], r["name"], r["scope"], r["made_at"], r["expires_at"]) for r in rows]


def revoke(records: Records, account: Account, token: str) -> None:
    """A token ends; `NotFound` for one that is not the account's."""
    here = (tokens.c.id == token) & (tokens.c.account == account.id)
    with records.write() as writing:
        name = writing.db.execute(select(tokens.c.name).where(here)).scalar()
        if name is None:
            raise NotFound("unknown_item", item=token)
        writing.db.execute(delete(tokens).where(here))
        writing.note("token.revoke", account.id, token=name)


def token_of(records: Records, token: str, now: datetime) -> tuple[Account, str] | None:
    """The account that shows a token and the scope it has; None for one that does not hold."""
    if not token.startswith(_PREFIX):
        return None
    here = (tokens.c.id == digest(token)) & accounts.c.disabled_at.is_(None)
    asked = select(tokens.c.scope, tokens.c.expires_at).add_columns(accounts)
    with records.read() as db:
        row = db.execute(asked.join_from(tokens, accounts).where(here)).mappings().first()
    if row is None or row["expires_at"] <= now:
        return None
    return account_of(row), row["scope"]
