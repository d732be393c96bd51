"""Meetings to test with: a panel of five, a project or two, and every step of a whole meeting."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date, time
from functools import partial
from importlib.resources import files

from graph.review import steps
from graph.review.filing import Source
from graph.review.meeting import (
    Appeal,
    Ballot,
    Basis,
    Card,
    Case,
    Closes,
    Condition,
    Decision,
    Meeting,
    Member,
    Recusal,
    Reply,
    Rules,
)
from graph.review.reading import read_standard
from graph.review.scoring import Application
from graph.review.standard import Standard
from tests.graph.review.standards import DAY, GOOD, STANDARD

__all__ = [
    "CLOSES",
    "CONDITION",
    "MIDDLE",
    "OTHERS",
    "PANEL",
    "TOLD",
    "Step",
    "against",
    "agreed",
    "basis",
    "case",
    "decided",
    "default_basis",
    "draft",
    "full",
    "judged",
    "published",
    "scoring",
    "script",
    "sealed",
    "short_handed",
    "written",
]

Step = Callable[[Meeting], Meeting]

PANEL = (
    Member("a", "甲", fields=("轴承",), employer="e1", interests=("e2", "e3")),
    Member("b", "乙"),
    Member("c", "丙"),
    Member("d", "丁", "department", "自然资源"),
    Member("h", "主持", "chair"),
)
CONDITION = Condition("tax-per-mu", 25.0, "万元/亩", date(2027, 12, 31), "完税证明")
CLOSES = Closes("leader", "chain", "segment", 1.0, 0.42)
OTHERS = ("else", "other", "third")  # parks with a standard of their own
TOLD = date(2026, 7, 15)  # the day decisions are published


def basis(given: Application = GOOD, standard: Standard = STANDARD, **changes: float) -> Basis:
    """What a project is judged by, without votes; `changes` are numbers of the application."""
    numbers = {**given.numbers, **changes}
    return Basis(
        replace(given, numbers=numbers, votes={}),
        standard,
        DAY,
        7,
        {"other": 61.5},
        (CLOSES,),
        OTHERS,
        source=Source(1, "e1", "g1", {"v-red": True}),
    )


MIDDLE = basis(replace(GOOD, chain={"gain": 0.1}))  # 20 + 2 + 3·median + 30 + 10 + 5


def default_basis() -> Basis:
    """The same application by the default standard of the program, which has five expert items."""
    path = files("graph.review").joinpath("standards", "default-land.toml")
    return basis(standard=read_standard(path.read_text("utf-8"), "default-land"))


def case(id: str = "p1", assigned: Sequence[str] = ("a", "b", "c"), park: str = "park") -> Case:
    """A project on the agenda."""
    return Case(id, f"项目{id}", "申请人", park, assigned=tuple(assigned))


def draft(*cases: Case, panel: Sequence[Member] = PANEL, rules: Rules | None = None) -> Meeting:
    """A meeting with its panel and agenda."""
    made = Meeting(
        "m1", 2026, 3, "第三次评审会", date(2026, 7, 10), "管委会", rules=rules or Rules()
    )
    return replace(made, panel=tuple(panel), cases=cases or (case(),))


def scoring(*cases: Case, bases: Mapping[str, Basis] | None = None) -> Meeting:
    """A meeting whose panel is judging."""
    opened = steps.open_window(draft(*cases))
    return steps.begin(opened, bases or {c.id: basis() for c in opened.cases})


def written(member: str, points: int = 4, stance: str = "support", version: int = 0) -> Card:
    """A card with everything a submission needs, written over `version`."""
    opinion = "" if stance == "support" else "理由"
    return Card(member, {"team": points}, {}, stance, opinion, version=version)


def judged(meeting: Meeting, case: str, *cards: Card) -> Meeting:
    """With cards written and submitted."""
    for card in cards:
        meeting = steps.write_card(meeting, case, card)
        meeting = steps.submit_card(meeting, case, card.member, card.version + 1)
    return meeting


def sealed(points: Mapping[str, int] | None = None, bases: Basis | None = None) -> Meeting:
    """A meeting of one project, sealed with these points of its three judges."""
    meeting = scoring(bases={"p1": bases or basis()})
    given = {"a": 4, "b": 4, "c": 4} if points is None else points
    return steps.seal(judged(meeting, "p1", *(written(m, p) for m, p in given.items())))


def short_handed() -> Meeting:
    """A sealed meeting whose one project recusals left with one judge; two would be enough."""
    meeting = judged(scoring(), "p1", written("c"))
    for member in "ab":
        meeting = steps.recuse(meeting, "p1", Recusal(member, "亲属"))
    return steps.seal(meeting)


def agreed(meeting: Meeting, outcome: str, case: str = "p1") -> Meeting:
    """With everybody whose judgement of the project counts voting for one outcome."""
    for card in meeting.case(case).counted():
        meeting = steps.vote(meeting, case, Ballot(card.member, outcome))
    return meeting


def decided(outcome: str = "approved", reason: str = "") -> Meeting:
    """A meeting that has ended with one decision everybody voted for."""
    meeting = agreed(sealed(), outcome)
    return steps.conclude(steps.decide(meeting, "p1", Decision(outcome, None, "h", reason)))


def published() -> Meeting:
    """A meeting whose one project was approved and whose park was told."""
    return steps.publish(decided(), TOLD)


def against(day: date = TOLD, reason: str = "漏看了一份合同", evidence: str = "合同") -> Appeal:
    """An appeal as a park writes it."""
    return Appeal(0, day, "甲园", reason, evidence)


def script() -> Sequence[tuple[str, Step]]:
    """Every step of a whole meeting of two projects, reopened once; no two lead to the same."""
    found: list[tuple[str, Step]] = [
        ("enrol", lambda m: steps.enrol(m, PANEL)),
        ("put_on", lambda m: steps.put_on(m, case("p0", ()))),
        ("put_on", lambda m: steps.put_on(m, case("p1", ()))),
        ("take_off", lambda m: steps.take_off(m, "p0")),
        ("put_on", lambda m: steps.put_on(m, case("p2", (), "else"))),
        ("revise", lambda m: steps.revise(m, _called(m))),
        ("reorder", lambda m: steps.reorder(m, [("p1", 20), ("p2", 10)], m.version)),
        ("assign", lambda m: steps.assign(m, {"p1": ["a", "b", "d"], "p2": ["a", "b", "c"]})),
        ("recuse", lambda m: steps.recuse(m, "p2", Recusal("c", "同一集团", True))),
        ("open", steps.open_window),
        ("begin", lambda m: steps.begin(m, {"p1": basis(), "p2": default_basis()})),
    ]
    for id, members in (("p1", "abd"), ("p2", "ab")):
        for at, member in enumerate(members):
            found += [
                ("write", _writing(id, member, at)),
                ("submit", partial(steps.submit_card, case=id, member=member, seen=1)),
            ]
    found.append(("seal", steps.seal))
    said = Reply("a", "b", "依据何在?", "conditional")
    found.append(("reply", lambda m: steps.reply(m, "p1", said)))
    found += _deciding("approved")
    found += [
        ("conclude", steps.conclude),
        ("publish", partial(steps.publish, day=TOLD)),
        ("ask", lambda m: steps.ask_to_reopen(m, "h", "材料有误")),
        ("agree", lambda m: steps.agree_to_reopen(m, "s")),
    ]
    found += _deciding("conditional")
    again = date(2026, 8, 1)
    found += [("conclude", steps.conclude), ("publish", partial(steps.publish, day=again))]
    for id, answer in (("p1", "refused"), ("p2", "accepted")):
        reply = partial(steps.answer_appeal, case=id, answer=answer, why="有据可查")
        found += [
            ("appeal", partial(steps.appeal, case=id, made=replace(against(again), behalf=True))),
            ("answer", partial(reply, member="h", day=date(2026, 8, 3))),
        ]
    return found


def full() -> Meeting:
    """A meeting in which no field of any part is empty."""
    meeting = replace(draft(), panel=(), cases=())
    for _, step in script():
        meeting = step(meeting)
    return meeting


def _called(meeting: Meeting) -> Meeting:
    """The same meeting called with everything that can be said."""
    return replace(
        meeting, place="会议室", starts=time(9), window=(date(2026, 6, 1), date(2026, 6, 30)),
        announced=(2, 2), expected={"park": 1, "else": 1},
    )  # fmt: skip


def _writing(id: str, member: str, at: int) -> Step:
    def step(meeting: Meeting) -> Meeting:
        asked = [i.id for i in _standard(meeting, id).indicators if i.expert and i.weight]
        card = Card(
            member, dict.fromkeys(asked, 3 + at), {"v-red": True} if member == "d" else {},
            ("support", "conditional", "oppose")[at], "意见", "红线", "可接受", "见附件", version=0,
        )  # fmt: skip
        return steps.write_card(meeting, id, card)

    return step


def _deciding(outcome: str) -> list[tuple[str, Step]]:
    """The votes on both projects, one against, and what is decided."""
    found: list[tuple[str, Step]] = []
    ends = {"p1": outcome, "p2": "transferred"}
    for id, members in (("p1", "abd"), ("p2", "ab")):
        for member in members:
            other = "deferred" if member == "d" else ends[id]
            ballot = Ballot(member, other, "按标准")
            found.append(("vote", partial(steps.vote, case=id, ballot=ballot)))
        terms = (CONDITION,) if ends[id] == "conditional" else ()
        made = Decision(ends[id], None, "h", "会议意见", "third", terms)
        found.append(("decide", partial(steps.decide, case=id, decision=made)))
    return found


def _standard(meeting: Meeting, id: str) -> Standard:
    found = meeting.case(id).basis
    assert found is not None
    return found.standard
