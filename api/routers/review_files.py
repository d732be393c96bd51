"""The documents of a meeting to take away: 评审意见书, 会议纪要, 项目评分表."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import Response

from api.deps import AtDesk, AtRecords, Lang, attachment, settings_of
from api.desk import Desk
from api.press import pdf_file, press
from api.review_files import provenance_of, template_for
from api.reviewing import batches_for
from api.sight import eyes_of, seen
from graph.errors import NotAllowed, NotFound, UsageError
from graph.review.account import Judged, MeetingAnswer, account
from graph.review.batch import Batch
from graph.review.meeting import SEALED, Meeting
from records import meetings
from records.database import Records
from viz.report_docx import MEDIA_TYPE as DOCX_TYPE
from viz.review_docs import minutes_docx, opinion_docx, scores_xlsx
from viz.review_scores import scores_story
from viz.review_stories import minutes_story, opinion_story
from viz.words import word
from viz.workbook import MEDIA_TYPE

__all__ = ["router"]

router = APIRouter(include_in_schema=False)


@router.get("/sessions/{session_id}/minutes.docx")
def minutes(
    request: Request, desk: AtDesk, records: AtRecords, lang: Lang, session_id: str
) -> Response:
    """会议纪要."""
    meeting, answer, chosen = _answered(request, desk, records, session_id)
    template, given = (
        template_for(settings_of(request), "minutes"),
        provenance_of(desk, records, meeting),
    )
    content = minutes_docx(answer, desk.names(), lang, given, chosen, template)
    return attachment(content, f"{word(lang, 'review_cli.file_minutes')}.docx", DOCX_TYPE)


@router.get("/sessions/{session_id}/minutes.pdf")
def minutes_paper(
    request: Request, desk: AtDesk, records: AtRecords, lang: Lang, session_id: str
) -> Response:
    """会议纪要 on paper."""
    meeting, answer, chosen = _answered(request, desk, records, session_id)
    story = minutes_story(answer, desk.names(), lang, provenance_of(desk, records, meeting), chosen)
    return pdf_file(press(story), word(lang, "review_cli.file_minutes"))


@router.get("/sessions/{session_id}/scores.pdf")
def scores_paper(
    request: Request, desk: AtDesk, records: AtRecords, lang: Lang, session_id: str
) -> Response:
    """项目评分表 on paper."""
    meeting, answer, chosen = _answered(request, desk, records, session_id)
    story = scores_story(answer, desk.names(), lang, provenance_of(desk, records, meeting), chosen)
    return pdf_file(press(story, across=True), word(lang, "review_cli.file_scores"))


@router.get("/sessions/{session_id}/scores.xlsx")
def scores(
    request: Request, desk: AtDesk, records: AtRecords, lang: Lang, session_id: str
) -> Response:
    """项目评分表."""
    meeting, answer, chosen = _answered(request, desk, records, session_id)
    content = scores_xlsx(answer, desk.names(), lang, provenance_of(desk, records, meeting), chosen)
    return attachment(content, f"{word(lang, 'review_cli.file_scores')}.xlsx", MEDIA_TYPE)


@router.get("/reviews/{session_id}/{case_id}/opinion.docx")
def opinion(
    request: Request,
    desk: AtDesk,
    records: AtRecords,
    lang: Lang,
    session_id: str,
    case_id: str,
) -> Response:
    """评审意见书."""
    meeting, answer, _ = _answered(request, desk, records, session_id)
    project, name = _asked(answer, case_id, lang)
    template, given = (
        template_for(settings_of(request), "opinion"),
        provenance_of(desk, records, meeting),
    )
    content = opinion_docx(answer, project, desk.names(), lang, given, template)
    return attachment(content, f"{name}.docx", DOCX_TYPE)


@router.get("/reviews/{session_id}/{case_id}/opinion.pdf")
def opinion_paper(
    request: Request,
    desk: AtDesk,
    records: AtRecords,
    lang: Lang,
    session_id: str,
    case_id: str,
) -> Response:
    """评审意见书 on paper."""
    meeting, answer, _ = _answered(request, desk, records, session_id)
    project, name = _asked(answer, case_id, lang)
    story = opinion_story(
        answer, project, desk.names(), lang, provenance_of(desk, records, meeting)
    )
    return pdf_file(press(story), name)


def _asked(answer: MeetingAnswer, case_id: str, lang: str) -> tuple[Judged, str]:
    """The project asked for, and the name of its opinion; raises `NotFound`."""
    for at, project in enumerate(answer.projects, 1):
        if project.id == case_id:
            facts = {"n": f"{at:02d}", "project": project.name}
            return project, word(lang, "review_cli.file_opinion", **facts)
    raise NotFound("unknown_case", case=case_id)


def _answered(
    request: Request, desk: Desk, records: Records, id: str
) -> tuple[Meeting, MeetingAnswer, Batch | None]:
    """The meeting, the answer for who runs it, and the panel's choice.

    Raises `NotAllowed` for everybody else, and `UsageError` while it is not sealed.
    """
    whole = meetings.get(records, id)
    if not eyes_of(request, whole).runs:
        raise NotAllowed("not_allowed")
    if whole.state not in SEALED:
        raise UsageError("meeting_state", state=whole.state, wanted=list(SEALED))
    masked, shown = seen(request, whole)
    made = batches_for(desk, masked, shown)
    if made is None:
        return whole, account(masked, shown), None
    return whole, account(masked, shown, made.best, made.effect), made.panel
