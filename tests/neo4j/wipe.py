"""An empty database again, without making its schema anew for every test."""

from __future__ import annotations

from tests.neo4j.server import Login

_ROWS = "MATCH (n) WHERE NOT n:_Meta AND NOT n:_Gate"
_STATE = (
    "MATCH (m:_Meta {one: 1}), (g:_Gate {one: 1})"
    " SET m = {one: 1, schema: m.schema, state: $state}, g = {one: 1, open: '', count: 0}"
)


def wipe(login: Login) -> None:
    """Delete every row and begin again at revision 0."""
    import neo4j

    from graph.store.neo4j_values import State

    with (
        neo4j.GraphDatabase.driver(login.url, auth=(login.user, login.password)) as driver,
        driver.session(database="neo4j") as session,
    ):
        few = session.run(f"{_ROWS} RETURN count(n) < 10000").single(strict=True).value()
        inner = "CALL (n) {DETACH DELETE n} IN TRANSACTIONS OF 10000 ROWS"
        session.run(f"{_ROWS} DETACH DELETE n" if few else f"{_ROWS} {inner}").consume()
        session.run(_STATE, state=State().text()).consume()
