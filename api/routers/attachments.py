"""Attachments: added to what they belong to, downloaded, taken off again."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import RedirectResponse, Response
from starlette.datastructures import UploadFile

from api.attaching import KINDS, download, files_of, form_of, may_see
from api.deps import AtRecords, identity_of
from api.frames import local
from api.routers.lists import Back
from graph.errors import NotFound
from records import attachments
from records.database import Records

__all__ = ["router"]

router = APIRouter(include_in_schema=False)


@router.get("/attachments/{id}")
def attachment(request: Request, records: AtRecords, id: str) -> Response:
    """The file as a download; what is not there and what is not for the reader look the same."""
    found = attachments.find(records, id)
    if not may_see(identity_of(request), records, found):
        raise NotFound("unknown_attachment")
    return download(request, found)


@router.post("/shortlist/{item}/attachments")
async def add(request: Request, records: AtRecords, item: str) -> Response:
    """添加附件."""
    form = await form_of(request)
    try:
        await run_in_threadpool(_add, request, records, f"shortlist/{item}", form.file)
    finally:
        await form.file.close()
    return RedirectResponse(local(form.back), 303)


@router.post("/shortlist/{item}/attachments/{id}/remove")
def remove(records: AtRecords, item: str, id: str, back: Back = "/shortlist") -> Response:
    """移除附件."""
    attachments.remove(records, f"shortlist/{item}", id)
    return RedirectResponse(local(back), 303)


def _add(request: Request, records: Records, object: str, upload: UploadFile) -> None:
    name, _, id_ = object.partition("/")
    attachments.add(
        records,
        files_of(request),
        object,
        upload.filename or "",
        upload.file,
        lambda db: KINDS[name].check(db, id_),
    )
