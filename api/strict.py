"""JSON bodies read strictly: what plain parsers let through is refused with a 4xx.

Refused: NaN and Infinity, numbers beyond float64, lone surrogates, duplicate keys, deep nesting,
bodies over the limit and anything that is not UTF-8.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from math import isinf
from typing import Any, NoReturn

from fastapi import Request

from graph.errors import TooLarge, UsageError

__all__ = ["BODY_BYTES", "json_object", "parse"]

BODY_BYTES = 1 << 20


async def json_object(request: Request) -> dict[str, Any]:
    """The request's body as one JSON object.  Raises `UsageError`."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > BODY_BYTES:
            raise TooLarge("body_too_large", limit=BODY_BYTES)
    return parse(body)


def parse(body: bytes) -> dict[str, Any]:
    """One JSON object, strictly.

    >>> parse(b'{"a": 1}')
    {'a': 1}
    """
    try:
        value = json.loads(
            body.decode("utf-8"),
            object_pairs_hook=_unique,
            parse_constant=_refuse,
            parse_float=_finite,
        )
    except (ValueError, RecursionError) as error:
        raise UsageError("bad_json", what=type(error).__name__) from None
    if not isinstance(value, dict):
        raise UsageError("bad_json", what="object")
    _encodable(value)
    return value


def _unique(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise UsageError("bad_json", what="duplicate key")
    return found


def _refuse(word: str) -> NoReturn:
    raise UsageError("bad_json", what=word)


def _finite(digits: str) -> float:
    value = float(digits)
    if isinf(value):
        raise UsageError("bad_json", what=digits[:40])
    return value


def _encodable(value: object) -> None:
    r"""Lone surrogates arrive as \ud800 escapes and cannot be written back as UTF-8."""
    try:
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    except (UnicodeEncodeError, ValueError):
        raise UsageError("bad_json", what="lone surrogate") from None
