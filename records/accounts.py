"""Accounts: who may sign in, and as what.  Made and changed by administrators."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import Connection, delete, func, insert, select, update

from graph.errors import Changed, NotAllowed, NotFound, UsageError
from records import passwords
from records.audit import last_actor
from records.database import Change, Records
from records.roles import EVERY_ROLE, Actor, Role
from records.tables import accounts, attempts, sessions, tokens

__all__ = [
    "SECOND_FACTOR",
    "Account",
    "Details",
    "account_of",
    "any_there",
    "change",
    "create",
    "disable",
    "enable",
    "everyone",
    "get",
    "login_of",
    "reset",
    "with_login",
]

SECOND_FACTOR = frozenset({Role.CHAIR, Role.ADMIN})  # roles that cannot do without one
_LONGEST = 100  # characters of a name
_LOGIN = re.compile(r"[\w.@+-]{2,100}")


@dataclass(frozen=True)
class Details:
    """What an administrator says of somebody."""

    name: str
    role: Role
    park: str = ""  # of a park operator
    department: str = ""  # of a reviewer who speaks for one
    fields: tuple[str, ...] = ()  # of a reviewer who is an expert

    @staticmethod
    def checked(name: str, role: str, park: str, department: str, fields: Sequence[str]) -> Details:
        """Details as given, without what is not the role's; `UsageError` where they make none."""
        if role not in EVERY_ROLE:
            allowed = " | ".join(Role)
            raise UsageError("bad_choice", name="role", given=role, allowed=allowed)
        if role == Role.PARK and not park.strip():
            raise UsageError("park_needed")
        known = [_text("field", f) for f in fields if f.strip()] if role == Role.REVIEWER else []
        return Details(
            _text("name", name),
            Role(role),
            _text("park", park) if role == Role.PARK else "",
            _text("department", department, empty=True) if role == Role.REVIEWER else "",
            tuple(dict.fromkeys(known)),
        )

    @property
    def row(self) -> dict[str, str]:
        """As the table keeps them."""
        return {
            "name": self.name,
            "role": self.role.value,
            "park": self.park,
            "department": self.department,
            "fields": json.dumps(self.fields, ensure_ascii=False),
        }


@dataclass(frozen=True)
class Account:
    """Somebody who may sign in; nothing secret of it."""

    id: str
    login: str
    details: Details
    must_change: bool  # the password was given by another
    password_at: datetime
    second_factor: bool
    disabled: bool
    made_at: datetime
    version: int

    @property
    def actor(self) -> Actor:
        """As the audit names it."""
        return Actor(self.id, self.details.name, self.details.role)


def login_of(given: str) -> str:
    """A login as it is compared: `ZHANG.Wei` is `zhang.wei`; what cannot be shown is a mark."""
    same = unicodedata.normalize("NFKC", given).strip().casefold()[:_LONGEST]
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in same)


def create(
    records: Records,
    login: str,
    details: Details,
    password: str,
    *,
    now: datetime,
    must_change: bool = True,
    first: bool = False,
) -> str:
    """Make an account and return its id; `first`: only where there is none yet.

    Raises `UsageError` for a login that is taken or not one.
    """
    if not _LOGIN.fullmatch(login := login_of(login)):
        raise UsageError("bad_login", login=login)
    id_, kept = uuid4().hex, passwords.hashed(password)
    row = {"id": id_, "login": login, **details.row, "password": kept, "password_at": now}
    row |= {"must_change": must_change, "totp": "", "totp_step": 0, "totp_next": ""}
    with records.write() as writing:
        if first and _any(writing.db):
            raise NotAllowed("set_up_already")
        if writing.db.execute(select(accounts.c.id).filter_by(login=login)).first():
            raise UsageError("login_taken", login=login)
        writing.db.execute(insert(accounts).values(**row, made_at=now, version=1))
        writing.note("account.add", id_, login=login, **_told(details))
    return id_


def any_there(records: Records) -> bool:
    """Whether there is an account."""
    with records.read() as db:
        return _any(db)


def everyone(records: Records) -> list[Account]:
    """All accounts by login, those disabled last."""
    with records.read() as db:
        rows = db.execute(select(accounts).order_by(accounts.c.login)).mappings()
        return sorted((account_of(row) for row in rows), key=lambda a: a.disabled)


def get(records: Records, account: str) -> Account:
    """The account with an id; `NotFound`."""
    with records.read() as db:
        return account_of(_row(db, account))


def with_login(records: Records, login: str) -> Account:
    """The account with a login; `NotFound`."""
    with records.read() as db:
        found = db.execute(select(accounts).filter_by(login=login_of(login))).mappings().first()
    if found is None:
        raise NotFound("unknown_item", item=login_of(login))
    return account_of(found)


def change(records: Records, account: str, version: int, details: Details) -> None:
    """New details for an account that still has this version.

    Raises `Changed` when somebody changed it since, `UsageError` for a new role of one's own (the
    duties stay apart) or of the last administrator.
    """
    with records.write() as writing:
        row = _row(writing.db, account)
        if row["version"] != version:
            who = last_actor(writing.db, account)
            raise Changed("changed_meanwhile", who=who, name=row["name"])
        if row["role"] != details.role:
            _spared(writing.db, records.actor, row)
        values = {**details.row, "version": version + 1}
        writing.db.execute(update(accounts).where(accounts.c.id == account).values(**values))
        writing.note("account.change", account, login=row["login"], **_told(details))


def disable(records: Records, account: str, *, now: datetime) -> None:
    """Whoever has the account is out at once: its sessions and tokens end."""
    with records.write() as writing:
        row = _row(writing.db, account)
        if row["disabled_at"] is not None:
            return
        _spared(writing.db, records.actor, row)
        _set(writing.db, row, disabled_at=now)
        _end_all(writing, account)
        writing.note("account.disable", account, login=row["login"])


def enable(records: Records, account: str) -> None:
    """The account may sign in again, with the password it had."""
    with records.write() as writing:
        row = _row(writing.db, account)
        if row["disabled_at"] is not None:
            _set(writing.db, row, disabled_at=None)
            writing.note("account.enable", account, login=row["login"])


def reset(records: Records, account: str, *, now: datetime) -> str:
    """A one-time password that must be changed; sessions, tokens and second factor end."""
    password = passwords.one_time()
    kept = passwords.hashed(password)
    with records.write() as writing:
        row = _row(writing.db, account)
        if records.actor.id == account:
            raise UsageError("own_account")
        _set(writing.db, row, password=kept, password_at=now, must_change=True, totp="")
        _end_all(writing, account)
        failed = delete(attempts).where(attempts.c.key == f"login:{row['login']}")
        writing.db.execute(failed)
        writing.note("account.reset", account, login=row["login"])
    return password


def account_of(row: Any) -> Account:
    """The account in a row of the table."""
    details = Details(
        row["name"],
        Role(row["role"]),
        row["park"],
        row["department"],
        tuple(json.loads(row["fields"])),
    )
    return Account(
        row["id"],
        row["login"],
        details,
        row["must_change"],
        row["password_at"],
        bool(row["totp"]),
        row["disabled_at"] is not None,
        row["made_at"],
        row["version"],
    )


def _row(db: Connection, account: str) -> Any:
    row = db.execute(select(accounts).filter_by(id=account)).mappings().first()
    if row is None:
        raise NotFound("unknown_item", item=account)
    return row


def _any(db: Connection) -> bool:
    return db.execute(select(accounts.c.id).limit(1)).first() is not None


def _set(db: Connection, row: Any, **values: object) -> None:
    changed = update(accounts).where(accounts.c.id == row["id"])
    db.execute(changed.values(**values, totp_next="", version=row["version"] + 1))


def _end_all(writing: Change, account: str) -> None:
    for table in (sessions, tokens):
        writing.db.execute(delete(table).where(table.c.account == account))


def _spared(db: Connection, actor: Actor, row: Any) -> None:
    """Nobody shuts themselves out or takes on another duty, and one administrator stays."""
    if actor.id == row["id"]:
        raise UsageError("own_account")
    if row["role"] == Role.ADMIN and row["disabled_at"] is None:
        able = (accounts.c.role == Role.ADMIN.value) & accounts.c.disabled_at.is_(None)
        if db.execute(select(func.count()).select_from(accounts).where(able)).scalar() == 1:
            raise UsageError("last_admin")


def _told(details: Details) -> dict[str, str | list[str]]:
    return {**details.row, "fields": list(details.fields)}


def _text(name: str, given: str, empty: bool = False) -> str:
    text = given.strip()
    if (not text and not empty) or len(text) > _LONGEST or not text.isprintable():
        raise UsageError("bad_text", name=name, limit=_LONGEST)
    return text
