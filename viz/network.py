"""The relation graph as a document for a sandboxed frame: pyvis holds the data, we write the page.

pyvis 0.3.2 cannot be used as it comes: every mode loads from a CDN, titles and headings are not
escaped, inserts are quadratic, `from_nx` edits the caller's graph.  So
`SafeNetwork` keeps its node and edge API and its options, and takes away everything that renders.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from importlib.resources import files
from textwrap import wrap
from typing import Any, NoReturn

from markupsafe import Markup
from pyvis.network import Network

from graph.analysis.gaps import GAP_TYPES
from graph.analysis.picture import CAP
from graph.model import Node, Ref, Rel
from viz.layout import layout
from viz.pages import environment, in_language
from viz.palette import KINDS, LINES, PAGE, TYPES
from viz.relations import GraphPage, key, name_on_relation
from viz.words import term, word

__all__ = ["LIMIT", "SafeNetwork", "frame", "one_file"]

LIMIT = CAP
_FORMS = ("股份有限公司", "有限责任公司", "有限公司")  # said by the tooltip, not by the label
_SCRIPTS = ("vendor/vis-network/vis-network.min.js", "app/graph.js", "app/host.js")
_STYLES = ("app/frame.css", "app/alone.css")
_FONT = '"Microsoft YaHei","PingFang SC","Noto Sans CJK SC","Source Han Sans SC",sans-serif'


class SafeNetwork(Network):  # type: ignore[misc]
    """pyvis's network without its templates: constant-time inserts, options as a dict."""

    def __init__(self) -> None:
        super().__init__(directed=True)
        self.options: dict[str, object] = _options()

    def add_node(self, n_id: str, label: str | None = None, **options: object) -> None:
        """Add a node once; a second one of the same id is ignored."""
        if n_id not in self.node_map:
            self.node_map[n_id] = {"id": n_id, "label": label or n_id, **options}
            self.nodes.append(self.node_map[n_id])
            self.node_ids.append(n_id)

    def add_edge(self, source: str, to: str, **options: object) -> None:
        """Add an edge; parallel ones stay apart.  `KeyError` when an end is missing."""
        ends = (self.node_map[source]["id"], self.node_map[to]["id"])
        self.edges.append({"from": ends[0], "to": ends[1], "arrows": "to", **options})

    def _refused(self, *_: object, **__: object) -> NoReturn:
        raise NotImplementedError("pyvis's own rendering is unsafe and needs a CDN: use `frame`")

    generate_html = write_html = save_graph = show = _refused
    from_nx = set_options = prep_notebook = _refused


def frame(
    nodes: Sequence[Node],
    rels: Sequence[Rel],
    *,
    center: Ref | None = None,
    lang: str = "zh",
    names: Mapping[str, str] | None = None,
    gaps: Mapping[str, str] | None = None,
) -> str:
    """The HTML document of the graph; `gaps` maps segment ids to their type.

    At most 300 nodes are drawn (the first ones given, the centre always); the query should ask for
    no more.  Left out are relations with an end that is not drawn, and a segment's place in its
    chain, which its column shows.
    """
    data = _data(nodes, rels, center, lang, names or {}, gaps or {})
    return environment().get_template("frame.html").render(data=data, **in_language(lang))


def one_file(page: GraphPage, gaps: Mapping[str, str]) -> str:
    """The whole page with its graph as one HTML file that needs neither server nor network.

    Its policy lets nothing run but the scripts in it, each by its hash, and nothing be loaded.
    """
    shown, lang = page.picture, page.frame.lang
    scripts = [_file(name) for name in _SCRIPTS]
    style = "\n".join(_file(name) for name in _STYLES)
    sources = " ".join(f"'{_hash(script)}'" for script in scripts)
    policy = f"default-src 'none'; script-src {sources}; style-src '{_hash(style)}'; img-src data:"
    return (
        environment()
        .get_template("alone.html")
        .render(
            page=page,
            frame=page.frame,
            data=_data(shown.nodes, shown.rels, shown.center, lang, page.names, gaps),
            scripts=[Markup(script) for script in scripts],
            style=Markup(style),
            policy=policy,
            **in_language(lang),
        )
    )


def _data(
    nodes: Sequence[Node],
    rels: Sequence[Rel],
    center: Ref | None,
    lang: str,
    names: Mapping[str, str],
    gaps: Mapping[str, str],
) -> Markup:
    """What the script in the document draws and tells."""
    shown = sorted(nodes, key=lambda n: n.ref != center)[:LIMIT]
    place = layout(shown, rels)
    leaders = {r.src for r in rels if r.type == "LEADS"}
    net, untold = SafeNetwork(), list[tuple[str, str, str]]()
    for node in shown:
        name = names.get(node.ref.id) or str(node.props.get("name", node.ref.id))
        net.add_node(
            key(node.ref), **_look(lang, name, _kind(node, leaders, gaps)),
            kind=node.ref.label, x=place.at[node.ref][0], y=place.at[node.ref][1],
        )  # fmt: skip
    for i, rel in enumerate(rels):
        if rel.src not in place.at or rel.dst not in place.at:
            continue
        said, ends = name_on_relation(lang, rel, names), (key(rel.src), key(rel.dst))
        if _shown_by_column(rel):
            untold.append((*ends, said))
        else:
            net.add_edge(*ends, id=i, title=said, **_line(rel.type))
    return _inert(
        {
            "nodes": net.nodes,
            "edges": net.edges,
            "untold": untold,
            "options": net.options,
            "day": _groups(False),
            "night": _groups(True),
            "columns": [_heading(lang, c.key, c.left, c.right) for c in place.columns],
            "center": key(center) if center and center in place.at else None,
        }
    )


def _shown_by_column(rel: Rel) -> bool:
    return rel.type == "PART_OF" and rel.dst.label == "Chain"


def _look(lang: str, name: str, kind: str) -> dict[str, str]:
    bare = next((name.removesuffix(s) for s in _FORMS if name.endswith(s)), name) or name
    lines = wrap(bare, 18 if name.isascii() else 9)
    short = "\n".join(lines[:2]) + ("…" if len(lines) > 2 else "")
    mark = word(lang, "graph.gap_mark") if kind == "Gap" else ""
    said = term(lang, "label", kind)
    return {"label": mark + short, "name": name, "title": f"{name}\n{said}", "group": kind}


def _line(type: str) -> dict[str, Any]:
    dashes, width = LINES.get(type, ([1, 4], 1))
    return {"dashes": dashes, "width": width}


def _kind(node: Node, leaders: set[Ref], gaps: Mapping[str, str]) -> str:
    if node.ref.label == "Segment" and gaps.get(node.ref.id) in GAP_TYPES:
        return "Gap"
    if node.ref.label == "Enterprise" and (node.ref in leaders or node.props.get("leads")):
        return "Leader"
    return node.ref.label if node.ref.label in KINDS else "Region"


def _heading(lang: str, key: str, left: int, right: int) -> dict[str, object]:
    title = term(lang, "label" if key[0].isupper() else "stage", key)
    if key == "others":
        title = word(lang, "graph.others")
    return {"title": title, "left": left, "right": right}


def _groups(dark: bool) -> dict[str, object]:
    ink = PAGE.ink_dark if dark else PAGE.ink
    made: dict[str, object] = {}
    for name, kind in KINDS.items():
        shade = TYPES["missing"]
        edge = (shade.ink_dark if dark else shade.ink) if name == "Gap" else ink
        made[name] = {
            "shape": kind.shape,
            "color": {"background": kind.fill_dark if dark else kind.fill, "border": edge},
            "font": _label(kind.shape == "box", edge, dark),
            "shapeProperties": {"borderDashes": [5, 4] if name == "Gap" else False},
        }
    return made


def _label(inside: bool, ink: str, dark: bool) -> dict[str, object]:
    halo = PAGE.paper_dark if dark else PAGE.paper
    return {"color": ink} | ({} if inside else {"strokeWidth": 3, "strokeColor": halo})


def _options() -> dict[str, object]:
    return {
        "layout": {"improvedLayout": False},
        "physics": {"enabled": False},
        "nodes": {"font": {"face": _FONT, "size": 14}, "size": 11, "borderWidth": 1},
        "edges": {"smooth": False, "arrows": {"to": {"scaleFactor": 0.5}}},
        "interaction": {
            "hover": True,
            "hideEdgesOnDrag": True,
            "hideEdgesOnZoom": True,
            "keyboard": {"enabled": True, "bindToWindow": False},
        },
    }


def _inert(data: Mapping[str, object]) -> Markup:
    """JSON that no HTML parser can leave: nothing in it looks like a tag."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    for char in "<>&\u2028\u2029":
        text = text.replace(char, f"\\u{ord(char):04x}")
    return Markup(text)


def _file(name: str) -> str:
    """A file under `viz/static` as it may stand inside a page: nothing in it ends its element."""
    text = files(__package__).joinpath("static", *name.split("/")).read_text("utf-8")
    text = re.sub(r"^//# sourceMappingURL=.*\n?", "", text, flags=re.M)
    if re.search(r"</(?:script|style)|<!--", text, re.I):
        raise ValueError(f"{name} cannot stand inside a page")
    return text


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
