"""One's own account: password, second factor, tokens."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import RedirectResponse, Response

from api.deps import AtDesk, AtRecords, identity_of, settings_of, with_accounts
from api.desk import Desk
from api.private import NO_STORE, failed, private, private_frame, row_of
from api.security.signing_in import address_of, give, now_of
from graph.errors import LianzhuError, UsageError
from records import accounts, credentials, signins, tokens, totp
from records.accounts import SECOND_FACTOR, Account
from records.database import Records
from records.tokens import Token
from viz.accounts import AccountPage, TokenRow

__all__ = ["router"]

router = APIRouter(include_in_schema=False, dependencies=[Depends(with_accounts)])

Password = Annotated[str, Form(max_length=1000)]
Text = Annotated[str, Form(max_length=200)]


@router.get("/account")
def page(request: Request, desk: AtDesk, records: AtRecords) -> Response:
    """我的账号安全吗?"""
    return private(request, _page(request, desk, records))


@router.post("/account/password")
def password(
    request: Request,
    desk: AtDesk,
    records: AtRecords,
    password: Password,
    new: Password,
    again: Password,
) -> Response:
    """Another password; every other session ends."""
    me, now = _me(request, records), now_of(request)
    try:
        if new != again:
            raise UsageError("passwords_differ")
        signins.prove(records, me.login, password, address_of(request), now)
        profile = settings_of(request).profile
        id_ = credentials.change_password(records, me, password, new, profile, now)
    except LianzhuError as error:
        return _failed(request, desk, records, error)
    return _on(request, "password_changed", session=id_)


@router.post("/account/totp")
def begin(request: Request, desk: AtDesk, records: AtRecords, password: Password) -> Response:
    """A new secret, shown until a code of it is given."""
    me = _me(request, records)
    try:
        signins.prove(records, me.login, password, address_of(request), now_of(request))
    except LianzhuError as error:
        return _failed(request, desk, records, error)
    credentials.begin_totp(records, me)
    return _on(request, anchor="totp")


@router.post("/account/totp/confirm")
def confirm(request: Request, desk: AtDesk, records: AtRecords, code: Text) -> Response:
    """The secret holds from now on; every other session ends."""
    me = _me(request, records)
    try:
        id_ = credentials.confirm_totp(records, me, code, now_of(request))
    except LianzhuError as error:
        return _failed(request, desk, records, error)
    return _on(request, "totp_on", session=id_)


@router.post("/account/tokens")
def make(
    request: Request,
    desk: AtDesk,
    records: AtRecords,
    name: Text,
    scope: Text,
    days: Annotated[int, Form()],
) -> Response:
    """A token, shown this once."""
    me = _me(request, records)
    try:
        token = tokens.make(records, me, name, scope, days, now=now_of(request))
    except LianzhuError as error:
        return _failed(request, desk, records, error)
    return private(request, _page(request, desk, records, token=token))


@router.post("/account/tokens/{token}/revoke")
def revoke(request: Request, records: AtRecords, token: str) -> Response:
    """A token ends at once."""
    tokens.revoke(records, _me(request, records), token)
    return _on(request, anchor="tokens")


def _me(request: Request, records: Records) -> Account:
    return accounts.get(records, identity_of(request).id)


def _page(
    request: Request,
    desk: Desk,
    records: Records,
    error: LianzhuError | None = None,
    token: str = "",
) -> AccountPage:
    me, now = _me(request, records), now_of(request)
    secret = credentials.pending_totp(records, me)
    return AccountPage(
        private_frame(request, "/account", desk, error),
        row_of(me),
        settings_of(request).profile,
        identity_of(request).must,
        me.details.role in SECOND_FACTOR,
        secret,
        totp.address(secret, me.login) if secret else "",
        [_token(t, now) for t in tokens.of_account(records, me)],
        tokens.DAYS,
        token,
    )


def _token(token: Token, now: Any) -> TokenRow:
    made, until = (t.astimezone().date().isoformat() for t in (token.made_at, token.expires_at))
    return TokenRow(token.id, token.name, token.scope, made, until, token.expires_at <= now)


def _failed(request: Request, desk: Desk, records: Records, error: LianzhuError) -> Response:
    return failed(request, _page(request, desk, records, error), error)


def _on(request: Request, done: str = "", session: str = "", anchor: str = "") -> Response:
    """Back to the page, in the session that now holds."""
    query = {"lang": request.query_params.get("lang"), "done": done}
    told = "&".join(f"{k}={v}" for k, v in query.items() if v)
    path = "/account" + (f"?{told}" if told else "") + (f"#{anchor}" if anchor else "")
    answer = RedirectResponse(path, 303, NO_STORE)
    if session:
        give(answer, session)
    return answer
