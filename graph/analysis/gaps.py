"""Where the chain is broken: severity, type and flags of everything a leader requires.

`G = c·σ`; `T = fsum of G over R without the unknown, in segment-id order`, covered included.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from itertools import pairwise
from math import fsum

from graph.analysis.answers import GapsAnswer, SegmentAnswer, SupplierAnswer, ToVerify
from graph.analysis.coverage import Entry, shortage_of
from graph.analysis.diagnostics import local_share
from graph.analysis.facts import number
from graph.analysis.relatedness import Relatedness, made_in
from graph.analysis.requirements import Requirement
from graph.analysis.view import View
from graph.question import ALGORITHM, Assumptions, scheme_of

__all__ = ["GAP_TYPES", "Gap", "Gaps", "answer", "type_of"]

GAP_TYPES = ("missing", "nearby", "weak", "single_sourced")


@dataclass(frozen=True, eq=False)
class Gap:
    """One required segment with everything judged about it; shortage None = unknown."""

    requirement: Requirement
    entries: tuple[Entry, ...]
    type: str
    flags: tuple[str, ...]
    shortage: float | None
    interval: tuple[float, float]

    @property
    def severity(self) -> float | None:
        """G = c·σ, None = unknown."""
        return None if self.shortage is None else self.requirement.criticality * self.shortage


class Gaps:
    """The judged required segments of one view."""

    def __init__(self, view: View) -> None:
        self.view = view
        self.relatedness = Relatedness(view.facts, made_in(view.facts, view.is_local))

    @cached_property
    def found(self) -> Mapping[int, Gap]:
        """Every required segment by position, in id order."""
        return {s: self._gap(s, requirement) for s, requirement in self.view.required.items()}

    @cached_property
    def total(self) -> float:
        """T: fsum of the known severities."""
        return fsum(g.severity for g in self.found.values() if g.severity is not None)

    @cached_property
    def ranked(self) -> list[Gap]:
        """The gap list: missing, nearby, weak and single-sourced by severity, then id."""
        ids = self.view.facts.segments.ids
        gaps = [g for g in self.found.values() if g.type in GAP_TYPES]
        return sorted(gaps, key=lambda g: (-(g.severity or 0.0), ids[g.requirement.segment]))

    def _gap(self, segment: int, need: Requirement) -> Gap:
        view, assumed = self.view, self.view.assumed
        entries = view.suppliers(segment)
        if segment in view.unknown:
            shortage, interval = None, (0.0, need.high)
        else:
            shortage = shortage_of(entries, assumed)
            interval = (
                need.low * shortage_of(entries, assumed, 1),
                need.high * shortage_of(entries, assumed, -1),
            )
        kind = type_of(entries, assumed) if shortage is not None else "unknown"
        return Gap(need, entries, kind, tuple(self._flags(segment)), shortage, interval)

    def _flags(self, segment: int) -> list[str]:
        tests = (
            ("broken", self._broken(segment)),
            ("leakage", self._leakage(segment)),
            ("extension", self._extension(segment)),
            ("stale", self._stale(segment)),
        )
        return [name for name, holds in tests if holds]

    def _broken(self, segment: int) -> bool:
        sellers = [local for local, _ in self._purchases.get(segment, ())]
        return self.relatedness.has_maker(segment) and bool(sellers) and not any(sellers)

    def _leakage(self, segment: int) -> bool:
        share = local_share(self._purchases.get(segment, ())).share
        return share is not None and share < self.view.assumed.leakage

    def _extension(self, segment: int) -> bool:
        omega = self.relatedness.of(segment)
        if self.relatedness.has_maker(segment) or not omega:
            return False
        middle = self.relatedness.absent_median
        return middle is not None and omega >= middle

    def _stale(self, segment: int) -> bool:
        dates = [e.as_of for e in self.view.in_reach(segment) if e.as_of]
        return bool(dates) and self.view.horizon is not None and max(dates) < self.view.horizon

    @cached_property
    def _purchases(self) -> Mapping[int, list[tuple[bool, float | None]]]:
        """What the leader buys, by segment: (from a local firm, value or None)."""
        view, facts = self.view, self.view.facts
        table = facts.snapshot.rels("SUPPLIES", "Enterprise", "Enterprise")
        if view.leader is None:
            return {}
        value, found = table.numbers("value_wan"), dict[int, list[tuple[bool, float | None]]]()
        for i in table.into(facts.enterprises.index[view.leader]).tolist():
            segment = facts.segments.index.get(table.keys[i])
            if segment is not None:
                local = view.is_local(facts.region(facts.enterprises.ids[table.src[i]]))
                found.setdefault(segment, []).append((local, number(value, i)))
        return found


def type_of(entries: Sequence[Entry], assumed: Assumptions) -> str:
    """The first type that holds for these suppliers of a segment that is not unknown."""
    able = [e for e in entries if e.counts(assumed)]
    local = [e for e in able if e.proximity == 1]
    here = fsum(e.effective(assumed) for e in local)
    if not able:
        return "missing"
    if not here:
        return "nearby"
    if here < assumed.enough:
        return "weak"
    rest = sorted((e.effective(assumed) for e in local), reverse=True)[1:]
    if fsum(rest) < assumed.enough:
        return "single_sourced"
    if all(e.known for e in local) and fsum(e.share(assumed) for e in local) >= assumed.crowded:
        return "crowded"
    return "covered"


def answer(gaps: Gaps) -> GapsAnswer:
    """The answer for one view."""
    view = gaps.view
    ids = view.facts.segments.ids
    unknown = [g for g in gaps.found.values() if g.type == "unknown"]
    unknown.sort(key=lambda g: (-g.requirement.criticality, ids[g.requirement.segment]))
    ends = [g.interval for g in gaps.found.values()]
    return GapsAnswer(
        question=view.asked,
        revision=view.facts.snapshot.revision,
        algorithm=ALGORITHM,
        assumed=assumptions_of(view),
        total=gaps.total,
        total_interval=(fsum(low for low, _ in ends), fsum(high for _, high in ends)),
        segments=[segment_answer(view, g) for g in gaps.found.values()],
        gaps=[ids[g.requirement.segment] for g in gaps.ranked],
        in_house=sorted(ids[s] for s in view.products),
        to_verify=[
            ToVerify(
                ids[g.requirement.segment],
                g.requirement.criticality,
                [ids[i] for i in g.requirement.path],
            )
            for g in unknown
        ],
        unlocated=unlocated(view),
        leaders=[view.leader] if view.leader else [],
        notes=notes_of(view),
    )


def segment_answer(view: View, gap: Gap) -> SegmentAnswer:
    """One required segment as it is answered."""
    facts, segment = view.facts, gap.requirement.segment
    ids = facts.segments.ids
    return SegmentAnswer(
        segment=ids[segment],
        name=facts.segments.values("name")[segment] or ids[segment],
        chains=sorted(facts.chains.get(segment, ())),
        type=gap.type,
        flags=gap.flags,
        criticality=gap.requirement.criticality,
        shortage=gap.shortage,
        severity=gap.severity,
        interval=gap.interval,
        path=[ids[i] for i in gap.requirement.path],
        suppliers=[_supplier(e, view.assumed) for e in gap.entries],
        evidence=sorted({i for e in gap.entries for i in e.evidence}),
        basis=_basis(view, gap),
    )


def _basis(view: View, gap: Gap) -> list[str]:
    """Records behind the requirement: the inputs' along its path and the surveys' on it."""
    facts, path = view.facts, gap.requirement.path
    inputs = facts.snapshot.rels("INPUT_OF", "Segment", "Segment")
    cited = set[str]()
    for near, far in pairwise(path):
        for at in (inputs.find(far, near, ""), inputs.find(near, far, "")):
            cited.update(inputs.values("evidence")[at] or () if at >= 0 else ())
    cited.update(i for s in view.surveys_of(gap.requirement.segment) for i in s.evidence)
    return sorted(cited)


def _supplier(entry: Entry, assumed: Assumptions) -> SupplierAnswer:
    return SupplierAnswer(
        entry.maker,
        entry.share(assumed),
        entry.effective(assumed),
        entry.up(assumed),
        entry.proximity,
        list(entry.assumed),
    )


def unlocated(view: View) -> int:
    """Active enterprises whose region is unknown: local nowhere."""
    regions = view.facts.enterprises.values("region")
    return sum(r is None for r in regions[view.facts.active])


def assumptions_of(view: View) -> Mapping[str, object]:
    """Every assumption and the scheme's weights, by name."""
    return {**asdict(view.assumed), "weights": asdict(scheme_of(view.question.scheme))}


def notes_of(view: View) -> list[str]:
    """What a reader must know before the numbers, as codes."""
    notes = []
    if view.question.world == "closed":
        notes.append("closed_world")
    if view.leader is None:
        notes.append("pseudo_leader")
    if not view.products:
        notes.append("no_products")
    elif not view.required:
        notes.append("nothing_required")
    return notes
