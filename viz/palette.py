"""Colours and marks: every meaning has a mark and a word besides its colour.

Text colours keep 4.5:1 and marks 3:1 against the backgrounds below, light and dark (WCAG 2.1 AA,
checked by a test).  The marks are in GBK, so that every Chinese font has them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

__all__ = ["KINDS", "LINES", "MARKS", "PAGE", "TYPES", "Kind", "Shade", "contrast", "css"]


@dataclass(frozen=True)
class Shade:
    """Text and background, light and dark."""

    ink: str
    paper: str
    ink_dark: str
    paper_dark: str


@dataclass(frozen=True)
class Kind:
    """How a kind of node is drawn: vis-network shape, mark for legends, fill light and dark."""

    shape: str
    mark: str
    fill: str
    fill_dark: str


PAGE = Shade("#1c2733", "#ffffff", "#dfe5ec", "#13171f")

MARKS: Mapping[str, str] = MappingProxyType(
    {
        "missing": "×",
        "nearby": "◇",
        "weak": "△",
        "single_sourced": "◎",
        "crowded": "■",
        "covered": "●",
        "unknown": "?",
        "in_house": "○",
        "none": "·",
    }
)

TYPES: Mapping[str, Shade] = MappingProxyType(
    {
        "missing": Shade("#9c1c1c", "#fdecea", "#ffb4ab", "#4a1614"),
        "nearby": Shade("#1c4f8f", "#e8f0fb", "#a9c8f5", "#16304f"),
        "weak": Shade("#85450a", "#fdf1e0", "#f5c28a", "#452a0c"),
        "single_sourced": Shade("#6b4c00", "#faf3d6", "#e8d27a", "#3b3208"),
        "crowded": Shade("#62308f", "#f3ebfa", "#d5b5f2", "#341c4d"),
        "covered": Shade("#17603a", "#e6f4ea", "#9ed8b3", "#123722"),
        "unknown": Shade("#4a5562", "#eef1f4", "#bcc6d1", "#2a323c"),
        "in_house": Shade("#2b5d66", "#e5f2f4", "#9fd3dc", "#15363c"),
        "none": Shade("#5b6672", "#f7f8fa", "#a4afbb", "#1b2029"),
    }
)

KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        "Segment": Kind("box", "□", "#dbe7f6", "#1f3a5c"),
        "Gap": Kind("box", "×", "#fdecea", "#4a1614"),
        "Enterprise": Kind("dot", "●", "#2f6fb0", "#7db1e8"),
        "Leader": Kind("star", "★", "#b3750a", "#f0b64a"),
        "Project": Kind("diamond", "◆", "#8a4fb5", "#c596ea"),
        "Park": Kind("square", "■", "#2f7d4f", "#77c596"),
        "Region": Kind("triangle", "▲", "#6a7480", "#a4afbb"),
        "Chain": Kind("hexagon", "〇", "#2b7f8c", "#78c4cf"),
    }
)

# relation type -> vis-network dashes (False = solid) and width: the line says what it is.
LINES: Mapping[str, tuple[list[int] | bool, int]] = MappingProxyType(
    {
        "SUPPLIES": (False, 2),
        "INPUT_OF": (False, 1),
        "PRODUCES": ([2, 3], 1),
        "OFFERS": ([8, 4], 2),
        "PROPOSED_BY": ([8, 4], 1),
        "INVESTS_IN": ([10, 3, 2, 3], 1),
    }
)


def contrast(a: str, b: str) -> float:
    """WCAG contrast ratio of two `#rrggbb` colours.

    >>> round(contrast("#000000", "#ffffff"))
    21
    """
    light, dark = sorted((_luminance(a), _luminance(b)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def css() -> str:
    """The custom properties that `app.css` starts with; a test keeps the two equal."""
    day = "".join(_rule(n, s.ink, s.paper) for n, s in TYPES.items())
    night = "".join(_rule(n, s.ink_dark, s.paper_dark) for n, s in TYPES.items())
    return (
        f":root{{--ink:{PAGE.ink};--paper:{PAGE.paper}}}\n{day}"
        "@media (prefers-color-scheme:dark){\n"
        f":root{{--ink:{PAGE.ink_dark};--paper:{PAGE.paper_dark}}}\n{night}}}\n"
    )


def _rule(name: str, ink: str, paper: str) -> str:
    return f".t-{name}{{--tone:{ink};--tint:{paper}}}\n"


def _luminance(colour: str) -> float:
    channels = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
