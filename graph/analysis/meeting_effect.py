"""Before and after a whole meeting: what lands together, and what each project adds to the others.

A project stands in the region a leader is asked from, as in a landing alone.  One that the graph
does not know lowers no severity: its gains are unknown, not 0.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import fsum

from graph.analysis import ask
from graph.analysis.facts import Facts, facts_of
from graph.analysis.fill import Fill
from graph.analysis.gaps import GAP_TYPES
from graph.analysis.meeting_batch import placements_of, portfolio_of
from graph.analysis.meeting_parks import park_effects
from graph.analysis.view import leaders_of
from graph.analysis.whatif import LeaderChange, SegmentChange, landed
from graph.errors import UsageError
from graph.question import Question
from graph.review.batch import Batch, Portfolio, best_batch, panel_choice
from graph.review.effect import (
    Conclusion,
    Effect,
    Gain,
    ParkEffect,
    ProjectGain,
    SegmentGain,
    Served,
    Standing,
    Turn,
)
from graph.review.meeting import Meeting
from graph.snapshot import Snapshot

__all__ = ["Batches", "batches_of"]

_SAME = 1e-12  # what differs by less is equal

_Changes = Sequence[LeaderChange]
_Projects = frozenset[str]


@dataclass(frozen=True)
class Batches:
    """What is chosen from, the best batch, the panel's choice, and what they change."""

    portfolio: Portfolio
    best: Batch
    panel: Batch
    effect: Effect


def batches_of(snapshot: Snapshot, question: Question, meeting: Meeting) -> Batches:
    """Both choices of a meeting whose cards count, by the graph as it is.

    Raises as `best_batch` and `panel_choice`: the graph may no longer know a park.
    """
    portfolio = portfolio_of(snapshot, question, meeting)
    best, panel = best_batch(portfolio), panel_choice(portfolio, placements_of(meeting))
    effect = _effect(snapshot, question, meeting, best, panel)
    return Batches(portfolio, best, panel, effect)


def _effect(
    snapshot: Snapshot, question: Question, meeting: Meeting, best: Batch, panel: Batch
) -> Effect:
    facts = facts_of(snapshot, question.assumptions)
    decided = sum(case.decision is not None for case in meeting.cases), len(meeting.cases)
    choices = panel if decided[0] else None, best
    fills, lost = ask.scorers(snapshot, question)
    leaders = _leaders(fills, *choices)
    chains, lost_chains = _chains(snapshot, question, *choices)
    zone, parks = park_effects(facts, meeting, *choices)
    recommended = "panel" if 0 < decided[0] == decided[1] else "best"
    rest = _chosen(panel if recommended == "panel" else best)
    return Effect(
        snapshot.revision,
        decided,
        recommended,
        _conclusion("panel" if decided[0] else "best", leaders, zone, parks),
        _sum(served.severity for served in leaders),
        leaders,
        chains,
        zone,
        parks,
        [_gains(facts, fills, row.project, rest) for row in best.rows],
        [*lost, *lost_chains],
    )


def _landing(fills: Sequence[Fill], projects: Collection[str]) -> _Changes:
    return [landed(fill, projects) for fill in fills]


def _chosen(batch: Batch) -> _Projects:
    return frozenset(at.project for at in batch.chosen)


def _leaders(fills: Sequence[Fill], panel: Batch | None, best: Batch) -> list[Served]:
    after = _landing(fills, _chosen(best))
    if panel is None:
        return [_served(c.leader or "", None, [c]) for c in after]
    both = zip(_landing(fills, _chosen(panel)), after, strict=True)
    return [_served(c.leader or "", [p], [c]) for p, c in both]


def _chains(
    snapshot: Snapshot, question: Question, panel: Batch | None, best: Batch
) -> tuple[list[Served], Sequence[str]]:
    """Every chain that has a leader, asked as a chain is; and those nobody can say from where."""
    facts, found, unplaced = facts_of(snapshot, question.assumptions), list[Served](), list[str]()
    for chain in snapshot.nodes("Chain").ids:
        asked = replace(question, chain=chain, leader=None)
        if not leaders_of(facts, chain):
            continue
        try:
            fills, _ = ask.scorers(snapshot, asked)
        except UsageError:
            unplaced.append(chain)
            continue
        first = _landing(fills, _chosen(panel)) if panel else None
        found.append(_served(chain, first, _landing(fills, _chosen(best))))
    return found, unplaced


def _served(id: str, panel: _Changes | None, best: _Changes) -> Served:
    severity = Standing(
        fsum(c.before for c in best),
        None if panel is None else fsum(c.after for c in panel),
        fsum(c.after for c in best),
    )
    unknown = sorted({s for c in (*best, *(panel or ())) for s in c.unknown})
    return Served(id, severity, _turns(panel or ()), _turns(best), unknown)


def _turns(changes: _Changes) -> Sequence[Turn]:
    kinds: dict[tuple[str, str], list[str]] = {}
    for s in (s for one in changes for s in one.changes if s.type_before != s.type_after):
        kinds.setdefault((s.type_before, s.type_after), []).append(s.segment)
    turns = [Turn(*kind, len(found), sorted(set(found))) for kind, found in kinds.items()]
    return sorted(turns, key=lambda turn: (-turn.n, turn.before, turn.after))


def _sum(every: Iterable[Standing]) -> Standing:
    all_ = list(every)
    decided = [s.panel for s in all_ if s.panel is not None]
    panel = fsum(decided) if len(decided) == len(all_) else None
    return Standing(fsum(s.today for s in all_), panel, fsum(s.best for s in all_))


def _gains(facts: Facts, fills: Sequence[Fill], project: str, rest: _Projects) -> ProjectGain:
    """What a project takes of every T: alone, and beside the others of `rest`."""
    if project not in facts.projects.index or not facts.offers_of(project):
        return ProjectGain(project, project in rest, None, ())
    alone, without = _landing(fills, [project]), _landing(fills, rest - {project})
    whole = zip(alone, without, _landing(fills, rest | {project}), strict=True)
    gains = [_gain(*states) for states in whole if states[0].before > 0]
    some = [g for g in gains if max(abs(g.alone), abs(g.beside)) > _SAME]
    some.sort(key=lambda g: (-g.alone, -g.beside, g.leader))
    unknown = sorted({s for one in alone for s in one.unknown})
    return ProjectGain(project, project in rest, some, unknown)


def _gain(alone: LeaderChange, without: LeaderChange, beside: LeaderChange) -> Gain:
    """Shares of the leader's T of today, so that the two can be held against each other."""
    left, joined = _by_segment(without), _by_segment(beside)
    own = _by_segment(alone)
    segments = []
    for s in sorted({*own, *joined}):
        seen = joined.get(s) or own[s]
        before = left[s].after if s in left else seen.before
        after = joined[s].after if s in joined else seen.before
        shares = [own[s].before - own[s].after if s in own else 0.0, before - after]
        first, then = (seen.criticality * share / alone.before for share in shares)
        if max(abs(first), abs(then)) > _SAME:
            segments.append(SegmentGain(s, seen.path, first, then))
    segments.sort(key=lambda s: (-s.alone, -s.beside, s.segment))
    return Gain(
        alone.leader or "",
        (alone.before - alone.after) / alone.before,
        (without.after - beside.after) / alone.before,
        segments,
    )


def _by_segment(change: LeaderChange) -> Mapping[str, SegmentChange]:
    return {c.segment: c for c in change.changes}


def _conclusion(
    state: str, leaders: Sequence[Served], zone: ParkEffect, parks: Sequence[ParkEffect]
) -> Conclusion:
    moved = [_after(one.severity, state) - one.severity.today for one in leaders]
    falls, rises = sum(m < -_SAME for m in moved), sum(m > _SAME for m in moved)
    total = fsum(moved)
    chain = "worse" if total > _SAME else "safer" if total < -_SAME else "same"
    turns = [turn for one in leaders for turn in (one.panel if state == "panel" else one.best)]
    kinds, gap = Counter[tuple[str, str]](), Counter[tuple[bool, bool]]()
    for turn in turns:
        kinds[turn.before, turn.after] += turn.n
        gap[turn.before in GAP_TYPES, turn.after in GAP_TYPES] += turn.n
    return Conclusion(
        state,
        chain if leaders else "unknown",
        (falls, rises),
        [(*kind, n) for kind, n in sorted(kinds.items(), key=lambda pair: (-pair[1], pair[0]))],
        gap[True, False],
        gap[False, True],
        _move(zone, state),
        Counter(_move(park, state) for park in parks),
    )


def _after(standing: Standing, state: str) -> float:
    return standing.panel if state == "panel" and standing.panel is not None else standing.best


def _move(park: ParkEffect, state: str) -> str:
    """Whether a park is more of its leading chain than today."""
    then = park.panel if state == "panel" and park.panel is not None else park.best
    if not then.lands:
        return "same"
    before, after = park.today.focus.interval, then.focus.interval
    if before is None or after is None:
        return "unknown"
    if after[0] > before[1] + _SAME:
        return "focused"
    if after[1] < before[0] - _SAME:
        return "looser"
    return "same" if before[0] == before[1] and after[0] == after[1] else "unknown"
