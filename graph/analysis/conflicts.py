"""Conflicts of interest that the chain graph shows: who would judge somebody they are tied to.

A reviewer's enterprises are the employer and the other interests.  One of them is tied to a target
(the applicant, or a leader the project would serve) when an undirected path of at most `HOPS`
relations INVESTS_IN and SUPPLIES between enterprises joins the two.  Direction does not matter: a
shareholder, a holding, a supplier and a buyer are each a tie.  Closed and moved enterprises count
like any other, since a shareholding does not end by closing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from graph.snapshot import Snapshot

__all__ = ["HOPS", "Conflict", "ConflictKind", "Reviewer", "Role", "conflicts", "employer_of"]

ConflictKind = Literal["introduced", "employer", "shareholding", "supply"]
Role = Literal["applicant", "leader"]

HOPS = 2  # relations a tie may be long
_TYPES = ("INVESTS_IN", "SUPPLIES")  # code point order: the one named where there are both
_Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Reviewer:
    """Somebody who would judge a project.

    `employer` is an enterprise's id or its exact name, "" where there is none; `interests` are ids
    of enterprises; `introduced` says that the reviewer's unit introduced the project.
    """

    id: str
    employer: str = ""
    interests: tuple[str, ...] = ()
    introduced: bool = False


@dataclass(frozen=True, slots=True)
class Conflict:
    """Why a reviewer may not judge, with the tie that shows it.

    `path` holds enterprise ids from the reviewer's to the target, `relations` the type of each of
    its `hops` steps.  The kind of a tie is "supply" when any step is SUPPLIES, else "shareholding",
    which is also that of an interest in the target itself (no steps).  Who introduced the project
    needs no tie (empty path); `target` is None only there, where the applicant is plain text.
    """

    reviewer: str
    kind: ConflictKind
    target: str | None
    role: Role
    path: tuple[str, ...]
    relations: tuple[str, ...]
    hops: int


def conflicts(
    snapshot: Snapshot,
    applicant: str | None,
    leaders: Sequence[str],
    reviewers: Sequence[Reviewer],
) -> Sequence[Conflict]:
    """Every conflict, one for a reviewer and a target, by reviewer and target.

    `applicant` is an enterprise id, None where the project names its applicant only in words;
    `leaders` are the ids of those it would serve (an applicant among them is the applicant).  Of
    several ties the shortest is given, of equally short ones the first by ids in code point order.
    An id outside the graph has no ties, and is still the same as itself.
    """
    ties = _Ties(snapshot)
    roles: dict[str, Role] = dict.fromkeys(leaders, "leader")
    if applicant is not None:
        roles[applicant] = "applicant"
    near = {target: _near(ties, target) for target in roles}
    found: list[Conflict] = []
    for reviewer in reviewers:
        if reviewer.introduced:
            found.append(Conflict(reviewer.id, "introduced", applicant, "applicant", (), (), 0))
        employer = employer_of(snapshot, reviewer.employer) or reviewer.employer
        starts = {employer, *reviewer.interests} - {""}
        for target, role in roles.items():
            path = _path(ties, starts, near[target])
            if path and not (reviewer.introduced and role == "applicant"):
                found.append(_conflict(ties, reviewer.id, role, path, employer))
    return sorted(found, key=lambda c: (c.reviewer, c.target or ""))


def employer_of(snapshot: Snapshot, given: str) -> str | None:
    """The id of the enterprise that has this id, or alone has exactly this name; None = unknown."""
    if given in snapshot.nodes("Enterprise").index:
        return given
    named = snapshot.memo.get("enterprises with a name of their own", lambda: _named(snapshot))
    return named.get(given)


def _named(snapshot: Snapshot) -> Mapping[str, str]:
    table = snapshot.nodes("Enterprise")
    names = table.values("name").tolist()
    times = Counter(names)
    return {n: id_ for n, id_ in zip(names, table.ids, strict=True) if n and times[n] == 1}


class _Ties:
    """Who holds shares in whom and who supplies whom, seen from either end."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._enterprises = snapshot.nodes("Enterprise")
        self._tables = [(t, snapshot.rels(t, "Enterprise", "Enterprise")) for t in _TYPES]
        self._seen: dict[str, Mapping[str, str]] = {}

    def of(self, enterprise: str) -> Mapping[str, str]:
        """Everyone one relation away, with its type; parallel relations are one."""
        if enterprise not in self._seen:
            self._seen[enterprise] = self._read(enterprise)
        return self._seen[enterprise]

    def _read(self, enterprise: str) -> Mapping[str, str]:
        at = self._enterprises.index.get(enterprise)
        found: dict[str, str] = {}
        if at is None:
            return found
        for type_, table in self._tables:
            out = table.out(at)
            others = (table.dst[out.start : out.stop], table.src[table.into(at)])
            for other in (i for ends in others for i in ends.tolist()):
                found.setdefault(self._enterprises.ids[other], type_)
        return found


def _near(ties: _Ties, target: str) -> Mapping[str, int]:
    """Hops to the target of everyone less than `HOPS` away: all but the first step of a path."""
    hops, ring = {target: 0}, {target}
    for hop in range(1, HOPS):
        ring = {other for one in ring for other in ties.of(one)} - hops.keys()
        hops |= dict.fromkeys(ring, hop)
    return hops


def _path(ties: _Ties, starts: Collection[str], near: Mapping[str, int]) -> _Path:
    """The first of the shortest paths from any start, () where none is short enough."""
    paths = [path for start in starts if (path := _path_from(ties, start, near))]
    return min(paths, key=lambda path: (len(path), path), default=())


def _path_from(ties: _Ties, start: str, near: Mapping[str, int]) -> _Path:
    """Each step goes one hop nearer, to the first id of those that do."""
    if near.get(start) == 0:
        return (start,)
    steps = [other for other in ties.of(start) if other in near]
    if not steps:
        return ()
    return (start, *_path_from(ties, min(steps, key=lambda other: (near[other], other)), near))


def _conflict(ties: _Ties, reviewer: str, role: Role, path: _Path, employer: str) -> Conflict:
    relations = tuple(ties.of(a)[b] for a, b in pairwise(path))
    kind: ConflictKind = "supply" if "SUPPLIES" in relations else "shareholding"
    if path == (employer,):
        kind = "employer"
    return Conflict(reviewer, kind, path[-1], role, path, relations, len(relations))
