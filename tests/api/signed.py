"""An office with accounts on: people who sign in, each with a browser of their own."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyotp
from fastapi import FastAPI
from fastapi.testclient import TestClient
from httpx2 import Response

from api.app import create_app
from api.deps import records_at
from api.security.signing_in import COOKIE
from api.settings import Settings
from graph.store.base import GraphStore
from records import accounts, credentials
from records.accounts import SECOND_FACTOR, Details
from records.database import Records
from records.roles import Role

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
PASSWORD = "correct horse battery"
SAME = {"Sec-Fetch-Site": "same-origin"}
PARK = "demo-park-binhai"


@dataclass
class Office:
    """The application, whose clock stands until it is moved."""

    app: FastAPI

    @property
    def records(self) -> Records:
        """Where its accounts are."""
        return records_at(self.app)

    def pass_time(self, **time: float) -> None:
        """Move the clock on."""
        self.app.state.now += timedelta(**time)

    def person(self, login: str, role: Role, *, must_change: bool = False) -> str:
        """An account, with a second factor where the role needs one; its id."""
        now = self.app.state.now
        park = PARK if role == Role.PARK else ""
        details = Details(login.upper(), role, park)
        id_ = accounts.create(
            self.records, login, details, PASSWORD, now=now, must_change=must_change
        )
        if role in SECOND_FACTOR and not must_change:
            account, before = accounts.get(self.records, id_), now - timedelta(hours=1)
            credentials.begin_totp(self.records, account)
            secret = credentials.pending_totp(self.records, account)
            credentials.confirm_totp(self.records, account, pyotp.TOTP(secret).at(before), before)
        return id_

    def browser(self) -> TestClient:
        """A browser nobody has signed in with."""
        return TestClient(
            self.app,
            base_url="https://testserver",
            headers=SAME,
            follow_redirects=False,
            raise_server_exceptions=False,
        )

    def signed_in(self, login: str, password: str = PASSWORD) -> TestClient:
        """A browser somebody has signed in with, code included."""
        browser = self.browser()
        answer = browser.post("/signin", data={"login": login, "password": password})
        if answer.status_code == 200:
            code = pyotp.TOTP(self.secret_of(login)).at(self.app.state.now)
            answer = browser.post("/signin/code", data={"code": code})
        assert answer.status_code == 303, answer.text
        return browser

    def secret_of(self, login: str) -> str:
        """What the authenticator of an account holds."""
        with self.records.read() as db:
            row = db.exec_driver_sql("SELECT totp FROM accounts WHERE login = ?", (login,)).one()
        return str(row[0])


def office(store: GraphStore, folder: Path, **settings: str) -> Office:
    """A new office over the sample zone."""
    chosen = Settings(
        graph_url=f"sqlite:///{folder}/own.db",
        records_url=f"sqlite:///{folder}/records.db",
        audit_heads=f"{folder}/heads",
        upload_dir=f"{folder}/uploads",
        backup_dir=f"{folder}/backups",
        accounts="on",
        **settings,  # type: ignore[arg-type]
    )
    app = create_app(store, chosen, sample=True)
    app.state.now = NOW
    return Office(app)


def cookie_of(answer: Response) -> str:
    """The id of a session in what was answered."""
    found = re.search(rf"{COOKIE}=([^;]*)", answer.headers.get("set-cookie", ""))
    return found[1] if found else ""
