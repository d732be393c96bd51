"""What is taken out is in the audit: one entry for every file that is downloaded."""

from __future__ import annotations

from collections.abc import Callable

from fastapi.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.auditing import exported
from graph.errors import LianzhuError
from records.database import Records

__all__ = ["Taken"]


class Taken:
    """Middleware that writes down who takes which file before its first byte is sent.

    A file is whatever a GET answers as an attachment.  Where the entry cannot be written the file
    is not given.  `records` opens the records of a request, `refuse` words an error.
    """

    def __init__(
        self,
        app: ASGIApp,
        records: Callable[[Request], Records],
        refuse: Callable[[Request, Exception], Response],
    ) -> None:
        self._app, self._records, self._refuse = app, records, refuse

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the answer on, once it is written down."""
        if scope["type"] != "http" or scope["method"] != "GET":
            await self._app(scope, receive, send)
            return
        request = Request(scope, receive)
        refused: Response | None = None

        async def told(message: Message) -> None:
            nonlocal refused
            if message["type"] == "http.response.start" and _is_file(message):
                try:
                    await run_in_threadpool(self._note, request, message)
                except LianzhuError as error:
                    refused = self._refuse(request, error)
                    await refused(scope, receive, send)
            if refused is None:
                await send(message)

        await self._app(scope, receive, told)

    def _note(self, request: Request, message: Message) -> None:
        headers = Headers(raw=message["headers"])
        told = {"query": request.url.query, "size": headers.get("content-length")}
        exported(self._records(request), request.url.path, **told)


def _is_file(message: Message) -> bool:
    disposition = Headers(raw=message["headers"]).get("content-disposition", "")
    return message["status"] < 300 and disposition.startswith("attachment")
