"""Folding, search texts, index terms and queries."""

from __future__ import annotations

import pytest

from graph.model import Node, Props, Ref
from graph.store.text import exact_query, fold, grams, search_text, words, words_query


def _shown(terms: str) -> str:
    return terms.replace("\ue000", "|")


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("機器人", "机器人"),
        ("ＢＯＥ（顯示）", "boe(显示)"),
        ("Straße", "strasse"),
        ("㎡", "m2"),
        ("ABC-1", "abc-1"),
        ("乾隆", "干隆"),  # character by character: 乾 alone folds the same
        ("繁體字與简体字", "繁体字与简体字"),
    ],
)
def test_fold(text: str, folded: str) -> None:
    assert fold(text) == folded
    assert fold(folded) == folded


def test_folding_a_part_is_a_part_of_the_folding() -> None:
    name = "乾隆瞭望顯示後臺著作"
    for i in range(len(name)):
        assert fold(name[i:]) == fold(name)[i:]


def test_search_text_holds_names_codes_and_the_id() -> None:
    props: Props = {
        "name": "京东方 科技",
        "short_name": "BOE",
        "aliases": ["京東方", "A"],
        "uscc": "9144X",
        "industry": "C39",
    }
    text = search_text(Node(Ref("Enterprise", "E1"), props))
    assert text == "京东方 科技\nboe\n京东方\na\n9144x\ne1"


def test_nobody_searches_evidence_and_surveys() -> None:
    for label in ("Evidence", "Survey"):
        assert search_text(Node(Ref(label, "1"), {"name": "甲"})) == ""


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("显示", "| 显示 示 |"),
        ("显", "| 显 |"),
        ("显示\nboe 5g", "| 显示 示 | boe 5g |"),
        ("5g手机a", "| 5g 手机 机 a |"),
        ("a_b-c", "| a b c |"),
    ],
)
def test_grams(text: str, terms: str) -> None:
    assert _shown(grams(text)) == terms


@pytest.mark.parametrize(
    ("query", "asked"),
    [
        ("显示面板", '"显示 示面 面板"'),
        ("显", '"显"*'),
        ("面板a", '"面板 板 a"*'),
        ("板-板", '"板 板"*'),
        ("BOE 显示", '"boe"* AND "显示"'),
        ('" OR *', '"or"*'),
        ("", ""),
    ],
)
def test_words_query(query: str, asked: str) -> None:
    assert words_query(query) == asked


def test_exact_query_spans_the_field() -> None:
    assert _shown(exact_query(" 显示 5G ")) == '"| 显示 示 5g |"'


def test_a_query_is_cut_at_the_longest_name() -> None:
    assert words("长" * 1000) == ["长" * 200]
