"""Applications in the records: whole, each park's own, and nothing lost between two windows."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from functools import partial
from threading import Barrier

import pytest

from graph.errors import Changed, LianzhuError, NotFound, UsageError
from graph.review import filing
from graph.review.filing import TEXTS, Content, Filing
from records import audit, filings
from records.audit import Entry
from records.database import Records

NOW = datetime(2026, 6, 20, 8, 30, 0, 123456, UTC)
ODD = (float("nan"), float("inf"), float("-inf"))
NO_LAND = {"land_mu": float("nan")}
SHANGHAI = timezone(timedelta(hours=8))
CONTENT = Content(
    "减速器项目",
    "甲公司",
    "C34",
    False,
    {"investment_wan": 14_000.0, "land_mu": 0.1 + 0.2, "tax_wan": 0.0},
    {name: f"{name}: “说明”\n第二行" for name in TEXTS},
    {"v-red": True, "v-water": False},
)
DRAFT = Filing("f1", "north", CONTENT)
WHOLE = replace(
    filing.hand_in(
        filing.write(
            filing.hand_in(DRAFT, 1, NOW, "王"), replace(CONTENT, own_site=None, numbers={}), 2
        ),
        3,
        NOW.astimezone(SHANGHAI) + timedelta(days=1),
        "李",
    ),
    enterprise="e1",
    project="p1",
    checked={"v-red": False, "v-water": True},
)


def entries(records: Records) -> list[Entry]:
    with records.read() as db:
        return [entry for entry, _ in audit.entries(db)]


def test_an_application_comes_back_with_every_field(records: Records) -> None:
    filings.add(records, [DRAFT, replace(WHOLE, id="f2")])
    assert filings.get(records, "f1") == DRAFT
    found = filings.get(records, "f2")
    assert found == replace(WHOLE, id="f2")
    assert (found.version, found.state, [f.by for f in found.filed]) == (
        4,
        "submitted",
        ["王", "李"],
    )
    assert found.latest == found.filed[1]
    assert all(f.at.tzinfo is not None for f in found.filed)


def test_adding_is_all_or_none(records: Records) -> None:
    for odd, code in (
        (replace(CONTENT, name=" "), "filing_name"),
        (replace(CONTENT, applicant=""), "filing_name"),
        (replace(CONTENT, numbers={"wealth": 1.0}), "filing_field"),
        (replace(CONTENT, texts={"poem": "诗"}), "filing_field"),
        *((replace(CONTENT, numbers={"land_mu": odd}), "filing_number") for odd in ODD),
    ):
        with pytest.raises(UsageError) as caught:
            filings.add(records, [DRAFT, Filing("f2", "north", odd)])
        assert caught.value.code == code
    half = replace(DRAFT, id="f2", content=replace(CONTENT, texts={"products": "\ud800"}))
    for odd in (replace(DRAFT, id="f" * 33), half):
        with pytest.raises(UsageError, match="records_text"):
            filings.add(records, [DRAFT, odd])
    with pytest.raises(UsageError, match="id_twice"):
        filings.add(records, [DRAFT, replace(DRAFT, park="south")])
    assert (filings.all_of(records), entries(records)) == ([], [])


def test_each_change_is_one_entry_and_a_refused_one_none(records: Records) -> None:
    filings.add(records, [DRAFT])
    act = partial(filings.act, records, "f1")
    act("hand_in", lambda f: filing.hand_in(f, 1, NOW, "王"), number=1)
    for code, step in (
        ("filing_changed", lambda f: filing.withdraw(f, 1)),
        ("filing_changed", lambda f: filing.write(f, CONTENT, 1)),
        ("filing_changed", lambda f: filing.hand_in(f, 1, NOW, "王")),
        ("filing_state", lambda f: filing.hand_in(f, 2, NOW, "王")),
        ("filing_name", lambda f: filing.write(f, replace(CONTENT, name=""), 2)),
        ("filing_number", lambda f: filing.write(f, replace(CONTENT, numbers=NO_LAND), 2)),
    ):
        with pytest.raises(LianzhuError) as caught:
            act("step", step)
        assert caught.value.code == code
    act("withdraw", lambda f: filing.withdraw(f, 2))
    with pytest.raises(UsageError, match="filing_state"):
        act("withdraw", lambda f: filing.withdraw(f, 3))
    assert filings.get(records, "f1").latest is None
    after = act("write", lambda f: filing.write(f, replace(CONTENT, name="新名"), 3))
    assert (after.state, after.version, len(after.filed)) == ("draft", 4, 1)
    assert filings.get(records, "f1") == after
    noted = [(e.action, e.object, json.loads(e.detail)) for e in entries(records)]
    old = {"name": "减速器项目", "park": "north"}
    assert noted == [
        ("filing.add", "filing/f1", old),
        ("filing.hand_in", "filing/f1", {**old, "number": 1}),
        ("filing.withdraw", "filing/f1", old),
        ("filing.write", "filing/f1", {"name": "新名", "park": "north"}),
    ]


def test_what_was_handed_in_stays_while_a_new_version_is_written(records: Records) -> None:
    filings.add(records, [DRAFT])
    filings.act(records, "f1", "hand_in", lambda f: filing.hand_in(f, 1, NOW, "王"))
    filings.act(records, "f1", "write", lambda f: filing.write(f, replace(CONTENT, name="新"), 2))
    found = filings.get(records, "f1")
    assert found.latest is not None
    assert (found.content.name, found.latest.content, found.latest.at) == ("新", CONTENT, NOW)


def test_another_parks_application_is_not_there(records: Records) -> None:
    filings.add(records, [DRAFT, replace(DRAFT, id="f2", park="south")])
    assert filings.get(records, "f1", "north") == filings.get(records, "f1") == DRAFT
    messages = []
    for id, park in (("f1", "south"), ("f1", ""), ("f9", "south"), ("f2", "north")):
        with pytest.raises(NotFound) as caught:
            filings.get(records, id, park)
        messages.append(str(caught.value).replace(id, "f?"))
        with pytest.raises(NotFound) as caught:
            filings.act(records, id, "write", lambda f: filing.write(f, CONTENT, 1), park)
        messages.append(str(caught.value).replace(id, "f?"))
    assert set(messages) == {"unknown_filing (filing=f?)"}  # nor is it said that there is one
    assert [f.id for f in filings.all_of(records, "south")] == ["f2"]
    assert filings.all_of(records, "east") == []
    assert len(entries(records)) == 2


def test_the_last_changed_comes_first(records: Records) -> None:
    filings.add(records, [replace(DRAFT, id=f"f{n}") for n in range(3)])
    for id in ("f2", "f0", "f1"):
        filings.act(records, id, "write", lambda f: filing.write(f, CONTENT, 1))
    assert [f.id for f in filings.all_of(records)] == ["f1", "f0", "f2"]
    assert [f.id for f in filings.all_of(records, "north")] == ["f1", "f0", "f2"]


def test_of_windows_that_write_at_the_same_moment_one_wins(records: Records) -> None:
    windows, rounds = 4, 5
    filings.add(records, [DRAFT])
    barrier = Barrier(windows)

    def window(number: int) -> list[bool]:
        won = []
        for version in range(1, rounds + 1):
            content = replace(CONTENT, name=f"{version}-{number}")
            barrier.wait(60)
            try:
                filings.act(
                    records, "f1", "write", partial(filing.write, content=content, seen=version)
                )
                won.append(True)
            except Changed:
                won.append(False)
            barrier.wait(60)
            if won[-1]:
                assert filings.get(records, "f1").content == content
        return won

    with ThreadPoolExecutor(windows) as pool:
        won = list(pool.map(window, range(windows)))
    assert [sum(one[n] for one in won) for n in range(rounds)] == [1] * rounds
    assert filings.get(records, "f1").version == 1 + rounds
    assert len(entries(records)) == 1 + rounds
