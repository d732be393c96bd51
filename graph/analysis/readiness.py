"""Which questions of the product the data can answer, what each rests on, and what to add first.

A question is ready when everything it needs is registered; what merely sharpens its answer is told
beside it.  Counts are of rows that serve the question (a leader's products, not all products), and
`None` says that nothing of the kind is registered: it never says that there is none.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from graph.analysis.facts import ENDED, Facts, Maker, facts_of
from graph.analysis.fit import FREE
from graph.arrays import Array, NodeTable, RelTable
from graph.question import ALGORITHM, Assumptions
from graph.snapshot import Snapshot
from graph.tables import TABLES, Table

__all__ = ["QUESTIONS", "Held", "Readiness", "ReadinessAnswer", "readiness"]

_LEADER = ("leaders", "leader_regions", "leader_products", "leader_inputs", "leaders_asked")
# question -> (needed, sharpening), each a `Held.code`
QUESTIONS: Mapping[str, tuple[Sequence[str], Sequence[str]]] = {
    "gaps": (_LEADER, ("makers", "needs", "capacities", "surveys")),
    "candidates": ((*_LEADER, "suppliers"), ("needs", "capacities", "stages")),
    "fit": (
        ("projects", "parks", "project_measures", "park_measures"),
        ("positioning", "tenants", "offers"),
    ),
    "landing": ((*_LEADER, "offers"), ("needs", "offer_capacities", "project_sizes")),
    "flows": (("leaders", "leader_regions", "purchases"), ("purchase_values", "seller_regions")),
    "compare": (
        ("leaders", "leader_regions", "chain_segments", "chain_regions"),
        ("revenues", "needs"),
    ),
    "agglomeration": (("parks", "positioning", "tenants", "tenant_revenues"), ()),
    "verify": (_LEADER, ("surveys",)),
}
# code -> (table, column or "") where it is filled in
_PLACES: Mapping[str, tuple[str, str]] = {
    "leaders": ("enterprises", "leads"),
    "leader_regions": ("enterprises", "region"),
    "leader_products": ("produces", ""),
    "leader_inputs": ("inputs", ""),
    "leaders_asked": ("inputs", ""),
    "makers": ("produces", ""),
    "needs": ("needs", ""),
    "capacities": ("produces", "capacity"),
    "surveys": ("surveys", ""),
    "suppliers": ("offers", ""),
    "stages": ("projects", "stage"),
    "projects": ("projects", ""),
    "parks": ("parks", ""),
    "project_measures": ("projects", "land_mu"),
    "park_measures": ("parks", "land_free_mu"),
    "positioning": ("positioning", ""),
    "tenants": ("tenants", ""),
    "offers": ("offers", ""),
    "offer_capacities": ("offers", "capacity"),
    "project_sizes": ("projects", "investment_wan"),
    "purchases": ("supplies", ""),
    "purchase_values": ("supplies", "value_wan"),
    "seller_regions": ("enterprises", "region"),
    "chain_segments": ("segments", "chain"),
    "chain_regions": ("enterprises", "region"),
    "revenues": ("enterprises", "revenue_wan"),
    "tenant_revenues": ("enterprises", "industrial_revenue_wan"),
}
_LEAST = {"chain_regions": 2}  # a comparison needs two sides; everything else needs one


@dataclass(frozen=True)
class Held:
    """Something a question rests on, where it is filled in, and how much is registered."""

    code: str
    table: str
    column: str | None  # None = the rows themselves
    count: int | None  # None = nothing is registered
    ok: bool  # as much as is needed


@dataclass(frozen=True)
class Readiness:
    """Whether one question can be answered; `add` is the one thing to fill in first."""

    question: str  # of QUESTIONS
    ok: bool
    needs: Sequence[Held]
    sharpens: Sequence[Held]
    add: Held | None


@dataclass(frozen=True)
class ReadinessAnswer:
    """Every question, rows by documented table, and something to look at for each question."""

    revision: int
    algorithm: str
    tables: Mapping[str, int | None]  # None = nothing is registered
    questions: Sequence[Readiness]
    chain: str | None  # one with a leader that can be asked, else any
    project: str | None  # one that offers something, else any
    park: str | None  # one with tenants, else any


def readiness(snapshot: Snapshot) -> ReadinessAnswer:
    """What a snapshot can answer now."""
    return snapshot.memo.get("readiness", lambda: _readiness(snapshot))


def _readiness(snapshot: Snapshot) -> ReadinessAnswer:
    counted = _Counts(facts_of(snapshot, Assumptions()))
    held = {code: _held(code, count) for code, count in counted.all().items()}
    return ReadinessAnswer(
        snapshot.revision,
        ALGORITHM,
        {name: _rows(snapshot, table) or None for name, table in TABLES.items()},
        [_question(code, held) for code in QUESTIONS],
        counted.chain,
        counted.project,
        counted.park,
    )


def _held(code: str, count: int) -> Held:
    table, column = _PLACES[code]
    return Held(code, table, column or None, count or None, count >= _LEAST.get(code, 1))


def _question(code: str, held: Mapping[str, Held]) -> Readiness:
    needs, sharpens = ([held[c] for c in codes] for codes in QUESTIONS[code])
    add = next((h for h in (*needs, *sharpens) if not h.ok), None)
    return Readiness(code, all(h.ok for h in needs), needs, sharpens, add)


def _rows(snapshot: Snapshot, table: Table) -> int:
    """Rows of a documented table: nodes that say more than their id, or relations."""
    if table.label:
        held = snapshot.nodes(table.label)
        said = "region" if table.label == "Survey" else "name"
        return int(sum(v is not None for v in held.values(said)))
    return sum(
        len(r.src) for (type_, _, _), r in snapshot.relations.items() if type_ == table.relation
    )


class _Counts:
    """How much there is of everything that some question rests on."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        firms = facts.enterprises
        self.leaders = [
            at for at, leads in enumerate(firms.values("leads")) if leads and facts.active[at]
        ]

    def all(self) -> dict[str, int]:
        """Every count by its code."""
        return {
            **self._about_leaders(),
            **self._about_firms(),
            **self._about_parks(),
            **self._about_projects(),
        }

    @cached_property
    def products(self) -> Mapping[int, Collection[int]]:
        """leader -> the segments it makes."""
        ids = self.facts.enterprises.ids
        return {at: self.facts.products(ids[at]).keys() for at in self.leaders}

    @cached_property
    def inputs(self) -> Mapping[int, Collection[int]]:
        """leader -> the inputs that lead into its products from outside of them."""
        source, target = self.facts.inputs.source, self.facts.inputs.target
        return {
            at: np.flatnonzero(_among(target, made) & ~_among(source, made)).tolist()
            for at, made in self.products.items()
        }

    @cached_property
    def asked(self) -> Sequence[int]:
        """Leaders whose needs can be worked out: place, products and inputs are there."""
        region = self.facts.enterprises.values("region")
        return [at for at in self.leaders if region[at] and self.inputs[at]]

    @cached_property
    def chain(self) -> str | None:
        """A chain to look at."""
        chains, leads = self.facts.snapshot.nodes("Chain"), self.facts.enterprises.values("leads")
        led = {c for at in self.asked for c in leads[at]}
        return _first(chains, led)

    @cached_property
    def project(self) -> str | None:
        """A project to look at."""
        offers, projects = self.facts.offers, self.facts.projects
        return _first(projects, {projects.ids[at] for at in offers.src.tolist()} & self._open)

    @cached_property
    def park(self) -> str | None:
        """A park to look at."""
        parks, hosted = self.facts.snapshot.nodes("Park"), self._tenancies
        return _first(parks, {parks.ids[at] for at in hosted.dst.tolist()})

    def _about_leaders(self) -> dict[str, int]:
        facts = self.facts
        region, ids = facts.enterprises.values("region"), set(self.leaders)
        needs = facts.snapshot.rels("NEEDS", "Enterprise", "Segment")
        bought = facts.snapshot.rels("SUPPLIES", "Enterprise", "Enterprise")
        mine = _among(bought.dst, ids)
        sellers = set(bought.src[mine].tolist())
        return {
            "leaders": len(ids),
            "leader_regions": sum(bool(region[at]) for at in ids),
            "leader_products": sum(map(len, self.products.values())),
            "leader_inputs": len({i for some in self.inputs.values() for i in some}),
            "leaders_asked": len(self.asked),
            "needs": int(_among(needs.src, ids).sum()),
            "purchases": int(mine.sum()),
            "purchase_values": int((~np.isnan(bought.numbers("value_wan")) & mine).sum()),
            "seller_regions": sum(bool(region[at]) for at in sellers),
        }

    def _about_firms(self) -> dict[str, int]:
        facts, made = self.facts, self.facts.produces
        alive = facts.active[made.src]
        others = alive & ~_among(made.src, self.leaders)
        in_chains = _among(made.dst, facts.chains) & alive
        firms = set(made.src[in_chains].tolist())
        region = facts.enterprises.values("region")
        implied = self._implied
        makers = int(others.sum()) + len(implied)
        sized = int((~np.isnan(made.numbers("capacity")) & others).sum())
        return {
            "makers": makers,
            "capacities": sized + sum(m.capacity is not None for m in implied),
            "suppliers": makers + self._offered,
            "surveys": _rows(facts.snapshot, TABLES["surveys"]),
            "chain_segments": len(facts.chains),
            "chain_regions": len({region[at] for at in firms if region[at]}),
            "revenues": _known(facts.enterprises, firms, ("revenue_wan",)),
        }

    def _about_parks(self) -> dict[str, int]:
        facts, parks = self.facts, self.facts.snapshot.nodes("Park")
        positioned = facts.snapshot.rels("POSITIONED_ON", "Park", "Segment")
        hosted = self._tenancies
        active = {at for at in hosted.src.tolist() if facts.active[at]}
        free = [column for _, column in FREE.values()]
        measured = {at for at in range(len(parks.ids)) if _known(parks, {at}, free)}
        return {
            "parks": _rows(facts.snapshot, TABLES["parks"]),
            "positioning": len(positioned.src),
            "tenants": len(active),
            "tenant_revenues": _known(facts.enterprises, active, ("industrial_revenue_wan",)),
            "park_measures": len(measured | set(positioned.src.tolist())),
        }

    def _about_projects(self) -> dict[str, int]:
        projects, offers = self.facts.projects, self.facts.offers
        every = range(len(projects.ids))
        needed = [column for column, _ in FREE.values()]
        measured = {at for at in every if _known(projects, {at}, needed)}
        stages = projects.values("stage")
        mine = self._of_open
        return {
            "projects": _rows(self.facts.snapshot, TABLES["projects"]),
            "stages": sum(stages[at] is not None for at in every),
            "project_measures": len(measured | set(offers.src.tolist())),
            "project_sizes": sum(
                _known(projects, {at}, ("investment_wan",)) and _known(projects, {at}, ("land_mu",))
                for at in every
            ),
            "offers": self._offered,
            "offer_capacities": int((~np.isnan(offers.numbers("capacity")) & mine).sum()),
        }

    @cached_property
    def _implied(self) -> Sequence[Maker]:
        """What others than leaders make by operating projects alone."""
        facts, leaders = self.facts, set(self.leaders)
        rows = [
            (facts.enterprises.index[m.enterprise], m) for s in facts.implied.values() for m in s
        ]
        return [m for at, m in rows if facts.active[at] and at not in leaders]

    @cached_property
    def _tenancies(self) -> RelTable:
        return self.facts.snapshot.rels("TENANT_OF", "Enterprise", "Park")

    @cached_property
    def _open(self) -> frozenset[str]:
        """Projects that are still to land."""
        return frozenset(p for p in self.facts.projects.ids if self.facts.stage(p) not in ENDED)

    @cached_property
    def _of_open(self) -> Array:
        """Which offers are of projects still to land."""
        index = self.facts.projects.index
        return _among(self.facts.offers.src, {index[p] for p in self._open})

    @property
    def _offered(self) -> int:
        return int(self._of_open.sum())


def _among(column: Array, positions: Collection[int]) -> Array:
    """Which entries of a column are one of some positions."""
    return np.isin(column, np.fromiter(positions, np.int64, len(positions)))


def _known(table: NodeTable, rows: Collection[int], columns: Sequence[str]) -> int:
    """How many of some rows have a number in any of some columns."""
    known = [~np.isnan(table.numbers(column)) for column in columns]
    return sum(any(bool(column[at]) for column in known) for at in rows)


def _first(table: NodeTable, wanted: Collection[str]) -> str | None:
    """The first id wanted, else the first there is."""
    return next((i for i in table.ids if i in wanted), next(iter(table.ids), None))
