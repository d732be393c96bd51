"""The questions: a snapshot and a `Question` in, one frozen answer out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from math import fsum

from graph.analysis.answers import (
    CandidateAnswer,
    ChainMap,
    FitAnswer,
    GapsAnswer,
    RankAnswer,
    WhyNot,
)
from graph.analysis.chain import join_candidate, join_gaps, join_rank
from graph.analysis.chainmap import chain_map as _chain_map
from graph.analysis.facts import ENDED, Facts, facts_of
from graph.analysis.fill import Fill
from graph.analysis.fit import Fitting
from graph.analysis.fit import fit as _fit
from graph.analysis.gaps import Gaps, answer
from graph.analysis.park_profile import ParkAnswer, profile
from graph.analysis.parks import parks_of
from graph.analysis.rank import candidate_answer
from graph.analysis.rank import rank as _rank
from graph.analysis.rank import why_not as _why_not
from graph.analysis.view import view_of
from graph.analysis.whatif import LeaderChange, WhatIfAnswer, landed, stopped
from graph.errors import NotFound
from graph.question import ALGORITHM, Assumptions, Question
from graph.snapshot import Snapshot

__all__ = ["chain_map", "explain", "fit", "gaps", "landing", "outage", "park", "rank", "scorers"]

_KINDS = ("project", "enterprise", "expansion")


def gaps(snapshot: Snapshot, question: Question) -> GapsAnswer:
    """Required segments of a leader or chain with type, severity and evidence.

    Raises `NotFound` for an unknown leader or chain, `UsageError` when no region can be told.
    """
    every = [fill.gaps for fill in _fills(snapshot, question)]
    return snapshot.memo.get(
        ("gaps", question),
        lambda: answer(every[0]) if question.chain is None else join_gaps(every),
    )


def rank(snapshot: Snapshot, question: Question) -> RankAnswer:
    """Every candidate of every kind, best first.  Raises as `gaps`."""
    fills = _fills(snapshot, question)
    return snapshot.memo.get(
        ("rank", question),
        lambda: _rank(fills[0]) if question.chain is None else join_rank(fills),
    )


def explain(snapshot: Snapshot, question: Question, candidate: str) -> CandidateAnswer | WhyNot:
    """One candidate's score taken apart, or why it is not a candidate.

    Raises `NotFound` when no project or enterprise has this id, and as `gaps`.
    """
    fills = _fills(snapshot, question)
    for kind in _KINDS:
        if any((kind, candidate) in fill.candidates for fill in fills):
            if question.chain is not None:
                return join_candidate(fills, kind, candidate)
            return candidate_answer(fills[0], fills[0].scored[kind, candidate])
    for label in ("Project", "Enterprise"):
        if candidate in snapshot.nodes(label).index:
            return _why_not(fills[0], label, candidate)
    raise NotFound("unknown_candidate", candidate=candidate)


def fit(snapshot: Snapshot, project: str | None = None, park: str | None = None) -> FitAnswer:
    """Every project in every park, or one row, column or cell of that.

    Raises `NotFound` when there is no such project or park.
    """
    facts = facts_of(snapshot, Assumptions())
    for label, id_ in (("Project", project), ("Park", park)):
        if id_ is not None and id_ not in snapshot.nodes(label).index:
            raise NotFound(f"unknown_{label.lower()}", **{label.lower(): id_})
    return snapshot.memo.get(("fit", project, park), lambda: _matrix(facts, project, park))


def _matrix(facts: Facts, project: str | None, park: str | None) -> FitAnswer:
    rows = [Fitting(facts, id_) for id_ in facts.projects.ids if project in (None, id_)]
    columns = [held for held in parks_of(facts) if park in (None, held.id)]
    matrix = [_fit(row, column) for row in rows for column in columns]
    return FitAnswer(facts.snapshot.revision, ALGORITHM, asdict(facts.assumed), matrix)


def park(snapshot: Snapshot, question: Question, park: str) -> ParkAnswer:
    """One park beside what every leader lacks, seen from the park's region unless asked otherwise.

    Raises `NotFound` when there is no such park.
    """
    facts = facts_of(snapshot, question.assumptions)
    held = next((p for p in parks_of(facts) if p.id == park), None)
    if held is None:
        raise NotFound("unknown_park", park=park)
    about = replace(question, region=question.region or held.word("region"))
    every = [fill.gaps for fill in _every(snapshot, about)[0]]
    return profile(facts, held, every, snapshot.revision, ALGORITHM)


def landing(snapshot: Snapshot, question: Question, project: str) -> WhatIfAnswer:
    """Every leader before and after a project lands, from the region of `question` or its own.

    Raises `NotFound` when there is no such project.
    """
    facts = facts_of(snapshot, question.assumptions)
    if project not in facts.projects.index:
        raise NotFound("unknown_project", project=project)
    stage = facts.stage(project)
    notes = [code for code in ENDED if code == stage]
    if not notes and not facts.offers_of(project):
        notes = ["no_offer"]
    fills, unplaced = ([], []) if notes else _every(snapshot, question)
    found = [landed(fill, [project]) for fill in fills]
    name = facts.projects.values("name")[facts.projects.index[project]] or project
    return _what_if(snapshot, question, (project, name, "lands"), found, unplaced, notes)


def scorers(snapshot: Snapshot, question: Question) -> tuple[Sequence[Fill], Sequence[str]]:
    """What every leader is asked by, and the leaders that are left out; held, it is made once.

    Of the chain that `question` names its leaders, from where a chain is asked; else every one as
    in `landing`.  Raises as `gaps` for a chain.
    """
    return (
        _every(snapshot, question) if question.chain is None else (_fills(snapshot, question), [])
    )


def outage(snapshot: Snapshot, question: Question, enterprise: str) -> WhatIfAnswer:
    """Every other leader before and after an enterprise stops, asked as in `landing`.

    Raises `NotFound` when there is no such enterprise.
    """
    facts = facts_of(snapshot, question.assumptions)
    if enterprise not in facts.enterprises.index:
        raise NotFound("unknown_enterprise", enterprise=enterprise)
    fills, unplaced = _every(snapshot, question)
    found = [stopped(f.gaps, enterprise) for f in fills if f.view.leader != enterprise]
    others = [leader for leader in unplaced if leader != enterprise]
    at = facts.enterprises.index[enterprise]
    name = facts.enterprises.values("name")[at] or enterprise
    notes = [] if facts.active[at] else ["gone"]
    return _what_if(snapshot, question, (enterprise, name, "stops"), found, others, notes)


def _what_if(
    snapshot: Snapshot,
    question: Question,
    what: tuple[str, str, str],
    changes: Sequence[LeaderChange],
    unplaced: Sequence[str],
    notes: Sequence[str],
) -> WhatIfAnswer:
    return WhatIfAnswer(
        snapshot.revision,
        ALGORITHM,
        asdict(question.assumptions),
        *what,
        question.direction,
        fsum(c.before for c in changes) if changes else None,
        fsum(c.after for c in changes) if changes else None,
        changes,
        unplaced,
        [*notes, *(["closed_world"] if question.world == "closed" else [])],
    )


def _every(snapshot: Snapshot, question: Question) -> tuple[list[Fill], list[str]]:
    """The scorers of all active leaders, by id, and the leaders nobody says the place of."""
    facts = facts_of(snapshot, question.assumptions)
    leads, found, unplaced = facts.enterprises.values("leads"), list[Fill](), list[str]()
    for at, leader in enumerate(facts.enterprises.ids):
        if not leads[at] or not facts.active[at]:
            continue
        if question.region or facts.region(leader):
            found += _fills(snapshot, replace(question, leader=leader, chain=None))
        else:
            unplaced.append(leader)
    return found, unplaced


def chain_map(snapshot: Snapshot, question: Question, chain: str) -> ChainMap:
    """The chain as a map for this question.  Raises as `gaps`."""
    fills = _fills(snapshot, question)
    return _chain_map(fills[0].view, gaps(snapshot, question), chain)


def _fills(snapshot: Snapshot, question: Question) -> Sequence[Fill]:
    """The scorers of a question, kept for the next question of the same kind."""
    return snapshot.memo.get(
        ("fills", question), lambda: [Fill(Gaps(view)) for view in view_of(snapshot, question)]
    )
