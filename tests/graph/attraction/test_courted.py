"""Applicants courted twice, held against comparing every pair; who was first."""

from __future__ import annotations

import random
from datetime import date

import pytest

from graph.attraction import steps
from graph.attraction.courted import First, Suit, first, groups, plain_name, suits
from graph.review.filing import Content, Filing
from graph.review.keeping import Party
from tests.graph.attraction.made import TODAY, pursuit

SPELLED = (
    "甲 公司",
    "甲公司",
    "（甲）公司",
    "乙公司",
    "乙有限责任公司",
    "乙有限公司",
    "丙Co.",
    "丙ｃｏ",
)


def same(a: Suit, b: Suit) -> bool:
    """Said once more, without sharing code with what is tested."""
    return (
        (a.enterprise != "" and a.enterprise == b.enterprise)
        or (a.uscc != "" and a.uscc.upper() == b.uscc.upper())
        or plain_name(a.applicant) == plain_name(b.applicant)
    )


def by_pairs(courting: list[Suit]) -> set[frozenset[str]]:
    """Grow each group pair by pair until nothing joins any more."""
    found = set()
    for start in courting:
        group = {start.id}
        while True:
            more = {b.id for a in courting if a.id in group for b in courting if same(a, b)}
            if more <= group:
                break
            group |= more
        if len({s.park for s in courting if s.id in group}) > 1:
            found.add(frozenset(group))
    return found


def test_groups_are_those_that_comparing_every_pair_finds() -> None:
    rng, several = random.Random(11), 0
    for _ in range(300):
        courting = [
            Suit(
                "pursuit", f"s{n}", rng.choice("NSEW"), "项目", rng.choice([*SPELLED, f"独{n}"]),
                "lead", 1, rng.choice(["", "", "u1", "U1", "u2"]),
                rng.choice(["", "", "", "e1", "e2"]),
            )
            for n in range(rng.randrange(9))
        ]  # fmt: skip
        found = groups(courting)
        assert {frozenset(s.id for s in group) for group in found} == by_pairs(courting)
        assert groups(courting[::-1]) == found
        several += len(found)
    assert several > 200


@pytest.mark.parametrize(
    ("one", "other", "equal"),
    [
        ("示例（青岛）科技有限公司", " 示例(青岛) 科技有限责任公司", True),
        ("ＡＢＣ电子", "abc电子", True),
        ("示例科技有限公司", "示例科技股份有限公司", False),
        ("示例科技", "示例科技有限公司", False),
    ],
)
def test_names_are_compared_without_their_spelling(one: str, other: str, equal: bool) -> None:
    assert (plain_name(one) == plain_name(other)) is equal


def filing(id: str, park: str, state: str = "submitted") -> Filing:
    return Filing(id, park, Content("项目", "甲公司"), state)


def test_who_courts_pursuits_up_to_signing_and_applications_that_stand_alone() -> None:
    stages = ("lead", "signed", "building", "operating", "lost")
    held = [pursuit(s, stage=s) for s in stages] + [pursuit("p", filing="f1")]
    filed = [filing("f1", "north"), filing("f2", "south"), filing("f3", "east", "withdrawn")]
    found = suits(held, filed)
    assert [(s.kind, s.id) for s in found] == [
        ("pursuit", "lead"), ("pursuit", "signed"), ("pursuit", "p"), ("filing", "f2"),
    ]  # fmt: skip
    assert len(groups(found)) == 1
    assert groups(suits(held, filed[:1])) == []  # one park


def test_an_application_is_its_pursuit_until_the_park_gives_that_up() -> None:
    rival, filed = pursuit("b", "south"), [filing("f1", "north")]
    mine = pursuit("a", filing="f1")
    lost = steps.move(mine, "lost", 1, TODAY, "王", today=TODAY, note="不谈了")
    assert [{s.id for s in g} for g in groups(suits([lost, rival], filed))] == [{"b", "f1"}]
    gone = steps.transfer(mine, "east", 1, TODAY, "办", today=TODAY)
    assert {s.id for s in suits([gone], filed)} == {"a"}  # one project, not courted twice
    back = steps.transfer(gone, "north", 2, TODAY, "办", today=TODAY)
    assert {s.id for s in suits([back], filed)} == {"a"}
    dropped = steps.move(gone, "lost", 2, TODAY, "王", today=TODAY, note="不谈了")
    assert {s.id for s in suits([dropped], filed)} == {"f1"}


@pytest.mark.parametrize("nobody", ["待定", "（保密）", "未知", "TBD", "某 企业", "ＴＢＤ"])
def test_two_that_are_named_by_nobody_are_not_the_same(nobody: str) -> None:
    held = [pursuit("a", applicant=nobody), pursuit("b", "south", applicant=nobody)]
    assert groups(suits(held, [])) == []
    assert not Party(nobody).same(Party(nobody))


def suit(id: str, park: str, day: int = 0) -> Suit:
    on = date(2026, 5, day) if day else None
    return Suit("pursuit", id, park, "项目", "甲公司", "lead", 1, introduced_on=on)


def test_who_was_first_is_never_assumed() -> None:
    may = date(2026, 5, 2)
    assert first([suit("a", "N", 2), suit("b", "S", 9)]) == First(("N",), may, ())
    assert first([suit("a", "N", 2), suit("b", "S", 2)]) == First(("N", "S"), may, ())
    assert first([suit("a", "N", 2), suit("b", "S")]) == First((), may, ("S",))
    assert first([suit("a", "N"), suit("b", "S")]) == First((), None, ("N", "S"))
    # A park that courts twice has said its day once.
    assert first([suit("a", "N", 2), suit("b", "N"), suit("c", "S", 1)]).parks == ("S",)


def test_a_link_to_another_firm_s_pursuit_hides_no_application() -> None:
    filed = Filing("f1", "north", Content("项目", "乙公司"))
    other = pursuit("a", "south", applicant="乙公司")
    for applicant, hidden in (("乙 公司", True), ("丙公司", False)):
        mine = pursuit("b", "north", applicant=applicant, filing="f1")
        found = [suit.id for suit in suits([other, mine], [filed])]
        assert ("f1" in found) is not hidden
        assert len(groups(suits([other, mine], [filed]))) == 1
