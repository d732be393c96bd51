"""A project that a park courts (在谈项目) as one value, with everything that became of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

__all__ = ["COURTED", "STAGES", "Facts", "Introduction", "Move", "Pursuit", "Ruling", "furthest"]

# 线索 → 在谈 → 待评审 → 已签约 → 在建 → 投产, or 流失 from anywhere.
STAGES = ("lead", "in_talks", "under_review", "signed", "building", "operating", "lost")
COURTED = STAGES[:4]  # while parks may still compete for it
_ENDED = ("operating", "lost")


@dataclass(frozen=True)
class Facts:
    """What a park says of it and does next; "" and None = not said."""

    name: str
    applicant: str
    uscc: str = ""
    investment_wan: float | None = None  # 万元
    introduced_by: str = ""
    introduced_on: date | None = None  # 首谈
    owner: str = ""  # who follows it
    next_step: str = ""
    next_day: date | None = None


@dataclass(frozen=True)
class Introduction:
    """A claim of who introduced it when, and when that was said: later claims leave it standing."""

    introduced_by: str
    introduced_on: date | None
    said_on: date
    said_by: str


@dataclass(frozen=True)
class Move:
    """One change of stage or park: (before, after), before = "" where it began."""

    on_day: date
    by: str
    stage: tuple[str, str]
    park: tuple[str, str]
    note: str = ""
    ruling: str = ""  # id of the decision that made it
    left: str = ""  # the application that stayed with the park it went away from


@dataclass(frozen=True)
class Ruling:
    """The office's decision on an applicant whom several parks court; each of them keeps it.

    `shares` = credit in percent by park; `why_shares` = why they are not by the rule, "" = they
    are.  `undone` = day, who and why, once it was reopened.
    """

    id: str
    on_day: date
    by: str
    park: str  # where it lands
    reason: str
    members: tuple[str, ...]  # ids of the pursuits and applications it is about
    shares: tuple[tuple[str, float], ...]
    why_shares: str = ""
    undone: tuple[date, str, str] | None = None


@dataclass(frozen=True)
class Pursuit:
    """A project as one park courts it; `version` counts every change.

    `enterprise` and `project` are nodes of the graph, `filing` an application, that somebody
    confirmed to be the same; "" = nobody has.
    """

    id: str
    park: str
    facts: Facts
    moves: tuple[Move, ...]  # the first is its beginning
    introductions: tuple[Introduction, ...] = ()
    enterprise: str = ""
    project: str = ""
    filing: str = ""
    rulings: tuple[Ruling, ...] = ()
    version: int = 1

    @property
    def stage(self) -> str:
        """Where it stands."""
        return self.moves[-1].stage[1]

    @property
    def ruled(self) -> Ruling | None:
        """The decision in force about it."""
        return next((r for r in reversed(self.rulings) if r.undone is None), None)

    @property
    def closed_by(self) -> Ruling | None:
        """The decision in force that gave it to another park, and by which it is lost."""
        ruled, last = self.ruled, self.moves[-1]
        closed = ruled and ruled.park != self.park and last.ruling == ruled.id
        return ruled if closed and self.stage == "lost" else None

    @property
    def filings(self) -> Sequence[str]:
        """Applications that are this project: the linked one, and those left at a transfer."""
        return [one for one in (self.filing, *(move.left for move in self.moves)) if one]

    def on(self, day: date) -> tuple[str, str] | None:
        """Park and stage at the end of a day; None before it began."""
        past = [move for move in self.moves if move.on_day <= day]
        return (past[-1].park[1], past[-1].stage[1]) if past else None

    def overdue(self, day: date) -> bool:
        """Whether its next step should have been taken before `day`."""
        waits = self.facts.next_day is not None and self.facts.next_day < day
        return waits and self.stage not in _ENDED

    def due(self, day: date) -> bool:
        """Whether its next step is for `day`."""
        return self.facts.next_day == day and self.stage not in _ENDED


def furthest(pursuits: Sequence[Pursuit]) -> Pursuit:
    """The one that has come furthest, a lost one least; of equals the first by id."""
    order = {stage: at for at, stage in enumerate(("lost", *STAGES[:-1]))}
    return min(pursuits, key=lambda p: (-order[p.stage], p.id))
