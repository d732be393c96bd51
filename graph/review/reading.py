"""Standards as an office writes them, as TOML or as tables, checked before they are believed."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, fields
from datetime import date
from math import isfinite
from typing import Any, TypeVar, get_type_hints

from graph.errors import DataError
from graph.review.standard import Cutoffs, Indicator, Standard, Veto, valid

__all__ = ["parsed", "read_standard", "standard_of"]

_T = TypeVar("_T")


def read_standard(text: str, name: str, bases: Mapping[str, Standard] | None = None) -> Standard:
    """The standard in TOML `text`; `name` is what errors call it (its file).

    Raises `DataError` as `parsed` and `standard_of` do.
    """
    return standard_of(parsed(text, name), name, bases)


def parsed(text: str, name: str) -> Mapping[str, Any]:
    """The tables and keys of TOML `text`; `DataError` `bad_toml` where it is none."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise DataError("bad_toml", file=name, reason=str(error)) from error


def standard_of(
    mapping: Mapping[str, Any], name: str, bases: Mapping[str, Standard] | None = None
) -> Standard:
    """The standard of what was written: keys of `Standard`, `indicator`, `veto` and `cutoffs`.

    With `based_on`, one of `bases` by id, it holds what that one holds but for what it says itself:
    an indicator or veto of the same id replaces those keys it names, `drop` leaves some out.

    Raises `DataError` naming the table and key that is missing, unknown, of the wrong kind or
    makes no sense.
    """
    given = dict(mapping)
    base: dict[str, Any] = {}
    if "based_on" in given:
        wanted = given.pop("based_on")
        found = (bases or {}).get(wanted) if isinstance(wanted, str) else None
        if found is None:
            raise DataError("bad_standard", standard=name, where="based_on", what=wanted)
        base = {f.name: getattr(found, f.name) for f in fields(Standard)}
    dropped = _listed(given, "drop", name)
    parts: dict[str, Any] = {
        "indicators": _rows(Indicator, _listed(given, "indicator", name), base, "indicators", name),
        "vetoes": _rows(Veto, _listed(given, "veto", name), base, "vetoes", name),
        "cutoffs": _made(Cutoffs, given.pop("cutoffs", {}), name, base.get("cutoffs")),
    }
    for key in ("indicators", "vetoes"):
        parts[key] = tuple(row for row in parts[key] if row.id not in dropped)
    return valid(_made(Standard, {**given, **parts}, name, Standard(**base) if base else None))


def _listed(given: dict[str, Any], key: str, name: str) -> Sequence[Any]:
    """Take a list out of what was written."""
    found = given.pop(key, [])
    if not isinstance(found, list):
        raise DataError("bad_standard", standard=name, where=key, what=found)
    return found


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
    if not isinstance(row, Mapping):
        raise DataError("bad_standard", standard=name, where=kind.__name__.lower(), what=row)
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
    if value is None and hint.endswith("| None"):
        return None  # TOML cannot say so, a table can: what the base says is taken back
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
    if wanted is not None and type(value) is not wanted:  # a moment is no day, true no number
        raise DataError("bad_standard", standard=name, where=where, what=value)
    if isinstance(value, float) and not isfinite(value):
        raise DataError("bad_standard", standard=name, where=where, what=value)
    strings = "tuple[str" in hint
    if strings and not (isinstance(value, list) and all(isinstance(v, str) for v in value)):
        raise DataError("bad_standard", standard=name, where=where, what=value)
    return tuple(value) if strings else value


def _pair(step: Any, name: str, where: str) -> tuple[float, float]:
    numbers = isinstance(step, Sequence) and all(
        type(v) in (int, float) and isfinite(v) for v in step
    )
    if not numbers or len(step) != 2:
        raise DataError("bad_standard", standard=name, where=where, what=step)
    return float(step[0]), float(step[1])
