"""Which step comes next in a random meeting, with which arguments, by what its model holds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random
from typing import Any

from tests.graph.review.meeting_model import KINDS, OUTCOMES, SEATS, STANCES, Model

__all__ = ["LIKELY", "Chooser", "prologue"]

TWO = ("h", "s", "org:7")  # who may reopen it; an id may hold whatever separates it elsewhere
BAD_TERMS = ("late", "blank", "no number", "no end")
CASES = [kind + sign for kind in KINDS for sign in "++??-"]
LIKELY = {
    "draft": "put_on put_on assign enrol enrol take_off recuse open_window",
    "open": "put_on assign assign enrol enrol take_off recuse begin begin",
    "scoring": "write_card " * 16 + "submit_card " * 16 + "seal seal recuse recuse assign",
    "sealed": "vote " * 20
    + "decide " * 12
    + "reply " * 3
    + "conclude " * 3
    + "recuse "
    + "appeal " * 3,
    "decided": "publish " * 8 + "ask_to_reopen agree_to_reopen appeal answer_appeal",
    "published": "appeal " * 2 + "answer_appeal " * 3 + "agree_to_reopen " * 2,
}


class Chooser:
    """Chooses the next step: mostly one that has a chance, sometimes any, with odd arguments."""

    def __init__(self, seed: int, model: Model, kinds: Sequence[str]) -> None:
        self.rng, self.model, self.kinds = Random(seed), model, kinds

    def step(self) -> tuple[str, dict[str, Any]]:
        odd = self.rng.random() < 0.08
        kind = self.rng.choice(self.kinds if odd else LIKELY[self.model.state].split())
        make = getattr(self, kind, dict)
        return kind, make()

    def often(self, usual: Any, *rare: Any) -> Any:
        return self.rng.choice(rare) if self.rng.random() < 0.06 else usual

    def case(self) -> str:
        return str(self.often(self.rng.choice(list(self.model.cases) or ["none?"]), "none?"))

    def among(self, holds: Callable[[str], Any]) -> str:
        """Mostly a project of which something holds."""
        found = [id for id in self.model.cases if holds(id)]
        return str(self.often(self.rng.choice(found), self.case()) if found else self.case())

    def open(self) -> str:
        return self.among(lambda id: not self.model.cases[id]["decision"])

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
        case = self.open()
        rule = self.model.rule(case) if case in self.model.cases else None
        usual = (
            [rule] * 5
            + ["approved"] * 4
            + ["conditional", "special", "transferred"] * 2
            + [*OUTCOMES]
        )
        outcome = self.rng.choice(usual) or "special"
        said = list(self.model.cases.get(case, {"ballots": {}})["ballots"].values())
        if said and self.rng.random() < 0.6:
            outcome = said[0]  # so that there are majorities for anything
        able = list(self.model.counted(case)) if case in self.model.cases else []
        member = self.often(self.rng.choice(able) if able else "a", self.member(case))
        return {"case": case, "member": member, "outcome": self.often(outcome, "maybe")}

    def decide(self) -> dict[str, Any]:
        case = self.open()
        wanted = self.model.wanted(case) if case in self.model.cases else "deferred"
        return {
            "case": case,
            "outcome": (outcome := self.often(wanted, *OUTCOMES, "maybe")),
            "reason": self.rng.choice(["会议意见", "会议意见", ""]),
            "terms": self.often(self.rng.choice(_terms(outcome)), *BAD_TERMS),
            "to": self.rng.choice(
                ["third", "third", "else", "", None, "park", " ", " park\n", "x", "x"]
            ),
        }

    def publish(self) -> dict[str, Any]:
        return {"day": self.rng.randint(0, 20)}

    def appeal(self) -> dict[str, Any]:
        case = self.among(
            lambda id: self.model.cases[id]["told"] is not None and not self.model.appealed(id)
        )
        told = self.model.cases.get(case, {"told": None})["told"] or 0
        said = {"reason": self.often("漏看: 合同", " "), "evidence": self.often("合同", "")}
        return {"case": case, "day": told + self.rng.choice([0, 1, 15, 15, 16]), **said}

    def answer_appeal(self) -> dict[str, Any]:
        said = {"why": self.rng.choice(["有据", "有据", " "]), "member": self.rng.choice(TWO)}
        answer = self.rng.choice(["accepted", "accepted", "refused"])
        case = self.among(lambda id: (self.model.appealed(id) or {"answer": "-"})["answer"] == "")
        return {"case": case, "answer": self.often(answer, "maybe"), **said}

    def ask_to_reopen(self) -> dict[str, Any]:
        why = self.rng.choice(["有误: 税收", "org:7: 有误"])
        return {"member": self.rng.choice(TWO), "why": self.often(why, "")}

    def agree_to_reopen(self) -> dict[str, Any]:
        return {"member": self.rng.choice(TWO)}


def _terms(outcome: str) -> Sequence[str]:
    """Conditions where they bind somebody, mostly none elsewhere."""
    promises = outcome in ("approved", "conditional", "special")
    return ["good", "good", ""] if promises else ["", "", "", "", "good"]


def prologue() -> list[tuple[str, dict[str, Any]]]:
    """A meeting of three projects as far as its decisions are published, one step after another."""
    ids, judges = ["good+", "middle+", "low+"], ["a", "b", "c"]
    pairs = [{"case": id, "member": m} for id in ids for m in judges]
    card = {"points": {"team": 4}, "vetoes": {}, "stance": "support", "opinion": "", "version": 0}
    said = {"outcome": "rejected", "reason": "会议意见", "terms": "", "to": None}
    return [
        *(("put_on", {"case": id}) for id in ids),
        ("assign", {"assigned": dict.fromkeys(ids, judges)}),
        ("open_window", {}),
        ("begin", {"bases": ids}),
        *(("write_card", {**pair, **card}) for pair in pairs),
        *(("submit_card", {**pair, "seen": 1}) for pair in pairs),
        ("seal", {}),
        *(("vote", {**pair, "outcome": "rejected"}) for pair in pairs),
        *(("decide", {"case": id, **said}) for id in ids),
        ("conclude", {}),
        ("publish", {"day": 3}),
    ]
