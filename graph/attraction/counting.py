"""How many projects stand where on any day, counted from what moved: the past stays countable."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from datetime import date

from graph.attraction.pursuit import STAGES, Pursuit

__all__ = ["arrived", "counts"]


def counts(pursuits: Iterable[Pursuit], day: date) -> Mapping[tuple[str, str], int]:
    """Pursuits by (park, stage) at the end of a day; pairs without one are not there.

    ``counts = Σ_p [p.on(day) = (park, stage)]``, where ``on`` is the last move that day or before.
    """
    places = (pursuit.on(day) for pursuit in pursuits)
    return Counter(place for place in places if place is not None)


def arrived(
    pursuits: Iterable[Pursuit], parks: Collection[str], stage: str, since: date, until: date
) -> int:
    """How many came to a stage, at one of the parks, in the days from `since` to `until`.

    Each counts once: the first time it stood at the stage or a later one, however it got there and
    wherever it went since.  One that a decision began there had come so far elsewhere.
    """
    reached = STAGES[STAGES.index(stage) : -1]
    firsts = (next((m for m in p.moves if m.stage[1] in reached), None) for p in pursuits)
    return sum(
        move is not None
        and not move.ruling
        and move.park[1] in parks
        and since <= move.on_day <= until
        for move in firsts
    )
