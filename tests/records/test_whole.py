"""A backup of everything comes back the same, whole or not at all, from any moment."""

from __future__ import annotations

import hashlib
import json
import os
import random
import shutil
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Thread

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text, update

from graph.errors import DataError, FileRefused, StoreError, UsageError
from graph.model import Node
from graph.store import copy as moving
from records import attachments, dump, shortlist, tables, trail
from records.parcel import SUMS
from records.restoring import Restored, has_rows, restore
from records.shortlist import Pick
from records.tables import metadata
from records.tidy import tidy
from records.whole import Zone, back_up, told_by
from tests.conftest import ROOT, tier
from tests.contract.made import batch
from tests.records.made_zone import attach, chain, close, fill, parts_of, passing, zone_in

AUDIT = {"audit", "audit_head"}


@pytest.fixture
def zones(tmp_path: Path) -> Iterator[Callable[..., Zone]]:
    """Makes zones, each in a folder of its own."""
    made: list[Zone] = []

    def make(name: str, url: str = "") -> Zone:
        made.append(zone_in(tmp_path / name, url))
        return made[-1]

    yield make
    for zone in made:
        close(zone)


def kept(zone: Zone) -> dict[str, dump.Part]:
    """The records but the audit, to which a restore adds."""
    return {name: part for name, part in parts_of(zone).items() if name not in AUDIT}


def is_whole(zone: Zone) -> None:
    """Every use of a file has its file, and the audit holds with its second place."""
    for files in attachments.held(zone.records, "shortlist").values():
        for one in files:
            assert zone.files.is_whole(one.sha256)
    checked = trail.check(zone.records)
    assert (checked.verdict.ok, checked.uncopied) == (True, False)


def same(first: Zone, second: Zone, found: Restored) -> None:
    assert kept(first) == kept(second)
    assert moving.verify(first.store, second.store).equal
    assert first.store.ledger(100) == second.store.ledger(100)
    assert found.records == found.whole.records
    assert found.graph == first.store.stats().hash
    assert passing(second) == 0
    is_whole(second)


@pytest.mark.parametrize("name", ["b", "b.zip"])
@pytest.mark.parametrize("seed", range(tier(5, 50)))
def test_what_comes_back_is_the_same(
    zones: Callable[..., Zone], tmp_path: Path, seed: int, name: str
) -> None:
    first, second = zones("first"), zones("second")
    fill(first, seed)
    assert passing(first) > 0
    before = parts_of(first)
    whole = back_up(first, tmp_path / name)
    assert dict(whole.tables) == before
    assert told_by(tmp_path / name) == whole
    found = restore(tmp_path / name, second)
    same(first, second, found)
    (entry,) = trail.newest(second.records, trail.Wanted(), limit=1)
    assert (entry.action, entry.object, entry.seq) == ("backup.restore", name, whole.head.seq + 1)
    (entry,) = trail.newest(first.records, trail.Wanted(), limit=1)
    assert (entry.action, entry.object) == ("backup.make", name)
    assert whole.records in entry.detail
    assert [path.name for path in tmp_path.iterdir() if path.name.endswith(".part")] == []


@pytest.mark.parametrize("seed", range(tier(2, 10)))
def test_from_one_database_to_the_other_and_back(
    zones: Callable[..., Zone], tmp_path: Path, postgres_url: str, seed: int
) -> None:
    first, there, back = zones("first"), zones("there", postgres_url), zones("back")
    fill(first, seed)
    one = back_up(first, tmp_path / "one")
    same(first, there, restore(tmp_path / "one", there))
    two = back_up(there, tmp_path / "two.zip")
    same(there, back, restore(tmp_path / "two.zip", back))
    assert one.content == two.content
    three = back_up(back, tmp_path / "three")
    assert three.content == one.content
    lines = [(tmp_path / n / "records" / "audit.jsonl").read_bytes() for n in ("one", "three")]
    assert lines[1].startswith(lines[0])  # the chain goes on


def test_what_is_there_gives_way_only_when_told_and_is_kept(
    zones: Callable[..., Zone], tmp_path: Path, records_url: str
) -> None:
    first, second, third = zones("first"), zones("second", records_url), zones("third")
    fill(first, 1)
    fill(second, 2)
    back_up(first, tmp_path / "b")
    before = parts_of(second), second.store.stats()
    with pytest.raises(UsageError, match="restore_not_empty"):
        restore(tmp_path / "b", second)
    assert (parts_of(second), second.store.stats()) == before
    old = kept(second)
    found = restore(tmp_path / "b", second, keep=lambda: tmp_path / "kept.zip")
    same(first, second, found)
    assert found.kept == tmp_path / "kept.zip"
    restore(found.kept, third)
    assert kept(third) == old
    assert third.store.stats() == before[1]


def test_either_being_filled_is_enough_to_refuse(
    zones: Callable[..., Zone], tmp_path: Path
) -> None:
    first, second, third = zones("first"), zones("second"), zones("third")
    fill(first, 1)
    back_up(first, tmp_path / "b")
    second.store.apply(batch(Node(chain("c"), {"name": "链"})))
    shortlist.add(third.records, Pick("enterprise", "e", "甲", "", "c", "r"))
    for zone in (second, third):
        with pytest.raises(UsageError, match="restore_not_empty"):
            restore(tmp_path / "b", zone)
    assert not has_rows(second.records)
    assert third.store.revision() == 0
    with pytest.raises(UsageError, match="backup_exists"):
        back_up(first, tmp_path / "b")


def test_nothing_comes_back_as_nothing(zones: Callable[..., Zone], tmp_path: Path) -> None:
    first, second = zones("first"), zones("second")
    back_up(first, tmp_path / "b")
    restore(tmp_path / "b", second)
    assert second.store.revision() == 0
    fill(second, 3)
    restore(tmp_path / "b", second, keep=lambda: tmp_path / "kept")
    assert second.store.stats().hash == first.store.stats().hash
    assert shortlist.items(second.records) == []


def test_an_older_backup_leaves_an_audit_that_holds_for_ever(
    zones: Callable[..., Zone], tmp_path: Path
) -> None:
    """The second place knows more of the chain that gave way, and other heads under its numbers."""
    zone = zones("zone")
    fill(zone, 1)
    whole = back_up(zone, tmp_path / "b")
    fill(zone, 2)
    gone = trail.newest(zone.records, trail.Wanted(), limit=1)[0].seq - whole.head.seq
    found = restore(tmp_path / "b", zone, keep=lambda: tmp_path / "kept")
    assert found.gone == gone + 1  # the backup of what was there is an entry too
    is_whole(zone)
    for n in range(gone + 5):  # over the numbers that were used before
        shortlist.add(zone.records, Pick("enterprise", f"n{n}", "甲", "", "c", "r"))
        is_whole(zone)
    lines = (tmp_path / "zone" / "heads").read_text().splitlines()
    assert sum(line.startswith("restored ") for line in lines) == 1
    with zone.records.passing() as db:  # what is done to it now is still found
        db.execute(text("DROP TRIGGER audit_update"))
        db.execute(update(tables.audit).where(tables.audit.c.seq == 2).values(name="x"))
    assert trail.check(zone.records).verdict.first_bad == 2


def test_a_restored_chain_that_is_cut_is_found(zones: Callable[..., Zone], tmp_path: Path) -> None:
    first, second = zones("first"), zones("second")
    fill(first, 1)
    whole = back_up(first, tmp_path / "b")
    restore(tmp_path / "b", second)
    with second.records.passing() as db:
        db.execute(text("DROP TRIGGER audit_delete"))
        db.execute(text(f"DELETE FROM audit WHERE seq > {whole.head.seq - 3}"))
        head = db.execute(text(f"SELECT hash FROM audit WHERE seq = {whole.head.seq - 3}"))
        values = {"seq": whole.head.seq - 3, "hash": head.scalar_one()}
        db.execute(update(tables.audit_head).values(**values))
    assert trail.check(second.records).verdict.first_bad == whole.head.seq


# Damage


def flip(path: Path, choose: random.Random) -> None:
    data = bytearray(path.read_bytes())
    data[choose.randrange(len(data))] ^= 1 << choose.randrange(8)
    path.write_bytes(data)


def cut(path: Path, choose: random.Random) -> None:
    path.write_bytes(path.read_bytes()[: choose.randrange(path.stat().st_size)])


def lose(path: Path, choose: random.Random) -> None:
    path.unlink()


def grow(path: Path, choose: random.Random) -> None:
    path.write_bytes(path.read_bytes() + b"\n")


@pytest.mark.parametrize("damage", [flip, cut, lose, grow])
def test_every_damaged_file_is_named_and_nothing_is_changed(
    zones: Callable[..., Zone], tmp_path: Path, damage: Callable[[Path, random.Random], None]
) -> None:
    first, second = zones("first"), zones("second")
    fill(first, 5)
    back_up(first, tmp_path / "good")
    names = [p.relative_to(tmp_path / "good") for p in (tmp_path / "good").rglob("*")]
    names = [name for name in names if (tmp_path / "good" / name).is_file()]
    assert len(names) > 12
    choose, tried = random.Random(damage.__name__), 0
    for name in names:
        shutil.copytree(tmp_path / "good", tmp_path / "bad", dirs_exist_ok=True)
        path = tmp_path / "bad" / name
        if path.stat().st_size == 0 and damage in (flip, cut):
            continue
        damage(path, choose)
        with pytest.raises(FileRefused) as caught:
            restore(tmp_path / "bad", second)
        code = "backup_file_missing" if damage is lose else "backup_file_changed"
        told = (caught.value.code, str(caught.value.facts["file"]))
        if name.name != SUMS or damage is not flip:  # else it names the file of the line
            assert told == (code, name.as_posix()), damage
        tried += 1
    assert tried > 8
    (tmp_path / "good" / "records" / "more.jsonl").write_text("{}\n")
    with pytest.raises(FileRefused) as caught:
        restore(tmp_path / "good", second)
    assert caught.value.code == "backup_file_extra"
    nothing_in(second)


def nothing_in(zone: Zone) -> None:
    assert not has_rows(zone.records)
    assert zone.store.revision() == 0
    assert list(zone.files.kept()) == []


def test_a_damaged_archive_is_refused_wherever_it_is_hit(
    zones: Callable[..., Zone], tmp_path: Path
) -> None:
    """Any byte of one file: what is not refused comes back the same."""
    first, second = zones("first"), zones("second")
    fill(first, 5, size=4)
    whole = back_up(first, tmp_path / "b.zip")
    data, choose = (tmp_path / "b.zip").read_bytes(), random.Random(1)
    refused, times = 0, tier(60, 600)
    for n in range(times):
        bad = bytearray(data)
        bad[choose.randrange(len(bad))] ^= 1 << choose.randrange(8)
        (tmp_path / "bad.zip").write_bytes(bad if n % 3 else data[: choose.randrange(len(data))])
        try:
            found = restore(tmp_path / "bad.zip", second)
        except FileRefused:
            refused += 1
            nothing_in(second)
            continue
        assert (found.records, found.graph) == (whole.records, whole.graph.hash)
        close(second)
        shutil.rmtree(tmp_path / "second")
        second = zones("second")
    assert refused > times / 2


def resummed(folder: Path) -> None:
    """Sums that agree with whatever was done to the files."""
    lines = []
    for path in sorted(p for p in folder.rglob("*") if p.is_file() and p.name != SUMS):
        name = path.relative_to(folder).as_posix()
        lines.append(f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {name}\n")
    (folder / SUMS).write_text("".join(sorted(lines, key=lambda line: line[66:])))


def test_one_who_forges_the_sums_too_is_still_refused(
    zones: Callable[..., Zone], tmp_path: Path, records_url: str
) -> None:
    first, second = zones("first"), zones("second", records_url)
    fill(first, 5)
    back_up(first, tmp_path / "good")
    (sha256, *_) = (p.name for p in first.files.kept())

    def edit_rows(folder: Path) -> None:
        path = folder / "records" / "tasks.jsonl"
        path.write_text(path.read_text().replace("王", "李") + "")

    def drop_file(folder: Path) -> None:
        next(folder.rglob(sha256)).unlink()

    def other_bytes(folder: Path) -> None:
        next(folder.rglob(sha256)).write_bytes(b"x")

    def no_rows(folder: Path) -> None:
        (folder / "records" / "tasks.jsonl").write_text("[]\n")

    def graph(folder: Path) -> None:
        with zipfile.ZipFile(folder / "graph.zip") as archive:
            rows, told = archive.read("rows.jsonl"), archive.read("manifest.json")
        with zipfile.ZipFile(folder / "graph.zip", "w") as archive:
            archive.writestr("rows.jsonl", rows[: rows.rindex(b"\n", 0, -1) + 1])
            archive.writestr("manifest.json", told)

    def audit(folder: Path) -> None:
        path, at = folder / "records" / "audit.jsonl", folder / "manifest.json"
        path.write_text(path.read_text().replace('"name":"lianzhu"', '"name":"another"', 1))
        told = json.loads(at.read_text())
        told["tables"]["audit"]["sha256"] = hashlib.sha256(path.read_bytes()).hexdigest()
        at.write_text(json.dumps(told))

    def newer(folder: Path) -> None:
        path = folder / "manifest.json"
        path.write_text(path.read_text().replace('"format": 1', '"format": 2'))

    def schema(folder: Path) -> None:
        path = folder / "manifest.json"
        told = json.loads(path.read_text())
        path.write_text(json.dumps(told | {"schema": "9999"}))

    for forge in (edit_rows, drop_file, other_bytes, no_rows, graph, audit, newer, schema):
        shutil.copytree(tmp_path / "good", tmp_path / forge.__name__)
        forge(tmp_path / forge.__name__)
        resummed(tmp_path / forge.__name__)
        with pytest.raises((FileRefused, DataError, StoreError)):
            restore(tmp_path / forge.__name__, second)
        assert not has_rows(second.records), forge
        assert second.store.revision() == 0, forge
    resummed(tmp_path / "good")
    same(first, second, restore(tmp_path / "good", second))


def test_what_was_lost_before_is_told_and_does_not_stop_the_rest(
    zones: Callable[..., Zone], tmp_path: Path
) -> None:
    first, second = zones("first"), zones("second")
    fill(first, 5)
    paths = sorted(first.files.kept())
    paths[0].unlink()
    paths[1].write_bytes(b"x")
    whole = back_up(first, tmp_path / "b")
    assert sorted(whole.lost) == sorted(p.name for p in paths[:2])
    found = restore(tmp_path / "b", second)
    assert found.attachments == len(paths) - 2
    assert kept(first) == kept(second)


def test_a_backup_of_an_older_version_is_brought_to_this_one(
    zones: Callable[..., Zone], tmp_path: Path, records_url: str
) -> None:
    """The tables of a version are what its migrations made, not what this program has."""
    first, second = zones("first"), zones("second", records_url)
    first.store.apply(batch(Node(chain("c"), {"name": "链"})))
    back_up(first, tmp_path / "b")
    folder = tmp_path / "b"
    manifest = json.loads((folder / "manifest.json").read_text())
    row = {
        "id": "i", "kind": "enterprise", "candidate": "e", "name": "甲", "leader": "", "chain": "c",
        "region": "r", "status": "to_contact", "note": "",
        "added_at": "2024-01-02T03:04:05.000006+00:00",
    }  # fmt: skip
    line = json.dumps(row, ensure_ascii=False, sort_keys=True, separators=(",", ":")) + "\n"
    rows = dict.fromkeys(("contacts", "schemes", "tasks", "audit"), "")
    head = {"hash": "0" * 64, "seq": 0}
    rows |= {"shortlist": line}
    rows["audit_head"] = json.dumps(head, sort_keys=True, separators=(",", ":")) + "\n"
    for path in (folder / "records").iterdir():
        path.unlink()
    manifest |= {"schema": "0002", "head": head, "attachments": 0, "bytes": 0, "tables": {}}
    for name, lines in rows.items():
        (folder / "records" / f"{name}.jsonl").write_text(lines)
        digest = hashlib.sha256(lines.encode()).hexdigest()
        manifest["tables"][name] = {"rows": lines.count("\n"), "sha256": digest}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    resummed(folder)
    found = restore(folder, second)
    (item,) = shortlist.items(second.records)
    assert (item.id, item.version, item.added_at.isoformat()) == ("i", 1, row["added_at"])
    assert found.whole.schema == "0002"
    assert second.records.version()[0] == second.records.version()[1] != "0002"
    is_whole(second)
    with second.records.read() as db:
        assert compare_metadata(MigrationContext.configure(db), metadata) == []


# At the same time, and in the middle


def test_a_backup_during_writes_is_one_moment(
    zones: Callable[..., Zone], tmp_path: Path, records_url: str
) -> None:
    """Graph and records say of each other how far they are, before and after each step."""
    zone, ended, failed = zones("zone", records_url), False, list[BaseException]()
    choose = random.Random(1)

    def work() -> None:
        step = 0
        while not ended:
            step += 1
            with zone.records.write() as writing:
                writing.note("step.begin", "graph", step=step)
            zone.store.apply(batch(Node(chain(f"{step}"), {"name": f"{step}"})))
            with zone.records.write() as writing:
                writing.note("step.end", "graph", step=step)

    def attach_and_remove() -> None:
        while not ended:
            pick = Pick("enterprise", f"{choose.random()}", "甲", "", "c", "r")
            shortlist.add(zone.records, pick)
            item = next(i for i in shortlist.items(zone.records) if i.pick == pick)
            one = attach(zone, item.id, choose)
            if choose.random() < 0.5:
                attachments.remove(zone.records, one.object, one.id)
            if choose.random() < 0.5:
                shortlist.remove(zone.records, item.id, item.version)

    def clean() -> None:
        while not ended:
            tidy(zone.records, zone.files, datetime.now(UTC) + timedelta(days=1))

    def guarded(write: Callable[[], None]) -> None:
        try:
            write()
        except BaseException as error:
            failed.append(error)

    writers = [Thread(target=guarded, args=(w,)) for w in (work, attach_and_remove, clean)]
    for writer in writers:
        writer.start()
    try:
        for n in range(tier(10, 100)):
            time.sleep(choose.random() / 10)
            back_up(zone, tmp_path / f"{n}{'.zip' if n % 2 else ''}")
    finally:
        ended = True
        for writer in writers:
            writer.join()
    assert failed == []
    for n in range(tier(10, 100)):
        other = zones(f"other {n}")
        found = restore(tmp_path / f"{n}{'.zip' if n % 2 else ''}", other)
        is_whole(other)
        fits(other, found)


class Restless:
    """A store in which a step is done just before each of the first readings begins."""

    def __init__(self, zone: Zone, steps: int) -> None:
        self._zone, self._left, self.done = zone, steps, 0

    def __getattr__(self, name: str) -> object:
        return getattr(self._zone.store, name)

    def reading(self) -> AbstractContextManager[int]:
        if self._left:
            self._left -= 1
            self.done += 1
            with self._zone.records.write() as writing:
                writing.note("step.begin", "graph", step=self.done)
            row = Node(chain(f"{self.done}"), {"name": "链"})
            step = Thread(target=self._zone.store.apply, args=(batch(row),))  # here it is pinned
            step.start()
            step.join()
            with self._zone.records.write() as writing:
                writing.note("step.end", "graph", step=self.done)
        return self._zone.store.reading()


@pytest.mark.parametrize("steps", [1, 3])
def test_the_moment_is_sought_until_the_graph_stands_still(
    zones: Callable[..., Zone], tmp_path: Path, steps: int, records_url: str
) -> None:
    zone, other = zones("zone", records_url), zones("other")
    zone.records.ready()
    back_up(replace(zone, store=Restless(zone, steps)), tmp_path / "b")  # type: ignore[arg-type]
    found = restore(tmp_path / "b", other)
    assert found.whole.graph.revision == steps
    fits(other, found)


def test_a_graph_that_never_stands_still_is_the_newer_one(
    zones: Callable[..., Zone], tmp_path: Path
) -> None:
    zone, other = zones("zone"), zones("other")
    zone.records.ready()
    back_up(replace(zone, store=Restless(zone, 1_000)), tmp_path / "b")  # type: ignore[arg-type]
    found = restore(tmp_path / "b", other)
    entries = trail.newest(other.records, trail.Wanted(), limit=1_000)
    done = sum(entry.action == "step.end" for entry in entries)
    assert 0 < done < found.whole.graph.revision


def fits(zone: Zone, found: Restored) -> None:
    """The rows are what the entries say, and the graph is between its two of them."""
    items, files, begun, done = set[str](), set[str](), 0, 0
    for entry in reversed(trail.newest(zone.records, trail.Wanted(), limit=1_000_000)):
        facts = trail.facts_of(entry)
        if entry.action == "shortlist.add":
            items.add(entry.object)
        elif entry.action == "shortlist.remove":
            items.remove(entry.object)
        elif entry.action == "attachment.add":
            files.add(str(facts["id"]))
        elif entry.action == "attachment.remove":
            files.remove(str(facts["id"]))
        elif entry.action == "step.begin":
            begun = int(str(facts["step"]))
        elif entry.action == "step.end":
            done = int(str(facts["step"]))
    assert {i.id for i in shortlist.items(zone.records)} == items
    held = attachments.held(zone.records, "shortlist").values()
    assert {a.id for some in held for a in some} == files
    assert done <= found.whole.graph.revision <= begun
    assert zone.store.revision() == found.whole.graph.revision


CHILD = """
import sys
from pathlib import Path
from tests.records.made_zone import zone_in
from records.whole import back_up
from records.restoring import restore
what, folder, target, url = sys.argv[1:]
zone = zone_in(Path(folder), url)
zone.records.ready()
print("ready", flush=True)
if what == "back_up":
    back_up(zone, Path(target))
else:
    restore(Path(target), zone)
print("done", flush=True)
"""


def killed(what: str, folder: Path, target: Path, url: str, after: float) -> bool:
    """Run it in another process and end that after so many seconds; whether it was done."""
    words = [sys.executable, "-c", CHILD, what, str(folder), str(target), url]
    with subprocess.Popen(
        words, cwd=ROOT, stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": str(ROOT)}
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"ready\n"
        time.sleep(after)
        child.kill()
        return b"done" in child.stdout.read()


@pytest.mark.parametrize("name", ["b", "b.zip"])
def test_a_backup_that_is_killed_is_not_there(
    zones: Callable[..., Zone], tmp_path: Path, name: str
) -> None:
    zone = zones("zone")
    fill(zone, 1, size=150)
    choose, there = random.Random(1), 0
    began = time.monotonic()
    back_up(zone, tmp_path / "measured")
    length = time.monotonic() - began
    for _ in range(tier(5, 25)):
        killed("back_up", tmp_path / "zone", tmp_path / name, "", choose.random() * length * 1.3)
        if (tmp_path / name).exists():
            there += 1
            told_by(tmp_path / name)
            path = tmp_path / name
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    assert there < tier(5, 25)
    back_up(zone, tmp_path / name)  # what was left behind is not in the way
    assert [p.name for p in tmp_path.iterdir() if p.name.endswith(".part")] == []
    other = zones("other")
    same(zone, other, restore(tmp_path / name, other))


@pytest.fixture(params=["sqlite", "postgresql"])
def addresses(request: pytest.FixtureRequest) -> Iterator[Callable[[], str]]:
    """Makes addresses of new records; "" = a file in the zone's folder."""
    if request.param == "sqlite":
        yield lambda: ""
        return
    server = request.getfixturevalue("postgres_server")
    with ExitStack() as made:
        yield lambda: made.enter_context(server.database())


def test_a_restore_that_is_killed_leaves_nothing_or_everything(
    zones: Callable[..., Zone], tmp_path: Path, addresses: Callable[[], str]
) -> None:
    """Each store is empty or whole, and the same command again makes both whole."""
    first, measured, none = zones("first"), zones("measured", addresses()), zones("none")
    fill(first, 1, size=150)
    whole = back_up(first, tmp_path / "b")
    began = time.monotonic()
    restore(tmp_path / "b", measured)
    length, planned = time.monotonic() - began, tier(5, 25)
    seen = {"nothing": 0, "everything": 0}
    for n in range(planned):
        url, folder = addresses(), tmp_path / f"target {n}"
        done = killed("restore", folder, tmp_path / "b", url, length * (n + 0.5) / planned)
        target = zones(f"target {n}", url)
        filled = has_rows(target.records)
        seen["everything" if filled else "nothing"] += 1
        stats = target.store.stats()
        assert stats in (whole.graph, none.store.stats())
        if filled:
            assert (kept(target), stats) == (kept(first), whole.graph)
        else:
            assert not done
            same(first, target, restore(tmp_path / "b", target))
        close(target)
    assert seen["nothing"], seen
