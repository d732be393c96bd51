"""The chain graph: tables, model, stores, snapshots and pure analyses."""
