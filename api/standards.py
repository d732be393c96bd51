"""The admission standards in force: those that come with the program, and the office's own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from graph.errors import UsageError
from graph.review.reading import read_standard
from graph.review.standard import Standard

__all__ = ["standards_of"]


def standards_of(folder: Path, *, sample: bool) -> Sequence[Standard]:
    """The default ones, with those of the sample or of the office's `folder` (*.toml).

    Raises `DataError` for the first file that is no valid standard, `UsageError` for two of one id.
    """
    if sample:
        return _read(tuple(_shipped()), tuple(_texts(files("ingest.samples") / "standards")))
    return _read(tuple(_shipped()), tuple(_texts(folder) if folder.is_dir() else ()))


def _shipped() -> Iterator[tuple[str, str]]:
    return _texts(files("graph.review") / "standards")


def _texts(folder: Traversable | Path) -> Iterator[tuple[str, str]]:
    for path in sorted(folder.iterdir(), key=lambda p: p.name):
        if path.name.endswith(".toml"):
            yield path.name, path.read_text("utf-8")


@cache
def _read(
    shipped: tuple[tuple[str, str], ...], own: tuple[tuple[str, str], ...]
) -> Sequence[Standard]:
    bases = {s.id: s for s in (read_standard(text, name) for name, text in shipped)}
    found = dict(bases)
    for name, text in own:
        standard = read_standard(text, name, bases)
        if standard.id in found and standard.id not in bases:
            raise UsageError("standard_twice", standard=standard.id, file=name)
        found[standard.id] = standard
    return list(found.values())
