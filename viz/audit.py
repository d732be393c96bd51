"""The page of the audit: who did what when, in words."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from graph.model import LABELS, RELATIONS
from viz.contexts import Choice, Frame
from viz.rows import field_label
from viz.table import Cell, Column, Table
from viz.words import catalogue, term, word

__all__ = ["AuditPage", "AuditRow", "Held", "action_text", "audit_table", "held_text", "open_text"]

HEADS = ("seq", "at", "who", "role", "action", "object", "detail")
_FIRST = ("status", "error", "field", "value", "maker", "name", "files", "source", "as_of")
_LAST = ("created", "updated", "unchanged", "nodes", "relations", "revision", "batch", "begin")
_NAMED = ("region", "chain", "leader", "candidate", "segment", "park")
_MADE_UP = re.compile(r"[0-9a-f]{32}|[0-9a-f]{64}")
_LONGEST = 120  # characters of a value on the page; the workbook has them all
_MOST = 5  # values of a list on the page


@dataclass(frozen=True)
class AuditRow:
    """One entry; `begun` = an intent, whose outcome is another entry."""

    seq: int
    at: str  # on this machine's clock
    actor: str
    name: str
    role: str
    action: str
    begun: bool
    thing: str  # what it was done to
    detail: Mapping[str, object]
    done: bool | None = None  # of an intent left open: whether it came about, None = unknown


@dataclass(frozen=True)
class Held:
    """Whether the audit holds; `place` None = there is no second place to compare with."""

    ok: bool
    entries: int
    first_bad: int | None
    place: str | None
    heads: int
    uncopied: bool


@dataclass(frozen=True)
class AuditPage:
    """谁在什么时候做了什么?"""

    template: ClassVar[str] = "audit.html"
    frame: Frame
    rows: Sequence[AuditRow]
    total: int
    next: int | None  # before which number the next page begins
    people: Sequence[Choice]
    actions: Sequence[str]
    names: Mapping[str, str]
    held: Held | None = None  # once it was asked for
    open: Sequence[AuditRow] = ()  # intents without an outcome

    @property
    def table(self) -> Table:
        """The entries."""
        return audit_table(self.frame, self.rows, self.names)

    @property
    def unfinished(self) -> list[str]:
        """What was begun and has no outcome, a sentence each."""
        return [open_text(self.frame.lang, row) for row in self.open]

    @property
    def verdict(self) -> str:
        """Whether it holds, in a sentence."""
        return held_text(self.frame.lang, self.held) if self.held else ""


def audit_table(
    frame: Frame, rows: Sequence[AuditRow], names: Mapping[str, str], *, whole: bool = False
) -> Table:
    """The entries; `whole` says everything that was written down, as a workbook does."""
    lang = frame.lang
    return Table(
        "audit",
        word(lang, "audit.table"),
        [Column(word(lang, f"audit_head.{h}"), "number" if h == "seq" else "text") for h in HEADS],
        [
            [
                Cell(row.seq, digits=0),
                Cell(row.at),
                Cell(row.name),
                Cell(_role(lang, row.role)),
                Cell(action_text(lang, row)),
                _object(frame, row, names, whole),
                Cell(str(_Facts(lang, row, names, whole))),
            ]
            for row in rows
        ],
    )


def action_text(lang: str, row: AuditRow) -> str:
    """What was done; of an intent, that it was begun."""
    said = term(lang, "audit_action", row.action)
    return word(lang, "audit.begun", action=said) if row.begun else said


def held_text(lang: str, held: Held) -> str:
    """The verdict in a sentence."""
    facts: dict[str, object] = {"n": held.entries, "bad": held.first_bad, "heads": held.heads}
    place = word(lang, "audit.no_place") if held.place is None else held.place
    if held.ok:
        return word(lang, "audit.holds", **facts, place=place)
    key = "audit.uncopied" if held.uncopied else "audit.broken"
    return word(lang, key, **facts, place=place)


def open_text(lang: str, row: AuditRow) -> str:
    """An intent without an outcome, in a sentence."""
    state = {None: "unknown", True: "done", False: "undone"}[row.done]
    return word(
        lang,
        "audit.left_open",
        seq=row.seq,
        at=row.at,
        name=row.name,
        action=term(lang, "audit_action", row.action),
        object=row.thing,
        state=word(lang, f"audit_open.{state}"),
    )


def _object(frame: Frame, row: AuditRow, names: Mapping[str, str], whole: bool) -> Cell:
    kind, _, rest = row.thing.partition("/")
    if kind in LABELS and rest:
        told = f"{term(frame.lang, 'label', kind)} {names.get(rest, rest)}"
        may = frame.may("GET /entities/{label}/{id:path}")
        return Cell(told, frame.entity_url(kind, rest) if may else None)
    if kind in RELATIONS and rest:
        ends = " → ".join(names.get(end, end) for end in rest.split("/"))
        return Cell(f"{term(frame.lang, 'relation', kind)} {ends}")
    return Cell(row.thing if whole else _short(row.thing))


@dataclass(frozen=True)
class _Facts:
    """The detail of an entry in words, what matters most first."""

    lang: str
    row: AuditRow
    names: Mapping[str, str]
    whole: bool

    def __str__(self) -> str:
        held = {k: v for k, v in self.row.detail.items() if v not in (None, "", [])}
        places = {name: at for at, name in enumerate(_FIRST + _LAST)}
        order = sorted(held, key=lambda name: (places.get(name, len(_FIRST) - 0.5), name))
        return "; ".join(
            f"{term(self.lang, 'audit_fact', name)}: {self._value(name, held[name])}"
            for name in order
        )

    def _value(self, name: str, value: object) -> str:
        if isinstance(value, list):
            shown = value if self.whole else value[:_MOST]
            told = word(self.lang, "text.comma").join(self._value("", one) for one in shown)
            return told if len(shown) == len(value) else f"{told} … {len(value)}"
        if isinstance(value, bool):
            return word(self.lang, "text.yes" if value else "text.no")
        text = str(value)
        if name == "field":
            return field_label(self.lang, self.row.thing.partition("/")[0], text)
        if name in _NAMED and text in self.names:
            return self.names.get(text, text)
        if name in ("status", "kind", "role"):
            return _coded(self.lang, name, text)
        return text if self.whole else _short(text)


def _short(text: str) -> str:
    """What a page shows of a hash, a made-up id or a long text."""
    if _MADE_UP.fullmatch(text):
        return text[:12] + "…"
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "…"


def _coded(lang: str, name: str, code: str) -> str:
    for group in ("audit_status", "list_status") if name == "status" else (name,):
        if f"{group}.{code}" in catalogue(lang):
            return term(lang, group, code)
    return code


def _role(lang: str, role: str) -> str:
    return (
        term(lang, "audit_role", role) if role in ("demo", "system") else term(lang, "role", role)
    )
