"""更正: one fact corrected or closed on its own page, and taken back."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form
from fastapi.responses import RedirectResponse, Response

from api.auditing import applying, undoing
from api.correcting import Correction, correct, take_back
from api.deps import AtDesk, AtRecords
from api.frames import local

__all__ = ["api", "router"]

router = APIRouter(include_in_schema=False)
api = APIRouter(prefix="/api/v1", tags=["v1"])

Id = Annotated[str, Form(max_length=1000)]
Text = Annotated[str, Form(max_length=2000)]
Back = Annotated[str, Form(alias="next", max_length=4000)]


@router.post("/corrections")
def correction(
    desk: AtDesk,
    records: AtRecords,
    owner: Id,
    src: Id,
    field: Id,
    source: Text,
    as_of: Id,
    mark: Annotated[str, Form(alias="seen", max_length=16)],
    value: Text = "",
    dst: Id = "",
    key: Id = "",
    back: Back = "/",
) -> Response:
    """Write the correction and go back to the page of the thing."""
    given = Correction(owner, src, field, value, source, as_of, dst, key)
    thing = "/".join(part for part in (owner, src, dst, key) if part)
    told = {"field": field, "value": value, "as_of": as_of}
    apply = applying(records, desk.store, "graph.correct", thing, lambda: told)
    applied = correct(desk, given, mark, apply)
    return RedirectResponse(local(back, done="corrected", batch=applied.batch), 303)


@router.post("/corrections/undo")
def undo(desk: AtDesk, records: AtRecords, batch: Id, back: Back = "/") -> Response:
    """Take the newest correction back."""
    take_back(desk, batch, undoing(records, desk.store))
    return RedirectResponse(local(back, done="taken_back"), 303)
