"""A small standard whose every number can be checked by hand, and applications to it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

from graph.review.scoring import Application
from graph.review.standard import Indicator, Standard, Veto

DAY = date(2026, 7, 1)

INVESTMENT = Indicator(
    "investment-per-mu", "投资强度", "yield", "万元/亩", "investment_wan / land_mu",
    weight=30.0, benchmark=350.0, minimum=280.0, source="s",
)  # fmt: skip
TAX = Indicator(
    "tax-per-mu", "亩均税收", "yield", "万元/亩", "tax_wan / land_mu", weight=10.0,
    benchmark=25.0, minimum=20.0, source="s",
)  # fmt: skip
RESEARCH = Indicator(
    "rd-ratio", "研发投入强度", "technology", "%", "rd_ratio", weight=20.0, benchmark=4.0,
    evidence="审计报告", source="s",
)  # fmt: skip
GAIN = Indicator("gain", "补链贡献", "direction", chain="gain", weight=20.0, assumed=True)
EXPERT = Indicator("team", "团队", "talent", expert=True, weight=15.0, assumed=True)
MONTHS = Indicator(
    "build-months", "建设周期", "subject", "月", "build_months", weight=5.0,
    lower_is_better=True, steps=((12.0, 1.0), (18.0, 0.8), (30.0, 0.5)), source="s",
)  # fmt: skip
STANDARD = Standard(
    "s1", "2026.1", "标准", "LAND", date(2026, 1, 1), "文件",
    indicators=(RESEARCH, GAIN, EXPERT, INVESTMENT, TAX, MONTHS),
    vetoes=(Veto("v-red", "红线", "自然资源", "法"),),
    required=("investment_wan", "land_mu"),
)  # fmt: skip

GOOD = Application(
    "p1", "示例项目", "park", own_site=True,
    numbers={
        "investment_wan": 14_000.0, "land_mu": 40.0, "tax_wan": 1_000.0, "rd_ratio": 0.04,
        "build_months": 12.0,
    },
    vetoes={"v-red": True},
    votes={"team": (4, 5, 5)},
    chain={"gain": 0.9},
)  # fmt: skip


def with_numbers(given: Application, **changes: float | None) -> Application:
    """With numbers changed, or taken out by None."""
    merged: dict[str, Any] = {**given.numbers, **changes}
    return replace(given, numbers={k: v for k, v in merged.items() if v is not None})
