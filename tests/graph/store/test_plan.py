"""What a batch means before an engine writes it."""

from __future__ import annotations

import pytest
from hypothesis import given

from graph.errors import DataError
from graph.model import Batch, Node, Ref, Rel, row_hash
from graph.store.plan import (
    canonical,
    checked_nodes,
    checked_rels,
    counted,
    hash_of,
    identity,
    links,
    settle,
)
from tests.contract.made import rows

E1, E2 = Ref("Enterprise", "1"), Ref("Enterprise", "2")


def test_nodes_come_in_id_order_and_once() -> None:
    nodes = [Node(E2, {"name": "乙"}), Node(E1), Node(E1, {"name": "甲"})]
    assert list(checked_nodes(Batch("k", "s", nodes)).items()) == [
        (E1, {"name": "甲"}),
        (E2, {"name": "乙"}),
    ]


def test_whole_numbers_become_floats_and_flags_stay() -> None:
    rel = Rel("SUPPLIES", E1, E2, "", {"value_wan": 3, "main": True})
    (checked,) = checked_rels(Batch("k", "s", [], [rel]))
    assert canonical(checked.props) == '{"main":true,"value_wan":3.0}'


def test_untouched_rows_are_not_copied() -> None:
    rel = Rel("SUPPLIES", E1, E2, "", {"share": 0.5})
    assert checked_rels(Batch("k", "s", [], [rel]))[0] is rel


@pytest.mark.parametrize(
    ("rel", "code"),
    [
        (Rel("SUPPLIES", E1, Ref("Region", "1")), "vocabulary"),
        (Rel("SUPPLIES", E1, Ref("Nobody", "1")), "vocabulary"),
        (Rel("SUPPLIES", E1, Ref("Enterprise", "")), "identity"),
        (Rel("SUPPLIES", E1, E2, "a\0"), "identity"),
        (Rel("SUPPLIES", E1, E2, "", {"share": float("inf")}), "value"),
    ],
)
def test_refusals_have_a_code(rel: Rel, code: str) -> None:
    with pytest.raises(DataError, match=code):
        checked_rels(Batch("k", "s", [], [rel]))


@given(rows)
def test_hash_of_is_the_hash_of_the_model(row: Node | Rel) -> None:
    assert hash_of(identity(row), canonical(row.props)) == row_hash(row)


def test_settle_takes_a_stub_for_nothing() -> None:
    assert settle(None, {}) == {}
    assert settle({}, {"name": "甲"}) == {"name": "甲"}
    assert settle({"name": "甲"}, {}) == {"name": "甲"}
    assert "claims" in settle({"name": "甲"}, {"name": "乙"})


def test_links_of_reference_columns() -> None:
    node = Node(E1, {"name": "甲", "region": "44", "leads": ["a", "b", "a"]})
    assert links(node) == {
        ("LOCATED_IN", Ref("Region", "44")),
        ("LEADS", Ref("Chain", "a")),
        ("LEADS", Ref("Chain", "b")),
    }
    assert links(None) == set()


def test_evidence_and_stubs_are_not_counted() -> None:
    rows = [Node(E1), Node(E2, {"name": "乙"}), Node(Ref("Evidence", "a"), {"source": "s"})]
    assert counted(rows) == 1
