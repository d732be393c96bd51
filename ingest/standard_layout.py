"""The workbook of a standard: its sheets, what each column holds, and how values are spelled."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from math import isfinite, nan
from typing import Literal

from graph.review.fields import FIELDS
from ingest.cells import EXACT_DIGITS, EXCEL_DAYS, FLAGS, Cell, as_text, parse_date
from ingest.report import CellProblem

__all__ = [
    "CUTOFFS",
    "INDICATORS",
    "KEYS",
    "SHEETS",
    "VETOES",
    "Entry",
    "Section",
    "plain",
    "spelled",
    "value_of",
]

Kind = Literal["text", "number", "flag", "date", "word", "names", "ids", "steps", "formula"]
Section = Literal["standard", "indicator", "veto"]

_TRACKS = {"供地": "LAND", "入园": "PARK"}
_HEADS = {
    "科技含量": "technology",
    "产业方向": "direction",
    "人才带动": "talent",
    "亩均效益": "yield",
    "主体与约束": "subject",
}
_CHAIN = {
    "园区定位": "positioning",
    "补链贡献": "gain",
    "关联度": "relatedness",
    "同质化": "crowding",
    "订单": "orders",
}
_FIELDS = {found.zh: name for name, found in FIELDS.items()}
_BY_LENGTH = re.compile("|".join(sorted(map(re.escape, _FIELDS), key=len, reverse=True)))
_CODE = re.compile(r"[a-z][a-z0-9_]*")
_DASH = frozenset("-—–－")
_WHOLE_DAY = re.compile(r"\d{8}|\d{4}\D\d{1,2}\D\d{1,2}日?(?:[T ].*)?")


@dataclass(frozen=True)
class Entry:
    """A column of 指标 and 一票否决, or a line of 标准: its key, name, kind and what to write."""

    key: str
    zh: str
    kind: Kind = "text"
    hint: str = ""
    words: Mapping[str, str] = field(default_factory=dict)
    share: bool = False  # a number that may be shown in percent


KEYS: Sequence[Entry] = (
    Entry("id", "编号", hint="必填;字母、数字、-,新版本沿用同一编号"),
    Entry("version", "版本", hint="必填;新版本写新的版本号"),
    Entry("name", "名称", hint="必填"),
    Entry("park", "园区", hint="园区编号;空 = 全区通用,园中园沿用上级园区的"),
    Entry("industry", "行业", hint="行业代码开头,如 C39;空 = 不限"),
    Entry("track", "供地/入园", "word", "供地 或 入园", _TRACKS),
    Entry("valid_from", "生效", "date", "必填;如 2026-07-01"),
    Entry("valid_to", "失效", "date", "如 2028-12-31;空 = 长期"),
    Entry("document", "批准文件", hint="必填;文号"),
    Entry(
        "based_on",
        "依据标准",
        hint="另一份标准的编号:没写的都照它,指标按编号只写要改的格;一格只写“-”= 去掉它的内容",
    ),
    Entry("drop", "去掉", "ids", "依据标准里不要的指标、否决项编号,用 ; 隔开"),
    Entry("required", "必填字段", "names", "申报必须填的数,用 ; 隔开;可用的见“填写说明”"),
    Entry("priority", "补链优先", "flag", "是 或 否;同等条件下补链主缺口的优先"),
    Entry("note", "备注"),
)
CUTOFFS: Sequence[Entry] = (
    Entry("approve", "通过分数线", "number"),
    Entry("conditional", "附条件分数线", "number"),
    Entry("reject", "不通过分数线", "number"),
    Entry("band", "门槛余地", "number", "硬性门槛差多少仍可附条件,0 到 1", share=True),
    Entry("transfer", "转荐分差", "number", "别的园区高出多少分才转荐"),
)
INDICATORS: Sequence[Entry] = (
    Entry("id", "编号", hint="必填,不重复"),
    Entry("name", "名称", hint="必填"),
    Entry("head", "方面", "word", "、".join(_HEADS), _HEADS),
    Entry(
        "formula",
        "标准公式",
        "formula",
        "用申报字段写,如 总投资 / 用地;标准公式、图谱项、专家打分三者只填一样",
    ),
    Entry("chain", "图谱项", "word", "、".join(_CHAIN), _CHAIN),
    Entry("expert", "专家打分", "flag", "是 = 专家打 1 到 5 分"),
    Entry("unit", "单位", hint="如 万元/亩、元/㎡、%;下面的数都按它写"),
    Entry("weight", "权重", "number", "合计 100;0 = 只作门槛"),
    Entry("minimum", "最低", "number", "硬性门槛;越低越好的是最高"),
    Entry("benchmark", "基准", "number", "达到它得满分"),
    Entry("steps", "分档", "steps", "值:得分比例,由小到大,如 4:0.4;6:0.7;8:1"),
    Entry("lower_is_better", "越低越好", "flag", "是 或 否"),
    Entry("evidence", "证明材料"),
    Entry("source", "来源", hint="数字出自哪份文件第几条"),
    Entry("assumed", "假设", "flag", "是 = 数字没有出处"),
)
VETOES: Sequence[Entry] = (
    Entry("id", "编号", hint="必填,不重复"),
    Entry("name", "名称", hint="必填"),
    Entry("department", "主管部门", hint="必填"),
    Entry("basis", "依据", hint="必填;法规或文件"),
)
SHEETS: Mapping[Section, tuple[str, Sequence[Entry]]] = {
    "standard": ("标准", (*KEYS, *CUTOFFS)),
    "indicator": ("指标", INDICATORS),
    "veto": ("一票否决", VETOES),
}


def plain(text: str) -> str:
    """A header or sheet name as it is compared: no spaces, no *, no difference of width."""
    return re.sub(r"[\s*:]", "", unicodedata.normalize("NFKC", text)).lower()


def spelled(entry: Entry, value: object) -> str | float | None:
    """A value of a standard as its cell shows it; None for an empty cell."""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, float):
        # A workbook keeps 16 digits; a number with more stays exact as text.
        return value if isfinite(value) and float(f"{value:.16g}") == value else repr(value)
    if isinstance(value, date):
        return value.isoformat()
    if entry.kind == "steps" and isinstance(value, Sequence):
        return ";".join(f"{_short(v)}:{_short(share)}" for v, share in value) or None
    if entry.kind == "names" and isinstance(value, Sequence):
        return ";".join(FIELDS[name].zh for name in value) or None
    text = "" if value is None else str(value)
    if entry.kind == "word":
        return {code: word for word, code in entry.words.items()}.get(text, text) or None
    if entry.kind == "formula":
        named = lambda m: FIELDS[m[0]].zh if m[0] in FIELDS else m[0]  # noqa: E731
        return _CODE.sub(named, text) or None
    return text or None


def value_of(entry: Entry, cell: Cell, *, over: bool) -> object:
    """The value in a cell that is not empty.

    `over` = the standard is based on another, where a dash alone takes back what that one says.
    Raises `CellProblem` with a code `standard_cell_…`.
    """
    text = as_text(cell)
    if over and text in _DASH and entry.kind != "flag":
        return _nothing(entry)
    if entry.kind == "number":
        return _number(cell)
    if entry.kind == "flag":
        return _flag(text)
    if entry.kind == "date":
        return _day(cell)
    if entry.kind == "word":
        return _word(text, entry.words)
    if entry.kind == "names":
        return [_word(part, _FIELDS) for part in _parts("[;；,，、]", text)]
    if entry.kind == "ids":
        return _parts("[;；]", text)
    if entry.kind == "steps":
        return _steps(text)
    if isinstance(cell, float) and abs(cell) >= EXACT_DIGITS:
        raise CellProblem("standard_cell_digits")
    if entry.kind == "formula":
        formula = unicodedata.normalize("NFKC", text)
        return _BY_LENGTH.sub(lambda m: _FIELDS[m[0]], formula)
    return text


def _nothing(entry: Entry) -> object:
    if entry.kind in ("names", "ids", "steps"):
        return []
    return None if entry.kind in ("number", "date") else ""


def _number(cell: Cell) -> float:
    try:
        found = float(unicodedata.normalize("NFKC", as_text(cell)))
    except ValueError:
        found = nan
    if not isfinite(found):
        raise CellProblem("standard_cell_number")
    return found


def _flag(text: str) -> bool:
    found = FLAGS.get(unicodedata.normalize("NFKC", text).lower())
    if found is None:
        raise CellProblem("standard_cell_word", known="是、否")
    return found


def _day(cell: Cell) -> date:
    """A whole date: a year alone would begin or end a standard on a day nobody wrote."""
    counted = isinstance(cell, float) and EXCEL_DAYS[0] <= cell <= EXCEL_DAYS[1]
    if not counted and not _WHOLE_DAY.fullmatch(unicodedata.normalize("NFKC", as_text(cell))):
        raise CellProblem("standard_cell_date")
    try:
        return date.fromisoformat(parse_date(cell))
    except CellProblem:
        raise CellProblem("standard_cell_date") from None


def _word(text: str, words: Mapping[str, str]) -> str:
    """The code of a word; the code itself is taken too."""
    bare = unicodedata.normalize("NFKC", text)
    if bare in words.values():
        return bare
    if bare not in words:
        raise CellProblem("standard_cell_word", known="、".join(words))
    return words[bare]


def _parts(marks: str, text: str) -> list[str]:
    return [part.strip() for part in re.split(marks, text) if part.strip()]


def _steps(text: str) -> list[list[float]]:
    pairs = [re.split("[:：]", part) for part in _parts("[;；]", text)]
    try:
        found = [[float(number) for number in pair] for pair in pairs]
    except ValueError:
        found = []
    if not found or not all(len(p) == 2 and isfinite(p[0]) and isfinite(p[1]) for p in found):
        raise CellProblem("standard_cell_steps")
    return found


def _short(number: float) -> str:
    return repr(number).removesuffix(".0")
