"""Links a reader may not follow, as plain text."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape

__all__ = ["without_links"]

_LINK = re.compile(r'<a\s[^>]*?href="(/[^"]*)"[^>]*>(.*?)</a>', re.S)


def without_links(html: str, allowed: Callable[[str], bool]) -> str:
    """The page with the text of every link to a path that is not `allowed`, but not the link.

    >>> page = '<p><a href="/a?x=1">A</a> <a class="b" href="/b">B</a></p>'
    >>> without_links(page, lambda path: path == "/b")
    '<p>A <a class="b" href="/b">B</a></p>'
    """

    def kept(link: re.Match[str]) -> str:
        path = re.split(r"[?#]", unescape(link[1]))[0]
        return link[0] if allowed(path) else link[2]

    return _LINK.sub(kept, html)
