"""Who judges which project, against trying every assignment."""

from __future__ import annotations

import random
from collections import Counter
from itertools import combinations, product

import pytest

from graph.errors import UsageError
from graph.review.assigning import assigned, competence
from graph.review.meeting import Member


def test_competence_is_a_field_within_a_word_or_around_it() -> None:
    display = Member("e", "甲", fields=("新型显示",))
    assert competence(display, ["新型显示产业链"]) == 1
    assert competence(display, ["显示"]) == 1
    assert competence(display, ["机器人", ""]) == 0
    assert competence(Member("d", "乙", "department", "发改"), ["发改"]) == 0


def test_two_projects_go_to_those_who_know_them() -> None:
    panel = [
        Member("a", "甲", fields=("显示",)),
        Member("b", "乙", fields=("机器人",)),
        Member("c", "丙", "department", "发改"),
        Member("d", "丁", "department", "科技"),
        Member("chair", "主持", "chair", fields=("显示", "机器人")),
    ]
    found = assigned({"p1": ["显示"], "p2": ["机器人"]}, panel, set(), 2)
    assert "a" in found["p1"]
    assert "b" in found["p2"]
    assert Counter(m for ones in found.values() for m in ones) == dict.fromkeys("abcd", 1)


def test_who_has_a_conflict_does_not_judge_and_too_few_are_told() -> None:
    panel = [Member("a", "甲"), Member("b", "乙"), Member("c", "丙")]
    assert assigned({"p": []}, panel, {("p", "a")}, 2) == {"p": ["b", "c"]}
    with pytest.raises(UsageError) as refused:
        assigned({"p": []}, panel, {("p", "a"), ("p", "b")}, 2)
    assert (refused.value.code, refused.value.facts["has"]) == ("too_few_judges", 1)


@pytest.mark.parametrize("seed", range(60))
def test_the_largest_load_is_least_and_then_competence_is_most(seed: int) -> None:
    draw = random.Random(seed)
    panel = [
        Member(f"m{i}", "", fields=tuple(draw.sample("xyz", draw.randint(0, 2)))) for i in range(4)
    ]
    projects = {f"p{i}": [draw.choice("xyz")] for i in range(draw.randint(1, 4))}
    pairs = [(p, m.id) for p in projects for m in panel]
    conflicts = {pair for pair in pairs if draw.random() < 0.2}
    best = brute(projects, panel, conflicts)
    if best is None:
        with pytest.raises(UsageError):
            assigned(projects, panel, conflicts, 2)
        return
    found = assigned(projects, panel, conflicts, 2)
    again = assigned(dict(reversed(projects.items())), panel[::-1], conflicts, 2)
    assert again == found
    assert not {(p, m) for p, ones in found.items() for m in ones} & conflicts
    assert all(len(set(ones)) == 2 for ones in found.values())
    assert worth(projects, panel, found) == best


def brute(
    projects: dict[str, list[str]], panel: list[Member], conflicts: set[tuple[str, str]]
) -> tuple[int, float] | None:
    """(least largest load, most competence) over every assignment."""
    free = [
        list(combinations([m.id for m in panel if (p, m.id) not in conflicts], 2)) for p in projects
    ]
    every = [
        worth(projects, panel, dict(zip(projects, choice, strict=True)))
        for choice in product(*free)
    ]
    return min(every, key=lambda w: (w[0], -w[1]), default=None)


def worth(
    projects: dict[str, list[str]], panel: list[Member], found: dict[str, object]
) -> tuple[int, float]:
    by_id = {m.id: m for m in panel}
    loads = Counter(m for ones in found.values() for m in ones)  # type: ignore[attr-defined]
    skill = sum(competence(by_id[m], projects[p]) for p, ones in found.items() for m in ones)  # type: ignore[attr-defined]
    return max(loads.values()), skill
