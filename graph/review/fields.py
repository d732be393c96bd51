"""What an application may say, in which unit: the words that formulas are made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from graph.review.units import Unit, unit_of

__all__ = ["FIELDS", "Field", "units"]


@dataclass(frozen=True)
class Field:
    """A number of an application; `area` says which area its ㎡ or 亩 is."""

    name: str
    zh: str
    en: str
    unit: str
    area: str = "land"


FIELDS: Mapping[str, Field] = {
    field.name: field
    for field in (
        Field("investment_wan", "总投资", "total investment", "万元"),
        Field("fixed_wan", "固定资产投资", "fixed investment", "万元"),
        Field("land_mu", "用地", "land", "亩"),
        Field("floor_sqm", "建筑面积", "floor area", "㎡", "floor"),
        Field("output_wan", "年产值", "output a year", "万元"),
        Field("revenue_wan", "年营业收入", "revenue a year", "万元"),
        Field("tax_wan", "年税收", "tax a year", "万元"),
        Field("rd_wan", "年研发费用", "research spending a year", "万元"),
        Field("rd_ratio", "研发投入占比", "research spending by revenue", ""),
        Field("energy_tce", "年综合能耗", "energy a year", "tce"),
        Field("jobs", "就业人数", "jobs", "人"),
        Field("rd_jobs", "研发人员", "research staff", "人"),
        Field("senior_jobs", "硕士以上或高级职称人员", "master's degree or senior title", "人"),
        Field("patents", "有效发明专利", "invention patents in force", "件"),
        Field("build_months", "建设周期", "months to build", "月"),
        Field("orders_wan", "订单与意向金额", "orders and letters of intent", "万元"),
        Field("trl", "技术成熟度", "technology readiness level", "级"),
    )
}


def units() -> Mapping[str, Unit]:
    """The unit of every field."""
    return {name: unit_of(field.unit, field.area) for name, field in FIELDS.items()}
