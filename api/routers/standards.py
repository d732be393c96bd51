"""准入标准: which there are, what one says, what a version changed; as pages, workbook and JSON."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Annotated
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from api.deps import AtDesk, answered, identity_of, settings_of
from api.desk import Desk
from api.frames import chosen, page_html, with_sheet
from api.kept import today_of
from api.routers.v1 import PROBLEMS
from api.standards import standards_of, state_of
from graph.analysis.answers import as_json
from graph.analysis.facts import facts_of
from graph.analysis.parks import parks_of
from graph.errors import NotFound
from graph.question import Assumptions
from graph.review.standard import Standard, differences
from ingest.standard_sheet import write_standard
from viz import standards as v
from viz.workbook import MEDIA_TYPE

__all__ = ["api", "router"]

router = APIRouter(include_in_schema=False)
api = APIRouter(prefix="/api/v1", tags=["v1"])

Version = Annotated[str, Query(max_length=100)]
With = Annotated[str, Query(max_length=100, alias="with")]


@dataclass(frozen=True)
class _Shelf:
    """The standards that may be seen, on a day."""

    standards: Sequence[Standard]
    day: date

    @property
    def mark(self) -> str:
        return hashlib.sha256(repr(self.standards).encode()).hexdigest()

    def versions(self, id_: str) -> list[Standard]:
        """Newest first; `NotFound` when there is none."""
        found = [s for s in self.standards if s.id == id_]
        if not found:
            raise NotFound("unknown_standard", standard=id_)
        return sorted(found, key=lambda s: (s.valid_from, s.version), reverse=True)

    def one(self, id_: str, version: str) -> Standard:
        """The version asked for, else the one in force, else the newest."""
        versions = self.versions(id_)
        if version:
            for standard in versions:
                if standard.version == version:
                    return standard
            raise NotFound("unknown_version", standard=id_, version=version)
        return next((s for s in versions if self.state(s) == "in_force"), versions[0])

    def state(self, standard: Standard) -> str:
        return state_of(standard, self.standards, self.day)

    def row(self, standard: Standard) -> v.StandardRow:
        return v.StandardRow(
            standard.id,
            standard.version,
            standard.name,
            standard.park,
            standard.industry,
            standard.track,
            standard.valid_from.isoformat(),
            standard.valid_to.isoformat() if standard.valid_to else None,
            self.state(standard),
            len(standard.indicators),
            sum(i.assumed for i in standard.indicators),
            standard.document,
        )


@api.get("/standards", operation_id="standards", responses=PROBLEMS)
def standards(request: Request, desk: AtDesk) -> Response:
    """Every admission standard: whose, for what, since when, from which document."""
    shelf = _shelf(request, desk)
    answer = {"standards": [shelf.row(s) for s in shelf.standards]}
    return answered(request, desk.snapshot.revision, answer, shelf.mark)


@api.get("/standards/{standard_id:path}", operation_id="standard", responses=PROBLEMS)
def standard(
    request: Request, desk: AtDesk, standard_id: str, version: Version = "", other: With = ""
) -> Response:
    """One standard whole, and with `with` what it changed of that version of it."""
    shelf = _shelf(request, desk)
    found = shelf.one(standard_id, version)
    before = shelf.one(standard_id, other) if other else None
    changed = differences(before, found) if before else None
    answer = {
        "standard": found,
        "state": shelf.state(found),
        "weights": found.weights(),
        "versions": [shelf.row(s) for s in shelf.versions(standard_id)],
        "with": other or None,
        "changes": [{"what": w, "before": a, "after": b} for w, a, b in changed or ()]
        if before
        else None,
    }
    return answered(request, desk.snapshot.revision, _dated(as_json(answer)), shelf.mark)


@router.get("/standards")
def list_page(request: Request, desk: AtDesk) -> Response:
    """有哪些准入标准?"""
    shelf = _shelf(request, desk)
    frame = replace(chosen(request, desk), twin="/api/v1/standards")
    page = v.StandardsPage(frame, [shelf.row(s) for s in shelf.standards], desk.names())
    return page_html(request, desk, page, shelf.mark)


@router.get("/standards/{standard_id:path}.xlsx")
def sheet(request: Request, desk: AtDesk, standard_id: str, version: Version = "") -> Response:
    """The standard as the workbook that it, or its next version, is written in."""
    found = _shelf(request, desk).one(standard_id, version)
    name = quote(f"{found.id}-{found.version}.xlsx", safe="")
    return Response(
        write_standard(found),
        media_type=MEDIA_TYPE,
        headers={"Content-Disposition": f"attachment; filename*=UTF-8''{name}"},
    )


@router.get("/standards/{standard_id:path}")
def page(
    request: Request, desk: AtDesk, standard_id: str, version: Version = "", other: With = ""
) -> Response:
    """这份标准要求什么?"""
    shelf = _shelf(request, desk)
    found = shelf.one(standard_id, version)
    before = shelf.one(standard_id, other) if other else None
    asked = urlencode({k: x for k, x in (("version", version), ("with", other)) if x})
    twin = f"/api/v1/standards/{quote(standard_id)}" + (f"?{asked}" if asked else "")
    made = v.StandardPage(
        with_sheet(request, replace(chosen(request, desk), twin=twin)),
        found,
        shelf.row(found),
        [shelf.row(s) for s in shelf.versions(standard_id)],
        before,
        desk.names(),
    )
    return page_html(request, desk, made, shelf.mark)


def _shelf(request: Request, desk: Desk) -> _Shelf:
    """What there is, without what holds for other parks than the one that asks."""
    every = standards_of(Path(settings_of(request).standards_dir), sample=desk.sample)
    own = identity_of(request).only_park
    seen = [
        s
        for s in every
        if own is None or not s.park or s.park in _around(desk, own) or desk.shows("Park", s.park)
    ]
    ordered = sorted(seen, key=lambda s: (s.park, s.track, s.industry, s.id, s.valid_from))
    return _Shelf(ordered, today_of(request.app.state))


def _around(desk: Desk, park: str) -> Sequence[str]:
    """A park and those around it, whose standards it takes over."""
    above = {p.id: p.parent for p in parks_of(facts_of(desk.snapshot, Assumptions()))}
    found: list[str] = []
    at: str | None = park
    while at in above and at not in found:
        found.append(at)
        at = above[at]
    return found


def _dated(value: object) -> object:
    """The answer with its days as texts."""
    if isinstance(value, dict):
        return {key: _dated(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_dated(inner) for inner in value]
    return value.isoformat() if isinstance(value, date) else value
