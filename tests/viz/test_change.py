"""What a landing or an outage changes: who is in the total, and who is not."""

from __future__ import annotations

from typing import Any

import pytest

from graph.analysis.whatif import LeaderChange, SegmentChange, WhatIfAnswer
from tests.viz import made
from viz.fit import ChangePage
from viz.pages import render

STEP = SegmentChange("s-servo", 0.5, 1.0, 0.2, "missing", "weak", ["s-robot", "s-servo"])
TOUCHED = LeaderChange("e-lead", "370211", 1.2, 0.8, [STEP], [])
SAME = LeaderChange("e-2", "370200", 0.3, 0.3, [], [])


def html(lang: str = "zh", **more: Any) -> str:
    facts = {"before": 1.5, "after": 1.1, "leaders": [TOUCHED, SAME], "unplaced": [], "notes": []}
    given = {"event": "lands", "direction": "up"} | facts | more
    answer = WhatIfAnswer(42, "1", {}, "p-1", made.NAMES["p-1"], **given)
    return render(ChangePage(made.frame(lang, "/projects/p-1"), answer, made.NAMES))


def test_the_total_says_whose_it_is() -> None:
    assert "2 家链主合计强度（不含待核实）：1.500 → 1.100" in html()
    assert "没有计入" not in html()
    told = html(unplaced=["e-6"])
    assert "共 3 家链主，其中 1 家不知在哪里，没有计入合计" in told
    assert made.NAMES["e-6"] in told


def test_nobody_asked_is_no_total_of_zero() -> None:
    told = html(before=None, after=None, leaders=[], unplaced=["e-6"], notes=["closed_world"])
    assert "→" not in told.partition("<main")[2]
    assert "没有知道所在区域的链主可问" in told
    assert "共 1 家链主，其中 1 家不知在哪里" in told
    assert "没核实过的环节也当作缺链" in told


def test_many_leaders_without_a_change_are_counted_not_listed() -> None:
    told = html(leaders=[TOUCHED, *[SAME] * 500])
    assert "没有变化的链主 500 家" in told
    assert told.count(made.NAMES["e-2"]) == 20


@pytest.mark.parametrize(
    ("direction", "path"),
    [("up", "伺服电机 → 工业机器人"), ("down", "工业机器人 → 伺服电机")],
)
def test_paths_run_as_asked(direction: str, path: str) -> None:
    assert f'<small class="path">{path}</small>' in html(direction=direction)


def test_every_note_is_worded() -> None:
    for code in ("operating", "lost", "no_offer", "gone", "closed_world"):
        for lang in ("zh", "en"):
            assert '<p class="note">※ ' in html(lang, notes=[code])
