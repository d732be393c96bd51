"""Meetings in the records: whole, one step one audit entry, and nothing lost between two."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields, is_dataclass, replace
from datetime import date
from functools import partial
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import select

from graph.errors import Changed, LianzhuError, NotFound, UsageError
from graph.review import steps
from graph.review.meeting import Ballot, Card, Case, Decision, Meeting, Member, Recusal
from records import audit, meetings, tables
from records.audit import Entry
from records.database import Records
from tests.graph.review.meetings import (
    CONDITION,
    agreed,
    basis,
    case,
    draft,
    full,
    script,
    sealed,
    written,
)

Step = Callable[[Meeting], Meeting]


def entries(records: Records) -> list[Entry]:
    with records.read() as db:
        return [entry for entry, _ in audit.entries(db)]


def kept(records: Records, id: str = "m1") -> str:
    """The text of a meeting as the database has it."""
    table = tables.meetings
    with records.read() as db:
        return str(db.execute(select(table.c.document).where(table.c.id == id)).scalar_one())


def empty_fields(value: Any, at: str = "") -> set[str]:
    """The fields that are nowhere anything but empty."""
    found: dict[str, bool] = {}

    def look(value: Any) -> None:
        if is_dataclass(value) and not isinstance(value, type):
            for f in fields(value):
                name, inner = f"{type(value).__name__}.{f.name}", getattr(value, f.name)
                found[name] = found.get(name, False) or inner not in (None, "", (), [], {}, False)
                look(inner)
        elif isinstance(value, (list, tuple)):
            for inner in value:
                look(inner)

    look(value)
    return {name for name, full in found.items() if not full}


def test_a_whole_meeting_comes_back_with_every_field(records: Records) -> None:
    meeting = full()
    meeting = replace(meeting, cases=tuple(replace(c, project=f"g-{c.id}") for c in meeting.cases))
    first, *others = meeting.cases
    assert first.basis is not None
    cut = replace(first, basis=replace(first.basis, haircuts={"tax_wan": 0.1 + 0.2}))
    assert cut.decision is not None
    terms = (CONDITION, replace(CONDITION, at_most=True))
    cut = replace(cut, decision=replace(cut.decision, conditions=terms))
    meeting = replace(meeting, cases=(cut, *others))
    unsaid = {f"{kind}.{name}" for kind, name in (
        ("Application", "votes"), ("Application", "industry"), ("Standard", "park"),
        ("Standard", "industry"), ("Standard", "valid_to"), ("Veto", "basis"),
    )}  # fmt: skip
    assert empty_fields(meeting) <= unsaid  # the test is worth something
    meetings.add(records, meeting)
    found = meetings.get(records, "m1")
    assert found == meeting == meetings.all_of(records)[0]
    assert meetings.digest(found) == meetings.digest(meeting)


def test_a_meeting_without_bases_is_equal(records: Records) -> None:
    meeting = replace(draft(), announced=(26, 48), window=(date(2026, 6, 1), date(2026, 6, 30)))
    meetings.add(records, meeting)
    assert meetings.get(records, "m1") == meeting


def test_words_come_back_as_they_were_written(records: Records) -> None:
    odd = '引号"\\ 换行\n 零\0 全角 𠮷 \u2028'
    meeting = steps.enrol(draft(), [Member("a", odd)])
    meetings.add(records, draft())
    meetings.act(records, "m1", "enrol", lambda _: meeting)
    assert meetings.get(records, "m1").panel[0].name == odd


def test_a_year_has_a_number_once(records: Records) -> None:
    meetings.add(records, draft())
    with pytest.raises(UsageError) as caught:
        meetings.add(records, replace(draft(), id="m2"))
    assert caught.value.code == "meeting_twice"
    for id, year, ordinal in (("m2", 2026, 4), ("m3", 2025, 4), ("m4", 2027, 1)):
        meetings.add(records, replace(draft(), id=id, year=year, ordinal=ordinal))
    for odd, code in (
        (replace(draft(), year=2030), "id_twice"),
        (replace(draft(), id="m6", year=2031, title="会\udfff"), "records_text"),
    ):
        with pytest.raises(UsageError, match=code):
            meetings.add(records, odd)
    assert [m.id for m in meetings.all_of(records)] == ["m4", "m2", "m1", "m3"]
    assert [e.object for e in entries(records)] == [f"meeting/m{n}" for n in (1, 2, 3, 4)]
    with pytest.raises(NotFound, match="unknown_meeting"):
        meetings.get(records, "m5")
    with pytest.raises(NotFound, match="unknown_meeting"):
        meetings.act(records, "m5", "open", steps.open_window)


def test_every_step_is_one_entry_and_a_hash_from_sealing_on(records: Records) -> None:
    """The hash is of the text that is kept, so that anybody can take it again."""
    meeting = replace(draft(), panel=(), cases=())
    meetings.add(records, meeting)
    for number, (name, step) in enumerate(script(), 2):
        meeting = step(meeting)
        assert meetings.act(records, "m1", name, step, number=number) == meeting
        *_, last = entries(records)
        detail = json.loads(last.detail)
        assert (last.seq, last.action, last.object) == (number, f"review.{name}", "meeting/m1")
        assert (last.actor, detail.pop("number")) == ("a1", number)
        sealed = meeting.state in ("sealed", "decided", "published")
        sha256 = hashlib.sha256(kept(records).encode()).hexdigest()
        assert detail == ({"sha256": sha256} if sealed else {})
        assert meetings.digest(meetings.get(records, "m1")) == sha256
    assert (meeting.state, number) == ("published", len(script()) + 1)
    assert records.heads is not None
    with records.read() as db:
        assert audit.verify(audit.entries(db), records.heads.all()).ok


def test_the_hash_of_what_is_kept_is_that_of_the_text_an_earlier_program_wrote(
    records: Records,
) -> None:
    """It had no `source` yet: written again the same meeting is another text."""
    meetings.add(records, sealed())
    older = kept(records).replace('"source":{', '"was":{')
    with records.write() as writing:
        here = tables.meetings
        writing.db.execute(here.update().values(document=older))
        writing.note("review.seal", "meeting/m1")
    wanted = hashlib.sha256(older.encode()).hexdigest()
    assert meetings.kept_digest(records, "m1") == wanted
    assert meetings.digest(meetings.get(records, "m1")) != wanted
    with pytest.raises(NotFound):
        meetings.kept_digest(records, "m9")


def test_what_waits_is_looked_for_in_the_same_change(records: Records) -> None:
    """Nothing of it is put on where one is there already; the audit counts what was."""
    meetings.add(records, replace(draft(), cases=()))
    meetings.add(records, replace(draft(case("p1")), id="m2", ordinal=9))

    def waiting(held: Sequence[Meeting]) -> Sequence[Case]:
        there = {c.id for meeting in held for c in meeting.cases}
        return [c for c in (case("p1"), case("p2"), case("p3")) if c.id not in there]

    assert [c.id for c in meetings.take_in(records, "m1", waiting).cases] == ["p2", "p3"]
    *_, last = entries(records)
    assert (last.action, json.loads(last.detail)) == ("review.agenda", {"projects": 2})
    assert len(meetings.take_in(records, "m1", waiting).cases) == 2
    assert entries(records)[-1] == last


def test_no_entry_tells_what_was_judged_before_sealing(records: Records) -> None:
    """Two meetings that differ in what was judged leave the same entries."""
    noted = []
    for id, points in (("m1", 1), ("m2", 5)):
        meetings.add(records, replace(_scoring(), id=id, ordinal=points))
        before = len(entries(records))
        for member in "abc":
            card = replace(written(member, points, "oppose"), opinion=f"意见{points}")
            write = partial(steps.write_card, case="p1", card=card)
            submit = partial(steps.submit_card, case="p1", member=member, seen=1)
            meetings.act(records, id, "write", write, case="p1")
            meetings.act(records, id, "submit", submit, case="p1")
        noted.append([(e.action, e.detail) for e in entries(records)[before:]])
    assert noted[0] == noted[1]
    assert len(noted[0]) == 6


def refused() -> Sequence[tuple[str, Step]]:
    return [
        ("unknown_case", partial(steps.vote, case="p9", ballot=Ballot("a", "approved"))),
        ("not_assigned", partial(steps.vote, case="p1", ballot=Ballot("h", "approved"))),
        ("no_quorum", partial(steps.decide, case="p1", decision=Decision("approved", None, "h"))),
        ("meeting_state", partial(steps.recuse, case="p1", recusal=Recusal("a", " "))),
        ("case_open", steps.conclude),
    ]


@pytest.mark.parametrize(("code", "step"), refused(), ids=[code for code, _ in refused()])
def test_a_refused_step_leaves_no_trace(records: Records, code: str, step: Step) -> None:
    meetings.add(records, sealed() if code != "meeting_state" else full())
    text, heads = kept(records), _heads(records)
    with pytest.raises(LianzhuError) as caught:
        meetings.act(records, "m1", "step", step)
    assert caught.value.code == code
    assert (kept(records), len(entries(records)), _heads(records)) == (text, 1, heads)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_a_condition_that_is_no_number_leaves_the_meeting_readable(
    records: Records, value: float
) -> None:
    """JSON has no such numbers: kept, it could never be read again."""
    meetings.add(records, agreed(sealed(), "conditional"))
    text = kept(records)
    made = Decision("conditional", None, "h", "稳妥", None, (replace(CONDITION, value=value),))
    with pytest.raises(UsageError, match="bad_condition"):
        meetings.act(records, "m1", "decide", partial(steps.decide, case="p1", decision=made))
    assert kept(records) == text
    assert [m.id for m in meetings.all_of(records)] == ["m1"]
    good = replace(made, conditions=(replace(CONDITION, value=0.1 + 0.2),))
    meetings.act(records, "m1", "decide", partial(steps.decide, case="p1", decision=good))
    found = meetings.get(records, "m1").cases[0].decision
    assert found is not None
    assert found.conditions == good.conditions


def test_who_asked_to_reopen_comes_back_as_they_are_called(records: Records) -> None:
    meetings.add(records, replace(full(), reopening=None))
    ask = partial(steps.ask_to_reopen, member="org:7", why="税收: 有误")
    meetings.act(records, "m1", "ask", ask)
    assert meetings.get(records, "m1").reopening == ("org:7", "税收: 有误")
    with pytest.raises(UsageError, match="two_people"):
        meetings.act(records, "m1", "agree", partial(steps.agree_to_reopen, member="org:7"))
    meetings.act(records, "m1", "agree", partial(steps.agree_to_reopen, member="org"))
    assert meetings.get(records, "m1").reopening is None


def test_a_step_that_changes_nothing_leaves_no_trace(records: Records) -> None:
    recuse = partial(steps.recuse, case="p1", recusal=Recusal("a", "亲属"))
    meetings.add(records, sealed())
    after = meetings.act(records, "m1", "recuse", recuse)
    assert meetings.act(records, "m1", "recuse", recuse) == after
    assert [e.action for e in entries(records)] == ["review.call", "review.recuse"]


def test_a_mistake_of_the_program_leaves_no_trace(records: Records) -> None:
    meetings.add(records, draft())

    def broken(meeting: Meeting) -> Meeting:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        meetings.act(records, "m1", "step", broken)
    assert len(entries(records)) == 1
    assert meetings.act(records, "m1", "open", steps.open_window).state == "open"


def test_the_second_of_two_windows_is_told_and_nothing_is_lost(records: Records) -> None:
    """Both show version 1; what the first wrote stays, and the second can look and write again."""
    write = partial(meetings.act, records, "m1", "write")
    meetings.add(records, _scoring())
    write(partial(steps.write_card, case="p1", card=written("a", 3)))
    write(partial(steps.write_card, case="p1", card=written("a", 4, version=1)))
    for step in (
        partial(steps.write_card, case="p1", card=written("a", 5, version=1)),
        partial(steps.submit_card, case="p1", member="a", seen=1),
    ):
        with pytest.raises(Changed) as caught:
            write(step)
        assert caught.value.code == "card_changed"
    (card,) = meetings.get(records, "m1").cases[0].cards
    assert (card.points, card.version, card.submitted) == ({"team": 4}, 2, False)
    assert len(entries(records)) == 3
    write(partial(steps.write_card, case="p1", card=written("a", 5, version=2)))


def test_of_windows_that_write_at_the_same_moment_one_wins(records: Records) -> None:
    windows, rounds = 4, 5
    meetings.add(records, _scoring())
    barrier = Barrier(windows)

    def window(number: int) -> list[str]:
        said = []
        for version in range(rounds):
            card = replace(written("a", version=version), opinion=f"{version}-{number}")
            barrier.wait(60)
            try:
                meetings.act(
                    records, "m1", "write", partial(steps.write_card, case="p1", card=card)
                )
                said.append(card.opinion)
            except Changed:
                said.append("")
            barrier.wait(60)
            if said[-1]:
                (there,) = meetings.get(records, "m1").cases[0].cards
                assert (there.opinion, there.version) == (card.opinion, version + 1)
        return said

    with ThreadPoolExecutor(windows) as pool:
        said = list(pool.map(window, range(windows)))
    for version in range(rounds):
        assert len([1 for one in said if one[version]]) == 1
    assert len(entries(records)) == 1 + rounds


def test_eight_reviewers_who_draft_at_once_lose_nothing(records: Records) -> None:
    members = [f"r{n}" for n in range(8)]
    panel, times = [Member(id, id) for id in members], 3
    opened = steps.open_window(draft(case(assigned=members), panel=panel))
    meetings.add(records, steps.begin(opened, {"p1": basis()}))
    barrier = Barrier(len(members))

    def reviewer(member: str) -> None:
        barrier.wait(60)
        for version in range(times):
            card = replace(written(member, 1 + version % 5, version=version), opinion=member)
            meetings.act(records, "m1", "write", partial(steps.write_card, case="p1", card=card))
        submit = partial(steps.submit_card, case="p1", member=member, seen=times)
        meetings.act(records, "m1", "submit", submit)

    with ThreadPoolExecutor(len(members)) as pool:
        list(pool.map(reviewer, members))
    found = meetings.get(records, "m1").cases[0]
    assert found.cards == tuple(
        Card(m, {"team": times}, {}, "support", m, version=times, submitted=True) for m in members
    )
    assert len(entries(records)) == 1 + len(members) * (times + 1)
    assert records.heads is not None
    with records.read() as db:
        assert audit.verify(audit.entries(db), records.heads.all()).ok


def _scoring() -> Meeting:
    return steps.begin(steps.open_window(draft()), {"p1": basis()})


def _heads(records: Records) -> list[audit.Head]:
    assert records.heads is not None
    return list(records.heads.all())
