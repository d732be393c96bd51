"""Counts on any day, held against walking through every day one by one."""

from __future__ import annotations

import random
from collections import Counter
from datetime import date, timedelta

from graph.attraction import steps
from graph.attraction.arbitration import Verdict, reopen, rule
from graph.attraction.counting import arrived, counts
from graph.attraction.courted import groups, suits
from graph.attraction.pursuit import STAGES, Pursuit
from tests.graph.attraction.made import BEGAN, TODAY, pursuit

PARKS = ("north", "south", "east")


def history(rng: random.Random, id: str) -> tuple[Pursuit, list[tuple[int, str, str]]]:
    """A pursuit and, told independently, what it was from which day on."""
    one = pursuit(id, rng.choice(PARKS), rng.choice(STAGES[:-1]))
    day, told = 0, [(0, one.park, one.stage)]
    for _ in range(rng.randrange(6)):
        day = min(day + rng.choice([0, 0, 1, 9, 40]), (TODAY - BEGAN).days)
        on = BEGAN + timedelta(days=day)
        if rng.random() < 0.3:
            park = rng.choice([p for p in PARKS if p != one.park])
            one = steps.transfer(one, park, one.version, on, "办", today=TODAY)
        else:
            stage = rng.choice([s for s in STAGES if s != one.stage])
            one = steps.move(one, stage, one.version, on, "李", today=TODAY, note="因")
        told.append((day, one.park, one.stage))
    return one, told


def test_every_day_counts_as_walking_through_the_days_does() -> None:
    rng = random.Random(7)
    for _ in range(40):
        made = [history(rng, str(n)) for n in range(rng.randrange(8))]
        state: dict[int, tuple[str, str]] = {}
        for day in range(-2, (TODAY - BEGAN).days + 3):
            for at, (_, told) in enumerate(made):
                for since, park, stage in told:
                    if since == day:
                        state[at] = park, stage
            found = counts([one for one, _ in made], BEGAN + timedelta(days=day))
            assert dict(found) == dict(Counter(state.values())), day


def test_counting_a_past_day_again_gives_the_same() -> None:
    one = pursuit("a", stage="lead")
    before = counts([one], TODAY - timedelta(days=1))
    moved = steps.move(one, "signed", 1, TODAY, "李", today=TODAY)
    assert counts([moved], TODAY - timedelta(days=1)) == before == {("north", "lead"): 1}
    assert counts([moved], TODAY) == {("north", "signed"): 1}


def test_signed_once_however_it_came_there() -> None:
    def signed(one: Pursuit, since: date = BEGAN) -> int:
        return arrived([one], PARKS, "signed", since, TODAY)

    def to(one: Pursuit, *stages: str) -> Pursuit:
        for stage in stages:
            one = steps.move(one, stage, one.version, TODAY, "李", today=TODAY, note="因")
        return one

    assert signed(to(pursuit(), "building")) == 1  # nobody noted the signing by itself
    built = to(pursuit(stage="building"), "signed")
    assert (signed(built), signed(built, TODAY)) == (1, 0)  # back is no signing
    held = {"a": pursuit("a", stage="signed"), "b": pursuit("b", "south")}
    (group,) = groups(suits(list(held.values()), []))
    verdict = Verdict("east", "因", {"north": 100.0}, "商定")
    held |= rule(held, group, verdict, "r", ["n1", "n2", "n3"], TODAY, "办")
    assert [signed(one, TODAY) for one in held.values()] == [0, 0, 0]
    held |= reopen(held, "r", TODAY, "办", "因")
    assert [signed(one, TODAY) for one in held.values()] == [0, 0, 0]
    assert [signed(one) for one in held.values()] == [1, 0, 0]


def test_who_signed_in_a_year_counts_once_and_a_transfer_is_no_arrival() -> None:
    rng = random.Random(11)
    for _ in range(60):
        made = [history(rng, str(n)) for n in range(rng.randrange(8))]
        first, last = sorted(rng.randrange((TODAY - BEGAN).days + 1) for _ in range(2))
        since, until = BEGAN + timedelta(days=first), BEGAN + timedelta(days=last)
        slow = 0
        for _, told in made:
            for day, park, stage in told:
                if stage in ("signed", "building", "operating"):
                    slow += park != "east" and first <= day <= last
                    break
        found = arrived([one for one, _ in made], ("north", "south"), "signed", since, until)
        assert found == slow
