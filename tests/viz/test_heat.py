"""The heat map on the gaps page: rows, shades, links, and what stands for no number."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from graph.analysis.heat import HeatAnswer, HeatCell, HeatHost, HeatRegion, HeatSegment
from tests.viz import made
from tests.viz.checked import Checked
from viz.contexts import GapsPage
from viz.heat import HeatMap, heat_table
from viz.pages import render
from viz.table import Cell

HEAT = HeatAnswer(
    made.ASKED, 42, "1", {},
    [HeatRegion("370211", 5, 1.45, 4, 3), HeatRegion("370200", 9, 0.5, 2, 4)],
    [
        HeatSegment("s-servo", [HeatCell("missing", 0.525), HeatCell("weak", 0.3)]),
        HeatSegment("s-cable", [HeatCell("covered", 0.0), HeatCell(None, None)]),
        HeatSegment("s-vision", [HeatCell("unknown", None), HeatCell("unknown", None)]),
    ],
    [HeatHost("370211", 5, True), *(HeatHost(f"h{n}", 1, False) for n in range(20))],
)  # fmt: skip


def page(
    lang: str = "zh", heat: HeatAnswer = HEAT, names: Mapping[str, str] = made.NAMES
) -> GapsPage:
    frame = made.frame(lang, sheet="/chains/robot/gaps.xlsx?leader=e-lead")
    return GapsPage(frame, made.GAPS, names, made.EVIDENCE, heat=HeatMap(heat))


def row(html: str, segment: str) -> str:
    found = re.search(rf'<th scope="row">{segment}</th>(.*?)</tr>', html, re.S)
    assert found
    return found[1]


def test_every_cell_says_its_number_its_type_and_where_it_leads() -> None:
    html = render(page())
    servo = row(html, "伺服电机")
    assert re.findall(r'class="n level-(\d)"', servo) == ["4", "3"]
    assert re.findall(r">([^<>]*\d\.\d\d)</a>", servo) == ["× 0.53", "△ 0.30"]
    assert re.findall(r'href="([^"]+)"', servo) == [
        "/chains/robot/candidates?leader=e-lead&amp;segment=s-servo&amp;region=370211",
        "/chains/robot/candidates?leader=e-lead&amp;segment=s-servo&amp;region=370200",
    ]
    assert 'aria-label="缺链 0.53"' in servo


def test_unknown_and_not_required_are_no_zero() -> None:
    html = render(page())
    assert row(html, "机器视觉").count('<td class="n hatched">无数据</td>') == 2
    assert "0.00" not in row(html, "机器视觉")
    cable = row(html, "线缆")
    assert "● 0.00" in cable  # known to be enough
    assert cable.count("—") == 1


def test_the_keyboard_can_scroll_the_map() -> None:
    region = next(a for a in Checked(render(page())).all("div") if a.get("role") == "region")
    assert region["tabindex"] == "0"


def test_a_region_of_which_nothing_is_known_has_no_total() -> None:
    column = HeatRegion("370211", 0, None, 0, 3)
    html = render(page(heat=replace(HEAT, regions=[column, HEAT.regions[1]])))
    foot = html.partition("<tfoot>")[2].partition("</tfoot>")[0]
    assert re.findall(r">(\d\.\d\d|—)<", foot) == ["—", "0.50"]


def test_the_worst_forty_are_shown_unless_all_are_asked_for() -> None:
    many = [replace(HEAT.segments[0], segment=f"s{n}") for n in range(53)]
    answer = replace(HEAT, segments=many)
    assert [r.segment for r in HeatMap(answer).rows] == [f"s{n}" for n in range(40)]
    html = render(page(heat=answer))
    assert "还有 13 个环节未显示" in html
    assert "heat=all#heat" in html
    whole = HeatMap(answer, whole=True)
    assert (len(whole.rows), whole.hidden) == (53, 0)


def test_what_is_chosen_can_be_unchosen() -> None:
    shown = HeatMap(HEAT)
    offered = {region: chosen for region, _, chosen in shown.offered}
    assert {r for r, chosen in offered.items() if chosen} == {"370211", "370200"}
    assert len(offered) == 19  # eighteen hosts, and the city that is none of them
    assert shown.unlisted == 3


def test_links_keep_the_regions() -> None:
    frame = made.frame(query={"leader": "e-lead", "regions": "370211,370200"})
    html = render(replace(page(), frame=frame))
    query = "leader=e-lead&amp;regions=370211%2C370200"
    assert f'href="/chains/robot/gaps?{query}&amp;region=370200"' in html
    assert f'href="/api/v1/heat?{query}"' in html
    assert 'href="/chains/robot/gaps?leader=e-lead#heat"' in html  # back to the city's own


def test_the_table_holds_every_row() -> None:
    table = heat_table(HEAT, made.NAMES, "zh")
    assert [c.title for c in table.columns] == [
        "环节", "编号", "黄岛区：强度", "黄岛区：类型", "青岛市：强度", "青岛市：类型",
    ]  # fmt: skip
    values = [[cell.value for cell in cells] for cells in table.rows]
    assert values == [
        ["伺服电机", "s-servo", 0.525, "缺链", 0.3, "弱链"],
        ["线缆", "s-cable", 0.0, "覆盖", None, "链主不需要"],
        ["机器视觉", "s-vision", None, "未知", None, "未知"],
    ]
    assert table.rows[0][0] == Cell("伺服电机")
