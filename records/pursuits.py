"""Pursuits in the records: documents of the kind `pursuit`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields

from graph.attraction.pursuit import Facts, Pursuit
from records.audit import Value
from records.documents import Kind

__all__ = ["ACTIONS", "PURSUIT"]

# The steps that pages take, as the audit names them; each has its words.
ACTIONS = (
    "pursuit.add",
    "pursuit.write",
    "pursuit.move",
    "pursuit.transfer",
    "pursuit.link",
    "pursuit.rule",
    "pursuit.reopen",
    "pursuit.import",
)


_LINKS = ("enterprise", "project", "filing")


def _named(pursuit: Pursuit) -> Mapping[str, Value]:
    return {"name": pursuit.facts.name, "park": pursuit.park, "stage": pursuit.stage}


def _changes(before: Pursuit, after: Pursuit) -> Mapping[str, Value]:
    """Each fact and link that is otherwise, as it was and as it is; — = not said."""
    pairs = {f.name: (getattr(before.facts, f.name), getattr(after.facts, f.name))
             for f in fields(Facts)}  # fmt: skip
    pairs |= {name: (getattr(before, name), getattr(after, name)) for name in _LINKS}
    return {k: f"{_text(old)} → {_text(new)}" for k, (old, new) in pairs.items() if old != new}


def _text(value: object) -> str:
    return f"{value:.15g}" if isinstance(value, float) else str(value or "—")


PURSUIT: Kind[Pursuit] = Kind("pursuit", Pursuit, "unknown_pursuit", _named, _changes)
