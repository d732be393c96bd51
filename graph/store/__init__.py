"""Where a chain graph is kept: one contract, one engine a file."""

from graph.store.open import open_store

__all__ = ["open_store"]
