"""What is taken as an attachment is decided by what is in it, from the first byte to the last."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest

from graph.errors import FileRefused
from records.kinds import type_of
from records.office import DOCX, XLSX
from tests.records import made_files as made

BOMB = b"\0" * (70 << 20)
PDF, PNG, JPEG = "application/pdf", "image/png", "image/jpeg"
WORD, BOOK, PICTURE, PHOTO = made.docx(), made.xlsx(), made.png(), made.jpeg()
PLAIN = {"word/document.xml": b"<w/>"}
SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
DOCM = "application/vnd.ms-word.document.macroEnabled.main+xml"
PPTX = "application/vnd.openxmlformats-officedocument.presentationml.presentation.main+xml"


def twice() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("[Content_Types].xml", made.declared({"/w": made.MAIN}))
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("[Content_Types].xml", made.declared({"/w": DOCM}))
    return out.getvalue()


def other_method() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("[Content_Types].xml", made.declared({"/w": made.MAIN}))
    return out.getvalue()


def many_parts() -> bytes:
    return made.archive({f"word/{n}": b"" for n in range(2_001)}, stored=True)


def types_as(text: bytes) -> bytes:
    return made.archive({"[Content_Types].xml": text}, types=None)


LAUGHS = (
    b'<!DOCTYPE t [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><Types><Override PartName="/w" '
    b'ContentType="&b;"/></Types>'
)
# The name says what it pretends to be; the verdict is a media type, or the code of the refusal.
TABLE: list[tuple[str, bytes, str]] = [
    ("good.pdf", made.PDF, PDF),
    ("good.docx", WORD, DOCX),
    ("good.xlsx", BOOK, XLSX),
    ("good.png", PICTURE, PNG),
    ("good.jpg", PHOTO, JPEG),
    ("large.jpg", made.jpeg(9_000, 9_000), JPEG),
    ("padded.jpg", PHOTO + bytes(10), JPEG),
    ("named as a picture.png", made.PDF, PDF),
    ("empty.pdf", b"", "empty_file"),
    ("one byte.pdf", b"%", "attachment_kind"),
    ("exe.pdf", made.EXE, "attachment_kind"),
    ("html.png", made.HTML, "attachment_kind"),
    ("html.pdf", made.HTML + made.PDF, "attachment_kind"),
    ("svg.png", b"<svg xmlns='http://www.w3.org/2000/svg' onload='x()'/>", "attachment_kind"),
    ("gif.png", b"GIF89a" + bytes(20), "attachment_kind"),
    ("script.docx", b"#!/bin/sh\nrm -rf /\n", "attachment_kind"),
    ("text.xlsx", "名称\n甲\n".encode(), "attachment_kind"),
    ("rar.docx", b"Rar!\x1a\x07\x00" + bytes(50), "attachment_kind"),
    ("elf.jpg", b"\x7fELF" + bytes(60), "attachment_kind"),
    ("cut.pdf", made.PDF[:-8], "damaged_file"),
    ("no table.pdf", b"%PDF-1.4\nx\n%%EOF", "damaged_file"),
    ("password.pdf", made.PDF.replace(b"<</Root", b"<</Encrypt 5 0 R/Root"),
     "attachment_encrypted"),
    ("script.pdf", made.PDF.replace(b"/Catalog", b"/Catalog/OpenAction<</S/JavaScript>>"),
     "attachment_macros"),
    ("command.pdf", made.PDF.replace(b"/Catalog", b"/Catalog/A<</S/Launch>>"), "attachment_macros"),
    ("pdf and archive.pdf", made.PDF + made.archive(PLAIN), "attachment_kind"),
    ("pdf in a comment.pdf", made.PDF + made.archive(PLAIN)[:-2] + b"\x06\0%%EOF\n",
     "attachment_kind"),
    ("html behind.pdf", made.PDF + made.HTML, "damaged_file"),
    ("cut.png", PICTURE[:-5], "damaged_file"),
    ("headless.png", PICTURE[:8] + PICTURE[33:], "damaged_file"),
    ("sum.png", PICTURE[:40] + bytes([PICTURE[40] ^ 1]) + PICTURE[41:], "damaged_file"),
    ("html behind.png", PICTURE + made.HTML, "damaged_file"),
    ("archive behind.png", PICTURE + made.archive(PLAIN), "attachment_kind"),
    ("endless.png", PICTURE[:8] + b"\xff\xff\xff\xffIHDR", "damaged_file"),
    ("html inside.png", made.png(more=made.chunk(b"tEXt", made.HTML)), PNG),
    ("bomb.png", made.png(100_000, 100_000), "attachment_pixels"),
    ("nothing.png", made.png(0, 0), "damaged_file"),
    ("cut.jpg", PHOTO[:-2], "damaged_file"),
    ("no frame.jpg", made.jpeg(frame=False), "damaged_file"),
    ("bomb.jpg", made.jpeg(65_000, 65_000), "attachment_pixels"),
    ("php behind.jpg", PHOTO + b"<?php system($_GET[0]); ?>", "damaged_file"),
    ("archive behind.jpg", PHOTO + made.archive(PLAIN), "attachment_kind"),
    ("three bytes.jpg", b"\xff\xd8\xff", "damaged_file"),
    ("archive.docx", made.archive({"a.txt": b"a"}, types=None), "attachment_kind"),
    ("jar.docx", made.archive({"META-INF/MANIFEST.MF": b"Main-Class: A"}, types=None),
     "attachment_kind"),
    ("slides.docx", made.archive(PLAIN, types=PPTX), "attachment_kind"),
    ("cut.docx", WORD[:-100], "damaged_file"),
    ("front.docx", made.HTML + WORD, "attachment_kind"),
    ("behind.docx", WORD + made.EXE, "damaged_file"),
    ("flipped.docx", WORD[:60] + bytes([WORD[60] ^ 255]) + WORD[61:], "damaged_file"),
    ("head only.xlsx", b"PK\x03\x04", "damaged_file"),
    ("no parts.xlsx", b"PK\x05\x06" + bytes(18), "attachment_kind"),
    ("password.docx", made.with_flag(made.archive(PLAIN), 1), "attachment_encrypted"),
    ("office password.xlsx", made.OLE + bytes(600) + "EncryptedPackage".encode("utf-16-le"),
     "attachment_encrypted"),
    ("old.docx", made.OLE + bytes(600), "attachment_old_office"),
    ("macro.docx", made.archive(PLAIN | {"word/vbaProject.bin": b"x"}), "attachment_macros"),
    ("macro elsewhere.docx", made.archive(PLAIN | {"x/VBAPROJECT.BIN": b"x"}), "attachment_macros"),
    ("macro type.docx", made.archive(PLAIN, types=DOCM), "attachment_macros"),
    ("active.docx", made.archive(PLAIN | {"word/activeX/activeX1.xml": b"x"}), "attachment_macros"),
    ("book inside.docx", made.archive(PLAIN | {"word/embeddings/a.xlsm": b"x"}),
     "attachment_macros"),
    ("object.docx", made.archive(PLAIN | {"word/embeddings/o.bin": made.OLE + b"x"}),
     "attachment_embedded"),
    ("program.docx", made.archive(PLAIN | {"word/media/image1.png": made.EXE}),
     "attachment_embedded"),
    ("two kinds.docx", types_as(made.declared({"/w": made.MAIN, "/x": SHEET})), "attachment_kind"),
    ("laughs.docx", types_as(LAUGHS), "damaged_file"),
    ("no xml.docx", types_as(b"Types"), "damaged_file"),
    ("large types.docx", types_as(b" " * ((1 << 20) + 1)), "damaged_file"),
    ("twice.docx", twice(), "damaged_file"),
    ("lzma.docx", other_method(), "damaged_file"),
    ("bomb.docx", made.archive(PLAIN | {"word/media/a": BOMB}), "attachment_inflates"),
    ("bombs.docx", made.archive(PLAIN | {f"word/{n}": BOMB[: 50 << 20] for n in "abc"}),
     "attachment_inflates"),
    ("many parts.docx", many_parts(), "attachment_parts"),
]  # fmt: skip


def test_the_table_is_long_and_every_kind_of_verdict_is_in_it() -> None:
    assert len(TABLE) >= 40
    assert len({name for name, _, _ in TABLE}) == len(TABLE)


@pytest.mark.parametrize(("name", "data", "verdict"), TABLE, ids=[row[0] for row in TABLE])
def test_every_file_gets_its_verdict(tmp_path: Path, name: str, data: bytes, verdict: str) -> None:
    path = tmp_path / "upload"
    path.write_bytes(data)
    if "/" in verdict:
        assert type_of(path, name) == verdict
        return
    with pytest.raises(FileRefused) as caught:
        type_of(path, name)
    assert (caught.value.code, caught.value.facts["file"]) == (verdict, name)


def test_what_it_may_inflate_to_can_be_set(tmp_path: Path) -> None:
    path = tmp_path / "upload"
    path.write_bytes(made.archive(PLAIN | {"word/media/a": b"\0" * (3 << 20)}))
    assert type_of(path, "a", 4) == DOCX
    with pytest.raises(FileRefused, match="attachment_inflates"):
        type_of(path, "a", 2)
