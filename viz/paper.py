"""A story on paper: one HTML document of A4 pages with a style of its own, loading nothing.

`api.press` makes it a PDF.  Text is escaped, links stay text, and there is no script.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from math import sqrt

from viz.pages import environment, in_language
from viz.report_docx import Story, printable
from viz.table import Table

__all__ = ["paper_html", "shares"]

# Half-widths of Chinese type that a line of a table holds, upright and across.
_LINE, _ACROSS = 118, 180
_RUN = re.compile(r"[!-ÿ]+")  # is not broken: a number, an id
_LONGEST_RUN = 14
_LONGEST_HEAD = 8
_SPACE = 2  # around a text


def paper_html(story: Story, *, across: bool = False) -> str:
    """The story as a document of A4 pages, lying on their side where `across`."""
    frame = story.frame
    html = (
        environment()
        .get_template("paper.html")
        .render(
            story=story,
            frame=frame,
            across=across,
            shares=lambda table: shares(_widest(story, table), _ACROSS if across else _LINE),
            **in_language(frame.lang),
        )
    )
    return printable(html)


def shares(cells: Sequence[Sequence[str]], line: int) -> list[float]:
    """How much of a line, in percent, each column of a table gets: its head is the first row.

    Each gets what its longest number or id needs; what is left goes by the root of the squared
    lengths of its texts, so that long ones get most, and none more than it can fill while another
    could fill it.

    >>> shares([["n", "text"], ["12345678", "字" * 100]], 40)
    [25.1, 74.9]
    """
    columns = list(zip(*cells, strict=True))
    need, full = [_need(c) for c in columns], [max(map(_width, c)) + _SPACE for c in columns]
    more = [sqrt(sum(_width(text) ** 2 for text in c)) for c in columns]
    left, wished = max(line - sum(need), 0), sum(more) or 1.0
    parts = zip(need, full, more, strict=True)
    wide = [max(n, min(f, n + left * m / wished)) for n, f, m in parts]
    rest = max(line - sum(wide), 0)
    wide = [w + rest * m / wished for w, m in zip(wide, more, strict=True)]
    return [round(100 * w / sum(wide), 1) for w in wide]


def _need(column: Sequence[str]) -> float:
    """Half-widths below which a column is hard to read."""
    head, *rest = column
    runs = (min(len(run), _LONGEST_RUN) for text in rest for run in _RUN.findall(text))
    return max(min(_width(head), _LONGEST_HEAD), *runs, 2) + _SPACE


def _width(text: str) -> int:
    return sum(2 if ch > "ÿ" else 1 for ch in text)


def _widest(story: Story, table: Table) -> list[list[str]]:
    """The heads, and of each cell what is longer: what it says or what is noted below."""
    found = [[column.title for column in table.columns]]
    for row in table.rows:
        pairs = zip(row, table.columns, strict=True)
        found.append([max(story.told(cell, col), cell.note, key=_width) for cell, col in pairs])
    return found
