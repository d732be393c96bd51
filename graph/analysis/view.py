"""One question on one snapshot: the region's surroundings, the leader's needs, its suppliers."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from graph.analysis.answers import Asked
from graph.analysis.coverage import Entry, ratio
from graph.analysis.facts import Facts, Maker, Survey, facts_of
from graph.analysis.requirements import Requirement, requirements
from graph.errors import NotFound, UsageError
from graph.question import Assumptions, Proximity, Question
from graph.snapshot import Snapshot

__all__ = ["View", "leaders_of", "months_before", "view_of"]


@dataclass(eq=False)
class View:
    """What one leader (or a chain's pseudo-leader: `leader` None) sees from a region."""

    question: Question
    facts: Facts
    leader: str | None
    region: str
    as_of: str | None
    products: Mapping[int, float]
    _entries: dict[tuple[int, Proximity], tuple[Entry, ...]] = field(default_factory=dict)

    @property
    def assumed(self) -> Assumptions:
        """The assumptions of the question."""
        return self.question.assumptions

    @property
    def asked(self) -> Asked:
        """The question with its defaults filled in."""
        q = self.question
        return Asked(
            self.leader if q.chain is None else None,
            q.chain,
            self.region,
            self.as_of,
            q.world,
            q.proximity,
            q.direction,
            q.scheme,
        )

    @cached_property
    def required(self) -> Mapping[int, Requirement]:
        """R(ℓ) by segment position, in id order."""
        found = requirements(
            self.facts.inputs,
            self.products,
            len(self.facts.segments.ids),
            self.question.direction,
            self.assumed,
        )
        return {r.segment: r for r in found}

    @cached_property
    def needs(self) -> Mapping[int, float]:
        """The leader's known needs by segment position."""
        if self.leader is None:
            return {}
        table = self.facts.snapshot.rels("NEEDS", "Enterprise", "Segment")
        rows = table.out(self.facts.enterprises.index[self.leader])
        need = table.numbers("need")
        return {int(table.dst[i]): float(need[i]) for i in rows}

    @cached_property
    def horizon(self) -> str | None:
        """The date before which evidence is stale and a survey no longer counts."""
        return self.as_of and months_before(self.as_of, self.assumed.survey_months)

    def near(self, region: str | None, scheme: Proximity) -> float:
        """Proximity of a region under a scheme."""
        return self.facts.regions.proximity(self.region, region, scheme, self.assumed)

    def is_local(self, region: str | None) -> bool:
        """Whether a region lies inside the question's."""
        return self.facts.regions.inside(region, self.region)

    def entry(self, maker: Maker, proximity: float) -> Entry:
        """A maker as a supplier at a given proximity, the unknown assumed."""
        need = self.needs.get(maker.segment)
        assumed, capacity = self.assumed, maker.capacity
        if capacity == 0:
            x = 0.0
        elif capacity is None or need is None:
            x = dict(assumed.size_share)[maker.size]
        else:
            x = ratio(capacity, need)
        return Entry(
            maker=maker.enterprise,
            x=x,
            availability=assumed.availability[1]
            if maker.availability is None
            else maker.availability,
            factor=dict(assumed.grade_factor)[maker.grade],
            proximity=proximity,
            sized=capacity is not None,
            needed=need is not None,
            sure=maker.availability is not None,
            evidence=maker.evidence,
            as_of=maker.as_of,
        )

    def suppliers(self, segment: int, scheme: Proximity | None = None) -> tuple[Entry, ...]:
        """Suppliers of a segment under the question's proximity scheme or another."""
        key = (segment, scheme or self.question.proximity)
        if key not in self._entries:
            near = ((m, self.near(m.region, key[1])) for m in self.facts.makers(segment))
            entries = [self.entry(m, p) for m, p in near if p > 0]
            entries.sort(key=lambda e: (-e.effective(self.assumed), -e.availability))
            self._entries[key] = tuple(entries)  # equal ones stay in id order
        return self._entries[key]

    @cached_property
    def unknown(self) -> frozenset[int]:
        """Required segments that nobody in reach makes and nobody has checked (open world)."""
        if self.question.world == "closed":
            return frozenset()
        return frozenset(
            s for s in self.required if not self.in_reach(s) and not any(self.surveys_of(s))
        )

    def in_reach(self, segment: int) -> list[Entry]:
        """Suppliers with x̂·ρ > 0 under `nested`, whatever scheme is asked."""
        return [e for e in self.suppliers(segment, "nested") if e.counts(self.assumed)]

    def surveys_of(self, segment: int) -> Iterator[Survey]:
        """Surveys that count here and now and cover a segment: it, one of its chains, or all."""
        name = self.facts.segments.ids[segment]
        chains = self.facts.chains.get(segment, frozenset())
        for s in self._surveys:
            if s.segment == name or (not s.segment and (not s.chain or s.chain in chains)):
                yield s

    @cached_property
    def _surveys(self) -> Sequence[Survey]:
        here = self.facts.regions.path(self.region)
        return [s for s in self.facts.surveys if s.region in here and self._timely(s.as_of)]

    def _timely(self, date: str) -> bool:
        return bool(self.as_of and self.horizon and self.horizon < date <= self.as_of)


def months_before(date: str, months: int) -> str:
    """The same day some months earlier, or that month's last day.

    >>> months_before("2024-03-31", 25), months_before("2026-11-23", 24)
    ('2022-02-28', '2024-11-23')
    """
    year, month, day = (int(part) for part in date.split("-"))
    total = year * 12 + month - 1 - months
    year, month = total // 12, total % 12 + 1
    return f"{year:04d}-{month:02d}-{min(day, monthrange(year, month)[1]):02d}"


def view_of(snapshot: Snapshot, question: Question) -> list[View]:
    """One view a leader: one for a leader's question, all leaders' for a chain's.

    A chain without leaders is asked as a pseudo-leader that makes what the region's enterprises
    make in it.  Raises `UsageError` when the question names neither or both, or no region can be
    told, `NotFound` when the leader or chain does not exist.
    """
    facts = facts_of(snapshot, question.assumptions)
    if (question.leader is None) == (question.chain is None):
        raise UsageError("leader_or_chain")
    if question.leader is not None:
        return [_leader_view(facts, question, question.leader, None)]
    return _chain_views(facts, question, str(question.chain))


def leaders_of(facts: Facts, chain: str) -> list[str]:
    """Active and other enterprises that lead a chain, by id."""
    table = facts.snapshot.rels("LEADS", "Enterprise", "Chain")
    index = facts.snapshot.nodes("Chain").index
    rows = table.into(index[chain]).tolist() if chain in index else []
    return [facts.enterprises.ids[table.src[i]] for i in rows]


def _leader_view(facts: Facts, question: Question, leader: str, region: str | None) -> View:
    if leader not in facts.enterprises.index:
        raise NotFound("unknown_leader", leader=leader)
    where = question.region or region or facts.region(leader)
    if where is None:
        raise UsageError("region_needed", leader=leader)
    return View(
        question, facts, leader, where, question.as_of or facts.newest, facts.products(leader)
    )


def _chain_views(facts: Facts, question: Question, chain: str) -> list[View]:
    if chain not in facts.snapshot.nodes("Chain").index:
        raise NotFound("unknown_chain", chain=chain)
    leaders = leaders_of(facts, chain)
    if leaders:
        first = next((r for r in map(facts.region, leaders) if r is not None), None)
        return [_leader_view(facts, question, leader, first) for leader in leaders]
    if question.region is None:
        raise UsageError("region_needed", chain=chain)
    return [_pseudo_view(facts, question, chain, question.region)]


def _pseudo_view(facts: Facts, question: Question, chain: str, region: str) -> View:
    mine = (s for s in range(len(facts.segments.ids)) if chain in facts.chains.get(s, ()))
    made = {
        s: facts.assumed.importance
        for s in mine
        if any(facts.regions.inside(m.region, region) for m in facts.makers(s))
    }
    return View(question, facts, None, region, question.as_of or facts.newest, made)
