"""Every error the product raises on purpose.

    LianzhuError
    ├── DataError          the data as given cannot be taken (command line exit 3)
    │   └── FileRefused    a whole file: wrong kind, damaged, too large, a bomb
    ├── UsageError         the question as asked makes no sense here (exit 2, HTTP 4xx)
    │   ├── NotFound       nothing has this id or name
    │   ├── Ambiguous      several have this name
    │   ├── TooLarge       more bytes than a request may have (HTTP 413)
    │   └── TooSlow        a request that does not arrive (HTTP 408)
    ├── NotAllowed         whoever asks may not (HTTP 403)
    │   └── NotSignedIn    nobody has signed in (HTTP 401)
    ├── Changed            somebody else changed it meanwhile (HTTP 412)
    ├── TooMany            asked too often (HTTP 429)
    ├── NotInstalled       this machine lacks what it needs for that (exit 1, HTTP 501)
    └── StoreError         the store cannot answer (exit 1, HTTP 503)
        ├── StoreBusy      another writer holds the store, or an import is unfinished
        ├── StoreDown      nobody answers at the store's address
        └── DeadlineExceeded   the query ran out of its time

Errors carry codes and facts, never prose: the faces word them from the catalogue.
"""

from __future__ import annotations

__all__ = [
    "Ambiguous",
    "Changed",
    "DataError",
    "DeadlineExceeded",
    "FileRefused",
    "LianzhuError",
    "NotAllowed",
    "NotFound",
    "NotInstalled",
    "NotSignedIn",
    "StoreBusy",
    "StoreDown",
    "StoreError",
    "TooLarge",
    "TooMany",
    "TooSlow",
    "UsageError",
]


class LianzhuError(Exception):
    """An error with a `code` of the catalogue (`error.CODE`) and the facts its sentence needs."""

    def __init__(self, code: str, **facts: object) -> None:
        super().__init__(code, facts)
        self.code = code
        self.facts = facts

    def __str__(self) -> str:
        shown = ", ".join(f"{k}={v}" for k, v in self.facts.items())
        return f"{self.code} ({shown})" if shown else self.code


class DataError(LianzhuError):
    """The data as given cannot be taken."""


class FileRefused(DataError):
    """A whole file cannot be read: wrong kind, damaged, empty, too large or a bomb."""


class UsageError(LianzhuError):
    """The question as asked makes no sense here."""


class NotFound(UsageError):
    """Nothing has this id or name."""


class Ambiguous(UsageError):
    """Several things have this name."""


class TooLarge(UsageError):
    """A request has more bytes than it may."""


class TooSlow(UsageError):
    """A request did not arrive in time."""


class NotAllowed(LianzhuError):
    """Whoever asks may not do this."""


class NotSignedIn(NotAllowed):
    """Nobody has signed in, or the session is over."""


class Changed(LianzhuError):
    """Somebody else changed the thing since it was shown."""


class TooMany(LianzhuError):
    """Asked too often; `seconds` says when again."""


class NotInstalled(LianzhuError):
    """This machine lacks a library or a font that it takes."""


class StoreError(LianzhuError):
    """The store cannot answer."""


class StoreBusy(StoreError):
    """Another writer holds the store."""


class StoreDown(StoreError):
    """Nobody answers at the store's address."""


class DeadlineExceeded(StoreError):
    """A query ran out of its time."""
