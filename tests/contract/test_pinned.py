"""What one revision answers stays, whatever others write meanwhile."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from random import Random

import pytest

from graph.errors import DataError, NotFound
from graph.model import Node
from graph.store.base import GraphStore
from graph.store.neo4j_pieces import PIECE
from tests.conftest import tier
from tests.contract.asked import answers, text
from tests.contract.conftest import Engine
from tests.contract.made import batch, firm
from tests.contract.odd import Step, history

GRAPHS = tier(10, 100)


@pytest.mark.parametrize("piece", [2, PIECE])
def test_every_question_answers_as_before_while_others_write(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, piece: int
) -> None:
    monkeypatch.setattr("graph.store.neo4j_pieces.PIECE", piece)
    written = 0
    for seed in range(GRAPHS):
        try:
            written += _held(engine, seed)
        except BaseException as error:
            error.add_note(f"seed {seed}")
            raise
    assert written > 2 * GRAPHS


def _held(engine: Engine, seed: int) -> int:
    """Ask, have another handle write and take back, ask again; how many revisions it made."""
    random = Random(seed)
    store, writer = engine.new(), engine.open()
    _write(writer, history(random))
    # Two more revisions even where the next history is refused and taken back as a whole.
    later = [*history(random), batch(Node(firm("1"), {"name": "later"}), Node(firm("0"))), None]
    with store.reading() as revision:
        before = [(question, text(answer)) for question, answer in answers(store, Random(seed))]
        _write(writer, later)
        after = [(question, text(answer)) for question, answer in answers(store, Random(seed))]
    assert after == before
    assert store.revision() == writer.revision()
    return writer.revision() - revision


def _write(store: GraphStore, steps: Iterable[Step]) -> None:
    for step in steps:
        with suppress(DataError, NotFound):
            store.apply(step) if step else store.undo()
