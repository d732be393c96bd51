"""The office's own virus scanner: a command that is shown every new file."""

from __future__ import annotations

import logging
import os
import shlex
import signal
import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path

from graph.errors import FileRefused

__all__ = ["SECONDS", "scan"]

_log = logging.getLogger(__name__)
SECONDS = 60.0
_TOLD = 2_000  # bytes of its output that are logged


def scan(command: str, path: Path, name: str, seconds: float = SECONDS) -> None:
    """Run the command with the path as its last word; `FileRefused` unless it ends with 0 in time.

    What it says goes to the log; whoever uploads learns only that the file was refused.
    """
    if not command.strip():
        return
    with tempfile.TemporaryFile() as out:
        verdict = _verdict([*shlex.split(command), str(path)], out.fileno(), seconds)
        out.seek(0)
        said = out.read(_TOLD).decode("utf-8", "replace")
    if verdict != "0":
        _log.warning("scanner refused %r (%s): %r", name, verdict, said)
        raise FileRefused("attachment_scanned", file=name)


def _verdict(words: list[str], out: int, seconds: float) -> str:
    """How it ended; one that takes too long is ended with all it started."""
    own_group = os.name == "posix"
    try:
        process = subprocess.Popen(
            words, stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=own_group
        )
    except OSError as error:
        return str(error)
    try:
        return str(process.wait(seconds))
    except subprocess.TimeoutExpired:
        if own_group:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
        process.kill()
        process.wait()
        return f"over {seconds:g} s"
