"""What no answer goes without."""

from __future__ import annotations

import base64
import hashlib
import re

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["SecurityHeaders"]

CSP = (
    "default-src 'self'; img-src 'self' data:; frame-ancestors 'self'; object-src 'none'; "
    "base-uri 'none'; form-action 'self'"
)
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


class SecurityHeaders:
    """Middleware that puts the headers on whatever is answered."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with the headers; those a route set itself stay."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
        elif scope["path"] == "/docs":
            await self._docs(scope, receive, send)
        else:
            await self._app(
                scope, receive, lambda message: send(_with(message, CSP, scope["path"]))
            )

    async def _docs(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The generated page about the API also needs its one inline script, by hash."""
        held: list[Message] = []

        async def hold(message: Message) -> None:
            held.append(message)

        await self._app(scope, receive, hold)
        body = b"".join(message.get("body", b"") for message in held)
        scripts = re.findall(rb"<script>(.*?)</script>", body, re.S)
        digests = (base64.b64encode(hashlib.sha256(s).digest()).decode() for s in scripts)
        hashes = " ".join(f"'sha256-{d}'" for d in digests)
        policy = f"{CSP}; script-src 'self' {hashes}; style-src 'self' 'unsafe-inline'"
        for message in held:
            await send(_with(message, policy, scope["path"]))


def _with(message: Message, policy: str, path: str) -> Message:
    """The sandbox of the graph has no origin, so what is in /static may be read from elsewhere."""
    if message["type"] == "http.response.start":
        headers = MutableHeaders(raw=message.setdefault("headers", []))
        sent = {**HEADERS, "Content-Security-Policy": policy}
        if not path.startswith("/static/"):
            sent["Cross-Origin-Resource-Policy"] = "same-origin"
        for name, value in sent.items():
            headers.setdefault(name, value)
    return message
