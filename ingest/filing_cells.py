"""What applications say, cell by cell: the same columns for the workbook and for the form."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from graph.model import Value
from graph.review.fields import FIELDS
from graph.review.filing import TEXTS, Content
from graph.tables import Column, Kind, Table
from ingest.cells import Cell, as_text
from ingest.columns import Grid, Heading
from ingest.numbers import UNITS
from ingest.report import RowError
from ingest.rows import Row, parse_rows

__all__ = [
    "GROUPS",
    "LINES",
    "LONGEST",
    "SHEET",
    "VETO",
    "Read",
    "cells_of",
    "merged",
    "read_grid",
    "table",
]

SHEET = "项目申报"
VETO = "veto:"  # before the id of a ground
LONGEST = 4_000  # characters of a text
_NAMED = 200  # characters of a line
LINES = ("name", "applicant", "industry", "uscc", "introduced_by", "contact")
_ZH: Mapping[str, str] = {
    "name": "项目名称",
    "applicant": "申报主体",
    "industry": "行业代码",
    "own_site": "需独立用地",
    "uscc": "统一社会信用代码",
    "shareholders": "股东与实际控制人",
    "products": "主要产品",
    "technology": "核心技术与来源",
    "platforms": "研发平台",
    "talent": "人才团队",
    "environment": "环境影响与措施",
    "safety": "安全生产条件",
    "phases": "分期建设计划",
    "orders": "订单与配套意向",
    "introduced_by": "引荐单位",
    "contact": "联系人与电话",
}
GROUPS: Mapping[str, Sequence[str]] = {
    "subject": ("applicant", "uscc", "shareholders", "introduced_by", "contact"),
    "project": ("name", "industry", "products"),
    "land": ("land_mu", "floor_sqm", "own_site"),
    "returns": ("investment_wan", "fixed_wan", "output_wan", "revenue_wan", "tax_wan"),
    "technology": ("rd_wan", "rd_ratio", "patents", "trl", "technology", "platforms"),
    "talent": ("jobs", "rd_jobs", "senior_jobs", "talent"),
    "safety": ("energy_tce", "environment", "safety"),
    "phases": ("build_months", "phases"),
    "orders": ("orders_wan", "orders"),
}
_HIGH = {"rd_ratio": 1.0, "trl": 9.0}
# Units that the imports' reader has no table for: how a cell may spell them.
_COUNTED = {"件": "件|项|个", "月": "个月|月", "级": "级"}
_WRITTEN = re.compile(r"\s*([+-]?[\d,]*\.?\d+)\s*(.*?)\s*")


@dataclass(frozen=True)
class Read:
    """One row: where it stood, and what its columns say; a column without a value is unknown."""

    sheet: str
    row: int
    values: Mapping[str, Value]
    columns: Mapping[str, str]  # letters of the columns that are there, by field


def table(vetoes: Mapping[str, str]) -> Table:
    """The columns, with one for each ground (id -> name) on which a project may not come."""
    known = [*GROUPS["project"], *GROUPS["subject"]]
    known += [n for group, names in GROUPS.items() if group not in ("project", "subject")
              for n in names]  # fmt: skip
    known += [name for name in FIELDS if name not in known]
    grounds = [
        Column(VETO + id, (f"是否存在：{' '.join(name.split())}",), Kind.FLAG)
        for id, name in vetoes.items()
    ]
    columns = [Column("id", ("编号",)), *(_column(name) for name in known), *grounds]
    return Table("filings", (SHEET,), tuple(columns), ("id",))


def read_grid(grid: Grid, lines: Collection[str] = LINES) -> tuple[list[Read], list[RowError]]:
    """Every row whose cells can be taken, and an error for each cell that cannot.

    `lines` = the columns whose texts are one short line.
    """
    columns = [h.column for h in grid.headings]
    rows = [
        (number, [_cleaned(c, cell, lines) for c, cell in _paired(columns, cells)])
        for number, cells in grid.rows
    ]
    found, errors = parse_rows([replace(grid, rows=rows)])
    errors = [_both_readings(grid.headings, e) for e in errors]
    for row in found:
        errors += _too_long(row, lines)
    wrong = {e.row for e in errors}
    kept = [r for r in found if r.number not in wrong]
    return [Read(r.sheet, r.number, r.values, r.letters) for r in kept], errors


def merged(read: Read, old: Content | None) -> Content:
    """What an application says after a row: columns that are not there leave it as it was."""
    before = old or Content("", "")
    said = {name: read.values.get(name) for name in read.columns}
    texts = {**before.texts, **{n: said[n] for n in TEXTS if n in said}}
    numbers = {**before.numbers, **{n: said[n] for n in FIELDS if n in said}}
    grounds = {n.removeprefix(VETO): v for n, v in said.items() if n.startswith(VETO)}
    vetoes = {**before.vetoes, **{n: None if v is None else not v for n, v in grounds.items()}}
    own_site = said.get("own_site", before.own_site)
    return Content(
        str(said.get("name") or before.name),
        str(said.get("applicant") or before.applicant),
        str(said.get("industry") or "") if "industry" in said else before.industry,
        None if own_site is None else bool(own_site),
        {n: float(v) for n, v in numbers.items() if isinstance(v, (int, float))},
        {n: str(v) for n, v in texts.items() if v},
        {n: v for n, v in vetoes.items() if v is not None},
    )


def cells_of(content: Content) -> Mapping[str, Cell]:
    """An application as the values of its columns; what it does not say is not there."""
    found: dict[str, Cell] = {"name": content.name, "applicant": content.applicant}
    found |= {"industry": content.industry or None, "own_site": content.own_site}
    found |= {**content.numbers, **content.texts}
    found |= {VETO + id: not passed for id, passed in content.vetoes.items()}
    return {name: cell for name, cell in found.items() if cell is not None}


def _column(name: str) -> Column:
    if name in FIELDS:
        field = FIELDS[name]
        high = _HIGH.get(name)
        return Column(name, (field.zh,), Kind.NUMBER, unit=field.unit, low=0, high=high)
    kind = Kind.FLAG if name == "own_site" else Kind.TEXT
    return Column(name, (_ZH[name],), kind, required=name in ("name", "applicant"))


def _paired(
    columns: Sequence[Column | None], cells: Sequence[Cell]
) -> list[tuple[Column | None, Cell]]:
    beyond: list[Column | None] = [None] * max(len(cells) - len(columns), 0)
    return list(zip([*columns, *beyond], cells, strict=False))


def _cleaned(column: Column | None, cell: Cell, lines: Collection[str]) -> Cell:
    """Texts without what nobody sees, counts without their unit."""
    if not isinstance(cell, str) or column is None:
        return cell
    if column.kind == Kind.NUMBER and column.unit in _COUNTED:
        return re.sub(rf"(?<=\d)\s*(?:{_COUNTED[column.unit]})\s*$", "", cell)
    if column.name in lines:
        cell = " ".join(cell.split())
    text = cell.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(c for c in text if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cs"))


def _both_readings(headings: Sequence[Heading], error: RowError) -> RowError:
    """A number in a unit that is not the column's may be meant either way: nobody guesses."""
    written = _WRITTEN.fullmatch(unicodedata.normalize("NFKC", error.value))
    if error.code != "bad_unit" or written is None:
        return error
    column = next(h.column for h in headings if h.column and h.text == error.header)
    kept = column.unit or "1"
    facts = {
        **error.facts,
        "known": "、".join(UNITS.get(column.unit, {})) or kept,
        "kept": kept,
        "as_cell": f"{written[1]} {written[2]}",
        "as_column": f"{written[1]} {kept}",
    }
    return replace(error, code="filing_unit", facts=facts)


def _too_long(row: Row, lines: Collection[str]) -> list[RowError]:
    found = []
    for name, value in row.values.items():
        limit = _NAMED if name in lines else LONGEST
        if isinstance(value, str) and len(as_text(value)) > limit:
            facts = {"limit": limit, "length": len(value)}
            found.append(row.error(name, "filing_long", **facts))
    return found
