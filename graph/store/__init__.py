"""Where a chain graph is kept: one contract, one engine a file."""

from graph.store.open import Access, is_neo4j, open_store

__all__ = ["Access", "is_neo4j", "open_store"]
