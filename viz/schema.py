"""The page of a chain's skeleton."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from graph.analysis.skeleton import Skeleton
from viz.contexts import Frame
from viz.table import Cell, Column, Table
from viz.words import term, word

__all__ = ["SchemaPage", "input_table", "segment_table"]


@dataclass(frozen=True)
class SchemaPage:
    """链的骨架是什么样?"""

    template: ClassVar[str] = "schema.html"
    frame: Frame
    skeleton: Skeleton
    names: Mapping[str, str]
    segments: Table
    inputs: Table


def segment_table(frame: Frame, found: Skeleton, names: Mapping[str, str]) -> Table:
    """Segments with their stage; each leads to its page, where facts are corrected."""
    lang = frame.lang
    heads = ("segment", "stage", "unit", "aliases", "others", "inputs", "outputs", "makers")
    numbers = {"inputs", "outputs", "makers"}
    comma = word(lang, "text.comma")
    return Table(
        "segments",
        word(lang, "schema.segments"),
        [
            Column(word(lang, f"schema_head.{h}"), "number" if h in numbers else "text")
            for h in heads
        ],
        [
            [
                Cell(names.get(s.segment, s.segment), frame.entity_url("Segment", s.segment)),
                Cell(term(lang, "stage", s.stage) if s.stage else None),
                Cell(s.unit),
                Cell(comma.join(s.aliases)),
                Cell(comma.join(names.get(c, c) for c in s.chains if c != found.chain)),
                Cell(s.inputs, digits=0),
                Cell(s.outputs, digits=0),
                Cell(s.makers or None, digits=0),  # nobody known is not nobody
            ]
            for s in found.segments
        ],
    )


def input_table(frame: Frame, found: Skeleton, names: Mapping[str, str]) -> Table:
    """Inputs with their weights."""
    lang = frame.lang
    return Table(
        "inputs",
        word(lang, "schema.inputs"),
        [
            Column(word(lang, "schema_head.input")),
            Column(word(lang, "schema_head.output")),
            Column(word(lang, "schema_head.weight"), "number"),
        ],
        [
            [
                Cell(names.get(i.input, i.input)),
                Cell(names.get(i.output, i.output)),
                Cell(i.weight),
            ]
            for i in found.inputs
        ],
    )
