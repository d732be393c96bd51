"""The heat map as asked for in the address: its regions, given one by one or between commas."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated

from fastapi import Query
from pydantic import Field

from api.desk import Desk
from graph.analysis.heat import HeatAnswer, heat
from graph.question import Question
from viz.contexts import Frame

__all__ = ["NO_REGIONS", "Regions", "heat_of", "keeping"]

Regions = Annotated[Sequence[Annotated[str, Field(max_length=400)]], Query(max_length=30)]
NO_REGIONS: Sequence[str] = ()


def heat_of(desk: Desk, question: Question, regions: Sequence[str]) -> HeatAnswer:
    """Segments × regions; `NotFound` or `Ambiguous` names the region that is wrong."""
    found = [desk.id_of("Region", name, "region") for name in _named(desk, regions)]
    return heat(desk.snapshot, desk.resolve(question), found)


def keeping(frame: Frame, answer: HeatAnswer, regions: Sequence[str]) -> Frame:
    """The frame whose links keep the regions, which the address may give several times."""
    if not any(regions):
        return frame
    chosen = ",".join(column.region for column in answer.regions)
    return replace(frame, query={**frame.query, "regions": chosen})


def _named(desk: Desk, regions: Sequence[str]) -> list[str]:
    found: list[str] = []
    for given in map(str.strip, regions):
        whole = not given or desk.find("Region", given) is not None
        found += [given] if whole else [part.strip() for part in given.split(",")]
    return [name for name in found if name]
