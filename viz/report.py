"""一份报告: one chain as a story for a superior, the same for the page and for Word.

Every number is one of the answers'; tables are cut to what a superior reads, and say so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from graph.analysis.answers import (
    CandidateAnswer,
    ChainMap,
    Fit,
    GapsAnswer,
    RankAnswer,
    SegmentAnswer,
)
from graph.analysis.completeness import Completeness
from graph.question import scheme_of
from viz import report_parts as p
from viz.contexts import EvidenceFact, Frame
from viz.palette import MARKS
from viz.report_parts import Section
from viz.sentences import local_makers, path_text, reason_text
from viz.table import Cell, Column, Table
from viz.words import term, word

__all__ = ["LISTED", "PROJECTS", "ReportPage"]

LISTED = 10
PROJECTS = 3  # whose parks are named
SUPPLIERS = 3


@dataclass(frozen=True)
class ReportPage:
    """这条链断在哪、先补谁?"""

    template: ClassVar[str] = "report.html"
    frame: Frame
    map: ChainMap
    answer: GapsAnswer
    rank: RankAnswer
    completeness: Completeness
    fits: Mapping[str, Sequence[Fit]]  # of the best projects, in their order
    evidence: Mapping[str, EvidenceFact]
    names: Mapping[str, str]

    @property
    def title(self) -> str:
        """The question the report answers."""
        return self._say("title")

    @property
    def subject(self) -> str:
        """Chain, leader and region."""
        return " · ".join([self.map.name, self._who, self._name(self.answer.question.region)])

    @property
    def headline(self) -> str:
        """What the superior needs if nothing else is read."""
        whole = self.completeness.whole
        seen = {"region": self._name(self.answer.question.region), "who": self._who}
        if not whole.needed:
            return self._say("headline_nothing", **seen)
        told = [
            self._say(
                "headline",
                **seen,
                needed=whole.needed,
                done=whole.in_house + whole.covered,
                gaps=whole.gaps,
                unknown=whole.unknown,
            )
        ]
        for s in self._gaps[:1]:
            kind = term(self.frame.lang, "type", s.type)
            facts = {"segment": self._name(s.segment), "type": kind}
            told.append(self._say("headline_worst", severity=f"{s.severity or 0:.2f}", **facts))
        for c in self._ranked[:1]:
            facts = {"name": c.name, "kind": self._kind(c)}
            told.append(self._say("headline_best", fill=f"{c.fill:.1%}", **facts))
        return self._say("space").join(told)

    @property
    def notes(self) -> Sequence[str]:
        """What must be known before the numbers."""
        return [term(self.frame.lang, "note", code) for code in self.answer.notes]

    @property
    def sections(self) -> Sequence[Section]:
        """The report from top to bottom."""
        cited = [self.evidence[i] for i in self._cited() if i in self.evidence]
        return [
            self._asked(),
            self._complete(),
            self._missing(),
            self._waiting(),
            self._candidates(),
            p.parks_section(self.frame, self.fits, self.names),
            p.sources_section(self.frame.lang, cited),
            Section("limits", self._say("limits"), bullets=self._limits()),
        ]

    @property
    def foot(self) -> str:
        """What the numbers were worked out from."""
        date = self.frame.data_date or word(self.frame.lang, "text.no_data")
        revision, algorithm = self.answer.revision, self.answer.algorithm
        return self._say("foot", date=date, revision=revision, algorithm=algorithm)

    def told(self, cell: Cell, column: Column) -> str:
        """A cell in words, as on paper."""
        return p.told(self.frame.lang, cell, column)

    def _asked(self) -> Section:
        q, lang = self.answer.question, self.frame.lang
        scheme = scheme_of(q.scheme)
        weights = {k: f"{getattr(scheme, k):.2f}" for k in ("fill", "relatedness", "tie")}
        rows = [
            (word(lang, "term.chain"), self.map.name),
            (word(lang, "term.leader"), self._who),
            (word(lang, "choose.region"), self._name(q.region)),
            (word(lang, "choose.as_of"), q.as_of),
            (self._say("data"), self.foot),
            (word(lang, "choose.world"), term(lang, "world", q.world)),
            (word(lang, "choose.proximity"), term(lang, "proximity", q.proximity)),
            (word(lang, "choose.direction"), term(lang, "direction", q.direction)),
            (
                word(lang, "weights.title"),
                word(lang, "weights.now", readiness=f"{scheme.readiness:.2f}", **weights),
            ),
        ]
        table = self._table("asked", ("item", "value"), [[Cell(a), Cell(b)] for a, b in rows])
        return Section("asked", self._say("asked"), table=table)

    def _complete(self) -> Section:
        c, lines = self.completeness, []
        if c.share is not None and c.interval is not None:
            facts = {"known": c.whole.needed - c.whole.unknown, "unknown": c.whole.unknown}
            low, high = (f"{end:.1%}" for end in c.interval)
            done, share = c.whole.in_house + c.whole.covered, f"{c.share:.1%}"
            lines.append(
                self._say("complete_line", done=done, share=share, low=low, high=high, **facts)
            )
        if c.not_needed:
            lines.append(self._say("not_needed", n=c.not_needed))
        heads = ("stage", "needed", "in_house", "covered", "gaps", "unknown")
        rows = [
            [
                Cell(term(self.frame.lang, "report_stage", s.stage)),
                *(Cell(n, digits=0) for n in (s.needed, s.in_house, s.covered, s.gaps, s.unknown)),
            ]
            for s in (*c.stages, c.whole)
        ]
        table = self._table("stages", heads, rows)
        return Section("complete", self._say("complete"), lines, table)

    def _missing(self) -> Section:
        rows = [
            [
                Cell(at, digits=0),
                self._segment(s.segment, s.path),
                Cell(self._type(s), note=self._flags(s)),
                Cell(s.severity),
                *self._interval(s.interval, 2),
                Cell(self._suppliers(s)),
            ]
            for at, s in enumerate(self._gaps[:LISTED], 1)
        ]
        if not rows:
            return Section("gaps", self._say("gaps"), [word(self.frame.lang, "gaps.none")])
        heads = ("rank", "segment", "type", "severity", *self._ends, "suppliers")
        lead = self._say("gaps_lead", n=len(self._gaps), total=f"{self.answer.total:.2f}")
        table, more = self._table("worst", heads, rows), self._rest(len(self._gaps))
        return Section("gaps", self._say("gaps"), [lead], table, more=more)

    def _waiting(self) -> Section:
        waiting, title = self.answer.to_verify, self._say("verify")
        rows = [
            [Cell(at, digits=0), self._segment(v.segment, v.path), Cell(v.criticality)]
            for at, v in enumerate(waiting[:LISTED], 1)
        ]
        if not rows:
            return Section("verify", title, [word(self.frame.lang, "verify.nothing")])
        table = self._table("waiting", ("rank", "segment", "criticality"), rows)
        lead = self._say("verify_lead", n=len(waiting))
        return Section("verify", title, [lead], table, more=self._rest(len(waiting)))

    def _candidates(self) -> Section:
        local, lang = local_makers(self.answer.segments), self.frame.lang
        rows = [
            [
                Cell(at, digits=0),
                Cell(c.name, self._entity(c), note=self._kind(c)),
                Cell(c.score, digits=3),
                *self._interval(c.interval, 3),
                Cell(c.fill),
                Cell(reason_text(lang, c, self.rank.question, self.names, local)),
            ]
            for at, c in enumerate(self._ranked[:LISTED], 1)
        ]
        title = self._say("candidates")
        if not rows:
            return Section("candidates", title, [word(lang, "candidates.none")])
        heads = ("rank", "candidate", "score", *self._ends, "fill", "reason")
        table, more = self._table("best", heads, rows), self._rest(len(self._ranked))
        return Section("candidates", title, [self._say("candidates_lead")], table, more=more)

    def _limits(self) -> list[str]:
        keys = (
            "limit_sample" if self.frame.sample else "",
            f"limit_{self.answer.question.world}",
            "limit_assumed",
            "limit_interval" if self._ends else "limit_chain",
            "limit_score",
            "limit_data",
        )
        told = [self._say(key) for key in keys if key]
        if self.answer.unlocated:
            told.append(self._say("limit_unlocated", n=self.answer.unlocated))
        return told

    def _cited(self) -> list[str]:
        """Evidence of what is listed, each record once."""
        by_id = {s.segment: s for s in self.answer.segments}
        waiting = [by_id[v.segment] for v in self.answer.to_verify[:LISTED] if v.segment in by_id]
        found = [i for s in (*self._gaps[:LISTED], *waiting) for i in (*s.evidence, *s.basis)]
        found += [i for c in self._ranked[:LISTED] for part in c.parts for i in part.evidence]
        return list(dict.fromkeys(found))

    @property
    def _gaps(self) -> list[SegmentAnswer]:
        by_id = {s.segment: s for s in self.answer.segments}
        return [by_id[id_] for id_ in self.answer.gaps]

    @property
    def _ranked(self) -> list[CandidateAnswer]:
        """Those that fill something known."""
        return [c for c in self.rank.candidates if c.score > 0]

    @property
    def _who(self) -> str:
        leader = self.answer.question.leader
        if leader is not None:
            return self._name(leader)
        return word(self.frame.lang, "gaps.all_leaders", n=len(self.answer.leaders))

    @property
    def _ends(self) -> tuple[str, ...]:
        """The column of intervals, which a chain's question has not."""
        return () if self.answer.question.leader is None else ("interval",)

    def _interval(self, ends: tuple[float, float] | None, digits: int) -> list[Cell]:
        return [Cell(p.interval_text(ends, digits)) for _ in self._ends]

    def _segment(self, id: str, path: Sequence[str]) -> Cell:
        told = path_text(path, self.names, self.answer.question.direction)
        return Cell(self._name(id), self.frame.chain_url("candidates", segment=id), note=told)

    def _entity(self, c: CandidateAnswer) -> str:
        return self.frame.entity_url("Project" if c.kind == "project" else "Enterprise", c.id)

    def _type(self, s: SegmentAnswer) -> str:
        return f"{MARKS.get(s.type, '·')} {term(self.frame.lang, 'type', s.type)}"

    def _flags(self, s: SegmentAnswer) -> str:
        told = [term(self.frame.lang, "flag", flag) for flag in s.flags]
        return f"+ {p.listed(self.frame.lang, told)}" if told else ""

    def _suppliers(self, s: SegmentAnswer) -> str:
        if not s.suppliers:
            return word(self.frame.lang, "gaps.no_supplier")
        told = [self._name(f.id) for f in s.suppliers[:SUPPLIERS]]
        more = p.rest_text(self.frame.lang, len(s.suppliers), SUPPLIERS)
        return p.listed(self.frame.lang, [*told, *([more] if more else [])])

    def _kind(self, c: CandidateAnswer) -> str:
        return term(self.frame.lang, "kind", c.kind)

    def _rest(self, n: int) -> str:
        return p.rest_text(self.frame.lang, n, LISTED)

    def _table(self, id: str, heads: Sequence[str], rows: Sequence[Sequence[Cell]]) -> Table:
        return p.table_of(self.frame.lang, id, heads, rows)

    def _name(self, id: str) -> str:
        return self.names.get(id, id)

    def _say(self, key: str, **facts: object) -> str:
        return word(self.frame.lang, f"report.{key}", **facts)
