"""The shortlist and the schemes: what is written is there, and nothing half-way."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from graph.errors import Changed, NotFound, StoreError, UsageError
from graph.question import Scheme
from records import schemes, shortlist
from records.database import Records
from records.roles import Actor
from records.shortlist import Contact, Edit, Pick
from records.tables import metadata

PICK = Pick("enterprise", "e1", "甲公司", "leader", "chain", "370211")


def test_the_migrations_leave_what_the_tables_say(records: Records) -> None:
    records.migrate()
    records.migrate()
    with records.read() as db:
        assert compare_metadata(MigrationContext.configure(db), metadata) == []


def test_a_candidate_is_on_the_list_once_for_each_question(records: Records) -> None:
    assert shortlist.add(records, PICK)
    assert not shortlist.add(records, PICK)
    assert shortlist.add(records, Pick("enterprise", "e1", "甲公司", "", "chain", "370211"))
    assert [i.pick.leader for i in shortlist.items(records)] == ["leader", ""]
    assert shortlist.picked(records, "leader", "chain", "370211") == {("enterprise", "e1")}
    assert shortlist.picked(records, "leader", "chain", "370200") == frozenset()


def test_status_and_note_change_together_or_not_at_all(records: Records) -> None:
    shortlist.add(records, PICK)
    (item,) = shortlist.items(records)
    assert (item.status, item.note) == ("to_contact", "")
    assert shortlist.change(records, [Edit(item.id, 1, "in_talks", " 下周再谈 ")]) == 1
    assert shortlist.change(records, [Edit(item.id, 2, "in_talks", "下周再谈")]) == 0
    edits = [Edit(item.id, 2, "signed", ""), Edit("nobody", 1, "signed", "")]
    with pytest.raises(NotFound):
        shortlist.change(records, edits)
    with pytest.raises(UsageError):
        shortlist.change(records, [Edit(item.id, 2, "married", "")])
    (after,) = shortlist.items(records)
    assert (after.status, after.note) == ("in_talks", "下周再谈")


def test_two_editors_never_lose_a_change(records: Records) -> None:
    shortlist.add(records, PICK)
    (item,) = shortlist.items(records)
    other = records.acting(Actor("a2", "李", "officer"))
    shortlist.change(other, [Edit(item.id, item.version, "in_talks", "李已约好")])
    with pytest.raises(Changed) as caught:
        shortlist.change(records, [Edit(item.id, item.version, "given_up", "")])
    assert (caught.value.facts["name"], caught.value.facts["who"]) == ("甲公司", "李")
    with pytest.raises(Changed):
        shortlist.remove(records, item.id, item.version)
    assert shortlist.change(records, [Edit(item.id, item.version, "in_talks", "李已约好")]) == 0
    (after,) = shortlist.items(records)
    assert (after.note, after.version) == ("李已约好", 2)
    shortlist.remove(records, item.id, after.version)


def test_the_same_contact_is_logged_once(records: Records) -> None:
    shortlist.add(records, PICK)
    (item,) = shortlist.items(records)
    for _ in range(2):
        shortlist.log(records, item.id, Contact(date(2026, 3, 1), "王", "愿意来看"))
    assert len(shortlist.items(records)[0].contacts) == 1


def test_a_scheme_of_another_is_not_replaced_unseen(records: Records) -> None:
    for _ in range(2):
        schemes.save(records, Scheme("甲", 0.6, 0.2, 0.1, 0.1))
    with pytest.raises(UsageError):
        schemes.save(records, Scheme("甲", 0.5, 0.2, 0.2, 0.1))
    assert [s.fill for s in schemes.saved(records)] == [0.6]


def test_a_contact_is_logged_newest_first(records: Records) -> None:
    shortlist.add(records, PICK)
    (item,) = shortlist.items(records)
    for day, who in ((date(2026, 3, 1), "王"), (date(2026, 5, 1), "李"), (date(2026, 1, 1), "赵")):
        shortlist.log(records, item.id, Contact(day, who, "愿意来看"))
    (after,) = shortlist.items(records)
    assert [c.who for c in after.contacts] == ["李", "王", "赵"]
    assert after.status == "contacted"
    with pytest.raises(UsageError):
        shortlist.log(records, item.id, Contact(date.today() + timedelta(1), "王", "以后"))
    with pytest.raises(UsageError):
        shortlist.log(records, item.id, Contact(date(2026, 1, 1), " ", "无人"))


def test_what_is_removed_takes_its_contacts_along(records: Records) -> None:
    shortlist.add(records, PICK)
    (item,) = shortlist.items(records)
    shortlist.log(records, item.id, Contact(date(2026, 3, 1), "王", "愿意来看"))
    shortlist.remove(records, item.id, 2)
    assert shortlist.items(records) == []
    with pytest.raises(NotFound):
        shortlist.remove(records, item.id, 2)
    shortlist.add(records, PICK)
    (again,) = shortlist.items(records)
    assert again.contacts == ()


def test_schemes_are_kept_by_name(records: Records) -> None:
    schemes.save(records, Scheme("稳", 0.6, 0.1, 0.1, 0.2))
    schemes.save(records, Scheme("快", 0.7, 0.0, 0.0, 0.3))
    assert [(s.name, s.fill) for s in schemes.saved(records)] == [("快", 0.7), ("稳", 0.6)]
    schemes.forget(records, "稳")
    schemes.forget(records, "稳")
    assert [s.name for s in schemes.saved(records)] == ["快"]
    for name in ("", "balanced", "x" * 41):
        with pytest.raises(UsageError):
            schemes.save(records, Scheme(name, 0.6, 0.2, 0.1, 0.1))


def test_what_cannot_be_used_is_said(tmp_path: Path) -> None:
    with pytest.raises(StoreError):
        Records("no address")
    (tmp_path / "records.db").write_bytes(b"not a database at all, and long enough to be read" * 40)
    with pytest.raises(StoreError), Records(f"sqlite:///{tmp_path}/records.db").read():
        pass
