"""A report or a list as a Word file: its sections under the styles of a template."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Protocol
from zipfile import BadZipFile

from docx import Document
from docx.document import Document as WordDocument
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.opc.exceptions import PackageNotFoundError
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Pt, RGBColor
from docx.styles.style import ParagraphStyle
from docx.table import Table as WordTable
from docx.table import _Cell, _Row
from docx.text.paragraph import Paragraph

from graph.errors import UsageError
from viz.contexts import Frame
from viz.report_parts import Section
from viz.table import Cell, Column, Table
from viz.words import word

__all__ = ["MEDIA_TYPE", "Story", "printable", "report_docx"]

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
# What XML 1.0 cannot hold, or Word takes for something else than text.
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufffe\uffff]")
_BODY = {"zh": ("Times New Roman", "宋体"), "en": ("Calibri", "宋体")}
_HEAD = {"zh": ("Arial", "黑体"), "en": ("Calibri", "黑体")}
_BROKEN = (PackageNotFoundError, BadZipFile, KeyError, ValueError, OSError)


class Story(Protocol):
    """What can be written down: a title, a headline, sections, and where it comes from."""

    @property
    def frame(self) -> Frame:
        """The language, and what the data are."""

    @property
    def title(self) -> str:
        """The question it answers."""

    @property
    def subject(self) -> str:
        """What it is about."""

    @property
    def headline(self) -> str:
        """The one sentence."""

    @property
    def notes(self) -> Sequence[str]:
        """What a reader must know first."""

    @property
    def sections(self) -> Sequence[Section]:
        """The rest, in order."""

    @property
    def foot(self) -> str:
        """Date and revision of the data."""

    def told(self, cell: Cell, column: Column) -> str:
        """A cell in words."""


def report_docx(page: Story, template: str = "") -> bytes:
    """The report, after what the document at the path `template` holds, in its styles.

    Raises `UsageError` when the template is no Word document.
    """
    document = _opened(template) if template else _plain(page)
    _told(document, page)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def printable(text: str) -> str:
    """The text with a space for whatever cannot stand on paper: controls, halves of characters."""
    return _CONTROL.sub(" ", text)


def _told(document: WordDocument, page: Story) -> None:
    now = datetime.now(UTC).replace(tzinfo=None)
    core = document.core_properties
    core.title, core.author = printable(page.title), word(page.frame.lang, "site.name")
    core.created = core.modified = now
    core.comments = ""
    _add(document, page.title, "Title")
    _add(document, page.subject, "Subtitle")
    _add(document, page.headline, "Intense Quote")
    for note in page.notes:
        _add(document, f"※ {note}")
    for section in page.sections:
        _section(document, page, section)
    _add(document, page.foot, "Caption")


def _section(document: WordDocument, page: Story, section: Section) -> None:
    _add(document, section.title, "Heading 1")
    for line in section.lines:
        _add(document, line)
    if section.table is not None:
        _table(document, page, section.table)
    if section.more:
        _add(document, section.more)
    for line in section.bullets:
        _add(document, line, "List Bullet")


def _table(document: WordDocument, page: Story, table: Table) -> None:
    _add(document, table.caption, "Caption").paragraph_format.keep_with_next = True
    made = document.add_table(rows=1, cols=len(table.columns))
    if "Table Grid" in document.styles:
        made.style = document.styles["Table Grid"]
    else:
        _borders(made)
    for cell, column in zip(made.rows[0].cells, table.columns, strict=True):
        _write(cell, [column.title], number=column.kind != "text", strong=True)
    _mark(made.rows[0], "w:tblHeader", "w:cantSplit")
    for row in table.rows:
        added = made.add_row()
        _mark(added, "w:cantSplit")
        for cell, value, column in zip(added.cells, row, table.columns, strict=True):
            lines = [page.told(value, column), *([value.note] if value.note else [])]
            _write(cell, lines, number=column.kind != "text")


def _write(cell: _Cell, lines: Sequence[str], *, number: bool, strong: bool = False) -> None:
    for at, line in enumerate(lines):
        paragraph = cell.paragraphs[0] if at == 0 else cell.add_paragraph()
        run = paragraph.add_run(printable(line))
        run.bold = strong or None
        run.font.size = Pt(9 if at == 0 else 8)
        paragraph.paragraph_format.space_after = Pt(0)
        if number:
            paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT


def _add(document: WordDocument, text: str, style: str = "") -> Paragraph:
    """A paragraph in a style, or in the usual one where the template lacks it."""
    paragraph = document.add_paragraph(printable(text))
    if style in document.styles:
        paragraph.style = document.styles[style]
    return paragraph


def _mark(row: _Row, *names: str) -> None:
    for name in names:
        row._tr.get_or_add_trPr().append(OxmlElement(name))


def _borders(table: WordTable) -> None:
    borders = OxmlElement("w:tblBorders")
    for side in ("top", "left", "bottom", "right", "insideH", "insideV"):
        edge = OxmlElement(f"w:{side}")
        edge.set(qn("w:val"), "single")
        edge.set(qn("w:sz"), "4")
        borders.append(edge)
    table._tbl.tblPr.append(borders)


def _opened(template: str) -> WordDocument:
    try:
        return Document(template)
    except _BROKEN:
        raise UsageError("bad_report_template", file=template) from None


def _plain(page: Story) -> WordDocument:
    """The built-in look: A4, black on white, fonts that Chinese offices have."""
    document = Document()
    section = document.sections[0]
    section.page_width, section.page_height = Cm(21), Cm(29.7)
    section.left_margin = section.right_margin = Cm(2)
    section.top_margin = section.bottom_margin = Cm(1.8)
    lang = page.frame.lang
    _dress(document, "Normal", _BODY[lang], 10.5)
    for name, size in (("Subtitle", 11), ("Caption", 9), ("Intense Quote", 11)):
        _dress(document, name, _BODY[lang], size)
    for name, size in (("Title", 20), ("Heading 1", 13)):
        _dress(document, name, _HEAD[lang], size)
    return document


def _dress(document: WordDocument, name: str, fonts: tuple[str, str], size: float) -> None:
    style = document.styles[name]
    if not isinstance(style, ParagraphStyle):
        return
    latin, chinese = fonts
    style.font.name, style.font.size, style.font.italic = latin, Pt(size), False
    style.font.color.rgb = RGBColor(0, 0, 0)
    style.paragraph_format.space_after = Pt(3)
    held = style.element.get_or_add_rPr().get_or_add_rFonts()
    for theme in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
        held.attrib.pop(qn(f"w:{theme}"), None)
    held.set(qn("w:eastAsia"), chinese)
