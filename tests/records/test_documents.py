"""Documents of every kind: kept whole, changed together or not at all, each change noted."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

import pytest

from graph.errors import NotFound, UsageError
from graph.review.filing import Content, Filing
from records import audit, documents, filings
from records.database import Records
from records.documents import Kind


@dataclass(frozen=True)
class Note:
    id: str
    park: str
    text: str
    on_day: date | None = None
    rows: tuple[tuple[str, float], ...] = ()


NOTE = Kind("note", Note, "unknown_filing", lambda note: {"name": note.text})
OTHER = Kind("other", Note, "unknown_filing", lambda note: {"name": note.text})
FIRST = Note("a", "north", "“甲”\n二", date(2026, 7, 1), (("tax_wan", 0.1 + 0.2), ("jobs", 0.0)))
SECOND = Note("b", "south", "乙")


def put(records: Records, *notes: Note, kind: Kind[Note] = NOTE) -> None:
    documents.change(records, kind, "add", lambda _: {note.id: note for note in notes}, ids=[])


def noted(records: Records) -> list[tuple[str, str, Mapping[str, object]]]:
    with records.read() as db:
        return [(e.action, e.object, json.loads(e.detail)) for e, _ in audit.entries(db)]


def test_they_come_back_whole_and_each_is_noted(records: Records) -> None:
    put(records, FIRST, SECOND)
    assert documents.get(records, NOTE, "a") == FIRST
    assert documents.all_of(records, NOTE) == [FIRST, SECOND]
    assert documents.all_of(records, NOTE, "south") == [SECOND]
    assert noted(records) == [
        ("note.add", "note/a", {"name": "“甲”\n二"}),
        ("note.add", "note/b", {"name": "乙"}),
    ]


def test_a_step_may_read_what_else_is_kept(records: Records) -> None:
    put(records, FIRST)
    filings.add(records, [Filing("f", "north", Content("项目", "甲公司"))])

    def step(held: Mapping[str, Note]) -> Mapping[str, Note]:
        (filing,) = filings.all_of(records)
        return {"a": replace(held["a"], text=filing.id)}

    documents.change(records, NOTE, "write", step)
    assert documents.get(records, NOTE, "a").text == "f"


def test_what_changed_is_noted_of_what_was_there(records: Records) -> None:
    kind = replace(NOTE, changes=lambda old, new: {"note": f"{old.text} → {new.text}"})
    put(records, FIRST, kind=kind)
    documents.change(records, kind, "write", lambda h: {"a": replace(h["a"], text="丙")})
    assert [detail for _, _, detail in noted(records)] == [
        {"name": FIRST.text},
        {"name": "丙", "note": f"{FIRST.text} → 丙"},
    ]


def test_kinds_do_not_meet(records: Records) -> None:
    put(records, FIRST)
    put(records, replace(FIRST, text="另一种"), kind=OTHER)
    assert documents.get(records, NOTE, "a").text == FIRST.text
    assert documents.get(records, OTHER, "a").text == "另一种"


def test_nobody_else_s_is_there(records: Records) -> None:
    put(records, FIRST)
    for id_, park in (("a", "south"), ("x", None)):
        with pytest.raises(NotFound, match="unknown_filing"):
            documents.get(records, NOTE, id_, park)
        with pytest.raises(NotFound, match="unknown_filing"):
            documents.change(records, NOTE, "write", dict, ids=[id_], park=park)


def test_changed_together_and_only_what_differs_is_noted(records: Records) -> None:
    put(records, FIRST, SECOND)

    def step(held: Mapping[str, Note]) -> Mapping[str, Note]:
        assert held == {"a": FIRST, "b": SECOND}
        return {**held, "b": replace(held["b"], text="丙"), "c": Note("c", "", "新")}

    documents.change(records, NOTE, "write", step, why="会上")
    assert [n.text for n in documents.all_of(records, NOTE)] == [FIRST.text, "丙", "新"]
    assert noted(records)[2:] == [
        ("note.write", "note/b", {"name": "丙", "why": "会上"}),
        ("note.write", "note/c", {"name": "新", "why": "会上"}),
    ]


def test_a_step_that_refuses_changes_nothing(records: Records) -> None:
    put(records, FIRST, SECOND)

    def half(held: Mapping[str, Note]) -> Mapping[str, Note]:
        raise UsageError("filing_name")

    with pytest.raises(UsageError):
        documents.change(records, NOTE, "write", half)
    # What one database cannot keep undoes the rest as well.
    with pytest.raises(UsageError):
        documents.change(
            records, NOTE, "write",
            lambda held: {"a": replace(FIRST, text="变"), "z": Note("z", "\0", "坏")},
        )  # fmt: skip
    with pytest.raises(UsageError, match="records_text"):
        put(records, Note("y", "", "新"), Note("z", "", "\ud800"))
    with pytest.raises(UsageError, match="id_twice"):
        put(records, Note("y", "", "新"), replace(FIRST, text="变"))
    assert documents.all_of(records, NOTE) == [FIRST, SECOND]
    assert len(noted(records)) == 2
