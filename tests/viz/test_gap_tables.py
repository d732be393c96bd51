"""The tables of the workbooks: all rows, names and ids, unknown empty, in words."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.viz import made
from viz.gap_tables import candidate_tables, gap_tables, map_table
from viz.sentences import local_makers
from viz.table import Table


def rows(table: Table) -> list[dict[str, object]]:
    heads = [column.title for column in table.columns]
    return [dict(zip(heads, (c.value for c in row), strict=True)) for row in table.rows]


def test_gaps_by_hand() -> None:
    gaps, waiting, rest = gap_tables(made.GAPS, made.NAMES, "zh")
    assert [r["编号"] for r in rows(gaps)] == made.GAPS.gaps
    assert [r["编号"] for r in rows(waiting)] == ["s-vision", "s-magnet", "s-steel"]
    assert [r["编号"] for r in rows(rest)] == ["s-cable", "s-casting"]
    bearing = rows(gaps)[2]
    assert bearing == {
        "名次": 3,
        "环节": "轴承",
        "编号": "s-bearing",
        "类型": "弱链",
        "标记": "外采、陈旧",
        "关键度": 0.46,
        "短缺": 0.62,
        "强度": 0.46 * 0.62,
        "区间低端": 0.46 * 0.62 * 0.7,
        "区间高端": 0.46 * 0.62 * 1.25,
        "路径": "轴承 → 减速器 → 工业机器人",
        "供应商数": 2,
        "供应商": "济南鲁重轴承有限公司、青岛恒力精密传动有限公司",
        "依据条数": 3,
        "需要它的链主数": None,
        "怎么办": "强链：扶持现有企业扩产，或再引一家",
    }


def test_what_nobody_checked_is_empty_and_what_is_checked_is_zero() -> None:
    gaps, waiting, _ = gap_tables(made.GAPS, made.NAMES, "zh")
    unknown, missing = rows(waiting)[0], rows(gaps)[0]
    assert (unknown["强度"], unknown["短缺"], unknown["供应商数"]) == (None, None, None)
    assert (unknown["区间低端"], unknown["区间高端"]) == (0.0, 0.4)
    assert missing["供应商数"] == 0


def test_a_chain_has_dependents_and_no_interval() -> None:
    segments = [replace(s, interval=None, dependents=2) for s in made.GAPS.segments]
    gaps, _, _ = gap_tables(replace(made.GAPS, segments=segments), made.NAMES, "zh")
    assert {(r["区间低端"], r["区间高端"], r["需要它的链主数"]) for r in rows(gaps)} == {
        (None, None, 2)
    }


def test_candidates_by_hand() -> None:
    local = local_makers(made.SEGMENTS)
    ranked, parts, located = candidate_tables(made.RANK, made.NAMES, local, "zh")
    assert [r["编号"] for r in rows(ranked)] == ["p-2", "p-1", "e-2", "e-3"]
    assert rows(ranked)[1] == {
        "名次": 2,
        "名称": "年产20万台伺服电机项目",
        "编号": "p-1",
        "类别": "项目",
        "得分": 0.18,
        "区间低端": 0.09,
        "区间高端": 0.24,
        "补链贡献": 0.228,
        "降低强度": 0.331,
        "若待核实环节确无：补链贡献": 0.31,
        "关联度": 0.4,
        "联系": 0.5,
        "成熟度": 0.6,
        "为什么": "补“伺服电机”缺口：本区 0 家在产，短缺 1.00 → 0.46，占链主缺口 22.8%",
        "最该补的材料": "补齐“伺服电机”的产能证明可使区间缩小最多",
        "按假设取值": "产能（伺服电机）、可用率",
    }
    assert [r["编号"] for r in rows(located)] == ["e-6"]
    for at, c in enumerate(made.RANK.candidates, 1):
        mine = [r for r in rows(parts) if r["名次"] == at]
        assert [r["环节编号"] for r in mine] == [p.segment for p in c.parts]
        if c.parts:
            assert sum(float(str(r["得分分项"])) for r in mine) == pytest.approx(c.score)
    assert len(candidate_tables(replace(made.RANK, locate_first=[]), made.NAMES, local, "zh")) == 2


def test_the_map_by_hand() -> None:
    found = {r["编号"]: r for r in rows(map_table(made.MAP, made.NAMES, "zh"))}
    assert set(found) == {c.segment for c in made.MAP.cells}
    assert found["s-servo"]["类型"] == "缺链"
    assert (found["s-servo"]["本区企业数"], found["s-servo"]["拟入项目数"]) == (0, 1)
    assert found["s-vision"]["本区企业数"] is None  # nobody looked
    assert found["s-robot"]["类型"] == "自产"
    assert found["s-robot"]["生产它的链主"] == made.NAMES["e-lead"]
    assert (found["s-service"]["类型"], found["s-service"]["上中下游"]) == ("链主不需要", "未分段")


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_no_two_columns_have_one_name(lang: str) -> None:
    tables = [
        *gap_tables(made.GAPS, made.NAMES, lang),
        *candidate_tables(made.RANK, made.NAMES, {}, lang),
        map_table(made.MAP, made.NAMES, lang),
    ]
    for table in tables:
        heads = [column.title for column in table.columns]
        assert len(set(heads)) == len(heads)
        if lang == "en":
            assert not [ch for head in (*heads, table.caption) for ch in head if "一" <= ch <= "鿿"]
