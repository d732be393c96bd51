"""Papers become PDF in a child process that can be killed: bounded in time, memory and size.

The typesetter (WeasyPrint) needs Pango and a Chinese font of the system.  A child is slower by
half a second; the server stays quick, gets its memory back, and never loads the typesetter.
"""

from __future__ import annotations

import json
import logging
import marshal
import subprocess
import sys
from collections.abc import Collection, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from fastapi.responses import Response

from api.deps import attachment
from graph.errors import LianzhuError, NotInstalled, StoreError, UsageError
from viz.paper import paper_html
from viz.report_docx import Story

__all__ = ["MEDIA_TYPE", "ROUTES", "missing", "not_offered", "pdf_file", "press", "printed"]

MEDIA_TYPE = "application/pdf"
_log = logging.getLogger(__name__)
LONGEST = 120_000  # characters of one paper as HTML, some 5,000 cells
SECONDS = 60  # for one paper
MEMORY = 1 << 30  # bytes
ROUTES = frozenset(
    {
        "GET /chains/{chain_id}/report.pdf",
        "GET /shortlist.pdf",
        "GET /sessions/{session_id}/minutes.pdf",
        "GET /sessions/{session_id}/scores.pdf",
        "GET /reviews/{session_id}/{case_id}/opinion.pdf",
    }
)
ROOT = Path(__file__).parent.parent
_PROBE = "<p lang=zh>链主</p>"


def press(story: Story, *, across: bool = False) -> bytes:
    """A story as PDF, on pages that lie on their side where `across`; raises as `printed`."""
    return printed([paper_html(story, across=across)])[0]


def printed(papers: Sequence[str]) -> list[bytes]:
    """Documents of HTML as PDF, the same bytes for the same document.

    Raises `NotInstalled` where Pango or a Chinese font is missing, `UsageError` for a paper that is
    longer or costs more than one may, and `StoreError` where the child breaks down.
    """
    if any(len(paper) > LONGEST for paper in papers):
        raise UsageError("paper_too_long")
    answer = _answer(papers, SECONDS * len(papers))
    if answer.get("code") == "paper_too_long":
        raise UsageError("paper_too_long")
    if "code" in answer:
        raise NotInstalled(answer["code"], **answer["facts"])
    found: list[bytes] = answer["pdfs"]
    return found


def missing() -> LianzhuError | None:
    """What keeps this machine from making a PDF; None = nothing."""
    try:
        printed([_PROBE])
    except LianzhuError as error:
        return error
    return None


def not_offered() -> Collection[str]:
    """The routes pages do not offer: those of PDF on a Windows that has no Pango.

    Elsewhere a package mends it, and the route says which.
    """
    return ROUTES if sys.platform == "win32" and _missing_here() else ()


def pdf_file(content: bytes, name: str) -> Response:
    """A PDF to take away under a name without its ending."""
    return attachment(content, f"{name}.pdf", MEDIA_TYPE)


@cache
def _missing_here() -> bool:
    return missing() is not None


def _answer(papers: Sequence[str], seconds: float) -> dict[str, Any]:
    order = {"papers": list(papers), "memory": MEMORY, "seconds": max(1, round(seconds))}
    try:
        done = subprocess.run(
            [sys.executable, "-m", "api.press_child"],
            input=json.dumps(order).encode(),
            cwd=ROOT,
            timeout=seconds,
            capture_output=True,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise UsageError("paper_too_long") from None
    if done.returncode != 0:
        said = done.stderr.decode("utf-8", "replace")[-2000:]
        _log.error("the typesetter ended with %d: %s", done.returncode, said)
        raise StoreError("paper_failed")
    found: dict[str, Any] = marshal.loads(done.stdout)
    return found
