"""What a writer was told, held against what the store holds."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from graph.errors import DeadlineExceeded, StoreDown
from graph.model import Batch
from graph.store.base import Applied, GraphStore
from tests.contract.reference import content_in, content_of, hash_of
from tests.neo4j.server import Login

__all__ = ["Told", "healed", "rows_in"]

HEALS = 5.0  # seconds from a server that answers again to a store that does
_T = TypeVar("_T")


@dataclass
class Told:
    """Batches begun and those whose `apply` returned, by key; how often one did not."""

    begun: dict[str, Batch] = field(default_factory=dict)
    done: set[str] = field(default_factory=set)
    lost: int = 0

    def apply(self, store: GraphStore, batch: Batch) -> Applied | None:
        """What `apply` said, None where it lost the server; no other error is an answer."""
        self.begun[batch.key] = batch
        try:
            applied = store.apply(batch)
        except (StoreDown, DeadlineExceeded):
            self.lost += 1
            return None
        self.done.add(batch.key)
        return applied

    def kept(self, store: GraphStore) -> list[str]:
        """Keys of the live batches in order; those acknowledged are there, none is there twice."""
        found = [e.batch for e in store.ledger(10_000) if not e.undone][::-1]
        assert len(found) == len(set(found))
        assert self.done <= set(found) <= self.begun.keys()
        return found

    def check_whole(self, store: GraphStore, key: str) -> bool:
        """Whether a batch is there; then all of it, else nothing of it."""
        live = key in self.kept(store)
        own = {node.ref for node in self.begun[key].nodes if key in node.ref.id}
        assert store.get_many(own).keys() == (own if live else set())
        return live

    def check_content(self, store: GraphStore, login: Login) -> None:
        """Every row is what the live batches say, once, and the hash and the counts are true."""
        content = content_of(self.begun[key] for key in self.kept(store))
        assert content_in(store) == content
        stats = store.stats()
        assert stats.hash == hash_of(content)
        nodes = Counter(ref.label for ref in content[0])
        rels = Counter(identity[0] for identity in content[1])
        assert (stats.nodes, stats.relations) == (nodes, rels)
        rows = rows_in(login)
        assert {name: rows[name] for name in (*nodes, *rels)} == nodes | rels
        assert rows["_Ledger"] == len(store.ledger(10_000))
        assert rows["_Revision"] == stats.revision


def rows_in(login: Login) -> Counter[str]:
    """How many nodes of each label and relations of each type the server has, by its own word."""
    import neo4j

    auth = (login.user, login.password)
    with (
        neo4j.GraphDatabase.driver(login.url, auth=auth) as driver,
        driver.session(database="neo4j") as session,
    ):
        nodes = session.run("MATCH (n) UNWIND labels(n) AS name RETURN name, count(*)").values()
        rels = session.run("MATCH ()-[r]->() RETURN type(r), count(*)").values()
    return Counter(dict(map(tuple, nodes + rels)))


def healed(ask: Callable[[], _T]) -> _T:
    """What `ask` gives once the store answers again, which takes it five seconds at most."""
    until = time.monotonic() + HEALS
    while True:
        try:
            return ask()
        except (StoreDown, DeadlineExceeded):
            assert time.monotonic() < until
            time.sleep(0.02)
