"""Codes of GB/T 4754, and whether one lies under another.

A code is a section letter, two digits of a division and up to two more: C, 34, C34, 3442, C3442.
"""

from __future__ import annotations

__all__ = ["under"]

# First division of each section, GB/T 4754-2017.
_SECTIONS = (
    ("A", 1), ("B", 6), ("C", 13), ("D", 44), ("E", 47), ("F", 51), ("G", 53), ("H", 61),
    ("I", 63), ("J", 66), ("K", 70), ("L", 71), ("M", 73), ("N", 76), ("O", 80), ("P", 83),
    ("Q", 84), ("R", 86), ("S", 91), ("T", 97),
)  # fmt: skip


def under(code: str, allowed: str) -> bool:
    """Whether `code` lies under `allowed`, by prefix; a letter that one lacks is not compared.

    A bare letter says only which divisions it has, so a code without letter is placed by its own.

    >>> under("C3442", "34"), under("3442", "C"), under("3442", "I"), under("C34", "C3442")
    (True, True, False, False)
    """
    letter, digits = _parts(code)
    wanted, prefix = _parts(allowed)
    if not prefix:
        return (letter or _section(digits)) == wanted
    return digits.startswith(prefix) and (not letter or not wanted or letter == wanted)


def _parts(code: str) -> tuple[str, str]:
    plain = code.strip().upper()
    return (plain[:1], plain[1:]) if plain[:1].isalpha() else ("", plain)


def _section(digits: str) -> str:
    if not digits[:2].isdecimal():
        return ""
    return next((s for s, first in reversed(_SECTIONS) if int(digits[:2]) >= first), "")
