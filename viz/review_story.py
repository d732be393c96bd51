"""What every document of a review meeting has: its frame, numbered sections, basis, signatures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from graph.review.account import MeetingAnswer
from viz import review_words as say
from viz.contexts import Frame
from viz.numerals import chinese_number
from viz.report_parts import Section
from viz.report_parts import told as told_in
from viz.review_words import Provenance
from viz.table import Cell, Column, Table
from viz.words import word

__all__ = ["MeetingStory", "meeting_day", "meeting_story", "with_table"]


@dataclass(frozen=True)
class MeetingStory:
    """A document of a meeting, as `viz.report_docx` and `viz.paper` write it down."""

    frame: Frame
    title: str
    subject: str
    headline: str
    notes: Sequence[str]
    sections: Sequence[Section]
    foot: str

    def told(self, cell: Cell, column: Column) -> str:
        """A cell in words."""
        return told_in(self.frame.lang, cell, column)


def meeting_story(
    answer: MeetingAnswer,
    lang: str,
    given: Provenance,
    told: tuple[str, str, str],
    sections: Sequence[Section],
) -> MeetingStory:
    """A document under title, subject and headline, ending with its basis and who signs it."""
    whole = [*sections, _basis(lang, given), _signing(lang, answer)]
    frame, notes = Frame(lang, "", sample=given.sample), _notes(lang, answer, given)
    return MeetingStory(frame, *told, notes, _numbered(lang, whole), _foot(lang, given))


def with_table(lang: str, id: str, table: Table, lines: Sequence[str] = ()) -> Section:
    """A section of a table, or that there is none of it."""
    if table.rows:
        return Section(id, table.caption, lines, table)
    return Section(id, table.caption, [*lines, word(lang, "reviewdoc.none")])


def meeting_day(lang: str, answer: MeetingAnswer) -> str:
    """The day of the meeting in words."""
    return say.day_text(lang, date.fromisoformat(answer.on_day))


def _numbered(lang: str, sections: Sequence[Section]) -> Sequence[Section]:
    """一、二、三 before each title."""
    return [
        replace(s, title=word(lang, "reviewdoc.numbered", n=_number(lang, at), title=s.title))
        for at, s in enumerate(sections, 1)
    ]


def _number(lang: str, at: int) -> str:
    return chinese_number(at) if lang == "zh" else str(at)


def _basis(lang: str, given: Provenance) -> Section:
    lines = [
        word(lang, "reviewdoc.line", what=what, text=text)
        for what, text in say.basis_lines(lang, given)
    ]
    return Section("basis", word(lang, "reviewdoc.basis"), bullets=lines)


def _signing(lang: str, answer: MeetingAnswer) -> Section:
    lines = [
        word(lang, "reviewdoc.sign_chair"),
        word(lang, "reviewdoc.sign_members"),
        word(lang, "reviewdoc.sign_day", host=answer.host, day=meeting_day(lang, answer)),
    ]
    return Section("signing", word(lang, "reviewdoc.signing"), lines)


def _notes(lang: str, answer: MeetingAnswer, given: Provenance) -> Sequence[str]:
    notes = [word(lang, "reviewdoc.sample")] if given.sample else []
    return notes if say.is_final(answer) else [*notes, word(lang, "reviewdoc.not_final")]


def _foot(lang: str, given: Provenance) -> str:
    return word(lang, "reviewdoc.foot", day=say.day_text(lang, given.made_at))
