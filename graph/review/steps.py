"""What can be done to a meeting, one pure function each; whatever is out of turn is refused.

draft → open → scoring → sealed → decided → published, and back to sealed when two people reopen
it.  Who may take a step is asked before (`api.security.policy`); here it is only whether the step
makes sense now, for this project and this member.  The steps of the call and the agenda are written
in `graph.review.agenda`, those after the decisions in `graph.review.reopening`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from graph.errors import Changed, UsageError
from graph.review.agenda import (
    assign,
    enrol,
    open_window,
    put_on,
    reorder,
    revise,
    take_off,
)
from graph.review.assessing import OUTCOMES
from graph.review.commitments import PROMISING
from graph.review.meeting import (
    STANCES,
    Ballot,
    Basis,
    Card,
    Case,
    Decision,
    Meeting,
    Recusal,
    Reply,
)
from graph.review.panel import blocked, experts_asked, majority, result
from graph.review.reopening import (
    agree_to_reopen,
    answer_appeal,
    appeal,
    ask_to_reopen,
    publish,
)
from graph.review.turns import changed, check_card, check_terms, in_state, known

__all__ = [
    "agree_to_reopen",
    "answer_appeal",
    "appeal",
    "ask_to_reopen",
    "assign",
    "begin",
    "conclude",
    "decide",
    "enrol",
    "open_window",
    "publish",
    "put_on",
    "recuse",
    "reorder",
    "reply",
    "revise",
    "seal",
    "submit_card",
    "take_off",
    "vote",
    "write_card",
]


def recuse(meeting: Meeting, case: str, recusal: Recusal) -> Meeting:
    """Somebody does not judge a project; what they already judged does not count any more."""
    in_state(meeting, "draft", "open", "scoring", "sealed")
    meeting.member(recusal.member)
    if not recusal.why.strip():
        raise UsageError("needs_reason", step="recuse")

    def change(found: Case) -> Case:
        if found.decision is not None:
            raise UsageError("case_decided", case=case)
        if recusal.member in found.out():
            return found
        ballots = tuple(b for b in found.ballots if b.member != recusal.member)
        return replace(found, recused=(*found.recused, recusal), ballots=ballots)

    return changed(meeting, case, change)


def begin(meeting: Meeting, bases: Mapping[str, Basis]) -> Meeting:
    """Fix what each project is judged by, and let the panel judge.

    Raises `UsageError` for an empty agenda, a project without a basis or without enough judges.
    """
    in_state(meeting, "open")
    if not meeting.cases:
        raise UsageError("no_cases")
    cases = []
    for case in meeting.cases:
        if case.id not in bases:
            raise UsageError("no_basis", case=case.name)
        needs = meeting.enough(case)
        if len(case.judges()) < needs:
            raise UsageError("too_few_judges", case=case.name, has=len(case.judges()), needs=needs)
        cases.append(replace(case, basis=bases[case.id]))
    return replace(meeting, state="scoring", cases=tuple(cases))


def write_card(meeting: Meeting, case: str, card: Card) -> Meeting:
    """Keep a reviewer's judgement as a draft; `card.version` is the one it was written over.

    Raises `Changed` where another window wrote it meanwhile, `UsageError` for points that are not
    1–5, for items nobody asked for, and once it is submitted.
    """
    in_state(meeting, "scoring")
    check_card(meeting, case, card)

    def change(found: Case) -> Case:
        before = _own(found, card.member)
        if before is not None and before.submitted:
            raise UsageError("card_submitted")
        if card.version != (before.version if before else 0):
            raise Changed("card_changed")
        after = replace(card, version=card.version + 1, submitted=False)
        return replace(found, cards=_with(found.cards, after))

    return changed(meeting, case, change)


def submit_card(meeting: Meeting, case: str, member: str, seen: int) -> Meeting:
    """Make a judgement final: every item has to be judged and a stance taken."""
    in_state(meeting, "scoring")

    def change(found: Case) -> Case:
        card = _own(found, member)
        if card is None or found.basis is None:
            raise UsageError("card_empty")
        if card.submitted:
            raise UsageError("card_submitted")
        if card.version != seen:
            raise Changed("card_changed")
        missing = [i for i in experts_asked(found.basis.standard) if i not in card.points]
        if missing or not card.stance:
            raise UsageError("card_incomplete", missing=missing or ["stance"])
        if card.stance != "support" and not card.opinion.strip():
            raise UsageError("needs_reason", step="card")
        return replace(found, cards=_with(found.cards, replace(card, submitted=True)))

    return changed(meeting, case, change)


def seal(meeting: Meeting) -> Meeting:
    """End the scoring: from now on the panel sees what everybody said.

    Raises `UsageError` naming the first project that has too few judgements.  One that recusals
    left without enough judges holds nobody up: it can only be deferred.
    """
    in_state(meeting, "scoring")
    for case in meeting.cases:
        has, needs = len(case.counted()), meeting.enough(case)
        if has < needs <= len(case.judges()):
            raise UsageError("no_quorum", case=case.name, has=has, needs=needs)
    return replace(meeting, state="sealed")


def reply(meeting: Meeting, case: str, said: Reply) -> Meeting:
    """Challenge somebody's judgement, or answer; a stance may change, the card stays."""
    in_state(meeting, "sealed")
    if not said.text.strip():
        raise UsageError("needs_reason", step="reply")
    if said.stance:
        known(said.stance, STANCES, "stance")
    meeting.member(said.member)
    meeting.member(said.to)

    def change(found: Case) -> Case:
        if said.member in found.out():
            raise UsageError("is_recused")
        if found.decision is not None:
            raise UsageError("case_decided", case=case)
        return replace(found, replies=(*found.replies, said))

    return changed(meeting, case, change)


def vote(meeting: Meeting, case: str, ballot: Ballot) -> Meeting:
    """Vote on the outcome of a project, or vote anew; only who submitted a judgement of it."""
    in_state(meeting, "sealed")
    known(ballot.outcome, OUTCOMES, "outcome")

    def change(found: Case) -> Case:
        card = _own(found, ballot.member)
        if found.decision is not None:
            raise UsageError("case_decided", case=case)
        if card is None or not card.submitted:
            raise UsageError("card_missing")
        others = tuple(b for b in found.ballots if b.member != ballot.member)
        return replace(found, ballots=(*others, ballot))

    return changed(meeting, case, change)


def decide(meeting: Meeting, case: str, decision: Decision) -> Meeting:
    """Decide a project as the majority voted.

    The rule's outcome and the dissent are put beside it here.  Raises `UsageError` without a
    quorum of ballots or a majority (then only 暂缓), for a difference from the rules without a
    written reason, for 通过 against a gate, for a 附条件 or 转荐 that lacks its terms, and where
    the same project already has a place in another park of this meeting.
    """
    in_state(meeting, "sealed")
    known(decision.outcome, OUTCOMES, "outcome")
    found = meeting.case(case)
    if found.decision is not None:
        raise UsageError("case_decided", case=found.name)
    says = result(found, sealed=True)
    assert says is not None
    has, needs = len(found.ballots), meeting.enough(found)
    if has < needs <= len(found.counted()):
        raise UsageError("no_quorum", case=found.name, has=has, needs=needs)
    wanted = (majority(found) if has >= needs else None) or "deferred"
    if decision.outcome != wanted:
        raise UsageError("not_majority", case=found.name, wanted=wanted)
    gate = blocked(says, decision.outcome)
    if gate is not None:
        raise UsageError("gate_blocks", case=found.name, gate=gate)
    if decision.outcome != says.outcome and not decision.reason.strip():
        raise UsageError("needs_reason", step="decide")
    check_terms(found, decision)
    if decision.outcome in PROMISING:
        _only_here(meeting, found)
    dissent = tuple(b for b in found.ballots if b.outcome != decision.outcome)
    park = (decision.transfer_to or "").strip() or None
    made = replace(decision, rule=says.outcome, transfer_to=park, dissent=dissent)
    return changed(meeting, case, lambda c: replace(c, decision=made))


def conclude(meeting: Meeting) -> Meeting:
    """End the meeting, once every project is decided."""
    in_state(meeting, "sealed")
    for case in meeting.cases:
        if case.decision is None:
            raise UsageError("case_open", case=case.name)
    return replace(meeting, state="decided")


def _only_here(meeting: Meeting, case: Case) -> None:
    """Refuse a second place for a project that several parks handed in."""
    for other in meeting.cases:
        same = bool(case.project) and other.project == case.project and other.id != case.id
        if same and other.decision is not None and other.decision.outcome in PROMISING:
            raise UsageError("approved_elsewhere", case=case.name, park=other.park)


def _own(case: Case, member: str) -> Card | None:
    """The member's card; refused where the member does not judge the project."""
    if member in case.out():
        raise UsageError("is_recused")
    if member not in case.assigned:
        raise UsageError("not_assigned")
    return case.card_of(member)


def _with(cards: Sequence[Card], after: Card) -> tuple[Card, ...]:
    """By member, so that the order of writing tells nothing."""
    others = [card for card in cards if card.member != after.member]
    return tuple(sorted([*others, after], key=lambda card: card.member))
