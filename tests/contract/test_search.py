"""Search by name: Chinese of one and more characters, traditional or simplified, Latin, codes."""

from __future__ import annotations

import pytest

from graph.model import Node, Ref
from graph.store.base import GraphStore
from tests.contract.made import batch, firm, region, segment


@pytest.fixture
def named(store: GraphStore) -> GraphStore:
    firms = {
        "e1": {
            "name": "深圳市某某機器人有限公司",
            "short_name": "某某",
            "uscc": "91440300MA5ABCDE0X",
        },
        "e2": {"name": "京东方科技集团股份有限公司", "aliases": ["BOE Technology", "京東方A"]},
        "e3": {"name": "机器人", "uscc": "91440300000000000X"},
        "e4": {"name": "ＴＣＬ华星光电"},
        "e5": {"name": "显示-面板 5G手机壳"},
        "f-01": {"name": 'O\'Neill "AND" 50% off_1'},
    }
    others = [
        Node(segment("s1"), {"name": "工业机器人", "description": "深圳"}),
        Node(region("44"), {"name": "广东省"}),
        Node(Ref("Evidence", "机器人"), {"name": "机器人", "source": "机器人"}),
        Node(Ref("Survey", "44|2024||"), {"name": "机器人"}),
    ]
    store.apply(batch(*(Node(firm(id), props) for id, props in firms.items()), *others))
    return store


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("机器人", ["e3", "e1", "s1"]),  # the exact name first, then id order
        ("機器人", ["e3", "e1", "s1"]),
        ("机器", ["e1", "e3", "s1"]),
        ("人", ["e1", "e3", "s1"]),
        ("機", ["e1", "e3", "e5", "s1"]),
        ("壳", ["e5"]),
        ("器机", []),
        ("深圳 机器人", ["e1"]),
        ("机器人 深圳", ["e1"]),
        ("某某", ["e1"]),
        ("京东方", ["e2"]),
        ("京東方a", ["e2"]),
        ("boe", ["e2"]),
        ("BOE tech", ["e2"]),
        ("tech boe", ["e2"]),
        ("tcl", ["e4"]),
        ("TCL华星", ["e4"]),
        ("ｔｃｌ", ["e4"]),
        ("cl", []),  # a Latin word is found by its beginning
        ("5g手机", ["e5"]),
        ("5G 壳", ["e5"]),
        ("显示 面板", ["e5"]),
        ("91440300MA5ABCDE0X", ["e1"]),
        ("91440300ma5", ["e1"]),
        ("91440300", ["e1", "e3"]),
        ("e4", ["e4"]),
        ("f-01", ["f-01"]),
        ("44", ["44"]),
        ("广东", ["44"]),
        ("科技集团 boe", ["e2"]),
        ("o'neill", ["f-01"]),
        ("", []),
        ("  \t\n", []),
        ("\u3000。！?*", []),
        ("机器人" * 500, []),
    ],
)
def test_search(named: GraphStore, text: str, found: list[str]) -> None:
    assert [node.ref.id for node in named.search(text)] == found


@pytest.mark.parametrize(
    "text",
    [
        '"', '""', "'", "机器人\"", "\" OR \"机器人", "NOT 机器人", "机器人 AND", "NEAR(机 人)",
        "name:机器人", "机*", "*", "^机", "(", "grams : 机", "-机器人", "+", "{a b}:c", "\\", "%",
        "_", "'; DROP TABLE node; --", "机\0人", "\ud800", "\ue000", "\ue000机器人", "a" * 100_000,
    ],
)  # fmt: skip
def test_no_query_does_anything_bad(named: GraphStore, text: str) -> None:
    named.search(text)
    assert [node.ref.id for node in named.search("机器人")] == ["e3", "e1", "s1"]


def test_operators_are_words(named: GraphStore) -> None:
    assert named.search("机器人 OR 华星") == []
    assert named.search("机器人 NOT 深圳") == []
    assert [node.ref.id for node in named.search('"and"')] == ["f-01"]


def test_search_by_label_and_limit(named: GraphStore) -> None:
    found = lambda *args: [node.ref.id for node in named.search("机器人", *args)]  # noqa: E731
    assert found(["Segment"]) == ["s1"]
    assert found(["Segment", "Enterprise"]) == ["e3", "e1", "s1"]
    assert found(["Park"]) == []
    assert (found([], 1), found([], 2), found([], 0)) == (["e3"], ["e3", "e1"], [])


def test_a_new_name_is_found_and_the_old_one_is_not(store: GraphStore) -> None:
    store.apply(batch(Node(firm("1"), {"name": "旧名字", "as_of": "2023"})))
    store.apply(batch(Node(firm("1"), {"name": "新名字", "as_of": "2024"})))
    assert [len(store.search(text)) for text in ("旧名字", "新名字", "名字")] == [0, 1, 1]
