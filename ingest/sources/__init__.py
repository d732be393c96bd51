"""Foreign layouts: one file an adapter, each turning its files into documented tables."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from ingest.columns import Grid
from ingest.guard import Limits
from ingest.report import RowError
from ingest.sources import atlas, chainkg, listed

__all__ = ["Foreign", "recognise"]


@dataclass(frozen=True)
class Foreign:
    """A folder in a known foreign layout."""

    name: str
    files: Sequence[Path]
    read: Callable[[Limits], tuple[list[Grid], list[RowError]]]


def recognise(paths: Sequence[Path]) -> Foreign | None:
    """The foreign layout of a single folder, None for the documented one."""
    if len(paths) != 1 or not paths[0].is_dir():
        return None
    folder = paths[0]
    for adapter in (atlas, chainkg):
        files = adapter.files(folder)
        if files:
            beside = listed.beside(folder)  # what decides on the regions is part of the input
            return Foreign(adapter.NAME, [*files, *beside], partial(adapter.read, folder))
    return None
