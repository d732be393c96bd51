"""Small graphs for contract tests, and Hypothesis strategies for batches."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import count

from hypothesis import strategies as st

from graph.model import Batch, Node, Ref, Rel

_keys = count()


def region(id: str) -> Ref:
    """A region's identity."""
    return Ref("Region", id)


def firm(id: str) -> Ref:
    """An enterprise's identity."""
    return Ref("Enterprise", id)


def segment(id: str) -> Ref:
    """A segment's identity."""
    return Ref("Segment", id)


def batch(*rows: Node | Rel, key: str = "") -> Batch:
    """Rows as a batch with a key of its own."""
    nodes = [row for row in rows if isinstance(row, Node)]
    rels = [row for row in rows if isinstance(row, Rel)]
    return Batch(key or f"batch-{next(_keys)}", "made by a test", nodes, rels)


def supplies(src: str, dst: str, key: str = "", **props: float) -> Rel:
    """A supply relation between two enterprises."""
    return Rel("SUPPLIES", firm(src), firm(dst), key, props)


_ids = st.sampled_from(["1", "2", "3"])
_stamp = {
    "evidence": st.sampled_from(["a", "b"]).map(lambda e: [e]),
    "grade": st.sampled_from(["inferred", "verified"]),
    "as_of": st.sampled_from(["2023", "2024-05"]),
}
_names = st.sampled_from(["甲", "乙", "机器人"])
_numbers = st.sampled_from([0.0, 1.0, 2.5])
_firms = st.builds(
    Node,
    _ids.map(firm),
    st.fixed_dictionaries(
        {"name": _names},
        optional={"region": _ids, "revenue_wan": _numbers, "aliases": st.lists(_names), **_stamp},
    ),
)
_regions = st.builds(
    Node, _ids.map(region), st.fixed_dictionaries({}, optional={"name": _names, "parent": _ids})
)
_said = st.fixed_dictionaries({}, optional={"share": _numbers, **_stamp})
_supplies = st.builds(
    Rel, st.just("SUPPLIES"), _ids.map(firm), _ids.map(firm), st.sampled_from(["", "s"]), _said
)
# The same relation as the column `region` makes: a row's word and a derived one may meet.
_located = st.builds(
    Rel, st.just("LOCATED_IN"), _ids.map(firm), _ids.map(region), st.just(""), _said
)
rows = st.one_of(_firms, _firms, _regions, _supplies, _located)


def batches_of(some: Iterable[Node | Rel]) -> list[Batch]:
    """Rows in their order, cut wherever an identity comes again; ends that lack a row are stubs."""
    found: list[dict[object, Node | Rel]] = [{}]
    for row in some:
        key = row.ref if isinstance(row, Node) else row.identity
        if key in found[-1]:
            found.append({})
        found[-1][key] = row
    return [_with_ends(list(group.values())) for group in found]


def _with_ends(group: list[Node | Rel]) -> Batch:
    present = {row.ref for row in group if isinstance(row, Node)}
    ends = {ref for row in group if isinstance(row, Rel) for ref in (row.src, row.dst)}
    return batch(*group, *(Node(ref) for ref in sorted(ends - present)))


batches = st.lists(rows, max_size=6).map(lambda some: batches_of(some)[0])
