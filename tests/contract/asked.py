"""Every question of the contract, asked of one store: for whoever compares two lots of answers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from random import Random

from graph.errors import LianzhuError
from graph.model import Ref
from graph.store.base import GraphStore
from tests.contract.odd import questions

__all__ = ["answers", "text"]

NOBODY = Ref("Enterprise", "nobody")
AROUND = [(150, 1), (150, 2), (2, 2), (1, 3), (0, 1), (9, 0)]
WITHIN: list[tuple[list[str], int]] = [([], 20), ([], 20), ([], 2), (["Region", "Enterprise"], 3)]


def answers(store: GraphStore, random: Random) -> Iterator[tuple[str, object]]:
    """Every question with its answer."""
    stats = store.stats()
    nodes = [node for label in [*stats.nodes, "Firm"] for node in store.nodes(label)]
    refs = [*(node.ref for node in nodes), NOBODY, Ref("Firm", "1")]
    yield "nodes", nodes
    for type_ in [*stats.relations, "LIKES"]:
        yield f"rels {type_}", list(store.rels(type_))
    yield "get_many", sorted(store.get_many(refs).items())
    yield "get", [store.get(ref) for ref in random.sample(refs, 2)]
    for ref in random.sample(refs, min(len(refs), 5)):
        limit, hops = random.choice(AROUND)
        yield f"rels_of {ref}", store.rels_of(ref)
        yield f"neighbourhood {ref} {limit} {hops}", _around(store, ref, limit, hops)
    for label in [*stats.nodes, "Firm"]:
        yield f"pages {label}", list(_pages(store, label))
    names = [str(node.props["name"]) for node in nodes if "name" in node.props]
    for text in questions(random, names):
        labels, limit = random.choice(WITHIN)
        yield f"search {text} {labels} {limit}", store.search(text, labels, limit)
    for since in {0, random.randint(0, stats.revision)}:
        yield f"changes {since}", store.changes(since)
    yield "revision", store.revision()
    yield "short ledger", [entry.batch for entry in store.ledger(2)]


def _around(store: GraphStore, ref: Ref, limit: int, hops: int) -> object:
    try:
        return store.neighbourhood(ref, limit, hops)
    except LianzhuError as error:
        return str(error)


def _pages(store: GraphStore, label: str) -> Iterator[object]:
    after: str | None = ""
    while after is not None:
        page = store.page(label, after, 2)
        yield page
        after = page.next


def text(answer: object) -> str:
    """As JSON, where True is not 1.0 and -0.0 is not 0.0."""
    return json.dumps(answer, ensure_ascii=False, sort_keys=True, default=asdict)
