"""The store said again as plainly as possible: dictionaries, recomputed from the live batches."""

from __future__ import annotations

from collections.abc import Iterable

from graph.model import Batch, Node, Props, Ref, Rel, derived, merge, row_hash
from graph.store.base import GraphStore

Identity = tuple[str, Ref, Ref, str]
Content = tuple[dict[Ref, Props], dict[Identity, Props]]


def content_of(batches: Iterable[Batch]) -> Content:
    """What a store holds after these batches."""
    nodes: dict[Ref, Props] = {}
    rels: dict[Identity, Props] = {}
    for batch in batches:
        for node in batch.nodes:
            old = nodes.get(node.ref)
            nodes[node.ref] = merge(old, node.props) if old and node.props else old or node.props
        for rel in batch.rels:
            old = rels.get(rel.identity)
            rels[rel.identity] = rel.props if old is None else merge(old, rel.props)
    for ref, props in nodes.items():
        for rel in derived(Node(ref, props)):
            if rel.dst in nodes:
                rels.setdefault(rel.identity, {})
    return nodes, rels


def hash_of(content: Content) -> str:
    """The content hash, from its definition."""
    nodes, rels = content
    rows = [Node(ref, props) for ref, props in nodes.items()]
    joined = [Rel(*identity, props) for identity, props in rels.items()]
    return f"{sum(map(row_hash, [*rows, *joined])) % 2**256:064x}"


def content_in(store: GraphStore) -> Content:
    """What the store holds, read through its streams."""
    from graph.model import LABELS, RELATIONS

    with store.reading():
        nodes = {node.ref: node.props for label in LABELS for node in store.nodes(label)}
        rels = {rel.identity: rel.props for type_ in sorted(RELATIONS) for rel in store.rels(type_)}
    return nodes, rels
