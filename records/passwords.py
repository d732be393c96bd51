"""Passwords: which are taken, how they are kept, and ones made for a first sign-in."""

from __future__ import annotations

import secrets
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib.resources import files
from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from graph.errors import TooMany, UsageError

__all__ = [
    "LONGEST",
    "PROFILES",
    "SHORTEST",
    "check",
    "hashed",
    "matches",
    "one_time",
    "outdated",
]

PROFILES = ("asvs", "dengbao")
SHORTEST, LONGEST = 8, 128  # characters
AT_ONCE = 2  # hashes of one process: each takes 19 MiB and a processor
PATIENCE = 5.0  # seconds a hash waits for its turn

# RFC 9106 and OWASP: argon2id with 19 MiB, two passes, one lane.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
_turns = BoundedSemaphore(AT_ONCE)
_KEYBOARD = (
    "qwertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    "1qaz2wsx3edc4rfv5tgb",
    "abcdefghijklmnopqrstuvwxyz",
)
_DIGITS = "01234567890123456789"
_READABLE = "abcdefghjkmnpqrstuvwxyz23456789"  # what is not mistaken for another when read out


def check(password: str, profile: str, *personal: str) -> None:
    """`UsageError` for a password that is not taken; `personal` are the login and the name.

    Both profiles refuse what is known to everybody or to who knows the person.  `asvs` asks for
    nothing else (OWASP ASVS 5.0, 6.2); `dengbao` for three of four kinds of characters
    (GB/T 22239-2019, 8.1.4.1).
    """
    given = _same(password)
    if len(given) < SHORTEST:
        raise UsageError("password_short", least=SHORTEST)
    if len(given) > LONGEST:
        raise UsageError("password_long", most=LONGEST)
    lower = given.casefold()
    if _is_common(lower):
        raise UsageError("password_common")
    for word in (_same(p).casefold() for p in personal):
        if lower == word or (len(word) >= 4 and word in lower):
            raise UsageError("password_personal")
    if profile == "dengbao" and _kinds(given) < 3:
        raise UsageError("password_kinds")


def hashed(password: str) -> str:
    """The argon2id hash that is kept; `TooMany` where too many others wait."""
    with _turn():
        return _HASHER.hash(_bytes(password))


def matches(kept: str, password: str) -> bool:
    """Whether it is the password; without one to compare with, False after the same work."""
    with _turn():
        try:
            right = _HASHER.verify(kept or _nobodys(), _bytes(password))
        except (VerificationError, InvalidHashError):
            return False
    return right and bool(kept)


def outdated(kept: str) -> bool:
    """Whether a hash was made with weaker parameters than those in force."""
    return _HASHER.check_needs_rehash(kept)


def one_time() -> str:
    """A password to hand over: 20 characters, 99 bits, easy to read out."""
    return "-".join("".join(secrets.choice(_READABLE) for _ in range(5)) for _ in range(4))


@contextmanager
def _turn() -> Iterator[None]:
    if not _turns.acquire(timeout=PATIENCE):
        raise TooMany("too_busy", seconds=int(PATIENCE))
    try:
        yield
    finally:
        _turns.release()


@cache
def _nobodys() -> str:
    """A hash that costs what others cost and that nobody has the password of."""
    return _HASHER.hash(secrets.token_bytes(32))


def _same(text: str) -> str:
    """The same characters have the same bytes, whichever keyboard composed them."""
    return unicodedata.normalize("NFC", text)


def _bytes(password: str) -> bytes:
    return _same(password).encode("utf-8", "surrogatepass")


def _kinds(password: str) -> int:
    tests = (str.islower, str.isupper, str.isdecimal)
    found = {next((i for i, test in enumerate(tests) if test(c)), 3) for c in password}
    return len(found)


def _is_common(lower: str) -> bool:
    """Among the best known, or one of them with digits or signs around it, or made by pattern."""
    bare = lower.strip("0123456789!@#$%^&*._-+=~?")
    return bool(
        lower in _common()
        or len(set(lower)) <= 2
        or any(lower == lower[:n] * (len(lower) // n) for n in (2, 3, 4) if len(lower) % n == 0)
        or any(lower in row or lower in row[::-1] for row in (*_KEYBOARD, _DIGITS))
        or (bare in _common() and len(lower) - len(bare) <= 6)
    )


@cache
def _common() -> frozenset[str]:
    text = files("records").joinpath("common_passwords.txt").read_text("utf-8")
    return frozenset(line.casefold() for line in text.splitlines()[1:])
