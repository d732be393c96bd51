"""Signing in and out, and the first account of all."""

from __future__ import annotations

from hmac import compare_digest
from typing import Annotated

from fastapi import APIRouter, Depends, Form, HTTPException, Query, Request
from fastapi.responses import RedirectResponse, Response

from api.deps import identity_of, records_at, settings_of, with_accounts
from api.frames import local
from api.private import NO_STORE, failed, private, private_frame
from api.security.policy import rights_of
from api.security.signing_in import address_of, cookie_of, give, now_of, take
from graph.errors import NotSignedIn, TooMany, UsageError
from records import accounts, passwords, sessions, signins
from records.accounts import Account, Details
from records.roles import Actor, Role
from viz.accounts import SetupPage, SignInPage

__all__ = ["router"]

router = APIRouter(include_in_schema=False, dependencies=[Depends(with_accounts)])

Login = Annotated[str, Form(max_length=200)]
Password = Annotated[str, Form(max_length=1000)]
Back = Annotated[str, Form(alias="next", max_length=4000)]
Key = Annotated[str, Form(max_length=100)]
SET_UP = Actor("setup", "首次设置", "system")


@router.get("/signin")
def page(
    request: Request, back: Annotated[str, Query(alias="next", max_length=4000)] = "/"
) -> Response:
    """您是谁?"""
    if identity_of(request).by == "session":
        return RedirectResponse(local(back), 303)
    return private(request, SignInPage(private_frame(request, "/signin"), local(back)))


@router.post("/signin")
def sign_in(request: Request, login: Login, password: Password, back: Back = "/") -> Response:
    """Login and password; then in, or on to the code."""
    records, now = records_at(request.app), now_of(request)
    try:
        begun = signins.sign_in(records, login, password, address_of(request), now)
    except (NotSignedIn, TooMany) as error:
        frame = private_frame(request, "/signin", error=error)
        return failed(request, SignInPage(frame, local(back), login=login), error)
    if before := cookie_of(request):
        sessions.end(records, before)
    if begun.needs_code:
        frame = private_frame(request, "/signin")
        answer = private(request, SignInPage(frame, local(back), code=True))
    else:
        answer = _in(request, begun.account, back)
    give(answer, begun.id)
    return answer


@router.post("/signin/code")
def code(request: Request, code: Annotated[str, Form(max_length=20)], back: Back = "/") -> Response:
    """The code after the password."""
    records, cookie = records_at(request.app), cookie_of(request)
    try:
        begun = signins.confirm(records, cookie, code, address_of(request), now_of(request))
    except (NotSignedIn, TooMany) as error:
        frame = private_frame(request, "/signin", error=error)
        asked = error.code != "not_signed_in"
        return failed(request, SignInPage(frame, local(back), code=asked), error)
    answer = _in(request, begun.account, back)
    give(answer, begun.id)
    return answer


@router.post("/signout")
def sign_out(request: Request) -> Response:
    """The session ends, here and in the records."""
    if cookie := cookie_of(request):
        sessions.end(records_at(request.app), cookie)
    lang = request.query_params.get("lang")
    answer = RedirectResponse("/signin?lang=en" if lang == "en" else "/signin", 303, NO_STORE)
    take(answer)
    return answer


@router.get("/setup")
def first(request: Request, key: Annotated[str, Query(max_length=100)] = "") -> Response:
    """谁来管理这套系统?"""
    _check_key(request, key)
    frame = private_frame(request, "/setup")
    return private(request, SetupPage(frame, key, settings_of(request).profile))


@router.post("/setup")
def make_first(
    request: Request,
    login: Login,
    name: Login,
    password: Password,
    again: Password,
    key: Key = "",
) -> Response:
    """The first administrator, who is then signed in."""
    _check_key(request, key)
    records, now, profile = records_at(request.app), now_of(request), settings_of(request).profile
    try:
        if password != again:
            raise UsageError("passwords_differ")
        details = Details.checked(name, Role.ADMIN, "", "", ())
        passwords.check(password, profile, login, name)
        acting = records.acting(SET_UP)
        accounts.create(acting, login, details, password, now=now, must_change=False, first=True)
    except UsageError as error:
        frame = private_frame(request, "/setup", error=error)
        return failed(request, SetupPage(frame, key, profile, login, name), error)
    request.app.state.setup_key = ""
    begun = signins.sign_in(records, login, password, address_of(request), now)
    answer = _in(request, begun.account, "/account")
    give(answer, begun.id)
    return answer


def _in(request: Request, account: Account, back: str) -> Response:
    """On to what was asked for, in the language it was asked in, or to a page the role has."""
    lang = request.query_params.get("lang")
    to = local(back, lang=lang) if lang else local(back)
    if to.partition("?")[0] == "/" and "GET /" not in rights_of(frozenset({account.details.role})):
        to = to.replace("/", "/account", 1)
    return RedirectResponse(to, 303, NO_STORE)


def _check_key(request: Request, key: str) -> None:
    """The address that was printed, while nobody has used it; else there is nothing here."""
    right = getattr(request.app.state, "setup_key", "")
    same = compare_digest(right.encode(), key.encode("utf-8", "replace"))
    if not right or not same or accounts.any_there(records_at(request.app)):
        raise HTTPException(404)
