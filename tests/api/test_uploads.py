"""Kept uploads: under what key, how many, how long, and what else is in the folder."""

from __future__ import annotations

import io
import os
import time
from pathlib import Path

import pytest
from starlette.datastructures import UploadFile

from api.uploads import MOST_KEPT, Uploads
from graph.errors import FileRefused, NotFound, StoreError, UsageError


def upload(name: str, text: str = "x") -> UploadFile:
    return UploadFile(io.BytesIO(text.encode()), filename=name)


@pytest.fixture
def uploads(tmp_path: Path) -> Uploads:
    return Uploads(tmp_path / "up", megabytes=1, files=2, minutes=60)


def aged(path: Path, minutes: float) -> None:
    then = time.time() - 60 * minutes
    os.utime(path, (then, then))


def test_the_same_files_in_any_order_have_one_key(uploads: Uploads) -> None:
    key = uploads.keep([upload("a.csv", "1"), upload("b.csv", "2")])
    assert uploads.keep([upload("b.csv", "2"), upload("a.csv", "1")]) == key
    assert uploads.keep([upload("a.csv", "2"), upload("b.csv", "1")]) != key
    assert uploads.keep([upload("c.csv", "1"), upload("b.csv", "2")]) != key  # a name is a table
    assert [(p.name, p.read_text()) for p in uploads.paths(key)] == [("a.csv", "1"), ("b.csv", "2")]


def test_they_are_gone_after_their_time_and_a_new_check_renews_it(uploads: Uploads) -> None:
    key = uploads.keep([upload("a.csv")])
    aged(uploads.folder / key, 59)
    assert uploads.paths(key)
    uploads.keep([upload("a.csv")])
    assert (uploads.folder / key).stat().st_mtime > time.time() - 60
    aged(uploads.folder / key, 61)
    with pytest.raises(NotFound, match="upload_gone"):
        uploads.paths(key)
    assert list(uploads.folder.iterdir()) == []


def test_what_a_broken_upload_left_goes_too_and_nothing_else(uploads: Uploads) -> None:
    uploads.keep([upload("a.csv")])
    left, other = uploads.folder / ".part-x", uploads.folder / "mine"
    for path in (left, other):
        path.mkdir()
        aged(path, 600)
    uploads.sweep()
    assert not left.exists()
    assert other.exists()


def test_only_so_many_are_kept(uploads: Uploads) -> None:
    first = uploads.keep([upload("a.csv", "first")])
    aged(uploads.folder / first, 5)
    for n in range(MOST_KEPT):
        uploads.keep([upload("a.csv", str(n))])
    assert len(list(uploads.folder.iterdir())) == MOST_KEPT
    with pytest.raises(NotFound):
        uploads.paths(first)


def test_too_many_too_large_or_twice_the_same_name_leave_nothing(uploads: Uploads) -> None:
    half = "x" * (600 << 10)
    wrong = [
        ([], UsageError),
        ([upload(f"{n}.csv") for n in range(3)], UsageError),
        ([upload("a.csv", half), upload("b.csv", half)], FileRefused),
        ([upload("a.csv", half + half)], FileRefused),
        ([upload("a.csv"), upload("x/a.csv")], FileRefused),
        ([upload("../.bashrc")], FileRefused),
    ]
    for files, kind in wrong:
        with pytest.raises(kind):
            uploads.keep(files)
    assert [p for p in uploads.folder.glob("*") if p.is_dir()] == []
    key = uploads.keep([upload("..\\..\\windows\\a.csv")])
    assert [p.name for p in uploads.paths(key)] == ["a.csv"]


def test_a_folder_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(StoreError, match="upload_failed"):
        Uploads(tmp_path / "file" / "up", 1, 1, 1).keep([upload("a.csv")])
