"""Before and after a meeting in words: on the page, in minutes, opinion and workbook."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import date

import pytest
from docx import Document
from openpyxl import load_workbook

from graph.review.account import MeetingAnswer, account
from graph.review.effect import (
    Conclusion,
    Effect,
    Focus,
    Gain,
    Left,
    ParkEffect,
    ParkState,
    ProjectGain,
    SegmentGain,
    Served,
    Standing,
    Turn,
)
from tests.graph.review import meetings as m
from viz.review_docs import Provenance, minutes_docx, opinion_docx, scores_xlsx
from viz.review_effect import effect_lines, effect_view, gains_table, parks_table

GIVEN = Provenance([7], [], "", "", date(2026, 7, 20))
NAMES = {"park": "滨海园", "L": "链主甲", "c": "机器人", "s": "减速器", "t": "工业机器人"}


def state(share: float | None, land: float | None, *lands: str, known: int = 3) -> ParkState:
    ends = None if share is None else (share, share)
    left = {"land_mu": Left(land, ["park"] if land is None else ()), "floor_sqm": Left(900.0, ())}
    return ParkState(Focus(share, ends, known, 3, ()), left, lands)


OPEN = replace(state(None, -5.0, "p2"), focus=Focus(None, (0.4, 0.6), 2, 3, ["p2", "x"]))
PARK = ParkEffect("park", ["c"], state(0.5, 20.0, known=2), state(0.625, 10.0, "p1"), OPEN)
TURN = Turn("single_sourced", "covered", 1, ["s"])
SERVED = Served("L", Standing(2.0, 1.5, 1.996), [TURN], [], ["u"])
GAIN = Gain("L", 0.82, 0.16, [SegmentGain("s", ["t", "s"], 0.82, 0.16)])
EFFECT = Effect(
    9, (2, 2), "panel",
    Conclusion("panel", "safer", (1, 0), [("single_sourced", "covered", 1)], 1, 0, "focused",
               {"focused": 1}),
    SERVED.severity, [SERVED], [replace(SERVED, id="c")], replace(PARK, park="", leading=()),
    [PARK], [ProjectGain("p1", True, [GAIN], ()), ProjectGain("p2", False, None, ())], [],
)  # fmt: skip


@pytest.fixture
def answer() -> MeetingAnswer:
    return account(m.full(), lambda _: True, None, EFFECT)


def test_the_answer_comes_first_and_says_what_it_rests_on() -> None:
    first, *rest = effect_lines(EFFECT, NAMES, "zh")
    assert first == (
        "评审会之后：链条更安全，链主缺口强度合计 2.00 → 1.50（降 0.50，25.0%）；"
        "园区更集中，全区主导产业集聚度 50.0%（已知 2/3 家） → 62.5%。"
    )
    assert rest[0] == "1 家链主降低，0 家升高；不再是缺口的环节 1 处，新成为缺口的 0 处。"
    assert rest[1] == "类型变化：单点→覆盖 1 处。"
    assert rest[2] == "上会园区：更集中 1 个。"
    assert rest[-1].startswith("按图谱版本 9 计算")
    assert not any("已作决定" in line for line in rest)
    partial = effect_lines(replace(EFFECT, decided=(1, 2)), NAMES, "zh")
    assert "已作决定 1 项，共 2 项；评审会一栏只算已决定的。" in partial


def test_a_park_from_state_to_state_and_nothing_unknown_is_0() -> None:
    names = {**NAMES, "p2": "项目乙"}
    _, row = parks_table(EFFECT, names, "zh").rows
    assert [cell.value for cell in row] == [
        "滨海园",
        "50.0%（已知 2/3 家） → 62.5% → 40.0%–60.0%（待补：项目乙）",
        "3 → 3 → 3",
        "20 → 10 → -5（超出）",
        "900 → 900 → 900",
    ]
    unknown = replace(PARK, today=state(None, None, known=0), panel=None, best=state(None, None))
    _, row = parks_table(replace(EFFECT, parks=[unknown]), names, "zh").rows
    assert [cell.value for cell in row][1:4] == [
        "无数据（已知 0/3 家） → 无数据", "3 → 3", "无数据",
    ]  # fmt: skip


def test_a_small_change_is_not_told_as_none() -> None:
    view = effect_view(account(m.full(), lambda _: True, None, EFFECT), NAMES, "zh")
    assert view is not None
    chains, _, leaders = view.tables
    assert [[c.value for c in row] for row in chains.rows][1] == [
        "机器人", 2.0, 1.5, "降 0.50，25.0%", 1.996, "略降", "单点→覆盖 1（减速器）",
    ]  # fmt: skip
    assert len(leaders.rows) == 1
    assert effect_view(account(m.full(), lambda _: True), NAMES, "zh") is None


def test_a_gain_names_leader_and_path_and_one_the_graph_cannot_tell_is_no_data() -> None:
    first, second = (gains_table(gain, NAMES, "zh").rows for gain in EFFECT.projects)
    assert [c.value for c in first[0]] == ["链主甲", "减速器 → 工业机器人", 0.82, 0.16]
    assert [c.value for c in second[0]][2:] == ["无数据", "无数据"]
    assert "无从核算" in str(second[0][0].value)
    (unchecked,) = gains_table(ProjectGain("p3", False, [], ["s"]), NAMES, "zh").rows
    assert [c.value for c in unchecked] == [
        "未核实的环节不计，贡献无从核算：减速器", "", "无数据", "无数据"
    ]  # fmt: skip
    (nothing,) = gains_table(ProjectGain("p4", False, [], ()), NAMES, "zh").rows
    assert [c.value for c in nothing][2:] == [0.0, 0.0]


def test_minutes_opinion_and_workbook_have_it(answer: MeetingAnswer) -> None:
    minutes = Document(io.BytesIO(minutes_docx(answer, NAMES, "zh", GIVEN)))
    told = [p.text for p in minutes.paragraphs]
    assert any(line.endswith("、开会前后") for line in told)
    assert effect_lines(EFFECT, NAMES, "zh")[0] in told
    opinion = Document(io.BytesIO(opinion_docx(answer, answer.projects[0], NAMES, "zh", GIVEN)))
    cells = [[c.text for c in row.cells] for table in opinion.tables for row in table.rows]
    assert ["链主甲", "减速器 → 工业机器人", "82.0%", "16.0%"] in cells
    book = load_workbook(io.BytesIO(scores_xlsx(answer, NAMES, "zh", GIVEN)))
    titles = {sheet.title.partition(" ")[2] for sheet in book}
    assert {"链主前后", "单独贡献与并列贡献", "园区：会前 → 评审会后 → 最优后"} <= titles
    gains = next(sheet for sheet in book if sheet.title.endswith("单独贡献与并列贡献"))
    rows = list(gains.iter_rows(values_only=True))
    assert rows[1] == ("项目p1", "是", "链主甲", "减速器 → 工业机器人", 0.82, 0.16)
    assert rows[2][4:] == ("无数据", "无数据")
    bare = scores_xlsx(replace(answer, effect=None), NAMES, "zh", GIVEN)
    assert not any("贡献" in s.title for s in load_workbook(io.BytesIO(bare)))
