"""链的骨架: the segments of a chain with their stages, and the inputs among them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isnan

from graph.analysis.facts import facts_of
from graph.errors import NotFound
from graph.question import Assumptions
from graph.snapshot import Snapshot

__all__ = ["InputRow", "SegmentRow", "Skeleton", "skeleton"]


@dataclass(frozen=True)
class SegmentRow:
    """A segment in the chain: `chains` are all it belongs to, `makers` who makes it anywhere."""

    segment: str
    stage: str | None
    unit: str | None
    aliases: Sequence[str]
    chains: Sequence[str]
    inputs: int
    outputs: int
    makers: int


@dataclass(frozen=True)
class InputRow:
    """`input` is an input of `output`; weight None = unknown."""

    input: str
    output: str
    weight: float | None
    kind: str | None


@dataclass(frozen=True)
class Skeleton:
    """One chain's technology graph."""

    chain: str
    revision: int
    segments: Sequence[SegmentRow]
    inputs: Sequence[InputRow]


def skeleton(snapshot: Snapshot, chain: str) -> Skeleton:
    """The skeleton of a chain; `NotFound` where there is none.  Inputs have both ends in it."""
    chains = snapshot.nodes("Chain")
    if chain not in chains.index:
        raise NotFound("unknown_chain", chain=chain)
    facts = facts_of(snapshot, Assumptions())
    part = snapshot.rels("PART_OF", "Segment", "Chain")
    stages = part.values("stage")
    members = {int(part.src[i]): stages[i] for i in part.into(chains.index[chain])}
    table = facts.segments
    rels = snapshot.rels("INPUT_OF", "Segment", "Segment")
    rows = [i for i in range(len(rels.src)) if rels.src[i] in members and rels.dst[i] in members]
    weights, kinds = rels.numbers("weight"), rels.values("weight_kind")
    return Skeleton(
        chain,
        snapshot.revision,
        [
            SegmentRow(
                table.ids[s],
                stage,
                table.values("unit")[s],
                tuple(table.values("aliases")[s] or ()),
                sorted(facts.chains.get(s, ())),
                sum(rels.dst[i] == s for i in rows),
                sum(rels.src[i] == s for i in rows),
                len({m.enterprise for m in facts.makers(s)}),
            )
            for s, stage in sorted(members.items())
        ],
        [
            InputRow(
                table.ids[rels.src[i]],
                table.ids[rels.dst[i]],
                None if isnan(weights[i]) else float(weights[i]),
                kinds[i],
            )
            for i in rows
        ],
    )
