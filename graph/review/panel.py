"""What the panel's judgements come to: votes that count, the result by the rules, majorities."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace

from graph.review.assessing import Assessment, assess
from graph.review.discounting import Discounted, discounted, joined
from graph.review.meeting import Case
from graph.review.scoring import Application
from graph.review.standard import Standard

__all__ = ["blocked", "by_record", "experts_asked", "given_with", "majority", "result"]


def experts_asked(standard: Standard) -> tuple[str, ...]:
    """The indicators a reviewer gives 1–5 points for."""
    return tuple(i.id for i in standard.indicators if i.expert and i.weight)


def result(case: Case, *, sealed: bool) -> Assessment | None:
    """What the rules say of a project; None before its basis is fixed.

    Before sealing no judgement of anybody is in it: expert items are unknown.
    """
    if case.basis is None:
        return None
    basis = case.basis
    given = given_with(case) if sealed else basis.given
    found = assess(basis.standard, given, basis.day, basis.others)
    record = by_record(case, sealed=sealed)
    return found if record is None else joined(found, record)


def by_record(case: Case, *, sealed: bool) -> Discounted | None:
    """What it would be with the applicant's record; None where nothing of it is known."""
    if case.basis is None or not case.basis.haircuts:
        return None
    return discounted(case.basis, given_with(case) if sealed else case.basis.given)


def given_with(case: Case) -> Application:
    """The application with the votes and vetoes of the cards that count."""
    assert case.basis is not None
    given, cards = case.basis.given, case.counted()
    votes = {
        item: tuple(card.points[item] for card in cards if item in card.points)
        for item in experts_asked(case.basis.standard)
    }
    vetoes = dict(given.vetoes)
    for card in cards:
        for ground, passed in card.vetoes.items():  # one who says no is enough
            vetoes[ground] = vetoes.get(ground, True) and passed
    return replace(given, votes={k: v for k, v in votes.items() if v}, vetoes=vetoes)


def majority(case: Case) -> str | None:
    """The outcome more than half of the ballots are for; None where there is none."""
    votes: Mapping[str, int] = Counter(ballot.outcome for ballot in case.ballots)
    most = max(votes, key=lambda outcome: (votes[outcome], outcome), default=None)
    return most if most is not None and 2 * votes[most] > len(case.ballots) else None


def blocked(found: Assessment, outcome: str) -> str | None:
    """The gate that stands against an outcome, whatever the points; None where none does.

    通过 needs every gate passed: what fails or is 待核 stands against it.  A veto that fails also
    stands against 附条件通过 and 一事一议.
    """
    for gate in found.gates:
        vetoed = gate.gate == "veto" and gate.verdict == "fail"
        if outcome in ("conditional", "special") and vetoed:
            return gate.rule
        if outcome == "approved" and gate.verdict != "pass":
            return gate.rule
    return None
