"""How many projects stand where on any day, counted from what moved: the past stays countable."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date

from graph.attraction.pursuit import Pursuit

__all__ = ["counts"]


def counts(pursuits: Iterable[Pursuit], day: date) -> Mapping[tuple[str, str], int]:
    """Pursuits by (park, stage) at the end of a day; pairs without one are not there.

    ``counts = Σ_p [p.on(day) = (park, stage)]``, where ``on`` is the last move that day or before.
    """
    places = (pursuit.on(day) for pursuit in pursuits)
    return Counter(place for place in places if place is not None)
