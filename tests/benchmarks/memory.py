"""What a process holds in memory, as Linux says it; NaN where nobody says it."""

from __future__ import annotations

import ctypes
import gc
import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from math import nan
from pathlib import Path
from typing import TypeVar

__all__ = ["Held", "held_by", "resident"]

_T = TypeVar("_T")


@dataclass(frozen=True)
class Held:
    """Megabytes of this process: kept after some work, and needed in between."""

    kept: float
    peak: float


def resident(process: int | str = "self", field: str = "VmRSS") -> float:
    """Megabytes of a process that are in memory."""
    try:
        status = Path(f"/proc/{process}/status").read_text("utf-8")
    except OSError:
        return nan
    found = re.search(rf"^{field}:\s+(\d+) kB", status, re.M)
    return int(found[1]) / 1e3 if found else nan


def held_by(work: Callable[[], _T]) -> tuple[Held, _T]:
    """What `work` gives, and how much more memory it needed than there was before."""
    before = _settled()
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5", "utf-8")  # the peak begins anew
    value = work()
    peak = resident(field="VmHWM")
    return Held(_settled() - before, peak - before), value


def _settled() -> float:
    """Resident memory once what was freed has gone back to the system.

    Else a phase would find room that the one before it paid for.
    """
    gc.collect()
    with suppress(AttributeError, OSError):  # only glibc has it
        ctypes.CDLL(None).malloc_trim(0)
    return resident()
