"""The one specification of the documented tables: columns, Chinese names, units, types and keys.

Template, header map, validation, store vocabulary and help are all read off this file; adding a
column here adds it everywhere.  `zh` lists the Chinese header first, accepted synonyms after it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

__all__ = ["EVIDENCE_COLUMNS", "TABLES", "Column", "Kind", "Table"]


class Kind(StrEnum):
    """What a cell holds."""

    TEXT = "text"
    LIST = "list"  # several texts in one cell, separated by ;
    NUMBER = "number"
    FLAG = "flag"
    DATE = "date"
    CHOICE = "choice"


@dataclass(frozen=True)
class Column:
    """One column: its field name, its Chinese headers, its type and what a valid cell is.

    `unit` is the unit numbers are kept in; `low`/`high` bound a number, `above` says that the lower
    bound itself is out; `refers` names the table whose rows the cell points at, `plain` that a
    reference which finds nobody stays plain text; `words` maps accepted words to the kept one.
    """

    name: str
    zh: tuple[str, ...]
    kind: Kind = Kind.TEXT
    required: bool = False
    unit: str = ""
    low: float | None = None
    high: float | None = None
    above: bool = False
    refers: str = ""
    plain: bool = False
    words: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Table:
    """One table: its sheet names, its columns and which of them identify a row.

    A table with a `label` makes nodes; one with a `relation` makes relations from the first key
    column to the second, with the third (if any) as the key among parallel relations.
    """

    name: str
    zh: tuple[str, ...]
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    label: str = ""
    relation: str = ""

    def column(self, name: str) -> Column:
        """The column called `name`; `KeyError` when the table has none."""
        return {c.name: c for c in self.columns}[name]

    @property
    def names(self) -> tuple[str, ...]:
        """Field names in order."""
        return tuple(c.name for c in self.columns)

    @property
    def required(self) -> tuple[str, ...]:
        """Field names that every row must fill."""
        return tuple(c.name for c in self.columns if c.required)


def _ref(name: str, table: str, *zh: str, required: bool = False, plain: bool = False) -> Column:
    return Column(name, zh, refers=table, required=required, plain=plain)


def _refs(name: str, table: str, *zh: str) -> Column:
    return Column(name, zh, Kind.LIST, refers=table)


def _amount(name: str, unit: str, *zh: str) -> Column:
    return Column(name, zh, Kind.NUMBER, unit=unit, low=0)


def _ratio(name: str, *zh: str, above: bool = False) -> Column:
    return Column(name, zh, Kind.NUMBER, low=0, high=1, above=above)


def _choice(name: str, zh: tuple[str, ...], required: bool = False, **words: str) -> Column:
    """A closed word list: `code="词;别的词"`."""
    table = {w: code for code, spelled in words.items() for w in (code, *spelled.split(";"))}
    return Column(name, zh, Kind.CHOICE, required=required, words=MappingProxyType(table))


_ID = Column("id", ("编号", "代码", "编码", "id"), required=True)
_ENVIRONMENT = _choice(
    "environment_class", ("环境类别", "环保类别"), A="A类;一类", B="B类;二类", C="C类;三类"
)
# Beyond the agreed columns: 四新经济 (or one of 新技术, 新产业, 新业态, 新模式), 标杆企业, …
_TAGS = Column("tags", ("标签", "企业标签", "项目标签"), Kind.LIST)
_CAPACITY = Column("capacity", ("产能", "供给能力", "拟建产能"), Kind.NUMBER, low=0)
_AVAILABILITY = _ratio("availability", "可用率", "供货可靠度")

EVIDENCE_COLUMNS = (
    Column("source", ("来源", "资料来源", "数据来源")),
    Column("locator", ("出处", "位置", "页码")),
    Column("as_of", ("数据日期", "截至日期", "日期"), Kind.DATE),
    _choice(
        "grade", ("等级", "证据等级"), verified="已核实;核实", declared="申报;公开", inferred="推断"
    ),
    _ratio("confidence", "置信度", "可信度"),
)


def _name(*synonyms: str) -> Column:
    return Column("name", ("名称", *synonyms), required=True)


_ALL = (
    Table(
        "regions",
        ("区域", "行政区划"),
        (
            _ID,
            _name("区域名称"),
            _choice(
                "level",
                ("级别", "层级"),
                country="国家",
                province="省;省级;直辖市",
                city="市;地级市;市级",
                county="区县;县;区;县级",
                zone="园区;开发区;功能区",
            ),
            _ref("parent", "regions", "上级区域", "上级"),
        ),
        ("id",),
        label="Region",
    ),
    Table("chains", ("产业链",), (_ID, _name("产业链名称")), ("id",), label="Chain"),
    Table(
        "segments",
        ("环节", "产业链环节"),
        (
            _ID,
            _name("环节名称"),
            _ref("chain", "chains", "所属产业链", "产业链"),
            _choice(
                "stage", ("位置", "上中下游"), upstream="上游", midstream="中游", downstream="下游"
            ),
            Column("unit", ("计量单位", "单位")),
            Column("aliases", ("别名",), Kind.LIST),
            _ref("parent", "segments", "上级环节"),
            Column("description", ("说明", "描述")),
        ),
        ("id",),
        label="Segment",
    ),
    Table(
        "inputs",
        ("投入", "投入关系"),
        (
            _ref("input", "segments", "投入环节", "上游环节", required=True),
            _ref("output", "segments", "产出环节", "下游环节", required=True),
            _ratio("weight", "权重", "投入权重", above=True),
            _choice("weight_kind", ("权重类型",), cost_share="成本占比", technical="技术系数"),
        ),
        ("input", "output"),
        relation="INPUT_OF",
    ),
    Table(
        "enterprises",
        ("企业", "企业名录"),
        (
            Column("id", ("编号", "企业编号", "id")),
            Column("uscc", ("统一社会信用代码", "信用代码")),
            _name("企业名称", "公司名称", "单位名称"),
            _ref("region", "regions", "所在区域", "区域", "所在地"),
            _refs("leads", "chains", "链主所属产业链", "链主"),
            _choice(
                "size",
                ("规模", "企业规模"),
                large="大型;大;大型企业",
                medium="中型;中;中型企业",
                small="小型;小;小型企业",
                micro="微型;微;微型企业",
            ),
            Column("industry", ("行业代码", "国民经济行业")),
            _amount("revenue_wan", "万元", "营业收入", "营收"),
            _amount("industrial_revenue_wan", "万元", "工业营业收入", "工业收入"),
            _amount("purchases_wan", "万元", "采购额", "年采购额"),
            _amount("employees", "人", "员工人数", "从业人数"),
            Column("founded", ("成立日期", "注册日期"), Kind.DATE),
            _choice(
                "status",
                ("状态", "经营状态"),
                active="在营;存续;在业",
                closed="停业;注销;吊销",
                moved="迁出;已迁出",
            ),
            Column("short_name", ("简称", "企业简称")),
            Column("aliases", ("别名", "曾用名"), Kind.LIST),
            _TAGS,
        ),
        ("id",),
        label="Enterprise",
    ),
    Table(
        "produces",
        ("生产", "企业产品"),
        (
            _ref("enterprise", "enterprises", "企业", "企业名称", required=True),
            _ref("segment", "segments", "环节", "产品", required=True),
            _CAPACITY,
            _AVAILABILITY,
            _ratio("importance", "重要度", "产品重要度", above=True),
        ),
        ("enterprise", "segment"),
        relation="PRODUCES",
    ),
    Table(
        "supplies",
        ("供应", "供应关系"),
        (
            _ref("supplier", "enterprises", "供应商", "供方", required=True),
            _ref("buyer", "enterprises", "采购方", "需方", required=True),
            _ref("segment", "segments", "环节", "产品"),
            _ratio("share", "采购占比", "占比"),
            _amount("value_wan", "万元", "供应额", "采购金额"),
            Column("since", ("起始日期", "合作起始"), Kind.DATE),
        ),
        ("supplier", "buyer", "segment"),
        relation="SUPPLIES",
    ),
    Table(
        "invests",
        ("投资", "股权投资"),
        (
            _ref("investor", "enterprises", "投资方", "股东", required=True),
            _ref("enterprise", "enterprises", "被投企业", "企业", required=True),
            _ratio("share", "持股比例", "占比"),
        ),
        ("investor", "enterprise"),
        relation="INVESTS_IN",
    ),
    Table(
        "needs",
        ("需求", "链主需求"),
        (
            _ref("leader", "enterprises", "链主", "企业", required=True),
            _ref("segment", "segments", "环节", "产品", required=True),
            Column("need", ("需求量", "年需求量"), Kind.NUMBER, required=True, low=0, above=True),
        ),
        ("leader", "segment"),
        relation="NEEDS",
    ),
    Table(
        "surveys",
        ("调查", "核实记录"),
        (
            _ref("region", "regions", "区域", required=True),
            Column("as_of", ("调查日期", "核实日期", "日期"), Kind.DATE, required=True),
            _ref("chain", "chains", "产业链"),
            _ref("segment", "segments", "环节"),
        ),
        ("region", "as_of", "chain", "segment"),
        label="Survey",
    ),
    Table(
        "parks",
        ("园区", "园区名录"),
        (
            _ID,
            _name("园区名称"),
            _ref("region", "regions", "所在区域", "区域"),
            _ref("parent", "parks", "上级园区"),
            Column("operator", ("运营单位", "运营商")),
            _amount("land_free_mu", "亩", "可用土地", "剩余土地"),
            _amount("floor_free_sqm", "㎡", "可用建筑面积", "剩余厂房"),
            _amount("load_kn_sqm", "kN/㎡", "楼面荷载", "荷载"),
            _amount("height_m", "m", "层高"),
            _amount("power_kva", "kVA", "可用电力", "供电容量"),
            _amount("water_t_day", "t/d", "可用供水", "供水能力"),
            _ENVIRONMENT,
            Column("zoning", ("允许行业", "准入行业"), Kind.LIST),
            _refs("negative_list", "segments", "负面清单"),
        ),
        ("id",),
        label="Park",
    ),
    Table(
        "positioning",
        ("园区定位", "定位"),
        (
            _ref("park", "parks", "园区", required=True),
            _ref("segment", "segments", "环节", required=True),
            _ratio("weight", "权重", above=True),
        ),
        ("park", "segment"),
        relation="POSITIONED_ON",
    ),
    Table(
        "tenants",
        ("入园企业", "园区企业"),
        (
            _ref("park", "parks", "园区", required=True),
            _ref("enterprise", "enterprises", "企业", required=True),
        ),
        ("enterprise", "park"),
        relation="TENANT_OF",
    ),
    Table(
        "projects",
        ("项目", "在谈项目"),
        (
            _ID,
            _name("项目名称"),
            _ref("applicant", "enterprises", "申报单位", "投资主体", "企业名称", plain=True),
            _ref("region", "regions", "所在区域", "区域"),
            _ref("park", "parks", "申请园区", "园区"),
            _choice(
                "stage",
                ("阶段", "项目阶段"),
                lead="线索",
                in_talks="在谈",
                under_review="待评审;评审中",
                signed="已签约;签约",
                building="在建",
                operating="投产;已投产",
                lost="流失;终止",
            ),
            _amount("investment_wan", "万元", "总投资", "投资额"),
            _amount("land_mu", "亩", "用地", "用地面积"),
            _amount("floor_sqm", "㎡", "建筑面积", "所需厂房"),
            _amount("output_wan", "万元", "年产值", "达产产值"),
            _amount("revenue_wan", "万元", "年营业收入", "年营收"),
            _amount("tax_wan", "万元", "年税收", "税收"),
            _amount("energy_tce", "tce", "年综合能耗", "能耗"),
            _ratio("rd_ratio", "研发投入占比", "研发强度"),
            _amount("jobs", "人", "就业人数", "带动就业"),
            Column("industry", ("行业代码", "国民经济行业")),
            Column("own_site", ("需独立用地", "自有场地"), Kind.FLAG),
            Column("relocates", ("整体搬迁", "迁建"), Kind.FLAG),
            _amount("need_load_kn_sqm", "kN/㎡", "荷载需求"),
            _amount("need_height_m", "m", "层高需求"),
            _amount("need_power_kva", "kVA", "用电需求"),
            _amount("need_water_t_day", "t/d", "用水需求"),
            _ENVIRONMENT,
            _TAGS,
        ),
        ("id",),
        label="Project",
    ),
    Table(
        "offers",
        ("拟生产", "项目产品"),
        (
            _ref("project", "projects", "项目", required=True),
            _ref("segment", "segments", "环节", "产品", required=True),
            _CAPACITY,
            _AVAILABILITY,
        ),
        ("project", "segment"),
        relation="OFFERS",
    ),
)

TABLES: Mapping[str, Table] = MappingProxyType({t.name: t for t in _ALL})
