"""The planted bugs fit the source as it is; `make planted` plants them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.planted.bugs import BUGS, Bug

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_it_can_be_planted(bug: Bug) -> None:
    assert (ROOT / bug.file).read_text("utf-8").count(bug.old) == 1
    assert all((ROOT / path).is_file() for path in bug.tests.split())


def test_they_are_as_many_as_promised() -> None:
    assert len(BUGS) >= 10
