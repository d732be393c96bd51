"""Park fit beside an independent slow reading of the definitions, on random parks: to 1e-9."""

from __future__ import annotations

from typing import Any

import pytest

from graph.analysis import ask
from graph.analysis.answers import as_json
from tests.conftest import tier
from tests.graph.analysis import oracle_fit
from tests.graph.analysis.random_parks import random_parks
from tests.graph.analysis.test_reference import near
from tests.zones import snapshot_of


@pytest.mark.parametrize("seed", range(tier(200, 2_000)))
def test_every_cell(seed: int) -> None:
    rows = random_parks(seed)
    answer: Any = as_json(ask.fit(snapshot_of(rows)))
    expected = oracle_fit.fit(rows)
    assert len(answer["matrix"]) == len(expected)
    for mine, theirs in zip(answer["matrix"], expected, strict=True):
        assert mine.keys() == theirs.keys()
        for key in mine:
            assert near(mine[key], theirs[key]), (key, mine, theirs)
