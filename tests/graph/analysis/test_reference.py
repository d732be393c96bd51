"""The product beside an independent slow reading of the definitions: 1e-9, order equal."""

from __future__ import annotations

from dataclasses import replace

import pytest

from graph.analysis import ask
from graph.analysis.answers import as_json
from graph.question import Question
from tests.conftest import tier
from tests.graph.analysis import oracle
from tests.graph.analysis.random_zone import random_zone
from tests.graph.analysis.test_properties import QUESTIONS
from tests.zones import snapshot_of

CLOSE = 1e-9
SEGMENT = (
    "segment", "chains", "type", "criticality", "shortage", "severity", "interval", "path",
)  # fmt: skip
SUPPLIER = ("id", "x", "effective", "availability", "proximity")
CANDIDATE = (
    "kind", "id", "score", "fill", "gain", "fill_if_missing", "interval", "narrow_by",
)  # fmt: skip
PART = ("segment", "part", "gain", "before", "after", "path")


def near(mine: object, theirs: object) -> bool:
    """Equal, numbers to 1e-9."""
    if isinstance(mine, float) and isinstance(theirs, (int, float)):
        return abs(mine - theirs) <= CLOSE
    if isinstance(mine, (list, tuple)) and isinstance(theirs, (list, tuple)):
        pairs = zip(mine, theirs, strict=False)
        return len(mine) == len(theirs) and all(near(a, b) for a, b in pairs)
    if isinstance(mine, dict) and isinstance(theirs, dict):
        return mine.keys() == theirs.keys() and all(near(v, theirs[k]) for k, v in mine.items())
    return mine == theirs


def same(mine: object, theirs: object, keys: tuple[str, ...]) -> None:
    assert isinstance(mine, dict)
    assert isinstance(theirs, dict)
    for key in keys:
        assert near(mine[key], theirs[key]), (key, mine[key], theirs[key])


def asked(seed: int) -> tuple[Question, oracle.Ask]:
    """A leader's question, every fifth time the chain's."""
    q = QUESTIONS[seed % len(QUESTIONS)]
    if seed % 5 == 0:
        q = replace(q, leader=None, chain="c0")
    given = oracle.Ask(
        leader=q.leader, chain=q.chain, world=q.world, proximity=q.proximity, direction=q.direction
    )
    return q, given


@pytest.mark.parametrize("seed", range(tier(300, 3_000)))
def test_gaps(seed: int) -> None:
    rows, (question, given) = random_zone(seed), asked(seed)
    mine = as_json(ask.gaps(snapshot_of(rows), question))
    theirs = oracle.gaps(oracle_tables(rows), given)
    assert isinstance(mine, dict)
    same(mine, theirs, ("total", "total_interval", "gaps", "in_house", "to_verify", "unlocated"))
    for a, b in zip(mine["segments"], theirs["segments"], strict=True):
        same(a, b, SEGMENT if question.chain is None else (*SEGMENT, "dependents"))
        assert sorted(a["flags"]) == sorted(b["flags"])
        for x, y in zip(a["suppliers"], b["suppliers"], strict=True):
            same(x, y, SUPPLIER)
            assert sorted(x["assumed"]) == sorted(y["assumed"])


@pytest.mark.parametrize("seed", range(tier(300, 3_000)))
def test_rank(seed: int) -> None:
    rows, (question, given) = random_zone(seed), asked(seed)
    mine = as_json(ask.rank(snapshot_of(rows), question))
    theirs = oracle.rank(oracle_tables(rows), given)
    assert isinstance(mine, dict)
    same(mine, theirs, ("total", "locate_first"))
    for a, b in zip(mine["candidates"], theirs["candidates"], strict=True):
        same(a, b, CANDIDATE if question.chain else (*CANDIDATE, "modifiers"))
        for x, y in zip(a["parts"], b["parts"], strict=True):
            same(x, y, PART)


def oracle_tables(rows: object) -> oracle.Tables:
    """Its cells spell flags in English."""
    assert isinstance(rows, dict)
    words = {"是": "true", "否": "false"}
    return {
        name: [{k: words.get(v, v) for k, v in r.items()} for r in t] for name, t in rows.items()
    }
