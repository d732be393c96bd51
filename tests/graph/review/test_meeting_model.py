"""Random meetings beside an obvious model of dicts and lists: they never disagree on anything.

The model knows the rules of a meeting as they are written down and nothing of how the steps are
programmed: after every step, taken or refused, both are asked what there is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from random import Random
from typing import Any

from graph.errors import LianzhuError
from graph.review import steps
from graph.review.meeting import (
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
from tests.graph.review.meeting_model import GROUND, KINDS, OUTCOMES, SEATS, STANCES, Model, No
from tests.graph.review.meetings import CONDITION, basis, draft
from tests.graph.review.standards import DAY, GOOD

STEPS = tier(12_000, 200_000)
LENGTH = 150  # of one meeting
TWO = ("h", "s", "org:7")  # who may reopen it; an id may hold whatever separates it elsewhere
BAD_TERMS = ("late", "blank", "no number", "no end")
CASES = [kind + sign for kind in KINDS for sign in "++??-"]


def shown(meeting: Meeting) -> dict[str, Any]:
    """The same of the true meeting."""
    return {
        "state": meeting.state,
        "asked": meeting.reopening,
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
    }


def _decision(made: Decision | None) -> tuple[object, ...] | None:
    if made is None:
        return None
    against = sorted(b.member for b in made.dissent)
    return made.outcome, made.rule, made.reason, made.transfer_to, against


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
    "publish": steps.publish,
    "ask_to_reopen": steps.ask_to_reopen,
    "agree_to_reopen": steps.agree_to_reopen,
}
LIKELY = {
    "draft": "put_on put_on assign enrol take_off recuse open_window",
    "open": "put_on assign assign enrol take_off recuse begin begin",
    "scoring": "write_card " * 16 + "submit_card " * 16 + "seal seal recuse recuse assign",
    "sealed": "vote " * 20 + "decide " * 12 + "reply " * 3 + "conclude " * 3 + "recuse",
    "decided": "publish publish ask_to_reopen agree_to_reopen",
    "published": "ask_to_reopen agree_to_reopen",
}
CODES = {
    "bad_choice", "bad_condition", "bad_points", "card_changed", "card_empty", "card_incomplete",
    "card_submitted", "case_decided", "case_open", "case_twice", "gate_blocks", "is_recused",
    "meeting_state", "member_twice", "needs_conditions", "needs_park", "needs_reason", "no_basis",
    "no_cases", "no_quorum", "nobody_asked", "not_assigned", "not_majority", "too_few_judges",
    "two_people", "unknown_case", "unknown_member",
}  # fmt: skip


class Chooser:
    """Chooses the next step: mostly one that has a chance, sometimes any, with odd arguments."""

    def __init__(self, seed: int, model: Model) -> None:
        self.rng, self.model = Random(seed), model

    def step(self) -> tuple[str, dict[str, Any]]:
        odd = self.rng.random() < 0.08
        kind = self.rng.choice(list(TRUE) if odd else LIKELY[self.model.state].split())
        make = getattr(self, kind, dict)
        return kind, make()

    def often(self, usual: Any, *rare: Any) -> Any:
        return self.rng.choice(rare) if self.rng.random() < 0.06 else usual

    def case(self) -> str:
        return str(self.often(self.rng.choice(list(self.model.cases) or ["none?"]), "none?"))

    def member(self, case: str = "") -> str:
        judges = self.model.judges(case) if case in self.model.cases else []
        return str(self.often(self.rng.choice(judges or list(SEATS)), *SEATS, "z"))

    def enrol(self) -> dict[str, Any]:
        panel = list(SEATS.items())
        if self.rng.random() < 0.3:
            panel.remove(self.rng.choice(panel[:3]))
        if self.rng.random() < 0.3:
            panel[1] = panel[1][0], self.rng.choice(["chair", "department", "secretary"])
        return {"panel": panel + self.often([], [panel[0]], [("x", "guest")], [("x", "secretary")])}

    def put_on(self) -> dict[str, Any]:
        there = list(self.model.cases)
        return {"case": self.rng.choice(CASES if len(there) < 3 else there)}

    def take_off(self) -> dict[str, Any]:
        return {"case": self.case()}

    def assign(self) -> dict[str, Any]:
        able = [m for m in self.model.panel if self.model.judging(m)]
        able = self.rng.choice([able, able, able[1:], able[:2]])
        few = self.often(able, able[:1], [*able, *able], ["h"], ["z"])
        found = {case: self.rng.sample(few, len(few)) for case in self.model.cases}
        return {"assigned": {**found, **self.often({}, {"none?": ["a"]})}}

    def recuse(self) -> dict[str, Any]:
        return {"case": self.case(), "member": self.member(), "why": self.often("亲属", " ")}

    def begin(self) -> dict[str, Any]:
        return {"bases": self.often(list(self.model.cases), [])}

    def _version(self, case: str, member: str) -> int:
        cards = self.model.cases.get(case, {"cards": {}})["cards"]
        return int(self.often(cards[member]["version"] if member in cards else 0, 0, 1, 7))

    def write_card(self) -> dict[str, Any]:
        case = self.case()
        member = self.member(case)
        judges = self.model.panel.get(member) == "department"
        vetoes = self.rng.choice([{}, {"v-red": True}, {"v-red": True}, {"v-red": False}])
        points = {"team": self.rng.randint(1, 5)}
        return {
            "case": case,
            "member": member,
            "points": self.often(points, {}, {"team": 0}, {"team": 6}, {"gain": 3}),
            "vetoes": self.often(vetoes if judges else {}, {"v-red": True}, {"v-no": True}),
            "stance": self.often(self.rng.choice(STANCES), "", "maybe"),
            "opinion": self.often("意见", " "),
            "version": self._version(case, member),
        }

    def submit_card(self) -> dict[str, Any]:
        case = self.case()
        member = self.member(case)
        return {"case": case, "member": member, "seen": self._version(case, member)}

    def reply(self) -> dict[str, Any]:
        said = {"text": self.often("何据", ""), "stance": self.rng.choice(["", *STANCES, "maybe"])}
        return {"case": self.case(), "member": self.member(), "to": self.member(), **said}

    def vote(self) -> dict[str, Any]:
        case = self.case()
        rule = self.model.rule(case) if case in self.model.cases else None
        usual = [rule] * 6 + ["approved"] * 2 + ["conditional", "special"] * 2 + [*OUTCOMES]
        outcome = self.rng.choice(usual) or "special"
        said = list(self.model.cases.get(case, {"ballots": {}})["ballots"].values())
        if said and self.rng.random() < 0.6:
            outcome = said[0]  # so that there are majorities for anything
        return {"case": case, "member": self.member(case), "outcome": self.often(outcome, "maybe")}

    def decide(self) -> dict[str, Any]:
        case = self.case()
        wanted = self.model.wanted(case) if case in self.model.cases else "deferred"
        return {
            "case": case,
            "outcome": self.often(wanted, *OUTCOMES, "maybe"),
            "reason": self.rng.choice(["会议意见", "会议意见", ""]),
            "terms": self.often(self.rng.choice(["good", "good", ""]), *BAD_TERMS),
            "to": self.rng.choice(["third", "third", "third", "", None, "park", " ", " park\n"]),
        }

    def ask_to_reopen(self) -> dict[str, Any]:
        why = self.rng.choice(["有误: 税收", "org:7: 有误"])
        return {"member": self.rng.choice(TWO), "why": self.often(why, "")}

    def agree_to_reopen(self) -> dict[str, Any]:
        return {"member": self.rng.choice(TWO)}


NOTES = {"added while scoring", "decided short-handed", "sealed short-handed", "seat lost"}


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
        choose = Chooser(seed, model)
        for at in range(LENGTH):
            kind, args = choose.step()
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
    assert sum(took.values()) >= 12_000
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
