"""One table for the page, the workbook and the printed report: what it says, not how it looks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

__all__ = ["Cell", "Column", "Table"]


@dataclass(frozen=True)
class Column:
    """A column; numbers stand to the right, shares (0…1) are shown in percent."""

    title: str
    kind: Literal["text", "number", "share"] = "text"
    gloss: str = ""


@dataclass(frozen=True)
class Cell:
    """One cell: its value (None = unknown), where it leads, and how it is marked."""

    value: str | float | None
    href: str | None = None
    badge: str | None = None  # a code that has a colour and a mark
    note: str = ""  # in small print
    digits: int = 2


@dataclass(frozen=True)
class Table:
    """Rows of cells under columns; the first column names the row."""

    id: str
    caption: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[Cell]]
