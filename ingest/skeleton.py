"""The skeleton of one chain as a workbook to edit and import: the chain, its segments, its inputs.

With another name it is a template for another chain: the same segments, which may then be renamed,
taken out or joined by others, as members of that chain.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from graph.store.base import GraphStore
from ingest.filling import write_book
from ingest.writing import Row, Sheet, sheets

__all__ = ["write_skeleton"]


def write_skeleton(
    store: GraphStore, chain: str, path: Path, copy: tuple[str, str] | None = None
) -> None:
    """Write the chain, or under another (id, name) a copy of it that does not exist yet."""
    write_book(_parts(store, chain, copy), path)


def _parts(store: GraphStore, chain: str, copy: tuple[str, str] | None) -> Iterator[Sheet]:
    members = set[str]()
    for sheet in sheets(store, Counter()):
        name = sheet.table.name
        if name == "chains":
            kept = [row for row in sheet.rows if row["id"] == chain]
            yield replace(sheet, rows=iter([_renamed(row, "id", copy) for row in kept]))
        elif name == "segments":
            rows = [row for row in sheet.rows if row.get("chain") == chain]
            members = {str(row["id"]) for row in rows}
            yield replace(sheet, rows=iter([_renamed(row, "chain", copy) for row in rows]))
        elif name == "inputs":
            inside = (r for r in sheet.rows if r["input"] in members and r["output"] in members)
            yield replace(sheet, rows=inside)


def _renamed(row: Row, field: str, copy: tuple[str, str] | None) -> Row:
    """The row for the copy: its chain's id, and its name where the row is the chain itself."""
    if copy is None:
        return row
    named = {"name": copy[1]} if field == "id" else {}
    return {**row, field: copy[0], **named}
