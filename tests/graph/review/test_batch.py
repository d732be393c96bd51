"""A batch by hand, against every possible choice, and what has to hold of any batch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import pairwise, product
from random import Random

import pytest

from graph.errors import DataError, NotFound
from graph.review.batch import (
    Batch,
    BatchAssumptions,
    Candidate,
    Place,
    Placement,
    Portfolio,
    Room,
    Row,
    Use,
    best_batch,
    panel_choice,
)

WIDE = Room("p", None, 1_000.0, 100_000.0)


def land(merit: float, mu: float | None) -> Place:
    return Place(merit, mu, 0.0)


def floor(merit: float, sqm: float | None) -> Place:
    return Place(merit, 0.0, sqm)


def row(batch: Batch, project: str) -> Row:
    return next(r for r in batch.rows if r.project == project)


def use(batch: Batch, park: str, what: str) -> Use:
    return next(u for u in batch.uses if (u.park, u.what) == (park, what))


def chosen(batch: Batch) -> list[tuple[str, str]]:
    return [(at.project, at.park) for at in batch.chosen]


def test_of_twins_one_is_redundant_because_of_the_other() -> None:
    """Both close 0.82 of a gap worth 1; without merit the second adds 1 − 0.82 = 0.18.

    One of {a, b} and c: 0.82 + 0.5 + 0.5·0.4 (c) = 1.52; a and b: 1 < 1.52.
    """
    candidates = [
        Candidate("a", {"g": 0.82}, {"p": land(0.0, 10.0)}),
        Candidate("b", {"g": 0.82}, {"p": land(0.0, 10.0)}),
        Candidate("c", {"h": 1.0}, {"p": land(0.4, 10.0)}),
    ]
    batch = best_batch(Portfolio(candidates, [WIDE], {"g": 1.0, "h": 0.5}), limit=2)
    assert chosen(batch) == [("a", "p"), ("c", "p")]
    assert batch.value == pytest.approx(1.52, abs=1e-12)
    assert batch.closed == {"g": 0.82, "h": 1.0}
    twin = row(batch, "b")
    assert twin.park is None
    assert twin.gain_alone == pytest.approx(0.82)
    assert twin.gain_given == pytest.approx(0.18)
    assert twin.redundant == {"a": pytest.approx(0.82)}  # c closes nothing of it
    assert (twin.locked_out, twin.room_in) == ({}, ["p"])
    first = row(batch, "a")
    assert (first.park, first.redundant, first.room_in) == ("p", {}, ())
    assert first.gain_given == pytest.approx(0.82)  # b is not there


def test_of_chosen_twins_each_gains_little_beside_the_other() -> None:
    """Room for both: 1 + 0.5·(0.2 + 0.2) = 1.2; beside its twin each closes only 0.18."""
    candidates = [Candidate(i, {"g": 0.82}, {"p": land(0.2, 10.0)}) for i in "ab"]
    batch = best_batch(Portfolio(candidates, [WIDE], {"g": 1.0}))
    assert batch.value == pytest.approx(1.2)
    assert [r.gain_alone for r in batch.rows] == pytest.approx([0.82, 0.82])
    assert [r.gain_given for r in batch.rows] == pytest.approx([0.18, 0.18])
    assert [r.redundant for r in batch.rows] == [{}, {}]


def test_several_that_close_a_gap_together_are_all_named() -> None:
    """x and y close g twice over, so that removing either alone gives z nothing; w is no part."""
    candidates = [
        *(Candidate(i, {"g": 1.0}, {"p": land(1.0, 10.0)}) for i in "xy"),
        Candidate("w", {"h": 1.0}, {"p": land(1.0, 10.0)}),
        Candidate("z", {"g": 0.5, "h": 0.0}, {"p": land(0.0, 10.0)}),
    ]
    batch = best_batch(Portfolio(candidates, [WIDE], {"g": 1.0, "h": 1.0}))
    assert chosen(batch) == [("w", "p"), ("x", "p"), ("y", "p")]  # z adds nothing: fewest
    assert row(batch, "z").redundant == {"x": 0.0, "y": 0.0}
    assert (row(batch, "z").gain_alone, row(batch, "z").gain_given) == (0.5, 0.0)


def test_land_locks_one_out() -> None:
    """30 + 25 > 50 亩: a brings 0.6 + 0.5·0.8 = 1.0, b 0.5 + 0.5·0.9 = 0.95, f needs no land."""
    candidates = [
        Candidate("a", {"g": 0.6}, {"p": land(0.8, 30.0)}),
        Candidate("b", {"h": 0.5}, {"p": land(0.9, 25.0)}),
        Candidate("f", {}, {"p": floor(0.2, 800.0)}),
    ]
    room = Room("p", None, 50.0, 1_000.0)
    batch = best_batch(Portfolio(candidates, [room], {"g": 1.0, "h": 1.0}))
    assert chosen(batch) == [("a", "p"), ("f", "p")]
    assert batch.value == pytest.approx(1.0 + 0.5 * 0.2)
    taken = Use("p", "land_mu", 30.0, 50.0, 0.0, ["a"])
    assert row(batch, "b").locked_out == {"p": [taken]}
    assert row(batch, "b").room_in == []
    assert row(batch, "b").redundant == {}
    assert use(batch, "p", "floor_sqm") == Use("p", "floor_sqm", 800.0, 1_000.0, 0.0, ["f"])
    assert batch.overfilled == []


def test_a_park_holds_what_the_parks_inside_it_use() -> None:
    """40 亩 in all, though 30 are free in either half: the second half stays empty.

    big alone is 0.5·1 = 0.5; a third placement of 15 亩 would pass the half and not the whole.
    """
    rooms = [
        Room("whole", None, 40.0, None),
        Room("half-1", "whole", 30.0, None),
        Room("half-2", "whole", 30.0, None),
    ]
    candidates = [
        Candidate("big", {}, {"half-1": land(1.0, 30.0)}),
        Candidate("late", {}, {"half-2": land(0.5, 15.0), "half-1": land(0.9, 15.0)}),
        Candidate("small", {}, {"whole": land(0.1, 10.0)}),
    ]
    batch = best_batch(Portfolio(candidates, rooms, {}))
    assert chosen(batch) == [("big", "half-1"), ("small", "whole")]
    assert batch.value == pytest.approx(0.5 * 1.1)
    whole = Use("whole", "land_mu", 40.0, 40.0, 0.0, ["big", "small"])
    half = Use("half-1", "land_mu", 30.0, 30.0, 0.0, ["big"])
    assert row(batch, "late").locked_out == {"half-1": [half, whole], "half-2": [whole]}


def test_too_small_from_the_start_is_by_nobody() -> None:
    batch = best_batch(
        Portfolio([Candidate("a", {}, {"p": land(1.0, 9.0)})], [Room("p", None, 8.0, 0.0)], {})
    )
    assert batch.chosen == []
    assert row(batch, "a").locked_out == {"p": [Use("p", "land_mu", 0.0, 8.0, 0.0, [])]}


def test_unknown_needs_and_limits_bind_nobody_and_are_said() -> None:
    candidates = [
        Candidate("a", {}, {"p": land(1.0, None)}),
        Candidate("b", {}, {"p": land(1.0, 8.0)}),
        Candidate("c", {}, {"p": floor(1.0, 1e6)}),
    ]
    batch = best_batch(Portfolio(candidates, [Room("p", None, 8.0, None)], {}))
    assert [r.assumed for r in batch.rows] == [["land_mu"], [], []]
    assert use(batch, "p", "land_mu") == Use("p", "land_mu", 8.0, 8.0, 0.0, ["b"])
    assert use(batch, "p", "floor_sqm") == Use("p", "floor_sqm", 1e6, None, 0.0, ["c"])
    assert batch.value == 1.5


def test_land_that_is_promised_twice_leaves_room_for_floor_only() -> None:
    candidates = [
        Candidate("a", {}, {"p": land(1.0, 1.0)}),
        Candidate("b", {}, {"p": floor(0.5, 1.0)}),
    ]
    batch = best_batch(Portfolio(candidates, [Room("p", None, -5.0, 1.0)], {}))
    assert chosen(batch) == [("b", "p")]
    assert row(batch, "a").locked_out == {"p": [Use("p", "land_mu", 0.0, -5.0, 0.0, [])]}


def test_tenths_that_just_fit_fit() -> None:
    """0.1 + 0.2 is more than 0.3 in binary, and not in land."""
    candidates = [Candidate(str(mu), {}, {"p": land(1.0, mu)}) for mu in (0.1, 0.2)]
    portfolio = Portfolio(candidates, [Room("p", None, 0.3, None)], {})
    batch = best_batch(portfolio)
    assert (len(batch.chosen), batch.overfilled) == (2, [])


def test_the_weight_decides_between_closure_and_merit() -> None:
    """One place: g closes 0.4, m has merit 1: 0.5·1 > 0.4 > 0.3·1."""
    candidates = [
        Candidate("g", {"gap": 0.4}, {"p": land(0.0, 1.0)}),
        Candidate("m", {}, {"p": land(1.0, 1.0)}),
    ]
    portfolio = Portfolio(candidates, [WIDE], {"gap": 1.0})
    assert chosen(best_batch(portfolio, 1)) == [("m", "p")]
    lighter = replace(portfolio, assumptions=BatchAssumptions(weight=0.3))
    assert chosen(best_batch(lighter, 1)) == [("g", "p")]


def test_the_panel_beside_the_optimum() -> None:
    """The panel takes both at 30 + 25 of 50 亩, 5 too many: 0.6 + 0.5 + 0.5·(0.8 + 0.9) = 1.95.

    With b in a park that is not open to it, its merit is unknown: 0.6 + 0.5 + 0.5·0.8 = 1.5.  The
    best that fits is one of a (0.6 + 0.4 = 1), b (0.95) and c (1, without merit): a before c.
    """
    candidates = [
        Candidate("a", {"g": 0.6}, {"p": land(0.8, 30.0)}),
        Candidate("b", {"h": 0.5}, {"p": land(0.9, 25.0)}),
        Candidate("c", {"g": 1.0}, {"p": land(0.0, 30.0)}),
    ]
    rooms = [Room("p", None, 50.0, 1_000.0), Room("q", None, 0.0, 0.0)]
    portfolio = Portfolio(candidates, rooms, {"g": 1.0, "h": 1.0})
    both = panel_choice(portfolio, [Placement("b", "p"), Placement("a", "p")])
    assert both.value == pytest.approx(1.95)
    assert (both.bound, both.proven) == (None, False)
    assert both.overfilled == [Use("p", "land_mu", 55.0, 50.0, 5.0, ["a", "b"])]
    assert both.closed == {"g": 0.6, "h": 0.5}
    assert row(both, "c").gain_given == pytest.approx(0.4)
    assert row(both, "c").redundant == {"a": pytest.approx(1.0)}
    outside = panel_choice(portfolio, [Placement("a", "p"), Placement("b", "q")])
    assert outside.value == pytest.approx(1.5)
    assert (row(outside, "b").outside, row(outside, "a").outside) == (True, False)
    assert row(outside, "b").assumed == ["land_mu", "floor_sqm"]
    assert outside.overfilled == []
    best = best_batch(portfolio)
    assert (best.value, best.bound) == (pytest.approx(1.0), pytest.approx(1.0))
    assert chosen(best) == [("a", "p")]


def test_a_search_that_is_cut_off_proves_nothing_and_its_bound_holds() -> None:
    """Two parks of 30 亩, projects of 14, 15, 16 and 17 亩, which are 62: three at 0.5·1 each."""
    places = {"p": 30.0, "q": 30.0}
    candidates = [
        Candidate(f"c{mu}", {}, {park: land(1.0, float(mu)) for park in places})
        for mu in (14, 15, 16, 17)
    ]
    rooms = [Room(park, None, mu, 0.0) for park, mu in places.items()]
    cut = best_batch(Portfolio(candidates, rooms, {}, BatchAssumptions(nodes=0)))
    assert (cut.proven, cut.overfilled) == (False, [])
    whole = best_batch(Portfolio(candidates, rooms, {}))
    assert (whole.value, whole.proven) == (1.5, True)
    assert cut.bound is not None
    assert cut.value <= 1.5 <= cut.bound


def test_nothing_to_choose() -> None:
    for portfolio in (
        Portfolio([], [], {}),
        Portfolio([], [WIDE], {"g": 1.0}),
        Portfolio([Candidate("a", {"g": 1.0}, {})], [], {"g": 1.0}),
        Portfolio([Candidate("a", {}, {"p": land(0.0, 1.0)})], [WIDE], {}),
    ):
        batch = best_batch(portfolio)
        assert (batch.chosen, batch.value, batch.bound, batch.proven) == ([], 0.0, 0.0, True)
        assert set(batch.closed.values()) <= {0.0}
        assert panel_choice(portfolio, []).rows == batch.rows
    some = Portfolio([Candidate("a", {}, {"p": land(1.0, 1.0)})], [WIDE], {})
    assert (best_batch(some, 0).chosen, len(best_batch(some, 1).chosen)) == ([], 1)


A = Candidate("a", {"g": 0.5}, {"p": land(0.5, 1.0)})
GOOD = Portfolio([A], [WIDE], {"g": 1.0})
NAN = float("nan")


@pytest.mark.parametrize(
    ("wrong", "error", "code"),
    [
        (replace(GOOD, rooms=[]), NotFound, "unknown_park"),
        (replace(GOOD, rooms=[replace(WIDE, parent="x")]), NotFound, "unknown_park"),
        (replace(GOOD, rooms=[replace(WIDE, parent="p")]), DataError, "cycle"),
        (replace(GOOD, rooms=[WIDE, WIDE]), DataError, "identity"),
        (replace(GOOD, rooms=[replace(WIDE, land_mu=NAN)]), DataError, "value"),
        (replace(GOOD, candidates=[A, A]), DataError, "identity"),
        (replace(GOOD, worth={}), DataError, "value"),
        (replace(GOOD, worth={"g": -1.0}), DataError, "value"),
        (replace(GOOD, assumptions=BatchAssumptions(weight=NAN)), DataError, "value"),
        (replace(GOOD, candidates=[replace(A, closes={"g": 1.01})]), DataError, "value"),
        (replace(GOOD, candidates=[replace(A, places={"p": land(-0.1, 1)})]), DataError, "value"),
        (replace(GOOD, candidates=[replace(A, places={"p": land(0.1, -1)})]), DataError, "value"),
    ],
)
def test_what_cannot_be_is_refused(wrong: Portfolio, error: type[Exception], code: str) -> None:
    for ask in (best_batch, lambda portfolio: panel_choice(portfolio, [])):
        with pytest.raises(error) as caught:
            ask(wrong)
        assert caught.value.code == code  # type: ignore[attr-defined]


def test_a_panel_places_what_there_is_and_once() -> None:
    for placements, code in (
        ([Placement("x", "p")], "unknown_project"),
        ([Placement("a", "x")], "unknown_park"),
        ([Placement("a", "p"), Placement("a", "p")], "identity"),
    ):
        with pytest.raises((DataError, NotFound)) as caught:
            panel_choice(GOOD, placements)
        assert caught.value.code == code


def random_portfolio(seed: int) -> Portfolio:
    """At most five projects, three parks and four gaps, in steps that make many choices equal."""
    random = Random(seed)
    parks = [f"p{k}" for k in range(random.randint(1, 3))]
    rooms = [
        Room(
            park,
            random.choice([None, *parks[:k]]),
            random.choice([None, 0.0, 10.0, 20.5, 30.0, 45.1]),
            random.choice([None, 0.0, 800.0, 1_500.0]),
        )
        for k, park in enumerate(parks)
    ]
    gaps = [f"g{k}" for k in range(random.randint(0, 4))]
    exact = random.random() < 0.6

    def part() -> float:
        return random.choice([0.0, 0.25, 0.5, 1.0]) if exact else random.random()

    def place() -> Place:
        if random.random() < 0.6:
            return land(part(), random.choice([None, 5.0, 10.0, 15.1, 20.5]))
        return floor(part(), random.choice([None, 400.0, 700.0, 800.0]))

    candidates = [
        Candidate(
            f"c{i}",
            {gap: part() for gap in gaps if random.random() < 0.6},
            {park: place() for park in parks if random.random() < 0.7},
        )
        for i in range(random.randint(1, 5))
    ]
    weight = random.choice([0.0, 0.5, 1.0])
    return Portfolio(candidates, rooms, {g: part() for g in gaps}, BatchAssumptions(weight))


def within(portfolio: Portfolio, placed: Mapping[str, str]) -> bool:
    """Written again from the rules: every park and all inside it, land and floor."""
    parents = {room.park: room.parent for room in portfolio.rooms}

    def inside(park: str | None, whole: str) -> bool:
        return park is not None and (park == whole or inside(parents[park], whole))

    places = [
        (c.places[placed[c.id]], placed[c.id]) for c in portfolio.candidates if c.id in placed
    ]
    for room in portfolio.rooms:
        here = [place for place, park in places if inside(park, room.park)]
        if room.land_mu is not None and sum(p.land_mu or 0 for p in here) > room.land_mu + 1e-9:
            return False
        sqm = sum(p.floor_sqm or 0 for p in here)
        if room.floor_sqm is not None and sqm > room.floor_sqm + 1e-9:
            return False
    return True


def worth(portfolio: Portfolio, placed: Mapping[str, str]) -> float:
    some = [c for c in portfolio.candidates if c.id in placed]
    closed = sum(
        value * min(1.0, sum(c.closes.get(gap, 0.0) for c in some))
        for gap, value in portfolio.worth.items()
    )
    return closed + portfolio.assumptions.weight * sum(c.places[placed[c.id]].merit for c in some)


def choices(portfolio: Portfolio, limit: int | None) -> Iterator[Mapping[str, str]]:
    """Every choice that keeps the rules."""
    ids = [c.id for c in portfolio.candidates]
    for parks in product(*([None, *c.places] for c in portfolio.candidates)):
        placed = {id: park for id, park in zip(ids, parks, strict=True) if park is not None}
        if (limit is None or len(placed) <= limit) and within(portfolio, placed):
            yield placed


@pytest.mark.parametrize("block", range(5))
def test_the_optimum_is_that_of_all_choices(block: int) -> None:
    """40 portfolios each: its value, and of all choices of that value the first of the fewest."""
    equals = 0
    for seed in range(40 * block, 40 * block + 40):
        portfolio = random_portfolio(seed)
        limit = Random(seed).choice([None, None, 1, 2])
        every = [(worth(portfolio, placed), placed) for placed in choices(portfolio, limit)]
        best = max(value for value, _ in every)
        equal = [placed for value, placed in every if value >= best - 1e-9]
        first = min(equal, key=lambda placed: (len(placed), sorted(placed.items())))
        batch = best_batch(portfolio, limit)
        assert batch.value == pytest.approx(best, abs=1e-6), seed
        assert batch.bound == pytest.approx(best, abs=1e-6), seed
        assert batch.proven
        assert chosen(batch) == sorted(first.items()), seed
        assert batch.overfilled == []
        again = panel_choice(portfolio, batch.chosen)
        assert (again.value, again.closed, again.rows) == (batch.value, batch.closed, batch.rows)
        equals += len(equal) > 1
    assert equals > 5  # so that the order among equals was asked for


@pytest.mark.parametrize("seed", range(12))
def test_rows_say_what_removing_and_adding_would_do(seed: int) -> None:
    portfolio = replace(random_portfolio(seed), assumptions=BatchAssumptions(weight=0.0))
    every = dict.fromkeys((room.park for room in portfolio.rooms), land(0.0, 0.0))
    # Closure alone, wherever: weight 0 and every park open to all.
    anywhere = [replace(c, places=every) for c in portfolio.candidates]
    free = replace(portfolio, candidates=anywhere)
    batch = best_batch(portfolio, 2)
    placed = {at.project: at.park for at in batch.chosen}
    for r in batch.rows:
        others = {id: park for id, park in placed.items() if id != r.project}
        mine = {r.project: portfolio.rooms[0].park}
        gained = worth(free, {**others, **mine}) - worth(free, others)
        assert r.gain_alone == pytest.approx(worth(free, mine), abs=1e-12)
        assert r.gain_given == pytest.approx(gained, abs=1e-12)
        if r.park is None:
            for other, gain in r.redundant.items():
                rest = {id: park for id, park in others.items() if id != other}
                without = worth(free, {**rest, **mine}) - worth(free, rest)
                assert gain == pytest.approx(without, abs=1e-12)
            assert bool(r.redundant) == (r.gain_given < r.gain_alone - 1e-9)
            places = next(c for c in portfolio.candidates if c.id == r.project).places
            open_ = [p for p in places if within(portfolio, {**placed, r.project: p})]
            assert r.room_in == sorted(open_)
            assert set(r.locked_out) == (set() if open_ else set(places))


@pytest.mark.parametrize("seed", range(12))
def test_no_order_matters(seed: int) -> None:
    portfolio, random = random_portfolio(seed), Random(seed)

    def mixed(given: Mapping[str, float]) -> dict[str, float]:
        return dict(random.sample(list(given.items()), len(given)))

    shuffled = Portfolio(
        [
            Candidate(c.id, mixed(c.closes), dict(reversed(c.places.items())))
            for c in random.sample(portfolio.candidates, len(portfolio.candidates))
        ],
        random.sample(portfolio.rooms, len(portfolio.rooms)),
        mixed(portfolio.worth),
        portfolio.assumptions,
    )
    batch = best_batch(portfolio)
    assert best_batch(shuffled) == batch
    assert panel_choice(shuffled, batch.chosen[::-1]) == panel_choice(portfolio, batch.chosen)


@pytest.mark.parametrize("seed", range(30))
def test_more_room_and_more_to_choose_from_never_lower_the_optimum(seed: int) -> None:
    portfolio, random = random_portfolio(seed), Random(seed)
    more = [
        replace(
            room,
            land_mu=None if room.land_mu is None else room.land_mu + random.choice([0.0, 5.0]),
            floor_sqm=random.choice([None, (room.floor_sqm or 0.0) + 400.0])
            if room.floor_sqm is not None
            else None,
        )
        for room in portfolio.rooms
    ]
    values = [
        best_batch(replace(portfolio, candidates=portfolio.candidates[1:])).value,
        best_batch(portfolio).value,
        best_batch(replace(portfolio, rooms=more)).value,
    ]
    assert values[0] <= values[1] + 1e-9
    assert values[1] <= values[2] + 1e-9
    limited = [best_batch(portfolio, limit).value for limit in range(4)]
    assert all(a <= b + 1e-9 for a, b in pairwise(limited))


def test_a_hundredth_too_much_does_not_fit() -> None:
    candidates = [Candidate(str(mu), {}, {"p": land(1.0, mu)}) for mu in (15.0, 15.01)]
    assert len(best_batch(Portfolio(candidates, [Room("p", None, 30.0, None)], {})).chosen) == 1


def test_a_park_overfilled_with_land_still_has_room_for_floor() -> None:
    candidates = [
        Candidate("a", {}, {"p": land(1.0, 9.0)}),
        Candidate("b", {}, {"p": floor(1.0, 9.0)}),
    ]
    portfolio = Portfolio(candidates, [Room("p", None, 8.0, 9.0)], {})
    assert row(panel_choice(portfolio, [Placement("a", "p")]), "b").room_in == ["p"]
