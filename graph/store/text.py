"""What a search compares: folded names, cut into pairs of Chinese characters and whole Latin words.

Both engines fold the same way, so `機器人` finds `机器人` on either.  Folding goes character by
character: a conversion that looks at phrases would fold a name and a part of that name differently.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from functools import lru_cache

from graph.model import Node

__all__ = [
    "exact_query",
    "fold",
    "grams",
    "index_query",
    "search_text",
    "terms",
    "words",
    "words_query",
]

_FIELDS = ("name", "short_name", "aliases", "uscc")
_UNNAMED = frozenset({"Evidence", "Survey"})  # nobody looks these up by name
_LONGEST = 200  # characters of a query: no name is longer

_CJK = "々〇\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\U00020000-\U0003ffff"
_RUN = re.compile(f"[{_CJK}]+|[^\\W_{_CJK}]+")
_HAS_CJK = re.compile(f"[{_CJK}]")
# The stop words of Lucene's CJKAnalyzer (org.apache.lucene.analysis.cjk, stopwords.txt).
_STOPPED = re.findall(
    r"\w+",
    "a and are as at be but by for if in into is it no not of on or s such t that the their then"
    " there these they this to was will with www",
)
_EDGE = "\ue000"  # stands between fields: a private-use character, which is never part of a name


def fold(text: str) -> str:
    """NFKC, casefold, traditional to simplified.

    >>> fold("ＢＯＥ顯示")
    'boe显示'
    """
    if text.isascii():
        return text.lower()
    text = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return text.translate(_simplified())


def search_text(node: Node) -> str:
    """The folded names, credit code and id of a node, one a line; empty where nobody searches."""
    if node.ref.label in _UNNAMED:
        return ""
    lines: list[str] = []
    for name in _FIELDS:
        value = node.props.get(name, "")
        lines += value if isinstance(value, list) else [str(value)]
    return "\n".join(fold(" ".join(line.split())) for line in (*lines, node.ref.id) if line)


def words(query: str) -> list[str]:
    """The folded words of a query that hold a letter, a digit or a character."""
    return [word for word in fold(query[:_LONGEST]).split() if _RUN.search(word)]


def grams(text: str) -> str:
    """A search text as index terms, separated by blanks.

    >>> grams("显示屏 a1").replace(_EDGE, "|")
    '| 显示 示屏 屏 a1 |'
    """
    fields = [" ".join(_terms(line)) for line in text.split("\n")]
    return f"{_EDGE} " + f" {_EDGE} ".join(fields) + f" {_EDGE}"


def words_query(query: str) -> str:
    """The full-text query for names that hold every word; empty when there is none.

    Terms are letters, digits and characters only and always quoted, so nothing a user types can be
    an operator.

    >>> words_query('显示面板 boe"*')
    '"显示 示面 面板" AND "boe"*'
    """
    return " AND ".join(_phrase(word) for word in words(query))


def exact_query(query: str) -> str:
    """The full-text query for a name, alias, code or id that is the whole query."""
    terms = " ".join(_terms(" ".join(words(query))))
    return f'"{_EDGE} {terms} {_EDGE}"'


def terms(query: str) -> tuple[str, list[str]]:
    """The query as pieces of `grams`: one for the exact name, and one for each of its words.

    A name is found when its grams contain the pieces: the same as `exact_query` and `words_query`
    for an engine that compares text.

    >>> terms("显示面板 boe")[1]
    [' 显示 示面 面板 ', ' boe']
    """
    exact = " ".join(_terms(" ".join(words(query))))
    pieces = []
    for word in words(query):
        phrase, whole = _pieces(word)
        pieces.append(f" {' '.join(phrase)}{' ' if whole else ''}")
    return f"{_EDGE} {exact} {_EDGE}", pieces


def index_query(query: str) -> str:
    """A query for Lucene's `cjk` analyzer over `grams` that misses nothing `terms` finds.

    Empty where the index cannot help: the analyzer keeps no English stop words, so neither they nor
    their beginnings can be asked for.

    >>> index_query("显示面板 boe an")
    '"显示 示面 面板" AND boe*'
    """
    parts = []
    for word in words(query):
        phrase, whole = _pieces(word)
        started = "" if whole else phrase.pop()
        if phrase and any(term not in _STOPPED for term in phrase):
            parts.append(f'"{" ".join(phrase)}"')
        if started and not any(stop.startswith(started) for stop in _STOPPED):
            parts.append(f"{started}*")
    return " AND ".join(parts)


def _pieces(word: str) -> tuple[list[str], bool]:
    """The terms of a word, and whether the last is a whole one and not the beginning of one."""
    found = list(_terms(word))
    if len(found) > 1 and len(found[-2]) == 2 and _HAS_CJK.match(found[-2] + found[-1]):
        return found[:-1], True
    return found, False


def _terms(text: str) -> Iterator[str]:
    """Pairs of Chinese characters, the last one of a run alone, and Latin runs whole."""
    for run in _RUN.findall(text):
        if _HAS_CJK.match(run):
            yield from (run[i : i + 2] for i in range(len(run)))
        else:
            yield run


def _phrase(word: str) -> str:
    """A word as a phrase: its end need not be the end of the name's word."""
    phrase, whole = _pieces(word)
    return f'"{" ".join(phrase)}"{"" if whole else "*"}'


class _Simplified(dict[int, str]):
    """`str.translate` table that asks OpenCC once for each character."""

    def __init__(self, convert: Callable[[str], str]) -> None:
        super().__init__()
        self._convert = convert

    def __missing__(self, code: int) -> str:
        char = chr(code)
        self[code] = self._convert(char) if _HAS_CJK.match(char) else char
        return self[code]


@lru_cache(maxsize=1)
def _simplified() -> _Simplified:
    from opencc import OpenCC  # loaded with the first Chinese text, not with the program

    return _Simplified(OpenCC("t2s").convert)
