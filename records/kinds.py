"""What a file is, by what is in it: PDF, PNG, JPEG, Word, Excel, and nothing else.

A file must be of its kind from the first byte to the last, so that it cannot be two things at
once.  Names say nothing here.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from pathlib import Path
from typing import IO

from graph.errors import FileRefused
from records.office import DOCX, OLE, XLSX, ZIP, office_type, old_office

__all__ = ["ENDINGS", "type_of"]

PDF, PNG, JPEG = "application/pdf", "image/png", "image/jpeg"
ENDINGS = {
    PDF: (".pdf",),
    PNG: (".png",),
    JPEG: (".jpg", ".jpeg"),
    DOCX: (".docx",),
    XLSX: (".xlsx",),
}

_CHUNK = 1 << 20
_PIXELS = 100_000_000
_PNG_MARK = b"\x89PNG\r\n\x1a\n"
_SOF = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}  # a frame of JPEG, ITU T.81 table B.1
_ACTIVE = re.compile(rb"/(?:JavaScript|Launch)\b")
_ENCRYPT = re.compile(rb"/Encrypt\b")
_LONGEST_NAME = 12  # bytes of the longest name looked for in a PDF


def type_of(path: Path, name: str, megabytes: int = 128) -> str:
    """The media type of a file; `name` is what errors call it, `megabytes` what it may inflate to.

    Raises `FileRefused`.
    """
    size = path.stat().st_size
    if not size:
        raise FileRefused("empty_file", file=name)
    with path.open("rb") as file:
        head = file.read(8)
        if head.startswith(ZIP):
            return office_type(file, size, name, megabytes)
        if head.startswith(OLE):
            raise old_office(file, name)
        looks = {b"%PDF-": _pdf, _PNG_MARK: _png, b"\xff\xd8\xff": _jpeg}
        look = next((look for mark, look in looks.items() if head.startswith(mark)), None)
        if look is None or zipfile.is_zipfile(file):
            raise FileRefused("attachment_kind", file=name)
        return look(file, size, name)


def _pdf(file: IO[bytes], size: int, name: str) -> str:
    """A PDF without password, scripts or commands, as far as they stand in plain sight."""
    file.seek(max(size - 2048, 0))
    tail = file.read().rstrip(b"\0\t\n\f\r ")
    if not tail.endswith(b"%%EOF") or b"startxref" not in tail:
        raise FileRefused("damaged_file", file=name)
    kept = b""
    file.seek(0)
    while chunk := file.read(_CHUNK):
        text = kept + chunk
        if _ENCRYPT.search(text):
            raise FileRefused("attachment_encrypted", file=name)
        if _ACTIVE.search(text):
            raise FileRefused("attachment_macros", file=name)
        kept = chunk[-_LONGEST_NAME:]
    return PDF


def _png(file: IO[bytes], size: int, name: str) -> str:
    """Whole chunks with their checksums from the header to the end: PNG 3rd edition, 5.3."""
    damaged, at, kind = FileRefused("damaged_file", file=name), len(_PNG_MARK), b""
    file.seek(at)
    while kind != b"IEND":
        length, first = int.from_bytes(file.read(4), "big"), at == len(_PNG_MARK)
        kind = file.read(4)
        at += 12 + length
        if at > size or len(kind) < 4 or (kind == b"IHDR") != first:
            raise damaged
        sum_, left, data = zlib.crc32(kind), length, b""
        while left:
            data = file.read(min(left, _CHUNK))
            if not data:
                raise damaged
            sum_, left = zlib.crc32(data, sum_), left - len(data)
        if int.from_bytes(file.read(4), "big") != sum_:
            raise damaged
        if first:
            _check_pixels(name, data[:4], data[4:8])
    if at != size:
        raise damaged
    return PNG


def _jpeg(file: IO[bytes], size: int, name: str) -> str:
    """Segments up to the first scan, one of them a frame, and the end where the file ends."""
    damaged = FileRefused("damaged_file", file=name)
    file.seek(2)
    framed, marker = False, 0
    while marker != 0xDA:
        mark = file.read(2)
        while mark == b"\xff\xff":
            mark = mark[1:] + file.read(1)
        length = int.from_bytes(file.read(2), "big")
        if len(mark) < 2 or mark[0] != 0xFF or length < 2 or file.tell() + length - 2 > size:
            raise damaged
        marker = mark[1]
        if marker in _SOF:
            frame = file.read(length - 2)
            _check_pixels(name, frame[1:3], frame[3:5])
            framed = True
        else:
            file.seek(length - 2, 1)
    file.seek(max(size - 4096, 0))
    if not framed or not file.read().rstrip(b"\0").endswith(b"\xff\xd9"):
        raise damaged
    return JPEG


def _check_pixels(name: str, width: bytes, height: bytes) -> None:
    pixels = int.from_bytes(width, "big") * int.from_bytes(height, "big")
    if not pixels:
        raise FileRefused("damaged_file", file=name)
    if pixels > _PIXELS:
        raise FileRefused("attachment_pixels", file=name, limit=_PIXELS // 1_000_000)
