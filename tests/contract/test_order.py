"""The content does not depend on how rows come: in what order, in which batches, how often."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from graph.model import Batch, Node, Rel, merge
from tests.conftest import tier
from tests.contract.conftest import Engine
from tests.contract.made import batch, batches_of, firm, region, rows, supplies

_props = rows.map(lambda row: row.props)
_SETTINGS = settings(
    max_examples=tier(25, 1000), deadline=None, suppress_health_check=[HealthCheck.too_slow]
)


@_SETTINGS
@given(st.data(), st.lists(rows, max_size=8))
def test_any_order_and_split_gives_the_same_hash(
    engine: Engine, data: st.DataObject, some: list[Node | Rel]
) -> None:
    shuffled = data.draw(st.permutations(some))
    cuts = data.draw(st.lists(st.integers(0, len(some)), max_size=3).map(sorted))
    parts = [shuffled[a:b] for a, b in zip([0, *cuts], [*cuts, len(some)], strict=True)]
    split = [group for part in parts for group in batches_of(part)]
    assert _hash(engine, batches_of(some)) == _hash(engine, split)


@_SETTINGS
@given(st.lists(rows, max_size=6))
def test_applying_everything_again_changes_nothing(engine: Engine, some: list[Node | Rel]) -> None:
    store = engine.new()
    for part in batches_of(some):
        store.apply(part)
    revision = store.revision()
    for part in batches_of(some):
        store.apply(part)
    assert store.revision() == revision


@given(_props, _props, _props)
def test_merge_is_commutative_associative_and_idempotent(a: object, b: object, c: object) -> None:
    assert merge(a, b) == merge(b, a)  # type: ignore[arg-type]
    assert merge(a, merge(b, c)) == merge(merge(a, b), c)  # type: ignore[arg-type]
    assert merge(a, a) == a  # type: ignore[arg-type]
    assert merge(merge(a, b), b) == merge(a, b)  # type: ignore[arg-type]


def test_a_target_may_come_last(engine: Engine) -> None:
    source, target = Node(firm("1"), {"region": "1"}), Node(region("1"), {"name": "甲市"})
    other = supplies("1", "1")
    orders = [[source, target, other], [target, source, other]]
    hashes = {_hash(engine, [batch(row) for row in order]) for order in orders}
    assert hashes == {_hash(engine, [batch(source, target, other)])}


def _hash(engine: Engine, parts: list[Batch]) -> str:
    store = engine.new()
    for part in parts:
        store.apply(part)
    return store.stats().hash
