"""What somebody changes of their own account: the password and the second factor.

Each change ends every session of the account and begins a new one, whose id is returned.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, Update, delete, select, update

from graph.errors import UsageError
from records import passwords, totp
from records.accounts import SECOND_FACTOR, Account
from records.database import Records
from records.sessions import open_session
from records.tables import accounts, sessions

__all__ = [
    "ROTATION",
    "begin_totp",
    "change_password",
    "confirm_totp",
    "due",
    "pending_totp",
    "use_code",
]

ROTATION = timedelta(days=90)  # of the profile 等保


def due(account: Account, profile: str, now: datetime) -> str:
    """What has to be done before anything else: a new password, a second factor, or nothing."""
    old = profile == "dengbao" and now - account.password_at > ROTATION
    if account.must_change or old:
        return "password"
    needs = account.details.role in SECOND_FACTOR and not account.second_factor
    return "totp" if needs else ""


def change_password(
    records: Records, account: Account, before: str, password: str, profile: str, now: datetime
) -> str:
    """Take another password; that `before` is the one in force was shown by `signins.prove`."""
    passwords.check(password, profile, account.login, account.details.name)
    if password == before:
        raise UsageError("password_same")
    kept = passwords.hashed(password)
    with records.write() as writing:
        values = {"password": kept, "password_at": now, "must_change": False}
        writing.db.execute(_of(account).values(**values))
        id_ = _anew(writing.db, account, now)
        writing.note("account.password", account.id)
    return id_


def begin_totp(records: Records, account: Account) -> None:
    """Make a secret, which holds once it is confirmed by a code."""
    with records.passing() as db:
        db.execute(_of(account).values(totp_next=totp.new_secret()))


def pending_totp(records: Records, account: Account) -> str:
    """The secret that waits for its first code, "" where none does."""
    with records.read() as db:
        asked = select(accounts.c.totp_next).filter_by(id=account.id)
        return str(db.execute(asked).scalar() or "")


def confirm_totp(records: Records, account: Account, code: str, now: datetime) -> str:
    """Take the secret that was shown, if the code is of it."""
    secret = pending_totp(records, account)
    step = totp.step_of(secret, code, now, 0) if secret else None
    if step is None:
        raise UsageError("wrong_code")
    with records.write() as writing:
        values = {"totp": secret, "totp_step": step, "totp_next": ""}
        writing.db.execute(_of(account).values(**values))
        id_ = _anew(writing.db, account, now)
        writing.note("account.totp", account.id)
    return id_


def use_code(records: Records, account: str, code: str, now: datetime) -> bool:
    """Whether a code is right and was not used before; now it is used."""
    with records.read() as db:
        asked = select(accounts.c.totp, accounts.c.totp_step).filter_by(id=account)
        row = db.execute(asked).mappings().one()
    step = totp.step_of(row["totp"], code, now, row["totp_step"]) if row["totp"] else None
    if step is None:
        return False
    fresh = (accounts.c.id == account) & (accounts.c.totp_step < step)
    with records.passing() as db:
        return db.execute(update(accounts).where(fresh).values(totp_step=step)).rowcount == 1


def _of(account: Account) -> Update:
    return update(accounts).where(accounts.c.id == account.id)


def _anew(db: Connection, account: Account, now: datetime) -> str:
    db.execute(delete(sessions).where(sessions.c.account == account.id))
    return open_session(db, account.id, now)
