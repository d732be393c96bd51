"""How complete a chain is around its leaders: what they need, by stage and by what became of it.

`share = (in_house + covered) / (in_house + covered + gaps)`; what is unknown is left out of it and
widens the interval: `[(in_house + covered) / all, (in_house + covered + unknown) / all]`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from graph.analysis.answers import ChainMap, GapsAnswer, Interval
from graph.analysis.coverage import ratio
from graph.analysis.gaps import GAP_TYPES

__all__ = ["Completeness", "Counts", "completeness"]

STAGES = ("upstream", "midstream", "downstream", "unstaged", "elsewhere")


@dataclass(frozen=True)
class Counts:
    """Segments the leaders need, of one stage or all; `elsewhere` = of other chains only."""

    stage: str
    in_house: int
    covered: int  # crowded ones too
    gaps: int
    unknown: int

    @property
    def needed(self) -> int:
        """All of them."""
        return self.in_house + self.covered + self.gaps + self.unknown


@dataclass(frozen=True)
class Completeness:
    """One chain; `share` and `interval` are None where there is nothing to divide by."""

    stages: Sequence[Counts]
    whole: Counts
    share: float | None
    interval: Interval | None
    not_needed: int  # segments of the chain that no leader needs


def completeness(chain: ChainMap, answer: GapsAnswer) -> Completeness:
    """What `answer` finds, by the stages of `chain`.

    >>> from graph.analysis.answers import Asked
    >>> asked = Asked("L", None, "r", None, "open", "nested", "up", "balanced")
    >>> nothing = GapsAnswer(asked, 1, "1", {}, 0.0, None, [], [], ["s"], [], 0)
    >>> completeness(ChainMap(asked, 1, "1", "c", "c", []), nothing).whole
    Counts(stage='whole', in_house=1, covered=0, gaps=0, unknown=0)
    """
    stage = {cell.segment: cell.stage or "unstaged" for cell in chain.cells}
    fates = dict.fromkeys(answer.in_house, "in_house")
    fates |= {s.segment: _fate(s.type) for s in answer.segments}  # what one makes another may lack
    pairs = [(stage.get(segment, "elsewhere"), fate) for segment, fate in fates.items()]
    stages = [_counts(name, (f for s, f in pairs if s == name)) for name in STAGES]
    whole = _counts("whole", (fate for _, fate in pairs))
    done, known = whole.in_house + whole.covered, whole.needed - whole.unknown
    return Completeness(
        [s for s in stages if s.needed],
        whole,
        ratio(done, known) if known else None,
        (ratio(done, whole.needed), ratio(done + whole.unknown, whole.needed))
        if whole.needed
        else None,
        sum(segment not in fates for segment in stage),
    )


def _fate(type: str) -> str:
    return "gaps" if type in GAP_TYPES else "unknown" if type == "unknown" else "covered"


def _counts(stage: str, fates: Iterable[str]) -> Counts:
    found = list(fates)
    return Counts(stage, *(found.count(f) for f in ("in_house", "covered", "gaps", "unknown")))
