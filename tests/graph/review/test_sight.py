"""Before sealing nothing anybody else sees depends on what a reviewer wrote: byte for byte."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, time
from random import Random

import pytest
from pydantic import TypeAdapter

from graph.errors import UsageError
from graph.review import steps
from graph.review.account import account
from graph.review.agenda import offered
from graph.review.meeting import Ballot, Card, Case, Decision, Meeting, Member, Recusal, Reply
from graph.review.sight import (
    may_see_batch,
    may_see_result,
    seen_by_member,
    seen_by_park,
    seen_by_secretary,
)
from tests.conftest import tier
from tests.graph.review import meetings as mt
from tests.graph.review.standards import GOOD

PAIRS = tier(200, 2_000)
FIVE = (*mt.PANEL, Member("k", "戊", "department", "自然资源"))
JUDGES = {"p1": "abcd", "p2": "acdk"}
PARKS = {"p1": "park", "p2": "else"}
JSON = TypeAdapter(Meeting)

Event = tuple[str, str, str]  # write | submit | recuse, project, member


def begun() -> Meeting:
    """Two projects of two parks, each with four judges; nobody has said anything."""
    cases = [mt.case(id, who, PARKS[id]) for id, who in JUDGES.items()]
    bases = dict.fromkeys(JUDGES, mt.basis(replace(GOOD, vetoes={})))
    return steps.begin(steps.open_window(mt.draft(*cases, panel=FIVE)), bases)


def events(rng: Random) -> Sequence[Event]:
    """Who does what in which order; a member writes before they submit."""
    found: list[tuple[float, Event]] = []
    for id, members in JUDGES.items():
        for member in members:
            times = sorted(rng.random() for _ in range(rng.randint(0, 3)))
            found += [(at, ("write", id, member)) for at in times]
            if rng.random() < 0.6:
                found.append((1 + rng.random(), ("submit", id, member)))
    if rng.random() < 0.3:
        found.append((2 * rng.random(), ("recuse", "p1", rng.choice(JUDGES["p1"]))))
    return [event for _, event in sorted(found)]


def said(rng: Random, member: str, version: int, whole: bool) -> Card:
    """Anything a reviewer might write; `whole` = enough to be submitted."""
    points = {"team": rng.randint(1, 5)} if whole or rng.random() < 0.7 else {}
    vetoes = {"v-red": rng.random() < 0.5} if member in "dk" and rng.random() < 0.7 else {}
    stance = rng.choice(("support", "conditional", "oppose") + (() if whole else ("",)))
    words = [rng.choice(("", "甲" * rng.randint(1, 40), f"第{rng.random()}条")) for _ in range(4)]
    opinion = words[0] or ("意见" if whole else "")
    red_line, acceptable, evidence = words[1:]
    return Card(
        member, points, vetoes, stance, opinion, red_line, acceptable, evidence, version=version
    )


def lived(seed: int, plan: Sequence[Event], whose: str, hidden: Random) -> Meeting:
    """The meeting after a plan; what `whose` writes, and how often, comes from `hidden`."""
    meeting = begun()
    for at, (what, id, member) in enumerate(plan):
        own = member == whose
        rng, found = hidden if own else Random(f"{seed}/{at}"), meeting.case(id)
        if member in found.out():
            continue
        if what == "recuse":
            meeting = steps.recuse(meeting, id, Recusal(member, "亲属", True))
            continue
        for _ in range(rng.randint(0, 2) if own and what == "write" else 1):
            there = meeting.case(id).card_of(member)
            version = there.version if there else 0
            card = said(rng, member, version, what == "submit")
            meeting = steps.write_card(meeting, id, card)
        if what == "submit":
            meeting = steps.submit_card(meeting, id, member, version + 1)
    return meeting


def completed(meeting: Meeting, whose: str, hidden: Random) -> Meeting:
    """With as many more judgements as sealing takes."""
    for found in meeting.cases:
        for member in found.judges():
            now = meeting.case(found.id)
            there = now.card_of(member)
            if len(now.counted()) >= meeting.enough(now) or (there and there.submitted):
                continue
            rng = hidden if member == whose else Random(member)
            card = said(rng, member, there.version if there else 0, True)
            meeting = steps.write_card(meeting, found.id, card)
            meeting = steps.submit_card(meeting, found.id, member, card.version + 1)
    return meeting


def views(meeting: Meeting, whose: str) -> dict[str, bytes]:
    """What everybody but one reviewer sees."""
    found = {m.id: seen_by_member(meeting, m.id) for m in meeting.panel if m.id != whose}
    found["a stranger"] = seen_by_member(meeting, "z")
    found["the secretary"] = seen_by_secretary(meeting)
    for park in (None, "park", "else", "third"):
        found[f"park {park}"] = seen_by_park(meeting, park)
    return {who: JSON.dump_json(seen) for who, seen in found.items()}


def sealing(meeting: Meeting) -> object:
    """What somebody is told who tries to seal."""
    try:
        return steps.seal(meeting).state
    except UsageError as error:
        return error.code, error.facts


def shows(one: Meeting, two: Meeting, whose: str, member: str) -> bool:
    """Whether the two differ in something that is a member's to see once they are sealed."""
    return any(
        first.card_of(whose) != second.card_of(whose)
        and (first.card_of(whose) or Card("")).submitted
        and member not in first.out()
        for first, second in zip(one.cases, two.cases, strict=True)
    )


def test_what_one_reviewer_writes_reaches_nobody_before_sealing() -> None:
    differed, seed, counts = 0, 0, Counter[str]()
    while differed < PAIRS:
        seed += 1
        rng = Random(seed)
        plan, whose = events(rng), rng.choice("abcdk")
        hidden = [Random(f"{seed}-{n}") for n in range(2)]
        pair = [lived(seed, plan, whose, secret) for secret in hidden]
        if pair[0] == pair[1]:
            continue
        differed += 1
        assert views(pair[0], whose) == views(pair[1], whose), seed
        assert sealing(pair[0]) == sealing(pair[1]), seed
        for meeting in pair:
            check_results(meeting)

        pair = [completed(m, whose, secret) for m, secret in zip(pair, hidden, strict=True)]
        assert views(pair[0], whose) == views(pair[1], whose), seed
        pair = [steps.seal(meeting) for meeting in pair]
        first, second = (views(meeting, whose) for meeting in pair)
        for who in first:
            panel = who in [m.id for m in FIVE] or who in ("a stranger", "the secretary")
            name = who if len(who) == 1 else ""
            wanted = panel and shows(pair[0], pair[1], whose, name)
            assert (first[who] != second[who]) == wanted, (seed, who)
            counts["differ" if wanted else "same"] += 1
    assert min(counts["differ"], counts["same"]) > PAIRS  # both kinds are seen often


def check_results(meeting: Meeting) -> None:
    """Nobody sees computed points before they have submitted their own judgement."""
    for found in meeting.cases:
        for member in meeting.panel:
            own = found.card_of(member.id)
            done = own is not None and own.submitted and member.id not in found.out()
            assert may_see_result(meeting, found, member.id) == done


def test_computed_points_are_seen_after_the_own_judgement_or_sealing() -> None:
    meeting = mt.scoring()
    asked = []
    for step in ("nothing", "draft", "submitted"):
        if step == "draft":
            meeting = steps.write_card(meeting, "p1", mt.written("a"))
        if step == "submitted":
            meeting = steps.submit_card(meeting, "p1", "a", 1)
        asked.append([may_see_result(meeting, meeting.cases[0], m) for m in ("a", "b", "h")])
    assert asked == [[False] * 3, [False] * 3, [True, False, False]]
    meeting = steps.seal(mt.judged(meeting, "p1", mt.written("b")))
    assert [may_see_result(meeting, meeting.cases[0], m) for m in ("a", "b", "h")] == [True] * 3


def test_a_member_sees_their_own_card_and_then_what_was_submitted() -> None:
    meeting = mt.judged(mt.scoring(), "p1", mt.written("a"), mt.written("b", 2))
    meeting = steps.write_card(meeting, "p1", mt.written("c"))
    assert _authors(seen_by_member(meeting, "a")) == ["a"]
    assert _authors(seen_by_member(meeting, "c")) == ["c"]
    assert _authors(seen_by_member(meeting, "h")) == []
    meeting = steps.seal(meeting)
    for member in "abch":
        assert _authors(seen_by_member(meeting, member)) == ["a", "b"]  # a draft is nobody's


def test_the_secretary_sees_who_submitted_and_not_what() -> None:
    meeting = mt.judged(mt.scoring(), "p1", mt.written("b", 2, "oppose"), mt.written("a"))
    meeting = steps.write_card(meeting, "p1", mt.written("c"))
    (seen,) = seen_by_secretary(meeting).cases
    assert seen.cards == tuple(Card(m, version=0, submitted=True) for m in "ab")
    (seen,) = seen_by_secretary(steps.seal(meeting)).cases
    assert [(c.member, c.stance) for c in seen.cards] == [("a", "support"), ("b", "oppose")]


def test_a_recused_member_sees_nothing_of_the_others_until_the_decision() -> None:
    meeting = steps.recuse(mt.sealed(), "p1", Recusal("c", "持股"))
    meeting = steps.reply(meeting, "p1", Reply("a", "b", "何据"))
    meeting = mt.agreed(meeting, "approved")
    (seen,) = seen_by_member(meeting, "c").cases
    assert (seen.cards, seen.ballots, seen.replies) == ((), (), ())
    (seen,) = seen_by_member(meeting, "a").cases
    assert (len(seen.cards), len(seen.ballots), len(seen.replies)) == (3, 2, 1)
    meeting = steps.decide(meeting, "p1", Decision("approved", None, "h"))
    assert seen_by_member(meeting, "c").cases == seen_by_member(meeting, "a").cases


@pytest.mark.parametrize("state", ["before submitting", "submitted", "sealed", "decided"])
def test_who_is_recused_sees_no_computed_points_before_the_decision(state: str) -> None:
    """Neither by a card submitted before, nor by sealing."""
    meeting = {
        "before submitting": mt.scoring(),
        "submitted": mt.judged(mt.scoring(), "p1", mt.written("c")),
    }.get(state, mt.sealed())
    if state == "decided":
        meeting = steps.recuse(meeting, "p1", Recusal("c", "亲属"))
        meeting = mt.agreed(meeting, "approved")
        assert not may_see_result(meeting, meeting.cases[0], "c")
        meeting = steps.decide(meeting, "p1", Decision("approved", None, "h"))
    else:
        meeting = steps.recuse(meeting, "p1", Recusal("c", "亲属"))
    assert may_see_result(meeting, meeting.cases[0], "c") == (state == "decided")


@pytest.mark.parametrize("park", ["park", None])
def test_what_a_project_is_judged_by_is_nobodys_before_publishing(park: str | None) -> None:
    for meeting in (mt.scoring(), mt.sealed(), mt.decided()):
        assert meeting.cases[0].basis is not None
        assert seen_by_park(meeting, park).cases[0].basis is None
    seen = seen_by_park(mt.published(), park).cases[0]
    assert (seen.basis is None, seen.decision is None) == (park is None, False)


@pytest.mark.parametrize("park", ["park", "else", "third", None])
def test_a_park_sees_its_own_projects_and_the_decision_once_it_is_published(
    park: str | None,
) -> None:
    meeting = mt.full()
    own = {"park": ["p1"], "else": ["p2"], "third": [], None: ["p1", "p2"]}[park]
    for state in ("draft", "open", "scoring", "sealed", "decided", "published"):
        told = state == "published"
        now = meeting if told else untold(meeting, state)
        seen = seen_by_park(now, park)
        assert sorted(c.id for c in seen.cases) == own
        assert (seen.panel, seen.reopening, seen.reopened) == ((), None, ())
        assert seen.reopening_of == ()
        assert seen.expected == {p: 1 for p in ("park", "else") if p == park}
        for found in seen.cases:
            assert _of_the_panel(found) == ()
            before = now.case(found.id).earlier if park is not None else ()
            told_before = [replace(d, rule=None, by="", dissent=()) for d in before]
            assert list(found.earlier) == told_before
            decision = now.case(found.id).decision
            assert decision is not None
            assert len(decision.dissent) == (found.id == "p1")  # one voted against
            assert found.decision == (replace(decision, dissent=()) if told else None)
            judged_by = meeting.case(found.id).basis
            assert judged_by is not None
            assert found.basis == (judged_by if told and park is not None else None)


def test_what_was_published_is_shown_no_more_while_it_is_reopened() -> None:
    meeting = steps.agree_to_reopen(steps.ask_to_reopen(mt.full(), "h", "再议"), "s")
    for park in ("park", "else", None):
        seen = seen_by_park(meeting, park).cases
        assert {(c.decision, c.basis) for c in seen} == {(None, None)}
    meeting = steps.vote(meeting, "p1", Ballot("a", "rejected"))
    assert [_of_the_panel(c) for c in seen_by_park(meeting, None).cases] == [(), ()]


def test_what_stands_stays_published_while_another_project_is_judged_anew() -> None:
    """p2 appealed and is judged anew: its park sees nothing of that, p1 what it saw."""
    meeting = mt.full()
    assert meeting.reopening_of == ("p2",)
    before = seen_by_park(meeting, "park").cases
    meeting = steps.agree_to_reopen(meeting, "s")
    for ballot in (Ballot("a", "rejected"), Ballot("b", "rejected")):
        assert seen_by_park(meeting, "park").cases == before
        assert seen_by_park(meeting, "else").cases[0].decision is None
        meeting = steps.vote(meeting, "p2", ballot)
    meeting = steps.decide(meeting, "p2", Decision("rejected", None, "h", "合同无效"))
    assert [c.decision for c in seen_by_park(meeting, "else").cases] == [None]
    seen = {c.id: c.decision is None for c in seen_by_park(meeting, None).cases}
    assert seen == {"p1": False, "p2": True}


@pytest.mark.parametrize("park", ["park", "else", None])
def test_a_park_sees_its_own_appeals_and_not_who_answered(park: str | None) -> None:
    meeting = mt.full()
    seen = {c.id: c.appeals for c in seen_by_park(meeting, park).cases}
    for id, own in (("p1", "park"), ("p2", "else")):
        kept = tuple(replace(a, answered_by="") for a in meeting.case(id).appeals)
        assert kept
        assert meeting.case(id).appeals[0].answered_by == "h"
        assert seen.get(id, ()) == (kept if park == own else ())
    assert all(c.appeals for c in seen_by_member(meeting, "b").cases)
    assert all(c.appeals for c in seen_by_secretary(meeting).cases)


def test_after_a_reopening_a_park_sees_that_it_may_appeal_and_then_that_it_did() -> None:
    """Appealed, reopened, published anew on another day: once more, and then no more."""
    again, late = date(2026, 8, 20), date(2026, 9, 4)  # 20 August + 15 days
    meeting = steps.appeal(mt.published(), "p1", mt.against())
    meeting = steps.answer_appeal(meeting, "p1", "accepted", "", member="h", day=mt.TOLD)
    assert seen_by_park(meeting, "park").cases[0].appeal() is not None
    meeting = mt.agreed(steps.agree_to_reopen(meeting, "s"), "approved")
    assert seen_by_park(meeting, "park").cases[0].appeal() is None
    meeting = steps.conclude(steps.decide(meeting, "p1", Decision("approved", None, "h")))
    meeting = steps.publish(meeting, again)
    for appealed in (False, True):
        seen = seen_by_park(meeting, "park")
        (told,) = account(seen, lambda _: False).projects
        assert told.appeal_until == (None if appealed else late)
        assert (seen.cases[0].appeal() is not None) == appealed
        if not appealed:
            meeting = steps.appeal(meeting, "p1", mt.against(again))


def test_a_decision_its_park_was_never_told_of_counts_for_nothing_there() -> None:
    """Reopened before it was published; the appeal is against the second, the first it knows."""
    meeting = steps.agree_to_reopen(steps.ask_to_reopen(mt.decided(), "h", "再议"), "s")
    meeting = mt.agreed(meeting, "approved")
    meeting = steps.conclude(steps.decide(meeting, "p1", Decision("approved", None, "h")))
    meeting = steps.appeal(steps.publish(meeting, mt.TOLD), "p1", mt.against())
    (seen,) = seen_by_park(meeting, "park").cases
    assert (seen.earlier, [a.decision for a in seen.appeals]) == ((), [0])
    assert seen.appeal() is not None


def test_no_order_after_sealing_tells_a_park_which_project_has_more_points() -> None:
    """The same bytes, whichever of its projects the offered order puts first."""
    cases = [mt.case("p1"), mt.case("p2")]
    meeting = steps.revise(mt.draft(*cases), replace(mt.draft(*cases), starts=time(9)))
    meeting = steps.begin(steps.open_window(meeting), dict.fromkeys(("p1", "p2"), mt.basis()))
    assert [c.starts for c in seen_by_park(meeting, "park").cases] == [540, 555]
    seen = set()
    for best in ("p1", "p2"):
        judged = meeting
        for id in ("p1", "p2"):
            cards = (mt.written(m, 5 if id == best else 2) for m in "abc")
            judged = mt.judged(judged, id, *cards)
        judged = steps.seal(judged)
        assert offered(judged)[0] == best
        judged = steps.reorder(judged, [(i, 15) for i in offered(judged)], judged.version)
        seen.add(JSON.dump_json(seen_by_park(judged, "park")))
    assert len(seen) == 1


def test_who_is_recused_sees_no_appeal_while_it_is_judged_anew() -> None:
    meeting = mt.full()
    assert seen_by_member(meeting, "c").cases[1].appeals  # the decision is there
    meeting = steps.agree_to_reopen(meeting, "s")
    assert seen_by_member(meeting, "c").cases[1].appeals == ()
    assert seen_by_member(meeting, "b").cases[1].appeals


def untold(meeting: Meeting, state: str) -> Meeting:
    """The same before anybody outside was told."""
    return replace(
        meeting,
        state=state,
        cases=tuple(
            replace(c, decision=c.decision and replace(c.decision, published=None))
            for c in meeting.cases
        ),
    )


def test_the_batch_is_seen_when_every_project_of_a_sealed_meeting_is() -> None:
    """Not while one is hidden, nor by who has none: of nothing all may be seen."""
    assert not may_see_batch(mt.scoring(), lambda _: True)
    meeting = mt.full()
    assert may_see_batch(meeting, lambda _: True)
    assert not may_see_batch(meeting, lambda found: found.id != "p2")
    assert not may_see_batch(seen_by_park(meeting, "third"), lambda _: True)


def _authors(meeting: Meeting) -> list[str]:
    return [card.member for found in meeting.cases for card in found.cards]


def _of_the_panel(found: Case) -> tuple[object, ...]:
    parts = (found.cards, found.replies, found.ballots, found.assigned, found.recused)
    return tuple(part for some in parts for part in some)
