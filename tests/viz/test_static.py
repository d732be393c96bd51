"""Vendored files are what npm shipped; our own files reach for nothing outside; colours hold."""

from __future__ import annotations

import hashlib
import re
import tomllib
from importlib.resources import files
from pathlib import Path

import pytest

from viz import palette
from viz.pages import static_url

STATIC = Path(str(files("viz") / "static"))
VENDOR = STATIC / "vendor"
OWN = [*STATIC.glob("app/*"), *Path(str(files("viz") / "templates")).glob("*")]
LISTED = {
    name: digest
    for package in tomllib.loads((VENDOR / "VENDOR.toml").read_text("utf-8"))["package"]
    for name, digest in package["sha256"].items()
}


def test_vendor_lists_exactly_the_files_that_are_there() -> None:
    there = {p.relative_to(VENDOR).as_posix() for p in VENDOR.rglob("*") if p.is_file()}
    assert there - {"VENDOR.toml"} == set(LISTED)


@pytest.mark.parametrize("name", sorted(LISTED))
def test_vendored_files_are_untouched(name: str) -> None:
    assert hashlib.sha256((VENDOR / name).read_bytes()).hexdigest() == LISTED[name]


@pytest.mark.parametrize("path", OWN, ids=lambda p: p.name)
def test_our_own_files_have_no_external_url(path: Path) -> None:
    found = re.findall(r"(?:https?:)?//[\w.-]+\.\w{2,}[^\s\"')]*", path.read_text("utf-8"))
    assert [u for u in found if u != "http://www.w3.org/2000/svg"] == []


@pytest.mark.parametrize("path", [p for p in OWN if p.suffix == ".html"], ids=lambda p: p.name)
def test_templates_keep_to_the_content_security_policy(path: Path) -> None:
    text = path.read_text("utf-8")
    assert not re.search(r"\sstyle=|\son\w+=|javascript:|\|\s*safe|autoescape", text)
    # The one-file page names its scripts by their hashes.
    scripts = re.findall(r"<script[^>]*>(?!\{\{ script \}\})", text)
    assert all("src=" in s or 'type="application/json"' in s for s in scripts)


@pytest.mark.parametrize("path", [p for p in OWN if p.suffix == ".js"], ids=lambda p: p.name)
def test_scripts_write_no_markup(path: Path) -> None:
    text = path.read_text("utf-8")
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|eval\(|document\.write", text)


def test_css_starts_with_the_palette() -> None:
    assert (STATIC / "app" / "app.css").read_text("utf-8").startswith(palette.css())


def test_css_is_old_enough_for_chromium_109() -> None:
    css = (STATIC / "app" / "app.css").read_text("utf-8")
    assert not re.search(r"color-mix\(|@container|@layer|@scope|^\s*&", css, re.M)


@pytest.mark.parametrize("name", sorted(palette.TYPES))
def test_text_is_readable_light_and_dark(name: str) -> None:
    shade = palette.TYPES[name]
    assert palette.contrast(shade.ink, shade.paper) >= 4.5
    assert palette.contrast(shade.ink_dark, shade.paper_dark) >= 4.5
    assert palette.contrast(shade.ink, palette.PAGE.paper) >= 4.5
    assert palette.contrast(shade.ink_dark, palette.PAGE.paper_dark) >= 4.5


@pytest.mark.parametrize("name", sorted(palette.KINDS))
def test_marks_of_the_graph_are_visible(name: str) -> None:
    kind = palette.KINDS[name]
    if kind.shape == "box":  # carries its text inside
        assert palette.contrast(kind.fill, palette.PAGE.ink) >= 4.5
        assert palette.contrast(kind.fill_dark, palette.PAGE.ink_dark) >= 4.5
    else:
        assert palette.contrast(kind.fill, palette.PAGE.paper) >= 3
        assert palette.contrast(kind.fill_dark, palette.PAGE.paper_dark) >= 3


def test_marks_are_in_every_chinese_font() -> None:
    shown = [p.read_text("utf-8") for p in OWN if p.suffix == ".html" and "method" not in p.name]
    for text in [*palette.MARKS.values(), *(k.mark for k in palette.KINDS.values()), *shown]:
        text.encode("gbk")


def test_shapes_and_marks_tell_kinds_apart_without_colour() -> None:
    assert len({k.mark for k in palette.KINDS.values()}) == len(palette.KINDS)
    assert len(set(palette.MARKS.values())) == len(palette.MARKS)


def test_static_url_changes_with_the_file() -> None:
    digest = hashlib.sha256((STATIC / "app" / "app.css").read_bytes()).hexdigest()
    assert static_url("app/app.css") == f"/static/app/app.css?v={digest[:8]}"
