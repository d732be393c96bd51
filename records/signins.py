"""Signing in: password, then code where the account has a second factor.

Wrong guesses are slowed down, never answered with a permanent lock-out: five within 15 minutes for
a login, twenty from one address.  An attempt is counted before it is looked at, so that many at
once are no more than one after another; a right one is taken back.  A login nobody has costs what
a wrong password costs and is answered alike.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Any, NoReturn
from uuid import uuid4

from sqlalchemy import delete, insert, select, update

from graph.errors import LianzhuError, NotSignedIn, TooMany, UsageError
from records import credentials, passwords
from records.accounts import Account, account_of, login_of
from records.database import Records
from records.roles import Actor
from records.sessions import digest, open_session, session_of
from records.tables import accounts, attempts, audit_head, sessions

__all__ = ["ONE_TIME", "WINDOW", "Begun", "confirm", "prove", "sign_in"]

WINDOW = timedelta(minutes=15)
PER_LOGIN, PER_ADDRESS = 5, 20  # failures in the window
ONE_TIME = timedelta(days=7)  # how long a password given by another can be used


@dataclass(frozen=True)
class Begun:
    """A session's id, to be put into the cookie; `needs_code`: it is good for nothing else yet."""

    id: str
    account: Account
    needs_code: bool = False


@dataclass(frozen=True)
class _Attempt:
    """Somebody tries: rows that count unless they are taken back."""

    login: str
    address: str
    rows: tuple[str, str]


def sign_in(records: Records, login: str, password: str, address: str, now: datetime) -> Begun:
    """Begin a session with a new id.

    Raises `NotSignedIn` for a wrong login or password alike, `TooMany` after too many of them.
    """
    attempt = _begin(records, login_of(login), address, now)
    row, right = _checked(records, attempt, password)
    if not right or row["disabled_at"] is not None:
        _refuse(records, attempt, row, "password", NotSignedIn("wrong_sign_in"))
    if row["must_change"] and now - row["password_at"] > ONE_TIME:
        _refuse(records, attempt, row, "one_time", NotSignedIn("one_time_over"))
    if row["totp"]:
        _take_back(records, attempt)
        with records.passing() as db:
            return Begun(open_session(db, row["id"], now, pending=True), account_of(row), True)
    return _complete(records, attempt, row, now)


def confirm(records: Records, id: str, code: str, address: str, now: datetime) -> Begun:
    """The code after the password: the session that now holds, with a new id."""
    session = session_of(records, id, now)
    if session is None or not session.pending:
        raise NotSignedIn("not_signed_in")
    attempt = _begin(records, session.account.login, address, now)
    row = _row(records, attempt.login)
    if not credentials.use_code(records, session.account.id, code, now):
        _refuse(records, attempt, row, "code", NotSignedIn("wrong_code"))
    return _complete(records, attempt, row, now, pending=digest(id))


def prove(records: Records, login: str, password: str, address: str, now: datetime) -> None:
    """Who is signed in shows again that it is them; `UsageError` for a wrong password."""
    attempt = _begin(records, login, address, now)
    row, right = _checked(records, attempt, password)
    if not right:
        _refuse(records, attempt, row, "again", UsageError("wrong_password"))
    _take_back(records, attempt)


def _begin(records: Records, login: str, address: str, now: datetime) -> _Attempt:
    """Count an attempt; `TooMany` where there were too many, which does not lengthen the wait."""
    keys = {f"login:{login}": PER_LOGIN, f"from:{_near(address)}": PER_ADDRESS}
    made = uuid4().hex, uuid4().hex
    with records.passing() as db:
        db.execute(select(audit_head).with_for_update())  # who counts is alone
        db.execute(delete(attempts).where(attempts.c.at <= now - WINDOW))
        for (key, most), id_ in zip(keys.items(), made, strict=True):
            when = select(attempts.c.at).filter_by(key=key).order_by(attempts.c.at.desc())
            times = db.execute(when.limit(most)).scalars().all()
            if len(times) == most:
                wait = times[-1] + WINDOW - now
                raise TooMany("too_many_attempts", seconds=max(1, round(wait.total_seconds())))
            db.execute(insert(attempts).values(id=id_, key=key, at=now))
    return _Attempt(login, address, made)


def _take_back(records: Records, attempt: _Attempt) -> None:
    with records.passing() as db:
        db.execute(delete(attempts).where(attempts.c.id.in_(attempt.rows)))


def _checked(records: Records, attempt: _Attempt, password: str) -> tuple[Any, bool]:
    """The account's row, if any, and whether the password is its own; always the same work."""
    row = _row(records, attempt.login)
    try:
        right = passwords.matches("" if row is None else row["password"], password)
        if right and passwords.outdated(row["password"]):
            row = _renewed(records, row, passwords.hashed(password))
    except TooMany:
        _take_back(records, attempt)
        raise
    return row, right


def _renewed(records: Records, row: Any, kept: str) -> Any:
    """The row with its password hashed as it is done today."""
    same = (accounts.c.id == row["id"]) & (accounts.c.password == row["password"])
    with records.passing() as db:
        db.execute(update(accounts).where(same).values(password=kept))
    return {**row, "password": kept}


def _complete(
    records: Records, attempt: _Attempt, row: Any, now: datetime, *, pending: str = ""
) -> Begun:
    """Begin the session, unless the account was changed while its password was looked at."""
    account = account_of(row)
    same = (accounts.c.id == row["id"]) & (accounts.c.password == row["password"])
    with records.acting(account.actor).write() as writing:
        still = select(accounts.c.id).where(same & accounts.c.disabled_at.is_(None))
        if writing.db.execute(still).first() is None:
            raise NotSignedIn("wrong_sign_in")
        writing.db.execute(delete(sessions).where(sessions.c.id == pending))
        mine = attempts.c.id.in_(attempt.rows) | (attempts.c.key == f"login:{attempt.login}")
        writing.db.execute(delete(attempts).where(mine))
        id_ = open_session(writing.db, account.id, now)
        writing.note("signin.ok", account.login, address=attempt.address)
    return Begun(id_, account)


def _refuse(
    records: Records, attempt: _Attempt, row: Any, step: str, error: LianzhuError
) -> NoReturn:
    """Write down who failed, under the login given, and say no."""
    nobody = Actor("", attempt.login, "anonymous")
    actor = nobody if row is None else account_of(row).actor
    with records.acting(actor).write() as writing:
        writing.note("signin.failed", attempt.login, address=attempt.address, step=step)
    raise error


def _row(records: Records, login: str) -> Any:
    with records.read() as db:
        return db.execute(select(accounts).filter_by(login=login)).mappings().first()


def _near(address: str) -> str:
    """Where somebody asks from: a household has one IPv4 address or 2^64 of IPv6."""
    try:
        found = ip_address(address)
    except ValueError:
        return address[:100]
    if isinstance(found, IPv6Address) and found.ipv4_mapped is None:
        return str(ip_network((found, 64), strict=False))
    return address
