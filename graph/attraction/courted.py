"""Courted twice: the same applicant in several parks, among pursuits and applications."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from graph.attraction.pursuit import COURTED, Pursuit
from graph.names import plain_name
from graph.review.filing import Filing

__all__ = ["First", "Suit", "first", "groups", "suits"]


@dataclass(frozen=True)
class Suit:
    """One park that courts an applicant, by a pursuit or by an application alone."""

    kind: str  # pursuit | filing
    id: str
    park: str
    name: str
    applicant: str
    stage: str  # of a pursuit; of an application its state
    version: int
    uscc: str = ""
    enterprise: str = ""
    project: str = ""
    introduced_by: str = ""
    introduced_on: date | None = None


@dataclass(frozen=True)
class First:
    """Who introduced an applicant first: `parks` of the earliest day, several on one day.

    Nobody, where a park has not said its day: it may have been the first.
    """

    parks: tuple[str, ...]
    on_day: date | None  # the earliest that is known
    unknown: tuple[str, ...]  # parks that have not said


def suits(pursuits: Sequence[Pursuit], filings: Iterable[Filing]) -> Sequence[Suit]:
    """What courts somebody now: pursuits up to signing, and applications that stand for themselves.

    An application is the pursuit it is linked to, or was when that went to another park, until a
    park gives that up as lost, and as long as both are of the same applicant; one that a decision
    in force gave to another park courts no more.
    """
    standing = (p for p in pursuits if p.stage != "lost" or p.closed_by is not None)
    linked = {filing: _pursued(pursuit) for pursuit in standing for filing in pursuit.filings}
    found = [_pursued(pursuit) for pursuit in pursuits if pursuit.stage in COURTED]
    rulings = {r.id: r for pursuit in pursuits for r in pursuit.rulings if r.undone is None}
    in_order = sorted(rulings.values(), key=lambda ruling: ruling.on_day)
    went_to = {member: ruling.park for ruling in in_order for member in ruling.members}
    for filing in filings:
        given = went_to.get(filing.id, filing.park) != filing.park
        own = _filed(filing)
        told = filing.id in linked and not {*_keys(own)}.isdisjoint(_keys(linked[filing.id]))
        if filing.state != "withdrawn" and not told and not given:
            found.append(own)
    return found


def groups(courting: Sequence[Suit]) -> Sequence[tuple[Suit, ...]]:
    """Suits of the same applicant that lie in several parks, each group and all by id.

    The same = the same enterprise of the graph, the same credit code, or the same name as
    `graph.names.plain_name` compares it; what is the same as a third is the same.
    """
    root = list(range(len(courting)))

    def top(at: int) -> int:
        while root[at] != at:
            root[at] = root[root[at]]
            at = root[at]
        return at

    holder: dict[tuple[str, str], int] = {}
    for at, suit in enumerate(courting):
        for key in _keys(suit):
            root[top(at)] = top(holder.setdefault(key, at))
    together: dict[int, list[Suit]] = {}
    for at, suit in enumerate(courting):
        together.setdefault(top(at), []).append(suit)
    several = [g for g in together.values() if len({suit.park for suit in g}) > 1]
    by_id = [tuple(sorted(group, key=lambda suit: suit.id)) for group in several]
    return sorted(by_id, key=lambda group: group[0].id)


def first(group: Sequence[Suit]) -> First:
    """Who introduced it first, by the earliest day each park has said."""
    days: dict[str, date | None] = {}
    for suit in group:
        known = [d for d in (days.get(suit.park), suit.introduced_on) if d is not None]
        days[suit.park] = min(known, default=None)
    said = [day for day in days.values() if day is not None]
    unknown = tuple(sorted(park for park, day in days.items() if day is None))
    earliest = min(said, default=None)
    parks = () if unknown else tuple(sorted(p for p, day in days.items() if day == earliest))
    return First(parks, earliest, unknown)


def _keys(suit: Suit) -> Iterator[tuple[str, str]]:
    named = plain_name(suit.applicant)
    pairs = (("enterprise", suit.enterprise), ("uscc", suit.uscc.upper()), ("name", named))
    return (pair for pair in pairs if pair[1])


def _pursued(pursuit: Pursuit) -> Suit:
    facts = pursuit.facts
    return Suit(
        "pursuit", pursuit.id, pursuit.park, facts.name, facts.applicant, pursuit.stage,
        pursuit.version, facts.uscc, pursuit.enterprise, pursuit.project, facts.introduced_by,
        facts.introduced_on,
    )  # fmt: skip


def _filed(filing: Filing) -> Suit:
    texts: Mapping[str, str] = filing.content.texts
    return Suit(
        "filing", filing.id, filing.park, filing.content.name, filing.content.applicant,
        filing.state, filing.version, texts.get("uscc", ""), filing.enterprise, filing.project,
        texts.get("introduced_by", ""),
    )  # fmt: skip
