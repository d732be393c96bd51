"""The admission standards in force: those that come with the program, and the office's own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property, lru_cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from graph.errors import DataError, UsageError
from graph.review.reading import parsed, standard_of
from graph.review.standard import Standard, resolve

__all__ = ["standards_of", "state_of"]

_Files = tuple[tuple[str, bytes], ...]
_Bases = Mapping[str, Standard]


def standards_of(folder: Path, *, sample: bool) -> Sequence[Standard]:
    """The default ones, with those of the sample or of the office's `folder` (*.toml, *.xlsx).

    A default gives way to one of the office's own with its id that began no later, or has its
    version.  What is `based_on` another takes the newest version there is of it, the office's own
    before the default; a version based on its own id takes the one before it.

    Raises `DataError` for the first file that is no valid standard or based on itself through
    others, `UsageError` for two of one id and version.
    """
    own = files("ingest.samples") / "standards" if sample else folder
    return _read(tuple(_files(files("graph.review") / "standards")), tuple(_files(own)))


def state_of(standard: Standard, standards: Iterable[Standard], day: date) -> str:
    """expired, future, replaced by another version, else in_force."""
    if standard.expired(day):
        return "expired"
    if day < standard.valid_from:
        return "future"
    versions = [s for s in standards if s.id == standard.id]
    held = resolve(versions, [standard.park], standard.industry, standard.track, day)
    return "in_force" if held is standard else "replaced"


def _files(folder: Traversable | Path) -> Iterator[tuple[str, bytes]]:
    if not folder.is_dir():
        return
    for path in sorted(folder.iterdir(), key=lambda p: p.name):
        hidden = path.name.startswith((".", "~$"))  # what Excel leaves beside an open workbook
        if path.name.lower().endswith((".toml", ".xlsx")) and not hidden:
            yield path.name, path.read_bytes()


@dataclass(frozen=True)
class _Written:
    """A file as it is written, before it is held against what it is based on."""

    file: str
    mapping: Mapping[str, Any]
    standard: Callable[[_Bases], Standard]

    @property
    def based_on(self) -> str | None:
        found = self.mapping.get("based_on")
        return found if isinstance(found, str) else None

    @property
    def id(self) -> str:
        return str(self.mapping.get("id", self.based_on))

    @cached_property
    def began(self) -> tuple[date, str]:
        found = self.mapping.get("valid_from")
        day = found if type(found) is date else date.min  # a moment is refused later
        return day, str(self.mapping.get("version"))


@lru_cache(maxsize=256)
def _written(name: str, content: bytes) -> _Written:
    if name.lower().endswith(".xlsx"):
        from ingest.standard_sheet import parsed_sheet  # with the library for workbooks

        sheet = parsed_sheet(content, name)
        return _Written(name, sheet.mapping, sheet.standard)
    try:
        mapping = parsed(content.decode("utf-8-sig"), name)
    except UnicodeDecodeError:
        raise DataError("bad_toml", file=name, reason="UTF-8") from None
    return _Written(name, mapping, lambda bases: standard_of(mapping, name, bases))


@lru_cache(maxsize=4)
def _read(shipped: _Files, own: _Files) -> Sequence[Standard]:
    defaults = [_written(*file).standard({}) for file in shipped]
    mine = _Own([_written(*file) for file in own], {s.id: s for s in defaults}).all()
    return [d for d in defaults if not any(_gives_way(d, s) for s in mine)] + mine


def _gives_way(default: Standard, own: Standard) -> bool:
    return own.id == default.id and (
        own.version == default.version or own.valid_from <= default.valid_from
    )


class _Own:
    """The office's own files, each made after what it is based on."""

    def __init__(self, written: Sequence[_Written], defaults: _Bases) -> None:
        self._written, self._defaults = written, defaults
        self._made: dict[str, Standard] = {}  # by file

    def all(self) -> list[Standard]:
        found: dict[tuple[str, str], Standard] = {}
        for one in self._written:
            made = self._standard(one, ())
            if (made.id, made.version) in found:
                raise UsageError(
                    "standard_twice", standard=made.id, version=made.version, file=one.file
                )
            found[made.id, made.version] = made
        return list(found.values())

    def _standard(self, one: _Written, above: Sequence[str]) -> Standard:
        if one.file in above:
            raise DataError("standard_circle", file=one.file, others="、".join(above))
        if one.file not in self._made:
            base = self._base(one, (*above, one.file))
            self._made[one.file] = one.standard({base.id: base} if base else {})
        return self._made[one.file]

    def _base(self, one: _Written, above: Sequence[str]) -> Standard | None:
        older = [
            other
            for other in self._written
            if other.id == one.based_on and (other.id != one.id or other.began < one.began)
        ]
        if older:
            return self._standard(max(older, key=lambda w: w.began), above)
        return self._defaults.get(one.based_on or "")
