"""服务会商, 园区大事 and 公布口径 in the records."""

from __future__ import annotations

from typing import Any

from graph.attraction.announced import Announced
from graph.attraction.consultation import Consultation
from graph.attraction.milestone import Milestone
from records.documents import Kind

__all__ = ["ACTIONS", "ANNOUNCED", "CONSULTATION", "KINDS", "MILESTONE"]

CONSULTATION: Kind[Consultation] = Kind(
    "consultation",
    Consultation,
    "unknown_consultation",
    lambda found: {"name": found.subject, "park": found.park},
)
MILESTONE: Kind[Milestone] = Kind(
    "milestone",
    Milestone,
    "unknown_milestone",
    lambda found: {"name": found.said.what, "park": found.park},
)
ANNOUNCED: Kind[Announced] = Kind(
    "announced", Announced, "unknown_announced", lambda found: {"name": found.said.text}
)
KINDS: tuple[Kind[Any], ...] = (CONSULTATION, MILESTONE, ANNOUNCED)
# What is done to them, as the audit names it; each has its words.
ACTIONS = (
    "consultation.ask",
    "consultation.answer",
    "consultation.close",
    "consultation.reopen",
    "milestone.add",
    "milestone.correct",
    "announced.add",
    "announced.correct",
)
