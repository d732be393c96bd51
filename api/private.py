"""Pages that nobody may keep: who somebody is, passwords and secrets shown once."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

from fastapi import Request
from fastapi.responses import HTMLResponse, Response

from api.desk import Desk
from api.frames import chosen, lang_of, read_by, shown_to
from api.problems import status_of
from graph.errors import LianzhuError, TooMany
from records.accounts import Account
from viz.accounts import AccountRow
from viz.contexts import Frame, Notice
from viz.pages import Page, render

__all__ = ["NO_STORE", "failed", "private", "private_frame", "row_of"]

DONE = ("password_changed", "totp_on", "account_saved", "account_disabled", "account_enabled")
NO_STORE = {"Cache-Control": "no-store"}


def private_frame(
    request: Request, path: str, desk: Desk | None = None, error: LianzhuError | None = None
) -> Frame:
    """The frame of such a page at `path`; without a desk it says nothing of the data."""
    frame = Frame(lang_of(request), path, sample=request.app.state.desk.sample, **read_by(request))
    if desk is not None:
        with suppress(LianzhuError):  # the page must not need the store
            frame = chosen(request, desk)
    kept = {k: v for k, v in request.query_params.items() if k == "lang"}
    done = request.query_params.get("done")
    notice = Notice(done) if done in DONE else None
    if error is not None:
        notice = Notice(error.code, error.facts, bad=True)
    return replace(frame, path=path, query=kept, blank=None, notice=notice)


def private(request: Request, page: Page, status: int = 200) -> Response:
    """The page, never stored."""
    return HTMLResponse(shown_to(request, render(page)), status, NO_STORE)


def failed(request: Request, page: Page, error: LianzhuError) -> Response:
    """The page with what went wrong on top, under the error's status."""
    answer = private(request, page, status_of(error))
    if isinstance(error, TooMany):
        answer.headers["Retry-After"] = str(error.facts["seconds"])
    return answer


def row_of(account: Account) -> AccountRow:
    """An account as pages show it."""
    details = account.details
    return AccountRow(
        account.id,
        account.login,
        details.name,
        details.role,
        details.park,
        details.department,
        details.fields,
        account.disabled,
        account.must_change,
        account.second_factor,
        account.password_at.astimezone().date().isoformat(),
        account.version,
    )
