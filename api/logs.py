"""Logs: one JSON object a line on stderr, without secrets and without control characters.

Neither query strings nor bodies nor cookies are ever logged; what a message or a traceback of
another library may still hold is blackened: the secrets of the settings wherever they stand, and
whatever looks like the password of an address, a cookie, a token or a form's password.
"""

from __future__ import annotations

import json
import logging
import re
import sys
import time
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TextIO
from urllib.parse import quote, unquote, urlsplit

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.settings import Settings
from graph.errors import UsageError

__all__ = ["LEVELS", "Lines", "RequestLog", "start"]

LEVELS = {"warning": logging.WARNING, "info": logging.INFO}
_HIDDEN = "***"
_SHORTEST = 6  # characters of a secret that is blackened wherever it stands
_SECRETS = (
    (re.compile(r"://([^\s/@:]*):[^\s/]+@"), r"://\1:***@"),  # the password of an address
    (re.compile(r"\?[^\s\"'?]*=[^\s\"']*"), "?***"),  # a query string
    (re.compile(r"(?i)\b((?:set-)?cookie|authorization)([\"']?\s*[:=]\s*)[^\r\n]+"), r"\1\2***"),
    (re.compile(r"(?i)\b(bearer\s+)[\w.~+/=-]+"), r"\1***"),
    (re.compile(r"(__Host-[\w-]+=)[^\s;,'\"]+"), r"\1***"),
    (
        re.compile(
            r"(?i)\b(\w*(?:password|passwd|secret|token|totp)[\"']?\s*[:=]\s*)"
            r"(?:\"[^\"]*\"|'[^']*'|[^\s,;&)}\]]+)"
        ),
        r"\1***",
    ),
)
# What JSON leaves as it is and a terminal obeys: DEL, C1, line separators, direction marks.
_CONTROLS = re.compile("[\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_log = logging.getLogger("lianzhu.request")


class Lines(logging.Formatter):
    """A record as one line of JSON."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        super().__init__()
        forms = {form for s in secrets for form in (s, quote(s, safe=""), unquote(s))}
        known = sorted((s for s in forms if len(s) >= _SHORTEST), key=len, reverse=True)
        self._known = re.compile("|".join(map(re.escape, known))) if known else None

    def format(self, record: logging.LogRecord) -> str:
        """Time, level, logger and message; the fields of a request; a traceback."""
        told: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": self._blackened(_message(record)),
        }
        for name, value in getattr(record, "fields", {}).items():
            told[name] = self._blackened(value) if isinstance(value, str) else value
        if record.exc_info:
            told["error"] = self._blackened(self.formatException(record.exc_info))
        line = json.dumps(told, ensure_ascii=False, default=str)
        return _CONTROLS.sub(lambda found: f"\\u{ord(found[0]):04x}", line)

    def _blackened(self, text: str) -> str:
        if self._known:
            text = self._known.sub(_HIDDEN, text)
        for pattern, hidden in _SECRETS:
            text = pattern.sub(hidden, text)
        return text


class _Stderr(logging.Handler):
    """Whatever stderr is when something is logged."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write a line."""
        try:
            sys.stderr.write(self.format(record) + "\n")
            sys.stderr.flush()
        except (OSError, ValueError):  # nobody reads it any more
            return


class RequestLog:
    """Middleware that logs every request at level INFO, by the template of its route."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; tell how it ended."""
        if scope["type"] != "http" or not _log.isEnabledFor(logging.INFO):
            await self._app(scope, receive, send)
            return
        started, status = time.perf_counter(), 500

        async def heard(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, heard)
        finally:
            milliseconds = round((time.perf_counter() - started) * 1000, 1)
            _log.info("request", extra={"fields": _told(scope, status, milliseconds)})


def start(settings: Settings, stream: TextIO | None = None) -> None:
    """Send every log record of this process to stderr, and nowhere else.

    Raises `UsageError` for a level that is none of ours.
    """
    if settings.log not in LEVELS:
        raise UsageError("bad_setting", setting="LIANZHU_LOG", value=settings.log)
    handler = logging.StreamHandler(stream) if stream else _Stderr()
    handler.setFormatter(Lines(_secrets_of(settings)))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("lianzhu").setLevel(LEVELS[settings.log])
    for name in ("api", "graph", "ingest", "records", "viz"):
        logging.getLogger(name).setLevel(LEVELS[settings.log])
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        other = logging.getLogger(name)
        other.handlers.clear()
        other.propagate = True
        other.setLevel(logging.WARNING)
    logging.captureWarnings(True)


def _told(scope: Scope, status: int, milliseconds: float) -> dict[str, object]:
    state = scope.get("state", {})
    identity = state.get("identity")
    return {
        "method": scope["method"],
        "route": (state.get("route") or " ").partition(" ")[2],
        "status": status,
        "ms": milliseconds,
        "identity": identity.id if identity else "",
    }


def _message(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except (TypeError, ValueError):  # arguments that do not fit: the template is told
        return str(record.msg)


def _secrets_of(settings: Settings) -> list[str]:
    """Passwords of the settings, those within addresses too."""
    given = [settings.graph_password]
    for address in (settings.graph_url, settings.records_url):
        try:
            given.append(urlsplit(address).password or "")
        except ValueError:  # no address at all; it is told elsewhere
            continue
    return [secret for secret in given if secret]
