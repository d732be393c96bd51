"""What only the Neo4j engine has: its names, its gate and lock, its account, its neighbours."""

from __future__ import annotations

import logging
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from typing import Any

import neo4j
import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.settings import read_settings
from graph.errors import LianzhuError, StoreBusy, StoreError
from graph.model import LABELS, Node, Props
from graph.store import Access, cypher
from graph.store.cypher import Statement
from graph.store.neo4j_store import Neo4jStore
from graph.store.neo4j_transaction import Transaction
from graph.store.neo4j_values import props_of, row_of
from tests.contract.made import batch, firm, region, supplies
from tests.neo4j.server import Login
from tests.neo4j.wipe import wipe

SECRET = "never-shown-5f2b"
DEADLINE = 3.0
OURS = ("id", "key", "search_text", "_n", "_rev", "_born", "_own")
NAMES = st.one_of(st.text(min_size=1), st.sampled_from(OURS).map(lambda name: f"__{name}"))
PROPS = st.dictionaries(st.one_of(NAMES, st.sampled_from(OURS)), st.booleans())


@pytest.fixture
def empty(neo4j_server: Login) -> Iterator[Login]:
    """The server's database without a row of anybody's."""
    wipe(neo4j_server)
    yield neo4j_server
    wipe(neo4j_server)


@pytest.fixture
def store(empty: Login) -> Iterator[Neo4jStore]:
    with opened(empty) as made:
        made.migrate()
        yield made


@contextmanager
def opened(login: Login, wait: float = 10.0, password: str = "") -> Iterator[Neo4jStore]:
    auth = (login.user, password or login.password)
    store = Neo4jStore(login.url, auth=auth, deadline=DEADLINE, wait=wait)
    try:
        yield store
    finally:
        store.close()


@contextmanager
def session(login: Login) -> Iterator[neo4j.Session]:
    """A session as another program has one."""
    auth = (login.user, login.password)
    with (
        neo4j.GraphDatabase.driver(login.url, auth=auth) as driver,
        driver.session(database="neo4j") as made,
    ):
        yield made


def ask(login: Login, text: str) -> list[list[Any]]:
    with session(login) as asking:
        return [record.values() for record in asking.run(neo4j.Query(text))]


def unmake(login: Login) -> None:
    """A database that no store has been in."""
    for name in ask(login, "SHOW CONSTRAINTS YIELD name RETURN name"):
        ask(login, f"DROP CONSTRAINT `{name[0]}`")
    kept = "SHOW INDEXES YIELD name, type WHERE type <> 'LOOKUP' RETURN name"
    for name in ask(login, kept):
        ask(login, f"DROP INDEX `{name[0]}`")
    ask(login, "MATCH (n) DETACH DELETE n")


# --- names of properties ---------------------------------------------------------------------


@given(PROPS, st.dictionaries(st.sampled_from(OURS), st.integers()))
def test_any_name_of_a_property_comes_back(props: Props, engine: dict[str, int]) -> None:
    stored = row_of(props)
    assert not stored.keys() & set(OURS)
    assert props_of({**stored, **engine}) == props


def test_properties_called_as_the_engines_own_are_kept_apart(store: Neo4jStore) -> None:
    mine: dict[str, str | float | bool | list[str]] = dict.fromkeys(OURS, "mine")
    mine |= {f"__{name}": 1.0 for name in OURS}
    node = Node(firm("1"), {"name": "甲", **mine})
    rel = supplies("1", "1", "k")
    store.apply(batch(node, type(rel)(rel.type, rel.src, rel.dst, rel.key, mine)))
    assert store.get(firm("1")) == node
    assert [found.props for found in store.rels_of(firm("1"))] == [mine]
    assert (store.search("mine"), store.search("甲")) == ([], [node])


# --- whose database it is --------------------------------------------------------------------


def test_a_database_with_other_nodes_of_our_labels_is_refused(empty: Login) -> None:
    unmake(empty)
    ask(empty, "CREATE (:Segment {id: 'theirs'})")
    with opened(empty) as store:
        for call in (store.migrate, store.revision, store.undo):
            with pytest.raises(StoreError, match="store_foreign_nodes") as caught:
                call()
            assert caught.value.facts["label"] == "Segment"
        assert not store.health().ok
    assert ask(empty, "MATCH (n) RETURN labels(n), n.id") == [[["Segment"], "theirs"]]
    assert ask(empty, "SHOW CONSTRAINTS YIELD name RETURN count(*)") == [[0]]
    unmake(empty)


def test_what_others_keep_beside_ours_is_left_alone(store: Neo4jStore, empty: Login) -> None:
    named = [Node(firm("1"), {"name": "甲"}), Node(firm("2"), {"name": "甲乙"})]
    store.apply(batch(*named, supplies("1", "2")))
    before = [store.stats(), store.neighbourhood(firm("1")), store.rels_of(firm("1"))]
    ask(
        empty,
        "MATCH (a:Enterprise {id: '1'})"
        " CREATE (m:Memo {id: '1', name: '甲', search_text: '\ue000 甲 \ue000'})"
        " CREATE (m)-[:ABOUT]->(a) CREATE (a)-[:HAS]->(m)"
        " CREATE (:Memo {search_text: 1})",
    )
    assert [store.stats(), store.neighbourhood(firm("1")), store.rels_of(firm("1"))] == before
    assert [node.ref for node in store.search("甲")] == [firm("1"), firm("2")]
    assert [node.ref for node in store.search("a")] == []  # a scan: the index keeps no such word
    store.undo()
    assert ask(empty, "MATCH (n:Memo) RETURN count(n)") == [[2]]
    ask(empty, "MATCH (n:Memo) DETACH DELETE n")


def test_a_newer_database_is_refused(store: Neo4jStore, empty: Login) -> None:
    ask(empty, "MATCH (m:_Meta) SET m.schema = 99")
    try:
        with opened(empty) as newer:
            write = partial(newer.apply, batch(Node(firm("1"), {"name": "甲"})))
            calls: list[Callable[[], object]] = [newer.migrate, newer.revision, newer.undo, write]
            for call in calls:
                with pytest.raises(StoreError, match="store_newer") as caught:
                    call()
                assert (caught.value.facts["found"], caught.value.facts["known"]) == (99, 1)
            assert not newer.health().ok
    finally:
        ask(empty, "MATCH (m:_Meta) SET m.schema = 1")
    assert store.stats().nodes == {}


def test_a_database_is_made_once_also_by_two_at_a_time(empty: Login) -> None:
    unmake(empty)
    with opened(empty) as one, opened(empty) as other, ThreadPoolExecutor(2) as pool:
        together = threading.Barrier(2)

        def migrate(store: Neo4jStore) -> None:
            together.wait(10)
            store.migrate()

        for made in [pool.submit(migrate, store) for store in (one, other)]:
            made.result()
        one.migrate()
        assert (one.revision(), other.revision()) == (0, 0)
        one.apply(batch(Node(firm("1"), {"name": "甲"})))
        other.migrate()
        assert (one.revision(), other.revision()) == (1, 1)
    assert ask(empty, "MATCH (m:_Meta), (g:_Gate) RETURN count(*)") == [[1]]
    unique = "SHOW CONSTRAINTS YIELD labelsOrTypes AS of RETURN of[0] ORDER BY of[0]"
    assert {name for (name,) in ask(empty, unique)} >= {*LABELS, "_Meta", "_Gate", "_Ledger"}


# --- the account -----------------------------------------------------------------------------


def test_a_wrong_password_is_said_and_never_shown(
    empty: Login, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with opened(empty, password=SECRET) as store:
        # Once only: a server locks an account after a few wrong passwords.
        with pytest.raises(StoreError, match="store_auth") as caught:
            store.revision()
        shown = [*traceback.format_exception(caught.value), repr(caught.value), repr(store)]
    assert SECRET not in "".join(shown)
    assert SECRET not in caplog.text


def test_the_password_is_not_in_what_settings_show(
    store: Neo4jStore, caplog: pytest.LogCaptureFixture
) -> None:
    settings = read_settings(
        {"LIANZHU_GRAPH_PASSWORD": SECRET, "LIANZHU_GRAPH_URL": "bolt://127.0.0.1:1"}
    )
    assert settings.graph_password == SECRET
    caplog.set_level(logging.DEBUG)
    other = settings.open_store()
    with pytest.raises(StoreError) as caught:
        other.revision()
    other.close()
    shown = [repr(settings), str(settings), repr(Access("neo4j", SECRET)), repr(other)]
    shown += [*traceback.format_exception(caught.value), str(other.health())]
    assert SECRET not in "".join(shown)
    assert SECRET not in caplog.text


# --- the wire, the gate and the lock ---------------------------------------------------------


def test_a_reading_transaction_cannot_write(store: Neo4jStore) -> None:
    with (
        pytest.raises(StoreError, match="AccessMode"),
        store._bolt.transaction(DEADLINE) as reading,
    ):
        reading.run(cypher.SET_STATE, state="{}")
    assert store.revision() == 0


def test_a_statement_the_server_refuses_is_an_error_of_ours(store: Neo4jStore) -> None:
    with (
        pytest.raises(StoreError, match="store_failed"),
        store._bolt.transaction(DEADLINE) as reading,
    ):
        reading.run(Statement("wrong", "MATCH n RETURN n"))
    assert store.revision() == 0


@pytest.mark.parametrize("who", ["reader", "writer"])
def test_a_gate_left_open_is_closed_by_whoever_comes_next(
    store: Neo4jStore, empty: Login, who: str
) -> None:
    store.apply(batch(Node(firm("1"), {"name": "甲"})))
    ask(empty, "MATCH (g:_Gate) SET g.open = 'left'")
    asked = time.monotonic()
    if who == "writer":
        assert store.apply(batch(Node(firm("2"), {"name": "乙"}))).revision == 2
    assert store.get(firm("1")) == Node(firm("1"), {"name": "甲"})
    assert time.monotonic() - asked < DEADLINE
    assert ask(empty, "MATCH (g:_Gate) RETURN g.open") == [[""]]


def test_who_closes_the_gate_late_does_not_close_it_for_the_next_writer(
    store: Neo4jStore, empty: Login, monkeypatch: pytest.MonkeyPatch
) -> None:
    execute, commit = store._bolt.execute, Transaction.commit
    late, committing, go_on = threading.Event(), threading.Event(), threading.Event()

    def close_late(statement: Statement, *args: Any, **given: Any) -> object:
        if statement is cypher.CLOSE_GATE:
            late.set()
            assert committing.wait(10)
        return execute(statement, *args, **given)

    def commit_late(transaction: Transaction) -> None:
        if late.is_set():
            committing.set()
            assert go_on.wait(10)
        commit(transaction)

    monkeypatch.setattr(store._bolt, "execute", close_late)
    monkeypatch.setattr(Transaction, "commit", commit_late)
    with opened(empty) as second, ThreadPoolExecutor(2) as pool:
        first = pool.submit(store.apply, batch(Node(firm("1"), {"name": "甲"})))
        assert late.wait(10)
        other = pool.submit(second.apply, batch(Node(firm("2"), {"name": "乙"})))
        assert first.result().revision == 1
        gate = ask(empty, "MATCH (g:_Gate) RETURN g.open")
        go_on.set()
        assert other.result().revision == 2
    assert gate != [[""]]  # the second commit was under way
    assert store.revision() == 2


def test_a_long_writer_holds_up_no_reader(store: Neo4jStore, empty: Login) -> None:
    store.apply(batch(Node(firm("1"), {"name": "甲", "region": "1"}), Node(region("1"))))
    with session(empty) as other, other.begin_transaction() as writing:
        writing.run("MATCH (m:_Meta) SET m.locked = true").consume()
        writing.run("MATCH (n:Enterprise) SET n.name = '乙', n._rev = 2 DETACH DELETE n").consume()
        asked = time.monotonic()
        assert store.get(firm("1")) == Node(firm("1"), {"name": "甲", "region": "1"})
        assert (store.revision(), len(store.search("甲")), len(store.rels_of(firm("1")))) == (
            1,
            1,
            1,
        )
        assert [node.ref for node in store.nodes("Enterprise")] == [firm("1")]
        assert store.changes(0).revision == 1
        assert time.monotonic() - asked < DEADLINE / 2
        writing.rollback()


def test_a_second_writer_waits_and_is_told(store: Neo4jStore, empty: Login) -> None:
    with opened(empty, wait=0.5) as second, session(empty) as other:
        with other.begin_transaction() as writing:
            writing.run("MATCH (m:_Meta) SET m.locked = true").consume()
            calls: list[Callable[[], object]] = [
                lambda: second.apply(batch(Node(firm("1"), {"name": "甲"}))),
                second.undo,
            ]
            for call in calls:
                asked = time.monotonic()
                with pytest.raises(StoreBusy):
                    call()
                assert 0.4 < time.monotonic() - asked < DEADLINE
            assert second.revision() == 0  # who waits to write still reads
            writing.rollback()
        assert second.apply(batch(Node(firm("1"), {"name": "甲"}))).revision == 1
    assert store.revision() == 1


def test_a_closed_store_says_so(empty: Login) -> None:
    with opened(empty) as store:
        store.migrate()
        assert store.revision() == 0
        store.close()
        store.close()
        with pytest.raises(StoreError, match="store_closed"):
            store.revision()
        assert not store.health().ok


def test_every_error_of_the_engine_is_one_of_ours(store: Neo4jStore) -> None:
    with pytest.raises(LianzhuError):
        store.apply(batch(Node(firm("x" * 40_000), {"name": "甲"})))
    assert store.stats().nodes == {}
