"""A meeting's batch: which projects go into which parks at best, and what another choice is worth.

Maximise `Σ worth_g·z_g + weight·Σ merit_ip·x_ip`, `x_ip ∈ {0, 1}`, `z_g = min(1, Σ share_ig·x_ip)`:
a project goes into at most one park open to it, and no more land or floor is used than is free in
the park and in every park around it.  Solved to the proven optimum by branch and bound (HiGHS:
Huangfu & Hall, Math. Prog. Comp. 10, 2018); of equal optima the one with the fewest projects, and
of those the first by project and park.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import fsum, inf, isfinite

import numpy as np
from numpy.typing import NDArray

from graph.errors import DataError, NotFound

__all__ = [
    "RESOURCES", "Batch", "BatchAssumptions", "Candidate", "Place", "Placement",
    "Portfolio", "Room", "Row", "Use", "best_batch", "panel_choice",
]  # fmt: skip

RESOURCES = ("land_mu", "floor_sqm")  # 亩, ㎡
_SAME = 1e-9  # gains closer than this are equal
_NEAR = 1e-6  # the solver's tolerance, in a park of what is free and at least of 1
_TOTAL = 1e4  # the whole objective as the solver sees it: its gap of 1e-6 is 1e-10 of everything

_Floats = NDArray[np.float64]
_Uses = Mapping[tuple[int, int], "Use"]  # by the numbers of resource and park


@dataclass(frozen=True)
class BatchAssumptions:
    """Numbers of this program, from no source; a search cut off at `nodes` proves no optimum."""

    weight: float = 0.5  # what a merit of 1 is worth, in closure
    nodes: int = 2_000  # branch-and-bound nodes: unlike seconds, the same on every machine


@dataclass(frozen=True)
class Place:
    """A project in a park open to it: `merit` = its total score there, normalised to [0, 1].

    What its route does not use is 0 (LAND: floor, PARK: land); None = unknown, taken as 0 and said.
    """

    merit: float
    land_mu: float | None
    floor_sqm: float | None


@dataclass(frozen=True)
class Candidate:
    """A project: the share in [0, 1] that it closes of each gap, and the parks open to it."""

    id: str
    closes: Mapping[str, float]
    places: Mapping[str, Place]
    elsewhere: Place = Place(0.0, None, None)  # what it takes in a park that is not open to it


@dataclass(frozen=True)
class Room:
    """What is free in a park and the parks inside it; None = unknown = no limit."""

    park: str
    parent: str | None
    land_mu: float | None
    floor_sqm: float | None


@dataclass(frozen=True)
class Portfolio:
    """What is chosen from: `worth` = what closing each gap entirely is worth."""

    candidates: Sequence[Candidate]
    rooms: Sequence[Room]
    worth: Mapping[str, float]
    assumptions: BatchAssumptions = BatchAssumptions()


@dataclass(frozen=True, order=True)
class Placement:
    """A project into a park."""

    project: str
    park: str


@dataclass(frozen=True)
class Use:
    """How much of a park's land (亩) or floor (㎡) a choice uses; `free` None = unknown."""

    park: str
    what: str  # one of RESOURCES
    used: float
    free: float | None
    over: float  # used beyond what is free
    by: Sequence[str]  # projects


@dataclass(frozen=True)
class Row:
    """One project under a choice; its gains are closure alone, without merit.

    The last three are of projects not chosen.  `redundant`: who of the chosen closes its gaps, and
    what it would gain without that one.  `locked_out`: by park, what is too little; else empty.
    """

    project: str
    park: str | None  # None = not chosen
    gain_alone: float
    gain_given: float  # beside the (other) chosen ones
    assumed: Sequence[str] = ()  # resources it takes an unknown amount of, taken as 0
    outside: bool = False  # placed in a park not open to it
    redundant: Mapping[str, float] = field(default_factory=dict)
    locked_out: Mapping[str, Sequence[Use]] = field(default_factory=dict)
    room_in: Sequence[str] = ()  # parks open to it that have room


@dataclass(frozen=True)
class Batch:
    """A choice and what it is worth; `bound` = none is worth more, None where none was sought."""

    chosen: Sequence[Placement]
    value: float
    bound: float | None
    proven: bool  # value and bound have met: it is the optimum
    closed: Mapping[str, float]  # share of every gap
    rows: Sequence[Row]
    uses: Sequence[Use]  # both resources of every park

    @property
    def overfilled(self) -> Sequence[Use]:
        """What is used beyond what is free."""
        return [use for use in self.uses if use.over > 0]


def best_batch(portfolio: Portfolio, limit: int | None = None) -> Batch:
    """The choice of at most `limit` projects that is worth most.

    Raises `NotFound` for a park without a room and `DataError` for a gap without worth, a number
    out of its range, an id given twice or parks that lie in a circle.

    >>> twins = [Candidate(i, {"轴承": 1.0}, {"园": Place(0.5, 30.0, 0.0)}) for i in "甲乙"]
    >>> best = best_batch(Portfolio(twins, [Room("园", None, 40.0, None)], {"轴承": 0.75}))
    >>> best.chosen, best.value, best.rows[1].redundant  # 0.75 + 0.5 · 0.5
    ([Placement(project='乙', park='园')], 1.0, {'乙': 0.75})
    """
    table = _Table(portfolio)
    return _batch(table, *_optimum(table, limit))


def panel_choice(portfolio: Portfolio, placements: Sequence[Placement]) -> Batch:
    """What a choice is worth by the same measure, also where it uses more than is free.

    Raises as `best_batch`, `NotFound` for an unknown project and `DataError` for one placed twice.
    """
    _once("Project", [placement.project for placement in placements])
    table = _Table(portfolio, placements)
    return _batch(table, np.array([float(at in placements) for at in table.columns]), None, False)


class _Table:
    """Arrays in the order of ids, so that no other order matters; a column is a placement."""

    def __init__(self, portfolio: Portfolio, extra: Sequence[Placement] = ()) -> None:
        _check(portfolio)
        self.given = portfolio.assumptions
        candidates = sorted(portfolio.candidates, key=lambda c: c.id)
        self.ids, self.gaps = [c.id for c in candidates], sorted(portfolio.worth)
        self.rooms = sorted(portfolio.rooms, key=lambda room: room.park)
        open_ = {Placement(c.id, park): at for c in candidates for park, at in c.places.items()}
        self.columns = sorted({*open_, *extra})
        other = {c.id: c.elsewhere for c in candidates}
        self.outside = [at not in open_ for at in self.columns]
        self.places = [open_.get(at, other.get(at.project)) for at in self.columns]
        if unknown := {at.project for at in extra}.difference(self.ids):
            raise NotFound("unknown_project", project=min(unknown))
        n, projects, parks = len(self.columns), len(self.ids), len(self.rooms)
        paths = [_path(portfolio.rooms, at.park) for at in self.columns]
        inside = [[room.park in path for path in paths] for room in self.rooms]
        needs = [[_amount(place, what) for place in self.places] for what in RESOURCES]
        free = [[_amount(room, what, inf) for room in self.rooms] for what in RESOURCES]
        owner = [[at.project == id for at in self.columns] for id in self.ids]
        closes = [[c.closes.get(gap, 0.0) for gap in self.gaps] for c in candidates]
        self.free = np.maximum(0.0, np.array(free, float))  # below 0: promised more than there is
        self.need = np.array(needs, float)[:, None] * np.reshape(inside, (parks, n))
        self.owner = np.reshape(np.array(owner, float), (projects, n))
        self.share = np.reshape(np.array(closes, float), (projects, len(self.gaps)))
        self.worth = np.array([portfolio.worth[gap] for gap in self.gaps], float)
        self.merit = np.array([_amount(place, "merit") for place in self.places], float)

    def closed(self, projects: _Floats) -> _Floats:
        return np.minimum(1.0, projects @ self.share)

    def value(self, x: _Floats) -> float:
        closure = self.closed(self.owner @ x) @ self.worth
        return float(closure + self.given.weight * (self.merit @ x))

    def gain(self, project: int, beside: _Floats) -> float:
        more = np.minimum(1.0, beside @ self.share + self.share[project]) - self.closed(beside)
        return float(more @ self.worth)

    def over(self, used: _Floats) -> NDArray[np.bool_]:
        over: NDArray[np.bool_] = used > self.free + _NEAR * np.maximum(1.0, self.free)
        return over


def _amount(of: Place | Room | None, what: str, unknown: float = 0.0) -> float:
    return unknown if (amount := getattr(of, what, None)) is None else float(amount)


def _check(portfolio: Portfolio) -> None:
    _once("Project", [c.id for c in portfolio.candidates])
    _once("Park", [room.park for room in portfolio.rooms])
    _within("Gap", "", {"weight": portfolio.assumptions.weight, **portfolio.worth}, inf)
    for room in portfolio.rooms:
        _path(portfolio.rooms, room.park)
        _within("Park", room.park, {what: abs(_amount(room, what)) for what in RESOURCES}, inf)
    for c in portfolio.candidates:
        _within("Project", c.id, c.closes, 1.0)
        if unknown := sorted(c.closes.keys() - portfolio.worth.keys()):
            raise DataError("value", label="Project", id=c.id, field="closes", value=unknown[0])
        for place in c.places.values():
            _within("Project", c.id, {"merit": place.merit}, 1.0)
            _within("Project", c.id, {what: _amount(place, what) for what in RESOURCES}, inf)


def _once(label: str, ids: Sequence[str]) -> None:
    if twice := [id for id in ids if ids.count(id) > 1]:
        raise DataError("identity", label=label, id=twice[0])


def _within(label: str, id: str, numbers: Mapping[str, float], most: float) -> None:
    for name, value in numbers.items():
        if not (isfinite(value) and 0 <= value <= most):
            raise DataError("value", label=label, id=id, field=name, value=value)


def _path(rooms: Sequence[Room], park: str) -> Sequence[str]:
    parents, path = {room.park: room.parent for room in rooms}, [park]
    while path[-1] in parents and (parent := parents[path[-1]]) is not None:
        if parent in path:
            raise DataError("cycle", park=park)
        path.append(parent)
    if path[-1] not in parents:
        raise NotFound("unknown_park", park=path[-1])
    return path


def _optimum(table: _Table, limit: int | None) -> tuple[_Floats, float, bool]:
    """The best choice, what no choice exceeds, and whether the two have met."""
    low, high = np.zeros(n := len(table.columns)), np.ones(n)
    if n == 0:
        return low, 0.0, True
    x, bound = _solve(table, n if limit is None else max(0, limit), low, high)
    value = table.value(x)
    proven = bound - value <= _NEAR

    def equal(count: float, unlike: _Floats | None = None) -> _Floats | None:
        found, _ = _solve(table, count, low, high, unlike)
        return found if table.value(found) >= value - _SAME * max(1.0, value) else None

    if proven:
        while x.any() and (fewer := equal(x.sum() - 1)) is not None:
            x = fewer
        if x.any() and equal(x.sum(), unlike=x) is not None:
            for i in range(n):
                low[i] = 1.0
                x = x if x[i] or (found := equal(x.sum())) is None else found
                low[i] = high[i] = x[i]
    return x, max(value, bound), proven


def _solve(
    table: _Table, count: float, low: _Floats, high: _Floats, unlike: _Floats | None = None
) -> tuple[_Floats, float]:
    """The best of at most `count` placements within `low` and `high`, other than `unlike`."""
    n, gaps = len(table.columns), np.zeros(len(table.gaps))
    gain = np.append(table.given.weight * table.merit, table.worth)
    scale = _TOTAL / (gain.sum() or 1.0)
    known = np.isfinite(table.free)
    free, unit = table.free[known], np.maximum(1.0, table.free[known])
    cut, most = (np.ones(n), n) if unlike is None else (unlike, unlike.sum() - 1)
    rows = [table.owner, table.need[known] / unit[:, None], cut, np.ones(n)]
    closing = np.hstack([-table.share.T @ table.owner, np.eye(len(gaps))])
    within = np.pad(np.vstack(rows), ((0, 0), (0, len(gaps))))
    limits = np.concatenate([np.ones(len(table.ids)), free / unit, [most, count]])
    from scipy.optimize import Bounds, LinearConstraint, milp

    found = milp(
        -scale * gain,
        integrality=np.append(np.ones(n), gaps),
        bounds=Bounds(np.append(low, gaps), np.append(high, gaps + 1)),
        constraints=[LinearConstraint(closing, ub=0.0), LinearConstraint(within, ub=limits)],
        options={"node_limit": table.given.nodes, "mip_rel_gap": 0.0},
    )
    bound = gain.sum() if found.mip_dual_bound is None else -found.mip_dual_bound / scale
    x = np.zeros(n) if found.x is None else np.round(found.x[:n])
    return x, float(min(bound, gain.sum()))


def _batch(table: _Table, x: _Floats, bound: float | None, proven: bool) -> Batch:
    uses, closed = _uses(table, x), table.closed(table.owner @ x)
    return Batch(
        [at for at, on in zip(table.columns, x, strict=True) if on],
        table.value(x),
        bound,
        proven,
        dict(zip(table.gaps, closed.tolist(), strict=True)),
        [_row(table, x, uses, i) for i in range(len(table.ids))],
        list(uses.values()),
    )


def _uses(table: _Table, x: _Floats) -> _Uses:
    used, uses = table.need @ x, {}
    over = np.where(table.over(used), used - table.free, 0.0)
    for k, room in enumerate(table.rooms):
        for r, what in enumerate(RESOURCES):
            by = [table.columns[c].project for c in np.flatnonzero(table.need[r, k] * x)]
            amounts = fsum(table.need[r, k] * x), getattr(room, what), float(over[r, k])
            uses[r, k] = Use(room.park, what, *amounts, by)
    return uses


def _row(table: _Table, x: _Floats, uses: _Uses, i: int) -> Row:
    eye, columns = np.eye(len(table.ids)), np.flatnonzero(table.owner[i])
    beside = (table.owner @ x) * (1.0 - eye[i])
    row = Row(table.ids[i], None, table.gain(i, 0.0 * beside), table.gain(i, beside))
    for c in columns[x[columns] > 0]:
        at = table.places[c]
        unknown = [what for what in RESOURCES if getattr(at, what, None) is None]
        return replace(row, park=table.columns[c].park, assumed=unknown, outside=table.outside[c])
    lost = (table.share[i] > 1.0 - table.closed(beside) + _SAME) & (table.worth > 0)
    closing = np.flatnonzero(beside * (table.share @ lost))
    locks = {}
    for c in columns:
        short = table.over(table.need @ x + table.need[:, :, c]) & (table.need[:, :, c] > 0)
        locks[table.columns[c].park] = [use for at, use in uses.items() if short[at]]
    return replace(
        row,
        redundant={table.ids[j]: table.gain(i, beside - eye[j]) for j in closing},
        locked_out=locks if all(locks.values()) else {},
        room_in=[park for park, full in locks.items() if not full],
    )
