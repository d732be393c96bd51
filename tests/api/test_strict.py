"""What plain JSON parsers let through is refused."""

from __future__ import annotations

import pytest

from api.strict import parse
from graph.errors import UsageError

HOSTILE = [
    b'{"a": NaN}',
    b'{"a": Infinity}',
    b'{"a": -Infinity}',
    b'{"a": 1e999}',
    b'{"a": "\\ud800"}',
    b'{"\\udfff": 1}',
    b'{"a": 1, "a": 2}',
    b'{"b": {"a": 1, "a": 2}}',
    b"[1]",
    b'"a"',
    b"null",
    b"",
    b"{",
    b'{"a": "\xff"}',
    b"[" * 100_000,
    b'{"a":' * 20_000,
    b'{"a": ' + b"9" * 5000 + b"}",
]


@pytest.mark.parametrize("body", HOSTILE, ids=lambda b: repr(b[:20]))
def test_refused(body: bytes) -> None:
    with pytest.raises(UsageError):
        parse(body)


def test_taken() -> None:
    assert parse('{"名": "海尔", "n": 1e3}'.encode()) == {"名": "海尔", "n": 1000.0}
