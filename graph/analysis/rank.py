"""Who could fill the gaps, best first, and why somebody is not on the list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from graph.analysis.answers import CandidateAnswer, PartAnswer, RankAnswer, WhyNot
from graph.analysis.candidates import Candidate, locate_first, may_be_inside, own_offers
from graph.analysis.facts import ENDED
from graph.analysis.fill import Fill, Scored
from graph.analysis.gaps import assumptions_of, notes_of
from graph.analysis.intervals import interval, narrow_by, unknown_inputs
from graph.analysis.view import View
from graph.question import ALGORITHM

__all__ = ["candidate_answer", "plain_answer", "rank", "ranking", "why_not"]

Reason = Mapping[str, object]


def rank(fill: Fill) -> RankAnswer:
    """Every candidate of every kind, by score descending, then id."""
    ordered = sorted(fill.scored.values(), key=lambda s: (-s.score, s.candidate.id))
    candidates = [candidate_answer(fill, s) for s in ordered]
    return ranking(fill.view, fill.gaps.total, candidates, locate_first(fill.view))


def ranking(
    view: View, total: float, candidates: Sequence[CandidateAnswer], locate: Sequence[str]
) -> RankAnswer:
    """A ranking with the question it answers."""
    return RankAnswer(
        question=view.asked,
        revision=view.facts.snapshot.revision,
        algorithm=ALGORITHM,
        assumed=assumptions_of(view),
        total=total,
        candidates=candidates,
        locate_first=locate,
        notes=notes_of(view),
    )


def candidate_answer(fill: Fill, scored: Scored) -> CandidateAnswer:
    """One candidate with its parts, interval and the one document that would narrow it."""
    whole = interval(fill, scored.candidate)
    narrow = narrow_by(fill, scored.candidate, whole)
    return replace(plain_answer(fill, scored), interval=whole, narrow_by=narrow)


def plain_answer(fill: Fill, scored: Scored) -> CandidateAnswer:
    """One candidate with its parts and without an interval."""
    candidate = scored.candidate
    return CandidateAnswer(
        id=candidate.id,
        name=candidate.name,
        kind=candidate.kind,
        score=scored.score,
        fill=scored.fill,
        gain=scored.gain,
        fill_if_missing=fill_if_missing(fill, candidate),
        interval=None,
        narrow_by=None,
        modifiers=scored.modifiers,
        parts=parts(fill, scored),
        assumed=assumed_names(fill, candidate),
    )


def fill_if_missing(fill: Fill, candidate: Candidate) -> float | None:
    """The fill with its unknown segments taken as missing; None where it offers none."""
    if not any(s in fill.view.unknown for s in candidate.offers):
        return None
    return fill.score(candidate, missing=True).fill


def parts(fill: Fill, scored: Scored) -> list[PartAnswer]:
    """The score taken apart by the segments it fills."""
    ids, gaps = fill.view.facts.segments.ids, fill.gaps
    return [
        PartAnswer(
            segment=ids[step.segment],
            part=part,
            gain=step.gain,
            before=step.before,
            after=step.after,
            path=[ids[i] for i in gaps.found[step.segment].requirement.path],
            evidence=list(scored.candidate.offers[step.segment].evidence),
        )
        for step, part in zip(scored.steps, scored.parts, strict=True)
        if step.gain > 0
    ]


def assumed_names(fill: Fill, candidate: Candidate) -> list[str]:
    """What was assumed about a candidate, each input once."""
    names = {name for name, _ in unknown_inputs(fill, candidate)}
    if not candidate.staged and candidate.kind != "project":
        names.add("readiness")
    omegas = (fill.gaps.relatedness.of(s) for s in candidate.offers)
    return sorted(names | ({"relatedness"} if any(o is None for o in omegas) else set()))


def why_not(fill: Fill, label: str, id: str) -> WhyNot:
    """Why an enterprise or project is on no list of candidates, as codes with their facts."""
    table = fill.view.facts.snapshot.nodes(label)
    name = table.values("name")[table.index[id]] or id
    test = _project_reasons if label == "Project" else _enterprise_reasons
    return WhyNot(id, name, test(fill, id))


def _project_reasons(fill: Fill, project: str) -> list[Reason]:
    facts = fill.view.facts
    stage = facts.stage(project)
    if stage in ENDED:
        return [{"code": str(stage)}]
    offers = {o.maker.segment for o in facts.offers_of(project)}
    return _segment_reasons(fill, offers) if offers else [{"code": "no_offer"}]


def _enterprise_reasons(fill: Fill, enterprise: str) -> list[Reason]:
    view, facts = fill.view, fill.view.facts
    at = facts.enterprises.index[enterprise]
    if enterprise == view.leader:
        return [{"code": "is_leader"}]
    if not facts.active[at]:
        return [{"code": str(facts.enterprises.values("status")[at])}]
    made = set(facts.products(enterprise))
    required = made & view.required.keys()
    if not required:
        return [{"code": "not_in_chain", "segments": _names(fill, made)}]
    promised = own_offers(facts).get(enterprise, frozenset())
    if required <= promised:
        return [{"code": "own_project", "segments": _names(fill, required)}]
    if view.is_local(facts.region(enterprise)):
        return [] if ("expansion", enterprise) in fill.candidates else [{"code": "inside_region"}]
    if may_be_inside(view, enterprise):
        return [{"code": "only_locate_first", "region": facts.region(enterprise)}]
    return _segment_reasons(fill, required - promised)


def _segment_reasons(fill: Fill, segments: set[int]) -> list[Reason]:
    required = segments & fill.view.required.keys()
    if not required:
        return [{"code": "not_in_chain", "segments": _names(fill, segments)}]
    if required <= fill.view.unknown:
        return [{"code": "unknown_segment", "segments": _names(fill, required)}]
    return []


def _names(fill: Fill, segments: set[int] | frozenset[int]) -> Sequence[str]:
    ids = fill.view.facts.segments.ids
    return [ids[s] for s in sorted(segments)]
