"""Kinds of columns that mean the same on SQLite and PostgreSQL."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import DateTime, Dialect, String, Text, TypeDecorator
from sqlalchemy.sql.operators import OperatorType
from sqlalchemy.types import TypeEngine

from graph.errors import UsageError

__all__ = ["Instant", "Words"]


class Instant(TypeDecorator[datetime]):
    """A moment, always with a time zone: UTC is kept and UTC is given back."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, _: Dialect) -> datetime | None:
        """The moment in UTC; one without a time zone is a mistake of the program."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"no time zone: {value}")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, _: Dialect) -> datetime | None:
        """SQLite keeps no time zone, PostgreSQL gives that of its session."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Words(TypeDecorator[str]):
    """Text of at most `length` characters, without what only one of the databases would take.

    That is the NUL character and half of a surrogate pair.  The length counts for what is kept, not
    for what is looked for.
    """

    impl = String
    cache_ok = True

    def __init__(self, length: int | None = None) -> None:
        super().__init__(length)
        self.length = length
        if length is None:
            self.impl = Text()  # type: ignore[assignment]  # an instance, as `TypeDecorator` has it

    def coerce_compared_value(self, _: OperatorType | None, __: object) -> TypeEngine[str]:
        """What is looked for may be of any length; it is then not found."""
        return Words()

    def process_bind_param(self, value: str | None, _: Dialect) -> str | None:
        """The text as it is, or `UsageError`."""
        if value is None:
            return None
        long = self.length is not None and len(value) > self.length
        if long or "\0" in value or any("\ud800" <= c <= "\udfff" for c in value):
            raise UsageError("records_text", limit=self.length or "-")
        return value
