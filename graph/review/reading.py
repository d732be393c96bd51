"""Standards as TOML text: what an office writes, checked before it is believed."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, fields
from datetime import date
from typing import Any, TypeVar, get_type_hints

from graph.errors import DataError
from graph.review.standard import Cutoffs, Indicator, Standard, Veto, valid

__all__ = ["read_standard"]

_T = TypeVar("_T")


def read_standard(text: str, name: str, bases: Mapping[str, Standard] | None = None) -> Standard:
    """The standard in `text`; `name` is what errors call it (its file).

    With `based_on`, one of `bases` by id, it holds what that one holds but for what it says itself:
    an indicator or veto of the same id replaces those keys it names, `drop` leaves some out.

    Raises `DataError` naming the table and key that is missing, unknown, of the wrong kind or
    makes no sense.
    """
    try:
        given = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise DataError("bad_toml", file=name, reason=str(error)) from error
    base: dict[str, Any] = {}
    if "based_on" in given:
        found = (bases or {}).get(given["based_on"])
        if found is None:
            raise DataError("bad_standard", standard=name, where="based_on", what=given["based_on"])
        base = {f.name: getattr(found, f.name) for f in fields(Standard)}
    dropped = given.pop("drop", [])
    parts: dict[str, Any] = {
        "indicators": _rows(Indicator, given.pop("indicator", []), base, "indicators", name),
        "vetoes": _rows(Veto, given.pop("veto", []), base, "vetoes", name),
        "cutoffs": _made(Cutoffs, given.pop("cutoffs", {}), name, base.get("cutoffs")),
    }
    for key in ("indicators", "vetoes"):
        parts[key] = tuple(row for row in parts[key] if row.id not in dropped)
    given.pop("based_on", None)
    return valid(_made(Standard, {**given, **parts}, name, Standard(**base) if base else None))


def _rows(
    kind: type[_T], rows: Sequence[Any], base: Mapping[str, Any], key: str, name: str
) -> list[_T]:
    """The rows of the base with those given put over them."""
    found = {row.id: row for row in base.get(key, ())}
    for row in rows:
        given = row if isinstance(row, dict) else {}
        made: Any = _made(kind, given, name, found.get(given.get("id", "")))
        found[made.id] = made
    return list(found.values())


def _made(kind: type[_T], row: Mapping[str, Any], name: str, base: _T | None = None) -> _T:
    """A record of a kind, over `base`; every key has to be one of its fields and of its type."""
    hints, known = get_type_hints(kind), {f.name: f for f in fields(kind)}  # type: ignore[arg-type]
    where = f"{kind.__name__.lower()} {row.get('id', '')}".strip()
    for key in row:
        if key not in known:
            raise DataError("bad_standard", standard=name, where=f"{where}.{key}", what=row[key])
    values = {}
    for key, field in known.items():
        if key in row:
            values[key] = _checked(row[key], str(hints[key]), name, f"{where}.{key}")
        elif base is not None:
            values[key] = getattr(base, key)
        elif field.default is MISSING and field.default_factory is MISSING:
            raise DataError("bad_standard", standard=name, where=f"{where}.{key}", what="")
    return kind(**values)


def _checked(value: Any, hint: str, name: str, where: str) -> Any:
    """The value, numbers as floats and lists as tuples, if it is what the field takes."""
    if "tuple[float" in hint:
        if not isinstance(value, list):
            raise DataError("bad_standard", standard=name, where=where, what=value)
        return tuple(_pair(step, name, where) for step in value)
    if "float" in hint and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    wanted = {
        "<class 'str'>": str,
        "<class 'float'>": float,
        "<class 'bool'>": bool,
        "<class 'datetime.date'>": date,
        "float | None": float,
        "datetime.date | None": date,
    }.get(hint)
    if wanted is not None and not isinstance(value, wanted):
        raise DataError("bad_standard", standard=name, where=where, what=value)
    strings = "Sequence[str]" in hint
    if strings and not (isinstance(value, list) and all(isinstance(v, str) for v in value)):
        raise DataError("bad_standard", standard=name, where=where, what=value)
    return value


def _pair(step: Any, name: str, where: str) -> tuple[float, float]:
    numbers = isinstance(step, Sequence) and all(type(v) in (int, float) for v in step)
    if not numbers or len(step) != 2:
        raise DataError("bad_standard", standard=name, where=where, what=step)
    return float(step[0]), float(step[1])
