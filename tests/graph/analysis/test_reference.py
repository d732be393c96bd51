"""The product beside the slow reference on random zones: 1e-9 everywhere, order and types equal."""

from __future__ import annotations

import pytest

from graph.analysis import ask
from tests.conftest import tier
from tests.graph.analysis.random_zone import random_zone
from tests.graph.analysis.reference import Reference
from tests.graph.analysis.test_properties import QUESTIONS
from tests.zones import snapshot_of

CLOSE = 1e-9


@pytest.mark.parametrize("seed", range(tier(300, 3_000)))
def test_equal(seed: int) -> None:
    rows, question = random_zone(seed), QUESTIONS[seed % len(QUESTIONS)]
    slow = Reference(rows, question.world, question.proximity, question.direction)
    snapshot = snapshot_of(rows)
    gaps, rank = ask.gaps(snapshot, question), ask.rank(snapshot, question)
    assert [s.segment for s in gaps.segments] == slow.required
    assert gaps.total == pytest.approx(slow.total, abs=CLOSE)
    for s in gaps.segments:
        assert s.criticality == pytest.approx(slow.critical[0][s.segment], abs=CLOSE)
        assert (s.type, list(s.flags)) == (slow.type(s.segment), slow.flags(s.segment)), s.segment
        if s.severity is not None:
            assert s.severity == pytest.approx(slow.severity(s.segment), abs=CLOSE)
        assert s.interval == pytest.approx(slow.interval(s.segment), abs=CLOSE)
    assert {(c.kind, c.id) for c in rank.candidates} == set(slow.candidates())
    for c in rank.candidates:
        key = (c.kind, c.id)
        score, fill, mean = slow.score(key)
        assert (c.modifiers.relatedness or 0) == pytest.approx(mean, abs=CLOSE)
        assert (c.score, c.fill) == pytest.approx((score, fill), abs=2e-7)  # ties round to 1e-6
        low, high = slow.score(key, -1)[0], slow.score(key, 1)[0]
        offers = slow.candidates()[key][0]
        if any(s in slow.unknown for s in offers):
            high = max(high, slow.score(key, 1, missing=True)[0])
            wanted = slow.score(key, 0, missing=True)[1]
            assert c.fill_if_missing == pytest.approx(wanted, abs=CLOSE)
        else:
            assert c.fill_if_missing is None
        assert c.interval == pytest.approx((low, high), abs=2e-7)
