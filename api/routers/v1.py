"""The JSON twins under /api/v1: the same answers as the command line and the pages."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any, Literal

from fastapi import APIRouter, File, Query, Request, UploadFile
from fastapi.responses import Response
from pydantic import BaseModel, Field

from api.deps import Asking, AtDesk, AtRecords, Lang, answered, settings_of
from api.dossiers import dossier, names_in
from api.importing import import_files, report_json
from api.strict import json_object
from api.uploads import saved
from api.verifying import Finding, surveying, verify
from graph.analysis.answers import WhyNot, as_json
from graph.errors import UsageError
from graph.model import LABELS, Ref

__all__ = ["router"]

router = APIRouter(prefix="/api/v1", tags=["v1"])

Id = Annotated[str, Query(max_length=200)]
Limit = Annotated[int, Query(ge=1, le=500)]
KindName = Literal["project", "enterprise", "expansion", "all"]


class Problem(BaseModel):
    """RFC 9457 problem document."""

    type: str
    title: str
    status: int
    detail: str
    hint: str
    code: str
    instance: str


class FindingBody(BaseModel):
    """Who makes a segment in a region, as somebody checked it; `maker` empty = nobody."""

    region: str = Field(examples=["370211"])
    segment: str = Field(examples=["seg-sifu-dianji"])
    source: str = Field(examples=["园区走访记录"])
    as_of: str = Field(examples=["2026-11-20"])
    maker: str = ""


_PROBLEM: dict[str, Any] = {
    "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
}
PROBLEMS: dict[int | str, dict[str, Any]] = {
    400: {"description": "the question makes no sense", **_PROBLEM},
    404: {"description": "nothing has this id or name", **_PROBLEM},
    409: {"description": "several things have this name", **_PROBLEM},
    422: {"description": "the data cannot be taken", **_PROBLEM},
    503: {"description": "the store does not answer", "model": Problem, **_PROBLEM},
}


@router.get("/gaps", operation_id="gaps", responses=PROBLEMS)
def gaps(request: Request, desk: AtDesk, question: Asking) -> Response:
    """Where the chain is broken around a leader or a chain."""
    answer = desk.gaps(question)
    return answered(request, answer.revision, answer)


@router.get("/rank", operation_id="rank", responses=PROBLEMS)
def rank(
    request: Request,
    desk: AtDesk,
    question: Asking,
    kind: KindName = "all",
    segment: Id = "",
    top: Annotated[int | None, Query(ge=1, le=10_000)] = None,
) -> Response:
    """Who could fill the gaps, best first."""
    answer = desk.rank(question, top, kind, segment)
    return answered(request, answer.revision, answer)


@router.get("/explain", operation_id="explain", responses=PROBLEMS)
def explain(request: Request, desk: AtDesk, question: Asking, candidate: Id) -> Response:
    """One candidate's score taken apart in words, or why it is not a candidate."""
    answer, told = desk.told(question, candidate)
    value: Any = as_json(answer)
    body = {"why_not": value} if isinstance(answer, WhyNot) else value
    return answered(request, desk.snapshot.revision, {**body, "sentences": told})


@router.get("/chains/{chain_id}/map", operation_id="chain_map", responses=PROBLEMS)
def chain_map(request: Request, desk: AtDesk, question: Asking, chain_id: str) -> Response:
    """Every segment of a chain with who makes it."""
    answer = desk.chain_map(question, chain_id)
    return answered(request, answer.revision, answer)


@router.get("/nodes/{label}", operation_id="nodes", responses=PROBLEMS)
def nodes(
    request: Request, desk: AtDesk, label: str, limit: Limit = 50, cursor: Id = ""
) -> Response:
    """Nodes of one label in id order, paged by key."""
    page = desk.store.page(_label(label), cursor, limit)
    items = [{"id": n.ref.id, **n.props} for n in page.items]
    return answered(request, desk.snapshot.revision, {"items": items, "next_cursor": page.next})


@router.get("/entities/{label}/{id:path}", operation_id="entity", responses=PROBLEMS)
def entity(request: Request, desk: AtDesk, records: AtRecords, label: str, id: str) -> Response:
    """Every fact about one thing with its source, date and grade."""
    found = dossier(desk, records, Ref(_label(label), id))
    return answered(request, found.revision, found, names_in(found) or None)


@router.get("/search", operation_id="search", responses=PROBLEMS)
def search(
    request: Request, desk: AtDesk, q: Annotated[str, Query(max_length=100)], limit: Limit = 20
) -> Response:
    """Things whose name holds every word of `q`."""
    found = desk.store.search(q, (), limit)
    items = [{"label": n.ref.label, "id": n.ref.id, "name": n.props.get("name")} for n in found]
    return answered(request, desk.snapshot.revision, {"items": items, "next_cursor": None})


@router.get("/neighbourhood/{label}/{id:path}", operation_id="neighbourhood", responses=PROBLEMS)
def neighbourhood(
    request: Request,
    desk: AtDesk,
    label: str,
    id: str,
    hops: Annotated[int, Query(ge=1, le=3)] = 1,
    limit: Annotated[int, Query(ge=1, le=300)] = 150,
) -> Response:
    """What is around one thing, and how much the limit hid."""
    found = desk.store.neighbourhood(Ref(_label(label), id), limit, hops)
    return answered(request, desk.snapshot.revision, found)


@router.get("/stats", operation_id="stats", responses=PROBLEMS)
def stats(request: Request, desk: AtDesk) -> Response:
    """Counts, revision and content hash."""
    found = desk.store.stats()
    return answered(request, found.revision, found)


@router.post(
    "/surveys",
    operation_id="verify",
    status_code=201,
    responses=PROBLEMS,
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": FindingBody.model_json_schema()}},
        }
    },
)
async def survey(request: Request, desk: AtDesk, records: AtRecords) -> Response:
    """Record that somebody checked who makes a segment in a region."""
    from fastapi.concurrency import run_in_threadpool

    body = await json_object(request)
    finding = _finding(body)
    apply = surveying(records, desk.store, finding)
    applied = await run_in_threadpool(verify, desk, finding, apply)
    answer = answered(request, applied.revision, applied)
    answer.status_code = 201 if applied.status == "committed" else 200
    return answer


@router.post("/imports", operation_id="import", responses=PROBLEMS)
def imports(
    request: Request,
    desk: AtDesk,
    records: AtRecords,
    lang: Lang,
    files: Annotated[list[UploadFile], File(max_length=20)],
    dry_run: bool = False,
    skip_invalid: bool = False,
) -> Response:
    """Load tables; the same files twice are one import."""
    with TemporaryDirectory(prefix="lianzhu-") as folder:
        paths = [saved(Path(folder), f, settings_of(request).upload_mb) for f in files]
        report = import_files(
            records,
            desk.store,
            paths,
            settings_of(request),
            dry_run=dry_run,
            skip_invalid=skip_invalid,
        )
    answer = answered(request, desk.store.revision(), report_json(report, lang))
    answer.status_code = 422 if report.status == "rejected" else 200
    return answer


def _label(given: str) -> str:
    if given not in LABELS:
        raise UsageError("bad_choice", name="label", given=given, allowed=" | ".join(LABELS))
    return given


def _finding(body: dict[str, Any]) -> Finding:
    wanted = FindingBody.model_fields
    for name in body:
        if name not in wanted:
            raise UsageError("unknown_field", name=name, allowed=", ".join(wanted))
    for name, field in wanted.items():
        if not isinstance(body.get(name, "" if not field.is_required() else None), str):
            raise UsageError("text_needed", name=name)
    return Finding(**body)
