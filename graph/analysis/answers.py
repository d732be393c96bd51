"""The answers: one frozen dataclass a question, which every face only renders.

Field names are the keys of `definitions` §7; `None` is unknown, never 0.  `as_json` turns an answer
into the plain object that the command line, REST and the exports share.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass

__all__ = [
    "Asked",
    "CandidateAnswer",
    "ChainCell",
    "ChainMap",
    "Dossier",
    "Fact",
    "Fit",
    "FitAnswer",
    "FitComponents",
    "FitRule",
    "GapsAnswer",
    "Interval",
    "Modifiers",
    "NarrowBy",
    "PartAnswer",
    "RankAnswer",
    "RelatedFact",
    "SegmentAnswer",
    "SupplierAnswer",
    "ToVerify",
    "WhyNot",
    "as_json",
]

Interval = tuple[float, float]


@dataclass(frozen=True)
class Asked:
    """The question as answered: defaults filled in, names resolved to ids."""

    leader: str | None
    chain: str | None
    region: str
    as_of: str | None
    world: str
    proximity: str
    direction: str
    scheme: str


@dataclass(frozen=True)
class SupplierAnswer:
    """One supplier of a segment: x = share of the need, effective = x̂, and what was assumed."""

    id: str
    x: float
    effective: float
    availability: float
    proximity: float
    assumed: Sequence[str]  # of "capacity", "need", "availability"


@dataclass(frozen=True)
class SegmentAnswer:
    """One required segment: type, flags, numbers, the named path and who supplies it."""

    segment: str
    name: str
    chains: Sequence[str]
    type: str
    flags: Sequence[str]
    criticality: float
    shortage: float | None
    severity: float | None
    interval: Interval | None
    path: Sequence[str]
    suppliers: Sequence[SupplierAnswer]
    evidence: Sequence[str]
    basis: Sequence[str] = ()  # evidence of the inputs along the path and of surveys
    dependents: int | None = None  # chain question only: leaders that require it


@dataclass(frozen=True)
class ToVerify:
    """An unknown segment: somebody should check who makes it in reach."""

    segment: str
    criticality: float
    path: Sequence[str]


@dataclass(frozen=True)
class GapsAnswer:
    """Where the chain is broken around a leader or a chain, seen from a region."""

    question: Asked
    revision: int
    algorithm: str
    assumed: Mapping[str, object]
    total: float
    total_interval: Interval | None
    segments: Sequence[SegmentAnswer]
    gaps: Sequence[str]
    in_house: Sequence[str]
    to_verify: Sequence[ToVerify]
    unlocated: int
    leaders: Sequence[str] = ()
    notes: Sequence[str] = ()  # codes: no_products, pseudo_leader, closed_world, …


@dataclass(frozen=True)
class Modifiers:
    """The three modifiers, each in [0, 1]; relatedness is None where nothing is filled."""

    relatedness: float | None
    tie: float
    readiness: float


@dataclass(frozen=True)
class PartAnswer:
    """One segment's share of a score; before and after are shortages."""

    segment: str
    part: float
    gain: float
    before: float
    after: float
    path: Sequence[str]
    evidence: Sequence[str]


@dataclass(frozen=True)
class NarrowBy:
    """The one unknown whose knowledge shrinks the interval most."""

    input: str  # capacity | need | availability | stage | survey
    segment: str | None


@dataclass(frozen=True)
class CandidateAnswer:
    """One candidate: its score is the sum of its parts."""

    id: str
    name: str
    kind: str  # project | enterprise | expansion
    score: float
    fill: float
    gain: float
    fill_if_missing: float | None
    interval: Interval | None
    narrow_by: NarrowBy | None
    modifiers: Modifiers
    parts: Sequence[PartAnswer]
    assumed: Sequence[str]


@dataclass(frozen=True)
class RankAnswer:
    """Who could fill the gaps, best first."""

    question: Asked
    revision: int
    algorithm: str
    assumed: Mapping[str, object]
    total: float
    candidates: Sequence[CandidateAnswer]
    locate_first: Sequence[str]
    notes: Sequence[str] = ()


@dataclass(frozen=True)
class WhyNot:
    """Why something is absent from a ranking: codes with the facts their sentence needs."""

    id: str
    name: str
    reasons: Sequence[Mapping[str, object]] = field(default_factory=tuple)


@dataclass(frozen=True)
class ChainCell:
    """One segment on the chain map; `type` is None where the leader does not require it."""

    segment: str
    name: str
    stage: str | None  # upstream | midstream | downstream
    local: int  # active makers inside the region
    reach: int  # active makers in reach outside it
    projects: int  # projects that offer it, neither operating nor lost
    in_house: bool
    leaders: Sequence[str]  # chain leaders that make it
    type: str | None
    flags: Sequence[str]
    severity: float | None
    interval: Interval | None
    hhi: float | None = None  # of what its suppliers can do, None without any


@dataclass(frozen=True)
class ChainMap:
    """What a chain looks like and where it is broken, for one question."""

    question: Asked
    revision: int
    algorithm: str
    chain: str
    name: str
    cells: Sequence[ChainCell]


@dataclass(frozen=True)
class Fact:
    """One claim about one field, with its source; `shown` marks the one on top."""

    field: str
    value: object
    grade: str
    as_of: str | None
    source: str | None
    locator: str | None
    shown: bool
    recorded_by: str | None = None  # who wrote it down here; None = it came from files
    recorded_at: str | None = None  # UTC, ISO 8601


@dataclass(frozen=True)
class RelatedFact:
    """One relation of the thing, seen from it, with its own facts."""

    type: str
    outward: bool  # the thing is the source of the relation
    label: str
    id: str
    name: str
    key: str
    facts: Sequence[Fact]
    recorded_by: str | None = None
    recorded_at: str | None = None


@dataclass(frozen=True)
class Dossier:
    """Everything stored about one node: every fact with source, date and grade."""

    label: str
    id: str
    name: str
    revision: int
    facts: Sequence[Fact]
    related: Sequence[RelatedFact]


@dataclass(frozen=True)
class FitRule:
    """One hard rule: pass, fail or unknown; need and free are None where unknown."""

    rule: str
    verdict: str
    need: float | str | Sequence[str] | None
    free: float | str | Sequence[str] | None


@dataclass(frozen=True)
class FitComponents:
    """What a fit is the mean of, each in [0, 1], None = unknown."""

    positioning: float | None
    colocation: float | None
    relatedness: float | None
    slack: float | None


@dataclass(frozen=True)
class Fit:
    """One project in one park: 0 when a rule fails, None when nothing is known."""

    project: str
    park: str
    fit: float | None
    interval: Interval
    route: str  # LAND | PARK
    unknown_rules: int
    rules: Sequence[FitRule]  # failed ones first
    components: FitComponents


@dataclass(frozen=True)
class FitAnswer:
    """Projects × parks, by project and park id."""

    revision: int
    algorithm: str
    assumed: Mapping[str, object]
    matrix: Sequence[Fit]


def as_json(value: object) -> object:
    """`value` with dataclasses as objects, tuples as arrays and ids as strings.

    >>> as_json(NarrowBy("capacity", "seg-1"))
    {'input': 'capacity', 'segment': 'seg-1'}
    """
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name: as_json(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, Mapping):
        return {str(k): as_json(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [as_json(v) for v in value]
    return value
