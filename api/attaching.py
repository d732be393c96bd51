"""Who may see the attachments of what: one entry for each kind of object that has some."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import quote

from fastapi import Request
from fastapi.responses import FileResponse, Response
from sqlalchemy import Connection
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from api.deps import settings_of
from api.security.identity import Identity
from api.security.policy import rights_of
from graph.errors import FileRefused, NotFound, UsageError
from records import filings, shortlist
from records.attachments import Attachment, Files, download_name
from records.database import Records
from records.filings import exists

__all__ = ["KINDS", "Form", "Kind", "download", "files_of", "form_of", "may_see"]

_FORM_BYTES = 64 << 10  # what a form may weigh beside its file
_HEARD = 4  # times the limit: so much more is read for a browser's sake, and thrown away
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "Cache-Control": "private, no-store",
}


@dataclass(frozen=True)
class Kind:
    """What has attachments: whether somebody may see those of one of them, and that it is there."""

    reads: Callable[[Identity, Records, str], bool]
    check: Callable[[Connection, str], None]


def _reads_filing(who: Identity, records: Records, id: str) -> bool:
    """Who may read an application may read its attachments."""
    with suppress(NotFound):
        filings.get(records, id, who.only_park)
        return "GET /applications/{id}" in rights_of(who.roles)
    return False


KINDS: Mapping[str, Kind] = {
    "shortlist": Kind(
        lambda who, _records, _item: "GET /shortlist" in rights_of(who.roles), shortlist.check
    ),
    "filing": Kind(_reads_filing, exists),
}


@dataclass(frozen=True)
class Form:
    """What a form with one file said."""

    file: UploadFile
    back: str


def files_of(request: Request) -> Files:
    """The attachments of the zone that is open."""
    return settings_of(request).files(sample=request.app.state.desk.sample)


def may_see(who: Identity, records: Records, attachment: Attachment) -> bool:
    """Whether the rule of what it belongs to lets somebody see an attachment."""
    name, _, id_ = attachment.object.partition("/")
    kind = KINDS.get(name)
    return kind is not None and kind.reads(who, records, id_)


def download(request: Request, attachment: Attachment) -> Response:
    """The file, to be saved and never shown."""
    path = files_of(request).path(attachment.sha256)
    if not path.is_file():
        raise NotFound("attachment_lost", file=attachment.name)
    name = quote(download_name(attachment), safe="")
    told = {"Content-Disposition": f"attachment; filename*=UTF-8''{name}"}
    return FileResponse(path, media_type=attachment.type, headers={**_HEADERS, **told})


async def form_of(request: Request) -> Form:
    """A form with one file and where to go afterwards; no more is kept of it than a file may weigh.

    Raises `FileRefused` for too many bytes, `UsageError` without a file.
    """
    megabytes = settings_of(request).attachment_mb
    try:
        stream = _bounded(request, megabytes)
        form = await MultiPartParser(request.headers, stream, max_files=1, max_fields=5).parse()
    except (MultiPartException, KeyError) as error:
        raise UsageError("no_attachment") from error
    file, back = form.get("file"), form.get("next")
    if not isinstance(file, UploadFile) or not file.filename:
        raise UsageError("no_attachment")
    return Form(file, back if isinstance(back, str) and len(back) <= 4000 else "/")


async def _bounded(request: Request, megabytes: int) -> AsyncGenerator[bytes, None]:
    """The body up to a limit.

    A browser shows the answer only once it has sent all, so some more is read and thrown away.
    """
    limit, size = (megabytes << 20) + _FORM_BYTES, 0
    declared = request.headers.get("content-length", "")
    over = declared.isdecimal() and int(declared) > limit
    async for chunk in request.stream():
        size += len(chunk)
        over = over or size > limit
        if size > _HEARD * limit:
            break
        if not over:
            yield chunk
    if over:
        raise FileRefused("attachment_too_large", file="—", limit=megabytes)
