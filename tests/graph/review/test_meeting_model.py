"""Random meetings beside an obvious model of dicts and lists: they never disagree on anything.

The model knows the rules of a meeting as they are written down and nothing of how the steps are
programmed: after every step, taken or refused, both are asked what there is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from graph.errors import LianzhuError
from graph.review import steps
from graph.review.meeting import (
    Appeal,
    Ballot,
    Basis,
    Card,
    Case,
    Condition,
    Decision,
    Meeting,
    Member,
    Recusal,
    Reply,
)
from graph.review.panel import given_with, majority
from tests.conftest import tier
from tests.graph.review.meeting_chooser import LIKELY, Chooser, prologue
from tests.graph.review.meeting_model import GROUND, SEATS, Model, No
from tests.graph.review.meetings import CONDITION, basis, draft
from tests.graph.review.standards import DAY, GOOD

STEPS = tier(12_000, 200_000)
LENGTH = 150  # of one meeting


def shown(meeting: Meeting) -> dict[str, Any]:
    """The same of the true meeting."""
    return {
        "state": meeting.state,
        "asked": meeting.reopening,
        "anew": list(meeting.reopening_of),
        "reopened": list(meeting.reopened),
        "panel": {m.id: m.seat for m in meeting.panel},
        "cases": {case.id: _case(meeting, case) for case in meeting.cases},
    }


def _case(meeting: Meeting, case: Case) -> dict[str, Any]:
    given = None if case.basis is None else given_with(case)
    known = GROUND[case.id[-1]] if given is None else given.vetoes.get("v-red")
    return {
        "assigned": list(case.assigned),
        "judges": list(case.judges()),
        "needed": meeting.enough(case),
        "versions": {c.member: c.version for c in case.cards},
        "submitted": [c.member for c in case.cards if c.submitted],
        "votes": [] if given is None else list(given.votes.get("team", ())),
        "ground": known,
        "ballots": {b.member: b.outcome for b in case.ballots},
        "majority": majority(case),
        "replies": len(case.replies),
        "decision": _decision(case.decision),
        "earlier": [_decision(d) for d in case.earlier],
        "told": _told(case.decision),
        "appeals": [
            {"decision": a.decision, "reason": a.reason, "answer": a.answer, "by": a.answered_by}
            for a in case.appeals
        ],
    }


def _decision(made: Decision | None) -> tuple[object, ...] | None:
    if made is None:
        return None
    against = sorted(b.member for b in made.dissent)
    return made.outcome, made.rule, made.reason, made.transfer_to, against


def _told(made: Decision | None) -> int | None:
    return (made.published - DAY).days if made and made.published else None


def _on(day: int) -> date:
    return DAY + timedelta(day)


def _basis(case: str) -> Basis:
    known = GROUND[case[-1]]
    given = {} if known is None else {"v-red": known}
    chain = {"good": 0.9, "middle": 0.1, "low": 0.0}.get(case[:-1], 0.9)
    found = replace(GOOD, vetoes=given, chain={"gain": chain})
    changes = {
        "low": {"rd_ratio": 0.02},
        "near": {"investment_wan": 10_800.0},  # 270 of 280 万元/亩
        "far": {"investment_wan": 16_000.0, "land_mu": 80.0, "tax_wan": 2_000.0},
    }
    found = replace(found, numbers={**GOOD.numbers, **changes.get(case[:-1], {})})
    if case[:-1] == "short":
        found = replace(found, numbers={k: v for k, v in GOOD.numbers.items() if k != "land_mu"})
    return basis(found)


def _conditions(terms: str) -> tuple[Condition, ...]:
    bad: dict[str, dict[str, Any]] = {
        "late": {"due": DAY - timedelta(1)},
        "blank": {"evidence": " "},
        "no number": {"value": float("nan")},
        "no end": {"value": float("-inf")},
    }
    return (replace(CONDITION, **bad.get(terms, {})),) if terms else ()


def _judged_already(case: str) -> Case:
    """A project as nobody may put it on: judged and voted on before."""
    card, out = Card("a", {"team": 5}, submitted=True), (Recusal("b", "亲属"),)
    return Case(
        case, case, "甲", "park", assigned=("a", "b"), recused=out, basis=_basis(case),
        cards=(card,), replies=(Reply("a", "b", "何据"),), ballots=(Ballot("a", "approved"),),
        decision=Decision("approved", None, "h"), earlier=(Decision("rejected", None, "h"),),
    )  # fmt: skip


TRUE: Mapping[str, Callable[..., Meeting]] = {
    "enrol": lambda m, panel: steps.enrol(m, [Member(i, i, s, "自然资源") for i, s in panel]),
    "open_window": steps.open_window,
    "put_on": lambda m, case: steps.put_on(m, _judged_already(case)),
    "take_off": steps.take_off,
    "assign": steps.assign,
    "recuse": lambda m, case, member, why: steps.recuse(m, case, Recusal(member, why)),
    "begin": lambda m, bases: steps.begin(m, {case: _basis(case) for case in bases}),
    "write_card": lambda m, case, **card: steps.write_card(m, case, Card(**card)),
    "submit_card": steps.submit_card,
    "seal": steps.seal,
    "reply": lambda m, case, **said: steps.reply(m, case, Reply(**said)),
    "vote": lambda m, case, **ballot: steps.vote(m, case, Ballot(**ballot)),
    "decide": lambda m, case, outcome, reason, terms, to: steps.decide(
        m, case, Decision(outcome, None, "h", reason, to, _conditions(terms))
    ),
    "conclude": steps.conclude,
    "publish": lambda m, day: steps.publish(m, _on(day)),
    "appeal": lambda m, case, day, **said: steps.appeal(
        m, case, Appeal(7, _on(day), "甲园", **said)
    ),
    "answer_appeal": lambda m, member, **said: steps.answer_appeal(
        m, **said, member=member, day=_on(0)
    ),
    "ask_to_reopen": steps.ask_to_reopen,
    "agree_to_reopen": steps.agree_to_reopen,
}
CODES = {
    "appeal_late", "appeal_twice", "bad_choice", "bad_condition", "bad_points", "card_changed",
    "card_empty", "card_incomplete", "card_missing", "card_submitted", "case_decided", "case_open",
    "case_twice", "gate_blocks", "is_recused", "meeting_state", "member_twice", "needs_conditions",
    "needs_evidence", "needs_park", "needs_reason", "no_appeal", "no_basis", "no_cases",
    "no_quorum", "nobody_asked", "not_assigned", "not_majority", "not_published",
    "park_without_standard", "too_few_judges", "two_people", "unknown_case", "unknown_member",
    "useless_conditions",
}  # fmt: skip


NOTES = {
    "added while scoring", "appealed while others are judged anew", "decided short-handed",
    "one of several judged anew", "sealed short-handed", "seat lost",
    "two appeals at once",
}  # fmt: skip


def noted(before: Meeting, after: Meeting, kind: str, args: Mapping[str, Any]) -> set[str]:
    """What has to happen now and then, for the agreement to say anything of it."""
    pairs = [(c, d) for c in before.cases for d in after.cases if c.id == d.id]
    short = {c.id for c in before.cases if len(c.judges()) < before.enough(c)}
    seats = {m.id for m in after.panel}
    found = {
        "added while scoring": kind == "assign"
        and before.state == "scoring"
        and any(len(d.assigned) > len(c.assigned) for c, d in pairs),
        "sealed short-handed": kind == "seal" and short,
        "decided short-handed": kind == "decide" and args["case"] in short,
        "appealed while others are judged anew": kind == "appeal" and before.state == "sealed",
        "one of several judged anew": kind == "agree_to_reopen"
        and any(c.decision for c in after.cases),
        "two appeals at once": len(after.reopening_of) > 1 and kind == "answer_appeal",
        "seat lost": kind == "enrol"
        and any(m in seats and m not in d.assigned for c, d in pairs for m in c.assigned),
    }
    return {note for note, holds in found.items() if holds}


def test_a_meeting_and_its_model_agree_after_every_step() -> None:
    took: Counter[tuple[str, str]] = Counter()
    states: Counter[str] = Counter()
    notes: Counter[str] = Counter()
    blocks: Counter[tuple[str, bool | None]] = Counter()
    for seed in range(STEPS // LENGTH):
        meeting, model = replace(draft(), panel=_members(), cases=()), Model()
        choose = Chooser(seed, model, list(TRUE))
        ahead = prologue() if seed % 4 == 0 else []
        for at in range(LENGTH):
            kind, args = ahead.pop(0) if ahead else choose.step()
            said, told = "", ""
            before = meeting
            try:
                meeting = TRUE[kind](meeting, **args)
            except LianzhuError as error:
                said = error.code
            try:
                getattr(model, kind)(**args)
            except No as no:
                told = str(no)
            where = (seed, at, before.state, kind, args)
            assert said == told, where
            assert shown(meeting) == model.shown(), where
            took[kind, said] += 1
            if said == "gate_blocks":
                ground = model.ground(args["case"])
                blocks[args["outcome"], ground] += 1
            if not said:
                notes.update(noted(before, meeting, kind, args))
            states[meeting.state] += 1
    assert sum(took.values()) >= STEPS - LENGTH
    seen = {("approved", None), ("conditional", False), ("special", False)}
    assert seen <= set(blocks), blocks
    assert set(notes) == NOTES
    assert min(notes.values()) >= 10
    assert {kind for kind, said in took if not said} == set(TRUE)
    assert {kind for kind, said in took if said} == set(TRUE)
    assert {said for _, said in took if said} == CODES
    assert set(states) == set(LIKELY)
    assert took["agree_to_reopen", ""] >= 10


def _members() -> tuple[Member, ...]:
    return tuple(Member(id, id, seat, "自然资源") for id, seat in SEATS.items())
