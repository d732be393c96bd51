"""The child that opens foreign files: `python -m ingest.child`, an order on stdin, a file out.

It imports as little as it can and holds itself to the limits of its order, so that whatever a file
does to a parser ends with this process.
"""

from __future__ import annotations

import csv
import io
import json
import marshal
import sys
import zipfile
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

Row = tuple[int, list[Any]]

ZIP, OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
BOOKS = (".xlsx", ".xlsm")
TEXTS = (".csv", ".tsv", ".txt")
LINES = (".json", ".jsonl")  # one object a line, of foreign layouts
CRASHED = 4
CHUNK = 1 << 20


class Refused(Exception):
    """A file that is not read: a code of the catalogue and its facts."""

    def __init__(self, code: str, **facts: object) -> None:
        super().__init__(code)
        self.code = code
        self.facts = facts


def main() -> None:
    """Read the order, answer into its file."""
    order = json.loads(sys.stdin.buffer.read())
    limits = order["limits"]
    _bound(limits["memory_bytes"])
    try:
        sheets = list(_sheets([Path(p) for p in order["paths"]], limits))
        answer: dict[str, Any] = {"sheets": sheets}
    except Refused as refused:
        answer = {"code": refused.code, "facts": refused.facts}
    except MemoryError:
        sys.exit(1)
    except Exception:  # whatever a parser trips over is the doing of the file
        sys.exit(CRASHED)
    Path(order["out"]).write_bytes(marshal.dumps(answer))


def _bound(memory: int) -> None:
    try:
        import resource
    except ImportError:  # Windows: the time limit and the size checks remain
        return
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))


def _sheets(
    paths: Sequence[Path], limits: dict[str, int]
) -> Iterator[tuple[str, str, list[Row], bool]]:
    left = limits["rows"]
    for path in paths:
        size = path.stat().st_size
        if size == 0:
            raise Refused("empty_file", file=path.name)
        if size > limits["file_bytes"]:
            raise Refused("file_too_large", file=path.name, limit=limits["file_bytes"] >> 20)
        for name, rows, hidden in _read(path, limits):
            kept = []
            for row in rows:
                kept.append(row)
                if len(kept) > left:
                    raise Refused("too_many_rows", file=path.name, limit=limits["rows"])
            left -= len(kept)
            yield path.name, name, kept, hidden


def _read(path: Path, limits: dict[str, int]) -> Iterator[tuple[str, Iterator[Row], bool]]:
    with path.open("rb") as file:
        head = file.read(8)
    ending = path.suffix.lower()
    if head.startswith(OLE):
        raise Refused("encrypted_file" if _encrypted(path) else "old_office_file", file=path.name)
    if ending in BOOKS:
        if not head.startswith(ZIP):
            raise Refused("not_a_workbook", file=path.name)
        _check_archive(path, limits)
        yield from _book(path)
    elif ending in TEXTS:
        if head.startswith(ZIP):
            raise Refused("not_a_text", file=path.name)
        yield path.stem, _text(path), False
    elif ending in LINES:
        yield path.stem, _lines(path), False
    else:
        raise Refused("unknown_kind", file=path.name, ending=ending or "—")


def _encrypted(path: Path) -> bool:
    return "EncryptedPackage".encode("utf-16-le") in path.read_bytes()


def _check_archive(path: Path, limits: dict[str, int]) -> None:
    """Inflate every part once, counting: what an archive says of its sizes is not believed."""
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
            names = {p.filename for p in parts}
            if len(parts) > limits["entries"]:
                raise Refused("archive_too_large", file=path.name, limit=limits["entries"])
            if "xl/workbook.xml" not in names:
                raise Refused("not_a_workbook", file=path.name)
            if any(n.lower().endswith("vbaproject.bin") for n in names):
                raise Refused("macros", file=path.name)
            if any(p.flag_bits & 1 for p in parts):
                raise Refused("encrypted_file", file=path.name)
            total = 0
            for part in parts:
                total += _inflated(archive, part, path, limits)
                if total > limits["inflated_bytes"]:
                    raise _bomb(path, limits["inflated_bytes"])
    except (zipfile.BadZipFile, OSError, EOFError, NotImplementedError, ValueError):
        raise Refused("damaged_file", file=path.name) from None
    except Exception as error:  # zlib.error and friends have no common base
        if isinstance(error, (Refused, MemoryError)):
            raise
        raise Refused("damaged_file", file=path.name) from None


def _inflated(
    archive: zipfile.ZipFile, part: zipfile.ZipInfo, path: Path, limits: dict[str, int]
) -> int:
    size = 0
    with archive.open(part) as stream:
        while chunk := stream.read(CHUNK):
            size += len(chunk)
            if size > limits["part_bytes"]:
                raise _bomb(path, limits["part_bytes"])
    return size


def _bomb(path: Path, limit: int) -> Refused:
    return Refused("inflates_too_much", file=path.name, limit=limit >> 20)


def _book(path: Path) -> Iterator[tuple[str, Iterator[Row], bool]]:
    from python_calamine import CalamineError, CalamineWorkbook, SheetVisibleEnum

    try:
        book = CalamineWorkbook.from_path(str(path))
        for meta in book.sheets_metadata:
            hidden = meta.visible != SheetVisibleEnum.Visible
            rows = iter(()) if hidden else _grid(book.get_sheet_by_name(meta.name))
            yield meta.name, rows, hidden
    except (CalamineError, OSError) as error:
        raise Refused("damaged_file", file=path.name, what=str(error)[:200]) from None


def _grid(sheet: Any) -> Iterator[Row]:
    left = [None] * (sheet.start or (0, 0))[1]  # columns before the first filled one are left out
    for number, row in enumerate(sheet.iter_rows(), 1):
        cells = [*left, *(_cell(v) for v in row)]
        if any(c not in (None, "") for c in cells):
            yield number, cells


def _cell(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time(0) else value.isoformat()
    if isinstance(value, (date, time)):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds() / 86400
    if isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    return None if value == "" else value


def _text(path: Path) -> Iterator[Row]:
    text = _decoded(path)
    csv.field_size_limit(CHUNK)
    first = text.split("\n", 1)[0]
    delimiter = max(",\t;", key=lambda d: (first.count(d), d == ","))
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    number = 1
    try:
        for row in reader:
            if any(c.strip() for c in row):
                yield number, [c or None for c in row]
            number = reader.line_num + 1
    except csv.Error as error:
        raise Refused(
            "damaged_text", file=path.name, row=reader.line_num, what=str(error)
        ) from None


def _lines(path: Path) -> Iterator[Row]:
    """Each line as field, text, field, text, …; one that is no object as itself alone."""
    for number, raw in enumerate(path.read_bytes().split(b"\n"), 1):
        if raw.strip():
            try:
                found = json.loads(raw)
            except (ValueError, RecursionError):
                found = None
            if isinstance(found, dict):
                texts = {k: v for k, v in found.items() if isinstance(v, str)}
                yield number, [_clean(x) for pair in texts.items() for x in pair]
            else:
                yield number, [raw[:80].decode("utf-8", "replace")]


def _clean(text: str) -> str:
    """What no store can keep (half a character, NUL) as the mark of a damaged one."""
    return text.encode("utf-8", "surrogatepass").decode("utf-8", "replace").replace("\0", "\ufffd")


def _decoded(path: Path) -> str:
    raw = path.read_bytes()
    if b"\x00" in raw[:CHUNK]:
        raise Refused("not_a_text", file=path.name)
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as utf8:
        try:
            return raw.decode("gb18030")
        except UnicodeDecodeError as gb:
            at = max(utf8.start, gb.start)
            line = raw[:at].count(b"\n") + 1
            raise Refused("bad_encoding", file=path.name, byte=at, row=line) from None


if __name__ == "__main__":
    main()
