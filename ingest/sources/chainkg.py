"""ChainKnowledgeGraph: listed firms, what they sell, and what products are made of.

Its traps: codes with and without a suffix (firms join on the six digits), the same code under an
old and a new name, `location` is the exchange and no place, `rel_weight` is no share and is not
used, accounting lines among the products, products made of themselves, damaged characters.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from graph.errors import FileRefused
from graph.tables import TABLES
from ingest.cells import Cell
from ingest.columns import Grid
from ingest.guard import Limits
from ingest.report import RowError
from ingest.sources.listed import digits, grid, regions, regions_grid

__all__ = ["NAME", "files", "read"]

NAME = "ChainKnowledgeGraph"
FILES = ("company.json", "company_product.json", "product_product.json")
_CITED = ("source", "grade")
# Lines of an income statement that stand among the products.
ACCOUNTING = frozenset(
    [
        "平衡项目",
        "分部间抵销",
        "分部间抵消",
        "内部抵销",
        "内部抵消",
        "抵销",
        "抵消",
        "调整项目",
        "其他",
        "其它",
        "其他业务",
        "其它业务",
        "其他(补充)",
        "其他业务(补充)",
        "其他主营业务",
        "主营业务",
        "合计",
        "小计",
        "总计",
        "减:内部抵销",
        "内部抵销数",
        "合并抵销",
        "公司内各业务部门相互抵销",
        "公司内行业间相互抵减",
        "其他产品",
        "其他收入",
        "其他行业",
    ]
)
_Line = tuple[int, dict[str, Any]]


def files(folder: Path) -> list[Path]:
    """The layout's files when the folder is one, else nothing."""
    found = [folder / name for name in FILES]
    return found if all(path.is_file() for path in found) else []


def read(folder: Path, limits: Limits) -> tuple[list[Grid], list[RowError]]:
    """Firms with their region, segments, inputs and what firms make; refused lines are named."""
    errors: list[RowError] = []
    firms, sold, parts = (_lines(path, limits, errors) for path in files(folder))
    sold = list(_kept("company_product.json", sold, errors, _sold_fault))
    parts = list(_kept("product_product.json", parts, errors, _part_fault))
    codes = {digits(r["code"]) for _, r in firms}
    where = {c: r for c, r in regions(folder).items() if c in codes}
    names = ["id", "name", "short_name", "region", *_CITED]
    grids = [
        regions_grid(folder, where),
        grid("company.json", "enterprises", names, _firms(firms, where)),
        grid("product_product.json", "segments", ["id", "name"], _segments(sold, parts)),
        grid("product_product.json", "inputs", ["input", "output", *_CITED], _inputs(parts)),
        grid("company_product.json", "produces", ["enterprise", "segment", *_CITED], _made(sold)),
    ]
    return grids, errors


def _lines(path: Path, limits: Limits, errors: list[RowError]) -> list[_Line]:
    if path.stat().st_size > limits.file_bytes:
        raise FileRefused("file_too_large", file=path.name, limit=limits.file_bytes >> 20)
    found: list[_Line] = []
    for number, raw in enumerate(path.read_bytes().split(b"\n"), 1):
        if raw.strip():
            try:
                found.append((number, json.loads(raw)))
            except ValueError:
                errors.append(
                    _error(path.name, number, "", raw[:80].decode("utf-8", "replace"), "bad_json")
                )
    return found


def _kept(
    file: str,
    lines: list[_Line],
    errors: list[RowError],
    fault: Callable[[dict[str, Any]], tuple[str, str, str]],
) -> Iterator[_Line]:
    for number, row in lines:
        header, value, code = fault(row)
        if code:
            errors.append(_error(file, number, header, value, code))
        else:
            yield number, row


def _sold_fault(row: dict[str, Any]) -> tuple[str, str, str]:
    name = str(row.get("product_name", "")).strip()
    if not digits(row.get("company_code")):
        return "company_code", str(row.get("company_code")), "bad_listing_code"
    plain = name.replace("（", "(").replace("）", ")")
    code = "accounting_line" if plain in ACCOUNTING else _name_fault(name)
    return "product_name", name, code


def _part_fault(row: dict[str, Any]) -> tuple[str, str, str]:
    a, b = (str(row.get(k, "")).strip() for k in ("from_entity", "to_entity"))
    code = _name_fault(a) or _name_fault(b) or ("made_of_itself" if a == b else "")
    return "to_entity", b, code


def _name_fault(name: str) -> str:
    if not name:
        return "no_name"
    return "damaged_name" if "\ufffd" in name else ""


def _firms(firms: list[_Line], where: dict[str, str]) -> Iterator[tuple[int, list[Cell]]]:
    for number, r in firms:
        code = digits(r["code"])
        yield (
            number,
            [code, r["fullname"], r["name"], where.get(code, ""), f"{NAME} company.json", ""],
        )


def _segments(sold: list[_Line], parts: list[_Line]) -> Iterator[tuple[int, list[Cell]]]:
    seen = set[str]()
    for lines, names in ((sold, ("product_name",)), (parts, ("from_entity", "to_entity"))):
        for number, r in lines:
            for name in (r[k].strip() for k in names):
                if name not in seen:
                    seen.add(name)
                    yield number, [name, name]


def _inputs(parts: list[_Line]) -> Iterator[tuple[int, list[Cell]]]:
    """`from` names `to` as its upstream material: the material is the input."""
    source = f"{NAME} product_product.json"
    for number, r in parts:
        yield number, [r["to_entity"].strip(), r["from_entity"].strip(), source, "inferred"]


def _made(sold: list[_Line]) -> Iterator[tuple[int, list[Cell]]]:
    for number, r in sold:
        code = digits(r["company_code"])
        yield number, [code, r["product_name"].strip(), f"{NAME} company_product.json", ""]


def _error(file: str, row: int, header: str, value: str, code: str) -> RowError:
    table = TABLES["produces" if "company_product" in file else "inputs"].zh[0]
    return RowError(file, table, row, "", header, value, code, {})
