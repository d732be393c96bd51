"""Workbooks of our own that come back filled in: read within limits, sent back marked."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlencode

from fastapi import Request, UploadFile
from fastapi.responses import HTMLResponse, Response

from api.deps import attachment, settings_of
from api.filing import marked_book_of, worded
from api.frames import shown_to
from api.uploads import Uploads
from graph.errors import TooLarge
from ingest.own_sheet import LIMITS
from ingest.report import RowError
from viz.applications import ApplicationsPage, Trouble
from viz.commitments import CommitmentsPage
from viz.pages import Page, render
from viz.pipeline import PipelinePage
from viz.workbook import MEDIA_TYPE

__all__ = ["book_response", "content_of", "marked_response", "sent_back", "shown_again", "waiting"]

_Listed = ApplicationsPage | CommitmentsPage | PipelinePage


def content_of(file: UploadFile) -> bytes:
    """What was sent; `TooLarge` beyond the limit of such workbooks."""
    content = file.file.read(LIMITS.file_bytes + 1)
    if len(content) > LIMITS.file_bytes:
        raise TooLarge("body_too_large", limit=LIMITS.file_bytes)
    return content


def waiting(request: Request, kind: str, park: str | None) -> Uploads:
    """Where workbooks that have to be mended are kept for a while, each park's apart."""
    settings = settings_of(request)
    name = f"{kind}-{hashlib.sha256((park or '').encode()).hexdigest()[:16]}"
    folder = Path(settings.upload_dir) / name
    return Uploads(folder, settings.upload_mb, 1, settings.upload_minutes)


def sent_back(
    request: Request,
    shown: _Listed,
    file: UploadFile,
    errors: Sequence[RowError],
    place: Uploads,
    **query: str,
) -> Response:
    """The page with what is wrong in each cell, and the address of the workbook with these marked.

    `query` = what that address needs, its language at least.
    """
    file.file.seek(0)
    key = place.keep([file])
    made = replace(
        shown,
        file=file.filename or "",
        troubles=[Trouble(**vars(one)) for one in worded(query["lang"], errors)],
        marked=f"{request.url.path}/{key}.xlsx?{urlencode(query)}",
    )
    return shown_again(request, made, 422)


def marked_response(lang: str, path: Path, errors: Sequence[RowError]) -> Response:
    """The workbook that was refused, its wrong cells red, with a list of them."""
    return book_response(marked_book_of(lang, path.read_bytes(), errors), path.name)


def shown_again(request: Request, made: Page, status: int) -> Response:
    """The page of a form that was not taken."""
    headers = {"Cache-Control": "no-store"}
    return HTMLResponse(shown_to(request, render(made)), status, headers=headers)


def book_response(content: bytes, name: str) -> Response:
    """A workbook to take along."""
    return attachment(content, name, MEDIA_TYPE)
