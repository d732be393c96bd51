"""What a park stands for, hosts and lacks: the other half of a gap list, seen from the ground.

主导产业集聚度 = industrial revenue of tenants in the leading chain / that of all tenants, over
those whose revenue is known; how many is said beside it.  The leading chain is the one on which
the park's positioning puts most weight (those, where several are equal).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import fsum, isnan, sqrt

from graph.analysis.coverage import ratio
from graph.analysis.facts import ENDED, Facts
from graph.analysis.fit import FREE, Fitting
from graph.analysis.focus import Counted, focus
from graph.analysis.gaps import GAP_TYPES, Gaps
from graph.analysis.parks import Park, parks_of

__all__ = [
    "Agglomeration",
    "Capacity",
    "NewEconomy",
    "Overlap",
    "ParkAnswer",
    "ParkSegment",
    "Tenant",
    "agglomeration",
    "counted",
    "leading_chains",
    "leads_in",
    "new_economy",
    "overlaps",
    "profile",
]

# 四新经济: what the tags of the documented tables call it, as a whole or by its parts.
NEW_ECONOMY = frozenset({"四新经济", "新技术", "新产业", "新业态", "新模式"})


@dataclass(frozen=True)
class Capacity:
    """What a park has left of something; `inherited` names the park it takes the value from."""

    name: str
    column: str
    value: float | None
    inherited: str | None


@dataclass(frozen=True)
class ParkSegment:
    """A segment the park is positioned on, or that its tenants make."""

    segment: str
    weight: float | None  # None = made here, not positioned on
    tenants: Sequence[str]
    type: str | None  # at the leader with the largest severity; None = no leader requires it
    severity: float | None
    leader: str | None
    dependents: int  # leaders that require it

    @property
    def is_gap(self) -> bool:
        """Whether some leader lacks it."""
        return self.type in GAP_TYPES


@dataclass(frozen=True)
class Tenant:
    """An active tenant, and what it makes."""

    id: str
    segments: Sequence[str]
    leading: bool  # makes a segment of the leading chain
    revenue_wan: float | None  # industrial
    tags: Sequence[str] | None  # None = nobody has said


@dataclass(frozen=True)
class Agglomeration:
    """主导产业集聚度: `share` is None where nobody's revenue is known."""

    share: float | None
    known: int
    tenants: int


@dataclass(frozen=True)
class NewEconomy:
    """四新: how many of those whose tags are known have one of `NEW_ECONOMY`."""

    share: float | None
    known: int
    of: int


@dataclass(frozen=True)
class Overlap:
    """How alike two parks are positioned: the cosine of their weights, 0 to 1."""

    park: str
    cosine: float
    shared: Sequence[str]
    nested: bool


@dataclass(frozen=True)
class ParkAnswer:
    """One park."""

    revision: int
    algorithm: str
    assumed: object
    id: str
    name: str
    region: str | None
    parent: str | None
    parts: Sequence[str]
    capacities: Sequence[Capacity]
    segments: Sequence[ParkSegment]
    tenants: Sequence[Tenant]
    leading: Sequence[str]  # chains
    agglomeration: Agglomeration
    new_economy: NewEconomy
    landings: Sequence[tuple[str, Agglomeration]]  # with each project that applies, landed alone
    overlaps: Sequence[Overlap]


def profile(
    facts: Facts, park: Park, gaps: Sequence[Gaps], revision: int, algorithm: str
) -> ParkAnswer:
    """The answer for one park; `gaps` are those of every leader, asked from the park's region."""
    table = facts.snapshot.nodes("Park")
    applied = [
        project
        for project, where in zip(facts.projects.ids, facts.projects.values("park"), strict=True)
        if where == park.id and facts.stage(project) not in ENDED
    ]
    return ParkAnswer(
        revision,
        algorithm,
        facts.assumed,
        park.id,
        park.name,
        park.word("region"),
        park.parent,
        [table.ids[at] for at in park.inside if table.ids[at] != park.id],
        [_capacity(park, rule, column) for rule, (_, column) in FREE.items()],
        sorted(
            _segments(facts, park, gaps),
            key=lambda s: (-(s.weight or 0.0), -(s.severity or 0.0), s.segment),
        ),
        [_tenant(facts, park, at) for at in park.tenants],
        sorted(leading_chains(facts, park)),
        agglomeration(facts, park),
        new_economy([_tenant(facts, park, at).tags for at in park.tenants]),
        [(p, agglomeration(facts, park, Fitting(facts, p))) for p in applied],
        overlaps(facts, park),
    )


def agglomeration(facts: Facts, park: Park, landing: Fitting | None = None) -> Agglomeration:
    """The park's figure, or what it is once `landing` (with its `revenue_wan`) is there too."""
    rows = counted(facts, park)
    if landing is not None:
        leads = leads_in(facts, landing.offered, park)
        rows.append(Counted(landing.id, landing.number("revenue_wan"), leads))
    found = focus(rows)
    return Agglomeration(found.share, found.known, found.tenants)


def counted(facts: Facts, park: Park) -> list[Counted]:
    """The active tenants, as the figure counts them."""
    return [
        Counted(t.id, t.revenue_wan, leads_in(facts, facts.products(t.id), park))
        for t in (_tenant(facts, park, at) for at in park.tenants)
    ]


def leads_in(facts: Facts, segments: Iterable[int], park: Park) -> bool | None:
    """Whether who makes these is of a park's leading chain; None where nothing says which it is."""
    leading = leading_chains(facts, park)
    return _leads(facts, segments, leading) if leading else None


def new_economy(tags: Sequence[Sequence[str] | None]) -> NewEconomy:
    """四新的占比, by number, over those whose tags are known.

    >>> new_economy([["四新经济", "标杆企业"], ["标杆企业"], None])
    NewEconomy(share=0.5, known=2, of=3)
    """
    known = [held for held in tags if held is not None]
    new = sum(bool(NEW_ECONOMY & {*held}) for held in known)
    return NewEconomy(ratio(new, len(known)) if known else None, len(known), len(tags))


def leading_chains(facts: Facts, park: Park) -> frozenset[str]:
    """主导产业: the chain with the largest sum of positioning weights, or those that tie."""
    weights: dict[str, list[float]] = {}
    for segment, weight in park.positioning.items():
        for chain in facts.chains.get(segment, ()):
            weights.setdefault(chain, []).append(weight)
    sums = {chain: fsum(some) for chain, some in weights.items()}
    return frozenset(c for c, total in sums.items() if total == max(sums.values()))


def _leads(facts: Facts, segments: Iterable[int], leading: frozenset[str]) -> bool:
    return any(leading & facts.chains.get(s, frozenset()) for s in segments)


def overlaps(facts: Facts, park: Park) -> list[Overlap]:
    """Other parks positioned on something of the same, the most alike first."""
    mine, found = park.positioning, []
    for other in parks_of(facts):
        both = sorted(mine.keys() & other.positioning.keys())
        if other.id != park.id and both:
            dot = fsum(mine[s] * other.positioning[s] for s in both)
            sizes = [sqrt(fsum(w * w for w in p.positioning.values())) for p in (park, other)]
            nested = _at(facts, other.id) in park.inside or _at(facts, park.id) in other.inside
            shared = [facts.segments.ids[s] for s in both]
            found.append(Overlap(other.id, min(1.0, dot / (sizes[0] * sizes[1])), shared, nested))
    return sorted(found, key=lambda o: (-o.cosine, o.park))


def _segments(facts: Facts, park: Park, gaps: Sequence[Gaps]) -> Iterable[ParkSegment]:
    ids = facts.segments.ids
    makers: dict[int, list[str]] = {}
    for at in park.tenants:
        for segment in facts.products(facts.enterprises.ids[at]):
            makers.setdefault(segment, []).append(facts.enterprises.ids[at])
    for segment in {*park.positioning, *makers}:
        needing = [(g.found[segment], g.view.leader) for g in gaps if segment in g.found]
        worst = max(
            needing, key=lambda n: -1.0 if n[0].severity is None else n[0].severity, default=None
        )
        yield ParkSegment(
            ids[segment],
            park.positioning.get(segment),
            sorted(makers.get(segment, ())),
            worst[0].type if worst else None,
            worst[0].severity if worst else None,
            worst[1] if worst else None,
            len(needing),
        )


def _tenant(facts: Facts, park: Park, at: int) -> Tenant:
    enterprise = facts.enterprises.ids[at]
    made = sorted(facts.products(enterprise))
    revenue = float(facts.enterprises.numbers("industrial_revenue_wan")[at])
    return Tenant(
        enterprise,
        [facts.segments.ids[s] for s in made],
        _leads(facts, made, leading_chains(facts, park)),
        None if isnan(revenue) else revenue,
        facts.enterprises.values("tags")[at],
    )


def _capacity(park: Park, rule: str, column: str) -> Capacity:
    held = park.holder(column)
    value = park.number(column)
    return Capacity(rule, column, value, None if held in (None, park.id) else held)


def _at(facts: Facts, park: str) -> int:
    return facts.snapshot.nodes("Park").index[park]
