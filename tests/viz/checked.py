"""What every page must stand, and pages with their texts taken out or poisoned."""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace
from html.parser import HTMLParser
from typing import Any

__all__ = ["Checked", "plain", "poisoned"]

VOID = {"meta", "link", "br", "input"}


class Checked(HTMLParser):
    """The parsed page, refusing what the content security policy or a reader would."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.text: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        assert len(found) == len(attrs), f"attribute twice: {tag} {attrs}"
        assert "style" not in found
        assert not any(name.startswith("on") for name in found)
        self.tags.append((tag, found))
        if tag == "script":
            assert "src" in found
        if tag in ("input", "select") and found.get("type") != "hidden":
            assert "label" in self.open, f"no label: {found}"
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        assert not (self.open and self.open[-1] == "script" and data.strip()), "inline script"
        self.text.append(data)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attrs for name, attrs in self.tags if name == tag]


def plain(value: Any) -> Any:
    """`value` with everything Chinese in its facts taken out."""
    return mapped(value, lambda _, text: "".join(ch for ch in text if ch < "一"))


def poisoned(value: Any, evil: str) -> Any:
    """`value` with every free text replaced."""
    free = {"name", "source", "locator", "value", "key", "store", "asked", "data_date"}
    return mapped(value, lambda field, text: evil if field in free else text)


def mapped(value: Any, change: Any, field: str = "") -> Any:
    if isinstance(value, str):
        return change(field, value)
    if is_dataclass(value):
        return replace(
            value, **{f.name: mapped(getattr(value, f.name), change, f.name) for f in fields(value)}
        )
    if isinstance(value, list):
        return [mapped(v, change, field) for v in value]
    if isinstance(value, dict):
        return {k: mapped(v, change, field) for k, v in value.items()}
    return value
