"""§7 `rank`: every candidate of every kind, scored for one leader or for a chain's leaders."""

from __future__ import annotations

import math

from tests.reference.analysis import analyses
from tests.reference.candidates import Candidate, locate_first
from tests.reference.fill import Ranking, Worth
from tests.reference.tables import Tables
from tests.reference.world import Ask, build_world

__all__ = ["rank"]

Json = dict[str, object]
Scored = list[tuple[Ranking, Candidate, Worth]]
"""Of one candidate, per leader for whom it is one: the ranking, its entries, its worth."""


def rank(tables: Tables, ask: Ask) -> Json:
    """The answer of `rank` without question, revision, algorithm and assumed."""
    found = analyses(build_world(tables), ask)
    rankings = [Ranking(a) for a in found]
    total = math.fsum(a.total for a in found)
    keys = sorted({key for ranking in rankings for key in ranking.all})
    chain = ask.leader is None
    listed = [_candidate(_scored(rankings, key), rankings, total, chain) for key in keys]
    return {
        "total": total,
        "candidates": sorted(listed, key=_order),
        "locate_first": sorted({firm for a in found for firm in locate_first(a)}),
    }


def _order(candidate: Json) -> tuple[float, str, str]:
    return -float(str(candidate["score"])), str(candidate["id"]), str(candidate["kind"])


def _scored(rankings: list[Ranking], key: tuple[str, str]) -> Scored:
    return [(r, r.all[key], r.worth(r.all[key])) for r in rankings if key in r.all]


def _candidate(scored: Scored, rankings: list[Ranking], total: float, chain: bool) -> Json:
    # The one leader, or in a chain the one with the largest gain, whose modifiers are shown.
    ranking, candidate, shown = max(scored, key=lambda item: item[2].gain)
    parts = _parts(scored, total)
    gain = math.fsum(worth.gain for _, _, worth in scored)
    return {
        "id": candidate.id,
        "name": candidate.name,
        "kind": candidate.kind,
        "score": math.fsum(float(str(part["part"])) for part in parts),
        "fill": gain / total if total > 0 else 0.0,
        "gain": gain,
        "fill_if_missing": _fill_if_missing(scored, rankings),
        "interval": None if chain else ranking.interval(candidate),
        "narrow_by": None if chain else ranking.narrow_by(candidate),
        "modifiers": {
            "relatedness": shown.relatedness,
            "tie": shown.tie,
            "readiness": shown.readiness,
        },
        "parts": parts,
        "assumed": _assumed(scored),
    }


def _parts(scored: Scored, total: float) -> list[Json]:
    """One part per filled segment in id order; of a chain the sum over its leaders."""
    return [_part(scored, total, s) for s in sorted({s for _, _, w in scored for s in w.gains})]


def _part(scored: Scored, total: float, segment: str) -> Json:
    filling = [item for item in scored if segment in item[2].gains]
    ranking, candidate, _ = max(filling, key=lambda item: item[2].gains[segment])
    return {
        "segment": segment,
        "part": math.fsum(worth.parts(total)[segment] for _, _, worth in filling),
        "gain": math.fsum(worth.gains[segment] for _, _, worth in filling),
        "before": ranking.analysis.sigma(segment),
        "after": ranking.after(candidate, segment, 1, frozenset()),
        "path": ranking.analysis.path(segment),
        "evidence": list(candidate.entries[segment].make.evidence),
    }


def _fill_if_missing(scored: Scored, rankings: list[Ranking]) -> float | None:
    """Fill with the candidate's unknown segments as missing; `None` when it offers none."""
    if not any(ranking.unknown_of(candidate) for ranking, candidate, _ in scored):
        return None
    here = {id(ranking): (ranking, candidate) for ranking, candidate, _ in scored}
    gains, totals = [], []
    for other in rankings:
        if id(other) not in here:
            totals.append(other.analysis.total)
            continue
        ranking, candidate = here[id(other)]
        worth = ranking.worth(candidate, missing=ranking.unknown_of(candidate))
        gains.append(worth.gain)
        totals.append(worth.total)
    total = math.fsum(totals)
    return math.fsum(gains) / total if total > 0 else 0.0


def _assumed(scored: Scored) -> list[Json]:
    """The unknown inputs of the candidate, over all leaders, by segment and input."""
    found = {pair for ranking, candidate, _ in scored for pair in ranking.assumed(candidate)}
    return [{"input": name, "segment": segment or None} for segment, name in sorted(found)]
