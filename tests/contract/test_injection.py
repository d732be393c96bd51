"""Whatever a text says, a store takes it for data: asked for, written, or refused as a whole."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress

import pytest

from graph.errors import DataError, LianzhuError, NotFound
from graph.model import LABELS, RELATIONS, Batch, Node, Props, Ref, Rel
from graph.store.base import Annotates, GraphStore, LedgerEntry, Page
from graph.store.text import words
from tests.contract.conftest import Engine
from tests.contract.hostile import BROKEN, LONG, PAYLOADS, SOME, WHOLE
from tests.contract.made import batch, firm, segment, supplies
from tests.contract.reference import content_in, content_of, hash_of
from tests.neo4j.server import Login

SECRET = firm("秘甲")
HELD = batch(
    Node(SECRET, {"name": "密", "region": "秘区", "evidence": ["秘证"]}),
    Node(firm("秘乙"), {"name": "密密"}),
    Node(Ref("Region", "秘区"), {"name": "密区"}),
    supplies("秘甲", "秘乙", "秘", share=0.5),
    key="held",
)


def _absent(store: GraphStore, ref: Ref) -> None:
    """Nothing is found under an identity, in any way of asking."""
    assert store.get(ref) is None
    assert store.rels_of(ref) == []
    with pytest.raises(NotFound):
        store.neighbourhood(ref, 150, 2)


def _no_id(store: GraphStore, texts: Sequence[str]) -> None:
    refs = [Ref(label, text) for label in LABELS for text in texts]
    assert store.get_many([*refs, SECRET]).keys() == {SECRET}
    for text in texts:
        _absent(store, firm(text))


def _no_label(store: GraphStore, texts: Sequence[str]) -> None:
    assert store.get_many([*(Ref(text, SECRET.id) for text in texts), SECRET]).keys() == {SECRET}
    for text in texts:
        _absent(store, Ref(text, SECRET.id))
        assert store.page(text) == Page([], None)
        assert list(store.nodes(text)) == []


def _no_type(store: GraphStore, texts: Sequence[str]) -> None:
    for text in texts:
        assert list(store.rels(text)) == []
        assert list(store.columns(text)) == []


def _after(store: GraphStore, texts: Sequence[str]) -> None:
    known = ["秘乙", "秘甲"]
    for text in texts:
        # A text that no id can be is after none of them or, where it is compared, in its place.
        allowed = [[id for id in known if id > text], *([[]] if text in BROKEN else [])]
        assert [node.ref.id for node in store.page("Enterprise", text).items] in allowed


def _searched(store: GraphStore, texts: Sequence[str]) -> None:
    named = store.search("密")
    for text in texts:
        if SECRET.id not in text:  # else it names what is there, and is right to find it
            assert store.search(text) == []
            assert store.search(f"密 {text}") == ([] if words(text) else named)


def _searched_labels(store: GraphStore, texts: Sequence[str]) -> None:
    for text in texts:
        assert store.search("密", [text]) == []
        assert [node.ref.id for node in store.search("密", [text, "Region"])] == ["秘区"]


# Every text that a question of the contract takes, by its method and the name of the parameter.
READS: dict[str, tuple[set[str], Callable[[GraphStore, Sequence[str]], None]]] = {
    "id": ({"get.ref", "get_many.refs", "rels_of.ref", "neighbourhood.ref"}, _no_id),
    "label": ({"page.label", "nodes.label"}, _no_label),
    "type": ({"rels.type", "columns.type"}, _no_type),
    "after": ({"page.after"}, _after),
    "text": ({"search.text"}, _searched),
    "labels": ({"search.labels"}, _searched_labels),
}
WRITTEN = {"apply.batch", "adopt.ledger", "annotate.marks"}


def test_every_text_a_store_takes_is_tried_here() -> None:
    takes = {
        f"{name}.{parameter.name}"
        for contract in (GraphStore, Annotates)
        for name, method in inspect.getmembers(contract, inspect.isfunction)
        if not name.startswith("_")
        for parameter in inspect.signature(method).parameters.values()
        if parameter.name != "self" and parameter.annotation not in ("int", int)
    }
    assert takes == set[str]().union(WRITTEN, *(names for names, _ in READS.values()))
    assert len(set(PAYLOADS)) == len(PAYLOADS) >= 40


@pytest.fixture(scope="module")
def held(engine: Engine) -> GraphStore:
    store = engine.new()
    store.apply(HELD)
    return store


@pytest.mark.parametrize("asked", READS)
def test_a_question_finds_nothing_by_it_and_changes_nothing(held: GraphStore, asked: str) -> None:
    before = held.stats()
    READS[asked][1](held, PAYLOADS)
    assert held.stats() == before
    assert content_in(held) == content_of([HELD])


@pytest.mark.parametrize("asked", READS)
def test_so_does_one_about_an_earlier_revision(engine: Engine, asked: str) -> None:
    store = engine.new()
    store.apply(HELD)
    other = engine.open()
    with store.reading():
        other.apply(batch(Node(SECRET, {"name": "later", "as_of": "2099"}), key="later"))
        before = other.stats()
        READS[asked][1](store, SOME)
        assert other.stats() == before
        assert content_in(store) == content_of([HELD])


# --- writing ------------------------------------------------------------------------------------

Rows = list[Node | Rel]
KINDS = [(type_, *pair) for type_ in sorted(RELATIONS) for pair in sorted(RELATIONS[type_])]


def _turns(at: int) -> tuple[list[str], list[tuple[str, str, str]]]:
    """One label and one kind always, and the others in turns: each of them takes some texts."""
    return ["Enterprise", LABELS[at % len(LABELS)]], [
        ("SUPPLIES", "Enterprise", "Enterprise"),
        KINDS[at % len(KINDS)],
    ]


def _ends() -> Rows:
    return [Node(Ref(label, end), {"name": end}) for label in LABELS for end in ("a", "b")]


def _joined(key: str, kinds: Iterable[tuple[str, str, str]], props: Props) -> Rows:
    return [Rel(type_, Ref(src, "a"), Ref(dst, "b"), key, props) for type_, src, dst in {*kinds}]


def _ids(texts: Sequence[str]) -> Rows:
    rels = [
        Rel(type_, Ref(src, text), Ref(dst, texts[at - 1]))
        for at, text in enumerate(texts)
        for type_, src, dst in {*_turns(at)[1]}
    ]
    refs = {Ref(label, text) for at, text in enumerate(texts) for label in _turns(at)[0]}
    refs |= {end for rel in rels for end in (rel.src, rel.dst)}
    return [*(Node(ref, {"name": "x"}) for ref in sorted(refs)), *rels]


def _names(texts: Sequence[str]) -> Rows:
    props: Props = {text: f"under {at}" for at, text in enumerate(texts)}
    nodes = [Node(Ref(label, "named"), props) for label in LABELS]
    return [*_ends(), *nodes, *_joined("", KINDS, props)]


def _values(texts: Sequence[str]) -> Rows:
    rows = _ends()
    for at, text in enumerate(texts):
        labels, kinds = _turns(at)
        said = {"name": text, "short_name": text, "description": text, "odd": text}
        rows += [Node(Ref(label, f"v{at}"), said) for label in {*labels}]
        rows += _joined(f"v{at}", kinds, {"odd": text, "stage": text})
    return rows


def _items(texts: Sequence[str]) -> Rows:
    listed = [*texts]
    said: Props = {"aliases": listed, "odd": listed, "evidence": listed}
    nodes = [Node(Ref(label, "i"), said) for label in LABELS]
    return [*_ends(), *nodes, *_joined("i", KINDS, {"odd": listed, "evidence": listed})]


def _keys(texts: Sequence[str]) -> Rows:
    rows = _ends()
    for at, text in enumerate(texts):
        rows += _joined(text, _turns(at)[1], {"share": 0.5})
    return rows


def _columns(texts: Sequence[str]) -> Rows:
    """Reference columns: every second target is there, and becomes a relation."""
    rows: Rows = [Node(Ref("Region", text), {"name": "x"}) for text in texts[::2]]
    rows += [Node(Ref("Chain", text), {"name": "x"}) for text in texts[::2]]
    for at, text in enumerate(texts):
        said = {"name": "x", "region": text, "parent": text, "park": text, "applicant": text}
        rows += [Node(Ref(label, f"c{at}"), said) for label in {*_turns(at)[0]}]
    return [*rows, Node(firm("leads"), {"name": "x", "leads": [*texts]})]


def _dates(texts: Sequence[str]) -> Rows:
    rows = _ends()
    for at, text in enumerate(texts):
        rows.append(Node(firm(f"d{at}"), {"name": "x", "as_of": text}))
        rows += _joined(f"d{at}", _turns(at)[1], {"as_of": text})
    return rows


# Where a text may stand in a row: how to put it there, and whether it is as short as an id.
PLACES: dict[str, tuple[Callable[[Sequence[str]], Rows], bool]] = {
    "id": (_ids, True),
    "name of a property": (_names, True),
    "value of a property": (_values, False),
    "item of a list": (_items, False),
    "key of a relation": (_keys, True),
    "reference column": (_columns, True),
    "date": (_dates, False),
}


@pytest.mark.parametrize("place", PLACES)
def test_what_is_written_comes_back_as_it_was(store: GraphStore, place: str) -> None:
    make, short = PLACES[place]
    texts = WHOLE if short else [*WHOLE, LONG]
    rows = batch(*make(texts), key="hostile")
    expected = content_of([rows])
    assert store.apply(rows).revision == 1
    assert content_in(store) == expected
    assert store.stats().hash == hash_of(expected)
    found = {
        (block.kind[0], src, dst, key)
        for type_ in RELATIONS
        for block in store.columns(type_)
        for src, dst, key in zip(block.src, block.dst, block.keys, strict=True)
    }
    assert found == {(type_, src.id, dst.id, key) for type_, src, dst, key in expected[1]}
    changed = store.changes(0)
    assert {node.ref: node.props for node in changed.nodes} == expected[0]
    # Before-images hold it too, and give it back.
    store.apply(batch(*(Node(ref, {"name": "later", "as_of": "~"}) for ref in expected[0])))
    store.undo()
    assert content_in(store) == expected
    store.undo()
    assert store.stats().hash == f"{0:064x}"


def test_what_was_written_is_found_by_its_own_text(store: GraphStore) -> None:
    rows = [Node(firm(f"n{at}"), {"name": text}) for at, text in enumerate(WHOLE)]
    rows += [Node(segment(text), {"name": "x"}) for text in WHOLE]
    store.apply(batch(*rows, supplies("n0", "n1"), key="hostile"))
    before = store.stats()
    ids = sorted(WHOLE)
    for at, text in enumerate(WHOLE):
        ref = segment(text)
        assert store.get(ref) == Node(ref, {"name": "x"})
        assert [n.ref for n in store.neighbourhood(ref).nodes] == [ref]
        following = store.page("Segment", text, len(ids)).items
        assert [node.ref.id for node in following] == ids[ids.index(text) + 1 :]
        if words(text):
            found = {node.ref for node in store.search(text, limit=500)}
            assert {firm(f"n{at}"), ref} <= found, text
        else:
            assert store.search(text) == []
    assert store.stats() == before


def test_names_of_batches_and_sources_come_back_as_they_were(store: GraphStore) -> None:
    store.apply(HELD)
    before = store.stats()
    for text in WHOLE:
        applied = store.apply(Batch(text, text, HELD.nodes, HELD.rels))
        assert (applied.batch, applied.status) == (text, "unchanged")
    told = [(entry.batch, entry.source) for entry in store.ledger(len(WHOLE))]
    assert told == [(text, text) for text in reversed(WHOLE)]
    assert store.apply(Batch(WHOLE[0], "", [Node(firm("new"), {"name": "x"})])).created == 0
    assert store.undo().batch == WHOLE[-1]
    assert store.stats() == before


def test_a_ledger_taken_over_comes_back_as_it_was(store: GraphStore) -> None:
    store.apply(HELD)
    before = store.stats()
    entries = [LedgerEntry(text, text, 1, text, 1, 0) for text in WHOLE]
    store.adopt(1, entries)
    assert store.ledger(len(entries) + 1) == entries
    assert store.stats() == before


def test_a_ledger_that_no_store_can_hold_is_refused(store: GraphStore) -> None:
    store.apply(HELD)
    before, ledger = store.stats(), store.ledger()
    for text in [text for text in BROKEN if "\0" not in text]:
        for entry in (
            LedgerEntry(text, "", 1, "", 1, 0),
            LedgerEntry("k", text, 1, "", 1, 0),
            LedgerEntry("k", "", 1, text, 1, 0),
        ):
            with pytest.raises(DataError):
                store.adopt(1, [entry])
    assert store.stats() == before
    assert store.ledger() == ledger


def test_marks_are_text_too_and_no_content(neo4j_engine: Engine, neo4j_server: Login) -> None:
    store = neo4j_engine.new()
    rows = batch(*(Node(segment(text), {"name": "x"}) for text in WHOLE), key="hostile")
    store.apply(rows)
    before = store.stats()
    assert isinstance(store, Annotates)
    marks = {segment(text): {"_leader": text, "_question": text} for text in WHOLE}
    store.annotate({**marks, segment("nowhere"): {"_question": "x"}})
    assert store.stats() == before
    assert content_in(store) == content_of([rows])
    assert _marks(neo4j_server) == {ref.id: mark for ref, mark in marks.items()}


def test_a_name_of_a_mark_never_becomes_a_column(neo4j_engine: Engine) -> None:
    store = neo4j_engine.new()
    store.apply(HELD)
    before = store.stats()
    assert isinstance(store, Annotates)
    for text in WHOLE:
        with suppress(LianzhuError):  # a name may be refused
            store.annotate({SECRET: {f"_{text}": "x", "_question": "x"}})
    assert store.stats() == before
    assert content_in(store) == content_of([HELD])


def test_a_mark_that_no_store_can_hold_is_refused(neo4j_engine: Engine) -> None:
    store = neo4j_engine.new()
    store.apply(HELD)
    before = store.stats()
    assert isinstance(store, Annotates)
    for text in [text for text in BROKEN if "\0" not in text]:
        for ref, mark in (
            (SECRET, {"_question": text}),
            (SECRET, {f"_{text}": "x"}),
            (firm(text), {"_question": "x"}),
            (Ref(text, SECRET.id), {"_question": "x"}),
        ):
            with pytest.raises(LianzhuError):
                store.annotate({ref: mark})
    assert store.stats() == before


def _marks(login: Login) -> dict[str, dict[str, object]]:
    """The marks in the database, by id of the node."""
    import neo4j

    with neo4j.GraphDatabase.driver(login.url, auth=(login.user, login.password)) as driver:
        rows = driver.execute_query(
            "MATCH (n) WHERE n._question IS NOT NULL RETURN n.id, n._leader, n._question"
        ).records
    return {id: {"_leader": leader, "_question": asked} for id, leader, asked in rows}


def _refused() -> Iterator[tuple[str, Batch]]:
    """Batches with one text in a place that does not take it, beside rows that would be taken."""
    good: Rows = [Node(firm("new"), {"name": "x"}), Node(firm("other"), {"name": "x"})]
    for text in PAYLOADS:
        yield "label", batch(*good, Node(Ref(text, "1"), {"name": "x"}))
        yield "type", batch(*good, Rel(text, firm("new"), firm("other")))
        yield "label of an end", batch(*good, Rel("SUPPLIES", Ref(text, "new"), firm("other")))
        yield "label of an end", batch(*good, Rel("SUPPLIES", firm("new"), Ref(text, "other")))
        yield "nowhere", batch(*good, Rel("SUPPLIES", firm("new"), firm(text)))
        yield "nowhere", batch(*good, Rel("SUPPLIES", firm(text), firm("new")))
    for text in [*BROKEN, LONG]:
        yield "id", batch(*good, Node(firm(text), {"name": "x"}))
        yield "name", batch(*good, Node(firm("1"), {text: "x"}))
        yield "name", batch(*good, Rel("SUPPLIES", firm("new"), firm("other"), "", {text: 1.0}))
        yield "key", batch(*good, Rel("SUPPLIES", firm("new"), firm("other"), text))
        yield "batch", batch(*good, key=text)
    for text in [text for text in BROKEN if "\0" not in text]:
        yield "source", Batch("k", text, [Node(firm("new"), {"name": "x"})])
        for value in (text, [text]):
            yield "value", batch(*good, Node(firm("1"), {"odd": value}))
            joined = Rel("SUPPLIES", firm("new"), firm("other"), "", {"odd": value})
            yield "value", batch(*good, joined)


def test_what_a_place_does_not_take_is_refused_with_nothing_written(store: GraphStore) -> None:
    store.apply(HELD)
    before, ledger = store.stats(), store.ledger()
    for place, rows in _refused():
        try:
            store.apply(rows)
        except DataError:
            continue
        pytest.fail(f"taken: {place}, {ascii(rows)[-300:]}")
    assert store.stats() == before
    assert store.ledger() == ledger
    assert content_in(store) == content_of([HELD])


# A value in a column that merging reads: two rows about one thing have to be settled.
@pytest.mark.parametrize("column", ["grade", "claims", "evidence", "as_of", "name"])
def test_a_row_that_meets_another_is_merged_or_refused(store: GraphStore, column: str) -> None:
    store.apply(batch(*(Node(firm(f"m{at}"), {"name": "x"}) for at in range(len(WHOLE)))))
    taken = 0
    for at, text in enumerate(WHOLE):
        row = Node(firm(f"m{at}"), {"odd": 1.0, column: text})
        before = store.stats()
        try:
            taken += store.apply(batch(row)).updated
        except DataError:
            assert store.stats() == before
    assert store.stats().hash == hash_of(content_in(store))
    assert taken in (0, len(WHOLE))
