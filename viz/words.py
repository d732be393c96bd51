"""Every word a user reads, from one catalogue; errors are worded from `errors.toml` beside it."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import NamedTuple

__all__ = ["LANGS", "Message", "catalogue", "language", "message", "term", "word"]

LANGS = ("zh", "en")


class Message(NamedTuple):
    """What to say about an error or an event, and what to do about it ("" = nothing)."""

    text: str
    hint: str = ""


def language(asked: str | None) -> str:
    """The supported language nearest to what was asked for: Chinese unless it is English.

    >>> language("en-GB"), language("fr"), language(None)
    ('en', 'zh', 'zh')
    """
    return "en" if (asked or "").lower().startswith("en") else "zh"


def word(lang: str, key: str, /, **facts: object) -> str:
    """The catalogue's sentence for `key` (`group.name`) with its facts filled in.

    Raises `KeyError` for a key nobody wrote, which a test turns into a build failure.

    >>> word("zh", "count.gaps", n=3)
    '命中 3 个缺口'
    """
    return catalogue(lang)[key].format(**facts)


def term(lang: str, group: str, code: object) -> str:
    """The word for a code of the data (`type`, `flag`, …); an unworded code stays itself."""
    return catalogue(lang).get(f"{group}.{code}", str(code))


def message(lang: str, code: str, facts: Mapping[str, object] | None = None) -> Message:
    """An error or event in words; a code nobody has worded yet reads as the code itself."""
    known = _messages().get(code) or _messages().get(code.removeprefix("error."))
    if known is None:
        found = catalogue(lang).get(f"notice.{code}")
        return Message(found.format_map(_Facts(facts or {})) if found else code)
    filled = _Facts(facts or {})
    if "blank" in filled:  # the field of a form that was left empty
        filled["blank"] = term(lang, "blank", filled["blank"])
    texts = (known.get(k, known.get(k.replace("en", "zh"), "")) for k in (lang, f"{lang}_hint"))
    return Message(*(str(text).format_map(filled) for text in texts))


@cache
def catalogue(lang: str) -> Mapping[str, str]:
    """All words of one language by `group.name`, from every file of its folder."""
    folder = files(__package__) / "i18n" / lang
    return {
        f"{group}.{name}": text
        for source in folder.iterdir()
        for group, entries in tomllib.loads(source.read_text("utf-8")).items()
        for name, text in entries.items()
    }


class _Facts(dict[str, object]):
    def __missing__(self, key: str) -> str:
        return "—"


@cache
def _messages() -> Mapping[str, Mapping[str, str]]:
    source = files(__package__) / "i18n" / "errors.toml"
    return dict(_entries("", tomllib.loads(source.read_text("utf-8"))))


def _entries(prefix: str, table: Mapping[str, object]) -> Iterator[tuple[str, Mapping[str, str]]]:
    if isinstance(table.get("zh"), str):
        yield prefix, {k: str(v) for k, v in table.items()}
        return
    for name, inner in table.items():
        if isinstance(inner, dict):
            yield from _entries(f"{prefix}.{name}" if prefix else name, inner)
