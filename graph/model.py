"""What a store holds: nodes, relations, evidence, and the claims behind a merged value.

Properties are flat: str, float (finite), bool or list of str; unknown is absent, never 0.  A row of
a table becomes the properties of one node or relation, plus three that speak about the row itself:
`evidence` (record ids), `grade` (absent = declared) and `as_of` (its date; the newest of several).
Where several rows speak about one thing, `claims` keeps every one of them, so merging is a union:
`merge` is commutative, associative and idempotent, on any store and in any order of import.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from graphlib import TopologicalSorter
from typing import NamedTuple

__all__ = [
    "GRADES",
    "LABELS",
    "LINK_TYPES",
    "RELATIONS",
    "TARGETS_FIRST",
    "Batch",
    "Claim",
    "Node",
    "Props",
    "Ref",
    "Rel",
    "Value",
    "claims_of",
    "derived",
    "evidence_id",
    "merge",
    "row_hash",
    "survey_id",
]

Value = str | float | bool | list[str]
Props = Mapping[str, Value]

LABELS = ("Chain", "Enterprise", "Evidence", "Park", "Project", "Region", "Segment", "Survey")

# type -> the (source label, target label) pairs it may join: the closed vocabulary of every store.
RELATIONS: Mapping[str, frozenset[tuple[str, str]]] = {
    "APPLIES_TO": frozenset({("Project", "Park")}),
    "INPUT_OF": frozenset({("Segment", "Segment")}),
    "INVESTS_IN": frozenset({("Enterprise", "Enterprise")}),
    "LEADS": frozenset({("Enterprise", "Chain")}),
    "LOCATED_IN": frozenset({("Enterprise", "Region"), ("Park", "Region"), ("Project", "Region")}),
    "NEEDS": frozenset({("Enterprise", "Segment")}),
    "OFFERS": frozenset({("Project", "Segment")}),
    "PART_OF": frozenset(
        {("Segment", "Chain"), ("Segment", "Segment"), ("Park", "Park"), ("Region", "Region")}
    ),
    "POSITIONED_ON": frozenset({("Park", "Segment")}),
    "PRODUCES": frozenset({("Enterprise", "Segment")}),
    "PROPOSED_BY": frozenset({("Project", "Enterprise")}),
    "SUPPLIES": frozenset({("Enterprise", "Enterprise")}),
    "TENANT_OF": frozenset({("Enterprise", "Park")}),
}

GRADES = ("inferred", "declared", "verified")  # worst first

# Reference columns that are also written as relations: (label, property) -> (type, target label).
_LINKS: Mapping[tuple[str, str], tuple[str, str]] = {
    ("Enterprise", "region"): ("LOCATED_IN", "Region"),
    ("Enterprise", "leads"): ("LEADS", "Chain"),
    ("Park", "region"): ("LOCATED_IN", "Region"),
    ("Park", "parent"): ("PART_OF", "Park"),
    ("Project", "region"): ("LOCATED_IN", "Region"),
    ("Project", "park"): ("APPLIES_TO", "Park"),
    ("Project", "applicant"): ("PROPOSED_BY", "Enterprise"),
    ("Region", "parent"): ("PART_OF", "Region"),
    ("Segment", "parent"): ("PART_OF", "Segment"),
}


LINK_TYPES = frozenset(type_ for type_, _ in _LINKS.values())

# Labels, each after those its reference columns point at.
TARGETS_FIRST = tuple(
    TopologicalSorter(
        {
            label: [to for (of, _), (_, to) in _LINKS.items() if of == label != to]
            for label in LABELS
        }
    ).static_order()
)


class Ref(NamedTuple):
    """Identity of a node."""

    label: str
    id: str


@dataclass(frozen=True, slots=True)
class Node:
    """A node and its properties."""

    ref: Ref
    props: Props = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Rel:
    """A relation; `key` tells parallel relations of one type apart."""

    type: str
    src: Ref
    dst: Ref
    key: str = ""
    props: Props = field(default_factory=dict)

    @property
    def identity(self) -> tuple[str, Ref, Ref, str]:
        """What makes it the same relation on every store."""
        return (self.type, self.src, self.dst, self.key)


@dataclass(frozen=True)
class Batch:
    """One import: rows with unique identities, applied whole or not at all.

    `key` identifies the input (hash of the files and of how they were read): a key the ledger
    already holds is not applied twice.
    """

    key: str
    source: str
    nodes: Sequence[Node] = ()
    rels: Sequence[Rel] = ()


class Claim(NamedTuple):
    """One row's word on one field; field `""` stands for the row itself."""

    field: str
    value: str  # JSON
    evidence: str
    grade: str
    as_of: str


def evidence_id(source: str, locator: str, as_of: str) -> str:
    """First 16 hex digits of sha256(source|locator|as_of), the cells as written.

    >>> evidence_id("公报", "第3页", "2024-05")
    'eb597361999f8825'
    """
    return hashlib.sha256(f"{source}|{locator}|{as_of}".encode()).hexdigest()[:16]


def survey_id(region: str, as_of: str, chain: str = "", segment: str = "") -> str:
    """Identity of a survey: its four columns."""
    return "|".join((region, as_of, chain, segment))


def claims_of(props: Props) -> frozenset[Claim]:
    """Every claim behind `props`, also where only one row has spoken and none is written out."""
    if "claims" in props:
        return frozenset(Claim(*json.loads(c)) for c in _texts(props["claims"]))
    evidence = _texts(props.get("evidence", []))
    stamp = (
        evidence[0] if evidence else "",
        str(props.get("grade", "declared")),
        str(props.get("as_of", "")),
    )
    fields = {k: v for k, v in props.items() if k not in _OWN}
    return frozenset(
        [Claim("", "null", *stamp), *(Claim(k, _json(v), *stamp) for k, v in fields.items())]
    )


def merge(old: Props, new: Props) -> Props:
    """Both rows' claims with, per field, the best-graded, then newest, then largest value on top.

    Nothing is summed and no claim is lost; the row's own grade is the best of its rows.
    """
    if old == new:
        return old
    return _settle(claims_of(old) | claims_of(new))


def derived(node: Node) -> Iterator[Rel]:
    """The relations that a node's reference columns stand for (region -> LOCATED_IN, …)."""
    for name, value in node.props.items():
        link = _LINKS.get((node.ref.label, name))
        if link:
            for target in value if isinstance(value, list) else [str(value)]:
                yield Rel(link[0], node.ref, Ref(link[1], target))


def row_hash(row: Node | Rel) -> int:
    """sha256 of the canonical row as an integer: the content hash is their sum modulo 2**256."""
    head: list[object] = (
        [*row.ref] if isinstance(row, Node) else [row.type, *row.src, *row.dst, row.key]
    )
    return int.from_bytes(hashlib.sha256(_json([*head, dict(row.props)]).encode()).digest())


_OWN = frozenset({"evidence", "grade", "as_of", "claims"})


def _settle(claims: frozenset[Claim]) -> Props:
    best: dict[str, Claim] = {}
    for claim in claims:
        if claim.field not in best or _weight(claim) > _weight(best[claim.field]):
            best[claim.field] = claim
    props: dict[str, Value] = {f: json.loads(c.value) for f, c in sorted(best.items()) if f}
    rows = [c for c in claims if not c.field]
    evidence = sorted({c.evidence for c in rows if c.evidence})
    grade = max((c.grade for c in rows), key=GRADES.index)
    as_of = max(c.as_of for c in rows)
    if evidence:
        props["evidence"] = evidence
    if grade != "declared":
        props["grade"] = grade
    if as_of:
        props["as_of"] = as_of
    if len(rows) > 1 or len(best) < len(claims):
        props["claims"] = sorted(_json(list(c)) for c in claims)
    return props


def _weight(claim: Claim) -> tuple[int, str, float, str]:
    value = json.loads(claim.value)
    number = float(value) if isinstance(value, (bool, int, float)) else 0.0
    return (GRADES.index(claim.grade), claim.as_of, number, claim.value)


def _texts(value: Value) -> list[str]:
    return value if isinstance(value, list) else [str(value)]


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
