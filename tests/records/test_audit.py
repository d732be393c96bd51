"""The audit: written with the change it tells of, and every tampering found."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import delete, insert, text
from sqlalchemy.exc import IntegrityError

from graph.errors import StoreError, UsageError
from records import audit, schemes, shortlist, tables
from records.audit import Entry, Head, Verdict
from records.database import Records
from records.roles import Actor
from records.shortlist import Edit, Pick
from tests.conftest import tier

PICK = Pick("enterprise", "e1", "甲公司", "leader", "chain", "370211")
Chain = list[tuple[Entry, str]]


def chain_of(records: Records) -> Chain:
    with records.read() as db:
        return list(audit.entries(db))


def heads_of(records: Records) -> list[Head]:
    assert records.heads is not None
    return list(records.heads.all())


def test_the_hash_of_an_entry_is_as_it_is_written_down() -> None:
    first = Entry(
        1, "2026-01-01T00:00:00.000000+00:00", "a1", "王", "officer", "x.y", "o", "{}", "sha256"
    )
    assert (
        first.hash_after("0" * 64)
        == "2349d8538e503d58474b6d35a438586e0a17cf2aca109b7129176e7e09df20c7"
    )


def test_a_change_and_its_entry_come_together(records: Records) -> None:
    shortlist.add(records, PICK)
    (item,) = shortlist.items(records)
    ((entry, stored),) = chain_of(records)
    assert (entry.seq, entry.actor, entry.name, entry.role) == (1, "a1", "王", "officer")
    assert (entry.action, entry.object) == ("shortlist.add", item.id)
    assert '"candidate":"e1"' in entry.detail
    assert heads_of(records) == [Head(1, stored)]
    assert audit.verify(chain_of(records), heads_of(records)) == Verdict(True, 1)


def test_what_changes_nothing_leaves_no_entry(records: Records) -> None:
    shortlist.add(records, PICK)
    shortlist.add(records, PICK)
    with pytest.raises(UsageError):
        shortlist.change(records, [Edit("x", 1, "married", "")])
    assert len(chain_of(records)) == 1


def test_a_change_nobody_notes_is_undone(records: Records) -> None:
    with records.write() as writing:
        writing.db.execute(insert(tables.audit_head).values(seq=9, hash="x"))
    with records.read() as db:
        assert db.execute(text("SELECT count(*) FROM audit_head")).scalar() == 1


def test_a_reader_cannot_write(records: Records) -> None:
    with pytest.raises(StoreError, match=r"read-?only"), records.read() as db:
        db.execute(delete(tables.audit_head))


def test_the_database_refuses_to_change_an_entry(records: Records) -> None:
    shortlist.add(records, PICK)
    for statement in ("UPDATE audit SET name = 'x'", "DELETE FROM audit"):
        with pytest.raises((StoreError, IntegrityError), match="audit"), records.passing() as db:
            db.execute(text(statement))
    assert chain_of(records)[0][0].name == "王"


def test_another_acts_on_the_same_records(records: Records) -> None:
    schemes.forget(records.acting(Actor("a2", "李", "chair")), "none")
    shortlist.add(records.acting(Actor("a2", "李", "chair")), PICK)
    assert [e.name for e, _ in chain_of(records)] == ["李"]


def test_the_chain_may_change_its_algorithm(records_url: str) -> None:
    for algorithm in ("sha256", "sm3"):
        made = Records(records_url, algorithm=algorithm)
        shortlist.add(made, replace(PICK, candidate=algorithm))
        found = chain_of(made)
        made.close()
    assert [e.algorithm for e, _ in found] == ["sha256", "sm3"]
    assert audit.verify(found, []).ok


def long_chain(length: int) -> tuple[Chain, list[Head]]:
    before, chain = "0" * 64, []
    for seq in range(1, length + 1):
        entry = Entry(seq, "2026", "a", "王", "officer", "x.y", str(seq), "{}", "sha256")
        before = entry.hash_after(before)
        chain.append((entry, before))
    return chain, [Head(e.seq, h) for e, h in chain]


def rehashed(chain: Chain, at: int) -> Chain:
    """As one who knows the formula would write the rest anew."""
    made = chain[:at]
    for entry, _ in chain[at:]:
        moved = replace(entry, seq=len(made) + 1)
        made.append((moved, moved.hash_after(made[-1][1] if made else "0" * 64)))
    return made


def tampered(chain: Chain, how: str, at: int) -> tuple[Chain, int]:
    """The chain with one thing done to it, and the first number that is wrong then."""
    other = list(chain)
    entry, stored = chain[at]
    if how == "edit":
        other[at] = replace(entry, name="李"), stored
    elif how == "edit and hash":
        other = rehashed([*chain[:at], (replace(entry, name="李"), ""), *chain[at + 1 :]], at)
    elif how == "delete":
        del other[at]
    elif how == "delete and hash":
        other = rehashed([*chain[:at], *chain[at + 1 :]], at)
    elif how == "insert":
        other.insert(at, (replace(entry, name="李"), stored))
    elif how == "swap":
        other[at], other[at - 1] = other[at - 1], other[at]
        return other, at
    elif how == "duplicate":
        other.insert(at, chain[at])
    elif how == "truncate":
        other = other[:at]
    return other, at + 1


HOWS = (
    "edit",
    "edit and hash",
    "delete",
    "delete and hash",
    "insert",
    "swap",
    "duplicate",
    "truncate",
)


@pytest.mark.parametrize("how", HOWS)
def test_every_tampering_is_found_and_the_first_bad_entry_named(how: str) -> None:
    times = tier(80, 800)
    chain, heads = long_chain(tier(100, 1000))
    assert audit.verify(chain, heads) == Verdict(True, len(chain))
    choose = random.Random(how)
    for at in choose.sample(range(1, len(chain)), times):
        other, first = tampered(chain, how, at)
        verdict = audit.verify(other, heads)
        assert not verdict.ok, (how, at)
        assert verdict.first_bad == first, (how, at)


def test_without_the_second_place_only_a_cut_or_a_full_rewrite_stays_hidden() -> None:
    chain, heads = long_chain(20)
    assert audit.verify(chain[:12], []).ok
    assert audit.verify(chain[:12], heads) == Verdict(False, 12, 13)
    assert audit.verify(rehashed(chain[1:], 0), []).ok


def test_an_entry_of_an_unknown_algorithm_is_bad() -> None:
    chain, _ = long_chain(3)
    other = [*chain[:1], (replace(chain[1][0], algorithm="md5"), chain[1][1]), chain[2]]
    assert audit.verify(other, []) == Verdict(False, 2, 2)


def test_a_line_of_heads_that_is_none_is_named(tmp_path: Path) -> None:
    (tmp_path / "heads").write_text(f"1 {'0' * 64}\nnonsense\n")
    with pytest.raises(StoreError) as caught:
        list(audit.Heads(tmp_path / "heads").all())
    assert caught.value.facts["line"] == 2


def test_a_second_place_that_cannot_be_written_does_not_undo_the_change(
    records_url: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    made = Records(records_url, heads=tmp_path)
    assert shortlist.add(made, PICK)
    assert "audit head 1 not copied" in caplog.text
    assert len(shortlist.items(made)) == 1
    made.close()
