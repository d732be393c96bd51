"""Records on both databases."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from records.database import Records
from records.roles import Actor
from tests.postgres import Login

OFFICER = Actor("a1", "王", "officer")


@pytest.fixture
def records(records_url: str, tmp_path: Path) -> Iterator[Records]:
    """New records of an officer, with a second place for the heads, once on each database."""
    made = Records(records_url, actor=OFFICER, heads=tmp_path / "heads")
    yield made
    made.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[], str]]:
    """Makes addresses of databases without tables."""
    if request.param == "sqlite":
        numbers = iter(range(1000))
        yield lambda: f"sqlite:///{tmp_path}/{next(numbers)}.db"
        return
    server: Login = request.getfixturevalue("postgres_server")
    with ExitStack() as stack:
        yield lambda: stack.enter_context(server.database(empty=True))
