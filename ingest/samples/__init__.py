"""The sample zone: public facts about Qingdao and invented 示例 entities, as tables."""

from __future__ import annotations

from importlib.resources import as_file, files

from graph.store.base import GraphStore
from ingest.pipeline import load

__all__ = ["load_sample"]


def load_sample(store: GraphStore) -> None:
    """Load the sample zone; a second time changes nothing."""
    with as_file(files("ingest.samples") / "zone") as folder:
        load([folder], store)
