"""The frame document: safe whatever is in the names, within its limits, and pyvis kept in check."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import replace

import pytest

from graph.model import Node, Ref, Rel
from tests.viz.made import EVIL, NAMES, graph
from viz.network import LIMIT, SafeNetwork, frame
from viz.relations import key


def data_of(html: str) -> dict:
    (found,) = re.findall(r'<script type="application/json" id="data">(.*?)</script>', html, re.S)
    return json.loads(found)


def test_nodes_edges_and_positions_reach_the_page() -> None:
    nodes, rels = graph()
    data = data_of(frame(nodes, rels, names=NAMES))
    assert len(data["nodes"]) == len(nodes)
    assert len(data["edges"]) == sum(r.type != "PART_OF" for r in rels)
    assert all(isinstance(n["x"], int) and isinstance(n["y"], int) for n in data["nodes"])
    assert data["options"]["physics"] == {"enabled": False}
    assert [c["title"] for c in data["columns"]][:3] == ["上游", "中游", "下游"]


def test_nothing_comes_from_outside() -> None:
    html = frame(*graph(), names=NAMES)
    assert not re.search(r"(?:https?:)?//", html)
    assert re.findall(r'(?:src|href)="(/static/[^"?]+)', html) == [
        "/static/app/frame.css",
        "/static/vendor/vis-network/vis-network.min.js",
        "/static/app/graph.js",
    ]


@pytest.mark.parametrize(
    "name", [EVIL, "</script><img src=x onerror=alert(1)>", '<a href="x">x</a>', "\u2028&<!--"]
)
def test_names_are_inert(name: str) -> None:
    ref = Ref("Enterprise", name)
    html = frame([Node(ref, {"name": name})], [], center=ref)
    assert html.count("<script") == 3
    assert name not in html
    assert data_of(html)["nodes"][0]["title"].startswith(name)
    assert data_of(html)["center"] == f"Enterprise:{name}"


def test_at_most_300_nodes_the_centre_among_them() -> None:
    nodes, rels = graph(400)
    center = nodes[-1].ref
    data = data_of(frame(nodes, rels, center=center))
    assert len(data["nodes"]) == LIMIT == 300
    assert key(center) in {n["id"] for n in data["nodes"]}
    drawn = {n["id"] for n in data["nodes"]}
    assert all(e["from"] in drawn and e["to"] in drawn for e in data["edges"])


def test_gaps_and_leaders_are_told_apart_by_shape_and_text() -> None:
    nodes, rels = graph()
    data = data_of(frame(nodes, rels, gaps={"s-servo": "missing", "s-cable": "covered"}))
    by_id = {n["id"]: n for n in data["nodes"]}
    assert by_id["Segment:s-servo"]["group"] == "Gap"
    assert by_id["Segment:s-servo"]["label"].startswith("缺 ")
    assert by_id["Segment:s-cable"]["group"] == "Segment"
    assert by_id["Enterprise:e-lead"]["group"] == "Leader"
    assert data["day"]["Leader"]["shape"] == "star"
    assert data["day"]["Gap"]["shapeProperties"] == {"borderDashes": [5, 4]}
    assert data["day"].keys() == data["night"].keys()


def test_parallel_relations_stay_apart_with_different_lines() -> None:
    a, b = Ref("Enterprise", "a"), Ref("Enterprise", "b")
    rels = [Rel("SUPPLIES", a, b), Rel("INVESTS_IN", a, b), Rel("SUPPLIES", a, b, "s")]
    edges = data_of(frame([Node(a), Node(b)], rels))["edges"]
    assert len({e["id"] for e in edges}) == 3
    assert edges[0]["dashes"] is False
    assert edges[1]["dashes"] == [10, 3, 2, 3]
    assert [e["title"] for e in edges] == ["供应", "投资", "供应 · s"]


def test_long_names_are_cut_on_the_picture_and_whole_in_the_tooltip() -> None:
    ref = Ref("Enterprise", "e")
    node = data_of(frame([Node(ref, {"name": "一" * 40})], []))["nodes"][0]
    assert node["label"] == "一" * 9 + "\n" + "一" * 9 + "…"
    assert node["title"] == "一" * 40 + "\n企业"


def test_legal_forms_are_left_to_the_tooltip() -> None:
    names = ["青岛海控股份有限公司", "有限公司"]
    nodes = [Node(Ref("Enterprise", n), {"name": n}) for n in names]
    drawn = data_of(frame(nodes, []))["nodes"]
    assert [n["label"] for n in drawn] == ["青岛海控", "有限公司"]
    assert drawn[0]["title"] == "青岛海控股份有限公司\n企业"


def test_english() -> None:
    html = frame(*graph(), lang="en", gaps={"s-servo": "missing"})
    assert '<html lang="en">' in html
    assert "gap: 伺服电机" in html


def test_the_caller_s_rows_are_not_changed() -> None:
    nodes, rels = graph()
    before = ([replace(n) for n in nodes], [replace(r) for r in rels])
    frame(nodes, rels, gaps={"s-servo": "missing"})
    assert (nodes, rels) == before


@pytest.mark.parametrize(
    "name", ["generate_html", "write_html", "save_graph", "show", "from_nx", "set_options"]
)
def test_pyvis_cannot_render_by_itself(name: str) -> None:
    with pytest.raises(NotImplementedError):
        getattr(SafeNetwork(), name)("x")


def test_pyvis_inserts_once_and_needs_both_ends() -> None:
    net = SafeNetwork()
    net.add_node("a", "first")
    net.add_node("a", "second")
    assert net.nodes == [{"id": "a", "label": "first"}]
    with pytest.raises(KeyError):
        net.add_edge("a", "b")


def test_only_the_network_module_imports_pyvis() -> None:
    code = "import sys, viz.pages, viz.sentences, viz.layout; print('pyvis' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
