"""Formulas of standards: numbers, fields, + − × ÷, min, max and parentheses; nothing else runs.

Values are fractions, so that 0.1 + 0.2 is 0.3 and a minimum that is met exactly is met.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction

from graph.errors import UsageError
from graph.review.units import NUMBER, Unit

__all__ = ["Formula", "parse"]

_TOKEN = re.compile(r"\s*(?:(\d+(?:\.\d+)?)|([a-z][a-z0-9_]*)|([-+*/×÷−(),]))")
_SAME = {"×": "*", "÷": "/", "−": "-"}
_DEEPEST = 50
_LONGEST = 500  # characters


@dataclass(frozen=True)
class Formula:
    """A parsed formula: `op` is number, field, + - * / min max, with its parts."""

    op: str
    parts: tuple[Formula, ...] = ()
    value: Fraction = Fraction(0)
    name: str = ""

    @property
    def fields(self) -> tuple[str, ...]:
        """Every field it needs, in order of appearance."""
        if self.op == "field":
            return (self.name,)
        return tuple(dict.fromkeys(name for part in self.parts for name in part.fields))

    def unit(self, units: Mapping[str, Unit]) -> Unit:
        """The unit of its value; `UsageError` where unlike things are added or compared."""
        if self.op == "number":
            return NUMBER
        if self.op == "field":
            return units[self.name]
        first, *rest = (part.unit(units) for part in self.parts)
        for other in rest:
            if self.op == "*":
                first = first * other
            elif self.op == "/":
                first = first / other
            elif other != first:
                raise UsageError("unlike_units", formula=str(self), op=self.op)
        return first

    def at(self, values: Mapping[str, Fraction]) -> Fraction | None:
        """The value; None where something divides by zero. Every field must be in `values`."""
        if self.op == "number":
            return self.value
        if self.op == "field":
            return values[self.name]
        found: list[Fraction] = []
        for part in self.parts:
            value = part.at(values)
            if value is None:
                return None
            found.append(value)
        if self.op == "/" and found[1] == 0:
            return None
        return _DO[self.op](found)

    def __str__(self) -> str:
        if self.op == "number":
            return f"{float(self.value):g}"
        if self.op == "field":
            return self.name
        if self.op in ("min", "max"):
            return f"{self.op}({', '.join(map(str, self.parts))})"
        return f"({f' {self.op} '.join(map(str, self.parts))})"


_DO: dict[str, Callable[[list[Fraction]], Fraction]] = {
    "+": lambda v: v[0] + v[1],
    "-": lambda v: v[0] - v[1],
    "*": lambda v: v[0] * v[1],
    "/": lambda v: v[0] / v[1],
    "min": min,
    "max": max,
}


def parse(text: str) -> Formula:
    """The formula written as `text`.

    Raises `UsageError` with the place (character, from 1) of what cannot be read.

    >>> str(parse("investment_wan ÷ land_mu"))
    '(investment_wan / land_mu)'
    """
    if len(text) > _LONGEST:
        raise UsageError("bad_formula", formula=text[:40], at=_LONGEST)
    return _Parser(text).whole()


class _Parser:
    def __init__(self, text: str) -> None:
        self._text, self._tokens, self._next = text, _tokens(text), 0

    def whole(self) -> Formula:
        found = self._sum(0)
        if self._next < len(self._tokens):
            raise self._wrong()
        return found

    def _sum(self, depth: int) -> Formula:
        found = self._product(depth)
        while (op := self._peek()) in ("+", "-"):
            self._next += 1
            found = Formula(op, (found, self._product(depth)))
        return found

    def _product(self, depth: int) -> Formula:
        found = self._factor(depth)
        while (op := self._peek()) in ("*", "/"):
            self._next += 1
            found = Formula(op, (found, self._factor(depth)))
        return found

    def _factor(self, depth: int) -> Formula:
        word = self._peek()
        if not word or depth > _DEEPEST:
            raise self._wrong()
        self._next += 1
        if word[0].isdigit():
            return Formula("number", value=Fraction(word))
        if word == "(":
            return self._closed(self._sum(depth + 1))
        if word in ("min", "max") and self._peek() == "(":
            self._next += 1
            parts = [self._sum(depth + 1)]
            while self._peek() == ",":
                self._next += 1
                parts.append(self._sum(depth + 1))
            return self._closed(Formula(word, tuple(parts)))
        if word[0].isalpha():
            return Formula("field", name=word)
        self._next -= 1
        raise self._wrong()

    def _closed(self, inner: Formula) -> Formula:
        if self._peek() != ")":
            raise self._wrong()
        self._next += 1
        return inner

    def _peek(self) -> str:
        return self._tokens[self._next][0] if self._next < len(self._tokens) else ""

    def _wrong(self) -> UsageError:
        at = self._tokens[self._next][1] if self._next < len(self._tokens) else len(self._text)
        return UsageError("bad_formula", formula=self._text, at=at + 1)


def _tokens(text: str) -> list[tuple[str, int]]:
    found, at = [], 0
    while text[at:].strip():
        match = _TOKEN.match(text, at)
        if match is None:
            raise UsageError("bad_formula", formula=text, at=at + 1)
        word = match[1] or match[2] or match[3]
        found.append((_SAME.get(word, word), match.end() - len(word)))
        at = match.end()
    return found
