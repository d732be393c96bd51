"""项目评分表 on paper: points, conclusions, votes and conditions of all projects of a meeting.

Gates and indicators, a dozen rows a project, stand in each 评审意见书 and in the workbook.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from graph.review.account import MeetingAnswer
from graph.review.batch import Batch
from viz import review_words as say
from viz.report_parts import Section
from viz.review_stories import summary
from viz.review_story import MeetingStory, meeting_story, with_table
from viz.review_tables import batch_table, projects_table
from viz.review_voices import ballots_table, conditions_table
from viz.review_words import Provenance
from viz.table import Table
from viz.words import word

__all__ = ["scores_story"]


def scores_story(
    answer: MeetingAnswer,
    names: Mapping[str, str],
    lang: str,
    given: Provenance,
    chosen: Batch | None = None,
) -> MeetingStory:
    """The score sheet as a document for pages that lie on their side."""
    points, concluded = _halves(lang, projects_table(answer, names, lang, chosen))
    tables = [
        points,
        concluded,
        ballots_table(answer, answer.projects, names, lang),
        conditions_table(answer.projects, names, lang),
    ]
    if answer.batch is not None or chosen is not None:
        tables.append(batch_table(answer, chosen, names, lang))
    told = (
        word(lang, "paper.scores_of", title=answer.title),
        say.session_text(lang, answer),
        summary(answer, lang),
    )
    sections: list[Section] = [with_table(lang, table.id, table) for table in tables]
    sections[0] = replace(sections[0], more=word(lang, "paper.scores_rest"))
    return meeting_story(answer, lang, given, told, sections)


def _halves(lang: str, table: Table) -> Sequence[Table]:
    """A wide table as two: up to the points with their bounds, and the rest; each names its row."""
    titles = [column.title for column in table.columns]
    at = titles.index(word(lang, "reviewdoc_head.high")) + 1
    low, high = range(at), [0, *range(at, len(titles))]
    caption = word(lang, "paper.concluded")
    return [_columns(table, low), replace(_columns(table, high), id="concluded", caption=caption)]


def _columns(table: Table, kept: Sequence[int]) -> Table:
    rows = [[row[at] for at in kept] for row in table.rows]
    return replace(table, columns=[table.columns[at] for at in kept], rows=rows)
