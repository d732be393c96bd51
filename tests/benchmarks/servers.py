"""A Neo4j server for a benchmark, or the reason why there is none."""

from __future__ import annotations

from tests.neo4j.server import Failed, fetch, unavailable

__all__ = ["missing"]


def missing() -> str:
    """Why no server can be had on this machine, or "" when it can; fetches it the first time."""
    if reason := unavailable():
        return reason
    try:
        fetch()
    except Failed as error:
        return str(error).splitlines()[0]
    return ""
