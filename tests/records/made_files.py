"""Files for tests of attachments: good ones, and whatever somebody may try instead."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Mapping

from docx import Document
from openpyxl import Workbook

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
EXE = b"MZ\x90\x00" + bytes(200)
HTML = b"<!doctype html><script>document.title='owned'</script>"
PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\nstartxref\n9\n%%EOF\n"
MAIN = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"


def docx() -> bytes:
    """A Word file as python-docx writes it."""
    document = Document()
    document.add_paragraph("申报书")
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def xlsx() -> bytes:
    """A workbook as openpyxl writes it."""
    book, out = Workbook(), io.BytesIO()
    book.active["A1"] = "甲"
    book.save(out)
    return out.getvalue()


def chunk(kind: bytes, data: bytes) -> bytes:
    """One chunk of a PNG."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int = 1, height: int = 1, more: bytes = b"") -> bytes:
    """A grey picture; `more` are chunks before the end."""
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    body = chunk(b"IDAT", zlib.compress(b"\0" * 2))
    return b"\x89PNG\r\n\x1a\n" + head + body + more + chunk(b"IEND", b"")


def jpeg(width: int = 1, height: int = 1, frame: bool = True) -> bytes:
    """The segments of a picture."""
    app = b"\xff\xe0" + struct.pack(">H", 16) + b"JFIF\0\1\1\0\0\1\0\1\0\0"
    sof = b"\xff\xc0" + struct.pack(">HBHHB", 11, 8, height, width, 1) + b"\1\x11\0"
    scan = b"\xff\xda" + struct.pack(">H", 8) + b"\1\1\0\0\x3f\0" + b"\x2a\x2a"
    return b"\xff\xd8" + app + (sof if frame else b"") + scan + b"\xff\xd9"


def archive(parts: Mapping[str, bytes], stored: bool = False, types: str | None = MAIN) -> bytes:
    """An archive with these parts, declared as `types` says."""
    out = io.BytesIO()
    how = zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED
    with zipfile.ZipFile(out, "w", how) as made:
        if types is not None:
            made.writestr("[Content_Types].xml", declared({"/word/document.xml": types}))
        for name, data in parts.items():
            made.writestr(name, data)
    return out.getvalue()


def declared(types: Mapping[str, str]) -> bytes:
    """The list of types of an archive."""
    rows = "".join(f'<Override PartName="{p}" ContentType="{t}"/>' for p, t in types.items())
    return (
        '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/'
        f'content-types">{rows}</Types>'
    ).encode()


def with_flag(data: bytes, bit: int) -> bytes:
    """The archive with a flag set on every part, as a password sets bit 0."""
    out = bytearray(data)
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        where = out.find(mark)
        while where >= 0:
            out[where + at] |= bit
            where = out.find(mark, where + 4)
    return bytes(out)
