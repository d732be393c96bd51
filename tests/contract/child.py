"""A process that writes: `python -m tests.contract.child URL NAME FIRST COUNT SIZE`.

Applies COUNT batches of SIZE enterprises and as many relations, and says `start N` before and
`done N` after each; a test listens, and may kill it at any moment.
"""

from __future__ import annotations

import os
import sys

from graph.model import Batch, Node, Ref, Rel
from graph.store import Access, open_store


def batch_of(name: str, number: int, size: int) -> Batch:
    """Enterprises of this batch, a region all batches share, and a ring of relations."""
    refs = [Ref("Enterprise", f"{name}-{number}-{n}") for n in range(size)]
    nodes = [Node(ref, {"name": f"firm {number}", "region": "shared"}) for ref in refs]
    shared = Node(Ref("Region", "shared"), {"name": f"{name} {number}"})
    rels = [Rel("SUPPLIES", a, b) for a, b in zip(refs, refs[1:] + refs[:1], strict=True)]
    return Batch(f"{name}-{number}", name, [shared, *nodes], rels)


def main(url: str, name: str, first: int, count: int, size: int) -> None:
    """Write until done or killed."""
    access = Access(os.environ.get("CHILD_USER", ""), os.environ.get("CHILD_PASSWORD", ""))
    store = open_store(url, access=access)
    for number in range(first, first + count):
        print("start", number, flush=True)
        store.apply(batch_of(name, number, size))
        print("done", number, flush=True)
    store.close()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], *map(int, sys.argv[3:]))
