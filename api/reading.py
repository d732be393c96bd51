"""A shortlist that comes back from Excel: which status and note each row has now."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO

from python_calamine import CalamineError, CalamineWorkbook

from graph.errors import UsageError
from records.shortlist import STATUSES, Edit
from viz.words import LANGS, term, word

__all__ = ["Written", "read_list"]

_WANTED = ("id", "status", "note")


@dataclass(frozen=True)
class Written:
    """One row as it stands in the workbook."""

    row: int
    edit: Edit


def read_list(content: bytes, name: str) -> list[Written]:
    """Rows of the first sheet, in either language; rows without an id are passed over.

    Raises `UsageError` for a file that is no such workbook, or for the first row whose status is no
    word of ours.
    """
    rows = _cells(content, name)
    at = _columns(rows[0] if rows else [])
    if at is None:
        raise UsageError("list_file", file=name)
    found = []
    for number, row in enumerate(rows[1:], 2):
        cells = {key: row[i].strip() if i < len(row) else "" for key, i in at.items()}
        if cells["id"]:
            status = _status(cells["status"])
            if status is None:
                raise UsageError("list_sheet", row=number, what=cells["status"] or "—")
            item, _, version = cells["id"].partition(".")
            if not version.isdecimal():
                raise UsageError("list_sheet", row=number, what=cells["id"])
            found.append(Written(number, Edit(item, int(version), status, cells["note"])))
    return found


def _cells(content: bytes, name: str) -> list[list[str]]:
    try:
        book = CalamineWorkbook.from_filelike(BytesIO(content))
        return [[str(cell) for cell in row] for row in book.get_sheet_by_index(0).to_python()]
    except (CalamineError, IndexError, ValueError) as error:
        raise UsageError("list_file", file=name) from error


def _columns(head: list[str]) -> dict[str, int] | None:
    for lang in LANGS:
        titles = {key: word(lang, f"list_head.{key}") for key in _WANTED}
        if all(title in head for title in titles.values()):
            return {key: head.index(title) for key, title in titles.items()}
    return None


def _status(text: str) -> str | None:
    spoken = {term(lang, "list_status", code): code for lang in LANGS for code in STATUSES}
    return spoken.get(text)
