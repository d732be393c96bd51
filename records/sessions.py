"""Sessions: who signed in, and for how long that holds.  Of an id only its SHA-256 is kept."""

from __future__ import annotations

import hashlib
import secrets
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, insert, select, update

from graph.errors import StoreError
from records.accounts import Account, account_of
from records.database import Records
from records.tables import accounts, sessions

__all__ = ["IDLE", "LONGEST", "PENDING", "Session", "digest", "end", "open_session", "session_of"]

IDLE = timedelta(minutes=30)  # without a request
LONGEST = timedelta(hours=12)  # however busy
PENDING = timedelta(minutes=5)  # between password and code
_SEEN = timedelta(minutes=1)  # how exactly is written down when a session was last used


@dataclass(frozen=True)
class Session:
    """Somebody signed in; `pending`: the code is still to come, so nothing may be done."""

    id: str
    account: Account
    pending: bool


def digest(secret: str) -> str:
    """What is kept of a session's id or a token: who reads the database can use neither."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def open_session(db: Connection, account: str, now: datetime, *, pending: bool = False) -> str:
    """Begin a session and return its id, 256 random bits; sessions that are over are removed."""
    id_ = secrets.token_urlsafe(32)
    over = (sessions.c.seen_at < now - IDLE) | (sessions.c.made_at < now - LONGEST)
    db.execute(delete(sessions).where(over))
    row = {"id": digest(id_), "account": account, "pending": pending}
    db.execute(insert(sessions).values(**row, made_at=now, seen_at=now))
    return id_


def session_of(records: Records, id: str, now: datetime) -> Session | None:
    """The session with an id, None where it is over or its account disabled."""
    here = (sessions.c.id == digest(id)) & accounts.c.disabled_at.is_(None)
    asked = select(sessions.c.made_at.label("began"), sessions.c.seen_at, sessions.c.pending)
    asked = asked.add_columns(accounts).join_from(sessions, accounts).where(here)
    with records.read() as db:
        row = db.execute(asked).mappings().first()
    if row is None:
        return None
    age, idle = now - row["began"], now - row["seen_at"]
    if idle > IDLE or age > (PENDING if row["pending"] else LONGEST):
        return None
    found = Session(digest(id), account_of(row), row["pending"])
    if idle >= _SEEN:
        with suppress(StoreError):  # somebody writes for long: it is written at the next request
            _seen(records, found, now)
    return found


def end(records: Records, id: str) -> None:
    """A session is over."""
    here = sessions.c.id == digest(id)
    asked = select(accounts).join_from(sessions, accounts).where(here & ~sessions.c.pending)
    with records.read() as db:
        row = db.execute(asked).mappings().first()
    if row is None:
        with records.passing() as db:
            db.execute(delete(sessions).where(here))
        return
    account = account_of(row)
    with records.acting(account.actor).write() as writing:
        writing.db.execute(delete(sessions).where(here))
        writing.note("signin.end", account.login)


def _seen(records: Records, session: Session, now: datetime) -> None:
    with records.passing() as db:
        db.execute(update(sessions).where(sessions.c.id == session.id).values(seen_at=now))
