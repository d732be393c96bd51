"""Word and Excel files: what an archive says of itself is counted, never believed."""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Mapping
from typing import IO
from xml.parsers import expat

from graph.errors import FileRefused

__all__ = ["DOCX", "OLE", "XLSX", "ZIP", "office_type", "old_office"]

ZIP, OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_OFFICE = "application/vnd.openxmlformats-officedocument."
DOCX, XLSX = f"{_OFFICE}wordprocessingml.document", f"{_OFFICE}spreadsheetml.sheet"
_MAIN = {f"{DOCX}.main+xml": DOCX, f"{XLSX}.main+xml": XLSX}
_TYPES = "[Content_Types].xml"

_ENTRIES = 2_000
_DIRECTORY = 1 << 20  # bytes of the list of parts
_PART = 64 << 20
_CHUNK = 1 << 20
_END = struct.Struct("<4s4H2LH")  # the end of an archive: APPNOTE 4.3.16
_RUNS = (b"MZ", b"\x7fELF", OLE)  # what a part of an office file never begins with
_DAMAGES = (
    zipfile.BadZipFile,
    NotImplementedError,
    EOFError,
    RuntimeError,
    ValueError,
    KeyError,
    OSError,
    zlib.error,
    expat.ExpatError,
)


def office_type(file: IO[bytes], size: int, name: str, megabytes: int) -> str:
    """The media type of a Word or Excel file.

    Raises `FileRefused` for another archive, macros, embedded objects, a password, bombs, damage.
    """
    _check_end(file, size, name)
    try:
        with zipfile.ZipFile(file) as archive:
            parts = archive.infolist()
            names = {part.filename.lower() for part in parts}
            if any(part.flag_bits & 1 for part in parts):
                raise FileRefused("attachment_encrypted", file=name)
            methods = {part.compress_type for part in parts}
            if len(names) < len(parts) or not methods <= {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
                raise FileRefused("damaged_file", file=name)
            if _TYPES not in {part.filename for part in parts}:
                raise FileRefused("attachment_kind", file=name)
            _check_names(names, name)
            _inflate(archive, name, megabytes)
            return _declared(_types_in(archive), name)
    except _DAMAGES:
        raise FileRefused("damaged_file", file=name) from None


def old_office(file: IO[bytes], name: str) -> FileRefused:
    """Why a file of the old format is refused; a password makes a new file look like one."""
    wanted, kept = "EncryptedPackage".encode("utf-16-le"), b""
    file.seek(0)
    while chunk := file.read(_CHUNK):
        if wanted in kept + chunk:
            return FileRefused("attachment_encrypted", file=name)
        kept = chunk[-len(wanted) :]
    return FileRefused("attachment_old_office", file=name)


def _check_end(file: IO[bytes], size: int, name: str) -> None:
    """The archive is the whole file, and its list is short enough to be read at all."""
    file.seek(max(size - _END.size, 0))
    raw = file.read()
    if len(raw) != _END.size:
        raise FileRefused("damaged_file", file=name)
    mark, _, _, _, entries, length, start, comment = _END.unpack(raw)
    if mark != b"PK\x05\x06" or comment or start + length + _END.size != size:
        raise FileRefused("damaged_file", file=name)
    if entries > _ENTRIES or length > _DIRECTORY:
        raise FileRefused("attachment_parts", file=name, limit=_ENTRIES)
    file.seek(0)


def _check_names(names: set[str], name: str) -> None:
    for part in names:
        if part.endswith("vbaproject.bin") or "/activex" in part:
            raise FileRefused("attachment_macros", file=name)
        if part.endswith((".docm", ".dotm", ".xlsm", ".xltm", ".xlsb", ".pptm")):
            raise FileRefused("attachment_macros", file=name)


def _inflate(archive: zipfile.ZipFile, name: str, megabytes: int) -> None:
    """Every part once, counting; one that is itself a program or an old Office file is refused."""
    total = 0
    for part in archive.infolist():
        size = 0
        with archive.open(part) as stream:
            while chunk := stream.read(_CHUNK):
                if not size and chunk.startswith(_RUNS):
                    raise FileRefused("attachment_embedded", file=name)
                size += len(chunk)
                if size > _PART or total + size > megabytes << 20:
                    raise FileRefused("attachment_inflates", file=name, limit=megabytes)
        total += size


def _types_in(archive: zipfile.ZipFile) -> Mapping[str, str]:
    """What the archive declares its parts to be: type by part or ending."""
    found: dict[str, str] = {}

    def element(tag: str, attributes: Mapping[str, str]) -> None:
        if tag.rpartition(":")[2] in ("Override", "Default"):
            key = attributes.get("PartName") or attributes.get("Extension") or ""
            found[key] = attributes.get("ContentType", "")

    def doctype(*_: object) -> None:
        raise ValueError("DOCTYPE")

    parser = expat.ParserCreate()
    parser.StartElementHandler = element
    parser.StartDoctypeDeclHandler = doctype
    with archive.open(_TYPES) as stream:
        text = stream.read(_CHUNK + 1)
    if len(text) > _CHUNK:
        raise ValueError(_TYPES)
    parser.Parse(text, True)
    return found


def _declared(types: Mapping[str, str], name: str) -> str:
    said = {type_.lower() for type_ in types.values()}
    if any("macroenabled" in t or "vbaproject" in t or "activex" in t for t in said):
        raise FileRefused("attachment_macros", file=name)
    if any("oleobject" in t for t in said):
        raise FileRefused("attachment_embedded", file=name)
    main = {known for type_, known in _MAIN.items() if type_ in said}
    if len(main) != 1:
        raise FileRefused("attachment_kind", file=name)
    return main.pop()
