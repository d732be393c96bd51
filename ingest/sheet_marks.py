"""What the values of a workbook don't tell: which cells are formulas, which are shown in percent.

A formula's stored result may be older than what it refers to, and 3% in a cell is the number 0.03;
where a number has to mean what it says, both have to be seen.
"""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
from collections.abc import Callable, Iterator, Mapping
from typing import Literal, NoReturn
from xml.parsers import expat

from graph.errors import FileRefused

__all__ = ["Mark", "marks_of"]

Mark = Literal["formula", "percent"]
_Attributes = Mapping[str, str]

_PERCENT = frozenset({9, 10})  # the built-in formats 0% and 0.00% (ECMA-376 part 1, 18.8.30)
_CHUNK = 1 << 16
_BOOK = "xl/workbook.xml"


def marks_of(content: bytes, name: str) -> Mapping[tuple[str, int, int], Mark]:
    """The marked cells of a workbook by sheet, row (from 1) and column (from 0).

    `content` has to have passed `ingest.guard.read_sheets`, which bounds its size.  Raises
    `FileRefused` where its parts contradict each other; document types are not read at all.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            percent = _percent_styles(archive)
            found: dict[tuple[str, int, int], Mark] = {}
            for sheet, part in _parts(archive):
                for row, column, mark in _marked(archive, part, percent):
                    found[sheet, row, column] = mark
            return found
    except (expat.ExpatError, zipfile.BadZipFile, KeyError, ValueError, OSError) as error:
        raise FileRefused("damaged_file", file=name, what=str(error)[:200]) from None


def _parts(archive: zipfile.ZipFile) -> Iterator[tuple[str, str]]:
    """The name of every sheet and the part that holds its cells."""
    targets = {
        at["Id"]: at["Target"]
        for tag, at in _elements(archive, "xl/_rels/workbook.xml.rels")
        if tag == "Relationship"
    }
    for tag, at in _elements(archive, _BOOK):
        if tag == "sheet":
            yield at["name"], posixpath.normpath(posixpath.join("/xl", targets[at["id"]]))[1:]


def _percent_styles(archive: zipfile.ZipFile) -> frozenset[int]:
    """The styles of cells, by place, that show a number in percent."""
    if "xl/styles.xml" not in archive.namelist():
        return frozenset()
    formats, found, place, inside = set(_PERCENT), set(), 0, False
    for tag, at in _elements(archive, "xl/styles.xml"):
        if tag == "numFmt" and "%" in at["formatCode"]:
            formats.add(int(at["numFmtId"]))
        elif tag in ("cellXfs", "cellStyleXfs", "cellStyles", "dxfs"):
            inside = tag == "cellXfs"
        elif tag == "xf" and inside:
            if int(at.get("numFmtId", "0")) in formats:
                found.add(place)
            place += 1
    return frozenset(found)


def _marked(
    archive: zipfile.ZipFile, part: str, percent: frozenset[int]
) -> Iterator[tuple[int, int, Mark]]:
    row, column = 0, -1  # a row or cell without an address follows the one before it
    for tag, at in _elements(archive, part):
        if tag == "row":
            row, column = int(at.get("r", row + 1)), -1
        elif tag == "c":
            column = _column(at["r"]) if "r" in at else column + 1
            if int(at.get("s", "0")) in percent:
                yield row, column, "percent"
        elif tag == "f":
            yield row, column, "formula"


def _column(address: str) -> int:
    letters = re.match("[A-Z]{1,3}", address)
    if letters is None:
        raise ValueError(address)
    found = 0
    for letter in letters[0]:
        found = 26 * found + ord(letter) - 64
    return found - 1


def _elements(archive: zipfile.ZipFile, part: str) -> Iterator[tuple[str, _Attributes]]:
    """Every element as it begins: its name and attributes, both without their namespaces."""
    waiting: list[tuple[str, _Attributes]] = []
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartElementHandler = _collecting(waiting)
    parser.StartDoctypeDeclHandler = _refuse
    with archive.open(part) as stream:
        while chunk := stream.read(_CHUNK):
            parser.Parse(chunk, False)
            yield from waiting
            waiting.clear()
        parser.Parse(b"", True)
    yield from waiting


def _collecting(into: list[tuple[str, _Attributes]]) -> Callable[[str, dict[str, str]], None]:
    def started(tag: str, at: dict[str, str]) -> None:
        into.append((_local(tag), {_local(key): value for key, value in at.items()}))

    return started


def _local(name: str) -> str:
    return name.rpartition(" ")[2]


def _refuse(*_: object) -> NoReturn:
    raise ValueError("document type")
