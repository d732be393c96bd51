"""What an import found: every refused row with its place, as codes and facts the faces word."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

__all__ = ["CellProblem", "ImportReport", "Note", "Place", "RowError"]


class CellProblem(Exception):
    """A cell that cannot be taken: a code of the catalogue and its facts."""

    def __init__(self, code: str, **facts: object) -> None:
        super().__init__(code, facts)
        self.code = code
        self.facts = facts


@dataclass(frozen=True, slots=True)
class Place:
    """Where a row stands, as the user sees it: rows count from 1 with the header."""

    file: str
    sheet: str
    row: int


@dataclass(frozen=True)
class RowError:
    """One reason why one row was refused; `column` is the letter of its cell."""

    file: str
    sheet: str
    row: int | None
    column: str
    header: str
    value: str
    code: str
    facts: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Note:
    """Something done or passed over that the user should know."""

    code: str
    facts: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class ImportReport:
    """The answer of `import`; counts are nodes and relations, `rejected` counts rows."""

    batch: str
    status: str  # committed | unchanged | rejected
    created: int
    updated: int
    unchanged: int
    rejected: int
    errors: Sequence[RowError]
    seconds: float
    notes: Sequence[Note] = ()
    dry_run: bool = False
