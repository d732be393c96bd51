"""Everything stored about one thing: every fact with its source, and who wrote it down here."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace

from api.desk import Desk, Names
from graph.analysis.answers import Dossier, Fact, RelatedFact
from graph.errors import NotFound
from graph.model import Claim, Node, Props, Ref, Rel, claims_of
from graph.tables import TABLES
from records.database import Records
from records.recording import Claimed, Recorded, recorded_claims

__all__ = ["dossier", "names_in"]

_COLUMNS = {
    name: at for at, name in enumerate(dict.fromkeys(n for t in TABLES.values() for n in t.names))
}


def dossier(desk: Desk, records: Records, ref: Ref) -> Dossier:
    """Everything about a node; `NotFound` where there is none, or none for who asks."""
    revision = desk.snapshot.revision
    node = desk.store.get(ref) if desk.shows(ref.label, ref.id) else None
    if node is None:
        raise NotFound("unknown_node", label=ref.label, id=ref.id)
    rels = desk.store.rels_of(ref)
    rows: list[Node | Rel] = [node, *rels]
    evidence = {c.evidence for row in rows for c in claims_of(row.props) if c.evidence}
    told = _Told(desk.evidence(evidence), recorded_claims(records, evidence))
    name = str(node.props.get("name", ref.id))
    names = desk.names()
    related = [_related(names, told, ref, rel) for rel in rels]
    return Dossier(ref.label, ref.id, name, revision, told.facts(node), related)


def names_in(found: Dossier) -> list[tuple[str, str]]:
    """Who wrote things down and when: what a dossier says beside the graph."""
    rows: Iterator[Fact | RelatedFact] = iter(
        [*found.facts, *found.related, *(f for r in found.related for f in r.facts)]
    )
    return [(row.recorded_by, row.recorded_at or "") for row in rows if row.recorded_by]


class _Told:
    """What stands behind claims: the evidence by id, and who wrote which claim down."""

    def __init__(self, evidence: Mapping[str, Props], who: Mapping[Claimed, Recorded]) -> None:
        self._evidence, self._who = evidence, who

    def facts(self, row: Node | Rel) -> list[Fact]:
        """Every claim about a field of a row."""
        claims = sorted((c for c in claims_of(row.props) if c.field), key=_column_order)
        return [self._fact(claim, row) for claim in claims]

    def recorded(self, row: Node | Rel, claim: Claim) -> Recorded | None:
        """Who wrote a claim down last."""
        at = (*row.ref, "", "") if isinstance(row, Node) else _ends(row)
        return self._who.get(Claimed(*at, claim.field, claim.evidence))

    def _fact(self, claim: Claim, row: Node | Rel) -> Fact:
        value = json.loads(claim.value)
        record = self._evidence.get(claim.evidence, {})
        return Fact(
            claim.field,
            value,
            claim.grade,
            claim.as_of or None,
            _text(record, "source"),
            _text(record, "locator"),
            row.props.get(claim.field) == value,
            *_who_and_when(self.recorded(row, claim)),
        )


def _related(names: Names, told: _Told, ref: Ref, rel: Rel) -> RelatedFact:
    outward = rel.src == ref
    other = rel.dst if outward else rel.src
    found = RelatedFact(
        rel.type,
        outward,
        other.label,
        other.id,
        names[other.id],
        rel.key,
        told.facts(rel),
    )
    rows = [told.recorded(rel, claim) for claim in claims_of(rel.props) if not claim.field]
    last = max((row for row in rows if row), key=lambda row: row.at, default=None)
    who, when = _who_and_when(last)
    return replace(found, recorded_by=who, recorded_at=when)


def _who_and_when(recorded: Recorded | None) -> tuple[str | None, str | None]:
    if recorded is None:
        return None, None
    return recorded.who, recorded.at.isoformat(timespec="seconds")


def _column_order(claim: Claim) -> tuple[int, str, str]:
    """As the tables list their columns; what they do not know comes last."""
    return _COLUMNS.get(claim.field, len(_COLUMNS)), claim.field, claim.value


def _ends(rel: Rel) -> tuple[str, str, str, str]:
    return rel.type, rel.src.id, rel.dst.id, rel.key


def _text(props: Props, name: str) -> str | None:
    value = props.get(name)
    return None if value is None else str(value)
