"""GraphML and GEXF, read back with networkx: nodes, relations and attributes are all there."""

from __future__ import annotations

import io
import re
from xml.etree import ElementTree

import networkx as nx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.model import Ref
from viz.graph_files import ENDINGS, Ending, flat, write_graph

FIRM, OTHER, PART = Ref("Enterprise", "e"), Ref("Enterprise", "f"), Ref("Segment", "s")
NAMES = {"e": "甲<厂>", "f": "乙厂", "s": "伺服电机"}
GEXF = "{http://www.gexf.net/1.2draft}"


def made() -> nx.MultiDiGraph[Ref]:
    graph: nx.MultiDiGraph[Ref] = nx.MultiDiGraph()
    graph.add_node(FIRM, name="甲<厂>", aliases=["一", "二"], revenue_wan=12000.5, leads=[],
                   founded="2001-05-01", evidence=["a", "b", "?"], id="x", start="y")  # fmt: skip
    graph.add_node(OTHER, own=True, 自由="z")
    graph.add_node(PART)
    graph.add_edge(FIRM, OTHER, key=("SUPPLIES", "s"), share=0.1, evidence=["a"])
    graph.add_edge(FIRM, OTHER, key=("SUPPLIES", ""), share=0.2)
    graph.add_edge(FIRM, OTHER, key=("INVESTS_IN", ""))
    graph.add_edge(FIRM, PART, key=("PRODUCES", ""), weight=0.25)
    return graph


def read(graph: nx.MultiDiGraph[str], ending: Ending) -> nx.MultiDiGraph[str]:
    out = io.BytesIO()
    write_graph(graph, ending, out)
    out.seek(0)
    if ending == "gexf":
        found = nx.read_gexf(out, version="1.2draft")
        return nx.MultiDiGraph(found)
    return nx.read_graphml(out, force_multigraph=True)


def said(graph: nx.MultiDiGraph[str]) -> tuple[dict, list]:
    edges = [(a, b, {**data}) for a, b, data in graph.edges(data=True)]
    for *_, data in edges:
        data.pop("networkx_key", None)
    return dict(graph.nodes(data=True)), sorted(edges, key=lambda e: e[2]["id"])


def test_attributes_are_flat_and_ends_are_named() -> None:
    nodes, edges = said(flat(made(), NAMES, {"a": "年报", "b": "公报"}))
    assert nodes["Enterprise:e"] == {
        "label": "甲<厂>",
        "kind": "Enterprise",
        "name": "甲<厂>",
        "aliases": "一;二",
        "revenue_wan": 12000.5,
        "founded": "2001-05-01",
        "source": "年报;公报",
        "_id": "x",
        "_start": "y",
    }
    assert nodes["Segment:s"] == {"label": "伺服电机", "kind": "Segment"}
    assert edges[0] == (
        "Enterprise:e",
        "Enterprise:f",
        {
            "label": "SUPPLIES 伺服电机",
            "kind": "SUPPLIES",
            "about": "伺服电机",
            "source_label": "甲<厂>",
            "target_label": "乙厂",
            "id": "e0",
            "share": 0.1,
            "source": "年报",
        },
    )


@pytest.mark.parametrize("ending", ENDINGS)
def test_reads_back_equal(ending: Ending) -> None:
    graph = flat(made(), NAMES, {"a": "年报"})
    assert said(read(graph, ending)) == said(graph)


def test_gexf_is_what_gephi_reads() -> None:
    out = io.BytesIO()
    write_graph(flat(made(), NAMES, {}), "gexf", out)
    root = ElementTree.fromstring(out.getvalue())
    assert (root.tag, root.get("version")) == (f"{GEXF}gexf", "1.2")
    (graph,) = root.findall(f"{GEXF}graph")
    assert (graph.get("defaultedgetype"), graph.get("mode")) == ("directed", "static")
    nodes, edges = root.findall(f".//{GEXF}node"), root.findall(f".//{GEXF}edge")
    assert {n.get("label") for n in nodes} == set(NAMES.values())
    assert len({e.get("id") for e in edges}) == len(edges) == 4
    ids = {n.get("id") for n in nodes}
    assert all({e.get("source"), e.get("target")} <= ids for e in edges)
    declared = {a.get("id"): a.get("type") for a in root.iter(f"{GEXF}attribute")}
    assert {v.get("for") for v in root.iter(f"{GEXF}attvalue")} <= declared.keys()
    assert set(declared.values()) <= {"string", "double", "float", "boolean"}
    assert [e.get("weight") for e in edges if e.get("weight")] == ["0.25"]


@pytest.mark.parametrize("ending", ENDINGS)
def test_one_name_for_text_and_numbers_is_text(ending: Ending) -> None:
    graph: nx.MultiDiGraph[Ref] = nx.MultiDiGraph()
    graph.add_node(FIRM, capacity="若干")
    graph.add_node(PART, capacity=2.5)
    nodes, _ = said(read(flat(graph, {}, {}), ending))
    assert [n["capacity"] for n in nodes.values()] == ["若干", "2.5"]


@given(
    text=st.text(st.characters(codec="utf-8"), min_size=1),
    name=st.text(st.characters(codec="utf-8"), min_size=1),
)
@settings(max_examples=60, deadline=None)
@pytest.mark.parametrize("ending", ENDINGS)
def test_any_text_is_well_formed(ending: Ending, text: str, name: str) -> None:
    graph: nx.MultiDiGraph[Ref] = nx.MultiDiGraph()
    graph.add_node(FIRM, **{"note": text, name: text})
    graph.add_edge(FIRM, FIRM, key=("SUPPLIES", text), **{name: text})
    made = flat(graph, {"e": text}, {})
    nodes, edges = said(read(made, ending))
    kept = re.sub("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]", "", re.sub("\r\n?", "\n", text))
    assert nodes["Enterprise:e"].get("note", "") == kept
    assert nodes["Enterprise:e"]["label"] == kept
    assert len(edges) == 1


def test_the_caller_s_graph_is_not_changed() -> None:
    graph = made()
    before = (dict(graph.nodes(data=True)), list(graph.edges(keys=True, data=True)))
    flat(graph, NAMES, {})
    assert (dict(graph.nodes(data=True)), list(graph.edges(keys=True, data=True))) == before
