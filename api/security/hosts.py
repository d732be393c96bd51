"""Only under our own names: what a request may be asked under, and where a write may come from."""

from __future__ import annotations

from collections.abc import Collection
from urllib.parse import SplitResult, urlsplit

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from graph.errors import UsageError
from viz.words import LANGS, message

__all__ = ["LOOPBACK", "Hosts", "hosts_of", "is_own", "origins_of"]

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_PORTS = {"http": 80, "https": 443}
_HEADERS = {"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "default-src 'none'"}


class Hosts:
    """Middleware that answers only under names of this server.

    A page elsewhere whose name is made to lead to this machine (DNS rebinding) is asked under that
    name, and refused.
    """

    def __init__(self, app: ASGIApp, names: Collection[str]) -> None:
        self._app, self._names = app, frozenset(names)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what asks for one of the names."""
        if scope["type"] == "http" and _name(Headers(scope=scope).get("host")) not in self._names:
            told = (message(lang, "wrong_host", {}) for lang in LANGS)
            text = "".join(f"{one.text}\n{one.hint}\n" for one in told)
            await PlainTextResponse(text, 400, _HEADERS)(scope, receive, send)
            return
        await self._app(scope, receive, send)


def origins_of(setting: str) -> frozenset[str]:
    """Addresses separated by commas, as browsers send them in `Origin`.

    Raises `UsageError` for what is no address of a server.

    >>> sorted(origins_of("https://Chain.example.cn:443/, http://b.example:8080"))
    ['http://b.example:8080', 'https://chain.example.cn']
    """
    return frozenset(_origin(one.strip()) for one in setting.split(",") if one.strip())


def hosts_of(origins: Collection[str]) -> frozenset[str]:
    """Loopback names and those of origins.

    >>> sorted(hosts_of({"https://chain.example.cn:8443"}) - LOOPBACK)
    ['chain.example.cn']
    """
    return LOOPBACK | {name for one in origins if (name := urlsplit(one).hostname)}


def is_own(origin: str, host: str, origins: Collection[str]) -> bool:
    """Whether a page of `origin` may write to this server, asked under `host`.

    Where `origins` are named it is one of them, or this machine itself.
    """
    if origin in origins:
        return True
    return (not origins or _name(host) in LOOPBACK) and urlsplit(origin).netloc == host


def _origin(given: str) -> str:
    parts = _split(given)
    if parts is None or parts.scheme not in _PORTS or parts.path not in ("", "/"):
        raise UsageError("bad_setting", setting="LIANZHU_ORIGIN", value=given)
    try:
        name = str(parts.hostname).encode("idna").decode("ascii")
        port = parts.port
    except ValueError:
        raise UsageError("bad_setting", setting="LIANZHU_ORIGIN", value=given) from None
    shown = f"[{name}]" if ":" in name else name
    return f"{parts.scheme}://{shown}" + (
        "" if port in (None, _PORTS[parts.scheme]) else f":{port}"
    )


def _split(address: str) -> SplitResult | None:
    try:
        parts = urlsplit(address)
        return parts if parts.hostname and "@" not in parts.netloc else None
    except ValueError:
        return None


def _name(host: str | None) -> str | None:
    parts = _split(f"//{host}") if host else None
    return parts.hostname if parts else None
