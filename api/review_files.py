"""The documents of a meeting as files: none appears before all are made, and each whole."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

from api.desk import Desk
from api.press import printed
from api.settings import Settings
from graph.errors import StoreError, UsageError
from graph.review.account import Judged, MeetingAnswer
from graph.review.batch import Batch
from graph.review.meeting import SEALED, Meeting
from records import meetings
from records.database import Records
from viz.paper import paper_html
from viz.review_docs import Provenance, minutes_docx, opinion_docx, scores_xlsx
from viz.review_scores import scores_story
from viz.review_stories import minutes_story, opinion_story
from viz.words import word

__all__ = [
    "FORMATS",
    "Documents",
    "formats_named",
    "provenance_of",
    "template_for",
    "write_documents",
]

FORMATS = ("docx", "xlsx", "pdf")
_BAD_IN_NAME = re.compile(r'[\x00-\x1f<>:"/\\|?*]')


@dataclass(frozen=True)
class Documents:
    """What the documents are made from."""

    answer: MeetingAnswer
    names: Mapping[str, str]
    lang: str
    given: Provenance
    chosen: Batch | None = None  # the panel's choice


def provenance_of(desk: Desk, records: Records, meeting: Meeting) -> Provenance:
    """What the documents of a meeting rest on, and how it is checked."""
    bases = [case.basis for case in meeting.cases if case.basis is not None]
    used = dict.fromkeys(f"{b.standard.name} {b.standard.version}" for b in bases)
    revisions = sorted({basis.revision for basis in bases})
    sha256 = meetings.kept_digest(records, meeting.id) if meeting.state in SEALED else ""
    verify = f"lianzhu review replay {meeting.id}{' --sample' if desk.sample else ''}"
    return Provenance(revisions, list(used), sha256, verify, date.today(), desk.sample)


def formats_named(given: str) -> Sequence[str]:
    """The formats in a list with commas; `UsageError` names the first that there is not."""
    wanted = [part.strip() for part in given.split(",")]
    for one in wanted:
        if one not in FORMATS:
            raise UsageError("bad_choice", name="format", given=one, allowed=" | ".join(FORMATS))
    return [form for form in FORMATS if form in wanted]


def template_for(settings: Settings, document: str) -> str:
    """The office's template: templates/opinion.docx or minutes.docx beside its standards.

    Where there is none, that of reports, "" = the built-in look.
    """
    own = Path(settings.standards_dir) / "templates" / f"{document}.docx"
    return str(own) if own.is_file() else settings.report_template


def write_documents(
    made: Documents,
    settings: Settings,
    out: Path,
    formats: Sequence[str],
    *,
    force: bool = False,
    before: Callable[[], None] = lambda: None,
) -> Sequence[str]:
    """Write the documents into a folder and say which.

    `before` is called when all are made and none is there yet.  Raises `UsageError` for a name that
    is taken, unless `force`, and `StoreError` where nothing can be written.
    """
    contents = dict(_contents(made, settings, formats))
    taken = [name for name in contents if (out / name).exists()]
    if taken and not force:
        raise UsageError("path_exists", path=str(out / taken[0]))
    try:
        out.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(prefix=".review-", dir=out) as beside:
            for name, content in contents.items():
                (Path(beside) / name).write_bytes(content)
            before()
            for name in contents:
                os.replace(Path(beside) / name, out / name)
    except OSError as error:
        raise StoreError("write_failed", path=str(out), reason=str(error)) from error
    return list(contents)


def _contents(
    made: Documents, settings: Settings, formats: Sequence[str]
) -> Iterator[tuple[str, bytes]]:
    answer, names, lang, given = made.answer, made.names, made.lang, made.given
    if "docx" in formats:
        template = template_for(settings, "minutes")
        content = minutes_docx(answer, names, lang, given, made.chosen, template)
        yield f"{_named(lang, 'minutes')}.docx", content
        template = template_for(settings, "opinion")
        for name, project in _opinions(made):
            yield f"{name}.docx", opinion_docx(answer, project, names, lang, given, template)
    if "xlsx" in formats:
        content = scores_xlsx(answer, names, lang, given, made.chosen)
        yield f"{_named(lang, 'scores')}.xlsx", content
    if "pdf" in formats:
        papers = dict(_papers(made))
        yield from zip(papers, printed(list(papers.values())), strict=True)


def _papers(made: Documents) -> Iterator[tuple[str, str]]:
    answer, names, lang, given = made.answer, made.names, made.lang, made.given
    story = minutes_story(answer, names, lang, given, made.chosen)
    yield f"{_named(lang, 'minutes')}.pdf", paper_html(story)
    for name, project in _opinions(made):
        yield f"{name}.pdf", paper_html(opinion_story(answer, project, names, lang, given))
    story = scores_story(answer, names, lang, given, made.chosen)
    yield f"{_named(lang, 'scores')}.pdf", paper_html(story, across=True)


def _opinions(made: Documents) -> Iterator[tuple[str, Judged]]:
    """Each project with the name of its opinion as a file."""
    for at, project in enumerate(made.answer.projects, 1):
        facts = {"n": f"{at:02d}", "project": _plain(project.name)}
        yield word(made.lang, "review_cli.file_opinion", **facts), project


def _named(lang: str, document: str) -> str:
    return word(lang, f"review_cli.file_{document}")


def _plain(name: str) -> str:
    """A name as part of a file name on every system: 60 characters take 180 bytes at most."""
    return _BAD_IN_NAME.sub(" ", name)[:60].strip(" .")
