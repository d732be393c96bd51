"""Pure functions from snapshot arrays to gaps and scores; nothing here reads or writes a store."""
