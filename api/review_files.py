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
from api.settings import Settings
from graph.errors import StoreError, UsageError
from graph.review.account import MeetingAnswer
from graph.review.batch import Batch
from graph.review.meeting import SEALED, Meeting
from records import meetings
from viz.review_docs import Provenance, minutes_docx, opinion_docx, scores_xlsx
from viz.words import word

__all__ = [
    "FORMATS",
    "Documents",
    "formats_named",
    "provenance_of",
    "template_for",
    "write_documents",
]

FORMATS = ("docx", "xlsx")
_BAD_IN_NAME = re.compile(r'[\x00-\x1f<>:"/\\|?*]')


@dataclass(frozen=True)
class Documents:
    """What the documents are made from."""

    answer: MeetingAnswer
    names: Mapping[str, str]
    lang: str
    given: Provenance
    chosen: Batch | None = None  # the panel's choice


def provenance_of(desk: Desk, meeting: Meeting) -> Provenance:
    """What the documents of a meeting rest on, and how it is checked."""
    bases = [case.basis for case in meeting.cases if case.basis is not None]
    used = dict.fromkeys(f"{b.standard.name} {b.standard.version}" for b in bases)
    revisions = sorted({basis.revision for basis in bases})
    sha256 = meetings.digest(meeting) if meeting.state in SEALED else ""
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
        name = word(lang, "review_cli.file_minutes")
        yield f"{name}.docx", minutes_docx(answer, names, lang, given, made.chosen, template)
        template = template_for(settings, "opinion")
        for at, project in enumerate(answer.projects, 1):
            name = word(
                lang, "review_cli.file_opinion", n=f"{at:02d}", project=_plain(project.name)
            )
            content = opinion_docx(answer, project, names, lang, given, template)
            yield f"{name}.docx", content
    if "xlsx" in formats:
        name = word(lang, "review_cli.file_scores")
        yield f"{name}.xlsx", scores_xlsx(answer, names, lang, given, made.chosen)


def _plain(name: str) -> str:
    """A name as part of a file name on every system: 60 characters take 180 bytes at most."""
    return _BAD_IN_NAME.sub(" ", name)[:60].strip(" .")
