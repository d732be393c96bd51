"""The desk: the one place where a question meets the store; every face asks here and renders."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, replace
from datetime import date

from graph.analysis import ask
from graph.analysis.admission import AdmissionAnswer
from graph.analysis.admission import admission as check_admission
from graph.analysis.answers import (
    CandidateAnswer,
    ChainMap,
    FitAnswer,
    GapsAnswer,
    RankAnswer,
    WhyNot,
)
from graph.analysis.facts import facts_of
from graph.analysis.park_profile import ParkAnswer
from graph.analysis.view import leaders_of
from graph.analysis.whatif import WhatIfAnswer
from graph.errors import Ambiguous, NotFound
from graph.model import Props, Ref
from graph.question import Assumptions, Question
from graph.review.standard import Standard
from graph.snapshot import Snapshot, SnapshotCache
from graph.store.base import GraphStore
from viz.sentences import local_makers, sentences, why_not_sentences

__all__ = ["Choice", "Desk", "Names"]

_NAMED = ("Segment", "Enterprise", "Project", "Chain", "Region", "Park")


@dataclass(frozen=True)
class Choice:
    """Something that can be chosen: a leader with its chains and region, a chain, a region."""

    id: str
    name: str
    chains: Sequence[str] = ()
    region: str | None = None


class Names(Mapping[str, str]):
    """Display names by id over every label; an unknown id is its own name."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._tables = [snapshot.nodes(label) for label in _NAMED]

    def __getitem__(self, id: str) -> str:
        for table in self._tables:
            at = table.index.get(id)
            if at is not None:
                return str(table.values("name")[at] or id)
        return id

    def __contains__(self, id: object) -> bool:
        return isinstance(id, str)

    def get(self, id: str, _default: object = None) -> str:
        """The name; never the default, since every id has one."""
        return self[id]

    def __iter__(self):  # type: ignore[no-untyped-def]
        return (id_ for table in self._tables for id_ in table.ids)

    def __len__(self) -> int:
        return sum(len(table.ids) for table in self._tables)


class Desk:
    """Questions about one store."""

    def __init__(self, store: GraphStore, *, sample: bool = False) -> None:
        self.store = store
        self.sample = sample
        self.token = secrets.token_hex(8)  # of this desk: another store's pages are other pages
        self._cache = SnapshotCache(store)
        self._pinned: Snapshot | None = None
        self._only_park: str | None = None

    @property
    def snapshot(self) -> Snapshot:
        """The snapshot of the store's present revision; once read, that of a pinned desk stays."""
        return self._pinned or self._cache.get()

    def pinned(self, only_park: str | None = None) -> Desk:
        """The same desk held to one revision, so that one answer never mixes two.

        With `only_park`, of parks and projects only that park and what applies to it is there.
        """
        desk = copy(self)
        desk._pinned, desk._only_park = self._cache.get(), only_park
        return desk

    def names(self) -> Names:
        """Display names of everything."""
        return Names(self.snapshot)

    def data_date(self) -> str | None:
        """The newest date of any row."""
        return facts_of(self.snapshot, Assumptions()).newest

    def leaders(self) -> list[Choice]:
        """Enterprises that lead a chain, by name."""
        snapshot = self.snapshot
        table = snapshot.nodes("Enterprise")
        columns = (table.values("leads"), table.values("name"), table.values("region"))
        rows = zip(table.ids, *columns, strict=True)
        found = [Choice(i, n or i, tuple(leads), r) for i, leads, n, r in rows if leads]
        return sorted(found, key=lambda c: (c.name, c.id))

    def chains(self) -> list[Choice]:
        """Every chain with its leaders."""
        facts = facts_of(self.snapshot, Assumptions())
        table = self.snapshot.nodes("Chain")
        rows = zip(table.ids, table.values("name"), strict=True)
        return [Choice(i, n or i, tuple(leaders_of(facts, i))) for i, n in rows]

    def regions(self) -> list[Choice]:
        """Every region, by id."""
        table = self.snapshot.nodes("Region")
        return [Choice(i, n or i) for i, n in zip(table.ids, table.values("name"), strict=True)]

    def resolve(self, question: Question) -> Question:
        """The question with names turned into ids; `NotFound` or `Ambiguous` names the word."""
        changes: dict[str, str] = {}
        for field, label in (("leader", "Enterprise"), ("chain", "Chain"), ("region", "Region")):
            given = getattr(question, field)
            if given is not None:
                changes[field] = self.id_of(label, given, field)
        return replace(question, **changes)  # type: ignore[arg-type]

    def gaps(self, question: Question) -> GapsAnswer:
        """Where the chain is broken."""
        return ask.gaps(self.snapshot, self.resolve(question))

    def rank(
        self, question: Question, top: int | None = None, kind: str = "all", segment: str = ""
    ) -> RankAnswer:
        """Who could fill the gaps; filtered after ranking, so scores never depend on a filter."""
        answer = ask.rank(self.snapshot, self.resolve(question))
        kept = [
            c
            for c in answer.candidates
            if kind in ("all", c.kind)
            and (not segment or any(p.segment == segment for p in c.parts))
        ]
        return replace(answer, candidates=kept[:top])

    def explain(self, question: Question, candidate: str) -> CandidateAnswer | WhyNot:
        """One candidate taken apart, or why it is none."""
        return ask.explain(self.snapshot, self.resolve(question), self._candidate(candidate))

    def chain_map(self, question: Question, chain: str) -> ChainMap:
        """The chain as a map."""
        return ask.chain_map(
            self.snapshot, self.resolve(question), self.id_of("Chain", chain, "chain")
        )

    def fit(self, project: str = "", park: str = "") -> FitAnswer:
        """How projects fit parks: all of them, a row, a column or a cell."""
        answer = ask.fit(
            self.snapshot,
            self.id_of("Project", project, "project") if project else None,
            self.id_of("Park", park, "park") if park else None,
        )
        if self._only_park is None:
            return answer
        seen = [x for x in answer.matrix if self.shows("Project", x.project)]
        return replace(answer, matrix=[x for x in seen if self.shows("Park", x.park)])

    def admission(
        self, question: Question, project: str, standards: Sequence[Standard], day: date
    ) -> AdmissionAnswer:
        """A project against the admission standard of every park."""
        found = self.id_of("Project", project, "project")
        answer = check_admission(self.snapshot, self.resolve(question), found, standards, day)
        return replace(answer, checks=[c for c in answer.checks if self._seen("Park", c.park)])

    def park(self, question: Question, park: str) -> ParkAnswer:
        """What a park stands for, hosts and lacks."""
        return ask.park(self.snapshot, self.resolve(question), self.id_of("Park", park, "park"))

    def landing(self, question: Question, project: str) -> WhatIfAnswer:
        """What changes when a project lands."""
        found = self.id_of("Project", project, "project")
        return ask.landing(self.snapshot, self.resolve(question), found)

    def outage(self, question: Question, enterprise: str) -> WhatIfAnswer:
        """What changes when an enterprise stops."""
        found = self.id_of("Enterprise", enterprise, "enterprise")
        return ask.outage(self.snapshot, self.resolve(question), found)

    def evidence(self, ids: Iterable[str]) -> dict[str, Props]:
        """Evidence records by id."""
        found = self.store.get_many([Ref("Evidence", i) for i in ids])
        return {ref.id: node.props for ref, node in found.items()}

    def told(
        self, question: Question, candidate: str
    ) -> tuple[CandidateAnswer | WhyNot, dict[str, list[str]]]:
        """`explain` with its sentences in both languages."""
        resolved = self.resolve(question)
        answer = self.explain(resolved, candidate)
        if isinstance(answer, WhyNot):
            return answer, why_not_sentences(answer, self.names())
        gaps = self.gaps(resolved)
        return answer, sentences(
            answer, gaps.question, self.names(), local=local_makers(gaps.segments)
        )

    def place(self, question: Question, candidate: str) -> WhyNot:
        """Where a candidate that is on the list stands."""
        ordered = self.rank(question).candidates
        at = next(i for i, c in enumerate(ordered, 1) if c.id == candidate)
        code = "ranked_lower" if ordered[at - 1].score > 0 else "no_gain"
        reason = {"code": code, "rank": at, "of": len(ordered)}
        return WhyNot(candidate, ordered[at - 1].name, [reason])

    def segments_in(self, chain: str) -> int:
        """How many segments a chain has."""
        facts = facts_of(self.snapshot, Assumptions())
        return sum(chain in chains for chains in facts.chains.values())

    def find(self, label: str, given: str) -> str | None:
        """The id of what is called so, None where nothing is; `Ambiguous` where several are."""
        if given in self.snapshot.nodes(label).index and self.shows(label, given):
            return given
        named = _by_name(self.snapshot, label).get(given, ())
        found = [id_ for id_ in named if self.shows(label, id_)]
        if len(found) > 1:
            raise Ambiguous("ambiguous_name", given=given, ids=", ".join(found))
        return found[0] if found else None

    def id_of(self, label: str, given: str, field: str) -> str:
        """The id of what is called so; `NotFound` says which `field` of the question is wrong."""
        found = self.find(label, given)
        if found is None and label == "Region" and given.isascii() and given.isalnum():
            return given  # a region id outside `regions` stands alone
        if found is None:
            raise NotFound(f"unknown_{field}", **{field: given})
        return found

    def _seen(self, label: str, id: str) -> bool:
        """Whether `only_park` leaves it in."""
        return self._only_park is None or self.shows(label, id)

    def shows(self, label: str, id: str) -> bool:
        """Whether it may be seen: with `only_park` that park, its own parts and its projects."""
        if self._only_park is None or label not in ("Park", "Project"):
            return self._only_park is None
        table, column = self.snapshot.nodes(label), "parent" if label == "Park" else "park"
        at = table.index.get(id)
        above = None if at is None else table.values(column)[at]
        return bool(self._only_park) and self._only_park in (id if label == "Park" else "", above)

    def _candidate(self, given: str) -> str:
        for label in ("Project", "Enterprise"):
            found = self.find(label, given)
            if found is not None:
                return found
        raise NotFound("unknown_candidate", candidate=given)


def _by_name(snapshot: Snapshot, label: str) -> dict[str, tuple[str, ...]]:
    return snapshot.memo.get(("names", label), lambda: _names(snapshot, label))


def _names(snapshot: Snapshot, label: str) -> dict[str, tuple[str, ...]]:
    """Exact names, credit codes, short names and aliases -> ids; the full name goes first."""
    table = snapshot.nodes(label)
    found: dict[str, dict[str, None]] = {}
    for column in ("name", "uscc"):
        for id_, value in zip(table.ids, table.values(column), strict=True):
            if value:
                found.setdefault(str(value), {})[id_] = None
    other: dict[str, dict[str, None]] = {}
    for column in ("short_name", "aliases"):
        for id_, value in zip(table.ids, table.values(column), strict=True):
            for name in [value] if isinstance(value, str) else value or []:
                other.setdefault(name, {})[id_] = None
    return {name: tuple(ids) for name, ids in {**other, **found}.items()}
