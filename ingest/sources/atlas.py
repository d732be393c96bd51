"""industry-chain-atlas (MIT): firms on nodes of five chains, node edges, supplier-buyer pairs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from ingest.cells import Cell
from ingest.columns import Grid
from ingest.guard import Limits, read_sheets
from ingest.report import RowError
from ingest.sources.listed import Records, digits, grid, places, records, regions_grid

__all__ = ["NAME", "files", "read"]

NAME = "industry-chain-atlas"
FILES = ("company_node.csv", "node_edges.csv", "supplier_buyer.csv")
_CITED = ("source", "locator", "grade", "confidence")
_Rows = Iterator[tuple[int, list[Cell]]]
COLUMNS = (
    ("chain", "node_id", "node", "position", "code", "company", "role"),
    ("chain", "from_id", "from_node", "to_id", "to_node", "confidence"),
    ("supplier_code", "supplier", "buyer_code", "buyer", "product", "confidence", "source_tier"),
)


def files(folder: Path) -> list[Path]:
    """The layout's files when the folder is one, else nothing."""
    found = [folder / name for name in FILES]
    return found if all(path.is_file() for path in found) else []


def read(folder: Path, limits: Limits) -> tuple[list[Grid], list[RowError]]:
    """Chains, segments, inputs, firms, what they make and whom they supply.

    A firm without a listing code goes by its name.
    """
    sheets = read_sheets(files(folder), limits)
    nodes, edges, pairs = map(records, sheets, COLUMNS)
    known = places(folder, limits)
    where = known.where
    grids = [
        regions_grid(known, _codes(nodes, pairs)),
        grid("company_node.csv", "chains", ["id", "name"], _chains(nodes, edges)),
        grid(
            "company_node.csv",
            "segments",
            ["id", "name", "chain", "stage"],
            _segments(nodes, edges),
        ),
        grid("node_edges.csv", "inputs", ["input", "output", *_CITED], _inputs(edges)),
        grid(
            "company_node.csv", "enterprises", ["id", "name", "region"], _firms(nodes, pairs, where)
        ),
        grid(
            "company_node.csv",
            "produces",
            ["enterprise", "segment", "role", *_CITED[:3]],
            _made(nodes),
        ),
        grid(
            "supplier_buyer.csv",
            "supplies",
            ["supplier", "buyer", "product", *_CITED],
            _sold(pairs),
        ),
    ]
    return grids, []


def _codes(nodes: Records, pairs: Records) -> set[str]:
    codes = {r["code"] for _, r in nodes}
    return {
        digits(c) for c in codes.union(*({r["supplier_code"], r["buyer_code"]} for _, r in pairs))
    }


def _chains(nodes: Records, edges: Records) -> _Rows:
    for chain in sorted({r["chain"] for _, r in (*nodes, *edges)}):
        yield 1, [chain, chain]


def _segments(nodes: Records, edges: Records) -> _Rows:
    for number, r in nodes:
        yield number, [r["node_id"], r["node"], r["chain"], r["position"]]
    placed = {r["node_id"] for _, r in nodes}
    for number, r in edges:
        for end in ("from", "to"):
            if r[f"{end}_id"] not in placed:
                yield number, [r[f"{end}_id"], r[f"{end}_node"], r["chain"], ""]


def _inputs(edges: Records) -> _Rows:
    for number, r in edges:
        yield number, [r["from_id"], r["to_id"], *_cite("node_edges.csv", number, r, "inferred")]


def _firms(nodes: Records, pairs: Records, where: Mapping[str, str]) -> _Rows:
    for number, r in nodes:
        if r["company"]:  # a node without a firm is a segment nobody is known for
            yield (
                number,
                [r["code"] or r["company"], r["company"], where.get(digits(r["code"]), "")],
            )
    for number, r in pairs:
        for end in ("supplier", "buyer"):
            code = r[f"{end}_code"]
            if r[end]:
                yield number, [code or r[end], r[end], where.get(digits(code), "")]


def _made(nodes: Records) -> _Rows:
    for number, r in nodes:
        if r["company"]:
            cited = _cite("company_node.csv", number, r, "")[:3]
            yield number, [r["code"] or r["company"], r["node_id"], r["role"], *cited]


def _sold(pairs: Records) -> _Rows:
    for number, r in pairs:
        grade = "declared" if r["source_tier"] == "authoritative" else "inferred"
        cited = _cite("supplier_buyer.csv", number, r, grade)
        ends = [r[f"{end}_code"] or r[end] for end in ("supplier", "buyer")]
        yield number, [*ends, r["product"], *cited]


def _cite(file: str, number: int, row: dict[str, str], grade: str) -> list[Cell]:
    """Source, locator, grade and confidence; the atlas counts confidence from 1 to 5."""
    level = row.get("confidence", "")
    return [f"{NAME} {file}", str(number), grade, str(int(level) / 5) if level.isdigit() else ""]
