"""链的骨架: segments, stages and inputs of a chain, added to, taken out as a workbook, copied."""

from __future__ import annotations

import csv
import hashlib
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Literal
from urllib.parse import quote

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import RedirectResponse, Response

from api.auditing import Apply, applying
from api.deps import AtDesk, AtRecords, settings_of
from api.desk import Desk
from api.frames import frame_of, local, page_html
from api.importing import import_limits
from api.verifying import checked_day, checked_text
from graph.analysis.skeleton import skeleton
from graph.errors import UsageError
from ingest.pipeline import load
from ingest.skeleton import write_skeleton
from viz.schema import SchemaPage, input_table, segment_table
from viz.workbook import MEDIA_TYPE

__all__ = ["api", "router"]

router = APIRouter(include_in_schema=False)
api = APIRouter(prefix="/api/v1", tags=["v1"])

Text = Annotated[str, Form(max_length=400)]
Back = Annotated[str, Form(alias="next", max_length=4000)]
Stage = Literal["", "upstream", "midstream", "downstream"]


@router.get("/chains/{chain_id}/schema")
def page(request: Request, desk: AtDesk, chain_id: str) -> Response:
    """链的骨架是什么样?"""
    chain = desk.id_of("Chain", chain_id, "chain")
    frame, names = frame_of(request, desk, chain), desk.names()
    found = skeleton(desk.snapshot, chain)
    made = SchemaPage(
        frame, found, names, segment_table(frame, found, names), input_table(frame, found, names)
    )
    return page_html(request, desk, made)


@router.get("/chains/{chain_id}/schema.xlsx")
def workbook(
    desk: AtDesk, chain_id: str, copy: Annotated[str, Query(max_length=200)] = ""
) -> Response:
    """The skeleton to edit and import; with `copy` as a chain of that name."""
    chain = desk.id_of("Chain", chain_id, "chain")
    name = checked_text("name", copy) if copy.strip() else ""
    if name and desk.find("Chain", name):
        raise UsageError("name_taken", name=name)
    with TemporaryDirectory(prefix="lianzhu-") as folder:
        path = Path(folder) / "skeleton.xlsx"
        write_skeleton(desk.store, chain, path, (_id("chain", name), name) if name else None)
        content = path.read_bytes()
    file = quote(f"{name or desk.names()[chain]}-骨架.xlsx")
    return Response(
        content,
        media_type=MEDIA_TYPE,
        headers={"Content-Disposition": f"attachment; filename*=UTF-8''{file}"},
    )


@router.post("/chains/{chain_id}/segments")
def add_segment(
    request: Request,
    desk: AtDesk,
    records: AtRecords,
    chain_id: str,
    name: Text,
    source: Text,
    as_of: Text,
    stage: Annotated[Stage, Form()] = "",
    back: Back = "/",
) -> Response:
    """加一个环节; one that exists already becomes a member of this chain too."""
    chain = desk.id_of("Chain", chain_id, "chain")
    called = checked_text("name", name)
    segment = desk.find("Segment", called) or _id("seg", called)
    row = {"id": segment, "name": desk.names()[segment], "chain": chain, "stage": stage}
    if segment not in desk.snapshot.nodes("Segment").index:
        row["name"] = called
    apply = applying(
        records, desk.store, "graph.segment", f"Segment/{segment}", lambda: {"chain": chain}
    )
    _add(request, desk, "segments", {**row, **_told(source, as_of)}, apply)
    return RedirectResponse(local(back, done="schema_added"), 303)


@router.post("/chains/{chain_id}/inputs")
def add_input(
    request: Request,
    desk: AtDesk,
    records: AtRecords,
    chain_id: str,
    input: Text,
    output: Text,
    source: Text,
    as_of: Text,
    weight: Text = "",
    back: Back = "/",
) -> Response:
    """加一条投入."""
    desk.id_of("Chain", chain_id, "chain")
    row = {
        "input": desk.id_of("Segment", input, "segment"),
        "output": desk.id_of("Segment", output, "segment"),
        "weight": weight.strip(),
    }
    edge = f"INPUT_OF/{row['input']}/{row['output']}"
    apply = applying(records, desk.store, "graph.input", edge, lambda: {"weight": row["weight"]})
    _add(request, desk, "inputs", {**row, **_told(source, as_of)}, apply)
    return RedirectResponse(local(back, done="schema_added"), 303)


def _add(request: Request, desk: Desk, table: str, row: dict[str, str], apply: Apply) -> None:
    """One row through the import, so that it is checked and undone like any other."""
    with TemporaryDirectory(prefix="lianzhu-") as folder:
        path = Path(folder) / f"{table}.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            out = csv.DictWriter(file, row.keys())
            out.writeheader()
            out.writerow(row)
        limits = import_limits(settings_of(request))
        report = load([path], desk.store, limits=limits, apply=apply)
    if report.errors:
        first = report.errors[0]
        raise UsageError(first.code, value=first.value, **first.facts)


def _told(source: str, as_of: str) -> dict[str, str]:
    return {"source": checked_text("source", source), "as_of": checked_day(as_of)}


def _id(kind: str, name: str) -> str:
    return f"{kind}-{hashlib.sha256(name.encode()).hexdigest()[:12]}"
