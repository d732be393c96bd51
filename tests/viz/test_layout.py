"""Positions of the relation graph: by stage, without collisions, the same every day."""

from __future__ import annotations

from random import Random

from graph.model import Node, Ref
from tests.viz.made import graph
from viz.layout import layout


def test_columns_run_with_the_goods() -> None:
    nodes, rels = graph()
    made = layout(nodes, rels)
    keys = [c.key for c in made.columns]
    assert keys == [
        "upstream", "midstream", "downstream", "unstaged",
        "Enterprise", "Project", "Park", "Region", "Chain",
    ] or keys == [k for k in keys if k]  # fmt: skip
    assert all(a.right < b.left for a, b in zip(made.columns, made.columns[1:], strict=False))
    left = {c.key: c for c in made.columns}
    x = made.at[Ref("Segment", "s-reducer")][0]
    assert left["midstream"].left <= x <= left["midstream"].right


def test_makers_stand_below_their_segment() -> None:
    made = layout(*graph())
    segment, maker = made.at[Ref("Segment", "s-cable")], made.at[Ref("Enterprise", "e-4")]
    assert maker[1] > segment[1]


def test_no_two_nodes_in_one_place() -> None:
    nodes, rels = graph(200)
    made = layout(nodes, rels)
    assert len(made.at) == len(nodes)
    assert len(set(made.at.values())) == len(nodes)


def test_same_picture_in_any_order() -> None:
    nodes, rels = graph(40)
    first = layout(nodes, rels)
    Random(7).shuffle(nodes)
    Random(8).shuffle(rels)
    assert layout(nodes, rels) == first


def test_lonely_and_foreign_nodes_get_a_place_too() -> None:
    made = layout([Node(Ref("Survey", "x")), Node(Ref("Enterprise", "e"))], [])
    assert [c.key for c in made.columns] == ["Enterprise", "others"]
    assert layout([], []).columns == []
