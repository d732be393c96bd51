"""The shortlist (招商清单): pick, note contacts, hand out as a workbook, and read it back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Literal

from fastapi import APIRouter, File, Form, Query, Request, UploadFile
from fastapi.responses import RedirectResponse, Response

from api.deps import AtDesk, AtRecords, answered, attachment, settings_of
from api.desk import Desk, Names
from api.frames import chosen, lang_of, local, page_html, sheet_of, with_sheet
from api.press import pdf_file, press
from api.reading import Written, read_list
from api.routers.v1 import PROBLEMS
from api.verifying import day_of
from graph.analysis.answers import CandidateAnswer, RankAnswer
from graph.errors import FileRefused, LianzhuError, UsageError
from graph.question import Question, scheme_of
from records import schemes, shortlist
from records.attachments import Attachment, held
from records.database import Records
from viz import lists as v
from viz.report_docx import MEDIA_TYPE, report_docx
from viz.sentences import reason_text

__all__ = ["api", "router"]

router = APIRouter(include_in_schema=False)
api = APIRouter(prefix="/api/v1", tags=["v1"])

Text = Annotated[str, Form(max_length=2000)]
Back = Annotated[str, Form(alias="next", max_length=4000)]
Weight = Annotated[float, Form(ge=0, le=0.5)]
Word = Annotated[str, Query(max_length=40)]


@api.get("/shortlist", operation_id="shortlist", responses=PROBLEMS)
def shortlist_(request: Request, desk: AtDesk, records: AtRecords) -> Response:
    """The shortlist with today's ranks."""
    rows = _rows(desk, records, lang_of(request))
    return answered(request, desk.snapshot.revision, {"items": rows}, rows)


@router.get("/shortlist")
def page(
    request: Request,
    desk: AtDesk,
    records: AtRecords,
    status: Word = "",
    read: Annotated[int | None, Query(ge=0)] = None,
) -> Response:
    """要联系谁、谈到哪一步?"""
    made = _page(request, desk, records, status, read)
    return page_html(request, desk, made, made.rows)


@router.get("/shortlist.xlsx")
def sheet(request: Request, desk: AtDesk, records: AtRecords, status: Word = "") -> Response:
    """The list as a workbook that can be read back."""
    found = _page(request, desk, records, status, None)
    table = v.list_table(found.frame.lang, found.rows, found.names)
    return sheet_of(request, found.frame, [table], {})


@router.get("/shortlist.docx")
def letter(request: Request, desk: AtDesk, records: AtRecords, status: Word = "") -> Response:
    """The list as a Word file."""
    story = _story(request, desk, records, status)
    content = report_docx(story, settings_of(request).report_template)
    return attachment(content, f"{_named(story)}.docx", MEDIA_TYPE)


@router.get("/shortlist.pdf")
def paper(request: Request, desk: AtDesk, records: AtRecords, status: Word = "") -> Response:
    """The list on paper."""
    story = _story(request, desk, records, status)
    return pdf_file(press(story, across=True), _named(story))


@router.post("/shortlist")
def add(
    desk: AtDesk,
    records: AtRecords,
    kind: Literal["project", "enterprise", "expansion"] = Form(),
    candidate: Text = "",
    chain: Text = "",
    leader: Text = "",
    region: Text = "",
    back: Back = "/shortlist",
) -> Response:
    """加入招商清单."""
    label = "Project" if kind == "project" else "Enterprise"
    found = desk.id_of(label, candidate, "candidate")
    pick = shortlist.Pick(
        kind,
        found,
        desk.names()[found],
        desk.id_of("Enterprise", leader, "leader") if leader else "",
        desk.id_of("Chain", chain, "chain"),
        desk.id_of("Region", region, "region"),
    )
    shortlist.add(records, pick)
    return RedirectResponse(local(back), 303)


@router.post("/shortlist/read")
def read_back(
    request: Request, records: AtRecords, file: Annotated[UploadFile, File()]
) -> Response:
    """Status and note from a workbook, every row or none."""
    limit = settings_of(request).upload_mb << 20
    content = file.file.read(limit + 1)
    if len(content) > limit:
        raise FileRefused("file_too_large", file=file.filename or "", limit=limit)
    written = read_list(content, file.filename or "")
    changed = shortlist.change(records, [w.edit for w in _known(records, written)])
    return RedirectResponse(f"/shortlist?read={changed}", 303)


@router.post("/shortlist/{item}")
def change(
    records: AtRecords,
    item: str,
    version: Annotated[int, Form(ge=1, le=2**31 - 1)],
    act: Literal["save", "remove"] = Form("save"),
    status: Text = "",
    note: Text = "",
    back: Back = "/shortlist",
) -> Response:
    """Another status or note, or off the list."""
    if act == "remove":
        shortlist.remove(records, item, version)
    else:
        shortlist.change(records, [shortlist.Edit(item, version, status, note)])
    return RedirectResponse(local(back), 303)


@router.post("/shortlist/{item}/contacts")
def contact(
    records: AtRecords,
    item: str,
    on_day: Text = "",
    who: Text = "",
    result: Text = "",
    back: Back = "/shortlist",
) -> Response:
    """记一次联系."""
    shortlist.log(records, item, shortlist.Contact(day_of(on_day), who, result))
    return RedirectResponse(local(back), 303)


@router.post("/schemes")
def scheme(
    records: AtRecords,
    act: Literal["apply", "forget"] = Form("apply"),
    relatedness: Weight = 0.0,
    tie: Weight = 0.0,
    readiness: Weight = 0.0,
    name: Text = "",
    back: Back = "/",
) -> Response:
    """Rank by these weights, and keep them under a name where one is given."""
    if act == "forget":
        schemes.forget(records, name)
        return RedirectResponse(local(back), 303)
    text = f"{relatedness:g}/{tie:g}/{readiness:g}"
    found = scheme_of(text)
    if name.strip():
        schemes.save(records, replace(found, name=name.strip()))
    return RedirectResponse(local(back, scheme=text), 303)


def _page(
    request: Request, desk: Desk, records: Records, status: str, read: int | None
) -> v.ListPage:
    frame = with_sheet(request, chosen(request, desk))
    rows = [r for r in _rows(desk, records, frame.lang) if status in ("", r.status)]
    megabytes = settings_of(request).attachment_mb
    return v.ListPage(frame, rows, desk.names(), shortlist.STATUSES, status, read, megabytes)


def _story(request: Request, desk: Desk, records: Records, status: str) -> v.ListStory:
    found = _page(request, desk, records, status, None)
    return v.ListStory(found.frame, found.rows, found.names)


def _named(story: v.ListStory) -> str:
    return f"{story.title} {story.frame.data_date or ''}".strip()


def _rows(desk: Desk, records: Records, lang: str) -> list[v.ListRow]:
    answers: dict[Question, RankAnswer | None] = {}
    names, files = desk.names(), held(records, "shortlist")
    found = []
    for item in shortlist.items(records):
        pick = item.pick
        question = Question(
            leader=pick.leader or None,
            chain=None if pick.leader else pick.chain,
            region=pick.region,
        )
        if question not in answers:
            answers[question] = _ranked(desk, question)
        row = _row(desk, names, item, answers[question], lang)
        found.append(replace(row, files=_filed(files.get(f"shortlist/{item.id}", ()))))
    return found


def _row(
    desk: Desk, names: Names, item: shortlist.Item, answer: RankAnswer | None, lang: str
) -> v.ListRow:
    pick = item.pick
    rank, standing = _standing(answer, pick)
    return v.ListRow(
        item.id,
        item.version,
        pick.kind,
        pick.candidate,
        names.get(pick.candidate)
        if pick.candidate in desk.snapshot.nodes(_label(pick)).index
        else pick.name,
        pick.leader,
        pick.chain,
        pick.region,
        item.status,
        item.note,
        item.added_at.date().isoformat(),
        item.added_by,
        [v.Spoken(c.on_day.isoformat(), c.who, c.result, c.written_by) for c in item.contacts],
        standing.score if standing else None,
        rank,
        reason_text(lang, standing, answer.question, names, {}) if standing and answer else "",
    )


def _filed(files: Sequence[Attachment]) -> list[v.Filed]:
    return [
        v.Filed(f.id, f.name, f.size, f.added_by, f.added_at.astimezone().date().isoformat())
        for f in files
    ]


def _standing(
    answer: RankAnswer | None, pick: shortlist.Pick
) -> tuple[int | None, CandidateAnswer | None]:
    for at, candidate in enumerate(answer.candidates if answer else (), 1):
        if (candidate.kind, candidate.id) == (pick.kind, pick.candidate):
            return at, candidate
    return None, None


def _ranked(desk: Desk, question: Question) -> RankAnswer | None:
    """Today's ranking; None where the question no longer holds (its leader is gone, say)."""
    try:
        return desk.rank(question)
    except LianzhuError:
        return None


def _label(pick: shortlist.Pick) -> str:
    return "Project" if pick.kind == "project" else "Enterprise"


def _known(records: Records, written: list[Written]) -> list[Written]:
    """The rows as written, once every one of them is on the list."""
    held = {item.id for item in shortlist.items(records)}
    for row in written:
        if row.edit.item not in held:
            raise UsageError("list_sheet", row=row.row, what=row.edit.item)
    return written
