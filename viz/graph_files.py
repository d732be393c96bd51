"""A graph as GraphML or GEXF for Gephi and its like: flat attributes, every end by its name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import IO, Literal, get_args

import networkx as nx

from graph.model import Ref, Value

__all__ = ["ENDINGS", "MEDIA_TYPES", "Ending", "flat", "write_graph"]

Ending = Literal["graphml", "gexf"]
ENDINGS = get_args(Ending)
MEDIA_TYPES: Mapping[str, str] = {
    "graphml": "application/graphml+xml",
    "gexf": "application/gexf+xml",
}
Flat = str | float | bool

# Names the formats keep for themselves; `weight` of a relation is meant as theirs.
_TAKEN = frozenset(
    {"id", "label", "kind", "pid", "start", "end", "type", "key", "viz", "parents", "slices"}
    | {"spells", "networkx_key", "source_label", "target_label"}
)
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def flat(
    graph: nx.MultiDiGraph[Ref], names: Mapping[str, str], sources: Mapping[str, str]
) -> nx.MultiDiGraph[str]:
    """The graph with `Label:id` as nodes and only text, numbers and flags as attributes.

    Nodes carry `label` (the name shown) and `kind`; relations `label` (their type, with what they
    are about), `kind`, `about`, `source_label`, `target_label` and an `id` of their own.  Lists are
    joined by `;`, evidence is named by its `sources`, unknown values are left out, and an attribute
    that holds both text and numbers is text.  A free column whose name the formats keep for
    themselves gets a `_` in front.
    """
    made: nx.MultiDiGraph[str] = nx.MultiDiGraph()
    for ref, data in graph.nodes(data=True):
        own: dict[str, Flat] = {"label": _line(names.get(ref.id, ref.id)), "kind": ref.label}
        made.add_node(_key(ref), **own, **_attributes(data, sources))
    for at, (src, dst, (type_, about), data) in enumerate(graph.edges(keys=True, data=True)):
        ends = {
            name: _line(names.get(ref.id, ref.id))
            for name, ref in (("source_label", src), ("target_label", dst))
        }
        said = _line(names.get(about, about)) if about else ""
        own = {"label": f"{type_} {said}".strip(), "kind": type_, **ends, "id": f"e{at}"}
        own |= {"about": said} if said else {}
        made.add_edge(_key(src), _key(dst), key=f"e{at}", **own, **_attributes(data, sources))
    _settle([data for _, data in made.nodes(data=True)])
    _settle([data for *_, data in made.edges(data=True)])
    return made


def write_graph(graph: nx.MultiDiGraph[str], ending: Ending, file: IO[bytes]) -> None:
    """Write a `flat` graph; GEXF in version 1.2draft, which Gephi has long read."""
    if ending == "gexf":
        nx.write_gexf(graph, file, encoding="utf-8", version="1.2draft")
    else:
        nx.write_graphml_xml(graph, file, encoding="utf-8")


def _key(ref: Ref) -> str:
    return _line(f"{ref.label}:{ref.id}")


def _attributes(props: Mapping[str, Value], sources: Mapping[str, str]) -> dict[str, Flat]:
    found: dict[str, Flat] = {}
    for name, value in props.items():
        if name == "evidence":
            ids = value if isinstance(value, list) else [str(value)]
            said = list(dict.fromkeys(sources[i] for i in ids if i in sources))
            shown: Flat = _line(";".join(said))
            found |= {"source": shown} if shown else {}
            continue
        shown = value if isinstance(value, (bool, int, float)) else _line(_joined(value))
        if shown != "":
            plain = _line(name)
            found[f"_{plain}" if plain in _TAKEN else plain] = shown
    return found


def _joined(value: str | list[str]) -> str:
    return value if isinstance(value, str) else ";".join(value)


def _line(text: str) -> str:
    """The text as XML can hold it."""
    return _NOT_XML.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def _settle(rows: Iterable[dict[str, Flat]]) -> None:
    """Make every attribute of one type, since the formats declare it once."""
    rows = list(rows)
    kinds: dict[str, set[type]] = {}
    for row in rows:
        for name, value in row.items():
            kinds.setdefault(name, set()).add(type(value))
    mixed = {name for name, found in kinds.items() if len(found) > 1}
    for row in rows if mixed else ():
        row.update({name: str(row[name]) for name in mixed & row.keys()})
