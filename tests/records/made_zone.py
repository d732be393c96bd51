"""Zones for tests of backups: a graph, records of every table and attachments, at random."""

from __future__ import annotations

import io
import json
import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import UUID

from sqlalchemy import func, insert, select

from graph.model import Node, Ref, Rel
from graph.question import Scheme
from graph.store import open_store
from records import attachments, dump, schemes, shortlist, tables, tasks
from records.attachments import Files
from records.database import Records
from records.shortlist import Contact, Edit, Pick
from records.tasks import Task
from records.whole import Zone
from tests.contract.made import batch, firm
from tests.records import made_files as files

TEXTS = [
    "", "甲", "a'b\"c\\d", "\u0301x", "😀", "\u2028\u2029", "x\n\ty\r", "=1+1", "ＡＢ", "ß", "é",
    "e\u0301", "z" * 900, "\u202e", "0", "null", "\x7f", "ﬁ", "龘" * 50, " ", "--", "%_",
]  # fmt: skip


class Young(Files):
    """Files whose uploads under way are young, whatever the clock of a test says."""

    def parts(self) -> Iterator[Path]:
        return iter(())


def zone_in(folder: Path, url: str = "") -> Zone:
    """A zone with all it has in a folder, or its records elsewhere."""
    folder.mkdir(parents=True, exist_ok=True)
    store = open_store(f"sqlite:///{folder}/graph.db")
    store.migrate()
    records = Records(url or f"sqlite:///{folder}/records.db", heads=folder / "heads")
    return Zone(store, records, Young(folder / "files"))


def close(zone: Zone) -> None:
    """Let go of its files and connections."""
    zone.store.close()
    zone.records.close()


def fill(zone: Zone, seed: int, size: int = 12) -> None:
    """Some of everything, decided by the seed."""
    choose = random.Random(seed)
    for n in range(choose.randrange(1, 4)):
        rows: list[Node | Rel] = [
            Node(firm(f"{n}-{i}"), {"name": choose.choice(TEXTS) or "名", "x": choose.random()})
            for i in range(size)
        ]
        rows += [Rel("SUPPLIES", firm(f"{n}-{i}"), firm(f"{n}-{i + 1}")) for i in range(size - 1)]
        zone.store.apply(batch(*rows))
    for n in range(size):
        word = choose.choice(TEXTS)
        shortlist.add(zone.records, Pick("enterprise", f"{n}", word, "", word or "c", "370211"))
    for item in shortlist.items(zone.records):
        _work_on(zone, item, choose)
    for n in range(choose.randrange(size)):
        due = date(2000, 1, 1) + timedelta(choose.randrange(40_000))
        tasks.add(zone.records, Task("", f"s{n}", "r", "", "c", "stale", "王" + str(n), due))
    names = [f"scheme {n}" for n in range(choose.randrange(3))]
    for name in names:
        schemes.save(zone.records, Scheme(name, 0.7 - 1e-9, 0.1, 0.1 + 1e-9, 0.1))
    _accounts(zone, choose)


def _work_on(zone: Zone, item: shortlist.Item, choose: random.Random) -> None:
    what = choose.random()
    if what < 0.2:
        shortlist.remove(zone.records, item.id, item.version)
        return
    if what < 0.5:
        note = choose.choice(TEXTS)
        shortlist.change(zone.records, [Edit(item.id, item.version, "in_talks", note)])
    for _ in range(choose.randrange(3)):
        said = Contact(date(2020, 1, 1), "李", choose.choice(TEXTS).strip() or "行")
        shortlist.log(zone.records, item.id, said)
    for _ in range(choose.randrange(3)):
        attach(zone, item.id, choose)


def attach(zone: Zone, item: str, choose: random.Random) -> attachments.Attachment:
    """A file, now and then one that is there already."""
    data = files.PDF.replace(b"1.4", b"1.%d" % choose.randrange(20))
    return attachments.add(
        zone.records,
        zone.files,
        f"shortlist/{item}",
        choose.choice(TEXTS) + ".pdf",
        io.BytesIO(data),
        lambda db: shortlist.check(db, item),
    )


def _accounts(zone: Zone, choose: random.Random) -> None:
    """Accounts with tokens, sessions and attempts, and who recorded what, past all rules."""
    now = datetime(2026, 3, 1, 12, 30, 15, 123456, tzinfo=UTC)
    with zone.records.write() as writing:
        for _ in range(choose.randrange(1, 6)):
            id_ = UUID(int=choose.getrandbits(128)).hex
            row = {
                "login": f"u{id_[:9]}", "name": choose.choice(TEXTS), "role": "officer",
                "park": "", "department": "", "password": "$argon",
                "fields": json.dumps([choose.choice(TEXTS)]),
                "password_at": now, "must_change": choose.random() < 0.5, "totp": "",
                "totp_step": choose.randrange(2**31), "totp_next": "", "made_at": now, "version": 1,
                "disabled_at": now if choose.random() < 0.3 else None,
            }  # fmt: skip
            writing.db.execute(insert(tables.accounts).values(id=id_, **row))
            token = {"name": choose.choice(TEXTS), "scope": "read", "made_at": now}
            writing.db.execute(
                insert(tables.tokens).values(id=id_, account=id_, expires_at=now, **token)
            )
            seen = {"made_at": now, "seen_at": now, "pending": False}
            writing.db.execute(insert(tables.sessions).values(id=id_, account=id_, **seen))
            writing.db.execute(insert(tables.attempts).values(id=id_, key=id_, at=now))
            writing.db.execute(
                insert(tables.once).values(key=id_, request=id_, body=b"\0\xff", made_at=now)
            )
            claim = {"owner": "Enterprise", "src": choose.choice(TEXTS), "dst": "", "key": ""}
            claim |= {"field": "", "batch": "b", "who": choose.choice(TEXTS), "evidence": "e"}
            writing.db.execute(insert(tables.recorded).values(id=id_, at=now, **claim))
        writing.note("made.up", choose.choice(TEXTS), text=TEXTS, number=choose.randrange(9))


def parts_of(zone: Zone) -> dict[str, dump.Part]:
    """Rows and hash of every kept table."""
    with zone.records.read() as db:
        return {t.name: dump.part_of(db, t) for t in dump.kept_tables(tables.metadata)}


def passing(zone: Zone) -> int:
    """How many rows there are of what is not backed up."""
    with zone.records.read() as db:
        return sum(
            db.execute(select(func.count()).select_from(table)).scalar_one()
            for table in (tables.sessions, tables.attempts, tables.once)
        )


def chain(id: str) -> Ref:
    """A chain's identity."""
    return Ref("Chain", id)
