"""标注: what an answer says about nodes, written beside them for Neo4j's own tools to show.

The properties begin with `_`, so they are no content: they change no hash and no revision, and an
import that changes a node takes them off it.  Each says which question it answers, and at which
revision.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from api.desk import Desk
from graph.analysis.answers import GapsAnswer, RankAnswer, as_json
from graph.errors import UsageError
from graph.model import Ref, Value
from graph.question import Question
from graph.store.base import Annotates

__all__ = ["Annotated", "annotate"]


@dataclass(frozen=True)
class Annotated:
    """How many nodes carry marks now, and of which revision."""

    segments: int
    candidates: int
    revision: int


def annotate(desk: Desk, question: Question | None) -> Annotated:
    """Put the marks of a question in the place of all earlier ones; without one only take them off.

    Raises `UsageError` where the store has no tools of its own to look with.
    """
    store = desk.store
    if not isinstance(store, Annotates):
        raise UsageError("annotate_needs_neo4j")
    if question is None:
        store.annotate({})
        return Annotated(0, 0, store.revision())
    pinned = desk.pinned()
    gaps, ranking = pinned.gaps(question), pinned.rank(question)
    stamp: dict[str, Value] = {
        "_question": json.dumps(as_json(gaps.question), ensure_ascii=False, sort_keys=True),
        "_revision": float(gaps.revision),
        "_leader": gaps.question.leader or gaps.question.chain or "",
    }
    segments = _segments(gaps)
    candidates = _candidates(ranking)
    store.annotate({ref: {**marks, **stamp} for ref, marks in (segments | candidates).items()})
    return Annotated(len(segments), len(candidates), gaps.revision)


def _segments(answer: GapsAnswer) -> dict[Ref, Mapping[str, Value]]:
    """Type and flags of every segment asked about; what is unknown is left out, never 0."""
    found: dict[Ref, Mapping[str, Value]] = {}
    for segment in answer.segments:
        numbers = {
            "_criticality": segment.criticality,
            "_shortage": segment.shortage,
            "_severity": segment.severity,
        }
        known = {name: value for name, value in numbers.items() if value is not None}
        words: dict[str, Value] = {"_gap_type": segment.type, "_flags": list(segment.flags)}
        found[Ref("Segment", segment.segment)] = {**known, **words}
    return found


def _candidates(answer: RankAnswer) -> dict[Ref, Mapping[str, Value]]:
    found: dict[Ref, Mapping[str, Value]] = {}
    for place, candidate in enumerate(answer.candidates, 1):
        label = "Project" if candidate.kind == "project" else "Enterprise"
        numbers = {"_score": candidate.score, "_fill": candidate.fill, "_rank": float(place)}
        found[Ref(label, candidate.id)] = {**numbers, "_kind": candidate.kind}
    return found
