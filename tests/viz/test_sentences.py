"""Scores and absences in words, to the letter."""

from __future__ import annotations

from dataclasses import replace

import pytest

from graph.analysis.answers import NarrowBy, WhyNot
from tests.viz.made import ASKED, BOTH, EXPANSION, FIRM, NAMES, SERVO
from viz.sentences import assumed_text, narrow_text, path_text, sentences, why_not_sentences

LOCAL = {"s-servo": 0, "s-ctrl": 1, "s-reducer": 0, "s-bearing": 1}


def test_the_whole_story_in_chinese() -> None:
    assert sentences(SERVO, ASKED, NAMES, local=LOCAL)["zh"] == [
        "补“伺服电机”缺口：本区 0 家在产，短缺 1.00 → 0.46，占链主缺口 22.8%",
        "“伺服电机”：短缺 1.00 → 0.46，得分 0.180；路径 伺服电机 → 工业机器人",
        "得分 0.180 = 补链贡献 22.8% × 修正 0.79（关联度 0.40，联系 0.50，成熟度 0.60）",
        "未知数据取两端时得分在 0.090 与 0.240 之间",
        "补齐“伺服电机”的产能证明可使区间缩小最多",
        "核实后：若待核实环节确无供应，补链贡献为 31.0%",
        "按假设取值：产能（伺服电机）、可用率",
    ]


def test_the_whole_story_in_english() -> None:
    assert sentences(SERVO, ASKED, NAMES, local=LOCAL)["en"] == [
        "Fills the gap '伺服电机': local makers 0, shortage 1.00 → 0.46, 22.8% of the leader's gap",
        "'伺服电机': shortage 1.00 → 0.46, score 0.180; path 伺服电机 → 工业机器人",
        "Score 0.180 = fill 22.8% × modifier 0.79 (relatedness 0.40, tie 0.50, readiness 0.60)",
        "With what is unknown at either end the score is between 0.090 and 0.240",
        "Proof of capacity for '伺服电机' would narrow the interval most",
        "After verification: if the unchecked segments are truly missing, fill is 31.0%",
        "Assumed: capacity (伺服电机), availability",
    ]


def test_several_gaps_name_the_largest_first() -> None:
    told = sentences(BOTH, ASKED, NAMES, local=LOCAL)["zh"]
    assert told[0] == "补“减速器”等 2 个缺口：本区 0 家在产，短缺 0.72 → 0.21，合计占链主缺口 33.1%"
    assert "“轴承”：短缺 0.62 → 0.36，得分 0.062；路径 轴承 → 减速器 → 工业机器人" in told


def test_an_expansion_says_so_and_a_chain_is_no_leader() -> None:
    chain = replace(ASKED, leader=None, chain="robot")
    first = sentences(EXPANSION, chain, NAMES, local=LOCAL)["zh"][0]
    assert first == "扩产补“控制器”缺口：本区 1 家在产，短缺 0.14 → 0.05，占本链缺口 4.0%"


def test_unknown_local_makers_are_left_out_not_zero() -> None:
    first = sentences(SERVO, ASKED, NAMES)["zh"][0]
    assert first == "补“伺服电机”缺口：短缺 1.00 → 0.46，占链主缺口 22.8%"


def test_nothing_to_fill_yet() -> None:
    assert sentences(FIRM, ASKED, NAMES)["zh"][0] == "所供环节都待核实，核实后才能计分"
    bare = replace(FIRM, fill_if_missing=None, narrow_by=None, interval=None, assumed=[])
    assert sentences(bare, ASKED, NAMES)["zh"] == ["现有缺口中没有它能补的"]


@pytest.mark.parametrize(
    ("narrow", "text"),
    [
        (NarrowBy("need", "s-servo"), "问清链主对“伺服电机”的需求量可使区间缩小最多"),
        (NarrowBy("stage", None), "明确项目所处阶段可使区间缩小最多"),
        (NarrowBy("survey", "s-vision"), "核实本区“机器视觉”是否确无可使区间缩小最多"),
        (NarrowBy("weather", None), "补齐“weather”可使区间缩小最多"),
        (None, ""),
    ],
)
def test_narrow_by(narrow: NarrowBy | None, text: str) -> None:
    assert narrow_text("zh", replace(SERVO, narrow_by=narrow), NAMES) == text


def test_paths_run_with_the_goods() -> None:
    path = ["s-robot", "s-reducer", "s-bearing", "s-steel"]
    assert path_text(path, NAMES, "up") == "轴承钢 → 轴承 → 减速器 → 工业机器人"
    assert path_text(["s-robot", "s-cell"], NAMES, "down") == "工业机器人 → 柔性产线"
    assert path_text(["s-robot", "x"], NAMES, "both") == "x – 工业机器人"


def test_assumed_inputs_by_name() -> None:
    told = assumed_text("zh", ["capacity:s-servo", "tie", "odd"], NAMES)
    assert told == "产能（伺服电机）、联系、odd"


@pytest.mark.parametrize(
    ("reason", "zh"),
    [
        ({"code": "not_in_chain", "segments": []}, "甲厂不生产链主需要的任何环节"),
        (
            {"code": "not_in_chain", "segments": ["s-cell", *"abcdefg"]},
            "甲厂不生产链主需要的任何环节（它生产柔性产线、a、b、c、d、e、另有 2 项）",
        ),
        ({"code": "inside_region", "region": "370211"}, "甲厂已在本区，不是招引对象（黄岛区）"),
        ({"code": "closed"}, "甲厂已停业"),
        ({"code": "moved"}, "甲厂已迁出"),
        ({"code": "operating"}, "甲厂已投产，按在产企业计入供应"),
        ({"code": "lost"}, "甲厂已流失"),
        (
            {"code": "unknown_segment", "segments": ["s-vision", "s-steel"]},
            "甲厂所供环节都还待核实，核实后才参与排序（机器视觉、轴承钢）",
        ),
        (
            {"code": "own_project", "project": "p-1"},
            "甲厂有自己的在谈项目供应相同环节，看该项目（年产20万台伺服电机项目）",
        ),
        ({"code": "no_offer"}, "甲厂没有登记拟生产的环节"),
        ({"code": "is_leader"}, "甲厂就是本次提问的链主"),
        ({"code": "no_gain"}, "甲厂所供环节已有足够供应，加入后短缺不变"),
        ({"code": "ranked_lower", "rank": 31, "of": 52}, "甲厂在候选之列，排第 31，共 52 个"),
        ({"code": "brand_new"}, "甲厂不在候选之列（brand_new）"),
    ],
)
def test_why_not(reason: dict[str, object], zh: str) -> None:
    told = why_not_sentences(WhyNot("e", "甲厂", [reason]), NAMES)
    assert told["zh"] == [zh]
    assert len(told["en"]) == 1


def test_locate_first_is_worded() -> None:
    told = why_not_sentences(WhyNot("e", "甲厂", [{"code": "only_locate_first"}]), NAMES)
    assert told["zh"][0].endswith("先查清落位")
    assert told["en"][0].endswith("locate it first")
