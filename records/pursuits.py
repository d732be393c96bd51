"""Pursuits in the records: documents of the kind `pursuit`."""

from __future__ import annotations

from collections.abc import Mapping

from graph.attraction.pursuit import Pursuit
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


def _named(pursuit: Pursuit) -> Mapping[str, Value]:
    return {"name": pursuit.facts.name, "park": pursuit.park, "stage": pursuit.stage}


PURSUIT: Kind[Pursuit] = Kind("pursuit", Pursuit, "unknown_pursuit", _named)
