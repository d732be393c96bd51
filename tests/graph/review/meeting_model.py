"""An obvious model of a meeting in dicts and lists, made from its rules and not from the steps."""

from __future__ import annotations

from collections.abc import Mapping
from statistics import median
from typing import Any

__all__ = ["GROUND", "KINDS", "OUTCOMES", "SEATS", "STANCES", "Model", "No"]

SEATS = {"a": "expert", "b": "expert", "c": "expert", "d": "department", "h": "chair"}
OUTCOMES = ("approved", "conditional", "deferred", "transferred", "rejected", "special")
STANCES = ("support", "conditional", "oppose")

# Points without those of the experts (3 for each of the median), and what is wrong with it.
KINDS: Mapping[str, tuple[float, str]] = {
    "good": (83.0, ""),
    "middle": (67.0, ""),
    "low": (55.0, ""),
    "near": (76.142857, "near"),
    "far": (0.0, "far"),
    "short": (0.0, "incomplete"),
}
GROUND = {"+": True, "-": False, "?": None}  # whether the one ground is passed, as it is known


class No(Exception):
    """A step is refused; the argument is the code."""


def check(holds: object, code: str) -> None:
    if not holds:
        raise No(code)


class Model:
    """A meeting in dicts: case -> what there is, member -> what they said."""

    def __init__(self) -> None:
        self.state, self.reopened = "draft", list[str]()
        self.asked: tuple[str, str] | None = None
        self.anew = list[str]()  # projects it is asked to be reopened for, none = all
        self.panel: dict[str, str] = dict(SEATS)
        self.cases: dict[str, dict[str, Any]] = {}

    def enrol(self, panel: list[tuple[str, str]]) -> None:
        check(self.state in ("draft", "open"), "meeting_state")
        check(len(dict(panel)) == len(panel), "member_twice")
        check(all(seat in (*SEATS.values(), "secretary") for _, seat in panel), "bad_choice")
        self.panel = dict(panel)
        for case in self.cases.values():
            case["assigned"] = [m for m in case["assigned"] if self.judging(m)]
            case["recused"] = [m for m in case["recused"] if m in self.panel]

    def open_window(self) -> None:
        check(self.state == "draft", "meeting_state")
        self.state = "open"

    def put_on(self, case: str) -> None:
        check(self.state in ("draft", "open"), "meeting_state")
        check(case not in self.cases, "case_twice")
        self.cases[case] = {
            "assigned": [], "recused": [], "cards": {}, "ballots": {}, "replies": 0,
            "decision": None, "earlier": [], "told": None, "appeals": [],
        }  # fmt: skip

    def take_off(self, case: str) -> None:
        check(self.state in ("draft", "open"), "meeting_state")
        check(case in self.cases, "unknown_case")
        del self.cases[case]

    def assign(self, assigned: dict[str, list[str]]) -> None:
        check(self.state in ("draft", "open", "scoring"), "meeting_state")
        for member in (m for members in assigned.values() for m in members):
            check(member in self.panel, "unknown_member")
            check(self.judging(member), "bad_choice")
        check(all(case in self.cases for case in assigned), "unknown_case")
        for case, members in assigned.items():
            stay = self.cases[case]["assigned"] if self.state == "scoring" else []
            self.cases[case]["assigned"] = stay + [
                m for n, m in enumerate(members) if m not in stay and m not in members[:n]
            ]

    def recuse(self, case: str, member: str, why: str) -> None:
        check(self.state in ("draft", "open", "scoring", "sealed"), "meeting_state")
        check(member in self.panel, "unknown_member")
        check(why.strip(), "needs_reason")
        check(case in self.cases, "unknown_case")
        here = self.cases[case]
        check(here["decision"] is None, "case_decided")
        if member not in here["recused"]:
            here["recused"].append(member)
            here["ballots"].pop(member, None)

    def begin(self, bases: list[str]) -> None:
        check(self.state == "open", "meeting_state")
        check(self.cases, "no_cases")
        for case in self.cases:
            check(case in bases, "no_basis")
            check(len(self.judges(case)) >= self.needed(case), "too_few_judges")
        self.state = "scoring"

    def write_card(
        self, case: str, member: str, points: dict[str, Any], vetoes: dict[str, bool],
        stance: str, opinion: str, version: int,
    ) -> None:  # fmt: skip
        check(self.state == "scoring", "meeting_state")
        check(case in self.cases, "unknown_case")
        for item, given in points.items():
            check(item == "team", "bad_choice")
            check(given in (1, 2, 3, 4, 5), "bad_points")
        check(member in self.panel, "unknown_member")
        for ground in vetoes:
            check(ground == "v-red" and self.panel[member] == "department", "bad_choice")
        check(stance in ("", *STANCES), "bad_choice")
        old = self.own(case, member)
        check(old is None or not old["submitted"], "card_submitted")
        check(version == (old["version"] if old else 0), "card_changed")
        self.cases[case]["cards"][member] = {
            "points": points, "vetoes": vetoes, "stance": stance, "opinion": opinion,
            "version": version + 1, "submitted": False,
        }  # fmt: skip

    def submit_card(self, case: str, member: str, seen: int) -> None:
        check(self.state == "scoring", "meeting_state")
        check(case in self.cases, "unknown_case")
        card = self.own(case, member)
        check(card is not None, "card_empty")
        assert card is not None
        check(not card["submitted"], "card_submitted")
        check(card["version"] == seen, "card_changed")
        check(card["points"] and card["stance"], "card_incomplete")
        check(card["stance"] == "support" or card["opinion"].strip(), "needs_reason")
        card["submitted"] = True

    def seal(self) -> None:
        check(self.state == "scoring", "meeting_state")
        for case in self.cases:
            enough = len(self.counted(case)) >= self.needed(case)
            check(enough or self.too_few(case), "no_quorum")
        self.state = "sealed"

    def reply(self, case: str, member: str, to: str, text: str, stance: str) -> None:
        check(self.state == "sealed", "meeting_state")
        check(text.strip(), "needs_reason")
        check(stance in ("", *STANCES), "bad_choice")
        check(member in self.panel and to in self.panel, "unknown_member")
        check(case in self.cases, "unknown_case")
        check(member not in self.cases[case]["recused"], "is_recused")
        check(self.cases[case]["decision"] is None, "case_decided")
        self.cases[case]["replies"] += 1

    def vote(self, case: str, member: str, outcome: str) -> None:
        check(self.state == "sealed", "meeting_state")
        check(outcome in OUTCOMES, "bad_choice")
        check(case in self.cases, "unknown_case")
        card = self.own(case, member)
        check(self.cases[case]["decision"] is None, "case_decided")
        check(card is not None and card["submitted"], "card_missing")
        self.cases[case]["ballots"][member] = outcome

    def decide(self, case: str, outcome: str, reason: str, terms: str, to: str | None) -> None:
        check(self.state == "sealed", "meeting_state")
        check(outcome in OUTCOMES, "bad_choice")
        check(case in self.cases, "unknown_case")
        here, rule = self.cases[case], self.rule(case)
        check(here["decision"] is None, "case_decided")
        able = len(self.counted(case)) >= self.needed(case)
        check(self.enough_voted(case) or not able, "no_quorum")
        check(outcome == self.wanted(case), "not_majority")
        wrong = KINDS[case[:-1]][1] or self.ground(case) is not True
        check(outcome != "approved" or not wrong, "gate_blocks")
        vetoed = self.ground(case) is False
        check(outcome not in ("conditional", "special") or not vetoed, "gate_blocks")
        check(outcome == rule or reason.strip(), "needs_reason")
        promises = outcome in ("approved", "conditional", "special")
        check(promises or not terms, "useless_conditions")
        check(outcome != "conditional" or terms, "needs_conditions")
        check(terms in ("", "good"), "bad_condition")
        elsewhere = to is not None and to.strip() not in ("", "park")
        check(outcome != "transferred" or elsewhere, "needs_park")
        ruled = (to or "").strip() in ("else", "other", "third")
        check(outcome != "transferred" or ruled, "park_without_standard")
        against = sorted(m for m, voted in here["ballots"].items() if voted != outcome)
        place = (to or "").strip() or None
        here["decision"] = (outcome, rule, reason, place, against)

    def conclude(self) -> None:
        check(self.state == "sealed", "meeting_state")
        check(all(c["decision"] for c in self.cases.values()), "case_open")
        self.state = "decided"

    def publish(self, day: int) -> None:
        check(self.state == "decided", "meeting_state")
        for case in self.cases.values():
            case["told"] = day if case["told"] is None else case["told"]
        self.state = "published"

    def appeal(self, case: str, day: int, reason: str, evidence: str) -> None:
        """Once for each decision, by the fifteenth day after its park was told."""
        check(case in self.cases, "unknown_case")
        here = self.cases[case]
        check(here["told"] is not None, "not_published")
        check(day <= here["told"] + 15, "appeal_late")
        check(self.appealed(case) is None, "appeal_twice")
        check(reason.strip(), "needs_reason")
        check(evidence.strip(), "needs_evidence")
        here["appeals"].append(
            {"decision": len(here["earlier"]), "reason": reason, "answer": "", "by": ""}
        )

    def answer_appeal(self, case: str, answer: str, why: str, member: str) -> None:
        check(self.state in ("decided", "published"), "meeting_state")
        check(answer in ("accepted", "refused"), "bad_choice")
        check(case in self.cases, "unknown_case")
        found = self.appealed(case)
        check(found is not None and not found["answer"], "no_appeal")
        check(answer == "accepted" or why.strip(), "needs_reason")
        assert found is not None
        found.update(answer=answer, by=member)
        if answer == "accepted" and self.asked is None:
            self.asked, self.anew = (member, found["reason"]), [case]
        elif answer == "accepted" and self.anew:
            self.anew.append(case)

    def ask_to_reopen(self, member: str, why: str) -> None:
        check(self.state in ("decided", "published"), "meeting_state")
        check(why.strip(), "needs_reason")
        self.asked, self.anew = (member, why), []

    def agree_to_reopen(self, member: str) -> None:
        """Nobody who asked: for some projects that is also who accepted their appeals."""
        check(self.state in ("decided", "published"), "meeting_state")
        check(self.asked, "nobody_asked")
        assert self.asked is not None
        first, why = self.asked
        appeals = {id: self.appealed(id) for id in self.cases if id in self.anew}
        check(member not in [first, *(a["by"] for a in appeals.values() if a)], "two_people")
        if appeals:
            why = "; ".join(f"{id}: {a['reason']}" for id, a in appeals.items() if a)
        for case in (self.cases[id] for id in self.anew or self.cases):
            case["earlier"].append(case["decision"])
            case.update(decision=None, ballots={}, told=None)
        self.reopened.append(f"{first} + {member}: {why}")
        self.state, self.asked, self.anew = "sealed", None, []

    def appealed(self, case: str) -> dict[str, Any] | None:
        """The appeal against the decision there is now."""
        here = self.cases[case]
        now = [a for a in here["appeals"] if a["decision"] == len(here["earlier"])]
        return now[0] if now else None

    def judging(self, member: str) -> bool:
        return self.panel.get(member) in ("expert", "department")

    def judges(self, case: str) -> list[str]:
        here = self.cases[case]
        return [m for m in here["assigned"] if m not in here["recused"]]

    def needed(self, case: str) -> int:
        """Two of three, rounded up, and never fewer than two."""
        return max(2, (2 * len(self.judges(case)) + 2) // 3)

    def too_few(self, case: str) -> bool:
        """Whether recusals left fewer than have to take part."""
        return len(self.judges(case)) < self.needed(case)

    def enough_voted(self, case: str) -> bool:
        return len(self.cases[case]["ballots"]) >= self.needed(case)

    def wanted(self, case: str) -> str:
        """The one outcome that can be decided."""
        return (self.majority(case) or "deferred") if self.enough_voted(case) else "deferred"

    def own(self, case: str, member: str) -> dict[str, Any] | None:
        check(member not in self.cases[case]["recused"], "is_recused")
        check(member in self.cases[case]["assigned"], "not_assigned")
        found: dict[str, Any] | None = self.cases[case]["cards"].get(member)
        return found

    def counted(self, case: str) -> dict[str, dict[str, Any]]:
        cards = self.cases[case]["cards"].items()
        judges = self.judges(case)
        return {m: card for m, card in sorted(cards) if card["submitted"] and m in judges}

    def ground(self, case: str) -> bool | None:
        """One no is enough, and somebody has to say yes."""
        said = [v for card in self.counted(case).values() for v in card["vetoes"].values()]
        said += [] if GROUND[case[-1]] is None else [GROUND[case[-1]]]
        return all(said) if said else None

    def majority(self, case: str) -> str | None:
        votes = list(self.cases[case]["ballots"].values())
        return next((v for v in votes if votes.count(v) > len(votes) / 2), None)

    def rule(self, case: str) -> str | None:
        """What the standard says, by hand: the ground, then the minimums, then the points."""
        base, wrong = KINDS[case[:-1]]
        if self.ground(case) is False:
            return "rejected"
        if wrong in ("incomplete", "far"):
            return {"incomplete": "deferred", "far": "transferred"}[wrong]
        votes = [card["points"]["team"] for card in self.counted(case).values()]
        middle = median(votes) if votes else None
        low, high = (base + 3 * m for m in ((0, 5) if middle is None else (middle, middle)))
        if high < 60:
            return "rejected"
        if self.ground(case) is None:
            return "deferred"
        levels = {
            "approved" if p >= 80 else "conditional" if p >= 65 else "deferred" if p >= 60
            else "rejected" for p in (low, high)
        }  # fmt: skip
        level = levels.pop()
        if levels:
            return None
        return "conditional" if (level, wrong) == ("approved", "near") else level

    def shown(self) -> dict[str, Any]:
        return {
            "state": self.state,
            "asked": self.asked,
            "anew": self.anew,
            "reopened": self.reopened,
            "panel": self.panel,
            "cases": {
                id: {
                    "assigned": case["assigned"],
                    "judges": self.judges(id),
                    "needed": self.needed(id),
                    "versions": {m: c["version"] for m, c in sorted(case["cards"].items())},
                    "submitted": sorted(m for m, c in case["cards"].items() if c["submitted"]),
                    "votes": [c["points"]["team"] for c in self.counted(id).values()],
                    "ground": self.ground(id),
                    "ballots": case["ballots"],
                    "majority": self.majority(id),
                    "replies": case["replies"],
                    "decision": case["decision"],
                    "earlier": case["earlier"],
                    "told": case["told"],
                    "appeals": case["appeals"],
                }
                for id, case in self.cases.items()
            },
        }
