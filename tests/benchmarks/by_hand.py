"""The gap list and the ranking as Cypher that a Neo4j user would write, compared with our answers.

The text is in `cypher/`: it reads the rows as any import leaves them in the database and works out
criticality, proximity, shortage, type and fill as the definitions say.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import inf
from pathlib import Path
from typing import Any

import neo4j

from graph.analysis.answers import Asked, GapsAnswer, RankAnswer
from graph.analysis.gaps import GAP_TYPES
from tests.neo4j.server import Login

__all__ = [
    "LEFT_OUT",
    "ByHand",
    "Compared",
    "Fills",
    "Rows",
    "compared_fills",
    "compared_gaps",
    "compared_rank",
]

LEFT_OUT = """\
in our answer and not in the Cypher: intervals, flags, named paths, evidence and what is to verify;
  relatedness, tie and readiness (tie is a PageRank, which plain Cypher cannot iterate), the score
  they modify, fill_if_missing, narrow_by and locate_first
different in the Cypher: sums are rounded at every step and not once at the end, capacity / need is
  the quotient of two floats, regions nest at most nine deep; medians of weights are asked for first
  and passed back as a map; $as_of is given"""

_TIE = 1e-12  # closer than this, the order is one of rounding
_FOLDER = Path(__file__).with_name("cypher")
Rows = Sequence[Mapping[str, Any]]
Fills = Mapping[tuple[str, str], float]  # by kind and id


class ByHand:
    """The queries on one server."""

    def __init__(self, login: Login) -> None:
        self._driver = neo4j.GraphDatabase.driver(
            login.url, auth=(login.user, login.password), notifications_min_severity="OFF"
        )
        texts = {path.stem: path.read_text("utf-8") for path in _FOLDER.glob("*.cypher")}
        self._weights = texts["weights"]
        self._gaps = texts["required"] + texts["gaps"]
        self._rank = texts["required"] + texts["rank"]

    def gaps(self, asked: Asked) -> Rows:
        """Every required segment, worst first."""
        return self._ask(self._gaps, asked)

    def rank(self, asked: Asked) -> Rows:
        """Every candidate by fill, best first."""
        return self._ask(self._rank, asked)

    def close(self) -> None:
        """Release the connections."""
        self._driver.close()

    def _ask(self, text: str, asked: Asked) -> Rows:
        usual = {row["output"]: row["weight"] for row in self._rows(self._weights)}
        overall = usual.pop(None)
        question = {"leader": asked.leader, "region": asked.region, "as_of": asked.as_of}
        return self._rows(text, usual=usual, overall=overall, **question)

    def _rows(self, text: str, **parameters: object) -> Rows:
        # The text comes from the files of this folder alone.
        found = self._driver.execute_query(text, parameters)
        return [record.data() for record in found.records]


@dataclass(frozen=True)
class Compared:
    """How far two answers are apart."""

    rows: int
    worst: float  # the largest difference of a number, inf where rows or types differ
    order: str

    def __str__(self) -> str:
        return f"{self.rows} rows, max difference {self.worst:.1e}, order {self.order}"


def compared_gaps(ours: GapsAnswer, theirs: Rows) -> Compared:
    """Numbers and types of all that is required, order of the gap list."""
    rows = {row["segment"]: row for row in theirs}
    mine = {s.segment: s for s in ours.segments}
    same = {k: r["type"] for k, r in rows.items()} == {k: s.type for k, s in mine.items()}
    worst = max(
        (
            _apart(getattr(segment, name), rows[id_][name])
            for id_, segment in mine.items()
            for name in ("criticality", "shortage", "severity")
            if id_ in rows
        ),
        default=0.0,
    )
    totals = {row["total"] for row in theirs} or {0.0}
    worst = max(worst, *(abs(ours.total - total) for total in totals))
    listed = [row["segment"] for row in theirs if row["type"] in GAP_TYPES]
    severities = {id_: s.severity or 0.0 for id_, s in mine.items()}
    return Compared(len(mine), worst if same else inf, _order([*ours.gaps], listed, severities))


def compared_rank(ours: RankAnswer, theirs: Rows) -> Compared:
    """Fill of every candidate, and the order by it: not by score, which the Cypher has not."""
    return compared_fills({(c.kind, c.id): c.fill for c in ours.candidates}, theirs)


def compared_fills(ours: Fills, theirs: Rows) -> Compared:
    """Fill of every candidate, and the order by it, then id."""
    fills = {(row["kind"], row["id"]): row["fill"] for row in theirs}
    if ours.keys() != fills.keys():
        first = min(ours.keys() ^ fills.keys())
        return Compared(len(ours), inf, f"not comparable: only one has {first}")
    worst = max((abs(ours[who] - fills[who]) for who in ours), default=0.0)
    order = sorted(ours, key=lambda who: (-ours[who], who[1], who[0]))
    return Compared(len(ours), worst, _order(order, [*fills], ours))


def _apart(ours: float | None, theirs: float | None) -> float:
    if ours is None or theirs is None:
        return 0.0 if ours is theirs else inf
    return abs(ours - theirs)


def _order(ours: Sequence[Any], theirs: Sequence[Any], values: Mapping[Any, float]) -> str:
    """Whether two orders are equal, or how they differ; `values` are what ours goes by."""
    if list(ours) == list(theirs):
        return "equal"
    pairs = [(n, a, b) for n, (a, b) in enumerate(zip(ours, theirs, strict=False), 1) if a != b]
    if len(ours) != len(theirs):
        return f"different: {len(ours)} rows and {len(theirs)}"
    if all(abs(values[a] - values[b]) <= _TIE for _, a, b in pairs if b in values):
        return f"equal but for {len(pairs)} places of values closer than {_TIE:.0e}"
    n, a, b = pairs[0]
    return f"different first at {n}: {a} and {b}"
