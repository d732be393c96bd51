"""Bad files: each is refused by name, with where and why, within its limits."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest

from graph.errors import FileRefused
from graph.store.base import GraphStore
from ingest.guard import Limits, read_sheets
from ingest.pipeline import load
from ingest.template import write_template

BOOK = '<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"/>'


def archive(parts: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in parts.items():
            made.writestr(name, content)
    return out.getvalue()


def far_cell() -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet["A1"], sheet["XFD1048576"] = "编号", "x"
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def bomb() -> bytes:
    return archive({"xl/workbook.xml": BOOK.encode(), "xl/big.xml": b"0" * (80 << 20)})


BAD: list[tuple[str, Callable[[], bytes], str]] = [
    ("empty.xlsx", lambda: b"", "empty_file"),
    ("text.xlsx", "编号,名称".encode, "not_a_workbook"),
    ("page.xlsx", lambda: b"<html></html>", "not_a_workbook"),
    ("old.xls", lambda: b"\xd0\xcf\x11\xe0" + b"\0" * 600, "old_office_file"),
    (
        "locked.xlsx",
        lambda: b"\xd0\xcf\x11\xe0" + "EncryptedPackage".encode("utf-16-le"),
        "encrypted_file",
    ),
    ("macro.xlsx", lambda: archive({"xl/workbook.xml": b"", "xl/vbaProject.bin": b"x"}), "macros"),
    ("zip.xlsx", lambda: archive({"a.txt": b"x"}), "not_a_workbook"),
    ("torn.xlsx", lambda: archive({"xl/workbook.xml": BOOK.encode()})[:-30], "damaged_file"),
    ("hollow.xlsx", lambda: archive({"xl/workbook.xml": b"<"}), "damaged_file"),
    ("bomb.xlsx", bomb, "inflates_too_much"),
    ("many.xlsx", lambda: archive({f"xl/{i}": b"" for i in range(2001)}), "archive_too_large"),
    ("far.xlsx", far_cell, "file_too_costly"),
    ("book.csv", lambda: archive({"xl/workbook.xml": b""}), "not_a_text"),
    ("binary.csv", lambda: b"a,b\n\0\1\2", "not_a_text"),
    ("torn.csv", lambda: "编号,名称\n1,甲\n2,".encode() + b"\xff\xfe\xfd\xff\n", "bad_encoding"),
    ("quote.csv", '编号,名称\n1,"甲"x\n'.encode, "damaged_text"),
    ("picture.png", lambda: b"\x89PNG", "unknown_kind"),
    ("other.csv", "天气,心情\n晴,好\n".encode, "no_table"),
]


@pytest.mark.parametrize(("name", "content", "code"), BAD, ids=[b[0] for b in BAD])
def test_refused_by_name(
    tmp_path: Path, store: GraphStore, name: str, content: Callable[[], bytes], code: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content())
    with pytest.raises(FileRefused) as caught:
        load([path], store)
    assert caught.value.code == code
    assert name in str(caught.value.facts["file"])
    assert store.revision() == 0


def test_a_million_rows_are_refused_in_time(tmp_path: Path, store: GraphStore) -> None:
    path = tmp_path / "chains.csv"
    path.write_text("id,name\n" + "".join(f"c{i},链{i}\n" for i in range(1_000_000)), "utf-8")
    with pytest.raises(FileRefused) as caught:
        load([path], store)
    assert caught.value.code == "too_many_rows"


def test_a_slow_file_is_stopped(tmp_path: Path) -> None:
    path = tmp_path / "chains.csv"
    path.write_text("id,name\n" + "c,链\n" * 250_000, "utf-8")
    with pytest.raises(FileRefused) as caught:
        read_sheets([path], Limits(seconds=0))
    assert caught.value.code == "file_too_slow"


def test_gb18030_and_bom_and_tabs_are_read(tmp_path: Path) -> None:
    for name, raw in (
        ("gb.csv", "编号,名称\n1,海尔\n".encode("gb18030")),
        ("bom.csv", "编号,名称\n1,海尔\n".encode("utf-8-sig")),
        ("tab.csv", "编号\t名称\n1\t海尔\n".encode()),
    ):
        (tmp_path / name).write_bytes(raw)
        (sheet,) = read_sheets([tmp_path / name], Limits())
        assert [list(cells) for _, cells in sheet.rows] == [["编号", "名称"], ["1", "海尔"]]


def test_row_numbers_are_those_of_the_file(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet["B3"], sheet["B6"] = "编号", "c1"
    book.save(tmp_path / "a.xlsx")
    (read,) = read_sheets([tmp_path / "a.xlsx"], Limits())
    assert read.rows == [(3, [None, "编号"]), (6, [None, "c1"])]
    (tmp_path / "a.csv").write_text('编号,名称\n\n1,"两\n行"\n2,x\n', "utf-8")
    (read,) = read_sheets([tmp_path / "a.csv"], Limits())
    assert [number for number, _ in read.rows] == [1, 3, 5]


def test_the_template_imports_empty_and_filled(tmp_path: Path, store: GraphStore) -> None:
    path = tmp_path / "模板.xlsx"
    write_template(path)
    empty = load([path], store)
    assert (empty.errors, empty.created, empty.notes) == ([], 0, [])
    book = openpyxl.load_workbook(path)
    for name, row in (
        ("产业链", ["c1", "机器人"]),
        ("环节", ["s1", "减速器", "机器人", "上游"]),
        ("企业", ["e1", None, "海尔", 370211]),
        ("生产", ["海尔", "减速器", "1,000"]),
    ):
        for column, value in enumerate(row, 1):
            book[name].cell(2, column, value)
    book.save(path)
    filled = load([path], store)
    assert (filled.errors, filled.status) == ([], "committed")
    assert [r.props["capacity"] for r in store.rels("PRODUCES")] == [1000.0]
