"""What a whole meeting changes: today, after the panel's choice, after the best batch.

T of a leader, a chain or all is that of the gaps page; what lands together is computed together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

__all__ = [
    "STATES",
    "Conclusion",
    "Effect",
    "Focus",
    "Gain",
    "Left",
    "ParkEffect",
    "ParkState",
    "ProjectGain",
    "SegmentGain",
    "Served",
    "Standing",
    "Turn",
]

STATES = ("today", "panel", "best")


@dataclass(frozen=True)
class Standing:
    """T in the three states; `panel` None = the meeting has decided nothing yet."""

    today: float
    panel: float | None
    best: float


@dataclass(frozen=True)
class Turn:
    """From one type to another: `n` gaps of a leader (of a chain: of its leaders), by segment."""

    before: str
    after: str
    n: int
    segments: Sequence[str]


@dataclass(frozen=True)
class Served:
    """A leader or a chain; `unknown` = offered segments that nobody has checked: not counted."""

    id: str
    severity: Standing
    panel: Sequence[Turn]
    best: Sequence[Turn]
    unknown: Sequence[str]


@dataclass(frozen=True)
class Focus:
    """主导产业集聚度: the share of the leading chain among the `known` of `tenants`.

    `interval` = what it can be whatever is unknown of those that land; None where no revenue is
    known.  `share` is None there, and while the interval is not a point.  `missing` are those
    without revenue or chain, tenants and projects.
    """

    share: float | None
    interval: tuple[float, float] | None
    known: int
    tenants: int
    missing: Sequence[str]


@dataclass(frozen=True)
class Left:
    """Land (亩) or floor (㎡) left, below 0 where too much is used; None = what is free is unknown.

    `unknown` names the parks and projects whose amount is not in it.
    """

    value: float | None
    unknown: Sequence[str]


@dataclass(frozen=True)
class ParkState:
    """A park in one state; `lands` = the projects that land in it or in a park inside it."""

    focus: Focus
    left: Mapping[str, Left]  # by resource
    lands: Sequence[str]


@dataclass(frozen=True)
class ParkEffect:
    """A park, or all outermost ones together (`park` "": each by its own leading chains)."""

    park: str
    leading: Sequence[str]
    today: ParkState
    panel: ParkState | None
    best: ParkState


@dataclass(frozen=True)
class SegmentGain:
    """What a project takes of a leader's T in one segment, as shares of today's T."""

    segment: str
    path: Sequence[str]
    alone: float
    beside: float


@dataclass(frozen=True)
class Gain:
    """What a project takes of a leader's T: landing alone, and beside the recommended others."""

    leader: str
    alone: float
    beside: float
    segments: Sequence[SegmentGain]  # the one with the most first


@dataclass(frozen=True)
class ProjectGain:
    """A project's gains, the largest first; None = the graph knows nothing that it offers."""

    project: str
    recommended: bool
    gains: Sequence[Gain] | None
    unknown: Sequence[str]  # offered segments that nobody has checked: not counted

    @property
    def most(self) -> Gain | None:
        """For the leader it serves most."""
        return self.gains[0] if self.gains else None


@dataclass(frozen=True)
class Conclusion:
    """Did the meeting (`state`) make the chain safer and the parks more focused?

    `chain`: safer, worse, same, unknown; `parks`: focused, looser, same, unknown, by the zone.
    """

    state: str  # panel, or best while nothing is decided
    chain: str
    leaders: tuple[int, int]  # whose T falls, rises
    turned: Sequence[tuple[str, str, int]]  # types before and after, of how many gaps
    closed: int  # gaps of a leader that are none afterwards
    opened: int  # the other way round
    parks: str
    moves: Mapping[str, int]  # parks by the same words


@dataclass(frozen=True)
class Effect:
    """Before and after a meeting, by the graph at `revision`."""

    revision: int
    decided: tuple[int, int]  # projects with a decision, of all
    recommended: str  # beside whom a gain is told: panel once all is decided, else best
    conclusion: Conclusion
    total: Standing  # over `leaders`
    leaders: Sequence[Served]
    chains: Sequence[Served]
    zone: ParkEffect
    parks: Sequence[ParkEffect]
    projects: Sequence[ProjectGain]
    unplaced: Sequence[str]  # leaders and chains that are left out: nothing says from where to ask
