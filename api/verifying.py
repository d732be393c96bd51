"""已核实: somebody checked who makes a segment in a region, and the graph learns it.

A check is one row of `surveys` with its source and date; where a maker was found, a row of
`produces` too, and of `enterprises` if nobody by that name or id is known.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date

from api.auditing import Apply, applying
from api.desk import Desk
from graph.errors import UsageError
from graph.model import Batch, Node, Ref, Rel, Value, evidence_id, survey_id
from graph.store.base import Applied, GraphStore
from ingest.numbers import parse_number
from ingest.report import CellProblem
from records.database import Records

__all__ = [
    "Finding",
    "checked_day",
    "checked_text",
    "day_of",
    "number_of",
    "surveying",
    "verify",
    "version_of",
]

LONGEST = 200  # characters of a name or source


@dataclass(frozen=True)
class Finding:
    """What was found: `maker` empty = nobody makes it there (确无)."""

    region: str
    segment: str
    source: str
    as_of: str
    maker: str = ""


def verify(desk: Desk, finding: Finding, apply: Apply | None = None) -> Applied:
    """Write the finding, by `apply` instead of the store's own; the same twice is one change.

    Raises `UsageError` for an empty source or a bad date, `NotFound` for an unknown place or name.
    """
    source = checked_text("source", finding.source)
    day = checked_day(finding.as_of)
    region = desk.id_of("Region", finding.region, "region")
    segment = desk.id_of("Segment", finding.segment, "segment")
    record = evidence_id(source, "", day)
    stamp: dict[str, Value] = {"evidence": [record], "as_of": day}
    nodes = [
        Node(Ref("Evidence", record), {"source": source, "as_of": day}),
        Node(
            Ref("Survey", survey_id(region, day, "", segment)),
            {"region": region, "segment": segment, **stamp},
        ),
    ]
    rels = []
    if finding.maker:
        maker, new = _maker(desk, checked_text("maker", finding.maker))
        if new:
            nodes.append(
                Node(
                    Ref("Enterprise", maker),
                    {"name": finding.maker.strip(), "region": region, **stamp},
                )
            )
            nodes.append(Node(Ref("Region", region)))
        rels.append(Rel("PRODUCES", Ref("Enterprise", maker), Ref("Segment", segment), "", stamp))
    key = hashlib.sha256(repr((finding, "verify-1")).encode()).hexdigest()
    return (apply or desk.store.apply)(Batch(key, source, nodes, rels))


def surveying(records: Records, store: GraphStore, finding: Finding) -> Apply:
    """How a finding is applied so that the audit tells of it."""
    told = {"region": finding.region, "maker": finding.maker, "as_of": finding.as_of}
    return applying(records, store, "graph.survey", f"Segment/{finding.segment}", lambda: told)


def _maker(desk: Desk, given: str) -> tuple[str, bool]:
    known = desk.find("Enterprise", given)
    if known is not None:
        return known, False
    return "added-" + hashlib.sha256(given.encode()).hexdigest()[:12], True


def checked_text(name: str, given: str) -> str:
    """`given` without blanks around it; `UsageError` where nothing or too much is left."""
    text = given.strip()
    if not text or len(text) > LONGEST:
        raise UsageError("bad_text", name=name, limit=LONGEST)
    return text


def number_of(given: str, unit: str) -> float:
    """A number in `unit`, or in another converted; `UsageError` for anything else."""
    try:
        return parse_number(given, unit)
    except CellProblem as problem:
        raise UsageError(problem.code, **{"value": given, **problem.facts}) from None


def day_of(given: str) -> date:
    """A date as forms send it; `UsageError` for anything else."""
    try:
        return date.fromisoformat(given)
    except ValueError:
        raise UsageError("bad_date", given=given) from None


def checked_day(given: str) -> str:
    """The day of the check.  One still to come would move `as_of` for the whole graph."""
    day = day_of(given)
    if day > date.today():
        raise UsageError("future_date", given=given)
    return day.isoformat()


def version_of(text: str, otherwise: int = 0) -> int:
    """The version a form was shown with; `otherwise` for what no form of ours sends.

    >>> version_of("12"), version_of(""), version_of("9" * 5000, -1)
    (12, 0, -1)
    """
    return int(text) if text.isdecimal() and len(text) < 10 else otherwise
