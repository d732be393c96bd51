"""Properties of `definitions` that hold on every graph, on random small zones."""

from __future__ import annotations

from itertools import product
from math import fsum
from random import Random

import pytest

from graph.analysis import ask
from graph.analysis.answers import GapsAnswer, RankAnswer
from graph.errors import UsageError
from graph.question import Question
from tests.conftest import tier
from tests.graph.analysis.golden import zone
from tests.graph.analysis.random_zone import random_zone
from tests.zones import Rows, snapshot_of

COUNT = tier(300, 10_000)
QUESTIONS = [
    Question(leader="E0", world=w, proximity=p, direction=d)  # type: ignore[arg-type]
    for w, p, d in product(("open", "closed"), ("nested", "local"), ("up", "down", "both"))
]


def asked(seed: int) -> tuple[Rows, Question, GapsAnswer, RankAnswer]:
    rows, question = random_zone(seed), QUESTIONS[seed % len(QUESTIONS)]
    snapshot = snapshot_of(rows)
    return rows, question, ask.gaps(snapshot, question), ask.rank(snapshot, question)


@pytest.mark.parametrize("seed", range(COUNT))
def test_answers_are_consistent(seed: int) -> None:
    _, _, gaps, rank = asked(seed)
    known = [s for s in gaps.segments if s.severity is not None]
    assert gaps.total == fsum(s.severity for s in known if s.severity is not None)
    for s in gaps.segments:
        low, high = s.interval or (0.0, 0.0)
        assert 0 <= low <= high <= s.criticality * 1e3 + 1
        if s.severity is None:
            assert (s.type, low) == ("unknown", 0.0)
        else:
            assert low - 1e-12 <= s.severity <= high + 1e-12
        assert s.path[-1] == s.segment
        assert s.path[0] in gaps.in_house
    assert {v.segment for v in gaps.to_verify} == {
        s.segment for s in gaps.segments if s.type == "unknown"
    }
    for c in rank.candidates:
        assert c.score == fsum(p.part for p in c.parts)  # the explanation is the score
        assert 0 <= c.fill <= 1 + 1e-12
        assert c.gain == fsum(p.gain for p in c.parts)
        low, high = c.interval or (0.0, 0.0)
        assert low - 1e-12 <= c.score <= high + 1e-12
        if c.fill == 0:
            assert c.score == 0  # modifiers never lift a non-filler
    order = [(-c.score, c.id) for c in rank.candidates]
    assert order == sorted(order)


@pytest.mark.parametrize("seed", range(COUNT))
def test_rows_in_any_order_give_the_same_bits(seed: int) -> None:
    rows, question, gaps, rank = asked(seed)
    shuffled = {name: Random(seed).sample(list(r), len(r)) for name, r in rows.items()}
    snapshot = snapshot_of(shuffled)
    assert ask.gaps(snapshot, question) == gaps
    assert ask.rank(snapshot, question) == rank


@pytest.mark.parametrize("seed", range(COUNT))
def test_another_local_supplier_raises_no_severity(seed: int) -> None:
    rows, question, before, _ = asked(seed)
    if not before.segments:
        return
    random = Random(seed)
    target = random.choice(before.segments).segment
    more = {
        **rows,
        "enterprises": [*rows["enterprises"], {"id": "new", "name": "新", "region": "370211"}],
        "produces": [
            *rows["produces"],
            {"enterprise": "new", "segment": target, "capacity": random.choice(["", "5"])},
        ],
    }
    after = {s.segment: s for s in ask.gaps(snapshot_of(more), question).segments}
    for s in before.segments:
        now = after[s.segment].severity
        if s.severity is not None and now is not None:
            assert now <= s.severity + 1e-12


@pytest.mark.parametrize("seed", range(0, COUNT, 10))
def test_units_change_no_bit(seed: int) -> None:
    rows, question, gaps, rank = asked(seed)
    times = {"capacity": 10_000, "need": 10_000}
    scaled = {
        name: [
            {k: f"{float(v) * times[k]:g}" if k in times and v else v for k, v in row.items()}
            for row in table
        ]
        for name, table in rows.items()
    }
    snapshot = snapshot_of(scaled)
    assert ask.gaps(snapshot, question) == gaps
    assert ask.rank(snapshot, question) == rank


@pytest.mark.parametrize("seed", range(0, COUNT, 10))
def test_landing_a_candidate_removes_what_its_fill_says(seed: int) -> None:
    """Writing an outside maker into the region lowers T by its gain (closed world)."""
    rows = random_zone(seed)
    question = Question(leader="E0", world="closed")
    snapshot = snapshot_of(rows)
    before = ask.gaps(snapshot, question)
    for c in ask.rank(snapshot, question).candidates:
        own = {r["segment"] for r in rows["produces"] if r["enterprise"] == c.id}
        if c.kind != "enterprise" or own - {p.segment for p in c.parts} - set(before.in_house):
            continue
        if any(p["applicant"] == c.id for p in rows["projects"]):
            continue
        moved = [{**e, "region": "370211"} if e["id"] == c.id else e for e in rows["enterprises"]]
        after = ask.gaps(snapshot_of({**rows, "enterprises": moved}), question)
        assert before.total - after.total == pytest.approx(c.gain, abs=1e-9)


def test_every_type_flag_and_kind_occurs() -> None:
    types, flags, kinds = set(), set(), set()
    for seed in range(300):
        _, _, gaps, rank = asked(seed)
        types |= {s.type for s in gaps.segments}
        flags |= {f for s in gaps.segments for f in s.flags}
        kinds |= {c.kind for c in rank.candidates}
    assert types == {
        "unknown", "missing", "nearby", "weak", "single_sourced", "crowded", "covered",
    }  # fmt: skip
    assert flags == {"broken", "leakage", "extension", "stale"}
    assert kinds == {"project", "enterprise", "expansion"}


def test_empty_places_have_defined_answers() -> None:
    alone = {"enterprises": [{"id": "L", "name": "独", "region": "370211"}]}
    found = ask.gaps(snapshot_of(alone), Question(leader="L"))
    assert (found.segments, found.total, list(found.notes)) == ([], 0.0, ["no_products"])
    assert ask.rank(snapshot_of(alone), Question(leader="L")).candidates == []
    with pytest.raises(UsageError):
        ask.gaps(snapshot_of({"enterprises": [{"id": "L", "name": "独"}]}), Question(leader="L"))
    looped = zone(inputs=[{"input": "robot", "output": "robot", "weight": "1"}])
    assert ask.gaps(snapshot_of(looped), Question(leader="L", world="closed")).in_house == ["robot"]


def test_a_chain_joins_its_leaders() -> None:
    rows = zone(
        enterprises=[{"id": "M", "name": "二", "region": "370211", "leads": "robots"}],
        produces=[{"enterprise": "M", "segment": "reducer"}],
    )
    snapshot = snapshot_of(rows)
    chain = Question(chain="robots", world="closed")
    joined = ask.gaps(snapshot, chain)
    one, two = (ask.gaps(snapshot, Question(leader=x, world="closed")) for x in "LM")
    assert joined.total == fsum([one.total, two.total])
    assert {s.segment: s.dependents for s in joined.segments} == {
        "bearing": 2,
        "reducer": 1,
        "steel": 2,
    }
    # M makes the reducer: bearing is one hop nearer than for L.
    worst = {s.segment: s.severity for s in joined.segments}
    assert worst["bearing"] == pytest.approx(0.35, abs=1e-12)
    assert joined.total_interval is None


def test_a_chain_without_leaders_asks_for_what_the_region_makes() -> None:
    rows = zone(enterprises=[{"id": "A", "name": "甲", "region": "370211"}])
    rows = {**rows, "enterprises": [{**e, "leads": ""} for e in rows["enterprises"]]}
    found = ask.gaps(snapshot_of(rows), Question(chain="robots", region="370211", world="closed"))
    assert found.in_house == ["robot"]
    assert "pseudo_leader" in found.notes
    with pytest.raises(UsageError):
        ask.gaps(snapshot_of(rows), Question(chain="robots"))
