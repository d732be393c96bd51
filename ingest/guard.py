"""Files are opened in a child process that can be killed: bounded in time, memory and size.

What is refused by name before any parser sees it: empty files, files whose content is not what
their ending says, old or encrypted Office files, macros, archives that inflate beyond the limits.
"""

from __future__ import annotations

import json
import marshal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from graph.errors import FileRefused
from ingest.cells import Cell
from ingest.child import CRASHED

__all__ = ["Limits", "Sheet", "read_sheets"]

ROOT = Path(__file__).parent.parent


@dataclass(frozen=True)
class Limits:
    """What one import may cost."""

    file_bytes: int = 64 << 20
    inflated_bytes: int = 128 << 20
    part_bytes: int = 64 << 20
    entries: int = 2_000
    rows: int = 300_000
    seconds: int = 60
    memory_bytes: int = 1 << 30


@dataclass(frozen=True)
class Sheet:
    """A sheet or a csv file: rows with their numbers as the user sees them, empty ones left out."""

    file: str
    name: str
    rows: Sequence[tuple[int, Sequence[Cell]]]
    hidden: bool = False  # the user sees it nowhere, so it is not read


def read_sheets(paths: Sequence[Path], limits: Limits) -> list[Sheet]:
    """Every sheet of every file, read in one child.

    Raises `FileRefused` with the file's name and why.
    """
    if not paths:
        return []
    with TemporaryDirectory(prefix="lianzhu-") as folder:
        out = Path(folder) / "sheets"
        order = {
            "paths": [str(p.absolute()) for p in paths],
            "out": str(out),
            "limits": asdict(limits),
        }
        code = _run(order, paths, limits)
        if code == CRASHED:
            raise FileRefused("damaged_file", file=_names(paths))
        if not out.is_file() or code != 0:
            raise FileRefused(
                "file_too_costly", file=_names(paths), limit=limits.memory_bytes >> 20
            )
        answer = marshal.loads(out.read_bytes())
    if "code" in answer:
        raise FileRefused(answer["code"], **answer["facts"])
    return [Sheet(*sheet) for sheet in answer["sheets"]]


def _run(order: object, paths: Sequence[Path], limits: Limits) -> int:
    try:
        done = subprocess.run(
            [sys.executable, "-m", "ingest.child"],
            input=json.dumps(order).encode(),
            cwd=ROOT,
            timeout=limits.seconds,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise FileRefused("file_too_slow", file=_names(paths), limit=limits.seconds) from None
    return done.returncode


def _names(paths: Sequence[Path]) -> str:
    return "、".join(p.name for p in paths[:3]) + ("…" if len(paths) > 3 else "")
