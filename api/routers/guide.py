"""The first hour: which questions one's own data allow, files checked and imported, backups."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Annotated
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Form, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.datastructures import UploadFile

from api import backups
from api.auditing import audited, undoing
from api.deps import AtDesk, AtRecords, Lang, answered, settings_of
from api.desk import Desk
from api.frames import chosen, sheet_of, with_sheet
from api.importing import import_files, import_limits, report_json
from api.routers.v1 import PROBLEMS
from api.uploads import uploads_of
from graph.analysis.readiness import readiness
from graph.errors import FileRefused, UsageError
from ingest.pipeline import load
from records.database import Records
from records.recording import recorded_batches
from records.restoring import has_rows
from records.whole import Zone, content_of, tables_now, told_by
from viz import contexts as c
from viz import guide as g
from viz.pages import Page, render

__all__ = ["api", "router"]

router = APIRouter(include_in_schema=False)
api = APIRouter(prefix="/api/v1", tags=["v1"])

DONE = ("imported", "import_unchanged", "undone", "backed_up")
FORM_BYTES = 1 << 20  # what a form may weigh beside its files
MOST_FIELDS = 2_000

Short = Annotated[str, Form(max_length=200)]


@api.get("/readiness", operation_id="readiness", responses=PROBLEMS)
def ready(request: Request, desk: AtDesk) -> Response:
    """Which questions the data can answer, and what to add first."""
    answer = readiness(desk.snapshot)
    return answered(request, answer.revision, answer)


@router.get("/guide")
def guide_page(request: Request, desk: AtDesk, records: AtRecords) -> Response:
    """怎样开始?"""
    page = _guide(request, desk, records)
    return _fresh(page)


@router.get("/guide.xlsx")
def guide_sheet(request: Request, desk: AtDesk, records: AtRecords) -> Response:
    """What to fill and what can be answered, as a workbook."""
    page = _guide(request, desk, records)
    return sheet_of(request, page.frame, [page.questions, page.steps], {})


@router.post("/guide/check")
async def upload(request: Request, desk: AtDesk, lang: Lang) -> Response:
    """Keep the files that were chosen, and show what an import would do."""
    _own(desk)
    settings = settings_of(request)
    length = request.headers.get("content-length", "")
    if length.isdecimal() and int(length) > (settings.upload_mb << 20) + FORM_BYTES:
        async for _ in request.stream():  # a browser shows the answer only once it has sent all
            pass
        raise FileRefused("upload_too_large", limit=settings.upload_mb)
    async with request.form(max_files=MOST_FIELDS, max_fields=MOST_FIELDS) as form:
        files = [f for f in form.getlist("files") if isinstance(f, UploadFile) and f.filename]
        key = await run_in_threadpool(uploads_of(settings).keep, files)
    return RedirectResponse(f"/guide/check/{key}?{urlencode({'lang': lang})}", 303)


@router.get("/guide/check/{key}.xlsx")
def check_sheet(
    request: Request, desk: AtDesk, lang: Lang, key: str, skip: bool = False
) -> Response:
    """Every error as a workbook."""
    page = _checked(request, desk, lang, key, skip)
    return sheet_of(request, page.frame, [page.table], {})


@router.get("/guide/check/{key}")
def check_page(
    request: Request, desk: AtDesk, lang: Lang, key: str, skip: bool = False
) -> Response:
    """这批文件能导入吗?"""
    page = _checked(request, desk, lang, key, skip)
    return _fresh(page, 200 if page.refused is None else 422)


@router.post("/guide/import")
def apply(
    request: Request,
    desk: AtDesk,
    records: AtRecords,
    lang: Lang,
    key: Short,
    skip: Annotated[bool, Form()] = False,
) -> Response:
    """Import the files that were checked."""
    _own(desk)
    settings = settings_of(request)
    paths = uploads_of(settings).paths(key)
    report = import_files(records, desk.store, paths, settings, skip_invalid=skip)
    if report.status == "rejected":  # something else was imported meanwhile
        query = {"lang": lang, **({"skip": 1} if skip else {})}
        return RedirectResponse(f"/guide/check/{quote(key)}?{urlencode(query)}", 303)
    return _back(lang, "imported" if report.status == "committed" else "import_unchanged")


@router.post("/guide/undo")
def undo(desk: AtDesk, records: AtRecords, lang: Lang, batch: Short) -> Response:
    """Take back the import that the reader saw as the last one."""
    _own(desk)
    last = next((entry for entry in desk.store.ledger() if not entry.undone), None)
    if last is not None and last.batch != batch:
        raise UsageError("undo_overtaken", source=last.source)
    undoing(records, desk.store)()
    return _back(lang, "undone")


@router.post("/guide/backup")
def back_up(request: Request, desk: AtDesk, records: AtRecords, lang: Lang) -> Response:
    """Write a backup of everything now."""
    _own(desk)
    backups.write_whole(_zone(request, desk, records), _folder(request), datetime.now())
    return _back(lang, "backed_up", "backup")


@router.post("/guide/restore")
def restore(
    request: Request, desk: AtDesk, records: AtRecords, lang: Lang, name: Short, confirm: Short = ""
) -> Response:
    """Put a backup in the place of what there is."""
    _own(desk)
    path = backups.named(_folder(request), name)
    if backups.is_whole(path):
        if settings_of(request).accounts == "on":
            raise UsageError("restore_by_command")  # who administers does not clear the audit
        zone = _zone(request, desk, records)
        kept = backups.put_all_back(zone, path, confirm, datetime.now()).kept
    else:
        with audited(records, "graph.restore", name) as intent:
            kept = backups.put_back(desk.store, path, confirm, datetime.now())
            intent.facts |= {**backups.told(path), "kept": kept.name if kept else None}
    request.app.state.desk = Desk(desk.store)  # its revisions begin anew: no page of it is old
    query = {"lang": lang, **({"kept": kept.name} if kept else {})}
    return RedirectResponse(f"/guide/backups/{quote(name)}?{urlencode(query)}", 303)


@router.get("/guide/backups/{name}")
def backup_page(
    request: Request,
    desk: AtDesk,
    records: AtRecords,
    name: str,
    kept: Annotated[str, Query(max_length=200)] = "",
) -> Response:
    """现在的数据和这份备份一样吗?"""
    folder = _folder(request)
    path = backups.named(folder, name)
    then, now = backups.stats_of(path), desk.store.stats()
    before, after = ({**s.nodes, **s.relations} for s in (then, now))
    whole = told_by(path) if backups.is_whole(path) else None
    tables = tables_now(records) if whole else {}
    page = g.RestoredPage(
        chosen(request, desk),
        name,
        backups.named(folder, kept).name if kept else None,
        (then.revision, then.hash),
        (now.revision, now.hash),
        {kind: (before.get(kind, 0), after.get(kind, 0)) for kind in {**before, **after}},
        (whole.content, content_of(tables)) if whole else None,
        {
            name: (part.rows, tables[name].rows)
            for name, part in (whole.tables if whole else {}).items()
            if name in tables and not name.startswith("audit")
        },
    )
    return _fresh(page)


def _fresh(page: Page, status: int = 200) -> Response:
    """A page about files and stores of this moment: it is never shown from a cache."""
    return HTMLResponse(render(page), status, headers={"Cache-Control": "no-store"})


def _guide(request: Request, desk: Desk, records: Records) -> g.GuidePage:
    settings, folder = settings_of(request), _folder(request)
    uploads_of(settings).sweep()
    ledger = () if desk.sample else desk.store.ledger(g.IMPORTS_SHOWN)
    by = recorded_batches(records, [e.batch for e in ledger])
    imports = [
        g.ImportRow(
            e.batch, e.source, _local(e.at), e.created, e.updated, e.undone, by.get(e.batch)
        )
        for e in ledger
    ]
    held = [] if desk.sample else backups.backups_in(folder)
    frame = replace(with_sheet(request, chosen(request, desk)), twin="/api/v1/readiness")
    return g.GuidePage(
        _with_notice(request, frame, imports, held),
        readiness(desk.snapshot),
        imports,
        [_backup_row(b) for b in held],
        str(folder),
        settings.upload_mb,
        settings.upload_files,
        settings.upload_minutes,
        bool(desk.store.revision()) or has_rows(records),
    )


def _with_notice(
    request: Request, frame: c.Frame, imports: list[g.ImportRow], held: list[backups.Backup]
) -> c.Frame:
    """What was just done, in words of what is there now."""
    done = request.query_params.get("done")
    subject: object = _subject(imports, done == "undone")
    if done == "backed_up":
        subject = next(iter(held), None)
    if done not in DONE or subject is None:
        return frame
    return replace(frame, notice=c.Notice(f"guide_{done}", dict(vars(subject))))


def _subject(imports: list[g.ImportRow], undone: bool) -> g.ImportRow | None:
    return next((i for i in imports if i.undone == undone), None)


def _checked(request: Request, desk: Desk, lang: str, key: str, skip: bool) -> g.CheckPage:
    _own(desk)
    uploads = uploads_of(settings_of(request))
    paths = uploads.paths(key)
    frame = chosen(request, desk)
    page = g.CheckPage(frame, key, [p.name for p in paths], skip, uploads.minutes)
    try:
        limits = import_limits(settings_of(request))
        report = load(paths, desk.store, dry_run=True, skip_invalid=skip, limits=limits)
    except FileRefused as error:
        return replace(page, refused=c.Notice(error.code, error.facts))
    told = report_json(report, lang)
    return replace(
        page,
        frame=with_sheet(request, frame) if report.errors else frame,
        created=report.created,
        updated=report.updated,
        unchanged=report.unchanged,
        rejected=report.rejected,
        rejects_all=report.status == "rejected",
        errors=[
            g.ErrorRow(**{name: e[name] for name in g.ErrorRow.__dataclass_fields__})
            for e in told["errors"]
        ],
        notes=told["notes"],
    )


def _own(desk: Desk) -> None:
    """Nothing of the user's ever goes into the sample."""
    if desk.sample:
        raise UsageError("sample_is_read_only")


def _zone(request: Request, desk: Desk, records: Records) -> Zone:
    return Zone(desk.store, records, settings_of(request).files())


def _folder(request: Request) -> Path:
    return Path(settings_of(request).backup_dir)


def _back(lang: str, done: str, anchor: str = "imports") -> Response:
    return RedirectResponse(f"/guide?{urlencode({'lang': lang, 'done': done})}#{anchor}", 303)


def _backup_row(b: backups.Backup) -> g.BackupRow:
    at = b.at.strftime("%Y-%m-%d %H:%M:%S")
    if b.stats is None:
        return g.BackupRow(b.name, at, b.size, None, None, None, b.is_whole)
    rows = sum(b.stats.nodes.values()) + sum(b.stats.relations.values())
    return g.BackupRow(b.name, at, b.size, rows, b.stats.revision, b.stats.hash, b.is_whole)


def _local(at: str) -> str:
    """A moment of the ledger (UTC) as the clock of this machine shows it."""
    try:
        return datetime.fromisoformat(at).astimezone().strftime("%Y-%m-%d %H:%M")
    except ValueError:
        return at
