"""服务会商: states, what is overdue, and a history to which everything is only added."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from random import Random

import pytest

from graph.attraction.consultation import (
    Ask,
    Consultation,
    Reply,
    answer,
    ask,
    awaited,
    close,
    history,
    overdue,
    reopen,
    standing,
    state_of,
)
from graph.errors import Changed, UsageError

JUNE = [date(2026, 6, day) for day in range(1, 31)]  # JUNE[0] is the first
ASKS = (Ask("发改", JUNE[9]), Ask("环保", JUNE[19]))  # due on the 10th and the 20th
SAID = ("供电", "能否增容", "甲项目")


def asked() -> Consultation:
    return ask("k", "park", SAID, JUNE[0], "园区", ASKS)


def told(found: Consultation, department: str, day: date = JUNE[4]) -> Consultation:
    return answer(found, found.version, Reply(department, day, "王", f"{department}说"))


def test_from_asked_to_closed() -> None:
    first = asked()
    assert (state_of(first), awaited(first)) == ("waiting", list(ASKS))
    second = told(first, "环保")
    assert (state_of(second), awaited(second)) == ("partly", [ASKS[0]])
    third = told(second, "发改")
    assert (state_of(third), awaited(third)) == ("answered", [])
    fourth = close(third, 3, JUNE[5], "园区", "已办")
    assert (state_of(fourth), awaited(fourth), fourth.version) == ("closed", (), 4)
    assert [(e.kind, e.department, e.text) for e in history(fourth)] == [
        ("asked", "", "能否增容"),
        ("replied", "环保", "环保说"),
        ("replied", "发改", "发改说"),
        ("closed", "", "已办"),
    ]


def test_an_answer_is_due_on_its_day_and_overdue_from_the_next() -> None:
    found = asked()
    days = {9: [], 10: [], 11: ["发改"], 20: ["发改"], 21: ["发改", "环保"]}
    for day, late in days.items():
        assert overdue(found, JUNE[day - 1]) == late, day
    assert overdue(told(found, "发改"), JUNE[20]) == ["环保"]
    assert overdue(close(found, 1, JUNE[20], "园区", "不需要了"), JUNE[25]) == []


def test_reopened_it_is_put_to_all_of_them_anew_by_a_new_day() -> None:
    closed = close(told(told(asked(), "发改"), "环保"), 3, JUNE[5], "园区", "已办")
    again = reopen(closed, 4, JUNE[6], "园区", "答复没说时限", JUNE[15])
    assert state_of(again) == "waiting"
    assert awaited(again) == [Ask("发改", JUNE[15]), Ask("环保", JUNE[15])]
    assert state_of(told(again, "发改", JUNE[8])) == "partly"
    assert overdue(told(again, "发改", JUNE[8]), JUNE[16]) == ["环保"]
    done = close(told(again, "发改", JUNE[8]), 6, JUNE[9], "园区", "就这样")
    assert standing(done) == [(Ask("发改", JUNE[15]), True), (Ask("环保", JUNE[15]), False)]
    assert [e.kind for e in history(told(again, "发改"))] == [
        "asked", "replied", "replied", "closed", "reopened", "replied",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("code", "step"),
    [
        ("consultation_empty", lambda: ask("k", "p", (" ", "问", ""), JUNE[0], "园", ASKS)),
        ("consultation_empty", lambda: ask("k", "p", ("事", "", ""), JUNE[0], "园", ASKS)),
        ("consultation_departments", lambda: ask("k", "p", SAID, JUNE[0], "园", ())),
        ("consultation_twice", lambda: ask("k", "p", SAID, JUNE[0], "园", (ASKS[0], ASKS[0]))),
        ("consultation_due", lambda: ask("k", "p", SAID, JUNE[10], "园", ASKS)),
        ("consultation_not_asked", lambda: told(asked(), "科技")),
        ("consultation_empty", lambda: answer(asked(), 1, Reply("发改", JUNE[0], "王", " "))),
        ("consultation_empty", lambda: close(asked(), 1, JUNE[0], "园", "")),
        ("consultation_open", lambda: reopen(asked(), 1, JUNE[0], "园", "再问", JUNE[9])),
        ("consultation_closed", lambda: told(close(asked(), 1, JUNE[0], "园", "办"), "发改")),
    ],
)
def test_what_cannot_be(code: str, step: Callable[[], object]) -> None:
    with pytest.raises(UsageError) as caught:
        step()
    assert caught.value.code == code


def test_a_step_over_what_was_changed_since_is_refused() -> None:
    now = told(asked(), "发改")
    for step in (
        lambda: answer(now, 1, Reply("环保", JUNE[0], "李", "好")),
        lambda: close(now, 1, JUNE[0], "园", "办"),
        lambda: reopen(close(now, 2, JUNE[0], "园", "办"), 2, JUNE[0], "园", "再", JUNE[9]),
    ):
        with pytest.raises(Changed):
            step()


def test_nothing_that_was_said_is_ever_lost() -> None:
    """Random steps: what is awaited is told again from the plain list of what was said."""
    random = Random(11)
    for _ in range(200):
        found, before = asked(), list(history(asked()))
        for _ in range(random.randrange(8)):
            if found.closed:
                found = reopen(found, found.version, JUNE[5], "园", "再", JUNE[12])
            elif random.random() < 0.3:
                found = close(found, found.version, JUNE[5], "园", "办")
            else:
                found = told(found, random.choice(["发改", "环保"]))
            now = list(history(found))
            assert now[:-1] == before
            before = now
        since = max([i for i, e in enumerate(before) if e.kind == "reopened"], default=0)
        said = {e.department for e in before[since:] if e.kind == "replied"}
        left = [] if before[-1].kind == "closed" else [d for d in ("发改", "环保") if d not in said]
        assert [one.department for one in awaited(found)] == left
        assert found.version == len(before)
