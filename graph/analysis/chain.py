"""A chain as the question: every leader of it analysed, and their answers joined.

Severity of a segment is the largest over the leaders; `fill = Σ gain / Σ T` and
`score = Σ over leaders of (gain/ΣT)·M of that leader`.  Intervals are not defined for several
leaders at once and stay null.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import fsum

from graph.analysis.answers import (
    CandidateAnswer,
    GapsAnswer,
    PartAnswer,
    RankAnswer,
    SegmentAnswer,
    ToVerify,
)
from graph.analysis.candidates import locate_first
from graph.analysis.fill import Fill, Scored
from graph.analysis.gaps import GAP_TYPES, Gaps, answer
from graph.analysis.rank import assumed_names, parts, plain_answer, ranking

__all__ = ["join_candidate", "join_gaps", "join_rank"]


def join_gaps(every: Sequence[Gaps]) -> GapsAnswer:
    """One answer for all leaders of a chain."""
    answers = [answer(g) for g in every]
    segments = [_worst(rows) for _, rows in sorted(_by_segment(answers).items())]
    gaps = sorted(
        (s for s in segments if s.type in GAP_TYPES), key=lambda s: (-(s.severity or 0), s.segment)
    )
    unknown = sorted(
        (s for s in segments if s.type == "unknown"), key=lambda s: (-s.criticality, s.segment)
    )
    return replace(
        answers[0],
        total=fsum(a.total for a in answers),
        total_interval=None,
        segments=segments,
        gaps=[s.segment for s in gaps],
        in_house=sorted({s for a in answers for s in a.in_house}),
        to_verify=[ToVerify(s.segment, s.criticality, s.path) for s in unknown],
        unlocated=max(a.unlocated for a in answers),
        leaders=[leader for a in answers for leader in a.leaders],
        notes=sorted({note for a in answers for note in a.notes}),
    )


def join_rank(fills: Sequence[Fill]) -> RankAnswer:
    """One ranking for all leaders of a chain."""
    keys = sorted({key for fill in fills for key in fill.candidates})
    candidates = [join_candidate(fills, *key) for key in keys]
    candidates.sort(key=lambda c: (-c.score, c.id))
    total = fsum(f.gaps.total for f in fills)
    locate = sorted({e for f in fills for e in locate_first(f.view)})
    return ranking(fills[0].view, total, candidates, locate)


def join_candidate(fills: Sequence[Fill], kind: str, id: str) -> CandidateAnswer:
    """One candidate over all leaders; modifiers are those for the leader it fills most."""
    mine = [(f, f.scored[kind, id]) for f in fills if (kind, id) in f.scored]
    total = fsum(f.gaps.total for f in fills)
    fill, scored = max(mine, key=lambda pair: pair[1].gain)
    joined = _join_parts(mine, total)
    gain = fsum(s.gain for _, s in mine)
    return replace(
        plain_answer(fill, scored),
        score=fsum(p.part for p in joined),
        fill=gain / total if total > 0 else 0.0,
        gain=gain,
        fill_if_missing=_fill_if_missing(fills, kind, id),
        parts=joined,
        assumed=sorted({name for f, s in mine for name in assumed_names(f, s.candidate)}),
    )


def _fill_if_missing(fills: Sequence[Fill], kind: str, id: str) -> float | None:
    mine = [(f, f.candidates[kind, id]) for f in fills if (kind, id) in f.candidates]
    if not any(s in f.view.unknown for f, c in mine for s in c.offers):
        return None
    scored = [f.score(c, missing=True) for f, c in mine]
    rest = [f.gaps.total for f in fills if (kind, id) not in f.candidates]
    total = fsum([*(s.total for s in scored), *rest])
    return fsum(s.gain for s in scored) / total if total > 0 else 0.0


def _join_parts(mine: Sequence[tuple[Fill, Scored]], total: float) -> list[PartAnswer]:
    """Parts of all leaders by segment, each leader's gain taken over ΣT and times its own M."""
    rows: dict[str, list[tuple[PartAnswer, Scored]]] = {}
    for fill, scored in mine:
        for part in parts(fill, scored):
            rows.setdefault(part.segment, []).append((part, scored))
    return [_one_part(group, total) for _, group in sorted(rows.items())]


def _one_part(group: Sequence[tuple[PartAnswer, Scored]], total: float) -> PartAnswer:
    largest = max(group, key=lambda pair: pair[0].gain)[0]
    share = fsum((p.gain / total) * s.factor if total > 0 else 0.0 for p, s in group)
    return replace(largest, part=share, gain=fsum(p.gain for p, _ in group))


def _by_segment(answers: Sequence[GapsAnswer]) -> Mapping[str, list[SegmentAnswer]]:
    rows: dict[str, list[SegmentAnswer]] = {}
    for row in (s for a in answers for s in a.segments):
        rows.setdefault(row.segment, []).append(row)
    return rows


def _worst(rows: Sequence[SegmentAnswer]) -> SegmentAnswer:
    """The row of the leader that suffers most; an unknown one only where all are unknown."""
    worst = max(rows, key=lambda r: (-1.0 if r.severity is None else r.severity, r.criticality))
    return replace(worst, interval=None, dependents=len(rows))
