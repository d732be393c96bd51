"""The parks before and after a meeting: the leading chain's share, and the land and floor left.

A project counts with the revenue of the application that was handed in, at the park it was
approved for or referred to, and as a tenant of the parks around.  The zone is all outermost parks,
each by its own leading chain, a tenant of two counted once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import fsum

from graph.analysis.facts import Facts
from graph.analysis.fit import Fitting
from graph.analysis.focus import Counted, focus
from graph.analysis.meeting_batch import project_of
from graph.analysis.park_profile import counted, leading_chains, leads_in
from graph.analysis.parks import Park, parks_of
from graph.review.batch import RESOURCES, Batch
from graph.review.effect import Left, ParkEffect, ParkState
from graph.review.meeting import Case, Meeting

__all__ = ["park_effects"]


@dataclass(frozen=True)
class _Landing:
    """What lands where: a choice with the applications it is of; `batch` None = nothing lands."""

    facts: Facts
    meeting: Meeting
    batch: Batch | None

    def lands(self, park: Park) -> Mapping[str, Case]:
        """The projects that land in a park or inside it, with what was applied for."""
        parks = self.facts.snapshot.nodes("Park").ids
        inside = {parks[at] for at in park.inside}
        chosen = self.batch.chosen if self.batch else ()
        return {at.project: self._case(at.project, at.park) for at in chosen if at.park in inside}

    def _case(self, project: str, park: str) -> Case:
        """Its application for that park, else the first it made."""
        made = [case for case in self.meeting.cases if project_of(case) == project]
        return next((case for case in made if case.park == park), made[0])

    def counted(self, park: Park) -> list[Counted]:
        """The tenants of today, and each landing project as one more."""
        known, found = self.facts.projects.index, counted(self.facts, park)
        for project, case in self.lands(park).items():
            offered = Fitting(self.facts, project).offered if project in known else ()
            leads = leads_in(self.facts, offered, park) if offered else None
            revenue = case.basis.given.numbers.get("revenue_wan") if case.basis else None
            found.append(Counted(project, revenue, leads, lands=True))
        return found

    def left(self, park: Park, what: str) -> Left:
        """What is free today less what is used; an amount that is unknown is named."""
        free = park.number(_FREE[what])
        if free is None:
            return Left(None, [park.id])
        if self.batch is None:
            return Left(free, ())
        [use] = [u for u in self.batch.uses if (u.park, u.what) == (park.id, what)]
        inside = self.lands(park)
        assumed = [r.project for r in self.batch.rows if r.project in inside and what in r.assumed]
        return Left(free - use.used, assumed)


_FREE = dict(zip(RESOURCES, ("land_free_mu", "floor_free_sqm"), strict=True))


def park_effects(
    facts: Facts, meeting: Meeting, panel: Batch | None, best: Batch
) -> tuple[ParkEffect, Sequence[ParkEffect]]:
    """The zone, and each park of the agenda or of a choice; `panel` None = nothing is decided."""
    today, after = _Landing(facts, meeting, None), _Landing(facts, meeting, best)
    decided = None if panel is None else _Landing(facts, meeting, panel)
    named = {case.park for case in meeting.cases}
    named |= {at.park for batch in (panel, best) if batch for at in batch.chosen}
    every = parks_of(facts)

    def effect(id: str, parks: Sequence[Park]) -> ParkEffect:
        leading = sorted(leading_chains(facts, parks[0])) if id else []
        panel = _state(decided, parks) if decided else None
        return ParkEffect(id, leading, _state(today, parks), panel, _state(after, parks))

    outermost = [park for park in every if park.parent is None]
    return effect("", outermost), [effect(park.id, [park]) for park in every if park.id in named]


def _state(landing: _Landing, parks: Sequence[Park]) -> ParkState:
    return ParkState(
        focus(_once(c for park in parks for c in landing.counted(park))),
        {what: _sum([landing.left(park, what) for park in parks]) for what in RESOURCES},
        sorted({project for park in parks for project in landing.lands(park)}),
    )


def _once(every: Iterable[Counted]) -> Iterable[Counted]:
    """Everybody once: of a leading chain where one of their parks says so."""
    found: dict[str, Counted] = {}
    for one in every:
        if one.id not in found or (one.leads and not found[one.id].leads):
            found[one.id] = one
    return found.values()


def _sum(every: Sequence[Left]) -> Left:
    known = [left.value for left in every if left.value is not None]
    return Left(fsum(known) if known else None, [id for left in every for id in left.unknown])
