"""Numbers that stand beside severity and never inside it: none of them is monotone in suppliers.

Location quotient of segment s in region r, over the active firms of one chain:
`LQ = (o/n) / (O/N)`, o of the region's n firms and O of the graph's N firms make s.  Few firms make
it jump, so it is shrunk towards 1 as a gamma–Poisson mean (Clayton & Kaldor, Biometrics 43:671,
1987): with `e = n·O/N` expected, `LQ* = (o + α)/(e + α)`, between `o/e` and 1.  α is fitted by
moments over the segments (Marshall, Applied Statistics 40:283, 1991):
`1/α = (Σ(o − e)²/e − Σ(1 − O/N)·(N − n)/(N − 1)) / Σe`, where the second sum is what drawing n of
the N firms by chance would give (the region is part of the whole, so its counts vary less than
Poisson ones).  No more variation than that: α infinite, every LQ* is 1.  α is at least 1: one
expected firm, so that a lone firm is never a specialisation by itself.

HHI = Σ(x̂/Σx̂)² of the suppliers in reach; the rule of ETO's Supply Chain Explorer counts the
providers needed to reach 75 %.  An articulation point is a segment whose loss disconnects the
chain's undirected INPUT_OF graph (Tarjan 1972).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import fsum, inf, isfinite, isnan

from graph.analysis.answers import SegmentAnswer
from graph.analysis.coverage import ratio
from graph.analysis.facts import Facts

__all__ = [
    "ChainFirms",
    "Concentration",
    "LocalShare",
    "Quotient",
    "Quotients",
    "articulation",
    "chain_firms",
    "concentration",
    "local_share",
    "prior_weight",
    "quotients",
    "shrunk",
    "supplied",
]

MOST = 0.75
LEAST_PRIOR = 1.0


@dataclass(frozen=True)
class Quotient:
    """One segment in one region; raw and shrunk are None where the region has no firm of the chain
    or nobody makes the segment anywhere."""

    makers: Sequence[str]  # o, in the region
    everywhere: int  # O
    expected: float | None  # e
    raw: float | None
    shrunk: float | None


@dataclass(frozen=True)
class Quotients:
    """A region's location quotients in one chain; `prior` α is None where it is infinite."""

    region: str
    firms: int  # n
    whole: int  # N
    prior: float | None
    segments: Mapping[int, Quotient]


@dataclass(frozen=True)
class Concentration:
    """How few carry a supply; None where nobody does."""

    providers: int
    hhi: float | None
    to_most: int | None  # providers needed to reach 75 %


@dataclass(frozen=True)
class LocalShare:
    """本地配套率 by value; None where no row has a value."""

    share: float | None
    local_wan: float | None
    known_wan: float | None
    valued: int
    unvalued: int  # rows left out


@dataclass(frozen=True, eq=False)
class ChainFirms:
    """The active firms of a chain: who makes which of its segments, and where.

    `basis` is `revenue` where every firm's revenue is known and positive, else `firms`; `weight`
    is what each firm counts, 1 by firms.
    """

    places: Mapping[int, Sequence[tuple[str, str | None]]]  # segment -> (enterprise, region)
    weight: Mapping[str, float]
    basis: str

    @property
    def unlocated(self) -> int:
        """Firms that stand in no known region."""
        located = {f for rows in self.places.values() for f, region in rows if region is not None}
        return len(self.weight) - len(located)

    def total(self, firms: Collection[str]) -> float:
        """What some of the firms count together."""
        return fsum(self.weight[f] for f in firms)


def chain_firms(facts: Facts, chain: str) -> ChainFirms:
    """The firms of a chain, gathered once a snapshot."""
    key = ("chain_firms", facts.assumed, chain)
    return facts.snapshot.memo.get(key, lambda: _gathered(facts, chain))


def quotients(facts: Facts, chain: str, region: str) -> Quotients:
    """Every segment of the chain as the region makes it, beside the whole graph.

    By revenue, o and e are firm equivalents: n times the revenue shares of those who make s.
    """
    held = chain_firms(facts, chain)
    here = {
        s: sorted({f for f, where in rows if facts.regions.inside(where, region)})
        for s, rows in held.places.items()
    }
    firms = {f for made in here.values() for f in made}
    n, whole = len(firms), len(held.weight)
    weight = (held.total(firms), held.total(held.weight))
    cells = {}
    for segment, rows in held.places.items():
        everywhere = {f for f, _ in rows}
        if firms and everywhere:
            parts = (held.total(here[segment]), held.total(everywhere))
            # Both in one way: where all firms are here, they are equal to the last bit.
            cells[segment] = n * parts[0] / weight[0], n * parts[1] / weight[1]
    alpha = prior_weight(cells.values(), _chance(cells, n, whole))
    return Quotients(
        region,
        n,
        whole,
        alpha if isfinite(alpha) else None,
        {
            s: _quotient(here[s], len({f for f, _ in rows}), cells.get(s), alpha)
            for s, rows in held.places.items()
        },
    )


def prior_weight(cells: Iterable[tuple[float, float]], chance: float) -> float:
    """α of cells (observed, expected > 0), given the Σ(o − e)²/e that chance would give.

    >>> prior_weight([(4, 2), (0, 2)], 2.0)  # (4 − 2) / 4 is a variance of ½
    2.0
    >>> prior_weight([(2, 2), (2, 2)], 2.0)
    inf
    """
    held = list(cells)
    spread = fsum((o - e) ** 2 / e for o, e in held) - chance
    return max(LEAST_PRIOR, fsum(e for _, e in held) / spread) if spread > 0 else inf


def shrunk(observed: float, expected: float, alpha: float) -> float:
    """`(o + α)/(e + α)`, 1 where α is infinite.

    >>> shrunk(4, 2, 2), shrunk(4, 2, inf)
    (1.5, 1.0)
    """
    return (observed + alpha) / (expected + alpha) if isfinite(alpha) else 1.0


def concentration(effective: Iterable[float]) -> Concentration:
    """HHI in [1/n, 1] and the fewest providers that carry 75 %, of effective supplies x̂.

    >>> concentration([0.5, 0.25, 0.25])
    Concentration(providers=3, hhi=0.375, to_most=2)
    """
    held = sorted((x for x in effective if x > 0), reverse=True)
    if not held:
        return Concentration(0, None, None)
    whole = fsum(held)
    enough = next(k for k in range(1, len(held) + 1) if fsum(held[:k]) >= MOST * whole)
    return Concentration(len(held), min(1.0, fsum((x / whole) ** 2 for x in held)), enough)


def supplied(needed: SegmentAnswer) -> Concentration:
    """`concentration` of the suppliers in reach of a required segment."""
    return concentration(s.effective for s in needed.suppliers if s.availability > 0)


def articulation(facts: Facts, chain: str) -> frozenset[int]:
    """Segments (by position) whose loss disconnects the chain's undirected INPUT_OF graph."""
    import networkx as nx

    inputs = facts.snapshot.rels("INPUT_OF", "Segment", "Segment")
    mine = {s for s, chains in facts.chains.items() if chain in chains}
    ends = zip(inputs.src.tolist(), inputs.dst.tolist(), strict=True)
    drawn: nx.Graph[int] = nx.Graph()
    drawn.add_edges_from((a, b) for a, b in ends if a != b and a in mine and b in mine)
    return frozenset(nx.articulation_points(drawn))


def local_share(rows: Iterable[tuple[bool, float | None]]) -> LocalShare:
    """The local part of purchases (from a local firm, value or None).

    >>> local_share([(True, 30.0), (False, 70.0), (True, None)]).share
    0.3
    """
    held = list(rows)
    known = [(local, value) for local, value in held if value is not None]
    if not known:
        return LocalShare(None, None, None, 0, len(held))
    whole, part = fsum(v for _, v in known), fsum(v for local, v in known if local)
    share = ratio(part, whole) if whole > 0 else None
    return LocalShare(share, part, whole, len(known), len(held) - len(known))


def _gathered(facts: Facts, chain: str) -> ChainFirms:
    mine = sorted(s for s, chains in facts.chains.items() if chain in chains)
    places = {s: [(m.enterprise, m.region) for m in facts.makers(s)] for s in mine}
    firms = sorted({f for rows in places.values() for f, _ in rows})
    revenue = facts.enterprises.numbers("revenue_wan")
    earned = {f: float(revenue[facts.enterprises.index[f]]) for f in firms}
    if firms and all(not isnan(v) and v > 0 for v in earned.values()):
        return ChainFirms(places, earned, "revenue")
    return ChainFirms(places, dict.fromkeys(firms, 1.0), "firms")


def _chance(cells: Mapping[int, tuple[float, float]], n: int, whole: int) -> float:
    """Σ Var(o)/e of drawing n of the whole's firms without replacement."""
    if whole < 2:
        return 0.0
    return fsum(1 - e / n for _, e in cells.values()) * (whole - n) / (whole - 1)


def _quotient(
    makers: Sequence[str], everywhere: int, cell: tuple[float, float] | None, alpha: float
) -> Quotient:
    if cell is None:
        return Quotient(makers, everywhere, None, None, None)
    observed, expected = cell
    return Quotient(
        makers, everywhere, expected, observed / expected, shrunk(observed, expected, alpha)
    )
