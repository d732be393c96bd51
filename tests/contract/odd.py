"""Random histories of small odd graphs: what hardly an import makes, and a store has to bear."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from random import Random
from typing import TypeVar

from graph.model import Batch, Node, Props, Ref, Rel, Value

__all__ = ["Step", "history", "questions"]

Step = Batch | None  # None is an undo
_T = TypeVar("_T")

_IDS = ["1", "2", "一", "a b", "A", "1.0", "\U00020000", "\uffff", "|", "the", "机器"]
_NAMES = [
    "甲", "乙", "机器人", "工业机器人", "機器人科技", "显示面板 BOE", "京東方A", "ＴＣＬ华星", "a",
    "A the Bank", "the", "THERE", "Andes", "an", "No.5 5G手机壳", "O'Neill", "x" * 40, "",
    "a\tb  c", "\ue000", "𠮷野家", "东-西", "s t",
]  # fmt: skip
# Names that an engine uses itself, and ones that would need quoting somewhere.
_ODD = [
    "id", "key", "_rev", "_born", "_own", "_n", "__x", "___", "search_text", "props", "label",
    "rev", "n", "企业 名称", "a.b", "a`b", "$p", "'", '"', "\\", "{", "\n", "NULL", "\U00020000",
]  # fmt: skip
_VALUES: list[Value] = [
    "", "甲", "1", "NULL", "a\0b", '{"a": 1}', True, False, 0.0, -0.0, 1.0, 3, 2.5, 1e300, 5e-324,
    [], [""], ["甲"], ["甲", "乙", "甲"], ["b", "a"],
]  # fmt: skip
_STAMP: dict[str, list[Value]] = {
    "evidence": [["a"], ["b"], ["b", "a"], []],
    "grade": ["inferred", "declared", "verified"],
    "as_of": ["2023", "2024-05", "2024-05-01"],
}
# Columns the tables know, also with values that they do not allow.
_KNOWN: dict[str, list[Value]] = {
    "share": [0.0, 0.5, 1.0, "甲"],
    "value_wan": [3, 2.5, False],
    "stage": ["upstream", "", True, 1.0, "\ue001"],
    "weight": [0.5, ["a"]],
}
_LABELS = [
    "Enterprise", "Enterprise", "Enterprise", "Region", "Region", "Segment", "Chain", "Park",
    "Project", "Evidence", "Survey",
]  # fmt: skip
_COLUMNS = {
    "Enterprise": ("region", "leads"),
    "Park": ("region", "parent"),
    "Project": ("applicant", "park", "region"),
    "Region": ("parent",),
    "Segment": ("parent",),
}
_KINDS = [
    ("SUPPLIES", "Enterprise", "Enterprise"),
    ("SUPPLIES", "Enterprise", "Enterprise"),
    ("INVESTS_IN", "Enterprise", "Enterprise"),
    ("LOCATED_IN", "Enterprise", "Region"),
    ("LOCATED_IN", "Park", "Region"),
    ("PART_OF", "Region", "Region"),
    ("PART_OF", "Segment", "Chain"),
    ("PRODUCES", "Enterprise", "Segment"),
    ("LEADS", "Enterprise", "Chain"),
]
_KEYS = ["", "", "", "s", "1", "键", " "]
_NOWHERE = Ref("Enterprise", "nowhere")
_BAD: list[Node | Rel] = [
    Node(Ref("Firm", "1"), {"name": "甲"}),
    Node(Ref("Region", "")),
    Node(Ref("Region", "a\0b")),
    Node(Ref("Region", "1"), {"name": float("nan")}),
    Node(Ref("Region", "1"), {"name": "\ud800"}),
    Node(Ref("Region", "\udfff"), {"name": "甲"}),
    Rel("SUPPLIES", _NOWHERE, _NOWHERE),
    Rel("SUPPLIES", Ref("Region", "1"), _NOWHERE),
    Rel("LOCATED_IN", _NOWHERE, Ref("Region", "1"), "a\0"),
]
_ASKED = [
    "甲", "机", "人", "机器", "机器人", "機器人", "器机", "工业 机器人", "显示", "显示面板", "面板",
    "boe", "bo", "京东方", "京東", "tcl", "ｔｃｌ", "华星", "a", "A ", "an", "and", "th", "the",
    "ther", "t", "s", "b", "5", "5g", "手机", "o", "neill", "'", "x", "xx", "\ue000", "𠮷", "野家",
    "东西", "东-西", "1", "一", "2", "no", "a the", "the a", "st", "s t", "|", "BANK the",
]  # fmt: skip


def history(random: Random) -> list[Step]:
    """Two to four batches, with undos between and after them."""
    return _Graph(random).steps()


def questions(random: Random, names: Sequence[str]) -> list[str]:
    """Texts to search for: some that are in none of `names`, and pieces of them alone and in two.

    Half of the pieces begin where a name or a word does, as a Latin one must to be found.
    """
    pieces = [_piece(random, random.choice(names or _NAMES)) for _ in range(4)]
    other = random.sample(_ASKED, 2)
    return [*pieces, *other, f"{pieces[0]} {pieces[1]}", f"{other[0]} {pieces[2]}"]


def _piece(random: Random, name: str) -> str:
    starts = [at + 1 for at, char in enumerate(name[:-1]) if char.isspace()]
    start = random.choice([0, *starts, random.randint(0, max(len(name) - 1, 0))])
    piece = name[start : start + random.choice([1, 2, 3, 9])]
    return random.choice([piece, piece.upper(), piece.replace("机", "機"), piece])


class _Graph:
    """One small graph: three ids for every label, and in every other one odd names of columns."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._ids = random.sample(_IDS, 3)
        self._odd = random.random() < 0.5
        self._made: list[Batch] = []

    def steps(self) -> list[Step]:
        steps: list[Step] = []
        for number in range(self._random.randint(2, 4)):
            steps.append(self._step(f"键 {number}'"))
            steps += [None] * self._random.choice([0, 0, 0, 0, 1, 1, 2])
        return steps

    def _step(self, key: str) -> Batch:
        """A batch: new, one that was there before, another under its key, or one to be refused."""
        random, chance = self._random, self._random.random()
        if self._made and chance < 0.12:
            return random.choice(self._made)
        batch = self._batch(key)
        if self._made and chance < 0.2:
            batch = replace(batch, key=random.choice(self._made).key)
        if chance > 0.85:
            return _spoilt(batch, random.choice(_BAD))
        self._made.append(batch)
        return batch

    def _batch(self, key: str) -> Batch:
        random = self._random
        nodes = [self._node() for _ in range(random.randint(0, 4))]
        rels = [self._rel() for _ in range(random.randint(0, 4))]
        # The same thing again, in other words.
        nodes += [Node(n.ref, self._props(n.ref.label)) for n in _some(random, nodes, 0.2)]
        rels += [replace(rel, props=self._said()) for rel in _some(random, rels, 0.2)]
        ends = {ref for rel in rels for ref in (rel.src, rel.dst)} - {node.ref for node in nodes}
        nodes += [Node(ref) for ref in sorted(ends)]
        random.shuffle(nodes)
        return Batch(key, random.choice(_NAMES), nodes, rels)

    def _node(self) -> Node:
        label = self._random.choice(_LABELS)
        return Node(Ref(label, self._random.choice(self._ids)), self._props(label))

    def _rel(self) -> Rel:
        random = self._random
        type_, src, dst = random.choice(_KINDS)
        ends = (Ref(src, random.choice(self._ids)), Ref(dst, random.choice(self._ids)))
        return Rel(type_, *ends, random.choice(_KEYS), self._said())

    def _props(self, label: str) -> Props:
        """Nothing at all, or names, reference columns and whatever else is said."""
        random = self._random
        if random.random() < 0.15:
            return {}
        props: dict[str, Value] = {"name": random.choice(_NAMES)}
        if random.random() < 0.2:
            props |= {"aliases": random.sample(_NAMES, 2), "short_name": random.choice(_NAMES)}
        for column in _some(random, _COLUMNS.get(label, ()), 0.6):
            some = random.sample(self._ids, random.randint(0, 2))
            other: list[Value] = [*self._ids, *self._ids, "", 1.0]
            props[column] = some if column == "leads" else random.choice(other)
        return props | self._said()

    def _said(self) -> dict[str, Value]:
        """Columns of any kind of row, and where it was said."""
        random = self._random
        props = {name: random.choice(_VALUES) for name in _some(random, _ODD, 0.05 * self._odd)}
        props |= {name: random.choice(_KNOWN[name]) for name in _some(random, _KNOWN, 0.2)}
        return props | {name: random.choice(_STAMP[name]) for name in _some(random, _STAMP, 0.4)}


def _spoilt(batch: Batch, bad: Node | Rel) -> Batch:
    if isinstance(bad, Node):
        return replace(batch, key="refused", nodes=[*batch.nodes, bad])
    return replace(batch, key="refused", rels=[*batch.rels, bad])


def _some(random: Random, things: Iterable[_T], share: float) -> list[_T]:
    return [thing for thing in things if random.random() < share]
