"""Errors as RFC 9457 `application/problem+json`: one table says which error is which status."""

from __future__ import annotations

import json
from http import HTTPStatus

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from starlette.exceptions import HTTPException

from api.settings import Settings
from graph.errors import (
    Ambiguous,
    Changed,
    DataError,
    DeadlineExceeded,
    FileRefused,
    LianzhuError,
    NotAllowed,
    NotFound,
    NotInstalled,
    NotSignedIn,
    StoreError,
    TooLarge,
    TooMany,
    TooSlow,
    UsageError,
)
from viz.words import Message, language, message

__all__ = ["STATUS", "problem", "status_of", "told"]

STATUS: tuple[tuple[type[LianzhuError], int], ...] = (
    (NotSignedIn, 401),
    (NotAllowed, 403),
    (NotFound, 404),
    (Changed, 412),
    (TooMany, 429),
    (TooLarge, 413),
    (TooSlow, 408),
    (Ambiguous, 409),
    (UsageError, 400),
    (FileRefused, 422),
    (DataError, 422),
    (NotInstalled, 501),
    (DeadlineExceeded, 503),
    (StoreError, 503),
    (LianzhuError, 500),
)
RETRY_AFTER = "5"


def status_of(error: LianzhuError) -> int:
    """The HTTP status of an error."""
    return next(status for kind, status in STATUS if isinstance(error, kind))


def told(error: Exception, lang: str) -> tuple[int, str, Message]:
    """Status, code and sentence of anything a request may end with."""
    if isinstance(error, LianzhuError):
        return status_of(error), error.code, message(lang, error.code, error.facts)
    if isinstance(error, HTTPException):
        code = f"http_{error.status_code}"
        return error.status_code, code, message(lang, code, {"detail": error.detail})
    if isinstance(error, RequestValidationError):
        first = error.errors()[0] if error.errors() else {"loc": (), "msg": ""}
        where = ".".join(str(part) for part in first["loc"])
        facts = {"where": where, "what": str(first["msg"])}
        return 422, "bad_request", message(lang, "bad_request", facts)
    return 500, "internal", message(lang, "internal", {})


def problem(request: Request, error: Exception, settings: Settings) -> Response:
    """The problem document for one request."""
    lang = language(request.query_params.get("lang") or settings.lang)
    status, code, text = told(error, lang)
    body = {
        "type": f"urn:lianzhu:problem:{code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": text.text,
        "hint": text.hint,
        "code": code,
        "instance": request.url.path,
    }
    headers = dict(getattr(error, "headers", None) or {})
    if status == 503:
        headers["Retry-After"] = RETRY_AFTER
    content = json.dumps(body, ensure_ascii=True).encode()  # a lone surrogate stays an escape
    return Response(content, status, headers, "application/problem+json")
