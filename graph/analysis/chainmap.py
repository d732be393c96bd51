"""What a chain looks like and where it is broken: one cell a segment."""

from __future__ import annotations

from graph.analysis.answers import ChainCell, ChainMap, GapsAnswer
from graph.analysis.diagnostics import supplied
from graph.analysis.facts import ENDED, Facts
from graph.analysis.view import View, leaders_of
from graph.errors import NotFound

__all__ = ["chain_map"]


def chain_map(view: View, answered: GapsAnswer, chain: str) -> ChainMap:
    """Every segment of `chain` with who makes it and what the gaps answer says of it.

    Raises `NotFound` when there is no such chain.
    """
    facts = view.facts
    chains = facts.snapshot.nodes("Chain")
    if chain not in chains.index:
        raise NotFound("unknown_chain", chain=chain)
    judged = {s.segment: s for s in answered.segments}
    stages, offered = _stages(facts, chain), _offered(facts)
    leaders = leaders_of(facts, chain)
    made_by = {leader: facts.products(leader) for leader in leaders}
    cells = []
    for segment, stage in stages.items():
        id_ = facts.segments.ids[segment]
        row = judged.get(id_)
        local, reach = _makers(view, segment)
        cells.append(
            ChainCell(
                segment=id_,
                name=facts.segments.values("name")[segment] or id_,
                stage=stage,
                local=local,
                reach=reach,
                projects=offered.get(segment, 0),
                in_house=id_ in answered.in_house,
                leaders=[leader for leader in leaders if segment in made_by[leader]],
                type=row.type if row else None,
                flags=row.flags if row else (),
                severity=row.severity if row else None,
                interval=row.interval if row else None,
                hhi=supplied(row).hhi if row else None,
            )
        )
    name = chains.values("name")[chains.index[chain]] or chain
    return ChainMap(answered.question, answered.revision, answered.algorithm, chain, name, cells)


def _stages(facts: Facts, chain: str) -> dict[int, str | None]:
    part = facts.snapshot.rels("PART_OF", "Segment", "Chain")
    at = facts.snapshot.nodes("Chain").index[chain]
    stage = part.values("stage")
    return {int(part.src[i]): stage[i] for i in part.into(at).tolist()}


def _offered(facts: Facts) -> dict[int, int]:
    """Open projects by the segment they offer."""
    count: dict[int, int] = {}
    for project, segment in zip(facts.offers.src, facts.offers.dst, strict=True):
        if facts.stage(facts.projects.ids[project]) not in ENDED:
            count[int(segment)] = count.get(int(segment), 0) + 1
    return count


def _makers(view: View, segment: int) -> tuple[int, int]:
    near = [view.near(m.region, "nested") for m in view.facts.makers(segment)]
    return sum(p == 1 for p in near), sum(0 < p < 1 for p in near)
