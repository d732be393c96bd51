"""The questions: a snapshot and a `Question` in, one frozen answer out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

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
from graph.analysis.facts import facts_of
from graph.analysis.fill import Fill
from graph.analysis.fit import Fitting
from graph.analysis.fit import fit as _fit
from graph.analysis.gaps import Gaps, answer
from graph.analysis.parks import parks_of
from graph.analysis.rank import candidate_answer
from graph.analysis.rank import rank as _rank
from graph.analysis.rank import why_not as _why_not
from graph.analysis.view import view_of
from graph.errors import NotFound
from graph.question import ALGORITHM, Assumptions, Question
from graph.snapshot import Snapshot

__all__ = ["chain_map", "explain", "fit", "gaps", "rank"]

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
    rows = [Fitting(facts, id_) for id_ in facts.projects.ids if project in (None, id_)]
    columns = [held for held in parks_of(facts) if park in (None, held.id)]
    matrix = [_fit(row, column) for row in rows for column in columns]
    return FitAnswer(snapshot.revision, ALGORITHM, asdict(facts.assumed), matrix)


def chain_map(snapshot: Snapshot, question: Question, chain: str) -> ChainMap:
    """The chain as a map for this question.  Raises as `gaps`."""
    fills = _fills(snapshot, question)
    return _chain_map(fills[0].view, gaps(snapshot, question), chain)


def _fills(snapshot: Snapshot, question: Question) -> Sequence[Fill]:
    """The scorers of a question, kept for the next question of the same kind."""
    return snapshot.memo.get(
        ("fills", question), lambda: [Fill(Gaps(view)) for view in view_of(snapshot, question)]
    )
