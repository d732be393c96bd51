"""The documents of a review meeting: 评审意见书 and 会议纪要 for Word, 项目评分表 for Excel.

An office's own template is a .docx.  Kept of it are headers, footers, page size, margins, every
style, and whatever its body holds (a letterhead, say); the text follows after that, in its styles
Title, Subtitle, Intense Quote, Heading 1, List Bullet, Caption and Table Grid, and in its Normal
where one of them is missing.  PDFs are made from the same stories by `viz.paper`, without it.

Everything is made from an answer that holds only what its reader may see.  Text never becomes a
formula and no cell computes: a sheet says what the meeting said.
"""

from __future__ import annotations

from collections.abc import Mapping

from graph.review.account import Judged, MeetingAnswer
from graph.review.batch import Batch
from viz.contexts import Frame
from viz.report_docx import report_docx
from viz.review_effect import (
    all_gains_table,
    chains_table,
    leaders_table,
    parks_table,
    with_projects,
)
from viz.review_stories import minutes_story, opinion_story
from viz.review_tables import batch_table, gates_table, items_table, projects_table
from viz.review_voices import ballots_table, cards_table, conditions_table
from viz.review_words import Provenance, basis_lines
from viz.workbook import workbook

__all__ = ["Provenance", "minutes_docx", "opinion_docx", "scores_xlsx"]

_Names = Mapping[str, str]


def opinion_docx(
    answer: MeetingAnswer,
    project: Judged,
    names: _Names,
    lang: str,
    given: Provenance,
    template: str = "",
) -> bytes:
    """评审意见书 of one project, on the template at a path; `UsageError` for one that is none."""
    return report_docx(opinion_story(answer, project, names, lang, given), template)


def minutes_docx(
    answer: MeetingAnswer,
    names: _Names,
    lang: str,
    given: Provenance,
    chosen: Batch | None = None,
    template: str = "",
) -> bytes:
    """会议纪要 of the session; `chosen` = the panel's choice as a batch.

    Raises `UsageError` for a template that is no Word document.
    """
    return report_docx(minutes_story(answer, names, lang, given, chosen), template)


def scores_xlsx(
    answer: MeetingAnswer,
    names: _Names,
    lang: str,
    given: Provenance,
    chosen: Batch | None = None,
) -> bytes:
    """项目评分表: 总表, then a sheet for each kind of detail, and what it all rests on."""
    projects = answer.projects
    tables = [
        projects_table(answer, names, lang, chosen),
        gates_table(projects, names, lang),
        items_table(answer, projects, names, lang),
        cards_table(answer, projects, names, lang),
        ballots_table(answer, projects, names, lang),
        conditions_table(projects, names, lang),
    ]
    if answer.batch is not None or chosen is not None:
        tables.append(batch_table(answer, chosen, names, lang))
    if (effect := answer.effect) is not None:
        known = with_projects(answer, names)
        tables += [
            chains_table(effect, known, lang),
            leaders_table(effect, known, lang),
            parks_table(effect, known, lang),
            all_gains_table(answer, known, lang),
        ]
    frame = Frame(lang, "", sample=given.sample)
    return workbook(tables, frame, dict(basis_lines(lang, given)), "")
