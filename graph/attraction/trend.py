"""趋势: what parks brought to the review and what became of it, meeting by meeting.

A meeting comes as its reader may see it (`graph.review.sight`), with `shown` for the computed
points, so no figure here can tell more.  What is unknown widens a figure's range, and what is not
for the reader is None: neither is ever 0.  Sources: 项目申报数量与质量 of the notice of 2022-10-19;
产业契合度 = 契合项目数 / 新引进项目数.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median, quantiles

from graph.review.assessing import OUTCOMES
from graph.review.meeting import SEALED, Case, Meeting
from graph.review.panel import result

__all__ = ["CHANGING", "Figures", "Range", "Seen", "Trend", "TrendRow", "points_of", "trend"]

Range = tuple[float, float]  # the least and the most it can be; equal where it is known

# The figures whose change against the meeting before is told.
CHANGING = ("parks", "projects", "approved", "median", "spread", "fitting")


def points_of(case: Case) -> Range:
    """The bounds of a project's computed points, once its meeting is sealed."""
    found = result(case, sealed=True)
    return (0.0, 100.0) if found is None else (found.low, found.high)


@dataclass(frozen=True)
class Seen:
    """A meeting as its reader may see it, and what records and graph add.

    `chains` = the chains of a project by case, without those the graph does not know; `standing` =
    cases whose application is not withdrawn, None where applications are not for the reader;
    `points` = `points_of`, or what remembers its answers: it is asked of cases that are `shown`.
    """

    meeting: Meeting
    shown: Callable[[Case], bool]
    chains: Mapping[str, Sequence[str]] = field(default_factory=dict)
    standing: Collection[str] | None = None
    points: Callable[[Case], Range] = points_of


@dataclass(frozen=True)
class Figures:
    """One meeting in numbers.

    `announced` and `agenda` = parks, projects; `handed_in` = projects of the agenda that are not
    withdrawn; `outcomes` by outcome, None while one is open or not for the reader; shares are
    `approved` = 通过 / all and `fitting` = those that lower the shortage of a chain leader / all;
    `median` and `spread` (interquartile range) of the computed points; `sectors` = divisions of
    GB/T 4754;
    `unplaced` = projects the graph does not know, whose chains are unknown.
    """

    session: str
    year: int
    ordinal: int
    title: str
    on_day: str
    state: str
    announced: tuple[int, int] | None
    agenda: tuple[int, int]
    handed_in: int | None
    outcomes: Mapping[str, int] | None
    approved: Range | None
    median: Range | None
    spread: Range | None
    chains: Sequence[str]
    unplaced: int
    sectors: Sequence[str] | None
    fitting: Range | None
    applications: Mapping[str, int]  # by park

    def range_of(self, name: str) -> Range | None:
        """A figure of `CHANGING` as a range."""
        exact = {"parks": self.agenda[0], "projects": self.agenda[1]}
        if name in exact:
            return (float(exact[name]), float(exact[name]))
        found: Range | None = getattr(self, name)
        return found


@dataclass(frozen=True)
class TrendRow:
    """A meeting, and how its figures changed against the one before; None where unknown."""

    figures: Figures
    changes: Mapping[str, Range | None]


@dataclass(frozen=True)
class Trend:
    """The meetings whose judgements are open, the oldest first; `parks` = that handed in to any."""

    rows: Sequence[TrendRow]
    parks: Sequence[str]


def trend(found: Sequence[Seen]) -> Trend:
    """The figures of every sealed, decided or published meeting, in order of year and number."""
    sealed = [one for one in found if one.meeting.state in SEALED]
    ordered = sorted(sealed, key=lambda one: (one.meeting.year, one.meeting.ordinal))
    figures = [_figures(one) for one in ordered]
    rows = [
        TrendRow(now, {name: _change(figures[at - 1] if at else None, now, name)
                       for name in CHANGING})
        for at, now in enumerate(figures)
    ]  # fmt: skip
    return Trend(rows, sorted({park for one in figures for park in one.applications}))


def _figures(seen: Seen) -> Figures:
    meeting, cases = seen.meeting, seen.meeting.cases
    decided = [case.decision.outcome for case in cases if case.decision is not None]
    whole = len(decided) == len(cases)
    counted = Counter(decided)
    points = _points(seen)
    placed = [case for case in cases if case.id in seen.chains]
    return Figures(
        meeting.id,
        meeting.year,
        meeting.ordinal,
        meeting.title,
        meeting.on_day.isoformat(),
        meeting.state,
        meeting.announced,
        meeting.counts(),
        None if seen.standing is None else sum(case.id in seen.standing for case in cases),
        {outcome: counted[outcome] for outcome in OUTCOMES} if whole else None,
        _share(counted["approved"], 0, len(cases)) if whole else None,
        _median(points),
        _spread(points),
        sorted({chain for case in placed for chain in seen.chains[case.id]}),
        len(cases) - len(placed),
        _sectors(seen),
        _fitting(seen),
        dict(sorted(Counter(case.park for case in cases).items())),
    )


def _points(seen: Seen) -> Sequence[Range] | None:
    """The bounds of every project's points; None unless all are for the reader."""
    if not all(map(seen.shown, seen.meeting.cases)):
        return None
    return [seen.points(case) for case in seen.meeting.cases]


def _median(points: Sequence[Range] | None) -> Range | None:
    """The median lies between that of the lower and that of the upper ends."""
    if not points:
        return None
    return median(low for low, _ in points), median(high for _, high in points)


def _spread(points: Sequence[Range] | None) -> Range | None:
    """Q3 − Q1, inclusive; of ranges at least lower Q3 − upper Q1 and at most the reverse."""
    if points is None or len(points) < 2:
        return None
    low, high = (quantiles(ends, method="inclusive") for ends in zip(*points, strict=True))
    return max(0.0, low[2] - high[0]), high[2] - low[0]


def _sectors(seen: Seen) -> Sequence[str] | None:
    """Divisions (C38) of the industries that were applied under; None unless all are shown."""
    cases = seen.meeting.cases
    bases = [case.basis for case in cases if case.basis is not None and seen.shown(case)]
    if len(bases) < len(cases):
        return None
    return sorted({basis.given.industry[:3] for basis in bases if basis.given.industry})


def _fitting(seen: Seen) -> Range | None:
    """By each project's basis, which does not change when the graph does."""
    cases = seen.meeting.cases
    if not all(map(seen.shown, cases)):
        return None
    gains = [case.basis.given.chain.get("gain") if case.basis else None for case in cases]
    closing = sum(gain is not None and gain > 0 for gain in gains)
    return _share(closing, sum(gain is None for gain in gains), len(cases))


def _share(known: int, unknown: int, of: int) -> Range | None:
    return (known / of, (known + unknown) / of) if of else None


def _change(before: Figures | None, now: Figures, name: str) -> Range | None:
    """After − before: at least lower − upper, at most upper − lower."""
    old, new = before.range_of(name) if before else None, now.range_of(name)
    if old is None or new is None:
        return None
    return new[0] - old[1], new[1] - old[0]
