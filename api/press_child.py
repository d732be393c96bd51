"""The child that sets pages: `python -m api.press_child`, an order on stdin, the PDFs on stdout.

It loads nothing that a document names, and holds itself to the memory of its order.
"""

from __future__ import annotations

import json
import marshal
import os
import sys
from collections.abc import Iterator, Sequence
from typing import Any

__all__ = ["main"]

# Chinese characters; what a font lacks of them would be a box in a document that is signed.
_IDEOGRAPHS = ((0x3400, 0x9FFF), (0xF900, 0xFAFF), (0x20000, 0x3FFFF))


def main() -> None:
    """Read the order and answer it."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # a library that is missing is told about on stdout
    order = json.loads(sys.stdin.buffer.read())
    _bound(order["memory"], order["seconds"])
    try:
        answer = _answer(order["papers"])
    except MemoryError:
        answer = {"code": "paper_too_long"}
    with answers:
        answers.write(marshal.dumps(answer))


def _answer(papers: Sequence[str]) -> dict[str, Any]:
    try:
        import weasyprint
    except OSError:  # a library of the system that it opens
        return {"code": "no_pango", "facts": {}}
    from weasyprint.text.fonts import FontConfiguration
    from weasyprint.urls import URLFetcher

    class Nothing(URLFetcher):  # type: ignore[misc]
        """Refuses every address: a paper holds all it needs."""

        def fetch(self, url: str, *_: object, **__: object) -> Any:
            raise ValueError(url)

    fonts, pdfs = FontConfiguration(), []
    for paper in papers:
        html = weasyprint.HTML(string=paper, url_fetcher=Nothing())
        document = html.render(fonts, pdf_tags=True, presentational_hints=True)
        pdfs.append(document.write_pdf(pdf_tags=True))
        if boxes := "".join(sorted(set(_boxes(document)))):
            return {"code": "no_font", "facts": {"characters": boxes[:20]}}
    return {"pdfs": pdfs}


def _boxes(document: Any) -> Iterator[str]:
    """The Chinese characters of a document that no font has."""
    for font in document.fonts.values():
        for code in font.missing:
            if any(low <= code <= high for low, high in _IDEOGRAPHS):
                yield chr(code)


def _bound(memory: int, seconds: int) -> None:
    try:
        import resource
    except ImportError:  # Windows: the time limit and the length remain
        return
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))  # also when nobody waits any more


if __name__ == "__main__":
    main()
