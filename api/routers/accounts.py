"""All accounts, for administrators."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Depends, Form, Query, Request
from fastapi.responses import RedirectResponse, Response

from api.deps import AtDesk, AtRecords, identity_of, with_accounts
from api.desk import Desk
from api.private import NO_STORE, failed, private, private_frame, row_of
from api.security.signing_in import now_of
from graph.errors import Changed, LianzhuError, UsageError
from records import accounts, passwords
from records.accounts import Details
from records.database import Records
from records.roles import Role
from viz.accounts import AccountRow, AccountsPage
from viz.contexts import Choice

__all__ = ["router"]

router = APIRouter(include_in_schema=False, dependencies=[Depends(with_accounts)])

Text = Annotated[str, Form(max_length=1000)]
_BETWEEN = re.compile(r"[、,，;；]+")


@dataclass(frozen=True)
class _Given:
    """What the form says of somebody."""

    name: str
    role: str
    park: str
    department: str
    fields: Sequence[str]

    def checked(self, desk: Desk) -> Details:
        """The same, where it makes sense and the park is one there is."""
        park = desk.id_of("Park", self.park, "park") if self.park and self.role == "park" else ""
        return Details.checked(self.name, self.role, park, self.department, self.fields)


def _given(
    name: Text, role: Text, park: Text = "", department: Text = "", fields: Text = ""
) -> _Given:
    return _Given(name, role, park, department, _BETWEEN.split(fields))


Given = Annotated[_Given, Depends(_given)]


@router.get("/accounts")
def page(
    request: Request,
    desk: AtDesk,
    records: AtRecords,
    edit: Annotated[str, Query(max_length=100)] = "",
) -> Response:
    """谁可以进来、能做什么?"""
    return private(request, _page(request, desk, records, edit))


@router.post("/accounts")
def add(request: Request, desk: AtDesk, records: AtRecords, login: Text, given: Given) -> Response:
    """A new account with a one-time password, shown this once."""
    password = passwords.one_time()
    try:
        accounts.create(records, login, given.checked(desk), password, now=now_of(request))
    except UsageError as error:
        found = _page(request, desk, records, error=error, draft=_draft(login, given))
        return failed(request, found, error)
    handed = accounts.login_of(login), password
    return private(request, _page(request, desk, records, handed=handed))


@router.post("/accounts/{account}")
def change(
    request: Request,
    desk: AtDesk,
    records: AtRecords,
    account: str,
    version: Annotated[int, Form()],
    given: Given,
) -> Response:
    """New details, unless somebody changed them meanwhile."""
    try:
        accounts.change(records, account, version, given.checked(desk))
    except (UsageError, Changed) as error:
        return failed(request, _page(request, desk, records, account, error=error), error)
    return _on(request, "account_saved")


@router.post("/accounts/{account}/disable")
def disable(request: Request, desk: AtDesk, records: AtRecords, account: str) -> Response:
    """Out at once."""
    try:
        accounts.disable(records, account, now=now_of(request))
    except UsageError as error:
        return failed(request, _page(request, desk, records, account, error=error), error)
    return _on(request, "account_disabled")


@router.post("/accounts/{account}/enable")
def enable(request: Request, records: AtRecords, account: str) -> Response:
    """May sign in again."""
    accounts.enable(records, account)
    return _on(request, "account_enabled")


@router.post("/accounts/{account}/reset")
def reset(request: Request, desk: AtDesk, records: AtRecords, account: str) -> Response:
    """A new one-time password, shown this once."""
    try:
        password = accounts.reset(records, account, now=now_of(request))
    except UsageError as error:
        return failed(request, _page(request, desk, records, account, error=error), error)
    handed = accounts.get(records, account).login, password
    return private(request, _page(request, desk, records, account, handed=handed))


def _page(
    request: Request,
    desk: Desk,
    records: Records,
    edit: str = "",
    *,
    error: LianzhuError | None = None,
    handed: tuple[str, str] | None = None,
    draft: AccountRow | None = None,
) -> AccountsPage:
    rows = [row_of(account) for account in accounts.everyone(records)]
    parks = desk.snapshot.nodes("Park")
    return AccountsPage(
        private_frame(request, "/accounts", desk, error),
        rows,
        identity_of(request).id,
        list(Role),
        [Choice(i, n or i) for i, n in zip(parks.ids, parks.values("name"), strict=True)],
        next((row for row in rows if row.id == edit), None),
        handed,
        draft,
    )


def _draft(login: str, given: _Given) -> AccountRow:
    g = given
    row = ("", login, g.name, g.role, g.park, g.department, g.fields, False, True, False, "", 1)
    return AccountRow(*row)


def _on(request: Request, done: str) -> Response:
    lang = request.query_params.get("lang")
    query = f"?lang={quote(lang)}&done={done}" if lang else f"?done={done}"
    return RedirectResponse(f"/accounts{query}", 303, NO_STORE)
