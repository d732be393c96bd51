"""What a snapshot says, in the words of the definitions: who makes what, where, since when.

Built once per snapshot and shared by every question on it; nothing here depends on a leader.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import isnan

import numpy as np

from graph.analysis.regions import RegionTree
from graph.analysis.requirements import Inputs, input_weights
from graph.arrays import Array, NodeTable, RelTable
from graph.question import Assumptions
from graph.snapshot import Snapshot

__all__ = ["Facts", "Maker", "Offer", "Survey", "facts_of", "number"]

OPERATING = "operating"
ENDED = frozenset({"operating", "lost"})


@dataclass(frozen=True, slots=True)
class Maker:
    """An enterprise that makes a segment; capacity and availability None = unknown."""

    enterprise: str
    segment: int
    capacity: float | None
    availability: float | None
    grade: str
    region: str | None
    size: str
    evidence: tuple[str, ...]
    as_of: str


@dataclass(frozen=True, slots=True)
class Offer:
    """A segment that a project offers, in the same terms as a maker."""

    project: str
    maker: Maker


@dataclass(frozen=True, slots=True)
class Survey:
    """Somebody checked that the list of producers is complete; "" = all."""

    region: str
    as_of: str
    chain: str
    segment: str
    evidence: tuple[str, ...]


class Facts:
    """Lazy tables over one snapshot."""

    def __init__(self, snapshot: Snapshot, assumed: Assumptions) -> None:
        self.snapshot = snapshot
        self.assumed = assumed
        self.segments: NodeTable = snapshot.nodes("Segment")
        self.enterprises: NodeTable = snapshot.nodes("Enterprise")
        self.projects: NodeTable = snapshot.nodes("Project")
        self.produces: RelTable = snapshot.rels("PRODUCES", "Enterprise", "Segment")
        self.offers: RelTable = snapshot.rels("OFFERS", "Project", "Segment")
        self._makers: dict[int, tuple[Maker, ...]] = {}

    @cached_property
    def regions(self) -> RegionTree:
        """The nesting of regions."""
        table = self.snapshot.nodes("Region")
        return RegionTree(_known(table, "parent"), _known(table, "level"))

    @cached_property
    def inputs(self) -> Inputs:
        """The technology graph with assumed weights filled in."""
        return input_weights(self.snapshot.rels("INPUT_OF", "Segment", "Segment"), self.assumed)

    @cached_property
    def active(self) -> Array:
        """Which enterprises make anything: not closed, not moved."""
        status = self.enterprises.values("status")
        return np.array([s not in ("closed", "moved") for s in status], bool)

    @cached_property
    def implied(self) -> Mapping[int, Sequence[Maker]]:
        """Offers of operating projects, which count as produces of their applicants, by segment."""
        found: dict[int, list[Maker]] = {}
        for project, name in enumerate(self.projects.ids):
            applicant = self.applicant(name)
            if self.stage(name) == OPERATING and applicant is not None:
                for at in self.offers.out(project):
                    maker = self._offered(project, at, self.enterprises.ids[applicant])
                    if self.produces.find(applicant, maker.segment, "") < 0:
                        found.setdefault(maker.segment, []).append(maker)
        return found

    def makers(self, segment: int) -> tuple[Maker, ...]:
        """Active makers of a segment, operating projects included, by enterprise id."""
        if segment not in self._makers:
            rows = [self._maker(int(at)) for at in self.produces.into(segment)]
            both = [*rows, *self.implied.get(segment, ())]
            alive = [m for m in both if self.active[self.enterprises.index[m.enterprise]]]
            self._makers[segment] = tuple(sorted(alive, key=lambda m: m.enterprise))
        return self._makers[segment]

    def products(self, enterprise: str) -> dict[int, float]:
        """Segments an enterprise makes with their importance, also when it is closed or moved."""
        at = self.enterprises.index[enterprise]
        importance = self.produces.numbers("importance")
        rows = self.produces.out(at)
        made = {
            int(self.produces.dst[i]): _or(number(importance, i), self.assumed.importance)
            for i in rows
        }
        for segment, makers in self.implied.items():
            if any(m.enterprise == enterprise for m in makers):
                made.setdefault(segment, self.assumed.importance)
        return made

    def offers_of(self, project: str) -> list[Offer]:
        """What a project offers; size is its applicant's, region its own."""
        at = self.projects.index[project]
        applicant = self.applicant(project)
        name = "" if applicant is None else self.enterprises.ids[applicant]
        return [Offer(project, self._offered(at, i, name)) for i in self.offers.out(at)]

    def applicant(self, project: str) -> int | None:
        """Position of a project's applicant, None where it is nobody in `enterprises`."""
        named = self.projects.values("applicant")[self.projects.index[project]]
        return self.enterprises.index.get(named) if named is not None else None

    def stage(self, project: str) -> str | None:
        """A project's stage, None = unknown."""
        stage: str | None = self.projects.values("stage")[self.projects.index[project]]
        return stage

    def region(self, enterprise: str) -> str | None:
        """An enterprise's region, None = unknown."""
        at = self.enterprises.index[enterprise]
        region: str | None = self.enterprises.values("region")[at]
        return region

    @cached_property
    def chains(self) -> Mapping[int, frozenset[str]]:
        """segment position -> the chains it belongs to."""
        part = self.snapshot.rels("PART_OF", "Segment", "Chain")
        names = self.snapshot.nodes("Chain").ids
        found: dict[int, set[str]] = {}
        for segment, chain in zip(part.src.tolist(), part.dst.tolist(), strict=True):
            found.setdefault(segment, set()).add(names[chain])
        return {s: frozenset(c) for s, c in found.items()}

    @cached_property
    def surveys(self) -> Sequence[Survey]:
        """Every survey."""
        table = self.snapshot.nodes("Survey")
        names = ("region", "as_of", "chain", "segment", "evidence")
        rows = zip(*(table.values(name) for name in names), strict=True)
        return [
            Survey(r or "", d or "", c or "", s or "", tuple(e or ())) for r, d, c, s, e in rows
        ]

    @cached_property
    def newest(self) -> str | None:
        """The newest date of any row in the graph."""
        tables: Iterable[NodeTable | RelTable] = (
            *(t for t in self.snapshot.tables.values() if t.label != "Evidence"),  # as written
            *self.snapshot.relations.values(),
        )
        dates = (d for table in tables for d in table.values("as_of") if d)
        return max(dates, default=None)

    def _maker(self, at: int) -> Maker:
        enterprise = self.enterprises.ids[self.produces.src[at]]
        return _maker(self, self.produces, at, enterprise, self.region(enterprise))

    def _offered(self, project: int, at: int, applicant: str) -> Maker:
        region = self.projects.values("region")[project]
        return _maker(self, self.offers, at, applicant, region)


def facts_of(snapshot: Snapshot, assumed: Assumptions) -> Facts:
    """The facts of a snapshot, built once."""
    return snapshot.memo.get(("facts", assumed), lambda: Facts(snapshot, assumed))


def number(column: Array, at: int) -> float | None:
    """One entry of a column of numbers, None = unknown."""
    value = float(column[at])
    return None if isnan(value) else value


def _maker(facts: Facts, table: RelTable, at: int, name: str, region: str | None) -> Maker:
    where = facts.enterprises.index.get(name)
    size = facts.enterprises.values("size")[where] if where is not None else None
    return Maker(
        name,
        int(table.dst[at]),
        number(table.numbers("capacity"), at),
        number(table.numbers("availability"), at),
        table.values("grade")[at] or "declared",
        region,
        size or "unknown",
        tuple(table.values("evidence")[at] or ()),
        table.values("as_of")[at] or "",
    )


def _or(value: float | None, assumed: float) -> float:
    return assumed if value is None else value


def _known(table: NodeTable, name: str) -> dict[str, str]:
    column = table.values(name)
    return {id_: v for id_, v in zip(table.ids, column, strict=True) if v is not None}
