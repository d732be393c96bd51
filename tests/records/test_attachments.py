"""Attachments: kept once by their hash, named only in rows, gone when nobody names them."""

from __future__ import annotations

import hashlib
import io
import os
import stat
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Thread

import pytest
from sqlalchemy import insert

from graph.errors import FileRefused, NotFound, UsageError
from records import attachments, shortlist, trail
from records.attachments import Files, add, held, remove
from records.database import Records
from records.roles import Actor
from records.scanning import scan
from records.shortlist import Pick
from records.tables import attachments as table
from records.tables import attempts, once, sessions
from records.tidy import tidy
from tests.records import made_files as made
from tests.records.made_zone import Young

PICK = Pick("enterprise", "e1", "甲公司", "", "chain", "370211")
SOON = datetime.now(UTC) + timedelta(days=2)  # what is written now is old then


@pytest.fixture
def records(records_url: str) -> Iterator[Records]:
    opened = Records(records_url, actor=Actor("a1", "王", "officer"))
    yield opened
    opened.close()


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return Files(tmp_path / "store" / "files", megabytes=1, most=3)


@pytest.fixture
def item(records: Records) -> str:
    shortlist.add(records, PICK)
    (found,) = shortlist.items(records)
    return found.id


def put(
    records: Records, files: Files, item: str, name: str = "a.pdf", data: bytes = made.PDF
) -> attachments.Attachment:
    return add(
        records,
        files,
        f"shortlist/{item}",
        name,
        io.BytesIO(data),
        lambda db: shortlist.check(db, item),
    )


def below(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file() and path.name != ".lock")


def notes(records: Records) -> list[str]:
    return [e.action for e in trail.newest(records, trail.Wanted())][::-1]


def test_a_file_is_kept_once_for_all_its_uses(records: Records, files: Files, item: str) -> None:
    first = put(records, files, item, "甲.pdf")
    second = put(records, files, item, "乙.pdf")
    again = put(records, files, item, "乙.pdf")
    sha256 = hashlib.sha256(made.PDF).hexdigest()
    assert (first.sha256, first.type, first.size) == (sha256, "application/pdf", len(made.PDF))
    assert again == second
    assert held(records, "shortlist") == {f"shortlist/{item}": [first, second]}
    (path,) = below(files.folder)
    assert path == files.folder / sha256[:2] / sha256[2:4] / sha256
    assert path.read_bytes() == made.PDF
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(files.folder.stat().st_mode) == 0o700
    assert (first.added_by, held(records, "application")) == ("王", {})
    assert notes(records) == ["shortlist.add", "attachment.add", "attachment.add"]


def test_what_is_removed_is_gone_from_the_page_and_later_from_the_folder(
    records: Records, files: Files, item: str
) -> None:
    first, second = put(records, files, item, "甲.pdf"), put(records, files, item, "乙.pdf")
    with pytest.raises(NotFound):
        remove(records, "shortlist/other", first.id)
    remove(records, f"shortlist/{item}", first.id)
    with pytest.raises(NotFound):
        remove(records, f"shortlist/{item}", first.id)
    assert tidy(records, files, SOON).files == 0
    remove(records, f"shortlist/{item}", second.id)
    assert tidy(records, files, datetime.now(UTC)).files == 0  # too young
    assert tidy(records, files, SOON, dry_run=True).files == 1
    assert len(below(files.folder)) == 1
    assert tidy(records, files, SOON).bytes == len(made.PDF)
    assert below(files.folder) == []
    assert notes(records)[-2:] == ["attachment.remove", "attachment.remove"]


def test_an_item_takes_its_attachments_along(records: Records, files: Files, item: str) -> None:
    put(records, files, item)
    shortlist.remove(records, item, 1)
    assert held(records, "shortlist") == {}
    assert notes(records)[-2:] == ["attachment.remove", "shortlist.remove"]


def test_an_object_has_so_many_and_no_more(records: Records, files: Files, item: str) -> None:
    for n in range(3):
        put(records, files, item, f"{n}.pdf")
    with pytest.raises(UsageError, match="attachment_many"):
        put(records, files, item, "3.png", made.png())
    assert len(below(files.folder)) == 1  # the refused one left nothing


def test_what_is_refused_leaves_nothing_behind(records: Records, files: Files, item: str) -> None:
    refused = {
        "attachment_kind": made.EXE,
        "attachment_too_large": b"%PDF-" + bytes(1 << 20),
        "empty_file": b"",
    }
    for code, data in refused.items():
        with pytest.raises(FileRefused, match=code):
            put(records, files, item, "a.pdf", data)
    with pytest.raises(NotFound):
        put(records, files, "nothing")
    with pytest.raises(RuntimeError, match="cut"):
        add(records, files, f"shortlist/{item}", "a", Cut(), lambda db: None)  # type: ignore[arg-type]
    assert below(files.folder) == []
    assert notes(records) == ["shortlist.add"]


class Cut:
    """An upload that ends in the middle."""

    def __init__(self) -> None:
        self.left = [made.PDF]

    def read(self, size: int) -> bytes:
        if not self.left:
            raise RuntimeError("cut")
        return self.left.pop()


HOSTILE = [
    "../../etc/passwd", "..\\..\\windows\\system32\\cmd.exe", "/etc/shadow", "C:\\boot.ini",
    "....//....//x", "..", ".", "", "/", "\\", "a/../../b.pdf", "%2e%2e%2fetc%2fpasswd",
    "a\0.pdf", "\0", "a\nb.pdf", "a\r\nSet-Cookie: x=1.pdf", "\x1b[2J.pdf", "a\tb.pdf",
    "\u202efdp.exe", "\u200b\u200b", "\ufeffa.pdf", "a\u2028b.pdf", "\ud800.pdf", "x\udfff",
    "con", "NUL.pdf", "aux.txt", "COM1", "a:b.pdf", "a.pdf:stream", "file://etc/passwd",
    "\\\\server\\share\\a.pdf", "//server/share/a.pdf", "~/.ssh/id_rsa", "~root", "-rf", "--help",
    "$(touch x).pdf", "`id`.pdf", ";ls;.pdf", "|cat", "a\"b.pdf", "a'b.pdf", "<script>.pdf",
    "甲" * 500 + ".pdf", "x" * 5_000, ".htaccess", ".part-x", ".lock", "a" * 64,
    "ab/cd/" + "e" * 64,
    "\u0301\u0301\u0301.pdf", "\U0001f600.pdf", "a.pdf ", " .pdf", "a..", "*?<>|.pdf",
]  # fmt: skip


def test_no_name_leads_out_of_the_folder(records: Records, item: str, tmp_path: Path) -> None:
    assert len(HOSTILE) >= 50
    files = Files(tmp_path / "store" / "files", most=100)
    before = set(below(tmp_path))
    for number, name in enumerate(HOSTILE):
        data = made.PDF.replace(b"1.4", b"1.%d" % number)
        found = put(records, files, item, name, data)
        assert 0 < len(found.name.encode()) <= 200, name
        assert not set(found.name) & set("/\\\0\n\r\x1b\u202e\u200b\ud800"), name
        shown = attachments.download_name(found)
        assert shown.lower().endswith(".pdf"), name
        assert attachments.find(records, found.id) == found
    for path in set(below(tmp_path)) - before - {tmp_path / "records.db-wal"}:
        if "records.db" not in path.name:
            assert path.parent.parent.parent == files.folder, path
            assert path == files.path(path.name), path
    assert len(below(files.folder)) == len(HOSTILE)


def test_a_damaged_file_is_healed_by_the_same_upload(
    records: Records, files: Files, item: str
) -> None:
    found = put(records, files, item)
    path = files.path(found.sha256)
    path.write_bytes(b"x")
    assert [a.id for a in tidy(records, files, SOON).missing] == [found.id]
    put(records, files, item, "again.pdf")
    assert files.is_whole(found.sha256)
    path.unlink()
    assert [a.name for a in tidy(records, files, SOON).missing] == ["a.pdf", "again.pdf"] or [
        a.name for a in tidy(records, files, SOON).missing
    ] == ["again.pdf", "a.pdf"]


def test_only_what_is_ours_is_cleaned_up(records: Records, files: Files, tmp_path: Path) -> None:
    files.folder.mkdir(parents=True)
    mine = [files.folder / "readme.txt", files.folder / "ab" / "cd" / "note", files.folder / "zz"]
    for path in mine:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x")
    (files.folder / ".part-left").write_text("x")
    orphan = files.path("0" * 64)
    orphan.parent.mkdir(parents=True)
    orphan.write_bytes(b"x")
    found = tidy(records, files, SOON)
    assert (found.files, found.parts) == (1, 1)
    assert below(files.folder) == sorted(mine)


def test_nothing_is_deleted_while_a_backup_reads(records: Records, files: Files) -> None:
    with files.steady(1.0):
        orphan = files.path("0" * 64)
        orphan.parent.mkdir(parents=True)
        orphan.write_bytes(b"x")
        assert tidy(records, files, SOON).busy
        assert orphan.exists()
    assert not tidy(records, files, SOON).busy
    assert not orphan.exists()


def test_uploads_and_cleaning_up_at_the_same_time_lose_nothing(
    records: Records, files: Files, item: str
) -> None:
    """The same file comes and goes again and again; whenever a row names it, it is there."""
    files = Young(files.folder)
    ended, lost = False, list[str]()

    def clean() -> None:
        while not ended:
            tidy(records, files, SOON)

    cleaner = Thread(target=clean)
    cleaner.start()
    try:
        until = time.monotonic() + 3
        while time.monotonic() < until:
            found = put(records, files, item)
            if not files.is_whole(found.sha256):
                lost.append(found.id)
            remove(records, f"shortlist/{item}", found.id)
    finally:
        ended = True
        cleaner.join()
    assert lost == []


def test_what_is_over_goes(records: Records, files: Files) -> None:
    now = datetime.now(UTC)
    old, new = now - timedelta(days=2), now
    with records.passing() as db:
        for key, at in (("a", old), ("b", new)):
            db.execute(insert(attempts).values(id=key, key=key, at=at))
            db.execute(insert(once).values(key=key, request=key, made_at=at))
    would = tidy(records, files, now, dry_run=True)
    assert (would.attempts, would.once, would.sessions) == (1, 1, 0)
    found = tidy(records, files, now)
    assert (found.attempts, found.once) == (1, 1)
    assert tidy(records, files, now) == tidy(records, files, now, dry_run=True)
    with records.read() as db:
        assert db.execute(attempts.select()).one().key == "b"
        assert db.execute(sessions.select()).all() == []


SCANNER = "import sys, time; print('\\x1b[31mFOUND\\n' * {0}); {1}"


def scanner(tmp_path: Path, code: str, lines: int = 1) -> str:
    path = tmp_path / "scanner.py"
    path.write_text(SCANNER.format(lines, code))
    return f"'{sys.executable}' '{path}' --fdpass"


def test_the_scanner_is_shown_every_file(
    records: Records, item: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    seen = tmp_path / "seen"
    code = f"open({str(seen)!r}, 'a').write(sys.argv[-1] + chr(10)); sys.exit(3)"
    files = Files(tmp_path / "files", scanner=scanner(tmp_path, code, 5_000))
    with pytest.raises(FileRefused) as caught:
        put(records, files, item, "甲.pdf")
    assert (caught.value.code, caught.value.facts) == ("attachment_scanned", {"file": "甲.pdf"})
    assert Path(seen.read_text().strip()).parent == files.folder
    assert "FOUND" in caplog.text
    assert "\x1b" not in caplog.text  # what it says cannot write to a terminal
    assert len(caplog.text) < 20_000
    assert below(files.folder) == []
    clean = Files(tmp_path / "files", scanner=scanner(tmp_path, "sys.exit(0)"))
    assert put(records, clean, item).size == len(made.PDF)


@pytest.mark.parametrize("command", ["/nowhere/scanner", "false", f"'{sys.executable}' -c 'x'"])
def test_a_scanner_that_fails_lets_nothing_through(tmp_path: Path, command: str) -> None:
    with pytest.raises(FileRefused, match="attachment_scanned"):
        scan(command, tmp_path / "a", "a")


def test_a_scanner_that_hangs_is_ended_with_all_it_started(tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    code = (
        (
            "import os, subprocess; "
            f"child = subprocess.Popen(['sleep', '60']); open({str(pids)!r}, 'w').write("
            "f'{{os.getpid()}} {{child.pid}}'); time.sleep(60)"
        )
        .replace("{{", "{")
        .replace("}}", "}")
    )
    path = tmp_path / "scanner.py"
    path.write_text("import sys, time\n" + code)
    began = time.monotonic()
    with pytest.raises(FileRefused, match="attachment_scanned"):
        scan(f"'{sys.executable}' '{path}'", tmp_path / "a", "a", seconds=1.5)
    assert time.monotonic() - began < 10
    for pid in map(int, pids.read_text().split()):
        assert not alive(pid)


def alive(pid: int) -> bool:
    for _ in range(50):
        try:
            os.kill(pid, 0)
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except (ProcessLookupError, FileNotFoundError):
            return False
        if state == "Z":
            return False
        time.sleep(0.05)
    return True


def test_a_large_file_is_never_whole_in_memory(records: Records, item: str, tmp_path: Path) -> None:
    import tracemalloc

    files = Files(tmp_path / "files", megabytes=64)
    noise = made.chunk(b"tEXt", os.urandom(1 << 20))

    class Slow(io.RawIOBase):
        """A picture of 33 MB that exists a piece at a time."""

        def __init__(self) -> None:
            self.pieces = [made.png()[:33], *([noise] * 32), made.png()[33:]]

        def read(self, size: int = -1) -> bytes:
            return self.pieces.pop(0) if self.pieces else b""

    tracemalloc.start()
    found = add(records, files, f"shortlist/{item}", "a", Slow(), lambda db: None)  # type: ignore[arg-type]
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert found.size > 32 << 20
    assert most < 8 << 20


def test_rows_say_what_is_there(records: Records, files: Files, item: str) -> None:
    put(records, files, item)
    with records.read() as db:
        for row in db.execute(table.select()).mappings():
            assert files.is_whole(row["sha256"])
