"""Gaps, candidates and the chain map as tables, whole: what their workbooks hold.

A number nobody knows is an empty cell; how many suppliers an unknown segment has is not known.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from graph.analysis.answers import (
    CandidateAnswer,
    ChainMap,
    GapsAnswer,
    Interval,
    RankAnswer,
    SegmentAnswer,
)
from viz.sentences import assumed_text, narrow_text, path_text, reason_text
from viz.swimlane import Cell as LaneCell
from viz.swimlane import swimlane
from viz.table import Cell, Column, Table
from viz.words import term, word

__all__ = [
    "candidate_tables",
    "candidates_table",
    "gap_tables",
    "gaps_table",
    "map_table",
    "parts_table",
]

_NUMBERS = frozenset(
    {
        "after", "before", "criticality", "dependents", "evidence", "gain", "high", "local", "low",
        "part", "projects", "rank", "reach", "readiness", "relatedness", "score", "severity",
        "shortage", "suppliers", "tie",
    }
)  # fmt: skip
_SHARES = frozenset({"fill", "fill_if_missing"})


def gap_tables(answer: GapsAnswer, names: Mapping[str, str], lang: str) -> list[Table]:
    """The ranked gaps, what is to be verified, and the rest that is required."""
    by_id = {s.segment: s for s in answer.segments}
    waiting = [v.segment for v in answer.to_verify]
    rest = [s.segment for s in answer.segments if s.segment not in {*answer.gaps, *waiting}]
    parts = (("gaps", answer.gaps), ("verify", waiting), ("others", rest))
    return [
        gaps_table(
            id_, [by_id[s] for s in segments], names, lang, direction=answer.question.direction
        )
        for id_, segments in parts
    ]


def gaps_table(
    id: str, segments: Sequence[SegmentAnswer], names: Mapping[str, str], lang: str, direction: str
) -> Table:
    """Required segments as they come; `id` is gaps, verify or others."""
    keys = (
        "rank", "segment", "id", "type", "flags", "criticality", "shortage", "severity", "low",
        "high", "path", "suppliers", "supplier_names", "evidence", "dependents", "advice",
    )  # fmt: skip
    return Table(
        id,
        word(lang, f"{id}.table" if id != "others" else "gaps.others_table"),
        _columns(lang, keys),
        [_gap_row(at, s, names, lang, direction) for at, s in enumerate(segments, 1)],
    )


def candidate_tables(
    answer: RankAnswer, names: Mapping[str, str], local: Mapping[str, int], lang: str
) -> list[Table]:
    """The ranking, its parts, and who must be located first."""
    located = Table(
        "locate",
        word(lang, "locate.title"),
        _columns(lang, ("name", "id")),
        [[Cell(names.get(i, i)), Cell(i)] for i in answer.locate_first],
    )
    return [
        candidates_table(answer, names, local, lang),
        parts_table(answer, names, lang),
        *([located] if answer.locate_first else []),
    ]


def candidates_table(
    answer: RankAnswer, names: Mapping[str, str], local: Mapping[str, int], lang: str
) -> Table:
    """One row a candidate, best first; `local` counts makers by segment, as in its sentence."""
    keys = (
        "rank", "name", "id", "kind", "score", "low", "high", "fill", "gain", "fill_if_missing",
        "relatedness", "tie", "readiness", "reason", "narrow_by", "assumed",
    )  # fmt: skip
    rows = []
    for at, c in enumerate(answer.candidates, 1):
        rows.append(
            [
                *_candidate_cells(at, c, lang),
                Cell(c.score, digits=4),
                *_ends(c.interval, 4),
                Cell(c.fill),
                Cell(c.gain, digits=4),
                Cell(c.fill_if_missing),
                Cell(c.modifiers.relatedness),
                Cell(c.modifiers.tie),
                Cell(c.modifiers.readiness),
                Cell(reason_text(lang, c, answer.question, names, local)),
                Cell(narrow_text(lang, c, names)),
                Cell(assumed_text(lang, c.assumed, names)),
            ]
        )
    return Table("candidates", word(lang, "candidates.table"), _columns(lang, keys), rows)


def parts_table(answer: RankAnswer, names: Mapping[str, str], lang: str) -> Table:
    """One row a candidate and segment; the parts of a candidate sum to its score."""
    keys = (
        "rank", "name", "id", "kind", "segment", "segment_id", "part", "gain", "before", "after",
        "path", "evidence",
    )  # fmt: skip
    rows = [
        [
            *_candidate_cells(at, c, lang),
            Cell(names.get(p.segment, p.segment)),
            Cell(p.segment),
            Cell(p.part, digits=4),
            Cell(p.gain, digits=4),
            Cell(p.before),
            Cell(p.after),
            Cell(path_text(p.path, names, answer.question.direction)),
            Cell(len(p.evidence), digits=0),
        ]
        for at, c in enumerate(answer.candidates, 1)
        for p in c.parts
    ]
    return Table("parts", word(lang, "candidates.parts"), _columns(lang, keys), rows)


def map_table(answer: ChainMap, names: Mapping[str, str], lang: str) -> Table:
    """Every segment of the chain with who makes it and what is lacking."""
    keys = (
        "segment", "id", "stage", "type", "flags", "severity", "low", "high", "local", "reach",
        "projects", "leaders",
    )  # fmt: skip
    found = [cell for lane in swimlane(answer, None).lanes for cell in lane.cells]
    rows = [_map_row(cell, names, lang) for cell in found]
    return Table("map", word(lang, "chain.title"), _columns(lang, keys), rows)


def _columns(lang: str, keys: Sequence[str]) -> list[Column]:
    return [Column(word(lang, f"gap_head.{key}"), _kind(key)) for key in keys]


def _kind(key: str) -> Literal["text", "number", "share"]:
    return "number" if key in _NUMBERS else "share" if key in _SHARES else "text"


def _gap_row(
    at: int, s: SegmentAnswer, names: Mapping[str, str], lang: str, direction: str
) -> list[Cell]:
    known = s.type != "unknown"
    return [
        Cell(at, digits=0),
        Cell(names.get(s.segment, s.name)),
        Cell(s.segment),
        Cell(term(lang, "type", s.type)),
        Cell(_flags(s.flags, lang)),
        Cell(s.criticality, digits=4),
        Cell(s.shortage, digits=4),
        Cell(s.severity, digits=4),
        *_ends(s.interval, 4),
        Cell(path_text(s.path, names, direction)),
        Cell(len(s.suppliers) if known else None, digits=0),
        Cell(_listed([names.get(f.id, f.id) for f in s.suppliers], lang)),
        Cell(len({*s.evidence, *s.basis}), digits=0),
        Cell(s.dependents, digits=0),
        Cell(term(lang, "advice", s.type)),
    ]


def _candidate_cells(at: int, c: CandidateAnswer, lang: str) -> list[Cell]:
    return [Cell(at, digits=0), Cell(c.name), Cell(c.id), Cell(term(lang, "kind", c.kind))]


def _map_row(cell: LaneCell, names: Mapping[str, str], lang: str) -> list[Cell]:
    s, required = cell.cell, cell.look != "none"
    return [
        Cell(s.name),
        Cell(s.segment),
        Cell(term(lang, "stage", s.stage or "unstaged")),
        Cell(term(lang, "type", cell.look) if required else word(lang, "chain.not_required")),
        Cell(_flags(s.flags, lang)),
        Cell(s.severity, digits=4),
        *_ends(s.interval, 4),
        Cell(s.local if cell.local_known else None, digits=0),
        Cell(s.reach if s.reach or cell.local_known else None, digits=0),
        Cell(s.projects, digits=0),
        Cell(_listed([names.get(x, x) for x in s.leaders], lang)),
    ]


def _ends(interval: Interval | None, digits: int) -> list[Cell]:
    low, high = interval or (None, None)
    return [Cell(low, digits=digits), Cell(high, digits=digits)]


def _flags(flags: Sequence[str], lang: str) -> str:
    return _listed([term(lang, "flag", flag) for flag in flags], lang)


def _listed(told: Sequence[str], lang: str) -> str:
    return word(lang, "text.comma").join(told)
