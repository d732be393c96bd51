"""ChainKnowledgeGraph: listed firms, what they sell, and what products are made of.

Its traps: codes with and without a suffix (firms join on the six digits), the same code under an
old and a new name, `location` is the exchange and no place, `rel_weight` is no share and is not
used, accounting lines among the products, products made of themselves, damaged characters.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from graph.tables import TABLES
from ingest.cells import Cell, as_text
from ingest.columns import Grid
from ingest.guard import Limits, Sheet, read_sheets
from ingest.report import RowError
from ingest.sources.listed import digits, grid, places, regions_grid

__all__ = ["NAME", "files", "read"]

NAME = "ChainKnowledgeGraph"
FILES = ("company.json", "company_product.json", "product_product.json")
_CITED = ("source", "grade")
_SHEETS = {
    f: TABLES[t].zh[0] for f, t in zip(FILES, ("enterprises", "produces", "inputs"), strict=True)
}
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
_Fields = Mapping[str, str]
_Line = tuple[int, _Fields]
_Fault = tuple[str, str, str]  # field, value, code ("" = none)


def files(folder: Path) -> list[Path]:
    """The layout's files when the folder is one, else nothing."""
    found = [folder / name for name in FILES]
    return found if all(path.is_file() for path in found) else []


def read(folder: Path, limits: Limits) -> tuple[list[Grid], list[RowError]]:
    """Firms with their region, segments, inputs and what firms make; refused lines are named."""
    errors: list[RowError] = []
    firms, sold, parts = (
        list(_kept(sheet, errors, fault))
        for sheet, fault in zip(
            read_sheets(files(folder), limits), (_firm_fault, _sold_fault, _part_fault), strict=True
        )
    )
    known = places(folder, limits)
    names = ["id", "name", "short_name", "region", *_CITED]
    grids = [
        regions_grid(known, {digits(r["code"]) for _, r in firms}),
        grid("company.json", "enterprises", names, _firms(firms, known.where)),
        grid("product_product.json", "segments", ["id", "name"], _segments(sold, parts)),
        grid("product_product.json", "inputs", ["input", "output", *_CITED], _inputs(parts)),
        grid("company_product.json", "produces", ["enterprise", "segment", *_CITED], _made(sold)),
    ]
    return grids, errors


def _kept(
    sheet: Sheet, errors: list[RowError], fault: Callable[[_Fields], _Fault]
) -> Iterator[_Line]:
    for number, cells in sheet.rows:
        texts = [as_text(c) for c in cells]
        row = dict(zip(texts[::2], texts[1::2], strict=False))
        header, value, code = fault(row) if len(texts) % 2 == 0 else ("", texts[0], "bad_line")
        if code:
            errors.append(_error(sheet.file, number, header, value, code))
        else:
            yield number, row


def _firm_fault(row: _Fields) -> _Fault:
    if not digits(row.get("code")):
        return "code", row.get("code", ""), "bad_listing_code"
    name = row.get("fullname", "")
    return "fullname", name, _name_fault(name)


def _sold_fault(row: _Fields) -> _Fault:
    if not digits(row.get("company_code")):
        return "company_code", row.get("company_code", ""), "bad_listing_code"
    name = row.get("product_name", "")
    plain = name.replace("（", "(").replace("）", ")")
    return "product_name", name, "accounting_line" if plain in ACCOUNTING else _name_fault(name)


def _part_fault(row: _Fields) -> _Fault:
    a, b = (row.get(k, "") for k in ("from_entity", "to_entity"))
    code = _name_fault(a) or _name_fault(b) or ("made_of_itself" if a == b else "")
    return "to_entity", b, code


def _name_fault(name: str) -> str:
    if not name:
        return "no_name"
    return "damaged_name" if "\ufffd" in name else ""


def _firms(firms: list[_Line], where: Mapping[str, str]) -> Iterator[tuple[int, list[Cell]]]:
    for number, r in firms:
        code = digits(r["code"])
        yield (
            number,
            [
                code,
                r["fullname"],
                r.get("name", ""),
                where.get(code, ""),
                f"{NAME} company.json",
                "",
            ],
        )


def _segments(sold: list[_Line], parts: list[_Line]) -> Iterator[tuple[int, list[Cell]]]:
    seen = set[str]()
    for lines, names in ((sold, ("product_name",)), (parts, ("from_entity", "to_entity"))):
        for number, r in lines:
            for name in (r[k] for k in names):
                if name not in seen:
                    seen.add(name)
                    yield number, [name, name]


def _inputs(parts: list[_Line]) -> Iterator[tuple[int, list[Cell]]]:
    """`from` names `to` as its upstream material: the material is the input."""
    source = f"{NAME} product_product.json"
    for number, r in parts:
        yield number, [r["to_entity"], r["from_entity"], source, "inferred"]


def _made(sold: list[_Line]) -> Iterator[tuple[int, list[Cell]]]:
    for number, r in sold:
        code = digits(r["company_code"])
        yield number, [code, r["product_name"], f"{NAME} company_product.json", ""]


def _error(file: str, row: int, header: str, value: str, code: str) -> RowError:
    return RowError(file, _SHEETS[file], row, "", header, value, code, {})
