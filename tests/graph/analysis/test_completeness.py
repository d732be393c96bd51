"""How complete a chain is: counts by stage, the share and what is still open."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.analysis.answers import Asked, ChainCell, ChainMap, GapsAnswer, SegmentAnswer
from graph.analysis.completeness import Counts, completeness

ASKED = Asked("L", None, "r", None, "open", "nested", "up", "balanced")
GAPS = ("missing", "nearby", "weak", "single_sourced")
TYPES = (*GAPS, "crowded", "covered", "unknown")


def segment(id: str, type: str) -> SegmentAnswer:
    return SegmentAnswer(id, id, [], type, [], 1.0, None, None, None, ["t", id], [], [])


def answer(types: dict[str, str], in_house: list[str]) -> GapsAnswer:
    segments = [segment(id, type) for id, type in types.items()]
    gaps = [s.segment for s in segments if s.type in GAPS]
    return GapsAnswer(ASKED, 1, "1", {}, 0.0, None, segments, gaps, in_house, [], 0)


def chain(stages: dict[str, str | None]) -> ChainMap:
    cells = [
        ChainCell(id, id, stage, 0, 0, 0, False, [], None, [], None, None)
        for id, stage in stages.items()
    ]
    return ChainMap(ASKED, 1, "1", "c", "c", cells)


TYPED = {"a": "missing", "b": "covered", "d": "crowded", "e": "unknown", "f": "weak"}


def test_counts_by_hand() -> None:
    stages = {"a": "upstream", "b": "upstream", "d": None, "e": "downstream", "x": "upstream"}
    found = completeness(chain({**stages, "own": "downstream"}), answer(TYPED, ["own"]))
    assert found.stages == [
        Counts("upstream", 0, 1, 1, 0),
        Counts("downstream", 1, 0, 0, 1),
        Counts("unstaged", 0, 1, 0, 0),
        Counts("elsewhere", 0, 0, 1, 0),  # f belongs to another chain
    ]
    assert found.whole == Counts("whole", 1, 2, 2, 1)
    assert found.share == 0.6  # own, b and d of all but e
    assert found.interval == (0.5, 4 / 6)
    assert found.not_needed == 1  # x


def test_what_one_leader_makes_and_another_lacks_is_a_gap() -> None:
    found = completeness(chain({"a": "upstream"}), answer({"a": "missing"}, ["a"]))
    assert found.whole == Counts("whole", 0, 0, 1, 0)


def test_nothing_needed_is_no_share_at_all() -> None:
    found = completeness(chain({"x": None}), answer({}, []))
    assert (found.share, found.interval, found.stages, found.not_needed) == (None, None, [], 1)
    assert completeness(chain({}), answer({"e": "unknown"}, [])).share is None


@given(st.dictionaries(st.sampled_from("abcdefgh"), st.sampled_from(TYPES)))
def test_the_interval_holds_what_checking_can_find(types: dict[str, str]) -> None:
    found = completeness(chain({}), answer(types, ["own"]))
    assert found.whole.needed == len(types) + 1 == sum(s.needed for s in found.stages)
    assert found.interval is not None
    for result in ("missing", "covered"):
        checked = {s: result if t == "unknown" else t for s, t in types.items()}
        after = completeness(chain({}), replace(answer(checked, ["own"])))
        end = found.interval[0] if result == "missing" else found.interval[1]
        assert after.share == pytest.approx(end)
