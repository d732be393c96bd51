"""The pages of flows and of regions side by side, from answers made here."""

from __future__ import annotations

import io
import re
from dataclasses import replace

import pytest
from openpyxl import load_workbook

from graph.analysis.compare import (
    CompareAnswer,
    ComparedRegion,
    ComparedSegment,
    Diagnostics,
    Host,
    Side,
)
from graph.analysis.diagnostics import Concentration, local_share
from graph.analysis.flows import Flow, FlowsAnswer, LeaderFlow, SegmentFlow
from tests.viz.made import ASKED, NAMES
from viz.compare import ComparePage
from viz.contexts import Frame
from viz.flows import FlowsPage, amount
from viz.pages import render
from viz.report_parts import told
from viz.table import Table
from viz.workbook import workbook


def frame(lang: str = "zh", page: str = "flows") -> Frame:
    return Frame(lang, f"/chains/robot/{page}", {"lang": lang}, chain="robot", leader="e-lead")


def flow(supplier: str, standing: str, segment: str | None, value: float | None) -> Flow:
    region = None if standing == "unlocated" else "370211"
    return Flow(supplier, region, standing, segment, "e-lead", value, None, None, "declared", ())


def flows_page(rows: list[Flow], lang: str = "zh", names=NAMES) -> FlowsPage:  # type: ignore[no-untyped-def]
    def local(some: list[Flow]):  # type: ignore[no-untyped-def]
        return local_share((f.standing == "here", f.value_wan) for f in some)

    segments = list(dict.fromkeys(f.segment for f in rows))
    bought = [
        SegmentFlow(s, local([f for f in rows if f.segment == s]), None, None, None)
        for s in segments
    ]
    answer = FlowsAnswer(
        ASKED, 7, "1", {}, "robot", local(rows), bought, [LeaderFlow("e-lead", local(rows))],
        rows, 0, None,
    )  # fmt: skip
    return FlowsPage(frame(lang), answer, names)


ROWS = [
    flow("e-2", "here", "s-reducer", 300.0),
    flow("e-3", "outside", "s-reducer", 700.0),
    flow("e-6", "unlocated", None, None),
]


def test_the_figures_leave_out_what_has_no_value() -> None:
    html = render(flows_page(ROWS))
    assert "30.0%" in html
    assert "1,000 万元" in html
    assert "1 条 <small>不计入金额和配套率" in html
    assert "未注明环节" in html


def test_only_flows_without_a_value_are_hatched() -> None:
    html = render(flows_page(ROWS))
    ribbons = re.findall(r'<path class="ribbon from-(\w+)"( fill="url\(#hatch\)")?', html)
    assert {tone for tone, hatched in ribbons if hatched} == {"unlocated"}
    assert {tone for tone, hatched in ribbons if not hatched} == {"here", "outside"}


def test_no_value_at_all_is_no_data_and_never_zero() -> None:
    html = render(flows_page([flow("e-2", "here", "s-reducer", None)]))
    assert "0.0%" not in html
    assert "0 万元" not in html
    assert html.count("无数据") >= 2


def test_a_small_amount_is_not_rounded_to_zero() -> None:
    table = flows_page([flow("e-2", "here", "s-reducer", 0.4)]).by_segment
    assert shown(table)[1] == "0.40"
    assert shown(flows_page(ROWS).by_segment)[1] == "1000"


def shown(table: Table) -> list[str]:
    """The first row as it is shown."""
    return [told("zh", c, h) for c, h in zip(table.rows[0], table.columns, strict=True)]


def test_more_than_25_segments_are_said_to_be_more() -> None:
    rows = [flow("e-2", "here", f"s{i}", 100.0 - i) for i in range(30)]
    page = flows_page(rows)
    assert page.hidden == 5
    assert len([b for b in page.picture.boxes if b.column == 1]) == 25
    assert "还有 5 个见下表" in render(page)
    assert len(page.by_segment.rows) == 30


def test_a_long_table_goes_on_in_the_workbook() -> None:
    page = flows_page([flow(f"f{i}", "here", "s-reducer", 1.0) for i in range(320)])
    assert len(page.table.rows) == 300
    assert len(page.whole.rows) == 320
    assert "还有 20 条未列出" in render(page)


def test_no_flows_say_what_to_do() -> None:
    html = render(flows_page([]))
    assert "没有登记供应关系" in html
    assert "/template.xlsx" in html
    assert '<svg class="sankey"' not in html


@pytest.mark.parametrize(
    ("value", "unvalued", "told"),
    [(5.0, 0, "5 万元"), (5.0, 2, "5 万元，另有 2 条金额未知"), (None, 3, "3 条金额未知")],
)
def test_amounts_in_words(value: float | None, unvalued: int, told: str) -> None:
    assert amount("zh", value, unvalued) == told


def side(makers: list[str], lq: float | None, **more) -> Side:  # type: ignore[no-untyped-def]
    base = Side(makers, 1.0, lq, lq, "missing", 0.4)
    return replace(base, **more)


def compare_page(lang: str = "zh", there: int = 1, names=NAMES) -> ComparePage:  # type: ignore[no-untyped-def]
    beside = Diagnostics(Concentration(0, None, None), None, True)
    rows = [
        ComparedSegment(
            "s-servo", 3, side([], 0.8),
            [side(["e-3", "e-5"], 1.6, strength=-1.0, quadrant="opportunity")] * there, beside,
        ),
        ComparedSegment(
            "s-cable", 1, side(["e-4"], 1.2, type="weak", severity=0.1),
            [side([], 0.9, strength=0.4, quadrant="spillover")] * there, beside,
        ),
        ComparedSegment("s-ctrl", 0, side([], None), [side([], None)] * there, beside),
        ComparedSegment(
            "s-vision", 0, side([], 1.0, type="unknown", severity=None),
            [side([], 1.0, type=None, severity=None)] * there, beside,
        ),
    ]  # fmt: skip
    answer = CompareAnswer(
        ASKED, 7, "1", {}, "robot", "firms", 9, 1, 0.25,
        ComparedRegion("370211", 4, 3.0, False),
        [ComparedRegion("370200", 5, None, True)] * there,
        [Host("370200", 5, True)], rows,
    )  # fmt: skip
    return ComparePage(frame(lang, "compare"), answer, names)


def test_an_opportunity_names_whom_to_ask_and_leads_to_candidates() -> None:
    html = render(compare_page())
    assert NAMES["e-3"] in html
    assert "/chains/robot/candidates?lang=zh&amp;segment=s-servo" in html
    assert "最要紧的机会：谁能补“伺服电机”" in html
    assert "区位商都收缩为 1" in html


def test_a_maker_nobody_looked_for_is_no_data_and_a_known_absence_is_zero() -> None:
    rows = {str(r[0].value): [c.value for c in r] for r in compare_page().table.rows}
    assert rows["伺服电机"][3] == 0
    assert rows["伺服电机"][5] == 2
    assert "机器视觉" not in rows  # nothing to say: not verified, and no firm anywhere
    assert compare_page().nowhere(0) == 1  # s-ctrl
    assert "另有 1 个环节没列" in render(compare_page())


def test_both_sides_within_chance_are_both_named() -> None:
    page = compare_page()
    here = replace(page.answer.here, prior=None)
    html = render(replace(page, answer=replace(page.answer, here=here)))
    for name in ("黄岛区", "青岛市"):
        assert f"{name}各环节的差别不比偶然大" in html


def test_regions_left_out_of_the_list_are_counted() -> None:
    page = compare_page(there=0)
    hosts = [Host(f"r{i}", 1, False) for i in range(70)]
    html = render(replace(page, answer=replace(page.answer, hosts=hosts)))
    assert '<p class="quiet">另有 10 项</p>' in html


def test_before_a_choice_there_is_no_picture_but_the_regions_to_choose() -> None:
    html = render(compare_page(there=0))
    assert "先选一个对比区" in html
    assert '<svg class="quadrant"' not in html
    assert "with=370200" in html


def test_the_workbook_says_the_same() -> None:
    page = compare_page()
    book = load_workbook(io.BytesIO(workbook([page.table, page.beside], page.frame, {}, "/x")))
    sheet = book.worksheets[0]
    assert [c.value for c in sheet[2]][:3] == ["伺服电机", "缺链", 0.4]
    assert sheet.max_row == len(page.listed) + 1
