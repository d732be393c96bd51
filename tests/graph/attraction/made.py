"""Pursuits for tests."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from graph.attraction.pursuit import Facts, Pursuit
from graph.attraction.steps import begin

TODAY = date(2026, 7, 1)
BEGAN = date(2026, 3, 1)


def pursuit(id: str = "a", park: str = "north", stage: str = "in_talks", **more: object) -> Pursuit:
    """One that began in March; `more` = its facts, or `enterprise`, `project`, `filing`."""
    links = {k: more.pop(k) for k in ("enterprise", "project", "filing") if k in more}
    facts = Facts(**{"name": f"项目{id}", "applicant": "甲公司", **more})  # type: ignore[arg-type]
    note = "不来了" if stage == "lost" else ""
    made = begin(id, park, facts, stage, BEGAN, "王", today=TODAY, note=note)
    return replace(made, **links)  # type: ignore[arg-type]
