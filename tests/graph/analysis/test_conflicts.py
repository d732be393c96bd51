"""Conflicts of interest by hand, and on random graphs against every walk there is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import product
from random import Random

import pytest

from graph.analysis.conflicts import (
    HOPS,
    Conflict,
    ConflictKind,
    Reviewer,
    Role,
    conflicts,
    employer_of,
)
from graph.arrays import NodeTable
from graph.snapshot import Snapshot
from tests.conftest import tier
from tests.zones import Rows, snapshot_of

HOLDS, SUPPLIES = "INVESTS_IN", "SUPPLIES"
NONE: Rows = {}


def zone(firms: str, invests: Iterable[str] = (), supplies: Iterable[str] = ()) -> Rows:
    """Enterprises by id and relations as "from to"."""
    named = [{"id": id_, "name": f"{id_}厂"} for id_ in firms.split()]
    return {"enterprises": named, **joined(invests, supplies)}


def joined(invests: Iterable[str] = (), supplies: Iterable[str] = ()) -> Rows:
    """Relations "from to" as rows."""
    return {
        "invests": [dict(zip(("investor", "enterprise"), r.split(), strict=True)) for r in invests],
        "supplies": [dict(zip(("supplier", "buyer"), r.split(), strict=True)) for r in supplies],
    }


def found(rows: Rows, *reviewers: Reviewer, leaders: Sequence[str] = ()) -> Sequence[Conflict]:
    """The conflicts of reviewers of a project of enterprise A."""
    return conflicts(snapshot_of(rows), "A", leaders, reviewers)


def test_shares_in_a_supplier_of_the_leader_are_seen_only_in_the_graph() -> None:
    rows = zone("A E L S", invests=["E S"], supplies=["S L"])
    assert found(rows, Reviewer("r", "E"), leaders=["L"]) == [
        Conflict("r", "supply", "L", "leader", ("E", "S", "L"), (HOLDS, SUPPLIES), 2)
    ]
    assert found(rows, Reviewer("r", "E")) == []  # another leader's supplier is no matter here


def test_the_introducing_unit_is_recused_without_a_tie() -> None:
    rows = zone("A L", invests=["L A"])
    introduced = Reviewer("r", "A", introduced=True)
    assert found(rows, introduced, leaders=["L"]) == [
        Conflict("r", "introduced", "A", "applicant", (), (), 0),
        Conflict("r", "shareholding", "L", "leader", ("A", "L"), (HOLDS,), 1),
    ]
    assert conflicts(snapshot_of(rows), None, [], [Reviewer("r", introduced=True)]) == [
        Conflict("r", "introduced", None, "applicant", (), (), 0)
    ]


@pytest.mark.parametrize("employer", ["A", "A厂"])
def test_who_works_for_the_applicant_or_a_leader(employer: str) -> None:
    rows = zone("A L", supplies=["A L", "L A"])
    assert found(rows, Reviewer("r", employer, ("A",))) == [
        Conflict("r", "employer", "A", "applicant", ("A",), (), 0)
    ]
    assert found(rows, Reviewer("r", "L"), leaders=["L", "L"]) == [
        Conflict("r", "supply", "A", "applicant", ("L", "A"), (SUPPLIES,), 1),
        Conflict("r", "employer", "L", "leader", ("L",), (), 0),
    ]


def test_a_leader_that_applies_is_the_applicant() -> None:
    assert found(zone("A"), Reviewer("r", "A"), leaders=["A"]) == [
        Conflict("r", "employer", "A", "applicant", ("A",), (), 0)
    ]


def test_an_interest_in_the_target_itself_is_a_shareholding() -> None:
    assert found(zone("A E"), Reviewer("r", "E", ("A",))) == [
        Conflict("r", "shareholding", "A", "applicant", ("A",), (), 0)
    ]


@pytest.mark.parametrize(
    "invests", [["E M", "M A"], ["M E", "M A"], ["E M", "A M"], ["M E", "A M"]]
)
def test_direction_does_not_matter(invests: list[str]) -> None:
    assert found(zone("A E M", invests), Reviewer("r", "E")) == [
        Conflict("r", "shareholding", "A", "applicant", ("E", "M", "A"), (HOLDS, HOLDS), 2)
    ]


def test_three_relations_are_too_far() -> None:
    assert HOPS == 2
    rows = zone("A E M N", invests=["E M", "M N", "N A"], supplies=["E E", "A A", "M M"])
    assert found(rows, Reviewer("r", "E")) == []
    assert [c.path for c in found(rows, Reviewer("r", "", ("E", "M")))] == [("M", "N", "A")]


def test_the_shortest_tie_is_given_whatever_its_kind_and_from_whichever_enterprise() -> None:
    rows = zone("A E I M", invests=["E M", "M A"], supplies=["A I"])
    assert found(rows, Reviewer("r", "E", ("I",))) == [
        Conflict("r", "supply", "A", "applicant", ("I", "A"), (SUPPLIES,), 1)
    ]


def test_equally_short_ties_go_by_ids_in_code_point_order() -> None:
    ids = ["Z", "a", "é", "\uffee", "𠮷"]  # 𠮷 sorts before U+FFEE in UTF-16 alone
    for first in range(len(ids)):
        through = ids[first:][::-1]
        ties = [f"A {m}" for m in through], [f"{m} E" for m in through]
        rows = zone("A E " + " ".join(through), *ties)
        assert [c.path for c in found(rows, Reviewer("r", "E"))] == [("E", ids[first], "A")]


def test_starts_are_compared_before_what_lies_between() -> None:
    rows = zone("A E F M N", invests=["E N", "N A", "F M", "M A"])
    assert [c.path for c in found(rows, Reviewer("r", "F", ("E",)))] == [("E", "N", "A")]


def test_of_parallel_relations_the_shares_are_named() -> None:
    rows = zone("A E M", invests=["A M", "E M", "M E"], supplies=["E M", "M A", "E E"])
    assert found(rows, Reviewer("r", "E")) == [
        Conflict("r", "shareholding", "A", "applicant", ("E", "M", "A"), (HOLDS, HOLDS), 2)
    ]


def test_closed_and_moved_enterprises_count() -> None:
    firms = [{"id": "A"}, {"id": "E", "status": "moved"}, {"id": "M", "status": "closed"}]
    rows = {"enterprises": firms, **joined(["E M", "M A"])}
    assert [c.path for c in found(rows, Reviewer("r", "E"))] == [("E", "M", "A")]


def test_an_employer_in_words_is_one_enterprise_of_exactly_this_name() -> None:
    firms = [
        {"id": "A", "name": "甲厂"},
        {"id": "E", "name": "乙厂"},
        {"id": "F", "name": "丙厂"},
        {"id": "G", "name": "丙厂"},
        {"id": "H", "name": "E"},
    ]
    snapshot = snapshot_of({"enterprises": firms, **joined(["E A", "F A", "G A"])})
    names = ["乙厂", "E", "丙厂", "乙", "乙厂 ", "", "X"]
    assert [employer_of(snapshot, n) for n in names] == ["E", "E", None, None, None, None, None]
    reviewers = [Reviewer(n, n) for n in names]
    assert [c.reviewer for c in conflicts(snapshot, "A", [], reviewers)] == ["E", "乙厂"]


def test_no_employer_is_nobody_s_name() -> None:
    table = NodeTable.build("Enterprise", [("A", {"name": ""})])
    snapshot = Snapshot(1, {"Enterprise": table}, {})
    assert employer_of(snapshot, "") is None
    assert conflicts(snapshot, "A", [""], [Reviewer("r")]) == []


def test_an_id_outside_the_graph_is_still_itself() -> None:
    for rows in (NONE, zone("E")):
        assert found(rows, Reviewer("r", "A"), Reviewer("s", "E", ("B",)), leaders=["B"]) == [
            Conflict("r", "employer", "A", "applicant", ("A",), (), 0),
            Conflict("s", "shareholding", "B", "leader", ("B",), (), 0),
        ]
    assert conflicts(snapshot_of(NONE), None, ["B"], [Reviewer("r")]) == []


def test_conflicts_come_by_reviewer_and_target() -> None:
    rows = zone("A E L Z", invests=["E Z", "E A", "E L"])
    shown = found(rows, Reviewer("s", "E"), Reviewer("r", "E"), leaders=["Z", "L"])
    assert [(c.reviewer, c.target, c.role) for c in shown] == [
        ("r", "A", "applicant"),
        ("r", "L", "leader"),
        ("r", "Z", "leader"),
        ("s", "A", "applicant"),
        ("s", "L", "leader"),
        ("s", "Z", "leader"),
    ]


IDS = ["A", "B", "a", "b", "é", "\uffee", "𠮷"]
NAMES = ["甲厂", "乙厂", "丙厂", "丁厂", ""]


def random_case(seed: int) -> tuple[Rows, str | None, list[str], list[Reviewer]]:
    """Self loops, parallel relations, names of several, ids outside the graph."""
    r = Random(seed)
    firms = r.sample(IDS, r.randint(1, len(IDS)))
    dense = r.choice([0.0, 0.05, 0.1, 0.2, 0.4])
    pairs = [f"{a} {b}" for a in firms for b in firms]
    rows = {
        "enterprises": [
            {"id": f, "name": r.choice(NAMES), "status": r.choice(["", "closed", "moved"])}
            for f in firms
        ],
        **joined(
            [p for p in pairs if r.random() < dense], [p for p in pairs if r.random() < dense]
        ),
    }
    reviewers = [
        Reviewer(
            f"r{i}",
            r.choice(["", *IDS, *NAMES]),
            tuple(r.sample(IDS, r.choice([0, 0, 1, 2]))),
            r.random() < 0.15,
        )
        for i in range(3)
    ]
    r.shuffle(reviewers)
    return rows, r.choice([None, *IDS]), r.sample(IDS, r.randint(0, 3)), reviewers


def by_walks(
    rows: Rows, applicant: str | None, leaders: Sequence[str], reviewers: Sequence[Reviewer]
) -> list[Conflict]:
    """The same by trying every sequence of at most three ids and the types between them."""
    steps = {(HOLDS, r["investor"], r["enterprise"]) for r in rows["invests"]}
    steps |= {(SUPPLIES, r["supplier"], r["buyer"]) for r in rows["supplies"]}
    steps |= {(t, b, a) for t, a, b in steps}
    walks = [
        (hops, path, types)
        for hops in range(3)
        for path in product(IDS, repeat=hops + 1)
        for types in product((HOLDS, SUPPLIES), repeat=hops)
        if all((types[i], path[i], path[i + 1]) in steps for i in range(hops))
    ]
    out = []
    for reviewer in sorted(reviewers, key=lambda one: one.id):
        employer = employed_by(rows, reviewer.employer)
        for target in sorted({*leaders, applicant}, key=lambda t: t or ""):
            role: Role = "applicant" if target == applicant else "leader"
            ties = [
                walk
                for walk in walks
                if walk[1][0] in (employer, *reviewer.interests) and walk[1][-1] == target
            ]
            if role == "applicant" and reviewer.introduced:
                out.append(Conflict(reviewer.id, "introduced", target, role, (), (), 0))
            elif ties:
                hops, path, types = min(ties)
                kind: ConflictKind = "supply" if SUPPLIES in types else "shareholding"
                kind = "employer" if target == employer else kind
                out.append(Conflict(reviewer.id, kind, target, role, path, types, hops))
    return out


def employed_by(rows: Rows, given: str) -> str:
    same = [row["id"] for row in rows["enterprises"] if given and row["name"] == given]
    return same[0] if len(same) == 1 and given not in IDS else given


def test_equals_every_walk_on_random_graphs() -> None:
    seen: dict[tuple[str, int], int] = {}
    for seed in range(tier(400, 4000)):
        rows, applicant, leaders, reviewers = random_case(seed)
        shown = conflicts(snapshot_of(rows), applicant, leaders, reviewers)
        assert shown == by_walks(rows, applicant, leaders, reviewers), seed
        for one in shown:
            seen[one.kind, one.hops] = seen.get((one.kind, one.hops), 0) + 1
    met = {("introduced", 0), ("employer", 0), ("shareholding", 0), ("shareholding", 1)}
    met |= {("shareholding", 2), ("supply", 1), ("supply", 2)}
    assert seen.keys() == met
    assert min(seen.values()) >= 20
