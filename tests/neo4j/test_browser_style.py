"""A style that Browser's own parser can read, for every label and relation type there is."""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib.resources import files

from graph.model import LABELS, RELATIONS
from viz.palette import KINDS, contrast
from viz.words import term

STORE = files("graph.store")
README = (STORE / "browser" / "README.md").read_text("utf-8")
STYLE = (STORE / "browser" / "lianzhu.grass").read_text("utf-8")
# The labels of the engine's own rows, as its statements spell them.
OWN = set(re.findall(r":(_[A-Z]\w+)", (STORE / "cypher.py").read_text("utf-8"), re.ASCII))

SELECTOR = re.compile(r"(node|relationship)(\.\w+)?", re.ASCII)
COLOUR = re.compile("#[0-9a-f]{6}")
LENGTH = re.compile("[0-9]+px")
KEYS: Mapping[str, re.Pattern[str]] = {
    "border-color": COLOUR,
    "border-width": LENGTH,
    "caption": re.compile('".+"'),
    "color": COLOUR,
    "diameter": LENGTH,
    "font-size": LENGTH,
    "padding": LENGTH,
    "shaft-width": LENGTH,
    "text-color-external": COLOUR,
    "text-color-internal": COLOUR,
}


def rules() -> dict[str, dict[str, str]]:
    """The style, read more strictly than Browser does: it knows no comments and no escapes."""
    found: dict[str, dict[str, str]] = {}
    rest = STYLE
    while rest.strip():
        block = re.match(r'\s*([^\s{}]+) \{((?:[^{}"]|"[^"]*")*)\}', rest)
        assert block, rest[:80]
        lines = [line.strip() for line in block[2].split(";") if line.strip()]
        assert block[1] not in found
        found[block[1]] = dict(re.split(r":\s*", line, maxsplit=1) for line in lines)
        rest = rest[block.end() :]
    return found


def test_the_style_has_known_selectors_keys_and_values_only() -> None:
    assert STYLE.count("{") == STYLE.count("}")
    for selector, props in rules().items():
        assert SELECTOR.fullmatch(selector), selector
        for key, value in props.items():
            assert KEYS[key].fullmatch(value), (selector, key, value)
            assert not set(value) & {"'", ":", ";"}  # these would end the value for Browser


def test_the_style_covers_every_label_and_type() -> None:
    named = rules().keys() - {"node", "relationship"}
    expected = {f"node.{label}" for label in (*LABELS, *OWN)}
    assert named == expected | {f"relationship.{type_}" for type_ in RELATIONS}


def test_captions_are_names_and_chinese_words() -> None:
    style = rules()
    unnamed = {"Evidence": '"{source}"', "Survey": '"{as_of}"'}
    for label in LABELS:
        assert style[f"node.{label}"]["caption"] == unnamed.get(label, '"{name}"')
    for type_ in RELATIONS:
        word = term("zh", "relation", type_)
        assert style[f"relationship.{type_}"]["caption"] == f'"{word}"'


def test_colours_are_those_of_the_pages_and_names_can_be_read_on_them() -> None:
    style = rules()
    for label in LABELS:
        props = style[f"node.{label}"]
        assert label not in KINDS or props["color"] == KINDS[label].fill
        assert contrast(props["color"], props["text-color-internal"]) >= 4.5, label


def test_the_readme_names_every_label_of_the_engine() -> None:
    assert len(OWN) >= 6
    assert {label for label in OWN if f"`{label}`" not in README} == set()
