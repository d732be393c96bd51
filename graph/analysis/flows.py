"""Where a chain's supplies come from: what its leaders buy, by the place of the supplier.

A row belongs to the chain where its segment does, or where it names none.  本地配套率 is by value;
a row without one is left out and counted, a supplier without a region is local nowhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import fsum

from graph.analysis import ask
from graph.analysis.answers import Asked, GapsAnswer, SegmentAnswer
from graph.analysis.diagnostics import LocalShare, local_share
from graph.analysis.facts import Facts, number
from graph.analysis.gaps import assumptions_of
from graph.analysis.view import View, view_of
from graph.errors import NotFound
from graph.question import ALGORITHM, Question
from graph.snapshot import Snapshot

__all__ = ["Flow", "FlowsAnswer", "LeaderFlow", "SegmentFlow", "flows"]


@dataclass(frozen=True)
class Flow:
    """One supply: who delivers what to a leader, and from where; None = unknown."""

    supplier: str
    region: str | None
    standing: str  # of regions.STANDINGS
    segment: str | None  # None = the row names none
    leader: str
    value_wan: float | None
    share: float | None
    since: str | None
    grade: str
    evidence: Sequence[str]


@dataclass(frozen=True)
class SegmentFlow:
    """What the leaders buy of one segment; `type` is None where none of them requires it."""

    segment: str | None
    local: LocalShare
    outflow_wan: float | None  # known value from outside; 0 only where every supplier is local
    type: str | None
    severity: float | None


@dataclass(frozen=True)
class LeaderFlow:
    """What one leader buys."""

    leader: str
    local: LocalShare


@dataclass(frozen=True)
class FlowsAnswer:
    """Supplies of a chain's leaders, seen from a region, the largest value first."""

    question: Asked
    revision: int
    algorithm: str
    assumed: Mapping[str, object]
    chain: str
    local: LocalShare
    segments: Sequence[SegmentFlow]  # by known value, then rows without one
    leaders: Sequence[LeaderFlow]
    flows: Sequence[Flow]
    other_chains: int  # rows of these leaders left out: their segment is of another chain
    largest_outflow: str | None  # required segment of which most is bought outside
    notes: Sequence[str] = ()


def flows(snapshot: Snapshot, question: Question, chain: str) -> FlowsAnswer:
    """What the leaders of `chain` (or the question's leader) buy in it.

    Raises `NotFound` for an unknown leader or chain, `UsageError` when no region can be told.
    """
    if chain not in snapshot.nodes("Chain").index:
        raise NotFound("unknown_chain", chain=chain)
    about = question if question.leader else replace(question, chain=chain)
    views, judged = view_of(snapshot, about), ask.gaps(snapshot, about)
    rows = [flow for view in views for flow in _purchases(view)]
    mine = [f for f in rows if _belongs(views[0].facts, f, chain)]
    mine.sort(key=_largest_first)
    segments = _segments(mine, judged)
    return FlowsAnswer(
        views[0].asked,
        snapshot.revision,
        ALGORITHM,
        assumptions_of(views[0]),
        chain,
        _local(mine),
        segments,
        [LeaderFlow(v.leader, _local(_of(mine, v.leader))) for v in views if v.leader],
        mine,
        len(rows) - len(mine),
        _largest_outflow(segments),
        judged.notes,
    )


def _purchases(view: View) -> Iterable[Flow]:
    if view.leader is None:
        return
    facts = view.facts
    table = facts.snapshot.rels("SUPPLIES", "Enterprise", "Enterprise")
    columns = [table.values(name) for name in ("since", "grade", "evidence")]
    value, share = table.numbers("value_wan"), table.numbers("share")
    for at in table.into(facts.enterprises.index[view.leader]).tolist():
        since, grade, evidence = (column[at] for column in columns)
        supplier = facts.enterprises.ids[table.src[at]]
        region = facts.region(supplier)
        yield Flow(
            supplier,
            region,
            facts.regions.standing(view.region, region),
            table.keys[at] or None,
            view.leader,
            number(value, at),
            number(share, at),
            since,
            grade or "declared",
            tuple(evidence or ()),
        )


def _belongs(facts: Facts, flow: Flow, chain: str) -> bool:
    at = facts.segments.index.get(flow.segment or "")
    return flow.segment is None or (at is not None and chain in facts.chains.get(at, ()))


def _segments(rows: Sequence[Flow], judged: GapsAnswer) -> list[SegmentFlow]:
    needed = {s.segment: s for s in judged.segments}
    named: dict[str, list[Flow]] = {}
    for flow in rows:
        named.setdefault(flow.segment or "", []).append(flow)
    found = [_segment(some, id_ or None, needed.get(id_)) for id_, some in sorted(named.items())]
    return sorted(found, key=lambda s: (-(s.local.known_wan or 0.0), -s.local.unvalued))


def _segment(
    rows: Sequence[Flow], segment: str | None, needed: SegmentAnswer | None
) -> SegmentFlow:
    away = [f for f in rows if f.standing != "here"]
    known = [f.value_wan for f in away if f.standing != "unlocated" and f.value_wan is not None]
    return SegmentFlow(
        segment,
        _local(rows),
        fsum(known) if known or not away else None,
        needed.type if needed else None,
        needed.severity if needed else None,
    )


def _largest_outflow(segments: Sequence[SegmentFlow]) -> str | None:
    required = [s for s in segments if s.type is not None and s.outflow_wan]
    return max(required, key=lambda s: s.outflow_wan or 0.0).segment if required else None


def _local(rows: Iterable[Flow]) -> LocalShare:
    return local_share((f.standing == "here", f.value_wan) for f in rows)


def _of(rows: Iterable[Flow], leader: str) -> list[Flow]:
    return [f for f in rows if f.leader == leader]


def _largest_first(flow: Flow) -> tuple[bool, float, str, str, str]:
    value = flow.value_wan
    return value is None, -(value or 0.0), flow.segment or "", flow.leader, flow.supplier
